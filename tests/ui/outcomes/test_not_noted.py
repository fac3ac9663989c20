"""The banner of what could not be noted for earlier callers."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from consent_desk.ui.outcomes.not_noted import NotNotedBanner
from consent_desk.ui.outcomes.receipt import NotNoted
from consent_desk.ui.widgets import inputs
from tests.ui.outcomes.test_receipt import submission


@pytest.mark.parametrize("name", ["Dismiss", "Try again"])
def test_the_second_click_of_two_does_not_settle_the_line_that_comes_up_below_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seconds = [0.0]
    monkeypatch.setattr(inputs, "MOMENT", 0.5)
    monkeypatch.setattr(inputs, "monotonic", lambda: seconds[0])
    first, second = (NotNoted(submission(), who, "Acme", "Full.", "slip") for who in ("anne", "bert"))
    window = QWidget()
    qtbot.addWidget(window)
    banner = NotNotedBanner(after=QPushButton(window))
    banner.setParent(window)
    banner.show_all([first, second])
    settled: list[NotNoted] = []
    for signal in (banner.dismissed, banner.again):
        signal.connect(settled.append)
    below = next(one for one in banner.findChildren(QPushButton) if one.accessibleName() == f"{name}: bert")
    seconds[0] = 9.0
    banner.show_all([second])
    QTest.mouseClick(below, Qt.MouseButton.LeftButton)
    assert settled == []
    seconds[0] = 9.6
    QTest.mouseClick(below, Qt.MouseButton.LeftButton)
    assert settled == [second]
