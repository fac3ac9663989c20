"""What is in view in a large window, in a small one, and when one pane is wanted alone."""

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from consent_desk.ui.shell.panes import Pane, Panes
from consent_desk.ui.shell.places import Banners, Rank
from tests.ui import controls
from tests.ui.desks import OpenDesk


@pytest.fixture
def panes(qtbot: QtBot) -> Panes:
    made = Panes(QLabel("caller"), Banners(), QLabel("request"), QLabel("log"))
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    return made


def seen(panes: Panes) -> list[str]:
    QApplication.processEvents()
    shown = {each.text() for each in panes.findChildren(QLabel) if each.isVisible()}
    return [text for text in ("caller", "request", "log") if text in shown]


def test_a_large_window_shows_all(panes: Panes) -> None:
    assert seen(panes) == ["caller", "request", "log"]
    assert panes.tabs.isHidden()


def test_without_the_request_its_room_is_the_log_s(panes: Panes) -> None:
    panes.show_request(False)
    assert seen(panes) == ["caller", "log"]


@pytest.mark.parametrize("size", [(800, 700), (1200, 440)])
def test_a_small_window_shows_one_with_tabs(panes: Panes, size: tuple[int, int]) -> None:
    panes.resize(*size)
    assert seen(panes) == ["caller"]
    assert panes.tabs.isVisible()
    panes.tabs.setCurrentIndex(Pane.LOG)
    assert seen(panes) == ["log"]
    panes.bring_forward(Pane.CALLER)
    assert seen(panes) == ["caller"]
    panes.resize(1200, 700)
    assert seen(panes) == ["caller", "request", "log"]


def test_in_a_low_window_the_request_has_the_log_s_place(panes: Panes, qtbot: QtBot) -> None:
    panes.resize(1200, 540)
    assert seen(panes) == ["caller", "request"]
    with qtbot.waitSignal(panes.log_wanted):
        panes.bring_forward(Pane.LOG)
    panes.show_request(False)
    assert seen(panes) == ["caller", "log"]


def test_one_alone_has_tabs_that_lead_to_the_others(panes: Panes) -> None:
    panes.show_alone(Pane.LOG)
    assert panes.tabs.isVisible()
    panes.tabs.setCurrentIndex(Pane.REQUEST)
    assert seen(panes) == ["request"]
    panes.show_alone(None)
    assert panes.tabs.isHidden()


def test_one_alone_gives_way_to_what_is_wanted(panes: Panes) -> None:
    panes.show_alone(Pane.LOG)
    assert seen(panes) == ["log"]
    panes.bring_forward(Pane.CALLER)
    assert seen(panes) == ["caller", "request", "log"]


def test_a_question_behind_another_tab_says_so_and_moves_nothing(acme: OpenDesk) -> None:
    window = acme.window
    window.panes.show_alone(Pane.LOG)
    window.log.search.filter.setFocus()
    window.consent.question.ask("Send it?", ("Do not send it", "Send it"), discards=0)
    assert window.panes.tabs.tabText(Pane.CALLER) == "Caller: question"
    assert "A question waits under Caller" in controls.label(window, "Status")
    assert window.panes.tabs.currentIndex() == Pane.LOG
    assert window.focusWidget() is window.log.search.filter
    window.panes.tabs.setCurrentIndex(Pane.REQUEST)
    assert "A question waits" in controls.label(window, "Status")
    window.panes.tabs.setCurrentIndex(Pane.CALLER)
    assert "A question waits" not in controls.label(window, "Status")
    window.consent.question.withdraw()
    assert window.panes.tabs.tabText(Pane.CALLER) == "Caller"


@pytest.mark.parametrize("pane", Pane)
def test_a_banner_is_seen_beside_each(panes: Panes, pane: Pane, qtbot: QtBot) -> None:
    banner = QLabel("the disk is full")
    panes.findChild(Banners).add(banner, Rank.JOURNAL)  # type: ignore[union-attr]
    for wanted in (pane, None):
        panes.show_alone(wanted)
        seen(panes)
        assert banner.isVisible()


def test_what_weighs_more_stands_higher(panes: Panes) -> None:
    banners = Banners()
    for rank in (Rank.OTHER, Rank.NOT_NOTED, Rank.KEY, Rank.NOT_NOTED):
        banners.add(QLabel(rank.name), rank)
    inside = banners.widget()
    assert inside is not None
    column = inside.layout()
    assert column is not None
    ranks = [Rank[column.itemAt(place).widget().text()] for place in range(4)]  # type: ignore[union-attr]
    assert ranks == sorted(ranks)
