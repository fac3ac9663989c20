"""The calls under way, as a person sees them: that one is slow, and that it can be cancelled at its line."""

from collections.abc import Callable

from PySide6.QtCore import QTimer

from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.outcome import DEADLINE
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.outcomes.dispatch import QueuedSend, SendQueue
from consent_desk.ui.shell import waiting
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

Say = Callable[[Workspace, Entry, Tone, str], None]

NOTED = "Noted. You can end the call."
"""What is said of a real consent as soon as it is on disk, until the next caller."""


class CallPresenter(Presenter):
    """Cancels what a line of the log names, as long as it is not settled. No key does.

    Made before anybody else follows `dispatch`: once a call has ended, nothing says any more that it is slow.
    """

    def __init__(
        self, shell: ShellContext, dispatch: SendQueue, log: LogPresenter, say: Say, answer: Say
    ) -> None:
        super().__init__(shell)
        self._dispatch = dispatch
        self._log = log
        self._say = say
        self._answer = answer
        self._under_way: QueuedSend | None = None
        self._slow = QTimer(self, singleShot=True)
        self._slow.timeout.connect(self._say_that_it_is_slow)
        dispatch.begun.connect(self._begin_to_wait)
        dispatch.sent.connect(self._end_waiting)
        dispatch.failed.connect(self._end_waiting)
        self._window.log.cancel_requested.connect(self._cancel)

    def cancel_waiting(self, workspace: Workspace, entry: Entry) -> None:
        """Cancel one that was not handed over to be sent yet."""
        self._cancel_one(QueuedSend(workspace, None, entry))

    def _cancel(self, request_id: str) -> None:
        queued_send = self._dispatch.find(request_id) or self._waiting(request_id)
        if queued_send is None:
            return
        if queued_send.kept:
            why = "It goes on, or it would be discarded for good: Stop keeps those that follow."
            self._answer(queued_send.workspace, queued_send.entry, Tone.NEUTRAL, why)
        else:
            self._cancel_one(queued_send)

    def _cancel_one(self, queued_send: QueuedSend) -> None:
        if self._dispatch.cancel(queued_send):
            self._end_waiting(queued_send)
            self._answer(queued_send.workspace, queued_send.entry, Tone.NEUTRAL, "Cancelling…")

    def _waiting(self, request_id: str) -> QueuedSend | None:
        """What waits for its time, and is not on its way out so far."""
        workspace, entry = self._log.workspace, self._log.find(request_id)
        if workspace is None or entry is None or entry.state not in {State.QUEUED, State.RETRY_WAIT}:
            return None
        return QueuedSend(workspace, None, entry, by_person=False)

    def _begin_to_wait(self, queued_send: QueuedSend) -> None:
        self._under_way = queued_send
        self._slow.start(waiting.SAY_SLOW_AFTER)

    def _end_waiting(self, queued_send: QueuedSend, _outcome: object = None) -> None:
        # What waits behind the call under way may be cancelled: that call goes on.
        if queued_send is self._under_way:
            self._slow.stop()

    def _say_that_it_is_slow(self) -> None:
        queued_send = self._under_way
        if queued_send is not None and queued_send.by_person:
            who = "Noted for practice. The Sandbox" if queued_send.workspace.practice else "Engagement"
            slow = f"{who} has not answered yet. It is given {DEADLINE:.0f} seconds in all."
            self._say(queued_send.workspace, queued_send.entry, Tone.NEUTRAL, slow)
