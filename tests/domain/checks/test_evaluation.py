"""One answer about a form: what it would send, or all that keeps it from that."""

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from consent_desk.domain.checks.correction import subject_of
from consent_desk.domain.checks.evaluation import Circumstances, Evaluation, evaluate
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft, Field, Problem
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.record import Context, Noted, Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.message import say
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.customer import CategoryStatus, Known, Unknown
from consent_desk.domain.wire.server_clock import Moment
from tests.consents import NOON, a_consent, a_project, later

JANE = CustomerId(type="registered", value="jane@example.com")
IDS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
WRONG = "33333333-3333-4333-8333-333333333333"
SMS, NEWS = Category("sms_marketing", "SMS marketing"), Category("newsletter", "Newsletter")
DRAFT = Draft(customer_id_type="registered", customer_id="jane@example.com", category="sms_marketing")
BOTH = replace(DRAFT, categories=("sms_marketing", "newsletter"))
OPT_IN = replace(DRAFT, action="accept", valid_until="unlimited")
ACCEPTED = CategoryStatus(valid=True, since=NOON.micros / 1e6 - 1000, source="page", until=ValidUntil())
REJECTED = replace(ACCEPTED, valid=False, until=None)
OPTED_OUT = Known(customer=JANE, consents={"sms_marketing": REJECTED, "newsletter": ACCEPTED})
RECORD = Record(
    noted=Noted.of(a_project(), a_consent(request_id=WRONG), Context(before=ACCEPTED)),
    facts=(Fact(at=later(2), state=State.VERIFIED),),
)
CORRECTION = replace(OPT_IN, corrects=WRONG, basis="The caller asked for it now", wording="May we?")


def asked(draft: Draft, **known: Any) -> Evaluation:
    values: dict[str, Any] = {"at": Moment(NOON), "zone": UTC, "request_ids": IDS, **known}
    return evaluate(draft, Circumstances(**values))


def fields(problems: tuple[Problem, ...]) -> list[Field]:
    return [one.field for one in problems]


def test_what_is_complete_is_a_consent_for_each_category_in_order() -> None:
    answer = asked(BOTH, categories=(SMS, NEWS))
    assert [(one.request_id, one.category) for one in answer.consents] == [
        (IDS[0], "sms_marketing"),
        (IDS[1], "newsletter"),
    ]
    assert (answer.problems, answer.warnings, answer.readings) == ((), (), ())
    assert answer.confirmations() == ()


def test_what_lacks_something_is_no_consent_and_names_all_of_it() -> None:
    answer = asked(Draft(taken_at="soon"))
    assert answer.consents == () == answer.confirmations()
    assert fields(answer.problems) == [
        Field.CUSTOMER_ID_TYPE,
        Field.CUSTOMER_ID,
        Field.CATEGORY,
        Field.TAKEN_AT,
    ]


def test_what_is_odd_stands_beside_it_that_of_the_customer_first() -> None:
    odd = Problem(Field.CUSTOMER_ID, say("tests", "Is that so?"))
    answer = asked(replace(DRAFT, category="sms", taken_at="11:00"), categories=(SMS,), doubts=(odd,))
    assert fields(answer.warnings) == [Field.CUSTOMER_ID, Field.CATEGORY, Field.TAKEN_AT]
    assert len(answer.consents) == 1


def test_what_was_read_is_told() -> None:
    assert fields(asked(replace(DRAFT, taken_at="yesterday 10.40")).readings) == [Field.TAKEN_AT]


def test_a_clock_that_shows_no_time_is_the_one_thing_that_is_wrong() -> None:
    answer = asked(Draft(), at=Moment(replace(NOON, micros=1)))
    assert fields(answer.problems) == [Field.TAKEN_AT]


def test_an_opt_in_over_an_opt_out_asks_for_wording_and_basis() -> None:
    answer = asked(OPT_IN, found=OPTED_OUT)
    assert answer.demands.needs_basis
    assert answer.demands.opted_out == {"sms_marketing": REJECTED}
    assert "themselves" in str(answer.demands.warning)
    assert fields(answer.problems) == [Field.WORDING, Field.BASIS]
    told = replace(OPT_IN, wording="May we?", basis="They said so.")
    answer = asked(told, found=OPTED_OUT, subject=subject_of(told))
    [consent] = answer.consents
    assert answer.context(consent, Context(before=REJECTED)).basis == "They said so."
    assert answer.context(consent, Context(before=ACCEPTED)).basis == ""


def test_a_correction_is_linked_and_noted_with_its_basis() -> None:
    answer = asked(CORRECTION, record=RECORD, subject=subject_of(CORRECTION))
    assert answer.demands.record is RECORD
    [consent] = answer.consents
    context = answer.context(consent, Context(before=ACCEPTED))
    assert (context.corrects, context.basis) == (WRONG, "The caller asked for it now")


@pytest.mark.parametrize(
    ("state", "timestamp", "is_known"),
    [
        (State.DELIVERED, NOON, False),
        (State.VERIFIED, NOON, True),
        (State.SEEN, NOON, False),
        (State.UNCONFIRMED, NOON, False),
        (State.VERIFIED, later(-60), False),
    ],
)
def test_what_engagement_has_shown_of_a_decision_is_what_held_before_its_correction(
    state: State, timestamp: Timestamp, is_known: bool
) -> None:
    wrong = replace(RECORD.noted.consent, timestamp=timestamp, noted_at=NOON)
    record = Record(noted=replace(RECORD.noted, consent=wrong), facts=(Fact(at=later(2), state=state),))
    answer = asked(CORRECTION, record=record, subject=subject_of(CORRECTION))
    before = answer.context(answer.consents[0], Context()).before
    if is_known:
        assert before == CategoryStatus(valid=False, since=NOON.seconds, source="")
    else:
        assert before is None
    told = answer.context(answer.consents[0], Context(before=ACCEPTED))
    assert told.before == ACCEPTED


@pytest.mark.parametrize(
    ("changes", "record"),
    [
        ({"category": "newsletter"}, RECORD),
        ({"categories": ("sms_marketing", "newsletter")}, RECORD),
        ({"customer_id": "omar@example.org"}, RECORD),
        ({"corrects": "another"}, RECORD),
        ({}, None),
    ],
    ids=["category", "several", "customer", "record", "none"],
)
def test_a_form_about_something_else_corrects_nothing_and_opts_nobody_in(
    changes: dict[str, Any], record: Record | None
) -> None:
    draft = replace(CORRECTION, **changes)
    answer = asked(draft, record=record, subject=subject_of(draft))
    assert answer.draft == replace(
        draft, corrects="", action=Action.REJECT, valid_until="", wording="", basis=""
    )
    assert answer.demands.record is None
    assert not answer.demands.needs_basis
    assert answer.context(a_consent(), Context()).corrects is None


def test_what_an_opt_in_rests_on_is_not_carried_over_to_another_one() -> None:
    draft = replace(OPT_IN, basis="They said so.", wording="May we?")
    assert asked(draft, subject=subject_of(draft)).draft == draft
    assert asked(draft, subject=subject_of(BOTH)).draft == replace(draft, basis="")
    assert asked(draft, subject=None).subject == subject_of(draft)


def test_what_speaks_against_it_is_asked_once_and_what_holds_is_left_out() -> None:
    nobody = asked(BOTH, found=Unknown(customer=JANE), categories=(SMS, NEWS))
    assert [str(one.mend) for one in nobody.confirmations()] == ["Correct the ID"]
    answer = asked(BOTH, found=OPTED_OUT, categories=(SMS, NEWS))
    [one] = answer.confirmations()
    assert one.leaves == ("sms_marketing",)
    assert answer.confirmations(("sms_marketing",)) == ()


@pytest.mark.parametrize(
    ("customers", "is_asked"),
    [(None, False), (frozenset({JANE}), False), (frozenset[CustomerId](), True)],
    ids=["real", "of the sandbox", "a stranger"],
)
def test_in_practice_a_stranger_may_be_a_real_caller(
    customers: frozenset[CustomerId] | None, is_asked: bool
) -> None:
    assert bool(asked(DRAFT, customers=customers).confirmations()) is is_asked


@pytest.mark.parametrize(
    ("categories", "listed"), [((), None), ((SMS,), True), ((NEWS,), False)], ids=["not known", "is", "not"]
)
def test_it_is_noted_whether_the_project_lists_the_category_and_how_far_the_clock_is_off(
    categories: tuple[Category, ...], listed: bool | None
) -> None:
    answer = asked(DRAFT, categories=categories, at=Moment(NOON, clock_off=7))
    consent: Consent = answer.consents[0]
    context = answer.context(consent, Context())
    assert (context.listed, context.clock_off) == (listed, 7)
