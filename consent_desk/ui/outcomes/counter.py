"""The counter by the log: how much Engagement may not have yet, and whether that has lasted too long."""

from PySide6.QtCore import QTimer

from consent_desk.delivery.scheduler import Outstanding
from consent_desk.ui.outcomes.presenter import OutcomePresenter
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.workspace import Workspace

OVERDUE = 24 * 3_600
"""Seconds after which it must be seen that a consent has not arrived."""

TICK = 60.0
"""Seconds after which the clock is read again: a computer may sleep, or be set right."""


class CounterPresenter(Presenter):
    """Shows the counter of the workspace at work, also as time passes and nothing else happens."""

    def __init__(self, shell: ShellContext, sending: OutcomePresenter) -> None:
        super().__init__(shell)
        self._search = self._window.log.search
        self._workspace: Workspace | None = None
        self._counts: dict[bool, Outstanding] = {}
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._show)
        sending.counted.connect(self._count)

    def show_workspace(self, workspace: Workspace) -> None:
        """Show the counter of `workspace` from now on."""
        self._workspace = workspace
        self._show()

    def _count(self, workspace: Workspace, outstanding: Outstanding) -> None:
        self._counts[workspace.practice] = outstanding
        self._show()

    def _show(self) -> None:
        if self._workspace is None:
            return
        outstanding = self._counts.get(self._workspace.practice, Outstanding())
        since, overdue = outstanding.since, ""
        if since is not None and self._now().micros - since.micros > OVERDUE * 1_000_000:
            local = self._local(since)
            year = "" if local.year == self._local(self._now()).year else f" {local.year}"
            overdue = f"{local.day} {local:%b}{year}"
        self._search.show_open(
            int(outstanding),
            since=overdue,
            not_recorded=outstanding.to_acknowledge,
            to_check=outstanding.to_check,
        )
        if int(outstanding) and not self._timer.isActive():
            self._timer.start(int(TICK * 1_000))
        elif not int(outstanding):
            self._timer.stop()
