"""When the machine misbehaves: each trouble is told in its own words, and nothing begins anew in silence."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from consent_desk.domain.faults import Fault
from consent_desk.journal.backups import copy_daily, make_daily
from consent_desk.journal.head import head_file, legible, read_head
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.recovery import JournalRecovery
from consent_desk.journal.verify import Verdict, verify
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.recovery.backups_dialog import BackupsDialog
from consent_desk.ui.recovery.presenter import RecoveryPresenter
from tests.consents import later
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, real
from tests.ui.recovery.test_presenter import leave, posts
from tests.ui.test_appearance import cut_off, large_font
from tests.ui.test_names import tab_through

__all__ = ["large_font"]

LOOK, SAVE, RESTORE, NEW = "Look again", "Save what can be read", "Restore from backup", "Begin a new journal"


@pytest.fixture
def start(open_acme: OpenAcme) -> Callable[[], OpenDesk]:
    """Starts the program on the project that was kept."""
    return open_acme


def truncate(path: Path, size: int) -> None:
    os.truncate(path, size)


def overwrite(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


DAMAGED, MISSING, OTHER = {LOOK, SAVE, RESTORE}, {LOOK, RESTORE, NEW}, {LOOK}
TROUBLES: dict[str, tuple[Callable[[Path], object], str, set[str]]] = {
    "damaged": (lambda path: truncate(path, 0), "its file is empty, though its check file", DAMAGED),
    "gone": (lambda path: path.unlink(), "its file is gone, though its check file", MISSING),
    "the folder emptied": (lambda path: shutil.rmtree(path.parent), "and now there is none", MISSING),
    "another program's": (
        lambda path: overwrite(path, 68, b"GIMP"),
        "its file belongs to another program",
        OTHER,
    ),
}


def content(folder: Path) -> dict[str, bytes]:
    """The journal's files, to the byte. A lock is none of them."""
    return {each.name: each.read_bytes() for each in folder.rglob("journal*") if each.is_file() and each.name}


def offered(desk: OpenDesk) -> set[str]:
    """What can be done, as the banner offers it."""
    buttons = (controls.button(desk.window, name) for name in (LOOK, SAVE, RESTORE, NEW))
    return {button.accessibleName() for button in buttons if button.isVisible()}


def wait_for_offers(desk: OpenDesk, offers: set[str]) -> None:
    desk.bot.waitUntil(lambda: offered(desk) == offers, timeout=10_000)


def wait_until_well(desk: OpenDesk) -> None:
    desk.wait_ready()
    desk.bot.waitUntil(lambda: offered(desk) == set())


def said(desk: OpenDesk) -> str:
    return f"{desk.errors}\n{desk.status}"


def wait_for_words(desk: OpenDesk, words: str) -> None:
    desk.bot.waitUntil(lambda: words in said(desk), timeout=10_000)


def connection(desk: OpenDesk) -> sqlite3.Connection:
    """The one that the program has to its journal."""
    return desk.application._workspaces._opened[False].journal._connection


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_trouble_at_the_start_is_told_and_nothing_is_touched_or_sent(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox, trouble: str
) -> None:
    leave(folders, real(engagement), count=3)
    first = start()
    first.wait_for_line("Delivered", "Delivered", "Delivered")
    first.window.end()
    sent = posts(engagement)
    happen, words, offers = TROUBLES[trouble]
    happen(folders.journal)
    before = content(folders.data)
    desk = start()
    wait_for_words(desk, "The journal cannot be opened: ")
    wait_for_offers(desk, offers)
    assert words in said(desk)
    desk.send()
    wait_for_words(desk, "Nothing was noted.")
    # A press has the journal looked for once more.
    send = controls.button(desk.window, "Send")
    desk.bot.waitUntil(lambda: words in send.accessibleDescription())
    assert content(folders.data) == before
    assert posts(engagement) == sent
    if folders.journal.is_file():
        assert verify(folders.journal).verdict is not Verdict.SOUND


def test_what_came_back_is_opened_when_one_looks_again(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox, tmp_path: Path
) -> None:
    leave(folders, real(engagement))
    folders.data.rename(tmp_path / "elsewhere")
    (folders.config / "settings.json").write_text(
        '{"version": 1, "second_backup_folder": "", "has_journal": true}'
    )
    desk = start()
    wait_for_offers(desk, MISSING)
    shutil.rmtree(folders.data)
    (tmp_path / "elsewhere").rename(folders.data)
    controls.press(desk.window, LOOK)
    wait_until_well(desk)
    desk.wait_for_line("Delivered")
    assert "cannot be opened" not in said(desk)
    assert verify(folders.journal).verdict is Verdict.SOUND


def test_a_file_taken_away_while_the_window_is_open_is_found_again(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox, tmp_path: Path
) -> None:
    desk = start()
    wait_until_well(desk)
    folders.journal.rename(tmp_path / "elsewhere")
    desk.send()
    desk.wait_for_status("NOT NOTED, and nothing was sent.")
    assert "was moved, replaced or deleted. Put the file back where it was, then look again." in desk.status
    wait_for_offers(desk, {LOOK})
    (tmp_path / "elsewhere").rename(folders.journal)
    controls.press(desk.window, LOOK)
    wait_until_well(desk)
    assert posts(engagement) == 0
    controls.press(desk.window, "Send")
    desk.wait_for_line("Delivered")


def test_what_can_be_read_is_saved_and_counted(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement), count=40)
    truncate(folders.journal, folders.journal.stat().st_size // 4096 * 4 // 5 * 4096)
    damaged = folders.journal.read_bytes()
    desk = start()
    wait_for_offers(desk, DAMAGED)
    controls.press(desk.window, SAVE)
    wait_for_words(desk, " could not be read; the damaged file is kept as ")
    [kept] = folders.data.glob("journal.sqlite.damaged-*Z")
    assert kept.read_bytes() == damaged
    assert kept.name in said(desk)
    wait_until_well(desk)
    desk.bot.waitUntil(lambda: len(controls.cells(desk.window, 1)) > 0)
    rows = len(controls.cells(desk.window, 1))
    assert 0 < rows < 40
    assert f"{rows} of 40 consents were saved, {40 - rows} could not be read" in said(desk)
    assert f"{rows} consents may have gone out since. They are looked up before" in said(desk)
    assert posts(engagement) == 0
    assert verify(folders.journal).verdict is Verdict.SOUND


def test_damage_that_shows_while_one_notes_can_be_mended_without_a_new_start(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement), count=3)
    desk = start()
    desk.wait_for_line("Delivered", "Delivered", "Delivered")
    desk.window.project_bar.backups.setFocus()
    connection(desk).execute("PRAGMA shrink_memory")
    overwrite(folders.journal, 4096, b"\xa5" * (folders.journal.stat().st_size - 4096))
    desk.send()
    desk.wait_for_status("NOT NOTED, and nothing was sent.")
    assert "its file is damaged" in desk.status
    wait_for_offers(desk, DAMAGED)
    controls.press(desk.window, SAVE)
    wait_for_words(desk, "the damaged file is kept as ")
    wait_until_well(desk)
    controls.press(desk.window, "Send")
    desk.wait_for_line("Delivered")
    assert posts(engagement) == 4


def test_a_new_journal_is_begun_only_where_a_person_says_so(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    folders.journal.unlink()
    desk = start()
    wait_for_offers(desk, MISSING)
    controls.press(desk.window, NEW)
    assert "Cancel / Begin a new journal" in desk.person.asked[-1]
    assert offered(desk) == MISSING
    desk.person.answer = 1
    controls.press(desk.window, NEW)
    wait_until_well(desk)
    wait_for_words(desk, "A new journal was begun.")
    assert len([*folders.data.glob("journal.mark.replaced-*")]) == 1
    desk.send()
    desk.wait_for_line("Delivered")


def test_what_cannot_be_noted_is_handed_back_and_heals_by_itself(
    start: Callable[[], OpenDesk], engagement: Sandbox
) -> None:
    desk = start()
    wait_until_well(desk)
    connection(desk).execute("PRAGMA query_only = 1")
    desk.send()
    desk.wait_for_status("NOT NOTED, and nothing was sent.")
    assert "its file or folder cannot be written to. Ask" in desk.status
    assert "jane@example.com, opt-out of sms_marketing" in desk.status
    assert controls.button(desk.window, "Copy as a slip").isVisible()
    assert offered(desk) == set()
    connection(desk).execute("PRAGMA query_only = 0")
    controls.press(desk.window, "Send")
    desk.wait_for_line("Delivered")
    assert posts(engagement) == 1


def test_a_mark_that_cannot_be_written_is_told_and_written_again_with_the_next_fact(
    start: Callable[[], OpenDesk], folders: Folders
) -> None:
    desk = start()
    wait_until_well(desk)
    mark = head_file(folders.journal)
    mark.unlink()
    mark.mkdir()
    desk.send()
    wait_for_words(
        desk, "The journal is written, but the check file beside it is not: there is a folder in its place"
    )
    assert "Nothing noted is lost by it" in said(desk)
    desk.wait_for_line("Delivered")
    mark.rmdir()
    desk.send("omar@example.org")
    desk.wait_for_line("Delivered", "Delivered")
    desk.bot.waitUntil(lambda: "the check file beside it" not in said(desk))
    found = legible(read_head(mark))
    assert found is not None
    assert found.head == verify(folders.journal).head


# -- backups ------------------------------------------------------------------------------------------


def back_up(folders: Folders, second: Path | None = None) -> None:
    """Let an earlier run have made the backup of 2026-05-31."""
    with closing(SqliteJournal.open(folders.journal)) as journal:
        make_daily(folders.journal, journal, later(0))
        copy_daily(folders.journal, second, later(0))


def open_backups(desk: OpenDesk) -> BackupsDialog:
    """Open the list of backups, and wait until the chosen one is checked."""
    QTest.keySequence(desk.window, "Ctrl+B")
    dialog = desk.window.findChild(BackupsDialog)
    assert dialog is not None
    wait_until_checked(desk, dialog)
    return dialog


def wait_until_checked(desk: OpenDesk, dialog: BackupsDialog) -> None:
    desk.bot.waitUntil(
        lambda: (
            dialog.message.text() != "Looking for backups…"
            and not any("checking" in line for line in listed(dialog))
        ),
        timeout=10_000,
    )


def listed(dialog: BackupsDialog) -> list[str]:
    """All but the size of each."""
    model = dialog.table.model()
    return [
        " | ".join(str(model.index(row, column).data()) for column in (0, 2, 3, 4))
        for row in range(model.rowCount())
    ]


def choose(dialog: BackupsDialog, words: str) -> None:
    dialog.table.selectRow(next(row for row, line in enumerate(listed(dialog)) if words in line))


def check(desk: OpenDesk, dialog: BackupsDialog) -> str:
    """Choose the backup of an earlier run; return what is said of it once it is checked."""
    choose(dialog, "2026-05-31")
    wait_until_checked(desk, dialog)
    return next(line for line in listed(dialog) if "2026-05-31" in line)


def test_a_restored_backup_sends_nothing_twice_and_what_was_sent_since_is_found(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    back_up(folders)
    desk = start()
    desk.wait_for_line("Delivered")
    desk.fill("omar@example.org")
    controls.press(desk.window, "Send")
    desk.wait_for_line("Delivered", "Delivered")
    dialog = open_backups(desk)
    assert check(desk, dialog) == "2026-05-31 | 1 | this computer | ✔ sound"
    controls.press(dialog, "Restore")
    desk.bot.waitUntil(lambda: len(desk.person.asked) == 1)
    assert "1 consent noted since is not in it." in desk.person.asked[0]
    assert "Cancel / Restore" in desk.person.asked[0]
    desk.person.answer = 1
    controls.press(dialog, "Restore")
    wait_for_words(desk, "The backup of 2026-05-31 was restored. The journal that was there is kept as ")
    assert "1 consent may have gone out since. It is looked up before anything is sent." in said(desk)
    wait_until_well(desk)
    desk.bot.waitUntil(lambda: len(controls.cells(desk.window, 1)) == 1)
    desk.clock.seconds_off += 31
    desk.wait_for_line("Verified")
    assert posts(engagement) == 2
    assert not dialog.isVisible()
    assert verify(folders.journal).verdict is Verdict.SOUND
    [kept] = folders.data.glob("journal.sqlite.replaced-*Z")
    with closing(sqlite3.connect(kept)) as old:
        assert old.execute("SELECT count(*) FROM consent").fetchone() == (2,)


def test_restoring_a_backup_leaves_whoever_practises_at_it(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    back_up(folders)
    desk = start()
    desk.wait_for_line("Delivered")
    desk.choose_project("Sandbox (practice)")
    desk.bot.waitUntil(desk.window.practice.isVisible)
    desk.wait_ready()
    desk.fill("somebody@example.com")
    dialog = open_backups(desk)
    check(desk, dialog)
    desk.person.answer = 1
    opened: list[object] = []
    recovery = desk.window.findChild(RecoveryPresenter)
    assert recovery is not None
    recovery.settled.connect(lambda: opened.append(desk.project))
    controls.press(dialog, "Restore")
    wait_for_words(desk, "was restored")
    desk.bot.waitUntil(lambda: opened == ["Sandbox (practice)"])
    assert desk.window.practice.isVisible()
    assert desk.window.consent.draft().customer_id == "somebody@example.com"
    desk.choose_project("Acme production")
    wait_for_words(desk, "was restored")


def looks_in_vain(folders: Folders) -> int:
    with closing(sqlite3.connect(f"{folders.journal.as_uri()}?mode=ro", uri=True)) as connection:
        count: int = connection.execute("SELECT count(*) FROM fact WHERE state = 'not_seen'").fetchone()[0]
        return count


def test_a_question_says_what_would_not_be_sent_any_more(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    SqliteJournal.open(folders.journal).close()
    back_up(folders)
    leave(folders, real(engagement, id="another"), count=2)
    desk = start()
    wait_until_well(desk)
    dialog = open_backups(desk)
    check(desk, dialog)
    controls.press(dialog, "Restore")
    desk.bot.waitUntil(lambda: len(desk.person.asked) == 1)
    assert "2 of these have not certainly reached Engagement, and would not be sent" in desk.person.asked[0]
    assert not [*folders.data.glob("*replaced*")]


def test_a_damaged_journal_is_replaced_by_a_backup(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement), count=2)
    back_up(folders)
    truncate(folders.journal, 0)
    desk = start()
    wait_for_offers(desk, DAMAGED)
    desk.person.answer = 1
    controls.press(desk.window, RESTORE)
    dialog = desk.window.findChild(BackupsDialog)
    assert dialog is not None
    wait_until_checked(desk, dialog)
    assert listed(dialog) == ["2026-05-31 | 2 | this computer | ✔ sound"]
    controls.press(dialog, "Restore")
    wait_for_words(desk, "was restored")
    assert "What was noted after it was made is not in it." in desk.person.asked[0]
    wait_until_well(desk)
    desk.bot.waitUntil(lambda: len(controls.cells(desk.window, 1)) == 2)
    assert posts(engagement) == 0


def test_a_backup_that_is_not_sound_is_told_and_cannot_be_restored(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    back_up(folders)
    truncate(folders.data / "backups" / "journal-2026-05-31.sqlite", 8192)
    desk = start()
    wait_until_well(desk)
    dialog = open_backups(desk)
    assert check(desk, dialog).startswith("2026-05-31 |  | this computer | ✖ not sound: ")
    assert not controls.button(dialog, "Restore").isEnabled()


def test_on_a_new_computer_the_backups_of_the_old_one_are_found_in_the_second_folder(
    open_desk: OpenOne, keyring: MemoryKeyring, folders: Folders, engagement: Sandbox, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    leave(folders, real(engagement), count=2)
    back_up(folders, stick)
    shutil.rmtree(folders.data)
    shutil.rmtree(folders.config)
    desk = open_desk(keyring)
    desk.bot.waitUntil(desk.window.practice.isVisible)
    dialog = open_backups(desk)
    assert controls.label(dialog, "Backups status") == "No backups were found."
    desk.person.folder = str(stick)
    desk.person.answer = 1
    controls.press(dialog, "Choose second folder")
    desk.bot.waitUntil(lambda: listed(dialog) == ["2026-05-31 | 2 | second folder | ✔ sound"])
    controls.press(dialog, "Restore")
    wait_for_words(desk, "2 consents may have gone out since.")
    desk.bot.waitUntil(lambda: len(controls.cells(desk.window, 1)) == 2)
    assert "2 consents may have gone out since." in said(desk)
    assert not desk.window.practice.isVisible()
    assert posts(engagement) == 0


def test_a_second_folder_gets_todays_backup_as_soon_as_it_is_set(
    start: Callable[[], OpenDesk], folders: Folders, tmp_path: Path
) -> None:
    desk = start()
    wait_until_well(desk)
    dialog = open_backups(desk)
    desk.person.folder = str(tmp_path)
    controls.press(dialog, "Choose second folder")
    desk.bot.waitUntil(lambda: controls.line(dialog, "Second backup folder").text() == str(tmp_path))
    desk.bot.waitUntil(lambda: len([*tmp_path.glob("consent-desk-*/journal-*.sqlite")]) == 1)
    settings = folders.config / "settings.json"
    assert settings.stat().st_mode & 0o777 == 0o600
    controls.press(dialog, "Do without second folder")
    desk.bot.waitUntil(lambda: controls.line(dialog, "Second backup folder").text() == "")


def test_the_strip_fits_a_small_window_with_a_large_font(
    large_font: None, start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    folders.journal.unlink()
    desk = start()
    desk.window.resize(1024, 640)
    wait_for_offers(desk, MISSING)
    assert desk.window.size() == QSize(1024, 640)
    assert [each for each in cut_off(desk.window) if "outside" in each] == []


def test_what_the_strip_offers_is_reached_by_tab(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    truncate(folders.journal, 0)
    desk = start()
    wait_for_offers(desk, DAMAGED)
    controls.button(desk.window, LOOK).setFocus()
    names = [controls.focused_name(desk.window)]
    for _ in range(2):
        QTest.keyClick(desk.window.windowHandle(), Qt.Key.Key_Tab)
        names.append(controls.focused_name(desk.window))
    assert names == [LOOK, SAVE, RESTORE]


def test_tab_goes_through_the_backups_as_one_reads_them(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox, tmp_path: Path
) -> None:
    leave(folders, real(engagement))
    back_up(folders)
    JournalRecovery(folders).settings.set_second_folder(tmp_path)
    desk = start()
    wait_until_well(desk)
    dialog = open_backups(desk)
    desk.bot.waitUntil(lambda: controls.button(dialog, "Do without second folder").isEnabled())
    dialog.table.setFocus()
    assert tab_through(dialog) == [
        *("List of backups", "Second backup folder", "Choose second folder", "Do without second folder"),
        *("Restore", "Close"),
    ]


def test_on_another_computer_what_was_open_is_looked_up_before_it_is_sent(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    engagement.fault = Fault.RATE_LIMIT
    first = start()
    first.wait_for_line("Waiting to retry")
    first.window.end()
    engagement.fault = None
    sent = posts(engagement)
    (folders.config / "installation.json").unlink()
    desk = start()
    desk.wait_for_status("1 consent may have gone out since this journal was restored or moved here.")
    wait_until_well(desk)
    desk.clock.seconds_off += 31
    desk.bot.waitUntil(lambda: looks_in_vain(folders) == 1, timeout=10_000)
    desk.clock.seconds_off += 121
    desk.bot.waitUntil(lambda: looks_in_vain(folders) == 2, timeout=10_000)
    assert posts(engagement) == sent
    # Time that passes before a look is followed up is none that counts: then one look more is made.
    while posts(engagement) == sent:
        looks = looks_in_vain(folders)
        desk.clock.seconds_off += 601
        desk.bot.waitUntil(
            lambda looks=looks: looks_in_vain(folders) > looks or posts(engagement) > sent,  # type: ignore[misc]  # a plain wait
            timeout=10_000,
        )
    desk.wait_for_line("Delivered")
    assert posts(engagement) == sent + 1


def test_a_damaged_journal_says_nothing_beside_practice(
    start: Callable[[], OpenDesk], folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    truncate(folders.journal, 0)
    desk = start()
    wait_for_offers(desk, DAMAGED)
    desk.choose_project("Sandbox (practice)")
    wait_for_offers(desk, set())
    desk.choose_project("Acme production")
    wait_for_offers(desk, DAMAGED)


def test_each_letter_leads_to_one_control_of_the_backups(start: Callable[[], OpenDesk]) -> None:
    desk = start()
    wait_until_well(desk)
    dialog = open_backups(desk)
    letters = [
        button.text().split("&")[1][0].lower()
        for button in dialog.findChildren(QAbstractButton)
        if "&" in button.text()
    ]
    assert len(letters) == len(set(letters)) == 4
    assert not {"s", "a"} & set(letters)
