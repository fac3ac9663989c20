"""Puts on paper what could not be noted, or into a PDF file where there is no printer."""

from PySide6.QtCore import QBuffer, QIODevice, QObject
from PySide6.QtGui import QTextDocument

from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.outcomes import Tone
from consent_desk.ui.questions import Questions

_KEY = "printing"
_TITLE = "Print slip"


class Printing(QObject):
    """Prints slips: plain text, and nothing secret in it."""

    def __init__(self, window: MainWindow, questions: Questions) -> None:
        super().__init__(window)
        self._status = window.status
        self._questions = questions
        self._status.print_requested.connect(self.print_slips)

    def print_slips(self, text: str) -> None:
        """Ask for a printer, or offer a PDF file where there is none."""
        self._status.forget(_KEY)
        document = QTextDocument()
        document.setPlainText(text)
        if not self._questions.has_printer():
            without = "There is no printer on this computer. Save the slip as a PDF file instead?"
            if self._questions.choose(_TITLE, without, ("Cancel", "Save as PDF…")) == 1:
                self._save(document)
        elif (printer := self._questions.choose_printer(_TITLE)) is not None:
            document.print_(printer)
            self._status.show_message(_KEY, Tone.NEUTRAL, "The slip was handed to the printer.")

    def _save(self, document: QTextDocument) -> None:
        # Loaded only now: a slip is rare, and every start would wait for it.
        from PySide6.QtGui import QPdfWriter

        chosen = self._questions.choose_file(_TITLE, "not noted", {"pdf": "PDF"})
        if chosen is None:
            return
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QPdfWriter(buffer)
        document.print_(writer)
        # Before the bytes are read: they are complete when the writer is gone.
        del writer
        try:
            chosen.write_bytes(buffer.data().data())
        except OSError:
            self._status.show_message(
                _KEY, Tone.BAD, "The slip was not saved: the file cannot be written. Choose another folder."
            )
        else:
            self._status.show_message(_KEY, Tone.NEUTRAL, "The slip was saved.")
