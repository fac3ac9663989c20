"""The list of backups: what is found, checked and restored, and the second folder for them."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from PySide6.QtWidgets import QAbstractButton

from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.recovery import JournalRecovery
from consent_desk.journal.verify import Verdict, verify
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.recovery.backups_dialog import BackupsDialog
from consent_desk.ui.recovery.presenter import RecoveryPresenter
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import MemoryKeyring, real
from tests.ui.recovery.recovering import (
    DAMAGED,
    RESTORE,
    back_up,
    check,
    leave,
    listed,
    open_backups,
    posts,
    restore,
    said,
    truncate,
    wait_for_offers,
    wait_for_words,
    wait_until_checked,
    wait_until_well,
)
from tests.ui.test_names import tab_through


def test_a_restored_backup_sends_nothing_twice_and_what_was_sent_since_is_found(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    back_up(folders)
    desk = open_acme()
    desk.wait_for_line("Delivered, checking")
    desk.fill("omar@example.org")
    controls.press(desk.window, "Send")
    desk.wait_for_line("Delivered, checking", "Delivered, checking")
    dialog = restore(desk)
    assert "2026-05-31 | 1 | this computer | ✔ sound" in listed(dialog)
    desk.wait_for_question(1)
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
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    back_up(folders)
    desk = open_acme()
    desk.wait_for_line("Delivered, checking")
    desk.choose_project("Sandbox (practice)")
    desk.bot.waitUntil(desk.window.practice.isVisible)
    desk.wait_ready()
    desk.fill("somebody@example.com")
    desk.person.answer = 1
    recovery = desk.window.findChild(RecoveryPresenter)
    assert recovery is not None
    with desk.bot.waitSignal(recovery.settled):
        restore(desk)
    assert desk.project == "Sandbox (practice)"
    wait_for_words(desk, "was restored")
    assert desk.window.practice.isVisible()
    assert desk.window.consent.draft().customer_id == "somebody@example.com"
    desk.choose_project("Acme production")
    wait_for_words(desk, "was restored")


def test_a_question_says_what_would_not_be_sent_any_more(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    SqliteJournal.open(folders.journal).close()
    back_up(folders)
    leave(folders, real(engagement, id="another"), count=2)
    desk = open_acme()
    wait_until_well(desk)
    restore(desk)
    desk.wait_for_question(1)
    assert "2 of these have not certainly reached Engagement, and would not be sent" in desk.person.asked[0]
    assert not [*folders.data.glob("*replaced*")]


def test_a_damaged_journal_is_replaced_by_a_backup(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement), count=2)
    back_up(folders)
    truncate(folders.journal, 0)
    desk = open_acme()
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
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    back_up(folders)
    truncate(folders.data / "backups" / "journal-2026-05-31.sqlite", 8192)
    desk = open_acme()
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
    open_acme: OpenAcme, folders: Folders, tmp_path: Path
) -> None:
    desk = open_acme()
    wait_until_well(desk)
    dialog = open_backups(desk)
    desk.person.folder = str(tmp_path)
    folder = controls.line(dialog, "Second backup folder")
    with desk.bot.waitSignal(folder.textChanged):
        controls.press(dialog, "Choose second folder")
    assert folder.text() == str(tmp_path)
    desk.bot.waitUntil(lambda: len([*tmp_path.glob("consent-desk-*/journal-*.sqlite")]) == 1)
    settings = folders.config / "settings.json"
    assert settings.stat().st_mode & 0o777 == 0o600
    with desk.bot.waitSignal(folder.textChanged):
        controls.press(dialog, "Do without second folder")
    assert folder.text() == ""


def test_tab_goes_through_the_backups_as_one_reads_them(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox, tmp_path: Path
) -> None:
    leave(folders, real(engagement))
    back_up(folders)
    JournalRecovery(folders).settings.set_second_folder(tmp_path)
    desk = open_acme()
    wait_until_well(desk)
    dialog = open_backups(desk)
    desk.bot.waitUntil(lambda: controls.button(dialog, "Do without second folder").isEnabled())
    dialog.table.setFocus()
    assert tab_through(dialog) == [
        *("List of backups", "Second backup folder", "Choose second folder", "Do without second folder"),
        *("Restore", "Close"),
    ]


def test_each_letter_leads_to_one_control_of_the_backups(open_acme: OpenAcme) -> None:
    desk = open_acme()
    wait_until_well(desk)
    dialog = open_backups(desk)
    letters = [
        button.text().split("&")[1][0].lower()
        for button in dialog.findChildren(QAbstractButton)
        if "&" in button.text()
    ]
    assert len(letters) == len(set(letters)) == 4
    assert not {"s", "a"} & set(letters)
