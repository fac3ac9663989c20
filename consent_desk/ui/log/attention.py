"""Counts what needs somebody, and what waits: beside the log, and in the bar at the top."""

from PySide6.QtCore import QTimer

from consent_desk.delivery.events import Counted, Event
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.log_query import LogQuery, Which
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.panes import Pane
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase
from consent_desk.workspace import Workspace

OVERDUE = 24 * 3_600
"""Seconds after which it must be seen that a consent has not arrived."""

TICK = 60.0
"""Seconds after which the clock is read again: a computer may sleep, or be set right."""

GATHERED = 200
"""Milliseconds for which changes are gathered before they are counted."""


class AttentionPresenter(Presenter):
    """Counts for the workspace at work, after each change and as time passes."""

    def __init__(self, shell: ShellContext, session: Session, log: LogPresenter) -> None:
        super().__init__(shell)
        self._log = log
        self._heading = self._window.log.search
        self._button = self._window.top.needs_you
        self._workspace: Workspace | None = None
        self._since: dict[bool, Timestamp | None] = {}
        self._counts = (0, 0)
        self._is_counting = self._again = False
        self._soon = QTimer(self, singleShot=True, interval=GATHERED)
        self._soon.timeout.connect(self._count)
        self._timer = QTimer(self, interval=int(TICK * 1_000))
        self._timer.timeout.connect(self._show)
        self._button.clicked.connect(self._open)
        log.changed.connect(self._count_soon)
        session.entered.connect(lambda workspace, _project: self._show_workspace(workspace))
        session.told.connect(self._hear)

    def _show_workspace(self, workspace: Workspace) -> None:
        self._workspace, self._counts = workspace, (0, 0)
        self._show()
        self._count_soon()

    def _hear(self, workspace: Workspace, event: Event) -> None:
        if isinstance(event, Counted):
            self._since[workspace.practice] = event.outstanding.since
            self._count_soon()

    def _count_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _count(self) -> None:
        workspace = self._workspace
        if workspace is None or self._is_counting:
            self._again = workspace is not None
            return
        self._is_counting, self._again = True, False

        def work() -> tuple[frozenset[str], frozenset[str], int, int]:
            asked, looked_up = workspace.engine.lists()
            needs_you, waiting = (
                workspace.journal.count(LogQuery(which=which, asked=asked, looked_up=looked_up))
                for which in (Which.NEEDS_YOU, Which.WAITING)
            )
            return asked, looked_up, needs_you, waiting

        def done(counted: tuple[frozenset[str], frozenset[str], int, int]) -> None:
            asked, looked_up, needs_you, waiting = counted
            if workspace is self._workspace:
                self._counts = needs_you, waiting
                self._log.show_asked(asked, looked_up)
                self._show()
            end()

        def end() -> None:
            self._is_counting = False
            if self._again:
                self._count_soon()

        # What cannot be read now is counted after the next change.
        self._runner.run(Lane.JOURNAL, work, done=done, failed=lambda _error: end())

    def _show(self) -> None:
        if self._workspace is None:
            return
        needs_you, waiting = self._counts
        self._heading.show_counts(needs_you, waiting, self._overdue() if waiting else "")
        self._button.setText(phrase("log", "%n need you", "%n needs you", needs_you))
        self._button.setAccessibleDescription(self._button.text())
        self._button.setVisible(needs_you > 0)
        self._window.panes.count_log(needs_you)
        if waiting and not self._timer.isActive():
            self._timer.start()
        elif not waiting:
            self._timer.stop()

    def _overdue(self) -> str:
        """The day since when the oldest has not arrived, where that is long ago."""
        workspace = self._workspace
        since = None if workspace is None else self._since.get(workspace.practice)
        if since is None or self._now().micros - since.micros <= OVERDUE * 1_000_000:
            return ""
        local = self._local(since)
        year = "" if local.year == self._local(self._now()).year else f" {local.year}"
        return f"{local.day} {local:%b}{year}"

    def _open(self) -> None:
        self._window.panes.bring_forward(Pane.LOG)
        self._heading.choose(Which.NEEDS_YOU)
        self._window.log.view.setFocus()
