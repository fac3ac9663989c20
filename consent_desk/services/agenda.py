"""What is to be done next, and when: the plans of all consents that are not settled."""

from collections import defaultdict
from dataclasses import dataclass, replace

from consent_desk.domain.action import Action
from consent_desk.domain.consent import CustomerId, Timestamp
from consent_desk.domain.delivery import (
    ACCEPTED_STATES,
    OPEN_STATES,
    Plan,
    State,
    Step,
    back_off,
    is_time,
    plan,
)
from consent_desk.domain.record import Entry, Noted, Record
from consent_desk.domain.telling import is_stamped_wrong
from consent_desk.services.order import is_overtaken
from consent_desk.services.outbox import Journal

UNSETTLED_STATES = OPEN_STATES | ACCEPTED_STATES | {State.DISCARDED}
"""The states of the consents for which there may be something to do."""

_AT_ONCE = Timestamp(1)

Subject = tuple[str, CustomerId, str]


@dataclass(frozen=True, slots=True)
class Due:
    """A consent with something to do."""

    request_id: str
    project_id: str
    action: Action
    plan: Plan


@dataclass(slots=True)
class _Item:
    due: Due
    entry: Entry
    subject: Subject
    timestamp: Timestamp
    facts: int
    at: Timestamp | None
    is_timed: bool
    is_stuck: bool
    tries: int = 0
    is_out: bool = False

    @property
    def state(self) -> State:
        return self.entry.state


class Agenda:
    """Holds no clock and starts nothing: it is told what happened, and asked what is due. For one thread."""

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}
        self._alike: defaultdict[Subject, set[str]] = defaultdict(set)

    def put(self, record: Record, *, overtaken: bool = False) -> None:
        """Plan anew for one consent, after each fact, and when another one was noted that overtook it."""
        noted, consent = record.noted, record.noted.consent
        state = record.facts[-1].state
        subject = _subject(noted)
        next_step = plan(record.facts, consent.action, consent.request_id, overtaken=overtaken)
        is_erased = not noted.body
        if is_erased or (next_step.step is Step.REST and state not in OPEN_STATES):
            self._drop(consent.request_id)
            return
        before = self._items.get(consent.request_id)
        if before is not None and (before.facts, before.due.plan) == (len(record.facts), next_step):
            return  # it may be handed out, or postponed
        is_stuck = is_stamped_wrong(record.facts)
        is_due = next_step.step in {Step.SEND, Step.LOOK_UP} and not is_stuck
        self._alike[subject].add(consent.request_id)
        self._items[consent.request_id] = _Item(
            due=Due(consent.request_id, noted.project_id, consent.action, next_step),
            entry=Entry.after(noted, record.facts),
            subject=subject,
            timestamp=consent.timestamp,
            facts=len(record.facts),
            at=(next_step.at or _AT_ONCE) if is_due else None,
            is_timed=noted.context.clock_off is not None,
            is_stuck=is_stuck,
        )

    def forget(self, project_id: str, customer: CustomerId) -> None:
        """Plan nothing any more for a customer who was erased."""
        for request_id, item in [*self._items.items()]:
            if item.subject[:2] == (project_id, customer):
                self._drop(request_id)

    def postpone(self, request_id: str, now: Timestamp, *, at_least: int = 0) -> None:
        """Try one consent again later, each time later: the last try told nothing.

        `at_least`: microseconds that the server asks to wait.
        """
        item = self._items.get(request_id)
        if item is not None and item.at is not None:
            item.tries += 1
            item.at = Timestamp(now.micros + max(back_off(request_id, item.tries), at_least))
            item.is_out = False

    def hasten(self, project_id: str) -> None:
        """Try again what was put off, for its project was set up anew."""
        for item in self._items.values():
            # What is queued waits for nobody but its settings: no server has seen it.
            is_queued = item.state is State.QUEUED
            if item.due.project_id == project_id and (item.tries or is_queued) and not item.is_out:
                item.tries = 0
                item.at = _AT_ONCE if is_queued else item.due.plan.at or _AT_ONCE

    def due(self, now: Timestamp, *, hold_accepts: bool = False) -> tuple[Due, ...]:
        """What is to be done at `now`, rejects first, then in the order of their decisions.

        Each is handed out once, until something happened to it or it is postponed. `hold_accepts`: nobody
        has told the time, so that an opt-in that was noted before might be recorded as later than an opt-out
        that followed it.
        """
        ready = self._ready(now, hold_accepts)
        for item in ready:
            item.is_out = True
        return tuple(item.due for item in ready)

    def held(self, now: Timestamp) -> tuple[Due, ...]:
        """The opt-ins that would be due at `now`, were they not held."""
        ready = self._ready(now, hold_accepts=False)
        return tuple(item.due for item in ready if self._waits(item, hold_accepts=True))

    def next_at(self, now: Timestamp, *, hold_accepts: bool = False) -> Timestamp | None:
        """When something is due next, None where nothing is until something else happens."""
        times = (self._at(item, now) for item in self._items.values() if not self._waits(item, hold_accepts))
        return min((at for at in times if at is not None), default=None)

    def plan_of(self, request_id: str) -> Plan | None:
        """What is planned for one consent, at the time that counts now; None where it is settled."""
        item = self._items.get(request_id)
        if item is None:
            return None
        return replace(item.due.plan, at=None if item.at == _AT_ONCE else item.at)

    def entry_of(self, request_id: str) -> Entry:
        """The line of the log for a consent with a plan, as of its last fact. Asks no journal."""
        return self._items[request_id].entry

    def waits_for_reject(self, request_id: str) -> bool:
        """Whether it is an opt-in that waits for an opt-out of the same customer and category."""
        item = self._items.get(request_id)
        return item is not None and self._waits(item, hold_accepts=False)

    def is_timed(self, request_id: str) -> bool:
        """Whether the time was known when it was noted."""
        return self._items[request_id].is_timed

    def is_stuck(self, request_id: str) -> bool:
        """Whether it is an opt-in that does not leave any more as it was stamped."""
        return self._items[request_id].is_stuck

    def open_like(self, noted: Noted) -> tuple[str, ...]:
        """The consents of the same customer and category that were open when last put, itself too."""
        alike = self._alike.get(_subject(noted), ())
        return tuple(sorted(one for one in alike if self._items[one].state in OPEN_STATES))

    def open_count(self, action: Action | None = None) -> int:
        """How many consents Engagement may not have yet, all of them or the opt-outs or opt-ins."""
        return sum(
            item.state in OPEN_STATES and action in {None, item.due.action} for item in self._items.values()
        )

    def to_acknowledge_count(self) -> int:
        """How many were cancelled before they left, and nobody has acknowledged it."""
        return sum(item.due.plan.step is Step.ACKNOWLEDGE for item in self._items.values())

    def open_since(self) -> Timestamp | None:
        """When the oldest of those was noted; None where there is none."""
        return min(
            (item.entry.noted_at for item in self._items.values() if item.state in OPEN_STATES),
            default=None,
        )

    def _drop(self, request_id: str) -> None:
        item = self._items.pop(request_id, None)
        if item is not None:
            alike = self._alike[item.subject]
            alike.discard(request_id)
            if not alike:
                del self._alike[item.subject]

    def _ready(self, now: Timestamp, hold_accepts: bool) -> list[_Item]:
        ready = [
            item
            for item in self._items.values()
            if (at := self._at(item, now)) is not None and at <= now and not self._waits(item, hold_accepts)
        ]
        return sorted(ready, key=lambda item: (item.due.action is Action.ACCEPT, item.timestamp))

    def _at(self, item: _Item, now: Timestamp) -> Timestamp | None:
        if item.at is None or item.is_out:
            return None
        return now if is_time(item.at, now) else item.at

    def _waits(self, item: _Item, hold_accepts: bool) -> bool:
        """An opt-in waits for an earlier opt-out; one that a later opt-out overtook does not leave either."""
        if item.due.action is not Action.ACCEPT or item.due.plan.step is not Step.SEND:
            return False
        others = (self._items[request_id] for request_id in self._alike[item.subject])
        return (hold_accepts and not item.is_timed) or any(
            other.due.action is Action.REJECT and other.state in OPEN_STATES for other in others
        )


def _subject(noted: Noted) -> Subject:
    return (noted.project_id, noted.consent.customer, noted.consent.category)


def refresh(agenda: Agenda, journal: Journal, request_id: str) -> tuple[Record, ...]:
    """Put one consent, and all unsettled ones of its customer and category; return their records.

    To be called after each noting and each fact, and at the start for each consent in `UNSETTLED_STATES`.
    Raises JournalTrouble.
    """
    first = journal.record(request_id)
    noted = first.noted
    records = {request_id: first}
    for record in journal.open_like(noted.project_id, noted.consent.customer, noted.consent.category):
        records.setdefault(record.noted.consent.request_id, record)
    for record in records.values():
        agenda.put(record, overtaken=is_overtaken(journal, record.noted))
    # Those that are no longer open: an opt-in that was discarded, for one. Not those that were so before:
    # a customer may have many.
    for other in agenda.open_like(noted):
        if other not in records:
            records[other] = journal.record(other)
            agenda.put(records[other])
    return tuple(records.values())
