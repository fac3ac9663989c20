"""Opens the journals, real and practice, on their lane, and takes up what an earlier run left there."""

from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from threading import Lock, Thread
from time import monotonic

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from consent_desk.delivery.events import Event, Noted, NotNoted, Repeated, Stamped, is_awaited
from consent_desk.domain.errors import JournalError
from consent_desk.domain.wire.project import Project
from consent_desk.ui.presenting.lens import Lens
from consent_desk.ui.tasks import Lane, Result, TaskRunner, let_be
from consent_desk.workspace import Workspace

Find = Callable[[Workspace, str, Callable[[Project | None], None], Callable[[str], None]], None]


GATHERED = 100
"""Milliseconds for which events are gathered that nobody waits for: thousands may leave at a start."""

MOST_AT_ONCE = 0.01
"""Seconds for which they are told at once; between two such turns the window takes keys."""


class Workspaces(QObject):
    """Opens each workspace once, unless told to `reopen`.

    Emits `taken_up(Workspace, unconfirmed)` once it can be entered: so many calls did an
    earlier run not finish. From `deliver` on it emits `told(Workspace, Event)` for each event of its engine,
    nothing of one that was closed. All of them are seen through `lens`; when that changes, `shown_anew`
    brings the real one once more.

    `open_workspace(practice, opened)` puts into `opened` whatever is to be closed again: at once where
    anything fails before the workspace is in use, else with `resources`.
    """

    taken_up = Signal(object, int)
    told = Signal(object, object)
    shown_anew = Signal(object)
    _hurried = Signal()
    _gathered = Signal()
    _called = Signal(object)

    def __init__(
        self,
        runner: TaskRunner,
        open_workspace: Callable[[bool, ExitStack], Workspace],
        resources: ExitStack,
        parent: QObject | None = None,
        *,
        lens: Lens | None = None,
    ) -> None:
        super().__init__(parent)
        self._lens = lens or Lens()
        self._lens.changed.connect(self._show_anew)
        self._runner = runner
        self._open_workspace = open_workspace
        self._resources = resources
        self._opened: dict[bool, Workspace] = {}
        self._unconfirmed: dict[bool, int] = {}
        self._practises = False
        self._rests = False
        self._lock = Lock()
        # In their order, of all workspaces. `_is_posted`: whoever tells them knows of them, or is hurried.
        self._events: deque[tuple[Workspace, Event]] = deque()
        self._is_posted: bool | None = None
        self._telling = Lock()
        self._timer = QTimer(self, singleShot=True, interval=GATHERED)
        self._timer.timeout.connect(self._tell_all)
        self._gathered.connect(self._timer.start, Qt.ConnectionType.QueuedConnection)
        self._hurried.connect(self._tell_all, Qt.ConnectionType.QueuedConnection)
        self._called.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def deliver(self, workspace: Workspace, find: Find) -> None:
        """Have the engine of `workspace` go on with what an earlier run left, and tell what it does.

        `find` is called on the GUI thread, for the settings of a project.
        """

        def report(event: Event) -> None:
            # At the very end, Qt has deleted what a thread may still report to.
            with suppress(RuntimeError), self._telling:
                self._events.append((workspace, event))
                self._post(is_hurried=is_awaited(event))

        def ask(
            project_id: str, then: Callable[[Project | None], None], cannot: Callable[[str], None]
        ) -> None:
            with suppress(RuntimeError):
                self._called.emit(lambda: find(workspace, project_id, then, cannot))

        workspace.engine.start(report, ask)

    def _post(self, *, is_hurried: bool) -> None:
        if self._is_posted is None or is_hurried > self._is_posted:
            self._is_posted = is_hurried
            (self._hurried if is_hurried else self._gathered).emit()

    def _tell_all(self) -> None:
        self._timer.stop()
        until = monotonic() + MOST_AT_ONCE
        with self._telling:
            self._is_posted = None
        while self._events:
            self._tell(*self._events.popleft())
            if self._events and monotonic() >= until:
                with self._telling:
                    self._is_posted = True
                # What is posted now would come before the keys.
                QTimer.singleShot(0, self, self._tell_all)
                return

    def _tell(self, workspace: Workspace, event: Event) -> None:
        # Whoever pressed Send hears whether that is noted, whatever has become of the journal since.
        is_heard = isinstance(event, Repeated | Stamped | Noted | NotNoted)
        if is_heard or self._opened.get(workspace.practice) is workspace:
            self.told.emit(self._lens.workspace(workspace), self._lens.told(workspace, event))

    def _show_anew(self) -> None:
        if (workspace := self._opened.get(False)) is not None:
            self.shown_anew.emit(self._lens.workspace(workspace))

    def _call(self, work: Callable[[], None]) -> None:
        work()

    def change_settings(self, project_id: str) -> None:
        """The settings of a real project were saved or removed."""
        if (workspace := self._opened.get(False)) is not None:
            workspace.engine.settings_changed(project_id)

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
            done(self._lens.workspace(workspace))
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
                    workspace.engine.rest()
                    workspace.rest()

        self._practises = False
        self._runner.run(Lane.JOURNAL, rest, done=let_be, failed=let_be)

    def reopen(
        self,
        work: Callable[[], Result],
        *,
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
        practice: bool = False,
    ) -> None:
        """Close the real journal, or that of practice, and do `work` on its lane while nobody has it open.

        Practice loses all that was noted in it. First its calls are ended, and what came of them is written
        down. Whoever enters next opens it anew.
        """

        def on_lane() -> Result:
            with self._lock:
                closing = self._opened.pop(practice, None)
                if practice:
                    self._rests = False
            if closing is not None:
                closing.engine.close()
                closing.rest()
                # One that is damaged may not even close well: that is why it is replaced.
                with suppress(JournalError):
                    closing.journal.close()
            return work()

        self._runner.run(Lane.JOURNAL, on_lane, done=done, failed=failed)

    def opened(self, *, practice: bool) -> Workspace:
        """The workspace that is open. Raises KeyError where none is."""
        return self._opened[practice]

    def open_in(self, project_id: str) -> int:
        """How many consents of a real project are open. For the journal lane."""
        return self._open(practice=False).journal.open_in(project_id)

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
            # Before all else is closed.
            self._resources.callback(self._close_engines)
            return workspace

    def _close_engines(self) -> None:
        """All at once: each may wait for a call that hangs."""
        closing = [Thread(target=one.engine.close, daemon=True) for one in [*self._opened.values()]]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()
