"""A backup each day while the window stays open; trouble with it is told once a day and stops nothing."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import QTimer

from consent_desk.app import workspaces
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.recovery import JournalRecovery
from consent_desk.journal.verify import Verdict, verify
from consent_desk.system.folders import Folders
from consent_desk.ui.recovery import daily_backup
from consent_desk.ui.recovery.daily_backup import MOST_PUT_OFF, DailyBackupPresenter
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk

DAY = 86_400


@pytest.fixture
def start(
    open_desk: OpenOne, acme_is_kept: None, keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], OpenDesk]:
    """Starts the program, in which a minute lasts 10 ms. A backup may last for ten of them."""
    monkeypatch.setattr(daily_backup, "MOST_WAITED", 10)

    def open_one() -> OpenDesk:
        desk = open_desk(keyring)
        desk.wait_ready()
        minutes(desk).setInterval(10)
        return desk

    return open_one


def backup_desk(desk: OpenDesk) -> DailyBackupPresenter:
    found = desk.window.findChild(DailyBackupPresenter)
    assert found is not None
    return found


def minutes(desk: OpenDesk) -> QTimer:
    found = backup_desk(desk).findChild(QTimer)
    assert found is not None
    return found


def backups(folder: Path) -> list[Path]:
    return sorted(folder.glob("journal-*.sqlite"))


def wait_for_backups(desk: OpenDesk, folders: Folders, count: int) -> None:
    desk.bot.waitUntil(lambda: len(backups(folders.data / "backups")) == count, timeout=10_000)


def test_after_midnight_there_is_another_backup(start: Callable[[], OpenDesk], folders: Folders) -> None:
    desk = start()
    wait_for_backups(desk, folders, 1)
    desk.clock.seconds_off += DAY
    wait_for_backups(desk, folders, 2)
    assert {verify(each).verdict for each in backups(folders.data / "backups")} == {Verdict.SOUND}
    assert (desk.errors, desk.status) == ("", "")


def test_a_backup_waits_while_somebody_types_but_not_for_ever(
    start: Callable[[], OpenDesk], folders: Folders
) -> None:
    desk = start()
    wait_for_backups(desk, folders, 1)
    minutes(desk).stop()
    controls.write(desk.window, "Customer ID", "jane")
    desk.clock.seconds_off += DAY
    for _ in range(MOST_PUT_OFF):
        minutes(desk).timeout.emit()
    assert len(backups(folders.data / "backups")) == 1
    minutes(desk).start()
    wait_for_backups(desk, folders, 2)


def test_a_second_folder_that_is_gone_is_told_once_a_day_and_stops_nothing(
    start: Callable[[], OpenDesk], folders: Folders, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    JournalRecovery(folders).settings.set_second_folder(stick)
    desk = start()
    desk.wait_for_status("▲ The backup was made, but not copied into the second folder: ")
    assert "Noting goes on; the backup is tried again by itself." in desk.status
    controls.press(desk.window, "Dismiss messages")
    desk.fill()
    controls.press(desk.window, "Send")
    desk.wait_for_line("Delivered, checking")
    with desk.bot.waitSignals([minutes(desk).timeout] * 5):
        pass
    assert "second folder" not in desk.status + desk.errors
    desk.clock.seconds_off += DAY
    desk.bot.waitUntil(lambda: "second folder" in desk.status + desk.errors, timeout=10_000)
    stick.mkdir()
    desk.bot.waitUntil(lambda: len([*stick.glob("*/journal-*.sqlite")]) == 1)
    desk.bot.waitUntil(lambda: "second folder" not in desk.status + desk.errors)


def test_a_backup_that_cannot_be_made_is_told(start: Callable[[], OpenDesk], folders: Folders) -> None:
    (folders.data / "backups").write_text("a file")
    desk = start()
    desk.wait_for_status("▲ The journal was not backed up: ")
    desk.fill()
    controls.press(desk.window, "Send")
    desk.wait_for_line("Delivered, checking")


def test_practice_is_not_backed_up(demo: OpenDesk) -> None:
    assert demo.window.findChild(DailyBackupPresenter) is None
    assert not controls.action(demo.window, "Backups…").isVisible()


def test_a_warning_of_the_second_folder_goes_with_the_folder(
    start: Callable[[], OpenDesk], folders: Folders, tmp_path: Path
) -> None:
    JournalRecovery(folders).settings.set_second_folder(tmp_path / "stick")
    desk = start()
    desk.wait_for_status("second folder")
    JournalRecovery(folders).settings.set_second_folder(None)
    desk.bot.waitUntil(lambda: "second folder" not in desk.status + desk.errors)


def test_settings_that_cannot_be_read_are_told_and_the_backup_is_made(
    start: Callable[[], OpenDesk], folders: Folders
) -> None:
    (folders.config / "settings.json").write_text("{")
    SqliteJournal.open(folders.journal).close()
    desk = start()
    desk.wait_for_status("▲ The settings for backups cannot be read.")
    wait_for_backups(desk, folders, 1)
    assert (folders.config / "settings.json").read_text() == "{"


def test_a_backup_that_does_not_end_is_told_and_noting_goes_on(
    start: Callable[[], OpenDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = Event()
    monkeypatch.setattr(workspaces, "make_daily", lambda *_: answered.wait(30))
    desk = start()
    desk.wait_for_status("▲ The backup does not come to an end.")
    desk.fill()
    controls.press(desk.window, "Send")
    desk.wait_for_line("Delivered, checking")
    answered.set()
    desk.bot.waitUntil(lambda: "does not come to an end" not in desk.status + desk.errors)
