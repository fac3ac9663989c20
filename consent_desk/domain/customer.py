"""A customer's consents as Engagement shows them: the history, and what holds now.

Facts: the reference's sections 4.4 and 4.5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from consent_desk.domain.answer import Meaning, read_answer
from consent_desk.domain.consent import VALUE_LIMIT, CustomerId, ValidUntil
from consent_desk.domain.errors import Unfit
from consent_desk.domain.request import READ_MODES
from consent_desk.domain.text import visible

_LONGEST_SOURCE = 60
_FAR = 1e15
"""Seconds. Milliseconds taken for seconds are a time all the same: there is an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """One consent event of the history. `timestamp` in UNIX seconds; `request_id` where a desk sent it."""

    timestamp: float
    action: str
    category: str
    request_id: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryStatus:
    """What holds for one category: `since` in UNIX seconds, None where there never was an event.

    `until` is None where that was not told, or makes no sense; `wording` is what the person reacted to.
    """

    valid: bool
    since: float | None
    source: str
    until: ValidUntil | None = None
    wording: str = ""


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


def read_history(status: int, body: bytes) -> tuple[HistoryEvent, ...] | None:
    """One page of a history, the latest event first; None where the answer is no complete page.

    A customer that does not exist has an empty history. A page with an event that cannot be read is no
    answer at all: it might be the one that is looked for. Nor is one in another order: then nobody knows
    how far back it goes.
    """
    if is_unknown(status, body):
        return ()
    answer = read_answer(body)
    data = answer.document.get("data") if isinstance(answer.document, dict) else None
    if status != 200 or answer.success is not True or not isinstance(data, list):
        return None
    events = tuple(_event(item) for item in data)
    read = tuple(event for event in events if event is not None)
    in_order = all(event.timestamp >= following.timestamp for event, following in pairwise(read))
    return read if len(read) == len(events) and in_order else None


def is_unknown(status: int, body: bytes) -> bool:
    """Whether an answer to a read says that the customer does not exist."""
    errors = read_answer(body).errors
    return status == 404 and any("customer does not exist" in error.lower() for error in errors)


def read_consents(status: int, body: bytes, categories: Sequence[str]) -> Mapping[str, CategoryStatus] | None:
    """What holds for each of `categories`, as `prepare_consents` asked for it; None where this is no answer.

    A category of which it was not told whether it is valid, or since when, is left out.
    """
    answer = read_answer(body)
    results = answer.document.get("results") if isinstance(answer.document, dict) else None
    if status != 200 or answer.success is not True or not isinstance(results, list):
        return None
    if len(results) != len(categories) * len(READ_MODES):
        return None
    of_each = zip(*[iter(results)] * len(READ_MODES), strict=True)
    read = {category: _status(items) for category, items in zip(categories, of_each, strict=True)}
    return {category: status for category, status in read.items() if status is not None}


def lacks_permission(status: int, body: bytes) -> bool:
    """Whether an answer to a read says that the key may not read consents."""
    answer = read_answer(body)
    said = " ".join(answer.errors).lower()
    if status == 200 and isinstance(answer.document, dict):
        results = answer.document.get("results")
        items = results if isinstance(results, list) else []
        said += " ".join(str(item.get("error")) for item in items if isinstance(item, dict)).lower()
    return "no permission" in said or (status == 403 and "invalid secret" not in said and bool(answer.errors))


def later_events(
    events: Sequence[HistoryEvent], category: str, timestamp: float, request_id: str
) -> tuple[HistoryEvent, ...]:
    """Those of `events` for `category` that are not before our own: of one time, either may rule."""
    return tuple(
        event
        for event in events
        if event.category == category and event.request_id != request_id and event.timestamp >= timestamp
    )


def _event(item: object) -> HistoryEvent | None:
    properties = item.get("properties") if isinstance(item, dict) else None
    timestamp = _number(item.get("timestamp")) if isinstance(item, dict) else None
    if timestamp is None or not isinstance(properties, dict):
        return None
    request_id = properties.get("desk_request_id")
    return HistoryEvent(
        timestamp=timestamp,
        action=str(properties.get("action")),
        category=str(properties.get("category")),
        request_id=request_id if isinstance(request_id, str) else None,
        source=_source(properties.get("source")),
    )


def _status(items: Sequence[object]) -> CategoryStatus | None:
    told = {
        mode: item["value"]
        for mode, item in zip(READ_MODES, items, strict=True)
        if isinstance(item, dict) and item.get("success") is True and "value" in item
    }
    valid, timestamp = told.get("valid"), told.get("timestamp", "not told")
    since = _number(timestamp, most=_FAR)
    if not isinstance(valid, bool) or (since is None and timestamp is not None):
        return None
    wording = told.get("message")
    return CategoryStatus(
        valid=valid,
        since=since,
        source=_source(told.get("source")),
        until=_until(told.get("until")),
        wording=visible(wording[:VALUE_LIMIT]) if isinstance(wording, str) else "",
    )


def _until(value: object) -> ValidUntil | None:
    if value == "unlimited":
        return ValidUntil()
    seconds = _number(value)
    try:
        return None if seconds is None else ValidUntil(int(seconds))
    except Unfit:
        return None


def _number(value: object, most: float = 1e12) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= most:
        return None
    return float(value)


def _source(value: object) -> str:
    return visible(value[:_LONGEST_SOURCE]) if isinstance(value, str) else ""
