"""The queue of a host, on its real threads: they are held and let go by events."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue
from threading import Condition, Event, Thread, current_thread
from threading import enumerate as all_threads
from uuid import uuid4

import pytest

from consent_desk.delivery import threads as queue_module
from consent_desk.delivery.threads import HostQueue

LONG = 30.0
"""Seconds that a test waits at most for what happens at once."""


class Hosts:
    """Work that hangs until it is let go. The first letter of an item is its host."""

    def __init__(self, *, most: int = 4) -> None:
        self.name = f"queue {uuid4()}"
        self.begun: SimpleQueue[str] = SimpleQueue()
        self.told: SimpleQueue[str] = SimpleQueue()
        self.workers: SimpleQueue[Thread] = SimpleQueue()
        self.gates: defaultdict[str, Event] = defaultdict(Event)
        self.tell: Callable[[str], None] = self.told.put
        self.pauses: dict[str, float] = {}
        self.was_asked = Event()
        self.queue: HostQueue[str] = HostQueue(self.name, most, self._work, self._paused)

    def add(self, *items: str, rank: int = 0) -> None:
        for item in items:
            assert self.queue.add(item[0], item, item, rank)

    def let_go(self, *items: str) -> None:
        for item in items:
            self.gates[item].set()

    def next_begun(self) -> str:
        return self.begun.get(timeout=LONG)

    def next_told(self) -> str:
        return self.told.get(timeout=LONG)

    def threads(self) -> int:
        return sum(thread.name == self.name for thread in all_threads())

    def end(self) -> None:
        self.queue.close()
        for gate in [*self.gates.values()]:
            gate.set()
        for thread in all_threads():
            if thread.name == self.name:
                thread.join(LONG)
                assert not thread.is_alive()

    def _work(self, item: str) -> Callable[[], None]:
        self.workers.put(current_thread())
        self.begun.put(item)
        assert self.gates[item].wait(LONG)
        return partial(self.tell, item)

    def _paused(self, host: str) -> float:
        if pause := self.pauses.get(host, 0.0):
            self.was_asked.set()
        return pause


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    hosts = Hosts()
    yield hosts
    hosts.end()


@pytest.fixture
def one() -> Iterator[Hosts]:
    """With a single thread."""
    one = Hosts(most=1)
    yield one
    one.end()


def test_of_one_host_one_thing_is_done_at_a_time_while_another_host_goes_on(hosts: Hosts) -> None:
    hosts.add("a1", "a2")
    assert hosts.next_begun() == "a1"
    hosts.add("b1", "b2")
    hosts.let_go("b1")
    # The second of host a was here before both.
    assert [hosts.next_begun(), hosts.next_begun()] == ["b1", "b2"]
    assert not hosts.queue.is_under_way("a2")
    hosts.let_go("a1")
    assert hosts.next_begun() == "a2"


def test_the_lowest_rank_comes_first_and_of_one_rank_what_came_first(one: Hosts) -> None:
    one.add("a1")
    assert one.next_begun() == "a1"
    one.add("a2", "b2", rank=2)
    one.add("b0", "a0", "b00", rank=0)
    one.add("c1", rank=1)
    order = ["a1", "b0", "a0", "b00", "c1", "a2", "b2"]
    one.let_go(*order)
    assert [one.next_told() for _ in order] == order


def test_no_more_than_so_many_hosts_are_worked_on_and_the_next_has_its_turn_then(hosts: Hosts) -> None:
    hosts.add("a1", "b1", "c1", "d1", "e1")
    assert {hosts.next_begun() for _ in range(4)} == {"a1", "b1", "c1", "d1"}
    assert hosts.threads() == 4
    assert hosts.queue.holds("e1")
    assert not hosts.queue.is_under_way("e1")
    hosts.let_go("c1")
    assert hosts.next_begun() == "e1"


def test_nothing_of_a_free_host_waits_behind_one_that_hangs(hosts: Hosts) -> None:
    hosts.add(*(f"{host}{number}" for host in "abc" for number in range(20)))
    assert {hosts.next_begun() for _ in range(3)} == {"a0", "b0", "c0"}
    for number in range(20):
        hosts.let_go(f"d{number}")
    hosts.add(*(f"d{number}" for number in range(20)))
    assert [hosts.next_begun() for _ in range(20)] == [f"d{number}" for number in range(20)]


def test_what_is_added_for_two_hosts_is_begun_at_once_though_one_thread_idles(hosts: Hosts) -> None:
    hosts.pauses["p"] = LONG
    hosts.add("p1")
    assert hosts.was_asked.wait(LONG)
    # It holds the lock from then until it waits.
    hosts.add("a1", "b1")
    assert {hosts.next_begun(), hosts.next_begun()} == {"a1", "b1"}


def test_an_idle_thread_is_used_again(hosts: Hosts) -> None:
    hosts.pauses["p"] = LONG
    hosts.add("p1")
    assert hosts.was_asked.wait(LONG)
    hosts.add("a1")
    assert hosts.next_begun() == "a1"
    assert hosts.threads() == 1


def test_each_key_is_here_once(hosts: Hosts) -> None:
    hosts.add("a1", "a2")
    assert hosts.next_begun() == "a1"
    assert not hosts.queue.add("b", "a1", "other")
    assert not hosts.queue.add("b", "a2", "other")
    hosts.let_go("a1", "a2")
    assert hosts.next_told() == "a1"
    assert hosts.next_told() == "a2"
    hosts.add("a1")
    assert hosts.next_told() == "a1"


def test_it_tells_what_waits_and_what_is_under_way(hosts: Hosts) -> None:
    hosts.add("a1", "a2")
    assert hosts.next_begun() == "a1"
    held = [hosts.queue.holds(key) for key in ("a1", "a2", "a3")]
    under_way = [hosts.queue.is_under_way(key) for key in ("a1", "a2", "a3")]
    assert held == [True, True, False]
    assert under_way == [True, False, False]
    hosts.let_go("a1", "a2")
    assert hosts.queue.idle(LONG)
    assert not hosts.queue.holds("a1")
    assert not hosts.queue.holds("a2")


def test_what_waits_can_be_taken_out_and_added_again(hosts: Hosts) -> None:
    hosts.add("a1", "a2", "a3", "a4")
    assert hosts.next_begun() == "a1"
    assert hosts.queue.remove("a2") == "a2"
    assert hosts.queue.remove("a2") is None
    assert not hosts.queue.holds("a2")
    assert hosts.queue.remove("a4") == "a4"
    hosts.add("a4", rank=-1)
    hosts.let_go("a1", "a2", "a3", "a4")
    assert [hosts.next_told() for _ in range(3)] == ["a1", "a4", "a3"]
    assert hosts.queue.idle(LONG)
    assert hosts.told.empty()


def test_what_is_under_way_is_not_taken_out(hosts: Hosts) -> None:
    hosts.add("a1")
    assert hosts.next_begun() == "a1"
    assert hosts.queue.remove("a1") is None
    assert hosts.queue.is_under_way("a1")
    assert not hosts.queue.idle(0.0)


def test_what_its_work_returns_is_called_when_it_is_here_no_more(hosts: Hosts) -> None:
    seen: SimpleQueue[tuple[bool, bool, bool]] = SimpleQueue()

    def tell(item: str) -> None:
        held, under_way = hosts.queue.holds(item), hosts.queue.is_under_way(item)
        hosts.tell = hosts.told.put
        seen.put((held, under_way, hosts.queue.add("a", item, item)))

    hosts.tell = tell
    hosts.let_go("a1")
    hosts.add("a1")
    assert seen.get(timeout=LONG) == (False, False, True)
    assert hosts.next_told() == "a1"


def test_whoever_waits_until_it_idles_waits_until_all_is_told(hosts: Hosts) -> None:
    telling, go_on = Event(), Event()

    def tell(_: str) -> None:
        telling.set()
        assert go_on.wait(LONG)

    hosts.tell = tell
    hosts.let_go("a1")
    hosts.add("a1")
    assert telling.wait(LONG)
    assert not hosts.queue.idle(0.0)
    go_on.set()
    assert hosts.queue.idle(LONG)


def waits_for_idle(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> tuple[Thread, list[bool]]:
    """A thread that waits until all is idle, and what it is told. It waits already."""
    waits, said = Event(), list[bool]()

    class Watched(Condition):
        def wait(self, timeout: float | None = None) -> bool:
            if current_thread() is waiter:
                waits.set()
            return super().wait(timeout)

    monkeypatch.setattr("consent_desk.delivery.threads.Condition", Watched)
    hosts.queue = HostQueue(hosts.name, 1, lambda item: lambda: None, lambda host: LONG)
    hosts.add("p1")
    waiter = Thread(target=lambda: said.append(hosts.queue.idle(2 * LONG)))
    waiter.start()
    assert waits.wait(LONG)
    return waiter, said


@pytest.mark.parametrize("let_go", [lambda queue: queue.remove("p1"), HostQueue[str].close])
def test_it_idles_at_once_when_nothing_waits_any_more(
    let_go: Callable[[HostQueue[str]], None], hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiter, said = waits_for_idle(hosts, monkeypatch)
    let_go(hosts.queue)
    waiter.join(LONG)
    assert said == [True]


def test_it_does_not_idle_while_something_waits(hosts: Hosts) -> None:
    hosts.pauses["p"] = LONG
    hosts.add("p1")
    assert not hosts.queue.idle(0.0)


def test_a_closed_queue_begins_nothing_and_tells_what_was_under_way(hosts: Hosts) -> None:
    hosts.add("a1", "a2", "b1")
    worker = hosts.workers.get(timeout=LONG)
    assert {hosts.next_begun(), hosts.next_begun()} == {"a1", "b1"}
    hosts.queue.close()
    assert not hosts.queue.add("c", "c1", "c1")
    assert not hosts.queue.holds("a2")
    hosts.let_go("a1", "a2", "b1")
    assert {hosts.next_told(), hosts.next_told()} == {"a1", "b1"}
    assert hosts.queue.idle(LONG)
    worker.join(LONG)
    assert not worker.is_alive()
    assert hosts.begun.empty()


def test_a_closed_queue_ends_the_thread_that_waits(hosts: Hosts) -> None:
    hosts.pauses["p"] = LONG
    hosts.add("p1")
    assert hosts.was_asked.wait(LONG)
    hosts.queue.close()
    assert hosts.queue.idle(LONG)
    hosts.end()
    assert hosts.begun.empty()


def test_a_host_that_is_to_be_left_alone_waits_while_others_do_not(one: Hosts) -> None:
    one.pauses["p"] = LONG
    one.let_go("p1", "a1")
    one.add("p1")
    assert one.was_asked.wait(LONG)
    one.add("a1", rank=9)
    assert one.next_told() == "a1"
    assert one.queue.holds("p1")
    assert not one.queue.is_under_way("p1")


def test_a_host_goes_on_when_its_pause_is_over_though_nobody_adds_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue_module, "IDLE", 2 * LONG)
    pauses = iter([0.001, 0.001])
    done: SimpleQueue[str] = SimpleQueue()
    queue: HostQueue[str] = HostQueue(
        "pauses", 1, lambda item: partial(done.put, item), lambda host: next(pauses, 0.0)
    )
    queue.add("a", "a1", "a1")
    assert done.get(timeout=LONG) == "a1"
    queue.close()


def test_of_several_pauses_the_shortest_counts(one: Hosts) -> None:
    one.let_go("q1")
    one.pauses |= {"p": 2 * LONG, "q": 2 * LONG}
    one.add("p1", "q1")
    assert one.was_asked.wait(LONG)
    one.pauses["q"] = 0.001
    one.was_asked.clear()
    one.add("p2")
    assert one.was_asked.wait(LONG)
    one.pauses["q"] = 0.0
    assert one.next_told() == "q1"


def test_a_thread_that_found_nothing_to_do_ends_and_another_is_made_when_needed(
    one: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "IDLE", 0.001)
    one.let_go("a1", "a2")
    for item in ("a1", "a2"):
        one.add(item)
        assert one.next_told() == item
        worker = one.workers.get(timeout=LONG)
        worker.join(LONG)
        assert not worker.is_alive()
    assert one.threads() == 0


def test_a_thread_waits_out_a_pause_that_is_longer_than_it_idles(
    one: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "IDLE", 0.0)
    pauses = iter([0.001, 0.001, 0.001])
    one.queue = HostQueue(one.name, 1, lambda item: partial(one.told.put, item), lambda _: next(pauses, 0.0))
    one.add("a1")
    assert one.next_told() == "a1"


def test_where_no_thread_is_to_be_had_nothing_is_lost(one: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    one.let_go("a1", "a2", "b1")
    with monkeypatch.context() as none_left:
        none_left.setattr(Thread, "start", refuse)
        one.add("a1", "b1")
        assert one.queue.holds("a1")
    one.add("a2")
    assert [one.next_told() for _ in range(3)] == ["a1", "b1", "a2"]


def test_where_no_second_thread_is_to_be_had_the_first_does_what_waits(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    hosts.add("a1")
    assert hosts.next_begun() == "a1"
    with monkeypatch.context() as none_left:
        none_left.setattr(Thread, "start", refuse)
        hosts.add("b1", "c1")
        hosts.let_go("a1", "b1", "c1")
        assert [hosts.next_told() for _ in range(3)] == ["a1", "b1", "c1"]
