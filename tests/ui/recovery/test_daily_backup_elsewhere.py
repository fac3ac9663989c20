"""A second folder for backups that does not answer, as one on a network may, keeps nobody from the rest."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from consent_desk.domain.backup import Backup, CheckedBackup
from consent_desk.journal.backups import make_daily
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.recovery import JournalRecovery
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.recovery.backups_dialog import BackupsDialog
from consent_desk.ui.shell import waiting
from tests.consents import later
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, real
from tests.ui.recovery.recovering import (
    DAMAGED,
    back_up,
    choose,
    leave,
    listed,
    truncate,
    wait_for_offers,
    wait_for_words,
    wait_until_well,
)
from tests.ui.recovery.test_daily_backup import DAY, minutes, wait_for_backups

NOT_COPIED = "The backup was made, but is not copied yet: the second folder does not answer"
LOCAL = "2026-05-31 | 2 | this computer | ✔ sound"


class Share:
    """The second folder. While `answers` is clear, whatever asks it waits; so many `ask`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers = Event()
        self.asking = 0

    def ask(self) -> None:
        self.asking += 1
        self.answers.wait(30)
        self.asking -= 1


@pytest.fixture
def share(tmp_path: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch) -> Iterator[Share]:
    """A second folder that is set and does not answer; a person's patience lasts a moment."""
    share = Share(tmp_path / "share")
    share.path.mkdir()
    JournalRecovery(folders).settings.set_second_folder(share.path)
    glob = Path.glob

    def slow(path: Path, pattern: str) -> Iterator[Path]:
        if path == share.path:
            share.ask()
        return iter(glob(path, pattern))

    monkeypatch.setattr(Path, "glob", slow)
    monkeypatch.setattr(waiting, "SAY_WHY_AFTER", 20)
    monkeypatch.setattr(waiting, "GO_ON_AFTER", 60)
    yield share
    share.answers.set()


@pytest.fixture
def start(
    open_desk: OpenOne, acme_is_kept: None, keyring: MemoryKeyring, folders: Folders, engagement: Sandbox
) -> Callable[[], OpenDesk]:
    """Starts the program, for which an earlier run left a backup of two consents."""
    leave(folders, real(engagement), count=2)
    back_up(folders)
    return lambda: open_desk(keyring)


def open_list(desk: OpenDesk) -> BackupsDialog:
    """Open the list of backups, choose that on this computer, and wait until it is checked."""
    controls.choose_from_menu(desk.window, "Backups…")
    dialog = desk.window.findChild(BackupsDialog)
    assert dialog is not None
    desk.bot.waitUntil(lambda: any("2026-05-31" in line for line in listed(dialog)))
    choose(dialog, "2026-05-31")
    desk.bot.waitUntil(lambda: LOCAL in listed(dialog))
    return dialog


def test_a_damaged_journal_is_restored_from_this_computer(
    share: Share, start: Callable[[], OpenDesk], folders: Folders
) -> None:
    truncate(folders.journal, 0)
    desk = start()
    wait_for_offers(desk, DAMAGED)
    dialog = open_list(desk)
    desk.person.answer = 1
    controls.press(dialog, "Restore")
    wait_for_words(desk, "was restored")
    wait_until_well(desk)


def test_the_list_says_that_it_does_not_answer(share: Share, start: Callable[[], OpenDesk]) -> None:
    desk = start()
    dialog = open_list(desk)
    desk.bot.waitUntil(lambda: "does not answer" in dialog.message.text())
    assert dialog.message.text() == (
        "The second folder does not answer. Connect its disk, then close this list and open it again, or do "
        "without it. The backups on this computer can be restored all the same."
    )


def test_one_can_do_without_it_and_todays_copy_goes_into_another(
    share: Share, start: Callable[[], OpenDesk], tmp_path: Path
) -> None:
    desk = start()
    dialog = open_list(desk)
    folder = controls.line(dialog, "Second backup folder")
    with desk.bot.waitSignal(folder.textChanged):
        controls.press(dialog, "Do without second folder")
    assert folder.text() == ""
    stick = tmp_path / "stick"
    stick.mkdir()
    desk.person.folder = str(stick)
    with desk.bot.waitSignal(folder.textChanged):
        controls.press(dialog, "Choose second folder")
    assert folder.text() == str(stick)
    desk.bot.waitUntil(lambda: len([*stick.glob("*/journal-*.sqlite")]) > 0)


def test_a_warning_that_its_copy_does_not_end_goes_with_the_folder(
    share: Share, start: Callable[[], OpenDesk]
) -> None:
    desk = start()
    wait_until_well(desk)
    minutes(desk).setInterval(10)
    wait_for_words(desk, NOT_COPIED)
    controls.press(open_list(desk), "Do without second folder")
    desk.bot.waitUntil(lambda: "not copied yet" not in desk.status + desk.errors)


def test_a_copy_that_does_not_end_is_given_up_told_and_made_when_the_folder_answers(
    share: Share, start: Callable[[], OpenDesk]
) -> None:
    desk = start()
    wait_until_well(desk)
    minutes(desk).setInterval(10)
    wait_for_words(desk, NOT_COPIED)
    assert "Noting goes on; the backup is tried again by itself." in desk.status
    assert desk.status.count("does not answer") == 1
    assert not [*share.path.iterdir()]
    share.answers.set()
    desk.bot.waitUntil(lambda: "not copied yet" not in desk.status + desk.errors)
    assert [*share.path.glob("*/journal-*.sqlite")]


def test_not_more_than_one_thread_hangs_in_it(share: Share, start: Callable[[], OpenDesk]) -> None:
    desk = start()
    wait_until_well(desk)
    minutes(desk).setInterval(10)
    wait_for_words(desk, NOT_COPIED)
    dialog = open_list(desk)
    for _ in range(3):
        controls.choose_from_menu(desk.window, "Backups…")
        desk.bot.waitUntil(lambda: "Not all backups can be listed" in dialog.message.text())
    with desk.bot.waitSignals([minutes(desk).timeout] * 5):
        pass
    assert share.asking == 1
    desk.person.begun_at = "nowhere"
    controls.press(dialog, "Choose second folder")
    # The system's own dialog would hang there.
    assert desk.person.begun_at == ""
    share.answers.set()
    desk.bot.waitUntil(lambda: not share.asking)
    controls.choose_from_menu(desk.window, "Backups…")
    desk.bot.waitUntil(lambda: dialog.message.text() == "")
    controls.press(dialog, "Choose second folder")
    assert desk.person.begun_at == str(share.path)


def test_after_midnight_there_is_another_backup_on_this_computer(
    share: Share, start: Callable[[], OpenDesk], folders: Folders
) -> None:
    desk = start()
    wait_until_well(desk)
    minutes(desk).setInterval(10)
    wait_for_backups(desk, folders, 2)
    desk.clock.seconds_off += DAY
    wait_for_backups(desk, folders, 3)


def test_its_backups_are_listed_when_the_list_is_opened_after_it_came_back(
    share: Share, start: Callable[[], OpenDesk], folders: Folders
) -> None:
    share.answers.set()
    back_up(folders, share.path)
    share.answers.clear()
    desk = start()
    dialog = open_list(desk)
    desk.bot.waitUntil(lambda: "does not answer" in dialog.message.text())
    share.answers.set()
    desk.bot.waitUntil(lambda: not share.asking)
    controls.choose_from_menu(desk.window, "Backups…")
    desk.bot.waitUntil(lambda: any("second folder" in line for line in listed(dialog)))
    choose(dialog, "second folder")
    desk.bot.waitUntil(lambda: any("| 2 | second folder | ✔ sound" in line for line in listed(dialog)))


class Checks:
    """What of the backups is checked, by the end of their names. While `go_on` is clear, a check waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = list[str](), Event()
        check = JournalRecovery.check

        def slow(recovery: JournalRecovery, backup: Backup) -> CheckedBackup:
            self.begun.append(backup.day)
            self.go_on.wait(30)
            return check(recovery, backup)

        monkeypatch.setattr(JournalRecovery, "check", slow)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Checks]:
    checks = Checks(monkeypatch)
    yield checks
    checks.go_on.set()


def test_only_the_chosen_backup_is_checked_and_restored_only_when_it_is_sound(
    start: Callable[[], OpenDesk], folders: Folders, checks: Checks
) -> None:
    with closing(SqliteJournal.open(folders.journal)) as journal:
        for days in (1, 2):
            assert make_daily(folders.journal, journal, later(days * DAY)) is not None
    desk = start()
    wait_until_well(desk)
    wait_for_backups(desk, folders, 4)
    controls.choose_from_menu(desk.window, "Backups…")
    dialog = desk.window.findChild(BackupsDialog)
    assert dialog is not None
    restore = controls.button(dialog, "Restore")
    desk.bot.waitUntil(lambda: len(checks.begun) == 1)
    assert said(dialog) == ["checking…", "", "", ""]
    assert not restore.isEnabled()
    choose(dialog, "2026-06-02")
    choose(dialog, "2026-06-01")
    checks.go_on.set()
    desk.bot.waitUntil(restore.isEnabled)
    assert checks.begun[1:] == ["2026-06-01"]
    assert said(dialog) == ["✔ sound", "", "✔ sound", ""]
    choose(dialog, "2026-06-02")
    assert not restore.isEnabled()


def said(dialog: BackupsDialog) -> list[str]:
    """What is said of each backup."""
    return [line.rpartition(" | ")[2] for line in listed(dialog)]


def test_a_backup_is_listed_with_its_size(start: Callable[[], OpenDesk], folders: Folders) -> None:
    desk = start()
    dialog = open_list(desk)
    size = (folders.data / "backups" / "journal-2026-05-31.sqlite").stat().st_size
    shown = dialog.table.model().index(listed(dialog).index(LOCAL), 1).data()
    assert shown == f"{size / 1024:.1f} KiB"


def test_opening_the_list_anew_checks_nothing_for_the_one_before(
    start: Callable[[], OpenDesk], folders: Folders, checks: Checks
) -> None:
    desk = start()
    wait_for_backups(desk, folders, 2)
    controls.choose_from_menu(desk.window, "Backups…")
    desk.bot.waitUntil(lambda: len(checks.begun) == 1)
    for _ in range(3):
        controls.choose_from_menu(desk.window, "Backups…")
    checks.go_on.set()
    open_list(desk)
    # At most the one under way, that of the newest and of the one that was chosen in the list shown.
    assert len(checks.begun) <= 3
