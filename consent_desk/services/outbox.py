"""Note a consent before anything else happens to it, and keep what was noted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from consent_desk.domain.consent import Consent, CustomerId, Timestamp
from consent_desk.domain.delivery import State
from consent_desk.domain.outcome import Cause, Lost, Phase
from consent_desk.domain.project import Project
from consent_desk.domain.record import Entry, Fact, Noted, Record


class Journal(Protocol):
    """The durable table of consents and facts. Every method raises JournalTrouble where it fails.

    A method that writes returns only when what it wrote survives a power cut.
    """

    def note(self, noted: Noted) -> None:
        """Write `noted` with its first fact, `queued`. Writing the same one again changes nothing."""

    def claim(self, request_id: str, at: Timestamp) -> Noted | None:
        """Make it `in_flight` and return it; None where its state is not `queued` or `refused`."""

    def settle(self, request_id: str, fact: Fact) -> None:
        """Append `fact`."""

    def in_state(self, state: State) -> tuple[str, ...]:
        """The request IDs of all consents in `state`, the oldest first."""

    def last_in_second(
        self, project_id: str, customer: CustomerId, category: str, at: Timestamp
    ) -> Timestamp | None:
        """The latest timestamp in the second of `at` that was noted for one customer and category."""

    def latest(self, most: int) -> tuple[Entry, ...]:
        """The last `most` consents noted (500 at most), the newest first."""

    def entry(self, request_id: str) -> Entry:
        """One consent as a line of the log."""

    def record(self, request_id: str) -> Record:
        """One consent with all its facts."""

    def open_in(self, project_id: str) -> int:
        """How many consents of a project are in an open state."""

    def close(self) -> None:
        """Close the file. Nothing else is called afterwards."""


class Outbox:
    """The consents that were noted on this computer, whatever became of them."""

    def __init__(self, journal: Journal, now: Callable[[], Timestamp]) -> None:
        self._journal = journal
        self._now = now

    def stamp(self, project: Project, consent: Consent) -> Consent:
        """`consent` with the timestamp that goes out: of times typed alike, the one noted later is later.

        The order of two events with one timestamp is not promised (the reference's section 4.1). A decision
        taken now has a time of its own already. Raises JournalTrouble.
        """
        if consent.timestamp == consent.noted_at:
            return consent
        last = self._journal.last_in_second(project.id, consent.customer, consent.category, consent.timestamp)
        if last is None or last < consent.timestamp:
            return consent
        at = Timestamp(last.micros + 1)
        # Asked once more: this may be the next second, with events of its own.
        return self.stamp(project, replace(consent, timestamp=at, noted_at=max(at, consent.noted_at)))

    def note(self, project: Project, consent: Consent) -> Entry:
        """Write `consent` down for `project`. Once this returns, it is not lost any more.

        Raises JournalTrouble: then it is not noted.
        """
        noted = Noted.of(project, consent)
        self._journal.note(noted)
        return Entry.of(noted, State.QUEUED)

    def recover(self) -> int:
        """Mark what an earlier run left in flight as unconfirmed; return how many there were."""
        left = self._journal.in_state(State.IN_FLIGHT)
        lost = Lost(phase=Phase.WAITING, cause=Cause.PROGRAM_ENDED)
        for request_id in left:
            self._journal.settle(request_id, Fact(at=self._now(), state=State.UNCONFIRMED, outcome=lost))
        return len(left)

    def queued(self) -> tuple[Entry, ...]:
        """What waits to be sent, the oldest first."""
        return tuple(self._journal.entry(one) for one in self._journal.in_state(State.QUEUED))

    def latest(self, most: int = 500) -> tuple[Entry, ...]:
        """The latest page of the log, the newest first."""
        return self._journal.latest(most)

    def entry(self, request_id: str) -> Entry:
        """The line of one consent, as the journal has it now."""
        return self._journal.entry(request_id)

    def record(self, request_id: str) -> Record:
        """Everything noted about one consent."""
        return self._journal.record(request_id)

    def open_in(self, project_id: str) -> int:
        """How many consents of a project have not certainly reached Engagement."""
        return self._journal.open_in(project_id)
