"""What a person can have done about the journal: restore it, save what is left of it, or begin anew."""

import sqlite3
from collections.abc import Callable

from consent_desk.domain.backup import Backup, CheckedBackup, Missing, Restored, Salvage
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.state import OPEN_STATES
from consent_desk.domain.message import say
from consent_desk.journal.backups import (
    NOT_RESTORED,
    alone_in_second,
    backups_elsewhere,
    backups_here,
    restore,
)
from consent_desk.journal.errors import told
from consent_desk.journal.file import read_only, reading
from consent_desk.journal.head import head_file
from consent_desk.journal.identity import installation_id
from consent_desk.journal.owners import alone
from consent_desk.journal.verify import Verdict, verify
from consent_desk.system.atomic_file import set_aside
from consent_desk.system.clock import now as clock_now
from consent_desk.system.folders import Folders, is_there, private_folder
from consent_desk.system.settings import DeskSettings

_NOT_CHECKED = say("journal", "The backup cannot be checked: {why}.")
_NOT_BEGUN = say("journal", "No new journal was begun: {why}.")
_CHANGED = (
    say("journal", "Nothing was restored: something was noted in the meantime."),
    say("journal", "Look at the backup once more."),
)


class JournalRecovery:
    """What the window can have done. Its methods raise DeskError.

    What replaces the journal's file is called while this program has not got it open, and refused while
    another has.
    """

    def __init__(self, folders: Folders, now: Callable[[], Timestamp] = clock_now) -> None:
        self._folders = folders
        self._now = now
        self.settings = DeskSettings(folders.config / "settings.json")

    @property
    def noted_before(self) -> bool:
        """Whether there is a journal, or was one."""
        journal = self._folders.journal
        try:
            return is_there(journal) or is_there(head_file(journal)) or self.settings.has_journal
        except OSError:
            # Nobody can tell: opened as if it were there, it says what is wrong, and nobody begins anew.
            return True

    def backups(self) -> tuple[Backup, ...]:
        """The backups on this computer."""
        return backups_here(self._folders.journal)

    def second_backups(self) -> tuple[Backup, ...]:
        """The backups in the second folder. May not come back, if that is on a network."""
        return backups_elsewhere(self.settings.second_folder)

    def check(self, backup: Backup) -> CheckedBackup:
        """Verify a backup, whole. Reads all of it."""
        with alone_in_second(self.settings.second_folder if backup.second else None, _NOT_CHECKED):
            found = verify(backup.path)
        return CheckedBackup(
            consents=found.consents, why=None if found.verdict is Verdict.SOUND else found.why
        )

    def missing_from(self, backup: Backup) -> Missing | None:
        """What the journal holds and `backup` does not; None where the journal cannot tell."""
        path = self._folders.journal
        if not path.exists():
            return None
        try:
            with reading(path) as connection:
                connection.execute("ATTACH ? AS backup", (read_only(backup.path),))
                states = [
                    row[0]
                    for row in connection.execute(
                        "SELECT state FROM main.standing JOIN main.consent USING (seq) "
                        "WHERE request_id NOT IN (SELECT request_id FROM backup.consent)"
                    )
                ]
        except sqlite3.Error:
            return None
        return Missing(consents=len(states), unsettled=sum(state in OPEN_STATES for state in states))

    def restore(self, backup: Backup, agreed: Missing | None) -> Restored:
        """Put `backup` in the journal's place; what was there is set aside.

        Only while `agreed` is what the journal holds and the backup does not.
        """
        path = private_folder(self._folders.data) / self._folders.journal.name
        with alone(path, NOT_RESTORED):
            if self.missing_from(backup) != agreed:
                raise JournalError(*_CHANGED)
            return restore(
                backup.path, path, installation=installation_id(self._folders.config), now=self._now
            )

    def salvage(self) -> Salvage:
        """Put what can be read of a damaged journal in its place; the damaged file is set aside."""
        # Loaded now: hardly any run needs it.
        from consent_desk.journal.salvage.salvage import NOT_SALVAGED, salvage

        path = self._folders.journal
        with alone(path, NOT_SALVAGED):
            return salvage(path, installation=installation_id(self._folders.config), now=self._now)

    def begin_anew(self) -> None:
        """Have the next opening make a new journal; what is left of the old one is set aside."""
        path, at = self._folders.journal, self._now()
        with told(_NOT_BEGUN):
            private_folder(path.parent)
            with alone(path, _NOT_BEGUN):
                set_aside(path, "replaced", at)
                self.settings.remember_journal(False)
                # Last: until then every start says that something is missing.
                if head_file(path).exists():
                    set_aside(head_file(path), "replaced", at)
