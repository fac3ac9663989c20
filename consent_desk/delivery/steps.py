"""The thread on which an engine notes and plans: small steps, what a person waits for before all else."""

from collections.abc import Callable
from contextlib import suppress
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
