"""An agent's five cases, end to end: the real program, a sandbox in the role of Engagement, a moved clock.

What arrives there, what the window says, and that it is verified as soon as the look-ups are due.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consent_desk.domain.lifecycle.state import State
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import resource
from tests.end_to_end.desk import Desk, entries, linux

pytestmark = linux

JANE, MEI, KOFI = "jane@example.com", "mei.tanaka@example.com", "kofi.mensah@example.org"
WRONG = "jane@exmaple.com"
UNKNOWN = f"No customer with registered = {WRONG}."
KNOWN = "What is known of this customer"
ANYWAY = "Record anyway: creates a profile"
LOOK_UP_IS_DUE = 31
"""Seconds after a send by which it is looked up."""


@pytest.fixture
def engagement() -> Iterator[Sandbox]:
    with Sandbox(json.loads(resource("sandbox.json").read_text(encoding="utf-8"))) as sandbox:
        yield sandbox


@contextmanager
def at_work(home: Path, engagement: Sandbox) -> Iterator[Desk]:
    """The program with a project of its own, ended at the end in order."""
    with Desk(home, "--movable-clock", env={"TZ": "UTC"}) as desk:
        project = replace(engagement.project, name="Acme production")
        desk.set_up(project, says="no keyring: this session only")
        desk.wait("Request URL", "/customers/events")
        desk.wait("Customer ID type", "registered")
        desk.tell("choose_category", "sms_marketing")
        desk.wait("Send", "SMS marketing")
        desk.press("Keep for this shift")
        yield desk
        desk.close()


def bodies(engagement: Sandbox) -> list[dict[str, Any]]:
    """The consent events that arrived, the oldest first."""
    return [json.loads(one.body) for one in engagement.received if one.path.startswith("/track/")]


def decisions(engagement: Sandbox) -> list[tuple[str, str, str]]:
    """Whose decision arrived about which category, the oldest first."""
    return [
        (body["customer_ids"]["registered"], body["properties"]["category"], body["properties"]["action"])
        for body in bodies(engagement)
    ]


def enter(desk: Desk, customer: str, known: str) -> None:
    """Type a customer ID, and wait until the look-up has told `known` of it."""
    desk.type("Customer ID", customer)
    desk.tell("keys", "Return")
    desk.wait(KNOWN, known)


def send(desk: Desk, customer: str) -> None:
    """Send what is in the form, until it is delivered."""
    desk.tell("keys", "Ctrl+Return")
    wait_for_delivery(desk, customer)


def wait_for_delivery(desk: Desk, customer: str) -> None:
    desk.wait("Receipt", f"✓ Noted. You can end the call.\n{customer} · opt-")
    desk.wait("Receipt", "✓ On this computer — ✓ Delivered")


NEW_PROFILE = "Went to a new, empty profile: Engagement knew no such customer."


def verify(desk: Desk, what: str) -> None:
    """Let the time of the look-ups come."""
    desk.tell("move_clock", LOOK_UP_IS_DUE)
    assert f" · {what} " in desk.wait("Receipt", "— ✔ Verified")


def test_a_known_customer_opts_out_of_sms_with_two_keys(home: Path, engagement: Sandbox) -> None:
    with at_work(home, engagement) as desk:
        # The caller before: since then the cursor waits in the customer ID.
        enter(desk, MEI, "SMS marketing: never asked")
        send(desk, MEI)
        desk.tell("copy", JANE)
        keys = ["Ctrl+V", "Ctrl+Return"]
        desk.tell("keys", keys[0])
        desk.wait(KNOWN, "SMS marketing: accepted since ")
        desk.tell("keys", keys[1])
        wait_for_delivery(desk, JANE)
        verify(desk, "opt-out")
        lines = desk.wait("Response log", "✔ Verified").splitlines()
        desk.wait("Response details", "Change: sms_marketing: accepted → opted out, verified ")
    assert decisions(engagement) == [(MEI, "sms_marketing", "reject"), (JANE, "sms_marketing", "reject")]
    assert [line.split(" | ")[4] for line in lines] == [JANE, MEI]
    # At most three were promised.
    assert len(keys) == 2


def test_an_unknown_customer_is_asked_about_and_corrected_or_recorded_without_an_alarm(
    home: Path, engagement: Sandbox
) -> None:
    with at_work(home, engagement) as desk:
        enter(desk, WRONG, UNKNOWN)
        desk.tell("keys", "Ctrl+Return")
        desk.wait("Question", f"{UNKNOWN} Opting out this ID stops no messages. Read it back to the caller.")
        desk.press("Correct the ID")
        desk.wait(KNOWN, UNKNOWN)
        assert desk.text("Response log") == ""
        enter(desk, JANE, "SMS marketing: accepted since ")
        send(desk, JANE)
        verify(desk, "opt-out")
        enter(desk, WRONG, UNKNOWN)
        desk.tell("keys", "Ctrl+Return")
        desk.wait("Question", UNKNOWN)
        desk.press(ANYWAY)
        desk.wait("Receipt", f"{NEW_PROFILE} You were asked about that, and sent it.")
        desk.tell("move_clock", LOOK_UP_IS_DUE)
        desk.wait("Response details", "in the history, Engagement shows no consent")
        desk.wait("Response details", "Before: Engagement knew no such customer")
        desk.wait("Response details", "Change: sms_marketing: no such customer → opted out, in a new profile")
    assert decisions(engagement) == [(JANE, "sms_marketing", "reject"), (WRONG, "sms_marketing", "reject")]


def test_an_opt_out_of_everything_is_one_press_and_one_line(home: Path, engagement: Sandbox) -> None:
    with at_work(home, engagement) as desk:
        enter(desk, JANE, "SMS marketing: accepted since ")
        keys = ["Alt+A", "Ctrl+Return"]
        desk.tell("keys", keys[0])
        desk.wait("Send", "Opt out of 6 categories")
        desk.tell("keys", keys[1])
        said = desk.wait("Receipt", "✓ 6 delivered — ○ ")
        assert f"{JANE} · opt-out of 6 categories · " in said
        desk.tell("move_clock", LOOK_UP_IS_DUE)
        desk.wait("Receipt", "✓ 6 delivered — ✔ 6 verified")
        [line] = desk.wait("Response log", "✔ 6 verified").splitlines()
    assert f" | {JANE} | 6 categories | " in line
    arrived = decisions(engagement)
    assert {(who, action) for who, _, action in arrived} == {(JANE, "reject")}
    assert len({category for _, category, _ in arrived}) == len(arrived) == 6
    # With the ID's paste, at most four were promised.
    assert len(keys) == 2


def test_an_opt_in_ends_on_the_day_that_was_typed(home: Path, engagement: Sandbox) -> None:
    with at_work(home, engagement) as desk:
        desk.tell("choose_category", "personal_offers")
        enter(desk, KOFI, "Personal offers: accepted since ")
        desk.press("Opt in (accept)")
        desk.wait("Valid until", "")
        desk.type("Valid until", "2030-12-31")
        desk.press("More details")
        desk.type("Wording read out", "May we send you offers chosen for you?")
        desk.wait("Send", "Opt in to Personal offers")
        send(desk, KOFI)
        verify(desk, "opt-in")
        desk.wait("Response details", "Change: personal_offers: ended → accepted, verified ")
    [body] = bodies(engagement)
    assert decisions(engagement) == [(KOFI, "personal_offers", "accept")]
    end = datetime.fromtimestamp(body["properties"]["valid_until"], UTC)
    assert end.date().isoformat() in {"2030-12-31", "2031-01-01"}
    assert body["properties"]["message"] == "May we send you offers chosen for you?"


def test_a_mistake_is_corrected_by_a_linked_consent(home: Path, engagement: Sandbox) -> None:
    with at_work(home, engagement) as desk:
        desk.tell("choose_category", "newsletter")
        enter(desk, JANE, "Newsletter: accepted since ")
        send(desk, JANE)
        # Found out at once: before the first look-up is due.
        desk.wait("Response details", "Change: newsletter: accepted → opted out, not verified")
        desk.press("Correct")
        desk.wait("Correction", "Corrects the opt-out of Newsletter, ")
        desk.wait(KNOWN, "Newsletter: opted out since ")
        desk.type("Wording read out", "May we send you the newsletter again?")
        desk.type("Explained by", "The wrong category was chosen")
        desk.tell("keys", "Ctrl+Return")
        desk.wait("Receipt", f"{JANE} · opt-in to Newsletter · ")
        desk.wait("Receipt", "✓ Delivered")
        desk.wait("Response details", "Corrects the consent with request ID: ")
        verify(desk, "opt-in")
        desk.wait("Response details", "Change: newsletter: opted out → accepted, verified ")
        # The wrong one stands in the history as well, and rules no more: that is no alarm.
        assert "In the history" in desk.text("Response log")
        wrong, right = reversed(entries(desk.journal))
    assert decisions(engagement) == [(JANE, "newsletter", "reject"), (JANE, "newsletter", "accept")]
    assert bodies(engagement)[1]["properties"]["valid_until"] == "unlimited"
    assert (wrong.state, right.state) == (State.SEEN, State.VERIFIED)
