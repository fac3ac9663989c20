"""What somebody wants to see of the journal: words, outcomes and days."""

from dataclasses import dataclass
from unicodedata import normalize

from consent_desk.domain.consent import Timestamp
from consent_desk.domain.delivery import State
from consent_desk.domain.record import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Consents that hold each of `words` (folded), are in one of `states`, and were noted in these days.

    Empty words and states leave nothing out. `since` counts, `until` does not. The newest come first, if
    not `oldest_first`. `to_acknowledge`: beside the `states` those that were cancelled, until somebody
    acknowledges that.
    """

    words: tuple[str, ...] = ()
    states: frozenset[State] = frozenset()
    since: Timestamp | None = None
    until: Timestamp | None = None
    oldest_first: bool = False
    to_acknowledge: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A line of the journal, and its place in the order of noting: `seq`, 1 or more."""

    seq: int
    entry: Entry


def folded(text: str) -> str:
    """`text` as it is compared in a search: without case, one spelling for each accented letter."""
    return normalize("NFC", normalize("NFC", text).casefold())


def words_of(text: str) -> tuple[str, ...]:
    """The words to search for, of what somebody types."""
    return tuple(dict.fromkeys(folded(text).split()))
