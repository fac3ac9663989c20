"""Dates and times as people write them, for *Taken at*, *Valid until* and the log's *Date* alike.

Times without an offset are those of a `zone`, and so are days.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import partial

from consent_desk.domain.consent.draft import HOW_TAKEN_AT, HOW_VALID_UNTIL, NOW
from consent_desk.domain.consent.values import FIRST_MILLISECOND, Timestamp, ValidUntil, ends_after
from consent_desk.domain.errors import InvalidError
from consent_desk.domain.local_time import beginning, end_of, local, micros_of, moment, readings, spelled
from consent_desk.domain.message import Message, say

EXAMPLES = (
    *("today", "yesterday", "this week", "last week", "this month", "last month"),
    *("last 7 days", "last 30 days"),
)
"""Days that are offered for choice; a date or two are typed."""

HOW_DAYS = say(
    "domain", "Write a day such as 3 Nov or 2026-11-03, a month, last week, or two days: 1 Nov to 5 Nov."
)

Days = tuple[Timestamp, Timestamp]
"""From the first moment to the one that follows the last."""

_Span = tuple[date, date]
"""The first and the last day."""

_DAY = timedelta(days=1)
_FIRST_YEAR = 2000
_LAST_YEAR = 5138  # that of the first millisecond
_LONGEST = 80
"""Characters. Nobody waits while a pasted megabyte is searched for a date."""

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_ISO = re.compile(
    r"(?P<year>\d{4})(?:(?P<by>[-/.])(?P<month>\d{1,2})(?:(?P=by)(?P<day>\d{1,2}))?)?", re.ASCII
)
_DOTTED = re.compile(r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\.(?: ?(?P<year>\d{4}|\d{2}))?", re.ASCII)
_SLASHED = re.compile(
    r"(?P<one>\d{1,2})(?:/(?P<other>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?|-(?P<dashed>\d{1,2})-(?P<year2>\d{4}))",
    re.ASCII,
)
_WRITTEN = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[ -]?)?(?P<month>[a-z]{3,9})\.?"
    r"(?: (?P<before>\d{1,2})(?:st|nd|rd|th)?)?(?:(?:, ?|[ -])(?P<year>\d{4}))?",
    re.ASCII,
)
_LAST_DAYS = re.compile(r"last (?P<count>\d{1,4}) days?", re.ASCII)
_PERIOD = re.compile(r"(?P<which>this|last) (?P<unit>week|month|year)", re.ASCII)
_BETWEEN = re.compile(r"\s+(?:to|until|-)\s+|\s*–\s*|\s*\.\.+\s*")
_LENGTH = re.compile(r"(?:(?:in|for) )?(?P<count>\d{1,4}) ?(?P<unit>day|week|month|year)s?", re.ASCII)

# Never a bare number: there is a colon, a point or an h behind the hour, or am or pm at the end.
_CLOCK = (
    r"(?P<hour>\d{1,2})"
    r"(?:[:.](?P<minute>\d{2})(?::(?P<second>\d{2})(?P<fraction>\.\d{1,6})?)?(?: ?(?:h|uhr))?"
    r"| ?(?:h|uhr)(?: ?(?P<past>\d{2}))?|(?= ?[ap]\.?m))"
    r"(?: ?(?P<half>[ap])\.?m\.?)?"
    r"(?: ?(?P<offset>z|utc|gmt|[+-]\d{2}:?[0-5]\d))?"
)
_CLOCK_FIRST = re.compile(rf"(?:at )?{_CLOCK}(?:,? (?:on )?(?P<date>.+))?", re.ASCII)
_CLOCK_LAST = re.compile(rf"(?P<date>.+?)(?:t|,? (?:at )?){_CLOCK}", re.ASCII)
_NUMBER = re.compile(r"(?P<whole>\d+)(?P<fraction>\.\d*)?", re.ASCII)
_SECONDS = re.compile(r"[1-9]\d{9}(?:\.\d{1,6})?", re.ASCII)

_NO_DAY = say("domain", "There is no such day. Check the numbers.")
_NO_TIME = say("domain", "There is no such date or time. Check the numbers.")
_TOO_FAR = say("domain", "This lies too far ahead. Write “unlimited”, or an earlier date.")


# -- the three fields ---------------------------------------------------------------------------------


def read_taken_at(text: str, now: Timestamp, zone: tzinfo) -> Timestamp | Message:
    """The moment that stands in *Taken at*, or why it is none."""
    typed = _plain(text)
    if typed in {"", NOW}:
        return now
    try:
        read = _read(typed, now, zone, HOW_TAKEN_AT)
    except (ValueError, OverflowError, OSError):
        return _NO_TIME
    if isinstance(read, date):
        return say("domain", "Add the time, for example {text} 10:40.").format(text=" ".join(text.split()))
    if isinstance(read, Message):
        return read
    if read > now.micros:
        return say("domain", "This time lies in the future. A decision is recorded after it was made.")
    return Timestamp(read)


def read_valid_until(text: str, taken_at: Timestamp, now: Timestamp, zone: tzinfo) -> ValidUntil | Message:
    """The end that stands in *Valid until* of an opt-in given at `taken_at`, or why it is none.

    A day is meant until its end.
    """
    typed = _plain(text)
    if typed == "unlimited":
        return ValidUntil()
    try:
        read = _read_end(typed, taken_at, now, zone)
    except (ValueError, OverflowError, OSError):
        return _NO_TIME
    if isinstance(read, Message):
        return read
    if read >= FIRST_MILLISECOND * 1_000_000:
        return _TOO_FAR
    if read % 1_000_000:
        return HOW_VALID_UNTIL
    valid_until = ValidUntil(read // 1_000_000)
    if not ends_after(valid_until, taken_at):
        return say(
            "domain",
            "The opt-in would end before it began: that would opt the person out. Choose a later date.",
        )
    return valid_until


def read_days(text: str, now: Timestamp, zone: tzinfo) -> Days | Message | None:
    """The days that `text` names in `zone`; None where it names none, or why it cannot be read.

    A day without a year is the last one that is not in the future.
    """
    if not text.strip():
        return None
    today = moment(now, zone).date()
    spans: list[_Span] = []
    try:
        for part in _BETWEEN.split(_plain(text)):
            span = _span(part, today)
            if not isinstance(span, tuple):
                return span or HOW_DAYS
            spans.append(span)
        if len(spans) > 2:
            return HOW_DAYS
        dates = [each for span in spans for each in span]
        if dates != sorted(dates):
            return say("domain", "The first day comes after the last one. Change their order.")
        return Timestamp(beginning(dates[0], zone)), Timestamp(beginning(dates[-1] + _DAY, zone))
    except (ValueError, OverflowError, OSError, InvalidError):
        return _NO_DAY


# -- what was read, told ------------------------------------------------------------------------------


def spelled_end(valid_until: ValidUntil) -> str:
    """An end as it can be typed into *Valid until*, in whatever zone."""
    return "unlimited" if valid_until.seconds is None else spelled(valid_until.seconds * 1_000_000, UTC)


def tell_read(text: str, read: Timestamp | ValidUntil | Message, zone: tzinfo) -> Message | None:
    """What `text` was read as; None where it says so itself, or could not be read."""
    typed = _plain(text)
    if isinstance(read, Message) or typed in {"", NOW}:
        return None
    if isinstance(read, Timestamp):
        micros = read.micros
    elif read.seconds is None:
        return None
    else:
        micros = read.seconds * 1_000_000
        day = local(micros, zone).date()
        if micros == end_of(day, zone):
            return (
                None
                if typed == str(day)
                else say("domain", "Read as {day}, until its end.").format(day=str(day))
            )
    full = spelled(micros, zone)
    return None if full.startswith(typed) else say("domain", "Read as {time}.").format(time=full)


def tell_days(since: Timestamp | None, until: Timestamp | None, zone: tzinfo) -> str:
    """The first day and the last one; nothing without a limit."""
    if since is None or until is None:
        return ""
    first, last = moment(since, zone).date(), local(until.micros - 1, zone).date()
    return str(first) if first >= last else f"{first} to {last}"


# -- a moment or a day --------------------------------------------------------------------------------


def _plain(text: str) -> str:
    # What is too long for a date is no date in any case: a mark that nothing else begins with.
    return " ".join(text.lower().split()) if len(text) <= _LONGEST else "…"


def _read_end(text: str, taken_at: Timestamp, now: Timestamp, zone: tzinfo) -> int | Message:
    length = _LENGTH.fullmatch(text)
    if length is None:
        read = _read(text, now, zone, HOW_VALID_UNTIL, is_end=True)
    else:
        read = _later(moment(taken_at, zone).date(), int(length["count"]), length["unit"])
    if not isinstance(read, date):
        return read
    return _TOO_FAR if read.year > _LAST_YEAR else end_of(read, zone)


def _read(
    text: str, now: Timestamp, zone: tzinfo, how: Message, *, is_end: bool = False
) -> int | date | Message:
    """What `text` stands for, UNIX microseconds or a whole day; or why it stands for neither.

    An end (`is_end`) needs its date, and the year of that. Raises ValueError and the like for what no
    calendar or clock has.
    """
    for pattern in (_CLOCK_FIRST, _CLOCK_LAST):
        clock = pattern.fullmatch(text)
        if clock is None or (is_end and clock["date"] is None):
            continue
        if (timed := _timed(clock, now, zone, needs_year=is_end)) is not None:
            return timed
    if (number := _NUMBER.fullmatch(text)) is not None:
        return _unix(number, how)
    return _one_day(text, moment(now, zone).date(), needs_year=is_end) or how


def _timed(clock: re.Match[str], now: Timestamp, zone: tzinfo, *, needs_year: bool) -> int | Message | None:
    offset = _offset_in(clock["offset"])
    # Today is a day of the clock that is written.
    today = moment(now, offset or zone).date()
    day = _one_day(clock["date"] or "today", today, needs_year=needs_year)
    if not isinstance(day, date):
        return day
    wall = datetime.combine(day, _time_in(clock))
    found = readings(wall, zone) if offset is None else [wall.replace(tzinfo=offset)]
    if not found:
        return say("domain", "This time was skipped when the clocks went forward. Choose another one.")
    first, *others = (micros_of(each) for each in found)
    if others:
        return say(
            "domain",
            "This time comes twice, as the clocks are set back. Write {first} for the first one, {second} "
            "for the second.",
        ).format(
            first=spelled(first, zone),
            second=spelled(others[0], zone),
        )
    return first


def _unix(number: re.Match[str], how: Message) -> int | Message:
    digits = len(number["whole"])
    if digits == 13:
        return say("domain", "This looks like milliseconds: Engagement takes seconds.")
    if digits == 16:
        return say("domain", "This looks like microseconds: Engagement takes seconds.")
    if _SECONDS.fullmatch(number[0]) is None:
        return say("domain", "A bare number is UNIX seconds, which have ten digits. {how}").format(how=how)
    fraction = (number["fraction"] or ".")[1:]
    return int(number["whole"]) * 1_000_000 + int(fraction.ljust(6, "0"))


def _time_in(clock: re.Match[str]) -> time:
    hour = int(clock["hour"])
    if clock["half"] is not None:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if clock["half"] == "p" else 0)
    micros = (clock["fraction"] or ".")[1:].ljust(6, "0")
    return time(hour, int(clock["minute"] or clock["past"] or 0), int(clock["second"] or 0), int(micros))


def _offset_in(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(ahead if text[0] == "+" else -ahead)


# -- days ---------------------------------------------------------------------------------------------


def _one_day(text: str, today: date, *, needs_year: bool) -> date | Message | None:
    span = _span(text, today, needs_year=needs_year)
    if not isinstance(span, tuple):
        return span
    first, last = span
    if first != last:
        return say("domain", "These are several days. Name one, such as 2026-03-31.")
    return first if first.year >= _FIRST_YEAR else say("domain", "This lies before 2000. Check the year.")


def _span(text: str, today: date, *, needs_year: bool = False) -> _Span | Message | None:
    """The first and the last day that one date stands for; None if it is none."""
    if (away := {"yesterday": -1, "today": 0, "tomorrow": 1}.get(text)) is not None:
        return today + away * _DAY, today + away * _DAY
    if (last := _LAST_DAYS.fullmatch(text)) is not None:
        return today - (max(int(last["count"]), 1) - 1) * _DAY, today
    if (period := _PERIOD.fullmatch(text)) is not None:
        return _period(period["unit"], today, is_last=period["which"] == "last")
    dated = partial(_dated, today=today, needs_year=needs_year)
    if (iso := _ISO.fullmatch(text)) is not None:
        return dated(iso["year"], _number(iso["month"]), _number(iso["day"]))
    if (dotted := _DOTTED.fullmatch(text)) is not None:
        return dated(dotted["year"], int(dotted["month"]), int(dotted["day"]))
    if (slashed := _SLASHED.fullmatch(text)) is not None:
        one, other = int(slashed["one"]), int(slashed["other"] or slashed["dashed"])
        year = slashed["year"] or slashed["year2"]
        if one != other and min(one, other) >= 1 and max(one, other) <= 12:
            both = (f"{day} {_MONTHS[month - 1][:3].title()}" for day, month in ((one, other), (other, one)))
            first, second = (f"{each} {year}" if year else each for each in both)
            return say("domain", "This may be {first} or {second}. Write it so.").format(
                first=first, second=second
            )
        return dated(year, other, one) if one > 12 else dated(year, one, other)
    written = _WRITTEN.fullmatch(text)
    month = None if written is None else _month(written["month"])
    if written is None or month is None or (written["day"] and written["before"]):
        return None
    return dated(written["year"], month, _number(written["day"] or written["before"]))


def _dated(
    year: str | None, month: int | None, day: int | None, *, today: date, needs_year: bool
) -> _Span | Message:
    if year is not None and len(year) < 4:
        return say("domain", "Write the year with four digits, such as 20{year}.").format(year=year)
    if year is not None:
        return _whole(int(year), month, day)
    if needs_year:
        return say("domain", "Add the year, for example 31 Dec 2030.")
    # Eight years back there was a 29 February in any case.
    spans: list[_Span] = []
    for each in range(today.year, today.year - 9, -1):
        try:
            spans.append(_whole(each, month, day))
        except ValueError:
            continue
    return next((span for span in spans if span[0] <= today), _NO_DAY)


def _whole(year: int, month: int | None, day: int | None) -> _Span:
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _period(unit: str, today: date, *, is_last: bool) -> _Span:
    if unit == "week":
        monday = today - (today.weekday() + 7 * is_last) * _DAY
        return monday, monday + 6 * _DAY
    if unit == "year":
        return _whole(today.year - is_last, None, None)
    inside = today.replace(day=1) - is_last * _DAY
    return _whole(inside.year, inside.month, None)


def _later(day: date, count: int, unit: str) -> date | Message:
    """The day so much after `day`: the last one of its month where that has no such day."""
    if unit in {"day", "week"}:
        return day + count * (7 if unit == "week" else 1) * _DAY
    year, month = divmod(day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1), 12)
    if year > _LAST_YEAR:
        return _TOO_FAR
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _month(name: str) -> int | None:
    return next((number for number, whole in enumerate(_MONTHS, 1) if whole.startswith(name)), None)
