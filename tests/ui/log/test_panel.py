"""The chosen line stays the chosen one, whatever becomes of the others."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.log_query import LogQuery
from consent_desk.ui.log.line_details import Deed, Offer
from consent_desk.ui.log.lines import rows_of
from consent_desk.ui.log.model import LogModel
from consent_desk.ui.log.panel import LogPanel
from tests.ui.log.rows import PRESS
from tests.ui.log.test_model import model, newest_first

__all__ = ["model"]


@pytest.mark.parametrize("chosen", [1, 2, 3])
@pytest.mark.parametrize("oldest_first", [False, True])
def test_a_chosen_line_that_joins_its_press_never_becomes_another_customers(
    qtbot: QtBot, model: LogModel, oldest_first: bool, chosen: int
) -> None:
    panel = LogPanel(model)
    qtbot.addWidget(panel)
    shown = PRESS if oldest_first else newest_first(PRESS)
    model.show(shown[:1], LogQuery(oldest_first=oldest_first), practice=False)
    model.set_total(len(PRESS), len(PRESS))
    row = shown.index(PRESS[chosen])
    # The rest of its press is read after it.
    model.fill(row, [PRESS[chosen]])
    panel.choose(PRESS[chosen].entry.request_id)
    told: list[str] = []
    panel.line_chosen.connect(told.append)
    model.fill(1, shown[1:])
    of_press = {each.entry.request_id for each in PRESS[1:4]}
    assert {panel.chosen, *told} <= of_press
    current = panel.list.selectionModel().currentIndex().row()
    assert {each.entry.request_id for each in rows_of(model.slot(current))} == of_press


def test_a_reason_that_is_asked_for_no_more_leaves_the_focus_to_the_list(
    qtbot: QtBot, model: LogModel
) -> None:
    panel = LogPanel(model)
    qtbot.addWidget(panel)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    model.show(newest_first(PRESS[:1]), LogQuery(), practice=False)
    request_id = PRESS[0].entry.request_id
    panel.choose(request_id)
    panel.show_details(request_id, {}, Offer(state=State.REFUSED))
    panel.line.buttons[Deed.DISCARD].click()
    assert panel.reason.reason.hasFocus()
    # By now it is settled: what is typed must press no button.
    panel.show_details(request_id, {}, Offer(state=State.VERIFIED))
    assert panel.list.hasFocus()


def test_what_is_said_of_the_chosen_line_follows_what_becomes_of_it(qtbot: QtBot, model: LogModel) -> None:
    panel = LogPanel(model)
    qtbot.addWidget(panel)
    model.show(newest_first(PRESS), LogQuery(), practice=False)
    panel.choose(PRESS[3].entry.request_id)
    assert "the worst of 3" in panel.line.what.text()
    model.words.labels = {("p", PRESS[3].entry.category): "Newsletters"}
    panel.say_anew()
    assert "Newsletters" in panel.line.what.text()
    for row in PRESS[1:3]:
        model.put(replace(row.entry, state=State.REFUSED))
    model.flush()
    assert "the first of 3" in panel.line.what.text()
