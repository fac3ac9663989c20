"""Several categories with one press: each gets its own event, and all of them one line of outcome."""

import json
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from consent_desk.domain.errors import JournalError
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.message import say
from consent_desk.domain.wire.category import Category
from consent_desk.journal.journal import SqliteJournal
from consent_desk.sandbox.endpoints import Received
from consent_desk.sandbox.server import Sandbox
from tests.ui import controls
from tests.ui.desks import OpenDesk

CONTROL = Qt.KeyboardModifier.ControlModifier


def ticked(desk: OpenDesk) -> tuple[str, ...]:
    """All that is chosen."""
    return controls.chosen(desk.window)


FIRST, SECOND = 1, 2
"""The rows of a press that was unfolded."""

BOTH = ("sms_marketing", "newsletter")


def body(desk: OpenDesk) -> Any:
    return json.loads(controls.raw_text(desk.window, "Request body"))


def sent(engagement: Sandbox) -> list[Any]:
    return [json.loads(each.body) for each in engagement.received if "/track/" in each.path]


def test_categories_are_ticked_with_the_keyboard_alone(acme: OpenDesk) -> None:
    acme.fill()
    acme.key(Qt.Key.Key_G, Qt.KeyboardModifier.AltModifier)
    assert controls.focused_name(acme.window) == "SMS marketing"
    acme.key(Qt.Key.Key_Down)
    assert controls.focused_name(acme.window) == "Newsletter"
    acme.key(Qt.Key.Key_Space)
    assert ticked(acme) == BOTH
    acme.key(Qt.Key.Key_Tab)
    assert controls.focused_name(acme.window) == "Opt out (reject)"
    acme.key(Qt.Key.Key_Backtab)
    assert controls.focused_name(acme.window) == "Newsletter"


def test_all_go_out_one_after_the_other_as_the_preview_showed_them(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    acme.fill()
    acme.tick_all()
    assert ticked(acme) == BOTH
    said = "Opt out of SMS marketing and Newsletter"
    assert controls.button(acme.window, "Send").accessibleDescription() == said
    assert "general consent" in controls.button(acme.window, "All categories").toolTip()
    assert acme.note("Categories") == "All 2 of the project, each with an event of its own."
    controls.write(acme.window, "Ticket", "4711")
    shown = [body(acme)]
    controls.press(acme.window, "Next request")
    shown.append(body(acme))
    assert controls.label(acme.window, "Page of the preview") == "2 of 2"
    controls.press(acme.window, "Send")
    acme.wait_for_status("✓ 2 delivered — ○ Verified in about 30 s")
    arrived = sent(engagement)
    assert [one["properties"] for one in arrived] == [one["properties"] for one in shown]
    assert {one["properties"]["desk_ticket"] for one in arrived} == {"4711"}
    assert round((arrived[1]["timestamp"] - arrived[0]["timestamp"]) * 1e6) == 1
    acme.wait_for_line("2 delivered")


def test_copy_all_holds_every_request_without_the_key(acme: OpenDesk) -> None:
    acme.fill()
    acme.tick_all()
    copy = next(one for one in acme.window.preview.menu.actions() if one.text().startswith("All requests"))
    assert copy.isVisible()
    copy.trigger()
    text = QApplication.clipboard().text()
    assert text.count("POST ") == 2
    assert "sms_marketing" in text
    assert "newsletter" in text
    assert text.count("••••••••") == 2


def test_a_new_caller_starts_with_none_of_them(acme: OpenDesk) -> None:
    acme.fill(category="newsletter")
    acme.tick_all()
    controls.press(acme.window, "Send")
    acme.wait_for_status("2 delivered")
    assert ticked(acme) == ()
    acme.fill()
    assert not acme.window.preview.pages.isVisible()


def test_one_that_fails_does_not_stop_the_others_and_is_named(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.misbehave(Fault.DROP_AFTER_STORING, times=1)
    acme.fill()
    acme.tick_all()
    controls.press(acme.window, "Send")
    acme.wait_for_status("1 not confirmed: SMS marketing · 1 delivered")
    assert "▲" in acme.status
    assert "Do not enter it again" in acme.status
    acme.clock.seconds_off += 31
    acme.wait_for_status("✓ 2 delivered — ✔ 2 verified")


def one_waits_while_the_other_is_silent(
    desk: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = engagement._note

    def note_and_fall_silent(request: Received) -> Fault | None:
        fault = note(request)
        if fault is Fault.RATE_LIMIT_RETRY_AFTER:
            engagement.fault = Fault.SILENCE
        return fault

    monkeypatch.setattr(engagement, "_note", note_and_fall_silent)
    engagement.fault = Fault.RATE_LIMIT_RETRY_AFTER
    desk.fill()
    desk.tick_all()
    controls.press(desk.window, "Send")
    desk.bot.waitUntil(lambda: len(sent(engagement)) == 2)
    desk.bot.waitUntil(lambda: desk.window.log.model.rowCount() == 1)
    desk.window.log.model.toggle(0)


def test_cancelling_takes_back_what_waits_to_be_tried_again(
    acme: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_waits_while_the_other_is_silent(acme, engagement, monkeypatch)
    acme.cancel_line(FIRST)
    acme.cancel_line(SECOND)
    acme.wait_for_status("1 not recorded: SMS marketing · 1 not confirmed: Newsletter")


def test_what_is_discarded_of_several_is_said_so_in_the_line_of_all(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    engagement.misbehave(Fault.RATE_LIMIT_RETRY_AFTER, times=1)
    acme.fill()
    acme.tick_all()
    controls.press(acme.window, "Send")
    acme.wait_for_status("1 not sent yet: SMS marketing · 1 delivered")
    acme.window.log.discard_requested.emit(entry_of(acme, "sms_marketing").request_id, "a slip")
    acme.wait_for_status("1 not recorded · 1 delivered\nDiscarded: a slip")


def entry_of(desk: OpenDesk, category_id: str) -> Entry:
    model = desk.window.log.model

    def found() -> list[Entry]:
        entries = [model.entry(row) for row in range(model.rowCount())]
        return [one for one in entries if one is not None and one.category == category_id]

    desk.bot.waitUntil(lambda: bool(found()))
    return found()[0]


def test_all_are_ticked_and_unticked_by_one_key(acme: OpenDesk) -> None:
    acme.fill(category="newsletter")
    for expected in (BOTH, (), BOTH):
        acme.key(Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
        assert ticked(acme) == expected
    controls.tick(acme.window, "SMS marketing")
    assert ticked(acme) == ("newsletter",)
    assert not controls.button(acme.window, "All categories").isChecked()


def test_a_ticked_category_that_is_not_offered_any_more_is_named(acme: OpenDesk) -> None:
    acme.fill()
    acme.tick_all()
    offered = [Category("sms_marketing", "SMS"), Category("other", "Other")]
    acme.window.consent.offer_categories(offered)
    assert ticked(acme) == ("sms_marketing",)
    notes = [label.text() for label in acme.window.consent.findChildren(QLabel)]
    assert any("Left out, no longer offered: newsletter." in note for note in notes)
    controls.tick(acme.window, "Other")
    notes = [label.text() for label in acme.window.consent.findChildren(QLabel)]
    assert not any("Left out" in note for note in notes)


def test_what_several_could_not_be_noted_stays_and_is_noted_as_it_was(
    acme: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(journal: SqliteJournal, noted: object) -> None:
        raise JournalError(say("tests", "The disk is full."), say("tests", "Make room."))

    acme.fill()
    acme.tick_all()
    with monkeypatch.context() as broken:
        broken.setattr(SqliteJournal, "note_all", fail)
        controls.press(acme.window, "Send")
        acme.wait_for_status("NOT NOTED")
    assert "jane@example.com · opt-out of SMS marketing, Newsletter\n" in acme.receipt
    assert ticked(acme) == BOTH
    controls.press(acme.window, "Copy slip")
    slip = QApplication.clipboard().text()
    assert slip.count("NOT NOTED by Consent Desk") == 2
    controls.press(acme.window, "Send")
    acme.wait_for_status("2 delivered")
    assert len(sent(engagement)) == 2


def test_choosing_the_same_project_again_leaves_what_was_ticked(acme: OpenDesk) -> None:
    acme.fill()
    acme.tick_all()
    acme.choose_project("Acme production")
    acme.bot.waitUntil(lambda: controls.raw_text(acme.window, "Request URL") == "")
    assert acme.window.consent.draft().categories == ("sms_marketing", "newsletter")
    acme.wait_ready()
    acme.wait_for_categories()
    assert acme.window.consent.draft().categories == ("sms_marketing", "newsletter")


def test_categories_that_come_leave_the_focus_on_its_category(acme: OpenDesk) -> None:
    acme.fill()
    controls.boxes(acme.window)[1].setFocus()
    offered = [Category(one, one) for one in ("first", "sms_marketing", "newsletter")]
    acme.window.consent.offer_categories(offered)
    assert controls.focused_name(acme.window) == "newsletter"


def test_several_of_practice_are_said_to_be_practised(demo: OpenDesk) -> None:
    demo.tick_all()
    controls.press(demo.window, "Send")
    demo.wait_for_status("✓ 6 practice: delivered")
    assert demo.status.startswith("◆")
