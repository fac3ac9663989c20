"""The thread of an engine, held and let go by events."""

from collections.abc import Callable, Iterator
from itertools import count
from queue import SimpleQueue
from threading import Event, Thread, current_thread
from time import monotonic

import pytest

from consent_desk.delivery import threads as steps_module
from consent_desk.delivery.threads import Rank, Steps
from consent_desk.domain.errors import JournalError
from consent_desk.domain.message import say

LONG = 30.0
"""Seconds that a test waits at most for what happens at once."""

UNREADABLE = JournalError(say("tests", "Unreadable."), say("tests", "Try again."))


class Seen:
    """The steps of a test: `done` says what was done, in which order."""

    def __init__(self) -> None:
        self.done: SimpleQueue[str] = SimpleQueue()
        self.logged: list[Exception] = []
        self.threads: SimpleQueue[Thread] = SimpleQueue()
        self.wakes: Callable[[], None] = lambda: self.done.put("wake")
        self.steps = Steps(self._wake, self.logged.append)
        self._gate = Event()

    def post(self, name: str, rank: Rank = Rank.PERSON) -> None:
        self.steps.post(lambda: self.done.put(name), rank)

    def hang(self) -> None:
        """Begin a step that hangs until it is let go."""
        begun = Event()

        def step() -> None:
            self.threads.put(current_thread())
            begun.set()
            assert self._gate.wait(LONG)

        self.steps.post(step, Rank.PERSON)
        assert begun.wait(LONG)

    def let_go(self) -> None:
        self._gate.set()

    def _wake(self) -> None:
        self.wakes()

    def next(self, number: int = 1) -> list[str]:
        return [self.done.get(timeout=LONG) for _ in range(number)]

    def finish(self) -> None:
        assert self.steps.finish(monotonic() + LONG)


@pytest.fixture
def seen() -> Iterator[Seen]:
    seen = Seen()
    yield seen
    seen.let_go()
    seen.steps.close(monotonic() + LONG)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be done is tried again at once."""
    monkeypatch.setattr(steps_module, "RETRY", 0.0)


def fails(error: Exception) -> Callable[[], None]:
    def step() -> None:
        raise error

    return step


def test_what_a_person_waits_for_comes_first_and_of_one_rank_what_came_first(seen: Seen) -> None:
    seen.hang()
    for number, rank in enumerate((Rank.LAST, Rank.PLAN, Rank.OUTCOME, Rank.PERSON)):
        seen.post(f"{number}", rank)
        seen.post(f"{number} again", rank)
    seen.let_go()
    assert seen.next(8) == ["3", "3 again", "2", "2 again", "1", "1 again", "0", "0 again"]


def test_all_is_done_on_one_thread(seen: Seen) -> None:
    for _ in range(3):
        seen.steps.post(lambda: seen.threads.put(current_thread()), Rank.PLAN)
    first = seen.threads.get(timeout=LONG)
    assert first is not current_thread()
    assert [seen.threads.get(timeout=LONG) for _ in range(2)] == [first, first]


def test_it_wakes_when_it_is_time_and_once(seen: Seen) -> None:
    seen.steps.post(lambda: seen.steps.wake_in(0.001), Rank.PERSON)
    assert seen.next() == ["wake"]
    seen.finish()
    assert seen.done.empty()


def test_it_does_not_wake_before_it_is_time(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(steps_module, "monotonic", lambda: now)

    def reach(seconds: float) -> None:
        nonlocal now
        now = seconds

    seen.hang()
    seen.steps.post(lambda: seen.steps.wake_in(10.0), Rank.PERSON)
    seen.steps.post(lambda: reach(109.0), Rank.OUTCOME)
    seen.post("early", Rank.OUTCOME)
    seen.steps.post(lambda: reach(110.0), Rank.OUTCOME)
    seen.let_go()
    assert seen.next(2) == ["early", "wake"]


@pytest.mark.parametrize("instead", [None, LONG * 60])
def test_when_it_wakes_can_be_changed(instead: float | None, seen: Seen) -> None:
    def change() -> None:
        seen.steps.wake_in(0.0)
        seen.steps.wake_in(instead)

    seen.steps.post(change, Rank.PERSON)
    seen.finish()
    seen.finish()
    assert seen.done.empty()


def test_it_wakes_also_while_there_is_always_something_to_do(seen: Seen) -> None:
    seen.hang()
    seen.steps.post(lambda: seen.steps.wake_in(0.0), Rank.PERSON)
    for number in range(3):
        seen.post(f"person {number}", Rank.PERSON)
        seen.post(f"outcome {number}", Rank.OUTCOME)
    seen.let_go()
    people = [f"person {number}" for number in range(3)]
    assert seen.next(7) == [*people, "wake", "outcome 0", "outcome 1", "outcome 2"]


def test_what_waits_has_its_turn_though_it_is_time_to_wake_again_and_again(seen: Seen) -> None:
    def wake() -> None:
        seen.done.put("wake")
        seen.steps.wake_in(0.0)

    seen.wakes = wake
    seen.hang()
    seen.steps.post(lambda: seen.steps.wake_in(0.0), Rank.PERSON)
    seen.post("a", Rank.PLAN)
    seen.post("b", Rank.LAST)
    seen.let_go()
    assert seen.next(5) == ["wake", "a", "wake", "b", "wake"]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("error", "logged"), [(UNREADABLE, False), (ValueError("a bug"), True)])
def test_what_fails_ends_nothing_and_wakes_it_again(error: Exception, logged: bool, seen: Seen) -> None:
    seen.hang()
    seen.steps.post(fails(error), Rank.PERSON)
    seen.post("next", Rank.PERSON)
    seen.let_go()
    assert seen.next(2) == ["next", "wake"]
    assert seen.logged == [error] * logged


@pytest.mark.usefixtures("at_once")
def test_waking_that_fails_is_tried_again(seen: Seen) -> None:
    tries = count()

    def wake() -> None:
        if next(tries) < 2:
            raise UNREADABLE
        seen.done.put("awake")

    seen.wakes = wake
    seen.steps.post(lambda: seen.steps.wake_in(0.0), Rank.PERSON)
    assert seen.next() == ["awake"]


def test_what_could_not_be_done_is_tried_again_after_a_while(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(steps_module, "monotonic", lambda: now)

    def reach(seconds: float) -> None:
        nonlocal now
        now = seconds

    seen.hang()
    seen.steps.post(fails(UNREADABLE), Rank.PERSON)
    seen.steps.post(lambda: reach(104.9), Rank.OUTCOME)
    seen.post("before", Rank.OUTCOME)
    seen.steps.post(lambda: reach(105.0), Rank.OUTCOME)
    seen.let_go()
    assert seen.next(2) == ["before", "wake"]


def test_what_fails_puts_off_no_wake_that_comes_before(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps_module, "RETRY", 2 * LONG)
    seen.hang()
    seen.steps.post(lambda: seen.steps.wake_in(0.0), Rank.PERSON)
    seen.steps.post(fails(UNREADABLE), Rank.PERSON)
    seen.let_go()
    assert seen.next() == ["wake"]


@pytest.mark.usefixtures("at_once")
def test_what_fails_is_tried_again_before_it_was_to_wake(seen: Seen) -> None:
    seen.hang()
    seen.steps.post(lambda: seen.steps.wake_in(2 * LONG), Rank.PERSON)
    seen.steps.post(fails(UNREADABLE), Rank.PERSON)
    seen.let_go()
    assert seen.next() == ["wake"]


def test_waking_that_fails_is_not_tried_again_and_again(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(steps_module, "monotonic", lambda: now)

    def wake() -> None:
        seen.steps.wake_in(0.0)
        seen.done.put("wake")
        raise UNREADABLE

    def reach(seconds: float) -> None:
        nonlocal now
        now = seconds

    seen.wakes = wake
    seen.steps.post(lambda: seen.steps.wake_in(0.0), Rank.PERSON)
    assert seen.next() == ["wake"]
    seen.post("before", Rank.OUTCOME)
    assert seen.next() == ["before"]
    seen.steps.post(lambda: reach(105.0), Rank.OUTCOME)
    assert seen.next() == ["wake"]


def test_all_that_is_here_is_finished(seen: Seen) -> None:
    seen.hang()
    seen.post("a", Rank.PLAN)
    seen.post("b", Rank.LAST)
    assert not seen.steps.finish(monotonic())
    seen.let_go()
    seen.finish()
    assert seen.next(2) == ["a", "b"]


def test_what_comes_last_is_waited_for_too(seen: Seen) -> None:
    go_on = Event()
    seen.hang()
    seen.steps.post(lambda: go_on.wait(LONG), Rank.LAST)
    seen.let_go()
    assert not seen.steps.finish(monotonic() + 0.05)
    go_on.set()
    seen.finish()


def test_where_nothing_was_ever_done_nothing_is_waited_for(seen: Seen) -> None:
    seen.finish()
    seen.steps.close(monotonic() + LONG)


def test_the_end_waits_for_the_present_step_and_begins_no_other(seen: Seen) -> None:
    closed = Event()

    def close() -> None:
        seen.steps.close(monotonic() + LONG)
        closed.set()

    seen.hang()
    seen.post("never", Rank.PERSON)
    Thread(target=close).start()
    worker = seen.threads.get(timeout=LONG)
    assert not closed.is_set()
    seen.steps.close(monotonic())
    assert worker.is_alive()
    seen.let_go()
    assert closed.wait(LONG)
    assert not worker.is_alive()
    assert seen.done.empty()


def test_nothing_is_begun_that_comes_while_it_ends() -> None:
    done: list[str] = []

    class Ending(Steps):
        ends = False

        def post(self, step: Callable[[], object], rank: Rank) -> None:
            if self.ends:
                super().post(lambda: done.append("late"), Rank.PERSON)
            super().post(step, rank)

    steps = Ending(lambda: None, lambda error: None)
    steps.post(lambda: done.append("early"), Rank.PERSON)
    assert steps.finish(monotonic() + LONG)
    steps.ends = True
    steps.close(monotonic() + LONG)
    assert done == ["early"]


def test_after_the_end_nothing_is_done_nor_waited_for(seen: Seen) -> None:
    seen.hang()
    seen.let_go()
    worker = seen.threads.get(timeout=LONG)
    seen.steps.close(monotonic() + LONG)
    assert not worker.is_alive()
    seen.post("never")
    begun = monotonic()
    assert not seen.steps.finish(begun + LONG)
    seen.steps.close(begun + LONG)
    assert monotonic() < begun + LONG / 2
    assert seen.done.empty()


def test_one_that_was_closed_before_anything_was_done_makes_no_thread(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen.steps.close(monotonic() + LONG)
    monkeypatch.setattr(Thread, "start", fails(AssertionError("a thread")))
    seen.post("never")
    assert not seen.steps.finish(monotonic() + LONG)


def test_where_no_thread_is_to_be_had_nothing_is_lost(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as none_left:
        none_left.setattr(Thread, "start", refuse)
        seen.post("a")
        assert not seen.steps.finish(monotonic() + LONG)
    seen.post("b")
    assert seen.next(2) == ["a", "b"]
