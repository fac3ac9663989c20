"""What a text cannot hold is selected in it, and taken out with one button; what languages need stays."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget

from consent_desk.domain.consent.draft import PropertyDraft
from consent_desk.sandbox.server import Sandbox
from tests.ui import controls
from tests.ui.desks import OpenDesk

FIELDS = ("Wording read out", "Channel", "Property 1 value")


def selected(desk: OpenDesk, name: str) -> str:
    control = controls.named(desk.window, name, QWidget)
    if isinstance(control, QPlainTextEdit):
        return control.textCursor().selectedText()
    return controls.line(desk.window, name).selectedText()


def text_of(desk: OpenDesk, name: str) -> str:
    control = controls.named(desk.window, name, QWidget)
    if isinstance(control, QPlainTextEdit):
        return controls.raw_text(desk.window, name)
    return controls.line(desk.window, name).text()


def open_form(desk: OpenDesk, name: str) -> None:
    desk.fill()
    if name == "Property 1 value":
        controls.button(desk.window, "More details").click()
        desk.window.consent.more.show_properties((PropertyDraft("store"),))
        QApplication.processEvents()


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_refused_is_selected_and_removed_with_one_button(
    acme: OpenDesk, engagement: Sandbox, name: str
) -> None:
    open_form(acme, name)
    controls.paste(acme.window, name, "\U0001f600a\x1bb\u202ec")
    assert selected(acme, name) == "\x1b"
    button = controls.button(acme.window, f"Remove it: {name}")
    assert button.isVisible()
    assert button.text() == "Remove it"
    controls.press(acme.window, f"Remove it: {name}")
    assert text_of(acme, name) == "\U0001f600abc"
    assert not button.isVisible()
    assert controls.focused_name(acme.window) == name
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    assert b"\xf0\x9f\x98\x80abc" in engagement.received[-1].body


@pytest.mark.parametrize("name", ["Wording read out", "Ticket"])
def test_what_was_removed_comes_back_with_undo(acme: OpenDesk, name: str) -> None:
    open_form(acme, name)
    controls.paste(acme.window, name, "a\x1bb")
    controls.press(acme.window, f"Remove it: {name}")
    edit = controls.named(acme.window, name, QWidget)
    assert isinstance(edit, QLineEdit | QPlainTextEdit)
    edit.undo()
    assert text_of(acme, name) == "a\x1bb"


def test_send_leads_to_what_is_refused(acme: OpenDesk) -> None:
    open_form(acme, "Ticket")
    controls.paste(acme.window, "Ticket", "T\x1b1")
    controls.line(acme.window, "Ticket").deselect()
    controls.press(acme.window, "Send")
    assert controls.focused_name(acme.window) == "Ticket"
    assert selected(acme, "Ticket") == "\x1b"


def test_the_button_is_reached_by_tab_and_goes_with_the_fault(acme: OpenDesk) -> None:
    open_form(acme, "Ticket")
    controls.paste(acme.window, "Ticket", " T-1")
    assert selected(acme, "Ticket") == " "
    acme.key(Qt.Key.Key_Tab)
    assert controls.focused_name(acme.window) == "Remove it: Ticket"
    controls.line(acme.window, "Ticket").setText("T-1")
    assert not controls.button(acme.window, "Remove it: Ticket").isVisible()


def test_an_id_has_no_such_button(acme: OpenDesk) -> None:
    acme.fill()
    controls.paste(acme.window, "Customer ID", "jane\x1bdoe")
    assert not [one for one in acme.window.findChildren(QWidget) if "Remove it" in one.accessibleName()]


NEEDED = "\u3000\u202f\u2009\u00ad\u200f\u2067\u05d0\u2069\u202b\u05d1\u202c\u00a0x"


@pytest.mark.parametrize("name", FIELDS)
def test_what_languages_need_arrives_to_the_byte(acme: OpenDesk, engagement: Sandbox, name: str) -> None:
    open_form(acme, name)
    controls.paste(acme.window, name, f"a{NEEDED}")
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    assert f"a{NEEDED}".encode() in engagement.received[-1].body
    acme.choose_line()
    acme.wait_for_details("Request ID")
    assert "\\u{3000}\\u{202f}\\u{2009}\\u{ad}\\u{200f}" in acme.details("Request")


def test_every_pasted_line_break_is_one_on_the_wire(acme: OpenDesk) -> None:
    acme.fill()
    for line_break in ("\v", "\u2028", "\r\n", "\n"):
        controls.paste(acme.window, "Wording read out", f"One{line_break}two")
        assert controls.raw_text(acme.window, "Wording read out") == "One\ntwo"
        body = json.loads(controls.raw_text(acme.window, "Request body"))
        assert body["properties"]["message"] == "One\ntwo"


def test_shift_and_return_begin_a_line_like_any_other(acme: OpenDesk) -> None:
    wording = controls.long_text(acme.window, "Wording read out")
    wording.setFocus()
    QTest.keyClicks(wording, "One")
    QTest.keyClick(wording, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(wording, "two")
    assert controls.raw_text(acme.window, "Wording read out") == "One\ntwo"
