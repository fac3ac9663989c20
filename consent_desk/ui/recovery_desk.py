"""What a person can do about the journal: look again, save what is left of it, restore a backup."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.backup import Backup, Checked, Missing, Restored, Salvage
from consent_desk.domain.errors import DeskError, JournalDamaged, JournalGone, JournalMissing, JournalTrouble
from consent_desk.domain.message import say
from consent_desk.ui.backups_dialog import BackupsDialog
from consent_desk.ui.desk import Desk
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.outcomes import Tone
from consent_desk.ui.questions import Questions
from consent_desk.ui.recovery_panel import RecoveryStrip
from consent_desk.ui.recovery_words import told_restored, told_salvaged, why_not_restore
from consent_desk.ui.stations import Stations
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.ui.words import render_error

Result = TypeVar("Result")

_KEY = "journal"

_CHANGED = JournalTrouble(
    say("Nothing was restored: something was noted in the meantime."), say("Look at the backup once more.")
)


class Care(Protocol):
    """What can be done about the journal of real consents. Every method raises DeskError."""

    def second_folder(self) -> Path | None:
        """The second folder for backups, None where none is set."""

    def set_second_folder(self, folder: Path | None) -> None:
        """Have a second folder for backups from now on, or none."""

    def backups(self) -> tuple[Backup, ...]:
        """The backups that are there, the newest first."""

    def check(self, backup: Backup) -> Checked:
        """Verify a backup, whole."""

    def missing_from(self, backup: Backup) -> Missing | None:
        """What the journal holds and `backup` does not; None where the journal cannot tell."""

    def restore(self, backup: Backup) -> Restored:
        """Put `backup` in the journal's place, which nobody has open."""

    def salvage(self) -> Salvage:
        """Put what can be read of a damaged journal, which nobody has open, in its place."""

    def begin_anew(self) -> None:
        """Have the next opening make a new journal."""


class RecoveryDesk(QObject):
    """Emits `left(why)` when the journal is about to be closed, and `settled` when it can be opened again.

    Listing and checking of backups have a lane of their own: a folder on a network may not answer.
    """

    left = Signal(str)
    settled = Signal()
    folder_changed = Signal()

    def __init__(
        self, window: MainWindow, runner: TaskRunner, questions: Questions, stations: Stations, care: Care
    ) -> None:
        super().__init__(window)
        self._window = window
        self._runner = runner
        self._questions = questions
        self._stations = stations
        self._care = care
        self._busy = False
        self._to_repeat = ""
        self._dialog: BackupsDialog | None = None
        self.strip = RecoveryStrip()
        window.add_strip(self.strip)
        self.strip.look_requested.connect(self.look_again)
        self.strip.salvage_requested.connect(self.salvage)
        self.strip.backups_requested.connect(self.open_backups)
        self.strip.new_requested.connect(self.begin_anew)
        window.project_bar.backups_requested.connect(self.open_backups)
        window.project_bar.backups.show()

    def follow(self, desk: Desk) -> None:
        """Hear from `desk` how the journal is, and have it put the journal down where that must be."""
        self.left.connect(desk.leave_journal)
        desk.journal_well.connect(self.show_well)
        desk.journal_shut.connect(self.show_trouble)
        desk.not_noted.connect(self.show_failure)

    def show_trouble(self, error: Exception) -> None:
        """The journal could not be opened: offer what helps. What is the matter is said elsewhere."""
        damaged, missing = isinstance(error, JournalDamaged), isinstance(error, JournalMissing)
        self.strip.show_shut(salvage=damaged and not missing, restore=damaged, begin=missing)

    def show_failure(self, error: Exception) -> None:
        """Something could not be noted: offer what helps where trying again does not."""
        if isinstance(error, JournalDamaged | JournalGone):
            self.show_trouble(error)

    def show_well(self) -> None:
        """The journal is open."""
        if not self._busy:
            self.strip.hide()
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

        self._replace("Saving what can be read of the journal…", self._care.salvage, done)

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
                self._care.begin_anew,
                lambda _none: self._tell("A new journal was begun. What the old one held is not in it."),
            )

    def open_backups(self) -> None:
        """Show the backups that can be found."""
        if self._dialog is None:
            dialog = self._dialog = BackupsDialog(self._window)
            dialog.restore_requested.connect(self._ask_to_restore)
            dialog.folder_requested.connect(self._choose_folder)
            dialog.no_folder_requested.connect(lambda: self._keep_folder(None))
        self._list()
        self._dialog.show()
        self._dialog.activateWindow()

    def _list(self) -> None:
        dialog = self._dialog
        if dialog is None:
            return
        dialog.show_message("Looking for backups…")

        def done(found: tuple[Backup, ...]) -> None:
            dialog.show_backups(found)
            for backup in found:
                self._check(dialog, backup)
            self._runner.run(Lane.UPKEEP, self._care.second_folder, done=dialog.show_folder, failed=failed)

        def failed(error: Exception) -> None:
            self._say(render_error(error))

        self._runner.run(Lane.UPKEEP, self._care.backups, done=done, failed=failed)

    def _check(self, dialog: BackupsDialog, backup: Backup) -> None:
        self._runner.run(
            Lane.UPKEEP,
            lambda: self._care.check(backup),
            done=lambda checked: dialog.show_checked(backup, checked),
            failed=lambda error: self._say(render_error(error)),
        )

    def _choose_folder(self) -> None:
        if self._dialog is not None:
            at = self._dialog.folder.text()
            if chosen := self._questions.choose_folder("Second backup folder", at):
                self._keep_folder(Path(chosen))

    def _keep_folder(self, folder: Path | None) -> None:
        def done(_none: None) -> None:
            self._list()
            self.folder_changed.emit()

        self._runner.run(
            Lane.UPKEEP,
            lambda: self._care.set_second_folder(folder),
            done=done,
            failed=lambda error: self._say(render_error(error)),
        )

    def _ask_to_restore(self, backup: Backup | None) -> None:
        if backup is None or self._busy:
            return

        def ask(missing: Missing | None) -> None:
            question = why_not_restore(backup, missing)
            if self._questions.choose("Restore from backup", question, ("Cancel", "Restore")) == 1:
                self._restore(backup, missing)

        self._runner.run(
            Lane.JOURNAL,
            lambda: self._care.missing_from(backup),
            done=ask,
            failed=lambda error: self._say(render_error(error)),
        )

    def _restore(self, backup: Backup, agreed: Missing | None) -> None:
        def work() -> Restored:
            if self._care.missing_from(backup) != agreed:
                raise _CHANGED
            return self._care.restore(backup)

        def done(restored: Restored) -> None:
            if self._dialog is not None:
                self._dialog.close()
            self._tell(told_restored(backup, restored))

        self._replace("Restoring the backup…", work, done)

    def _replace(self, what: str, work: Callable[[], Result], done: Callable[[Result], None]) -> None:
        if self._busy:
            return
        self._busy = True
        self.strip.show_busy(what)
        self.left.emit(what)

        def ended(result: Result) -> None:
            self._busy = False
            self.strip.hide()
            self._window.status.forget(_KEY)
            done(result)
            self._open()

        def failed(error: Exception) -> None:
            self._busy = False
            self.strip.hide()
            self._window.status.show_message(_KEY, Tone.BAD, render_error(error))
            self._say(render_error(error))
            self._open()

        self._stations.reopen(work, done=ended, failed=failed)

    def _open(self) -> None:
        # Also while somebody practises: what was left open is to be followed again.
        def failed(error: Exception) -> None:
            if isinstance(error, DeskError):
                self.show_trouble(error)
            self.settled.emit()

        self._stations.enter(practice=False, done=lambda _station: self.settled.emit(), failed=failed)

    def _tell(self, text: str) -> None:
        # What is said beside practice is taken back when the real journal is shown, a moment later.
        self._to_repeat = text if self._window.practice.isVisible() else ""
        self._window.status.show_message(_KEY, Tone.WARNING, text)

    def _say(self, text: str) -> None:
        if self._dialog is not None:
            self._dialog.show_message(text)
