"""What a desk knew beside a consent, as the journal keeps it: one JSON object in a column."""

import json
from dataclasses import asdict
from typing import Any

from consent_desk.domain.consent.values import PropertyValue, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.record import Context, Noted
from consent_desk.domain.wire.customer import CategoryStatus, may_have_ended

_NAMES = {
    *("account", "before", "is_new_profile", "existed", "listed", "corrects", "basis", "properties"),
    "clock_off",
}


def context_text(noted: Noted) -> str:
    """The context of `noted`, and the further properties of its event."""
    context = noted.context
    values = {
        "account": context.account,
        "before": None if context.before is None else _written(context.before),
        "is_new_profile": context.is_new_profile,
        "existed": context.existed,
        "listed": context.listed,
        "corrects": context.corrects,
        "basis": context.basis,
        "clock_off": context.clock_off,
        "properties": [list(one) for one in noted.consent.properties],
    }
    # False and 0 are known where nothing is None.
    may_be_false = {"listed", "clock_off"}
    kept = {
        name: value for name, value in values.items() if value or (name in may_be_false and value is not None)
    }
    # Escaped as ASCII: an account's name may hold what has no UTF-8.
    return json.dumps(kept, separators=(",", ":"))


def read_context(text: str, noted_at: Timestamp) -> tuple[Context, tuple[tuple[str, PropertyValue], ...]]:
    """The context of what was noted then, and the further properties of its event. Raises ValueError."""
    values = json.loads(text)
    if not isinstance(values, dict) or not values.keys() <= _NAMES:
        raise ValueError("context")
    properties = tuple((name, value) for name, value in values.pop("properties", ()))
    before = values.pop("before", None)
    try:
        return Context(before=None if before is None else _status(before, noted_at), **values), properties
    except TypeError:
        raise ValueError("context") from None


def _written(status: CategoryStatus) -> dict[str, Any]:
    values = {**asdict(status), "until": None if status.until is None else status.until.wire}
    # Version 1 has none: it is written where an end was named, so that it may have ended.
    if status.ended is False and (status.valid or status.until is None):
        del values["ended"]
    return values


def _status(values: dict[str, Any], noted_at: Timestamp) -> CategoryStatus:
    until = values.pop("until", None)
    end = None if until is None else ValidUntil() if until == "unlimited" else ValidUntil(int(until))
    values.setdefault("ended", None if may_have_ended(bool(values.get("valid")), end, noted_at) else False)
    return CategoryStatus(**values, until=end)
