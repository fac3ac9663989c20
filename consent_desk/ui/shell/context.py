"""What the window lends to each of its rooms, and what every presenter is made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from PySide6.QtCore import QObject

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.local_time import moment
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.presenting.lens import Lens
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.tasks import TaskRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellContext:
    """The window, its lanes, its questions, the clock and zone of this computer, and what masks."""

    window: MainWindow
    runner: TaskRunner
    questions: Questions
    now: Callable[[], Timestamp]
    zone: tzinfo
    lens: Lens = field(default_factory=Lens)

    def local(self, at: Timestamp) -> datetime:
        """`at` in the zone of this computer."""
        return moment(at, self.zone)

    def local_now(self) -> datetime:
        """The time on the wall."""
        return self.local(self.now())


class Presenter(QObject):
    """Decides what a part of the window shows, and lives as long as that."""

    def __init__(self, shell: ShellContext) -> None:
        super().__init__(shell.window)
        self._shell = shell
        self._window, self._status = shell.window, shell.window.status
        self._runner, self._questions = shell.runner, shell.questions
        self._now, self._local = shell.now, shell.local
