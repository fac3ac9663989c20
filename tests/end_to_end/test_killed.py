"""Killed in the middle of anything, the next start knows what it knows, and sends nothing twice."""

import json
import signal
from pathlib import Path

from consent_desk.domain.lifecycle.state import State
from tests.end_to_end.desk import Desk, Engagement, accepting, keep_project, linux, silent, states

pytestmark = linux


def test_killed_during_a_call_it_is_unconfirmed_and_not_sent_again(
    home: Path, engagement: Engagement, keyring: dict[str, str]
) -> None:
    keep_project(home, engagement.project(), keyring)
    engagement.script = silent
    with Desk(home, env=keyring) as desk:
        desk.send_tutorial()
        engagement.next()
        desk.wait("Cancel this", "")
        desk.signal(signal.SIGKILL)
        desk.ended()
    assert states(desk.journal) == [State.IN_FLIGHT]
    engagement.script = accepting
    with Desk(home, env=keyring) as desk:
        desk.wait("Status", "1 not confirmed: the program ended while they were being sent.")
        assert "Not confirmed" in desk.wait("Response log", "jane@example.com")
        # What is sent next is the first that arrives since: nothing went out by itself.
        desk.send_tutorial("john@example.com")
        assert b"john@example.com" in engagement.next()
        desk.wait("Response log", "Delivered")
        desk.close(anyway=True)
    assert engagement.sent.empty()
    assert states(desk.journal) == [State.DELIVERED, State.UNCONFIRMED]


def test_killed_between_noting_and_sending_it_is_sent_once_by_the_next_start(
    home: Path, engagement: Engagement, keyring: dict[str, str]
) -> None:
    keep_project(home, engagement.project(), keyring)
    with Desk(home, "--die-before-sending", env=keyring) as desk:
        desk.send_tutorial()
        assert desk.ended() == -signal.SIGKILL
    assert states(desk.journal) == [State.QUEUED]
    assert engagement.sent.empty()
    for _ in range(2):
        with Desk(home, env=keyring) as desk:
            desk.wait("Response log", "Delivered")
            desk.close()
    body = json.loads(engagement.next().partition(b"\r\n\r\n")[2])
    assert body["customer_ids"] == {"registered": "jane@example.com"}
    assert engagement.sent.empty()
    assert states(desk.journal) == [State.DELIVERED]
