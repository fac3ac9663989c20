"""Hundreds of categories at once: each is gone through but a few times, and texts name some of them."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QListWidget, QPushButton
from pytestqt.qtbot import QtBot

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.wire.category import Category
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.form.several import SeveralChoice
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


class Wanted(list[str]):
    """IDs that may be gone through once, and are never searched."""

    gone_through = 0

    def __iter__(self) -> Iterator[str]:
        self.gone_through += 1
        return super().__iter__()

    def __contains__(self, item: object) -> bool:
        raise AssertionError("searched for each of them")


def offered(qtbot: QtBot) -> SeveralChoice:
    button = QPushButton()
    choice = SeveralChoice(button)
    for widget in (button, choice):
        qtbot.addWidget(widget)
    choice.offer(MANY)
    return choice


def test_the_ticked_ones_are_gone_through_once(qtbot: QtBot) -> None:
    choice = offered(qtbot)
    wanted = Wanted(one.id for one in MANY[1:])
    choice.tick(wanted)
    assert wanted.gone_through == 1
    assert choice.chosen() == tuple(one.id for one in MANY[1:])


def test_all_are_ticked_in_one_step(qtbot: QtBot) -> None:
    choice = offered(qtbot)
    steps: list[object] = []
    choice.list.selectionModel().selectionChanged.connect(lambda *change: steps.append(change))
    choice.every_one.click()
    choice.every_one.click()
    assert len(steps) == 2


def test_a_tick_is_told_once(acme: OpenDesk) -> None:
    form = acme.window.consent
    acme.fill()
    form.offer_categories(MANY)
    acme.tick_all()
    told: list[Draft] = []
    form.draft_changed.connect(told.append)
    controls.named(acme.window, "Categories to choose", QListWidget).item(3).setSelected(False)
    assert [len(draft.categories) for draft in told] == [COUNT - 1]
    assert controls.line(acme.window, "Category").text() == f"{COUNT - 1} categories"
    told.clear()
    controls.write(acme.window, "Ticket", "4")
    assert len(told) == 1


def test_hundreds_of_names_are_cut(acme: OpenDesk) -> None:
    form = acme.window.consent
    acme.fill()
    form.offer_categories(MANY)
    acme.tick_all()
    notes = [one.text() for one in form.findChildren(type(form.categories_age)) if "category_1" in one.text()]
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
        acme.bot.waitUntil(lambda: "rejected since" in acme.window.consent.known.chosen.text())
        controls.press(acme.window, "Send")
        asked = controls.label(acme.window, "Question").splitlines()
        assert len(asked) == 13
        assert asked[-1] == "… and 8 more in which it holds already."
        controls.press(acme.window, "Leave them, record the other one")
        acme.wait_for_status("✓ Delivered")
        assert "Left as it was: " in acme.receipt
        written = [one for one in engagement.received if one.path.endswith("/customers/events")]
        assert len([one for one in written if one.path.startswith("/track/")]) == 1
