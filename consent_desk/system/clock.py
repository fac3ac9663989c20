"""This computer's clock and its time zone."""

import sys
import time
from datetime import UTC, datetime, timedelta, tzinfo

from consent_desk.domain.consent.values import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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

    def utcoffset(self, at: datetime | None) -> timedelta:
        """Local time minus UTC at the local time `at`."""
        return timedelta(seconds=self._local(at).tm_gmtoff)

    def dst(self, at: datetime | None) -> timedelta:
        """An hour in summer time; the exact figure is not known to the C library."""
        return timedelta(hours=1 if self._local(at).tm_isdst > 0 else 0)

    def tzname(self, at: datetime | None) -> str:
        """The zone's short name, for example CET."""
        return self._local(at).tm_zone

    def fromutc(self, at: datetime) -> datetime:
        """The local time for `at`, which holds UTC."""
        _follow()
        seconds = _seconds(at)
        offset = time.localtime(seconds).tm_gmtoff
        first, second = _moments(seconds + offset)
        return (at + timedelta(seconds=offset)).replace(fold=int(first < second == seconds))

    def _local(self, at: datetime | None) -> time.struct_time:
        _follow()
        return time.localtime(None if at is None else _moments(_seconds(at))[at.fold])


def _follow() -> None:
    # The C library has read the zone once. On Windows it is asked each time.
    if sys.platform != "win32":
        time.tzset()


def _seconds(at: datetime) -> int:
    return (at.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)


def _moments(wall: int) -> tuple[int, int]:
    """The first and the last moment at which clocks here show `wall`, which counts like UNIX seconds.

    mktime cannot tell the two where both are summer time, or neither. For a skipped time they are one
    before and one after that, with the offsets that datetime wants.
    """
    around = (wall - _DAY, wall + _DAY)
    tried = [wall - time.localtime(each).tm_gmtoff for each in around]
    found = [each for each in tried if each + time.localtime(each).tm_gmtoff == wall]
    return (min(found), max(found)) if found else around
