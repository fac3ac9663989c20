"""Send what was noted: claim, send, judge, settle."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

from consent_desk.domain.consent import Timestamp
from consent_desk.domain.delivery import Judgement, judge
from consent_desk.domain.errors import JournalTrouble
from consent_desk.domain.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.project import Project
from consent_desk.domain.record import Entry, Fact, Noted
from consent_desk.domain.request import PreparedRequest, prepare_event
from consent_desk.services.outbox import Journal


class Call(Protocol):
    """One call under way."""

    def wait(self) -> Outcome:
        """Block until there is an outcome: within the transport's deadline, or soon after `cancel`."""

    def cancel(self) -> None:
        """End the call now, from any thread. The outcome says honestly how far it had come."""


class Transport(Protocol):
    """Sends exact bytes. Network trouble is an outcome, never an exception."""

    def start(self, request: PreparedRequest) -> Call:
        """Begin to send `request`."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one attempt. `trouble` says that the outcome could not be written down."""

    entry: Entry
    judgement: Judgement
    trouble: JournalTrouble | None = None


class Sender:
    """Sends one consent at a time, and can be told to stop."""

    def __init__(self, journal: Journal, transport: Transport, now: Callable[[], Timestamp]) -> None:
        self._journal = journal
        self._transport = transport
        self._now = now
        self._lock = Lock()
        self._call: Call | None = None
        self._sending: str | None = None
        self._cancelled: set[str] = set()
        self._stopping = False

    def send(self, request_id: str, project: Project | None, *, by_person: bool = True) -> Sent | None:
        """Send one noted consent and write down what came of it; None where it may not be sent.

        `project` is the one that it was noted for, as it is set up now. `by_person`: somebody asks for
        this very consent, and may have mended the project's token since. Raises JournalTrouble where it
        could not be claimed: then nothing was sent. After any other exception it may have been.
        """
        # A cancel counts also while the program ends: else the next start would send it.
        if self._stopping and request_id not in self._cancelled:
            return None
        noted = self._journal.claim(request_id, self._now())
        if noted is None:
            return None
        practice = project is not None and project.practice
        try:
            outcome = self._send(noted, project, by_person=by_person)
        except Exception:
            # A bug, perhaps after the request left: nobody may believe that it is still on its way.
            self._settle(noted, Lost(phase=Phase.WAITING, cause=Cause.UNEXPECTED), practice=practice)
            raise
        return self._settle(noted, outcome, practice=practice)

    def discard(self, request_id: str, *, practice: bool) -> Sent | None:
        """Cancel one that waits to be sent, for good; None where it does not wait any more.

        Waits for no call under way. Raises JournalTrouble where it could not be written down: then it
        waits on.
        """
        noted = self._journal.claim(request_id, self._now())
        if noted is None:
            return None
        return self._settle(noted, NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED), practice=practice)

    def admit(self, request_id: str) -> None:
        """Forget that `request_id` was cancelled: a person asks to send it once more."""
        with self._lock:
            self._cancelled.discard(request_id)

    def cancel(self, request_id: str) -> None:
        """End the call that sends `request_id`, from any thread, also just before it begins."""
        with self._lock:
            self._cancelled.add(request_id)
            call = self._call if self._sending == request_id else None
        if call is not None:
            call.cancel()

    def stop(self) -> None:
        """End the call under way because the program ends, from any thread, and begin no other one.

        What had not left stays queued; what had left becomes unconfirmed.
        """
        with self._lock:
            self._stopping = True
            call = self._call
        if call is not None:
            call.cancel()

    def _send(self, noted: Noted, project: Project | None, *, by_person: bool) -> Outcome:
        request_id = noted.consent.request_id
        with self._lock:
            if request_id in self._cancelled:
                self._cancelled.discard(request_id)
                return NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED)
            if self._stopping:
                return NotSent(phase=Phase.RESOLVING, cause=Cause.PROGRAM_ENDED)
            if project is None:
                return NotSent(phase=Phase.RESOLVING, cause=Cause.REMOVED)
            if not noted.belongs_to(project, mended=by_person):
                return NotSent(phase=Phase.RESOLVING, cause=Cause.HELD)
            self._call = self._transport.start(prepare_event(project, noted.body))
            self._sending = request_id
        try:
            outcome = self._call.wait()
        finally:
            with self._lock:
                self._call = self._sending = None
                cancelled = request_id in self._cancelled
                self._cancelled.discard(request_id)
        if isinstance(outcome, Answered) or outcome.cause is not Cause.CANCELLED or cancelled:
            return outcome
        return replace(outcome, cause=Cause.PROGRAM_ENDED)

    def _settle(self, noted: Noted, outcome: Outcome, *, practice: bool) -> Sent:
        judgement = judge(outcome, noted.consent.action, practice=practice)
        entry = Entry.of(noted, judgement.state, outcome)
        try:
            fact = Fact(at=self._now(), state=judgement.state, outcome=outcome)
            self._journal.settle(noted.consent.request_id, fact)
        except JournalTrouble as trouble:
            # The call is made and cannot be unmade: what came of it must reach the person all the same.
            return Sent(entry, judgement, trouble)
        return Sent(entry, judgement)
