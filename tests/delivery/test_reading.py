"""What one reading of a customer serves: behind hand-made answers, and in an Engagement in memory."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from consent_desk.delivery.reading import Missed, Reading, Sight
from consent_desk.delivery.schedule import FIRST_LOOK
from consent_desk.delivery.verifier import Failed, Looked, LookResult, Verifier
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.policy import Plan, Step
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context, Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.message import say
from consent_desk.domain.wire.outcome import Answered, FailedLook, Look, NoLook, Outcome
from consent_desk.domain.wire.request import PreparedRequest, prepare_consents
from consent_desk.engagement.calls import MOST_PAGES, Call, Transport
from consent_desk.journal.journal import SqliteJournal
from tests.consents import LOOKED_UP, NOON, a_consent, a_noted, a_project, claim, later
from tests.delivery.desk import BUSY, CUT, DOWN, SUCCESS, Waited, Wire, look_up
from tests.delivery.test_verifier import (
    NO_CUSTOMER,
    NO_PERMISSION,
    SENT,
    LookingDesk,
    event,
    page,
    status,
)
from tests.faulty_engagement import told

JANE = a_consent().customer
IDS = FIRST, LAST, THIRD = [f"{number}f1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a11" for number in range(3)]
TOO_LARGE = Answered(status=200, headers=(), body=b"{", truncated=True)


def a_record(request_id: str, state: State = State.DELIVERED, **changes: Any) -> Record:
    fact = Fact(at=NOON, state=state, outcome=None)
    return Record(noted=a_noted(request_id=request_id, **changes), facts=(fact,))


def a_reading(*answers: Call | Outcome) -> tuple[Reading, Wire]:
    wire = Wire(*answers)
    return Reading(wire, lambda: NOON, a_project(), JANE), wire


def holds(count: int = 1) -> Answered:
    """That an opt-out rules, for so many categories."""
    results = json.loads(status().body)["results"]
    return told(200, {"success": True, "results": results * count})


def looks(sights: Sequence[Sight | Missed]) -> list[Look]:
    assert all(isinstance(one, Sight) for one in sights)
    return [one.look for one in sights if isinstance(one, Sight)]


def asked(wire: Wire) -> list[list[str]]:
    """The categories that each call asked about."""
    documents = [json.loads(request.body) for request in wire.requests]
    return [
        [*dict.fromkeys(wish["category"] for wish in document["attributes"])]
        for document in documents
        if "attributes" in document
    ]


@pytest.mark.parametrize(
    "outcomes",
    [
        (DOWN,),
        (told(200, {"success": True}),),
        (page({"timestamp": SENT, "properties": []}),),
        tuple(page(event(SENT - number, "ours")) for number in range(MOST_PAGES)),
    ],
    ids=["no answer", "no page", "with what can be nobody's", "without an end"],
)
def test_a_history_that_could_not_be_read_makes_no_new_profile(outcomes: tuple[Outcome, ...]) -> None:
    reading, _ = a_reading(*outcomes)
    assert not reading.is_alone(lambda request_id: True)


def test_it_is_read_back_to_the_oldest_of_all_and_no_further() -> None:
    pages = page(event(SENT, LAST, category="newsletter")), page(event(SENT, FIRST))
    reading, wire = a_reading(*pages, holds(2))
    sights = reading.sights([a_record(FIRST), a_record(LAST, category="newsletter")])
    assert [look.seen for look in looks(sights)] == [True, True]
    assert len(wire.requests) == 3


def test_what_does_not_stand_there_is_not_asked_about() -> None:
    reading, wire = a_reading(page(event(SENT, FIRST)), page(), holds())
    sights = reading.sights([a_record(FIRST), a_record(LAST, category="newsletter")])
    assert [look.seen for look in looks(sights)] == [True, False]
    assert asked(wire) == [["sms_marketing"]]


def test_one_that_stands_there_no_more_is_not_there_whatever_is_told_of_its_category() -> None:
    reading, _ = a_reading(page(event(SENT, FIRST)), page(), DOWN)
    sights = reading.sights([a_record(FIRST), a_record(LAST, State.SEEN)])
    assert looks(sights) == [Look(seen=True), Look(later=True)]


def test_of_several_in_one_category_it_is_asked_once() -> None:
    reading, wire = a_reading(page(event(SENT, FIRST), event(SENT, LAST)), holds())
    reading.sights([a_record(FIRST), a_record(LAST)])
    assert wire.requests[1:] == [prepare_consents(a_project(), JANE, ["sms_marketing"])]


def test_events_that_concern_none_of_them_are_not_kept() -> None:
    others = [event(SENT + 9, category=f"category{number}") for number in range(9)]
    stray = event(SENT + 9, FIRST, category="category1")
    reading, _ = a_reading(page(*others, stray), page(event(SENT, FIRST)))
    events, _ = reading._history([a_consent(request_id=FIRST)])
    assert [one.category for one in events] == ["category1", "sms_marketing"]


FAR = [page(event(SENT - number / 100)) for number in range(MOST_PAGES - 1)]


@pytest.mark.parametrize(
    ("then", "instead"),
    [
        ([DOWN], Missed(NoLook.NO_ANSWER, DOWN)),
        ([BUSY], Missed(NoLook.REFUSED, BUSY, 40_000_000)),
        ([TOO_LARGE], Missed(NoLook.TOO_LARGE, TOO_LARGE)),
        ([page(event(SENT, FIRST))], Missed(NoLook.NOT_ADVANCING, page(event(SENT, FIRST)))),
        (FAR, Missed(NoLook.TOO_LONG, None)),
        ([NO_PERMISSION], Sight(Look(blind=True))),
    ],
    ids=["no answer", "refused", "too large", "the same again", "without an end", "blind"],
)
def test_what_was_read_is_a_look_for_those_that_need_no_more_of_it(
    then: list[Outcome], instead: Sight | Missed
) -> None:
    reading, _ = a_reading(page(event(SENT, FIRST)), *then, holds())
    back = [a_record(name, timestamp=later(-3_600)) for name in (LAST, THIRD)]
    first, *others = reading.sights([a_record(FIRST), *back])
    assert looks([first])[0].valid is False
    assert others == [instead, instead]


@pytest.mark.parametrize("too_much", [TOO_LARGE, told(400, {"success": False}), told(413, {})])
def test_where_so_many_are_too_many_half_of_them_are_asked_about(too_much: Outcome) -> None:
    names = [f"category{number}" for number in range(3)]
    stored = page(*[event(SENT, one, category=name) for one, name in zip(IDS, names, strict=True)])
    reading, wire = a_reading(stored, too_much, holds(), too_much, holds(), too_much)
    sights = reading.sights(
        [a_record(one, State.SEEN, category=name) for one, name in zip(IDS, names, strict=True)]
    )
    assert asked(wire) == [names, names[:1], names[1:], ["category1"], ["category2"]]
    assert [look.valid for look in looks(sights[:2])] == [False, False]
    assert isinstance(sights[2], Missed)


def test_an_answer_that_leaves_out_a_category_is_one_for_the_others() -> None:
    results: list[object] = json.loads(holds(2).body)["results"]
    results[5] = {"success": False, "error": "what is that"}
    stored = page(event(SENT, FIRST), event(SENT, LAST, category="newsletter"))
    answer = told(200, {"success": True, "results": results})
    reading, _ = a_reading(stored, answer)
    records = a_record(FIRST, State.SEEN), a_record(LAST, State.SEEN, category="newsletter")
    sights = reading.sights(records)
    assert looks(sights[:1])[0].valid is False
    assert sights[1] == Missed(NoLook.UNREADABLE, answer)


@pytest.mark.parametrize(
    ("outcome", "is_blind"), [(DOWN, False), (NO_PERMISSION, True)], ids=["failed", "blind"]
)
def test_where_nobody_is_told_what_holds_each_is_seen_at_first(outcome: Outcome, is_blind: bool) -> None:
    stored = page(event(SENT, FIRST), event(SENT, LAST, category="newsletter"))
    reading, wire = a_reading(stored, outcome)
    records = a_record(FIRST), a_record(LAST, State.SEEN, category="newsletter")
    first, last = reading.sights(records)
    assert looks([first]) == [Look(seen=True)]
    assert last == (first if is_blind else Missed(NoLook.NO_ANSWER, DOWN))
    assert asked(wire) == [["sms_marketing", "newsletter"]]


# ------------------------------------------------------------------------------------- looks of many

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
            raise JournalError(say("tests", "Broken."), say("tests", "Mend it."))


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
        look_up(desk.verifier(), dues[1], a_project())


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
