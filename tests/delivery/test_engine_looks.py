"""What an engine looks up together: of one customer, all that is due by the time that it begins."""

from pathlib import Path

import pytest

from consent_desk.delivery.events import LookedUp
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import OPEN_STATES, State
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.calls import PAGE, Call
from consent_desk.journal.journal import SqliteJournal
from tests.consents import a_consent, a_project
from tests.delivery.inline import without_threads
from tests.delivery.test_engine import REJECT, TIMED, Desk, desk, fail
from tests.faulty_engagement import Engagement

__all__ = ["desk"]


def hand_out(desk: Desk, seconds: float = 0.0, times: int = 3) -> int:
    """Have all that is due by then wait to be looked up; return how many calls there were so far."""
    desk.seconds += seconds
    for _ in range(times):
        desk.steps.wake()
        desk.steps.finish(0)
    return desk.engagement.calls


def settled(desk: Desk) -> list[State]:
    return [event.entry.state for event in desk.all(LookedUp)]


@pytest.mark.parametrize("count", [1, 3, 50])
def test_one_reading_serves_all_that_is_due_for_a_customer(desk: Desk, count: int) -> None:
    desk.note(*[REJECT] * count)
    calls = hand_out(desk, 31)
    desk.run()
    assert settled(desk) == [State.VERIFIED] * count
    assert desk.engagement.calls - calls == -(-count // PAGE) + 1


def test_what_falls_due_while_it_is_read_is_served_by_the_next_reading(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.note(*[REJECT] * 2)
    desk.seconds += 10
    desk.note()
    hand_out(desk, 21)
    start, calls = Engagement.start, desk.engagement.calls

    def meanwhile(engagement: Engagement, request: PreparedRequest) -> Call:
        if engagement.calls == calls:
            hand_out(desk, 10)
        return start(engagement, request)

    monkeypatch.setattr(Engagement, "start", meanwhile)
    desk.run()
    assert settled(desk) == [State.VERIFIED] * 3
    assert desk.engagement.calls - calls == 2 + 2


def test_what_comes_next_for_each_is_what_its_look_came_to(desk: Desk) -> None:
    desk.note(*[REJECT] * 2)
    desk.engagement.events.clear()
    hand_out(desk, 31)
    desk.run()
    looked = {event.entry.request_id: event.outlook for event in desk.all(LookedUp)}
    assert len(looked) == 2
    assert {one: desk.engine.outlook(one) for one in looked} == looked


def test_each_customer_is_looked_up_for_themselves(desk: Desk) -> None:
    desk.note(*[REJECT] * 2)
    desk.note(*[REJECT] * 2, customer="joe@example.com")
    hand_out(desk, 31)
    assert len(desk.looks.waiting) == 2
    desk.run()
    assert settled(desk) == [State.VERIFIED] * 4


def test_what_leaves_soon_all_the_same_waits_for_no_other_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_threads(monkeypatch)
    before = Desk(tmp_path / "journal.sqlite")
    before.start()
    before.note()
    before.outbox.note(a_project(), a_consent(category="newsletter"), TIMED)
    before.journal.close()
    desk = Desk(tmp_path / "journal.sqlite", before.engagement)
    desk.seconds = 31
    desk.engine.start(desk.events.append, desk.find)
    desk.steps.finish(0)
    assert len(desk.looks.waiting) == 2
    desk.run()
    assert not desk.journal.records_in(OPEN_STATES)
    desk.journal.close()


def test_where_the_journal_is_gone_for_a_while_each_is_looked_up_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.note(*[REJECT] * 3)
    hand_out(desk, 31)
    with monkeypatch.context() as gone:
        gone.setattr(SqliteJournal, "record", fail)
        gone.setattr(SqliteJournal, "open_in", fail)
        desk.looks.do()
    desk.pass_time(1_000)
    assert settled(desk) == [State.VERIFIED] * 3


def test_one_that_cannot_be_read_keeps_no_other_from_being_looked_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.note(*[REJECT] * 3)
    hand_out(desk, 31)
    read = SqliteJournal.record

    def record(journal: SqliteJournal, request_id: str) -> Record:
        if request_id == first:
            fail()
        return read(journal, request_id)

    with monkeypatch.context() as damaged:
        damaged.setattr(SqliteJournal, "record", record)
        desk.looks.do()
    desk.run()
    assert settled(desk) == [State.VERIFIED] * 2
    desk.pass_time(1_000)
    assert settled(desk) == [State.VERIFIED] * 3
