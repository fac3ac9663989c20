"""What waits for its time, found without walking through all that waits."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.policy import LONGEST_AHEAD

Rank = tuple[bool, int, int]
"""What is due leaves in this order; no two have the same."""

_FEW = 32
"""So many are put in order one by one; more of them all together."""


class Queue:
    """Request IDs: those that are due by their rank, the others by their time.

    The clock is told to it. Where that is set back, what was due may not be any more, and what lies further
    ahead than anything is planned for is (`policy.is_time`).
    """

    def __init__(self) -> None:
        self._ready: list[tuple[Rank, str]] = []
        self._later: list[tuple[int, Rank, str]] = []
        self._places: dict[str, tuple[int, Rank]] = {}
        self._now = 0
        # The latest time of what is due: after now only where it lies so far ahead.
        self._last_ready = 0

    def put(self, request_id: str, at: Timestamp, rank: Rank) -> None:
        """Let one wait, or wait otherwise."""
        self.drop(request_id)
        self._places[request_id] = (at.micros, rank)
        insort(self._later, (at.micros, rank, request_id))

    def drop(self, request_id: str) -> None:
        """Let one wait no more, if it does."""
        place = self._places.pop(request_id, None)
        if place is None:
            return
        at, rank = place
        waiting = (at, rank, request_id)
        number = bisect_left(self._later, waiting)
        if self._later[number : number + 1] == [waiting]:
            del self._later[number]
        else:
            del self._ready[bisect_left(self._ready, (rank, request_id))]

    def tell(self, now: Timestamp) -> None:
        """It is `now`."""
        if now.micros < max(self._now, self._last_ready):
            # The clock was set back: what is ready has to be asked anew.
            ready = ((self._places[request_id][0], rank, request_id) for rank, request_id in self._ready)
            self._later = sorted((*self._later, *ready))
            self._ready, self._last_ready = [], 0
        self._now = now.micros
        due = bisect_right(self._later, now.micros, key=_time)
        ahead = bisect_right(self._later, now.micros + LONGEST_AHEAD, key=_time)
        if due == 0 and ahead == len(self._later):
            return
        if ahead < len(self._later):
            self._last_ready = self._later[-1][0]
        found = [(rank, request_id) for _, rank, request_id in (*self._later[:due], *self._later[ahead:])]
        self._later = self._later[due:ahead]
        if len(found) > _FEW:
            self._ready = sorted((*self._ready, *found))
        else:
            for one in found:
                insort(self._ready, one)

    @property
    def due(self) -> Sequence[tuple[Rank, str]]:
        """What is due, as of what was told last."""
        return self._ready

    @property
    def next_at(self) -> Timestamp | None:
        """When something is due, as of what was told last; None where nothing waits."""
        if self._ready:
            return Timestamp(self._now)
        return Timestamp(self._later[0][0]) if self._later else None


def _time(waiting: tuple[int, Rank, str]) -> int:
    return waiting[0]
