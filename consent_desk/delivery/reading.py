"""Read what Engagement shows of a customer: one reading serves all consents that are looked up with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp
from consent_desk.domain.lifecycle.looking import is_as_sent, later_events, look_of, shows, why_no_page
from consent_desk.domain.lifecycle.policy import retry_after
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.customer import (
    CategoryStatus,
    HistoryEvent,
    HistoryPage,
    lacks_permission,
    read_consents,
    read_history,
)
from consent_desk.domain.wire.outcome import Answered, Look, NoLook, Outcome
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import PreparedRequest, prepare_consents, prepare_history
from consent_desk.engagement.calls import MOST_PAGES, PAGE, Transport

_TOO_MUCH = frozenset({400, 413})
"""The statuses of a server that may take fewer categories at a time."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Why a look was not complete: it shows nothing.

    `outcome`: of the last read. The server asks to `wait` so many microseconds.
    """

    reason: NoLook
    outcome: Outcome | None
    wait: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """A complete look, and the events that are later than our own."""

    look: Look
    later: tuple[HistoryEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class _Told:
    """What holds for a category, read `at` this time: `status` is None where it was not told.

    `missed`: why not; None where the key may not read it.
    """

    at: Timestamp
    status: CategoryStatus | None = None
    missed: Missed | None = None


class Reading:
    """Reads a customer's history and what holds, one call after the other (sections 4.4 and 4.5).

    `elapsed`: all calls together, in seconds.
    """

    def __init__(
        self, transport: Transport, now: Callable[[], Timestamp], project: Project, customer: CustomerId
    ) -> None:
        self.transport = transport
        self.project = project
        self.customer = customer
        self.elapsed = 0.0
        self._now = now
        # What there is instead of a look, where the pages that were asked for last are not enough for it.
        self._instead: Sight | Missed = Missed(NoLook.TOO_LONG, None)

    def sights(self, records: Sequence[Record]) -> list[Sight | Missed]:
        """A complete look for each of `records`, all of the customer's, or why there is none."""
        consents = [record.noted.consent for record in records]
        events, unread = self._history(consents)
        sights = [self._sight(one, events, unread) for one in consents]
        seen = [isinstance(sight, Sight) and sight.look.seen for sight in sights]
        asked = [one.category for one, is_seen in zip(consents, seen, strict=True) if is_seen]
        told = self._what_holds([*dict.fromkeys(asked)]) if asked else {}
        return [
            _with_status(record, events, sight, told) if is_seen and isinstance(sight, Sight) else sight
            for record, sight, is_seen in zip(records, sights, seen, strict=True)
        ]

    def is_alone(self, is_ours: Callable[[str], bool]) -> bool | None:
        """Whether nothing but our own events stands in the history; None where that could not be read."""
        is_any = False
        for page in self._pages():
            if not page.data:
                return is_any
            if len(page.events) != len(page.data):
                return False
            if any(one.request_id is None or not is_ours(one.request_id) for one in page.events):
                return False
            is_any = True
        return None

    def _sight(
        self, consent: Consent, events: Sequence[HistoryEvent], unread: Mapping[str, Sight | Missed]
    ) -> Sight | Missed:
        if (instead := unread.get(consent.request_id)) is not None:
            return instead
        return Sight(look_of(consent, events, None, self._now()), later_events(events, consent))

    def _history(self, consents: Sequence[Consent]) -> tuple[list[HistoryEvent], dict[str, Sight | Missed]]:
        """The events that matter to `consents`, back past each of them or to its own.

        And what there is instead of a look for those back to which it was not read: that shows nothing.
        """
        wanted = {one.request_id: one for one in consents}
        categories = {one.category for one in consents}
        events: list[HistoryEvent] = []
        waiting = dict(wanted)
        for page in self._pages():
            for event in page.events:
                if event.category in categories or event.request_id in wanted:
                    events.append(event)
                one = waiting.get(event.request_id or "")
                if one is not None and is_as_sent(event, one):
                    del waiting[one.request_id]
            if page.times:
                oldest = page.times[-1]
                waiting = {name: one for name, one in waiting.items() if shows(oldest, one)}
            # A page may be shorter than asked for: only an empty one is the end.
            if not page.data or not waiting:
                return events, {}
        return events, dict.fromkeys(waiting, self._instead)

    def _pages(self) -> Iterator[HistoryPage]:
        """The pages of the history, the latest first; where they end, `_instead` says why."""
        skip, before = 0, HistoryPage()
        self._instead = Missed(NoLook.TOO_LONG, None)
        for _ in range(MOST_PAGES):
            outcome = self._call(prepare_history(self.project, self.customer, limit=PAGE, skip=skip))
            page = None
            if isinstance(outcome, Answered):
                if lacks_permission(outcome.status, outcome.body):
                    self._instead = Sight(Look(blind=True))
                    return
                page = None if outcome.truncated else read_history(outcome.status, outcome.body)
            if page is None or not page.follows(before):
                reason = why_no_page(outcome) if page is None else NoLook.NOT_ADVANCING
                self._instead = self._missed(outcome, reason)
                return
            yield page
            skip, before = skip + len(page.data), page

    def _what_holds(self, categories: Sequence[str]) -> dict[str, _Told]:
        """What holds for each of `categories`, in one call where the server and its answer's length allow."""
        outcome = self._call(prepare_consents(self.project, self.customer, categories))
        at = self._now()
        read: Mapping[str, CategoryStatus] = {}
        is_blind = False
        if isinstance(outcome, Answered):
            if len(categories) > 1 and (outcome.truncated or outcome.status in _TOO_MUCH):
                half = len(categories) // 2
                return self._what_holds(categories[:half]) | self._what_holds(categories[half:])
            if not outcome.truncated:
                read = read_consents(outcome.status, outcome.body, categories, at) or {}
                is_blind = lacks_permission(outcome.status, outcome.body)
        untold = _Told(at, missed=None if is_blind else self._missed(outcome, why_no_page(outcome)))
        return {one: _Told(at, read[one]) if one in read else untold for one in categories}

    def _call(self, request: PreparedRequest) -> Outcome:
        outcome = self.transport.start(request).wait()
        self.elapsed += outcome.elapsed
        return outcome

    def _missed(self, outcome: Outcome, reason: NoLook) -> Missed:
        wait = retry_after(outcome, self._now()) if isinstance(outcome, Answered) else 0
        return Missed(reason, outcome, wait)


def _with_status(
    record: Record, events: Sequence[HistoryEvent], sight: Sight, told: Mapping[str, _Told]
) -> Sight | Missed:
    """`sight`, of one that stands in the history, with what holds for its category."""
    consent = record.noted.consent
    of_it = told[consent.category]
    if of_it.status is not None:
        return replace(sight, look=look_of(consent, events, of_it.status, of_it.at))
    # That it stands in the history is worth a line at once; what holds is asked again.
    was_seen = record.facts[-1].state is State.SEEN
    return of_it.missed if was_seen and of_it.missed is not None else sight
