"""How fast a host is called, on seconds that pass when a test, or whoever sleeps, says so."""

from threading import Barrier, Thread

import pytest

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.wire.request import prepare_system_time
from consent_desk.engagement.calls import LONGEST_PAUSE, MOST, RATE, Limits
from tests.consents import NOON, a_project, later
from tests.delivery.desk import FORBIDDEN, SUCCESS, Waiting, Wire

HOST = BaseUrl(scheme="https", host="api.exponea.com")
OTHER = BaseUrl(scheme="https", host="api.uk.exponea.com")
NAME = HOST.authority


class Seconds:
    """The time of a test, and how long was slept."""

    def __init__(self) -> None:
        self.passed = 100.0
        self.slept: list[float] = []

    def steady(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.passed += seconds

    def now(self) -> Timestamp:
        return later(self.passed - 100.0)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    seconds = Seconds()
    monkeypatch.setattr("consent_desk.engagement.calls.sleep", seconds.sleep)
    return seconds


@pytest.fixture
def limits(seconds: Seconds) -> Limits:
    return Limits(seconds.now, steady=seconds.steady)


def too_many(retry_after: str | None = None, *more: tuple[str, str]) -> Answered:
    headers = () if retry_after is None else (("Retry-After", retry_after),)
    return Answered(status=429, headers=(*headers, *more), body=b"Too Many Requests")


def test_so_many_calls_a_second_go_to_a_host(limits: Limits, seconds: Seconds) -> None:
    for _ in range(101):
        limits.book(HOST)
    assert seconds.slept == [0.02] * 100
    assert seconds.passed == pytest.approx(102.0)


def test_what_was_not_used_is_not_saved_up(limits: Limits, seconds: Seconds) -> None:
    limits.book(HOST)
    seconds.passed += 10.0
    limits.book(HOST)
    limits.book(HOST)
    assert seconds.slept == [0.02]


def test_each_host_has_its_own_time(limits: Limits, seconds: Seconds) -> None:
    limits.book(HOST)
    limits.book(OTHER)
    limits.book(BaseUrl(scheme="https", host="api.exponea.com", port=8443))
    assert seconds.slept == []


@pytest.mark.parametrize(
    ("rate", "each"), [(RATE, 0.02), (10.0, 0.1), (MOST, 1 / 90), (MOST + 1, 1 / 90), (6_000.0, 1 / 90)]
)
def test_another_rate_can_be_chosen_up_to_a_limit(rate: float, each: float, seconds: Seconds) -> None:
    limits = Limits(seconds.now, rate=rate, steady=seconds.steady)
    limits.book(HOST)
    limits.book(HOST)
    assert seconds.slept == [round(each, 6)]


def test_what_comes_first_does_not_wait_but_counts(limits: Limits, seconds: Seconds) -> None:
    for _ in range(3):
        with limits.booked(HOST, first=True):
            pass
    assert seconds.slept == []
    with limits.booked(HOST):
        assert seconds.slept == [0.06]


def test_what_was_booked_is_not_booked_again(limits: Limits, seconds: Seconds) -> None:
    with limits.booked(HOST):
        limits.book(HOST)
        assert seconds.slept == []
        # That was for one call.
        limits.book(HOST)
        assert seconds.slept == [0.02]
    limits.book(HOST)
    assert seconds.slept == [0.02, 0.02]


def test_a_time_that_was_not_used_serves_no_later_call(limits: Limits, seconds: Seconds) -> None:
    def fail() -> None:
        with limits.booked(HOST):
            raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        fail()
    limits.book(HOST)
    assert seconds.slept == [0.02]


def test_what_one_thread_has_booked_serves_no_other(limits: Limits, seconds: Seconds) -> None:
    with limits.booked(HOST):
        other = Thread(target=limits.book, args=(HOST,))
        other.start()
        other.join(30)
        assert seconds.slept == [0.02]


def test_each_of_many_threads_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("consent_desk.engagement.calls.sleep", lambda wait: waits.append(round(wait, 6)))
    limits = Limits(lambda: NOON, steady=lambda: 100.0)
    together = Barrier(8)

    def call() -> None:
        together.wait(30)
        for _ in range(50):
            limits.book(HOST)

    threads = [Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(waits) == [round(0.02 * number, 6) for number in range(1, 400)]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.7", "localhost", "[::1]"])
def test_this_computer_is_free(host: str, limits: Limits, seconds: Seconds) -> None:
    address = BaseUrl(scheme="http", host=host, port=8080)
    for _ in range(100):
        with limits.booked(address):
            limits.book(address)
        limits.book(address)
        limits.hear(address, too_many("40"))
    assert seconds.slept == []
    assert limits.paused(address.authority) == 0.0


def test_a_host_that_has_had_enough_is_left_alone_for_as_long_as_it_says(
    limits: Limits, seconds: Seconds
) -> None:
    limits.hear(HOST, too_many("40"))
    assert limits.paused(NAME) == 40.0
    assert limits.paused(OTHER.authority) == 0.0
    seconds.passed += 39.0
    assert limits.paused(NAME) == 1.0
    seconds.passed += 1.0
    assert limits.paused(NAME) == 0.0
    seconds.passed += 1.0
    assert limits.paused(NAME) == 0.0


def test_until_when_may_be_a_date_by_the_clock_of_the_server(limits: Limits) -> None:
    limits.hear(HOST, too_many("Sun, 31 May 2026 12:00:30 GMT"))
    assert limits.paused(NAME) == 30.0
    dated = ("Date", "Sun, 31 May 2026 14:00:00 GMT")
    limits.hear(OTHER, too_many("Sun, 31 May 2026 14:00:07 GMT", dated))
    assert limits.paused(OTHER.authority) == 7.0


@pytest.mark.parametrize("said", [None, "soon", "0", "Sun, 31 May 2026 11:00:00 GMT"])
def test_where_it_does_not_say_it_is_left_alone_twice_as_long_each_time(
    said: str | None, limits: Limits, seconds: Seconds
) -> None:
    pauses = []
    for _ in range(8):
        limits.hear(HOST, too_many(said))
        pauses.append(limits.paused(NAME))
        seconds.passed += pauses[-1]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_PAUSE, LONGEST_PAUSE]


def test_what_it_says_counts_however_often_it_had_enough(limits: Limits, seconds: Seconds) -> None:
    for _ in range(6):
        limits.hear(HOST, too_many())
    seconds.passed += 60.0
    limits.hear(HOST, too_many("3"))
    assert limits.paused(NAME) == 3.0


@pytest.mark.parametrize("answer", [SUCCESS, FORBIDDEN])
def test_once_it_answers_it_is_forgotten_how_often_it_had_enough(
    answer: Answered, limits: Limits, seconds: Seconds
) -> None:
    limits.hear(HOST, answer)
    for _ in range(4):
        limits.hear(HOST, too_many())
    seconds.passed += 60.0
    limits.hear(HOST, answer)
    assert limits.paused(NAME) == 0.0
    limits.hear(HOST, too_many())
    assert limits.paused(NAME) == 1.0


def test_an_answer_of_one_host_says_nothing_of_another(limits: Limits, seconds: Seconds) -> None:
    limits.hear(HOST, too_many())
    limits.hear(OTHER, SUCCESS)
    seconds.passed += 1.0
    limits.hear(HOST, too_many())
    assert limits.paused(NAME) == 2.0


@pytest.mark.parametrize(
    "outcome",
    [NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE), Lost(phase=Phase.WAITING, cause=Cause.CUT)],
)
def test_what_is_no_answer_says_nothing(outcome: Outcome, limits: Limits, seconds: Seconds) -> None:
    limits.hear(HOST, outcome)
    assert limits.paused(NAME) == 0.0
    limits.hear(HOST, too_many())
    limits.hear(HOST, outcome)
    seconds.passed += 1.0
    limits.hear(HOST, too_many())
    assert limits.paused(NAME) == 2.0


@pytest.mark.parametrize("answer", [too_many("5"), too_many(), SUCCESS])
def test_a_pause_is_never_cut_short(answer: Answered, limits: Limits) -> None:
    limits.hear(HOST, too_many("40"))
    limits.hear(HOST, answer)
    assert limits.paused(NAME) == 40.0


def paced(limits: Limits, address: BaseUrl, *answers: Outcome) -> list[Outcome]:
    """What calls to a project there come to."""
    wire = Wire(*answers)
    transport = limits.paced(wire)
    request = prepare_system_time(a_project(base_url=address))
    outcomes = [transport.start(request).wait() for _ in answers]
    assert wire.requests == [request] * len(answers)
    return outcomes


@pytest.mark.parametrize(
    "address",
    [
        HOST,
        BaseUrl(scheme="https", host="api.exponea.com", port=8443),
        BaseUrl(scheme="https", host="[fd00::7]"),
        BaseUrl(scheme="https", host="[fd00::7]", port=8443),
    ],
)
def test_every_call_passes_the_limits_of_its_host(address: BaseUrl, limits: Limits, seconds: Seconds) -> None:
    assert paced(limits, address, SUCCESS, too_many("40")) == [SUCCESS, too_many("40")]
    assert seconds.slept == [0.02]
    # By the name that the queue of a host has.
    assert limits.paused(address.authority) == pytest.approx(40.0)
    limits.book(address)
    assert seconds.slept == [0.02, 40.0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
@pytest.mark.parametrize("port", [None, 8080])
def test_no_call_to_this_computer_waits(
    host: str, port: int | None, limits: Limits, seconds: Seconds
) -> None:
    address = BaseUrl(scheme="http", host=host, port=port)
    paced(limits, address, SUCCESS, too_many("40"), SUCCESS)
    assert seconds.slept == []
    assert limits.paused(address.authority) == 0.0


def test_a_call_that_was_booked_is_booked_once(limits: Limits, seconds: Seconds) -> None:
    with limits.booked(HOST):
        paced(limits, HOST, SUCCESS)
    limits.book(HOST)
    assert seconds.slept == [0.02]


def test_a_call_that_passes_the_limits_can_be_cancelled(limits: Limits) -> None:
    ended = Lost(phase=Phase.WAITING, cause=Cause.CANCELLED)
    call = limits.paced(Wire(Waiting(ended))).start(prepare_system_time(a_project()))
    call.cancel()
    assert call.wait() is ended


def test_a_host_that_is_not_called_is_not_waited_for(limits: Limits) -> None:
    assert limits.paused("") == 0.0


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("600", 60.0)])
def test_what_is_not_queued_waits_until_its_host_is_to_be_called_again(
    limits: Limits, seconds: Seconds, asked: str, waited: float
) -> None:
    limits.hear(HOST, too_many(asked))
    limits.book(OTHER)
    assert seconds.slept == []
    limits.book(HOST)
    assert seconds.slept == [waited]
