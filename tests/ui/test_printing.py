"""What cannot be noted can be printed, or saved where there is no printer."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtPrintSupport import QPrinter

from consent_desk.adapters.folders import Folders
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


def test_there_is_nothing_to_print_where_everything_was_noted(acme: OpenDesk) -> None:
    assert not controls.button(acme.window, "Print slip").isVisible()


def test_without_a_printer_it_says_so_and_saves_a_pdf(with_slip: OpenDesk, tmp_path: Path) -> None:
    with_slip.person.answer = 1
    with_slip.person.file = tmp_path / "slip.pdf"
    controls.press(with_slip.window, "Print slip")
    with_slip.wait_for_status("The slip was saved.")
    assert "There is no printer on this computer." in with_slip.person.asked[0]
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
    assert "NOT NOTED" in with_slip.status
    assert controls.button(with_slip.window, "Print slip").isVisible()


def test_a_file_that_cannot_be_written_is_told(with_slip: OpenDesk, tmp_path: Path) -> None:
    with_slip.person.answer = 1
    with_slip.person.file = tmp_path / "missing" / "slip.pdf"
    controls.press(with_slip.window, "Print slip")
    with_slip.wait_for_status("✖ The slip was not saved: the file cannot be written.")
    assert "NOT NOTED" in with_slip.errors
