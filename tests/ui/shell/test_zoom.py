"""Larger and smaller text."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QApplication

from consent_desk.ui.shell.zoom import STEPS, Zoom


@pytest.fixture
def settings(qapp: QApplication, tmp_path: Path) -> Iterator[QSettings]:
    before = qapp.font()
    yield QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    qapp.setFont(before)


def test_text_grows_by_steps_and_not_beyond_the_last(qapp: QApplication, settings: QSettings) -> None:
    points = qapp.font().pointSizeF()
    zoom = Zoom(settings, QObject())
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


def test_the_next_start_is_as_large(qapp: QApplication, settings: QSettings) -> None:
    base = qapp.font()
    Zoom(settings, QObject()).show_at(150)
    qapp.setFont(base)
    assert Zoom(settings, QObject()).percent == 150
    assert qapp.font().pointSizeF() == pytest.approx(base.pointSizeF() * 1.5)


@pytest.mark.parametrize("kept", ["", "1000", "-5", "²", "0"])
def test_a_size_that_is_none_is_left_alone(qapp: QApplication, settings: QSettings, kept: str) -> None:
    settings.setValue("zoom", kept)
    assert Zoom(settings, QObject()).percent == 100
