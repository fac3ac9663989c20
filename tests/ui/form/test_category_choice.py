"""The categories to tick: a filter that unticks nothing, what is kept, what a row has room to say."""

from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from consent_desk.domain.wire.category import Category
from consent_desk.ui.form.category_choice import CategoryChoice
from consent_desk.ui.form.category_rows import CategoryBox, RowState
from tests.ui import controls
from tests.ui.desks import OpenDesk

FORTY = tuple(
    Category(f"c{number}", f"Category {number}", by_private_api=number % 20 != 7) for number in range(40)
)
FEW = FORTY[:3]


@pytest.fixture
def choice(qtbot: QtBot) -> CategoryChoice:
    made = CategoryChoice()
    qtbot.addWidget(made)
    made.resize(480, 600)
    made.show()
    return made


def shown(choice: CategoryChoice) -> list[str]:
    return [box.category.id for box in choice.rows.shown if box.isVisible()]


def tick(choice: CategoryChoice, *numbers: int) -> None:
    for number in numbers:
        choice.rows.boxes[number].click()


def test_a_filter_shows_some_by_label_or_id_and_unticks_nothing(choice: CategoryChoice) -> None:
    choice.offer(FORTY)
    tick(choice, 1, 3)
    QTest.keyClicks(choice.filter, "y 12")
    assert shown(choice) == ["c12"]
    assert list(choice.chosen) == ["c1", "c3"]
    choice.filter.setText("C3")
    assert "c3" in shown(choice)
    tick(choice, 39)
    assert list(choice.chosen) == ["c1", "c3", "c39"]
    assert choice.counter.text() == "3 of 40 ticked: Category 1, Category 3, Category 39"


def test_all_means_all_of_the_project_says_so_and_names_what_is_set_elsewhere(choice: CategoryChoice) -> None:
    choice.offer(FORTY)
    choice.filter.setText("12")
    choice.press_all()
    assert choice.filter.text() == ""
    assert len(choice.chosen) == len(shown(choice)) == 40
    assert choice.note.remark == (
        "All 40 of the project, each with an event of its own. Set elsewhere: Category 7, Category 27."
    )
    choice.press_all()
    assert choice.chosen == ()


@pytest.mark.parametrize(("categories", "filters"), [(FEW, False), (FORTY[:8], False), (FORTY[:9], True)])
def test_above_eight_there_is_a_filter(
    choice: CategoryChoice, categories: Sequence[Category], filters: bool
) -> None:
    choice.offer(categories)
    assert (choice.filter.isVisible(), choice.counter.isVisible()) == (filters, filters)


def test_escape_ends_the_filter_and_the_details_one_after_the_other(choice: CategoryChoice) -> None:
    choice.offer(FORTY)
    choice.filter.setText("12")
    choice.toggle_details()
    assert choice.close_innermost()
    assert not choice.details.isVisible()
    assert choice.filter.text() == "12"
    assert choice.close_innermost()
    assert choice.filter.text() == ""
    assert not choice.close_innermost()


def test_where_room_is_needed_only_the_ticked_ones_are_shown_until_the_others_are_wanted(
    choice: CategoryChoice,
) -> None:
    choice.offer(FEW)
    tick(choice, 1)
    choice.shrink(True)
    assert shown(choice) == ["c1"]
    choice.show_rest.click()
    assert shown(choice) == ["c0", "c1", "c2"]


def test_after_a_send_the_default_comes_back_or_what_is_kept_for_this_shift(choice: CategoryChoice) -> None:
    choice.offer(FEW)
    tick(choice, 1, 2)
    assert choice.after_send() == ()
    choice.default = "c0"
    assert choice.after_send() == ("c0",)
    choice.keep.click()
    choice.other.setText("typed")
    assert choice.after_send() == ("c1", "c2")


def test_a_list_that_comes_while_an_id_is_typed_ticks_none_that_it_only_begins_with(
    choice: CategoryChoice, qtbot: QtBot
) -> None:
    choice.activateWindow()
    choice.open_other()
    qtbot.waitUntil(choice.other.hasFocus)
    QTest.keyClicks(choice.other, "c1")
    choice.offer(FEW)
    QTest.keyClicks(choice.other, "7")
    assert choice.chosen == ("c17",)


def test_an_id_that_was_typed_is_ticked_once_the_list_has_it(choice: CategoryChoice) -> None:
    choice.choose(["c1"])
    assert choice.chosen == ("c1",)
    choice.offer(FEW)
    assert (choice.rows.ticked(), choice.other.text()) == (("c1",), "")
    assert not choice.other.isVisible()


def test_without_a_list_there_is_a_field_with_the_reason(choice: CategoryChoice) -> None:
    choice.offer(())
    assert not choice.other.isVisible()
    choice.tell_no_list("There is no list.")
    assert choice.other.isVisible()
    assert choice.note.remark == "There is no list."
    assert not choice.every_one.isVisible()


def test_two_of_one_label_are_told_apart(choice: CategoryChoice) -> None:
    choice.offer((Category("a", "News"), Category("b", "News"), Category("b", "Again")))
    assert [box.accessibleName() for box in choice.rows.boxes] == ["News (a)", "News (b)"]


def test_one_tab_stop_and_arrow_keys_between_the_rows(choice: CategoryChoice) -> None:
    choice.offer(FEW)
    first, second, third = choice.rows.boxes
    first.setFocus()
    for key, box in (
        (Qt.Key.Key_Down, second),
        (Qt.Key.Key_End, third),
        (Qt.Key.Key_Down, third),
        (Qt.Key.Key_Home, first),
        (Qt.Key.Key_Up, first),
        (Qt.Key.Key_PageDown, third),
    ):
        at: QWidget | None = choice.focusWidget()
        assert isinstance(at, CategoryBox)
        QTest.keyClick(at, key)
        assert choice.rows.current is box
    stops = [box for box in choice.rows.boxes if box.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert stops == [third]


def test_a_row_says_all_in_its_description_and_a_letter_less_where_there_is_no_room(
    choice: CategoryChoice,
) -> None:
    choice.offer((Category("order", "Orders", legitimate_interest=True), Category("post", "post", False)))
    state = RowState(lengths=("accepted since 31 Aug · CRM", "accepted"), whole="accepted, source CRM")
    choice.show_states({"order": state})
    orders, post = choice.rows.boxes
    assert orders.accessibleDescription() == "accepted, source CRM · legitimate interest · ID order"
    assert post.accessibleDescription() == "not known yet · set elsewhere"
    assert "accepted, source CRM" in orders.toolTip()
    for width, text in ((480, "accepted since 31 Aug · CRM"), (200, "accepted")):
        choice.resize(width, 600)
        orders.resize(width, 36)
        assert orders.fitting()[0] == text


def test_in_the_window_keep_for_this_shift_ends_with_the_project(acme: OpenDesk) -> None:
    acme.fill()
    controls.button(acme.window, "Keep for this shift").click()
    acme.practise()
    assert not controls.button(acme.window, "Keep for this shift").isChecked()
