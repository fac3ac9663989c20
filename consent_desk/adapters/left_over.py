"""What a killed backup, restoration or salvage leaves: copies of a journal that no one will ever finish.

Nothing else looks like what is being made just now, by another thread: whoever makes something takes the
folder for that long. The lock of the instance keeps other programs away.
"""

import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from threading import Lock

_TEMPORARY = "-[a-z0-9_]{8}"
"""What `tempfile` adds to a name."""

_BACKUP = r"journal-\d{4}-\d\d-\d\d(-[0-9a-f]{8}|-version-\d+)?"
_OF_BACKUPS = re.compile(rf"{_BACKUP}\.part(-journal)?|\.{_BACKUP}\.(sqlite|mark){_TEMPORARY}")
_WITHIN = frozenset({"damaged.sqlite", "damaged.sqlite-journal"})
"""All that a salvage puts into a folder of its own."""

_locks: dict[Path, Lock] = {}


@contextmanager
def making_in(folder: Path) -> Iterator[None]:
    """Take `folder`, while something is made in it that looks as if it had been left."""
    with _lock_of(folder):
        yield


def beside_journal(path: Path) -> Iterator[Path]:
    """What was left beside the journal at `path`. Raises OSError."""
    unfinished = rf"\.{re.escape(path.name)}\.(restoring(-journal)?|saved|rest)"
    names = re.compile(rf"{unfinished}|\.{unfinished}{_TEMPORARY}")
    folders = re.compile(rf"\.{re.escape(path.name)}{_TEMPORARY}")
    for each in path.parent.iterdir():
        is_file = names.fullmatch(each.name) and _is_file(each)
        if is_file or (folders.fullmatch(each.name) and _is_of_salvage(each)):
            yield each


def among_backups(folder: Path) -> Iterator[Path]:
    """What was left in a folder of backups, if there is such a folder. Raises OSError."""
    for each in folder.iterdir() if folder.is_dir() else ():
        if _OF_BACKUPS.fullmatch(each.name) and _is_file(each):
            yield each


def delete(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Delete what was left; return what could not be deleted, or is only being made."""
    return tuple(path for path in paths if not _delete(path))


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


def _is_of_salvage(folder: Path) -> bool:
    return _is_folder(folder) and {each.name for each in folder.iterdir()} <= _WITHIN


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(path.lstat().st_mode)
