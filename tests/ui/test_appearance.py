"""Light and dark, small windows and large fonts."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QTabBar,
    QWidget,
)

from consent_desk.domain.faults import Fault
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.theme.tokens import is_dark
from consent_desk.ui.widgets.banner import Card, TintedBanner
from consent_desk.ui.widgets.inputs import Note
from consent_desk.ui.widgets.tones import Tone, colour
from tests.ui import controls
from tests.ui.conftest import OpenAcme
from tests.ui.desks import OpenDesk


def dark() -> QPalette:
    palette = QPalette(QColor("#353535"), QColor("#2b2b2b"))
    palette.setColor(QPalette.ColorRole.Base, QColor("#232323"))
    return palette


@pytest.fixture
def palette(qapp: QApplication) -> Iterator[QApplication]:
    before = qapp.palette()
    yield qapp
    qapp.setPalette(before)


@pytest.fixture
def large_font(qapp: QApplication) -> Iterator[None]:
    before = qapp.font()
    font = qapp.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    qapp.setFont(font)
    yield
    qapp.setFont(before)


def contrast(one: QColor, other: QColor) -> float:
    """The contrast of two colours as WCAG reckons it, from 1 to 21."""

    def luminance(tint: QColor) -> float:
        parts = (tint.redF(), tint.greenF(), tint.blueF())
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def readable(widget: QWidget) -> bool:
    """Whether the text of `widget` stands out from what is behind it."""
    behind: QWidget | None = widget
    while behind is not None and not isinstance(behind, TintedBanner | Card) and not behind.isWindow():
        behind = behind.parentWidget()
    assert behind is not None
    ground = behind.palette().color(QPalette.ColorRole.Window)
    if isinstance(widget, QAbstractButton):
        ground = widget.palette().color(QPalette.ColorRole.Button)
    return contrast(widget.palette().color(widget.foregroundRole()), ground) >= 4.5


@pytest.mark.parametrize("tone", Tone)
@pytest.mark.parametrize("make", [QPalette, dark], ids=["light", "dark"])
def test_each_tone_is_readable(palette: QApplication, tone: Tone, make: type[QPalette]) -> None:
    palette.setPalette(make())
    ground = palette.palette().color(QPalette.ColorRole.Window)
    assert contrast(colour(tone, palette.palette()), ground) >= 4.5


def test_the_colours_follow_a_change_while_the_program_runs(demo: OpenDesk, palette: QApplication) -> None:
    window = demo.window
    demo.fill()
    controls.press(window, "Send")
    demo.wait_for_status("Delivered to the Sandbox only")
    controls.write(window, "Customer ID", " x")
    palette.setPalette(dark())
    QApplication.processEvents()
    assert is_dark(window.palette())
    shown: list[QWidget] = [window.practice.label, window.project_bar.state, window.status.label]
    shown += [note for note in window.findChildren(Note) if note.isVisible()]
    shown += [window.consent.send]
    assert len(shown) >= 5
    assert [widget for widget in shown if not readable(widget)] == []
    for banner in (window.practice, window.status):
        assert is_dark(banner.palette())


def test_a_switched_off_send_can_still_be_read(acme: OpenDesk) -> None:
    assert readable(controls.button(acme.window, "Send"))


def lay_out() -> None:
    """Lay out and paint what waits for it: before that, no size means anything."""
    QApplication.processEvents()


def cut_off(window: QWidget) -> list[str]:
    """The controls that are narrower or lower than what they show, or stand outside of the window."""
    found = []
    for kind in (QAbstractButton, QLineEdit, QComboBox, QLabel, QPlainTextEdit):
        for widget in window.findChildren(kind):
            if not widget.isVisible() or isinstance(widget.parentWidget(), QTabBar | QLineEdit):
                continue
            wanted = widget.minimumSizeHint()
            if isinstance(widget, QLabel) and widget.wordWrap():
                wanted = QSize(0, widget.heightForWidth(widget.width()))
            if widget.width() < wanted.width() - 1 or widget.height() < wanted.height() - 1:
                found.append(f"{widget.accessibleName() or widget} {widget.size()} < {wanted}")
            place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
            if place.right() > window.width() or place.left() < 0:
                found.append(f"{widget.accessibleName() or widget} stands outside")
    return found


def a_busy_window(desk: OpenDesk, engagement: Sandbox) -> None:
    engagement.fault = Fault.INVALID_SECRET
    desk.send()
    desk.wait_for_status("Not accepted")
    controls.button(desk.window, "Opt in (accept)").click()
    controls.write(desk.window, "Customer ID", " jane")
    desk.window.consent.go_to_problem()


def is_seen_whole(widget: QWidget) -> bool:
    return widget.visibleRegion().boundingRect().size() == widget.size()


@pytest.mark.parametrize("size", [QSize(1280, 800), QSize(1024, 640)], ids=["1280x800", "1024x640"])
def test_the_foot_of_the_preview_is_always_seen(demo: OpenDesk, size: QSize) -> None:
    window = demo.window
    window.resize(size)
    demo.wait_for_categories()
    demo.fill()
    controls.button(window, "All categories").click()
    window.status.show_message("any", Tone.WARNING, "One line.\nAnd another.\nAnd a third one.")
    demo.bot.waitUntil(lambda: is_seen_whole(window.preview.pages.next))
    assert is_seen_whole(window.preview.copy)
    assert is_seen_whole(window.preview.byte_count)


@pytest.mark.parametrize("size", [QSize(1280, 800), QSize(1024, 640)], ids=["1280x800", "1024x640"])
def test_nothing_is_cut_off(acme: OpenDesk, engagement: Sandbox, size: QSize) -> None:
    acme.window.resize(size)
    a_busy_window(acme, engagement)
    allowed = {"Send", ""}  # elided on purpose

    def nothing_is_cut() -> None:
        lay_out()
        assert [each for each in cut_off(acme.window) if each.split(" ")[0] not in allowed] == []

    acme.bot.waitUntil(nothing_is_cut)
    assert acme.window.size() == size


def test_a_font_twice_as_large_fits_a_small_window(
    large_font: None, open_acme: OpenAcme, engagement: Sandbox
) -> None:
    desk = open_acme().ready()
    desk.window.resize(1024, 640)
    a_busy_window(desk, engagement)
    form = desk.window.consent.findChild(QScrollArea)
    assert form is not None

    def it_fits() -> None:
        lay_out()
        assert [each for each in cut_off(desk.window) if "outside" in each] == []
        assert not form.horizontalScrollBar().isVisible()

    desk.bot.waitUntil(it_fits)
    assert desk.window.size() == QSize(1024, 640)


def test_a_question_with_a_font_twice_as_large_fits_in_the_place_of_send_in_a_small_window(
    large_font: None, acme: OpenDesk
) -> None:
    window, form = acme.window, acme.window.consent
    window.resize(1024, 640)
    form.question.ask("Has it been read out? " * 20, ("Do not send it", "Look the customer up", "Send it"))
    names = ("Do not", "Look", "Send", "Question")
    acme.bot.waitUntil(lambda: not [each for each in cut_off(window) if each.startswith(names)])
    assert window.size() == QSize(1024, 640)
    # It lies over Send: no answer is where that was.
    send = form.send.mapTo(form, form.send.rect().center())
    assert form.question.mapTo(form, form.question.rect().bottomRight()).y() <= form.rect().bottom()
    for choice in form.question.choices:
        assert not QRect(choice.mapTo(form, QPoint(0, 0)), choice.size()).contains(send)


SHORT = "A real caller? This opts nobody out."
LONG = f"{SHORT}\n{'No customer with this ID. Read it back to the caller. ' * 4}"


@pytest.mark.parametrize("withdrawn", [True, False], ids=["after another one", "instead of another one"])
def test_a_question_is_as_high_as_its_text(demo: OpenDesk, withdrawn: bool) -> None:
    question = demo.window.consent.question

    def fits() -> bool:
        lay_out()
        seen = question.text.visibleRegion().boundingRect().height()
        return seen >= question.text.heightForWidth(question.text.width())

    for text in (SHORT, LONG, SHORT):
        question.ask(text, ("Cancel", "Practise"))
        demo.bot.waitUntil(fits)
        if withdrawn:
            question.withdraw()


def test_a_question_that_is_too_long_for_the_window_is_read_with_the_keyboard(
    large_font: None, acme: OpenDesk
) -> None:
    window, question = acme.window, acme.window.consent.question
    window.resize(1024, 640)
    question.ask(SHORT, ("Do not send it", "Send it"))
    acme.key(Qt.Key.Key_Backtab)
    assert controls.focused_name(window) != "Text of the question"
    question.ask(LONG * 3, ("Do not send it", "Send it"))
    lines = question.area.verticalScrollBar()
    acme.bot.waitUntil(lambda: lines.maximum() > 0)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Backtab)
    assert controls.focused_name(window) == "Text of the question"
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_PageDown)
    assert lines.value() > 0
    # The next one begins at its first line.
    question.ask(LONG * 4, ("Do not send it", "Send it"))
    assert lines.value() == 0


def test_a_status_that_is_too_long_for_the_window_is_read_with_the_keyboard(
    large_font: None, acme: OpenDesk
) -> None:
    window = acme.window
    window.resize(1024, 640)
    window.status.show_message("one", Tone.BAD, LONG * 6)
    area = window.banners
    acme.bot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0)
    window.status.dismiss.setFocus()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Backtab)
    assert controls.focused_name(window) == "Messages"
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Down)
    assert area.verticalScrollBar().value() > 0


def test_the_settings_fit_a_small_window_with_a_large_font(large_font: None, open_acme: OpenAcme) -> None:
    desk = open_acme().ready()
    desk.window.resize(1024, 640)
    dialog = desk.open_settings()
    desk.bot.waitUntil(dialog.isVisible)
    assert dialog.width() <= 1024
    assert dialog.height() <= 640


def test_sizes_are_remembered(open_acme: OpenAcme) -> None:
    first = open_acme().ready()
    first.window.resize(1100, 700)
    panes = first.window.panes
    first.bot.waitUntil(lambda: panes.columns.width() < 1100)
    panes.columns.setSizes([500, 560])
    panes.right.setSizes([330, 250])
    lay_out()
    sizes = [splitter.sizes() for splitter in (panes.columns, panes.right)]
    first.window.close()
    second = open_acme().ready()

    def sizes_are_back() -> None:
        panes = second.window.panes
        assert [splitter.sizes() for splitter in (panes.columns, panes.right)] == sizes

    second.bot.waitUntil(sizes_are_back)
    assert second.window.size() == QSize(1100, 700)
