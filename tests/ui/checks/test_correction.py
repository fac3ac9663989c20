"""*Correct…* on a line: what held before comes back, linked, and never an opt-in without its basis."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import time

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from consent_desk.delivery.outbox import Outbox
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.values import Consent, ValidUntil
from consent_desk.domain.lifecycle.record import Context, Entry
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.project import Project
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import SEED, MemoryKeyring, OpenDesk, events, keep, real

BETA = "11111111-6f43-4d3a-9a0c-0f6d1f3f5a11"

ACCEPTED = CategoryStatus(
    valid=True, since=time() - 100_000, source="page", until=ValidUntil(), wording="May we?"
)
REJECTED = replace(ACCEPTED, valid=False, until=None, wording="")


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> dict[str, Context]:
    """What was known before the next consents are noted, by their category: as a look-up tells it."""
    known: dict[str, Context] = {}
    note_all = Outbox.note_all

    def with_what_was_known(
        outbox: Outbox, project: Project, consents: Sequence[tuple[Consent, Context]]
    ) -> tuple[Entry, ...]:
        told = [
            (one, known.pop(one.category, context) if context.corrects is None else context)
            for one, context in consents
        ]
        return note_all(outbox, project, told)

    monkeypatch.setattr(Outbox, "note_all", with_what_was_known)
    return known


def deliver(desk: OpenDesk, says: str = "Delivered") -> None:
    """Note and send the tutorial's case."""
    desk.send()
    desk.wait_for_status(says)
    desk.bot.waitUntil(controls.button(desk.window, "Correct").isEnabled)


def correct(desk: OpenDesk) -> None:
    controls.press(desk.window, "Correct")


def correction(desk: OpenDesk) -> str:
    return controls.label(desk.window, "Correction")


def wait_until_filled(desk: OpenDesk) -> None:
    desk.bot.waitUntil(lambda: controls.line(desk.window, "Customer ID").text() == "jane@example.com")


def correct_delivered(desk: OpenDesk, before: dict[str, Context]) -> None:
    before["sms_marketing"] = Context(before=ACCEPTED)
    deliver(desk)
    correct(desk)
    wait_until_filled(desk)


@pytest.fixture
def filled(acme: OpenDesk, before: dict[str, Context]) -> None:
    """The form holds the correction of an opt-out that was delivered."""
    correct_delivered(acme, before)


def write_wording(desk: OpenDesk, text: str) -> None:
    desk.window.consent.wording.setPlainText(text)


def test_an_earlier_opt_in_comes_back_and_asks_for_its_basis(
    acme: OpenDesk, engagement: Sandbox, filled: None
) -> None:
    draft = acme.window.consent.draft()
    assert (draft.action, draft.valid_until, draft.wording) == (Action.ACCEPT, "unlimited", "")
    assert correction(acme).startswith("➜ Corrects the opt-out of SMS marketing, ")
    assert controls.focused_name(acme.window) == "Wording read out"
    write_wording(acme, "May we again?")
    controls.line(acme.window, "Ticket").setFocus()
    arrived = len(engagement.received)
    controls.press(acme.window, "Send")
    assert controls.focused_name(acme.window) == "Explained by"
    assert len(engagement.received) == arrived
    controls.write(acme.window, "Explained by", "The caller asked for it now")
    controls.press(acme.window, "Send")
    acme.wait_for_details("Basis of the opt-in: The caller asked for it now")
    assert "Corrects the consent with request ID: " in acme.details("Explanation")
    assert b"The caller asked" not in b"".join(each.body for each in engagement.received)
    assert controls.line(acme.window, "Customer ID").text() == ""
    assert not controls.combo(acme.window, "Explained by").isVisible()
    assert acme.window.consent.correction.isHidden()


def is_seen_whole(widget: QWidget) -> bool:
    return widget.visibleRegion().boundingRect().size() == widget.size()


@pytest.mark.parametrize("size", [QSize(1280, 800), QSize(1024, 640)], ids=["1280x800", "1024x640"])
def test_what_is_corrected_and_what_it_lacks_are_seen(
    acme: OpenDesk, before: dict[str, Context], size: QSize
) -> None:
    acme.window.resize(size)
    correct_delivered(acme, before)
    acme.bot.waitUntil(lambda: is_seen_whole(acme.window.consent.correction))
    controls.press(acme.window, "Send")
    acme.bot.waitUntil(lambda: controls.focused_name(acme.window) == "Wording read out")
    acme.bot.waitUntil(lambda: is_seen_whole(acme.window.consent.notes.note(Field.WORDING)))
    assert acme.window.consent.notes.note(Field.WORDING).text().startswith("⚠ Write what was read out")


def test_where_nobody_looked_nothing_is_filled_and_it_says_why(acme: OpenDesk) -> None:
    deliver(acme)
    correct(acme)
    acme.wait_for_status("What held before is not known")
    assert controls.line(acme.window, "Customer ID").text() == ""


def test_what_stands_in_the_form_is_replaced_only_with_a_yes(
    acme: OpenDesk, before: dict[str, Context]
) -> None:
    before["sms_marketing"] = Context(before=ACCEPTED)
    deliver(acme)
    acme.fill("omar@example.org")
    correct(acme)
    acme.wait_for_question(1)
    assert controls.line(acme.window, "Customer ID").text() == "omar@example.org"
    acme.person.answer = 1
    correct(acme)
    wait_until_filled(acme)


def test_a_form_about_somebody_else_corrects_nothing_and_opts_nobody_in(acme: OpenDesk, filled: None) -> None:
    controls.write(acme.window, "Customer ID", "omar@example.org")
    draft = acme.window.consent.draft()
    assert (draft.action, draft.corrects, draft.wording) == (Action.REJECT, "", "")
    assert acme.window.consent.correction.isHidden()
    assert '"reject"' in controls.raw_text(acme.window, "Request body")


def test_a_correction_can_be_dropped_and_leaves_no_opt_in(acme: OpenDesk, filled: None) -> None:
    controls.press(acme.window, "No correction")
    draft = acme.window.consent.draft()
    assert (draft.action, draft.corrects) == (Action.REJECT, "")


def test_choosing_the_same_project_again_leaves_the_correction(acme: OpenDesk, filled: None) -> None:
    controls.write(acme.window, "Explained by", "By mistake.")
    begun = acme.window.consent.draft()
    acme.choose_again()
    assert begun.corrects
    assert acme.window.consent.draft() == begun
    assert correction(acme).startswith("➜ Corrects the opt-out of SMS marketing, ")


def test_before_and_after_stand_in_the_details_and_in_the_tooltip(
    acme: OpenDesk, before: dict[str, Context]
) -> None:
    before["sms_marketing"] = Context(before=ACCEPTED)
    deliver(acme)
    acme.clock.seconds_off += 31
    acme.wait_for_line("Verified")
    acme.wait_for_details("Change: sms_marketing: accepted → opted out, verified ")
    tip = acme.window.log.model.index(0, 4).data(3)
    assert "sms_marketing: accepted → opted out, verified " in tip


def test_a_line_that_was_not_looked_at_learns_its_tooltip(acme: OpenDesk) -> None:
    deliver(acme)
    model = acme.window.log.model
    model._changes.clear()
    assert not model.index(0, 4).data(3)
    acme.bot.waitUntil(
        lambda: "sms_marketing: not known → opted out, not verified" in str(model.index(0, 4).data(3))
    )


def test_what_was_not_sent_cannot_be_corrected(acme: OpenDesk) -> None:
    assert not controls.button(acme.window, "Correct").isEnabled()


@pytest.fixture
def beta(
    open_desk: OpenOne, folders: Folders, keyring: MemoryKeyring, engagement: Sandbox
) -> Iterator[tuple[OpenDesk, Sandbox]]:
    """A desk with two projects: Acme production is chosen, Beta shop leads elsewhere."""
    with Sandbox(SEED) as elsewhere:
        keep(folders, keyring, real(elsewhere, id=BETA, name="Beta shop"), real(engagement))
        desk = open_desk(keyring)
        choose(desk, "Acme production")
        yield desk, elsewhere


def choose(desk: OpenDesk, name: str) -> None:
    desk.wait_ready()
    if desk.project != name:
        desk.choose_project(name)
        desk.bot.waitUntil(lambda: desk.project == name)
    desk.wait_ready()
    desk.wait_for_categories()


def test_a_correction_that_was_begun_ends_with_its_project(
    beta: tuple[OpenDesk, Sandbox], before: dict[str, Context]
) -> None:
    desk, elsewhere = beta
    correct_delivered(desk, before)
    choose(desk, "Beta shop")
    draft = desk.window.consent.draft()
    assert (draft.action, draft.corrects) == (Action.REJECT, "")
    assert events(elsewhere) == []
