"""The alarms: what Engagement has recorded, and yet shows otherwise. They ring until a person has acted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from consent_desk.delivery.order import is_overtaken, last_later, waits_for_opt_out
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, Timestamp, ends_after
from consent_desk.domain.lifecycle.judgement import Judgement, was_refused_for_settings
from consent_desk.domain.lifecycle.looking import EXPIRE_FIRST
from consent_desk.domain.lifecycle.messages import OVERTAKEN, tell_look
from consent_desk.domain.lifecycle.record import Context, Entry, Record
from consent_desk.domain.lifecycle.state import DISMISSED, Fact, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import Look, LookReason
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.server_clock import Moment, complaint_about_clock

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

_ENTER_ANEW = say(
    "delivery",
    "Engagement shows this customer as opted out, perhaps by themselves. Enter the opt-in anew if they want "
    "it: the form asks what it rests on.",
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A consent that is contradicted, and what that means for a person.

    `can_renew`: the same decision, taken now, may hold. `clock_off`: seconds by which this computer's clock
    was fast when it was noted, None where nobody knew.
    """

    entry: Entry
    judgement: Judgement
    can_renew: bool = True
    clock_off: int | None = None


def may_win(record: Record) -> bool:
    """Whether the same decision, taken now, may hold: not against an event that is dated far ahead."""
    looks = [fact.outcome for fact in record.facts if isinstance(fact.outcome, Look)]
    return not looks or looks[-1].reason is not LookReason.FAR_AHEAD


class Alarms:
    """The alarms of one journal. For the journal lane alone; raises JournalError."""

    def __init__(self, journal: "SqliteJournal", now: Callable[[], Timestamp]) -> None:
        self._journal = journal
        self._now = now

    def standing(self) -> tuple[Alarm, ...]:
        """The alarms that nobody has dismissed or acted upon: opt-outs first, each the oldest first.

        A later decision that was noted here ends one, and so does the end of an opt-in.
        """
        alarms = []
        for request_id in self._journal.records_in({State.CONTRADICTED}):
            record = self._journal.record(request_id)
            noted, look = record.noted, record.facts[-1].outcome
            until, action = noted.consent.valid_until, noted.consent.action
            if (
                isinstance(look, Look)
                and (until is None or ends_after(until, self._now()))
                and last_later(self._journal, noted) is None
            ):
                entry = Entry.after(noted, record.facts)
                judgement = tell_look(look, State.CONTRADICTED, action)
                can_renew = action is Action.REJECT and may_win(record)
                alarms.append(Alarm(entry, judgement, can_renew, noted.context.clock_off))
        return tuple(sorted(alarms, key=lambda alarm: alarm.entry.action is Action.ACCEPT))

    def dismiss(self, request_id: str) -> None:
        """Write down that a person has seen the alarm, and that it is to ring no more."""
        facts = self._journal.record(request_id).facts
        if isinstance(facts[-1].outcome, Look):
            fact = Fact(at=self._now(), state=State.CONTRADICTED, note=DISMISSED)
            self._journal.append(request_id, fact, after=len(facts))

    def renewed(self, request_id: str, new_id: str, moment: Moment) -> tuple[Consent, Context] | Message:
        """The same opt-out taken at this `moment`, to be noted as `new_id`; or why there is none."""
        record = self._journal.record(request_id)
        noted = record.noted
        if last_later(self._journal, noted) is not None:
            return OVERTAKEN
        if not may_win(record):
            return EXPIRE_FIRST
        if noted.consent.action is Action.ACCEPT:
            return _ENTER_ANEW
        if (complaint := complaint_about_clock(moment)) is not None:
            return complaint
        look = next((fact.outcome for fact in reversed(record.facts) if isinstance(fact.outcome, Look)), None)
        before = None
        if look is not None and look.valid is not None:
            before = CategoryStatus(valid=look.valid, since=look.since, source=look.source)
        consent = replace(noted.consent, request_id=new_id, timestamp=moment.now, noted_at=moment.now)
        known = noted.context
        return consent, Context(
            before=before, existed=known.existed, listed=known.listed, clock_off=moment.clock_off
        )


def resendable(journal: "SqliteJournal", project: Project) -> tuple[Entry, ...]:
    """What is kept that may pass in `project` now, in the order of noting, without overtaken opt-ins."""
    refused = (journal.record(one) for one in journal.records_in({State.REFUSED}))
    return tuple(
        Entry.after(record.noted, record.facts)
        for record in refused
        if record.noted.belongs_to(project, mended=True) and _may_pass(journal, record)
    )


def may_leave(journal: "SqliteJournal", request_id: str) -> bool:
    """Whether one of them is still to be sent: an opt-in not before an opt-out that is not settled."""
    record = journal.record(request_id)
    return _may_pass(journal, record) and not waits_for_opt_out(journal, record.noted)


def _may_pass(journal: "SqliteJournal", record: Record) -> bool:
    if not was_refused_for_settings(record.facts):
        return False
    return record.noted.consent.action is Action.REJECT or not is_overtaken(journal, record.noted)
