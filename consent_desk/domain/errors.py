"""What can go wrong for reasons outside the program, each with what to do about it.

DeskError
├── Unfit                a value that would make an invalid event or an unsafe address
├── KeyringTrouble
│   ├── KeyringLocked    the keyring is there and asks for its password
│   └── KeyringAbsent    no keyring that keeps a secret safely
├── ProjectListTrouble   the list of projects cannot be read or written
├── WordingTrouble       the kept texts cannot be read or written
├── JournalTrouble       a consent could not be noted, or the journal cannot be read
│   ├── JournalGone      its file or folder is not there now: put it back, then look again
│   └── JournalDamaged   its file is not what was written: salvage it, or restore a backup
│       └── JournalMissing   there was one, and now there is none
├── ExportTrouble        a file that a person chose could not be written
└── SandboxTrouble       the practice server cannot start
"""

from consent_desk.domain.message import Message


class DeskError(Exception):
    """Trouble that a person can do something about: `title` says what happened, `advice` what to do."""

    def __init__(self, title: Message, advice: Message) -> None:
        super().__init__(title, advice)
        self.title = title
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.title} {self.advice}"


class Unfit(DeskError):
    """A value from which no valid request can be built."""


class KeyringTrouble(DeskError):
    """The operating system's keyring refused, failed, or did not keep what it was given."""


class KeyringLocked(KeyringTrouble):
    """The keyring exists but is locked."""


class KeyringAbsent(KeyringTrouble):
    """There is no keyring on the allow-list: secrets live in memory only."""


class ProjectListTrouble(DeskError):
    """The list of projects could not be read or written."""


class WordingTrouble(DeskError):
    """The kept texts could not be read or written."""


class JournalTrouble(DeskError):
    """The journal could not be opened, read or written: what was asked is not noted."""


class JournalDamaged(JournalTrouble):
    """The journal's file is damaged, cut short, gone or replaced. It is left as it is."""


class JournalGone(JournalTrouble):
    """The journal's file or folder cannot be reached any more. Perhaps its disk was taken out."""


class JournalMissing(JournalDamaged):
    """There was a journal, and where it was is none: there is nothing to salvage."""


class ExportTrouble(DeskError):
    """A file to take elsewhere could not be written. Nothing is left of it."""


class SandboxTrouble(DeskError):
    """The practice server could not start."""
