"""The list of the log under keys and the mouse."""

from collections.abc import Sequence

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from consent_desk.domain.log_query import LogQuery, LogRow
from consent_desk.ui.log.line_details import Offer
from consent_desk.ui.log.lines import Part, Press, Slot
from consent_desk.ui.log.list_view import HIGH, LOW
from consent_desk.ui.log.model import LINE
from consent_desk.ui.log.panel import LogPanel
from consent_desk.ui.log.words import Words
from consent_desk.ui.theme.fonts import scaled
from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.layouts import fill
from tests.consents import later
from tests.ui.log.rows import PRESS, a_log, a_row
from tests.ui.log.test_model import newest_first


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    window.resize(740, 800)
    qtbot.addWidget(window)
    return window


@pytest.fixture
def panel(window: QWidget) -> LogPanel:
    panel = LogPanel(a_log(lambda: later(600)))
    fill(QVBoxLayout(window), panel)
    window.show()
    return panel


def show(panel: LogPanel, rows: Sequence[LogRow], query: LogQuery | None = None) -> None:
    panel.model.show(newest_first(rows), query or LogQuery(), practice=False)
    QApplication.processEvents()


def test_arrow_keys_fold_and_unfold_what_was_noted_at_once(panel: LogPanel) -> None:
    show(panel, PRESS)
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.list.model().index(1, LINE))
    QTest.keyClick(panel.list, Qt.Key.Key_Right)
    assert [type(panel.model.slot(row)) for row in range(1, 5)] == [Press, Part, Part, Part]
    for _ in range(2):
        QTest.keyClick(panel.list, Qt.Key.Key_Down)
    assert panel.chosen == PRESS[2].entry.request_id
    # First to the line of all, then that is folded.
    QTest.keyClick(panel.list, Qt.Key.Key_Left)
    assert panel.list.currentIndex().row() == 1
    QTest.keyClick(panel.list, Qt.Key.Key_Left)
    assert panel.model.rowCount() == 3
    assert panel.list.currentIndex().row() == 1


def test_a_click_at_its_sign_unfolds_it_and_one_beside_that_chooses_it(panel: LogPanel) -> None:
    show(panel, PRESS)
    place = panel.list.visualRect(panel.list.model().index(1, LINE))
    middle = place.center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert panel.model.rowCount() == 3
    assert panel.chosen == PRESS[3].entry.request_id
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(26, middle.y()))
    assert panel.model.rowCount() == 6


def test_return_opens_the_technical_details(panel: LogPanel) -> None:
    show(panel, PRESS)
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.list.model().index(0, LINE))
    assert not panel.details.isVisible()
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert panel.details.isVisible()
    assert panel.window().focusWidget() is panel.details


def test_details_come_with_a_line_and_go_with_it(panel: LogPanel) -> None:
    show(panel, PRESS)
    assert not panel.line.isVisible()
    panel.choose(PRESS[0].entry.request_id)
    panel.show_details(panel.chosen, {"Meaning": "It is there."}, Offer(state=PRESS[0].entry.state))
    assert panel.line.isVisible()
    assert panel.line.who.text() == "customer1@example.com"
    assert panel.line.meaning.accessibleDescription() == "It is there."
    # What is done with several is done with the one that is named.
    panel.choose(PRESS[1].entry.request_id)
    assert panel.chosen == PRESS[3].entry.request_id
    assert panel.line.what.text() == "Opt-out · newsletter, the worst of 3 · 12:00"
    show(panel, ())
    assert not panel.line.isVisible()
    assert (panel.line.who.text(), panel.line.meaning.text()) == ("", "")


def test_lines_are_54_pixels_high_and_28_in_a_low_window(panel: LogPanel, window: QWidget) -> None:
    show(panel, PRESS)
    assert panel.list.visualRect(panel.list.model().index(0, LINE)).height() == scaled(HIGH)
    window.resize(740, 640)
    QApplication.processEvents()
    assert panel.list.visualRect(panel.list.model().index(0, LINE)).height() == scaled(LOW)


def in_view(panel: LogPanel) -> dict[str, int]:
    """The customers in view, and where each stands."""
    view, seen, y = panel.view, dict[str, int](), 1
    while y < view.viewport().height() and (index := view.indexAt(QPoint(1, y))).isValid():
        entry, place = panel.model.entry(index.row()), view.visualRect(index)
        assert entry is not None
        seen[entry.customer.value] = place.top()
        y = place.bottom() + 1
    return seen


@pytest.mark.parametrize("is_table", [False, True])
def test_who_reads_further_down_is_not_moved_by_lines_that_come_in_or_are_joined_or_go(
    panel: LogPanel, is_table: bool
) -> None:
    rows = [a_row(seq) for seq in range(1, 101)]
    panel.show_as_table(is_table)
    show(panel, rows)
    panel.view.verticalScrollBar().setValue(scaled(HIGH) * 10 + 7)
    before = in_view(panel)
    panel.model.add([a_row(101), a_row(102, "one"), a_row(103, "one")])
    panel.model.add([a_row(104, "one")])
    panel.model.take_away([rows[99].entry.request_id])
    QApplication.processEvents()
    assert in_view(panel) == before
    # The topmost goes: those below it stay.
    top = next(row for row in rows if row.entry.customer.value == min(before, key=before.__getitem__))
    panel.model.take_away([top.entry.request_id])
    QApplication.processEvents()
    assert before.items() - {(top.entry.customer.value, before[top.entry.customer.value])} <= {
        *in_view(panel).items()
    }


@pytest.mark.parametrize("is_table", [False, True])
def test_a_chosen_line_stays_where_it_is_even_at_the_top(panel: LogPanel, is_table: bool) -> None:
    panel.show_as_table(is_table)
    rows = [a_row(seq) for seq in range(1, 101)]
    show(panel, rows)
    panel.choose(rows[-1].entry.request_id)
    QApplication.processEvents()
    before = in_view(panel)
    panel.model.add([new := a_row(101)])
    QApplication.processEvents()
    assert in_view(panel) == before
    # What was just sent is chosen by itself, and comes into view.
    panel.choose(new.entry.request_id)
    QApplication.processEvents()
    assert in_view(panel)["customer101@example.com"] == 0


def test_a_list_that_gets_lower_does_not_move_who_reads_elsewhere_than_the_chosen_line(
    panel: LogPanel, window: QWidget
) -> None:
    rows = [a_row(seq) for seq in range(1, 101)]
    show(panel, rows)
    panel.choose(rows[-1].entry.request_id)
    QApplication.processEvents()
    panel.list.verticalScrollBar().setValue(scaled(HIGH) * 20)
    top = next(iter(in_view(panel)))
    window.resize(740, 760)
    QApplication.processEvents()
    assert next(iter(in_view(panel))) == top


@pytest.mark.parametrize("is_table", [False, True])
def test_who_is_at_the_top_sees_what_comes_in(panel: LogPanel, is_table: bool) -> None:
    panel.show_as_table(is_table)
    show(panel, [a_row(seq) for seq in range(1, 61)])
    panel.model.add([a_row(61)])
    QApplication.processEvents()
    assert panel.view.indexAt(QPoint(1, 1)).row() == 0


def test_beside_technical_details_three_lines_stay_in_a_window_of_a_laptop(
    panel: LogPanel,
) -> None:
    rows = [a_row(seq) for seq in range(1, 61)]
    show(panel, rows)
    panel.choose(rows[-1].entry.request_id)
    least = panel.minimumSizeHint().height()
    panel.line.technical.click()
    QApplication.processEvents()
    panel.window().resize(740, panel.minimumSizeHint().height())
    QApplication.processEvents()
    assert (
        panel.list.viewport().height()
        >= 3 * panel.list.visualRect(panel.list.model().index(0, LINE)).height()
    )
    assert panel.minimumSizeHint().height() <= least + scaled(120)


def test_the_table_has_the_same_lines_and_the_same_choice(panel: LogPanel) -> None:
    show(panel, PRESS)
    panel.choose(PRESS[0].entry.request_id)
    panel.show_as_table(True)
    assert panel.view is panel.table
    assert panel.table.currentIndex().row() == 2
    assert [panel.list.accessibleName(), panel.table.accessibleName()] == ["", "Response log"]
    panel.table.setCurrentIndex(panel.table.model().index(0, 1))
    assert panel.chosen == PRESS[4].entry.request_id
    panel.show_as_table(False)
    assert panel.list.isVisible()
    assert panel.list.currentIndex().row() == 0


def test_an_empty_log_says_what_will_stand_there(panel: LogPanel) -> None:
    show(panel, ())
    panel.list.empty = "Answers appear here"
    image = panel.list.grab().toImage()
    colours = {image.pixelColor(x, image.height() // 2).name() for x in range(image.width())}
    assert colours != {current().surface}


def test_what_is_painted_again_is_not_worded_again(panel: LogPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    show(panel, [a_row(seq) for seq in range(1, 200)])
    viewport = panel.list.viewport()
    viewport.repaint()
    worded: list[Slot] = []
    about = Words.about

    def count(words: Words, slot: Slot) -> str:
        worded.append(slot)
        return about(words, slot)

    monkeypatch.setattr(Words, "about", count)
    viewport.repaint()
    assert worded == []
    panel.model.put(panel.model.entry(0) or pytest.fail("there is none"))
    panel.model.flush()
    viewport.repaint()
    rows = panel.list.shown_rows()
    assert rows is not None
    assert 0 < len(worded) <= rows[1] + 2
