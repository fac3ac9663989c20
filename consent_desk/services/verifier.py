"""Look into Engagement for what was sent: is it in the history, and does it hold?"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from consent_desk.domain.answer import Meaning
from consent_desk.domain.consent import Consent, Timestamp
from consent_desk.domain.customer import (
    HistoryEvent,
    HistoryPage,
    lacks_permission,
    last_events,
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
from consent_desk.domain.looking import (
    is_as_sent,
    later_events,
    look_of,
    shows,
    tell_no_look,
    why_no_page,
)
from consent_desk.domain.outcome import Answered, Look, NoLook, Outcome
from consent_desk.domain.project import Project
from consent_desk.domain.record import Entry, Noted
from consent_desk.domain.request import PreparedRequest, prepare_consents, prepare_history
from consent_desk.domain.telling import tell_look
from consent_desk.services.order import noted_later
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
    """Why a look was not complete: it shows nothing.

    `reason` in a word, `why` in a sentence, and `outcome` of the last read. The server asks to `wait` so many
    microseconds.
    """

    reason: NoLook
    why: Meaning
    outcome: Outcome | None
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
        # Noted here, and stored there: what holds is what this desk was told later.
        ruling = last_events(later)
        return bool(ruling) and {event.request_id for event in ruling} <= noted_later(self._journal, noted)


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
        return Missed(reason, tell_no_look(reason, outcome), outcome, wait)
