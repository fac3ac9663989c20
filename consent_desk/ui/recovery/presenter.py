"""What a person can do about the journal: look again, save what is left of it, restore a backup."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal

from consent_desk.domain.backup import Backup, Missing, Restored, Salvage
from consent_desk.domain.errors import (
    DeskError,
    JournalDamagedError,
    JournalGoneError,
    JournalMissingError,
)
from consent_desk.journal.recovery import JournalRecovery
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.recovery.daily_backup import DailyBackupPresenter
from consent_desk.ui.recovery.recovery_panel import RecoveryBanner
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.places import Rank
from consent_desk.ui.tasks import Lane, Result
from consent_desk.ui.widgets.messages import phrase, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.ui.workspaces import Workspaces

if TYPE_CHECKING:
    from consent_desk.ui.recovery.backups import BackupList

_KEY = "journal"


class RecoveryPresenter(Presenter):
    """Emits `settled` when the journal can be opened again."""

    settled = Signal()

    def __init__(
        self,
        shell: ShellContext,
        workspaces: Workspaces,
        recovery: JournalRecovery,
        session: Session,
        projects: ProjectPresenter,
    ) -> None:
        super().__init__(shell)
        self._workspaces = workspaces
        self._recovery = recovery
        self._session = session
        self._backup = DailyBackupPresenter(shell, workspaces)
        self._busy = False
        self._to_repeat = ""
        self._list: BackupList | None = None
        self.banner = RecoveryBanner()
        self._window.add_banner(self.banner, Rank.JOURNAL)
        self.banner.look.clicked.connect(self.look_again)
        self.banner.salvage.clicked.connect(self.salvage)
        self.banner.restore.clicked.connect(self.open_backups)
        self.banner.begin.clicked.connect(self.begin_anew)
        self._window.backups.triggered.connect(self.open_backups)
        self._window.backups.setVisible(True)
        session.journal_well.connect(self._show_well)
        session.journal_shut.connect(self.show_trouble)
        session.not_noted.connect(self._show_failure)
        # What was said of the journal of real consents has no place beside practice.
        projects.sandbox_chosen.connect(self._show_well)
        self.settled.connect(projects.enter_again)

    def show_trouble(self, error: Exception) -> None:
        """The journal could not be opened: offer what helps. What is the matter is said elsewhere."""
        damaged, missing = isinstance(error, JournalDamagedError), isinstance(error, JournalMissingError)
        self.banner.show_shut(salvage=damaged and not missing, restore=damaged, begin=missing)

    def _show_failure(self, error: Exception) -> None:
        """Something could not be noted: offer what helps where trying again does not."""
        if isinstance(error, JournalDamagedError | JournalGoneError):
            self.show_trouble(error)

    def _show_well(self) -> None:
        if not self._busy:
            self.banner.hide()
        if self._to_repeat:
            self._status.show_message(_KEY, Tone.WARNING, self._to_repeat)
            self._to_repeat = ""

    def look_again(self) -> None:
        """Open the journal anew, whatever it was that stood in the way."""
        self._replace(phrase("recovery", "Opening the journal…"), lambda: None, lambda _none: None)

    def salvage(self) -> None:
        """Save what can be read of a damaged journal. Nothing is lost by it: its file is kept."""
        self._replace(
            phrase("recovery", "Saving what can be read of the journal…"),
            self._recovery.salvage,
            lambda saved: self._tell(told_salvaged(saved)),
        )

    def begin_anew(self) -> None:
        """Make a new journal where one is gone, if a person says that it is gone for good."""
        question = phrase(
            "recovery",
            "The journal that was here is gone, with all that was noted in it. Begin "
            "a new one only if it cannot be put back and there is no backup.\n\n"
            "Opt-outs that had not reached Engagement are not sent from a new "
            "journal.",
        )
        if self._questions.agrees(
            phrase("recovery", "Begin a new journal"),
            question,
            phrase("recovery", "Cancel"),
            phrase("recovery", "Begin a new journal"),
        ):
            self._replace(
                phrase("recovery", "Making a new journal…"),
                self._recovery.begin_anew,
                lambda _none: self._tell(
                    phrase("recovery", "A new journal was begun. What the old one held is not in it.")
                ),
            )

    def open_backups(self) -> None:
        """Show the backups that can be found; not to others, for it names files."""
        if self._shell.lens.is_on:
            self._status.show_message(
                _KEY, Tone.NEUTRAL, phrase("recovery", "Presenting: the backups are not shown.")
            )
            return
        if self._list is None:
            # Loaded with the first look at them.
            from consent_desk.ui.recovery.backups import BackupList

            self._list = BackupList(self._shell, self._recovery)
            self._list.dialog.restore_requested.connect(self._ask_to_restore)
            self._list.folder_changed.connect(self._backup.make_now)
        self._list.open()

    def _ask_to_restore(self, backup: Backup | None) -> None:
        if backup is None or self._busy:
            return

        def ask(missing: Missing | None) -> None:
            question = _why_not_restore(backup, missing)
            if self._questions.agrees(
                phrase("recovery", "Restore from backup"),
                question,
                phrase("recovery", "Cancel"),
                phrase("recovery", "Restore"),
            ):
                self._restore(backup, missing)

        self._runner.run(
            Lane.JOURNAL,
            lambda: self._recovery.missing_from(backup),
            done=ask,
            failed=lambda error: self._say(render_error(error)),
        )

    def _restore(self, backup: Backup, agreed: Missing | None) -> None:
        def done(restored: Restored) -> None:
            if self._list is not None:
                self._list.dialog.close()
            self._tell(_told_restored(backup, restored))

        self._replace(
            phrase("recovery", "Restoring the backup…"), lambda: self._recovery.restore(backup, agreed), done
        )

    def _replace(self, what: str, work: Callable[[], Result], done: Callable[[Result], None]) -> None:
        if self._busy:
            return
        self._busy = True
        self.banner.show_busy(what)
        self._session.leave_journal(what)

        def end(tell: Callable[[Any], None], value: object) -> None:
            self._busy = False
            self.banner.hide()
            self._status.take_back(_KEY)
            tell(value)
            self._open()

        def failed(error: Exception) -> None:
            self._status.show_message(_KEY, Tone.BAD, render_error(error))
            self._say(render_error(error))

        self._workspaces.reopen(work, done=partial(end, done), failed=partial(end, failed))

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
        self._status.show_message(_KEY, Tone.WARNING, text)

    def _say(self, text: str) -> None:
        if self._list is not None:
            self._list.say(text)


def _why_not_restore(backup: Backup, missing: Missing | None) -> str:
    parts = [
        phrase("recovery", "Put the backup of {day} in the place of the journal?").format(day=backup.day)
    ]
    if missing is None:
        parts.append(phrase("recovery", "What was noted after it was made is not in it."))
    elif missing.consents:
        unsettled = ""
        if missing.unsettled:
            count = missing.unsettled
            unsettled = phrase(
                "recovery",
                " %n of these have not certainly reached Engagement, and would not be sent any more: see "
                "“Waiting” above the log first.",
                " %n of these has not certainly reached Engagement, and would not be sent any more: see "
                "“Waiting” above the log first.",
                count,
            )
        count = missing.consents
        since = phrase(
            "recovery",
            "%n consents noted since are not in it.",
            "%n consent noted since is not in it.",
            count,
        )
        parts.append(f"{since}{unsettled}")
    else:
        parts.append(phrase("recovery", "It holds every consent that the journal holds."))
    parts.append(phrase("recovery", "The journal's present file is renamed and kept."))
    return "\n\n".join(parts)


def _told_restored(backup: Backup, restored: Restored) -> str:
    text = phrase("recovery", "The backup of {day} was restored.").format(day=backup.day)
    if restored.replaced is not None:
        text += phrase("recovery", " The journal that was there is kept as {name}.").format(
            name=restored.replaced.name
        )
    return text + _open(restored.restored)


def told_salvaged(saved: Salvage) -> str:
    """What a salvage came to."""
    if saved.consents_lost:
        count = saved.consents + saved.consents_lost
        text = phrase(
            "recovery",
            "{saved:,} of %n consents were saved, {lost:,} could not be read",
            "{saved:,} of %n consent were saved, {lost:,} could not be read",
            count,
        ).format(saved=saved.consents, lost=saved.consents_lost)
    else:
        count = saved.consents
        text = phrase(
            "recovery",
            "%n consents were saved, none is known to be lost",
            "%n consent was saved, none is known to be lost",
            count,
        )
    if saved.damaged is not None:
        text += phrase("recovery", "; the damaged file is kept as {name}").format(name=saved.damaged.name)
    text += "."
    if saved.facts_lost:
        facts = saved.facts + saved.facts_lost
        text += phrase(
            "recovery",
            " Of {facts:,} facts, what happened to the consents, {facts_lost:,} could not be read.",
        ).format(facts=facts, facts_lost=saved.facts_lost)
    if saved.incomplete:
        text += phrase("recovery", " {incomplete:,} of them lack the customer or an answer.").format(
            incomplete=saved.incomplete
        )
    if saved.rest:
        text += phrase("recovery", " What fits nowhere any more is kept beside it (.rest.jsonl).")
    return text + _open(saved.restored)


def _open(count: int) -> str:
    if not count:
        return ""
    return phrase(
        "recovery",
        " %n consents may have gone out since. They are looked up before anything is sent. Do not enter them "
        "again.",
        " %n consent may have gone out since. It is looked up before anything is sent. Do not enter it "
        "again.",
        count,
    )
