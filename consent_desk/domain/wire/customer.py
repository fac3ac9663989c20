"""A customer's consents as Engagement shows them: the history, and what holds now.

Facts: the reference's sections 4.4 and 4.5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import VALUE_LIMIT, CustomerId, Timestamp, ValidUntil, ends_after
from consent_desk.domain.errors import InvalidError
from consent_desk.domain.text import inert, visible
from consent_desk.domain.wire.answer import ERROR_KEYS, Meaning, read_answer, read_data
from consent_desk.domain.wire.request import READ_MODES

_NO_PERMISSION = "no permission"
_FARTHEST = 1e19
"""Seconds. Nanoseconds taken for seconds are a time all the same: there is an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """One consent event of the history. `request_id` where a desk sent it.

    `timestamp` in UNIX seconds, None where it cannot be read, and `written` as it stands there. `is_opt_in`:
    all that is none revokes, whatever its action says (section 1). A `category` that is no text is empty.
    """

    timestamp: float | None
    action: str
    category: str
    request_id: str | None
    source: str
    is_opt_in: bool
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """One page of a history, the latest event first.

    `data` are the events as they were answered, and `events` those that can be somebody's.
    """

    events: tuple[HistoryEvent, ...] = ()
    data: Sequence[object] = ()

    @property
    def times(self) -> list[float]:
        """The times that can be read, the latest first."""
        return [event.timestamp for event in self.events if event.timestamp is not None]

    def follows(self, before: "HistoryPage") -> bool:
        """Whether it goes on where `before` ended, and is not the same part of the history again."""
        if self.data and self.data == before.data:
            return False
        return not (self.times and before.times) or self.times[0] <= before.times[-1]


class CurrentState(StrEnum):
    """What holds for a category, in a word."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ENDED = "ended"
    UNCLEAR = "rejected or ended"
    NEVER = "never asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryStatus:
    """What holds for one category: `since` in UNIX seconds, None where there never was an event.

    `until` is the end that the last event names, whatever its action; None where that was not told, or makes
    no sense. `ended`: what does not hold is an opt-in that has come to that end and no opt-out, None where
    nobody knows which of the two. `wording` is what the person reacted to.
    """

    valid: bool
    since: float | None
    source: str
    until: ValidUntil | None = None
    wording: str = ""
    ended: bool | None = False

    @property
    def current_state(self) -> CurrentState:
        """What holds. An opt-in that has ended is no opt-out; without an event it is neither."""
        if self.valid:
            return CurrentState.ACCEPTED
        if self.since is None:
            return CurrentState.NEVER
        if self.ended is None:
            return CurrentState.UNCLEAR
        return CurrentState.ENDED if self.ended else CurrentState.REJECTED


def may_have_ended(valid: bool, until: ValidUntil | None, at: Timestamp) -> bool:
    """Whether what does not hold at that time may be an opt-in that ended: its end is past (section 4.4)."""
    return not valid and until is not None and not ends_after(until, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A customer that exists. Of a category that is missing in `consents`, nothing was told."""

    customer: CustomerId
    consents: Mapping[str, CategoryStatus]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """No such customer. `other`: one that exists, and that may be meant: its ID is nearly the same."""

    customer: CustomerId
    other: Known | None = None


@dataclass(frozen=True, slots=True)
class Untold:
    """Nothing is known of the customer, and why."""

    why: Meaning


Found = Known | Unknown | Untold
"""What a look-up told."""


def read_history(status: int, body: bytes) -> HistoryPage | None:
    """One page of a history; None where the answer is no complete page.

    A customer that does not exist has an empty history. An event that can be nobody's is skipped; one without
    a readable time is kept, for it may be the one that is looked for. A page in another order is no answer:
    nobody knows how far back it goes.
    """
    if is_unknown(status, body):
        return HistoryPage()
    data = _list_in(status, body, "data")
    if data is None:
        return None
    events = tuple(event for event in map(_event, data) if event is not None)
    page = HistoryPage(events=events, data=data)
    return None if any(time < following for time, following in pairwise(page.times)) else page


def is_unknown(status: int, body: bytes) -> bool:
    """Whether an answer to a read says that the customer does not exist."""
    errors = read_answer(body).errors
    return status == 404 and any("customer does not exist" in error.lower() for error in errors)


def read_consents(
    status: int, body: bytes, categories: Sequence[str], at: Timestamp
) -> Mapping[str, CategoryStatus] | None:
    """What holds for each of `categories`, as `prepare_consents` asked for it; None where this is no answer.

    A category of which it was not told whether it is valid, or since when, is left out. `at`: it was read.
    """
    results = _list_in(status, body, "results")
    if results is None or len(results) != len(categories) * len(READ_MODES):
        return None
    of_each = zip(*[iter(results)] * len(READ_MODES), strict=True)
    read = {category: _status(items, at) for category, items in zip(categories, of_each, strict=True)}
    return {category: status for category, status in read.items() if status is not None}


def told_by_history(
    consents: Mapping[str, CategoryStatus], events: Sequence[HistoryEvent]
) -> Mapping[str, CategoryStatus]:
    """`consents`, and which of them ended or were withdrawn, as far as the latest `events` tell."""
    return {
        category: replace(status, ended=_ended(status, [one for one in events if one.category == category]))
        if status.ended is None
        else status
        for category, status in consents.items()
    }


def last_events(events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
    """Those of `events` that may rule: of one time, which of them does is not promised (section 4.1)."""
    last = max((event.timestamp for event in events if event.timestamp is not None), default=None)
    return [event for event in events if last is not None and event.timestamp == last]


def same_second(one: float | None, other: float | None) -> bool:
    """Whether two times, in UNIX seconds, are one: what Engagement keeps of a fraction is not promised."""
    return one is not None and other is not None and abs(one - other) < 1


def moment(seconds: float | None) -> Timestamp | None:
    """A time of Engagement's, None where it is none that a desk can show."""
    if seconds is None:
        return None
    try:
        return Timestamp(round(seconds * 1_000_000))
    except InvalidError:
        return None


def lacks_permission(status: int, body: bytes) -> bool:
    """Whether an answer to a read says that the key may not read consents, in Engagement's own words.

    What stands on the way refuses too, some in JSON: no other text is taken for Engagement's.
    """
    if status not in {200, 403}:
        return False
    answer = read_answer(body)
    said = [*answer.errors]
    results = answer.document.get("results") if isinstance(answer.document, dict) else None
    if isinstance(results, list):
        said += [str(item.get("error")) for item in results if isinstance(item, dict)]
    return any(text.strip().rstrip(".").lower() == _NO_PERMISSION for text in said)


def _list_in(status: int, body: bytes, name: str) -> list[object] | None:
    answer = read_data(body)
    found = answer.document.get(name) if isinstance(answer.document, dict) else None
    return found if status == 200 and answer.is_success and isinstance(found, list) else None


def _event(item: object) -> HistoryEvent | None:
    properties = item.get("properties") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(properties, dict):
        return None
    timestamp, action, category = item.get("timestamp"), properties.get("action"), properties.get("category")
    until, request_id = properties.get("valid_until"), properties.get("desk_request_id")
    return HistoryEvent(
        timestamp=_number(timestamp),
        action=_part(action),
        category=category if isinstance(category, str) else "",
        request_id=request_id if isinstance(request_id, str) else None,
        source=_part(properties.get("source")),
        is_opt_in=action == Action.ACCEPT and (until == "unlimited" or _number(until) is not None),
        written=_part(timestamp if isinstance(timestamp, str) else str(timestamp)),
    )


def _ended(status: CategoryStatus, events: Sequence[HistoryEvent]) -> bool | None:
    """Whether the last of `events`, those of its category, is the opt-in that ended."""
    # A history that shows another event than `status` tells nothing of that one.
    said = {event.is_opt_in for event in last_events(events) if same_second(event.timestamp, status.since)}
    return said.pop() if len(said) == 1 else None


def _status(items: Sequence[object], at: Timestamp) -> CategoryStatus | None:
    told = {
        mode: item["value"]
        for mode, item in zip(READ_MODES, items, strict=True)
        if isinstance(item, dict)
        and item.get("success") is True
        and "value" in item
        and not any(item.get(key) for key in ERROR_KEYS)
    }
    valid, timestamp = told.get("valid"), told.get("timestamp", "not told")
    since = _number(timestamp)
    if not isinstance(valid, bool) or (since is None and timestamp is not None):
        return None
    wording, until = told.get("message"), _until(told.get("until"))
    return CategoryStatus(
        valid=valid,
        since=since,
        source=_part(told.get("source")),
        until=until,
        wording=visible(wording[:VALUE_LIMIT]) if isinstance(wording, str) else "",
        ended=None if may_have_ended(valid, until, at) else False,
    )


def _until(value: object) -> ValidUntil | None:
    if value == "unlimited":
        return ValidUntil()
    seconds = _number(value)
    try:
        return None if seconds is None else ValidUntil(int(seconds))
    except InvalidError:
        return None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= _FARTHEST:
        return None
    return float(value)


def _part(value: object) -> str:
    return inert(value) if isinstance(value, str) else ""
