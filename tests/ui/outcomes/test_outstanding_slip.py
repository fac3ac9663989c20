"""What cannot be noted can be saved as a text file."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtGui import QAction

from consent_desk.system.atomic_file import replace_file
from consent_desk.system.folders import Folders
from consent_desk.ui.outcomes.outstanding import SlipPresenter
from consent_desk.ui.shell import waiting
from tests.ui import controls
from tests.ui.desks import OpenDesk
from tests.ui.outcomes.disks import change


@pytest.fixture
def with_slip(acme: OpenDesk, folders: Folders) -> OpenDesk:
    """A desk at which something could not be noted."""
    change(folders)
    acme.fill()
    controls.press(acme.window, "Send")
    acme.wait_for_status("NOT NOTED")
    return acme


class Share:
    """A folder on a network, in which nothing can be saved while `answers` is clear."""

    def __init__(self) -> None:
        self.answers = Event()

    def __call__(self, path: Path, content: bytes) -> None:
        self.answers.wait(30)
        replace_file(path, content)


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> Iterator[Share]:
    share = Share()
    monkeypatch.setattr(waiting, "SAY_WHY_AFTER", 30)
    monkeypatch.setattr("consent_desk.ui.outcomes.outstanding.replace_file", share)
    yield share
    share.answers.set()


def save(desk: OpenDesk) -> QAction:
    """What saves slips, in the menu of all that is seldom wanted."""
    return next(each for each in desk.window.top.menu.actions() if each.text() == "Save slips…")


def test_there_is_nothing_to_save_where_everything_was_noted(acme: OpenDesk) -> None:
    assert not save(acme).isEnabled()


def test_a_slip_is_saved_for_its_owner_alone(with_slip: OpenDesk, tmp_path: Path) -> None:
    path = with_slip.person.file = tmp_path / "slip.txt"
    save(with_slip).trigger()
    with_slip.wait_for_status("The slip was saved.")
    assert path.stat().st_mode & 0o777 == 0o600
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "NOT NOTED by Consent Desk, and not sent: enter it again later."
    assert "Category: sms_marketing" in lines
    assert "NOT NOTED" in with_slip.receipt


def test_thinking_better_of_it_keeps_the_slip(with_slip: OpenDesk) -> None:
    save(with_slip).trigger()
    assert len(with_slip.person.asked) == 1
    assert "NOT NOTED" in with_slip.status
    assert save(with_slip).isEnabled()


def test_a_file_that_cannot_be_written_is_told(with_slip: OpenDesk, tmp_path: Path) -> None:
    with_slip.person.file = tmp_path / "missing" / "slip.txt"
    save(with_slip).trigger()
    with_slip.wait_for_status("✖ The slip was not saved: the file cannot be written.")
    assert "NOT NOTED" in with_slip.receipt


def test_a_folder_that_does_not_answer_is_told_and_another_one_can_be_chosen(
    share: Share, with_slip: OpenDesk, tmp_path: Path
) -> None:
    with_slip.person.file = tmp_path / "slip.txt"
    save(with_slip).trigger()
    with_slip.wait_for_status("Saving the slip…")
    desk = with_slip.window.findChild(SlipPresenter)
    assert desk is not None
    desk._patience.gone.emit()
    with_slip.wait_for_status("✖ The slip was not saved: the folder does not answer. Choose another one.")
    hung, share.answers = share.answers, Event()
    share.answers.set()
    save(with_slip).trigger()
    with_slip.wait_for_status("The slip was saved.")
    hung.set()
