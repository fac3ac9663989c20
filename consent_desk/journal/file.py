"""The journal's file: made, recognised and opened; and what SQLite or the system says of it, in words.

Long because of these words: they are one table, for all that can happen to the file.
"""

import errno
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile, mkstemp

from consent_desk.domain.errors import JournalDamaged, JournalGone, JournalMissing, JournalTrouble, Unfit
from consent_desk.domain.message import Message, say
from consent_desk.journal.head import mark_of
from consent_desk.journal.schema import APPLICATION_ID, VERSION, blank, migrate, version
from consent_desk.system.atomic_file import companion, sync, sync_name
from consent_desk.system.folders import is_there
from consent_desk.system.left_over import copy_of

if sys.platform != "win32":
    import fcntl

PRAGMAS: dict[str, str | int] = {
    "journal_mode": "truncate",
    "synchronous": 3,  # EXTRA
    "fullfsync": 1,
    "foreign_keys": 1,
    "trusted_schema": 0,
    "busy_timeout": 5000,
    "secure_delete": 1,
}
"""What every connection is set to, as it reads back. Why: docs/decisions/004."""

MAGIC = b"SQLite format 3\0"
"""What a database begins with."""

NOT_OPENED = "The journal cannot be opened: {why}."


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something about the journal failed, and what a person can do. `kind` is the error that says so."""

    why: Message
    advice: Message
    kind: type[JournalTrouble] = JournalTrouble

    def trouble(self, failure: str) -> JournalTrouble:
        """The error to raise. `failure` is a sentence with `{why}` in it."""
        return self.kind(say(failure, why=self.why), self.advice)


OTHERWISE = Reason(say("another decision bears its request ID"), say("Enter the decision again."))
ILLEGAL = Reason(say("that cannot follow what the journal knows of it"), say("Tell your administrator."))
UNKNOWN = Reason(say("the consent is not in it"), say("Start the program again."))

_TELL = say("Change nothing and tell your administrator: what was noted may still be saved.")
_SAVE = say("What can be read of it can be saved, or a backup restored. The file itself is never deleted.")
_ACCESS = say("Ask your administrator for permission to write to the file and to its folder.")

_FULL = Reason(say("the disk is full"), say("Make room on the disk, then try again."))
_READ_ONLY = Reason(say("its file or folder cannot be written to"), _ACCESS)
_DISK_ERROR = Reason(
    say("the disk reported an error"),
    say("Save other work, start the program again, and have the disk checked."),
)
_UNREACHABLE = Reason(
    say("its folder or file cannot be reached"),
    say("Check that its disk is connected and that its folder exists, then try again."),
    JournalGone,
)
_MOVED = Reason(
    say("its file was moved, replaced or deleted"),
    say("Put the file back where it was, then look again."),
    JournalGone,
)
_BUSY = Reason(
    say("another program holds its file"),
    say("Close the other program, for example a backup or a second Consent Desk, then try again."),
)
_NO_LOCKS = Reason(
    say("the file system of its folder keeps no locks, without which two programs could write at once"),
    say(
        "Have the folder on a file system that keeps locks. On a network folder (NFS), have its lock service "
        "started on both sides, or have it mounted with locks that are kept on this computer."
    ),
)
_DAMAGED = Reason(say("its file is damaged"), _SAVE, JournalDamaged)
_STRANGE = Reason(say("there is something in it that this program does not understand"), _TELL)
_UNEXPECTED = Reason(say("its file could not be used"), say("Start the program again."))
_NO_JOURNAL = Reason(say("its file is damaged, or no journal at all"), _SAVE, JournalDamaged)
_FOLDER = Reason(say("there is a folder in its place"), say("Move that folder elsewhere, then look again."))
_EMPTY = Reason(
    say("its file is empty, though its mark says that there was a journal"), _SAVE, JournalDamaged
)
_GONE = Reason(
    say("its file is gone, though its mark says that there was a journal"),
    say("Put the file back where it was, then look again. Otherwise restore a backup."),
    JournalMissing,
)
CUT = Reason(say("its end is missing: its mark knows of more"), _SAVE, JournalDamaged)
REWRITTEN = Reason(say("it says something else than it did: its mark does not fit"), _SAVE, JournalDamaged)
UNSURE = Reason(
    say("its mark cannot be read, or not all of it: nobody can tell whether its end is missing"),
    _SAVE,
    JournalDamaged,
)
ANOTHER = Reason(
    say("another journal stands in its place: the mark beside it belongs to one of another name"),
    say("Put the right file back, then look again. Otherwise what is there can be saved."),
    JournalDamaged,
)
FOREIGN = Reason(
    say("its file belongs to another program"),
    say("Move that file elsewhere, or tell your administrator."),
)
NEWER = Reason(
    say("a newer version of this program has written it"),
    say("Install the newer version. The file is left as it is."),
)
_LEFT_OVER = Reason(
    say("its file is gone, though its companion file (-journal) is there"),
    say("Put the file back where it was, then look again. Otherwise restore a backup."),
    JournalMissing,
)
_PRAGMA = Reason(
    say("it cannot be made to write safely"),
    say("Close all other programs that use the file, then try again."),
)

_BY_FAMILY = {
    "FULL": _FULL,
    "READONLY": _READ_ONLY,
    "PERM": _READ_ONLY,
    "IOERR": _DISK_ERROR,
    "CANTOPEN": _UNREACHABLE,
    "BUSY": _BUSY,
    "LOCKED": _BUSY,
    "CORRUPT": _DAMAGED,
    "NOTADB": _DAMAGED,
}
_OF_LOCKS = frozenset(f"SQLITE_IOERR_{what}" for what in ("LOCK", "UNLOCK", "RDLOCK", "CHECKRESERVEDLOCK"))
_BY_NUMBER = {
    errno.ENOLCK: _NO_LOCKS,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
    errno.ENOENT: _UNREACHABLE,
    errno.ENOTDIR: _UNREACHABLE,
    errno.EISDIR: _FOLDER,
}


def nowhere(folder: Path) -> JournalMissing:
    """The error where `folder` holds nothing of a journal that was there before."""
    return JournalMissing(
        say(NOT_OPENED, why=say("there was one in {folder}, and now there is none", folder=folder)),
        say("Connect its disk, or put the folder back, then look again. Otherwise restore a backup."),
    )


@contextmanager
def told(failure: str, folder: Path | None = None) -> Iterator[None]:
    """Turn whatever fails inside into JournalTrouble, without a word of what was being written.

    `folder` is where the journal lies, so that a file system without locks is known for what it is.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _reason(error, folder).trouble(failure) from error
    except OSError as error:
        raise _BY_NUMBER.get(error.errno or 0, _DISK_ERROR).trouble(failure) from error
    except (ValueError, Unfit):
        # Not chained: such an error can quote the value.
        raise _STRANGE.trouble(failure) from None


def open_file(
    path: Path,
    before_migration: Callable[[sqlite3.Connection], None] | None = None,
    *,
    as_it_is: bool = False,
) -> sqlite3.Connection:
    """A connection to the journal at `path`, made 0600 where there is nothing at all.

    `before_migration` is called where an older version is about to be brought up to date; `as_it_is`: none
    is. Raises JournalTrouble; a file that is not a good journal of ours is left as it is.
    """
    with told(NOT_OPENED, path.parent):
        # Asked before anything else: another start makes the journal first, and then its mark.
        marked = is_there(mark_of(path))
        if not is_there(path):
            if marked:
                raise _GONE.trouble(NOT_OPENED)
            _create(path)
        _check_header(path, marked=marked)
        # mode=rw: should the file vanish now, SQLite makes no new one.
        uri = f"{path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        try:
            _set_up(connection, before_migration, as_it_is=as_it_is)
        except BaseException:
            connection.close()
            raise
        return connection


def _create(path: Path) -> None:
    """Make a journal without rows at `path`, wholly or not at all.

    It is made under a temporary name and then linked, which never replaces another start's journal.
    So no crash leaves half a journal. Where the file system knows no links, an empty file is made, if there
    is none by now: SQLite makes it a journal in one transaction.
    """
    if is_there(companion(path)):
        # There was a journal, and SQLite would roll that one's pages back into the new file.
        raise _LEFT_OVER.trouble(NOT_OPENED)
    descriptor, temporary = mkstemp(prefix=f"{path.name}.", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(blank())
            file.flush()
            sync(file.fileno())
        # On Windows it is rename that does not replace.
        publish = os.rename if os.name == "nt" else os.link
        with suppress(FileExistsError):
            try:
                publish(temporary, path)
            except FileExistsError:
                raise
            except OSError:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    finally:
        Path(temporary).unlink(missing_ok=True)
    # Before the mark is made: a mark without its journal means that one is gone.
    sync_name(path)


def read_header(path: Path) -> bytes:
    """The first 100 bytes of the file at `path`, less where there are not so many."""
    with path.open("rb") as file:
        return file.read(100)


def is_hot(path: Path) -> bool:
    """Does the companion of the file at `path` hold anything? So a transaction may have been broken off."""
    try:
        return companion(path).stat().st_size > 0
    except FileNotFoundError:
        return False


@contextmanager
def rolled_back(path: Path) -> Iterator[Path]:
    """A copy of the journal at `path` without the transaction that was broken off in it."""
    with copy_of(path) as copy:
        roll_back(copy)
        yield copy


def roll_back(path: Path) -> None:
    """Have SQLite undo the transaction that was broken off in the file at `path`. Raises sqlite3.Error."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def _check_header(path: Path, *, marked: bool) -> None:
    # Read by hand: SQLite would already roll back, and so change, a file that is not ours. Never done
    # beside an open connection: on POSIX, closing any descriptor of a file drops the process's locks on it.
    header = read_header(path)
    if header and not header.startswith(MAGIC) and is_hot(path):
        # Torn while it was written over: what SQLite will roll back to is what counts.
        with rolled_back(path) as copy:
            header = read_header(copy)
    if not header and not marked:
        return  # a first start, broken off by something: what was noted has a mark
    if not header:
        raise _EMPTY.trouble(NOT_OPENED)
    if len(header) < 100 or not header.startswith(MAGIC):
        raise _NO_JOURNAL.trouble(NOT_OPENED)
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise FOREIGN.trouble(NOT_OPENED)
    if int.from_bytes(header[60:64], "big") > VERSION:
        raise NEWER.trouble(NOT_OPENED)


def _set_up(
    connection: sqlite3.Connection,
    before_migration: Callable[[sqlite3.Connection], None] | None,
    *,
    as_it_is: bool,
) -> None:
    connection.row_factory = sqlite3.Row
    for name, wish in PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {wish}")
        if connection.execute(f"PRAGMA {name}").fetchone()[0] != wish:
            raise _PRAGMA.trouble(NOT_OPENED)
    if not as_it_is:
        if before_migration is not None and 0 < version(connection) < VERSION:
            before_migration(connection)
        migrate(connection)
    # Reads the schema, and finds at the start what would else be found at the first decision.
    connection.execute("SELECT * FROM entry LIMIT 1").fetchall()


def _reason(error: sqlite3.Error, folder: Path | None) -> Reason:
    # Errors of Python's own module bear no name.
    name = getattr(error, "sqlite_errorname", "SQLITE_UNKNOWN")
    if name == "SQLITE_READONLY_DBMOVED":
        return _MOVED
    # What SQLite takes for a lock that another program holds may be one that nobody can have.
    if name in _OF_LOCKS or (_BY_FAMILY.get(name.split("_")[1]) is _BUSY and not _keeps_locks(folder)):
        return _NO_LOCKS
    return _BY_FAMILY.get(name.split("_")[1], _UNEXPECTED)


def _keeps_locks(folder: Path | None) -> bool:
    # Tried with a file of its own: closing one of the journal's would drop the locks on that.
    if folder is None or sys.platform == "win32":
        return True
    with suppress(OSError), TemporaryFile(dir=folder) as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
