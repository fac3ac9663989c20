"""The icons: all of one hand, in the colours of the moment."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage
from PySide6.QtWidgets import QApplication

from consent_desk.system.folders import resource
from consent_desk.ui.theme import style
from consent_desk.ui.theme.icons import icon
from consent_desk.ui.theme.tokens import DARK, LIGHT
from consent_desk.ui.widgets.tones import Tone, icon_of

FOLDER = resource("icons/check.svg").parent
ALL = sorted(path.stem for path in FOLDER.glob("*.svg") if path.stem != "consent-desk")


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Iterator[QApplication]:
    before = qapp.palette()
    style.show_look(qapp, dark=False)
    yield qapp
    qapp.setPalette(before)


def ink(shown: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> set[str]:
    """The colours of what is painted in full."""
    image = shown.pixmap(QSize(24, 24), 1.0, mode).toImage().convertToFormat(QImage.Format.Format_ARGB32)
    points = ((x, y) for x in range(24) for y in range(24))
    return {QColor(image.pixel(*at)).name() for at in points if image.pixelColor(*at).alpha() == 255}


def test_each_is_drawn_with_the_same_pen() -> None:
    for name in ALL:
        root = ET.parse(Path(FOLDER, f"{name}.svg")).getroot()
        assert (root.get("viewBox"), root.get("stroke-width")) == ("0 0 24 24", "2"), name
        ends = (root.get("stroke-linecap"), root.get("stroke-linejoin"))
        assert (root.get("stroke"), *ends) == ("currentColor", "round", "round"), name
        assert ink(icon(name, "#123456")) == {"#123456"}, name


def test_each_tone_has_one() -> None:
    assert {icon_of(tone) for tone in Tone} <= set(ALL)


def test_one_without_a_colour_of_its_own_follows_the_system(light: QApplication) -> None:
    shown, tinted = icon("circle"), icon("circle", "bad")
    assert (ink(shown), ink(tinted)) == ({LIGHT.text}, {LIGHT.bad})
    style.show_look(light, dark=True)
    assert (ink(shown), ink(tinted)) == ({DARK.text}, {DARK.bad})


def test_a_switched_off_one_steps_back() -> None:
    assert ink(icon("circle", "bad"), QIcon.Mode.Disabled) == {LIGHT.second}
