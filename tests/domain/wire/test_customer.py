import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.wire.customer import (
    CategoryStatus,
    CurrentState,
    HistoryEvent,
    HistoryPage,
    is_unknown,
    lacks_permission,
    read_consents,
    read_history,
    told_by_history,
)
from tests.domain.wire.test_answer import BODIES


def an_event(timestamp: object = 100.5, **properties: object) -> dict[str, Any]:
    known = {"action": "reject", "category": "sms_marketing", "source": "page"}
    return {"type": "consent", "timestamp": timestamp, "properties": {**known, **properties}}


def page(*events: object, **changes: object) -> bytes:
    return json.dumps({"success": True, "data": list(events), **changes}).encode()


def events(body: bytes) -> tuple[HistoryEvent, ...]:
    found = read_history(200, body)
    assert found is not None
    return found.events


def results(*items: object, success: object = True) -> bytes:
    return json.dumps({"success": success, "results": list(items)}).encode()


def values(*found: object) -> bytes:
    return results(*({"success": True, "value": value} for value in found))


NO_CUSTOMER = b'{"success": false, "errors": {"_global": ["Customer does not exist"]}}'


# ------------------------------------------------------------------------------------------- the history


def test_a_history_is_read_the_latest_first() -> None:
    found = events(page(an_event(200, desk_request_id="x"), an_event(100.25)))
    first = HistoryEvent(
        timestamp=200.0,
        action="reject",
        category="sms_marketing",
        request_id="x",
        source="page",
        is_opt_in=False,
        written="200",
    )
    assert found == (first, replace(first, timestamp=100.25, request_id=None, written="100.25"))


def test_a_customer_who_does_not_exist_has_an_empty_history() -> None:
    assert read_history(404, NO_CUSTOMER) == HistoryPage()
    assert read_history(200, page()) == HistoryPage(data=[])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<html>The requested URL was not found on the server"),
        (404, b'{"success": false, "errors": ["Not found"]}'),
        (200, NO_CUSTOMER),
        (200, page(success=False)),
        (200, b'{"success": true}'),
        (200, b'{"success": true, "data": {}}'),
        (500, page()),
        (200, page(an_event(1), an_event(2))),
        (200, page(an_event(1), an_event(None), an_event(2))),
        (200, page(an_event(), errors=["something"])),
        (200, page(an_event(), error={"code": 5})),
    ],
)
def test_anything_else_is_no_complete_page(status: int, body: bytes) -> None:
    assert read_history(status, body) is None


@pytest.mark.parametrize(
    "item", ["no event", None, 5, [], {"timestamp": 1}, {"timestamp": 5, "properties": []}]
)
def test_what_can_be_nobodys_event_is_skipped(item: object) -> None:
    found = read_history(200, page(an_event(200), item, an_event(100)))
    assert found is not None
    assert [event.timestamp for event in found.events] == [200.0, 100.0]
    assert len(found.data) == 3


@pytest.mark.parametrize(
    "timestamp",
    [
        *("null", "true", '"100"', "[]", "{}", "1e19", "-1e300", "NaN", "-Infinity", "1e400", "9" * 5000),
        '{"a": 1, "a": 2}',
    ],
    ids=lambda value: value[:20],
)
def test_an_event_whose_time_cannot_be_read_is_kept_out_of_the_order(timestamp: str) -> None:
    text = page(an_event(200), an_event("?", desk_request_id="x"), an_event(100)).decode()
    found = read_history(200, text.replace('"?"', timestamp).encode())
    assert found is not None
    assert [event.timestamp for event in found.events] == [200.0, None, 100.0]
    assert found.events[1].request_id == "x"


def test_a_number_of_which_nobody_asks_leaves_its_event() -> None:
    text = page(an_event(200, visits="?")).decode().replace('"?"', "9" * 5000)
    (event,) = events(text.encode())
    assert event.timestamp == 200.0


@pytest.mark.parametrize("timestamp", [1_780_228_246_370, 1_780_228_246_370_000, 1.7802282463705e18])
def test_milliseconds_are_an_event_far_ahead(timestamp: float) -> None:
    found = read_history(200, page(an_event(timestamp), an_event(100)))
    assert found is not None
    assert found.events[0].timestamp == timestamp
    assert found.events[0].written == str(timestamp)


@pytest.mark.parametrize(
    ("properties", "is_opt_in"),
    [
        ({"action": "accept", "valid_until": "unlimited"}, True),
        ({"action": "accept", "valid_until": 1_800_000_000}, True),
        ({"action": "accept"}, False),
        ({"action": "accept", "valid_until": True}, False),
        ({"action": "accept", "valid_until": "soon"}, False),
        ({"action": "Accept", "valid_until": "unlimited"}, False),
        ({"action": ["accept"], "valid_until": "unlimited"}, False),
        ({"action": None}, False),
        ({"action": "reject", "valid_until": "unlimited"}, False),
    ],
)
def test_an_invalid_event_revokes(properties: Mapping[str, object], is_opt_in: bool) -> None:
    (event,) = events(page(an_event(**properties)))
    assert event.is_opt_in is is_opt_in


def test_what_stands_in_an_event_is_read_and_made_inert() -> None:
    source = "p\u202ege\n" + "x" * 100
    (event,) = events(page(an_event(action=5, category=None, desk_request_id=7, source=source)))
    assert (event.action, event.category, event.request_id) == ("", "", None)
    assert event.source.startswith("p\\u{202e}ge x")
    assert len(event.source) < 80


@pytest.mark.parametrize("odd", [["None"], {"a": 1}, 5, None, True])
def test_a_category_or_a_source_that_is_no_text_is_none(odd: object) -> None:
    (event,) = events(page(an_event(category=odd, source=odd)))
    assert (event.category, event.source) == ("", "")


# ------------------------------------------------------------------------------------- page after page


def a_page(*timestamps: object) -> HistoryPage:
    found = read_history(200, page(*map(an_event, timestamps)))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("page", "before", "follows"),
    [
        (a_page(5, 4), HistoryPage(), True),
        (a_page(), a_page(5, 4), True),
        (a_page(3), a_page(5, 4), True),
        (a_page(4, 3), a_page(5, 4), True),
        (a_page(None), a_page(5, 4), True),
        (a_page(5), a_page(None), True),
        (a_page(5, 4), a_page(5, 4), False),
        (a_page(6, 5, 4), a_page(5, 4), False),
        (a_page(5), a_page(5), False),
        (a_page(None), a_page(None), False),
    ],
)
def test_a_page_goes_on_where_the_one_before_ended(
    page: HistoryPage, before: HistoryPage, follows: bool
) -> None:
    assert page.follows(before) is follows


# ------------------------------------------------------------------------------------------ what holds


ONE = ("sms_marketing",)
TOLD = {"success": True, "value": True}
DENIED = {"success": False, "error": "No permission"}


AT = Timestamp(1_800_000_000_000_000)


def read(body: bytes, status: int = 200) -> Mapping[str, CategoryStatus] | None:
    return read_consents(status, body, ONE, AT)


HOLDS = CategoryStatus(valid=True, since=7.0, source="page")
NONE = CategoryStatus(valid=False, since=None, source="")
SEVEN = {"success": True, "value": 7}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (
            values(True, 1_700_000_000.5, "unlimited", "page", "May we?"),
            replace(HOLDS, since=1_700_000_000.5, until=ValidUntil(), wording="May we?"),
        ),
        (values(False, None, None, None, None), NONE),
        # Details that are refused, and an end that makes no sense, are not known.
        (results(TOLD, SEVEN, DENIED, DENIED, DENIED), replace(HOLDS, source="")),
        *((values(True, 7, odd, "page", None), HOLDS) for odd in ("soon", True, -1, 0, 1e11, 1e300, "[]")),
        # An event in milliseconds is one.
        *((values(False, since, None, None, None), replace(NONE, since=since)) for since in (1.7e12, 1.7e18)),
        (
            values(True, 7, None, "pa\x1bge", "\u202eMay we?"),
            replace(HOLDS, source="pa\\u{1b}ge", wording="\\u{202e}May we?"),
        ),
    ],
)
def test_what_holds_is_read_in_the_order_asked_for(body: bytes, status: CategoryStatus) -> None:
    assert read(body) == {"sms_marketing": status}


def test_each_category_has_its_five_modes() -> None:
    body = values(False, 100, None, "crm", None, True, 200, 1_900_000_000, "page", None)
    assert read_consents(200, body, ("sms_marketing", "newsletter"), AT) == {
        "sms_marketing": CategoryStatus(valid=False, since=100.0, source="crm"),
        "newsletter": CategoryStatus(valid=True, since=200.0, source="page", until=ValidUntil(1_900_000_000)),
    }


def test_what_is_refused_of_one_category_leaves_out_that_one() -> None:
    body = results(*[DENIED] * 5, *[{"success": True, "value": value} for value in (False, 7, None, "", "")])
    assert read_consents(200, body, ("sms_marketing", "newsletter"), AT) == {
        "newsletter": CategoryStatus(valid=False, since=7.0, source="")
    }


@pytest.mark.parametrize(
    "body",
    [
        results(*[DENIED] * 5),
        results(TOLD, DENIED, TOLD, TOLD, TOLD),
        results(TOLD, {"success": True}, TOLD, TOLD, TOLD),
        values(1, 1, None, "page", None),
        values(None, None, None, None, None),
        values(True, "yesterday", None, None, None),
        values(False, 1e19, None, None, None),
        values(False, 10**400, None, None, None),
        values(False, "?", None, None, None).replace(b'"?"', b"9" * 5000),
        results({**TOLD, "error": "No permission"}, *[SEVEN] * 4),
        results(TOLD, {"success": True, "value": 7, "errors": [{"code": 5}]}, TOLD, TOLD, TOLD),
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
        (200, values(True, 1, None, "page", None, 4)),
        (200, results(*[TOLD] * 5, success=False)),
        (200, b'{"success": true, "error": "something", "results": [1, 2, 3, 4, 5]}'),
        (200, b'{"success": true, "results": 3}'),
        (200, b"[]"),
    ],
)
def test_anything_else_tells_nothing(status: int, body: bytes) -> None:
    assert read(body, status) is None


# ------------------------------------------------------------------------------------------ permission


@pytest.mark.parametrize(
    ("status", "body", "lacks"),
    [
        (403, b'{"success": false, "error": "No permission"}', True),
        (403, b'{"success": false, "errors": ["no permission."]}', True),
        (200, b'{"success": false, "errors": ["No permission"]}', True),
        (200, results(*[DENIED] * 3), True),
        (403, b'{"success": false, "error": "invalid secret"}', False),
        (403, b"<html>Forbidden</html>", False),
        (403, b'{"success": false, "error": "You have no permission to see this page"}', False),
        (502, b'{"success": false, "error": "No permission"}', False),
        (200, page(), False),
        (200, values(True, 1, "page"), False),
        (200, b'{"success": true, "results": 3}', False),
        (404, NO_CUSTOMER, False),
    ],
)
def test_a_missing_permission_is_known_by_its_words(status: int, body: bytes, lacks: bool) -> None:
    assert lacks_permission(status, body) is lacks


# ------------------------------------------------------------------------------- ended, or withdrawn

PAST, AHEAD = AT.micros // 1_000_000, AT.micros // 1_000_000 + 1


@pytest.mark.parametrize(
    ("valid", "since", "until", "standing"),
    [
        *((False, 5, until, CurrentState.REJECTED) for until in (None, "unlimited", AHEAD, "soon")),
        *((False, 5, until, CurrentState.UNCLEAR) for until in (PAST, 7)),
        *((True, 5, until, CurrentState.ACCEPTED) for until in (None, "unlimited", AHEAD, PAST)),
        (False, None, PAST, CurrentState.NEVER),
    ],
)
def test_what_does_not_hold_is_an_opt_out_unless_its_end_is_past(
    valid: bool, since: object, until: object, standing: CurrentState
) -> None:
    told = read(values(valid, since, until, "page", None))
    assert told is not None
    assert told["sms_marketing"].current_state is standing


def ending(*told: object) -> CurrentState:
    """What the history makes of a category that has not held since 100, and whose end is past."""
    consents = read(values(False, 100, 200, "page", None))
    assert consents is not None
    return told_by_history(consents, events(page(*told)))["sms_marketing"].current_state


OPT_IN = {"action": "accept", "valid_until": 200}


@pytest.mark.parametrize(
    ("told", "standing"),
    [
        ([an_event(100, **OPT_IN)], CurrentState.ENDED),
        ([an_event(100.9, **OPT_IN)], CurrentState.ENDED),
        ([an_event(100, valid_until=200)], CurrentState.REJECTED),
        ([an_event(100, action="Accept", valid_until=200)], CurrentState.REJECTED),
        ([an_event(100, **OPT_IN), an_event(99)], CurrentState.ENDED),
        ([an_event(100), an_event(99, **OPT_IN)], CurrentState.REJECTED),
        ([an_event(150, category="newsletter"), an_event(100, **OPT_IN)], CurrentState.ENDED),
        ([an_event(None), an_event(100, **OPT_IN)], CurrentState.ENDED),
        ([an_event(100, **OPT_IN)] * 2, CurrentState.ENDED),
        # Either may rule, or it is another event that ended, or none is there.
        ([an_event(100, **OPT_IN), an_event(100)], CurrentState.UNCLEAR),
        ([an_event(101, **OPT_IN)], CurrentState.UNCLEAR),
        ([an_event(99, **OPT_IN)], CurrentState.UNCLEAR),
        ([an_event(None, **OPT_IN)], CurrentState.UNCLEAR),
        ([an_event(100, category="newsletter", **OPT_IN)], CurrentState.UNCLEAR),
        ([], CurrentState.UNCLEAR),
    ],
)
def test_the_history_says_which_of_the_two_it_was(told: list[object], standing: CurrentState) -> None:
    assert ending(*told) is standing


def test_the_history_changes_nothing_that_is_clear() -> None:
    consents = read(values(False, 100, "unlimited", "page", None))
    assert consents is not None
    assert told_by_history(consents, events(page(an_event(100, **OPT_IN)))) == consents


@given(st.integers(0, 999) | st.sampled_from([200, 403, 404]), BODIES)
def test_any_answer_can_be_read(status: int, body: bytes) -> None:
    read_history(status, body)
    read(body, status)
    is_unknown(status, body)
    lacks_permission(status, body)
