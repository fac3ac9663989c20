"""Asks, in a line, why a consent is discarded."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from consent_desk.domain.message import say
from consent_desk.ui.widgets.inputs import Line, Note, Unhurried, button
from consent_desk.ui.widgets.messages import phrase, render

_DISCARDING = say("log", "It is not sent by itself any more. Where it may have left, it is looked up still.")
_MISSING = say("log", "Write why it is discarded.")


class ReasonRow(QWidget):
    """Asks, in a line, why a consent is discarded. Hidden until `ask`.

    Emits `given(reason)`, which is never empty, and `closed` when it goes.
    """

    given = Signal(str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.reason = Line(longest=1_000, hint=phrase("log", "Why is it discarded?"))
        self.reason.setAccessibleName(phrase("log", "Reason"))
        self.confirm = button(phrase("log", "Discard it"), phrase("log", "Confirm discarding"))
        Unhurried(self.confirm)
        self.keep = button(phrase("log", "Keep it"))
        self.note = Note()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.reason, 0, 0)
        layout.addWidget(self.confirm, 0, 1)
        layout.addWidget(self.keep, 0, 2)
        layout.addWidget(self.note, 1, 0, 1, 3)
        layout.setColumnStretch(0, 1)
        self.reason.returnPressed.connect(self._give)
        self.confirm.clicked.connect(self._give)
        self.keep.clicked.connect(self.close_row)
        self.hide()

    def ask(self) -> None:
        """Ask for the reason."""
        self.note.show_remark(render(_DISCARDING))
        self.show()
        self.reason.setFocus()

    def put_away(self) -> None:
        """Go away, and forget what was typed: the next one is about another consent."""
        self.hide()
        self.reason.setText("")

    def close_row(self) -> None:
        """Ask no more: nothing is discarded."""
        self.put_away()
        self.closed.emit()

    def _give(self) -> None:
        reason = self.reason.text().strip()
        if not reason:
            self.note.show_problem(render(_MISSING))
            self.reason.setFocus()
            return
        self.close_row()
        self.given.emit(reason)
