"""Everything that the program does by itself: retries, look-ups, and the second sending of an opt-out."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from consent_desk.delivery.planned import Due
from consent_desk.delivery.schedule import MOST_AT_ONCE, UNSETTLED_STATES, Schedule, refresh
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.judgement import SECOND
from consent_desk.domain.lifecycle.messages import STAMPED_WRONG, ask_to_send, tell_plan
from consent_desk.domain.lifecycle.policy import Failing, is_time
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import OPEN_STATES, State
from consent_desk.domain.message import Message

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal
    from consent_desk.journal.search import Listed

MOST_AT_REST = 500
"""Consents of one state with nothing left to do, the newest, after which a start reads no older ones."""

_ALL_TAKEN_UP = (OPEN_STATES, {State.DELIVERED})
"""The states in which nothing rests: what was delivered was never looked up yet."""

_FOR_A_WORD = (State.DISCARDED, State.NEW_PROFILE, State.NO_CATEGORY)
"""The states of what may wait for a person's word, whatever else rests in them."""

NAP = 30.0
"""Seconds after which the clock is read again at the latest: a computer may sleep, or be set right."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do now, and the line of the log that it is about."""

    due: Due
    entry: Entry


@dataclass(frozen=True, slots=True)
class Outstanding:
    """How many consents Engagement may not have yet, and since when: the oldest was noted then.

    `unread`: of so many nothing can be told, because the journal cannot be read where they stand.
    `to_acknowledge`: so many more were cancelled before they left, and nobody has acknowledged that so far;
    of `to_check` the customer or the category is to be checked.
    """

    opt_outs: int = 0
    opt_ins: int = 0
    since: Timestamp | None = None
    unread: int = 0
    to_acknowledge: int = 0
    to_check: int = 0

    def __int__(self) -> int:
        """All that Engagement may not have yet. What was cancelled is not on its way there."""
        return self.opt_outs + self.opt_ins + self.unread


class Scheduler:
    """Keeps the schedule of one journal up to date. For the journal lane alone; raises JournalError.

    `holds_accepts`: nobody has told the time yet, so that what was noted before must wait. `steady`: seconds
    that nobody sets.
    """

    def __init__(
        self,
        journal: "SqliteJournal",
        now: Callable[[], Timestamp],
        holds_accepts: Callable[[], bool],
        *,
        steady: Callable[[], float] = monotonic,
        nap: float = NAP,
        practice: bool = False,
    ) -> None:
        self._journal = journal
        self._now = now
        self._holds_accepts = holds_accepts
        self._nap = nap
        self._steady = steady
        self._schedule = Schedule(steady, practice=practice)
        # When the time may be asked for next: at once, at first.
        self._check_at: Timestamp | None = None
        self._checks = 0
        # What is left of a start.
        self._start: Iterator[None] | None = None
        # What could not be read when it was to be planned, the oldest first: did an earlier run leave it?
        self._missed: dict[str, bool] = {}
        # Those of them that are to be tried still before any is tried once more.
        self._to_try: deque[str] = deque()

    def begin(self) -> None:
        """What an earlier run left is to be taken up. Reads nothing: `take_up` and `catch_up` do."""
        self._start = self._take_up()

    def take_up(self, seconds: float = inf) -> bool:
        """Take up what an earlier run left and is not settled, for so long; return whether there is more.

        Opt-outs come first, and the oldest of them. A consent that cannot be read is left to `catch_up`;
        where the journal cannot, this begins anew the next time, without those that are planned by then.
        """
        until = self._steady() + seconds
        try:
            for _ in self._start or ():
                if self._steady() >= until:
                    return True
        except JournalError:
            self.begin()
            raise
        self._start = None
        return False

    def follow(self, request_id: str, *, is_left: bool = False) -> tuple[Entry, ...]:
        """Plan anew after something happened to a consent; return the lines that may have changed.

        `is_left`: an earlier run left it. Where the journal cannot be read, `catch_up` does it later.
        """
        try:
            is_behind = self._start is not None
            lines = refresh(self._schedule, self._journal, request_id, is_left=is_left, is_behind=is_behind)
        except JournalError:
            self._missed[request_id] = is_left or self._missed.get(request_id, False)
            raise
        self._missed.pop(request_id, None)
        return lines

    def catch_up(self, request_ids: Collection[str] = (), seconds: float = inf) -> tuple[Entry, ...]:
        """Follow `request_ids`, and what could not be followed so far; return the lines that may differ.

        Where there is none, take up what is left of the start. This works for so many seconds; `wait` tells
        whether there is more. One that cannot be read keeps no other from being planned, and is tried again
        the next time.
        """
        until = self._steady() + seconds
        for request_id in request_ids:
            self._missed.setdefault(request_id, False)
        self._to_try.extend(request_ids if self._to_try else self._missed)
        lines: list[Entry] = []
        while self._to_try:
            one = self._to_try[0]
            if one in self._missed:
                lines += self._follow_or_miss(one, is_left=self._missed[one])
            self._to_try.popleft()
            if self._steady() >= until:
                return tuple(lines)
        if not lines:
            self.take_up(until - self._steady())
        return tuple(lines)

    def forget(self, project_id: str, customer: CustomerId) -> None:
        """Plan nothing any more for a customer who was erased."""
        self._schedule.forget(project_id, customer)

    def stands(self, due: Due) -> bool:
        """Whether nothing has happened to a consent since `due` was handed out."""
        return self._schedule.stands(due)

    def put_off(self, request_id: str, wait: int = 0) -> tuple[Entry, ...]:
        """Try it again later, after `wait` microseconds at the earliest: the last try told nothing.

        Returns its line: what comes next has changed. So do `end_look` and `put_back`.
        """
        if request_id not in self._schedule:
            # Tried as soon as it was noted, before anything was planned.
            refresh(self._schedule, self._journal, request_id)
        self._schedule.postpone(request_id, self._now(), at_least=wait)
        return self._line(request_id)

    def end_look(self, due: Due, wait: int = 0, failing: Failing | None = None) -> tuple[Entry, ...]:
        """A look told nothing: look again later. `failing`: the looks that told nothing so far."""
        self._schedule.end_look(due, self._now(), at_least=wait, failing=failing)
        return self._line(due.request_id)

    def put_back(self, due: Due, wait: int) -> tuple[Entry, ...]:
        """It could not be begun: hand it out again after `wait` microseconds."""
        self._schedule.put_back(due, self._now(), wait)
        return self._line(due.request_id)

    def hasten(self, project_id: str) -> None:
        """The settings of a project were saved: try again what was put off, which may have been for them."""
        self._schedule.hasten(project_id)
        self._check_at = None

    def due(self, most: int = MOST_AT_ONCE) -> tuple[Task, ...]:
        """What is to be done now, so much at most. Each is handed out once, until it is followed or put off.

        Reads nothing: what was handed out must not be lost because the journal cannot be read just then.
        """
        due = self._schedule.due(self._now(), hold_accepts=self._holds_accepts(), most=most)
        return tuple(Task(one, self._schedule.entry_of(one.request_id)) for one in due)

    def clock_check(self) -> Task | None:
        """A held opt-in for whose project the time is to be asked now: each nap for the next one's."""
        now = self._now()
        if not self._holds_accepts() or not is_time(self._check_at, now):
            return None
        one = self._schedule.held(now, self._checks)
        if one is None:
            return None
        self._checks += 1
        self._check_at = Timestamp(now.micros + round(self._nap * SECOND))
        return Task(one, self._schedule.entry_of(one.request_id))

    def put_off_check(self, wait: int) -> None:
        """Ask for the time again after `wait` microseconds at the earliest."""
        self._check_at = Timestamp(self._now().micros + wait)

    def outlook(self, request_id: str) -> Message | None:
        """What comes next for a consent; None where nothing is left to say. Reads nothing, as `due`."""
        plan = self._schedule.plan_of(request_id)
        if plan is None:
            return None
        entry = self._schedule.entry_of(request_id)
        if entry.held:
            return None
        if self._schedule.is_stuck(request_id):
            return STAMPED_WRONG
        if is_time(plan.at, self._now()):
            # It is being done, or is about to be: no time that has passed is named.
            plan = replace(plan, at=None)
        waits = self._schedule.waits_for_reject(request_id)
        held = (
            entry.action is Action.ACCEPT
            and self._holds_accepts()
            and not self._schedule.is_timed(request_id)
        )
        return tell_plan(plan, entry.action, waits=waits, held=held)

    def failing(self, request_id: str) -> Failing | None:
        """The looks that told nothing so far, one after the other; None where the last one told something."""
        plan = self._schedule.plan_of(request_id)
        return None if plan is None else plan.failing

    def question(self, request_id: str) -> Message | None:
        """What a person is asked who wants it sent again; None where nothing is. Reads nothing."""
        plan = self._schedule.plan_of(request_id)
        if plan is None:
            return None
        entry = self._schedule.entry_of(request_id)
        return ask_to_send(plan, entry.state, entry.action)

    def wait(self) -> float | None:
        """Seconds until it should be asked again what is due, None where nothing is unless something happens.

        While an opt-in is held until the time is told, that is asked for again. None at all where there is
        more to take up, or to catch up with.
        """
        if self._start is not None or self._to_try:
            return 0.0
        now, holds = self._now(), self._holds_accepts()
        times = [self._schedule.next_at(now, hold_accepts=holds)]
        if holds and (free := self._schedule.next_at(now)) is not None:
            times.append(max(free, self._check_at or free))
        at = min((one for one in times if one is not None), default=None)
        if at is None:
            return self._nap if self._missed else None
        return max(0.0, min((at.micros - now.micros) / SECOND, self._nap))

    def outstanding(self) -> Outstanding:
        """What Engagement may not have yet."""
        totals = self._schedule.totals
        return Outstanding(
            opt_outs=totals.opt_outs,
            opt_ins=totals.opt_ins,
            since=Timestamp(totals.noted_at[0]) if totals.noted_at else None,
            unread=sum(one not in self._schedule for one in self._missed),
            to_acknowledge=totals.to_acknowledge,
            to_check=totals.to_check,
        )

    def lists(self) -> tuple[frozenset[str], frozenset[str]]:
        """The request IDs of those that a person is asked about, and of those that are looked up still."""
        totals = self._schedule.totals
        return frozenset(totals.asked), frozenset(totals.looked_up)

    def open_entries(self) -> tuple[Entry, ...]:
        """What Engagement may not have yet, the oldest first."""
        return tuple(self._journal.entry(one) for one in self._journal.records_in(OPEN_STATES))

    def _line(self, request_id: str) -> tuple[Entry, ...]:
        return (self._schedule.entry_of(request_id),) if request_id in self._schedule else ()

    def _take_up(self) -> Iterator[None]:
        """A start, in short steps."""
        for states in _ALL_TAKEN_UP:
            found: list[tuple[bool, int, str]] = []
            for page in (page for state in sorted(states) for page in self._pages(state)):
                found += ((one.action is Action.ACCEPT, one.seq, one.request_id) for one in page)
                yield
            yield from self._take_up_those(request_id for *_, request_id in sorted(found))
        for page in (page for state in _FOR_A_WORD for page in self._pages(state)):
            yield from self._take_up_those(one.request_id for one in page if one.waits)
            yield
        for state in sorted(UNSETTLED_STATES.difference(*_ALL_TAKEN_UP)):
            # Where a key may not read, all that was ever delivered rests here, as does what was discarded.
            at_rest = 0
            for one in (one for page in self._pages(state, newest_first=True) for one in page):
                if not one.rests:
                    yield from self._take_up_those([one.request_id])
                at_rest += one.request_id not in self._schedule
                if at_rest >= MOST_AT_REST:
                    break

    def _pages(self, state: State, *, newest_first: bool = False) -> Iterator[tuple["Listed", ...]]:
        past = None
        while page := self._journal.page_in(state, past, newest_first=newest_first):
            yield page
            past = page[-1].seq

    def _take_up_those(self, request_ids: Iterable[str]) -> Iterator[None]:
        for request_id in request_ids:
            if request_id not in self._schedule:
                self._follow_or_miss(request_id, is_left=True)
                yield

    def _follow_or_miss(self, request_id: str, *, is_left: bool) -> tuple[Entry, ...]:
        try:
            return self.follow(request_id, is_left=is_left)
        except JournalError:
            # Raises where it is the whole journal that cannot be read now: each try may take long then.
            self._journal.has("")
            return ()
