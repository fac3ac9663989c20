"""Look into Engagement for what was sent: is it in the history, and does it hold?"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from consent_desk.domain.answer import Meaning, meaning
from consent_desk.domain.consent import Timestamp
from consent_desk.domain.customer import (
    HistoryEvent,
    lacks_permission,
    later_events,
    read_consents,
    read_history,
)
from consent_desk.domain.delivery import (
    LEGAL,
    Fact,
    Judgement,
    State,
    Step,
    is_time,
    judge_look,
    may_have_left,
    plan,
    retry_after,
)
from consent_desk.domain.message import say
from consent_desk.domain.outcome import Answered, Look, Outcome, why_no_answer
from consent_desk.domain.project import Project
from consent_desk.domain.record import Entry, Noted
from consent_desk.domain.request import PreparedRequest, prepare_consents, prepare_history
from consent_desk.domain.telling import tell_look
from consent_desk.services.order import last_later
from consent_desk.services.outbox import Journal
from consent_desk.services.sender import Transport

PAGE = 20
"""Events on a page. With the longest wordings they still fit into what the transport reads of an answer."""

MOST_PAGES = 100


@dataclass(frozen=True, slots=True)
class Looked:
    """What a complete look made of a consent."""

    entry: Entry
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Missed:
    """Why a look was not complete: it shows nothing. The server asks to wait so many microseconds."""

    why: Meaning
    wait: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """A complete look, and the events that are later than our own."""

    look: Look
    later: tuple[HistoryEvent, ...] = ()


class Verifier:
    """Looks up one consent at a time. Never changes anything in Engagement."""

    def __init__(self, journal: Journal, transport: Transport, now: Callable[[], Timestamp]) -> None:
        self._journal = journal
        self._transport = transport
        self._now = now

    def look_up(
        self, request_id: str, project: Project, *, by_person: bool = False
    ) -> Looked | Missed | None:
        """Look one consent up and write down what was seen; of a `Missed` look nothing is written.

        None: there is nothing to look up now, or `project` does not lead where it was sent. `by_person`:
        somebody asks for a look beyond those that are planned. Raises JournalTrouble.
        """
        record = self._journal.record(request_id)
        noted, action, last = record.noted, record.noted.consent.action, record.facts[-1].state
        planned = plan(record.facts, action, request_id)
        is_due = planned.step is Step.LOOK_UP and is_time(planned.at, self._now())
        can_show = may_have_left(record.facts) and State.SEEN in LEGAL[last]
        is_erased = not noted.body
        if is_erased or not (is_due or (by_person and can_show)) or not noted.belongs_to(project):
            return None
        was_seen = last is State.SEEN
        reading = Reading(self._transport, self._now)
        sight = reading.sight(project, noted, was_seen=was_seen)
        if isinstance(sight, Missed):
            return sight
        at = self._now()
        moot = self._rules_no_more(noted, sight.later, at)
        state = judge_look(sight.look, record.facts, action, at, moot=moot)
        look = replace(sight.look, elapsed=reading.elapsed)
        fact = Fact(at=at, state=state, outcome=look)
        self._journal.append(request_id, fact)
        judgement = tell_look(look, state, action, practice=project.practice)
        return Looked(Entry.after(noted, (*record.facts, fact)), judgement)

    def _rules_no_more(self, noted: Noted, later: tuple[HistoryEvent, ...], at: Timestamp) -> bool:
        until = noted.consent.valid_until
        if until is not None and until.seconds is not None and until.seconds * 1_000_000 <= at.micros:
            return True
        last = last_later(self._journal, noted)
        if last is None or not later:
            return False
        # Noted here, and stored there: what holds is what this desk was told later.
        ruling = max(later, key=lambda event: event.timestamp)
        return ruling.request_id is not None and ruling.timestamp == last.micros / 1_000_000


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
        timestamp = consent.timestamp.micros / 1_000_000
        events = self._history(project, noted, timestamp)
        if isinstance(events, Sight | Missed):
            return events
        later = later_events(events, consent.category, timestamp, consent.request_id)
        if not any(event.request_id == consent.request_id for event in events):
            return Sight(Look(seen=False, later=bool(later)), later)
        asked = (consent.category,)
        outcome = self._call(prepare_consents(project, consent.customer, asked))
        seen = Sight(Look(seen=True, later=bool(later)), later)
        if isinstance(outcome, Answered) and not outcome.truncated:
            read = read_consents(outcome.status, outcome.body, asked) or {}
            if (status := read.get(consent.category)) is not None:
                look = Look(
                    seen=True,
                    later=bool(later),
                    valid=status.valid,
                    since=status.since,
                    source=status.source,
                )
                return Sight(look, later)
            if lacks_permission(outcome.status, outcome.body):
                return seen
        # That it stands in the history is worth a line at once; what holds is asked again.
        return self._missed(outcome) if was_seen else seen

    def _history(
        self, project: Project, noted: Noted, timestamp: float
    ) -> list[HistoryEvent] | Sight | Missed:
        """All events back to `timestamp`, or to our own. A history that was not read so far shows nothing."""
        consent = noted.consent
        events: list[HistoryEvent] = []
        for _ in range(MOST_PAGES):
            request = prepare_history(project, consent.customer, limit=PAGE, skip=len(events))
            outcome = self._call(request)
            if not isinstance(outcome, Answered):
                return self._missed(outcome)
            if lacks_permission(outcome.status, outcome.body):
                return Sight(Look(blind=True))
            page = None if outcome.truncated else read_history(outcome.status, outcome.body)
            if page is None:
                return self._missed(outcome)
            events.extend(page)
            # A page may be shorter than asked for: only an empty one is the end.
            if (
                not page
                or page[-1].timestamp < timestamp
                or any(event.request_id == consent.request_id for event in page)
            ):
                return events
        return Missed(
            Meaning(
                say("the customer's history is too long to be read"),
                say("Look the customer up in Engagement."),
            )
        )

    def _call(self, request: PreparedRequest) -> Outcome:
        outcome = self._transport.start(request).wait()
        self.elapsed += outcome.elapsed
        return outcome

    def _missed(self, outcome: Outcome) -> Missed:
        if not isinstance(outcome, Answered):
            return Missed(why_no_answer(outcome))
        told = meaning(outcome.status, outcome.headers, outcome.body)
        return Missed(told, retry_after(outcome, self._now()))
