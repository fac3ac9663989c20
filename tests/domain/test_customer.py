import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.customer import (
    CategoryStatus,
    HistoryEvent,
    lacks_permission,
    later_events,
    read_history,
    read_status,
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


def test_what_holds_is_read_in_the_order_asked_for() -> None:
    assert read_status(200, values(True, 1_700_000_000.5, "page")) == CategoryStatus(
        valid=True, since=1_700_000_000.5, source="page"
    )


def test_a_category_without_an_event_is_not_valid() -> None:
    assert read_status(200, values(False, None, None)) == CategoryStatus(valid=False, since=None, source="")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, NO_CUSTOMER),
        (500, values(True, 1, "page")),
        (200, results({"success": False, "error": "No permission"})),
        (200, results({"success": True, "value": True}, {"success": False}, {"success": True, "value": 1})),
        (200, values(True, 1)),
        (200, values(True, 1, "page", 4)),
        (200, values(1, 1, "page")),
        (200, values(None, None, None)),
        (200, values("true", 1, "page")),
        (200, results("x", "y", "z")),
        (200, results({"success": True}, success=False)),
        (200, b'{"success": true, "results": 3}'),
        (200, b"[]"),
    ],
)
def test_anything_else_tells_nothing(status: int, body: bytes) -> None:
    assert read_status(status, body) is None


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
    read_status(status, body)
    lacks_permission(status, body)
