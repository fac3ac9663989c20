import json
from dataclasses import replace

import pytest

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.wire.project import Project, Secret
from consent_desk.domain.wire.request import PreparedRequest, prepare_categories
from consent_desk.engagement.categories import LASTING, MOST, Categories, Fetched, fetch_categories

PROJECT = Project(
    id="11111111-1111-4111-8111-111111111111",
    name="Acme",
    base_url=BaseUrl(scheme="https", host="api.exponea.com"),
    project_token="12345678-1234-1234-1234-123456789abc",
    key_id="key",
    secret=Secret("canary"),
)
NEWSLETTER = {
    "id": "newsletter",
    "legitimate_interest": False,
    "sources": {"private_api": True},
    "translations": {"": {"name": "Newsletter", "description": None}},
}


class Ended:
    """A call that has its outcome."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def wait(self) -> Outcome:
        return self._outcome

    def cancel(self) -> None:
        raise AssertionError("nobody cancels this call")


class OneAnswer:
    """A transport that gives every request the same outcome, and keeps the requests."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.requests: list[PreparedRequest] = []

    def start(self, request: PreparedRequest) -> Ended:
        self.requests.append(request)
        return Ended(self._outcome)


def answered(document: object, status: int = 200) -> Answered:
    return Answered(status=status, headers=(), body=json.dumps(document).encode())


def why(outcome: Outcome) -> Meaning:
    told = fetch_categories(OneAnswer(outcome), PROJECT)
    assert isinstance(told, Meaning)
    return told


def test_one_request_asks_for_the_categories() -> None:
    transport = OneAnswer(answered({"success": True, "results": []}))
    assert fetch_categories(transport, PROJECT) == ()
    assert transport.requests == [prepare_categories(PROJECT)]


def test_categories_come_in_the_order_of_the_answer() -> None:
    outcome = answered({"success": True, "results": [NEWSLETTER, {"id": "sms_marketing"}]})
    assert fetch_categories(OneAnswer(outcome), PROJECT) == (
        Category("newsletter", "Newsletter"),
        Category("sms_marketing", "sms_marketing"),
    )


@pytest.mark.parametrize(
    "outcome",
    [
        answered({"success": True}),
        answered({"success": True, "results": {}}),
        answered({"results": [NEWSLETTER]}),
        answered(["not", "an", "object"]),
        answered({"success": True, "results": [NEWSLETTER]}, status=202),
        Answered(status=200, headers=(), body=b"<html>"),
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


def test_refused_key_is_put_into_words() -> None:
    told = why(answered({"success": False, "error": "invalid secret"}, status=403))
    assert str(told.why) == "this desk's key is wrong"
    assert told.field is Field.API_SECRET


def test_failure_inside_a_200_is_put_into_words() -> None:
    told = why(answered({"success": False, "error": "No permission"}))
    assert "may not read" in str(told.why)


def test_no_network_is_put_into_words() -> None:
    told = why(NotSent(phase=Phase.RESOLVING, cause=Cause.UNKNOWN_HOST))
    assert "was not found" in str(told.why)
    assert told.field is Field.BASE_URL


def test_lost_answer_is_put_into_words() -> None:
    told = why(Lost(phase=Phase.WAITING, cause=Cause.DEADLINE))
    assert "did not answer in time" in str(told.why)


NOW = Timestamp(1_780_000_000_000_000)
SMS = (Category("sms", "sms"),)
LISTED = answered({"success": True, "results": [{"id": "sms"}]})


class Memory:
    """A cache in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, Fetched]] = {}

    def read(self, project_id: str, place: str) -> Fetched | None:
        kept = self.kept.get(project_id)
        return kept[1] if kept is not None and kept[0] == place else None

    def write(self, project_id: str, place: str, fetched: Fetched) -> None:
        self.kept[project_id] = (place, fetched)

    def remove(self, project_id: str) -> None:
        self.kept.pop(project_id, None)


def categories(cache: Memory | None, *languages: str, now: Timestamp = NOW) -> Categories:
    return Categories(cache, lambda: now, languages)


def test_what_was_fetched_is_kept_with_its_moment() -> None:
    desk = categories(Memory(), "de")
    fetched = desk.fetch(OneAnswer(LISTED), PROJECT)
    assert fetched == desk.kept(PROJECT) == Fetched(SMS, NOW)


def test_what_could_not_be_fetched_leaves_what_was_kept() -> None:
    desk = categories(Memory())
    desk.fetch(OneAnswer(LISTED), PROJECT)
    lost = OneAnswer(Lost(phase=Phase.WAITING, cause=Cause.DEADLINE))
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
def test_another_project_never_shows_what_was_kept(other: Project) -> None:
    desk = categories(Memory())
    desk.fetch(OneAnswer(LISTED), PROJECT)
    assert desk.kept(other) is None


def test_labels_in_another_language_are_fetched_anew() -> None:
    cache = Memory()
    categories(cache, "de").fetch(OneAnswer(LISTED), PROJECT)
    assert categories(cache, "cs").kept(PROJECT) is None


def test_neither_token_nor_address_nor_key_is_kept() -> None:
    cache = Memory()
    categories(cache).fetch(OneAnswer(LISTED), PROJECT)
    telling = (PROJECT.project_token, PROJECT.base_url.host, PROJECT.key_id, "canary")
    assert not [text for text in telling if text in str(cache.kept)]


def test_practice_keeps_nothing() -> None:
    cache = Memory()
    practice = replace(PROJECT, practice=True)
    assert categories(cache).fetch(OneAnswer(LISTED), practice) == Fetched(SMS, NOW)
    assert categories(cache).kept(practice) is None
    assert cache.kept == {}


def test_nothing_is_kept_of_a_project_that_was_removed() -> None:
    desk = categories(Memory())
    desk.fetch(OneAnswer(LISTED), PROJECT)
    desk.forget(PROJECT.id)
    assert desk.kept(PROJECT) is None


def test_without_a_cache_categories_are_fetched_all_the_same() -> None:
    desk = categories(None)
    assert desk.fetch(OneAnswer(LISTED), PROJECT) == Fetched(SMS, NOW)
    desk.forget(PROJECT.id)
    assert desk.kept(PROJECT) is None


@pytest.mark.parametrize(("age", "old"), [(0, False), (LASTING - 1, False), (LASTING, True), (-1, True)])
def test_categories_are_old_after_a_day_or_where_they_come_from_the_future(age: int, old: bool) -> None:
    assert categories(None).is_old(Fetched(SMS, Timestamp(NOW.micros - age))) is old


def test_more_categories_than_a_window_can_offer_are_not_offered() -> None:
    def listed(count: int) -> Answered:
        return answered({"success": True, "results": [{"id": f"c{number}"} for number in range(count)]})

    told = fetch_categories(OneAnswer(listed(MOST + 1)), PROJECT)
    assert isinstance(told, Meaning)
    assert "1,001 categories" in str(told.why)
    assert "Type the category's ID" in str(told.advice)
    assert len(fetch_categories(OneAnswer(listed(MOST)), PROJECT)) == MOST  # type: ignore[arg-type]  # no Meaning
