"""What can go wrong for reasons outside the program, each with what to do about it.

A class of its own is for what somebody tells apart; the rest is a DeskError.

DeskError
├── InvalidError                a value that would make an invalid event or an unsafe address
├── KeyringFailureError         the keyring refused, failed, or did not keep what it was given
│   └── NoKeyringError          none that keeps a secret safely
└── JournalError                a consent could not be noted, or the journal cannot be read
    ├── JournalGoneError        its file or folder is not there now: put it back, then look again
    └── JournalDamagedError     its file is not what was written: salvage it, or restore a backup
        └── JournalMissingError there was one, and now there is none
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


class InvalidError(DeskError):
    """A value from which no valid request can be built."""


class KeyringFailureError(DeskError):
    """The operating system's keyring refused, failed, or did not keep what it was given."""


class NoKeyringError(KeyringFailureError):
    """There is no keyring on the allow-list: secrets live in memory only."""


class JournalError(DeskError):
    """The journal could not be opened, read or written: what was asked is not noted."""


class JournalDamagedError(JournalError):
    """The journal's file is damaged, cut short, gone or replaced. It is left as it is."""


class JournalGoneError(JournalError):
    """The journal's file or folder cannot be reached any more. Perhaps its disk was taken out."""


class JournalMissingError(JournalDamagedError):
    """There was a journal, and where it was is none: there is nothing to salvage."""
