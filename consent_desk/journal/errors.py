"""What goes wrong with a journal's file, and what helps, in words."""

import errno
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from consent_desk.domain.errors import (
    InvalidError,
    JournalDamagedError,
    JournalError,
    JournalGoneError,
    JournalMissingError,
)
from consent_desk.domain.message import Message, say

if sys.platform != "win32":
    import fcntl


NOT_OPENED = say("journal", "The journal cannot be opened: {why}.")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something about the journal failed, and what a person can do. `kind` is the error that says so."""

    why: Message
    advice: Message
    kind: type[JournalError] = JournalError

    def trouble(self, failure: Message) -> JournalError:
        """The error to raise. `failure` is a sentence with `{why}` in it."""
        return self.kind(failure.format(why=self.why), self.advice)


OTHERWISE = Reason(
    say("journal", "another decision bears its request ID"), say("journal", "Enter the decision again.")
)

ILLEGAL = Reason(
    say("journal", "that cannot follow what the journal knows of it"),
    say("journal", "Tell your administrator."),
)

UNKNOWN = Reason(say("journal", "the consent is not in it"), say("journal", "Start the program again."))

_TELL = say("journal", "Change nothing and tell your administrator: what was noted may still be saved.")

_SAVE = say(
    "journal", "What can be read of it can be saved, or a backup restored. The file itself is never deleted."
)

_ACCESS = say("journal", "Ask your administrator for permission to write to the file and to its folder.")

_FULL = Reason(say("journal", "the disk is full"), say("journal", "Make room on the disk, then try again."))

_READ_ONLY = Reason(say("journal", "its file or folder cannot be written to"), _ACCESS)

_DISK_ERROR = Reason(
    say("journal", "the disk reported an error"),
    say("journal", "Save other work, start the program again, and have the disk checked."),
)

_UNREACHABLE = Reason(
    say("journal", "its folder or file cannot be reached"),
    say("journal", "Check that its disk is connected and that its folder exists, then try again."),
    JournalGoneError,
)

_MOVED = Reason(
    say("journal", "its file was moved, replaced or deleted"),
    say("journal", "Put the file back where it was, then look again."),
    JournalGoneError,
)

_BUSY = Reason(
    say("journal", "another program holds its file"),
    say("journal", "Close the other program, for example a backup or a second Consent Desk, then try again."),
)

OPEN_ELSEWHERE = Reason(
    say("journal", "another Consent Desk has it open"), say("journal", "Close that one, then try again.")
)

IN_WORK = Reason(
    say("journal", "another Consent Desk is opening it, or works on its file"),
    say("journal", "Wait until that one has finished, then try again."),
)

_NO_LOCKS = Reason(
    say(
        "journal",
        "the file system of its folder keeps no locks, without which two programs could write at once",
    ),
    say(
        "journal",
        "Have the folder on a file system that keeps locks. On a network folder (NFS), have its lock service "
        "started on both sides, or have it mounted with locks that are kept on this computer.",
    ),
)

_DAMAGED = Reason(say("journal", "its file is damaged"), _SAVE, JournalDamagedError)

_STRANGE = Reason(say("journal", "there is something in it that this program does not understand"), _TELL)

_UNEXPECTED = Reason(say("journal", "its file could not be used"), say("journal", "Start the program again."))

NO_JOURNAL = Reason(say("journal", "its file is damaged, or no journal at all"), _SAVE, JournalDamagedError)

_FOLDER = Reason(
    say("journal", "there is a folder in its place"),
    say("journal", "Move that folder elsewhere, then look again."),
)

EMPTY = Reason(
    say("journal", "its file is empty, though its check file says that there was a journal"),
    _SAVE,
    JournalDamagedError,
)

GONE = Reason(
    say("journal", "its file is gone, though its check file says that there was a journal"),
    say("journal", "Put the file back where it was, then look again. Otherwise restore a backup."),
    JournalMissingError,
)

CUT = Reason(say("journal", "its end is missing: its check file knows of more"), _SAVE, JournalDamagedError)

REWRITTEN = Reason(
    say("journal", "it says something else than it did: its check file does not fit"),
    _SAVE,
    JournalDamagedError,
)

UNSURE = Reason(
    say(
        "journal",
        "its check file cannot be read, or not all of it: nobody can tell whether its end is missing",
    ),
    _SAVE,
    JournalDamagedError,
)

ANOTHER = Reason(
    say(
        "journal",
        "another journal stands in its place: the check file beside it belongs to one of another name",
    ),
    say("journal", "Put the right file back, then look again. Otherwise what is there can be saved."),
    JournalDamagedError,
)

FOREIGN = Reason(
    say("journal", "its file belongs to another program"),
    say("journal", "Move that file elsewhere, or tell your administrator."),
)

NEWER = Reason(
    say("journal", "a newer version of this program has written it"),
    say("journal", "Install the newer version. The file is left as it is."),
)

LEFT_OVER = Reason(
    say("journal", "its file is gone, though its companion file (-journal) is there"),
    say("journal", "Put the file back where it was, then look again. Otherwise restore a backup."),
    JournalMissingError,
)

PRAGMA = Reason(
    say("journal", "it cannot be made to write safely"),
    say("journal", "Close all other programs that use the file, then try again."),
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


def opened_by(process: str, computer: str) -> Reason:
    """That another program has the journal open, and which one."""
    return Reason(
        say("journal", "another Consent Desk has it open (process {process} on {computer})").format(
            process=process,
            computer=computer,
        ),
        OPEN_ELSEWHERE.advice,
    )


def nowhere(folder: Path) -> JournalMissingError:
    """The error where `folder` holds nothing of a journal that was there before."""
    return JournalMissingError(
        NOT_OPENED.format(
            why=say("journal", "there was one in {folder}, and now there is none").format(folder=folder)
        ),
        say(
            "journal",
            "Connect its disk, or put the folder back, then look again. Otherwise restore a backup.",
        ),
    )


@contextmanager
def told(failure: Message, folder: Path | None = None) -> Iterator[None]:
    """Turn whatever fails inside into JournalError, without a word of what was being written.

    `folder` is where the journal lies, so that a file system without locks is known for what it is.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _reason(error, folder).trouble(failure) from error
    except OSError as error:
        raise _BY_NUMBER.get(error.errno or 0, _DISK_ERROR).trouble(failure) from error
    except (ValueError, InvalidError):
        # Not chained: such an error can quote the value.
        raise _STRANGE.trouble(failure) from None


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
