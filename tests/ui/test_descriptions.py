"""What assistive technology is told of the window: plain text, and nothing of who called before."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.widgets.banner import TintedLines
from consent_desk.ui.widgets.tones import Tone
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk

MARKUP = "<b>R&D</b>"


@pytest.fixture(autouse=True)
def look_ups() -> None:
    """They are made here."""


@pytest.fixture
def engagement() -> Iterator[Sandbox]:
    rejected = {
        "days_ago": 3,
        "properties": {"action": "reject", "category": "sms_marketing", "message": MARKUP},
    }
    seed = {
        "categories": [
            {"id": "sms_marketing", "translations": {"": {"name": MARKUP}}},
            {"id": "newsletter", "translations": {"": {"name": MARKUP}}},
        ],
        "customers": [{"customer_ids": {"registered": "canary@example.com"}, "consents": [rejected]}],
    }
    with Sandbox(seed) as sandbox:
        yield sandbox


def told(widget: QWidget) -> list[str]:
    """Every name and description below `widget`."""
    texts: list[str] = []
    found: list[QAccessibleInterface] = [QAccessible.queryAccessibleInterface(widget)]
    while found:
        one = found.pop()
        if one.isValid():
            texts += [one.text(QAccessible.Text.Name), one.text(QAccessible.Text.Description)]
            found += [one.child(index) for index in range(one.childCount())]
    return texts


def is_html(text: str) -> bool:
    return any(sign in text for sign in ("<p>", "<p ", "&lt;", "&amp;", "&nbsp;", "&#"))


def test_no_description_is_html(open_desk: OpenOne, keyring: MemoryKeyring) -> None:
    desk = open_desk(keyring)
    assert not [text for text in told(desk.window) if is_html(text)]


def test_no_description_is_html_and_none_holds_a_former_caller(acme: OpenDesk) -> None:
    form = acme.window.consent
    acme.fill("Canary@example.com")
    acme.bot.waitUntil(lambda: "canary@example.com" in form.known.pill.accessibleDescription())
    assert not [text for text in told(acme.window) if is_html(text)]
    controls.paste(acme.window, "Customer ID", "canary@example.com")
    controls.paste(acme.window, "Ticket", "canary\x1b")
    controls.press(acme.window, "Remove it: Ticket")
    acme.bot.waitUntil(lambda: "opted out since" in form.known.pill.accessibleDescription())
    controls.press(acme.window, "Send")
    assert form.question.is_open
    assert not [text for text in told(acme.window) if is_html(text)]
    acme.go_on()
    acme.wait_for_status("Delivered")
    # Until the next caller is begun, the receipt names them.
    controls.paste(acme.window, "Customer ID", "next@example.com")
    assert not [text for text in told(form) if "canary" in text.lower()]
    assert "canary" not in controls.everything_said(form).lower()


def test_no_text_has_no_tooltip_that_is_read_out(qtbot: QtBot) -> None:
    lines = TintedLines()
    qtbot.addWidget(lines)
    lines.show_text(Tone.NEUTRAL, MARKUP)
    lines.show_text(Tone.NEUTRAL, "")
    assert [text for text in told(lines) if text] == []
