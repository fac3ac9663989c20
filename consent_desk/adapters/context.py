"""What a desk knew beside a consent, as the journal keeps it: one JSON object in a column."""

import json
from dataclasses import asdict
from typing import Any

from consent_desk.domain.consent import PropertyValue, ValidUntil
from consent_desk.domain.customer import CategoryStatus
from consent_desk.domain.record import Context, Noted

_NAMES = {
    *("account", "before", "is_new_profile", "existed", "listed", "corrects", "basis", "properties"),
    "clock_off",
}


def context_text(noted: Noted) -> str:
    """The context of `noted`, and the further properties of its event."""
    context = noted.context
    before = None if context.before is None else {**asdict(context.before), "until": _until(context.before)}
    values = {
        "account": context.account,
        "before": before,
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


def read_context(text: str) -> tuple[Context, tuple[tuple[str, PropertyValue], ...]]:
    """The context, and the further properties of the event. Raises ValueError."""
    values = json.loads(text)
    if not isinstance(values, dict) or not values.keys() <= _NAMES:
        raise ValueError("context")
    properties = tuple((name, value) for name, value in values.pop("properties", ()))
    before = values.pop("before", None)
    try:
        return Context(before=None if before is None else _status(before), **values), properties
    except TypeError:
        raise ValueError("context") from None


def _until(status: CategoryStatus) -> str | int | None:
    return None if status.until is None else status.until.wire


def _status(values: dict[str, Any]) -> CategoryStatus:
    until = values.pop("until", None)
    return CategoryStatus(
        **values,
        until=None if until is None else ValidUntil() if until == "unlimited" else ValidUntil(int(until)),
    )
