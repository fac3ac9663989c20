"""The thread on which an engine notes and plans: small steps, what a person waits for before all else."""

from collections.abc import Callable
from enum import IntEnum
from itertools import count
from queue import Empty, PriorityQueue
from threading import Event, Lock, Thread
from time import monotonic

from consent_desk.domain.errors import JournalError

RETRY = 5.0
"""Seconds after which the journal is tried again, where it could not be read or written."""


class Rank(IntEnum):
    """What comes first."""

    PERSON = 0
    OUTCOME = 1
    PLAN = 2
    LAST = 3


class Steps:
    """Does one step after the other, on a thread that is made for the first; and `wake` when it is time.

    `log` gets what a step raises that is no JournalError. After either, `wake` comes once more in `RETRY`.
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
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                self._thread = Thread(target=self._run, name="journal", daemon=True)
                self._thread.start()
        self._waiting.put((rank, next(self._number), step))

    def wake_in(self, seconds: float | None) -> None:
        """Have `wake` called in so many seconds from now, instead of when it was to be; None: never."""
        self._wake_at = None if seconds is None else monotonic() + seconds

    def finish(self, until: float) -> bool:
        """Wait, until then at most in monotonic seconds, until all is done that is here; whether it is."""
        if self._thread is None:
            return True
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
        while not self._closed.is_set():
            pause = None if self._wake_at is None else max(0.0, self._wake_at - monotonic())
            try:
                _, _, step = self._waiting.get(timeout=pause)
            except Empty:
                self._wake_at, step = None, self._wake
            try:
                step()
            except JournalError:
                # The scheduler knows what could not be read, and catches up with it.
                self.wake_in(RETRY)
            except Exception as error:  # noqa: BLE001 -- the border of a thread: what waits goes on
                self._log(error)
                self.wake_in(RETRY)
