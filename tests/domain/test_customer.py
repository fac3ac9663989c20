import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.consent import ValidUntil
from consent_desk.domain.customer import (
    CategoryStatus,
    HistoryEvent,
    is_unknown,
    lacks_permission,
    later_events,
    read_consents,
    read_history,
)
from tests.domain.test_answer import BODIES


def an_event(timestamp: object = 100.5, **properties: object) -> dict[str, Any]:
    known = {"action": "reject", "category": "sms_marketing", "source": "page"}
    return {"type": "consent", "timestamp": timestamp, "properties": {**known, **properties}}


def page(*events: object, **changes: object) -> bytes:
    return json.dumps({"success": True, "data": list(events), **changes}).encode()


def results(*items: object, success: object = True) -> bytes:
    return json.dumps({"success": success, "results": list(items)}).encode()


def values(*found: object) -> bytes:
    return results(*({"success": True, "value": value} for value in found))


NO_CUSTOMER = b'{"success": false, "errors": {"_global": ["Customer does not exist"]}}'


# ------------------------------------------------------------------------------------------- the history


def test_a_history_is_read_the_latest_first() -> None:
    read = read_history(200, page(an_event(200, desk_request_id="x"), an_event(100.25)))
    assert read == (
        HistoryEvent(
            timestamp=200.0, action="reject", category="sms_marketing", request_id="x", source="page"
        ),
        HistoryEvent(
            timestamp=100.25, action="reject", category="sms_marketing", request_id=None, source="page"
        ),
    )


def test_a_customer_who_does_not_exist_has_an_empty_history() -> None:
    assert read_history(404, NO_CUSTOMER) == ()
    assert read_history(200, page()) == ()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<html>The requested URL was not found on the server"),
        (404, b'{"success": false, "errors": ["Not found"]}'),
        (200, NO_CUSTOMER),
        (200, page(success=False)),
        (200, page(success="true")),
        (200, b'{"success": true}'),
        (200, b'{"success": true, "data": {}}'),
        (200, b'{"data": []}'),
        (200, b"[]"),
        (200, b""),
        (500, page()),
        (429, page()),
        (200, page(an_event(), "no event")),
        (200, page(an_event(), {"timestamp": 1})),
        (200, page(an_event(timestamp=None))),
        (200, page(an_event(timestamp=True))),
        (200, page(an_event(timestamp="100"))),
        (200, page(an_event(timestamp=1e12))),
        (200, page({"timestamp": 5, "properties": []})),
        (200, page(an_event(1), an_event(2))),
    ],
)
def test_anything_else_is_no_complete_page(status: int, body: bytes) -> None:
    assert read_history(status, body) is None


def test_what_stands_in_an_event_is_read_and_made_inert() -> None:
    read = read_history(
        200, page(an_event(action=5, category=None, desk_request_id=7, source="p\u202ege" + "x" * 100))
    )
    assert read is not None
    (event,) = read
    assert (event.action, event.category, event.request_id) == ("5", "None", None)
    assert event.source.startswith("p\\u{202e}ge")
    assert len(event.source) < 80


def test_a_source_that_is_no_text_is_none() -> None:
    read = read_history(200, page(an_event(source={"a": 1})))
    assert read is not None
    assert read[0].source == ""


# ------------------------------------------------------------------------------------------ what holds


ONE = ("sms_marketing",)
TOLD = {"success": True, "value": True}
DENIED = {"success": False, "error": "No permission"}


def read(body: bytes, status: int = 200) -> Mapping[str, CategoryStatus] | None:
    return read_consents(status, body, ONE)


def test_what_holds_is_read_in_the_order_asked_for() -> None:
    body = values(True, 1_700_000_000.5, "unlimited", "page", "May we?")
    assert read(body) == {
        "sms_marketing": CategoryStatus(
            valid=True, since=1_700_000_000.5, source="page", until=ValidUntil(), wording="May we?"
        )
    }


def test_each_category_has_its_five_modes() -> None:
    body = values(False, 100, None, "crm", None, True, 200, 1_900_000_000, "page", None)
    assert read_consents(200, body, ("sms_marketing", "newsletter")) == {
        "sms_marketing": CategoryStatus(valid=False, since=100.0, source="crm"),
        "newsletter": CategoryStatus(valid=True, since=200.0, source="page", until=ValidUntil(1_900_000_000)),
    }


def test_a_category_without_an_event_is_not_valid() -> None:
    assert read(values(False, None, None, None, None)) == {
        "sms_marketing": CategoryStatus(valid=False, since=None, source="")
    }


def test_what_is_refused_of_one_category_leaves_out_that_one() -> None:
    body = results(*[DENIED] * 5, *[{"success": True, "value": value} for value in (False, 7, None, "", "")])
    assert read_consents(200, body, ("sms_marketing", "newsletter")) == {
        "newsletter": CategoryStatus(valid=False, since=7.0, source="")
    }


def test_details_that_are_refused_are_not_known() -> None:
    body = results(TOLD, {"success": True, "value": 7}, DENIED, DENIED, DENIED)
    assert read(body) == {"sms_marketing": CategoryStatus(valid=True, since=7.0, source="")}


@pytest.mark.parametrize("until", ["soon", True, -1, 0, 1e11, 1e300, [], {}])
def test_an_end_that_makes_no_sense_is_not_known(until: object) -> None:
    assert read(values(True, 7, until, "page", None)) == {
        "sms_marketing": CategoryStatus(valid=True, since=7.0, source="page")
    }


def test_an_event_in_milliseconds_is_an_event() -> None:
    assert read(values(False, 1_700_000_000_000, None, None, None)) == {
        "sms_marketing": CategoryStatus(valid=False, since=1_700_000_000_000.0, source="")
    }


def test_source_and_wording_are_made_inert() -> None:
    assert read(values(True, 7, None, "pa\x1bge", "\u202eMay we?")) == {
        "sms_marketing": CategoryStatus(
            valid=True, since=7.0, source="pa\\u{1b}ge", wording="\\u{202e}May we?"
        )
    }


@pytest.mark.parametrize(
    "body",
    [
        results(*[DENIED] * 5),
        results(TOLD, DENIED, TOLD, TOLD, TOLD),
        results(TOLD, {"success": True}, TOLD, TOLD, TOLD),
        values(1, 1, None, "page", None),
        values("true", 1, None, "page", None),
        values(None, None, None, None, None),
        values(True, "yesterday", None, None, None),
        values(False, True, None, None, None),
        values(False, 1e15, None, None, None),
        results("x", "y", "z", 1, None),
    ],
)
def test_a_category_of_which_too_little_was_told_is_left_out(body: bytes) -> None:
    assert read(body) == {}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, NO_CUSTOMER),
        (500, values(True, 1, None, "page", None)),
        (200, results(DENIED)),
        (200, values(True, 1, None, "page")),
        (200, values(True, 1, None, "page", None, 4)),
        (200, results(*[TOLD] * 5, success=False)),
        (200, b'{"success": true, "results": 3}'),
        (200, b"[]"),
    ],
)
def test_anything_else_tells_nothing(status: int, body: bytes) -> None:
    assert read(body, status) is None


# ------------------------------------------------------------------------------------------ permission


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, b'{"success": false, "error": "No permission"}'),
        (403, b'{"success": false, "errors": ["Anything else"]}'),
        (200, b'{"success": false, "errors": ["No permission"]}'),
        (200, results(*[{"success": False, "error": "No permission"}] * 3)),
    ],
)
def test_a_missing_permission_is_known_by_its_words(status: int, body: bytes) -> None:
    assert lacks_permission(status, body)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, b'{"success": false, "error": "invalid secret"}'),
        (403, b"<html>Forbidden</html>"),
        (401, b'{"error": "Access key not found"}'),
        (200, page()),
        (200, values(True, 1, "page")),
        (200, b'{"success": true, "results": 3}'),
        (404, NO_CUSTOMER),
        (500, b""),
    ],
)
def test_another_failure_is_no_missing_permission(status: int, body: bytes) -> None:
    assert not lacks_permission(status, body)


# ---------------------------------------------------------------------------------------- later events


def an_entry(timestamp: float, request_id: str | None = None, category: str = "sms") -> HistoryEvent:
    return HistoryEvent(
        timestamp=timestamp, action="accept", category=category, request_id=request_id, source="page"
    )


def test_later_events_are_those_of_others_for_the_same_category() -> None:
    events = (
        an_entry(300, category="newsletter"),
        an_entry(200),
        an_entry(150, "another"),
        an_entry(100, "mine"),
        an_entry(100),
        an_entry(99),
    )
    assert later_events(events, "sms", 100, "mine") == (events[1], events[2], events[4])


@given(st.integers(0, 999) | st.sampled_from([200, 403, 404]), BODIES)
def test_any_answer_can_be_read(status: int, body: bytes) -> None:
    read_history(status, body)
    read(body, status)
    is_unknown(status, body)
    lacks_permission(status, body)
