"""Who has a journal open, told by locked files beside it, which are let go of however a program ends.

    journal.sqlite.owner-UUID   as long as somebody has it open: its *owner*, one for each opening
    journal.sqlite.lock         while it is opened, and while somebody works on it alone

An owner whose file is missing, or can be locked, is gone. Both files go as soon as nobody holds them.
Where the file system keeps no such locks, each can be had: then, as SQLite says there, one program at a time.

The journal's table `claim` says whose each fact is that says that a consent is in flight, until the next one.
"""

import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from errno import EAGAIN
from glob import escape
from pathlib import Path
from platform import node
from time import monotonic, sleep
from uuid import uuid4

from consent_desk.domain.message import Message
from consent_desk.journal.errors import IN_WORK, OPEN_ELSEWHERE, opened_by, told

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

WORK_ENDS_WITHIN = 5.0
"""Seconds that one waits for another program that opens the journal, or works on it alone."""

CLOSED_WITHIN = 2.0
"""Seconds that whoever wants to be alone waits for other programs to close it. None waits for the other's."""

_LOOK = 0.02
"""Seconds between two looks."""

_GLANCE = 0.1
"""Seconds for which another program may hold an owner's file just to see whether it is held."""

_WHO = re.compile(r"([0-9]{1,10}) ([\w.-]{1,64})\n")
"""What an owner's file says, for people: the number of its process, and its computer."""

_BEYOND = 1 << 30
"""Where Windows locks a byte: what is locked there cannot be read, and these are read."""


class Owner:
    """One opening of the journal at `path`. `id`: what it is called in the journal's claims."""

    def __init__(self, path: Path) -> None:
        self.id = str(uuid4())
        self._journal = path
        self.file = _file_of(path, self.id)
        self._descriptor: int | None = None

    def hold(self, failure: Message) -> None:
        """Be there from now on, if not yet: where nothing could be made, as on a full disk, it was not."""
        if self._descriptor is None:
            with suppress(OSError), lone(self._journal, failure):
                self.make()

    def make(self) -> None:
        """Make the file, locked. Raises OSError. Only inside `lone`, or it would be taken for a left one."""
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        # Somebody may be looking at it just now.
        if not _wait_for(lambda: _lock(descriptor), _GLANCE):
            _remove(self.file, descriptor)
            raise BlockingIOError(EAGAIN, "somebody else holds it")
        self._descriptor = descriptor
        with suppress(OSError):
            os.write(descriptor, f"{os.getpid()} {node()}\n".encode(errors="replace"))

    def release(self) -> None:
        """Be gone."""
        if self._descriptor is not None:
            _remove(self.file, self._descriptor)
            self._descriptor = None


@contextmanager
def opening(path: Path, failure: Message) -> Iterator[Owner]:
    """Open the journal at `path` while nobody else does or works on it alone; the owner stays.

    Where nothing can be made, it is opened all the same: so that what is there can be read. Raises
    JournalError; `failure` is a sentence with `{why}`.
    """
    owner = Owner(path)
    with ExitStack() as held:
        with suppress(OSError):
            held.enter_context(lone(path, failure))
            for each in _files(path):
                # Once its owner is gone, a file that is there says no more than one that is not.
                if not _is_held(each):
                    each.unlink(missing_ok=True)
            owner.make()
        try:
            yield owner
        except BaseException:
            owner.release()
            raise


@contextmanager
def alone(path: Path, failure: Message, owner: Owner | None = None) -> Iterator[None]:
    """Let nobody but `owner` have the journal at `path` open meanwhile.

    Raises JournalError where somebody has. Of two who have it open and want to be alone, none is.
    """
    with ExitStack() as held:
        with told(failure, path.parent):
            held.enter_context(lone(path, failure))
            require_alone(path, failure, owner)
        yield


def require_alone(path: Path, failure: Message, owner: Owner | None = None) -> None:
    """Raise JournalError where anybody but `owner` has the journal at `path` open."""
    if not _wait_for(lambda: not _others(path, owner), CLOSED_WITHIN):
        found = next(map(_who, _others(path, owner)), None)
        raise (OPEN_ELSEWHERE if found is None else opened_by(*found)).trouble(failure)


def is_gone(path: Path, owner: str) -> bool:
    """Whether nobody goes by that name any more who has the journal at `path` open."""
    return not _is_held(_file_of(path, owner))


def write_claim(connection: sqlite3.Connection, seq: int, owner: str) -> None:
    """Write whose the last fact of a consent is, which says that it is in flight."""
    connection.execute("INSERT INTO claim SELECT fact, ? FROM standing WHERE seq = ?", (owner, seq))


def end_claim(connection: sqlite3.Connection, request_id: str) -> None:
    """Let nobody's be the last fact of a consent, if it was somebody's."""
    connection.execute(
        "DELETE FROM claim WHERE fact = "
        "(SELECT fact FROM standing JOIN consent USING (seq) WHERE request_id = ?)",
        (request_id,),
    )


def is_shared(path: Path) -> bool:
    """Whether more than one have the journal at `path` open."""
    return len(_others(path, None)) > 1


def _file_of(path: Path, owner: str) -> Path:
    return path.with_name(f"{path.name}.owner-{owner}")


def _files(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{escape(path.name)}.owner-*"))


def _others(path: Path, owner: Owner | None) -> list[Path]:
    ours = None if owner is None else owner.file
    return [each for each in _files(path) if each != ours and _is_held(each)]


def _who(file: Path) -> tuple[str, str] | None:
    with suppress(OSError):
        found = _WHO.fullmatch(file.read_text("utf-8", errors="replace"))
        return None if found is None else (found[1], found[2])
    return None


@contextmanager
def lone(path: Path, failure: Message) -> Iterator[None]:
    """Be the only one who opens the journal at `path`, or works on it alone. Raises OSError, JournalError."""
    file = path.with_name(f"{path.name}.lock")
    taken: list[int] = []
    if not _wait_for(lambda: _take(file, taken), WORK_ENDS_WITHIN):
        raise IN_WORK.trouble(failure)
    try:
        yield
    finally:
        _remove(file, taken[0])


def _take(file: Path, taken: list[int]) -> bool:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    # Between opening and locking, whoever held it may have removed it, and another made a new one.
    with suppress(FileNotFoundError):
        if _lock(descriptor) and os.path.samestat(os.fstat(descriptor), file.stat()):
            taken.append(descriptor)
            return True
    os.close(descriptor)
    return False


def _remove(file: Path, descriptor: int) -> None:
    """Remove a file that is ours. On Windows none goes that anybody has open: there, the last one to go."""
    if sys.platform == "win32":
        os.close(descriptor)
    with suppress(OSError):
        file.unlink()
    if sys.platform != "win32":
        os.close(descriptor)


def _is_held(file: Path) -> bool:
    """Whether somebody holds an owner's file; also where nobody can tell."""
    try:
        descriptor = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not _look(descriptor)
    finally:
        os.close(descriptor)


def _wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    until = monotonic() + seconds
    while not condition():
        if monotonic() >= until:
            return False
        sleep(_LOOK)
    return True


if sys.platform == "win32":

    def _lock(descriptor: int) -> bool:
        """Lock a file, for as long as it is open; False where another has it locked."""
        os.lseek(descriptor, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        except OSError:
            return True
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

    def _look(descriptor: int) -> bool:
        # Two who look at once are in each other's way.
        return _wait_for(lambda: _lock(descriptor), _GLANCE)

else:

    def _lock(descriptor: int, how: int = fcntl.LOCK_EX) -> bool:
        """Lock a file, for as long as it is open; False where another has it locked."""
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def _look(descriptor: int) -> bool:
        # Shared, so that of two who look at once none takes the other for the owner.
        return _lock(descriptor, fcntl.LOCK_SH)
