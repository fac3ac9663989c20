"""What is pressed looks like it, takes a press wherever it shows, and keeps its place."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from consent_desk.ui.theme import style
from consent_desk.ui.theme.tokens import DARK, LIGHT, Tokens
from consent_desk.ui.widgets.buttons import Button, Look, Primary, Segment
from tests.ui.theme.test_tokens import contrast


@pytest.fixture(params=[LIGHT, DARK], ids=["light", "dark"])
def tokens(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Tokens]:
    before = qapp.palette()
    style.show_look(qapp, dark=request.param is DARK)
    yield request.param
    style.show_look(qapp, dark=False)
    qapp.setPalette(before)


def seen(widget: QWidget) -> QImage:
    """`widget` as it is painted in a window that has not the focus."""
    widget.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    widget.resize(widget.sizeHint().expandedTo(widget.minimumSizeHint()))
    widget.show()
    return widget.grab().toImage()


def colours(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_the_primary_button_says_by_its_ground_whether_it_is_ready(qtbot: QtBot, tokens: Tokens) -> None:
    button = Primary("Opt out")
    qtbot.addWidget(button)
    assert tokens.accent in colours(seen(button))
    button.is_ready = False
    image = seen(button)
    assert tokens.accent not in colours(image)
    assert image.pixelColor(10, 10) == QColor(tokens.sunk)
    assert button.isEnabled()


def test_what_the_mouse_does_to_a_button_leaves_its_text_readable(qtbot: QtBot, tokens: Tokens) -> None:
    button = Button("Copy")
    qtbot.addWidget(button)
    resting = seen(button).pixelColor(6, 6).name()
    button.setDown(True)
    pressed = seen(button).pixelColor(6, 6).name()
    assert pressed != resting
    assert contrast(tokens.text, pressed) >= 4.5


def test_the_key_hint_goes_where_there_is_no_room_for_it(qtbot: QtBot, tokens: Tokens) -> None:
    button = Primary("Opt out of SMS marketing")
    qtbot.addWidget(button)
    button.resize(600, 46)
    plain = button.grab().toImage()
    button.hint = "Ctrl ⏎"
    assert button.grab().toImage() != plain
    button.resize(260, 46)
    with_hint = button.grab().toImage()
    button.hint = ""
    assert button.grab().toImage() == with_hint


def test_a_press_counts_wherever_it_shows(qtbot: QtBot) -> None:
    button = Segment("Opt out", is_first=True)
    qtbot.addWidget(button)
    button.resize(300, 40)
    button.show()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(295, 20))
    assert button.isChecked()


def test_of_two_segments_one_is_marked(qtbot: QtBot, tokens: Tokens) -> None:
    row = QWidget()
    qtbot.addWidget(row)
    layout = QHBoxLayout(row)
    first, second = Segment("Opt out", is_first=True), Segment("Opt in", is_first=False)
    layout.addWidget(first)
    layout.addWidget(second)
    row.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    row.show()
    second.setChecked(True)
    assert tokens.accent in colours(second.grab().toImage())
    assert tokens.accent not in colours(first.grab().toImage())


def test_a_chip_is_as_wide_when_it_is_chosen(qtbot: QtBot) -> None:
    chip = Button("Needs you 2", look=Look.CHIP)
    qtbot.addWidget(chip)
    before = chip.sizeHint()
    chip.click()
    assert chip.isChecked()
    assert chip.sizeHint() == before


def test_an_icon_that_comes_later_has_its_room(qtbot: QtBot) -> None:
    button = Button()
    qtbot.addWidget(button)
    before = button.sizeHint()
    button.show_as(sign="settings")
    assert button.sizeHint() == before
    assert button.sizeHint().width() == button.sizeHint().height()


def test_in_high_contrast_the_style_paints_the_icon_too(qtbot: QtBot, qapp: QApplication) -> None:
    before = qapp.palette()
    style.show_look(qapp, dark=False, contrast=True)
    button = Button("", "settings")
    qtbot.addWidget(button)
    seen(button)
    has_icon = not button.icon().isNull()
    style.show_look(qapp, dark=False)
    qapp.setPalette(before)
    assert has_icon
