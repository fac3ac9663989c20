"""What of all that is told somebody waits for."""

from typing import cast

import pytest

from consent_desk.delivery.events import (
    Changed,
    Counted,
    Event,
    Noted,
    Sending,
    Supplied,
    Withheld,
    is_awaited,
)
from consent_desk.delivery.scheduler import Outstanding
from consent_desk.domain.lifecycle.record import Entry

ENTRY = cast("Entry", None)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Noted(request_id="", entries=()), True),
        (Counted(outstanding=Outstanding()), True),
        (Sending(entry=ENTRY, by_person=True), True),
        (Sending(entry=ENTRY, by_person=False), False),
        (Withheld(entry=ENTRY, why=""), False),
        (Withheld(entry=ENTRY, why="", by_person=True), True),
        (Changed(entries=()), False),
        (Supplied(project_id=""), False),
    ],
)
def test_what_a_person_asked_for_and_what_the_window_may_be_closed_on_is_told_at_once(
    event: Event, expected: bool
) -> None:
    assert is_awaited(event) is expected
