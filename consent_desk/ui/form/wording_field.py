"""The field for the wording read out."""

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPlainTextEdit

from consent_desk.ui.widgets.inputs import LONGEST


class WordingField(QPlainTextEdit):
    """Takes a paste of any size without freezing: a megabyte without a space takes Qt 40 seconds.

    Emits `pasted` when something was.
    """

    pasted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.InsertLineSeparator):
            # Shift+Return: of the two line breaks that Qt knows, the one that stands for itself on the wire.
            self.textCursor().insertBlock()
            return
        super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        # Word's line breaks are like any other: the field shows them so, and that is what is sent.
        text = source.text().replace("\v", "\n").replace("\u2028", "\n")
        cursor = self.textCursor()
        room = LONGEST - self.document().characterCount() + len(cursor.selectedText())
        if len(text) > room:
            text = f"{text[: max(room, 0)]} … (cut here: {len(text):,} characters were pasted)"
        # As one step, and always as plain text.
        cursor.insertText(text)
        self.ensureCursorVisible()
        self.pasted.emit()
