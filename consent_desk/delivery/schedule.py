"""What is to be done next, and when: the plans of all consents that are not settled."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count, takewhile
from time import monotonic
from typing import TYPE_CHECKING

from consent_desk.delivery.order import last_ruling
from consent_desk.delivery.planned import AT_ONCE, Alike, Due, Item, Queue, Totals, planned
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.lifecycle.judgement import SECOND
from consent_desk.domain.lifecycle.messages import is_stamped_wrong
from consent_desk.domain.lifecycle.policy import Failing, Plan, Step, back_off, plan
from consent_desk.domain.lifecycle.record import Entry, Record, Subject, needs_check
from consent_desk.domain.lifecycle.state import (
    ACCEPTED_STATES,
    OPEN_STATES,
    UNSENT_STATES,
    WAITS_TO_LEAVE,
    State,
)

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

UNSETTLED_STATES = OPEN_STATES | ACCEPTED_STATES | {State.DISCARDED}
"""The states of the consents for which there may be something to do."""

MOST_AT_ONCE = 20
"""So many are handed out in one go: all of them are begun before the window reacts to anything else."""

FIRST_LOOK = 2.0
"""Seconds for which an opt-out of an earlier run waits to be looked up before it leaves."""


class Schedule:
    """Starts nothing: it is told what happened, and asked what is due. For one thread.

    Nothing that is asked walks through all that is planned. `steady`: monotonic seconds. The time by the
    clock is told to it. `totals` are of all that is planned.
    """

    def __init__(self, steady: Callable[[], float] = monotonic, *, practice: bool = False) -> None:
        self._steady = steady
        self._practice = practice
        self._numbers = count()
        self._items: dict[str, Item] = {}
        self._alike: dict[Subject, Alike] = {}
        # What is due by the clock: opt-ins of which nobody knew the time are held until somebody tells it.
        self._free, self._held = Queue(), Queue()
        # Opt-outs that are looked up before they leave, the first begun first.
        self._looking: dict[str, Item] = {}
        self.totals = Totals()

    def __contains__(self, request_id: object) -> bool:
        """Whether something is planned for it, if only that it rests."""
        return request_id in self._items

    def put(self, record: Record, *, is_left: bool = False) -> frozenset[str]:
        """Plan anew for one consent, after each fact; return the opt-ins that wait for it now, or no more.

        `is_left`: an earlier run left it, where nothing is planned for it yet.
        """
        noted, consent, facts = record.noted, record.noted.consent, record.facts
        request_id, state, subject = consent.request_id, facts[-1].state, noted.subject
        before = self._items.get(request_id)
        left = before.due.left if before is not None else len(facts) if is_left else 0
        planned_by = partial(plan, facts, consent.action, request_id, left=left, practice=self._practice)
        free = planned_by()
        # Whether a later decision rules is asked of a second sending alone.
        ruled = planned_by(overtaken=True) if free.second else free
        is_ruled = subject in self._alike and consent.timestamp.micros < self._alike[subject].ruled
        next_step = ruled if is_ruled else free
        is_erased = not noted.body
        rests = next_step.step is Step.REST and state not in OPEN_STATES and not needs_check(record)
        if is_erased or rests:
            return self._swap(subject, before, None)
        if before is not None and before.due.facts == len(facts):
            return frozenset()  # it may be handed out, or postponed
        is_unsent = next_step.step is Step.SEND and state in WAITS_TO_LEAVE
        item = Item(
            due=Due(
                *(request_id, noted.project_id, consent.action, next_step),
                facts=len(facts),
                since=self._steady() if len(facts) > left else None,
                left=left,
            ),
            entry=Entry.after(noted, facts),
            subject=subject,
            timestamp=consent.timestamp,
            number=next(self._numbers) if before is None else before.number,
            at=None,
            is_timed=noted.context.clock_off is not None,
            is_stuck=is_stamped_wrong(facts),
            plans=(free, ruled),
        )
        item = planned(item, next_step)
        item.is_to_be_seen = before is None and left > 0 and is_unsent and consent.action is Action.REJECT
        return self._swap(subject, before, item)

    def rule(self, subject: Subject, last: Timestamp | None) -> frozenset[str]:
        """The decision of `last` takes the place of all before it; return those whose plans that changes."""
        alike = self._alike[subject]
        before, alike.ruled = alike.ruled, 0 if last is None else last.micros
        first, end = (bisect_left(alike.again, (at, "")) for at in sorted((before, alike.ruled)))
        changed = [request_id for _, request_id in alike.again[first:end]]
        for request_id in changed:
            item = self._items[request_id]
            self._swap(subject, item, planned(item, item.plans[item.timestamp.micros < alike.ruled]))
        return frozenset(changed)

    def stands(self, due: Due) -> bool:
        """Whether a consent has the facts still on which `due` was planned."""
        item = self._items.get(due.request_id)
        return item is not None and item.due.facts == due.facts

    def forget(self, project_id: str, customer: CustomerId) -> None:
        """Plan nothing any more for a customer who was erased."""
        for subject, alike in [*self._alike.items()]:
            if subject[:2] == (project_id, customer):
                for request_id in [*alike.all]:
                    self._swap(subject, self._items[request_id], None)

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
            self._place(item)

    def end_look(
        self, due: Due, now: Timestamp, *, at_least: int = 0, failing: Failing | None = None
    ) -> None:
        """A look told nothing: `postpone` it. What was to be looked up before it leaves may leave."""
        if not due.is_before_leaving:
            self.postpone(due.request_id, now, at_least=at_least, failing=failing)
        elif (item := self._items.get(due.request_id)) is not None:
            item.looked_since = None
            self._place(item)

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
            at = AT_ONCE if is_queued else item.plan.at or AT_ONCE
            is_put_off = item.tries > 0 or (is_queued and item.at != at)
            if item.due.project_id == project_id and is_put_off and item.at is not None and not item.is_out:
                item.tries, item.at = 0, at
                self._place(item)

    def due(self, now: Timestamp, *, hold_accepts: bool = False, most: int = MOST_AT_ONCE) -> tuple[Due, ...]:
        """What is to be done at `now`, rejects first, then in the order of their decisions.

        Each is handed out once, until something happened to it or it is postponed, and no more than `most`:
        the others are due still. `hold_accepts`: nobody has told the time, so that an opt-in that was noted
        before might be recorded as later than an opt-out that followed it. An opt-out that an earlier run
        left is handed out to be looked up first, and to be sent when that has ended, or has taken
        `FIRST_LOOK`.
        """
        self._tell(now)
        held = () if hold_accepts else self._held.due[:most]
        ready = sorted((*self._free.due[:most], *held))[:most]
        return tuple(self._hand_out(self._items[request_id]) for _, request_id in ready)

    def held(self, now: Timestamp, number: int) -> Due | None:
        """One of the opt-ins that would be due at `now`, were they not held: each in turn by its `number`."""
        self._tell(now)
        held = self._held.due
        return self._items[held[number % len(held)][1]].due if held else None

    def next_at(self, now: Timestamp, *, hold_accepts: bool = False) -> Timestamp | None:
        """When something is due next, None where nothing is until something else happens."""
        self._tell(now)
        looking = next(iter(self._looking.values()), None)
        times = (
            self._free.next_at,
            None if hold_accepts else self._held.next_at,
            None if looking is None else Timestamp(now.micros + self._rest_of_look(looking)),
        )
        return min((at for at in times if at is not None), default=None)

    def plan_of(self, request_id: str) -> Plan | None:
        """What is planned for one consent, at the time that counts now; None where it is settled."""
        item = self._items.get(request_id)
        if item is None:
            return None
        at = None if item.is_out or item.at == AT_ONCE else item.at
        return replace(item.plan, at=at, failing=item.failing)

    def entry_of(self, request_id: str) -> Entry:
        """The line of the log for a consent with a plan, as of its last fact. Asks no journal."""
        return self._items[request_id].entry

    def waits_for_reject(self, request_id: str) -> bool:
        """Whether it is an opt-in that waits for an opt-out of the same customer and category."""
        item = self._items.get(request_id)
        return item is not None and self._waits(item)

    def is_timed(self, request_id: str) -> bool:
        """Whether the time was known when it was noted."""
        return self._items[request_id].is_timed

    def is_stuck(self, request_id: str) -> bool:
        """Whether it is an opt-in that does not leave any more as it was stamped."""
        return self._items[request_id].is_stuck

    def alike(self, subject: Subject) -> Alike:
        """What is planned about one subject. Not to be changed."""
        return self._alike.get(subject) or Alike()

    def _swap(self, subject: Subject, before: Item | None, after: Item | None) -> frozenset[str]:
        """Plan `after` in place of `before`; return the opt-ins that wait for an opt-out now, or no more."""
        if before is after:
            return frozenset()
        alike = self._alike.setdefault(subject, Alike())
        had_opt_out = bool(alike.open_opt_outs)
        if before is not None:
            self._unplace(before)
            del self._items[before.request_id]
            alike.remove(before)
            self.totals.remove(before)
        if after is not None:
            self._items[after.request_id] = after
            alike.add(after)
            self.totals.add(after)
            self._place(after)
        if not alike.all:
            del self._alike[subject]
        if bool(alike.open_opt_outs) is had_opt_out:
            return frozenset()
        for request_id in alike.to_leave:
            self._place(self._items[request_id])
        return frozenset(alike.to_leave)

    def _place(self, item: Item) -> None:
        """Have it found when it is due."""
        request_id = item.request_id
        if item.at is None or item.is_out or self._waits(item):
            self._unplace(item)
        elif self._rest_of_look(item) > 0:
            self._queue_of(item).drop(request_id)
            self._looking[request_id] = item
        else:
            self._looking.pop(request_id, None)
            self._queue_of(item).put(request_id, item.at, item.rank)

    def _unplace(self, item: Item) -> None:
        self._queue_of(item).drop(item.request_id)
        self._looking.pop(item.request_id, None)

    def _queue_of(self, item: Item) -> Queue:
        return self._held if item.is_to_leave and not item.is_timed else self._free

    def _tell(self, now: Timestamp) -> None:
        """Of those that are looked up before they leave, let those leave that were long enough."""
        for item in [*takewhile(lambda item: self._rest_of_look(item) <= 0, self._looking.values())]:
            self._place(item)
        self._free.tell(now)
        self._held.tell(now)

    def _rest_of_look(self, item: Item) -> int:
        """Microseconds until it leaves, though the look before that has not ended."""
        if item.looked_since is None:
            return 0
        return round((item.looked_since + FIRST_LOOK - self._steady()) * SECOND)

    def _hand_out(self, item: Item) -> Due:
        if item.is_to_be_seen:
            item.is_to_be_seen, item.looked_since = False, self._steady()
            due = replace(item.due, plan=Plan(Step.LOOK_UP, unsent=True), since=item.looked_since)
        else:
            item.is_out, item.looked_since = True, None
            due = item.due
        self._place(item)
        return due

    def _waits(self, item: Item) -> bool:
        """An opt-in waits for an earlier opt-out; one that a later opt-out overtook does not leave either."""
        return item.is_to_leave and bool(self._alike[item.subject].open_opt_outs)


def refresh(
    schedule: Schedule,
    journal: "SqliteJournal",
    request_id: str,
    *,
    is_left: bool = False,
    is_behind: bool = False,
) -> tuple[Entry, ...]:
    """Put one consent, and what else may have changed with it; return the lines that may differ.

    To be called after each noting and each fact, and at the start for each consent in `UNSETTLED_STATES`:
    `is_left`, an earlier run left it. `is_behind`: an earlier run may have left others that were not put so
    far. Of its customer's other consents none is read that has not changed. Raises JournalError.
    """
    first = journal.record(request_id)
    subject = first.noted.subject
    records = [first]
    # All is read before anything is put: an opt-in that is free is sent.
    unsent = schedule.alike(subject).unsent - {request_id}
    if unsent and not is_left:
        left = journal.alike(subject, UNSENT_STATES, {Action.ACCEPT})
        records += [journal.record(one) for one in sorted(unsent - {one.request_id for one in left})]
    unknown = _unknown_opt_out(schedule, journal, first)
    opt_out = None if unknown is None else journal.record(unknown)
    changed: set[str] = set()
    if opt_out is not None:
        changed |= {opt_out.noted.consent.request_id, *schedule.put(opt_out, is_left=is_left or is_behind)}
    for record in records:
        changed |= schedule.put(record, is_left=is_left)
    if schedule.alike(subject).again:
        changed |= schedule.rule(subject, last_ruling(journal, subject))
    lines = {one.noted.consent.request_id: Entry.after(one.noted, one.facts) for one in records}
    lines |= {one: schedule.entry_of(one) for one in changed if one not in lines}
    return tuple(lines.values())


def _unknown_opt_out(schedule: Schedule, journal: "SqliteJournal", record: Record) -> str | None:
    """An opt-out that an opt-in has to wait for, where none is planned that it waits for already."""
    request_id, state = record.noted.consent.request_id, record.facts[-1].state
    is_opt_in = record.noted.consent.action is Action.ACCEPT
    alike = schedule.alike(record.noted.subject)
    if not (alike.to_leave or is_opt_in) or alike.open_opt_outs - {request_id}:
        return None
    if not is_opt_in and state in OPEN_STATES:
        return None
    return journal.first_alike(record.noted.subject, OPEN_STATES, Action.REJECT)
