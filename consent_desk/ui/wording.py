"""The field for the wording read out."""

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QPlainTextEdit

_MOST_PASTED = 17_000
"""Characters: more than Engagement takes in any case, so that a problem shows until it is shortened."""


class WordingField(QPlainTextEdit):
    """Takes a paste of any size without freezing: a megabyte without a space takes Qt 40 seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        if len(text) > _MOST_PASTED:
            text = f"{text[:_MOST_PASTED]} … (cut here: {len(text):,} characters were pasted)"
        # As one step, and always as plain text.
        self.textCursor().insertText(text)
        self.ensureCursorVisible()
