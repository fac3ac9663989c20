"""Days as people write them: `3 Nov`, `2026-11-03`, `yesterday`, `Nov 2026`, `1 Nov to 5 Nov`."""

import re
from calendar import isleap, monthrange
from datetime import date, datetime, timedelta, tzinfo

from consent_desk.domain.consent import Timestamp
from consent_desk.domain.errors import Unfit
from consent_desk.domain.message import Message, say
from consent_desk.domain.parsing import moment

EXAMPLES = ("today", "yesterday", "last 7 days", "last 30 days")
"""What is offered for choice; a date or two are typed."""

Days = tuple[Timestamp, Timestamp]
"""From the first moment to the one that follows the last."""

_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_ISO = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?", re.ASCII)
_WRITTEN = re.compile(
    r"(?:(?P<day>\d{1,2})\.? +)?(?P<month>[a-z]+)\.?(?: +(?P<before>\d{1,2}))?(?:,? +(?P<year>\d{4}))?",
    re.ASCII,
)
_LAST = re.compile(r"last (?P<count>\d{1,4}) days?", re.ASCII)
_BETWEEN = re.compile(r"\s+(?:to|until|-|–)\s+|\s*\.\.+\s*")
_HOW = say("Write a day such as 3 Nov or 2026-11-03, a month, or two of them: 1 Nov to 5 Nov.")
_NONE = say("There is no such day. Check the numbers.")


def parse_days(text: str, now: Timestamp, zone: tzinfo) -> Days | Message | None:
    """The days that `text` names in `zone`; None where it names none, or why it cannot be read.

    A day without a year is the last one that is not in the future.
    """
    today = moment(now, zone).date()
    parts = _BETWEEN.split(" ".join(text.lower().split()))
    if parts == [""]:
        return None
    try:
        spans = [_span(part, today) for part in parts]
        if len(spans) > 2 or None in spans:
            return _HOW
        dates = [each for span in spans if span is not None for each in span]
        if dates != sorted(dates):
            return say("The first day comes after the last one. Change their order.")
        return _midnight(dates[0], zone), _midnight(dates[-1] + timedelta(days=1), zone)
    except (ValueError, OverflowError, OSError, Unfit):
        return _NONE


def _span(text: str, today: date) -> tuple[date, date] | None:
    """The first and the last day that one date stands for."""
    if text in {"today", "yesterday"}:
        one = today - timedelta(days=text == "yesterday")
        return one, one
    if (last := _LAST.fullmatch(text)) is not None:
        return today - timedelta(days=max(int(last["count"]), 1) - 1), today
    if (iso := _ISO.fullmatch(text)) is not None:
        return _whole(int(iso["year"]), _number(iso["month"]), _number(iso["day"]))
    written = _WRITTEN.fullmatch(text)
    month = None if written is None else _month(written["month"])
    if written is None or month is None or (written["day"] and written["before"]):
        return None
    day = _number(written["day"] or written["before"])
    if written["year"]:
        return _whole(int(written["year"]), month, day)
    # Eight years back there was a 29 February in any case.
    years = range(today.year, today.year - 9, -1)
    spans = (_whole(year, month, day) for year in years if (month, day) != (2, 29) or isleap(year))
    return next(span for span in spans if span[0] <= today)


def _whole(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _month(name: str) -> int | None:
    matches = [number for number, whole in enumerate(_NAMES, 1) if len(name) >= 3 and whole.startswith(name)]
    return matches[0] if matches else None


def _midnight(day: date, zone: tzinfo) -> Timestamp:
    return Timestamp(round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1_000_000)
