"""Whatever the size of window and text, nothing is cut off and nothing is out of reach."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QRect, QSize, Qt, QTranslator
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QWidget,
)

from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.category import Category
from consent_desk.ui.states import CALLED
from consent_desk.ui.widgets.messages import render
from tests.ui.desks import OpenDesk


class Longer(QTranslator):
    """Every sentence two fifths longer, as German is."""

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        """`source` with more behind it. The names by which controls are found here stay: nobody sees them."""
        is_name = context == "fields" or source in {"Send", "Other category ID", "Response log"}
        return source if is_name else source + "e" * (len(source) * 2 // 5)

    def isEmpty(self) -> bool:
        return False


def faults(window: QWidget) -> list[str]:
    """What of `window` is cut off and told nowhere in full, is out of reach, or scrolls twice."""
    return [*_cut(window), *_out_of_reach(window), *_nested(window)]


def _cut(window: QWidget) -> Iterator[str]:
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.isHidden():
            continue
        for text, room in _texts(widget):
            if text and room.width() >= 0 and not _has_room(widget, text, room) and not _tells(widget, text):
                yield f"{_name(widget)}: {text!r} has {room.width()} by {room.height()}"


def _texts(widget: QWidget) -> Iterator[tuple[str, QRect]]:
    match widget:
        case QLabel():
            yield (
                _plain(widget.text()) if widget.buddy() is not None else widget.text(),
                widget.contentsRect(),
            )
        case QAbstractButton() if isinstance(widget.parentWidget(), QTabBar):
            return
        case QAbstractButton():
            yield _plain(widget.text()), _inside(widget)
        case QComboBox():
            option = QStyleOptionComboBox()
            widget.initStyleOption(option)
            control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
            yield widget.currentText(), widget.style().subControlRect(control, option, part, widget)
        case QLineEdit():
            if not widget.text():
                yield widget.placeholderText(), widget.contentsRect()
        case QTabBar():
            for index in range(widget.count()):
                yield widget.tabText(index), widget.tabRect(index)
        case QHeaderView():
            model = widget.model()
            for section in range(widget.count()):
                title = str(model.headerData(section, widget.orientation(), Qt.ItemDataRole.DisplayRole))
                if widget.orientation() is Qt.Orientation.Horizontal and not widget.isSectionHidden(section):
                    yield title, QRect(0, 0, widget.sectionSize(section), widget.height())
        case _:
            return


def _inside(button: QAbstractButton) -> QRect:
    rect = button.contentsRect()
    if isinstance(button, QPushButton):
        return rect
    # The box or ring before the text, and the icon.
    before = button.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth)
    return rect.adjusted(before if button.isCheckable() else 0, 0, 0, 0)


def _has_room(widget: QWidget, text: str, room: QRect) -> bool:
    metrics = widget.fontMetrics()
    if isinstance(widget, QLabel) and widget.wordWrap():
        return room.height() + 1 >= widget.heightForWidth(widget.width())
    lines = text.split("\n")
    wide = max(metrics.horizontalAdvance(line) for line in lines)
    high = metrics.height() * len(lines)
    return wide <= room.width() + 1 and high <= room.height() + 2


def _tells(widget: QWidget, text: str) -> bool:
    document = QTextDocument()
    document.setHtml(widget.toolTip())
    told = " ".join((document.toPlainText(), widget.accessibleDescription()))
    return " ".join(text.rstrip("…").split()) in " ".join(told.split())


def _out_of_reach(window: QWidget) -> Iterator[str]:
    whole = QRect(QPoint(0, 0), window.size())
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not _scrolls(widget):
            place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
            if not whole.contains(place):
                yield f"{_name(widget)}: stands at {place.getRect()} of {whole.size().toTuple()}"


def _nested(window: QWidget) -> Iterator[str]:
    for area in window.findChildren(QScrollArea):
        if area.isVisible() and area.verticalScrollBar().maximum() > 0 and _scrolls(area):
            yield f"{_name(area)}: scrolls inside of what scrolls"


def _scrolls(widget: QWidget) -> bool:
    around = widget.parentWidget()
    while around is not None and not around.isWindow():
        if isinstance(around, QScrollArea):
            return True
        around = around.parentWidget()
    return False


def _name(widget: QWidget) -> str:
    return widget.accessibleName() or widget.objectName() or type(widget).__name__


def _plain(text: str) -> str:
    """`text` without the signs of mnemonics."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


SIZES = (QSize(1280, 800), QSize(1024, 640))
AT_EACH_SIZE = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width()}x{size.height()}")


@pytest.fixture
def font(qapp: QApplication) -> Iterator[QApplication]:
    before = qapp.font()
    yield qapp
    qapp.setFont(before)


@pytest.fixture
def longer(qapp: QApplication) -> Iterator[None]:
    translator = Longer()
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


def fits(desk: OpenDesk, size: QSize) -> None:
    window = desk.window
    window.resize(size)

    def nothing_is_cut() -> None:
        QApplication.processEvents()
        assert faults(window) == []

    desk.bot.waitUntil(nothing_is_cut)
    assert window.size() == size


def a_call(desk: OpenDesk, size: QSize) -> None:
    """What an agent sees of a call: at rest, all unfolded, asked, and noted."""
    fits(desk, size)
    form = desk.window.consent
    form.more.toggle.setChecked(True)
    form.opt_in.setChecked(True)
    fits(desk, size)
    form.opt_out.setChecked(True)
    desk.fill()
    asked = "No customer with registered = jane@example.com. Opting out this ID stops no messages."
    form.question.ask(asked, ("Correct the ID", "Record anyway: creates a profile"))
    fits(desk, size)
    form.question.withdraw()
    desk.send()
    desk.wait_for_line(render(CALLED[State.DELIVERED].word))
    fits(desk, size)


def test_what_is_cut_off_is_found(acme: OpenDesk) -> None:
    button = acme.window.top.show_request
    button.setFixedWidth(30)
    button.setToolTip("")
    QApplication.processEvents()
    assert [each for each in faults(acme.window) if each.startswith("Show request: 'Request'")]


@AT_EACH_SIZE
@pytest.mark.parametrize("percent", [80, 100, 200])
def test_a_call_fits_at_each_zoom(font: QApplication, acme: OpenDesk, percent: int, size: QSize) -> None:
    acme.window.zoom.show_at(percent)
    a_call(acme, size)


@AT_EACH_SIZE
def test_a_call_fits_with_text_of_16_points(font: QApplication, acme: OpenDesk, size: QSize) -> None:
    large = font.font()
    large.setPointSize(16)
    font.setFont(large)
    a_call(acme, size)


@AT_EACH_SIZE
def test_a_call_fits_with_longer_sentences(longer: None, acme: OpenDesk, size: QSize) -> None:
    a_call(acme, size)


@pytest.mark.parametrize("percent", [80, 150, 200])
def test_categories_that_have_room_do_not_scroll_by_themselves(
    font: QApplication, acme: OpenDesk, percent: int
) -> None:
    rows, area = acme.window.consent.categories.rows, acme.window.consent.categories.frame.area
    acme.window.consent.offer_categories([Category(f"c{each}", f"Category {each}") for each in range(7)])
    for each in (percent, 100):
        acme.window.zoom.show_at(each)
        QApplication.processEvents()
        assert area.verticalScrollBar().maximum() == 0
        assert area.height() <= rows.minimumHeight() + 4


def test_zoom_and_full_screen_stand_in_the_menu(font: QApplication, acme: OpenDesk) -> None:
    window = acme.window
    (view,) = (each.menu() for each in window.top.menu.actions() if each.text() == "View")
    assert isinstance(view, QMenu)
    larger, smaller, whole, full = view.actions()
    larger.trigger()
    larger.trigger()
    assert window.zoom.percent == 125
    smaller.trigger()
    assert window.zoom.percent == 110
    whole.trigger()
    assert window.zoom.percent == 100
    full.trigger()
    assert window.isFullScreen()
    full.trigger()
    assert not window.isFullScreen()
