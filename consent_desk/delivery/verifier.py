"""Look into Engagement for what was sent: is it in the history, and does it hold?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from time import monotonic
from typing import TYPE_CHECKING, assert_never

from consent_desk.delivery.order import noted_later
from consent_desk.delivery.planned import Due
from consent_desk.delivery.schedule import FIRST_LOOK
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ends_after
from consent_desk.domain.lifecycle.checking import needs_check, nobody_looked, said, saw_customer, to_check
from consent_desk.domain.lifecycle.judgement import SECOND, Judgement, judge_look
from consent_desk.domain.lifecycle.looking import (
    is_as_sent,
    later_events,
    look_of,
    shows,
    why_no_page,
)
from consent_desk.domain.lifecycle.messages import tell_check, tell_look
from consent_desk.domain.lifecycle.policy import (
    Failing,
    Step,
    failing_of,
    is_time,
    look_again_after,
    plan,
    retry_after,
)
from consent_desk.domain.lifecycle.record import Entry, Noted, Record
from consent_desk.domain.lifecycle.state import LEGAL, TO_CHECK_STATES, Fact, State
from consent_desk.domain.wire.customer import (
    HistoryEvent,
    HistoryPage,
    lacks_permission,
    last_events,
    read_consents,
    read_history,
)
from consent_desk.domain.wire.outcome import Answered, FailedLook, Look, Lost, NoLook, NotSent, Outcome
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import PreparedRequest, prepare_consents, prepare_history
from consent_desk.engagement.calls import MOST_PAGES, PAGE, Transport
from consent_desk.engagement.categories import fetch_categories

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

WRITTEN_EACH = 3_600 * SECOND
"""Microseconds after which a look that fails as the last one did is written down again."""

KEPT = 4_096
"""Bytes that are kept of an answer that told nothing."""

_WAIT_TO_LEAVE = frozenset({State.QUEUED, State.RETRY_WAIT})


@dataclass(frozen=True, slots=True)
class Looked:
    """What a complete look made of a consent."""

    entry: Entry
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Missed:
    """Why a look was not complete: it shows nothing.

    `outcome`: of the last read. The server asks to `wait` so many microseconds.
    """

    reason: NoLook
    outcome: Outcome | None
    wait: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """A look that told nothing, with those before it. The next comes in so many microseconds, if at all.

    `is_written`: there is a fact of it. Of one that failed as the last one did there is none for an hour.
    """

    failing: Failing
    wait: int
    is_written: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """A complete look, and the events that are later than our own."""

    look: Look
    later: tuple[HistoryEvent, ...] = ()


class Verifier:
    """Looks up one consent at a time. Never changes anything in Engagement. `steady`: monotonic seconds."""

    def __init__(
        self,
        journal: "SqliteJournal",
        transport: Transport,
        now: Callable[[], Timestamp],
        steady: Callable[[], float] = monotonic,
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._now = now
        self._steady = steady
        # Failed looks since the last one that was written down.
        self._unwritten: dict[str, int] = {}

    def look_up(self, due: Due, project: Project) -> Looked | Failed | None:
        """Look up what is due and write down what was seen, or that nothing could be.

        None: there is nothing to look up now, or `project` does not lead where it was sent. Raises
        JournalError.
        """
        if due.is_before_leaving and self._has_left(due):
            return None
        record = self._journal.record(due.request_id)
        noted, last = record.noted, record.facts[-1].state
        if not noted.body or not self._is_wanted(record, due) or not noted.belongs_to(project):
            self._unwritten.pop(due.request_id, None)
            return None
        reading = Reading(self._transport, self._now)
        sight = reading.sight(project, noted, was_seen=last is State.SEEN)
        steady = self._since(due, len(record.facts))
        if isinstance(sight, Missed):
            return self._write_failed(record, sight, steady, reading.elapsed)
        at, action = self._now(), noted.consent.action
        moot = self._rules_no_more(noted, sight.later, at)
        state = judge_look(sight.look, record.facts, action, at, moot=moot)
        if last in _WAIT_TO_LEAVE and state not in LEGAL[last]:
            # It waits on; or it is there, and what holds is seen by the next look.
            state = State.SEEN if sight.look.seen else last
        look, is_known = sight.look, True
        if state in {State.SEEN, State.VERIFIED}:
            look, is_known = self._made_up_for(record, project, look, reading)
        if state is State.VERIFIED and not is_known:
            # The next look finds out, where it can be found out at all.
            state = State.SEEN
        look = replace(look, steady=steady, elapsed=reading.elapsed)
        fact = _checked(record, Fact(at=at, state=state, outcome=look))
        if not self._write(record, fact):
            return None
        known = replace(record, facts=(*record.facts, fact))
        failing = failing_of(known.facts)
        if failing is not None and failing.is_given_up:
            # The key may not read any more: a person is asked, as where no answer comes.
            return Failed(failing, 0, is_written=True)
        return Looked(Entry.after(noted, known.facts), _judged(known, look, practice=project.practice))

    def _made_up_for(
        self, record: Record, project: Project, look: Look, reading: "Reading"
    ) -> tuple[Look, bool]:
        """`look` with what nobody found out before it was sent: is there such a customer, such a category?

        And whether it is known now if there is such a customer.
        """
        consent, is_known = record.noted.consent, True
        if nobody_looked(record) and not self._was_seen_elsewhere(record.noted):
            # Where nothing else stands in the history, our own event may have made the profile.
            alone = reading.is_alone(project, consent.customer, self._journal.has)
            look, is_known = replace(look, unknown=alone is True), alone is not None
        if record.noted.context.listed is None:
            listed = fetch_categories(self._transport, project)
            known = listed if isinstance(listed, tuple) else ()
            look = replace(look, unlisted=bool(known) and all(one.id != consent.category for one in known))
        return look, is_known

    def _was_seen_elsewhere(self, noted: Noted) -> bool:
        """Whether a look-up saw the customer exist when an earlier consent of theirs was noted here.

        For a later one, it may have seen the profile that this one made.
        """
        ours = self._journal.consents_of(noted.project_id, noted.consent.customer)
        earlier = takewhile(lambda one: one != noted.consent.request_id, ours)
        return any(saw_customer(self._journal.record(one)) for one in earlier)

    def _is_wanted(self, record: Record, due: Due) -> bool:
        if due.plan.unsent:
            return record.facts[-1].state in _WAIT_TO_LEAVE
        planned = plan(record.facts, due.action, due.request_id, left=due.left)
        return planned.step is Step.LOOK_UP and is_time(planned.at, self._now())

    def _has_left(self, due: Due) -> bool:
        """Whether an opt-out of an earlier run waits no more for its look."""
        return due.since is not None and self._steady() - due.since >= FIRST_LOOK

    def _since(self, due: Due, facts: int) -> float | None:
        """Monotonic seconds since the last of so many facts, at least; None where an earlier run wrote it."""
        if due.since is None or due.is_before_leaving:
            return None
        return self._steady() - due.since if facts == due.facts else 0.0

    def _write_failed(self, record: Record, missed: Missed, steady: float | None, elapsed: float) -> Failed:
        request_id, at = record.noted.consent.request_id, self._now()
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
        ruling = last_events(later)
        return bool(ruling) and {event.request_id for event in ruling} <= noted_later(self._journal, noted)


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


class Reading:
    """Reads a customer's history and status, one call after the other (sections 4.4 and 4.5).

    `elapsed`: all calls together, in seconds.
    """

    def __init__(self, transport: Transport, now: Callable[[], Timestamp]) -> None:
        self._transport = transport
        self._now = now
        self.elapsed = 0.0

    def sight(self, project: Project, noted: Noted, *, was_seen: bool) -> Sight | Missed:
        """A complete look for `noted`. `was_seen`: only what holds is still wanted."""
        consent = noted.consent
        events = self._history(project, consent)
        if isinstance(events, Sight | Missed):
            return events
        later = later_events(events, consent)
        seen = look_of(consent, events, None, self._now())
        if not seen.seen:
            return Sight(seen, later)
        asked = (consent.category,)
        outcome = self._call(prepare_consents(project, consent.customer, asked))
        if isinstance(outcome, Answered) and not outcome.truncated:
            at = self._now()
            read = read_consents(outcome.status, outcome.body, asked, at) or {}
            if (status := read.get(consent.category)) is not None:
                return Sight(look_of(consent, events, status, at), later)
            if lacks_permission(outcome.status, outcome.body):
                return Sight(seen, later)
        # That it stands in the history is worth a line at once; what holds is asked again.
        return self._missed(outcome, why_no_page(outcome)) if was_seen else Sight(seen, later)

    def is_alone(self, project: Project, customer: CustomerId, is_ours: Callable[[str], bool]) -> bool | None:
        """Whether nothing but our own events stands in the history; None where that could not be read."""
        skip, before = 0, HistoryPage()
        for _ in range(MOST_PAGES):
            outcome = self._call(prepare_history(project, customer, limit=PAGE, skip=skip))
            if not isinstance(outcome, Answered) or outcome.truncated:
                return None
            page = read_history(outcome.status, outcome.body)
            if page is None or not page.follows(before):
                return None
            if not page.data:
                return skip > 0
            if len(page.events) != len(page.data):
                return False
            if any(one.request_id is None or not is_ours(one.request_id) for one in page.events):
                return False
            skip, before = skip + len(page.data), page
        return None

    def _history(self, project: Project, consent: Consent) -> list[HistoryEvent] | Sight | Missed:
        """All events back past `consent`, or to its own. A history that was not read so far shows nothing."""
        events: list[HistoryEvent] = []
        skip, before = 0, HistoryPage()
        for _ in range(MOST_PAGES):
            request = prepare_history(project, consent.customer, limit=PAGE, skip=skip)
            outcome = self._call(request)
            if not isinstance(outcome, Answered):
                return self._missed(outcome, why_no_page(outcome))
            if lacks_permission(outcome.status, outcome.body):
                return Sight(Look(blind=True))
            page = None if outcome.truncated else read_history(outcome.status, outcome.body)
            if page is None:
                return self._missed(outcome, why_no_page(outcome))
            if not page.follows(before):
                return self._missed(outcome, NoLook.NOT_ADVANCING)
            events.extend(page.events)
            # A page may be shorter than asked for: only an empty one is the end.
            if (
                not page.data
                or (page.times and not shows(page.times[-1], consent))
                or any(is_as_sent(event, consent) for event in page.events)
            ):
                return events
            skip, before = skip + len(page.data), page
        return self._missed(None, NoLook.TOO_LONG)

    def _call(self, request: PreparedRequest) -> Outcome:
        outcome = self._transport.start(request).wait()
        self.elapsed += outcome.elapsed
        return outcome

    def _missed(self, outcome: Outcome | None, reason: NoLook) -> Missed:
        wait = retry_after(outcome, self._now()) if isinstance(outcome, Answered) else 0
        return Missed(reason, outcome, wait)
