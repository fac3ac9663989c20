"""What is doubted, and never refused."""

from dataclasses import replace
from datetime import UTC

import pytest

from consent_desk.domain.checks.warnings import warnings
from consent_desk.domain.consent.draft import Draft, Field
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.server_clock import Moment
from tests.domain.examples import DRAFT, NOW, OPT_IN, consent

SMS = Category("sms_marketing", "SMS marketing")
POST = Category("catalogue_by_post", "Catalogue by post", by_private_api=False)


def doubted(
    draft: Draft, *categories: Category, now: Timestamp = NOW, clock_off: int | None = None
) -> dict[Field, str]:
    at = Moment(now, clock_off)
    return {
        warning.field: str(warning.message)
        for warning in warnings(draft, categories=categories, at=at, zone=UTC)
    }


def typed_before_now(seconds: int) -> str:
    return str(NOW.micros // 1_000_000 - seconds)


def test_a_category_not_meant_for_the_api_is_doubted_and_says_what_to_do() -> None:
    words = doubted(replace(DRAFT, category=POST.id), SMS, POST)[Field.CATEGORY]
    assert "may have no effect" in words
    assert "Ask your administrator" in words


@pytest.mark.parametrize("draft", [replace(DRAFT, category=POST.id), replace(OPT_IN, category=POST.id)])
def test_a_doubted_category_makes_a_consent_all_the_same(draft: Draft) -> None:
    assert consent(draft).category == POST.id


def test_of_several_those_that_are_doubted_are_named_as_people_know_them() -> None:
    several = replace(DRAFT, category=SMS.id, categories=(SMS.id, POST.id))
    assert doubted(several, SMS, POST)[Field.CATEGORY].startswith("Catalogue by post: The project does not")
    assert doubted(replace(several, categories=(SMS.id, SMS.id)), SMS, POST) == {}


@pytest.mark.parametrize(
    ("typed", "guess"), [("MARKETING", " Did you mean sms_marketing?"), ("c", ""), ("fax", "")]
)
def test_a_category_that_the_project_does_not_have_is_doubted(typed: str, guess: str) -> None:
    words = "Not among the project's categories: Engagement would not notice." + guess
    other = Category("sms_c", "Catalogue")
    assert doubted(replace(DRAFT, category=typed), SMS, POST, other) == {Field.CATEGORY: words}


@pytest.mark.parametrize(("seconds", "expected"), [(0, False), (60, False), (61, True), (90_000, True)])
def test_an_opt_out_dated_back_by_more_than_a_minute_is_doubted(seconds: int, expected: bool) -> None:
    draft = replace(DRAFT, taken_at=typed_before_now(seconds))
    assert (Field.TAKEN_AT in doubted(draft)) == expected


def test_the_warning_about_a_time_is_no_claim_and_says_what_to_do() -> None:
    words = doubted(replace(DRAFT, taken_at=typed_before_now(3_600)))[Field.TAKEN_AT]
    assert "may stay in force" in words
    assert "Write “now” if the person decides now" in words


def test_warnings_come_in_the_order_of_the_form() -> None:
    draft = replace(DRAFT, category="fax", taken_at=typed_before_now(3_600))
    assert [*doubted(draft, SMS)] == [Field.CATEGORY, Field.TAKEN_AT]


@pytest.mark.parametrize(
    "draft",
    [
        *(DRAFT, replace(DRAFT, category=""), replace(OPT_IN, taken_at=typed_before_now(3_600))),
        *(replace(DRAFT, taken_at=taken_at) for taken_at in ("", "now", "soon")),
    ],
)
def test_nothing_else_is_doubted(draft: Draft) -> None:
    assert doubted(draft, SMS, POST) == {}
    assert doubted(draft) == {}


@pytest.mark.parametrize("clock_off", [None, 0, 60, -60])
def test_a_clock_that_is_right_or_not_known_is_not_doubted(clock_off: int | None) -> None:
    assert doubted(DRAFT, SMS, clock_off=clock_off) == {}


@pytest.mark.parametrize(
    ("clock_off", "words"), [(-7_200, "2 hours slow"), (61, "61 seconds fast")], ids=["slow", "fast"]
)
def test_a_clock_that_is_off_is_named_with_the_time_that_is_used(clock_off: int, words: str) -> None:
    told = (
        f"This computer's clock is {words}. “now” is stamped by Engagement's time; a time that you type stays"
    )
    assert doubted(DRAFT, SMS, clock_off=clock_off)[Field.TAKEN_AT].startswith(told)


def test_both_warnings_about_the_time_are_told() -> None:
    draft = replace(DRAFT, taken_at=typed_before_now(3_600))
    told = doubted(draft, SMS, clock_off=-7_200)[Field.TAKEN_AT]
    assert "may stay in force" in told
    assert "2 hours slow" in told
