"""What the list of the log is made of: a place for each line, whether it was read or not.

The places are in the order of noting, the oldest first, however the list is shown: so a new line moves no
other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.log_query import LogRow


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that was not read yet, or not kept: `size` consents stand in it."""

    size: int = 1


UNREAD = Unread()


@dataclass(slots=True)
class Press:
    """What was noted with one press, the first one first. While `is_open`, its parts stand below it."""

    rows: list[LogRow]
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One of a press that is open."""

    press: Press
    number: int


Slot = LogRow | Press | Part | Unread


def size(slot: Slot) -> int:
    """How many consents stand in it. Those of a press stand in its own line."""
    match slot:
        case Press():
            return len(slot.rows)
        case Part():
            return 0
        case Unread():
            return slot.size
        case _:
            return 1


def rows_of(slot: Slot) -> Sequence[LogRow]:
    """The consents of a line, as far as they were read."""
    match slot:
        case Press():
            return slot.rows
        case Part():
            return (slot.press.rows[slot.number],)
        case Unread():
            return ()
        case _:
            return (slot,)


def press_of(entry: Entry) -> object:
    """What those have in common that were noted with one press. An older version has not written it down."""
    at = entry.noted_at.micros // 1_000
    return entry.press or (entry.project_id, entry.customer, entry.action, at)


def gathered(rows: Iterable[LogRow]) -> list[Slot]:
    """The lines for `rows`, the oldest first."""
    found = [[*group] for _, group in groupby(rows, key=lambda row: press_of(row.entry))]
    return [group[0] if len(group) == 1 else Press(group) for group in found]


def belong_together(one: Slot, other: Slot) -> bool:
    """Whether two neighbours were noted with one press."""
    if isinstance(one, Part | Unread) or isinstance(other, Part | Unread):
        return False
    first, second = rows_of(one)[0].entry, rows_of(other)[0].entry
    return press_of(first) == press_of(second)
