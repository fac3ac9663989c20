"""Note a consent before anything else happens to it, and keep what was noted."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from consent_desk.delivery.order import discard_all_overtaken, discard_overtaken, last_later
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.judgement import SECOND, was_withdrawn
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context, Entry, Noted, Record, said, to_check
from consent_desk.domain.lifecycle.state import CHECKED, LEGAL, TO_CHECK_STATES, Fact, State
from consent_desk.domain.wire.outcome import Cause, Lost, Phase
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.server_clock import CLOCK_TOLERANCE, is_off, later_than

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

REPEATED_WITHIN = 600 * SECOND
"""Microseconds in which the same decision about the same customer is probably the same call."""


class Outbox:
    """The consents that were noted on this computer, whatever became of them.

    `account` is whose session it is: it stands beside each consent that is noted.
    """

    def __init__(self, journal: "SqliteJournal", now: Callable[[], Timestamp], account: str = "") -> None:
        self._journal = journal
        self._now = now
        self._account = account

    def stamp(self, project: Project, consent: Consent, context: Context = NO_CONTEXT) -> Consent:
        """`consent` with the timestamp that goes out, which no other one for its category bears.

        A decision taken now is later than any noted before, and an opt-out than what `context` says that
        Engagement showed; where the time is known, than those that lie a minute ahead at most: one in the far
        future moves nothing. While it is not known, a clock that was set back counts on from the last one.
        When it was noted moves with it. A time that was given stays; where something was noted in its
        second, this decision comes just after that, for the order of two events with one timestamp is open
        (section 4.1). No decision lies after its noting. Raises JournalError.
        """
        given = consent.timestamp
        is_now = given == consent.noted_at
        if is_now:
            at = self._after_last_known(project, consent, context)
        else:
            before = Timestamp((given.micros // SECOND + 1) * SECOND)
            at = later_than(given, self._last_noted(project, consent, before))
        if at == given:
            return consent
        stamped = replace(consent, timestamp=at, noted_at=max(consent.noted_at, at))
        # Asked once more: this may be the next second, with events of its own.
        return stamped if is_now else self.stamp(project, stamped)

    def stamp_all(self, project: Project, consents: Sequence[tuple[Consent, Context]]) -> tuple[Consent, ...]:
        """Each of `consents` stamped, and later than the one before it by a microsecond at the least.

        Raises JournalError.
        """
        stamped: list[Consent] = []
        for one, context in consents:
            consent = one
            if stamped and consent.timestamp <= stamped[-1].timestamp:
                at = Timestamp(stamped[-1].timestamp.micros + 1)
                is_now = consent.timestamp == consent.noted_at
                noted_at = at if is_now else max(consent.noted_at, at)
                consent = replace(consent, timestamp=at, noted_at=noted_at)
            stamped.append(self.stamp(project, consent, context))
        return tuple(stamped)

    def _after_last_known(self, project: Project, consent: Consent, context: Context) -> Timestamp:
        given = consent.timestamp
        # By Engagement's clock, from which this computer's may differ by as much as it is allowed to.
        off = context.clock_off or 0
        latest = given.micros + (CLOCK_TOLERANCE - (0 if is_off(off) else off)) * SECOND
        shown = None if context.before is None else context.before.since
        if (
            consent.action is Action.REJECT
            and shown is not None
            and given.seconds - 1 < shown <= latest / SECOND
        ):
            # Where Engagement told whole seconds, the event may lie in that second.
            given = max(given, Timestamp((int(shown) + 1) * SECOND))
        before = None if context.clock_off is None else Timestamp(max(given.micros, latest) + 1)
        return later_than(given, self._last_noted(project, consent, before))

    def _last_noted(self, project: Project, consent: Consent, before: Timestamp | None) -> Timestamp | None:
        return self._journal.last_timestamp(project.id, consent.customer, consent.category, before)

    def repeated(
        self, project: Project, consents: Sequence[Consent]
    ) -> tuple[tuple[Consent, Timestamp], ...]:
        """Those of `consents` that say what was noted here minutes ago, each with when that was.

        Where something else was decided in between, it is no repetition; nor is it one of what was withdrawn,
        or of a noting that failed. Raises JournalError.
        """
        found = ((one, self._last_like(project, one)) for one in consents)
        return tuple(
            (one, last.noted_at)
            for one, last in found
            if last is not None and (last.action, last.valid_until) == (one.action, one.valid_until)
        )

    def note(self, project: Project, consent: Consent, context: Context = NO_CONTEXT) -> Entry:
        """Write `consent` down for `project`. Once this returns, it is not lost any more.

        Raises JournalError: then it is not noted.
        """
        return self.note_all(project, ((consent, context),))[0]

    def note_all(self, project: Project, consents: Sequence[tuple[Consent, Context]]) -> tuple[Entry, ...]:
        """Write all of `consents` down for `project`, in their order, or none.

        Raises JournalError: then none is noted.
        """
        press = consents[0][0].request_id if len(consents) > 1 else None
        noted = tuple(
            Noted.of(project, consent, replace(context, account=context.account or self._account), press)
            for consent, context in consents
        )
        self._journal.note_all(noted)
        for one in noted:
            # It is noted, whatever becomes of what it overtook: that is asked again at the start.
            with suppress(JournalError):
                discard_overtaken(self._journal, one, self._now)
        return tuple(Entry.of(one, State.QUEUED) for one in noted)

    def _last_like(self, project: Project, consent: Consent) -> Consent | None:
        since = consent.noted_at.micros - REPEATED_WITHIN
        # Also one that was dated back as this one is.
        after = Timestamp(max(1, min(since, consent.timestamp.micros - SECOND)))
        for one in self._journal.later_like(project.id, consent.customer, consent.category, after):
            noted = one.noted.consent
            if noted.noted_at.micros < since:
                return None
            if noted.request_id != consent.request_id and not was_withdrawn(one.facts):
                return noted
        return None

    def learn(self, request_id: str, note: str) -> Entry | None:
        """Write down what was learnt of the customer of a consent; None while it is on its way.

        Not where its last fact waits for somebody's word: that one would be over. Raises JournalError.
        """
        while True:
            record = self._journal.record(request_id)
            state = record.facts[-1].state
            if state is State.IN_FLIGHT:
                return None
            fact = self._learnt(record, note)
            if fact is None:
                return Entry.after(record.noted, record.facts)
            if self._journal.append(request_id, fact, after=len(record.facts)):
                return Entry.after(record.noted, (*record.facts, fact))

    def _learnt(self, record: Record, note: str) -> Fact | None:
        """What was learnt as a fact, None where none may follow."""
        state = record.facts[-1].state
        if state in {State.CONTRADICTED, State.DISCARDED}:
            return None
        fact = Fact(at=self._now(), state=state, note=note)
        learnt = replace(record, facts=(*record.facts, fact))
        fact = replace(fact, state=to_check(learnt, state))
        if fact.state not in LEGAL[state]:
            return None
        if fact.state in TO_CHECK_STATES and note not in CHECKED:
            fact = replace(fact, note=said(record, fact.state) or note)
        return fact

    def recover(self) -> int:
        """Mark what programs that have ended left in flight as unconfirmed; return how many there were.

        And discard the opt-ins that a later opt-out overtook: a program may have ended between the two.
        """
        left = self.recover_flights()
        discard_all_overtaken(self._journal, self._now)
        return len(left)

    def recover_flights(self) -> tuple[str, ...]:
        """Mark what programs that have ended left in flight as unconfirmed; return its request IDs."""
        left = []
        lost = Lost(phase=Phase.WAITING, cause=Cause.PROGRAM_ENDED)
        for request_id in self._journal.records_in({State.IN_FLIGHT}):
            # One that cannot be read, or written, keeps no other waiting.
            with suppress(JournalError):
                # Read first: one that another has sent since has more facts by now.
                facts = self._journal.record(request_id).facts
                if self._journal.is_abandoned(request_id):
                    fact = Fact(at=self._now(), state=State.UNCONFIRMED, outcome=lost)
                    if self._journal.append(request_id, fact, after=len(facts)):
                        left.append(request_id)
        return tuple(left)

    def record_and_last(self, request_id: str) -> tuple[Record, Timestamp | None]:
        """One consent, and when the last decision after it for its customer and category was taken."""
        record = self._journal.record(request_id)
        return record, last_later(self._journal, record.noted)
