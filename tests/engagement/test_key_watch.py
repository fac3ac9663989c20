import json
from dataclasses import replace

import pytest

from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.wire.project import Project, Secret
from consent_desk.domain.wire.request import PreparedRequest, is_of, prepare_categories, prepare_system_time
from consent_desk.engagement.key_watch import Heard, KeyWatch

PROJECT = Project(
    id="11111111-1111-4111-8111-111111111111",
    name="Acme",
    base_url=BaseUrl(scheme="https", host="api.exponea.com"),
    project_token="12345678-1234-1234-1234-123456789abc",
    key_id="key",
    secret=Secret("canary"),
)
REQUEST = prepare_system_time(PROJECT)


class Ended:
    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.is_cancelled = False

    def wait(self) -> Outcome:
        return self._outcome

    def cancel(self) -> None:
        self.is_cancelled = True


class Gives:
    """A transport for one call."""

    def __init__(self, outcome: Outcome) -> None:
        self.call = Ended(outcome)

    def start(self, request: PreparedRequest) -> Ended:
        return self.call


def hear(outcome: Outcome) -> list[Heard]:
    told: list[Heard] = []
    watch = KeyWatch(Gives(outcome))
    watch.listener = told.append
    assert watch.start(REQUEST).wait() is outcome
    return told


def answered(document: object, status: int) -> Answered:
    return Answered(status=status, headers=(("x-request-id", "1"),), body=json.dumps(document).encode())


def failed(text: str, status: int) -> Answered:
    return answered({"success": False, "error": text}, status)


@pytest.mark.parametrize(
    "outcome",
    [
        answered({"success": True, "errors": []}, 200),
        answered({"success": False, "errors": {"_global": ["Customer does not exist"]}}, 404),
    ],
)
def test_an_answer_of_success_shows_that_the_key_works(outcome: Answered) -> None:
    assert hear(outcome) == [Heard(REQUEST)]


@pytest.mark.parametrize(
    ("outcome", "why", "whole"),
    [
        (failed("Access key not found", 401), "does not know this desk's API key ID", True),
        (failed("anything", 401), "did not accept this desk's key", True),
        (failed("invalid secret", 403), "key is wrong", True),
        (failed("invalid secret", 200), "key is wrong", True),
        (failed("Invalid project id", 400), "does not know this project token", True),
        (failed("No permission", 403), "may not read consents", False),
        (failed("anything", 403), "lacks a permission", False),
        (Answered(status=404, headers=(), body=b"<html>"), "no Engagement API at this address", True),
        (
            Answered(status=302, headers=(("Location", "https://a.example"),), body=b""),
            "leads elsewhere",
            True,
        ),
    ],
)
def test_a_refusal_of_the_settings_is_told(outcome: Answered, why: str, whole: bool) -> None:
    (told,) = hear(outcome)
    assert why in str(told.why)
    assert told.whole is whole


@pytest.mark.parametrize(
    "outcome",
    [
        NotSent(phase=Phase.RESOLVING, cause=Cause.UNKNOWN_HOST),
        Lost(phase=Phase.WAITING, cause=Cause.DEADLINE),
        failed("At least one id should be specified.", 400),
        failed("anything", 500),
        failed("Too Many Requests", 429),
        answered({}, 200),
        Answered(status=200, headers=(), body=b"hello"),
        Answered(status=403, headers=(), body=b"<html>a firewall"),
        Answered(status=401, headers=(), body=b"Authentication required"),
        Answered(status=407, headers=(), body=b"invalid secret"),
        answered({"success": True, "errors": ["a fault"]}, 200),
    ],
)
def test_what_says_nothing_of_the_settings_is_not_told(outcome: Outcome) -> None:
    assert hear(outcome) == []


def test_nobody_has_to_listen_and_a_call_can_be_cancelled() -> None:
    transport = Gives(answered({"success": True}, 200))
    call = KeyWatch(transport).start(REQUEST)
    call.wait()
    call.cancel()
    assert transport.call.is_cancelled


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"name": "Renamed", "id_types": ("phone",)}, True),
        ({"secret": Secret("other")}, False),
        ({"key_id": "other"}, False),
        ({"project_token": "12345678-1234-1234-1234-123456789abd"}, False),
        ({"base_url": BaseUrl(scheme="https", host="api.exponea.com.example")}, False),
    ],
)
def test_a_request_is_of_the_project_that_has_its_address_and_key(
    changes: dict[str, object], same: bool
) -> None:
    other = replace(PROJECT, **changes)  # type: ignore[arg-type]  # the names are checked by replace
    assert is_of(REQUEST, other) is same
    assert is_of(prepare_categories(PROJECT), other) is same
