"""The failures of the reference's section 5, row by row: status, shape and text."""

import gzip
from base64 import b64encode

import pytest

from consent_desk.domain.wire.answer import read_answer
from consent_desk.sandbox.server import Sandbox
from tests.sandbox.client import ADD, ATTRIBUTES, BATCH, HISTORY, JANE, TIME, TOKEN, Client

KEY_ID = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr"
SECRET = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"
EVENT = {
    "customer_ids": JANE,
    "event_type": "consent",
    "properties": {"action": "reject", "category": "newsletter"},
}
VALID = {"type": "consent", "category": "newsletter", "mode": "valid"}


def basic(pair: str) -> str:
    return f"Basic {b64encode(pair.encode()).decode()}"


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("00000000-0000-0000-0000-000000000000", "Invalid project id"),
        (TOKEN.upper(), "Invalid project id"),
        (TOKEN[:-1], "Could not authenticate"),
        ("", "Could not authenticate"),
    ],
)
def test_a_wrong_project_token_is_refused(client: Client, token: str, text: str) -> None:
    reply = client.call("POST", ADD.replace(TOKEN, token), EVENT)
    assert (reply.status, reply.json) == (400, {"success": False, "error": text})


@pytest.mark.parametrize(
    ("authorization", "status", "text"),
    [
        (None, 401, "Access key not provided"),
        ("", 401, "Access key not provided"),
        ("Basic", 401, "Access key not provided"),
        ("Basic ???", 401, "Access key not provided"),
        ("Basic \xe9\xe9\xe9\xe9", 401, "Access key not provided"),
        (basic(KEY_ID), 401, "Access key not provided"),
        (f"Token {KEY_ID}", 401, "Access key not provided"),
        (basic(f"{KEY_ID}:{SECRET}").replace("Basic", "Bearer"), 401, "Access key not provided"),
        (basic(f"{KEY_ID[:-1]}:{SECRET}"), 401, "Access key not found"),
        (basic(f":{SECRET}"), 401, "Access key not found"),
        (basic(f"{KEY_ID}:{SECRET[:-1]}"), 403, "invalid secret"),
        (basic(f"{KEY_ID}:"), 403, "invalid secret"),
        (basic(f"{KEY_ID}:é"), 403, "invalid secret"),
    ],
)
def test_a_wrong_key_is_refused(client: Client, authorization: str | None, status: int, text: str) -> None:
    reply = client.call("GET", TIME, headers={"Authorization": authorization})
    assert (reply.status, reply.json) == (status, {"success": False, "error": text})


def test_without_set_no_consent_is_added(sandbox: Sandbox, client: Client) -> None:
    sandbox.engagement.may_write = False
    assert not sandbox.engagement.may_write
    refused = {"success": False, "errors": ["Not authorized to add event of specified type"]}
    reply = client.call("POST", ADD, EVENT)
    assert (reply.status, reply.json) == (403, refused)
    batch = client.call("POST", BATCH, {"commands": [{"name": "customers/events", "data": EVENT}]})
    assert (batch.status, batch.json["success"], batch.json["results"]) == (200, True, [refused])
    assert client.read(JANE, "newsletter", "valid") == [True]


def test_the_key_adds_no_other_event_than_consents(client: Client) -> None:
    reply = client.call("POST", ADD, EVENT | {"event_type": "purchase"})
    assert (reply.status, read_answer(reply.body).errors) == (
        403,
        ("Not authorized to add event of specified type",),
    )


def test_without_get_no_consent_is_read(sandbox: Sandbox, client: Client) -> None:
    sandbox.engagement.may_read = False
    assert not sandbox.engagement.may_read
    reply = client.call("POST", ATTRIBUTES, {"customer_ids": JANE, "attributes": [VALID, VALID]})
    item = {"success": False, "error": "No permission"}
    assert (reply.status, reply.json) == (200, {"success": True, "results": [item, item]})
    for ids in (JANE, {"registered": "nobody@example.com"}):
        history = client.history(ids)
        assert (history.status, history.json) == (403, {"success": False, "error": "No permission"})
    assert client.call("POST", ADD, EVENT).status == 200


def test_system_time_needs_no_permission_beyond_the_key(sandbox: Sandbox, client: Client) -> None:
    sandbox.engagement.may_read = sandbox.engagement.may_write = False
    assert client.call("GET", TIME).status == 200


@pytest.mark.parametrize("path", [ADD, BATCH, ATTRIBUTES, HISTORY])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": %s}' % (b"9" * 5000),
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' + b"[" * 150 + b"]" * 150 + b"}",
    ],
)
def test_a_body_that_is_not_json_is_refused(client: Client, path: str, body: bytes) -> None:
    reply = client.call("POST", path, body)
    assert (reply.status, reply.json) == (400, {"success": False, "message": "Invalid JSON"})


@pytest.mark.parametrize("body", [{}, {"commands": []}, {"commands": "none"}, {"commands": None}])
def test_a_batch_without_commands_is_refused(client: Client, body: object) -> None:
    reply = client.call("POST", BATCH, body)
    assert (reply.status, reply.json) == (400, {"success": False, "message": "No commands"})


def test_a_compressed_body_is_refused_in_plain_text(client: Client) -> None:
    reply = client.call("POST", ADD, gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})
    assert reply.status == 400
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.body.startswith(b"BadRequest: The browser (or proxy) sent a request")


@pytest.mark.parametrize("customer_ids", [{}, None, [], "jane@example.com"])
@pytest.mark.parametrize("path", [ADD, ATTRIBUTES, HISTORY])
def test_without_a_customer_id_nothing_is_done(client: Client, path: str, customer_ids: object) -> None:
    reply = client.call("POST", path, EVENT | {"customer_ids": customer_ids})
    assert (reply.status, reply.json) == (
        400,
        {"success": False, "errors": ["At least one id should be specified."]},
    )


@pytest.mark.parametrize("value", ["null", "undefined", "", " ", "@-.", None, True, [], {}])
@pytest.mark.parametrize("path", [ADD, ATTRIBUTES, HISTORY])
def test_an_unusable_customer_id_fails_with_status_200(client: Client, path: str, value: object) -> None:
    reply = client.call("POST", path, EVENT | {"customer_ids": {"registered": value}})
    assert (reply.status, reply.json) == (
        200,
        {"success": False, "errors": ["At least one valid id should be specified"]},
    )


@pytest.mark.parametrize("value", ["é", "漢", "nullable", "٣", 12345])
def test_an_id_with_a_letter_or_digit_of_any_script_is_taken(client: Client, value: object) -> None:
    assert client.call("POST", ADD, EVENT | {"customer_ids": {"registered": value}}).json["success"] is True


@pytest.mark.parametrize("event_type", [None, "", 5])
def test_an_event_without_its_type_is_refused(client: Client, event_type: object) -> None:
    reply = client.call("POST", ADD, EVENT | {"event_type": event_type})
    assert (reply.status, reply.json) == (
        400,
        {"success": False, "errors": ["Field 'event_type' is required."]},
    )


@pytest.mark.parametrize("path", ["/", "/track", f"{ADD}/", "/v2" + ADD, ADD.replace("track", "other")])
def test_an_unknown_address_is_an_html_page(client: Client, path: str) -> None:
    reply = client.call("POST", path, EVENT)
    assert reply.status == 404
    assert reply.headers["content-type"].startswith("text/html")
    assert b"The requested URL was not found on the server" in reply.body


@pytest.mark.parametrize(("method", "path"), [("GET", ADD), ("POST", TIME), ("PUT", ADD), ("DELETE", ADD)])
def test_a_wrong_method_is_refused(client: Client, method: str, path: str) -> None:
    assert client.call(method, path).status == 405


@pytest.mark.parametrize("path", [ATTRIBUTES, HISTORY])
def test_an_unknown_customer_is_404(client: Client, path: str) -> None:
    wish = {"customer_ids": {"registered": "nobody@example.com"}}
    reply = client.call("POST", path, {**wish, "event_types": ["consent"], "attributes": [VALID]})
    assert (reply.status, reply.json) == (
        404,
        {"success": False, "errors": {"_global": ["Customer does not exist"]}},
    )


@pytest.mark.parametrize("attributes", [None, [], {}, "all"])
def test_attributes_that_are_missing_are_named(client: Client, attributes: object) -> None:
    reply = client.call("POST", ATTRIBUTES, {"customer_ids": JANE, "attributes": attributes})
    assert (reply.status, list(reply.json["errors"])) == (400, ["attributes"])


@pytest.mark.parametrize(
    "bad", [5, {"type": "consent", "category": "x", "mode": "colour"}, {"type": "consent"}]
)
def test_a_bad_attribute_is_named_by_its_place(client: Client, bad: object) -> None:
    reply = client.call("POST", ATTRIBUTES, {"customer_ids": JANE, "attributes": [VALID, bad]})
    assert (reply.status, reply.json["errors"]) == (400, {"attributes": {"1": ["Unknown attribute."]}})


def test_another_attribute_than_a_consent_is_not_permitted(client: Client) -> None:
    wish = {"type": "property", "property": "first_name"}
    reply = client.call("POST", ATTRIBUTES, {"customer_ids": JANE, "attributes": [wish, VALID]})
    assert [result["success"] for result in reply.json["results"]] == [False, True]


@pytest.mark.parametrize("event_types", [None, [], "consent"])
def test_a_history_needs_its_event_types(client: Client, event_types: object) -> None:
    reply = client.call("POST", HISTORY, {"customer_ids": JANE, "event_types": event_types})
    assert (reply.status, list(reply.json["errors"])) == (400, ["event_types"])


def test_every_answer_has_a_request_id_of_its_own(client: Client) -> None:
    replies = [client.call("GET", TIME), client.call("GET", "/"), client.call("POST", ADD, b"{")]
    assert len({reply.headers["x-request-id"] for reply in replies}) == 3
