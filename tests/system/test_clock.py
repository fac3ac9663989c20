"""Local times are those of where the computer is by now."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from consent_desk.system.clock import LocalZone, now, readable, steady

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Sets `TZ`, and has the C library forget it at the end."""
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows asks for its zone each time")
def test_local_times_follow_a_zone_that_changes_while_the_program_is_open(zone: pytest.MonkeyPatch) -> None:
    local = LocalZone()
    seen = []
    for name in ("Europe/Vienna", "Asia/Tokyo", "America/New_York"):
        zone.setenv("TZ", name)
        at = NOON.astimezone(local)
        seen.append((at.hour, at.tzname(), at.astimezone(UTC).hour))
    assert seen == [(14, "CEST", 12), (21, "JST", 12), (8, "EDT", 12)]


@pytest.mark.parametrize(
    "micros",
    [-(10**18), -10, 0, 1, 86_400_000_000, 7_258_118_400_000_000, 2**33 * 1_000_000, 10**18],
)
def test_a_clock_of_another_age_is_read_as_one_of_the_seventies_that_goes_on(micros: int) -> None:
    read = readable(micros)
    assert 0 < read.micros < 631_152_000_000_000
    assert readable(micros + 5).micros == read.micros + 5


@pytest.mark.parametrize("micros", [172_800_000_000, 1_780_228_800_000_000, 7_258_118_399_999_999])
def test_any_other_clock_is_read_as_it_is(micros: int) -> None:
    assert readable(micros).micros == micros


def test_the_clock_and_what_passes_go_on() -> None:
    first, passed = now(), steady()
    assert now() >= first
    assert steady() >= passed
