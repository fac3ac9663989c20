"""On a computer whose clock is of another age the program starts, and stamps nothing wrongly."""

import json
import time
from email.utils import formatdate
from pathlib import Path

from tests.end_to_end.desk import PATIENCE, Desk, Engagement, entries, keep_project, linux

pytestmark = linux

DAY = 86_400
LONG_AGO, FAR_AHEAD = -30_000_000, 10_413_792_000
"""Clocks that show the years 1969 and 2300."""


def wait_for_text(desk: Desk, words: str) -> None:
    """Wait until any widget holds `words`."""
    until = time.monotonic() + PATIENCE
    while not any(words in text for text in desk.tell("every_text")):
        assert time.monotonic() < until, words


def test_without_anybody_to_tell_the_time_it_says_that_the_clock_is_wrong_and_notes_nothing(
    home: Path, engagement: Engagement, keyring: dict[str, str]
) -> None:
    keep_project(home, engagement.project(), keyring)
    with Desk(home, "--clock", str(LONG_AGO), env=keyring) as desk:
        desk.type_tutorial()
        said = "\n".join(desk.tell("every_text"))
        assert "This computer's clock is wrong: it shows a time long ago, or far ahead. Set it right" in said
        desk.tell("keys", "Ctrl+Return")
        desk.type("Customer ID", "john@example.com")
        desk.close()
    assert entries(desk.journal) == ()
    assert engagement.sent.empty()


def test_once_engagement_has_told_the_time_an_opt_out_is_stamped_by_that(
    home: Path, engagement: Engagement, keyring: dict[str, str]
) -> None:
    engagement.headers = f"Date: {formatdate(usegmt=True)}\r\n".encode()
    keep_project(home, engagement.project(), keyring)
    with Desk(home, "--clock", str(FAR_AHEAD), env=keyring) as desk:
        desk.type_tutorial()
        wait_for_text(desk, "stamped by Engagement's time")
        desk.press("Send")
        body = json.loads(engagement.next().partition(b"\r\n\r\n")[2])
        assert abs(body["timestamp"] - time.time()) < 60
        desk.wait("Response log", "Delivered")
        desk.close()
    [entry] = entries(desk.journal)
    assert abs(entry.noted_at.seconds - time.time()) < DAY
