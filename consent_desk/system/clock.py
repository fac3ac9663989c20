"""This computer's clock and its time zone."""

import sys
import time
from datetime import UTC, datetime, timedelta, tzinfo

from consent_desk.domain.consent.values import Timestamp

_DAY = 86_400
_FIRST = 2 * _DAY * 1_000_000
_LAST = 7_258_118_400 * 1_000_000  # the year 2200
_SPAN = 7_000 * _DAY * 1_000_000


def now() -> Timestamp:
    """The present moment. A clock of a time that no `Timestamp` can be counts on in the seventies."""
    return readable(time.time_ns() // 1_000)


def readable(micros: int) -> Timestamp:
    """The moment of these UNIX microseconds; where it is none, one before 1990 that goes on as they do."""
    # Not to the ends: a local time, and a plan for tomorrow, must be moments as well.
    if _FIRST <= micros < _LAST:
        return Timestamp(micros)
    return Timestamp(_FIRST + micros % _SPAN)


def steady() -> float:
    """Seconds that pass as they do, also while the computer sleeps, and whatever its clock is set to."""
    # Linux has one that goes on in its sleep; that of macOS does so, but not what Python makes of it.
    clock = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class LocalZone(tzinfo):
    """The time zone of this computer, its summer times included, as the C library knows it.

    It is that of the moment: whoever travels with an open program sees the local times follow.
    """

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        """Local time minus UTC at the local time `at`."""
        return _fixed(at).utcoffset()

    def dst(self, at: datetime | None) -> None:
        """Not known to the C library."""

    def tzname(self, at: datetime | None) -> str | None:
        """The zone's short name, for example CET."""
        return _fixed(at).tzname()

    def fromutc(self, at: datetime) -> datetime:
        """The local time for `at`, which holds UTC."""
        _follow()
        utc = at.replace(tzinfo=UTC)
        wall = utc.astimezone().replace(tzinfo=None)
        return wall.replace(tzinfo=self, fold=int(wall.astimezone() != utc))


def _follow() -> None:
    # The C library has read the zone once. On Windows it is asked each time.
    if sys.platform != "win32":
        time.tzset()


def _fixed(at: datetime | None) -> datetime:
    """The local time `at`, or now, with the offset and the name that hold then."""
    _follow()
    return (datetime.now(UTC) if at is None else at.replace(tzinfo=None)).astimezone()
