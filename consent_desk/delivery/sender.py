"""Send what was noted: claim, send, judge, settle."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from consent_desk.delivery.order import discard_overtaken, is_overtaken, waits_for_opt_out
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.judgement import Judgement, judge, may_have_left, was_sent_again
from consent_desk.domain.lifecycle.messages import (
    MAY_STILL_SHOW,
    OVERTAKEN,
    STAMPED_WRONG,
    TURNS_OPT_OUT,
    WAITS_FOR_OPT_OUT,
    WRONG_TIME,
    is_stamped_wrong,
    tell_check,
)
from consent_desk.domain.lifecycle.policy import Step, is_for_a_person, plan, turns_opt_out
from consent_desk.domain.lifecycle.record import Entry, Noted, Record, needs_check, said, to_check
from consent_desk.domain.lifecycle.state import (
    CANCELLED_HERE,
    DECIDED,
    INSISTED,
    SENDABLE_STATES,
    UNCERTAIN_STATES,
    UNSENT_STATES,
    WAITS_TO_LEAVE,
    Fact,
    State,
    may_be_claimed,
    was_decided,
)
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.outcome import Answered, Cause, Look, Lost, NotSent, Outcome, Phase
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import prepare_event
from consent_desk.engagement.calls import Call, Transport

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

SECOND_TIME = "sent a second time"
UNCHECKED = "sent a second time, unchecked: the key may not read consents"
DECIDED_TIME = "sent a second time, not looked up: a person decided"
"""The notes of a second sending."""


_SETTLED_ELSEWHERE = JournalError(
    say("delivery", "What came of it could not be written down: another program has settled it meanwhile."),
    say("delivery", "What that one wrote stands in the log."),
)

_NOT_WRITTEN_YET = JournalError(
    say("delivery", "Nothing was sent: what came of the last try could not be written down so far."),
    say("delivery", "It is tried again by itself."),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one attempt. `trouble` says that the outcome could not be written down."""

    entry: Entry
    judgement: Judgement
    trouble: JournalError | None = None


class Sender:
    """Sends consents, each on the thread that asks for it, and can be told to stop.

    `why_held`: why an opt-in is not to leave now, because of the time that it bears.
    """

    def __init__(
        self,
        journal: "SqliteJournal",
        transport: Transport,
        now: Callable[[], Timestamp],
        why_held: Callable[[Noted], Message | None] = lambda noted: None,
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._now = now
        self._why_held = why_held
        self._lock = Lock()
        self._calls: dict[str, Call] = {}
        self._cancelled: set[str] = set()
        self._stopping = False
        self._unwritten: dict[str, Fact] = {}
        # Held while one of them is written, so that it is not taken for what comes of a later try.
        self._writing = Lock()

    @property
    def has_unwritten(self) -> bool:
        """Whether an outcome could not be written down so far."""
        return bool(self._unwritten)

    def is_unwritten(self, request_id: str) -> bool:
        """Whether what came of this consent could not be written down so far."""
        return request_id in self._unwritten

    def write_again(self) -> tuple[str, ...]:
        """Write down the outcomes that could not be so far, and return what they are about.

        Stops at the first that still cannot be written. What another program has settled meanwhile, as one
        that found it in flight does, stays as that has it.
        """
        written = []
        with suppress(JournalError):
            for request_id in [*self._unwritten]:
                with self._writing:
                    if (fact := self._unwritten.get(request_id)) is None:
                        continue
                    record = self._journal.record(request_id)
                    if record.facts[-1] == fact or self._journal.is_own_flight(request_id):
                        self._journal.append(request_id, fact, after=len(record.facts))
                    del self._unwritten[request_id]
                written.append(request_id)
                # An opt-out may have been noted, and sent, since.
                discard_overtaken(self._journal, record.noted, self._now)
        return tuple(written)

    def send(
        self, request_id: str, project: Project | None, *, by_person: bool = True
    ) -> Sent | Message | None:
        """Send one noted consent and write down what came of it; None where it may not be sent.

        A message says why an opt-in is not sent now, whoever asks for it.

        `project` is the one that it was noted for, as it is set up now. `by_person`: somebody asks for
        this very consent, and may have mended the project's token since. Raises JournalError where it
        could not be claimed: then nothing was sent. After any other exception it may have been.
        """
        # A cancel counts also while the program ends: else the next start would send it.
        if self._stopping and request_id not in self._cancelled:
            return None
        if self.is_unwritten(request_id):
            self.write_again()
            if self.is_unwritten(request_id):
                raise _NOT_WRITTEN_YET
        record = self._journal.record(request_id)
        if discard_overtaken(self._journal, record.noted, self._now):
            record = self._journal.record(request_id)
        while True:
            if not by_person and not self._is_due(record, project):
                return None
            why = self._why_not(record)
            if why is not None and request_id not in self._cancelled:
                return why
            if not record.noted.body or not may_be_claimed(record.facts[-1]):
                return None
            noted = self._claim(record)
            if noted is not None:
                break
            record = self._journal.record(request_id)
        practice = project is not None and project.practice
        try:
            outcome = self._send(noted, project, by_person=by_person)
        except Exception:
            # A bug, perhaps after the request left: nobody may believe that it is still on its way.
            self._settle(record, Lost(phase=Phase.WAITING, cause=Cause.UNEXPECTED), practice=practice)
            raise
        return self._settle(record, outcome, practice=practice)

    def discard(self, request_id: str, *, practice: bool) -> Sent | None:
        """Cancel one that waits to be sent, for good; None where it does not wait any more.

        Waits for no call under way. Raises JournalError where it could not be written down: then it
        waits on.
        """
        record = self._journal.record(request_id)
        cancelled = NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED)
        sent = _judged(record, cancelled, practice=practice)
        state = sent.judgement.state
        fact = Fact(at=self._now(), state=state, outcome=cancelled, note=_note_of(state, cancelled))
        as_read = {record.facts[-1].state} & SENDABLE_STATES
        return sent if self._journal.give_up(request_id, as_read, fact) else None

    def decide(self, request_id: str, user: str) -> bool:
        """Write down that `user` has it sent again, though it could not be looked up whether it is there.

        False where that is not theirs to decide any more. Nothing is sent. Raises JournalError.
        """
        facts = self._journal.record(request_id).facts
        state = facts[-1].state
        if not is_for_a_person(facts) and state not in WAITS_TO_LEAVE:
            return False
        return self._journal.give_up(
            request_id, {state}, Fact(at=self._now(), state=state, note=f"{DECIDED}{user}")
        )

    def insist(self, request_id: str) -> None:
        """A person asks to send it: that counts also against the opt-out that a look-up saw.

        Raises JournalError.
        """
        facts = self._journal.record(request_id).facts
        state = facts[-1].state
        if turns_opt_out(facts) and state in UNSENT_STATES:
            self._journal.give_up(request_id, {state}, Fact(at=self._now(), state=state, note=INSISTED))

    def admit(self, request_id: str) -> None:
        """Forget that `request_id` was cancelled: a person asks to send it once more."""
        with self._lock:
            self._cancelled.discard(request_id)

    def cancel(self, request_id: str) -> None:
        """End the call that sends `request_id`, from any thread, also just before it begins."""
        with self._lock:
            self._cancelled.add(request_id)
            call = self._calls.get(request_id)
        if call is not None:
            call.cancel()

    def stop(self) -> None:
        """End the calls under way because the program ends, from any thread, and begin no other one.

        What had not left stays queued; what had left becomes unconfirmed.
        """
        with self._lock:
            self._stopping = True
            calls = [*self._calls.values()]
        for call in calls:
            call.cancel()

    def _claim(self, record: Record) -> Noted | None:
        request_id = record.noted.consent.request_id
        try:
            return self._journal.claim(request_id, self._now(), after=len(record.facts))
        except JournalError:
            # Its row may be there all the same, as where only the disk's word failed: nothing was sent.
            outcome = NotSent(phase=Phase.RESOLVING, cause=Cause.UNEXPECTED, detail="claimed in doubt")
            state = _judged(record, outcome, practice=False).judgement.state
            self._unwritten[request_id] = self._fact(record, state, outcome)
            raise

    def _checked(self, record: Record, fact: Fact, sent: Sent, *, practice: bool) -> Sent:
        """Write down at once where nobody knows such a customer or category: it was learnt before."""
        known = replace(record, facts=(*record.facts, fact))
        state = to_check(known, fact.state)
        if state is fact.state:
            return sent
        checked = Fact(at=fact.at, state=state, note=said(known, state))
        try:
            self._journal.append(record.noted.consent.request_id, checked, after=len(record.facts) + 2)
        except JournalError:
            # The look-up finds it as well.
            return sent
        known = replace(known, facts=(*known.facts, checked))
        judgement = tell_check(state, needed=needs_check(known), practice=practice)
        return replace(sent, entry=Entry.after(record.noted, known.facts), judgement=judgement)

    def _fact(self, record: Record, state: State, outcome: Outcome) -> Fact:
        fact = Fact(at=self._now(), state=state, outcome=outcome, note=_note_of(state, outcome))
        flight = Fact(at=fact.at, state=State.IN_FLIGHT)
        is_second = was_sent_again((*record.facts, flight, fact))
        if not is_second:
            return fact
        before = record.facts[-1]
        if was_decided(before):
            return replace(fact, note=DECIDED_TIME)
        is_blind = isinstance(before.outcome, Look) and before.outcome.blind
        return replace(fact, note=UNCHECKED if is_blind else SECOND_TIME)

    def _is_due(self, record: Record, project: Project | None) -> bool:
        noted, facts = record.noted, record.facts
        if facts[-1].state not in UNCERTAIN_STATES:
            # That it would be held once more is no news to write down.
            was_held = Entry.after(noted, facts).held
            return not was_held or project is None or noted.belongs_to(project)
        overtaken = is_overtaken(self._journal, noted)
        consent = noted.consent
        return plan(facts, consent.action, consent.request_id, overtaken=overtaken).step is Step.SEND

    def _why_not(self, record: Record) -> Message | None:
        """Why an opt-in does not leave now. An opt-out never waits."""
        noted, facts = record.noted, record.facts
        if noted.consent.action is Action.REJECT or not may_be_claimed(facts[-1]):
            return None
        if facts[-1].state in UNCERTAIN_STATES:
            if is_overtaken(self._journal, noted):
                return OVERTAKEN
            if plan(facts, noted.consent.action, noted.consent.request_id).step is not Step.ASK:
                return MAY_STILL_SHOW
        if turns_opt_out(facts):
            return TURNS_OPT_OUT
        if waits_for_opt_out(self._journal, noted):
            return WAITS_FOR_OPT_OUT
        if is_stamped_wrong(facts):
            return STAMPED_WRONG
        why = self._why_held(noted)
        if why == STAMPED_WRONG and facts[-1].state in UNSENT_STATES:
            # For good: once the clock is set right, and at the next start, nothing would show it.
            fact = Fact(at=self._now(), state=facts[-1].state, note=WRONG_TIME)
            self._journal.append(noted.consent.request_id, fact, after=len(facts))
        return why

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
            call = self._transport.start(prepare_event(project, noted.body))
            self._calls[request_id] = call
        try:
            outcome = call.wait()
        finally:
            with self._lock:
                del self._calls[request_id]
                cancelled = request_id in self._cancelled
                self._cancelled.discard(request_id)
        if isinstance(outcome, Answered) or outcome.cause is not Cause.CANCELLED or cancelled:
            return outcome
        return replace(outcome, cause=Cause.PROGRAM_ENDED)

    def _settle(self, record: Record, outcome: Outcome, *, practice: bool) -> Sent:
        """Judge `outcome` and write it down. `record` is what was known before the consent was claimed."""
        noted, sent = record.noted, _judged(record, outcome, practice=practice)
        fact = self._fact(record, sent.judgement.state, outcome)
        try:
            # Its flight is the one fact since.
            if not self._journal.append(noted.consent.request_id, fact, after=len(record.facts) + 1):
                raise _SETTLED_ELSEWHERE
        except JournalError as trouble:
            # The call is made and cannot be unmade: what came of it must reach the person all the same.
            self._unwritten[noted.consent.request_id] = fact
            return replace(sent, trouble=trouble)
        sent = self._checked(record, fact, sent, practice=practice)
        # An opt-out may have been noted while it was on its way. Asked again before the opt-in is sent.
        with suppress(JournalError):
            discard_overtaken(self._journal, noted, self._now)
        return sent


def _judged(record: Record, outcome: Outcome, *, practice: bool) -> Sent:
    """What `outcome` makes of a consent that was as `record` says."""
    noted = record.noted
    again = may_have_left(record.facts)
    known = noted.context.before is not None
    judgement = judge(outcome, noted.consent.action, practice=practice, again=again, known=known)
    state = judgement.state
    return Sent(Entry.of(noted, state, outcome, _note_of(state, outcome)), judgement)


def _note_of(state: State, outcome: Outcome) -> str:
    """The note that tells what a person cancelled from what an older version, or nobody, did."""
    cancelled = isinstance(outcome, NotSent) and outcome.cause is Cause.CANCELLED
    return CANCELLED_HERE if cancelled and state is State.DISCARDED else ""
