"""Between the product and its files: tells a `Disk` of every write, sync and name, and syncs nothing itself.

SQLite is reached by a VFS made with apsw. apsw brings a SQLite of its own, but a VFS is a table of C
functions that keeps its form from version to version (https://www.sqlite.org/c3ref/vfs.html). So apsw's table
is registered, as the default, with the SQLite that Python's `sqlite3` is linked with: what runs is the
product's own code with its own SQLite, unchanged. Everything else passes through some functions of `os`.
"""

import _sqlite3
import ctypes
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import apsw
import pytest

from consent_desk.journal import file
from consent_desk.system import atomic_file
from tests.reliability.disk import Disk, FolderSynced, Model, Synced, Truncated, Wrote

_NAME = "consent-desk-recorder"
_FUNCTIONS = (
    "xOpen xDelete xAccess xFullPathname xDlOpen xDlError xDlSym xDlClose xRandomness xSleep "
    "xCurrentTime xGetLastError xCurrentTimeInt64 xSetSystemCall xGetSystemCall xNextSystemCall"
)
_CALLS = ("register", "unregister", "find")
_DURABLE = apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_MAIN_JOURNAL
"""The kinds of file that SQLite finds again: others are temporary, and have no names."""


class Recorder:
    """Tells `disk` of all that is done below its root."""

    def __init__(self, disk: Disk, model: Model) -> None:
        self.disk = disk
        self.model = model


class _Table(ctypes.Structure):
    """`sqlite3_vfs`."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("iVersion", "szOsFile", "mxPathname")),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        *((name, ctypes.c_void_p) for name in ("pAppData", *_FUNCTIONS.split())),
    )


class _RecordedFile(apsw.VFSFile):
    def __init__(self, recorder: Recorder, name: apsw.URIFilename | str, flags: list[int]) -> None:
        path = name if isinstance(name, str) else name.filename()
        # As SQLite does it on Unix: the first sync of a journal syncs its folder, too.
        self._folder = os.path.dirname(path) if flags[0] & apsw.SQLITE_OPEN_MAIN_JOURNAL else None  # noqa: PTH120
        super().__init__("", name, flags)
        self._recorder = recorder
        self._disk = recorder.disk
        self._file = recorder.disk.file(path)

    def xWrite(self, data: Any, offset: int) -> None:
        self._disk.events.append(Wrote(self._file, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.events.append(Truncated(self._file, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._disk.events.append(Synced(self._file))
        if self._folder is not None and self._recorder.model is Model.LINUX:
            self._disk.events.append(FolderSynced(self._folder))
            self._folder = None

    def xDeviceCharacteristics(self) -> int:
        windows = apsw.SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN if self._recorder.model is Model.WINDOWS else 0
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE | windows


class _RecordingVfs(apsw.VFS):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        super().__init__(_NAME, "")

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:
        path = name if name is None or isinstance(name, str) else name.filename()
        if name is None or path is None or not flags[0] & _DURABLE or not self._recorder.disk.holds(path):
            return super().xOpen(name, flags)
        return _RecordedFile(self._recorder, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, False)
        disk = self._recorder.disk
        if disk.holds(filename):
            disk.remove(filename)
            if syncdir and self._recorder.model is Model.LINUX:
                disk.events.append(FolderSynced(os.path.dirname(filename)))  # noqa: PTH120


class _RecordedStream(io.FileIO):
    """What `os.fdopen` writes to."""

    def __init__(self, descriptor: int, write: Callable[[int, Any], int]) -> None:
        super().__init__(descriptor, "wb")
        self._write = write

    def write(self, octets: Any, /) -> int:
        return self._write(self.fileno(), octets)


class _System:
    """The functions of `os` that the product changes files with."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._paths: dict[int, str] = {}
        self._real = SimpleNamespace(**vars(os))

    def open(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        descriptor: int = self._real.open(path, flags, mode, **more)
        self._paths[descriptor] = os.fspath(path)
        if self._holds(path) and flags & os.O_CREAT:
            self._recorder.disk.file(os.fspath(path))
        return descriptor

    def write(self, descriptor: int, octets: Any) -> int:
        path = self._paths.get(descriptor, "")
        offset = os.lseek(descriptor, 0, os.SEEK_CUR) if self._holds(path) else 0
        written: int = self._real.write(descriptor, octets)
        if self._holds(path):
            disk = self._recorder.disk
            disk.events.append(Wrote(disk.file(path), offset, bytes(octets[:written])))
        return written

    def fdopen(self, descriptor: int, mode: str = "r", *more: Any, **named: Any) -> Any:
        if mode != "wb":
            return self._real.fdopen(descriptor, mode, *more, **named)
        return io.BufferedWriter(_RecordedStream(descriptor, self.write))

    def fsync(self, descriptor: int) -> None:
        path, disk = self._paths[descriptor], self._recorder.disk
        if path == disk.root or os.path.isdir(path):  # noqa: PTH112
            disk.events.append(FolderSynced(path))
        elif self._holds(path):
            disk.events.append(Synced(disk.file(path)))

    def link(self, source: Any, target: Any) -> None:
        self._real.link(source, target)
        if self._holds(target):
            self._recorder.disk.link(os.fspath(source), os.fspath(target))

    def rename(self, source: Any, target: Any) -> None:
        self._real.replace(source, target)
        if self._holds(target):
            self._recorder.disk.rename(os.fspath(source), os.fspath(target))

    replace = rename

    def unlink(self, path: Any, **more: Any) -> None:
        self._real.unlink(path, **more)
        if self._holds(path):
            self._recorder.disk.remove(os.fspath(path))

    def mkdir(self, path: Any, mode: int = 0o777) -> None:
        self._real.mkdir(path, mode)
        if self._holds(path):
            self._recorder.disk.make_folder(os.fspath(path))

    def _holds(self, path: Any) -> bool:
        return self._recorder.disk.holds(os.fspath(path))


@contextmanager
def recording(disk: Disk, model: Model) -> Iterator[Recorder]:
    """Everything that the product does below the root of the recorder's disk goes through it.

    On the model of Windows the product takes its Windows branches where files are made and synced.
    Only where Python's SQLite is `reachable`.
    """
    recorder = Recorder(disk, model)
    system = _System(recorder)
    with pytest.MonkeyPatch.context() as patch, _registered(_RecordingVfs(recorder)):
        for name in ("open", "write", "fdopen", "fsync", "link", "rename", "replace", "unlink", "mkdir"):
            patch.setattr(os, name, getattr(system, name))
        if model is Model.WINDOWS:
            windows = SimpleNamespace(**{**vars(os), "name": "nt"})
            patch.setattr(atomic_file, "os", windows)
            patch.setattr(file, "os", windows)
        yield recorder


def reachable() -> bool:
    """Is Python's SQLite a library whose functions can be called?"""
    try:
        library = ctypes.CDLL(_sqlite3.__file__)
    except (AttributeError, OSError):
        return False
    return all(hasattr(library, f"sqlite3_vfs_{name}") for name in _CALLS)


@contextmanager
def _registered(vfs: apsw.VFS) -> Iterator[None]:
    """Make a VFS of apsw the default one of the SQLite that `sqlite3` is linked with."""
    library = ctypes.CDLL(_sqlite3.__file__)
    register, unregister, find = (getattr(library, f"sqlite3_vfs_{name}") for name in _CALLS)
    find.restype = ctypes.c_void_p
    before = ctypes.c_void_p(find(None))
    [details] = [each for each in apsw.vfs_details() if each["zName"] == _NAME]
    values: dict[str, Any] = {**details, "zName": _NAME.encode()}
    table = _Table(**{name: value for name, value in values.items() if name != "pNext"})
    register(ctypes.byref(table), 1)
    try:
        yield
    finally:
        unregister(ctypes.byref(table))
        register(before, 1)
        vfs.unregister()
