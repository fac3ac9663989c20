"""The mark: the head of a journal's chain, kept outside of the journal, so that a cut end is found.

A file of two slots of 4 KiB, each one line of JSON padded with spaces. The head is written in place, by
turns, so that a torn write spoils one slot and leaves the other. That costs one fsync, a quarter of what a
new file and its renaming do. It is always written after the journal's commit: a mark that lags behind the
journal is sound, one that is ahead of it never is.
"""

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from consent_desk.system.atomic_file import replace_file, sync

_SLOT = 4096
_NAMES = ("journal", "facts", "head", "installation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """That the journal `journal` held `facts` facts, with the chain `head` (hexadecimal) after the last.

    `installation` is where it was written, empty if that does not matter.
    """

    journal: str
    facts: int
    head: str
    installation: str = ""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A mark that cannot be read, or not all of it: nobody can tell how many facts it knew of.

    `rest` is the latest that can still be read, if there is one. A power cut can leave that, but only beside
    a journal that holds more facts than the rest knows of.
    """

    rest: Head | None


def head_file(path: Path) -> Path:
    """Where the mark of the journal at `path` is."""
    return path.with_suffix(".mark")


def read_head(path: Path) -> Head | Spoilt | None:
    """The mark in the file at `path`, None where there is no such file. Raises OSError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    slots = _slots(content)
    latest = max(filter(None, slots), key=lambda mark: mark.facts, default=None)
    return Spoilt(latest) if latest is None or None in slots else latest


def legible(found: Head | Spoilt | None) -> Head | None:
    """What can be read of a mark: never enough to say that a journal is whole."""
    return found.rest if isinstance(found, Spoilt) else found


def create_head(path: Path, mark: Head) -> None:
    """Write `mark` in the place of whatever is at `path`, wholly or not at all. Raises OSError."""
    replace_file(path, _slot(mark) * 2)


def advance_head(path: Path, mark: Head) -> None:
    """Write `mark` over the older slot of the file at `path`; make one where there is none. Raises OSError.

    A mark that another process has brought further already stays.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        create_head(path, mark)
        return
    try:
        facts = [-1 if slot is None else slot.facts for slot in _slots(os.read(descriptor, 2 * _SLOT))]
        if max(facts) < mark.facts:
            os.lseek(descriptor, facts.index(min(facts)) * _SLOT, os.SEEK_SET)
            os.write(descriptor, _slot(mark))
            sync(descriptor)
    finally:
        os.close(descriptor)


def _slots(content: bytes) -> tuple[Head | None, Head | None]:
    return _parse(content[:_SLOT]), _parse(content[_SLOT:])


def _slot(mark: Head) -> bytes:
    values = {name: getattr(mark, name) for name in _NAMES}
    text = json.dumps({"version": 1, **values, "sha256": _checksum(values)})
    return text.encode("ascii").ljust(_SLOT - 1) + b"\n"


# What was written here comes back with the next two facts.
@lru_cache(8)
def _parse(slot: bytes) -> Head | None:
    try:
        document = json.loads(slot)
    except (ValueError, RecursionError):
        return None
    match document:
        case {"journal": str(), "facts": int(), "head": str(), "installation": str(), "sha256": str(said)}:
            values = {name: document[name] for name in _NAMES}
            return Head(**values) if said == _checksum(values) else None
        case _:
            return None


def _checksum(values: dict[str, object]) -> str:
    return sha256(json.dumps(values, sort_keys=True).encode("ascii")).hexdigest()
