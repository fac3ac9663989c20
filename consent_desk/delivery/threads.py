"""The threads of an engine: one does small steps in their order, others what waits for a host."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count
from queue import Empty, PriorityQueue
from threading import Condition, Event, Lock, Thread
from time import monotonic
from typing import Generic, TypeVar

from consent_desk.domain.errors import JournalError

Item = TypeVar("Item")

RETRY = 5.0
"""Seconds after which the journal is tried again, where it could not be read or written."""

MOST_HOSTS = 4
"""Hosts that are sent to at the same time; as many again are looked into."""

IDLE = 5.0
"""Seconds after which a thread ends that has found nothing to do."""


class Rank(IntEnum):
    """What comes first."""

    PERSON = 0
    OUTCOME = 1
    PLAN = 2
    LAST = 3


class Steps:
    """Does one step after the other, on a thread that is made for the first; and `wake` when it is time.

    `log` gets what a step raises that is no JournalError. After either, `wake` comes in `RETRY` at the
    latest. It has its turn also while there is always something to do.
    """

    def __init__(self, wake: Callable[[], None], log: Callable[[Exception], None]) -> None:
        self._wake = wake
        self._log = log
        self._waiting: PriorityQueue[tuple[Rank, int, Callable[[], object]]] = PriorityQueue()
        self._number = count()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._closed = Event()
        self._wake_at: float | None = None

    def post(self, step: Callable[[], object], rank: Rank) -> None:
        """Do `step` after those of a lower rank, and those of its own that are here. From any thread."""
        self._waiting.put((rank, next(self._number), step))
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                thread = Thread(target=self._run, name="journal", daemon=True)
                # Where no thread is to be had, the next that is posted tries again.
                with suppress(RuntimeError):
                    thread.start()
                    self._thread = thread

    def wake_in(self, seconds: float | None) -> None:
        """Have `wake` called in so many seconds from now, instead of when it was to be; None: never.

        For the steps alone.
        """
        self._wake_at = None if seconds is None else monotonic() + seconds

    def finish(self, until: float) -> bool:
        """Wait, until then at most in monotonic seconds, until all is done that is here; whether it is."""
        if self._thread is None or self._closed.is_set():
            return self._waiting.empty()
        reached = Event()
        self.post(reached.set, Rank.LAST)
        return reached.wait(max(0.0, until - monotonic()))

    def close(self, until: float) -> None:
        """Begin no other step, and wait until then at most for the present one."""
        self._closed.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            self.post(lambda: None, Rank.PERSON)
            thread.join(max(0.0, until - monotonic()))

    def _run(self) -> None:
        was_woken = False
        while True:
            pause = None if self._wake_at is None else max(0.0, self._wake_at - monotonic())
            waiting = None
            with suppress(Empty):
                waiting = self._waiting.get(timeout=pause)
            if self._closed.is_set():
                return
            if waiting is not None and pause == 0 and not was_woken and waiting[0] > Rank.PERSON:
                # By turns: else it would come when all is done.
                self._waiting.put(waiting)
                waiting = None
            was_woken = waiting is None
            if waiting is None:
                self._wake_at = None
            self._do(self._wake if waiting is None else waiting[2])

    def _do(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 -- the border of a thread: what waits goes on
            # Of a JournalError the scheduler knows what could not be read, and catches up with it.
            if not isinstance(error, JournalError):
                self._log(error)
            retry_at = monotonic() + RETRY
            if self._wake_at is None or self._wake_at > retry_at or step is self._wake:
                self._wake_at = retry_at


@dataclass(slots=True)
class _Waiting(Generic[Item]):
    rank: tuple[int, int]
    key: str
    item: Item
    is_removed: bool = False

    def __lt__(self, other: "_Waiting[Item]") -> bool:
        return self.rank < other.rank


class HostQueue(Generic[Item]):
    """Calls `work(item)` for each item: those of the lowest rank first, of equal rank in their order.

    On `most` threads at a time, which end when there is nothing to do. A host that hangs holds up nothing but
    what waits for itself. `work` must not raise; what it returns is called once the item is here no more.
    `paused` tells for how many seconds a host is to be left alone.
    """

    def __init__(
        self,
        name: str,
        most: int,
        work: Callable[[Item], Callable[[], None]],
        paused: Callable[[str], float] = lambda host: 0.0,
    ) -> None:
        self._name = name
        self._most = most
        self._work = work
        self._paused = paused
        self._changed = Condition()
        self._hosts: dict[str, list[_Waiting[Item]]] = {}
        self._keys: dict[str, _Waiting[Item]] = {}
        # The key of what is under way, by the host.
        self._under_way: dict[str, str] = {}
        # What is here no more, while what its work returned is called.
        self._telling = 0
        self._threads = 0
        self._idle = 0
        self._added = 0
        self._closed = False

    def add(self, host: str, key: str, item: Item, rank: int = 0) -> bool:
        """Have `item` worked on; False where one of this `key` is here already, or the queue is closed."""
        with self._changed:
            if self._closed or self._holds(key):
                return False
            self._added += 1
            waiting = self._keys[key] = _Waiting((rank, self._added), key, item)
            heappush(self._hosts.setdefault(host, []), waiting)
            if host not in self._under_way:
                # Else whoever is at it goes on with this.
                self._wake()
            return True

    def holds(self, key: str) -> bool:
        """Whether it waits or is under way."""
        with self._changed:
            return self._holds(key)

    def is_under_way(self, key: str) -> bool:
        """Whether it is being worked on."""
        with self._changed:
            return key in self._under_way.values()

    def remove(self, key: str) -> Item | None:
        """Take out what waits; None where it does not: it may be under way."""
        with self._changed:
            found = self._keys.pop(key, None)
            if found is None:
                return None
            found.is_removed = True
            self._changed.notify_all()
            return found.item

    def close(self) -> None:
        """Begin nothing any more."""
        with self._changed:
            self._closed = True
            self._hosts.clear()
            self._keys.clear()
            self._changed.notify_all()

    def idle(self, seconds: float) -> bool:
        """Wait at most so long until nothing waits or is under way, all told; say whether that is so."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._keys and not self._under_way and not self._telling, seconds
            )

    def _holds(self, key: str) -> bool:
        return key in self._keys or key in self._under_way.values()

    def _wake(self) -> None:
        if self._idle:
            self._changed.notify_all()
        elif self._threads < self._most:
            self._threads += 1
            try:
                Thread(target=self._run, name=self._name, daemon=True).start()
            except RuntimeError:
                # No more threads: one that ends, or the next that is added, goes on.
                self._threads -= 1

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            host, item = taken
            tell = self._work(item)
            with self._changed:
                del self._under_way[host]
                self._telling += 1
            tell()
            with self._changed:
                self._telling -= 1
                self._changed.notify_all()

    def _take(self) -> tuple[str, Item] | None:
        with self._changed:
            self._idle += 1
            host = self._await_next()
            self._idle -= 1
            if host is None:
                self._threads -= 1
                return None
            taken = heappop(self._hosts[host])
            del self._keys[taken.key]
            self._under_way[host] = taken.key
            if self._next()[0] is not None:
                # Another host: it does not wait for this one.
                self._wake()
            return host, taken.item

    def _await_next(self) -> str | None:
        """The host whose turn it is; None at the end, or where there was nothing for a while."""
        idle_until = monotonic() + IDLE
        while not self._closed:
            host, pause = self._next()
            if host is not None:
                return host
            left = idle_until - monotonic()
            if left <= 0 and pause is None:
                return None
            self._changed.wait(left if pause is None else pause)
        return None

    def _next(self) -> tuple[str | None, float | None]:
        """The host with the first of all items that wait for one that is free; seconds until one may be."""
        first: tuple[_Waiting[Item], str] | None = None
        pauses = []
        for host, waiting in [*self._hosts.items()]:
            while waiting and waiting[0].is_removed:
                heappop(waiting)
            if not waiting:
                del self._hosts[host]
            elif host not in self._under_way:
                if pause := self._paused(host):
                    pauses.append(pause)
                elif first is None or waiting[0] < first[0]:
                    first = waiting[0], host
        return None if first is None else first[1], min(pauses, default=None)
