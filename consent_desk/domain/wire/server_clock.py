"""How far this computer's clock is off, and what order its times have. Reads no clock itself."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.answer import header, is_from_the_way, read_answer
from consent_desk.domain.wire.outcome import Answered

CLOCK_TOLERANCE = 60
"""Seconds by which this computer's clock may be off (section 4.6)."""

_FIRST, _LAST = Timestamp(946_684_800_000_000), Timestamp(7_258_118_400_000_000)
"""The years 2000 to 2199: a clock that shows another one is wrong, whoever's it is."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The form that every server sends. strptime would read it with the month names of the user's language.
_HTTP_DATE = re.compile(
    rf"[A-Z][a-z]{{2}}, ([0-9]{{2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)


def http_date(text: str) -> int | None:
    """The UNIX seconds that an HTTP date says, None where `text` is none."""
    found = _HTTP_DATE.fullmatch(text.strip())
    if found is None:
        return None
    day, month, year, hour, minute, second = found.groups()
    try:
        moment = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    except ValueError:
        return None
    return int(moment.timestamp())


def system_time(answered: Answered) -> float | None:
    """The UNIX seconds in an answer about the system time (section 4), None where it is none."""
    answer = read_answer(answered.body)
    if answered.status != 200 or answer.success is not True or not isinstance(answer.document, dict):
        return None
    time = answer.document.get("time")
    return float(time) if isinstance(time, int | float) and abs(time) < 1e12 else None


def clock_off(answered: Answered, read_at: Timestamp) -> float | None:
    """Seconds by which this computer's clock is fast (negative: slow), by an answer's system time or `Date`.

    The least that is certain: `Date` says whole seconds, and the answer was `elapsed` seconds under way. None
    where the answer tells no time, or not Engagement's own: one with an `Age` was kept somewhere on the way,
    and a proxy has a clock of its own.
    """
    if header(answered.headers, "age") is not None or is_of_the_way(answered):
        return None
    told = system_time(answered)
    if told is None:
        told = http_date(header(answered.headers, "date") or "")
    if told is None or not _FIRST.seconds <= told < _LAST.seconds:
        return None
    latest = read_at.micros / 1_000_000 - told
    earliest = latest - answered.elapsed - 1
    return max(0.0, earliest) + min(0.0, latest)


def is_of_the_way(answered: Answered) -> bool:
    """Whether something on the way seems to have answered, which has a clock of its own."""
    status, headers, body = answered.status, answered.headers, answered.body
    # A captive portal answers 200, too.
    is_page = header(headers, "x-request-id") is None and body[:500].lstrip().startswith(b"<")
    return is_page or is_from_the_way(status, headers, body)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as it is written down: by Engagement's clock where this computer's is known to be wrong.

    `clock_off`: seconds by which this computer's is fast (negative: slow); None where that is not known.
    """

    now: Timestamp
    clock_off: int | None = None


def is_off(seconds: float) -> bool:
    """Whether a clock that is fast or slow by so much is wrong."""
    return abs(seconds) > CLOCK_TOLERANCE


def complaint_about_clock(moment: Moment) -> Message | None:
    """Why no decision can be taken at `moment`, or None."""
    if _FIRST <= moment.now < _LAST:
        return None
    return say(
        "wire",
        "This computer's clock is wrong: it shows a time long ago, or far ahead. Set it right, or wait until "
        "Engagement has told the time.",
    )


def tell_off(seconds: float) -> Message:
    """How far off a clock is: `3 minutes slow`."""
    size = abs(round(seconds))
    units = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))
    seconds_of, name = next((one for one in units if round(size / one[0], 1) >= 2), units[-1])
    way = "fast" if seconds > 0 else "slow"
    return say("wire", "{count} {unit} {way}").format(
        count=f"{round(size / seconds_of):,}", unit=name, way=way
    )


def later_than(timestamp: Timestamp, last: Timestamp | None) -> Timestamp:
    """`timestamp`, or the moment just after `last`: the order of two events of one time is not promised."""
    if last is None or timestamp > last:
        return timestamp
    return Timestamp(last.micros + 1)
