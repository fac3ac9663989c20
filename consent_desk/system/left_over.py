"""What a killed backup, restoration, salvage or check leaves: copies of a journal that no one will finish.

Nothing else looks like what is being made just now, by another thread: whoever makes something takes the
folder for that long. The lock of the instance keeps other programs away.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfileobj, rmtree
from tempfile import TemporaryDirectory
from threading import Lock

from consent_desk.system.atomic_file import companion

_TEMPORARY = "-[a-z0-9_]{8}"
"""What `tempfile` adds to a name."""

_BACKUP = r"journal-\d{4}-\d\d-\d\d(-[0-9a-f]{8}|-version-\d+)?"
_OF_BACKUPS = re.compile(rf"{_BACKUP}\.part(-journal)?|\.{_BACKUP}\.(sqlite|mark){_TEMPORARY}")
_COPY_OF_BACKUP = re.compile(rf"\.{_BACKUP}\.(sqlite|part){_TEMPORARY}")
_COPY = "damaged.sqlite"
_WITHIN = frozenset({_COPY, f"{_COPY}-journal"})
"""All that is in a folder of `copy_of`."""

_locks: dict[Path, Lock] = {}


@contextmanager
def making_in(folder: Path) -> Iterator[None]:
    """Take `folder`, while something is made in it that looks as if it had been left."""
    with _lock_of(folder):
        yield


@contextmanager
def copy_of(path: Path) -> Iterator[Path]:
    """A copy of the database at `path` and of its companion, gone at the end. Raises OSError.

    Beside it, in a folder of mode 0700, and not where the system keeps what is temporary: should the
    program be killed meanwhile, nobody would look for a journal there.
    """
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        copy = Path(folder) / _COPY
        _copy(path, copy)
        _copy(companion(path), companion(copy))
        yield copy


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as original, open(target, "xb", opener=_closed_to_others) as file:
        copyfileobj(original, file, 1 << 20)


def _closed_to_others(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def beside_journal(path: Path) -> Iterator[Path]:
    """What was left beside the journal at `path`. Raises OSError."""
    unfinished = rf"\.{re.escape(path.name)}\.(restoring(-journal)?|saved|rest)"
    names = re.compile(rf"{unfinished}|\.{unfinished}{_TEMPORARY}")
    folders = re.compile(rf"\.({re.escape(path.name)}|{unfinished}){_TEMPORARY}")
    yield from _found(path.parent, names, folders)


def among_backups(folder: Path) -> Iterator[Path]:
    """What was left in a folder of backups, if there is such a folder. Raises OSError."""
    if folder.is_dir():
        yield from _found(folder, _OF_BACKUPS, _COPY_OF_BACKUP)


def delete(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Delete what was left; return what could not be deleted, or is only being made."""
    return tuple(path for path in paths if not _delete(path))


def _found(folder: Path, files: re.Pattern[str], copies: re.Pattern[str]) -> Iterator[Path]:
    for each in folder.iterdir():
        is_file = files.fullmatch(each.name) and _is_file(each)
        if is_file or (copies.fullmatch(each.name) and _is_of_copy(each)):
            yield each


def _delete(path: Path) -> bool:
    lock = _lock_of(path.parent)
    # Not waited for: a folder on a network may take long.
    if not lock.acquire(blocking=False):
        return False
    try:
        with suppress(OSError):
            if _is_folder(path):
                rmtree(path)
            else:
                path.unlink()
            return True
        return False
    finally:
        lock.release()


def _lock_of(folder: Path) -> Lock:
    return _locks.setdefault(folder, Lock())


def _is_of_copy(folder: Path) -> bool:
    return _is_folder(folder) and {each.name for each in folder.iterdir()} <= _WITHIN


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(path.lstat().st_mode)
