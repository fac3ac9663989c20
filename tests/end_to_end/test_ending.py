"""However the program is ended, and whatever hangs: it is gone soon, and leaves an honest journal."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.address import BaseUrl
from tests.end_to_end.desk import (
    Desk,
    Engagement,
    keep_project,
    keyring_session,
    linux,
    seconds_until_end,
    silent,
    states,
)
from tests.engagement.http.servers import busy_port

pytestmark = linux

WAYS = ("SIGTERM", "close button", "end of the session", "quit")
SOON = 3.0
"""Seconds: three times what is promised, because tests run on busy machines."""


def assert_ends(desk: Desk, way: str, *, outstanding: bool = False) -> None:
    """End the program in this way, and see that it does so in order.

    `outstanding`: something has not reached Engagement, which a person has to confirm.
    """
    if way.startswith("SIG"):
        desk.signal(getattr(signal, way))
    else:
        desk.tell("end", way)
    if outstanding and way in {"close button", "quit"}:
        desk.wait("Close anyway", "Close anyway")
        desk.press("Close anyway")
    seconds = seconds_until_end(desk)
    print(f"{way}: {seconds:.2f} s")
    assert (desk.process.returncode, desk.said) == (0, "")
    assert seconds < SOON


def start_a_call(desk: Desk, engagement: Engagement) -> None:
    """Send a consent that is not answered."""
    engagement.script = silent
    desk.set_up(engagement.project(), says="no keyring")
    desk.send_tutorial()
    engagement.next()
    desk.wait("Cancel this", "")


def test_an_idle_program_ends(home: Path) -> None:
    with Desk(home) as desk:
        desk.wait("Request URL", "http")
        assert_ends(desk, "SIGINT")
        assert not desk.journal.exists()


@pytest.mark.parametrize("way", WAYS)
def test_a_call_that_hangs_is_unconfirmed_at_the_end(home: Path, engagement: Engagement, way: str) -> None:
    with Desk(home) as desk:
        start_a_call(desk, engagement)
        desk.wait("Show what waits", "Waiting 1")
        assert_ends(desk, way, outstanding=True)
        assert states(desk.journal) == [State.UNCONFIRMED]


def test_a_call_that_never_connected_is_queued_at_the_end(home: Path, engagement: Engagement) -> None:
    with busy_port() as port, Desk(home) as desk:
        base_url = BaseUrl(scheme="http", host="127.0.0.1", port=port)
        desk.set_up(engagement.project(base_url=base_url), says="no keyring")
        desk.send_tutorial()
        desk.wait("Receipt", "○ Sending")
        desk.wait("Show what waits", "Waiting 1")
        assert_ends(desk, "close button", outstanding=True)
        assert states(desk.journal) == [State.QUEUED]


def test_a_keyring_that_hangs_holds_nothing_up(home: Path, engagement: Engagement) -> None:
    with keyring_session() as session:
        keep_project(home, engagement.project(), session)
        os.kill(int(session["KEYRING_PID"]), signal.SIGSTOP)
        with Desk(home, env=session) as desk:
            desk.wait("Project state", "Waiting for the keyring")
            assert_ends(desk, "close button")


def test_saving_in_a_keyring_that_hangs_holds_nothing_up(home: Path, engagement: Engagement) -> None:
    with keyring_session() as session, Desk(home, env=session) as desk:
        desk.wait("Request URL", "http")
        os.kill(int(session["KEYRING_PID"]), signal.SIGSTOP)
        desk.open_new_settings()
        desk.type_project(engagement.project())
        desk.press("Save")
        desk.wait("Save status", "Waiting for the keyring")
        assert_ends(desk, "SIGTERM")


def open_dialog(desk: Desk) -> None:
    desk.open_new_settings()
    desk.type("Project name", "Acme")


def open_question(desk: Desk) -> None:
    desk.send_tutorial("somebody@example.com")
    desk.wait("Practise", "Practise")


def open_question_about_typed_settings(desk: Desk) -> None:
    open_dialog(desk)
    desk.press("Cancel")
    desk.wait("Discard", "Discard")


@pytest.mark.parametrize(
    ("what", "way"),
    [
        (open_dialog, "SIGTERM"),
        (open_dialog, "close button"),
        (open_dialog, "end of the session"),
        (open_question, "end of the session"),
        (open_question_about_typed_settings, "SIGTERM"),
    ],
)
def test_what_is_open_in_the_window_holds_nothing_up(
    home: Path, what: Callable[[Desk], None], way: str
) -> None:
    with Desk(home) as desk:
        what(desk)
        assert_ends(desk, way)


def test_a_second_signal_changes_nothing(home: Path, engagement: Engagement) -> None:
    with Desk(home) as desk:
        start_a_call(desk, engagement)
        for name in ("SIGHUP", "SIGINT", "SIGTERM"):
            desk.signal(getattr(signal, name))
        assert_ends(desk, "SIGINT")
        assert states(desk.journal) == [State.UNCONFIRMED]


def test_a_demo_with_a_silent_server_ends(home: Path) -> None:
    with Desk(home, "--demo", "--fault", "silence") as desk:
        desk.wait("Request URL", "http")
        desk.press("Send")
        desk.wait("Cancel this", "")
        assert_ends(desk, "SIGINT")
        assert list((home / "tmp").iterdir()) == []
