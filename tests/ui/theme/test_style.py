"""The look of the whole program, and that it follows the system while it runs."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QPushButton
from pytestqt.qtbot import QtBot

from consent_desk.ui.theme import style
from consent_desk.ui.theme.fonts import line_height, scale, sized
from consent_desk.ui.theme.tokens import DARK, LIGHT, Tokens, current, is_high_contrast
from consent_desk.ui.widgets.banner import Card
from consent_desk.ui.widgets.fields import FramedLine
from tests.ui.theme.test_tokens import contrast


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    palette, font = qapp.palette(), qapp.font()
    yield qapp
    style.show_look(qapp, dark=False)
    qapp.setPalette(palette)
    qapp.setFont(font)


def test_it_follows_the_system_from_light_to_dark_and_back(app: QApplication, qtbot: QtBot) -> None:
    style.apply(app)
    card = Card()
    qtbot.addWidget(card)
    card.show()
    for scheme, tokens in ((Qt.ColorScheme.Dark, DARK), (Qt.ColorScheme.Light, LIGHT)):
        app.styleHints().colorSchemeChanged.emit(scheme)
        app.processEvents()
        assert current() is tokens
        assert app.palette().color(QPalette.ColorRole.Window) == QColor(tokens.background)
        assert card.palette().color(QPalette.ColorRole.Window) == QColor(tokens.surface)
        assert card.grab().toImage().pixelColor(20, 20) == QColor(tokens.surface)


def test_text_that_is_switched_off_can_still_be_read(app: QApplication) -> None:
    style.show_look(app, dark=False)
    group, role = QPalette.ColorGroup.Disabled, QPalette.ColorRole
    assert app.palette().color(group, role.ButtonText) == QColor(LIGHT.second)


def test_in_high_contrast_fields_have_the_frame_of_the_style_and_ours_afterwards(
    app: QApplication, qtbot: QtBot
) -> None:
    style.show_look(app, dark=False)
    line = FramedLine()
    qtbot.addWidget(line)
    line.show()
    assert not line.hasFrame()
    style.show_look(app, dark=False, contrast=True)
    app.processEvents()
    assert is_high_contrast()
    assert line.hasFrame()
    assert line.palette().color(QPalette.ColorRole.Base).alpha() == 255
    style.show_look(app, dark=False)
    app.processEvents()
    assert not line.hasFrame()


def test_sizes_are_those_of_a_window_that_is_not_zoomed_and_grow_with_the_text(
    app: QApplication, qtbot: QtBot
) -> None:
    font = QFont(app.font())
    font.setPointSizeF(9.75)
    app.setFont(font)
    line = FramedLine()
    qtbot.addWidget(line)
    assert (scale(), sized(13).pointSizeF(), sized(26).pointSizeF()) == (1, 9.75, 19.5)
    assert line_height(line, 34) == 34
    font.setPointSizeF(19.5)
    app.setFont(font)
    assert scale() == 2
    assert line_height(line, 34) >= line.fontMetrics().height() + 8
    assert line.sizeHint().height() == line_height(line, 34) > 34


@pytest.mark.parametrize(("dark", "tokens"), [(False, LIGHT), (True, DARK)], ids=["light", "dark"])
def test_the_style_too_paints_edges_that_can_be_seen(
    app: QApplication, qtbot: QtBot, dark: bool, tokens: Tokens
) -> None:
    style.show_look(app, dark=dark)
    for widget in (QPushButton("Yes"), QCheckBox("Also its data")):
        qtbot.addWidget(widget)
        widget.resize(widget.sizeHint())
        widget.show()
        image = widget.grab().toImage()
        row = [image.pixelColor(x, image.height() // 2).name() for x in range(6)]
        assert max(contrast(colour, tokens.background) for colour in row) >= 3
