"""An opt-in where a look-up shows an opt-out, typed in the form: never without its basis and its wording."""

from collections.abc import Iterator
from typing import Any

import pytest

from consent_desk.engagement.calls import PAGE
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.checks import hold
from tests.ui import controls
from tests.ui.desks import SEED, OpenDesk, events
from tests.ui.lookup.test_presenter import (
    choices,
    held_back,
    known,
    look_ups,
    question,
    slow_acme,
    type_case,
    wait_until_known,
)

__all__ = ["held_back", "look_ups", "slow_acme"]

NOW = "The caller asked for it now"


def decided(category: str, source: str, action: str = "reject") -> dict[str, Any]:
    properties = {"action": action, "category": category, "source": source, "valid_until": "unlimited"}
    if action == "reject":
        del properties["valid_until"]
    return {"days_ago": 30, "properties": properties}


@pytest.fixture
def engagement() -> Iterator[Sandbox]:
    """Jane opted out of SMS herself, and of the newsletter by way of this desk; Omar did of SMS.

    The opt-in of Mona has ended.
    """
    jane = {
        "customer_ids": {"registered": "jane@example.com"},
        "consents": [decided("sms_marketing", "page"), decided("newsletter", "private_api")],
    }
    omar = {
        "customer_ids": {"registered": "omar@example.org"},
        "consents": [decided("sms_marketing", "page"), decided("newsletter", "page", "accept")],
    }
    unlimited = decided("sms_marketing", "page", "accept")
    ended = {**unlimited, "valid_for_days": 9}
    # More than is read of a history stands above what is looked for.
    newer = [{**decided("newsletter", "page"), "days_ago": 5}] * PAGE
    mona = {"customer_ids": {"registered": "mona@example.org"}, "consents": [ended, *newer]}
    with Sandbox({**SEED, "customers": [jane, omar, mona]}) as sandbox:
        yield sandbox


def opt_in(desk: OpenDesk) -> None:
    """Choose an opt-in without an end."""
    desk.choose_opt_in()


def begin(desk: OpenDesk, category: str = "sms_marketing", customer: str = "jane@example.com") -> None:
    """Type an opt-in of a customer who was looked up and is opted out."""
    type_case(desk, customer, category)
    label = {"sms_marketing": "SMS marketing", "newsletter": "Newsletter"}[category]
    wait_until_known(desk, f"{label}: opted out since ")
    opt_in(desk)


def explain(desk: OpenDesk) -> None:
    """Fill in what such an opt-in asks for."""
    desk.window.consent.wording.setPlainText("May we again?")
    controls.write(desk.window, "Explained by", NOW)


def asks_for_basis(desk: OpenDesk) -> bool:
    return controls.combo(desk.window, "Explained by").isVisible()


def told(desk: OpenDesk) -> str:
    """What stands above the wording."""
    shown = desk.window.consent.fields.opted_out
    return shown.text() if shown.isVisible() else ""


def wait_for_basis(desk: OpenDesk, wanted: str) -> None:
    desk.wait_for_details(f"Basis of the opt-in: {wanted}")


def test_nothing_is_sent_without_the_wording_and_the_basis(acme: OpenDesk, engagement: Sandbox) -> None:
    begin(acme)
    controls.press(acme.window, "Send")
    assert controls.focused_name(acme.window) == "Wording read out"
    acme.window.consent.wording.setPlainText("May we again?")
    controls.press(acme.window, "Send")
    assert controls.focused_name(acme.window) == "Explained by"
    assert question(acme) == ""
    assert events(engagement) == []


def test_in_a_low_window_the_reason_is_in_view_beside_what_is_asked_for(acme: OpenDesk) -> None:
    acme.window.resize(1024, 640)
    begin(acme)
    controls.press(acme.window, "Send")
    assert controls.focused_name(acme.window) == "Wording read out"
    reason = acme.window.consent.fields.opted_out
    acme.bot.waitUntil(lambda: reason.visibleRegion().boundingRect() == reason.rect())


def test_what_it_rests_on_is_noted_and_not_sent(acme: OpenDesk, engagement: Sandbox) -> None:
    begin(acme, "newsletter")
    explain(acme)
    controls.press(acme.window, "Send")
    wait_for_basis(acme, NOW)
    acme.wait_for_line("Delivered, checking")
    assert NOW.encode() not in events(engagement)[0].body
    assert not asks_for_basis(acme)
    assert told(acme) == ""


def test_an_opt_out_of_the_person_themselves_is_warned_of_and_asked_about(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    begin(acme)
    assert told(acme).startswith("▲ SMS marketing: opted out since ")
    assert "the person may have opted out themselves" in told(acme)
    explain(acme)
    controls.press(acme.window, "Send")
    assert "the person may have opted out themselves" in question(acme)
    assert choices(acme) == ["Leave it", "Record the opt-in"]
    assert events(engagement) == []
    acme.go_on()
    acme.wait_for_line("Delivered, checking")


def test_where_nobody_knows_which_of_the_two_it_was_it_is_asked(acme: OpenDesk, engagement: Sandbox) -> None:
    type_case(acme, "mona@example.org")
    wait_until_known(acme, "SMS marketing: opted out, or accepted and ended (not known which) since ")
    opt_in(acme)
    controls.press(acme.window, "Send")
    assert "did this person opt out, or did the opt-in end? That is not known" in question(acme)
    assert choices(acme) == ["Leave it", "Record the opt-in"]
    assert events(engagement) == []


def test_an_answer_that_comes_after_the_opt_in_was_chosen_asks_as_well(acme: OpenDesk) -> None:
    controls.choose_category(acme.window, "sms_marketing")
    opt_in(acme)
    controls.paste(acme.window, "Customer ID", "jane@example.com")
    acme.bot.waitUntil(lambda: asks_for_basis(acme))
    assert "Wording read out: Write what was read out" in acme.window.consent.send.accessibleDescription()


def test_an_opt_out_asks_for_none(acme: OpenDesk) -> None:
    begin(acme)
    controls.button(acme.window, "Opt out (reject)").click()
    assert not asks_for_basis(acme)
    assert told(acme) == ""


def test_what_one_opt_in_rests_on_is_not_left_for_another_customer(acme: OpenDesk) -> None:
    begin(acme)
    controls.write(acme.window, "Explained by", NOW)
    controls.write(acme.window, "Customer ID", "omar@example.org")
    acme.bot.waitUntil(lambda: asks_for_basis(acme), timeout=10_000)
    assert acme.window.consent.draft().basis == ""


def test_of_several_only_what_turns_an_opt_out_is_noted_with_it(acme: OpenDesk) -> None:
    type_case(acme, "omar@example.org")
    wait_until_known(acme, "SMS marketing: opted out since ")
    acme.tick_all()
    controls.button(acme.window, "Opt in (accept)").click()
    controls.write(acme.window, "Valid until", "2030-12-31")
    assert told(acme).startswith("▲ SMS marketing: opted out since ")
    explain(acme)
    controls.press(acme.window, "Send")
    acme.go_on()
    acme.wait_for_line("2 delivered")
    model = acme.window.log.model
    model.toggle(0)
    entries = {row: model.entry(row) for row in (1, 2)}
    rows = {entry.category: row for row, entry in entries.items() if entry is not None}
    acme.choose_line(rows["sms_marketing"])
    wait_for_basis(acme, NOW)
    acme.choose_line(rows["newsletter"])
    acme.bot.waitUntil(lambda: "newsletter" in acme.details("Request"))
    assert "Basis of the opt-in" not in acme.details("Explanation")


def test_without_an_answer_an_opt_in_goes_as_it_is(
    slow_acme: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "HOLD_OPT_IN", 50)
    type_case(slow_acme)
    assert known(slow_acme) == "Looking up…"
    opt_in(slow_acme)
    controls.press(slow_acme.window, "Send")
    assert question(slow_acme) == ""
    slow_acme.wait_for_line("Delivered, checking")
