"""What is known of Engagement's time, and what it means for the time that a decision bears."""

from dataclasses import dataclass

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.lifecycle.messages import STAMPED_WRONG, WAITS_FOR_CLOCK, WAITS_FOR_TIME
from consent_desk.domain.lifecycle.record import Context, Noted
from consent_desk.domain.message import Message
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.wire.request import prepare_event, prepare_system_time
from consent_desk.domain.wire.server_clock import Moment
from consent_desk.engagement.clock_watch import ClockWatch
from tests.consents import NOON, a_noted, a_project, later
from tests.delivery.desk import Waiting, Wire

DOWN = NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE)
SILENT = Answered(status=200, headers=(), body=b"")
HOURS = 7_200


@dataclass
class Times:
    """Time that passes for all, and this computer's clock, which may be set."""

    passed: float = 0.0
    clock_off: float = 0.0

    def now(self) -> Timestamp:
        return later(self.passed + self.clock_off)

    def steady(self) -> float:
        return 5.0 + self.passed


def told(seconds: float = 0, **changes: object) -> Answered:
    """Engagement's answer to a question for the time, `seconds` after noon."""
    body = b'{"success": true, "time": %.6f}' % (later(seconds).micros / 1_000_000)
    return Answered(status=200, headers=(), body=body)


def dated(date: str) -> Answered:
    return Answered(status=200, headers=(("date", date),), body=b"")


def watch_of(times: Times, *outcomes: Outcome) -> ClockWatch:
    """A watch that has had `outcomes`."""
    watch = ClockWatch(Wire(*outcomes), times.now, times.steady)
    for _ in outcomes:
        watch.start(prepare_event(a_project(), b"{}")).wait()
    return watch


def opt_in(at: Timestamp = NOON, noted_at: Timestamp | None = None, clock_off: int | None = None) -> Noted:
    return a_noted(
        action=Action.ACCEPT,
        valid_until=ValidUntil(),
        timestamp=at,
        noted_at=noted_at or at,
        context=Context(clock_off=clock_off),
    )


# ------------------------------------------------------------------------------------ what is known


def test_before_anybody_tells_the_time_it_is_the_computers() -> None:
    watch = watch_of(Times(clock_off=-HOURS), DOWN, SILENT)
    assert watch.moment() == Moment(later(-HOURS))
    assert (watch.is_known, watch.holds_accepts, watch.off) == (False, True, None)


@pytest.mark.parametrize("off", [-HOURS, HOURS, -62, 63])
def test_a_clock_that_is_over_a_minute_off_counts_for_nothing(off: int) -> None:
    watch = watch_of(Times(clock_off=off), told())
    moment = watch.moment()
    assert abs(moment.now.micros - NOON.micros) <= 1_000_000
    assert moment.clock_off is not None
    assert abs(moment.clock_off - off) <= 1


@pytest.mark.parametrize("off", [0, -60, 61])
def test_a_clock_that_is_hardly_off_is_used_as_it_is(off: int) -> None:
    moment = watch_of(Times(clock_off=off), told()).moment()
    assert (moment.now, moment.clock_off is None) == (later(off), False)


def test_the_time_is_known_no_more_when_the_clock_was_set_until_the_next_answer() -> None:
    times = Times(clock_off=-HOURS)
    watch = ClockWatch(Wire(told(), told(30)), times.now, times.steady)
    watch.check(a_project())
    times.passed = 30
    assert watch.moment() == Moment(later(30), -HOURS)
    times.clock_off = 0
    assert watch.moment() == Moment(later(30))
    assert watch.holds_accepts
    watch.learn(a_project())
    assert watch.moment() == Moment(later(30), 0)


def test_a_clock_that_is_set_a_little_stays_known_by_as_much() -> None:
    times = Times()
    watch = watch_of(times, told())
    times.clock_off = 60
    assert watch.off == 60


def test_the_last_answer_that_tells_the_time_counts() -> None:
    times = Times()
    watch = watch_of(times, dated("Sun, 31 May 2026 11:50:00 GMT"), SILENT, DOWN)
    assert watch.off == pytest.approx(599)
    watch = watch_of(times, dated("Sun, 31 May 2026 11:50:00 GMT"), dated("Sun, 31 May 2026 12:00:00 GMT"))
    assert watch.off == 0


def test_a_check_asks_for_the_system_time() -> None:
    wire = Wire(told())
    watch = ClockWatch(wire, lambda: NOON)
    watch.learn(a_project())
    watch.learn(a_project())
    assert wire.requests == [prepare_system_time(a_project())]
    assert watch.is_known


def test_a_check_without_an_answer_tells_nothing() -> None:
    watch = ClockWatch(Wire(DOWN), lambda: NOON)
    watch.check(a_project())
    assert watch.holds_accepts


@pytest.mark.parametrize(
    ("answer", "why"),
    [(SILENT, None), (Answered(status=200, headers=(), body=b"<html>Log in</html>"), WAITS_FOR_TIME)],
    ids=["Engagement", "something on the way"],
)
def test_where_engagement_does_not_tell_the_time_opt_ins_are_not_held_for_ever(
    answer: Answered, why: Message | None
) -> None:
    watch = ClockWatch(Wire(answer), lambda: NOON)
    watch.check(a_project())
    assert watch.holds_accepts is (why is not None)
    assert watch.why_held(opt_in()) == why
    assert watch.moment() == Moment(NOON)


def test_a_watched_call_can_be_cancelled() -> None:
    ended = Lost(phase=Phase.WAITING, cause=Cause.CANCELLED)
    call = ClockWatch(Wire(Waiting(ended)), lambda: NOON).start(prepare_event(a_project(), b"{}"))
    call.cancel()
    assert call.wait() is ended


# ------------------------------------------------------------------------------- why an opt-in is held


def test_an_opt_out_is_never_held() -> None:
    times = Times(clock_off=-HOURS)
    assert watch_of(times).why_held(a_noted()) is None
    assert watch_of(times, told()).why_held(a_noted()) is None


def test_an_opt_in_that_was_noted_while_the_time_was_known_is_not_held() -> None:
    noted = opt_in(clock_off=-HOURS)
    for watch in (watch_of(Times()), watch_of(Times(clock_off=HOURS), told())):
        assert watch.why_held(noted) is None


def test_an_opt_in_that_was_noted_before_waits_until_the_time_is_told() -> None:
    assert watch_of(Times()).why_held(opt_in()) == WAITS_FOR_TIME
    assert watch_of(Times(), told()).why_held(opt_in()) is None


@pytest.mark.parametrize(
    ("clock_off", "stamped"),
    [(-HOURS, -HOURS), (HOURS, HOURS), (0, HOURS)],
    ids=["slow", "fast", "earlier"],
)
def test_an_opt_in_stamped_by_a_clock_that_proves_wrong_does_not_leave_as_it_is(
    clock_off: int, stamped: int
) -> None:
    watch = watch_of(Times(clock_off=clock_off), told())
    assert watch.why_held(opt_in(later(stamped))) == STAMPED_WRONG


@pytest.mark.parametrize("off", [-HOURS, HOURS])
def test_it_does_not_leave_either_where_the_clock_was_set_right_before_the_time_was_told(off: int) -> None:
    times = Times(clock_off=off)
    watch = ClockWatch(Wire(told(60)), times.now, times.steady)
    noted = opt_in(times.now())
    times.passed, times.clock_off = 60, 0
    watch.check(a_project())
    assert watch.why_held(noted) == STAMPED_WRONG


def test_a_time_that_was_typed_is_not_the_clocks_and_waits_for_that_to_be_right() -> None:
    times = Times(clock_off=-HOURS)
    watch = watch_of(times, told())
    typed = opt_in(later(-9_000), noted_at=later(-HOURS))
    assert watch.why_held(typed) == WAITS_FOR_CLOCK
    times.clock_off = 0
    assert watch.why_held(typed) == WAITS_FOR_TIME
    assert watch_of(times, told()).why_held(typed) is None
