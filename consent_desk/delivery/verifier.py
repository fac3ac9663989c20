"""Look into Engagement for what was sent: is it in the history, and does it hold?"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, assert_never

from consent_desk.delivery.order import is_noted_later
from consent_desk.delivery.planned import Due
from consent_desk.delivery.reading import Missed, Reading, Sight
from consent_desk.delivery.schedule import FIRST_LOOK
from consent_desk.domain.consent.values import CustomerId, Timestamp, ends_after
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.judgement import SECOND, Judgement, judge_look
from consent_desk.domain.lifecycle.messages import tell_check, tell_look
from consent_desk.domain.lifecycle.policy import Failing, Step, failing_of, is_time, look_again_after, plan
from consent_desk.domain.lifecycle.record import (
    Entry,
    Noted,
    Record,
    needs_check,
    nobody_looked,
    said,
    saw_customer,
    to_check,
)
from consent_desk.domain.lifecycle.state import LEGAL, TO_CHECK_STATES, WAITS_TO_LEAVE, Fact, State
from consent_desk.domain.wire.customer import HistoryEvent, last_events
from consent_desk.domain.wire.outcome import Answered, FailedLook, Look, Lost, NotSent, Outcome
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.calls import Transport
from consent_desk.engagement.categories import fetch_categories

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

WRITTEN_EACH = 3_600 * SECOND
"""Microseconds after which a look that fails as the last one did is written down again."""

KEPT = 4_096
"""Bytes that are kept of an answer that told nothing."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a complete look made of a consent."""

    entry: Entry
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Failed:
    """A look that told nothing, with those before it. The next comes in so many microseconds, if at all.

    `is_written`: there is a fact of it. Of one that failed as the last one did there is none for an hour.
    """

    failing: Failing
    wait: int
    is_written: bool


LookResult = Looked | Failed | JournalError | None
"""What came of looking up one consent. None: there was nothing to look up."""


class Verifier:
    """Looks up what was sent. Never changes anything in Engagement. `steady`: monotonic seconds."""

    def __init__(
        self,
        journal: "SqliteJournal",
        transport: Transport,
        now: Callable[[], Timestamp],
        steady: Callable[[], float] = monotonic,
        *,
        practice: bool = False,
    ) -> None:
        self._journal = journal
        self._practice = practice
        self._transport = transport
        self._now = now
        self._steady = steady
        # Failed looks since the last one that was written down.
        self._unwritten: dict[str, int] = {}

    def look_up_all(self, dues: Sequence[Due], project: Project) -> Iterator[tuple[Due, LookResult]]:
        """Look up all that is due; one reading of a customer's history serves all that is due for them.

        What each came to is told as soon as it is written. None: there is nothing to look up now, or
        `project` does not lead where it was sent. Raises JournalError where nothing can be read of the
        journal.
        """
        wanted: defaultdict[CustomerId, list[tuple[Due, Record]]] = defaultdict(list)
        for due in dues:
            try:
                record = self._wanted(due, project)
            except JournalError as error:
                yield due, self._of_one(error)
                continue
            if record is None:
                yield due, None
            else:
                wanted[record.noted.consent.customer].append((due, record))
        for customer, of_one in wanted.items():
            yield from self._look_up_customer(customer, of_one, project)

    def _look_up_customer(
        self, customer: CustomerId, wanted: Sequence[tuple[Due, Record]], project: Project
    ) -> Iterator[tuple[Due, LookResult]]:
        # The facts were read before the reading begins: it is no look for what is written after them.
        reading = Reading(self._transport, self._now, project, customer)
        sights = reading.sights([record for _, record in wanted])
        known = _Customer(self._journal, reading)
        # As of the reading: writing down what it shows of many takes a while.
        at, steady = self._now(), self._steady()
        for (due, record), sight in zip(wanted, sights, strict=True):
            since = _since(due, len(record.facts), steady)
            result: LookResult
            try:
                if isinstance(sight, Missed):
                    result = self._write_failed(record, sight, at, since, reading.elapsed)
                else:
                    result = self._write_sight(record, sight, at, since, known)
            except JournalError as error:
                result = self._of_one(error)
            yield due, result

    def _of_one(self, error: JournalError) -> JournalError:
        # Raises where it is the whole journal that cannot be read now: each try may take long then.
        self._journal.open_in("")
        return error

    def _wanted(self, due: Due, project: Project) -> Record | None:
        """What is to be looked up now."""
        if due.is_before_leaving and self._has_left(due):
            return None
        record = self._journal.record(due.request_id)
        noted = record.noted
        if not noted.body or not self._is_wanted(record, due) or not noted.belongs_to(project):
            self._unwritten.pop(due.request_id, None)
            return None
        return record

    def _write_sight(
        self, record: Record, sight: Sight, at: Timestamp, steady: float | None, customer: "_Customer"
    ) -> Looked | Failed | None:
        noted, last, look = record.noted, record.facts[-1].state, sight.look
        moot = self._rules_no_more(noted, sight.later, at)
        state = judge_look(look, record.facts, noted.consent.action, at, moot=moot)
        if last in WAITS_TO_LEAVE and state not in LEGAL[last]:
            # It waits on; or it is there, and what holds is seen by the next look.
            state = State.SEEN if look.seen else last
        is_known = True
        if state in {State.SEEN, State.VERIFIED}:
            look, is_known = _made_up_for(record, look, customer)
        if state is State.VERIFIED and not is_known:
            # The next look finds out, where it can be found out at all.
            state = State.SEEN
        look = replace(look, steady=steady, elapsed=customer.reading.elapsed)
        fact = _checked(record, Fact(at=at, state=state, outcome=look))
        if not self._write(record, fact):
            return None
        known = replace(record, facts=(*record.facts, fact))
        failing = failing_of(known.facts)
        if failing is not None and failing.is_given_up:
            # The key may not read any more: a person is asked, as where no answer comes.
            return Failed(failing, 0, is_written=True)
        practice = customer.reading.project.practice
        return Looked(Entry.after(noted, known.facts), _judged(known, look, practice=practice))

    def _is_wanted(self, record: Record, due: Due) -> bool:
        if due.plan.unsent:
            return record.facts[-1].state in WAITS_TO_LEAVE
        planned = plan(record.facts, due.action, due.request_id, left=due.left, practice=self._practice)
        return planned.step is Step.LOOK_UP and is_time(planned.at, self._now())

    def _has_left(self, due: Due) -> bool:
        """Whether an opt-out of an earlier run waits no more for its look."""
        return due.since is not None and self._steady() - due.since >= FIRST_LOOK

    def _write_failed(
        self, record: Record, missed: Missed, at: Timestamp, steady: float | None, elapsed: float
    ) -> Failed:
        request_id = record.noted.consent.request_id
        unwritten = self._unwritten.get(request_id, 0) + 1
        look = FailedLook(
            why=missed.reason,
            outcome=None if missed.outcome is None else _in_short(missed.outcome),
            failed=unwritten,
            steady=steady,
            elapsed=elapsed,
        )
        last = record.facts[-1]
        # What a person said of the ID is borne on.
        note = last.note if last.state in TO_CHECK_STATES else ""
        fact = Fact(at=at, state=last.state, outcome=look, note=note)
        failing = failing_of((*record.facts, fact)) or Failing(unwritten, at, look)
        is_written = _is_news(record.facts, fact) and self._write(record, fact)
        if not is_written:
            self._unwritten[request_id] = unwritten
        return Failed(failing, max(missed.wait, look_again_after(request_id, failing.count)), is_written)

    def _write(self, record: Record, fact: Fact) -> bool:
        """Write what a look came to, unless the consent has gone on meanwhile."""
        request_id = record.noted.consent.request_id
        self._unwritten.pop(request_id, None)
        return self._journal.append(request_id, fact, after=len(record.facts))

    def _rules_no_more(self, noted: Noted, later: tuple[HistoryEvent, ...], at: Timestamp) -> bool:
        until = noted.consent.valid_until
        if until is not None and not ends_after(until, at):
            return True
        # Noted here, and stored there: what holds is what this desk was told later.
        ruling = {event.request_id for event in last_events(later)}
        return bool(ruling) and all(is_noted_later(self._journal, noted, one) for one in ruling)


def _since(due: Due, facts: int, steady: float) -> float | None:
    """Monotonic seconds since the last of so many facts, at least; None where an earlier run wrote it."""
    if due.since is None or due.is_before_leaving:
        return None
    return steady - due.since if facts == due.facts else 0.0


def _made_up_for(record: Record, look: Look, customer: "_Customer") -> tuple[Look, bool]:
    """`look` with what nobody found out before it was sent: is there such a customer, such a category?

    And whether it is known now if there is such a customer.
    """
    consent, is_known = record.noted.consent, True
    if nobody_looked(record) and not customer.was_seen_before(consent.request_id):
        # Where nothing else stands in the history, our own event may have made the profile.
        alone = customer.is_alone
        look, is_known = replace(look, unknown=alone is True), alone is not None
    if record.noted.context.listed is None:
        listed = customer.listed
        look = replace(look, unlisted=bool(listed) and consent.category not in listed)
    return look, is_known


def _checked(record: Record, looked: Fact) -> Fact:
    """`looked`, in the state that asks somebody to check the ID or the category, where that is needed."""
    known = replace(record, facts=(*record.facts, looked))
    state = to_check(known, looked.state)
    if state not in TO_CHECK_STATES:
        return looked
    if state not in LEGAL[record.facts[-1].state]:
        # It was waiting to be sent still: the next look asks somebody. Until then nobody calls it verified.
        return replace(looked, state=State.SEEN) if looked.state is State.VERIFIED else looked
    # What a person said of it is borne on.
    return replace(looked, state=state, note=said(record, state))


def _judged(known: Record, look: Look, *, practice: bool) -> Judgement:
    state = known.facts[-1].state
    if state in TO_CHECK_STATES:
        return tell_check(state, needed=needs_check(known), practice=practice)
    return tell_look(look, state, known.noted.consent.action, practice=practice)


def _is_news(facts: Sequence[Fact], failed: Fact) -> bool:
    """Whether a failed look is written down: the first, one for another reason, and one an hour later."""
    failing, look = failing_of(facts), failed.outcome
    last = facts[-1]
    if failing is None or not isinstance(last.outcome, FailedLook) or not isinstance(look, FailedLook):
        return True
    steady = 0 if look.steady is None else round(look.steady * SECOND)
    is_late = max(failed.at.micros - last.at.micros, steady) >= WRITTEN_EACH
    return is_late or _kind(last.outcome) != _kind(look)


def _in_short(outcome: Outcome) -> Outcome:
    """What is kept of a read that told nothing. The seconds are told of all calls of the look."""
    match outcome:
        case Answered():
            is_cut = outcome.truncated or len(outcome.body) > KEPT
            return replace(outcome, body=outcome.body[:KEPT], truncated=is_cut, elapsed=0.0)
        case Lost():
            return replace(outcome, body=outcome.body[:KEPT], elapsed=0.0)
        case NotSent():
            return replace(outcome, elapsed=0.0)
        case _ as never:
            assert_never(never)


def _kind(failed: FailedLook) -> tuple[object, ...]:
    ended = failed.outcome
    if ended is None:
        return (failed.why,)
    return (failed.why, ended.status if isinstance(ended, Answered) else ended.cause)


class _Customer:
    """What is found out of a customer once for all that one reading serves, where it is asked."""

    def __init__(self, journal: "SqliteJournal", reading: Reading) -> None:
        self.reading = reading
        self._journal = journal
        self._was_seen = False
        # Whether a look-up had seen the customer when each of the consents so far was noted here.
        self._seen_before: dict[str, bool] = {}

    @cached_property
    def is_alone(self) -> bool | None:
        """Whether nothing but our own events stands in the history; None where that could not be read."""
        return self.reading.is_alone(self._journal.has)

    @cached_property
    def listed(self) -> frozenset[str]:
        """The categories of the project; none where they could not be read."""
        listed = fetch_categories(self.reading.transport, self.reading.project)
        return frozenset(one.id for one in listed) if isinstance(listed, tuple) else frozenset()

    def was_seen_before(self, request_id: str) -> bool:
        """Whether a look-up saw the customer exist when an earlier consent of theirs was noted here.

        For a later one, it may have seen the profile that this one made.
        """
        while request_id not in self._seen_before and (one := next(self._ours, None)) is not None:
            self._seen_before[one] = self._was_seen
            self._was_seen = self._was_seen or saw_customer(self._journal.record(one))
        return self._seen_before.get(request_id, False)

    @cached_property
    def _ours(self) -> Iterator[str]:
        return iter(self._journal.consents_of(self.reading.project.id, self.reading.customer))
