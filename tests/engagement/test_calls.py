from dataclasses import replace

import pytest

from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.wire.project import Secret
from consent_desk.domain.wire.request import is_of, prepare_categories, prepare_system_time
from consent_desk.engagement.calls import Heard, KeyWatch
from tests.consents import a_project
from tests.delivery.desk import Waiting, Wire
from tests.faulty_engagement import told

PROJECT = a_project()
REQUEST = prepare_system_time(PROJECT)


def hear(outcome: Outcome) -> list[Heard]:
    heard: list[Heard] = []
    watch = KeyWatch(Wire(outcome))
    watch.listener = heard.append
    assert watch.start(REQUEST).wait() is outcome
    return heard


def failed(text: str, status: int) -> Answered:
    return told(status, {"success": False, "error": text})


@pytest.mark.parametrize(
    "outcome",
    [
        told(200, {"success": True, "errors": []}),
        told(404, {"success": False, "errors": {"_global": ["Customer does not exist"]}}),
    ],
)
def test_an_answer_of_success_shows_that_the_key_works(outcome: Answered) -> None:
    assert hear(outcome) == [Heard(REQUEST)]


@pytest.mark.parametrize(
    ("outcome", "why", "whole"),
    [
        (failed("Access key not found", 401), "does not know this desk's API key ID", True),
        (failed("invalid secret", 403), "key is wrong", True),
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
    (heard,) = hear(outcome)
    assert why in str(heard.why)
    assert heard.whole is whole


@pytest.mark.parametrize(
    "outcome",
    [
        NotSent(phase=Phase.RESOLVING, cause=Cause.UNKNOWN_HOST),
        Lost(phase=Phase.WAITING, cause=Cause.DEADLINE),
        failed("At least one id should be specified.", 400),
        failed("anything", 500),
        told(200, {}),
        Answered(status=403, headers=(), body=b"<html>a firewall"),
        Answered(status=407, headers=(), body=b"invalid secret"),
        told(200, {"success": True, "errors": ["a fault"]}),
    ],
)
def test_what_says_nothing_of_the_settings_is_not_told(outcome: Outcome) -> None:
    assert hear(outcome) == []


def test_nobody_has_to_listen_and_a_call_can_be_cancelled() -> None:
    ended = Lost(phase=Phase.WAITING, cause=Cause.CANCELLED)
    call = KeyWatch(Wire(Waiting(ended))).start(REQUEST)
    call.cancel()
    assert call.wait() is ended


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
