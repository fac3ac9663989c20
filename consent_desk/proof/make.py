"""Make a proof out of what the journal holds, in two files: for people and for machines."""

from collections.abc import Callable, Collection
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from consent_desk import __version__
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.evidence.document import sealed
from consent_desk.domain.evidence.proof import Proof, locally, moments, written
from consent_desk.domain.message import say
from consent_desk.journal.verify import Verdict
from consent_desk.proof.check import check
from consent_desk.system.atomic_file import replace_file, told_of, utc
from consent_desk.system.folders import is_there

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

Local = Callable[[Timestamp], datetime]
"""A moment in the time zone of this computer."""

Pages = Callable[[Proof, str], bytes]
"""Makes the file for people, given the SHA-256 of the one for machines."""

PROGRAM = f"Consent Desk {__version__}"

_NOT_SAVED = say("proof", "The proof was not saved: {why}.")
_NOT_SAVED_THERE = say("proof", "The proof was not saved in {path}: {why}.")


class Proofs:
    """Makes proofs out of a journal, and changes nothing there."""

    def __init__(self, journal: "SqliteJournal", now: Callable[[], Timestamp]) -> None:
        self._journal = journal
        self._now = now

    def of_consent(self, request_id: str, local: Local) -> Proof:
        """What proves one consent. Raises JournalError."""
        return self._proof((request_id,), local, whole=False)

    def of_customer(self, project_id: str, customer: CustomerId, local: Local) -> Proof:
        """What proves all consents of a customer in a project. Raises JournalError."""
        return self._proof(self._journal.consents_of(project_id, customer), local, whole=True)

    def save(self, proof: Proof, folder: str, pages: Pages) -> tuple[str, str]:
        """Write both files into `folder`; return their paths. Raises JournalError or DeskError."""
        content = sealed(proof)
        made = pages(proof, sha256(content).hexdigest())
        return save_files(folder, proof.made_at, content, made)

    def _proof(self, request_ids: Collection[str], local: Local, *, whole: bool) -> Proof:
        source = self._journal.evidence(request_ids)
        if not source.witnesses:
            raise JournalError(
                say("proof", "The journal holds nothing of this customer."),
                say("proof", "Where it was lost, look the customer up in Engagement."),
            )
        made_at = self._now()
        return Proof(
            made_at=made_at,
            program=PROGRAM,
            whole=whole,
            source=source,
            local_times={written(at): locally(local(at)) for at in moments(made_at, source)},
        )


def save_files(folder: str, at: Timestamp, content: bytes, pages: bytes) -> tuple[str, str]:
    """Write both files, mode 0600, under a name that was free; return their paths.

    Nothing is handed out that could not be verified later. Raises JournalError or DeskError.
    """
    checked = check(content)
    if checked.verdict is Verdict.WRONG and checked.why is not None:
        raise JournalError(
            _NOT_SAVED.format(why=say("proof", "the journal is not sound, or was just changed")),
            say("proof", "Try again. If it comes again, have the journal checked: consent-desk verify."),
        )
    with told_of(Path(folder), _NOT_SAVED_THERE):
        places = _free(Path(folder), f"consent-proof-{utc(at)}")
        # The one for machines first: its checksum stands in the other.
        replace_file(places[0], content)
        replace_file(places[1], pages)
    return str(places[0]), str(places[1])


def save_pages(folder: str, at: Timestamp, pages: bytes) -> str:
    """Write masked pages alone, mode 0600, under a name that was free. Raises DeskError."""
    with told_of(Path(folder), _NOT_SAVED_THERE):
        _, place = _free(Path(folder), f"consent-masked-{utc(at)}")
        replace_file(place, pages)
    return str(place)


def _free(folder: Path, name: str) -> tuple[Path, Path]:
    number = 1
    while True:
        stem = name if number == 1 else f"{name}-{number}"
        places = folder / f"{stem}.json", folder / f"{stem}.pdf"
        if not any(is_there(place) for place in places):
            return places
        number += 1
