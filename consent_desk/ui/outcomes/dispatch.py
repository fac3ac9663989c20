"""What is noted leaves here, one call at a time."""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from time import sleep

from PySide6.QtCore import QObject, Signal, SignalInstance

from consent_desk.delivery.sender import Sent
from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.message import Message
from consent_desk.domain.wire.project import Project
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.workspace import Workspace

_HEAD_START = 0.001
"""Seconds."""


@dataclass(frozen=True, slots=True)
class QueuedSend:
    """A noted consent on its way out. `by_person` is false for what waits from earlier days.

    `kept`: one of many that were refused before. Cancelling lets it be: it would be discarded for good.
    """

    workspace: Workspace
    project: Project | None
    entry: Entry
    by_person: bool = True
    kept: bool = False

    @property
    def rank(self) -> tuple[bool, bool]:
        """What ranks lower leaves first."""
        return self.entry.action is Action.ACCEPT, not self.by_person


class SendQueue(QObject):
    """Emits `begun(QueuedSend)`, then `sent(QueuedSend, Sent | Message | None)` as the sender says, or
    `failed(QueuedSend, Exception)`.

    What is cancelled while it waits goes straight to `sent`; `not_cancelled(QueuedSend, Exception)` tells
    that this could not be written down.
    """

    begun = Signal(object)
    sent = Signal(object, object)
    failed = Signal(object, object)
    not_cancelled = Signal(object, object)

    def __init__(self, runner: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = runner
        self._waiting: deque[QueuedSend] = deque()
        self._under_way: QueuedSend | None = None
        self._discarding: list[QueuedSend] = []
        self._cancelled: set[str] = set()

    def add(self, queued_send: QueuedSend) -> None:
        """Send it as soon as the line is free.

        An opt-out goes before every opt-in; of a kind, a caller on the phone before what waits from earlier.
        """
        queued_send.workspace.sender.admit(queued_send.entry.request_id)
        self._cancelled.discard(queued_send.entry.request_id)
        at = bisect_right(self._waiting, queued_send.rank, key=lambda one: one.rank)
        self._waiting.insert(at, queued_send)
        self._next()

    def holds(self, request_id: str, workspace: Workspace | None = None) -> bool:
        """Whether it is under way or waits here, for `workspace` if one is given."""
        return any(
            one.entry.request_id == request_id and (workspace is None or one.workspace is workspace)
            for one in self._pending()
        )

    def find(self, request_id: str) -> QueuedSend | None:
        """What is under way or waits here; None where it does not."""
        return next((one for one in self._pending() if one.entry.request_id == request_id), None)

    def cancel(self, queued_send: QueuedSend) -> bool:
        """End a sending, also one that waits for its time elsewhere; False where it is cancelled already."""
        if queued_send.entry.request_id in self._cancelled:
            return False
        self._cancelled.add(queued_send.entry.request_id)
        if queued_send is self._under_way:
            queued_send.workspace.sender.cancel(queued_send.entry.request_id)
        else:
            self._discard(queued_send)
        return True

    def _pending(self) -> list[QueuedSend]:
        return [one for one in (self._under_way, *self._discarding, *self._waiting) if one is not None]

    def _discard(self, queued_send: QueuedSend) -> None:
        # At once, the call under way may take long: what is cancelled must not be sent at the next start.
        if queued_send in self._waiting:
            self._waiting.remove(queued_send)
        self._discarding.append(queued_send)
        workspace, request_id = queued_send.workspace, queued_send.entry.request_id

        def end(signal: SignalInstance, value: object) -> None:
            self._discarding.remove(queued_send)
            signal.emit(queued_send, value)

        self._runner.run(
            Lane.JOURNAL,
            lambda: workspace.sender.discard(request_id, practice=workspace.practice),
            done=lambda sent: end(self.sent, sent),
            failed=lambda error: end(self.not_cancelled, error),
        )

    def _next(self) -> None:
        if self._under_way is None and self._waiting:
            queued_send = self._under_way = self._waiting.popleft()
            self.begun.emit(queued_send)
            self._runner.run(
                Lane.SEND,
                lambda: queued_send.workspace.sender.send(
                    queued_send.entry.request_id, queued_send.project, by_person=queued_send.by_person
                ),
                done=lambda sent: self._end(queued_send, sent),
                failed=lambda error: self._fail(queued_send, error),
            )
            # The lane goes first: else it would wait until the form is cleared and the log has its line.
            sleep(_HEAD_START)

    def _end(self, queued_send: QueuedSend, sent: Sent | Message | None) -> None:
        self._under_way = None
        if isinstance(sent, Message) and queued_send.entry.request_id in self._cancelled:
            # It was never begun, so that nothing of it could be ended.
            self._discard(queued_send)
        else:
            self.sent.emit(queued_send, sent)
        self._next()

    def _fail(self, queued_send: QueuedSend, error: Exception) -> None:
        self._under_way = None
        self.failed.emit(queued_send, error)
        self._next()
