"""Journals whose process is killed, raced, or left without disk, rights or fsync."""

import os
import platform
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from consent_desk.domain.lifecycle.state import State
from consent_desk.journal.backups import make_daily
from consent_desk.journal.journal import SqliteJournal
from tests.consents import NOON, a_noted, write_down
from tests.journal.journal_child import SYNC_CALLS, start
from tests.journal.journals import broken_off

KILLS = 6
SEED = 20260331

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these machines are built with Linux's tools")


def lines_of(*arguments: str | Path, before: tuple[str, ...] = ()) -> list[str]:
    with start(*arguments, before=before) as child:
        out, _ = child.communicate(timeout=50)
    assert child.returncode == 0
    return out.splitlines()


def noted_in(path: Path) -> tuple[str, ...]:
    journal = SqliteJournal.open(path)
    try:
        return journal.records_in({State.QUEUED})
    finally:
        journal.close()


def is_whole(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        checked = connection.execute("PRAGMA integrity_check").fetchall()
        foreign = connection.execute("PRAGMA foreign_key_check").fetchall()
        halves = connection.execute(
            "SELECT count(*) FROM consent LEFT JOIN personal USING (seq) LEFT JOIN standing USING (seq) "
            "LEFT JOIN fact ON fact.seq = standing.fact WHERE body IS NULL OR fact.seq IS NULL"
        ).fetchall()
    finally:
        connection.close()
    return (checked, foreign, halves) == ([("ok",)], [], [(0,)])


def killed_after(lines: int, path: Path) -> list[str]:
    """All the lines of a child that notes without end and is killed soon after so many of them."""
    with start("note", path) as child:
        assert child.stdout is not None
        told = [child.stdout.readline().strip() for _ in range(lines + 1)]
        child.kill()
        told += child.stdout.read().split()
    assert told[0] == "begin"
    return told[1:]


def test_what_was_noted_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    dice = random.Random(SEED)
    told: list[str] = []
    for _ in range(KILLS):
        told += killed_after(dice.randint(1, 40), path)
        assert set(told) <= set(noted_in(path))
    assert is_whole(path)
    # At most one more at each kill: written, but not told any more.
    assert len(noted_in(path)) - len(told) <= KILLS


def test_a_first_start_survives_kill_9(tmp_path: Path) -> None:
    for number in range(4):
        path = tmp_path / str(number) / "journal.db"
        path.parent.mkdir()
        told = killed_after(0, path)
        assert set(told) <= set(noted_in(path))


def test_the_copy_of_a_check_that_was_killed_lies_beside_the_journal_until_the_next_backup(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(SqliteJournal.open(path)) as journal:
        write_down(journal, a_noted())
    torn = broken_off(path, tmp_path / "torn")
    with start("check", torn) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "copied\n"
        child.kill()
    [left] = torn.parent.glob(".unfinished-*/damaged.sqlite")
    with closing(SqliteJournal.open(torn)) as journal:
        make_daily(torn, journal, NOON)
    assert not left.parent.exists()


def test_of_two_processes_one_gets_each_row(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = SqliteJournal.open(path)
    consents = [a_noted() for _ in range(60)]
    for noted in consents:
        write_down(journal, noted)
    with start("claim", path) as first, start("claim", path) as second:
        for child in (first, second):
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in (first, second):
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        claimed = [line for child in (first, second) for line in child.communicate(timeout=50)[0].split()]
    assert sorted(claimed) == sorted(noted.consent.request_id for noted in consents)
    assert journal.records_in({State.QUEUED}) == ()
    journal.close()


@pytest.mark.skipif(platform.machine() not in SYNC_CALLS, reason="its system calls have other numbers")
def test_a_failed_fsync_is_not_noted_and_harms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    told = lines_of("no-sync", path)
    assert told == ["trouble: The decision is not noted: the disk reported an error."] * 2
    assert noted_in(path) == ()
    assert is_whole(path)


@pytest.fixture
def disk(tmp_path: Path) -> tuple[Path, tuple[str, ...]]:
    """A folder, and the command that puts a disk of 512 KiB there for the child alone."""
    folder = tmp_path / "disk"
    folder.mkdir()
    user = () if os.geteuid() == 0 else ("--map-root-user",)
    mount = 'mount -t tmpfs -o size=512k none "$0" && exec "$@"'
    before = ("unshare", "--mount", *user, "sh", "-c", mount, str(folder))
    try:
        possible = subprocess.run([*before, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        possible = False
    if not possible:
        pytest.skip("no mounts for oneself here")
    return folder, before


def test_a_full_disk_loses_nothing_and_room_heals_it(disk: tuple[Path, tuple[str, ...]]) -> None:
    folder, before = disk
    told = lines_of("full", folder / "journal.db", before=before)
    assert told == ["trouble: The decision is not noted: the disk is full.", "all there: True", "noted: True"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody reaches, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="consent-desk-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize(("files", "folder"), [(0o444, 0o755), (0o666, 0o555)], ids=["file", "folder"])
def test_what_is_read_only_is_said_to_be_read_only(open_folder: Path, files: int, folder: int) -> None:
    path = open_folder / "journal.db"
    SqliteJournal.open(path).close()
    for each in (path, path.with_suffix(".mark")):
        each.chmod(files)
    open_folder.chmod(folder)
    told = lines_of("nobody", path)
    assert told == ["trouble: The decision is not noted: its file or folder cannot be written to."]
    assert noted_in(path) == ()


def test_no_journal_is_made_in_a_read_only_folder(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    told = lines_of("nobody", open_folder / "journal.db")
    assert told == ["trouble: The journal cannot be opened: its file or folder cannot be written to."]
    assert list(open_folder.iterdir()) == []
