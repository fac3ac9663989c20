"""The scheduler: what is due, when to ask again, and what a person is told of it."""

from typing import Any

import pytest

from consent_desk.delivery import scheduler as module
from consent_desk.delivery.schedule import FIRST_LOOK
from consent_desk.delivery.scheduler import Outstanding, Scheduler
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp, ValidUntil
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.messages import WRONG_TIME
from consent_desk.domain.lifecycle.policy import Failing, Step
from consent_desk.domain.lifecycle.record import Context, Noted, Record
from consent_desk.domain.lifecycle.state import CANCELLED_HERE, Fact, State
from consent_desk.domain.message import say
from consent_desk.domain.wire.outcome import (
    Cause,
    FailedLook,
    Look,
    NoLook,
    NotSent,
    Outcome,
    Phase,
)
from tests.consents import NOON, a_noted, claim, go_on, later, write_down
from tests.delivery.desk import CUT, DOWN, SUCCESS
from tests.memory_journal import MemoryJournal

SEEN = Look(seen=True, valid=False)


class Unreadable(MemoryJournal):
    """A journal that cannot be read while `trouble` lasts, or of which some `rows` cannot be understood."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble = False
        self.rows: set[str] = set()

    def has(self, request_id: str) -> bool:
        if self.trouble:
            raise JournalError(say("tests", "It cannot be read."), say("tests", "Try again."))
        return super().has(request_id)

    def record(self, request_id: str) -> Record:
        if self.trouble or request_id in self.rows:
            raise JournalError(say("tests", "It cannot be read."), say("tests", "Try again."))
        return super().record(request_id)


class Desk:
    """A journal, a clock that stands still, and the scheduler over both."""

    def __init__(self) -> None:
        self.journal = Unreadable()
        self.now = NOON
        self.steady = 0.0
        self.time_is_untold = False
        self.scheduler = self.restarted()

    def restarted(self, *, nap: float = 1_000_000.0) -> Scheduler:
        return Scheduler(
            self.journal,
            lambda: self.now,
            lambda: self.time_is_untold,
            steady=lambda: self.steady,
            nap=nap,
        )

    def left(self, state: State | None = None, outcome: Outcome | Look | None = None, **changes: Any) -> str:
        """A consent that was noted, and came as far as `state`."""
        noted: Noted = a_noted(**changes)
        request_id = noted.consent.request_id
        write_down(self.journal, noted)
        if state is not None:
            claim(self.journal, request_id, NOON)
            self.append(request_id, 0, state, outcome)
        return request_id

    def append(
        self, request_id: str, seconds: float, state: State, outcome: Any = None, note: str = ""
    ) -> None:
        go_on(self.journal, request_id, Fact(at=later(seconds), state=state, outcome=outcome, note=note))

    def noted(self, state: State | None = None, outcome: Outcome | None = None, **changes: Any) -> str:
        """A consent that this run noted, and brought as far as `state`."""
        request_id = self.left(state, outcome, **changes)
        self.scheduler.follow(request_id)
        return request_id

    def due(self, scheduler: Scheduler | None = None) -> list[tuple[str, Step]]:
        tasks = (scheduler or self.scheduler).due()
        assert all(task.entry.request_id == task.due.request_id for task in tasks)
        return [(task.due.request_id, task.due.plan.step) for task in tasks]

    def checked(self) -> str | None:
        """The opt-in for whose project the time is to be asked now."""
        task = self.scheduler.clock_check()
        return None if task is None else task.entry.request_id


@pytest.fixture
def desk() -> Desk:
    return Desk()


def start(scheduler: Scheduler) -> None:
    scheduler.begin()
    assert not scheduler.take_up()


def accept(timestamp: Timestamp = NOON) -> dict[str, Any]:
    return {
        "action": Action.ACCEPT,
        "valid_until": ValidUntil(),
        "timestamp": timestamp,
        "noted_at": timestamp,
    }


def test_a_start_takes_up_what_is_open_and_what_was_accepted(desk: Desk) -> None:
    queued = desk.left()
    lost = desk.left(State.UNCONFIRMED, CUT, category="newsletter")
    delivered = desk.left(State.DELIVERED, category="email")
    desk.left(State.REFUSED, category="phone")
    start(desk.scheduler)
    assert desk.due() == [(queued, Step.LOOK_UP)]
    desk.steady = FIRST_LOOK
    assert desk.due() == [(queued, Step.SEND)]
    desk.now = later(30)
    assert sorted(desk.due()) == sorted([(lost, Step.LOOK_UP), (delivered, Step.LOOK_UP)])
    assert desk.due() == []


class Ticking:
    """Seconds of which one passes with each look at them."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def ticking(desk: Desk) -> Scheduler:
    """A scheduler to which every step takes long."""
    return Scheduler(desk.journal, lambda: desk.now, lambda: False, steady=Ticking())


def test_a_start_is_taken_up_in_steps_opt_outs_first_and_the_oldest_of_them(
    desk: Desk, ticking: Scheduler
) -> None:
    desk.left(category="one", **accept())
    opt_outs = [desk.left(State.RETRY_WAIT, DOWN), desk.left(), desk.left(State.UNCONFIRMED, CUT)]
    desk.left(State.DELIVERED, category="two")
    ticking.begin()
    found: list[tuple[int, int]] = []
    planned: list[str] = []
    while ticking.take_up(0):
        assert ticking.wait() == 0
        found.append((ticking.outstanding().opt_outs, ticking.outstanding().opt_ins))
        planned += [one for one in opt_outs if ticking.outlook(one) is not None and one not in planned]
    assert list(dict.fromkeys(found)) == [(0, 0), (1, 0), (2, 0), (3, 0), (3, 1)]
    assert planned == opt_outs
    assert not ticking.take_up(0)


def test_what_is_noted_while_a_start_is_taken_up_is_of_no_earlier_run(desk: Desk, ticking: Scheduler) -> None:
    desk.left(category="email")
    ticking.begin()
    assert ticking.take_up(0)
    noted = desk.left()
    ticking.follow(noted)
    while ticking.take_up(0):
        pass
    assert (noted, Step.SEND) in desk.due(ticking)


def test_an_opt_in_that_is_noted_while_a_start_is_taken_up_waits_for_what_comes_then(
    desk: Desk, ticking: Scheduler
) -> None:
    opt_out = desk.left()
    ticking.begin()
    opt_in = desk.left(**accept(later(1)))
    assert {line.request_id for line in ticking.follow(opt_in)} == {opt_in, opt_out}
    assert desk.due(ticking) == [(opt_out, Step.LOOK_UP)]
    assert "until the earlier opt-out" in str(ticking.outlook(opt_in))


def test_what_is_settled_costs_a_start_nothing(desk: Desk) -> None:
    seen = [desk.left(State.DELIVERED, SUCCESS, category=f"c{number}") for number in range(3)]
    for one in seen:
        desk.append(one, 30, State.VERIFIED, SEEN)
    for number in range(3):
        desk.append(desk.left(category=f"d{number}"), 0, State.DISCARDED, note="typed wrong")
    # None of them could be read.
    desk.journal.rows = set(desk.journal.records_in(set(State)))
    start(desk.scheduler)
    assert desk.scheduler.outstanding() == Outstanding()


def test_it_is_caught_up_with_in_steps_too(desk: Desk, ticking: Scheduler) -> None:
    ids = [desk.left(category=f"c{number}") for number in range(3)]
    [first] = ticking.catch_up((ids[0], ids[1]), 0)
    assert first.request_id == ids[0]
    assert ticking.wait() == 0
    assert ticking.outstanding() == Outstanding(opt_outs=1, since=NOON, unread=1)
    # What is followed meanwhile is not followed again.
    ticking.follow(ids[1])
    assert ticking.catch_up((), 0) == ()
    [last] = ticking.catch_up((ids[2],))
    assert last.request_id == ids[2]
    assert len(desk.due(ticking)) == 3
    assert ticking.wait() != 0


def test_no_more_is_handed_out_than_is_asked_for(desk: Desk) -> None:
    for number in range(3):
        desk.noted(category=f"c{number}")
    assert len(desk.scheduler.due(2)) == 2
    assert len(desk.scheduler.due(2)) == 1


BLIND = Look(seen=False, blind=True)
UNSEEN = Look(seen=False)


def looked_up(desk: Desk, *looks: tuple[float, Look], category: str) -> str:
    """A delivered consent that is not shown, and at how many seconds that was seen."""
    request_id = desk.left(State.DELIVERED, SUCCESS, category=category)
    for at, look in looks:
        desk.append(request_id, at, State.NOT_SHOWN, look)
    return request_id


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AT_REST", 2)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(("looks", "at"), [((), 30), (((30, UNSEEN),), 120)], ids=["never", "again"])
def test_all_that_is_to_be_looked_up_is_taken_up(
    desk: Desk, looks: tuple[tuple[float, Look], ...], at: float
) -> None:
    ids = [looked_up(desk, *looks, category=f"category{number}") for number in range(3)]
    start(desk.scheduler)
    desk.now = later(at)
    assert sorted(request_id for request_id, _ in desk.due()) == sorted(ids)


@pytest.mark.usefixtures("few")
def test_what_is_discarded_for_good_keeps_nothing_delivered_from_being_looked_up(desk: Desk) -> None:
    waiting = looked_up(desk, (30, UNSEEN), category="first")
    for number in range(3):
        desk.append(desk.left(category=f"category{number}"), 0, State.DISCARDED, note="typed wrong")
    start(desk.scheduler)
    desk.now = later(120)
    assert desk.due() == [(waiting, Step.LOOK_UP)]


@pytest.mark.usefixtures("few")
def test_of_what_rests_because_the_key_may_not_read_a_start_reads_the_newest_alone(desk: Desk) -> None:
    blind = [(at, BLIND) for at in (30, 120, 600)]
    ids = [looked_up(desk, *blind, category=f"category{number}") for number in range(3)]
    desk.journal.rows = {ids[0]}
    start(desk.scheduler)
    assert desk.scheduler.outstanding() == Outstanding()


def test_who_is_asked_and_what_is_looked_up_still_is_told(desk: Desk) -> None:
    waiting = looked_up(desk, (30, UNSEEN), category="waiting")
    asked = looked_up(desk, *((at, UNSEEN) for at in (30, 120, 600)), category="asked")
    unsent = desk.left(State.RETRY_WAIT, DOWN, category="unsent")
    start(desk.scheduler)
    assert desk.scheduler.lists() == (frozenset({asked}), frozenset({waiting}))
    desk.append(waiting, 120, State.VERIFIED, SEEN)
    desk.scheduler.follow(waiting)
    desk.scheduler.follow(unsent)
    assert desk.scheduler.lists() == (frozenset({asked}), frozenset())


def test_following_brings_the_line_of_the_consent(desk: Desk) -> None:
    request_id = desk.left(State.RETRY_WAIT, DOWN)
    [entry] = desk.scheduler.follow(request_id)
    assert (entry.request_id, entry.state) == (request_id, State.RETRY_WAIT)


@pytest.mark.parametrize("is_planned", [True, False])
def test_what_is_put_off_comes_again_later_and_not_before_the_server_wants(
    desk: Desk, is_planned: bool
) -> None:
    request_id = desk.left()
    if is_planned:
        desk.scheduler.follow(request_id)
        assert desk.due() == [(request_id, Step.SEND)]
    desk.scheduler.put_off(request_id, 40_000_000)
    desk.scheduler.follow(request_id)
    desk.now = later(39)
    assert desk.due() == []
    desk.now = later(40)
    assert desk.due() == [(request_id, Step.SEND)]


def test_it_waits_until_something_is_due_and_never_longer_than_a_nap(desk: Desk) -> None:
    desk.noted(State.REFUSED, category="newsletter")
    assert desk.scheduler.wait() is None
    desk.noted(State.UNCONFIRMED, CUT)
    assert desk.scheduler.wait() == 30
    desk.now = later(31)
    assert desk.scheduler.wait() == 0
    desk.now = NOON
    napping = desk.restarted(nap=5)
    start(napping)
    assert napping.wait() == 5


def test_the_outlook_tells_when_it_is_looked_up_until_it_is_settled(desk: Desk) -> None:
    request_id = desk.noted(State.DELIVERED)
    outlook = desk.scheduler.outlook(request_id)
    assert outlook is not None
    assert (outlook.template, outlook.values) == ("Checking at {at}.", {"at": later(30)})
    desk.append(request_id, 30, State.VERIFIED, SEEN)
    desk.scheduler.follow(request_id)
    for one in (request_id, "never noted"):
        assert desk.scheduler.outlook(one) is None
        assert desk.scheduler.failing(one) is None
        assert desk.scheduler.question(one) is None


def test_an_opt_in_behind_an_opt_out_is_not_due_and_its_outlook_says_why(desk: Desk) -> None:
    opt_out = desk.left(State.UNCONFIRMED, CUT)
    opt_in = desk.noted(**accept(later(1)))
    assert desk.due() == []
    assert "until the earlier opt-out" in str(desk.scheduler.outlook(opt_in))
    desk.append(opt_out, 30, State.VERIFIED, SEEN)
    assert {entry.request_id for entry in desk.scheduler.follow(opt_out)} == {opt_out, opt_in}
    assert desk.due() == [(opt_in, Step.SEND)]


def test_while_nobody_has_told_the_time_opt_ins_alone_are_held_and_their_outlook_says_so(desk: Desk) -> None:
    desk.time_is_untold = True
    opt_in, opt_out = desk.noted(**accept()), desk.noted(category="newsletter")
    assert "this computer's clock is not checked yet" in str(desk.scheduler.outlook(opt_in))
    assert str(desk.scheduler.outlook(opt_out)) == "It is sent in its turn."
    assert desk.due() == [(opt_out, Step.SEND)]
    desk.time_is_untold = False
    assert desk.due() == [(opt_in, Step.SEND)]


@pytest.fixture
def held(desk: Desk) -> str:
    """An opt-in that waits for the time to be told, at a scheduler that naps for 30 s."""
    desk.time_is_untold = True
    desk.scheduler = desk.restarted(nap=30)
    return desk.noted(**accept())


def test_an_opt_in_that_was_noted_while_the_time_was_known_waits_for_nobody_to_tell_it(
    desk: Desk, held: str
) -> None:
    opt_in = desk.noted(**accept(later(1)), category="newsletter", context=Context(clock_off=-7_200))
    assert str(desk.scheduler.outlook(opt_in)) == "It is sent in its turn."
    assert desk.due() == [(opt_in, Step.SEND)]
    assert desk.checked() == held


def test_an_opt_in_that_was_found_stamped_wrong_is_nobodys_turn_and_says_what_to_do(desk: Desk) -> None:
    opt_in = desk.left(**accept())
    desk.append(opt_in, 0, State.QUEUED, note=WRONG_TIME)
    start(desk.scheduler)
    assert desk.due() == []
    assert desk.scheduler.wait() is None
    assert "Discard it, and enter the opt-in again." in str(desk.scheduler.outlook(opt_in))
    assert desk.scheduler.outstanding().opt_ins == 1


def test_the_time_is_asked_for_once_a_nap_while_an_opt_in_is_held(desk: Desk, held: str) -> None:
    assert desk.scheduler.wait() == 0
    assert desk.checked() == held
    assert desk.scheduler.wait() == 30
    assert desk.checked() is None
    desk.now = later(30)
    assert desk.checked() == held
    desk.now, desk.time_is_untold = later(60), False
    assert desk.checked() is None


def test_nobody_is_asked_for_the_time_for_an_opt_out_or_what_waits_for_one(desk: Desk) -> None:
    desk.time_is_untold = True
    desk.noted(State.UNCONFIRMED, CUT)
    desk.noted(**accept(later(1)))
    assert desk.checked() is None


def test_the_next_time_another_opt_in_names_the_project_that_is_asked(desk: Desk, held: str) -> None:
    second = desk.noted(category="newsletter", **accept(later(1)))
    assert desk.checked() == held
    desk.now = later(30)
    assert desk.checked() == second


def test_asking_for_the_time_can_be_put_off_until_there_are_new_settings(desk: Desk, held: str) -> None:
    desk.scheduler.put_off_check(300_000_000)
    desk.now = later(299)
    assert desk.checked() is None
    desk.scheduler.hasten("any project")
    assert desk.checked() == held
    desk.scheduler.put_off_check(300_000_000)
    desk.now = later(599)
    assert desk.checked() == held


def test_what_is_outstanding_is_counted_by_action_and_listed_oldest_first(desk: Desk) -> None:
    ids = [desk.left(State.REFUSED), desk.left(category="newsletter"), desk.left(**accept(later(1)))]
    desk.left(State.DELIVERED, category="email")
    start(desk.scheduler)
    assert desk.scheduler.outstanding() == Outstanding(opt_outs=2, opt_ins=1, since=NOON)
    assert int(desk.scheduler.outstanding()) == 3
    desk.noted(timestamp=later(-9), noted_at=later(-3), category="calls")
    desk.noted(timestamp=later(-8), noted_at=later(-7), category="post")
    assert desk.scheduler.outstanding().since == later(-7)
    assert [entry.request_id for entry in desk.scheduler.open_entries()][:3] == ids


def test_what_was_cancelled_counts_beside_after_any_restart_until_it_is_acknowledged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = desk.left()
    outcome = NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED)
    desk.append(cancelled, 0, State.DISCARDED, outcome, CANCELLED_HERE)
    # However many were discarded since then.
    monkeypatch.setattr(module, "MOST_AT_REST", 1)
    for _ in range(3):
        desk.append(desk.left(), 0, State.DISCARDED, note="typed twice (by mary)")
    scheduler = desk.restarted()
    start(scheduler)
    assert scheduler.outstanding() == Outstanding(to_acknowledge=1)
    assert int(scheduler.outstanding()) == 0
    outlook = scheduler.outlook(cancelled)
    assert outlook is not None
    assert "until it is acknowledged" in outlook.template
    assert scheduler.due() == ()
    desk.append(cancelled, 0, State.DISCARDED, note="acknowledged (by mary)")
    scheduler.follow(cancelled)
    assert scheduler.outstanding() == Outstanding()


def test_what_was_put_off_comes_at_once_when_the_settings_of_its_project_were_saved(desk: Desk) -> None:
    mine, _ = desk.noted(), desk.noted(category="newsletter")
    # A retry that was planned is none of these.
    desk.noted(State.RETRY_WAIT, DOWN, category="email")
    desk.due()
    desk.scheduler.put_off(mine, 300_000_000)
    project_id = desk.journal.record(mine).noted.project_id
    desk.scheduler.hasten("another project")
    assert desk.due() == []
    desk.scheduler.hasten(project_id)
    assert desk.due() == [(mine, Step.SEND)]
    desk.scheduler.hasten(project_id)
    assert desk.due() == []


def test_what_is_held_has_no_outlook_beside_what_is_said_of_it(desk: Desk) -> None:
    held = desk.noted(State.QUEUED, NotSent(phase=Phase.RESOLVING, cause=Cause.HELD))
    assert desk.scheduler.outlook(held) is None


def test_of_an_erased_customer_nothing_is_planned_any_more(desk: Desk) -> None:
    jane, joe = (CustomerId(type="registered", value=name) for name in ("jane", "joe"))
    erased = desk.left(State.DELIVERED, SUCCESS, customer=jane)
    kept = desk.left(State.DELIVERED, SUCCESS, customer=joe)
    start(desk.scheduler)
    desk.scheduler.forget(a_noted().project_id, jane)
    desk.now = later(1_000)
    assert desk.due() == [(kept, Step.LOOK_UP)]
    assert desk.scheduler.outlook(erased) is None


# ------------------------------------------------------------------------- a journal that cannot be read


def test_what_is_due_and_its_outlook_are_told_though_the_journal_cannot_be_read_just_then(
    desk: Desk,
) -> None:
    request_id = desk.noted()
    desk.journal.trouble = True
    assert str(desk.scheduler.outlook(request_id)) == "It is sent in its turn."
    assert desk.due() == [(request_id, Step.SEND)]


def test_a_consent_that_could_not_be_followed_is_planned_the_next_time(desk: Desk) -> None:
    request_id, scheduler = desk.left(), desk.restarted(nap=5)
    desk.journal.trouble = True
    with pytest.raises(JournalError):
        scheduler.follow(request_id)
    assert scheduler.wait() == 5
    desk.journal.trouble = False
    [entry] = scheduler.catch_up()
    assert entry.request_id == request_id
    assert desk.due(scheduler) == [(request_id, Step.SEND)]
    assert scheduler.catch_up() == ()


def test_while_the_whole_journal_cannot_be_read_it_is_not_tried_for_each_consent(desk: Desk) -> None:
    ids = desk.left(), desk.left(category="newsletter")
    desk.journal.trouble = True
    with pytest.raises(JournalError):
        desk.scheduler.catch_up(ids)
    desk.journal.trouble = False
    assert {entry.request_id for entry in desk.scheduler.catch_up()} == {*ids}


def test_a_start_that_could_not_read_the_journal_is_made_up_for(desk: Desk) -> None:
    request_id = desk.left(State.RETRY_WAIT, DOWN)
    desk.journal.trouble = True
    with pytest.raises(JournalError):
        start(desk.scheduler)
    with pytest.raises(JournalError):
        desk.scheduler.catch_up()
    desk.journal.trouble = False
    desk.scheduler.catch_up()
    desk.now = later(300)
    assert desk.due() == [(request_id, Step.LOOK_UP)]


def test_a_start_takes_up_all_that_can_be_read_beside_what_cannot(desk: Desk) -> None:
    strange, good = desk.left(), desk.left(category="newsletter")
    desk.journal.rows = {strange}
    start(desk.scheduler)
    assert desk.due() == [(good, Step.LOOK_UP)]


def test_what_cannot_be_read_counts_as_outstanding(desk: Desk) -> None:
    desk.journal.rows = {desk.left()}
    start(desk.scheduler)
    assert desk.scheduler.outstanding() == Outstanding(unread=1)
    desk.journal.rows = set()
    desk.scheduler.catch_up()
    assert desk.scheduler.outstanding() == Outstanding(opt_outs=1, since=NOON)


def test_what_was_planned_before_it_could_not_be_read_is_counted_once(desk: Desk) -> None:
    request_id = desk.left()
    start(desk.scheduler)
    desk.journal.rows = {request_id}
    desk.scheduler.catch_up((request_id,))
    assert desk.scheduler.outstanding() == Outstanding(opt_outs=1, since=NOON)


# --------------------------------------------------------------------------------------- looks that fail


def test_what_is_told_of_looks_that_fail_is_true_when_it_is_told(desk: Desk) -> None:
    request_id = desk.noted(State.UNCONFIRMED, CUT)
    desk.now = later(30)
    (task,) = desk.scheduler.due()
    assert str(desk.scheduler.outlook(request_id)) == "It is being looked up now."
    failing = Failing(3, NOON, FailedLook(why=NoLook.TOO_LARGE))
    [entry] = desk.scheduler.end_look(task.due, 40_000_000, failing)
    assert entry.request_id == request_id
    assert desk.scheduler.failing(request_id) == failing
    told = str(desk.scheduler.outlook(request_id))
    assert "3 looks have failed since" in told
    assert told.endswith("Checking at 2026-05-31 12:01 UTC.")
    desk.now = later(70)
    assert str(desk.scheduler.outlook(request_id)).endswith("It is being looked up now.")
    assert desk.scheduler.question(request_id) is None


def test_whoever_sends_again_what_could_not_be_looked_up_is_asked(desk: Desk) -> None:
    request_id = desk.left(State.UNCONFIRMED, CUT)
    for at, count in ((30, 1), (8_000, 9)):
        desk.append(request_id, at, State.UNCONFIRMED, FailedLook(why=NoLook.REFUSED, failed=count))
    start(desk.scheduler)
    assert "It may have been recorded" in str(desk.scheduler.question(request_id))
    assert desk.scheduler.wait() is None
    assert "It could not be looked up" in str(desk.scheduler.outlook(request_id))


def test_what_could_not_be_begun_is_handed_out_again(desk: Desk) -> None:
    request_id = desk.left()
    start(desk.scheduler)
    (task,) = desk.scheduler.due()
    [entry] = desk.scheduler.put_back(task.due, 300_000_000)
    assert entry.request_id == request_id
    desk.now, desk.steady = later(300), 300
    assert desk.due() == [(request_id, Step.LOOK_UP)]


def test_what_an_earlier_run_left_and_could_not_be_read_is_looked_up_first_all_the_same(desk: Desk) -> None:
    request_id = desk.left(**accept())
    desk.journal.rows = {request_id}
    start(desk.scheduler)
    with pytest.raises(JournalError):
        desk.scheduler.follow(request_id)
    desk.journal.rows = set()
    desk.scheduler.catch_up()
    assert desk.due() == [(request_id, Step.LOOK_UP)]
