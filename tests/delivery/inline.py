"""An engine without threads: a test says when its steps are done, and when its hosts answer."""

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

import pytest

from consent_desk.delivery import engine, looks, noting, planning, sends, threads
from consent_desk.delivery.threads import Rank
from consent_desk.domain.errors import JournalError


class InlineSteps:
    """Fits `Steps`. Does what is here when it is told to.

    `choose`: of so many that are equally urgent, which is done first; they may come from several threads.
    """

    def __init__(
        self,
        wake: Callable[[], None],
        log: Callable[[Exception], None],
        steady: Callable[[], float] = monotonic,
    ) -> None:
        self.wake = wake
        self.steady = steady
        # In so many seconds from when that was said, and at that moment.
        self.wake_at: float | None = None
        self.wakes_at: float | None = None
        self.waiting: list[tuple[Rank, int, Callable[[], object]]] = []
        self.choose: Callable[[int], int] = lambda count: 0
        self.is_closed = False
        self._number = 0

    def post(self, step: Callable[[], object], rank: Rank) -> None:
        self._number += 1
        self.waiting.append((rank, self._number, step))

    def wake_in(self, seconds: float | None) -> None:
        self.wake_at = seconds
        self.wakes_at = None if seconds is None else self.steady() + seconds

    def do(self) -> bool:
        """Do the step whose turn it is; False where there is none."""
        if not self.waiting or self.is_closed:
            return False
        rank = min(self.waiting)[0]
        equal = [one for one in self.waiting if one[0] is rank]
        # What a person asks for comes from one thread.
        first = equal[0 if rank is Rank.PERSON else self.choose(len(equal))]
        self.waiting.remove(first)
        self._do(first[2])
        return True

    def rouse(self) -> None:
        """It is time to wake."""
        self.wake_in(None)
        self._do(self.wake)

    def _do(self, step: Callable[[], object]) -> None:
        try:
            step()
        except JournalError:
            self.wake_in(threads.RETRY)

    def finish(self, until: float) -> bool:
        while self.do():
            pass
        return True

    def close(self, until: float) -> None:
        self.is_closed = True


class InlineQueue:
    """Fits `HostQueue`. Works on one item when it is told to, of each host on one at a time."""

    def __init__(
        self, name: str, most: int, work: Callable[[Any], Callable[[], None]], paused: Callable[[str], float]
    ) -> None:
        self.work = work
        self.waiting: list[tuple[int, int, str, str, Any]] = []
        # The key of what is under way, by the host.
        self.under_way: dict[str, str] = {}
        self.is_closed = False
        self._added = 0

    def add(self, host: str, key: str, item: Any, rank: int = 0) -> bool:
        if self.is_closed or self.holds(key):
            return False
        self._added += 1
        self.waiting.append((rank, self._added, host, key, item))
        return True

    def holds(self, key: str) -> bool:
        return self.is_under_way(key) or any(one[3] == key for one in self.waiting)

    def is_under_way(self, key: str) -> bool:
        return key in self.under_way.values()

    def remove(self, key: str) -> Any:
        found = next((one for one in self.waiting if one[3] == key), None)
        if found is not None:
            self.waiting.remove(found)
        return None if found is None else found[4]

    def ready(self) -> list[str]:
        """The hosts that can be called now: those of the most urgent first."""
        return [*dict.fromkeys(one[2] for one in sorted(self.waiting) if one[2] not in self.under_way)]

    def do(self, host: str | None = None) -> bool:
        """Work on the item whose turn it is, of this host or any; False where there is none."""
        hosts = self.ready() if host is None else [host]
        if not hosts:
            return False
        first = min(one for one in self.waiting if one[2] == hosts[0])
        self.waiting.remove(first)
        self.under_way[hosts[0]] = first[3]
        try:
            tell = self.work(first[4])
        finally:
            del self.under_way[hosts[0]]
        tell()
        return True

    def close(self) -> None:
        self.is_closed = True
        self.waiting.clear()

    def idle(self, seconds: float) -> bool:
        return not self.waiting and not self.under_way


def without_threads(monkeypatch: pytest.MonkeyPatch, steady: Callable[[], float] | None = None) -> None:
    """Have the engines that are made from now on do nothing until they are told to. `steady`: their time."""
    monkeypatch.setattr(planning, "COUNTED_EACH", 0.0)
    monkeypatch.setattr(engine, "Steps", partial(InlineSteps, steady=steady or monotonic))
    for module in (sends, looks):
        monkeypatch.setattr(module, "HostQueue", InlineQueue)
    if steady is not None:
        for module in (engine, noting, planning):
            monkeypatch.setattr(module, "monotonic", steady)
