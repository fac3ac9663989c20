"""The schedule, on records made by hand and on the journal in memory."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.schedule import MOST_AT_ONCE, Schedule, refresh
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, ValidUntil
from consent_desk.domain.lifecycle.messages import WRONG_TIME
from consent_desk.domain.lifecycle.policy import Failing, Plan, Step
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.outcome import Look, Outcome
from tests.consents import NOON, a_noted, a_project, claim, go_on, later
from tests.delivery.desk import CUT, DOWN, SENT, SUCCESS
from tests.memory_journal import MemoryJournal

Told = tuple[float, State, Outcome | Look | None]


def a_record(*facts: Told, **changes: object) -> Record:
    if changes.get("action") is Action.ACCEPT:
        changes["valid_until"] = ValidUntil()
    return Record(
        noted=a_noted(**changes),
        facts=(
            Fact(at=NOON, state=State.QUEUED),
            *(Fact(at=later(at), state=state, outcome=outcome) for at, state, outcome in facts),
        ),
    )


def id_of(record: Record) -> str:
    return record.noted.consent.request_id


def schedule_of(*records: Record) -> Schedule:
    schedule = Schedule()
    for record in records:
        schedule.put(record)
    return schedule


def ids(schedule: Schedule, seconds: float, *, hold_accepts: bool = False) -> list[str]:
    return [due.request_id for due in schedule.due(later(seconds), hold_accepts=hold_accepts)]


def open_count(schedule: Schedule) -> int:
    return schedule.totals.opt_outs + schedule.totals.opt_ins


def opt_in(seconds: float = 0, **changes: object) -> Record:
    return a_record(action=Action.ACCEPT, timestamp=later(seconds), noted_at=later(seconds), **changes)


def opt_out(*facts: Told, seconds: float = 0, **changes: object) -> Record:
    return a_record(*facts, timestamp=later(seconds), noted_at=later(seconds), **changes)


LOST = (SENT, (0, State.UNCONFIRMED, CUT))
REFUSED = (SENT, (0, State.REFUSED, None))
ANNE, BERT = (CustomerId(type="registered", value=name) for name in ("anne", "bert"))


# ----------------------------------------------------------------------------------------- what is due


def test_what_was_noted_is_due_at_once() -> None:
    record = opt_out()
    (due,) = schedule_of(record).due(later(-1000))
    assert (due.request_id, due.project_id) == (id_of(record), a_project().id)
    assert (due.action, due.plan) == (Action.REJECT, Plan(Step.SEND))


def test_opt_outs_go_first_then_the_order_of_the_decisions_counts() -> None:
    records = opt_in(1, customer=ANNE), opt_in(0, customer=BERT), opt_out(seconds=3), opt_out(seconds=2)
    assert ids(schedule_of(*records), 10) == [id_of(records[number]) for number in (3, 2, 1, 0)]


def test_each_is_handed_out_once_until_something_happens() -> None:
    record = opt_out()
    schedule = schedule_of(record)
    assert ids(schedule, 1) == [id_of(record)]
    schedule.put(record)
    assert ids(schedule, 1) == []
    assert schedule.next_at(later(1)) is None
    waiting = Record(
        noted=record.noted,
        facts=(*record.facts, Fact(at=later(2), state=State.RETRY_WAIT, outcome=DOWN)),
    )
    schedule.put(waiting)
    at = schedule.next_at(later(2))
    assert at is not None
    assert later(3) <= at <= later(4)
    assert ids(schedule, 2.5) == []
    assert ids(schedule, 4) == [id_of(record)]


def test_of_many_some_are_handed_out_at_a_time_the_opt_outs_first() -> None:
    opt_ins = [opt_in(number, customer=ANNE) for number in range(3)]
    opt_outs = [opt_out(seconds=number) for number in range(MOST_AT_ONCE)]
    schedule = schedule_of(*opt_ins, *opt_outs)
    assert ids(schedule, 100) == [id_of(one) for one in opt_outs]
    assert schedule.next_at(later(100)) == later(100)
    assert ids(schedule, 100) == [id_of(one) for one in opt_ins]
    assert schedule.next_at(later(100)) is None


def test_of_nothing_there_is_nothing_due_and_nothing_waits() -> None:
    assert Schedule().next_at(NOON) is None
    assert Schedule().due(NOON) == ()
    assert not Schedule().waits_for_reject("unknown")


def test_what_is_left_to_a_person_is_never_due_and_stays_open() -> None:
    refused = opt_out(*REFUSED)
    schedule = schedule_of(refused)
    for request_id in (id_of(refused), "unknown"):
        schedule.postpone(request_id, NOON)
    assert schedule.next_at(NOON) is None
    assert schedule.plan_of(id_of(refused)) == Plan(Step.REST)
    assert open_count(schedule) == 1


def test_what_is_settled_is_forgotten() -> None:
    record = opt_out()
    schedule = schedule_of(record)
    assert open_count(schedule) == 1
    schedule.put(Record(noted=record.noted, facts=(Fact(at=NOON, state=State.VERIFIED),)))
    assert open_count(schedule) == 0
    assert schedule.plan_of(id_of(record)) is None
    assert not schedule.alike(record.noted.subject).all
    schedule.put(Record(noted=record.noted, facts=(Fact(at=NOON, state=State.VERIFIED),)))


def test_a_delivered_one_is_looked_up_but_no_longer_open() -> None:
    schedule = schedule_of(opt_out(SENT, (0, State.DELIVERED, SUCCESS)))
    assert open_count(schedule) == 0
    assert schedule.next_at(NOON) == later(30)


def test_a_clock_that_is_set_back_puts_nothing_off() -> None:
    record = opt_out(*LOST)
    schedule = schedule_of(record)
    assert schedule.next_at(later(-800)) == later(30)
    assert schedule.next_at(later(-1000)) == later(-1000)
    assert ids(schedule, -1000) == [id_of(record)]


# ------------------------------------------------------------------------------------------- postponed


def test_a_look_that_told_nothing_is_put_off_each_time_longer() -> None:
    record = opt_out(*LOST)
    schedule = schedule_of(record)
    waits = []
    for _ in range(12):
        assert ids(schedule, 3600) == [id_of(record)]
        schedule.postpone(id_of(record), later(0))
        at = schedule.next_at(later(0))
        assert at is not None
        waits.append((at.micros - NOON.micros) / 1_000_000)
        assert schedule.plan_of(id_of(record)) == Plan(Step.LOOK_UP, at)
    assert 1 <= waits[0] <= 2
    assert waits[:8] == sorted(waits[:8])
    assert 150 <= waits[-1] <= 300
    schedule.postpone(id_of(record), NOON, at_least=900_000_000)
    assert schedule.next_at(NOON) == later(900)


# -------------------------------------------------------------------- what an earlier run left unsent


class Seconds:
    """Monotonic seconds, which pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def schedule(seconds: Seconds) -> Schedule:
    return Schedule(seconds)


def steps(schedule: Schedule, at: float) -> list[Step]:
    return [due.plan.step for due in schedule.due(later(at))]


def left_by(schedule: Schedule, *facts: Told) -> Record:
    record = opt_out(*facts)
    schedule.put(record, is_left=True)
    return record


def test_an_opt_out_of_an_earlier_run_waits_two_seconds_for_its_look_at_most(
    schedule: Schedule, seconds: Seconds
) -> None:
    record = left_by(schedule)
    (first,) = schedule.due(later(0))
    assert first.plan == Plan(Step.LOOK_UP, unsent=True)
    assert first.is_before_leaving
    assert first.since == 100
    seconds.now += 1.5
    assert schedule.due(later(1)) == ()
    assert schedule.next_at(later(1)) == later(1.5)
    seconds.now += 0.5
    assert steps(schedule, 1) == [Step.SEND]
    # The look ends after that: it is under way, and not handed out once more.
    schedule.end_look(first, later(3))
    schedule.put_back(first, later(3), 300_000_000)
    assert steps(schedule, 1_000) == []
    schedule.postpone(id_of(record), later(3))
    assert steps(schedule, 1_000) == [Step.SEND]


@pytest.mark.parametrize("told", [False, True])
def test_it_leaves_at_once_where_its_look_told_nothing_or_it_is_not_there(
    schedule: Schedule, told: bool
) -> None:
    record = left_by(schedule)
    (first,) = schedule.due(later(0))
    if told:
        looked = Fact(at=later(1), state=State.QUEUED, outcome=Look())
        schedule.put(replace(record, facts=(*record.facts, looked)))
    else:
        schedule.end_look(first, later(0), at_least=900_000_000)
    assert steps(schedule, 1) == [Step.SEND]


def test_while_its_settings_cannot_be_had_it_is_not_sent_without_a_look_either(
    schedule: Schedule, seconds: Seconds
) -> None:
    left_by(schedule)
    (first,) = schedule.due(later(0))
    schedule.put_back(first, later(0), 300_000_000)
    seconds.now += 10
    assert steps(schedule, 299) == []
    assert steps(schedule, 300) == [Step.LOOK_UP]


def test_what_waits_to_be_tried_again_is_looked_up_when_that_is_due(schedule: Schedule) -> None:
    left_by(schedule, SENT, (0, State.RETRY_WAIT, DOWN))
    assert steps(schedule, 0) == []
    assert steps(schedule, 3) == [Step.LOOK_UP]


def test_an_opt_in_of_an_earlier_run_is_looked_up_and_may_be_put_off(schedule: Schedule) -> None:
    record = opt_in()
    schedule.put(record, is_left=True)
    (first,) = schedule.due(later(0))
    assert first.plan == Plan(Step.LOOK_UP, unsent=True)
    assert not first.is_before_leaving
    failing = Failing(2, NOON, Look(blind=True))
    schedule.end_look(first, later(0), at_least=40_000_000, failing=failing)
    assert schedule.plan_of(id_of(record)) == Plan(Step.LOOK_UP, later(40), failing=failing, unsent=True)
    assert steps(schedule, 39) == []
    (again,) = schedule.due(later(40))
    schedule.put_back(again, later(40), 300_000_000)
    assert schedule.next_at(later(40)) == later(340)


def test_what_is_no_longer_there_to_be_put_off_is_no_trouble(schedule: Schedule) -> None:
    record = left_by(schedule)
    (first,) = schedule.due(later(0))
    schedule.forget(first.project_id, record.noted.consent.customer)
    schedule.end_look(first, later(0))
    schedule.put_back(first, later(0), 1)
    assert schedule.next_at(later(0)) is None


def test_it_is_known_how_many_facts_an_earlier_run_left_and_since_when_the_last_is_there(
    schedule: Schedule, seconds: Seconds
) -> None:
    record = opt_out(*LOST)
    schedule.put(record, is_left=True)
    (due,) = schedule.due(later(30))
    assert (due.facts, due.left, due.since) == (3, 3, None)
    seconds.now += 50
    looked = Fact(at=later(30), state=State.NOT_SEEN, outcome=Look())
    schedule.put(replace(record, facts=(*record.facts, looked)))
    seconds.now += 50
    # Planned anew without a fact, the last one is as old as before.
    schedule.put(replace(record, facts=(*record.facts, looked)))
    (due,) = schedule.due(later(120))
    assert (due.facts, due.left, due.since) == (4, 3, 150)


def test_what_is_handed_out_is_being_done_now() -> None:
    record = opt_out(*LOST)
    schedule = schedule_of(record)
    assert schedule.plan_of(id_of(record)) == Plan(Step.LOOK_UP, later(30))
    schedule.due(later(30))
    assert schedule.plan_of(id_of(record)) == Plan(Step.LOOK_UP)


# ----------------------------------------------------------------------------------------- the order


@pytest.mark.parametrize(
    "facts",
    [
        (),
        (SENT,),
        REFUSED,
        (SENT, (0, State.RETRY_WAIT, DOWN)),
        LOST,
        ((0, State.RESTORED, None),),
        (*LOST, (30, State.NOT_SEEN, Look())),
    ],
)
def test_an_opt_in_waits_for_an_earlier_opt_out_that_is_not_settled(
    facts: tuple[Told, ...],
) -> None:
    before, after = opt_out(*facts), opt_in(60)
    schedule = schedule_of(before, after)
    assert id_of(after) not in ids(schedule, 5000)
    assert schedule.waits_for_reject(id_of(after))
    assert not schedule.waits_for_reject(id_of(before))


@pytest.mark.parametrize(
    "before",
    [
        opt_out(SENT, (0, State.DELIVERED, SUCCESS)),
        opt_out((0, State.DISCARDED, None)),
        opt_out(customer=BERT),
        opt_out(category="newsletter"),
        opt_in(),
    ],
    ids=["delivered", "discarded", "another customer", "another category", "an opt-in"],
)
def test_an_opt_in_waits_for_nothing_else(before: Record) -> None:
    after = opt_in(60)
    schedule = schedule_of(before, after)
    assert id_of(after) in ids(schedule, 60)
    assert not schedule.waits_for_reject(id_of(after))


def test_no_opt_out_waits_for_anything() -> None:
    before = a_record(*LOST, action=Action.ACCEPT)
    after = opt_out(seconds=60)
    schedule = schedule_of(opt_out(), before, after)
    assert id_of(after) in ids(schedule, 0, hold_accepts=True)


def test_an_opt_in_that_an_opt_out_overtook_does_not_leave() -> None:
    before, after = opt_in(), opt_out(seconds=60)
    assert ids(schedule_of(before, after), 60) == [id_of(after)]


def test_opt_ins_are_held_while_the_clock_is_wrong_but_looked_up() -> None:
    sent = a_record(*LOST, action=Action.ACCEPT, customer=ANNE)
    waiting = opt_in()
    schedule = schedule_of(sent, waiting)
    assert schedule.next_at(NOON, hold_accepts=True) == later(30)
    assert ids(schedule, 30, hold_accepts=True) == [id_of(sent)]
    assert not schedule.waits_for_reject(id_of(waiting))
    assert ids(schedule, 30) == [id_of(waiting)]


def test_no_opt_in_that_was_stamped_wrong_is_hastened() -> None:
    record = opt_in()
    stuck = replace(record, facts=(*record.facts, Fact(at=NOON, state=State.QUEUED, note=WRONG_TIME)))
    schedule = schedule_of(stuck)
    schedule.hasten(a_project().id)
    assert ids(schedule, 1) == []


# ----------------------------------------------------------------------------------- with the journal


class Counting(MemoryJournal):
    """A journal that counts which records are read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def record(self, request_id: str) -> Record:
        self.read.append(request_id)
        return super().record(request_id)


@pytest.fixture
def journal() -> Counting:
    return Counting()


@pytest.fixture
def note(journal: MemoryJournal) -> Callable[[Record], str]:
    outbox = Outbox(journal, lambda: later(900))
    return lambda record: outbox.note(a_project(), record.noted.consent).request_id


def test_a_later_decision_changes_the_plan_of_an_earlier_one(
    journal: MemoryJournal, note: Callable[[Record], str]
) -> None:
    first = note(opt_out())
    claim(journal, first, NOON)
    go_on(journal, first, Fact(at=NOON, state=State.UNCONFIRMED, outcome=CUT))
    for at in (30, 120, 600):
        go_on(journal, first, Fact(at=later(at), state=State.NOT_SEEN, outcome=Look()))
    schedule = Schedule()
    refresh(schedule, journal, first)
    assert schedule.plan_of(first) == Plan(Step.SEND, second=True)
    second = note(opt_out(seconds=700))
    assert {line.request_id for line in refresh(schedule, journal, second)} == {first, second}
    assert schedule.alike(journal.record(first).noted.subject).open_opt_outs == {first, second}
    assert schedule.plan_of(first) == Plan(Step.ASK)


def test_what_was_discarded_meanwhile_leaves_the_schedule(
    journal: MemoryJournal, note: Callable[[Record], str]
) -> None:
    schedule = Schedule()
    refresh(schedule, journal, before := note(opt_in()))
    refresh(schedule, journal, after := note(opt_out(seconds=60)))
    assert schedule.plan_of(before) is None
    assert schedule.alike(journal.record(after).noted.subject).all == {after}


def test_what_was_settled_before_is_not_read_for_a_later_decision(
    journal: MemoryJournal, note: Callable[[Record], str]
) -> None:
    delivered = note(opt_out())
    claim(journal, delivered, NOON)
    go_on(journal, delivered, Fact(at=NOON, state=State.DELIVERED))
    schedule = Schedule()
    refresh(schedule, journal, delivered)
    second = note(opt_out(seconds=60))
    assert [line.request_id for line in refresh(schedule, journal, second)] == [second]
    assert schedule.plan_of(delivered) is not None


@pytest.mark.parametrize("action", Action)
def test_however_many_a_customer_has_no_other_is_read_than_what_has_changed(
    journal: Counting, note: Callable[[Record], str], action: Action
) -> None:
    schedule = Schedule()

    def make(seconds: float) -> Record:
        return opt_in(seconds) if action is Action.ACCEPT else opt_out(seconds=seconds)

    for number in range(20):
        refresh(schedule, journal, note(make(number)))
    journal.read.clear()
    for seconds, state in ((30, State.DELIVERED), (31, State.REFUSED)):
        one = note(make(seconds))
        claim(journal, one, later(40))
        go_on(journal, one, Fact(at=later(41), state=state, outcome=SUCCESS))
        journal.read.clear()
        assert [line.request_id for line in refresh(schedule, journal, one)] == [one]
        assert journal.read == [one]


def test_what_waits_for_an_opt_out_is_told_of_it_and_not_read(
    journal: Counting, note: Callable[[Record], str]
) -> None:
    schedule = Schedule()
    opt_ins = [note(opt_in(seconds)) for seconds in (50, 60)]
    for one in opt_ins:
        refresh(schedule, journal, one)
    # Dated back: it overtakes none of them.
    first = note(a_record(timestamp=later(1), noted_at=later(70)))
    journal.read.clear()
    assert {line.request_id for line in refresh(schedule, journal, first)} == {first, *opt_ins}
    assert journal.read == [first]
    assert schedule.waits_for_reject(opt_ins[0])


def test_what_an_erased_customer_left_behind_is_no_plan() -> None:
    record = opt_out((0, State.IN_FLIGHT, None), (1, State.DELIVERED, None))
    erased = replace(record, noted=replace(record.noted, body=b""))
    schedule = schedule_of(record)
    schedule.put(erased)
    assert schedule.plan_of(id_of(record)) is None
