"""What cannot be noted can be printed, or saved where there is no printer."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtPrintSupport import QPrinter

from consent_desk.system.atomic_file import replace_file
from consent_desk.system.folders import Folders
from consent_desk.ui.printing import Printing
from consent_desk.ui.shell import waiting
from tests.ui import controls
from tests.ui.desks import OpenDesk


@pytest.fixture
def with_slip(acme: OpenDesk, folders: Folders) -> OpenDesk:
    """A desk at which something could not be noted."""
    with closing(sqlite3.connect(folders.data / "journal.sqlite")) as connection, connection:
        connection.execute("DROP TABLE standing")
    acme.fill()
    controls.press(acme.window, "Send")
    acme.wait_for_status("NOT NOTED")
    return acme


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "SAY_WHY_AFTER", 30)


def lose_patience(desk: OpenDesk) -> None:
    """Let so much time go by that another way is offered."""
    printing = desk.window.findChild(Printing)
    assert printing is not None
    printing._patience.gone.emit()


class Hangs:
    """In the place of a function that does not come back while `answers` is clear."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.answers = Event()
        self._function = function

    def __call__(self, *arguments: object) -> object:
        self.answers.wait(30)
        return self._function(*arguments)


def test_there_is_nothing_to_print_where_everything_was_noted(acme: OpenDesk) -> None:
    assert not controls.button(acme.window, "Print slip").isVisible()


def test_without_a_printer_it_says_so_and_saves_a_pdf(with_slip: OpenDesk, tmp_path: Path) -> None:
    with_slip.person.answer = 1
    with_slip.person.file = tmp_path / "slip.pdf"
    controls.press(with_slip.window, "Print slip")
    with_slip.wait_for_status("The slip was saved.")
    assert "There is no printer on this computer." in with_slip.person.asked[0]
    assert (tmp_path / "slip.pdf").stat().st_mode & 0o777 == 0o600
    saved = (tmp_path / "slip.pdf").read_bytes()
    assert saved.startswith(b"%PDF-")
    assert saved.rstrip().endswith(b"%%EOF")
    assert "NOT NOTED" in with_slip.errors


def test_with_a_printer_it_is_printed(with_slip: OpenDesk, tmp_path: Path) -> None:
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    with_slip.person.printer = printer
    controls.press(with_slip.window, "Print slip")
    with_slip.wait_for_status("The slip was handed to the printer.")
    assert (tmp_path / "printed.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("answer", [0, 1], ids=["no pdf", "no file"])
def test_thinking_better_of_it_keeps_the_slip(with_slip: OpenDesk, answer: int) -> None:
    with_slip.person.answer = answer
    controls.press(with_slip.window, "Print slip")
    with_slip.bot.waitUntil(lambda: len(with_slip.person.asked) == answer + 1)
    assert "NOT NOTED" in with_slip.status
    assert controls.button(with_slip.window, "Print slip").isVisible()


def test_a_file_that_cannot_be_written_is_told(with_slip: OpenDesk, tmp_path: Path) -> None:
    with_slip.person.answer = 1
    with_slip.person.file = tmp_path / "missing" / "slip.pdf"
    controls.press(with_slip.window, "Print slip")
    with_slip.wait_for_status("✖ The slip was not saved: the file cannot be written.")
    assert "NOT NOTED" in with_slip.errors


def test_printers_that_do_not_answer_freeze_nothing_and_a_file_is_offered(
    impatience: None, with_slip: OpenDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = Hangs(with_slip.person.has_printer)
    monkeypatch.setattr(with_slip.person, "has_printer", server)
    with_slip.person.answer = 1
    with_slip.person.file = tmp_path / "slip.pdf"
    controls.press(with_slip.window, "Print slip")
    with_slip.wait_for_status("Looking for printers…")
    lose_patience(with_slip)
    with_slip.wait_for_status("The slip was saved.")
    assert with_slip.person.asked[0].startswith("Print slip The printers do not answer. Save the slip as")
    server.answers.set()


@pytest.fixture
def share(impatience: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hangs]:
    """A folder on a network, in which nothing can be saved while it does not answer."""
    share = Hangs(replace_file)
    monkeypatch.setattr("consent_desk.app.build.replace_file", share)
    yield share
    share.answers.set()


def test_a_folder_that_does_not_answer_is_told_and_another_one_can_be_chosen(
    share: Hangs, with_slip: OpenDesk, tmp_path: Path
) -> None:
    with_slip.person.answer = 1
    with_slip.person.file = tmp_path / "slip.pdf"
    controls.press(with_slip.window, "Print slip")
    with_slip.wait_for_status("Saving the slip…")
    lose_patience(with_slip)
    with_slip.wait_for_status("✖ The slip was not saved: the folder does not answer. Choose another one.")
    hung, share.answers = share.answers, Event()
    share.answers.set()
    controls.press(with_slip.window, "Print slip")
    with_slip.wait_for_status("The slip was saved.")
    hung.set()
