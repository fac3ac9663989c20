import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk import __version__
from consent_desk.domain.consent import values as rules
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.project import Secret
from consent_desk.domain.wire.request import (
    event_body,
    noted_lines,
    prepare,
    prepare_categories,
    prepare_consents,
    prepare_event,
    prepare_history,
    prepare_system_time,
)
from tests.domain.examples import PROJECT, REQUEST_ID, SECRET, TOKEN, TUTORIAL

# The reference's section 3, word for word.
GOLDEN = (
    "Basic MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcjphYmNkZWZn"
    "aGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODlhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx"
)
TUTORIAL_BODY = (
    '{"customer_ids":{"registered":"jane@example.com"},"event_type":"consent","timestamp":1620139769,'
    '"properties":{"action":"reject","category":"sms_marketing","desk_request_id":"' + REQUEST_ID + '"}}'
).encode()
FULL = replace(
    TUTORIAL,
    action=Action.ACCEPT,
    valid_until=ValidUntil(1_900_000_000),
    wording="Zoë, 10\u00a0% – “ok”?\n\t\\名前",
    channel="phone",
    ticket="T-1",
    agent="Ada",
)
JANE = TUTORIAL.customer


def test_the_authorization_is_the_golden_vector() -> None:
    assert prepare(PROJECT, TUTORIAL).authorization.reveal() == GOLDEN


def test_the_tutorial_call_is_the_vendors_with_our_request_id() -> None:
    request = prepare(PROJECT, TUTORIAL)
    assert request.method == "POST"
    assert request.url == f"https://api.exponea.com/track/v2/projects/{TOKEN}/customers/events"
    assert request.body == TUTORIAL_BODY


def test_the_headers_are_all_but_host_and_content_length() -> None:
    assert prepare(PROJECT, TUTORIAL).headers == (
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", f"consent-desk/{__version__}"),
        ("Connection", "close"),
    )


def test_a_noted_body_is_sent_as_it_was_noted() -> None:
    body = b'{"anything": "at all"} \xff'
    request = prepare_event(PROJECT, body)
    assert request.body is body
    local = replace(PROJECT, base_url=BaseUrl(scheme="http", host="[::1]", port=8080))
    assert prepare_event(local, body).url.startswith("http://[::1]:8080/track/v2/")
    assert replace(request, body=TUTORIAL_BODY) == prepare(PROJECT, TUTORIAL)


def test_all_properties_stand_in_the_order_of_the_contract() -> None:
    assert event_body(FULL).decode() == (
        '{"customer_ids":{"registered":"jane@example.com"},"event_type":"consent","timestamp":1620139769,'
        '"properties":{"action":"accept","category":"sms_marketing","valid_until":1900000000,'
        '"message":"Zoë, 10\u00a0% – “ok”?\\n\\t\\\\名前","desk_request_id":"' + REQUEST_ID + '",'
        '"desk_channel":"phone","desk_ticket":"T-1","desk_agent":"Ada"}}'
    )


@pytest.mark.parametrize(
    ("name", "key"),
    [("wording", "message"), ("channel", "desk_channel"), ("ticket", "desk_ticket"), ("agent", "desk_agent")],
)
def test_an_empty_property_is_left_out(name: str, key: str) -> None:
    changes: dict[str, Any] = {name: ""}
    properties = json.loads(event_body(replace(FULL, **changes)))["properties"]
    assert set(json.loads(event_body(FULL))["properties"]) - set(properties) == {key}


def test_a_fraction_of_a_second_is_on_the_wire() -> None:
    later = replace(
        TUTORIAL, noted_at=Timestamp(1_620_139_769_000_001), timestamp=Timestamp(1_620_139_769_000_001)
    )
    assert b'"timestamp":1620139769.000001,' in event_body(later)


def fit(complaint: Any, *usual: str) -> st.SearchStrategy[str]:
    return (st.text(max_size=40) | st.sampled_from(usual)).filter(lambda text: complaint(text) is None)


@st.composite
def consents(draw: st.DrawFn) -> Consent:
    timestamp = draw(st.integers(1, 2**33 * 1_000_000 - 1))
    ends = st.none() | st.integers(timestamp // 1_000_000 + 1, rules.FIRST_MILLISECOND - 1)
    action = draw(st.sampled_from(Action))
    note = fit(rules.complaint_about_note, "", 'T-1 "a\\b" </script>', "{braces}")
    return Consent(
        request_id=str(draw(st.uuids())),
        customer=CustomerId(
            type=draw(fit(rules.complaint_about_id_type, "registered", "__proto__")),
            value=draw(fit(rules.complaint_about_id, "jane@example.com", "Ünsal 'x'")),
        ),
        category=draw(fit(rules.complaint_about_category, "sms_marketing", "SMS")),
        action=action,
        valid_until=ValidUntil(draw(ends)) if action is Action.ACCEPT else None,
        timestamp=Timestamp(timestamp),
        noted_at=Timestamp(timestamp),
        channel=draw(note),
        ticket=draw(note),
        agent=draw(note),
        wording=draw(fit(rules.complaint_about_wording, "", "a\nb\u00a0c\td")),
    )


@given(consents())
def test_the_bytes_say_what_was_given(consent: Consent) -> None:
    text = event_body(consent).decode("utf-8")
    event = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    properties = event.pop("properties")
    assert event == {
        "customer_ids": {consent.customer.type: consent.customer.value},
        "event_type": "consent",
        "timestamp": Decimal(consent.timestamp.micros) / 1_000_000,
    }
    given_ = {
        "action": consent.action.value,
        "category": consent.category,
        "valid_until": None if consent.valid_until is None else consent.valid_until.wire,
        "message": consent.wording,
        "desk_request_id": consent.request_id,
        "desk_channel": consent.channel,
        "desk_ticket": consent.ticket,
        "desk_agent": consent.agent,
    }
    kept = {name: value for name, value in given_.items() if value not in ("", None)}
    assert properties == kept
    assert list(properties) == list(kept)
    # The line break of Word is the one control character for which JSON has no shorter way.
    assert "\\u" not in text.replace("\\\\", "").replace("\\u000b", "")


@given(consents())
def test_the_bytes_have_no_spare_space(consent: Consent) -> None:
    body = event_body(consent)
    again = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"))
    assert body == again.encode("utf-8")


def test_system_time_and_categories_are_asked_for_without_a_body() -> None:
    for request, path in (
        (prepare_system_time(PROJECT), f"track/v2/projects/{TOKEN}/system/time"),
        (prepare_categories(PROJECT), f"data/v2/projects/{TOKEN}/consent/categories"),
    ):
        assert (request.method, request.body) == ("GET", b"")
        assert request.url == f"https://api.exponea.com/{path}"
        assert request.headers[0] == ("Accept", "application/json")
        assert request.authorization == Secret(GOLDEN)


def test_the_history_is_asked_for_as_the_contract_has_it() -> None:
    request = prepare_history(PROJECT, JANE)
    assert (request.method, request.url) == (
        "POST",
        f"https://api.exponea.com/data/v2/projects/{TOKEN}/customers/events",
    )
    assert request.body == (
        b'{"customer_ids":{"registered":"jane@example.com"},"event_types":["consent"],"order":"desc","limit":20}'
    )
    assert prepare_history(PROJECT, JANE, limit=1, skip=20).body.endswith(b'"limit":1,"skip":20}')


def test_what_holds_is_asked_for_in_all_modes_of_each_category() -> None:
    request = prepare_consents(PROJECT, JANE, ("sms_marketing", "newsletter"))
    assert (request.method, request.url) == (
        "POST",
        f"https://api.exponea.com/data/v2/projects/{TOKEN}/customers/attributes",
    )
    asked = [
        f'{{"type":"consent","category":"{category}","mode":"{mode}"}}'
        for category in ("sms_marketing", "newsletter")
        for mode in ("valid", "timestamp", "until", "source", "message")
    ]
    ids = '{"customer_ids":{"registered":"jane@example.com"}'
    assert request.body.decode() == f'{ids},"attributes":[{",".join(asked)}]}}'


def test_the_header_lines_mask_the_secret_unless_told_to_show_it() -> None:
    shown, *_ = prepare(PROJECT, TUTORIAL).header_lines(show_authorization=True)
    assert shown == f"Authorization: {GOLDEN}"
    lines = prepare(PROJECT, TUTORIAL).header_lines()
    assert lines[0] == "Authorization: Basic •••••••• (172 characters)"
    assert lines[1] == "Content-Type: application/json"
    assert len(lines) == 6
    assert GOLDEN.partition(" ")[2] not in "\n".join(lines)
    assert SECRET not in "\n".join(lines)


def test_the_lines_of_what_was_noted_are_those_of_its_call_without_the_key() -> None:
    request = prepare(PROJECT, TUTORIAL)
    assert noted_lines(str(PROJECT.base_url), PROJECT.project_token) == (
        f"POST {request.url}",
        "Authorization: Basic ••••••••",
        *request.header_lines()[1:],
    )


def test_further_properties_go_out_last_with_their_types() -> None:
    consent = replace(
        TUTORIAL, agent="Ada", properties=(("store", "Graz"), ("visits", 3), ("vip", False), ("note", ""))
    )
    body = event_body(consent).decode("utf-8")
    assert body.endswith('"desk_agent":"Ada","store":"Graz","visits":3,"vip":false,"note":""}}')
