"""One decision about several categories."""

from dataclasses import replace
from datetime import UTC

import pytest

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.parsing import one_each, parse
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from tests.consents import NOON, a_consent, later
from tests.domain.examples import NOW, OPT_IN, REQUEST_ID

IDS = tuple(f"6f1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a{number:02}" for number in range(3))
THREE = ("sms_marketing", "newsletter", "push_messages")


def a_microsecond(number: int) -> Timestamp:
    return Timestamp(NOON.micros + number)


def test_each_category_gets_the_same_decision_with_a_request_id_of_its_own() -> None:
    first = a_consent(channel="phone", ticket="4711", wording="All of it, please.")
    each = one_each(first, THREE, IDS)
    assert [one.category for one in each] == [*THREE]
    assert [one.request_id for one in each] == [*IDS]
    assert {(one.customer, one.action, one.channel, one.ticket, one.wording) for one in each} == {
        (first.customer, first.action, "phone", "4711", "All of it, please.")
    }


def test_they_are_a_microsecond_apart_in_their_order_and_each_is_taken_now() -> None:
    each = one_each(a_consent(), THREE, IDS)
    assert [one.timestamp for one in each] == [a_microsecond(number) for number in range(3)]
    assert [one.noted_at for one in each] == [one.timestamp for one in each]


@pytest.mark.parametrize("noted_at", [later(60), a_microsecond(1)])
def test_a_time_that_was_given_never_lies_after_the_noting(noted_at: Timestamp) -> None:
    each = one_each(a_consent(noted_at=noted_at), THREE, IDS)
    assert [one.timestamp for one in each] == [a_microsecond(number) for number in range(3)]
    assert [one.noted_at for one in each] == [max(noted_at, one.timestamp) for one in each]


def test_without_several_it_is_the_consent_itself() -> None:
    consent = a_consent()
    assert one_each(consent, (), ()) == (consent,)


def test_an_opt_in_that_ends_before_the_last_of_them_is_a_problem() -> None:
    draft = replace(OPT_IN, taken_at="1620139769.999999", valid_until="1620139770")
    alone = parse(draft, request_id=REQUEST_ID, now=NOW, zone=UTC)
    assert not isinstance(alone, tuple)
    assert alone.valid_until == ValidUntil(1620139770)
    problems = parse(replace(draft, categories=THREE), request_id=REQUEST_ID, now=NOW, zone=UTC)
    assert isinstance(problems, tuple)
    assert [problem.field for problem in problems] == [Field.VALID_UNTIL]
