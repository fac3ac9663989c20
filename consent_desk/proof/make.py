"""Make a proof out of what the journal holds or, where there is none, of what Engagement shows."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from consent_desk import __version__
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.errors import JournalTrouble
from consent_desk.domain.evidence.document import sealed
from consent_desk.domain.evidence.proof import FromHistory, FromJournal, Proof, locally, moments, written
from consent_desk.domain.lifecycle.looking import tell_no_look, why_no_page
from consent_desk.domain.message import say
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.customer import read_history
from consent_desk.domain.wire.outcome import Answered
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import prepare_history
from consent_desk.engagement.calls import MOST_PAGES, PAGE, Transport

Local = Callable[[Timestamp], datetime]
"""A moment in the time zone of this computer."""

Pages = Callable[[Proof, str], bytes]
"""Makes the file for people, given the SHA-256 of the one for machines."""

PROGRAM = f"Consent Desk {__version__}"


class Journal(Protocol):
    """What can give evidence. Every method raises JournalTrouble where it fails."""

    def consents_of(self, project_id: str, customer: CustomerId) -> tuple[str, ...]:
        """The request IDs of all consents of a customer, the oldest first; of an erased one none."""

    def evidence(self, request_ids: Collection[str]) -> FromJournal:
        """The rows of these consents, and where they stand in the chain."""


class Files(Protocol):
    """Where proofs go."""

    def save(self, folder: str, at: Timestamp, content: bytes, pages: bytes) -> tuple[str, str]:
        """Write the file for machines and that for people; return their paths.

        Raises JournalTrouble or ExportTrouble.
        """


class Proofs:
    """Makes proofs out of a journal, and changes nothing there."""

    def __init__(self, journal: Journal, files: Files, now: Callable[[], Timestamp]) -> None:
        self._journal = journal
        self._files = files
        self._now = now

    def of_consent(self, request_id: str, local: Local) -> Proof:
        """What proves one consent. Raises JournalTrouble."""
        return _proof(self._evidence((request_id,)), self._now(), local, whole=False)

    def of_customer(self, project_id: str, customer: CustomerId, local: Local) -> Proof:
        """What proves all consents of a customer in a project. Raises JournalTrouble."""
        found = self._journal.consents_of(project_id, customer)
        return _proof(self._evidence(found), self._now(), local, whole=True)

    def save(self, proof: Proof, folder: str, pages: Pages) -> tuple[str, str]:
        """Write both files into `folder`; return their paths. Raises JournalTrouble or ExportTrouble."""
        return _save(self._files, proof, folder, pages)

    def _evidence(self, request_ids: Collection[str]) -> FromJournal:
        found = self._journal.evidence(request_ids)
        if not found.witnesses:
            raise JournalTrouble(
                say("The journal holds nothing of this customer."),
                say("Where it was lost, rebuild a proof from Engagement's history."),
            )
        return found


class Rebuilding:
    """Makes proofs out of what Engagement shows, where there is no journal. Changes nothing there."""

    def __init__(self, transport: Transport, files: Files, now: Callable[[], Timestamp]) -> None:
        self._transport = transport
        self._files = files
        self._now = now

    def of_customer(self, project: Project, customer: CustomerId, local: Local) -> Proof | Meaning:
        """What Engagement shows of a customer, all of it; or why that could not be read."""
        pages: list[_Page] = []
        read = 0
        for _ in range(MOST_PAGES):
            page = self._page(project, customer, read)
            if isinstance(page, Meaning):
                return page
            # A page may be shorter than asked for: only an empty one is the end.
            if not page.data:
                return self._rebuilt(project, customer, pages, local)
            pages.append(page)
            read += len(page.data)
        return Meaning(
            say("the customer's history is too long to be read"),
            say("Look the customer up in Engagement."),
        )

    def save(self, proof: Proof, folder: str, pages: Pages) -> tuple[str, str]:
        """Write both files into `folder`; return their paths. Raises JournalTrouble or ExportTrouble."""
        return _save(self._files, proof, folder, pages)

    def _rebuilt(
        self, project: Project, customer: CustomerId, pages: "list[_Page]", local: Local
    ) -> Proof | Meaning:
        if not pages:
            return Meaning(
                say("Engagement shows no consent of this customer"),
                say("Check the customer ID and its type."),
            )
        # What came in meanwhile has moved the pages, so that an event stands on two of them, or on none.
        first = self._page(project, customer, 0)
        if isinstance(first, Meaning):
            return first
        if first.data != pages[0].data:
            return Meaning(say("the history changed while it was read"), say("Try again."))
        source = FromHistory(
            project_name=project.name,
            base_url=str(project.base_url),
            project_token=project.project_token,
            customer=customer,
            pages=tuple(page.body for page in pages),
            practice=project.practice,
        )
        return _proof(source, self._now(), local, whole=True)

    def _page(self, project: Project, customer: CustomerId, skip: int) -> "_Page | Meaning":
        request = prepare_history(project, customer, limit=PAGE, skip=skip)
        outcome = self._transport.start(request).wait()
        if isinstance(outcome, Answered) and not outcome.truncated:
            page = read_history(outcome.status, outcome.body)
            if page is not None:
                return _Page(outcome.body, page.data) if page.is_whole else _NOT_WHOLE
        return tell_no_look(why_no_page(outcome), outcome)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a history as it was answered, and what is on it."""

    body: bytes
    data: Sequence[object]


_NOT_WHOLE = Meaning(
    say("an event of the customer's history cannot be read"), say("Look the customer up in Engagement.")
)


def _proof(source: FromJournal | FromHistory, made_at: Timestamp, local: Local, *, whole: bool) -> Proof:
    told = moments(made_at, source)
    return Proof(
        made_at=made_at,
        program=PROGRAM,
        whole=whole,
        source=source,
        local_times={written(at): locally(local(at)) for at in told},
    )


def _save(files: Files, proof: Proof, folder: str, pages: Pages) -> tuple[str, str]:
    content = sealed(proof)
    made = pages(proof, sha256(content).hexdigest())
    return files.save(folder, proof.made_at, content, made)
