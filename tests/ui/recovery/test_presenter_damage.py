"""When the machine misbehaves: each trouble is told in its own words, and nothing begins anew in silence."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest

from consent_desk.domain.faults import Fault
from consent_desk.journal.head import head_file, legible, read_head
from consent_desk.journal.verify import Verdict, verify
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from tests.ui import controls
from tests.ui.conftest import OpenAcme
from tests.ui.desks import OpenDesk, real
from tests.ui.recovery.recovering import (
    DAMAGED,
    LOOK,
    MISSING,
    NEW,
    OTHER,
    RESTORE,
    SAVE,
    leave,
    offered,
    overwrite,
    posts,
    said,
    truncate,
    wait_for_offers,
    wait_for_words,
    wait_until_well,
)
from tests.ui.test_appearance import cut_off, large_font

__all__ = ["large_font"]

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


def connection(desk: OpenDesk) -> sqlite3.Connection:
    """The one that the program has to its journal."""
    return desk.workspace.journal._connection


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_trouble_at_the_start_is_told_and_nothing_is_touched_or_sent(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox, trouble: str
) -> None:
    leave(folders, real(engagement), count=3)
    first = open_acme()
    first.wait_for_line("Delivered, checking", "Delivered, checking", "Delivered, checking")
    first.window.end()
    sent = posts(engagement)
    happen, words, offers = TROUBLES[trouble]
    happen(folders.journal)
    before = content(folders.data)
    desk = open_acme()
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
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox, tmp_path: Path
) -> None:
    leave(folders, real(engagement))
    folders.data.rename(tmp_path / "elsewhere")
    (folders.config / "settings.json").write_text(
        '{"version": 1, "second_backup_folder": "", "has_journal": true}'
    )
    desk = open_acme()
    wait_for_offers(desk, MISSING)
    shutil.rmtree(folders.data)
    (tmp_path / "elsewhere").rename(folders.data)
    controls.press(desk.window, LOOK)
    wait_until_well(desk)
    desk.wait_for_line("Delivered, checking")
    assert "cannot be opened" not in said(desk)
    assert verify(folders.journal).verdict is Verdict.SOUND


def test_a_file_taken_away_while_the_window_is_open_is_found_again(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox, tmp_path: Path
) -> None:
    desk = open_acme()
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
    desk.wait_for_line("Delivered, checking")


def test_what_can_be_read_is_saved_and_counted(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement), count=40)
    truncate(folders.journal, folders.journal.stat().st_size // 4096 * 4 // 5 * 4096)
    damaged = folders.journal.read_bytes()
    desk = open_acme()
    wait_for_offers(desk, DAMAGED)
    controls.press(desk.window, SAVE)
    wait_for_words(desk, " could not be read; the damaged file is kept as ")
    [kept] = folders.data.glob("journal.sqlite.damaged-*Z")
    assert kept.read_bytes() == damaged
    assert kept.name in said(desk)
    wait_until_well(desk)
    [rows] = [int(number) for number in re.findall(r"(\d+) of 40 consents were saved", said(desk))]
    assert 0 < rows < 40
    assert f"{40 - rows} could not be read" in said(desk)
    desk.bot.waitUntil(lambda: len(controls.cells(desk.window, 1)) == rows)
    assert f"{rows} consents may have gone out since. They are looked up before" in said(desk)
    assert posts(engagement) == 0
    assert verify(folders.journal).verdict is Verdict.SOUND


def test_damage_that_shows_while_one_notes_can_be_mended_without_a_new_start(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement), count=3)
    desk = open_acme()
    desk.wait_for_line("Delivered, checking", "Delivered, checking", "Delivered, checking")
    desk.window.project_bar.settings.setFocus()
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
    desk.wait_for_line("Delivered, checking")
    assert posts(engagement) == 4


def test_a_new_journal_is_begun_only_where_a_person_says_so(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    folders.journal.unlink()
    desk = open_acme()
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
    desk.wait_for_line("Delivered, checking")


def test_what_cannot_be_noted_is_handed_back_and_heals_by_itself(
    open_acme: OpenAcme, engagement: Sandbox
) -> None:
    desk = open_acme()
    wait_until_well(desk)
    desk.wait_for_categories()
    connection(desk).execute("PRAGMA query_only = 1")
    desk.send()
    desk.wait_for_status("NOT NOTED, and nothing was sent.")
    assert "its file or folder cannot be written to. Ask" in desk.status
    assert "jane@example.com · opt-out of SMS marketing" in desk.status
    assert controls.button(desk.window, "Copy slip").isVisible()
    assert offered(desk) == set()
    connection(desk).execute("PRAGMA query_only = 0")
    controls.press(desk.window, "Send")
    desk.wait_for_line("Delivered, checking")
    assert posts(engagement) == 1


def test_a_mark_that_cannot_be_written_is_told_and_written_again_with_the_next_fact(
    open_acme: OpenAcme, folders: Folders
) -> None:
    desk = open_acme()
    wait_until_well(desk)
    mark = head_file(folders.journal)
    mark.unlink()
    mark.mkdir()
    desk.send()
    wait_for_words(
        desk, "The journal is written, but the check file beside it is not: there is a folder in its place"
    )
    assert "Nothing noted is lost by it" in said(desk)
    desk.wait_for_line("Delivered, checking")
    mark.rmdir()
    desk.send("omar@example.org")
    desk.wait_for_line("Delivered, checking", "Delivered, checking")
    desk.bot.waitUntil(lambda: "the check file beside it" not in said(desk))
    found = legible(read_head(mark))
    assert found is not None
    assert found.head == verify(folders.journal).head


def looks_in_vain(folders: Folders) -> int:
    with closing(sqlite3.connect(f"{folders.journal.as_uri()}?mode=ro", uri=True)) as connection:
        count: int = connection.execute("SELECT count(*) FROM fact WHERE state = 'not_seen'").fetchone()[0]
        return count


def test_the_strip_fits_a_small_window_with_a_large_font(
    large_font: None, open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    folders.journal.unlink()
    desk = open_acme()
    desk.window.resize(1024, 640)
    wait_for_offers(desk, MISSING)
    assert desk.window.size() == QSize(1024, 640)
    assert [each for each in cut_off(desk.window) if "outside" in each] == []


def test_what_the_strip_offers_is_reached_by_tab(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    truncate(folders.journal, 0)
    desk = open_acme()
    wait_for_offers(desk, DAMAGED)
    controls.button(desk.window, LOOK).setFocus()
    names = [controls.focused_name(desk.window)]
    for _ in range(2):
        QTest.keyClick(desk.window.windowHandle(), Qt.Key.Key_Tab)
        names.append(controls.focused_name(desk.window))
    assert names == [LOOK, SAVE, RESTORE]


def test_on_another_computer_what_was_open_is_looked_up_before_it_is_sent(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    engagement.fault = Fault.RATE_LIMIT
    first = open_acme()
    first.wait_for_line("Not sent yet")
    first.window.end()
    engagement.fault = None
    sent = posts(engagement)
    (folders.config / "installation.json").unlink()
    desk = open_acme()
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
    desk.wait_for_line("Delivered, checking")
    assert posts(engagement) == sent + 1


def test_a_damaged_journal_says_nothing_beside_practice(
    open_acme: OpenAcme, folders: Folders, engagement: Sandbox
) -> None:
    leave(folders, real(engagement))
    truncate(folders.journal, 0)
    desk = open_acme()
    wait_for_offers(desk, DAMAGED)
    desk.choose_project("Sandbox (practice)")
    wait_for_offers(desk, set())
    desk.choose_project("Acme production")
    wait_for_offers(desk, DAMAGED)
