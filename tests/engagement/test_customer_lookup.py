"""Who is it, and what holds?"""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.wire.customer import CategoryStatus, CurrentState, Found, Known, Unknown, Untold
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.wire.request import PreparedRequest, prepare_consents, prepare_history
from consent_desk.engagement.calls import PAGE
from consent_desk.engagement.customer_lookup import Customers
from tests.consents import NOON, a_project

PROJECT = a_project()
CATEGORIES = ("sms_marketing", "newsletter")
JANE = CustomerId(type="registered", value="jane@example.com")
SHOUTING = CustomerId(type="registered", value="Jane@Example.com")
DENIED = {"success": False, "error": "No permission"}
STATUS = CategoryStatus(valid=True, since=7.0, source="page")


def answered(document: object, status: int = 200, *, truncated: bool = False) -> Answered:
    body = json.dumps(document).encode()
    return Answered(status=status, headers=(("x-request-id", "1"),), body=body, truncated=truncated)


def told(*items: object) -> dict[str, object]:
    return {"success": True, "results": list(items)}


ACCEPTED = [{"success": True, "value": value} for value in (True, 7, None, "page", None)]
KNOWN = answered(told(*ACCEPTED, *ACCEPTED))
NOBODY = answered({"success": False, "errors": {"_global": ["Customer does not exist"]}}, 404)
CUT = Lost(phase=Phase.WAITING, cause=Cause.CUT)


class Wire:
    """Answers the requests one after the other, and keeps them. `during` happens in each."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = list(outcomes)
        self.during: Callable[[], None] = lambda: None
        self.requests: list[PreparedRequest] = []
        self.cancelled = 0

    def start(self, request: PreparedRequest) -> "Wire":
        self.requests.append(request)
        return self

    def wait(self) -> Outcome:
        self.during()
        return self._outcomes.pop(0)

    def cancel(self) -> None:
        self.cancelled += 1


def nearly(id_type: str, text: str) -> tuple[str, ...]:
    """What else may be meant: the same in lower case, and without what stands around it."""
    assert id_type == "registered"
    forms = (text.lower(), text.lower().strip('"'))
    return tuple(dict.fromkeys(one for one in forms if one != text))


def look_up(wire: Wire, customer: CustomerId = JANE) -> Found:
    return Customers(wire, lambda: NOON, nearly).look_up(PROJECT, customer, CATEGORIES)


def why(*outcomes: Outcome, customer: CustomerId = JANE) -> str:
    found = look_up(Wire(*outcomes), customer)
    assert isinstance(found, Untold)
    return str(found.why.why)


@pytest.mark.parametrize("status", [401, 403, 404, 408])
def test_what_something_on_the_way_answers_says_nothing_of_customer_or_permission(status: int) -> None:
    told = why(Answered(status=status, headers=(), body=b"<html>blocked"))
    assert told == (
        "there is no Engagement API at this address"
        if status == 404
        else "a proxy or firewall on the way answered, probably not Engagement"
    )


def test_a_customer_is_known_by_one_call() -> None:
    for customer in (JANE, SHOUTING):
        wire = Wire(KNOWN)
        assert look_up(wire, customer) == Known(customer=customer, consents=dict.fromkeys(CATEGORIES, STATUS))
        assert wire.requests == [prepare_consents(PROJECT, customer, CATEGORIES)]


def test_an_unknown_id_in_lower_case_is_asked_for_once() -> None:
    wire = Wire(NOBODY)
    assert look_up(wire) == Unknown(customer=JANE)
    assert len(wire.requests) == 1


def test_the_same_id_in_lower_case_is_offered_where_it_exists() -> None:
    wire = Wire(NOBODY, KNOWN)
    lower = Known(customer=JANE, consents=dict.fromkeys(CATEGORIES, STATUS))
    assert look_up(wire, SHOUTING) == Unknown(customer=SHOUTING, other=lower)
    assert wire.requests[1] == prepare_consents(PROJECT, JANE, CATEGORIES)


@pytest.mark.parametrize("second", [NOBODY, CUT, answered({})])
def test_a_lower_case_id_of_which_nothing_is_known_is_not_offered(second: Outcome) -> None:
    assert look_up(Wire(NOBODY, second), SHOUTING) == Unknown(customer=SHOUTING)


def test_of_several_spellings_the_first_one_that_exists_is_offered() -> None:
    customer = CustomerId(type="registered", value='"Jane@Example.com"')
    wire = Wire(NOBODY, NOBODY, KNOWN)
    other = Known(customer=JANE, consents=dict.fromkeys(CATEGORIES, STATUS))
    assert look_up(wire, customer) == Unknown(customer=customer, other=other)
    assert [json.loads(one.body)["customer_ids"]["registered"] for one in wire.requests] == [
        *('"Jane@Example.com"', '"jane@example.com"', "jane@example.com")
    ]


def test_a_category_that_was_refused_is_left_out() -> None:
    found = look_up(Wire(answered(told(*ACCEPTED, *[DENIED] * 5))))
    assert found == Known(customer=JANE, consents={"sms_marketing": STATUS})


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (answered(told(*[DENIED] * 10)), "this desk's key may not read consents"),
        (
            answered({"success": False, "error": "No permission"}, 403),
            "this desk's key may not read consents",
        ),
        (answered({"success": False, "error": "invalid secret"}, 403), "this desk's key is wrong"),
        (answered({}, 404), "there is no Engagement API at this address"),
        (answered({}), "the answer could not be understood"),
        (answered(told(*ACCEPTED, *ACCEPTED), truncated=True), "the answer could not be understood"),
        (NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE), "Engagement cannot be reached"),
    ],
)
def test_whatever_else_comes_is_not_known_and_says_why(outcome: Outcome, words: str) -> None:
    assert words in why(outcome)


# ------------------------------------------------------------------------------- ended, or withdrawn

PAST = NOON.micros // 1_000_000 - 1


def not_valid(until: object) -> list[dict[str, object]]:
    return [{"success": True, "value": value} for value in (False, 7, until, "page", None)]


def history(**properties: object) -> Answered:
    known = {"category": "sms_marketing", "valid_until": PAST, **properties}
    return answered({"success": True, "data": [{"timestamp": 7, "properties": known}]})


def standing(*outcomes: Outcome) -> CurrentState:
    """What is told of a category whose end is past; the history is asked once."""
    wire = Wire(answered(told(*not_valid(PAST), *ACCEPTED)), *outcomes)
    found = look_up(wire)
    assert isinstance(found, Known)
    assert found.consents["newsletter"] == STATUS
    assert wire.requests[1:] == [prepare_history(PROJECT, JANE, limit=PAGE)]
    return found.consents["sms_marketing"].current_state


def test_the_history_says_whether_an_opt_in_ended_or_somebody_opted_out() -> None:
    assert standing(history(action="accept")) is CurrentState.ENDED
    assert standing(history(action="reject")) is CurrentState.REJECTED


@pytest.mark.parametrize(
    "outcome",
    [
        CUT,
        NOBODY,
        answered({"success": True, "data": []}),
        answered({"success": False, "error": "No permission"}, 403),
        replace(history(action="accept"), truncated=True),
        answered({}, 500),
    ],
)
def test_where_the_history_does_not_say_it_is_not_known(outcome: Outcome) -> None:
    assert standing(outcome) is CurrentState.UNCLEAR


@pytest.mark.parametrize("until", ["unlimited", PAST + 1_000, None])
def test_where_the_end_is_not_past_it_is_an_opt_out_and_nothing_is_asked(until: object) -> None:
    wire = Wire(answered(told(*not_valid(until), *ACCEPTED)))
    found = look_up(wire)
    assert isinstance(found, Known)
    assert found.consents["sms_marketing"].current_state is CurrentState.REJECTED
    assert len(wire.requests) == 1


def test_a_look_up_that_is_cancelled_does_not_ask_the_history() -> None:
    wire = Wire(answered(told(*not_valid(PAST), *ACCEPTED)))
    customers = Customers(wire, lambda: NOON, nearly)
    wire.during = customers.cancel
    assert isinstance(customers.look_up(PROJECT, JANE, CATEGORIES), Known)
    assert len(wire.requests) == 1


# ------------------------------------------------------------------------------------------ cancelled


def test_a_look_up_that_was_cancelled_before_it_began_calls_nobody() -> None:
    wire = Wire()
    customers = Customers(wire, lambda: NOON, nearly)
    customers.cancel()
    assert isinstance(customers.look_up(PROJECT, JANE, CATEGORIES), Untold)
    assert wire.requests == []


def test_cancelling_ends_the_call_under_way_and_begins_no_other() -> None:
    wire = Wire(NOBODY)
    customers = Customers(wire, lambda: NOON, nearly)
    wire.during = customers.cancel
    assert customers.look_up(PROJECT, SHOUTING, CATEGORIES) == Unknown(customer=SHOUTING)
    assert (len(wire.requests), wire.cancelled) == (1, 1)


def test_where_nobody_has_it_the_other_types_are_looked_under() -> None:
    project = a_project(id_types=("phone", "registered"))
    wire = Wire(NOBODY, KNOWN)
    typed = CustomerId(type="phone", value="jane@example.com")
    found = Customers(wire, lambda: NOON, lambda id_type, text: ()).look_up(project, typed, CATEGORIES)
    assert isinstance(found, Unknown)
    assert found.other is not None
    assert found.other.customer == JANE
    assert wire.requests[1] == prepare_consents(project, JANE, CATEGORIES)
