"""What this desk noted a moment ago: a look-up may not show it yet, and is then no news (section 1)."""

from collections.abc import Sequence
from dataclasses import replace

from consent_desk.domain.consent.values import Consent, Timestamp
from consent_desk.domain.lifecycle.looking import shows
from consent_desk.domain.wire.customer import CategoryStatus, Found, Known, Unknown

_LAG = 60_000_000
"""Microseconds: twice what was measured between a write and the first read that shows it."""


def lately(noted: Sequence[Consent], now: Timestamp) -> tuple[Consent, ...]:
    """Those of `noted` that a look-up may not show yet."""
    return tuple(one for one in noted if now.micros - one.noted_at.micros < _LAG)


def not_shown(found: Found | None, ours: Sequence[Consent]) -> tuple[Consent, ...]:
    """Those of `ours`, noted lately for the customer of `found`, that `found` does not show."""
    match found:
        case Unknown():
            return tuple(ours)
        case Known():
            return tuple(one for one in ours if not _shows(found.consents.get(one.category), one))
        case _:
            return ()


def trusted(found: Found | None, ours: Sequence[Consent]) -> Found | None:
    """What `found` tells, without what `ours`, noted lately for its customer, may have changed since."""
    missing = {one.category for one in not_shown(found, ours)}
    match found:
        case Unknown() if missing:
            return None
        case Known() if missing:
            consents = {name: status for name, status in found.consents.items() if name not in missing}
            return replace(found, consents=consents)
        case _:
            return found


def _shows(status: CategoryStatus | None, ours: Consent) -> bool:
    return status is not None and shows(status.since, ours)
