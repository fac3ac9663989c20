"""The calls under way, as a person sees them: that one is slow, and that it can be cancelled at its line."""

from collections.abc import Callable

from PySide6.QtCore import QTimer

from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.outcome import DEADLINE
from consent_desk.ui.log.line_details import Deed
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.shell import waiting
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.widgets.messages import phrase
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

Say = Callable[[Workspace, Entry, Tone, str], None]


class CallPresenter(Presenter):
    """Cancels what a line of the log names, as long as it is not settled. No key does."""

    def __init__(self, shell: ShellContext, log: LogPresenter, say: Say, answer: Say) -> None:
        super().__init__(shell)
        self._say = say
        self._answer = answer
        # The last one that a person waits for.
        self._under_way: tuple[Workspace, Entry] | None = None
        # Those of a list: cancelling one would discard it for good.
        self.kept: set[str] = set()
        self._slow = QTimer(self, singleShot=True)
        self._slow.timeout.connect(self._say_that_it_is_slow)
        log.on_line(Deed.CANCEL, self._cancel)

    def cancel(self, workspace: Workspace, entry: Entry) -> None:
        """Cancel what has not left."""
        if workspace.engine.cancel(entry):
            self.end(entry.request_id)
            self._answer(workspace, entry, Tone.NEUTRAL, phrase("outcomes", "Cancelling…"))

    def begin(self, workspace: Workspace, entry: Entry) -> None:
        """Somebody waits for this call."""
        self._under_way = workspace, entry
        self._slow.start(waiting.SAY_SLOW_AFTER)

    def end(self, request_id: str) -> None:
        """This call has ended: nothing says any more that it is slow."""
        self.kept.discard(request_id)
        if self._under_way is not None and self._under_way[1].request_id == request_id:
            self._under_way = None
            self._slow.stop()

    def _cancel(self, workspace: Workspace, entry: Entry) -> None:
        is_here = workspace.engine.holds(entry.request_id)
        if is_here and entry.request_id in self.kept:
            why = phrase(
                "outcomes", "It goes on, or it would be discarded for good: Stop keeps those that follow."
            )
            self._answer(workspace, entry, Tone.NEUTRAL, why)
        elif is_here or entry.state in {State.QUEUED, State.RETRY_WAIT}:
            self.cancel(workspace, entry)

    def _say_that_it_is_slow(self) -> None:
        if self._under_way is not None:
            workspace, entry = self._under_way
            who = (
                phrase("outcomes", "The Sandbox") if workspace.practice else phrase("outcomes", "Engagement")
            )
            slow = phrase(
                "outcomes", "{who} has not answered yet. It is given {seconds:.0f} seconds in all."
            ).format(who=who, seconds=DEADLINE)
            self._say(workspace, entry, Tone.NEUTRAL, slow)
