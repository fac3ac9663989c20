"""Fields have an edge that can be seen, and one of another colour with the focus."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from consent_desk.ui.theme import style
from consent_desk.ui.theme.tokens import DARK, LIGHT, Tokens
from consent_desk.ui.widgets.banner import Card
from consent_desk.ui.widgets.fields import FramedComboBox, FramedLine, FramedText
from consent_desk.ui.widgets.layouts import ScrollBar


@pytest.fixture(params=[LIGHT, DARK], ids=["light", "dark"])
def tokens(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Tokens]:
    before = qapp.palette()
    style.show_look(qapp, dark=request.param is DARK)
    yield request.param
    style.show_look(qapp, dark=False)
    qapp.setPalette(before)


def edge(field: QWidget) -> str:
    """The colour in the middle of its left edge."""
    return field.grab().toImage().pixelColor(0, field.height() // 2).name()


@pytest.mark.parametrize("make", [FramedLine, FramedComboBox, FramedText])
def test_the_edge_tells_where_the_focus_is(qtbot: QtBot, tokens: Tokens, make: type[QWidget]) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    other, field = QLineEdit(), make()
    layout = QVBoxLayout(window)
    layout.addWidget(other)
    layout.addWidget(field)
    window.show()
    window.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    assert edge(field) == tokens.field
    field.setFocus()
    assert edge(field) == tokens.accent
    field.setEnabled(False)
    assert edge(field) == tokens.line


def test_the_line_inside_of_a_combo_box_leaves_it_its_round_corners(qtbot: QtBot, tokens: Tokens) -> None:
    card, box = Card(), FramedComboBox()
    qtbot.addWidget(card)
    line = FramedLine(framed=False)
    box.setLineEdit(line)
    card.content.addWidget(box)
    card.show()
    shown = box.grab().toImage()
    line.hide()
    assert shown == box.grab().toImage()


def test_a_text_keeps_its_ground_within_its_edge(qtbot: QtBot, tokens: Tokens) -> None:
    card, text = Card(), FramedText()
    qtbot.addWidget(card)
    card.content.addWidget(text)
    text.setReadOnly(True)
    card.show()
    image = card.grab().toImage()
    corner = text.mapTo(card, QPoint(0, 0))
    assert image.pixelColor(corner) == QColor(tokens.surface)
    assert image.pixelColor(corner + QPoint(20, text.height() - 10)) == QColor(tokens.sunk)


def test_a_scroll_bar_is_dragged_by_what_is_seen_of_it(qtbot: QtBot, tokens: Tokens) -> None:
    bar = ScrollBar(Qt.Orientation.Vertical)
    qtbot.addWidget(bar)
    bar.setRange(0, 300)
    bar.setPageStep(100)
    bar.setValue(150)
    bar.resize(bar.sizeHint().width(), 200)
    bar.show()
    image, middle = bar.grab().toImage(), bar.width() // 2
    rows = [y for y in range(200) if image.pixelColor(middle, y) == QColor(tokens.field)]
    assert rows == list(range(rows[0], rows[-1] + 1))
    for at in (rows[1], rows[-2]):
        QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(middle, at))
        assert bar.isSliderDown()
        QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(middle, at))
        assert bar.value() == 150
