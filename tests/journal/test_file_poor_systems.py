"""A home without hard links, without syncing of folders, without locks, or with the journal behind a link."""

import errno
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import say
from consent_desk.journal.backups import make_daily, restore
from consent_desk.journal.errors import told
from consent_desk.journal.head import head_file
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.salvage.salvage import salvage
from consent_desk.journal.verify import Verdict, verify
from consent_desk.system.atomic_file import PrivateFile, companion, replace_file, sync_folder
from consent_desk.system.left_over import copy_of
from tests.consents import later
from tests.journal.journals import (
    back_up,
    bring_from_elsewhere,
    broken_off,
    elsewhere,
    filled,
    latest,
    noted_in,
    tamper,
)

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)
posix = pytest.mark.skipif(os.name == "nt", reason="Windows publishes by renaming, and knows no such links")
linux = pytest.mark.skipif(sys.platform != "linux", reason="what refuses locks here is Linux's own")


@posix
@pytest.mark.parametrize("number", NO_LINKS)
def test_where_there_are_no_hard_links_the_journal_works(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def link(source: str, target: Path) -> None:
        raise OSError(number, os.strerror(number), source, None, target)

    monkeypatch.setattr(os, "link", link)
    with closing(SqliteJournal.open(path)) as journal:
        kept = noted_in(journal)
    with closing(SqliteJournal.open(path)) as journal:
        assert journal.restored == 0
        assert journal.records_in({State.QUEUED}) == (kept,)
    assert verify(path).verdict is Verdict.SOUND
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {each.name for each in path.parent.iterdir()} == {
        path.name,
        head_file(path).name,
        companion(path).name,
    }


@posix
def test_where_there_are_no_hard_links_another_starts_journal_is_not_replaced(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []

    def link(source: str, target: Path) -> None:
        if not kept:
            # Another start, in just this moment: one of an older version, which asks for no lock.
            kept.append("")
            with closing(SqliteJournal.open(elsewhere(path))) as other:
                kept.append(noted_in(other))
            bring_from_elsewhere(path)
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    with closing(SqliteJournal.open(path)) as journal:
        assert journal.records_in({State.QUEUED}) == (kept[1],)


@posix
@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_folders_cannot_be_synced_files_are_kept_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    replace_file(tmp_path / "file", b"kept")
    assert (tmp_path / "file").read_bytes() == b"kept"
    filled(tmp_path / "journal.sqlite", 1)
    assert verify(tmp_path / "journal.sqlite").verdict is Verdict.SOUND


@posix
def test_a_folder_whose_syncing_fails_is_no_folder_that_cannot_be_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output"):
        sync_folder(tmp_path)


WITHOUT_LOCKS = """
    import ctypes, errno, fcntl, functools, platform, sqlite3, struct, sys
    from pathlib import Path
    from consent_desk.journal.file import PRAGMAS
    from consent_desk.journal.journal import SqliteJournal
    from consent_desk.journal.verify import verify
    from consent_desk.domain.errors import JournalError

    def refuse_locks(number):
        # The system's own filter of calls (seccomp): fcntl with F_SETLK or F_SETLKW fails with `number`.
        call = {"x86_64": 72, "aarch64": 25}[platform.machine()]
        code = [
            (0x20, 0, 0, 0), (0x15, 0, 4, call), (0x20, 0, 0, 24), (0x15, 1, 0, fcntl.F_SETLK),
            (0x15, 0, 1, fcntl.F_SETLKW), (0x06, 0, 0, 0x00050000 | number), (0x06, 0, 0, 0x7FFF0000),
        ]
        program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
        filled = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(program)))
        system = ctypes.CDLL(None, use_errno=True)
        assert system.prctl(38, 1, 0, 0, 0) == 0, "no new privileges"
        assert system.prctl(22, 2, filled, 0, 0) == 0, ctypes.get_errno()

    # Nobody waits 5 seconds for another program here.
    sqlite3.connect = functools.partial(sqlite3.connect, timeout=0.05)
    PRAGMAS["busy_timeout"] = 50
    path = Path(sys.argv[1])
    SqliteJournal.open(path).close()
    refuse_locks(int(sys.argv[2]))
    print(verify(path).why)
    try:
        SqliteJournal.open(path)
    except JournalError as trouble:
        print(trouble)
"""


@linux
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EINVAL])
def test_a_file_system_without_locks_is_named_and_what_helps(path: Path, number: int) -> None:
    code = "\n".join(line[4:] for line in WITHOUT_LOCKS.splitlines())
    ended = subprocess.run(
        [sys.executable, "-c", code, path, str(number)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ended.stderr == ""
    checked, opened = ended.stdout.splitlines()
    assert "cannot be checked: the file system of its folder keeps no locks" in checked
    assert "cannot be opened: the file system of its folder keeps no locks" in opened
    assert "Have the folder on a file system that keeps locks." in opened


def test_another_program_that_holds_the_file_is_no_file_system_without_locks(path: Path) -> None:
    filled(path, 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with (
            pytest.raises(JournalError, match="another program holds its file"),
            told(say("tests", "It fails: {why}."), path.parent),
            closing(sqlite3.connect(path, timeout=0)) as connection,
        ):
            connection.execute("SELECT count(*) FROM consent")


@pytest.fixture
def link(path: Path, tmp_path: Path) -> Path:
    """A journal behind a link, its mark beside the link, in which a transaction was broken off by a kill."""
    filled(path, 3)
    real = broken_off(path, tmp_path / "disk")
    home = tmp_path / "home"
    home.mkdir()
    link = home / path.name
    link.symlink_to(real)
    head_file(real).rename(head_file(link))
    return link


@posix
def test_a_journal_behind_a_link_is_verified_after_a_kill(link: Path) -> None:
    before = {each: each.read_bytes() for each in (link, companion(link), head_file(link))}
    found = verify(link)
    assert (found.verdict, found.interrupted, found.consents) == (Verdict.SOUND, True, 3)
    assert {each: each.read_bytes() for each in before} == before
    with closing(SqliteJournal.open(link)) as journal:
        assert len(latest(journal)) == 3
        noted_in(journal)
        assert make_daily(link, journal, later(0)) is not None
    assert verify(link).verdict is Verdict.SOUND
    assert companion(link).parent.name == "disk"


@posix
def test_a_torn_journal_behind_a_link_is_opened_after_a_kill(link: Path) -> None:
    torn = link.read_bytes()
    link.write_bytes(b"\xa5" * 100 + torn[100:])
    assert verify(link).verdict is Verdict.SOUND
    with closing(SqliteJournal.open(link)) as journal:
        assert len(latest(journal)) == 3


@posix
def test_a_journal_behind_a_link_is_saved_with_its_transaction_rolled_back(link: Path) -> None:
    told = salvage(link)
    assert (told.consents, told.facts_lost) == (3, 0)
    assert told.damaged is not None
    assert told.damaged.is_symlink()
    assert verify(link).verdict is Verdict.SOUND
    assert not link.is_symlink()


@posix
def test_a_journal_behind_a_link_is_set_aside_with_its_transaction(path: Path, link: Path) -> None:
    with closing(SqliteJournal.open(path)) as journal:
        backup = make_daily(path, journal, later(0))
    assert backup is not None
    aside = restore(backup, link).replaced
    assert aside is not None
    assert companion(aside).stat().st_size > 0
    with closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'much'").fetchone() == (0,)
    assert verify(link).verdict is Verdict.SOUND


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Whoever starts the program lets everybody read and write whatever is made."""
    before = os.umask(0)
    yield
    os.umask(before)


@posix
@pytest.mark.usefixtures("open_umask")
def test_whatever_the_umask_what_is_made_of_a_journal_is_its_owners_alone(path: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    filled(path, 20)
    with closing(SqliteJournal.open(path)) as journal:
        back_up(path, journal, later(0), second)
    exported = PrivateFile(tmp_path / "exported.csv")
    exported.finish()
    broken = broken_off(path, tmp_path / "broken")
    for each in (*broken.parent.iterdir(), broken.parent):
        each.chmod(0o700 if each.is_dir() else 0o600)
    with copy_of(broken):
        seen = modes_in(broken.parent)
    tamper(path, "UPDATE fact SET request_id = printf('%036d', 0) WHERE seq = 9")
    assert salvage(path).rest > 0
    seen |= modes_in(tmp_path)
    assert {*seen.values()} == {(True, 0o700), (False, 0o600)}
    assert {"damaged.sqlite", "damaged.sqlite-journal", "exported.csv", "backups"} <= {*seen}
    assert [name for name in seen if name.endswith(".rest.jsonl")]


def modes_in(folder: Path) -> dict[str, tuple[bool, int]]:
    """Of all that is in it: whether it is a folder, and its mode."""
    return {
        each.name: (each.is_dir(), stat.S_IMODE(each.stat().st_mode))
        for each in folder.rglob("*")
        if each.name != "second"
    }
