"""Dates and times are read as people write them, in three fields alike."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import product
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.dates import (
    EXAMPLES,
    read_days,
    read_taken_at,
    read_valid_until,
    spelled_end,
    tell_days,
    tell_read,
)
from consent_desk.domain.local_time import moment, spelled
from consent_desk.domain.message import Message
from tests.domain.examples import ANY_TEXT, Berlin, at

BERLIN = Berlin()
NOW = at("2026-11-23T15:30:00+01:00")  # a Monday
LAST = Timestamp(2**33 * 1_000_000 - 1)
ZONES = (
    *("Europe/Bratislava", "America/Santiago", "Africa/Cairo", "Asia/Beirut", "America/Havana"),
    *("America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "America/Asuncion"),
    *("Asia/Tehran", "Asia/Kathmandu", "Europe/Moscow", "Pacific/Kiritimati", "America/Scoresbysund"),
)


def taken(text: str, now: Timestamp = NOW, zone: tzinfo = BERLIN) -> str:
    """The moment that was read in *Taken at*, in full."""
    read = read_taken_at(text, now, zone)
    assert isinstance(read, Timestamp), str(read)
    return spelled(read.micros, zone)


def not_taken(text: str, now: Timestamp = NOW, zone: tzinfo = BERLIN) -> str:
    read = read_taken_at(text, now, zone)
    assert isinstance(read, Message), read
    return str(read)


def ends(text: str, zone: tzinfo = BERLIN, taken_at: Timestamp = NOW) -> str:
    """The end that was read in *Valid until*, in full."""
    read = read_valid_until(text, taken_at, NOW, zone)
    assert isinstance(read, ValidUntil), str(read)
    return "unlimited" if read.seconds is None else spelled(read.seconds * 1_000_000, zone)


def no_end(text: str, zone: tzinfo = BERLIN, taken_at: Timestamp = NOW) -> str:
    read = read_valid_until(text, taken_at, NOW, zone)
    assert isinstance(read, Message), read
    return str(read)


def days(text: str, zone: tzinfo = UTC, now: Timestamp = NOW) -> str:
    """The first and the last moment, as `2026-11-03 2026-11-04` where they are midnights."""
    read = read_days(text, now, zone)
    assert isinstance(read, tuple), str(read)
    return " ".join(f"{moment(each, zone):%Y-%m-%d %H:%M}".removesuffix(" 00:00") for each in read)


def test_a_moment_is_shown_in_its_zone() -> None:
    summer = at("2026-07-01T10:40:00+02:00")
    assert moment(summer, BERLIN).isoformat() == "2026-07-01T10:40:00+02:00"
    assert moment(summer, UTC) == datetime(2026, 7, 1, 8, 40, tzinfo=UTC)


# ----------------------------------------------------------------------------------------------- taken at


@pytest.mark.parametrize("text", ["", "  ", "now", "Now", " NOW "])
def test_now_is_the_moment_of_sending(text: str) -> None:
    assert read_taken_at(text, NOW, BERLIN) == NOW


@pytest.mark.parametrize(
    "text",
    [
        *("10:40", "10.40", "10h40", "10 h 40", "10H40", "10:40h", "10.40 h", "10:40 Uhr", "10 Uhr 40"),
        *("10:40 am", "10.40am", "10:40 a.m.", "10:40 AM", "10:40:00", "at 10:40", " 10:40 ", "10:40\n"),
        *(
            "10\u00a0h\u00a040",
            "10:40 +01:00",
            "10:40+0100",
            "9:40 Z",
            "9:40 UTC",
            "9.40 gmt",
            "10:40:00.000",
        ),
        *("today 10:40", "Today at 10.40", "10:40 today", "10:40, today", "10h40 on 23 Nov"),
        *("2026-11-23 10:40", "2026-11-23T10:40", "2026-11-23t09:40:00.000z", "2026-11-23 09:40 +00:00"),
        *("2026/11/23 10:40", "2026.11.23 10:40", "23.11.2026 10.40", "23.11. 10:40", "23. 11. 2026, 10:40"),
        *("10.40 23.11.2026", "23 Nov 2026 10:40", "23. November 2026 at 10h40", "23rd Nov, 10:40 am"),
        *("Nov 23, 2026 10:40", "November 23rd 2026, 10:40", "23-Nov-2026 10:40", "10:40 on Nov 23"),
        *("23/11/2026 10:40", "11/23/2026 10:40", "23-11-2026 10:40", "23/11 10:40", "last 1 day 10:40"),
    ],
)
def test_one_time_may_be_written_in_many_ways(text: str) -> None:
    assert taken(text) == "2026-11-23 10:40 +01:00"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2:30 pm", "2026-11-23 14:30 +01:00"),
        ("2 pm", "2026-11-23 14:00 +01:00"),
        ("2 p.m.", "2026-11-23 14:00 +01:00"),
        ("12 am", "2026-11-23 00:00 +01:00"),
        ("12:15 pm", "2026-11-23 12:15 +01:00"),
        ("0:05", "2026-11-23 00:05 +01:00"),
        ("14:05:09", "2026-11-23 14:05:09 +01:00"),
        ("14:05:09.25", "2026-11-23 14:05:09.250000 +01:00"),
        ("yesterday 10:40", "2026-11-22 10:40 +01:00"),
        ("8 pm yesterday", "2026-11-22 20:00 +01:00"),
        ("31.12.2025 10.40", "2025-12-31 10:40 +01:00"),
        ("29 Feb 10:00", "2024-02-29 10:00 +01:00"),
        ("August 3 2:30 pm", "2026-08-03 14:30 +02:00"),
        ("5/5/2026 8h05", "2026-05-05 08:05 +02:00"),
        ("1795444200", "2026-11-23 15:30 +01:00"),
        ("1795444199.5", "2026-11-23 15:29:59.500000 +01:00"),
        ("1 Jan 2000 0:00", "2000-01-01 00:00 +01:00"),
    ],
)
def test_a_time_is_read_in_the_zone_of_the_desk(text: str, time: str) -> None:
    assert taken(text) == time


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("noon", "Write “now”, a time such as 10:40"),
        *(
            (text, "Write “now”")
            for text in ("NaN", "\u0661\u0660:40", "3.11 10.40", "2 pmx", "2026-07-01 10:00+05:99")
        ),
        *(
            (text, "ten digits")
            for text in (
                *("10", "999999999", "17828952000", "0000000001", "1782895200.0000001", "1782895200."),
                *("20261123", "1" * 70),
            )
        ),
        ("1782895200000", "This looks like milliseconds: Engagement takes seconds."),
        ("1782895200000.5", "This looks like milliseconds"),
        ("1782895200000000", "This looks like microseconds: Engagement takes seconds."),
        *((text, "lies in the future") for text in ("15:31", "1795444201", "tomorrow 10:40")),
        ("2026-11-22", "Add the time, for example 2026-11-22 10:40."),
        ("31 Dec  2025", "Add the time, for example 31 Dec 2025 10:40."),
        ("yesterday", "Add the time, for example yesterday 10:40."),
        ("last week 10:40", "These are several days. Name one, such as 2026-03-31."),
        ("Nov 2026", "These are several days."),
        ("03/04/2026 10:40", "This may be 3 Apr 2026 or 4 Mar 2026. Write it so."),
        ("3/4 10:40", "This may be 3 Apr or 4 Mar. Write it so."),
        ("31.12.25 10:40", "Write the year with four digits, such as 2025."),
        *(
            (text, "no such date or time")
            for text in (
                *("24:30", "10:60", "14:30 pm", "0:30 am", "2025-02-29 10:40", "31/31/2025 10:40"),
                *("0000-01-01 10:40", "9999-12-31 10:40", "2026-01-01 10:00+99:00"),
            )
        ),
        ("31.11. 10:40", "no such day"),
        ("1999-12-31 23:59", "before 2000"),
        ("0001-01-01 00:00+14:00", "before 2000"),
        ("2026-03-29 02:30", "skipped when the clocks went forward"),
    ],
)
def test_what_is_no_time_is_said_with_what_to_write(text: str, words: str) -> None:
    assert words in not_taken(text)


def test_what_is_offered_for_an_ambiguous_day_is_understood() -> None:
    for text in ("3 Apr 2026", "4 Mar 2026", "3 Apr", "4 Mar"):
        assert taken(f"{text} 10:40")


def test_a_clock_time_belongs_to_the_day_of_the_desk_or_of_its_offset() -> None:
    just_after_midnight = at("2026-07-02T00:10:00+02:00")
    assert taken("0:05", just_after_midnight) == "2026-07-02 00:05 +02:00"
    assert taken("22:05 Z", just_after_midnight) == "2026-07-02 00:05 +02:00"
    assert taken("yesterday 22:05 Z", just_after_midnight) == "2026-07-01 00:05 +02:00"


def test_an_hour_that_came_twice_is_asked_about_and_both_answers_are_understood() -> None:
    words = not_taken("25.10.2026 2.30")
    first, second = "2026-10-25 02:30 +02:00", "2026-10-25 02:30 +01:00"
    assert words == (
        f"This time comes twice, as the clocks are set back. Write {first} for the first one, {second} for "
        "the second."
    )
    assert (taken(first), taken(second)) == (first, second)


def test_a_clock_time_of_such_an_hour_is_asked_about_on_that_day() -> None:
    assert "2026-10-25 02:30 +01:00 for the second" in not_taken("2:30", at("2026-10-25T10:00:00+01:00"))
    assert "skipped" in not_taken("2:30", at("2026-03-29T10:00:00+02:00"))


# -------------------------------------------------------------------------------------------- valid until


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("unlimited", "unlimited"),
        (" Unlimited ", "unlimited"),
        *(
            (text, "2030-12-31 23:59:59 +01:00")
            for text in (
                *("2030-12-31", "31.12.2030", "31 Dec 2030", "Dec 31, 2030", "31/12/2030", "12/31/2030"),
                *("December 31 2030", "31. 12. 2030", "2030/12/31", "1924988399", "1924988399.000000"),
            )
        ),
        ("2030-12-31 00:00", "2030-12-31 00:00 +01:00"),
        ("31.12.2030 18h", "2030-12-31 18:00 +01:00"),
        ("2030-12-31T00:00:00Z", "2030-12-31 01:00 +01:00"),
        ("2 years", "2028-11-23 23:59:59 +01:00"),
        ("in 2 years", "2028-11-23 23:59:59 +01:00"),
        ("1 year", "2027-11-23 23:59:59 +01:00"),
        ("6 months", "2027-05-23 23:59:59 +02:00"),
        ("For 13 Months", "2027-12-23 23:59:59 +01:00"),
        ("2 weeks", "2026-12-07 23:59:59 +01:00"),
        ("30 days", "2026-12-23 23:59:59 +01:00"),
        ("0 days", "2026-11-23 23:59:59 +01:00"),
        ("today", "2026-11-23 23:59:59 +01:00"),
        ("tomorrow", "2026-11-24 23:59:59 +01:00"),
        ("5138-11-16 09:46:39Z", "5138-11-16 10:46:39 +01:00"),
    ],
)
def test_an_end_is_a_word_a_day_a_moment_or_how_long(text: str, end: str) -> None:
    assert ends(text) == end


@pytest.mark.parametrize(
    ("decision", "text", "end"),
    [
        ("2026-08-31T12:00:00+02:00", "6 months", "2027-02-28"),
        ("2024-02-29T12:00:00+01:00", "1 year", "2025-02-28"),
        ("2024-02-29T12:00:00+01:00", "4 years", "2028-02-29"),
        ("2026-07-01T23:30:00Z", "1 month", "2026-08-02"),
    ],
)
def test_how_long_counts_from_the_day_of_the_decision(decision: str, text: str, end: str) -> None:
    assert ends(text, taken_at=at(decision.replace("Z", "+00:00"))).split(" ")[0] == end


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Write “unlimited”, a date such as 2030-12-31, or how long, such as 2 years."),
        *((text, "no such date or time") for text in ("5/0/2030", "2030-02-30", "9999-12-31 23:59:59")),
        *((text, "Write “unlimited”") for text in ("\uff12030-12-31", "1900000000.5", "10:40")),
        ("2030", "ten digits. Write “unlimited”"),
        ("99999999999", "ten digits"),
        ("1900000000000", "milliseconds"),
        ("31 Dec", "Add the year, for example 31 Dec 2030."),
        ("31 Dec 10:40", "Add the year"),
        ("Dec 2030", "These are several days. Name one"),
        ("03/04/2030", "This may be 3 Apr 2030 or 4 Mar 2030. Write it so."),
        *(
            (text, "too far ahead")
            for text in ("9999-12-31 23:59:59-23:59", "9000 years", "5138-11-16 09:46:40Z")
        ),
        ("1969-12-31", "before 2000"),
        ("yesterday", "end before it began"),
        ("1000000000", "end before it began"),
        ("2031-10-26 02:30", "2031-10-26 02:30 +01:00 for the second"),
    ],
)
def test_an_end_that_is_none_is_said_with_what_to_write(text: str, words: str) -> None:
    assert words in no_end(text)


# ----------------------------------------------------------------------------------------------- the days


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-03", "2026-11-03 2026-11-04"),
        ("3.11.", "2026-11-03 2026-11-04"),
        ("Nov 3", "2026-11-03 2026-11-04"),
        ("Nov 3, 2025", "2025-11-03 2025-11-04"),
        ("24 Nov", "2025-11-24 2025-11-25"),
        ("29 Feb", "2024-02-29 2024-03-01"),
        ("Nov", "2026-11-01 2026-12-01"),
        ("dec", "2025-12-01 2026-01-01"),
        ("Nov 2025", "2025-11-01 2025-12-01"),
        ("2026-02", "2026-02-01 2026-03-01"),
        ("2025", "2025-01-01 2026-01-01"),
        (" TODAY ", "2026-11-23 2026-11-24"),
        ("yesterday", "2026-11-22 2026-11-23"),
        ("last 7 days", "2026-11-17 2026-11-24"),
        ("this week", "2026-11-23 2026-11-30"),
        ("Last week", "2026-11-16 2026-11-23"),
        ("this month", "2026-11-01 2026-12-01"),
        ("last month", "2026-10-01 2026-11-01"),
        ("this year", "2026-01-01 2027-01-01"),
        ("last year", "2025-01-01 2026-01-01"),
        ("1 Nov to 5 Nov", "2026-11-01 2026-11-06"),
        ("1.11.–5.11.2026", "2026-11-01 2026-11-06"),
        ("2026-10-01 – 2026-10-31", "2026-10-01 2026-11-01"),
        ("2026-10-01..2026-11", "2026-10-01 2026-12-01"),
        ("Sep until yesterday", "2026-09-01 2026-11-23"),
        ("last month to today", "2026-10-01 2026-11-24"),
    ],
)
def test_a_day_or_two_are_understood(text: str, found: str) -> None:
    assert days(text) == found


def test_weeks_begin_on_monday() -> None:
    sunday, january = at("2026-11-22T12:00:00+00:00"), at("2026-01-01T12:00:00+00:00")
    assert days("this week", now=sunday) == "2026-11-16 2026-11-23"
    assert days("last week", now=january) == "2025-12-22 2025-12-29"
    assert days("last month", now=january) == "2025-12-01 2026-01-01"


def test_days_begin_at_midnight_where_the_desk_stands() -> None:
    away = timezone(timedelta(hours=10))
    assert days("today", away) == "2026-11-24 2026-11-25"


def test_a_day_on_which_clocks_are_set_back_has_25_hours() -> None:
    read = read_days("2026-10-25", NOW, BERLIN)
    assert isinstance(read, tuple)
    assert read[1].micros - read[0].micros == 25 * 3_600_000_000


def test_nothing_typed_is_no_limit() -> None:
    assert read_days("  ", NOW, UTC) is None


@pytest.mark.parametrize("text", EXAMPLES)
def test_what_is_offered_is_understood(text: str) -> None:
    assert isinstance(read_days(text, NOW, UTC), tuple)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *((text, "Write a day such as 3 Nov") for text in ("3.11", "10:40", "1 Nov to 2 Nov to 3 Nov")),
        ("3/11", "This may be 3 Nov or 11 Mar. Write it so."),
        ("3.11.26", "Write the year with four digits, such as 2026."),
        ("5 Nov to 1 Nov", "The first day comes after the last one"),
        *((text, "There is no such day") for text in ("31 Nov", "2026-13", "0000", "1950", "9999")),
        ("last 9999 days to today to", "Write a day"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_can(text: str, why: str) -> None:
    read = read_days(text, NOW, UTC)
    assert isinstance(read, Message)
    assert str(read).startswith(why)


# ------------------------------------------------------------------------------------------ what was read


@pytest.mark.parametrize(
    ("text", "told"),
    [
        *((text, None) for text in ("", "now", "NOW", "soon", "2026-11-22 10:40", "2026-11-22 10:40 +01:00")),
        ("10.40", "Read as 2026-11-23 10:40 +01:00."),
        ("1795444199.5", "Read as 2026-11-23 15:29:59.500000 +01:00."),
        ("2026-11-22 09:40 Z", "Read as 2026-11-22 10:40 +01:00."),
        *((text, None) for text in ("unlimited", "Unlimited", "2030-12-31", "2030-12-31 10:40")),
        ("31.12.2030", "Read as 2030-12-31, until its end."),
        ("2 years", "Read as 2028-11-23, until its end."),
        ("31.12.2030 10h", "Read as 2030-12-31 10:00 +01:00."),
        ("1924988399", "Read as 2030-12-31, until its end."),
    ],
)
def test_what_was_written_in_another_way_is_told(text: str, told: str | None) -> None:
    read = read_taken_at(text, NOW, BERLIN)
    if isinstance(read, Message):
        found = tell_read(text, read_valid_until(text, NOW, NOW, BERLIN), BERLIN)
    else:
        found = tell_read(text, read, BERLIN)
    assert (found and str(found)) == told


@pytest.mark.parametrize("end", [ValidUntil(), ValidUntil(1_924_988_399), ValidUntil(99_999_999_999)])
def test_an_end_can_be_written_so_that_it_is_read_as_the_same_one(end: ValidUntil) -> None:
    assert read_valid_until(spelled_end(end), NOW, NOW, BERLIN) == end


def test_the_days_that_were_read_are_told() -> None:
    for text, told in (("last week", "2026-11-16 to 2026-11-22"), ("3 Nov", "2026-11-03")):
        read = read_days(text, NOW, BERLIN)
        assert isinstance(read, tuple)
        assert tell_days(*read, BERLIN) == told
    assert tell_days(None, None, BERLIN) == ""


# ------------------------------------------------------------------------------------ zones of the world


def first_moments(zone: ZoneInfo, first: int, last: int) -> dict[date, int]:
    """By looking at each quarter of an hour: the first one from which on a day is not left any more."""
    found: dict[date, int] = {}
    earliest = date.max
    # Backwards: a day that shows before an earlier one is not yet there to stay.
    for moment_ in range((last - 1) // 900 * 900, first - 1, -900):
        day = datetime.fromtimestamp(moment_, zone).date()
        if day <= earliest:
            found[day] = moment_
            earliest = day
    return found


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("year", [2011, 2023, 2026])
def test_every_day_begins_where_the_one_before_ends(name: str, year: int) -> None:
    zone = ZoneInfo(name)
    first = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    begun = first_moments(zone, first, first + 366 * 86_400)
    for day in sorted(begun)[1:]:
        read = read_days(str(day), NOW, zone)
        assert isinstance(read, tuple)
        assert abs(read[0].micros // 1_000_000 - begun[day]) < 900, day
        if (before := day - timedelta(days=1)) in begun:
            end = read_valid_until(str(before), Timestamp(first * 1_000_000 - 10**14), NOW, zone)
            assert end == ValidUntil(read[0].micros // 1_000_000 - 1), day


@pytest.mark.parametrize(
    ("name", "day", "begins", "end"),
    [
        ("Africa/Cairo", "2026-04-24", "2026-04-24 01:00 +03:00", "2026-04-24 23:59:59 +03:00"),
        ("America/Santiago", "2026-09-06", "2026-09-06 01:00 -03:00", "2026-09-06 23:59:59 -03:00"),
        ("America/Santiago", "2026-04-04", "2026-04-04 00:00 -03:00", "2026-04-04 23:59:59 -04:00"),
        ("America/St_Johns", "2010-11-06", "2010-11-06 00:00 -02:30", "2010-11-06 23:59:59 -03:30"),
        ("America/St_Johns", "2010-03-14", "2010-03-14 00:00 -03:30", "2010-03-14 23:59:59 -02:30"),
        ("America/Havana", "2026-11-01", "2026-11-01 00:00 -04:00", "2026-11-01 23:59:59 -05:00"),
        ("America/Scoresbysund", "2024-03-31", "2024-03-31 00:00 -01:00", "2024-03-31 23:59:59 -01:00"),
        ("Asia/Gaza", "2012-03-30", "2012-03-30 01:00 +03:00", "2012-03-30 23:59:59 +03:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-31 00:00 +14:00", "2011-12-31 23:59:59 +14:00"),
    ],
)
def test_a_day_is_whole_where_its_midnight_is_skipped_or_its_end_comes_twice(
    name: str, day: str, begins: str, end: str
) -> None:
    zone = ZoneInfo(name)
    read = read_days(day, NOW, zone)
    assert isinstance(read, tuple)
    assert spelled(read[0].micros, zone) == begins
    assert spelled(read[1].micros - 1_000_000, zone) == end
    assert ends(day, zone, at("2005-01-01T00:00:00+00:00")) == end


MOMENTS = st.integers(946_857_600, 2**32).map(lambda seconds: Timestamp(seconds * 1_000_000))


@given(MOMENTS, st.sampled_from(ZONES))
@example(at("2026-10-25T02:30:00+01:00"), "Europe/Bratislava")
@example(at("2014-10-26T01:30:00+03:00"), "Europe/Moscow")
def test_a_moment_written_down_is_read_as_that_moment_or_asked_about(when: Timestamp, name: str) -> None:
    zone = ZoneInfo(name)
    full = spelled(when.micros, zone)
    assert read_taken_at(full, LAST, zone) == when
    local = f"{moment(when, zone):%d.%m.%Y %H:%M:%S}"
    read = read_taken_at(local, LAST, zone)
    if isinstance(read, Message):
        assert full in {str(value) for value in read.values.values()}
    else:
        assert read == when


# ------------------------------------------------------------------------------------ any text, any clock

OFFSETS = st.integers(-24 * 60 + 1, 24 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))
PIECES = st.sampled_from(
    (
        *("31", ".", "12", "2025", " ", "10", ":", "40", "h", "pm", "/", "-", "dec", "last", "week", "days"),
        *("in", "2", "years", "to", "today", "yesterday", "at", ",", "+02:00", "z", "9999", "0", "t", "uhr"),
    )
)
TEXTS = ANY_TEXT | st.lists(PIECES, max_size=9).map("".join) | st.lists(PIECES, max_size=6).map(" ".join)


@given(TEXTS, st.integers(1, LAST.micros).map(Timestamp), OFFSETS | st.sampled_from([BERLIN, UTC]))
@example("yesterday 10:40", Timestamp(1), timezone(timedelta(hours=-23)))
@example("last 9999 days", Timestamp(1), timezone(timedelta(hours=23)))
@example("9999 years", LAST, timezone(timedelta(hours=23)))
@example("9999 days", LAST, timezone(timedelta(hours=-23)))
@example("tomorrow", LAST, UTC)
@example("29 feb 10:00", Timestamp(1), UTC)
def test_any_text_is_read_or_said_why_not_at_any_time(text: str, now: Timestamp, zone: tzinfo) -> None:
    taken_at = read_taken_at(text, now, zone)
    assert isinstance(taken_at, Message) or taken_at <= now
    end = read_valid_until(text, now, now, zone)
    assert isinstance(end, Message) or end.seconds is None or end.seconds * 1_000_000 > now.micros
    found = read_days(text, now, zone)
    assert found is None or isinstance(found, Message) or found[0] <= found[1]
    for read in (taken_at, end, found):
        assert not isinstance(read, Message) or str(read).strip()
    for told in (tell_read(text, taken_at, zone), tell_read(text, end, zone)):
        assert told is None or str(told).startswith("Read as ")


def test_a_bare_number_is_never_a_clock_time() -> None:
    for digits, digit in product(range(1, 80), "1290"):
        read = read_taken_at(digit * digits, LAST, UTC)
        if digits != 10 or digit == "0":
            assert isinstance(read, Message)
        else:
            assert isinstance(read, Message) or read.micros == int(digit * 10) * 1_000_000


@pytest.mark.parametrize(
    "piece", ["1", "1 ", " ", "1.", "a", "10:40 ", "last ", "-", "–", "..", " to ", "\n"]
)
def test_a_pasted_megabyte_is_answered_at_once(piece: str) -> None:
    for text in (piece * (1_000_000 // len(piece)), (piece * 80)[:80]):
        begun = perf_counter()
        for read in (
            read_taken_at(text, NOW, BERLIN),
            read_valid_until(text, NOW, NOW, BERLIN),
            read_days(text, NOW, BERLIN),
        ):
            assert not isinstance(read, Message) or len(str(read)) < 200
        assert perf_counter() - begun < 0.5


class Nowhere(Berlin):
    """A zone of which the system knows nothing beyond some year."""

    def fromutc(self, moment: datetime) -> datetime:
        if moment.year > 2200:
            raise OSError(22, "Invalid argument")
        return super().fromutc(moment)


def test_a_year_that_the_system_does_not_know_is_a_problem() -> None:
    assert "no such date or time" in no_end("3000-01-01", Nowhere())
    assert "no such date or time" in not_taken("3000-01-01 10:00", NOW, Nowhere())
    assert isinstance(read_days("2230", NOW, Nowhere()), Message)
