"""What could not be noted of one caller leaves nothing in the form of the next one."""

import json
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from consent_desk.domain.consent.draft import NOW, Draft
from consent_desk.sandbox.server import Sandbox
from tests.ui import controls
from tests.ui.desks import OpenDesk, events
from tests.ui.outcomes.disks import full_disk, slow_disk


@pytest.fixture
def not_noted(acme: OpenDesk) -> OpenDesk:
    """An opt-in with all that a form can hold could not be noted."""
    acme.fill()
    acme.choose_opt_in()
    for name, text in (
        ("Valid until", "2031-12-31"),
        ("Ticket", "4711"),
        ("Taken at", "2026-01-05 10:40"),
        ("Channel", "phone"),
        ("Wording read out", "May we?"),
    ):
        controls.write(acme.window, name, text)
    controls.press(acme.window, "Add property")
    controls.write(acme.window, "Property 1 name", "campaign")
    controls.write(acme.window, "Property 1 value", "spring")
    with full_disk():
        controls.press(acme.window, "Send")
        acme.go_on()
        acme.wait_for_status("✖ NOT NOTED")
    return acme


def empty(desk: OpenDesk, customer: str) -> Draft:
    """The form with nothing in it but a customer ID."""
    agent = desk.window.consent.draft().agent
    return Draft(customer_id_type="registered", customer_id=customer, agent=agent, taken_at=NOW)


def test_with_the_next_callers_id_the_rest_goes_and_the_typing_stays(not_noted: OpenDesk) -> None:
    line = not_noted.window.consent.customer_id
    type_id(not_noted, "omar")
    QTest.keyClick(line, Qt.Key.Key_Left)
    QTest.keyClick(line, Qt.Key.Key_X)
    assert not_noted.window.consent.draft() == empty(not_noted, "omaxr")
    assert len(not_noted.not_noted) == 1
    assert not_noted.note("Categories") == ""


def test_what_is_not_noted_once_more_empties_nothing(acme: OpenDesk) -> None:
    with full_disk():
        controls.write(acme.window, "Ticket", "4711")
        acme.send()
        acme.wait_for_status("✖ NOT NOTED")
        controls.write(acme.window, "Customer ID", "j")
        assert acme.receipt == ""
        controls.write(acme.window, "Ticket", "4711")
        acme.fill()
        before = acme.window.consent.draft()
        controls.press(acme.window, "Send")
        acme.wait_for_status("✖ NOT NOTED, and nothing was sent.\njane@example.com")
    assert acme.window.consent.draft() == before


def test_another_type_of_id_is_another_caller_too(not_noted: OpenDesk) -> None:
    types = controls.combo(not_noted.window, "Customer ID type")
    types.addItem("cookie")
    types.setCurrentText("cookie")
    kept = empty(not_noted, "jane@example.com")
    assert not_noted.window.consent.draft() == replace(kept, customer_id_type="cookie")


def test_what_is_changed_for_the_same_caller_stays(not_noted: OpenDesk) -> None:
    before = not_noted.window.consent.draft()
    controls.write(not_noted.window, "Ticket", "4712")
    assert not_noted.window.consent.draft() == replace(before, ticket="4712")
    assert not_noted.not_noted == []


def dismiss(desk: OpenDesk) -> None:
    desk.window.receipt.dealings.copy.click()
    desk.window.receipt.dealings.dismiss.click()
    assert desk.receipt == ""


def type_id(desk: OpenDesk, customer: str) -> None:
    """Type another ID over the one that stands there."""
    line = desk.window.consent.customer_id
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, customer)


def test_dismissed_it_leaves_nothing_to_the_next_caller_either(not_noted: OpenDesk) -> None:
    dismiss(not_noted)
    type_id(not_noted, "omar")
    assert not_noted.window.consent.draft() == empty(not_noted, "omar")


def test_what_is_typed_for_the_next_caller_once_it_is_dismissed_stays(not_noted: OpenDesk) -> None:
    dismiss(not_noted)
    controls.write(not_noted.window, "Ticket", "4712")
    type_id(not_noted, "omar")
    assert not_noted.window.consent.draft() == replace(empty(not_noted, "omar"), ticket="4712")
    # That caller's ID may be mistyped.
    type_id(not_noted, "anne")
    assert not_noted.window.consent.draft() == replace(empty(not_noted, "anne"), ticket="4712")


def test_noted_after_it_was_dismissed_it_is_forgotten(not_noted: OpenDesk, engagement: Sandbox) -> None:
    dismiss(not_noted)
    controls.press(not_noted.window, "Send")
    not_noted.go_on()
    not_noted.wait_for_events(engagement, 1)
    not_noted.bot.waitUntil(lambda: not_noted.noted != "")
    controls.write(not_noted.window, "Customer ID", "jane@example.com")
    controls.write(not_noted.window, "Ticket", "4711")
    type_id(not_noted, "omar")
    assert not_noted.window.consent.draft().ticket == "4711"


def test_tried_again_it_is_what_was_meant_then(not_noted: OpenDesk, engagement: Sandbox) -> None:
    controls.write(not_noted.window, "Customer ID", "omar")
    controls.press(not_noted.window, f"Try again: {not_noted.not_noted[0].removeprefix('NOT NOTED: ')}")
    not_noted.wait_for_events(engagement, 1)
    sent = json.loads(events(engagement)[0].body)
    assert sent["customer_ids"] == {"registered": "jane@example.com"}
    told = sent["properties"]
    assert (told["action"], told["message"], told["campaign"]) == ("accept", "May we?", "spring")
    assert not_noted.window.consent.draft() == empty(not_noted, "omar")


def test_what_was_typed_for_the_next_one_while_it_was_noted_stays(
    acme: OpenDesk,
) -> None:
    controls.write(acme.window, "Ticket", "4711")
    acme.fill()
    with slow_disk(is_full=True):
        controls.press(acme.window, "Send")
        controls.write(acme.window, "Customer ID", "omar")
        controls.tick(acme.window, "Newsletter")
    acme.bot.waitUntil(lambda: acme.not_noted != [])
    draft = acme.window.consent.draft()
    assert (draft.customer_id, draft.categories, draft.ticket) == (
        "omar",
        ("sms_marketing", "newsletter"),
        "",
    )
