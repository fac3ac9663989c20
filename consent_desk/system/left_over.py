"""What is only being made of a journal has a folder of its own; what killed programs left of it is deleted.

It may hold customers' data that nobody would look for. The lock of the instance keeps other programs away.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from consent_desk.system.atomic_file import companion, copy_file
from consent_desk.system.folders import is_there

_PREFIX = ".unfinished-"
_COPY = "damaged.sqlite"
# Programs before this one made things beside each other. What a salvage has saved is none of them: the next
# opening looks at that.
_OLD_FILE = re.compile(
    r"\.journal\.sqlite\.(restoring(-journal)?|rest)|\.\.journal\.sqlite\.(restoring(-journal)?|saved|rest)-\w{8}"
    r"|journal-\d{4}-\d\d-\d\d[-\w]*\.part(-journal)?|\.journal-\d{4}-\d\d-\d\d[-\w]*\.sqlite-\w{8}"
)
_OLD_FOLDER = re.compile(r"\.{1,2}journal[-\w]*\.(sqlite(\.restoring)?|part)-\w{8}")
_WITHIN = frozenset({_COPY, f"{_COPY}-journal"})
"""All that is in such a folder."""

_being_made: set[str] = set()


@contextmanager
def unfinished_in(place: Path) -> Iterator[Path]:
    """A folder of mode 0700 in `place` for what is to stand there once it is made. Raises OSError.

    It goes at the end. It is not where the system keeps what is temporary: nothing could be renamed from
    there, and should the program be killed meanwhile, nobody would look for a journal there.
    """
    with TemporaryDirectory(prefix=_PREFIX, dir=place, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _being_made.add(folder.name)
        try:
            yield folder
        finally:
            _being_made.discard(folder.name)


@contextmanager
def copy_of(path: Path) -> Iterator[Path]:
    """A copy of the database at `path` and of its companion, gone at the end. Raises OSError."""
    with unfinished_in(path.parent) as folder:
        copy = folder / _COPY
        copy_file(path, copy)
        copy_file(companion(path), companion(copy))
        yield copy


def left_in(place: Path) -> tuple[Path, ...]:
    """What is unfinished in `place`, if there is such a folder; so is what is being made. Raises OSError."""
    return tuple(each for each in place.iterdir() if _is_left(each)) if place.is_dir() else ()


def delete_left_in(place: Path) -> tuple[Path, ...]:
    """Delete what was left in `place`; return what could not be deleted, or is only being made."""
    left = left_in(place)
    for each in left:
        if each.name not in _being_made:
            with suppress(OSError):
                rmtree(each) if each.is_dir() else each.unlink()
    return tuple(filter(is_there, left))


def _is_left(path: Path) -> bool:
    if path.name.startswith(_PREFIX):
        return path.is_dir() and not path.is_symlink()
    if _OLD_FOLDER.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
        return {each.name for each in path.iterdir()} <= _WITHIN
    return _OLD_FILE.fullmatch(path.name) is not None and path.is_file() and not path.is_symlink()
