"""Local times are those of where the computer is by now."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from consent_desk.adapters.clock import LocalZone

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
