import json
from dataclasses import replace
from pathlib import Path

import pytest

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import prepare_categories
from consent_desk.engagement.categories import (
    LASTING,
    MOST,
    Categories,
    Fetched,
    fetch_categories,
)
from tests.consents import a_project
from tests.delivery.desk import Wire

PROJECT = a_project()
NEWSLETTER = {
    "id": "newsletter",
    "legitimate_interest": False,
    "sources": {"private_api": True},
    "translations": {"": {"name": "Newsletter", "description": None}},
}


def answered(document: object, status: int = 200) -> Answered:
    return Answered(status=status, headers=(), body=json.dumps(document).encode())


def why(outcome: Outcome) -> Meaning:
    told = fetch_categories(Wire(outcome), PROJECT)
    assert isinstance(told, Meaning)
    return told


def test_one_request_asks_for_the_categories() -> None:
    transport = Wire(answered({"success": True, "results": []}))
    assert fetch_categories(transport, PROJECT) == ()
    assert transport.requests == [prepare_categories(PROJECT)]


def test_categories_come_in_the_order_of_the_answer() -> None:
    outcome = answered({"success": True, "results": [NEWSLETTER, {"id": "sms_marketing"}]})
    assert fetch_categories(Wire(outcome), PROJECT) == (
        Category("newsletter", "Newsletter"),
        Category("sms_marketing", "sms_marketing"),
    )


@pytest.mark.parametrize(
    "outcome",
    [
        answered({"success": True}),
        answered({"success": True, "results": [NEWSLETTER]}, status=202),
        Answered(
            status=200, headers=(), body=answered({"success": True, "results": []}).body, truncated=True
        ),
    ],
    ids=lambda outcome: f"{outcome.status} {outcome.body.decode()[:40]}",
)
def test_answer_that_is_no_whole_list_of_categories_gives_a_reason_and_no_category(outcome: Answered) -> None:
    told = why(outcome)
    assert str(told.why)
    assert str(told.advice)


@pytest.mark.parametrize(
    ("outcome", "words", "field"),
    [
        (answered({"error": "invalid secret"}, status=403), "this desk's key is wrong", Field.API_SECRET),
        (answered({"success": False, "error": "No permission"}), "may not read", Field.API_KEY_ID),
        (NotSent(phase=Phase.RESOLVING, cause=Cause.UNKNOWN_HOST), "was not found", Field.BASE_URL),
    ],
)
def test_another_answer_or_none_is_put_into_words(outcome: Outcome, words: str, field: Field) -> None:
    told = why(outcome)
    assert words in str(told.why)
    assert told.field is field


NOW = Timestamp(1_780_000_000_000_000)
SMS = (Category("sms", "sms"),)
LISTED = answered({"success": True, "results": [{"id": "sms"}]})


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "categories.json"


def categories(cache: Path | None, *languages: str, now: Timestamp = NOW) -> Categories:
    return Categories(cache, lambda: now, languages)


def test_what_was_fetched_is_kept_with_its_moment(cache: Path) -> None:
    desk = categories(cache, "de")
    fetched = desk.fetch(Wire(LISTED), PROJECT)
    assert fetched == desk.kept(PROJECT) == Fetched(SMS, NOW)


def test_what_could_not_be_fetched_leaves_what_was_kept(cache: Path) -> None:
    desk = categories(cache)
    desk.fetch(Wire(LISTED), PROJECT)
    lost = Wire(Lost(phase=Phase.WAITING, cause=Cause.DEADLINE))
    assert isinstance(desk.fetch(lost, PROJECT), Meaning)
    assert desk.kept(PROJECT) == Fetched(SMS, NOW)


@pytest.mark.parametrize(
    "other",
    [
        replace(PROJECT, id="22222222-2222-4222-8222-222222222222"),
        replace(PROJECT, base_url=BaseUrl(scheme="https", host="api.uk.exponea.com")),
        replace(PROJECT, project_token="87654321-1234-1234-1234-123456789abc"),
    ],
    ids=["project", "address", "token"],
)
def test_another_project_never_shows_what_was_kept(other: Project, cache: Path) -> None:
    desk = categories(cache)
    desk.fetch(Wire(LISTED), PROJECT)
    assert desk.kept(other) is None


def test_labels_in_another_language_are_fetched_anew(cache: Path) -> None:
    categories(cache, "de").fetch(Wire(LISTED), PROJECT)
    assert categories(cache, "cs").kept(PROJECT) is None


def test_neither_token_nor_address_nor_key_is_kept(cache: Path) -> None:
    categories(cache).fetch(Wire(LISTED), PROJECT)
    telling = (PROJECT.project_token, PROJECT.base_url.host, PROJECT.key_id, "canary-secret")
    assert not [text for text in telling if text in cache.read_text()]


def test_practice_keeps_nothing(cache: Path) -> None:
    practice = replace(PROJECT, practice=True)
    assert categories(cache).fetch(Wire(LISTED), practice) == Fetched(SMS, NOW)
    assert categories(cache).kept(practice) is None
    assert not cache.exists()


def test_nothing_is_kept_of_a_project_that_was_removed(cache: Path) -> None:
    desk = categories(cache)
    desk.fetch(Wire(LISTED), PROJECT)
    desk.forget(PROJECT.id)
    assert desk.kept(PROJECT) is None


def test_without_a_cache_categories_are_fetched_all_the_same() -> None:
    desk = categories(None)
    assert desk.fetch(Wire(LISTED), PROJECT) == Fetched(SMS, NOW)
    desk.forget(PROJECT.id)
    assert desk.kept(PROJECT) is None


@pytest.mark.parametrize(("age", "old"), [(0, False), (LASTING - 1, False), (LASTING, True), (-1, True)])
def test_categories_are_old_after_a_day_or_where_they_come_from_the_future(age: int, old: bool) -> None:
    assert categories(None).is_old(Fetched(SMS, Timestamp(NOW.micros - age))) is old


def test_more_categories_than_a_window_can_offer_are_not_offered() -> None:
    def listed(count: int) -> Answered:
        return answered({"success": True, "results": [{"id": f"c{number}"} for number in range(count)]})

    told = fetch_categories(Wire(listed(MOST + 1)), PROJECT)
    assert isinstance(told, Meaning)
    assert "1,001 categories" in str(told.why)
    assert "Type the category's ID" in str(told.advice)
    assert len(fetch_categories(Wire(listed(MOST)), PROJECT)) == MOST  # type: ignore[arg-type]  # no Meaning
