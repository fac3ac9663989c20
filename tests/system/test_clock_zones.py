"""The time zone of this computer is the one that its database describes."""

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.dates import read_taken_at
from consent_desk.domain.message import Message
from consent_desk.system.clock import LocalZone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no process sets its zone there")

NAMES = (
    *("Europe/Bratislava", "Europe/Dublin", "Africa/Casablanca", "Africa/Cairo", "Asia/Beirut"),
    *("America/Santiago", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Moscow"),
)


@pytest.fixture(params=NAMES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneInfo]:
    """The zone in which this process lives meanwhile."""
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield ZoneInfo(request.param)
    monkeypatch.delenv("TZ") if before is None else monkeypatch.setenv("TZ", before)
    time.tzset()


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """Moments around which the clocks change, to six hours."""
    at, last = datetime(2008, 1, 1, tzinfo=UTC), None
    while at.year < 2027:
        offset = at.astimezone(zone).utcoffset()
        if last is not None and offset != last:
            yield at
        last = offset
        at += timedelta(hours=6)


def test_moments_and_local_times_are_those_of_the_zone(zone: ZoneInfo) -> None:
    here = LocalZone()
    for change in changes(zone):
        for minutes in range(-12 * 60, 8 * 60, 15):
            at = change + timedelta(minutes=minutes)
            local, expected = at.astimezone(here), at.astimezone(zone)
            assert (local.replace(tzinfo=None), local.fold) == (expected.replace(tzinfo=None), expected.fold)
            assert (local.utcoffset(), local.tzname()) == (expected.utcoffset(), expected.tzname())
            for fold in (0, 1):
                wall = at.replace(tzinfo=None, fold=fold)
                assert wall.replace(tzinfo=here).utcoffset() == wall.replace(tzinfo=zone).utcoffset()


@pytest.mark.parametrize("zone", ["Europe/Moscow"], indirect=True)
def test_an_hour_that_came_twice_is_asked_about_where_neither_was_summer_time(zone: ZoneInfo) -> None:
    now = Timestamp(1_800_000_000_000_000)
    found = read_taken_at("2014-10-26 01:30", now, LocalZone())
    assert isinstance(found, Message)
    assert "2014-10-26 01:30 +04:00 for the first one, 2014-10-26 01:30 +03:00" in str(found)


def test_no_moment_at_all_is_now() -> None:
    assert LocalZone().utcoffset(None) == datetime.now().astimezone().utcoffset()
