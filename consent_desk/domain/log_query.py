"""What somebody wants to see of the journal: words, outcomes and days."""

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import normalize

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import State


class Which(StrEnum):
    """One of the three lists of the log."""

    ALL = "all"
    NEEDS_YOU = "needs you"
    """What somebody has to do or to say something about."""
    WAITING = "waiting"
    """What goes on by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Consents that hold each of `words` (of `words_of`), are in one of `states`, and from these days.

    Empty words and states leave nothing out. `since` counts, `until` does not. The newest come first, if
    not `oldest_first`. `which`: of what list. Of what is planned, somebody is `asked` about these request
    IDs, and those, which have arrived, are `looked_up` still.
    """

    words: tuple[str, ...] = ()
    states: frozenset[State] = frozenset()
    since: Timestamp | None = None
    until: Timestamp | None = None
    oldest_first: bool = False
    which: Which = Which.ALL
    asked: frozenset[str] = frozenset()
    looked_up: frozenset[str] = frozenset()

    @property
    def is_narrow(self) -> bool:
        """Whether a line that changes may come to be asked for, or be asked for no more."""
        return bool(self.states) or self.which is not Which.ALL

    def wants(self, entry: Entry) -> bool:
        """Whether a line is asked for by how far it has come."""
        return not self.states or entry.state in self.states


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the journal, and its place in the order of noting: `seq`, 1 or more.

    `corrects`: when the one was noted that it puts right. `corrected`: another one does so to it.
    """

    seq: int
    entry: Entry
    corrects: Timestamp | None = None
    corrected: bool = False


def folded(text: str) -> str:
    """`text` as a journal keeps it for searching: without case, one spelling for each accented letter.

    Never to be changed: journals hold what it made, and are verified against it.
    """
    return normalize("NFC", normalize("NFC", text).casefold())


ALIKE = (("i\u0307", "i"), ("\u0131", "i"))
"""Of a folded text what is compared as something else: Turkish has two letters where others have one i."""


def words_of(text: str) -> tuple[str, ...]:
    """The words to search for, of what somebody types: folded, and what is alike in one spelling."""
    text = folded(text)
    for one, other in ALIKE:
        text = text.replace(one, other)
    return tuple(dict.fromkeys(text.split()))
