"""Buttons that record, cancel or delete something are not pressed by accident."""

from time import monotonic

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton

MOMENT = 0.5
"""Seconds after it came up in which a button takes no key and no click: they were meant for another one."""

_PRESSING = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Select})
_CLICKS = frozenset({QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick})


class Unhurried(QObject):
    """Keeps a key that is held down from pressing any of `buttons`, and whatever came too soon.

    `safe` are those that do no harm: they take what comes at once.
    """

    def __init__(self, *buttons: QAbstractButton, safe: tuple[QAbstractButton, ...] = ()) -> None:
        super().__init__(buttons[0])
        self.safe = safe
        self._since = 0.0
        for button in (*buttons, *safe):
            button.installEventFilter(self)

    def begin(self) -> None:
        """What they are about has changed: it came up just now."""
        self._since = monotonic()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show:
            self.begin()
        is_soon = watched not in self.safe and monotonic() - self._since < MOMENT
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            return event.key() in _PRESSING and (event.isAutoRepeat() or is_soon)
        return event.type() in _CLICKS and is_soon
