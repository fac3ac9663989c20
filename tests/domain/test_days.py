"""Days are read as people write them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from consent_desk.domain.consent import Timestamp
from consent_desk.domain.days import EXAMPLES, parse_days
from consent_desk.domain.message import Message

NOW = Timestamp(round(datetime(2026, 11, 23, 15, 30, tzinfo=UTC).timestamp()) * 1_000_000)


def days(text: str, zone: ZoneInfo | timezone = UTC) -> str:
    """The first and the last moment, as `2026-11-03 2026-11-04` where they are midnights."""
    read = parse_days(text, NOW, zone)
    assert isinstance(read, tuple), read
    moments = [datetime.fromtimestamp(each.micros / 1_000_000, zone) for each in read]
    return " ".join(f"{each:%Y-%m-%d %H:%M}".removesuffix(" 00:00") for each in moments)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-03", "2026-11-03 2026-11-04"),
        ("3 Nov", "2026-11-03 2026-11-04"),
        ("3. november", "2026-11-03 2026-11-04"),
        ("Nov 3", "2026-11-03 2026-11-04"),
        ("Nov 3, 2025", "2025-11-03 2025-11-04"),
        ("3 Nov 2024", "2024-11-03 2024-11-04"),
        ("24 Nov", "2025-11-24 2025-11-25"),
        ("29 Feb", "2024-02-29 2024-03-01"),
        ("Nov", "2026-11-01 2026-12-01"),
        ("dec", "2025-12-01 2026-01-01"),
        ("2026-02", "2026-02-01 2026-03-01"),
        ("2025", "2025-01-01 2026-01-01"),
        (" TODAY ", "2026-11-23 2026-11-24"),
        ("yesterday", "2026-11-22 2026-11-23"),
        ("last 7 days", "2026-11-17 2026-11-24"),
        ("last 1 day", "2026-11-23 2026-11-24"),
        ("1 Nov to 5 Nov", "2026-11-01 2026-11-06"),
        ("2026-10-01 – 2026-10-31", "2026-10-01 2026-11-01"),
        ("2026-10-01..2026-11", "2026-10-01 2026-12-01"),
        ("Sep until yesterday", "2026-09-01 2026-11-23"),
    ],
)
def test_a_day_or_two_are_understood(text: str, found: str) -> None:
    assert days(text) == found


def test_days_begin_at_midnight_where_the_desk_stands() -> None:
    away = timezone(timedelta(hours=10))
    assert days("today", away) == "2026-11-24 2026-11-25"


def test_a_day_on_which_clocks_are_set_back_has_25_hours() -> None:
    read = parse_days("2026-10-25", NOW, ZoneInfo("Europe/Bratislava"))
    assert isinstance(read, tuple)
    assert read[1].micros - read[0].micros == 25 * 3_600_000_000


def test_nothing_typed_is_no_limit() -> None:
    assert parse_days("  ", NOW, UTC) is None


@pytest.mark.parametrize("text", EXAMPLES)
def test_what_is_offered_is_understood(text: str) -> None:
    assert isinstance(parse_days(text, NOW, UTC), tuple)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("soon", "Write a day such as 3 Nov"),
        ("3/11", "Write a day such as 3 Nov"),
        ("3 Nov 4", "Write a day such as 3 Nov"),
        ("no", "Write a day such as 3 Nov"),
        ("1 Nov to 2 Nov to 3 Nov", "Write a day such as 3 Nov"),
        ("5 Nov to 1 Nov", "The first day comes after the last one"),
        ("31 Nov", "There is no such day"),
        ("2026-13", "There is no such day"),
        ("0000", "There is no such day"),
        ("1950", "There is no such day"),
        ("9999", "There is no such day"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_can(text: str, why: str) -> None:
    read = parse_days(text, NOW, UTC)
    assert isinstance(read, Message)
    assert str(read).startswith(why)
