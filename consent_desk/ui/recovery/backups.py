"""Fills the list of backups: what is on this computer, and what a second folder has, should that answer."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from consent_desk.domain.backup import Backup, Checked
from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import say
from consent_desk.ui.recovery.backups_dialog import BackupsDialog
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.ui.widgets.messages import render_error

Result = TypeVar("Result")

_LOOKING = "Looking for backups…"
_NO_ANSWER = (
    "The second folder does not answer. Connect its disk, then close this list and open it again, or do "
    "without it. The backups on this computer can be restored all the same."
)
_OVERTAKEN = (say("The list is looked for anew."), say("Wait a moment."))


class Copies(Protocol):
    """Where the backups are, and what they are worth. Every method raises DeskError."""

    def second_folder(self) -> Path | None:
        """The second folder for backups, None where none is set."""

    def set_second_folder(self, folder: Path | None) -> None:
        """Have a second folder for backups from now on, or none."""

    def backups(self) -> tuple[Backup, ...]:
        """The backups on this computer."""

    def second_backups(self) -> tuple[Backup, ...]:
        """The backups in the second folder. May not come back, if that is on a network."""

    def check(self, backup: Backup) -> Checked:
        """Verify a backup, whole."""


class BackupList(QObject):
    """Lists and checks each time that it is opened. Emits `folder_changed`.

    Each of the two places has a lane of its own: the nearer one never waits for the other.
    """

    folder_changed = Signal()

    def __init__(self, parent: QWidget, runner: TaskRunner, questions: Questions, copies: Copies) -> None:
        super().__init__(parent)
        self.dialog = BackupsDialog(parent)
        self._runner = runner
        self._questions = questions
        self._copies = copies
        self._look = object()
        self._unlisted: set[Lane] = set()
        self._unfinished: Counter[Lane] = Counter()
        self._hangs = False
        self._trouble = ""
        self._patience = Patience(self)
        self._patience.gone.connect(self._say_that_it_hangs)
        self.dialog.folder_requested.connect(self._choose_folder)
        self.dialog.no_folder_requested.connect(lambda: self._keep_folder(None))

    def open(self) -> None:
        """Show the dialog, and list and check anew."""
        self._begin()
        self.dialog.show()
        self.dialog.activateWindow()

    def say(self, trouble: str) -> None:
        """Say what went wrong; it stays until the list is looked for anew."""
        self._trouble = trouble
        self._show_state()

    def _begin(self) -> None:
        if self._hangs:
            self._runner.renew(Lane.SECOND)
        self._look = object()
        self._hangs, self._trouble = False, ""
        self._unlisted = {Lane.UPKEEP, Lane.SECOND}
        self._unfinished.clear()
        self.dialog.clear()
        self._run(Lane.ASIDE, self._copies.second_folder, self.dialog.show_folder)
        self._list(Lane.UPKEEP, self._copies.backups)
        self._list(Lane.SECOND, self._copies.second_backups)
        self._show_state()

    def _list(self, lane: Lane, find: Callable[[], tuple[Backup, ...]]) -> None:
        def done(found: tuple[Backup, ...]) -> None:
            self._unlisted.discard(lane)
            self.dialog.add_backups(found)
            for backup in found:
                self._check(lane, backup)

        self._run(lane, find, done)

    def _check(self, lane: Lane, backup: Backup) -> None:
        self._run(
            lane,
            lambda: self._copies.check(backup),
            lambda checked: self.dialog.show_checked(backup, checked),
        )

    def _run(self, lane: Lane, work: Callable[[], Result], done: Callable[[Result], None]) -> None:
        look = self._look

        def on_lane() -> Result:
            # Verifying takes its time: not for a list that is not shown any more.
            if look is not self._look:
                raise DeskError(*_OVERTAKEN)
            return work()

        def finished(result: Result) -> None:
            if look is self._look:
                done(result)
                self._end(lane)

        def failed(error: Exception) -> None:
            if look is self._look:
                self._unlisted.discard(lane)
                self._trouble = render_error(error)
                self._end(lane)

        self._unfinished[lane] += 1
        if lane is Lane.SECOND:
            self._patience.begin()
        self._runner.run(lane, on_lane, done=finished, failed=failed)

    def _end(self, lane: Lane) -> None:
        self._unfinished[lane] -= 1
        if lane is Lane.SECOND:
            # Each answer is one: a large backup on a slow network takes long, and does not hang.
            self._hangs = False
            self._patience.end()
            if self._unfinished[lane]:
                self._patience.begin()
        self._show_state()

    def _say_that_it_hangs(self) -> None:
        self._hangs = True
        self._show_state()

    def _show_state(self) -> None:
        if self._trouble:
            said = self._trouble
        elif self._hangs:
            said = _NO_ANSWER
        elif self._unlisted:
            said = _LOOKING
        else:
            said = "" if self.dialog.table.rowCount() else "No backups were found."
        self.dialog.show_message(said)

    def _choose_folder(self) -> None:
        # Not from a folder that may not answer: the dialog of the system would hang with it.
        answers = Lane.SECOND not in self._unlisted and not self._hangs
        at = self.dialog.folder.text() if answers else ""
        if chosen := self._questions.choose_folder("Second backup folder", at):
            self._keep_folder(Path(chosen))

    def _keep_folder(self, folder: Path | None) -> None:
        def done(_none: None) -> None:
            self._runner.renew(Lane.SECOND)
            self._begin()
            self.folder_changed.emit()

        self._runner.run(
            Lane.ASIDE,
            lambda: self._copies.set_second_folder(folder),
            done=done,
            failed=lambda error: self.say(render_error(error)),
        )
