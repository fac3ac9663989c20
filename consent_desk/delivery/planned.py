"""What is planned for one consent, beside what else is planned about its subject, in total, and in time."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.policy import LONGEST_AHEAD, Failing, Plan, Step
from consent_desk.domain.lifecycle.record import Entry, Subject
from consent_desk.domain.lifecycle.state import (
    ACCEPTED_STATES,
    OPEN_STATES,
    TO_CHECK_STATES,
    UNSENT_STATES,
    State,
)

AT_ONCE = Timestamp(1)

Rank = tuple[bool, int, int]
"""What is due leaves in this order; no two have the same."""

_FEW = 32
"""So many are put in order one by one; more of them all together."""


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
class Item:
    """What is planned for one consent.

    `number` is its own; the lower one was planned for first. `plans`: as if no later decision ruled, and as
    if one did: the same for most. `at`: when it is due, None where it is not.
    """

    due: Due
    entry: Entry
    subject: Subject
    timestamp: Timestamp
    number: int
    at: Timestamp | None
    is_timed: bool
    is_stuck: bool
    plans: tuple[Plan, Plan]
    tries: int = 0
    is_out: bool = False
    failing: Failing | None = None
    # An opt-out that an earlier run left unsent: to be looked up before it leaves, since then at the latest.
    is_to_be_seen: bool = False
    looked_since: float | None = None

    @property
    def request_id(self) -> str:
        """Whose plan it is."""
        return self.due.request_id

    @property
    def state(self) -> State:
        """How far it has come."""
        return self.entry.state

    @property
    def plan(self) -> Plan:
        """What comes next."""
        return self.due.plan

    @property
    def is_open(self) -> bool:
        """Whether Engagement may not have it yet."""
        return self.state in OPEN_STATES

    @property
    def is_to_leave(self) -> bool:
        """Whether it is an opt-in that is to be sent: not before an opt-out."""
        return self.due.action is Action.ACCEPT and self.plan.step is Step.SEND

    @property
    def rank(self) -> Rank:
        """Its place among those that are due: opt-outs first, then the earlier decisions."""
        return (self.due.action is Action.ACCEPT, self.timestamp.micros, self.number)

    @property
    def may_go_again(self) -> bool:
        """Whether it goes out a second time unless a later decision rules."""
        return self.plans[0] != self.plans[1]


@dataclass(slots=True)
class Alike:
    """What is planned about one subject, in request IDs.

    `to_leave`: opt-ins that are to be sent; `unsent`: opt-ins that may be discarded; `again`: the opt-outs
    that go out a second time unless they are `ruled`: their timestamps are before that one.
    """

    all: set[str] = field(default_factory=set)
    open_opt_outs: set[str] = field(default_factory=set)
    to_leave: set[str] = field(default_factory=set)
    unsent: set[str] = field(default_factory=set)
    again: list[tuple[int, str]] = field(default_factory=list)
    ruled: int = 0

    def add(self, item: Item) -> None:
        """One more is planned."""
        for group in self._groups(item):
            group.add(item.request_id)
        if item.may_go_again:
            insort(self.again, (item.timestamp.micros, item.request_id))

    def remove(self, item: Item) -> None:
        """It is not planned any more."""
        for group in self._groups(item):
            group.discard(item.request_id)
        if item.may_go_again:
            self.again.remove((item.timestamp.micros, item.request_id))

    def _groups(self, item: Item) -> Iterator[set[str]]:
        yield self.all
        is_opt_in = item.due.action is Action.ACCEPT
        if item.is_open and not is_opt_in:
            yield self.open_opt_outs
        if item.is_to_leave:
            yield self.to_leave
        if is_opt_in and item.state in UNSENT_STATES:
            yield self.unsent


@dataclass(slots=True)
class Totals:
    """How many are planned that Engagement may not have yet, and that a person has to acknowledge or check.

    `noted_at`: when each of the first was noted, in microseconds, the oldest first. `asked`: the request IDs
    of those that a person is asked about; `looked_up`: of those that have arrived, and are looked up still.
    """

    opt_outs: int = 0
    opt_ins: int = 0
    noted_at: list[int] = field(default_factory=list)
    to_acknowledge: int = 0
    to_check: int = 0
    asked: set[str] = field(default_factory=set)
    looked_up: set[str] = field(default_factory=set)

    def add(self, item: Item) -> None:
        """One more is planned."""
        if item.is_open:
            insort(self.noted_at, item.entry.noted_at.micros)
        for those in self._lists(item):
            those.add(item.request_id)
        self._count(item, 1)

    def remove(self, item: Item) -> None:
        """It is not planned any more."""
        if item.is_open:
            del self.noted_at[bisect_left(self.noted_at, item.entry.noted_at.micros)]
        for those in self._lists(item):
            those.discard(item.request_id)
        self._count(item, -1)

    def _lists(self, item: Item) -> Iterator[set[str]]:
        if item.plan.step is Step.ASK:
            yield self.asked
        is_right = item.state not in TO_CHECK_STATES or item.entry.checked
        if item.plan.step is Step.LOOK_UP and item.state in ACCEPTED_STATES and is_right:
            yield self.looked_up

    def _count(self, item: Item, one: int) -> None:
        is_opt_in = item.due.action is Action.ACCEPT
        self.opt_outs += one * (item.is_open and not is_opt_in)
        self.opt_ins += one * (item.is_open and is_opt_in)
        self.to_acknowledge += one * (item.plan.step is Step.ACKNOWLEDGE)
        self.to_check += one * (item.state in TO_CHECK_STATES and not item.entry.checked)


def planned(item: Item, next_step: Plan) -> Item:
    """`item` with this plan, of which nothing was tried so far."""
    is_due = next_step.step in {Step.SEND, Step.LOOK_UP} and not item.is_stuck
    return replace(
        item,
        due=replace(item.due, plan=next_step),
        at=(next_step.at or AT_ONCE) if is_due else None,
        failing=next_step.failing,
        tries=0,
        is_out=False,
        is_to_be_seen=False,
        looked_since=None,
    )


class Queue:
    """Request IDs: those that are due by their rank, the others by their time.

    The clock is told to it. Where that is set back, what was due may not be any more, and what lies further
    ahead than anything is planned for is (`policy.is_time`).
    """

    def __init__(self) -> None:
        self._ready: list[tuple[Rank, str]] = []
        self._later: list[tuple[int, Rank, str]] = []
        self._places: dict[str, tuple[int, Rank]] = {}
        self._now = 0
        # The latest time of what is due: after now only where it lies so far ahead.
        self._last_ready = 0

    def put(self, request_id: str, at: Timestamp, rank: Rank) -> None:
        """Let one wait, or wait otherwise."""
        self.drop(request_id)
        self._places[request_id] = (at.micros, rank)
        insort(self._later, (at.micros, rank, request_id))

    def drop(self, request_id: str) -> None:
        """Let one wait no more, if it does."""
        place = self._places.pop(request_id, None)
        if place is None:
            return
        at, rank = place
        waiting = (at, rank, request_id)
        number = bisect_left(self._later, waiting)
        if self._later[number : number + 1] == [waiting]:
            del self._later[number]
        else:
            del self._ready[bisect_left(self._ready, (rank, request_id))]

    def tell(self, now: Timestamp) -> None:
        """It is `now`."""
        if now.micros < max(self._now, self._last_ready):
            # The clock was set back: what is ready has to be asked anew.
            ready = ((self._places[request_id][0], rank, request_id) for rank, request_id in self._ready)
            self._later = sorted((*self._later, *ready))
            self._ready, self._last_ready = [], 0
        self._now = now.micros
        due = bisect_right(self._later, now.micros, key=_time)
        ahead = bisect_right(self._later, now.micros + LONGEST_AHEAD, key=_time)
        if due == 0 and ahead == len(self._later):
            return
        if ahead < len(self._later):
            self._last_ready = self._later[-1][0]
        found = [(rank, request_id) for _, rank, request_id in (*self._later[:due], *self._later[ahead:])]
        self._later = self._later[due:ahead]
        if len(found) > _FEW:
            self._ready = sorted((*self._ready, *found))
        else:
            for one in found:
                insort(self._ready, one)

    @property
    def due(self) -> Sequence[tuple[Rank, str]]:
        """What is due, as of what was told last."""
        return self._ready

    @property
    def next_at(self) -> Timestamp | None:
        """When something is due, as of what was told last; None where nothing waits."""
        if self._ready:
            return Timestamp(self._now)
        return Timestamp(self._later[0][0]) if self._later else None


def _time(waiting: tuple[int, Rank, str]) -> int:
    return waiting[0]
