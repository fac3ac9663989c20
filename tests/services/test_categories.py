import json

import pytest

from consent_desk.domain.address import BaseUrl
from consent_desk.domain.answer import Meaning
from consent_desk.domain.category import Category
from consent_desk.domain.draft import Field
from consent_desk.domain.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.project import Project, Secret
from consent_desk.domain.request import PreparedRequest, prepare_categories
from consent_desk.services.categories import fetch_categories

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
