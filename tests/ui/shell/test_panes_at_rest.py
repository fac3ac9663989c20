"""What an agent has in view between two calls: few controls, each of which is used every day."""

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QWidget

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


def test_with_a_banner_the_request_and_technical_details_open_it_fits_a_laptop(acme: OpenDesk) -> None:
    acme.deliver("jane@example.com")
    acme.window.resize(1366, 728)
    acme.window.alarm.show_notice(Tone.BAD, "Engagement shows the opposite", "jane\nnow", action="Act")
    acme.window.log.line.technical.setChecked(True)
    acme.window.status.show_message("a", Tone.BAD, "x " * 200)
    for _ in range(5):
        QApplication.processEvents()
    assert acme.window.height() == 728
