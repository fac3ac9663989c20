"""A file that a person chose: its owner's alone, written bit by bit, and there wholly or not at all."""

import errno
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from consent_desk.domain.errors import ExportTrouble
from consent_desk.domain.message import Message, say
from consent_desk.system.atomic_file import replacement, sync

_NOT_WRITTEN = "Nothing was exported to {path}: {why}."

_FULL = (say("the disk is full"), say("Make room on the disk, or choose another one, then try again."))
_CLOSED = (
    say("you may not write there"),
    say("Choose a folder of your own, for example Documents, then try again."),
)
_GONE = (say("its folder is not there any more"), say("Choose another folder, then try again."))
_FOLDER = (say("there is a folder of that name"), say("Choose another name, then try again."))
_OTHER = (
    say("its disk or network folder reported an error"),
    say("Choose a folder on another disk, then try again."),
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
def told_of(path: Path, failure: str) -> Iterator[None]:
    """Turn what fails inside into ExportTrouble. `failure`: a sentence with `{path}` and `{why}`."""
    try:
        yield
    except OSError as error:
        why, advice = _BY_NUMBER.get(error.errno or 0, _OTHER)
        raise ExportTrouble(say(failure, path=path, why=why), advice) from error


class PrivateFile:
    """Fits `journal.export.Target`. Its methods, the first `write` too, raise ExportTrouble."""

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
        stopped = ExportTrouble(say("The export was stopped."), say("Export again."))
        # What it was abandoned for may come up once more as it is closed.
        with suppress(OSError):
            self._replacement.__exit__(type(stopped), stopped, None)

    def _told(self) -> AbstractContextManager[None]:
        return told_of(self._path, _NOT_WRITTEN)
