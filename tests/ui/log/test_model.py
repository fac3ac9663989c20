"""What was noted with one press is one line of the list, however it came to be read."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, ValidUntil
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.log_query import LogQuery, LogRow
from consent_desk.ui.log import model as log_model
from consent_desk.ui.log.lines import Part, Press, Unread, size
from consent_desk.ui.log.model import LINE, LogModel
from consent_desk.ui.widgets.tones import Tone
from tests.consents import later
from tests.ui.log.rows import CATEGORIES, PRESS, a_log, a_row


def newest_first(rows: Sequence[LogRow]) -> list[LogRow]:
    return [*reversed(rows)]


@pytest.fixture
def model(qtbot: QtBot) -> LogModel:
    model = a_log(lambda: later(86_400 * 40))
    model.tester = QAbstractItemModelTester(  # type: ignore[attr-defined]  # to keep it
        model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    return model


def kinds(model: LogModel) -> list[str]:
    return [type(model.slot(row)).__name__ for row in range(model.rowCount())]


def test_several_of_one_press_are_one_line_of_the_worst_outcome(model: LogModel) -> None:
    model.show(newest_first(PRESS), LogQuery(), practice=False)
    assert kinds(model) == ["LogRow", "Press", "LogRow"]
    assert model.total == 5
    press = model.slot(1)
    assert model.words.outcome(press) == "2 verified · 1 refused"
    assert model.words.tone(press) is Tone.BAD
    assert model.entry(1) == PRESS[3].entry
    assert model.index(1, 1).data() == "✖ 2 verified · 1 refused"
    told = model.index(1, LINE).data(Qt.ItemDataRole.AccessibleTextRole)
    assert told == (
        "customera@example.com, Opt-out, 3 categories, 2 verified · 1 refused, 31 May 12:00, "
        "3 parts, collapsed"
    )


@pytest.mark.parametrize("oldest_first", [False, True])
def test_it_unfolds_into_its_parts_and_folds_again(model: LogModel, oldest_first: bool) -> None:
    rows = PRESS if oldest_first else newest_first(PRESS)
    model.show(rows, LogQuery(oldest_first=oldest_first), practice=False)
    model.toggle(1)
    assert kinds(model) == ["LogRow", "Press", "Part", "Part", "Part", "LogRow"]
    shown = [model.entry(row) for row in (2, 3, 4)]
    assert shown == [row.entry for row in PRESS[1:4]]
    assert model.row_of(PRESS[3].entry.request_id) == 4
    assert "part 3 of 3" in str(model.index(4, LINE).data(Qt.ItemDataRole.AccessibleTextRole))
    assert model.row_of(rows[-1].entry.request_id) == 5
    model.put(replace(PRESS[3].entry, state=State.VERIFIED))
    model.flush()
    assert model.words.outcome(model.slot(1)) == "3 verified"
    # A part folds all of them.
    model.toggle(3)
    assert kinds(model) == ["LogRow", "Press", "LogRow"]
    assert model.row_of(PRESS[3].entry.request_id) == 1


def test_those_of_an_older_version_are_told_by_customer_action_and_moment(model: LogModel) -> None:
    customer = CustomerId(type="registered", value="jane@example.com")
    at = later(1)
    alike = [a_row(seq, customer=customer, noted_at=at) for seq in (1, 2)]
    other = a_row(3, customer=customer, noted_at=at, action=Action.ACCEPT)
    model.show(newest_first([*alike, other]), LogQuery(), practice=False)
    assert kinds(model) == ["LogRow", "Press"]


def test_a_press_that_comes_in_parts_becomes_one_line(model: LogModel) -> None:
    model.show(newest_first(PRESS[:2]), LogQuery(), practice=False)
    assert model.add(PRESS[2:3])
    assert model.add(PRESS[3:])
    assert kinds(model) == ["LogRow", "Press", "LogRow"]
    assert model.total == 5
    assert [model.row_of(row.entry.request_id) for row in PRESS] == [2, 1, 1, 1, 0]


def test_an_open_press_takes_in_what_comes_later(model: LogModel) -> None:
    model.show(newest_first(PRESS[:3]), LogQuery(), practice=False)
    model.toggle(0)
    assert model.add(PRESS[3:4])
    assert kinds(model) == ["Press", "LogRow"]
    press = model.slot(0)
    assert isinstance(press, Press)
    assert len(press.rows) == 3


@pytest.mark.parametrize("oldest_first", [False, True])
def test_what_is_read_page_by_page_comes_to_the_same_lines(model: LogModel, oldest_first: bool) -> None:
    rows = [a_row(seq, None if seq % 4 == 0 else f"press{seq // 4}") for seq in range(1, 61)]
    shown = rows if oldest_first else newest_first(rows)
    model.show(shown[:7], LogQuery(oldest_first=oldest_first), practice=False)
    model.set_total(60, 60)
    while unread := [row for row in range(model.rowCount()) if isinstance(model.slot(row), Unread)]:
        # From the middle, as somebody who drags the bar: the line before is not read.
        row = unread[len(unread) // 2]
        first, after = model.unread_around(row, 2)
        skip = model.consents_before(first)
        if after is not None:
            assert shown[skip - 1].seq == after
        model.fill(first, shown[skip : skip + 5])
    assert model.total == 60
    assert kinds(model).count("Press") == 15
    assert model.rowCount() == 30


def test_lines_that_are_let_go_and_read_again_are_the_same(
    model: LogModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_model, "KEPT", 20)
    monkeypatch.setattr(log_model, "NEAR", 4)
    rows = newest_first([a_row(seq, f"press{seq // 3}") for seq in range(3, 93)])
    model.show(rows[:30], LogQuery(), practice=False)
    model.set_total(90, 92)
    model.fill(40, rows[60:75])
    assert isinstance(model.slot(2), Unread)
    assert model.consents_before(10) == 30
    model.fill(0, rows[:30])
    assert model.entry(2) in [row.entry for row in rows[6:9]]


def test_what_leaves_a_list_leaves_its_press(model: LogModel) -> None:
    model.show(newest_first(PRESS), LogQuery(), practice=False)
    model.toggle(1)
    model.take_away([PRESS[1].entry.request_id, PRESS[4].entry.request_id])
    assert kinds(model) == ["Press", "LogRow"]
    model.take_away([PRESS[2].entry.request_id])
    assert kinds(model) == ["LogRow", "LogRow"]
    assert model.total == 2
    assert model.row_of(PRESS[0].entry.request_id) == 1


def test_a_line_tells_all_of_a_decision(model: LogModel) -> None:
    until = {"action": Action.ACCEPT, "valid_until": ValidUntil(1_924_991_999), "category": "sms"}
    row = replace(a_row(1, **until), corrects=later(-300))  # type: ignore[arg-type]  # as above
    model.words.labels = {("p", "sms"): "SMS marketing", ("another", "sms"): "Another"}
    model.words.names_project = True
    model.show([row], LogQuery(), practice=False)
    about = "Opt-in · SMS marketing · until 31 Dec 2030 · corrects 31 May 11:55 · Acme production"
    assert model.words.about(model.slot(0)) == about
    assert model.words.outcome(model.slot(0)) == "Verified"
    model.show([replace(row, corrected=True)], LogQuery(), practice=False)
    assert model.words.outcome(model.slot(0)) == "Corrected"
    assert model.words.tone(model.slot(0)) is Tone.QUIET


def test_of_several_no_more_is_said_than_of_one(model: LogModel) -> None:
    rows = [
        a_row(1, "a", State.SEEN),
        a_row(2, "a", State.DISCARDED, may_have_left=True),
        a_row(3, "a", State.RETRY_WAIT, held=True),
        replace(a_row(4, "a"), corrected=True),
    ]
    model.show(newest_first(rows), LogQuery(), practice=False)
    told = model.words.outcome(model.slot(0)).split(" · ")
    singly = [model.words.outcome(row).lower() for row in rows]
    assert told == [f"1 {word}" for word in singly]


def test_a_part_says_what_is_its_own(model: LogModel) -> None:
    model.show(newest_first(PRESS), LogQuery(), practice=True)
    model.toggle(1)
    assert isinstance(model.slot(2), Part)
    assert model.words.about(model.slot(2)) == CATEGORIES[2]
    assert model.words.outcome(model.slot(1)) == "Practice: 2 verified · 1 refused"


def test_how_many_stand_before_a_line_is_known_whatever_is_open(model: LogModel) -> None:
    rows = newest_first([a_row(seq, f"press{seq // 3}") for seq in range(3, 33)])
    model.show(rows[:15], LogQuery(), practice=False)
    model.set_total(30, 32)
    model.toggle(1)
    model.toggle(0)
    model.take_away([rows[13].entry.request_id])
    for since in range(0, model.rowCount(), 3):
        for row in range(since, model.rowCount() + 1):
            stand = sum(size(model.slot(each)) for each in range(since, row))
            assert model.consents_before(row, since) == stand


def test_the_last_line_that_joins_its_press_as_it_is_read_is_told_where_it_stands(model: LogModel) -> None:
    model.show(newest_first(PRESS[1:3])[:1], LogQuery(), practice=False)
    model.set_total(2, PRESS[2].seq)
    told: list[bool] = []
    model.dataChanged.connect(lambda first, last, _: told.append(first.isValid() and last.isValid()))
    model.fill(1, [PRESS[1]])
    assert kinds(model) == ["Press"]
    assert told
    assert all(told)
