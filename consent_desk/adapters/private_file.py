"""A file that only its owner may read, written bit by bit, and there wholly or not at all."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consent_desk.adapters.durable import replacement
from consent_desk.domain.errors import ExportTrouble
from consent_desk.domain.message import Message, say

_NOT_WRITTEN = "Nothing was exported to {path}: {why}."

_FULL = (say("the disk is full"), say("Make room on the disk, or choose another one, then export again."))
_CLOSED = (
    say("you may not write there"),
    say("Choose a folder of your own, for example Documents, then export again."),
)
_GONE = (say("its folder is not there any more"), say("Choose another folder, then export again."))
_FOLDER = (say("there is a folder of that name"), say("Choose another name, then export again."))
_OTHER = (say("the disk reported an error"), say("Choose another disk, then export again."))

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


class PrivateFile:
    """Fits `services.export.Target`. Its methods, the first `write` too, raise ExportTrouble."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._replacement = replacement(path)
        with self._told():
            self._file = self._replacement.__enter__()

    def write(self, octets: bytes) -> None:
        """Add to the file."""
        with self._told():
            self._file.write(octets)

    def finish(self) -> None:
        """Put the file in its place, on the disk itself."""
        with self._told():
            self._replacement.__exit__(None, None, None)

    def abandon(self) -> None:
        """Leave nothing behind, and what was in its place as it was."""
        stopped = ExportTrouble(say("The export was stopped."), say("Export again."))
        self._replacement.__exit__(type(stopped), stopped, None)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why, advice = _BY_NUMBER.get(error.errno or 0, _OTHER)
            raise ExportTrouble(say(_NOT_WRITTEN, path=self._path, why=why), advice) from error
