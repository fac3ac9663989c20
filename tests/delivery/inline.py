"""An engine without threads: a test says when its steps are done, and when its hosts answer."""

from collections.abc import Callable
from typing import Any

import pytest

from consent_desk.delivery import engine as engine_module
from consent_desk.delivery import steps
from consent_desk.delivery.steps import Rank
from consent_desk.domain.errors import JournalError


class InlineSteps:
    """Fits `Steps`. Does what is here when it is told to."""

    def __init__(self, wake: Callable[[], None], log: Callable[[Exception], None]) -> None:
        self.wake = wake
        self.wake_at: float | None = None
        self.waiting: list[tuple[Rank, int, Callable[[], object]]] = []
        self.is_closed = False
        self._number = 0

    def post(self, step: Callable[[], object], rank: Rank) -> None:
        self._number += 1
        self.waiting.append((rank, self._number, step))

    def wake_in(self, seconds: float | None) -> None:
        self.wake_at = seconds

    def do(self) -> bool:
        """Do the step whose turn it is; False where there is none."""
        if not self.waiting or self.is_closed:
            return False
        first = min(self.waiting, key=lambda one: one[:2])
        self.waiting.remove(first)
        try:
            first[2]()
        except JournalError:
            self.wake_in(steps.RETRY)
        return True

    def finish(self, until: float) -> bool:
        while self.do():
            pass
        return True

    def close(self, until: float) -> None:
        self.is_closed = True


class InlineQueue:
    """Fits `HostQueue`. Works on one item when it is told to."""

    def __init__(
        self, name: str, most: int, work: Callable[[Any], Callable[[], None]], paused: Callable[[str], float]
    ) -> None:
        self.work = work
        self.waiting: list[tuple[int, int, str, str, Any]] = []
        self.under_way = ""
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
        return key == self.under_way

    def remove(self, key: str) -> Any:
        found = next((one for one in self.waiting if one[3] == key), None)
        if found is not None:
            self.waiting.remove(found)
        return None if found is None else found[4]

    def do(self) -> bool:
        """Work on the item whose turn it is; False where there is none."""
        if not self.waiting:
            return False
        first = min(self.waiting, key=lambda one: one[:2])
        self.waiting.remove(first)
        self.under_way = first[3]
        try:
            tell = self.work(first[4])
        finally:
            self.under_way = ""
        tell()
        return True

    def close(self) -> None:
        self.is_closed = True
        self.waiting.clear()

    def idle(self, seconds: float) -> bool:
        return not self.waiting and not self.under_way


def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the engines that are made from now on do nothing until they are told to."""
    monkeypatch.setattr(engine_module, "Steps", InlineSteps)
    monkeypatch.setattr(engine_module, "HostQueue", InlineQueue)
