"""Several programs at one journal: whose is what is in flight, and who may have it alone."""

import errno
import os
import shutil
import signal
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from consent_desk.delivery.outbox import Outbox
from consent_desk.domain.backup import Backup
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.message import say
from consent_desk.journal import file, owners
from consent_desk.journal.backups import delete_left_over, make_daily
from consent_desk.journal.erasure import erase
from consent_desk.journal.head import head_file
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.owners import alone
from consent_desk.journal.recovery import JournalRecovery
from consent_desk.journal.schema import STEPS, VERSION, migrate
from consent_desk.journal.verify import Verdict, verify
from consent_desk.system.folders import Folders
from consent_desk.system.left_over import unfinished_in
from tests.consents import a_project, claim, go_on, later
from tests.journal.journal_child import start
from tests.journal.journals import filled, noted_in, tamper

if sys.platform != "win32":
    import fcntl

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such calls")
ELSEWHERE = "another Consent Desk has it open"
AT_REST = {"journal.sqlite", "journal.sqlite-journal", "journal.mark"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long here."""
    monkeypatch.setattr(owners, "WORK_ENDS_WITHIN", 0.05)
    monkeypatch.setattr(owners, "CLOSED_WITHIN", 0.05)


@contextmanager
def sending(path: Path) -> Iterator[tuple[Popen[str], str]]:
    """Another program that has one in flight, and which one; it is killed where it has not ended."""
    with start("send", path) as child:
        assert child.stdout is not None
        try:
            yield child, child.stdout.readline().strip()
        finally:
            child.kill()


def deliver(child: Popen[str]) -> None:
    """Let what the other program has in flight be delivered, and that one end as programs do."""
    child.communicate("\n", timeout=50)
    assert child.returncode == 0


def claims(path: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT fact, owner FROM claim").fetchall()


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


def names(path: Path) -> set[str]:
    return {each.name for each in path.parent.iterdir()}


def recovered(journal: SqliteJournal) -> int:
    return Outbox(journal, lambda: later(60)).recover()


# ------------------------------------------------------------------------------ what is in flight


def test_what_a_program_that_runs_has_in_flight_is_its_own(path: Path) -> None:
    with sending(path) as (child, request_id), closing(SqliteJournal.open(path)) as journal:
        assert recovered(journal) == 0
        assert journal.entry(request_id).state is State.IN_FLIGHT
        deliver(child)
        assert journal.entry(request_id).state is State.DELIVERED
        assert recovered(journal) == 0
        assert len(journal.record(request_id).facts) == 3
    assert claims(path) == []
    assert names(path) == AT_REST


def test_what_a_killed_program_had_in_flight_is_unconfirmed(path: Path) -> None:
    with sending(path) as (child, request_id), closing(SqliteJournal.open(path)) as journal:
        child.kill()
        child.wait()
        assert recovered(journal) == 1
        assert journal.entry(request_id).state is State.UNCONFIRMED
        assert claims(path) == []


@posix
def test_a_program_that_was_stopped_is_not_gone(path: Path) -> None:
    with sending(path) as (child, request_id), closing(SqliteJournal.open(path)) as journal:
        child.send_signal(signal.SIGSTOP)
        assert recovered(journal) == 0
        child.send_signal(signal.SIGCONT)
        deliver(child)
        assert journal.entry(request_id).state is State.DELIVERED


def test_what_a_killed_program_leaves_beside_the_journal_goes_at_the_next_opening(path: Path) -> None:
    with sending(path) as (child, _request_id):
        child.kill()
        child.wait()
    # As one that is killed while it opens the journal.
    path.with_name("journal.sqlite.lock").touch()
    assert len(names(path) - AT_REST) == 2
    with closing(SqliteJournal.open(path)) as journal:
        assert names(path) - AT_REST == {f"journal.sqlite.owner-{journal.owner.id}"}
        assert recovered(journal) == 1
    assert names(path) == AT_REST


def test_a_claim_names_its_owner_until_what_came_of_it_is_written(path: Path) -> None:
    with closing(SqliteJournal.open(path)) as journal:
        first, second = noted_in(journal, State.IN_FLIGHT), noted_in(journal, State.IN_FLIGHT)
        assert claims(path) == [(2, journal.owner.id), (4, journal.owner.id)]
        with pytest.raises(JournalError, match="cannot follow"):
            go_on(journal, first, Fact(at=later(3), state=State.VERIFIED))
        assert len(claims(path)) == 2
        go_on(journal, first, Fact(at=later(3), state=State.DELIVERED))
        assert claims(path) == [(4, journal.owner.id)]
        assert not journal.is_abandoned(first)
        go_on(journal, second, Fact(at=later(3), state=State.UNCONFIRMED))
    assert claims(path) == []
    assert verify(path).verdict is Verdict.SOUND


def test_what_an_older_version_left_in_flight_is_nobodys(path: Path, journal: SqliteJournal) -> None:
    request_id = noted_in(journal, State.IN_FLIGHT)
    tamper(path, "DELETE FROM claim")
    assert recovered(journal) == 1
    assert journal.entry(request_id).state is State.UNCONFIRMED


@pytest.mark.parametrize("with_all", [True, False], ids=["the folder", "the journal alone"])
def test_what_is_in_flight_in_a_copy_is_nobodys_there(path: Path, tmp_path: Path, with_all: bool) -> None:
    with closing(SqliteJournal.open(path)) as journal:
        request_id = noted_in(journal, State.IN_FLIGHT)
        folder = tmp_path / "copy"
        folder.mkdir()
        for name in names(path) - {"copy"} if with_all else AT_REST:
            shutil.copyfile(path.with_name(name), folder / name)
        assert len(claims(folder / path.name)) == 1
        with closing(SqliteJournal.open(folder / path.name)) as copy:
            assert recovered(copy) == 1
            assert copy.entry(request_id).state is State.UNCONFIRMED
        assert recovered(journal) == 0
        assert journal.entry(request_id).state is State.IN_FLIGHT


def test_two_who_look_at_once_do_not_take_each_other_for_the_owner(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sending(path) as (child, _request_id), closing(SqliteJournal.open(path)) as journal:
        child.kill()
        child.wait()
        look = owners._look
        looked: list[bool] = []

        def look_beside(descriptor: int) -> bool:
            found = look(descriptor)
            if not looked:
                looked.append(found)
                looked.append(owners.is_gone(path, claims(path)[0][1]))
            return found

        monkeypatch.setattr(owners, "_look", look_beside)
        assert recovered(journal) == 1
        assert looked == [True, True]


# ------------------------------------------------------------------------------ who may have it alone


@pytest.fixture
def folders(path: Path) -> Folders:
    return Folders(config=path.parent, data=path.parent, logs=path.parent)


REPLACING: dict[str, Callable[[JournalRecovery, Backup], object]] = {
    "restored": lambda recovery, backup: recovery.restore(backup, recovery.missing_from(backup)),
    "saved": lambda recovery, _backup: recovery.salvage(),
    "begun": lambda recovery, _backup: recovery.begin_anew(),
}


@pytest.mark.parametrize("what", REPLACING)
def test_nobody_replaces_a_journal_that_another_program_has_open(
    path: Path, folders: Folders, what: str
) -> None:
    filled(path, 3)
    with closing(SqliteJournal.open(path)) as journal:
        make_daily(path, journal, later(0))
    recovery = JournalRecovery(folders)
    (backup,) = recovery.backups()
    with sending(path) as (child, request_id):
        before = contents(path.parent)
        with pytest.raises(JournalError) as caught:
            REPLACING[what](recovery, backup)
        assert f"{what}" in str(caught.value.title)
        assert f"{ELSEWHERE} (process {child.pid} on " in str(caught.value.title)
        assert str(caught.value.advice) == "Close that one, then try again."
        assert contents(path.parent) == before
        deliver(child)
    with closing(SqliteJournal.open(path)) as journal:
        assert journal.entry(request_id).state is State.DELIVERED
    REPLACING[what](recovery, backup)
    with closing(SqliteJournal.open(path)) as journal:
        assert journal.has(request_id) is (what == "saved")


def test_no_backup_is_restored_over_what_was_noted_since_a_person_agreed(
    path: Path, folders: Folders
) -> None:
    filled(path, 3)
    with closing(SqliteJournal.open(path)) as journal:
        make_daily(path, journal, later(0))
    recovery = JournalRecovery(folders)
    (backup,) = recovery.backups()
    agreed = recovery.missing_from(backup)
    with closing(SqliteJournal.open(path)) as journal:
        request_id = noted_in(journal)
    before = contents(path.parent)
    with pytest.raises(JournalError, match="something was noted in the meantime"):
        recovery.restore(backup, agreed)
    assert contents(path.parent) == before
    recovery.restore(backup, recovery.missing_from(backup))
    with closing(SqliteJournal.open(path)) as journal:
        assert not journal.has(request_id)


def erase_somebody(path: Path, journal: SqliteJournal) -> int:
    customer = CustomerId(type="registered", value="somebody@example.com")
    project = a_project().id
    return erase(path, journal, None, project_id=project, customer=customer, at=later(50)).consents


def test_of_two_who_erase_at_once_neither_waits_for_the_other_for_ever(path: Path) -> None:
    with closing(SqliteJournal.open(path)) as one:
        with closing(SqliteJournal.open(path)) as other, ThreadPoolExecutor(2) as both:
            erasing = [both.submit(erase_somebody, path, journal) for journal in (one, other)]
            for each in erasing:
                with pytest.raises(JournalError, match="not removed: another Consent Desk"):
                    each.result(10)
        assert erase_somebody(path, one) == 0


def test_a_journal_that_another_program_has_open_is_not_brought_up_to_date(
    path: Path, journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = (*STEPS, ("CREATE TABLE more (a INTEGER) STRICT",))
    with monkeypatch.context() as newer:
        newer.setattr(file, "VERSION", VERSION + 1)
        newer.setattr(file, "migrate", lambda connection: migrate(connection, steps))
        with pytest.raises(JournalError, match=f"cannot be opened: {ELSEWHERE}"):
            SqliteJournal.open(path, before_migration=lambda _connection: pytest.fail("not backed up"))
        assert noted_in(journal)
        journal.close()
        SqliteJournal.open(path).close()
    with pytest.raises(JournalError, match="newer version"):
        SqliteJournal.open(path)
    assert names(path) == AT_REST


@pytest.mark.parametrize("what", ["without its mark", "from elsewhere"])
def test_what_another_program_has_under_way_is_not_taken_for_restored(path: Path, what: str) -> None:
    with closing(SqliteJournal.open(path, installation="here")) as journal:
        request_id = noted_in(journal, State.IN_FLIGHT)
        journal.settle()
        if what == "without its mark":
            head_file(path).unlink()
        with pytest.raises(JournalError, match=f"cannot be opened: {ELSEWHERE}"):
            SqliteJournal.open(path, installation="here" if what == "without its mark" else "there")
        go_on(journal, request_id, Fact(at=later(3), state=State.UNCONFIRMED))
    if what == "without its mark":
        head_file(path).unlink()
    with closing(SqliteJournal.open(path, installation="there")) as journal:
        assert journal.restored == 1


def test_nobody_opens_a_journal_that_is_worked_on(path: Path) -> None:
    filled(path, 1)
    with alone(path, say("tests", "It fails: {why}.")):
        with pytest.raises(
            JournalError, match="cannot be opened: another Consent Desk is opening it, or works"
        ):
            SqliteJournal.open(path)
        with (
            pytest.raises(JournalError, match="It fails: another Consent Desk is opening it"),
            alone(path, say("tests", "It fails: {why}.")),
        ):
            pytest.fail("nobody is alone")
    SqliteJournal.open(path).close()
    assert names(path) == AT_REST


@posix
@pytest.mark.parametrize("another", [True, False], ids=["and a third comes", "and nobody comes"])
def test_one_who_comes_as_the_other_goes_does_not_lock_what_that_one_removed(
    path: Path, monkeypatch: pytest.MonkeyPatch, another: bool
) -> None:
    flock, place = fcntl.flock, path.with_name("journal.sqlite.lock")

    def be_late(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        place.unlink()
        if another:
            place.touch()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", be_late)
    with alone(path, say("tests", "It fails: {why}.")):
        locked = os.open(place, os.O_RDWR)
        with pytest.raises(BlockingIOError):
            flock(locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(locked)


def test_what_does_not_say_whose_it_is_is_another_programs_all_the_same(
    path: Path, journal: SqliteJournal
) -> None:
    journal.owner.file.write_text("4711 <b>here</b>\n")
    with (
        pytest.raises(JournalError, match=rf"It fails: {ELSEWHERE}\."),
        alone(path, say("tests", "It fails: {why}.")),
    ):
        pytest.fail("nobody is alone")


def test_what_another_program_is_making_is_not_left_over(path: Path, journal: SqliteJournal) -> None:
    make_daily(path, journal, later(0))
    with closing(SqliteJournal.open(path)), unfinished_in(path.parent / "backups") as making:
        (making / "journal.sqlite").touch()
        left = making.rename(making.with_name(".unfinished-by-another"))
        assert delete_left_over(path) == (left,)
        assert make_daily(path, journal, later(86_400)) is not None
        assert left.is_dir()
    assert delete_left_over(path) == ()
    assert not left.is_dir()


def test_of_two_who_back_up_at_once_the_one_that_is_first_has_the_days_backup(path: Path) -> None:
    class Slow(SqliteJournal):
        def copy_to(self, target: sqlite3.Connection) -> None:
            super().copy_to(target)
            noted_in(other)
            made.append(make_daily(path, other, later(0)))

    made: list[Path | None] = []
    with closing(SqliteJournal.open(path)) as other, closing(Slow.open(path)) as slow:
        made.append(make_daily(path, slow, later(0)))
    (backup,) = {*made}
    assert backup is not None
    assert verify(backup).verdict is Verdict.SOUND
    assert verify(backup).consents == 1


# ------------------------------------------------------------------------------ where little can be had


@posix
def test_what_lies_beside_an_open_journal_is_its_owners_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        with (
            closing(SqliteJournal.open(path)) as journal,
            alone(path, say("tests", "It fails: {why}."), journal.owner),
        ):
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert {"journal.sqlite.lock", f"journal.sqlite.owner-{journal.owner.id}"} <= {*modes}
    assert {*modes.values()} == {0o600}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_where_nothing_can_be_made_the_journal_opens_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    filled(path, 1)
    real = os.open

    def make_nothing(name: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT and Path(name).name.startswith("journal.sqlite."):
            raise OSError(number, os.strerror(number))
        return real(name, flags, mode)

    with monkeypatch.context() as full:
        full.setattr(os, "open", make_nothing)
        journal = SqliteJournal.open(path)
        first, second = noted_in(journal, State.IN_FLIGHT), noted_in(journal)
        assert recovered(journal) == 0
        with (
            pytest.raises(JournalError, match="It fails: "),
            alone(path, say("tests", "It fails: {why}."), journal.owner),
        ):
            pytest.fail("nobody can tell")
    # Once there is room, others see it.
    assert claim(journal, second, later(3)) is not None
    with closing(SqliteJournal.open(path)) as other:
        assert recovered(other) == 0
    journal.close()
    with closing(SqliteJournal.open(path)) as other:
        assert recovered(other) == 2
        assert other.entry(first).state is State.UNCONFIRMED


@posix
def test_where_the_file_system_keeps_no_such_locks_it_is_as_if_nobody_else_were_there(
    path: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with closing(SqliteJournal.open(path)) as journal:
        noted_in(journal, State.IN_FLIGHT)
    with closing(SqliteJournal.open(path)) as journal:
        assert recovered(journal) == 1
        assert recovered(journal) == 0
        assert noted_in(journal, State.IN_FLIGHT)
        assert recovered(journal) == 0
    assert JournalRecovery(folders).salvage().consents == 2
    assert claims(path) == []


@posix
@pytest.mark.parametrize("what", ["restored", "saved"])
def test_what_was_restored_or_saved_is_nobodys(path: Path, folders: Folders, what: str) -> None:
    with closing(SqliteJournal.open(path)) as journal:
        request_id = noted_in(journal, State.IN_FLIGHT)
        make_daily(path, journal, later(0))
    recovery = JournalRecovery(folders)
    (backup,) = recovery.backups()
    assert len(claims(backup.path)) == 1
    REPLACING[what](recovery, backup)
    assert claims(path) == []
    with closing(SqliteJournal.open(path)) as journal:
        assert journal.entry(request_id).state is State.RESTORED
