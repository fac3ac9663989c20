"""A customer's consents as Engagement shows them: the history, and what holds now.

Facts: the reference's sections 4.4 and 4.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from consent_desk.domain.answer import read_answer
from consent_desk.domain.consent import ValidUntil
from consent_desk.domain.text import visible

_LONGEST_SOURCE = 60


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


def read_history(status: int, body: bytes) -> tuple[HistoryEvent, ...] | None:
    """One page of a history, the latest event first; None where the answer is no complete page.

    A customer that does not exist has an empty history. A page with an event that cannot be read is no
    answer at all: it might be the one that is looked for. Nor is one in another order: then nobody knows
    how far back it goes.
    """
    answer = read_answer(body)
    if status == 404 and any("customer does not exist" in error.lower() for error in answer.errors):
        return ()
    data = answer.document.get("data") if isinstance(answer.document, dict) else None
    if status != 200 or answer.success is not True or not isinstance(data, list):
        return None
    events = tuple(_event(item) for item in data)
    read = tuple(event for event in events if event is not None)
    in_order = all(event.timestamp >= following.timestamp for event, following in pairwise(read))
    return read if len(read) == len(events) and in_order else None


def read_status(status: int, body: bytes) -> CategoryStatus | None:
    """The answer to a request for `valid`, `timestamp` and `source` of one category, in this order."""
    answer = read_answer(body)
    results = answer.document.get("results") if isinstance(answer.document, dict) else None
    if status != 200 or answer.success is not True or not isinstance(results, list):
        return None
    values = [item.get("value") for item in results if isinstance(item, dict) and item.get("success") is True]
    if len(values) != 3 or not isinstance(values[0], bool):
        return None
    return CategoryStatus(valid=values[0], since=_number(values[1]), source=_source(values[2]))


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


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= 1e12:
        return None
    return float(value)


def _source(value: object) -> str:
    return visible(value[:_LONGEST_SOURCE]) if isinstance(value, str) else ""
