"""Backups: made once a day, verified, kept for 14 days; and what restoring one does."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest

from consent_desk.domain.errors import JournalDamagedError, JournalError
from consent_desk.domain.lifecycle.state import OPEN_STATES, State
from consent_desk.domain.message import say
from consent_desk.journal import backups, file
from consent_desk.journal.backups import (
    KEPT,
    alone_in_second,
    back_up_before_migration,
    backups_elsewhere,
    backups_here,
    copy_daily,
    make_daily,
    restore,
)
from consent_desk.journal.file import reading
from consent_desk.journal.head import head_file
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.recovery import JournalRecovery
from consent_desk.journal.salvage.salvage import salvage
from consent_desk.journal.schema import STEPS, VERSION, migrate
from consent_desk.journal.verify import Verdict, verify
from consent_desk.system.atomic_file import companion, copy_file
from consent_desk.system.folders import Folders
from tests.consents import a_noted, later, write_down
from tests.journal.journals import back_up, fill, latest, noted_in, tamper

DAY = 86_400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    """A journal with one consent in each state."""
    journal = SqliteJournal.open(path)
    fill(journal, len(State))
    yield journal
    journal.close()


def made(path: Path, journal: SqliteJournal, days: int = 0) -> Path:
    backup = make_daily(path, journal, later(days * DAY))
    assert backup is not None
    return backup


def names(path: Path) -> list[str]:
    """Of the backups of the journal at `path`, the newest first."""
    return sorted((backup.path.name for backup in backups_here(path)), reverse=True)


def test_a_backup_is_a_sound_journal_with_a_mark_of_its_own(path: Path, journal: SqliteJournal) -> None:
    backup = made(path, journal)
    assert backup == path.parent / "backups" / "journal-2026-05-31.sqlite"
    assert verify(backup).verdict is Verdict.SOUND
    assert verify(backup).head == verify(path).head
    assert {each.name for each in backup.parent.iterdir()} == {backup.name, head_file(backup).name}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_backup_is_for_its_owner_alone(path: Path, journal: SqliteJournal) -> None:
    backup = made(path, journal)
    assert stat.S_IMODE(backup.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in backup.parent.iterdir()} == {0o600}


def test_there_is_one_backup_a_day(path: Path, journal: SqliteJournal) -> None:
    made(path, journal)
    assert make_daily(path, journal, later(3600)) is None
    made(path, journal, days=1)
    assert len(names(path)) == 2


def test_the_last_14_daily_backups_are_kept(path: Path, journal: SqliteJournal) -> None:
    other = path.parent / "backups" / "journal-2020-01-01-version-1.sqlite"
    for day in range(KEPT + 3):
        made(path, journal, days=day)
        other.touch()
    found = names(path)
    assert len(found) == KEPT + 1
    assert found[0] == "journal-2026-06-16.sqlite"
    assert found[-2:] == ["journal-2026-06-03.sqlite", other.name]
    assert len(list(other.parent.glob("*.mark"))) == KEPT


def test_noting_goes_on_after_a_backup(path: Path, journal: SqliteJournal) -> None:
    made(path, journal)
    write_down(journal, a_noted())
    assert journal.mark_trouble is None


def test_a_copy_that_is_not_sound_is_told_and_not_kept(path: Path, journal: SqliteJournal) -> None:
    made(path, journal)
    tamper(path, "UPDATE consent SET project_name = 'Acme' WHERE seq = 1")
    with pytest.raises(JournalError, match=r"not backed up: the copy is not sound \(Fact 1 of consent"):
        make_daily(path, journal, later(DAY))
    assert names(path) == ["journal-2026-05-31.sqlite"]
    assert not list((path.parent / "backups").glob("*.part"))


def test_a_second_folder_gets_the_same(path: Path, journal: SqliteJournal, tmp_path: Path) -> None:
    second = tmp_path / "stick"
    second.mkdir()
    backup = back_up(path, journal, later(0), second)
    assert backup is not None
    [copy] = second.glob("consent-desk-*/*.sqlite")
    assert verify(copy).verdict is Verdict.SOUND
    before = copy.stat()
    assert back_up(path, journal, later(1), second) is None
    assert copy.stat() == before
    found = (*backups_here(path), *backups_elsewhere(second))
    assert {(each.path, each.day, each.second) for each in found} == {
        (backup, "2026-05-31", False),
        (copy, "2026-05-31", True),
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_in_the_second_folder_too_a_backup_is_for_its_owner_alone(
    path: Path, journal: SqliteJournal, tmp_path: Path
) -> None:
    second = tmp_path / "stick"
    second.mkdir(mode=0o755)
    back_up(path, journal, later(0), second)
    [folder] = second.iterdir()
    assert stat.S_IMODE(second.stat().st_mode) == 0o755
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


def test_two_desks_with_the_same_second_folder_do_not_disturb_each_other(
    path: Path, journal: SqliteJournal, tmp_path: Path
) -> None:
    second = tmp_path / "share"
    second.mkdir()
    other_path = tmp_path / "other" / "journal.sqlite"
    other_path.parent.mkdir()
    with closing(SqliteJournal.open(other_path)) as other:
        for day in range(KEPT + 1):
            back_up(path, journal, later(day * DAY), second)
            back_up(other_path, other, later(day * DAY), second)
    assert [len([*folder.glob("*.sqlite")]) for folder in second.iterdir()] == [KEPT, KEPT]
    heads = {verify(copy).head for copy in second.glob("*/*.sqlite")}
    assert heads == {verify(path).head, verify(other_path).head}


def test_a_second_folder_that_is_missing_is_told_and_caught_up_with(
    path: Path, journal: SqliteJournal, tmp_path: Path
) -> None:
    second = tmp_path / "stick"
    for _ in range(2):
        with pytest.raises(JournalError, match="not copied into the second folder"):
            back_up(path, journal, later(0), second)
    assert (len(backups_here(path)), backups_elsewhere(second)) == (1, ())
    second.mkdir()
    copy_daily(path, second, later(0))
    assert (len(backups_here(path)), len(backups_elsewhere(second))) == (1, 1)


def test_while_something_hangs_in_the_second_folder_nothing_more_is_begun_there(
    path: Path, journal: SqliteJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / name for name in ("share", "stick")]
    for each in folders:
        each.mkdir()
    share, stick = folders
    made(path, journal)
    begun, let = Event(), Event()

    def hang(source: Path, target: Path) -> None:
        begun.set()
        assert let.wait(10)
        copy_file(source, target)

    with monkeypatch.context() as hanging:
        hanging.setattr(backups, "copy_file", hang)
        first = Thread(target=copy_daily, args=(path, share, later(0)))
        first.start()
        assert begun.wait(10)
    with pytest.raises(JournalError, match="not copied yet: the second folder does not answer"):
        copy_daily(path, share, later(0))
    with pytest.raises(JournalError, match="Not all backups can be listed: the second folder"):
        backups_elsewhere(share)
    copy_daily(path, stick, later(0))
    let.set()
    first.join()
    copy_daily(path, share, later(0))
    assert [len(backups_elsewhere(each)) for each in folders] == [1, 1]


def test_no_backup_there_is_checked_while_something_hangs_in_the_second_folder(
    path: Path, journal: SqliteJournal, tmp_path: Path
) -> None:
    recovery = JournalRecovery(Folders(config=tmp_path, data=path.parent, logs=tmp_path))
    recovery.settings.set_second_folder(tmp_path / "stick")
    (tmp_path / "stick").mkdir()
    back_up(path, journal, later(0), tmp_path / "stick")
    (here,), (there,) = recovery.backups(), recovery.second_backups()
    with alone_in_second(tmp_path / "stick", say("tests", "{why}")):
        with pytest.raises(JournalError, match="cannot be checked: the second folder does not answer"):
            recovery.check(there)
        assert recovery.check(here).why is None
    assert recovery.check(there) == recovery.check(here)


def test_a_folder_that_cannot_be_made_is_told(path: Path, journal: SqliteJournal) -> None:
    (path.parent / "backups").write_text("a file")
    with pytest.raises(JournalError, match="not backed up"):
        make_daily(path, journal, later(0))


def test_before_a_migration_the_journal_is_backed_up(
    path: Path, journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.close()
    steps = (*STEPS, ("CREATE TABLE more (a INTEGER) STRICT",))
    monkeypatch.setattr(file, "VERSION", VERSION + 1)
    monkeypatch.setattr(file, "migrate", lambda connection: migrate(connection, steps))
    SqliteJournal.open(path, before_migration=partial(back_up_before_migration, path)).close()
    (name,) = names(path)
    assert name.endswith(f"-version-{VERSION}.sqlite")
    assert verify(path.parent / "backups" / name).verdict is Verdict.SOUND
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)
    SqliteJournal.open(path, before_migration=lambda _connection: pytest.fail("once is enough")).close()


def test_a_journal_that_was_salvaged_today_has_a_backup_of_today_beside_that_of_the_old_one(
    path: Path, journal: SqliteJournal
) -> None:
    old = made(path, journal)
    journal.close()
    salvage(path)
    with closing(SqliteJournal.open(path)) as again:
        new = made(path, again, days=0)
        assert make_daily(path, again, later(1)) is None
    assert new != old
    assert verify(new).head == verify(path).head != verify(old).head
    assert [each.day for each in backups_here(path)] == ["2026-05-31"] * 2


def test_what_was_made_before_a_migration_comes_into_the_second_folder_too(
    path: Path, journal: SqliteJournal, tmp_path: Path
) -> None:
    with reading(path) as connection:
        back_up_before_migration(path, connection)
    back_up(path, journal, later(0), tmp_path)
    copies = sorted(tmp_path.glob("consent-desk-*/*.sqlite"))
    assert len(copies) == 2
    assert any(copy.name.endswith(f"-version-{VERSION}.sqlite") for copy in copies)
    assert {verify(copy).verdict for copy in copies} == {Verdict.SOUND}


def test_a_restored_backup_is_as_it_was_and_what_was_open_may_have_gone_out(
    path: Path, journal: SqliteJournal
) -> None:
    backup = made(path, journal)
    before = {entry.request_id: entry.state for entry in latest(journal)}
    since = noted_in(journal)
    journal.close()
    told = restore(backup, path, installation="here", now=lambda: later(100))
    assert told.restored == len(OPEN_STATES)
    assert verify(path).verdict is Verdict.SOUND
    with closing(SqliteJournal.open(path, installation="here")) as again:
        assert again.restored == 0
        after = {entry.request_id: entry.state for entry in latest(again)}
        assert after == {
            request_id: State.RESTORED if state in OPEN_STATES else state
            for request_id, state in before.items()
        }
        assert since not in after
        fact = again.record(again.records_in({State.RESTORED})[0]).facts[-1]
        assert (fact.at, fact.note) == (later(100), "restored from a backup")
    assert verify(backup).verdict is Verdict.SOUND


def test_what_was_there_is_set_aside(path: Path, journal: SqliteJournal) -> None:
    backup = made(path, journal)
    journal.close()
    content = path.read_bytes()
    companion(path).write_bytes(b"companion")
    told = restore(backup, path, now=lambda: later(100))
    assert told.replaced is not None
    assert told.replaced.name == "journal.sqlite.replaced-2026-05-31T120140Z"
    assert told.replaced.read_bytes() == content
    assert companion(told.replaced).read_bytes() == b"companion"
    assert not companion(path).exists()
    assert not list(path.parent.glob(".*"))


def test_a_journal_that_is_gone_is_restored(path: Path, journal: SqliteJournal) -> None:
    backup = made(path, journal)
    journal.close()
    path.unlink()
    with pytest.raises(JournalDamagedError):
        SqliteJournal.open(path)
    assert restore(backup, path).replaced is None
    SqliteJournal.open(path).close()


@pytest.mark.parametrize(
    "what", ["changed", "cut short", "without its mark", "with a spoilt mark", "missing"]
)
def test_a_backup_that_is_not_sound_is_not_restored(path: Path, journal: SqliteJournal, what: str) -> None:
    backup = made(path, journal)
    journal.close()
    match what:
        case "changed":
            tamper(backup, "UPDATE fact SET at = at + 1 WHERE seq = 3")
        case "cut short":
            os.truncate(backup, 8192)
        case "without its mark":
            head_file(backup).unlink()
        case "with a spoilt mark":
            head_file(backup).write_bytes(head_file(backup).read_bytes()[:4096])
        case _:
            backup.unlink()
    before = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
    with pytest.raises(JournalError, match="not restored, and the journal is left as it is"):
        restore(backup, path)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()} == before


def test_a_backup_that_was_rewritten_while_it_was_copied_is_not_restored(
    path: Path, journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = made(path, journal)
    journal.close()

    def torn(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:8192])

    monkeypatch.setattr(backups, "copy_file", torn)
    before = path.read_bytes()
    with pytest.raises(JournalError, match="not restored, and the journal is left as it is"):
        restore(backup, path)
    assert path.read_bytes() == before


def test_an_older_backup_put_in_place_by_hand_is_found(path: Path, journal: SqliteJournal) -> None:
    backup = made(path, journal)
    write_down(journal, a_noted())
    journal.close()
    path.write_bytes(backup.read_bytes())
    with pytest.raises(JournalDamagedError, match="its end is missing"):
        SqliteJournal.open(path)
