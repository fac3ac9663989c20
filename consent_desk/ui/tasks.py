"""The one door between threads."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, TypeAlias, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from consent_desk.domain.errors import DeskError
from consent_desk.ui.widgets.messages import phrase

Result = TypeVar("Result")
Told = TypeVar("Told")
Queue: TypeAlias = "SimpleQueue[Callable[[], None] | None]"


class Lane(StrEnum):
    """Work on one lane runs one after the other; lanes never wait for each other.

    `ASIDE` is for what is done without a network: small files, and libraries that take time to load.
    `UPKEEP` is for the backups on this computer, `SECOND` for those in a second folder, which may hang.
    So may the folders that a person chooses for an `EXPORT`, a `PROOF`, or a `SLIP`. `LOG` reads what the
    log shows first: it does not wait for what is planned on `JOURNAL`, half a second at the start.
    """

    JOURNAL = "journal"
    LOG = "log"
    KEYRING = "keyring"
    LOOK_UP = "look-up"
    UPKEEP = "upkeep"
    SECOND = "second folder"
    SLIP = "slip"
    EXPORT = "export"
    PROOF = "proof"
    ASIDE = "aside"


class TaskRunner(QObject):
    """Runs plain functions on daemon threads and brings what came of them back to the GUI thread.

    `log` gets every exception that is no DeskError: a bug, not an answer. Emits `renewed(Lane)`.
    Daemon threads, because a keyring or a name look-up can block for ever and must not hold up quitting.
    """

    renewed = Signal(object)
    _ended = Signal(object)

    def __init__(self, log: Callable[[Exception], None]) -> None:
        super().__init__()
        self._log = log
        self._lanes: dict[Lane, Queue] = {}
        self._lock = Lock()
        self._closed = False
        # What of an error may be seen.
        self.shown: Callable[[Exception], Exception] = lambda error: error
        self._ended.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        lane: Lane,
        work: Callable[[], Result],
        *,
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Run `work` on `lane`, then `done(result)` or `failed(error)` on the GUI thread."""
        self.run_telling(lane, lambda _: work(), told=let_be, done=done, failed=failed)

    def run_telling(
        self,
        lane: Lane,
        work: Callable[[Callable[[Told], None]], Result],
        *,
        told: Callable[[Told], None],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """The same with a `work` that tells something before it ends: `told(value)` on the GUI thread."""

        def fail(error: Exception) -> None:
            failed(self.shown(error))

        try:
            queue = self._queue(lane)
        except RuntimeError as error:
            # No more threads.
            self._log(error)
            self._report(_Ended(lane, None, fail, error))
            return

        def task() -> None:
            try:
                result = work(lambda value: self._report(_Ended(lane, queue, told, value)))
            except Exception as error:  # noqa: BLE001 -- the border of a thread: it goes to `failed`
                if not isinstance(error, DeskError):
                    self._log(error)
                self._report(_Ended(lane, queue, fail, error))
            else:
                self._report(_Ended(lane, queue, done, result))

        queue.put(task)

    def renew(self, lane: Lane) -> None:
        """Give up what hangs on `lane`: its results are dropped, and the next work gets a fresh thread.

        What waits behind it is not begun any more.
        """
        with self._lock:
            queue = self._lanes.pop(lane, None)
        if queue is not None:
            with suppress(Empty):
                while True:
                    queue.get_nowait()
            queue.put(None)
        self.renewed.emit(lane)

    def idle(self, lane: Lane, seconds: float) -> bool:
        """Wait at most `seconds` until all that was given to `lane` has run; say whether it has."""
        with self._lock:
            queue = self._lanes.get(lane)
        if queue is None:
            return True
        reached = Event()
        queue.put(reached.set)
        return reached.wait(seconds)

    def close(self) -> None:
        """Take no result any more. Threads end when their present work does, or with the process."""
        with self._lock:
            self._closed = True
            queues = list(self._lanes.values())
            self._lanes.clear()
        for queue in queues:
            queue.put(None)

    def _queue(self, lane: Lane) -> Queue:
        with self._lock:
            queue = self._lanes.get(lane)
            if queue is None:
                queue = SimpleQueue()
                if not self._closed:
                    # First: where no thread can be had, the next work tries for one anew.
                    Thread(
                        target=_work_off,
                        args=(queue,),
                        name=phrase("window", "lane {lane}").format(lane=lane),
                        daemon=True,
                    ).start()
                    self._lanes[lane] = queue
            return queue

    def _report(self, ended: "_Ended") -> None:
        with self._lock:
            # Qt deletes the object at the end, whatever thread is still about to report.
            if not self._closed:
                with suppress(RuntimeError):
                    self._ended.emit(ended)

    @Slot(object)
    def _call(self, ended: "_Ended") -> None:
        if ended.queue is None or self._lanes.get(ended.lane) is ended.queue:
            ended.callback(ended.value)


@dataclass(frozen=True, slots=True)
class _Ended:
    """What a task tells on its way to the GUI thread; `queue` is None for one that could not begin."""

    lane: Lane
    queue: "Queue | None"
    callback: Callable[[Any], None]
    value: object


def let_be(_value: object) -> None:
    """Nobody waits for it."""


def _work_off(queue: Queue) -> None:
    while (task := queue.get()) is not None:
        task()
