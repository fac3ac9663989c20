"""What an agent has in view between two calls: few controls, each of which is used every day."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget

from consent_desk.ui.widgets.tones import Tone
from tests.ui import controls
from tests.ui.desks import OpenDesk

MOST = 18


def focusable(window: QWidget) -> list[str]:
    """What can take the focus and is in view beside the categories, as assistive technology has it."""
    found: list[str] = []
    choice = controls.window_choice(window)
    for widget in window.findChildren(QWidget):
        if choice.isAncestorOf(widget) or not widget.isVisible():
            continue
        seen = QAccessible.queryAccessibleInterface(widget)
        state = seen.state()
        if state.focusable and not state.invisible:
            found.append(seen.text(QAccessible.Text.Name) or type(widget).__name__)
    return found


def test_at_rest_there_are_few_controls_the_categories_aside(acme: OpenDesk) -> None:
    controls.button(acme.window, "Show request").setChecked(False)
    shown = focusable(acme.window)
    assert len(shown) <= MOST, shown


def test_with_a_banner_the_request_and_technical_details_open_it_stays_within_its_screen(
    acme: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.deliver("jane@example.com")
    window, laptop = acme.window, QSize(1366, 728)
    window.resize(laptop)
    monkeypatch.setattr(type(window), "screen", lambda _window: SimpleNamespace(availableSize=lambda: laptop))
    window.alarm.show_notice(Tone.BAD, "Engagement shows the opposite", "jane\nnow", action="Act")
    window.log.line.technical.setChecked(True)
    acme.bot.waitUntil(lambda: window.height() > laptop.height())
    acme.bot.waitUntil(lambda: window.height() == laptop.height() >= window.minimumSizeHint().height())
    assert window.log.line.text.height() > 0
