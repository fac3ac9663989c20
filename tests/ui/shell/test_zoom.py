"""Larger and smaller text."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from consent_desk.ui.shell.zoom import STEPS, Zoom
from consent_desk.ui.theme.fonts import HEADING, sized


@pytest.fixture
def settings(qapp: QApplication, tmp_path: Path) -> Iterator[QSettings]:
    before = qapp.font()
    yield QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    qapp.setFont(before)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def test_text_grows_by_steps_and_not_beyond_the_last(
    qapp: QApplication, settings: QSettings, window: QWidget
) -> None:
    points = qapp.font().pointSizeF()
    zoom = Zoom(settings, window)
    zoom.step(1)
    assert qapp.font().pointSizeF() == pytest.approx(points * 1.1)
    for _ in STEPS:
        zoom.step(1)
    assert qapp.font().pointSizeF() == pytest.approx(points * 2)
    for _ in STEPS:
        zoom.step(-1)
    assert qapp.font().pointSizeF() == pytest.approx(points * 0.8)
    zoom.show_at(100)
    assert qapp.font().pointSizeF() == pytest.approx(points)


def test_the_next_start_is_as_large(qapp: QApplication, settings: QSettings, window: QWidget) -> None:
    base = qapp.font()
    Zoom(settings, window).show_at(150)
    qapp.setFont(base)
    assert Zoom(settings, window).percent == 150
    assert qapp.font().pointSizeF() == pytest.approx(base.pointSizeF() * 1.5)


@pytest.mark.parametrize("kept", ["", "1000", "-5", "²", "0"])
def test_a_size_that_is_none_is_left_alone(settings: QSettings, window: QWidget, kept: str) -> None:
    settings.setValue("zoom", kept)
    assert Zoom(settings, window).percent == 100


def test_text_with_a_size_of_its_own_grows_with_all_other(settings: QSettings, window: QWidget) -> None:
    own, bold, plain = QLabel("own"), QLabel("bold"), QLabel("plain")
    layout = QVBoxLayout(window)
    for label in (own, bold, plain):
        layout.addWidget(label)
    own.setFont(sized(HEADING, semibold=True))
    font = bold.font()
    font.setBold(True)
    bold.setFont(font)
    window.show()
    before = [label.font().pointSizeF() for label in (own, bold, plain)]
    zoom = Zoom(settings, window)
    for percent in (200, 80, 150):
        zoom.show_at(percent)
    QApplication.processEvents()
    grown = [label.font().pointSizeF() for label in (own, bold, plain)]
    assert grown == pytest.approx([points * 1.5 for points in before], rel=0.01)
    assert own.font().weight() == QFont.Weight.DemiBold
