"""This computer's clock and its time zone."""

import sys
import time
from datetime import UTC, datetime, timedelta, tzinfo

from consent_desk.domain.consent import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> Timestamp:
    """The present moment."""
    return Timestamp(time.time_ns() // 1_000)


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
        seconds = (at.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
        local = time.localtime(seconds)
        shifted = at + timedelta(seconds=local.tm_gmtoff)
        # The second of two like-named local times is the one whose offset is the smaller.
        first = time.localtime(_seconds(shifted.replace(tzinfo=None), summer=1))
        fold = int(first.tm_isdst > 0 and local.tm_isdst == 0 and _same_clock(first, local))
        return shifted.replace(fold=fold)

    def _local(self, at: datetime | None) -> time.struct_time:
        _follow()
        if at is None:
            return time.localtime()
        naive = at.replace(tzinfo=None)
        return time.localtime(_seconds(naive, summer=0 if at.fold else -1))


def _follow() -> None:
    # The C library has read the zone once. On Windows it is asked each time.
    if sys.platform != "win32":
        time.tzset()


def _seconds(naive: datetime, *, summer: int) -> int:
    parts = (naive.year, naive.month, naive.day, naive.hour, naive.minute, naive.second, 0, 0, summer)
    return int(time.mktime(parts))


def _same_clock(one: time.struct_time, other: time.struct_time) -> bool:
    return one[:6] == other[:6]
