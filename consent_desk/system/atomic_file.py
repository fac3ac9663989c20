"""Files that survive a power cut, and files that are set aside instead of being written over."""

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfileobj
from typing import IO, TYPE_CHECKING

from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import Message, say

if TYPE_CHECKING:
    from consent_desk.domain.consent.values import Timestamp

if sys.platform == "darwin":
    import fcntl


_NO_SUCH_CALL = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What a file system says that knows no syncing of folders: it does what it can. SQLite lets that be, too."""


def sync(descriptor: int) -> None:
    """Return once what was written to `descriptor` is on the disk itself."""
    if sys.platform == "darwin":
        # There fsync stops at the drive's cache. Not every file system knows the other one.
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Return once the names in `folder` are on the disk. On Windows there is no such call."""
    if os.name != "nt":
        try:
            _sync_at(folder, os.O_RDONLY)
        except OSError as error:
            if error.errno not in _NO_SUCH_CALL:
                raise


def sync_name(path: Path) -> None:
    """Return once the name of the file at `path` is on the disk, after it was made or renamed."""
    if os.name != "nt":
        sync_folder(path.parent)
    else:
        # There the name goes along with the file. Opened for writing, or it cannot be flushed.
        _sync_at(path, os.O_RDWR)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, wholly or not at all. Raises OSError."""
    with replacement(path) as file:
        file.write(content)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file that nobody writes, with mode 0600, wholly or not at all. Raises OSError."""
    with replacement(target) as file, source.open("rb") as original:
        copyfileobj(original, file, 1 << 20)


@contextmanager
def replacement(path: Path) -> Iterator[IO[bytes]]:
    """A new file of mode 0600, which takes the place of `path` when the block ends without an exception."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            sync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_name(path)


def utc(at: "Timestamp") -> str:
    """A moment as part of a file's name."""
    return f"{datetime.fromtimestamp(at.micros / 1_000_000, UTC):%Y-%m-%dT%H%M%SZ}"


def companion(path: Path) -> Path:
    """The file in which SQLite keeps what a broken-off transaction must undo: beside what a link leads to."""
    # Whoever may not look there is told so by what comes next.
    if os.path.islink(path):  # noqa: PTH114 -- Path's own raises
        path = Path(os.path.realpath(path))
    return path.with_name(f"{path.name}-journal")


def set_aside(path: Path, why: str, at: "Timestamp") -> Path | None:
    """Rename a closed database together with its companion; return its new name, None where there is none.

    Raises OSError.

    The database first: should this be the last thing that happens, the companion alone says that
    something is missing, while a database without it would be read with half a transaction in it.
    """
    number = 0
    while True:
        place = path.with_name(f"{path.name}.{why}-{utc(at)}{f'-{number}' if number else ''}")
        if not os.path.lexists(place) and not os.path.lexists(companion(place)):
            break
        number += 1
    found = os.path.lexists(path)
    # Beside a link there is none: that of the file which it leads to stays where SQLite finds it.
    beside = path.with_name(f"{path.name}-journal")
    if found:
        path.rename(place)
    if os.path.lexists(beside):
        beside.rename(place.with_name(f"{place.name}-journal"))
    sync_folder(path.parent)
    return place if found else None


def _sync_at(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_NOT_WRITTEN = say("system", "Nothing was exported to {path}: {why}.")

_FULL = (
    say("system", "the disk is full"),
    say("system", "Make room on the disk, or choose another one, then try again."),
)

_CLOSED = (
    say("system", "you may not write there"),
    say("system", "Choose a folder of your own, for example Documents, then try again."),
)

_GONE = (
    say("system", "its folder is not there any more"),
    say("system", "Choose another folder, then try again."),
)

_FOLDER = (
    say("system", "there is a folder of that name"),
    say("system", "Choose another name, then try again."),
)

_OTHER = (
    say("system", "its disk or network folder reported an error"),
    say("system", "Choose a folder on another disk, then try again."),
)

_BY_NUMBER: dict[int, tuple[Message, Message]] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.EROFS: _CLOSED,
    errno.ENOENT: _GONE,
    errno.ENOTDIR: _GONE,
    errno.EISDIR: _FOLDER,
}


@contextmanager
def told_of(path: Path, failure: Message) -> Iterator[None]:
    """Turn what fails inside into DeskError. `failure`: a sentence with `{path}` and `{why}`."""
    try:
        yield
    except OSError as error:
        why, advice = _BY_NUMBER.get(error.errno or 0, _OTHER)
        raise DeskError(failure.format(path=path, why=why), advice) from error


class PrivateFile:
    """A file of mode 0600 that is there wholly or not at all. All but `abandon` raises DeskError.

    Its folder may not answer: then each of them may never come back.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._replacement = replacement(path)
        with self._told():
            self._file = self._replacement.__enter__()

    def write(self, octets: bytes) -> None:
        """Add to the file."""
        with self._told():
            self._file.write(octets)

    def settle(self) -> None:
        """Have what was added on the disk itself."""
        with self._told():
            self._file.flush()
            sync(self._file.fileno())

    def finish(self) -> None:
        """Put the file in its place, on the disk itself."""
        with self._told():
            self._replacement.__exit__(None, None, None)

    def abandon(self) -> None:
        """Leave nothing behind, and what was in its place as it was."""
        stopped = DeskError(say("system", "The export was stopped."), say("system", "Export again."))
        # What it was abandoned for may come up once more as it is closed.
        with suppress(OSError):
            self._replacement.__exit__(type(stopped), stopped, None)

    def _told(self) -> AbstractContextManager[None]:
        return told_of(self._path, _NOT_WRITTEN)
