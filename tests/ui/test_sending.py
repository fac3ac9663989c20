"""One press is one consent, and the status says honestly what became of it."""

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from consent_desk.adapters.folders import Folders
from consent_desk.sandbox.faults import Fault
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.outcomes import Tone, colour
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk


def send(desk: OpenDesk, customer: str = "jane@example.com") -> None:
    desk.fill(customer)
    controls.press(desk.window, "Send")


def sent(engagement: Sandbox) -> int:
    return sum(request.method == "POST" for request in engagement.received)


def text_colour(desk: OpenDesk) -> str:
    label = desk.window.status.latest
    return label.palette().color(label.foregroundRole()).name()


def test_a_consent_is_noted_before_it_is_sent_and_says_so(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.fault = Fault.SILENCE
    send(acme)
    acme.wait_for_status("➜ Noted on this computer. You can end the call. Sending…")
    assert "jane@example.com, opt-out of sms_marketing" in acme.status
    acme.bot.waitUntil(lambda: sent(engagement) == 1)
    acme.wait_for_line("Sending")


def test_delivered_is_not_green(acme: OpenDesk) -> None:
    send(acme)
    acme.wait_for_status("➜ Delivered")
    assert text_colour(acme) == colour(Tone.NEUTRAL, QApplication.palette()).name()
    assert text_colour(acme) != colour(Tone.GOOD, QApplication.palette()).name()


def test_practice_is_amber_and_says_that_nothing_was_recorded(demo: OpenDesk) -> None:
    send(demo)
    demo.wait_for_status("◆ Delivered to the Sandbox only. Not recorded in Engagement.")
    assert text_colour(demo) == colour(Tone.PRACTICE, QApplication.palette()).name()
    demo.wait_for_line("Practised")
    assert demo.person.asked == []


def test_practice_is_named_by_strip_title_and_button(demo: OpenDesk) -> None:
    assert demo.window.practice.isVisible()
    assert "PRACTICE: nothing sent here reaches Engagement" in demo.window.practice.label.text()
    assert demo.window.windowTitle().startswith("PRACTICE: nothing sent here reaches Engagement")
    demo.fill()
    assert controls.button(demo.window, "Send").text() == "Practise: opt out of SMS marketing"


@pytest.mark.parametrize(("answer", "noted"), [(0, 0), (1, 1)])
def test_an_unknown_id_in_the_sandbox_asks_first(demo: OpenDesk, answer: int, noted: int) -> None:
    demo.person.answer = answer
    demo.fill("caller@example.net")
    controls.press(demo.window, "Send")
    assert len(demo.person.asked) == 1
    assert demo.person.asked[0].startswith("A real caller? This opts nobody out")
    demo.bot.waitUntil(lambda: len(controls.cells(demo.window, 0)) == noted)
    assert (controls.line(demo.window, "Customer ID").text() == "caller@example.net") == (noted == 0)


def test_pressing_twice_notes_once(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.fill()
    button = controls.button(acme.window, "Send")
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))
    QTest.keyClick(acme.window.windowHandle(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    acme.wait_for_status("Delivered")
    acme.wait_for_line("Delivered")
    assert sent(engagement) == 1


def test_a_shortcut_held_down_notes_once_and_complains_of_nothing(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    acme.fill()
    QTest.keyPress(acme.window.windowHandle(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    held = QKeyEvent(
        QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, "\r", True, 1
    )
    for _ in range(5):
        QApplication.sendEvent(acme.window, held)
        QApplication.processEvents()
    acme.wait_for_status("Delivered")
    acme.wait_for_line("Delivered")
    assert sent(engagement) == 1


def test_send_is_off_only_while_it_is_noted(acme: OpenDesk) -> None:
    acme.fill()
    button = controls.button(acme.window, "Send")
    controls.press(acme.window, "Send")
    assert not button.isEnabled()
    acme.bot.waitUntil(button.isEnabled)
    assert controls.line(acme.window, "Customer ID").text() == ""


def break_journal(folders: Folders) -> None:
    """Let the journal lose its table: whatever is written from now on fails."""
    import sqlite3

    with sqlite3.connect(folders.data / "journal.sqlite") as connection:
        connection.execute("DROP TABLE standing")
    connection.close()


def test_what_cannot_be_noted_stays_in_the_form_is_not_sent_and_offers_a_slip(
    acme: OpenDesk, engagement: Sandbox, folders: Folders
) -> None:
    break_journal(folders)
    send(acme)
    acme.wait_for_status("✖ NOT NOTED, and nothing was sent.")
    draft = acme.window.consent.draft()
    assert (draft.customer_id, draft.category) == ("jane@example.com", "sms_marketing")
    assert controls.button(acme.window, "Send").isEnabled()
    assert controls.focused_name(acme.window) == "Send"
    assert acme.window.preview.stamp.text() == "· timestamp is set when you send"
    controls.press(acme.window, "Copy as a slip")
    slip = QGuiApplication.clipboard().text()
    assert slip.startswith("NOT NOTED by Consent Desk, and not sent: enter it again later.")
    for line in ("Customer ID: registered = jane@example.com", "Category: sms_marketing", "Action: reject"):
        assert line in slip
    assert sent(engagement) == 0


def test_the_same_consent_is_tried_again_under_its_own_request_id(
    acme: OpenDesk, folders: Folders, engagement: Sandbox
) -> None:
    break_journal(folders)
    send(acme)
    acme.wait_for_status("NOT NOTED")
    controls.press(acme.window, "Dismiss")
    body = controls.raw_text(acme.window, "Request body")
    controls.press(acme.window, "Send")
    acme.wait_for_status("NOT NOTED")
    again = controls.raw_text(acme.window, "Request body")
    assert body.split("desk_request_id")[1] == again.split("desk_request_id")[1]
    controls.write(acme.window, "Ticket", "4711")
    controls.press(acme.window, "Dismiss")
    controls.press(acme.window, "Send")
    acme.wait_for_status("NOT NOTED")
    other = controls.raw_text(acme.window, "Request body")
    assert body.split("desk_request_id")[1][:45] != other.split("desk_request_id")[1][:45]


def test_an_error_stays_when_another_consent_succeeds_and_goes_when_dismissed(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    engagement.misbehave(Fault.INVALID_SECRET, times=1)
    send(acme, "first@example.com")
    acme.wait_for_status("Not accepted: this desk's key is wrong (403 invalid secret).")
    send(acme, "second@example.com")
    acme.wait_for_status("Delivered")
    assert "Not accepted" in acme.errors
    assert "first@example.com" in acme.errors
    assert controls.named(acme.window, "Dismiss", QPushButton).isVisible()
    controls.press(acme.window, "Dismiss")
    assert (acme.errors, acme.status) == ("", "")


def test_an_error_is_overtaken_by_the_same_consent(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.misbehave(Fault.INVALID_SECRET, times=1)
    send(acme, "first@example.com")
    acme.wait_for_status("Not accepted")
    send(acme, "second@example.com")
    acme.wait_for_status("Delivered")
    acme.wait_for_line("Delivered", "Refused")
    table = controls.table(acme.window, "Response log")
    table.setCurrentIndex(table.model().index(1, 0))
    again = controls.button(acme.window, "Send again")
    acme.bot.waitUntil(again.isEnabled)
    again.click()
    acme.bot.waitUntil(lambda: "first@example.com" in acme.status and "Delivered" in acme.status)
    assert acme.errors == ""


def test_cancelling_after_the_request_left_is_too_late_and_says_so(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    engagement.fault = Fault.SILENCE
    cancel = controls.button(acme.window, "Cancel sending")
    assert not cancel.isVisible()
    before = len(engagement.received)
    send(acme)
    acme.bot.waitUntil(cancel.isVisible)
    acme.bot.waitUntil(lambda: len(engagement.received) > before)
    cancel.click()
    acme.wait_for_status("Cancelled too late: Engagement may have it.")
    assert "Do not enter it again" in acme.status
    acme.wait_for_line("Not confirmed")
    acme.bot.waitUntil(lambda: not cancel.isVisible())


def test_cancelling_what_still_waits_sends_nothing(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.fault = Fault.SILENCE
    before = len(engagement.received)
    send(acme, "first@example.com")
    acme.bot.waitUntil(lambda: len(engagement.received) > before)
    acme.wait_for_status("first@example.com")
    send(acme, "second@example.com")
    acme.wait_for_status("second@example.com")
    cancel = controls.button(acme.window, "Cancel sending")
    cancel.click()
    engagement.fault = None
    cancel.click()
    acme.bot.waitUntil(lambda: not cancel.isVisible(), timeout=10_000)
    told = "Cancelled before it left: nothing was sent."
    acme.bot.waitUntil(lambda: told in acme.status + acme.errors)
    acme.wait_for_line("Discarded", "Not confirmed")
    assert len(engagement.received) == before + 1


def test_a_journal_that_cannot_be_opened_says_why_and_notes_nothing(
    open_desk: OpenOne, acme_is_kept: None, keyring: MemoryKeyring, folders: Folders, engagement: Sandbox
) -> None:
    Path(folders.data / "journal.sqlite").write_bytes(b"this is no database" * 100)
    desk = open_desk(keyring)
    desk.bot.waitUntil(lambda: desk.status.startswith("✖"))
    why = desk.status
    desk.fill()
    controls.press(desk.window, "Send")
    desk.wait_for_status("Nothing was noted.")
    assert why.removeprefix("✖ ") in desk.status
    assert sent(engagement) == 0
    assert controls.button(desk.window, "Send").accessibleDescription() == why.removeprefix("✖ ")


def test_what_was_said_of_a_window_that_was_not_ready_goes_when_it_is(
    open_desk: OpenOne, acme_is_kept: None, keyring: MemoryKeyring
) -> None:
    keyring.open_.clear()
    desk = open_desk(keyring)
    desk.bot.waitUntil(lambda: desk.state.startswith("reading"))
    controls.press(desk.window, "Send")
    assert "Nothing was noted. Choose a project, or wait" in desk.status
    keyring.open_.set()
    desk.wait_ready()
    assert desk.status == ""
