from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.wire.outcome import Answered
from consent_desk.domain.wire.server_clock import (
    Moment,
    clock_off,
    complaint_about_clock,
    http_date,
    is_off,
    later_than,
    tell_off,
)
from tests.consents import NOON, later

DATE = "Sun, 31 May 2026 12:00:00 GMT"


def dated(date: str, elapsed: float = 0.0) -> Answered:
    return Answered(status=200, headers=(("Date", date),), body=b"", elapsed=elapsed)


def test_an_http_date_is_read_in_any_language_of_the_user() -> None:
    assert http_date(DATE) == NOON.micros // 1_000_000
    assert http_date(f" {DATE} ") == NOON.micros // 1_000_000


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_http_date_is_read(moment: datetime) -> None:
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    text = (
        f"{days[moment.weekday()]}, {moment.day:02} {months[moment.month - 1]} {moment.year} "
        f"{moment:%H:%M:%S} GMT"
    )
    assert http_date(text) == int(moment.timestamp())


@pytest.mark.parametrize(
    "text",
    ["", "now", "Sun, 31 Feb 2026 12:00:00 GMT", "Sun, 31 May 2026 25:00:00 GMT", DATE[:-4], "²" + DATE],
)
def test_anything_else_is_no_http_date(text: str) -> None:
    assert http_date(text) is None


@pytest.mark.parametrize(
    ("seconds", "elapsed", "off"),
    [
        (0, 0, 0),
        (0.999, 0, 0),  # the header tells whole seconds
        (1.5, 0, 0.5),
        (61, 0, 60),
        (62, 0, 61),
        (62, 30, 31),  # it may have been under way for so long
        (-0.5, 0, -0.5),
        (-61, 20, -61),
        (1_000_000, 0, 999_999),
    ],
)
def test_a_clock_is_off_by_what_is_certain(seconds: float, elapsed: float, off: float) -> None:
    assert clock_off(dated(DATE, elapsed), later(seconds)) == pytest.approx(off)


def test_where_an_answer_has_no_date_the_system_time_counts() -> None:
    body = b'{"success": true, "time": %d}' % (NOON.micros // 1_000_000)
    answer = Answered(status=200, headers=(), body=body)
    assert clock_off(answer, later(7_200)) == pytest.approx(7_199)


def test_the_system_time_counts_before_the_date_which_says_whole_seconds() -> None:
    body = b'{"success": true, "time": %d}' % (NOON.micros // 1_000_000)
    answer = Answered(status=200, headers=(("Date", "Sun, 31 May 2026 09:00:00 GMT"),), body=body)
    assert clock_off(answer, NOON) == 0


@pytest.mark.parametrize(
    "answer",
    [
        # Of something on the way, which may have kept it.
        *(
            Answered(status=200, headers=(("Date", DATE), ("Age", age)), body=b"")
            for age in ("0", "7200", "", "soon")
        ),
        *(
            Answered(status=status, headers=(("Date", DATE),), body=b"\n<html>Log in")
            for status in (200, 403, 502)
        ),
        # Of a server that has no clock itself.
        dated("Thu, 01 Jan 1970 00:00:00 GMT"),
        dated("Wed, 01 Jan 2200 00:00:00 GMT"),
        Answered(status=200, headers=(), body=b'{"success": true, "time": 5}'),
        # Or none at all.
        Answered(status=200, headers=(), body=b'{"success": true}'),
        Answered(status=200, headers=(), body=b""),
        dated("soon"),
    ],
)
def test_an_answer_without_engagements_time_tells_nothing_of_the_clock(answer: Answered) -> None:
    assert clock_off(answer, later(7_200)) is None


def test_the_date_of_a_page_of_engagements_own_is_its_time() -> None:
    ours = Answered(status=500, headers=(("Date", DATE), ("x-request-id", "1")), body=b"<html>")
    assert clock_off(ours, later(7_200)) == 7_199


def test_a_clock_is_wrong_by_more_than_a_minute() -> None:
    assert not is_off(60)
    assert not is_off(-60)
    assert is_off(60.5)
    assert is_off(-61)


def test_a_correction_never_reuses_a_timestamp() -> None:
    assert later_than(NOON, None) == NOON
    assert later_than(later(1), NOON) == later(1)
    assert later_than(NOON, NOON) == Timestamp(NOON.micros + 1)
    assert later_than(NOON, later(5)) == Timestamp(later(5).micros + 1)


def test_a_timestamp_without_a_zone_is_written_in_utc() -> None:
    assert str(NOON) == "2026-05-31 12:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-61.4, "61 seconds slow"),
        (110, "110 seconds fast"),
        (119, "2 minutes fast"),
        (-120, "2 minutes slow"),
        (6_900, "115 minutes fast"),
        (7_199, "2 hours fast"),
        (-7_200, "2 hours slow"),
        (172_800, "2 days fast"),
        (-1_780_228_800, "20,604 days slow"),
        (1, "1 seconds fast"),
    ],
)
def test_how_far_a_clock_is_off_is_told_in_a_unit_of_its_size(seconds: float, words: str) -> None:
    assert str(tell_off(seconds)) == words


@pytest.mark.parametrize("micros", [1, 946_684_799_999_999, 7_258_118_400_000_000])
def test_a_clock_of_another_age_takes_no_decision(micros: int) -> None:
    assert str(complaint_about_clock(Moment(Timestamp(micros)))).startswith("This computer's clock is wrong")


def test_any_other_clock_does() -> None:
    assert complaint_about_clock(Moment(NOON)) is None
    assert complaint_about_clock(Moment(Timestamp(946_684_800_000_000))) is None
