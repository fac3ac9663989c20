"""The two files of a proof, the one for people and the one for machines."""

from pathlib import Path

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.message import say
from consent_desk.journal.verify import Verdict
from consent_desk.proof.check import check
from consent_desk.system.atomic_file import replace_file, told_of, utc
from consent_desk.system.folders import is_there

_NOT_SAVED = "The proof was not saved: {why}."
_NOT_SAVED_THERE = "The proof was not saved in {path}: {why}."


def save_files(folder: str, at: Timestamp, content: bytes, pages: bytes) -> tuple[str, str]:
    """Write both files, mode 0600, under a name that was free; return their paths.

    Nothing is handed out that could not be verified later. Raises JournalError or ExportError.
    """
    checked = check(content)
    if checked.verdict is Verdict.WRONG and checked.why is not None:
        raise JournalError(
            say(_NOT_SAVED, why=say("the journal is not sound, or was just changed")),
            say("Try again. If it comes again, have the journal checked: consent-desk verify."),
        )
    with told_of(Path(folder), _NOT_SAVED_THERE):
        places = _free(Path(folder), f"consent-proof-{utc(at)}")
        # The one for machines first: its checksum stands in the other.
        replace_file(places[0], content)
        replace_file(places[1], pages)
    return str(places[0]), str(places[1])


def is_proof(path: Path) -> bool:
    """Whether the file at `path` is to be checked as a proof rather than as a journal. Raises OSError."""
    with path.open("rb") as file:
        return file.read(64).lstrip().startswith(b"{")


def is_pages(path: Path) -> bool:
    """Whether it is the file for people, which nobody can check. Raises OSError."""
    with path.open("rb") as file:
        return file.read(5) == b"%PDF-"


def _free(folder: Path, name: str) -> tuple[Path, Path]:
    number = 1
    while True:
        stem = name if number == 1 else f"{name}-{number}"
        places = folder / f"{stem}.json", folder / f"{stem}.pdf"
        if not any(is_there(place) for place in places):
            return places
        number += 1
