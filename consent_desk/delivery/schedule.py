"""What is to be done next, and when: the plans of all consents that are not settled."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from consent_desk.delivery.order import is_overtaken
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.lifecycle.checking import needs_check
from consent_desk.domain.lifecycle.judgement import SECOND
from consent_desk.domain.lifecycle.messages import is_stamped_wrong
from consent_desk.domain.lifecycle.policy import Failing, Plan, Step, back_off, is_time, plan
from consent_desk.domain.lifecycle.record import Entry, Noted, Record
from consent_desk.domain.lifecycle.state import ACCEPTED_STATES, OPEN_STATES, State

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

UNSETTLED_STATES = OPEN_STATES | ACCEPTED_STATES | {State.DISCARDED}
"""The states of the consents for which there may be something to do."""

_AT_ONCE = Timestamp(1)

MOST_AT_ONCE = 20
"""So many are handed out in one go: all of them are begun before the window reacts to anything else."""

Subject = tuple[str, CustomerId, str]


FIRST_LOOK = 2.0
"""Seconds for which an opt-out of an earlier run waits to be looked up before it leaves."""


@dataclass(frozen=True, slots=True)
class Due:
    """A consent with something to do.

    It had so many `facts`, of which an earlier run `left` so many. `since`: when the last one was there, in
    monotonic seconds, None where it is among these; of what is looked up before it leaves, when that began.
    """

    request_id: str
    project_id: str
    action: Action
    plan: Plan
    facts: int = 0
    since: float | None = None
    left: int = 0

    @property
    def is_before_leaving(self) -> bool:
        """Whether an opt-out that an earlier run left is looked up, which leaves soon all the same."""
        return self.plan.unsent and self.action is Action.REJECT


@dataclass(slots=True)
class _Item:
    due: Due
    entry: Entry
    subject: Subject
    timestamp: Timestamp
    at: Timestamp | None
    is_timed: bool
    is_stuck: bool
    tries: int = 0
    is_out: bool = False
    failing: Failing | None = None
    # An opt-out that an earlier run left unsent: to be looked up before it leaves, since then at the latest.
    is_to_be_seen: bool = False
    looked_since: float | None = None

    @property
    def state(self) -> State:
        return self.entry.state

    @property
    def plan(self) -> Plan:
        return self.due.plan


class Schedule:
    """Starts nothing: it is told what happened, and asked what is due. For one thread.

    `steady`: monotonic seconds. The time by the clock is told to it.
    """

    def __init__(self, steady: Callable[[], float] = monotonic) -> None:
        self._steady = steady
        self._items: dict[str, _Item] = {}
        self._alike: defaultdict[Subject, set[str]] = defaultdict(set)

    def put(self, record: Record, *, overtaken: bool = False, is_left: bool = False) -> None:
        """Plan anew for one consent, after each fact, and when another one was noted that overtook it.

        `is_left`: an earlier run left it, where nothing is planned for it yet.
        """
        noted, consent, facts = record.noted, record.noted.consent, record.facts
        request_id, state = consent.request_id, facts[-1].state
        before = self._items.get(request_id)
        left = before.due.left if before is not None else len(facts) if is_left else 0
        next_step = plan(facts, consent.action, request_id, overtaken=overtaken, left=left)
        is_erased = not noted.body
        rests = next_step.step is Step.REST and state not in OPEN_STATES and not needs_check(record)
        if is_erased or rests:
            self._drop(request_id)
            return
        since: float | None = self._steady() if len(facts) > left else None
        if before is not None and before.due.facts == len(facts):
            if before.plan == next_step:
                return  # it may be handed out, or postponed
            since = before.due.since
        subject = _subject(noted)
        is_unsent = next_step.step is Step.SEND and state in {State.QUEUED, State.RETRY_WAIT}
        is_stuck = is_stamped_wrong(facts)
        is_due = next_step.step in {Step.SEND, Step.LOOK_UP} and not is_stuck
        self._alike[subject].add(request_id)
        self._items[request_id] = _Item(
            due=Due(
                *(request_id, noted.project_id, consent.action, next_step),
                facts=len(facts),
                since=since,
                left=left,
            ),
            entry=Entry.after(noted, facts),
            subject=subject,
            timestamp=consent.timestamp,
            at=(next_step.at or _AT_ONCE) if is_due else None,
            is_timed=noted.context.clock_off is not None,
            is_stuck=is_stuck,
            failing=next_step.failing,
            is_to_be_seen=before is None and left > 0 and is_unsent and consent.action is Action.REJECT,
        )

    def forget(self, project_id: str, customer: CustomerId) -> None:
        """Plan nothing any more for a customer who was erased."""
        for request_id, item in [*self._items.items()]:
            if item.subject[:2] == (project_id, customer):
                self._drop(request_id)

    def postpone(
        self, request_id: str, now: Timestamp, *, at_least: int = 0, failing: Failing | None = None
    ) -> None:
        """Try one consent again later, each time later: the last try told nothing.

        `at_least`: microseconds that the server asks to wait. `failing`: the looks that told nothing so far.
        """
        item = self._items.get(request_id)
        if item is not None and item.at is not None:
            item.failing = failing or item.failing
            item.tries += 1
            item.at = Timestamp(now.micros + max(back_off(request_id, item.tries), at_least))
            item.is_out = False

    def end_look(
        self, due: Due, now: Timestamp, *, at_least: int = 0, failing: Failing | None = None
    ) -> None:
        """A look told nothing: `postpone` it. What was to be looked up before it leaves may leave."""
        if not due.is_before_leaving:
            self.postpone(due.request_id, now, at_least=at_least, failing=failing)
        elif (item := self._items.get(due.request_id)) is not None:
            item.looked_since = None

    def put_back(self, due: Due, now: Timestamp, wait: int) -> None:
        """Hand one out again after `wait` microseconds: nothing was tried so far."""
        item = self._items.get(due.request_id)
        if due.is_before_leaving and item is not None:
            if item.looked_since is None:
                return  # it has been handed out to be sent since
            item.is_to_be_seen, item.looked_since = True, None
        self.postpone(due.request_id, now, at_least=wait)

    def hasten(self, project_id: str) -> None:
        """Try again what was put off, for its project was set up anew."""
        for item in self._items.values():
            # What is queued waits for nobody but its settings: no server has seen it.
            is_queued = item.state is State.QUEUED
            if item.due.project_id == project_id and (item.tries or is_queued) and not item.is_out:
                item.tries = 0
                item.at = _AT_ONCE if is_queued else item.plan.at or _AT_ONCE

    def due(self, now: Timestamp, *, hold_accepts: bool = False) -> tuple[Due, ...]:
        """What is to be done at `now`, rejects first, then in the order of their decisions.

        Each is handed out once, until something happened to it or it is postponed, and no more than
        `MOST_AT_ONCE`: the others are due still. `hold_accepts`: nobody has told the time, so that an opt-in
        that was noted before might be recorded as later than an opt-out that followed it. An opt-out that an
        earlier run left is handed out to be looked up first, and to be sent when that has ended, or has
        taken `FIRST_LOOK`.
        """
        return tuple(self._hand_out(item) for item in self._ready(now, hold_accepts)[:MOST_AT_ONCE])

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
        at = None if item.is_out or item.at == _AT_ONCE else item.at
        return replace(item.plan, at=at, failing=item.failing)

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

    def planned(self) -> Iterator[tuple[Entry, Step]]:
        """The line of each consent that is not settled, and what comes next for it."""
        return ((item.entry, item.plan.step) for item in self._items.values())

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

    def _hand_out(self, item: _Item) -> Due:
        if item.is_to_be_seen:
            item.is_to_be_seen, item.looked_since = False, self._steady()
            return replace(item.due, plan=Plan(Step.LOOK_UP, unsent=True), since=item.looked_since)
        item.is_out, item.looked_since = True, None
        return item.due

    def _at(self, item: _Item, now: Timestamp) -> Timestamp | None:
        if item.at is None or item.is_out:
            return None
        if item.looked_since is not None:
            rest = round((item.looked_since + FIRST_LOOK - self._steady()) * SECOND)
            if rest > 0:
                return Timestamp(now.micros + rest)
        return now if is_time(item.at, now) else item.at

    def _waits(self, item: _Item, hold_accepts: bool) -> bool:
        """An opt-in waits for an earlier opt-out; one that a later opt-out overtook does not leave either."""
        if item.due.action is not Action.ACCEPT or item.plan.step is not Step.SEND:
            return False
        others = (self._items[request_id] for request_id in self._alike[item.subject])
        return (hold_accepts and not item.is_timed) or any(
            other.due.action is Action.REJECT and other.state in OPEN_STATES for other in others
        )


def _subject(noted: Noted) -> Subject:
    return (noted.project_id, noted.consent.customer, noted.consent.category)


def refresh(
    schedule: Schedule, journal: "SqliteJournal", request_id: str, *, is_left: bool = False
) -> tuple[Record, ...]:
    """Put one consent, and all unsettled ones of its customer and category; return their records.

    To be called after each noting and each fact, and at the start for each consent in `UNSETTLED_STATES`:
    `is_left`, an earlier run left it. Raises JournalError.
    """
    first = journal.record(request_id)
    noted = first.noted
    records = {request_id: first}
    for record in journal.open_like(noted.project_id, noted.consent.customer, noted.consent.category):
        records.setdefault(record.noted.consent.request_id, record)
    for record in records.values():
        schedule.put(record, overtaken=is_overtaken(journal, record.noted), is_left=is_left)
    # Those that are no longer open: an opt-in that was discarded, for one. Not those that were so before:
    # a customer may have many.
    for other in schedule.open_like(noted):
        if other not in records:
            records[other] = journal.record(other)
            schedule.put(records[other])
    return tuple(records.values())
