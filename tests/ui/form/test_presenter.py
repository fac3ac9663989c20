"""What the form says, keeps and clears."""

import json
from datetime import UTC, datetime, time, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from consent_desk.domain.wire.category import Category
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.checks.banners import QuestionBanner
from consent_desk.ui.form.fields import CallFields
from consent_desk.ui.form.panel import ConsentPanel
from consent_desk.ui.lookup.view import KnownView
from consent_desk.ui.widgets.inputs import Note
from tests.domain.examples import Berlin
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, keep, real

OFFERED = ("Valid until", "Taken at", "Channel")


def description(desk: OpenDesk) -> str:
    return controls.button(desk.window, "Send").accessibleDescription()


def test_the_button_says_what_it_will_do(acme: OpenDesk) -> None:
    send = controls.button(acme.window, "Send")
    acme.fill()
    assert send.text() == "Opt out of SMS marketing"
    controls.choose_category(acme.window, "newsletter")
    assert not controls.combo(acme.window, "Valid until").isVisible()
    controls.button(acme.window, "Opt in (accept)").click()
    assert controls.combo(acme.window, "Valid until").isVisible()
    assert acme.note("Valid until") == ""
    assert send.text() == "Opt in to Newsletter"
    assert send.accessibleName() == "Send"


def test_empty_fields_that_nobody_touched_are_not_complained_about(acme: OpenDesk) -> None:
    assert [each.text() for each in acme.window.findChildren(Note) if each.isVisible()] == []
    assert [box.isChecked() for box in controls.boxes(acme.window)] == [False, False]


def test_a_field_that_was_emptied_says_what_is_missing(acme: OpenDesk) -> None:
    controls.write(acme.window, "Customer ID", "jane")
    controls.write(acme.window, "Customer ID", "")
    assert acme.note("Customer ID") == ""
    acme.key(Qt.Key.Key_Tab)
    assert acme.note("Customer ID") == "⚠ Enter the customer ID."
    assert acme.note("Categories") == ""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("Customer ID", "null", "is what a program writes for a missing ID"),
        ("Valid until", "03/04/2030", "This may be 3 Apr 2030 or 4 Mar 2030. Write it so."),
        ("Wording read out", "a\u202eb", "an invisible direction mark"),
    ],
)
def test_a_problem_stands_beside_its_field_and_on_the_button(
    acme: OpenDesk, name: str, text: str, words: str
) -> None:
    acme.fill()
    acme.choose_opt_in()
    controls.paste(acme.window, name, text)
    assert words in acme.note(name)
    assert description(acme).startswith(f"{name}: ")
    assert words in description(acme)
    assert words in controls.named(acme.window, name, QWidget).accessibleDescription()


def test_pressing_send_with_a_problem_goes_there_and_sends_nothing(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    controls.write(acme.window, "Customer ID", "jane@example.com")
    send = controls.button(acme.window, "Send")
    assert send.isEnabled()
    assert description(acme) == "Categories: Choose the consent category."
    before = engagement.received
    plain, control = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
    controls.press(acme.window, "Send")
    for which, modifier in ((Qt.Key.Key_Space, plain), (Qt.Key.Key_Return, control)):
        assert controls.focused_name(acme.window) == "SMS marketing"
        send.setFocus()
        acme.key(which, modifier)
        assert controls.focused_name(acme.window) == "SMS marketing"
        assert acme.note("Categories") == "⚠ Choose the consent category."
    assert controls.cells(acme.window, 0) == []
    assert engagement.received == before


def test_a_category_that_is_not_offered_is_remarked_upon_and_may_be_sent(acme: OpenDesk) -> None:
    acme.fill(category="SMS_marketing")
    assert acme.note("Categories") == (
        "▲ Not among the project's categories: Engagement would not notice. Did you mean sms_marketing?"
    )
    assert description(acme).startswith("Opt out of SMS_marketing. Categories: Not among the project's")


def test_a_note_that_is_cut_stands_in_full_at_the_end_of_the_card(acme: OpenDesk) -> None:
    acme.fill()
    assert controls.labels(acme.window, "Notes in full") == []
    acme.fill(category="SMS_marketing")
    acme.bot.waitUntil(lambda: controls.labels(acme.window, "Notes in full") != [])
    [told] = controls.labels(acme.window, "Notes in full")
    assert told == f"Categories: {acme.note('Categories')}"
    assert told.endswith("Did you mean sms_marketing?")
    acme.fill()
    assert controls.labels(acme.window, "Notes in full") == []


def test_an_opt_out_dated_back_is_warned_of_and_may_be_sent(acme: OpenDesk) -> None:
    acme.fill()
    controls.write(acme.window, "Taken at", "2026-01-05 10:40")
    assert acme.note("Taken at").startswith("▲ An opt-in given after this time may stay in force.")
    assert "Write “now”" in controls.combo(acme.window, "Taken at").accessibleDescription()
    assert "Taken at: An opt-in given after" in description(acme)
    for action, warns in (("Opt in (accept)", False), ("Opt out (reject)", True)):
        controls.button(acme.window, action).click()
        assert (acme.note("Taken at") != "") == warns
        assert (controls.combo(acme.window, "Taken at").accessibleDescription() != "") == warns
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    assert acme.note("Taken at") == ""


def test_a_time_written_as_people_do_is_told_as_it_was_read_and_sent_so(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    acme.fill()
    controls.write(acme.window, "Taken at", "yesterday 10.40")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert acme.note("Taken at").startswith(f"▲ Read as {yesterday} 10:40 +00:00. An opt-in given after")
    described = controls.combo(acme.window, "Taken at").accessibleDescription()
    assert described.startswith(f"Read as {yesterday} 10:40 +00:00. An opt-in")
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    sent = json.loads(engagement.received[-1].body)
    assert sent["timestamp"] == datetime.combine(yesterday, time(10, 40), UTC).timestamp()


def test_an_hour_that_comes_twice_is_asked_about(open_acme: OpenAcme) -> None:
    berlin = open_acme(zone=Berlin()).ready()
    berlin.wait_for_categories()
    berlin.fill()
    controls.write(berlin.window, "Taken at", "26.10.2025 2:30")
    first, second = "2025-10-26 02:30 +02:00", "2025-10-26 02:30 +01:00"
    assert f"Write {first} for the first one, {second} for the second." in controls.note(
        berlin.window, "Taken at"
    )
    for answer in (first, second):
        controls.write(berlin.window, "Taken at", answer)
        assert berlin.note("Taken at").startswith("▲ An opt-in given after this time")
        stamp = json.loads(controls.raw_text(berlin.window, "Request body"))["timestamp"]
        assert stamp == datetime.fromisoformat(answer.replace(" +", "+")).timestamp()


def test_a_problem_comes_before_a_warning(acme: OpenDesk) -> None:
    acme.fill(category="fax ")
    assert acme.note("Categories").startswith("⚠ There is a space at the beginning or the end.")


def test_a_category_stays_as_it_was_typed(acme: OpenDesk, engagement: Sandbox) -> None:
    line = controls.line(acme.window, "Other category ID")
    acme.window.consent.categories.open_other()
    for leave in (Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Escape):
        line.clear()
        line.setFocus()
        controls.type_keys(acme.window, "SMS_marketing")
        acme.key(leave)
        controls.line(acme.window, "Customer ID").setFocus()
        line.setFocus()
        assert line.text() == "SMS_marketing"
    controls.write(acme.window, "Customer ID", "jane@example.com")
    controls.press(acme.window, "Send")
    acme.go_on()
    acme.wait_for_status("Recorded for a category that the project does not list.")
    assert b'"category":"SMS_marketing"' in engagement.received[-1].body


def test_other_spellings_of_what_is_offered_stay_too(acme: OpenDesk) -> None:
    controls.button(acme.window, "Opt in (accept)").click()
    for name in OFFERED:
        offered = controls.combo(acme.window, name).itemText(controls.combo(acme.window, name).count() - 1)
        controls.write(acme.window, name, offered.upper())
        acme.key(Qt.Key.Key_Return)
        acme.key(Qt.Key.Key_Tab)
        assert controls.line(acme.window, name).text() == offered.upper()


def test_a_typed_id_with_a_problem_says_so_below_the_list_and_on_the_button(acme: OpenDesk) -> None:
    acme.fill(category="sms\u202emarketing")
    assert "an invisible direction mark" in acme.note("Categories")
    assert description(acme).startswith("Categories: ")
    described = controls.named(acme.window, "Categories", QWidget).accessibleDescription()
    assert "an invisible direction mark" in described


def test_the_wheel_changes_no_closed_list(acme: OpenDesk) -> None:
    controls.button(acme.window, "Opt in (accept)").click()
    for name in (*OFFERED, "Project", "Customer ID type", "Outcome filter"):
        combo = controls.combo(acme.window, name)
        before = combo.currentText()
        controls.turn_wheel(combo)
        combo.setFocus()
        controls.turn_wheel(combo)
        assert combo.currentText() == before
    assert acme.project == "Acme production"


def test_after_a_send_only_the_project_stays(acme: OpenDesk) -> None:
    acme.fill("+15550100101")
    controls.combo(acme.window, "Customer ID type").setCurrentText("phone")
    controls.button(acme.window, "Opt in (accept)").click()
    for name, text in (
        *(("Valid until", "unlimited"), ("Taken at", "2026-01-05 10:40"), ("Channel", "phone")),
        *(("Ticket", "4711"), ("Wording read out", "May we?")),
    ):
        controls.write(acme.window, name, text)
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    draft = acme.window.consent.draft()
    assert acme.project == "Acme production"
    assert (draft.customer_id_type, draft.category, draft.channel) == ("registered", "", "")
    assert (draft.customer_id, draft.action, draft.valid_until, draft.taken_at) == ("", "reject", "", "now")
    assert (draft.ticket, draft.wording) == ("", "")
    assert controls.focused_name(acme.window) == "Customer ID"
    assert [each.text() for each in acme.window.findChildren(Note) if each.text().startswith("⚠")] == []


def test_an_empty_field_that_nobody_typed_in_is_not_complained_about_when_it_is_left(acme: OpenDesk) -> None:
    acme.deliver()
    acme.key(Qt.Key.Key_Tab)
    assert controls.focused_name(acme.window) != "Customer ID"
    assert acme.note("Customer ID") == ""


def test_one_press_too_many_after_a_send_says_that_there_is_nothing_to_send(acme: OpenDesk) -> None:
    acme.deliver()
    controls.press(acme.window, "Send")
    assert acme.note("Customer ID") == "There is nothing to send: enter the next customer ID."
    assert "Delivered" in acme.status
    controls.write(acme.window, "Ticket", "1")
    controls.press(acme.window, "Send")
    assert acme.note("Customer ID") == "⚠ Enter the customer ID."


def test_another_project_starts_with_an_empty_form(acme: OpenDesk) -> None:
    acme.deliver()
    controls.write(acme.window, "Customer ID", "omar@example.org")
    controls.write(acme.window, "Channel", "phone")
    acme.practise()
    draft = acme.window.consent.draft()
    assert (draft.customer_id, draft.category, draft.channel) == ("", "", "")
    assert draft.customer_id_type == "registered"
    acme.window.consent.customer_id.setFocus()
    acme.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert controls.line(acme.window, "Customer ID").text() == ""


def test_what_was_typed_for_a_locked_project_does_not_reach_another_one(
    open_acme: OpenAcme, keyring: MemoryKeyring
) -> None:
    keyring.lines.clear()
    desk = open_acme()
    desk.wait_for_state("does not show them now")
    controls.write(desk.window, "Customer ID", "jane@example.com")
    desk.choose_project("Sandbox (practice)")
    desk.wait_ready()
    assert controls.line(desk.window, "Customer ID").text() == ""


def test_a_long_category_does_not_widen_the_window(acme: OpenDesk) -> None:
    width = acme.window.minimumSizeHint().width()
    acme.fill(category="x" * 300)
    assert acme.window.minimumSizeHint().width() == width
    assert controls.button(acme.window, "Send").text().endswith("…")


def test_a_label_from_the_server_is_no_markup(acme: OpenDesk) -> None:
    acme.window.consent.offer_categories((Category("sms_marketing", "<b>SMS</b> & more"),))
    acme.fill()
    send = controls.button(acme.window, "Send")
    assert send.text() == "Opt out of <b>SMS</b> && more"
    assert "&lt;b&gt;SMS&lt;/b&gt; &amp; more" in send.toolTip()
    assert all(
        label.textFormat() == Qt.TextFormat.PlainText or "<" not in label.text()
        for label in acme.window.findChildren(QLabel)
    )
    [box] = controls.boxes(acme.window)
    assert (box.accessibleName(), box.text()) == ("<b>SMS</b> & more", "<b>SMS</b> && more")
    assert "&lt;b&gt;SMS" in box.toolTip()


@pytest.fixture
def phone(open_desk: OpenOne, folders: Folders, keyring: MemoryKeyring, engagement: Sandbox) -> OpenDesk:
    """A desk whose form holds the phone number of a customer."""
    keep(folders, keyring, real(engagement, id_types=("registered", "phone")))
    desk = open_desk(keyring).ready()
    desk.wait_for_categories()
    controls.combo(desk.window, "Customer ID type").setCurrentText("phone")
    desk.fill("+15550100101")
    return desk


def customer(desk: OpenDesk) -> tuple[str, str]:
    draft = desk.window.consent.draft()
    return draft.customer_id_type, draft.customer_id


def test_choosing_the_same_project_again_leaves_the_id_its_type(phone: OpenDesk) -> None:
    phone.choose_again()
    assert customer(phone) == ("phone", "+15550100101")


def test_an_id_whose_type_is_offered_no_longer_waits_for_another_one(phone: OpenDesk) -> None:
    dialog = phone.open_settings()
    controls.paste(dialog, "Customer ID types", "registered, cookie")
    controls.press(dialog, "Save")
    chosen = controls.combo(phone.window, "Customer ID type")
    phone.bot.waitUntil(lambda: chosen.findText("cookie") >= 0)
    assert customer(phone) == ("", "+15550100101")
    assert "Customer ID type: Choose the kind of customer ID." in description(phone)
    phone.choose_again()
    assert customer(phone) == ("", "+15550100101")


def test_new_categories_leave_the_cursor_and_the_text_where_they_are(acme: OpenDesk) -> None:
    controls.choose_category(acme.window, "smsmarketing")
    line = controls.line(acme.window, "Other category ID")
    line.setCursorPosition(3)
    acme.window.consent.offer_categories((Category("a", "A"), Category("b", "B")))
    acme.key(Qt.Key.Key_Underscore)
    assert line.text() == "sms_marketing"


def test_a_panel_alone_tells_what_is_typed(qtbot: QtBot) -> None:
    panel = ConsentPanel()
    panel.hold(CallFields(), KnownView(), QuestionBanner())
    qtbot.addWidget(panel)
    drafts: list[object] = []
    panel.draft_changed.connect(drafts.append)
    controls.line(panel, "Customer ID").setText("jane")
    controls.line(panel, "Other category ID").setText("x")
    assert drafts[-1] == panel.draft()
    assert panel.draft().customer_id == "jane"
    assert isinstance(controls.named(panel, "Send", QWidget), QAbstractButton)
