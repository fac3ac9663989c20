"""What was noted here a moment ago, and a look-up does not show yet: it asks no wrong question."""

import json
from collections.abc import Iterator

import pytest

from consent_desk.sandbox.server import Sandbox
from tests.ui import controls
from tests.ui.desks import SEED, OpenDesk, events
from tests.ui.lookup.test_presenter import (
    JANE,
    everything_of_which_one_holds,
    known,
    question,
    type_case,
    wait_until_known,
)

NOT_YET = " was noted here at "
A_DAY = 86_400.0


@pytest.fixture(autouse=True)
def look_ups() -> None:
    """They are made here."""


@pytest.fixture
def engagement() -> Iterator[Sandbox]:
    """What is written does not show while a test lasts."""
    with Sandbox({**SEED, "customers": [JANE]}, delay=A_DAY) as sandbox:
        yield sandbox


def opt_out(desk: OpenDesk, customer: str = "jane@example.com", words: str = "accepted since") -> None:
    """Look the customer up, then send."""
    type_case(desk, customer)
    wait_until_known(desk, words)
    controls.press(desk.window, "Send")
    desk.go_on()
    desk.wait_for_status("new, empty profile" if "No customer" in words else "Delivered")
    desk.bot.waitUntil(lambda: known(desk) == "")


def opt_in(desk: OpenDesk) -> None:
    type_case(desk)
    wait_until_known(desk, "accepted since")
    send_opt_in(desk)


def send_opt_in(desk: OpenDesk) -> None:
    desk.choose_opt_in()
    controls.press(desk.window, "Send")


def test_what_was_noted_here_is_shown_beside_what_is_known(acme: OpenDesk) -> None:
    opt_out(acme)
    type_case(acme)
    wait_until_known(acme, f"An opt-out{NOT_YET}")
    assert known(acme).startswith("SMS marketing: accepted since ")
    assert ", it may not show yet. Looked up at " in known(acme)


def test_an_opt_in_after_an_opt_out_of_a_moment_ago_is_not_taken_for_a_second_one(acme: OpenDesk) -> None:
    opt_out(acme)
    opt_in(acme)
    assert question(acme) == ""
    acme.wait_for_line("Delivered, checking", "Delivered, checking")
    acme.wait_for_details("Before: not known")


def test_a_minute_later_a_look_up_is_believed(acme: OpenDesk) -> None:
    opt_out(acme)
    acme.clock.seconds_off += 61
    opt_in(acme)
    assert "SMS marketing: already accepted since" in question(acme)


def test_a_customer_whose_profile_was_made_here_is_not_asked_about(acme: OpenDesk) -> None:
    opt_out(acme, "new@example.com", "No customer with")
    type_case(acme, "new@example.com")
    wait_until_known(acme, f"No customer with registered = new@example.com. An opt-out{NOT_YET}")
    controls.press(acme.window, "Send")
    acme.bot.waitUntil(lambda: "this opt-out was noted here already, at" in question(acme))
    assert "No customer with" not in question(acme)
    acme.window.consent.question.choices[1].click()
    # Nothing new is learnt so soon: that profile may be our own.
    acme.wait_for_line("Delivered, checking", "New profile: check the ID")


def test_what_was_noted_for_a_customer_whose_data_was_removed_is_not_told_any_more(acme: OpenDesk) -> None:
    opt_out(acme)
    acme.wait_for_line("Delivered, checking")
    acme.person.answer = 1
    acme.remove_data()
    acme.wait_for_status("Removed from 1 consent")
    type_case(acme)
    wait_until_known(acme, "accepted since")
    assert NOT_YET not in known(acme)


@pytest.mark.parametrize(("answer", "sent"), [(0, 1), (1, 2)], ids=["left", "recorded again"])
def test_the_same_decision_minutes_later_is_asked_about(
    acme: OpenDesk, engagement: Sandbox, answer: int, sent: int
) -> None:
    opt_out(acme)
    type_case(acme)
    wait_until_known(acme, f"An opt-out{NOT_YET}")
    controls.press(acme.window, "Send")
    acme.bot.waitUntil(lambda: "SMS marketing: this opt-out was noted here already, at" in question(acme))
    acme.wait_for_line("Delivered, checking")
    acme.window.consent.question.choices[answer].click()
    acme.wait_for_line(*["Delivered, checking"] * sent)
    assert len(events(engagement)) == sent


def test_what_was_left_out_stays_so_where_the_rest_is_a_repetition(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    opt_out(acme)
    everything_of_which_one_holds(acme)
    controls.press(acme.window, "Leave it, record the other one")
    acme.bot.waitUntil(lambda: "SMS marketing: this opt-out was noted here already" in question(acme))
    acme.go_on()
    acme.wait_for_events(engagement, 2)
    assert question(acme) == ""
    categories = [json.loads(event.body)["properties"]["category"] for event in events(engagement)]
    assert categories == ["sms_marketing"] * 2
