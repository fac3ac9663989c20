"""Hundreds of categories at once: each is gone through but a few times, and texts name some of them."""

from collections.abc import Iterator
from time import perf_counter

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.wire.category import Category
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.form.category_choice import CategoryChoice
from consent_desk.ui.form.category_rows import RowState
from tests.ui import controls
from tests.ui.desks import OpenDesk

COUNT = 500
MANY = tuple(Category(f"category_{number}", f"Category {number}") for number in range(COUNT))
HELD = 20


@pytest.fixture
def engagement() -> Iterator[Sandbox]:
    held = [
        {"days_ago": 3, "properties": {"action": "reject", "category": f"c{number}"}}
        for number in range(HELD)
    ]
    seed = {
        "categories": [{"id": f"c{number}"} for number in range(HELD + 1)],
        "customers": [{"customer_ids": {"registered": "jane@example.com"}, "consents": held}],
    }
    with Sandbox(seed) as sandbox:
        yield sandbox


def test_hundreds_are_offered_ticked_and_told_of_at_once(qtbot: QtBot) -> None:
    choice = CategoryChoice()
    qtbot.addWidget(choice)
    told: list[object] = []
    choice.changed.connect(lambda: told.append(choice.chosen))
    began = perf_counter()
    choice.offer(MANY)
    choice.show_states({one.id: RowState(whole="accepted") for one in MANY})
    choice.every_one.click()
    took = perf_counter() - began
    assert told == [tuple(one.id for one in MANY)]
    # Of what a person takes for at once, a third; here it takes a tenth of that.
    assert took < 1.0


def test_a_tick_is_told_once(acme: OpenDesk) -> None:
    form = acme.window.consent
    acme.fill()
    form.offer_categories(MANY)
    acme.tick_all()
    told: list[Draft] = []
    form.draft_changed.connect(told.append)
    controls.boxes(acme.window)[3].click()
    assert [len(draft.categories) for draft in told] == [COUNT - 1]
    assert controls.button(acme.window, "Send").text() == f"Opt out of {COUNT - 1} categories"
    told.clear()
    controls.write(acme.window, "Ticket", "4")
    assert len(told) == 1


def test_hundreds_of_names_are_cut(acme: OpenDesk) -> None:
    form = acme.window.consent
    acme.fill()
    form.offer_categories(MANY)
    acme.tick_all()
    notes = [one.text() for one in form.findChildren(QLabel) if "Category 1" in one.text()]
    assert notes
    assert all(len(text) < 500 for text in notes)


class TestWithLookUps:
    @pytest.fixture(autouse=True)
    def look_ups(self) -> None:
        """They are made here."""

    def test_of_many_that_hold_already_some_are_named_and_all_are_left(
        self, acme: OpenDesk, engagement: Sandbox
    ) -> None:
        acme.fill(category="c0")
        acme.tick_all()
        acme.bot.waitUntil(lambda: "opted out since" in controls.known(acme.window))
        controls.press(acme.window, "Send")
        asked = controls.label(acme.window, "Question").splitlines()
        assert len(asked) == 13
        assert asked[-1] == "… and 8 more in which it holds already."
        controls.press(acme.window, "Leave them, record the other one")
        acme.wait_for_status("✓ Delivered")
        assert "Left as it was: " in acme.receipt
        written = [one for one in engagement.received if one.path.endswith("/customers/events")]
        assert len([one for one in written if one.path.startswith("/track/")]) == 1
