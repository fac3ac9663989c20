"""Opens the journals, real and practice, on their lane, and takes up what an earlier run left there."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from threading import Lock

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.errors import JournalError
from consent_desk.ui.tasks import Lane, Result, TaskRunner, let_be
from consent_desk.workspace import Workspace


class Workspaces(QObject):
    """Opens each workspace once, unless told to `reopen`.

    Emits `taken_up(Workspace, unconfirmed)` once it can be entered: so many calls did an
    earlier run not finish.

    `open_workspace(practice, opened)` puts into `opened` whatever is to be closed again: at once where
    anything fails before the workspace is in use, else with `resources`.
    """

    taken_up = Signal(object, int)

    def __init__(
        self,
        runner: TaskRunner,
        open_workspace: Callable[[bool, ExitStack], Workspace],
        resources: ExitStack,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._open_workspace = open_workspace
        self._resources = resources
        self._opened: dict[bool, Workspace] = {}
        self._unconfirmed: dict[bool, int] = {}
        self._practises = False
        self._rests = False
        self._lock = Lock()

    def enter(
        self,
        *,
        practice: bool,
        done: Callable[[Workspace], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Open a workspace if need be, or wake it, and bring it."""

        def work() -> tuple[Workspace, int | None]:
            return self._open(practice=practice), self._unconfirmed.pop(practice, None)

        def entered(result: tuple[Workspace, int | None]) -> None:
            workspace, unconfirmed = result
            done(workspace)
            # Practice that was left meanwhile is taken up when somebody comes back.
            if unconfirmed is not None and (self._practises or not practice):
                self.taken_up.emit(workspace, unconfirmed)

        if practice:
            self._practises = True

        self._runner.run(Lane.JOURNAL, work, done=entered, failed=failed)

    def leave_practice(self) -> None:
        """End the server that practice is sent to; its journal stays, and is shown on coming back."""

        def rest() -> None:
            with self._lock:
                if (workspace := self._opened.get(True)) is not None and not self._rests:
                    self._rests = True
                    workspace.rest()

        self._practises = False
        self._runner.run(Lane.JOURNAL, rest, done=let_be, failed=let_be)

    def reopen(
        self,
        work: Callable[[], Result],
        *,
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Close the real journal, and do `work` on its lane while nobody has it open.

        First its calls are ended, and what came of them is written down. Whoever enters next opens it anew.
        """
        if (workspace := self._opened.get(False)) is not None:
            workspace.sender.stop()

        def on_lane() -> Result:
            with self._lock:
                closing = self._opened.pop(False, None)
            if closing is not None:
                closing.sender.write_again()
                # One that is damaged may not even close well: that is why it is replaced.
                with suppress(JournalError):
                    closing.journal.close()
            return work()

        def replace(_ended: object) -> None:
            self._runner.run(Lane.JOURNAL, on_lane, done=done, failed=failed)

        self._runner.run(Lane.SEND, lambda: None, done=replace, failed=replace)

    def open_in(self, project_id: str) -> int:
        """How many consents of a real project are open. For the journal lane."""
        return self._open(practice=False).journal.open_in(project_id)

    def stop(self) -> None:
        """Let no sender begin another call, and end those under way."""
        for workspace in list(self._opened.values()):
            workspace.sender.stop()

    def write_again(self) -> None:
        """Write down, at the end, what could not be so far. For the journal lane."""
        for workspace in list(self._opened.values()):
            workspace.sender.write_again()

    @property
    def has_unwritten(self) -> bool:
        """Whether there is an outcome that could not be written down so far."""
        return any(workspace.sender.has_unwritten for workspace in list(self._opened.values()))

    def _open(self, *, practice: bool) -> Workspace:
        with self._lock:
            if practice and self._rests:
                self._opened[True] = replace(self._opened[True], sandbox=self._opened[True].wake())
                self._rests = False
                self._unconfirmed[True] = 0
            if practice in self._opened:
                return self._opened[practice]
            with ExitStack() as opened:
                workspace = self._open_workspace(practice, opened)
                self._unconfirmed[practice] = workspace.outbox.recover()
                self._resources.enter_context(opened.pop_all())
            self._opened[practice] = workspace
            return workspace
