"""What is read of a customer: behind hand-made answers."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from consent_desk.delivery.reading import Missed, Reading, Sight
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.outcome import Answered, Look, NoLook, Outcome
from consent_desk.domain.wire.request import prepare_consents
from consent_desk.engagement.calls import MOST_PAGES, Call
from tests.consents import NOON, a_consent, a_noted, a_project, later
from tests.delivery.desk import BUSY, DOWN, Wire
from tests.delivery.test_verifier import NO_PERMISSION, SENT, event, page, status
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
