"""Puts on paper what could not be noted, or into a PDF file where there is no printer."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QBuffer, QIODevice, QObject
from PySide6.QtGui import QTextDocument

from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import say
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.ui.widgets.messages import render_error
from consent_desk.ui.widgets.tones import Tone

Result = TypeVar("Result")

_KEY = "printing"
_TITLE = "Print slip"
_NOT_SAVED = (say("The slip was not saved: the file cannot be written."), say("Choose another folder."))


class Printing(QObject):
    """Prints slips: plain text, and nothing secret in it.

    On a lane of its own, which is renewed when it hangs: a print server or a network folder may not answer,
    and slips are for when the machine is in trouble. `write(path, octets)` makes a file that only its owner
    may read, or raises OSError.
    """

    def __init__(
        self,
        window: MainWindow,
        runner: TaskRunner,
        questions: Questions,
        write: Callable[[Path, bytes], None],
    ) -> None:
        super().__init__(window)
        self._status = window.status
        self._runner = runner
        self._questions = questions
        self._write = write
        self._what = ""
        self._give_up: Callable[[], None] | None = None
        self._patience = Patience(self)
        self._patience.worn.connect(lambda: self._say(Tone.NEUTRAL, self._what))
        self._patience.gone.connect(self._renew)
        self._status.print_requested.connect(self.print_slips)

    def print_slips(self, text: str) -> None:
        """Ask for a printer, or offer a PDF file where there is none."""
        if self._give_up is not None:
            # The last slip is still waited for, and the status says so.
            return
        self._status.forget(_KEY)

        def done(there: bool) -> None:
            if there:
                self._print(text)
            else:
                self._offer_file(text, "There is no printer on this computer.")

        self._run(
            "Looking for printers…",
            self._questions.has_printer,
            done,
            lambda: self._offer_file(text, "The printers do not answer."),
        )

    def _print(self, text: str) -> None:
        printer = self._questions.choose_printer(_TITLE)
        if printer is not None:
            self._run(
                "Handing the slip to the printer…",
                lambda: _document(text).print_(printer),
                lambda _none: self._say(Tone.NEUTRAL, "The slip was handed to the printer."),
                lambda: self._offer_file(text, "The printer does not answer."),
            )

    def _offer_file(self, text: str, why: str) -> None:
        question = f"{why} Save the slip as a PDF file instead?"
        if self._questions.choose(_TITLE, question, ("Cancel", "Save as PDF…")) != 1:
            return
        chosen = self._questions.choose_file(_TITLE, "not noted", {"pdf": "PDF"})
        if chosen is None:
            return
        octets = _pdf(text)

        def save() -> None:
            try:
                self._write(chosen, octets)
            except OSError as error:
                raise DeskError(*_NOT_SAVED) from error

        self._run(
            "Saving the slip…",
            save,
            lambda _none: self._say(Tone.NEUTRAL, "The slip was saved."),
            lambda: self._say(
                Tone.BAD,
                "The slip was not saved: the folder does not answer. Choose another one. "
                "Should it answer after all, the slip may still appear there.",
            ),
        )

    def _run(
        self,
        what: str,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        give_up: Callable[[], None],
    ) -> None:
        def ended(result: Result) -> None:
            self._end()
            done(result)

        def failed(error: Exception) -> None:
            self._end()
            self._say(Tone.BAD, render_error(error))

        self._what, self._give_up = what, give_up
        self._patience.begin()
        self._runner.run(Lane.PRINTING, work, done=ended, failed=failed)

    def _end(self) -> None:
        self._give_up = None
        self._patience.end()
        self._status.forget(_KEY)

    def _renew(self) -> None:
        give_up = self._give_up
        self._end()
        self._runner.renew(Lane.PRINTING)
        if give_up is not None:
            give_up()

    def _say(self, tone: Tone, text: str) -> None:
        self._status.show_message(_KEY, tone, text)


def _document(text: str) -> QTextDocument:
    document = QTextDocument()
    document.setPlainText(text)
    return document


def _pdf(text: str) -> bytes:
    # Loaded only now: a slip is rare, and every start would wait for it.
    from PySide6.QtGui import QPdfWriter

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    _document(text).print_(writer)
    # Before the bytes are read: they are complete when the writer is gone.
    del writer
    return bytes(buffer.data().data())
