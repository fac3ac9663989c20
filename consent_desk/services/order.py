"""The order of decisions about one customer and category: the last one rules, and an opt-out never waits."""

from collections.abc import Callable
from typing import Protocol

from consent_desk.domain.action import Action
from consent_desk.domain.consent import CustomerId, Timestamp
from consent_desk.domain.delivery import UNSENT_STATES, Fact, State
from consent_desk.domain.outcome import Cause, NotSent, Phase
from consent_desk.domain.record import Noted, Record

OVERTAKEN = NotSent(phase=Phase.RESOLVING, cause=Cause.OVERTAKEN)
"""What comes of an opt-in that a later decision overtook before it left."""


class Decisions(Protocol):
    """What the journal knows of the decisions about one customer and category. Raises JournalTrouble."""

    def claim(self, request_id: str, at: Timestamp) -> Noted | None:
        """Make a consent `in_flight`; None where it may not be sent."""

    def append(self, request_id: str, fact: Fact) -> None:
        """Write what happened to a consent."""

    def open_like(self, project_id: str, customer: CustomerId, category: str) -> tuple[Record, ...]:
        """The consents in an open state, the oldest first."""

    def last_timestamp(self, project_id: str, customer: CustomerId, category: str) -> Timestamp | None:
        """The latest timestamp noted, whatever became of it."""


def is_overtaken(decisions: Decisions, noted: Noted) -> bool:
    """Whether a later decision that was noted here takes the place of this one.

    An opt-in that has not left takes nobody's place: it may be waiting for this very opt-out.
    """
    subject = (noted.project_id, noted.consent.customer, noted.consent.category)
    last = decisions.last_timestamp(*subject)
    if last is None or last <= noted.consent.timestamp:
        return False
    later = [one for one in decisions.open_like(*subject) if _timestamp(one) > noted.consent.timestamp]
    # The last one is settled unless it is among the open ones.
    return any(not _waits(one) for one in later) or all(_timestamp(one) < last for one in later)


def discard_overtaken(decisions: Decisions, noted: Noted, now: Callable[[], Timestamp]) -> None:
    """Discard the opt-ins like `noted` that have not left, and that a later opt-out overtook."""
    subject = (noted.project_id, noted.consent.customer, noted.consent.category)
    records = decisions.open_like(*subject)
    opt_outs = [_timestamp(one) for one in records if one.noted.consent.action is Action.REJECT]
    for record in records:
        # Claimed first, so that it cannot be on its way at the same time.
        if (
            _waits(record)
            and any(_timestamp(record) < timestamp for timestamp in opt_outs)
            and decisions.claim(record.noted.consent.request_id, now()) is not None
        ):
            fact = Fact(at=now(), state=State.DISCARDED, outcome=OVERTAKEN, note="overtaken by opt-out")
            decisions.append(record.noted.consent.request_id, fact)


def _waits(record: Record) -> bool:
    return record.noted.consent.action is Action.ACCEPT and record.facts[-1].state in UNSENT_STATES


def _timestamp(record: Record) -> Timestamp:
    return record.noted.consent.timestamp
