"""The order of decisions about one customer and category: the last one rules, and an opt-out never waits."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, Timestamp
from consent_desk.domain.lifecycle.judgement import was_withdrawn
from consent_desk.domain.lifecycle.record import Noted, Record
from consent_desk.domain.lifecycle.state import OPEN_STATES, UNSENT_STATES, Fact, State
from consent_desk.domain.wire.outcome import Cause, NotSent, Phase

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

OVERTAKEN = NotSent(phase=Phase.RESOLVING, cause=Cause.OVERTAKEN)
"""What comes of an opt-in that a later decision overtook before it left."""

_FIRST = Timestamp(1)


def is_overtaken(journal: "SqliteJournal", noted: Noted) -> bool:
    """Whether a later decision that was noted here takes the place of this one.

    An opt-in that has not left takes nobody's place: it may be waiting for this very opt-out.
    """
    return any(not _waits(one) for one in _later(journal, noted))


def waits_for_opt_out(journal: "SqliteJournal", noted: Noted) -> bool:
    """Whether `noted` is an opt-in, and an opt-out of its customer and category is not settled."""
    consent = noted.consent
    if consent.action is Action.REJECT:
        return False
    return bool(journal.open_like(noted.project_id, consent.customer, consent.category, {Action.REJECT}))


def last_later(journal: "SqliteJournal", noted: Noted) -> Timestamp | None:
    """The timestamp of the last decision that was noted here and is later; None where there is none."""
    return max(map(_timestamp, _later(journal, noted)), default=None)


def noted_later(journal: "SqliteJournal", noted: Noted) -> frozenset[str]:
    """The request IDs of the decisions that were noted here and are later."""
    return frozenset(one.noted.consent.request_id for one in _later(journal, noted))


def discard_overtaken(journal: "SqliteJournal", noted: Noted, now: Callable[[], Timestamp]) -> None:
    """Discard the opt-ins like `noted` that have not left, and that a later opt-out overtook."""
    consent = noted.consent
    opt_ins = {Action.ACCEPT}
    for record in journal.open_like(noted.project_id, consent.customer, consent.category, opt_ins):
        if _waits(record) and _is_overtaken_by_opt_out(journal, record.noted):
            fact = Fact(at=now(), state=State.DISCARDED, outcome=OVERTAKEN, note="overtaken by opt-out")
            journal.give_up(record.noted.consent.request_id, UNSENT_STATES, fact)


def _later(journal: "SqliteJournal", noted: Noted) -> Iterator[Record]:
    """The later decisions that count. What was withdrawn before it left is none."""
    consent = noted.consent
    later = journal.later_like(noted.project_id, consent.customer, consent.category, consent.timestamp)
    return (one for one in later if not was_withdrawn(one.facts))


def _is_overtaken_by_opt_out(journal: "SqliteJournal", waiting: Noted) -> bool:
    """Whether an opt-out takes the place of an opt-in that has not left.

    One that was settled before the opt-in was noted does not: a person wants it in the history before it. Of
    two decisions that were taken as they were noted, the one that was noted last is the later one, whatever
    the clock showed.
    """
    opt_in = waiting.consent
    is_after = True
    for record in journal.later_like(waiting.project_id, opt_in.customer, opt_in.category, _FIRST):
        opt_out = record.noted.consent
        if opt_out.request_id == opt_in.request_id:
            is_after = False
        elif opt_out.action is Action.REJECT and not was_withdrawn(record.facts):
            is_open = record.facts[-1].state in OPEN_STATES
            if opt_out.timestamp > opt_in.timestamp and (is_open or is_after):
                return True
            if is_after and _was_now(opt_out) and _was_now(opt_in):
                return True
    return False


def _was_now(consent: Consent) -> bool:
    return consent.timestamp == consent.noted_at


def _waits(record: Record) -> bool:
    return record.noted.consent.action is Action.ACCEPT and record.facts[-1].state in UNSENT_STATES


def _timestamp(record: Record) -> Timestamp:
    return record.noted.consent.timestamp
