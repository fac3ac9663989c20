"""Lists the backups: what is on this computer, and what a second folder has, should that answer."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal

from consent_desk.domain.backup import Backup, CheckedBackup
from consent_desk.domain.message import say
from consent_desk.journal.recovery import JournalRecovery
from consent_desk.ui.recovery.backups_dialog import BackupsDialog
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.tasks import Lane, Result
from consent_desk.ui.widgets.messages import phrase, render, render_error

_LOOKING = say("recovery", "Looking for backups…")
_NO_ANSWER = say(
    "recovery",
    "The second folder does not answer. Connect its disk, then close this list and open it again, or do "
    "without it. The backups on this computer can be restored all the same.",
)


class BackupList(Presenter):
    """Lists the backups each time that it is opened, and verifies the chosen one. Emits `folder_changed`.

    Each of the two places has a lane of its own: the nearer one never waits for the other.
    """

    folder_changed = Signal()

    def __init__(self, shell: ShellContext, recovery: JournalRecovery) -> None:
        super().__init__(shell)
        self.dialog = BackupsDialog(self._window)
        self._recovery = recovery
        self._look = object()
        self._checking: Backup | None = None
        self._unlisted: set[Lane] = set()
        # So much is asked of the second folder, and not answered.
        self._asked = 0
        self._hangs = False
        self._trouble = ""
        self._patience = Patience(self)
        self._patience.gone.connect(self._say_that_it_hangs)
        self.dialog.chosen.connect(self._check)
        self.dialog.choose.clicked.connect(self._choose_folder)
        self.dialog.without.clicked.connect(lambda: self._keep_folder(None))
        shell.lens.changed.connect(self._put_away)

    def open(self) -> None:
        """Show the dialog, and list anew."""
        self._begin()
        self.dialog.show()
        self.dialog.activateWindow()

    def _put_away(self) -> None:
        """Others look on: it names files."""
        self._look = object()
        if self.dialog.isVisible():
            self.dialog.reject()
        self.dialog.clear()
        self.dialog.show_folder(None)

    def say(self, trouble: str) -> None:
        """Say what went wrong; it stays until the list is looked for anew."""
        self._trouble = trouble
        self._show_state()

    def _begin(self) -> None:
        if self._hangs:
            self._runner.renew(Lane.SECOND)
        self._look, self._checking = object(), None
        self._hangs, self._trouble = False, ""
        self._unlisted, self._asked = {Lane.UPKEEP, Lane.SECOND}, 0
        self.dialog.clear()
        self._run(Lane.ASIDE, lambda: self._recovery.settings.second_folder, self.dialog.show_folder)
        self._run(Lane.UPKEEP, self._recovery.backups, self.dialog.add_backups)
        self._run(Lane.SECOND, self._recovery.second_backups, self.dialog.add_backups)
        self._show_state()

    def _check(self, backup: Backup) -> None:
        if backup == self._checking:
            return
        self._checking = backup

        def check() -> CheckedBackup | None:
            # It takes its time: not for one that is not chosen any more.
            return self._recovery.check(backup) if backup == self._checking else None

        def done(checked: CheckedBackup | None) -> None:
            if backup == self._checking:
                self._checking = None
            if checked is not None:
                self.dialog.show_checked(backup, checked)

        self._run(Lane.SECOND if backup.second else Lane.UPKEEP, check, done)

    def _run(self, lane: Lane, work: Callable[[], Result], done: Callable[[Result], None]) -> None:
        look = self._look

        def end(tell: Callable[[Any], None], value: object) -> None:
            if look is not self._look:
                return
            self._unlisted.discard(lane)
            if lane is Lane.SECOND:
                # Each answer is one: a large backup on a slow network takes long, and does not hang.
                self._hangs = False
                self._asked -= 1
                self._patience.end()
                if self._asked:
                    self._patience.begin()
            tell(value)
            self._show_state()

        if lane is Lane.SECOND:
            self._asked += 1
            self._patience.begin()
        self._runner.run(lane, work, done=partial(end, done), failed=partial(end, self._fail))

    def _fail(self, error: Exception) -> None:
        self.say(render_error(error))

    def _say_that_it_hangs(self) -> None:
        self._hangs = True
        self._show_state()

    def _show_state(self) -> None:
        if self._trouble:
            said = self._trouble
        elif self._hangs:
            said = render(_NO_ANSWER)
        elif self._unlisted:
            said = render(_LOOKING)
        else:
            said = "" if self.dialog.table.rowCount() else phrase("recovery", "No backups were found.")
        self.dialog.show_message(said)

    def _choose_folder(self) -> None:
        # Not from a folder that may not answer: the dialog of the system would hang with it.
        hangs = self._hangs or self._trouble or Lane.SECOND in self._unlisted
        at = "" if hangs else self.dialog.folder.text()
        if chosen := self._questions.choose_folder(phrase("recovery", "Second backup folder"), at):
            self._keep_folder(Path(chosen))

    def _keep_folder(self, folder: Path | None) -> None:
        def done(_none: None) -> None:
            self._runner.renew(Lane.SECOND)
            self._begin()
            self.folder_changed.emit()

        self._runner.run(
            Lane.ASIDE,
            lambda: self._recovery.settings.set_second_folder(folder),
            done=done,
            failed=self._fail,
        )
