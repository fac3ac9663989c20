"""What the clocks of a zone show, and when.

Only the way from a moment to its local time is asked of the zone: that is never ambiguous. Moments are UNIX
microseconds, as far ahead as a calendar goes.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from consent_desk.domain.consent.values import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)


def moment(timestamp: Timestamp, zone: tzinfo) -> datetime:
    """`timestamp` as a date and time in `zone`."""
    return local(timestamp.micros, zone)


def local(micros: int, zone: tzinfo) -> datetime:
    """The date and time in `zone`."""
    return (_EPOCH + micros * _MICROSECOND).astimezone(zone)


def micros_of(at: datetime) -> int:
    """`at`, which has an offset, in UNIX microseconds."""
    return (at - _EPOCH) // _MICROSECOND


def spelled(micros: int, zone: tzinfo) -> str:
    """A moment in full, as it can be typed again: `2026-03-31 10:40 +02:00`."""
    text = local(micros, zone).isoformat(sep=" ", timespec="auto" if micros % 60_000_000 else "minutes")
    return f"{text[:-6]} {text[-6:]}"


def readings(wall: datetime, zone: tzinfo) -> list[datetime]:
    """Every moment at which the clocks in `zone` show `wall`, the first one first: none, one or two."""
    utc = wall.replace(tzinfo=UTC)
    offsets = {_offset(each, zone) for each in _around(wall)}
    return sorted(utc - offset for offset in offsets if _offset(utc - offset, zone) == offset)


def beginning(day: date, zone: tzinfo) -> int:
    """When `day` begins: after its midnight where the clocks skip that."""
    midnight = datetime.combine(day, time())
    if found := readings(midnight, zone):
        # Set back over midnight, the clocks show the end of the day before once more.
        is_new = (found[-1] - _SECOND).astimezone(zone).date() < day
        return micros_of(found[-1] if is_new else found[0])
    # It begins when the clocks jump, which is when it would have been midnight.
    before, _ = _around(midnight)
    return micros_of(midnight.replace(tzinfo=UTC) - _offset(before, zone))


def end_of(day: date, zone: tzinfo) -> int:
    """The last second of `day`."""
    return beginning(day + _DAY, zone) - 1_000_000


def _around(wall: datetime) -> tuple[datetime, datetime]:
    # No zone is more than a day away from UTC, and none changes its clocks twice in two days.
    utc = wall.replace(tzinfo=UTC)
    return utc - _DAY, utc + _DAY


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).replace(tzinfo=None) - at.replace(tzinfo=None)
