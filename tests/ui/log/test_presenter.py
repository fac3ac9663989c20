"""The response log is the journal's latest page."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.record import Entry, Noted, Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.local_time import moment
from consent_desk.domain.log_query import LogQuery, LogRow
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, Outcome, Phase
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.log import model
from consent_desk.ui.log.details import details_of
from consent_desk.ui.log.line_details import Deed, Offer
from consent_desk.ui.log.lines import Slot
from consent_desk.ui.log.model import Index, LogModel
from consent_desk.ui.log.panel import LogPanel
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.log.words import COLUMNS, Words
from consent_desk.ui.states import CALLED
from tests.consents import a_consent, a_project, later
from tests.domain.examples import Berlin, at
from tests.ui import controls
from tests.ui.desks import OpenDesk
from tests.ui.log.rows import a_log, an_entry


def show(panel: LogPanel, entries: Sequence[Entry], query: LogQuery | None = None) -> None:
    """Let `entries`, the newest first, be all that there is."""
    found = [LogRow(len(entries) - number, each) for number, each in enumerate(entries)]
    panel.model.show(found, query or LogQuery(), practice=False)


@pytest.fixture
def panel(qtbot: QtBot) -> LogPanel:
    panel = LogPanel(a_log())
    qtbot.addWidget(panel)
    panel.resize(900, 200)
    panel.show()
    return panel


def test_new_lines_come_together(panel: LogPanel, qtbot: QtBot) -> None:
    show(panel, [an_entry(0)])
    with qtbot.waitSignal(panel.model.rowsInserted) as inserted:
        panel.model.add([LogRow(number + 2, an_entry(number)) for number in range(50)])
    assert inserted.args is not None
    assert inserted.args[1:] == [0, 49]
    assert controls.cells(panel, 4)[0] == "customer49@example.com"


def test_the_room_for_times_is_measured_without_asking_for_every_line(qtbot: QtBot) -> None:
    asked: set[Timestamp] = set()

    def local(at: Timestamp) -> datetime:
        asked.add(at)
        return moment(at, UTC)

    panel = LogPanel(LogModel(Words(local, lambda: later(60))))
    qtbot.addWidget(panel)
    panel.show_as_table(True)
    show(panel, [an_entry(-number) for number in range(500)])
    assert 0 < len(asked) < 5


def test_a_changed_line_stays_in_its_place(panel: LogPanel, qtbot: QtBot) -> None:
    lines = [an_entry(number, State.IN_FLIGHT) for number in range(3)]
    show(panel, lines)
    with qtbot.waitSignal(panel.model.dataChanged):
        panel.model.put(an_entry(1, request_id=lines[1].request_id, status=200, elapsed=0.142))
    assert controls.cells(panel, 1) == ["➜ Sending", "➜ Delivered, checking", "➜ Sending"]
    assert controls.cells(panel, 2)[1] == "200"
    assert controls.cells(panel, 3)[1] == "142 ms"


def test_many_changed_lines_are_shown_at_once_and_none_is_laid_out_anew(
    panel: LogPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [an_entry(number, State.IN_FLIGHT) for number in range(1_000)]
    show(panel, lines)
    qtbot.waitUntil(lambda: panel.list.verticalScrollBar().maximum() > 0)
    for number in range(100, 120):
        panel.model.put(an_entry(number, request_id=lines[number].request_id))
    asked, row_count = list[int](), panel.model.rowCount

    def counting(*parent: Index) -> int:
        asked.append(1)
        return row_count(*parent)

    monkeypatch.setattr(panel.model, "rowCount", counting)
    with qtbot.waitSignal(panel.model.dataChanged) as changed:
        panel.model.flush()
    assert changed.args is not None
    assert [index.row() for index in changed.args[:2]] == [100, 119]
    assert panel.list.shown_rows() is not None
    assert len(asked) < len(lines)


def test_what_customers_are_called_is_shown_inert_and_short(panel: LogPanel) -> None:
    show(panel, [an_entry(0, category="x" * 5_000)])
    assert len(controls.cells(panel, 5)[0]) == 200


def test_send_again_is_offered_for_what_was_not_recorded_or_not_seen(panel: LogPanel) -> None:
    for state in State:
        line = an_entry(0, state)
        show(panel, [line])
        panel.choose(line.request_id)
        panel.show_details(line.request_id, {"Explanation": "x"}, Offer(state=state))
        allowed = state in {State.QUEUED, State.RETRY_WAIT, State.REFUSED, State.NOT_SEEN}
        assert controls.button(panel, "Send again").isEnabled() == allowed


def test_details_of_another_line_are_not_shown(panel: LogPanel) -> None:
    lines = [an_entry(0), an_entry(1)]
    show(panel, lines)
    panel.choose(lines[0].request_id)
    panel.show_details(lines[1].request_id, {"Explanation": "another"}, Offer(state=State.REFUSED))
    assert controls.long_text(panel, "Response details").toPlainText() == ""


def test_details_tell_all_of_a_call(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.send()
    acme.wait_for_line("Delivered, checking")
    acme.wait_for_details("Engagement has queued it")
    explanation = acme.details("Explanation")
    for words in ("Customer ID: registered = jane@example.com", "x-request-id", "HTTP 200", "UTC  Sending"):
        assert words in explanation
    assert json.loads(acme.details("Answer")) == {"success": True, "errors": []}
    assert acme.details("As received") == '{"success": true, "errors": []}'
    assert acme.details("Headers").startswith("HTTP 200\n")
    head, _, body = acme.details("Request").partition("\n\n")
    assert head.splitlines()[:3] == [
        f"POST {controls.raw_text(acme.window, 'Request URL')}",
        "Authorization: Basic ••••••••",
        "Content-Type: application/json",
    ]
    assert body.encode() == engagement.received[-1].body


def test_an_outcome_leaves_the_reader_at_another_line(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.send("first@example.com")
    acme.wait_for_line("Delivered, checking")
    engagement.fault = Fault.SILENCE
    acme.send("second@example.com")
    acme.wait_for_status("second@example.com")
    acme.bot.waitUntil(lambda: b"second@example.com" in engagement.received[-1].body)
    acme.wait_for_line("Sending", "Delivered, checking")
    table = controls.table(acme.window, "Response log")
    table.setCurrentIndex(table.model().index(1, 0))
    line = acme.window.log.model.entry(0)
    assert line is not None
    acme.window.log.pressed.emit(Deed.CANCEL, line.request_id)
    acme.wait_for_line("Not confirmed, looking it up", "Delivered, checking")
    assert table.currentIndex().row() == 1
    acme.wait_for_details("first@example.com")


def test_under_a_filter_the_next_line_is_not_chosen_when_the_chosen_one_leaves(panel: LogPanel) -> None:
    lines = [an_entry(number, State.REFUSED) for number in range(3)]
    show(panel, lines, LogQuery(states=frozenset({State.REFUSED})))
    panel.choose(lines[1].request_id)
    panel.show_details(lines[1].request_id, {"Explanation": "it"}, Offer(state=State.REFUSED))
    chosen: list[str] = []
    panel.line_chosen.connect(chosen.append)
    panel.model.put(replace(lines[1], state=State.IN_FLIGHT))
    panel.model.flush()
    assert controls.cells(panel, 4) == ["customer0@example.com", "customer2@example.com"]
    assert chosen == [lines[1].request_id]
    assert not controls.button(panel, "Send again").isEnabled()
    assert controls.long_text(panel, "Response details").toPlainText() == "it"
    assert not controls.table(panel, "Response log").selectionModel().hasSelection()
    table = controls.table(panel, "Response log")
    table.setCurrentIndex(table.model().index(1, 0))
    assert chosen[-1] == lines[2].request_id


def a_record(*outcomes: Outcome | None) -> Record:
    facts = [
        Fact(at=later(number), state=State.IN_FLIGHT if outcome is None else State.QUEUED, outcome=outcome)
        for number, outcome in enumerate(outcomes)
    ]
    return Record(noted=Noted.of(a_project(), a_consent()), facts=tuple(facts))


def test_the_answer_to_every_attempt_is_shown_the_latest_first() -> None:
    busy = Answered(status=429, headers=(("X-Request-Id", "r-1"),), body=b"[1]")
    silent = Lost(phase=Phase.WAITING, cause=Cause.CUT)
    broken = Lost(
        phase=Phase.READING, cause=Cause.CUT, status=200, headers=(("x-request-id", "r-2"),), body=b'{"a"'
    )
    local = partial(moment, zone=UTC)
    texts = details_of(a_record(None, busy, None, silent, None, broken), local, practice=False)
    first, last = "2026-05-31 12:00:01 UTC, Not sent yet", "2026-05-31 12:00:05 UTC, Not sent yet"
    assert texts["Answer"] == (f'{last}:\n\n{{"a"\n\nThe answer broke off here.\n\n\n{first}:\n\n[\n  1\n]')
    assert texts["As received"] == f'{last}:\n\n{{"a"\n\nThe answer broke off here.\n\n\n{first}:\n\n[1]'
    assert texts["Headers"] == (
        f"{last}:\n\nHTTP 200\nx-request-id: r-2\n\nThe answer broke off later, in its body."
        f"\n\n\n{first}:\n\nHTTP 429\nX-Request-Id: r-1"
    )
    assert "x-request-id, for its support: r-2, r-1" in texts["Explanation"]


def test_what_happened_in_practice_is_called_practice() -> None:
    answered = Answered(status=200, headers=(), body=b'{"success": true}')
    facts = (
        Fact(at=later(0), state=State.QUEUED, outcome=None),
        Fact(at=later(1), state=State.DELIVERED, outcome=answered),
    )
    record = Record(noted=Noted.of(a_project(), a_consent()), facts=facts)
    shown = {
        practice: details_of(record, partial(moment, zone=UTC), practice=practice)["Explanation"]
        for practice in (True, False)
    }
    assert "  Practice: delivered: HTTP 200" in shown[True]
    assert str(CALLED[State.DELIVERED].word) not in shown[True]
    assert f"  {CALLED[State.DELIVERED].word}: HTTP 200" in shown[False]


def test_a_single_whole_answer_needs_no_head_and_an_empty_or_missing_one_is_told() -> None:
    local = partial(moment, zone=UTC)
    answered = Answered(status=204, headers=(), body=b"")
    broken = Lost(phase=Phase.READING, cause=Cause.CUT, status=200)
    silent = Lost(phase=Phase.WAITING, cause=Cause.CUT)
    assert details_of(a_record(None, answered), local, practice=False)["Answer"] == "The answer was empty."
    assert details_of(a_record(None, silent), local, practice=False)["Answer"] == "No answer came."
    texts = details_of(a_record(None, broken), local, practice=False)
    for tab in ("Answer", "As received", "Headers"):
        assert texts[tab].endswith("The answer broke off here.")


def test_many_long_answers_are_shown_in_no_more_than_one_would_be() -> None:
    long = Answered(status=500, headers=(), body=b'["' + b"x" * 1_000_000 + b'"]')
    texts = details_of(a_record(*[None, long] * 30), partial(moment, zone=UTC), practice=False)
    for tab in ("Answer", "As received"):
        assert len(texts[tab]) < 120_000
        assert texts[tab].count("… cut here: 1,000,0") == 30


def test_the_request_shows_where_it_was_noted_for_and_warns_of_a_mended_token() -> None:
    local = partial(moment, zone=UTC)
    lost = Lost(phase=Phase.WAITING, cause=Cause.CUT)
    once, twice = a_record(None, lost), a_record(None, lost, None, lost)
    url = f"POST https://api.exponea.com/track/v2/projects/{a_project().project_token}/customers/events\n"
    shown = [details_of(record, local, practice=False)["Request"] for record in (once, twice)]
    assert all(text.startswith(url) for text in shown)
    assert ["Send again uses the project token" in text for text in shown] == [False, True]


def in_berlin(now: str) -> LogModel:
    return a_log(lambda: at(now), Berlin())


def time_shown(model: LogModel, noted_at: str, role: Qt.ItemDataRole = Qt.ItemDataRole.DisplayRole) -> object:
    model.show([LogRow(1, an_entry(noted_at=at(noted_at)))], LogQuery(), practice=False)
    return model.data(model.index(0, COLUMNS.index("Time")), role)


@pytest.mark.parametrize(
    ("now", "title"), [("2026-07-01T12:00+02:00", "Time (CEST)"), ("2026-12-01T12:00+01:00", "Time (CET)")]
)
def test_the_header_names_the_zone_of_the_times(now: str, title: str) -> None:
    assert in_berlin(now).headerData(COLUMNS.index("Time"), Qt.Orientation.Horizontal) == title


@pytest.mark.parametrize(
    ("noted_at", "shown"),
    [
        ("2026-12-01T10:43:12+01:00", "10:43:12"),
        ("2026-11-30T23:59:59+01:00", "30 Nov 23:59"),
        ("2026-12-01T00:00:00+01:00", "00:00:00"),
        ("2025-12-01T10:43:12+01:00", "2025-12-01 10:43"),
        ("2026-07-01T10:43:12+02:00", "01 Jul 10:43 CEST"),
        ("2026-10-25T02:30:00+02:00", "25 Oct 02:30 CEST"),
        ("2026-10-25T02:30:00+01:00", "25 Oct 02:30"),
    ],
)
def test_a_line_of_another_day_shows_its_date_and_one_of_another_zone_its_zone(
    noted_at: str, shown: str
) -> None:
    assert time_shown(in_berlin("2026-12-01T12:00:00+01:00"), noted_at) == shown


@pytest.mark.parametrize("role", [Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole])
def test_the_whole_time_with_its_zone_is_told_of_each_line(role: Qt.ItemDataRole) -> None:
    told = time_shown(in_berlin("2026-12-01T12:00:00+01:00"), "2026-12-01T10:43:12+01:00", role)
    assert told == "2026-12-01 10:43:12 CET"


def test_no_time_of_the_log_is_cut(qtbot: QtBot) -> None:
    panel = LogPanel(in_berlin("2026-12-01T12:00:00+01:00"))
    qtbot.addWidget(panel)
    times = ("2026-12-01T10:43:12+01:00", "2026-07-01T10:43:12+02:00", "2025-12-01T10:43:12+01:00")
    panel.show_as_table(True)
    table, column = panel.table, COLUMNS.index("Time")
    for text in (*(str(time_shown(panel.model, one)) for one in times), "Time (CET)", "30 Nov 23:59"):
        assert table.fontMetrics().horizontalAdvance(text) < table.columnWidth(column)


@pytest.mark.parametrize(("seconds", "expected"), [(None, False), (1, False), (3_600, True)])
def test_a_request_that_left_long_after_its_noting_warns_of_a_mended_token(
    seconds: int | None, expected: bool
) -> None:
    facts = [Fact(at=later(0), state=State.QUEUED)]
    if seconds is not None:
        facts.append(Fact(at=later(seconds), state=State.IN_FLIGHT))
    record = Record(noted=Noted.of(a_project(), a_consent()), facts=tuple(facts))
    shown = details_of(record, partial(moment, zone=UTC), practice=False)["Request"]
    assert ("Send again uses the project token" in shown) == expected


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(1_924_991_999, "2030-12-31"), (1_924_992_000, "2031-01-01 00:00:00 UTC"), (None, "unlimited")],
)
def test_the_explanation_of_an_opt_in_tells_its_end_and_the_wording(seconds: int | None, told: str) -> None:
    opt_in = a_consent(action=Action.ACCEPT, valid_until=ValidUntil(seconds), wording="May we?")
    record = Record(noted=Noted.of(a_project(), opt_in), facts=a_record(None).facts)
    shown = details_of(record, partial(moment, zone=UTC), practice=False)["Explanation"]
    assert f"\nAction: accept\nValid until: {told}\nWording read out: May we?\n" in shown


def test_every_outcome_has_a_word_and_a_sign(panel: LogPanel) -> None:
    show(panel, [an_entry(number, state) for number, state in enumerate(State)])
    shown = controls.cells(panel, 1)
    # What waits to be tried again is not sent yet either.
    assert len(set(shown)) == len(State) - 1
    assert all(text.split(" ")[0] in "➜▲✖✔" for text in shown if text != "Not recorded")


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("Send again", State.REFUSED),
        ("Record again, dated now", State.CONTRADICTED),
        ("Cancel this", State.IN_FLIGHT),
        ("Discard", State.REFUSED),
    ],
)
@pytest.mark.parametrize("query", [LogQuery(), LogQuery(states=frozenset(State) - {State.UNCONFIRMED})])
def test_the_focus_goes_to_the_table_when_what_a_button_did_changes_its_line(
    panel: LogPanel, qtbot: QtBot, name: str, state: State, query: LogQuery
) -> None:
    lines = [an_entry(0, state), an_entry(1)]
    show(panel, lines, query)
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.choose(lines[0].request_id)
    panel.show_details(lines[0].request_id, {"Explanation": "it"}, Offer(state=state))
    controls.button(panel, name).setFocus()
    chosen: list[str] = []
    panel.line_chosen.connect(chosen.append)
    panel.model.put(replace(lines[0], state=State.UNCONFIRMED))
    panel.model.flush()
    panel.show_details(lines[0].request_id, {"Explanation": "it"}, Offer(state=State.UNCONFIRMED))
    assert controls.focused_name(panel) == "Response log"
    assert set(chosen) == {lines[0].request_id}


class Walked(list[Slot]):
    """Counts how often it is gone through."""

    walks = 0

    def __iter__(self) -> Iterator[Slot]:
        self.walks += 1
        return super().__iter__()


def test_lines_that_leave_a_filter_do_not_have_all_the_others_gone_through(panel: LogPanel) -> None:
    lines = [an_entry(number) for number in range(100)]
    show(panel, lines, LogQuery(states=frozenset({State.DELIVERED})))
    panel.model.set_total(300, 100)
    walked = panel.model._lines = Walked(panel.model._lines)
    for line in lines[10:50]:
        panel.model.put(replace(line, state=State.VERIFIED))
    panel.model.flush()
    assert walked.walks == 0


def test_the_others_are_found_when_lines_have_left_a_filter(panel: LogPanel) -> None:
    lines = [an_entry(number) for number in range(6)]
    show(panel, lines, LogQuery(states=frozenset({State.DELIVERED})))
    panel.model.set_total(9, 6)
    for line in (lines[1], lines[4]):
        panel.model.put(replace(line, state=State.VERIFIED))
    panel.model.flush()
    left = [lines[0], lines[2], lines[3], lines[5]]
    assert [panel.model.row_of(line.request_id) for line in left] == [0, 1, 2, 3]
    assert [panel.model.entry(row) for row in range(7)] == [*left, None, None, None]


def test_a_line_that_comes_to_be_wanted_is_put_between_its_neighbours(panel: LogPanel) -> None:
    lines = [LogRow(seq, an_entry(seq)) for seq in (4, 3, 1)]
    panel.model.show(lines, LogQuery(states=frozenset({State.DELIVERED})), practice=False)
    assert panel.model.add([LogRow(2, an_entry(2))])
    assert controls.cells(panel, 4) == [f"customer{number}@example.com" for number in (4, 3, 2, 1)]


def test_a_line_that_may_be_there_unread_is_not_put_there_again(panel: LogPanel) -> None:
    lines = [LogRow(seq, an_entry(seq)) for seq in (9, 8)]
    panel.model.show(lines, LogQuery(states=frozenset({State.DELIVERED})), practice=False)
    panel.model.set_total(5, 9)
    assert not panel.model.add([LogRow(3, an_entry(3))])
    assert panel.model.rowCount() == 5


def read_rows(panel: LogPanel) -> list[int]:
    rows = range(panel.model.rowCount())
    return [row for row in rows if panel.model.entry(row) is not None]


def test_of_very_many_lines_that_come_in_those_in_view_are_kept(
    panel: LogPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "KEPT", 60)
    monkeypatch.setattr(model, "NEAR", 20)
    show(panel, [])
    for number in range(200):
        line = an_entry(number)
        panel.model.add([LogRow(number + 1, line)])
        panel.model.tell_change(line.request_id, "accepted → opted out")
        controls.table(panel, "Response log").grab()
    assert panel.model.rowCount() == 200
    assert {0, 1, 2} <= set(read_rows(panel))
    assert len(read_rows(panel)) <= 60
    # What a line changed is forgotten with it.
    assert len(panel.model._changes) <= 60


def is_seen_whole(panel: LogPanel, column: str, text: str) -> bool:
    place = COLUMNS.index(column)
    return panel.table.fontMetrics().horizontalAdvance(text) < panel.table.columnWidth(place) - 6


def test_outcome_category_and_customer_are_seen_whole_in_a_wide_window(panel: LogPanel) -> None:
    panel.show_as_table(True)
    panel.resize(1520, 500)
    show(panel, [an_entry(number, state) for number, state in enumerate(State)])
    assert all(is_seen_whole(panel, "Outcome", shown) for shown in controls.cells(panel, 1))
    assert is_seen_whole(panel, "Category", "sms_marketing")
    assert is_seen_whole(panel, "Customer ID", "nobody@example.com")
    assert not panel.table.isColumnHidden(COLUMNS.index("Status"))


def test_in_a_narrow_window_technical_columns_give_way_to_the_customer(panel: LogPanel) -> None:
    panel.show_as_table(True)
    panel.resize(700, 500)
    assert panel.table.isColumnHidden(COLUMNS.index("Status"))
    assert is_seen_whole(panel, "Customer ID", "jane@example.com")
    assert not panel.table.horizontalScrollBar().isVisible()
    panel.resize(1520, 500)
    assert not panel.table.isColumnHidden(COLUMNS.index("Status"))


@pytest.mark.parametrize("wakes_up", [False, True])
def test_after_midnight_the_heading_says_another_day_by_itself(acme: OpenDesk, wakes_up: bool) -> None:
    acme.deliver()
    acme.wait_for_line("Delivered, checking")
    heading = acme.window.log.search.shown
    assert heading.text() == "Today"
    (log,) = acme.window.findChildren(LogPresenter)
    until_midnight = 86_400 - acme.clock().micros // 1_000_000 % 86_400
    assert until_midnight - 60 < log._midnight.remainingTime() // 1_000 <= until_midnight + 1
    acme.clock.seconds_off += until_midnight
    if wakes_up:
        # It slept through it, and is painted anew.
        acme.window.log.list.viewport().repaint()
    else:
        log._midnight.setInterval(0)
    acme.bot.waitUntil(lambda: heading.text() == "Yesterday")
    assert log._midnight.remainingTime() > 0
