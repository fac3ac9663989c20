"""The field for the wording read out."""

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QPlainTextEdit

from consent_desk.ui.line import LONGEST


class WordingField(QPlainTextEdit):
    """Takes a paste of any size without freezing: a megabyte without a space takes Qt 40 seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        if len(text) > LONGEST:
            text = f"{text[:LONGEST]} … (cut here: {len(text):,} characters were pasted)"
        # As one step, and always as plain text.
        self.textCursor().insertText(text)
        self.ensureCursorVisible()
