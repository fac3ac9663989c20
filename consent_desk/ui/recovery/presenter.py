"""What a person can do about the journal: look again, save what is left of it, restore a backup."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.backup import Backup, Missing, Restored, Salvage
from consent_desk.domain.errors import (
    DeskError,
    JournalDamagedError,
    JournalError,
    JournalGoneError,
    JournalMissingError,
)
from consent_desk.domain.message import say
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.recovery.backups import BackupList
from consent_desk.ui.recovery.messages import told_restored, told_salvaged, why_not_restore
from consent_desk.ui.recovery.recovery_panel import RecoveryBanner
from consent_desk.ui.session import Session
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.ui.widgets.messages import render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.ui.workspaces import Workspaces

if TYPE_CHECKING:
    from consent_desk.journal.recovery import JournalRecovery

Result = TypeVar("Result")

_KEY = "journal"

_CHANGED = (
    say("Nothing was restored: something was noted in the meantime."),
    say("Look at the backup once more."),
)


class RecoveryPresenter(QObject):
    """Emits `left(why)` when the journal is about to be closed, and `settled` when it can be opened again.

    `folder_changed`: another second folder, or none, is set.
    """

    left = Signal(str)
    settled = Signal()
    folder_changed = Signal()

    def __init__(
        self,
        window: MainWindow,
        runner: TaskRunner,
        questions: Questions,
        workspaces: Workspaces,
        recovery: "JournalRecovery",
    ) -> None:
        super().__init__(window)
        self._window = window
        self._runner = runner
        self._questions = questions
        self._workspaces = workspaces
        self._recovery = recovery
        self._busy = False
        self._to_repeat = ""
        self._list: BackupList | None = None
        self.banner = RecoveryBanner()
        window.add_banner(self.banner)
        self.banner.look_requested.connect(self.look_again)
        self.banner.salvage_requested.connect(self.salvage)
        self.banner.backups_requested.connect(self.open_backups)
        self.banner.new_requested.connect(self.begin_anew)
        window.project_bar.backups_requested.connect(self.open_backups)
        window.project_bar.backups.show()

    def follow(self, desk: Session) -> None:
        """Hear from `desk` how the journal is, and have it put the journal down where that must be."""
        self.left.connect(desk.leave_journal)
        desk.journal_well.connect(self.show_well)
        desk.journal_shut.connect(self.show_trouble)
        desk.not_noted.connect(self.show_failure)

    def show_trouble(self, error: Exception) -> None:
        """The journal could not be opened: offer what helps. What is the matter is said elsewhere."""
        damaged, missing = isinstance(error, JournalDamagedError), isinstance(error, JournalMissingError)
        self.banner.show_shut(salvage=damaged and not missing, restore=damaged, begin=missing)

    def show_failure(self, error: Exception) -> None:
        """Something could not be noted: offer what helps where trying again does not."""
        if isinstance(error, JournalDamagedError | JournalGoneError):
            self.show_trouble(error)

    def show_well(self) -> None:
        """The journal is open."""
        if not self._busy:
            self.banner.hide()
        if self._to_repeat:
            self._window.status.show_message(_KEY, Tone.WARNING, self._to_repeat)
            self._to_repeat = ""

    def look_again(self) -> None:
        """Open the journal anew, whatever it was that stood in the way."""
        self._replace("Opening the journal…", lambda: None, lambda _none: None)

    def salvage(self) -> None:
        """Save what can be read of a damaged journal. Nothing is lost by it: its file is kept."""

        def done(saved: Salvage) -> None:
            self._tell(told_salvaged(saved))

        self._replace("Saving what can be read of the journal…", self._recovery.salvage, done)

    def begin_anew(self) -> None:
        """Make a new journal where one is gone, if a person says that it is gone for good."""
        question = (
            "The journal that was here is gone, with all that was noted in it. Begin a new one only if it "
            "cannot be put back and there is no backup.\n\nOpt-outs that had not reached Engagement are not "
            "sent from a new journal."
        )
        if self._questions.choose("Begin a new journal", question, ("Cancel", "Begin a new journal")) == 1:
            self._replace(
                "Making a new journal…",
                self._recovery.begin_anew,
                lambda _none: self._tell("A new journal was begun. What the old one held is not in it."),
            )

    def open_backups(self) -> None:
        """Show the backups that can be found."""
        if self._list is None:
            self._list = BackupList(self._window, self._runner, self._questions, self._recovery)
            self._list.dialog.restore_requested.connect(self._ask_to_restore)
            self._list.folder_changed.connect(self.folder_changed)
        self._list.open()

    def _ask_to_restore(self, backup: Backup | None) -> None:
        if backup is None or self._busy:
            return

        def ask(missing: Missing | None) -> None:
            question = why_not_restore(backup, missing)
            if self._questions.choose("Restore from backup", question, ("Cancel", "Restore")) == 1:
                self._restore(backup, missing)

        self._runner.run(
            Lane.JOURNAL,
            lambda: self._recovery.missing_from(backup),
            done=ask,
            failed=lambda error: self._say(render_error(error)),
        )

    def _restore(self, backup: Backup, agreed: Missing | None) -> None:
        def work() -> Restored:
            if self._recovery.missing_from(backup) != agreed:
                raise JournalError(*_CHANGED)
            return self._recovery.restore(backup)

        def done(restored: Restored) -> None:
            if self._list is not None:
                self._list.dialog.close()
            self._tell(told_restored(backup, restored))

        self._replace("Restoring the backup…", work, done)

    def _replace(self, what: str, work: Callable[[], Result], done: Callable[[Result], None]) -> None:
        if self._busy:
            return
        self._busy = True
        self.banner.show_busy(what)
        self.left.emit(what)

        def ended(result: Result) -> None:
            self._busy = False
            self.banner.hide()
            self._window.status.forget(_KEY)
            done(result)
            self._open()

        def failed(error: Exception) -> None:
            self._busy = False
            self.banner.hide()
            self._window.status.show_message(_KEY, Tone.BAD, render_error(error))
            self._say(render_error(error))
            self._open()

        self._workspaces.reopen(work, done=ended, failed=failed)

    def _open(self) -> None:
        # Also while somebody practises: what was left open is to be followed again.
        def failed(error: Exception) -> None:
            if isinstance(error, DeskError):
                self.show_trouble(error)
            self.settled.emit()

        self._workspaces.enter(practice=False, done=lambda _workspace: self.settled.emit(), failed=failed)

    def _tell(self, text: str) -> None:
        # What is said beside practice is taken back when the real journal is shown, a moment later.
        self._to_repeat = text if self._window.practice.isVisible() else ""
        self._window.status.show_message(_KEY, Tone.WARNING, text)

    def _say(self, text: str) -> None:
        if self._list is not None:
            self._list.say(text)
