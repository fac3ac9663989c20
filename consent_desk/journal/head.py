"""The mark: the head of a journal's chain, kept outside of the journal, so that a cut end is found.

A file of two slots of 4 KiB, each one line of JSON padded with spaces. The head is written in place, by
turns, so that a torn write spoils one slot and leaves the other. That costs one fsync, a quarter of what a
new file and its renaming do. It is always written after the journal's commit: a mark that lags behind the
journal is sound, one that is ahead of it never is. So nobody waits for it: it follows a moment later, once
for all that was committed meanwhile.
"""

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Condition, Thread
from time import monotonic

from consent_desk.domain.errors import JournalError
from consent_desk.domain.message import say
from consent_desk.journal.errors import told
from consent_desk.system.atomic_file import replace_file, sync

LAG = 0.1
"""Seconds by which the mark follows: the sending of what was noted does not wait for its fsync."""

PATIENCE = 0.5
"""Seconds that are waited for a mark at the end: a disk may hang."""

_NOT_MARKED = say("journal", "The journal is written, but the check file beside it is not: {why}.")
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


class Marker:
    """Brings the mark at `path` forward, on a thread of its own that ends when there is nothing to write.

    `trouble`: why the mark lags behind, so that a cut end would not be found, if it does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = Condition()
        self._wanted: Head | None = None
        self._is_running = False
        self._is_hurried = False
        self._is_closed = False
        self.trouble: JournalError | None = None

    def follow(self, mark: Head) -> None:
        """Have `mark` written soon. The journal has been committed so far."""
        with self._changed:
            self._wanted = mark
            if not self._is_running and not self._is_closed:
                thread = Thread(target=self._run, name="mark", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    # No more threads: the next unit tries again, or the end.
                    return
                self._is_running = True

    def settle(self) -> None:
        """Write what is wanted at once, and wait until it is, for `PATIENCE` at most."""
        until = monotonic() + PATIENCE
        with self._changed:
            self._is_hurried = True
            self._changed.notify_all()
            while self._is_running and (left := until - monotonic()) > 0:
                self._changed.wait(left)
            self._is_hurried = False
            mark = None if self._is_running else self._wanted
        if mark is not None:
            self._write(mark)

    def close(self) -> None:
        """Settle, and write nothing afterwards: the file may become another journal's."""
        self.settle()
        with self._changed:
            self._is_closed = True

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_hurried, LAG)
                mark = self._wanted
                if mark is None or self._is_closed:
                    self._is_running = False
                    self._changed.notify_all()
                    return
            try:
                self._write(mark)
            except BaseException:
                with self._changed:
                    self._is_running = False
                raise

    def _write(self, mark: Head) -> None:
        try:
            with told(_NOT_MARKED):
                advance_head(self._path, mark)
        except JournalError as trouble:
            # What was written is written: to call that a failure would have it written twice.
            self.trouble = trouble
        else:
            self.trouble = None
        with self._changed:
            if self._wanted is mark:
                self._wanted = None


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
