"""The schedule and the order, told of each fact as it comes, against what all facts say at once."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_desk.delivery.order import (
    OVERTAKEN,
    discard_all_overtaken,
    discard_overtaken,
    is_noted_later,
    is_overtaken,
    last_later,
    waits_for_opt_out,
)
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.planned import Queue, Rank
from consent_desk.delivery.schedule import UNSETTLED_STATES, Schedule, refresh
from consent_desk.delivery.scheduler import Scheduler
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.judgement import was_withdrawn
from consent_desk.domain.lifecycle.policy import LONGEST_AHEAD, Step, is_time, plan
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context, Entry, Noted, Record, needs_check
from consent_desk.domain.lifecycle.state import (
    CANCELLED_HERE,
    LEGAL,
    OPEN_STATES,
    UNSENT_STATES,
    Fact,
    State,
)
from consent_desk.domain.wire.outcome import Cause, Look, NotSent, Outcome, Phase
from consent_desk.domain.wire.project import Project
from consent_desk.journal.journal import SqliteJournal
from tests.consents import NOON, a_consent, a_project, claim, go_on
from tests.delivery.desk import CUT, DOWN, SUCCESS
from tests.memory_journal import MemoryJournal

LOOKS = (Look(), Look(blind=True), Look(seen=True, valid=True), Look(later=True))
OUTCOMES: dict[State, tuple[Outcome | Look | None, ...]] = {
    State.QUEUED: (None, NotSent(phase=Phase.RESOLVING, cause=Cause.HELD), Look()),
    State.RETRY_WAIT: (DOWN,),
    State.DELIVERED: (SUCCESS,),
    State.UNCONFIRMED: (CUT, DOWN),
    State.REFUSED: (None,),
    State.RESTORED: (None,),
    State.DISCARDED: (None, NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED)),
}
SECONDS = (0, 1, 31, 120, 600, 1_000)

notings = st.tuples(
    st.sampled_from(Action),
    st.sampled_from(("jane", "jane", "joe")),
    st.sampled_from((0, 0, 0, -3, -400)),
    st.booleans(),
)
facts = st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
rare = st.tuples(st.sampled_from(("not seen", "never left", "the clock is set back")), st.integers(0, 100))
events = st.one_of(notings, facts, facts, facts, rare)
Event = tuple[Action, str, int, bool] | tuple[int, int, int] | tuple[str, int]


class Desk:
    """A journal to which anything happens, and a schedule that is told of each."""

    def __init__(self, journal: SqliteJournal) -> None:
        self.journal = journal
        self.time = NOON.micros
        self.ids: list[str] = []
        self.outbox = Outbox(journal, self.now)
        self.schedule = Schedule(lambda: 0.0)

    def now(self) -> Timestamp:
        self.time += 1_000
        return Timestamp(self.time)

    def happens(self, event: Event) -> None:
        match event:
            case "not seen", int(number) if self.ids:
                for seconds in (30, 90, 500):
                    self.time += seconds * 1_000_000
                    self.append(self.ids[number % len(self.ids)], State.NOT_SEEN, Look())
            case "never left", int(number) if self.ids:
                for state in (State.IN_FLIGHT, State.UNCONFIRMED, State.DISCARDED):
                    self.append(self.ids[number % len(self.ids)], state, DOWN)
            case "the clock is set back", int(number):
                self.time -= number * 10_000_000
            case int(number), int(state), int(outcome) if self.ids:
                request_id = self.ids[number % len(self.ids)]
                last = self.journal.record(request_id).facts[-1].state
                following = sorted(LEGAL[last])
                chosen = following[state % len(following)]
                outcomes = OUTCOMES.get(chosen, LOOKS)
                self.time += SECONDS[outcome % len(SECONDS)] * 1_000_000
                self.append(request_id, chosen, outcomes[outcome % len(outcomes)])
            case Action() as action, str(customer), int(seconds), bool(is_timed):
                self.note(action, customer, seconds, is_timed=is_timed)
            case _:
                pass

    def note(self, action: Action, customer: str, seconds: int, *, is_timed: bool) -> None:
        at = self.now()
        consent = a_consent(
            customer=CustomerId(type="registered", value=customer),
            action=action,
            valid_until=ValidUntil() if action is Action.ACCEPT else None,
            timestamp=Timestamp(at.micros + seconds * 1_000_000),
            noted_at=at,
        )
        self.outbox.note(a_project(), consent, Context(existed=True, clock_off=0 if is_timed else None))
        self.ids.append(consent.request_id)
        refresh(self.schedule, self.journal, consent.request_id)

    def append(self, request_id: str, state: State, outcome: Outcome | Look | None) -> None:
        last = self.journal.record(request_id).facts[-1]
        if state is State.IN_FLIGHT:
            claim(self.journal, request_id, self.now())
        elif state in LEGAL[last.state]:
            is_cancelled = state is State.DISCARDED and outcome is not None
            note = CANCELLED_HERE if is_cancelled else ""
            go_on(self.journal, request_id, Fact(at=self.now(), state=state, outcome=outcome, note=note))
        refresh(self.schedule, self.journal, request_id)

    def alike(self, request_id: str) -> tuple[Record, list[Record]]:
        """A consent, and all of its subject, what was noted last first."""
        record = self.journal.record(request_id)
        alike = (self.journal.record(one) for one in reversed(self.ids))
        return record, [one for one in alike if one.noted.subject == record.noted.subject]

    def later(self, request_id: str) -> list[Record]:
        """The later decisions that count."""
        record, alike = self.alike(request_id)
        at = record.noted.consent.timestamp
        return [one for one in alike if one.noted.consent.timestamp > at and not was_withdrawn(one.facts)]

    def is_overtaken(self, request_id: str) -> bool:
        return not all(waits(one) for one in self.later(request_id))

    def is_overtaken_by_opt_out(self, request_id: str) -> bool:
        """Whether it is an opt-in that has not left, and that an opt-out has overtaken."""
        record, alike = self.alike(request_id)
        opt_in, is_after = record.noted.consent, True
        for one in alike:
            opt_out = one.noted.consent
            if opt_out.request_id == request_id:
                is_after = False
            elif opt_out.action is Action.REJECT and not was_withdrawn(one.facts):
                if opt_out.timestamp > opt_in.timestamp and (is_after or one.facts[-1].state in OPEN_STATES):
                    return waits(record)
                if is_after and was_now(opt_out) and was_now(opt_in):
                    return waits(record)
        return False

    def check_order(self) -> None:
        for one in self.ids:
            noted, later = self.journal.record(one).noted, self.later(one)
            times = [record.noted.consent.timestamp for record in later]
            assert is_overtaken(self.journal, noted) is self.is_overtaken(one)
            assert last_later(self.journal, noted) == max(times, default=None)
            known = self.journal.records_in(set(State))
            told = {one for one in known if is_noted_later(self.journal, noted, one)}
            assert told == {record.noted.consent.request_id for record in later}
            _, alike = self.alike(one)
            opt_outs = [each for each in alike if each.noted.consent.action is Action.REJECT]
            is_before = noted.consent.action is Action.ACCEPT and any(map(is_open, opt_outs))
            assert waits_for_opt_out(self.journal, noted) is is_before

    def check_plans(self) -> None:
        for one in self.ids:
            record, alike = self.alike(one)
            action, state = record.noted.consent.action, record.facts[-1].state
            expected = plan(record.facts, action, one, overtaken=self.is_overtaken(one))
            is_planned = state in UNSETTLED_STATES and (
                expected.step is not Step.REST or state in OPEN_STATES or needs_check(record)
            )
            found = self.schedule.plan_of(one)
            assert (found is not None) is is_planned
            assert found is None or found == expected
            opt_outs = [each for each in alike if each.noted.consent.action is Action.REJECT]
            is_to_leave = action is Action.ACCEPT and is_planned and expected.step is Step.SEND
            assert self.schedule.waits_for_reject(one) is (is_to_leave and any(map(is_open, opt_outs)))

    def check_anew(self) -> None:
        told, anew = self.schedule, Schedule(lambda: 0.0)
        for one in self.journal.records_in(UNSETTLED_STATES):
            refresh(anew, self.journal, one)
        assert told.totals == anew.totals
        for seconds in (0, 2, -2, 40, 700, -2_000, 5_000):
            now = Timestamp(self.time + seconds * 1_000_000)
            for hold in (True, False):
                assert told.next_at(now, hold_accepts=hold) == anew.next_at(now, hold_accepts=hold)
            for number in range(3):
                assert told.held(now, number) == anew.held(now, number)
        for seconds in (0, 100, 5_000):
            now = Timestamp(self.time + seconds * 1_000_000)
            for hold in (True, False):
                due = told.due(now, hold_accepts=hold, most=2)
                assert (*due, *told.due(now, hold_accepts=hold, most=1_000)) == anew.due(
                    now, hold_accepts=hold, most=1_000
                )

    def check_start(self) -> None:
        scheduler, totals = Scheduler(self.journal, self.now, lambda: False), self.schedule.totals
        scheduler.begin()
        scheduler.take_up()
        found = scheduler.outstanding()
        assert (found.opt_outs, found.opt_ins) == (totals.opt_outs, totals.opt_ins)
        assert (found.to_acknowledge, found.to_check) == (totals.to_acknowledge, totals.to_check)
        for one in self.ids:
            assert (one in scheduler._schedule) is (one in self.schedule)


def waits(record: Record) -> bool:
    return record.noted.consent.action is Action.ACCEPT and record.facts[-1].state in UNSENT_STATES


def is_open(record: Record) -> bool:
    return record.facts[-1].state in OPEN_STATES


def was_now(consent: Consent) -> bool:
    return consent.timestamp == consent.noted_at


@given(events=st.lists(events, max_size=40))
def test_each_plan_is_what_all_facts_say(events: list[Event]) -> None:
    desk = Desk(MemoryJournal())
    for event in events:
        desk.happens(event)
        desk.check_plans()
    desk.check_anew()


@given(events=st.lists(events, max_size=25))
def test_the_order_is_what_all_facts_say(events: list[Event]) -> None:
    with TemporaryDirectory() as folder, closing(SqliteJournal.open(Path(folder) / "journal")) as journal:
        desk = Desk(journal)
        for event in events:
            desk.happens(event)
        desk.check_order()
        desk.check_plans()
        desk.check_start()


@pytest.mark.parametrize("is_one", [True, False], ids=["one customer", "all"])
@given(events=st.lists(st.one_of(notings, notings, facts, rare), min_size=2, max_size=25))
@example(events=[(Action.ACCEPT, "jane", 0, True), (Action.REJECT, "jane", 0, True), ("never left", 1)])
def test_what_opt_outs_overtook_is_discarded_and_nothing_else(is_one: bool, events: list[Event]) -> None:
    with TemporaryDirectory() as folder, closing(SqliteJournal.open(Path(folder) / "journal")) as journal:
        desk = Desk(journal)
        # Noted, and nothing discarded: the program ended in between.
        desk.outbox = Ending(journal, desk.now)
        for event in events:
            desk.happens(event)
        if not desk.ids:
            return
        noted = journal.record(desk.ids[-1]).noted
        expected = {
            one
            for one in desk.ids
            if desk.is_overtaken_by_opt_out(one)
            and (not is_one or journal.record(one).noted.subject == noted.subject)
        }
        before = {one: journal.record(one).facts for one in desk.ids}
        if is_one:
            discard_overtaken(journal, noted, desk.now)
        else:
            discard_all_overtaken(journal, desk.now)
        assert {one for one in desk.ids if journal.record(one).facts != before[one]} == expected
        assert {journal.record(one).facts[-1].outcome for one in expected} <= {OVERTAKEN}


class Ending(Outbox):
    """Notes, and is ended before it goes on."""

    def note(self, project: Project, consent: Consent, context: Context = NO_CONTEXT) -> Entry:
        noted = Noted.of(project, consent, context)
        self._journal.note_all((noted,))
        return Entry.of(noted, State.QUEUED)


# ------------------------------------------------------------------------------------- the queue

FIRST = Timestamp(10 * LONGEST_AHEAD)
NAMES = [f"name-{number}" for number in range(8)]

queue_times = st.integers(-30, 30).map(lambda steps: Timestamp(FIRST.micros + steps * LONGEST_AHEAD // 10))
moves = st.tuples(st.sampled_from(NAMES), queue_times | st.none(), st.booleans(), queue_times)


def queued(queue: Queue) -> list[str]:
    return [request_id for _, request_id in queue.due]


@given(moves=st.lists(moves, max_size=30))
def test_what_is_due_is_what_each_one_says(
    moves: list[tuple[str, Timestamp | None, bool, Timestamp]],
) -> None:
    queue = Queue()
    waiting: dict[str, tuple[Timestamp, Rank]] = {}
    for number, (name, at, is_opt_in, now) in enumerate(moves):
        if at is None:
            queue.drop(name)
            waiting.pop(name, None)
        else:
            waiting[name] = (at, (is_opt_in, -number, number))
            queue.put(name, *waiting[name])
        queue.tell(now)
        due = sorted((rank, one) for one, (time, rank) in waiting.items() if is_time(time, now))
        assert [*queue.due] == due
        first = min((time for time, _ in waiting.values()), default=None)
        assert queue.next_at == (now if due else first)


def test_very_many_are_due_at_once_in_their_order() -> None:
    queue = Queue()
    for number in range(100):
        queue.put(f"{number}", Timestamp(FIRST.micros + number), (number % 2 == 1, 100 - number, number))
    queue.tell(Timestamp(FIRST.micros + 9))
    assert queued(queue) == ["8", "6", "4", "2", "0", "9", "7", "5", "3", "1"]
    queue.tell(Timestamp(FIRST.micros + 99))
    assert queued(queue) == [
        *(f"{number}" for number in range(98, -1, -2)),
        *(f"{n}" for n in range(99, 0, -2)),
    ]
