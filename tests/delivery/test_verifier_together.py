"""Looking up what is due for one customer with one reading."""

import json
from collections import Counter
from pathlib import Path

import pytest

from consent_desk.delivery.schedule import FIRST_LOOK
from consent_desk.delivery.verifier import Failed, Looked, LookResult, Verifier
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.policy import Plan, Step
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context, Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.message import say
from consent_desk.domain.wire.outcome import FailedLook, Look, NoLook, Outcome
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.calls import Call, Transport
from consent_desk.journal.journal import SqliteJournal
from tests.consents import LOOKED_UP, a_project, claim, later
from tests.delivery.desk import CUT, DOWN, SUCCESS, Waited, Wire
from tests.delivery.test_verifier import NO_CUSTOMER, SENT, LookingDesk, event, page, status
from tests.faulty_engagement import told

JOE = CustomerId(type="registered", value="joe@example.com")


class Counting(Transport):
    """Counts the calls, by what they ask for."""

    def __init__(self, transport: Transport) -> None:
        self.asked: Counter[str] = Counter()
        self._transport = transport

    def start(self, request: PreparedRequest) -> Call:
        self.asked[request.url.rpartition("/")[2]] += 1
        return self._transport.start(request)


class Broken(SqliteJournal):
    """A journal in which the row of one consent, or nothing, can be read or written."""

    unread = ""
    unwritten = ""
    is_gone = False

    def record(self, request_id: str) -> Record:
        self._raise_where(request_id == self.unread)
        return super().record(request_id)

    def append(self, request_id: str, fact: Fact, *, after: int) -> bool:
        self._raise_where(request_id == self.unwritten)
        return super().append(request_id, fact, after=after)

    def open_in(self, project_id: str) -> int:
        self._raise_where(self.is_gone)
        return super().open_in(project_id)

    def _raise_where(self, is_broken: bool) -> None:
        if is_broken:
            raise JournalError(say("Broken."), say("Mend it."))


@pytest.fixture
def desk(journal: SqliteJournal) -> LookingDesk:
    return LookingDesk(journal)


@pytest.fixture
def broken(tmp_path: Path) -> Broken:
    journal = Broken.open(tmp_path / "broken.sqlite")
    assert isinstance(journal, Broken)
    return journal


def several(
    desk: LookingDesk, count: int, outcome: Outcome = SUCCESS, context: Context = LOOKED_UP
) -> list[str]:
    """Send so many, each of a category of its own."""
    return [desk.sent(outcome, category=f"category{number}", context=context) for number in range(count)]


def together(
    desk: LookingDesk, request_ids: list[str], transport: Transport | None = None, seconds: float = 30
) -> list[LookResult]:
    """What came of looking them up at this time, in their order."""
    desk.seconds = seconds
    verifier = Verifier(desk.journal, transport or desk.engagement, desk.now)
    found = verifier.look_up_all([desk.due(one) for one in request_ids], a_project())
    results = {due.request_id: result for due, result in found}
    return [results[one] for one in request_ids]


def states(found: list[LookResult]) -> list[State]:
    assert all(isinstance(one, Looked) for one in found)
    return [one.entry.state for one in found if isinstance(one, Looked)]


# ------------------------------------------------------------------------------------- how often it is read


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (3, 1), (50, 3)])
def test_one_reading_serves_all_that_is_due_for_a_customer(desk: LookingDesk, count: int, pages: int) -> None:
    ids = [desk.store(one) for one in several(desk, count)]
    counting = Counting(desk.engagement)
    assert states(together(desk, ids, counting)) == [State.VERIFIED] * count
    assert counting.asked == {"events": pages, "attributes": 1}


def test_what_was_not_found_out_before_is_found_out_once(desk: LookingDesk) -> None:
    ids = [desk.store(one) for one in several(desk, 3, context=NO_CONTEXT)]
    counting = Counting(desk.engagement)
    assert states(together(desk, ids, counting)) == [State.NEW_PROFILE] * 3
    # Back to our own, then to the end.
    assert counting.asked == {"events": 1 + 2, "attributes": 1, "categories": 1}


def test_where_the_categories_cannot_be_read_none_is_said_to_be_missing(desk: LookingDesk) -> None:
    context = Context(existed=True)
    ids = [desk.store(one) for one in several(desk, 2, context=context)]
    events = [event(SENT, one, category=f"category{number}") for number, one in enumerate(ids)]
    results = json.loads(status().body)["results"]
    wire = Wire(page(*events), told(200, {"success": True, "results": results * 2}), DOWN)
    assert states(together(desk, ids, wire)) == [State.VERIFIED] * 2


def test_a_customer_who_was_seen_by_an_earlier_look_up_was_there(desk: LookingDesk) -> None:
    contexts = Context(listed=True), Context(existed=True, listed=True), Context(listed=True)
    ids = [
        desk.store(desk.sent(SUCCESS, seconds=number, category=f"category{number}", context=context))
        for number, context in enumerate(contexts)
    ]
    counting = Counting(desk.engagement)
    assert states(together(desk, ids, counting)) == [State.NEW_PROFILE, State.VERIFIED, State.VERIFIED]
    assert counting.asked == {"events": 1 + 2, "attributes": 1}


def test_two_customers_are_two_readings(desk: LookingDesk) -> None:
    jane, joe = desk.store(desk.sent(SUCCESS)), desk.sent(CUT, customer=JOE)
    counting = Counting(desk.engagement)
    assert states(together(desk, [jane, joe], counting)) == [State.VERIFIED, State.NOT_SEEN]
    assert counting.asked == {"events": 2, "attributes": 1}


# ------------------------------------------------------------------------------- what it is no look for


@pytest.mark.parametrize("then", [NO_CUSTOMER, DOWN], ids=["complete", "failed"])
def test_what_was_written_during_the_reading_is_not_judged_by_it(desk: LookingDesk, then: Outcome) -> None:
    again, other = several(desk, 2, CUT)

    def meanwhile() -> Outcome:
        desk.append(again, 30, State.NOT_SEEN, Look())
        claim(desk.journal, again, later(30))
        return then

    found = together(desk, [again, other], Wire(Waited(meanwhile)))
    assert desk.state(again) is State.IN_FLIGHT
    assert not isinstance(found[0], Looked)
    assert isinstance(desk.last(other).outcome, Look | FailedLook)


def test_a_reading_counts_as_of_its_end_however_long_it_takes_to_write_it_down(desk: LookingDesk) -> None:
    ids = several(desk, 3, CUT)
    desk.seconds = 30
    verifier = Verifier(desk.journal, Wire(NO_CUSTOMER), desk.now, lambda: desk.seconds)
    dues = [desk.due(one, Plan(Step.LOOK_UP, later(30)), since=0.0) for one in ids]
    for _ in verifier.look_up_all(dues, a_project()):
        desk.seconds += 60
    assert {desk.last(one).at for one in ids} == {later(30)}
    looks = [desk.last(one).outcome for one in ids]
    assert [look.steady for look in looks if isinstance(look, Look)] == [30.0] * 3


def test_what_is_not_due_is_not_looked_up_with_the_others(desk: LookingDesk) -> None:
    due, verified, left = several(desk, 3)
    desk.append(verified, 1, State.VERIFIED, Look(seen=True, valid=False))
    desk.seconds = 30
    verifier = Verifier(desk.journal, Wire(NO_CUSTOMER), desk.now, lambda: FIRST_LOOK)
    first = desk.due(left, Plan(Step.LOOK_UP, unsent=True), since=0.0)
    dues = [desk.due(due), desk.due(verified), first]
    found = {one.request_id: result for one, result in verifier.look_up_all(dues, a_project())}
    assert isinstance(found[due], Looked)
    assert (found[verified], found[left]) == (None, None)


# ------------------------------------------------------------------------------------------- what fails


def test_a_reading_that_failed_is_a_failed_look_of_each(desk: LookingDesk) -> None:
    ids = several(desk, 3, CUT)
    wire = Wire(DOWN)
    found = together(desk, ids, wire)
    assert len(wire.requests) == 1
    for request_id, one in zip(ids, found, strict=True):
        assert isinstance(one, Failed)
        assert one.is_written
        assert desk.last(request_id).outcome == FailedLook(why=NoLook.NO_ANSWER, outcome=DOWN)


@pytest.mark.parametrize("spoil", ["unread", "unwritten"])
def test_one_that_the_journal_does_not_give_keeps_no_other_from_being_looked_up(
    broken: Broken, spoil: str
) -> None:
    desk = LookingDesk(broken)
    ids = several(desk, 3, CUT)
    dues = [desk.due(one) for one in ids]
    desk.seconds = 30
    setattr(broken, spoil, ids[1])
    found = [result for _, result in desk.verifier().look_up_all(dues, a_project())]
    assert Counter(map(type, found)) == {Looked: 2, JournalError: 1}
    with pytest.raises(JournalError):
        desk.verifier().look_up(dues[1], a_project())


@pytest.mark.parametrize("spoil", ["unread", "unwritten"])
def test_where_the_whole_journal_is_gone_none_is_tried_any_more(broken: Broken, spoil: str) -> None:
    desk = LookingDesk(broken)
    ids = several(desk, 2, CUT)
    dues = [desk.due(one) for one in ids]
    desk.seconds = 30
    setattr(broken, spoil, ids[0])
    broken.is_gone = True
    with pytest.raises(JournalError):
        next(desk.verifier().look_up_all(dues, a_project()))
