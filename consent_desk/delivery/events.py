"""What an engine tells whoever listens: a closed set, to be matched exhaustively."""

from dataclasses import dataclass

from consent_desk.delivery.scheduler import Outstanding
from consent_desk.domain.consent.values import Consent, Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.judgement import Judgement
from consent_desk.domain.lifecycle.policy import Failing
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Nothing was noted: the same was minutes ago. `consents` with their times, of the press `request_id`."""

    request_id: str
    consents: tuple[tuple[Consent, Timestamp], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """The consents of a press as they are noted and sent, to the byte. They are not noted yet."""

    request_id: str
    consents: tuple[Consent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """The consents of a press are on disk."""

    request_id: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNoted:
    """They are not. Their rows may be there all the same: the next try bears the same request IDs."""

    request_id: str
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What comes next for one that was noted just now; `outlook` is None where it is on its way."""

    entry: Entry
    outlook: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """These were held, and are so no more: they leave."""

    request_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What was learnt of the customer of a consent, or said of it, stands in the journal."""

    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A consent goes out. `second`: it was not seen in Engagement, and is sent once more."""

    entry: Entry
    by_person: bool
    second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A sending has ended. `outlook`: what comes next, None where nothing is left to say.

    `trouble`: what came of it could not be written down, and is tried again; then it is told once more.
    """

    entry: Entry
    judgement: Judgement
    outlook: Message | None
    trouble: JournalError | None = None
    by_person: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLeft:
    """A sending was not begun: `why` an opt-in waits, or, without, because it has gone on meanwhile."""

    entry: Entry
    why: Message | None
    by_person: bool
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SendFailed:
    """A sending ended with an exception: with a JournalError nothing left, else it may have."""

    entry: Entry
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """A complete look made this of a consent."""

    entry: Entry
    judgement: Judgement
    outlook: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A look told nothing, with those before it."""

    entry: Entry
    failing: Failing
    outlook: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """It waits for the settings of its project; `by_person`: somebody asked for this very one."""

    entry: Entry
    why: str | Message
    by_person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """The settings of a project are there: what waited for them goes on."""

    project_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCancelled:
    """It was to be cancelled, which could not be written down: it waits on."""

    entry: Entry
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A person's decision to have it sent again: `error`, or it is not theirs to decide any more."""

    entry: Entry
    error: Exception | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many consents Engagement may not have yet."""

    outstanding: Outstanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Lines of the log that may look otherwise now."""

    entries: tuple[Entry, ...]


Event = (
    Repeated
    | Stamped
    | Noted
    | NotNoted
    | Planned
    | Released
    | Learnt
    | Sending
    | Settled
    | NotLeft
    | SendFailed
    | LookedUp
    | Missed
    | Withheld
    | Supplied
    | NotCancelled
    | Undecided
    | Counted
    | Changed
)


def is_awaited(event: Event) -> bool:
    """Whether a person waits for it, or would close the window on it; all else may be told a little later."""
    match event:
        case Sending() | Settled() | Withheld():
            return event.by_person
        case LookedUp() | Missed() | Supplied() | Changed():
            return False
        case _:
            return True
