"""A pill says its outcome by sign, word and colour."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from consent_desk.ui.theme import style
from consent_desk.ui.theme.tokens import LIGHT
from consent_desk.ui.widgets.pill import Pill, paint_pill, pill_size
from consent_desk.ui.widgets.tones import Tone


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Iterator[None]:
    before = qapp.palette()
    style.show_look(qapp, dark=False)
    yield
    qapp.setPalette(before)


def painted(text: str, width: int, *, selected: bool = False) -> tuple[QRect, QImage]:
    image = QImage(width, 40, QImage.Format.Format_ARGB32)
    image.fill(QColor(LIGHT.selection))
    painter = QPainter(image)
    place = paint_pill(painter, image.rect(), Tone.NEUTRAL, text, selected=selected)
    painter.end()
    return place, image


def test_it_stands_at_the_right_edge_and_no_wider_than_its_text() -> None:
    place, _ = painted("Delivered, checking", 400)
    assert (place.right(), place.size()) == (399, pill_size("Delivered, checking"))


def test_where_there_is_no_room_its_text_is_cut() -> None:
    place, _ = painted("Delivered, checking", 60)
    assert (place.left(), place.right()) == (0, 59)


def test_in_the_chosen_row_it_has_an_edge_in_the_colour_of_its_text() -> None:
    place, plain = painted("Delivered", 200)
    _, chosen = painted("Delivered", 200, selected=True)
    middle = place.center().x(), place.top()
    assert plain.pixelColor(*middle) == QColor(LIGHT.info_ground)
    assert chosen.pixelColor(*middle) == QColor(LIGHT.info)


def test_assistive_technology_reads_what_it_says(qtbot: QtBot) -> None:
    pill = Pill("What is known of this customer")
    qtbot.addWidget(pill)
    pill.show_text(Tone.WARNING, "Nobody has this ID", "user-x")
    assert (pill.accessibleName(), pill.accessibleDescription()) == (
        "What is known of this customer",
        "Nobody has this ID",
    )
    assert pill.sizeHint() == pill_size("Nobody has this ID")
