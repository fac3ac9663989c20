"""Completion of what is typed, with the manners of a form that is filled in while somebody talks."""

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QCompleter

_STILL_THERE = {Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason}


class Completing(QCompleter):
    """Completion as a case-sensitive pop-up, which closes when the focus goes elsewhere.

    Qt keeps it open: it would take what is then typed into another field.
    """

    def __init__(self, model: QAbstractItemModel, parent: QObject) -> None:
        super().__init__(model, parent)
        self.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseSensitive)
        self.setCompletionRole(Qt.ItemDataRole.EditRole)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            left = event.reason() not in _STILL_THERE
            if left and watched is self.widget():
                self.close()
        return super().eventFilter(watched, event)

    def close(self) -> None:
        """Close the pop-up. Left open, it would take the next keys, wherever the cursor is by then."""
        popup = self.popup()
        if popup is not None:
            popup.hide()
