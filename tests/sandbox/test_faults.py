"""The sandbox's misbehaviours: each does what its name says, and stores or does not."""

import gzip
import json
import zlib
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from socket import create_connection

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.judgement import judge
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.answer import read_answer
from consent_desk.domain.wire.outcome import Answered
from consent_desk.sandbox.server import Fault, Sandbox
from tests.sandbox.client import ADD, BASIC, TIME, Client, Reply

NEW = {"registered": "new@example.com"}
MEBIBYTE = 1 << 20

WHOLE = [
    Fault.RATE_LIMIT,
    Fault.RATE_LIMIT_RETRY_AFTER,
    Fault.SERVER_ERROR,
    Fault.SERVER_ERROR_STORED,
    Fault.OVERSIZED_BODY,
    Fault.ONE_LINE,
    Fault.GZIP_BOMB,
    Fault.MALFORMED_BODY,
    Fault.DEEP_JSON,
    Fault.NO_SUCCESS,
    Fault.SUCCESS_FALSE,
    Fault.REDIRECT_301,
    Fault.REDIRECT_307,
    Fault.NOT_FOUND,
    Fault.INVALID_SECRET,
    Fault.BAD_GATEWAY,
    Fault.FIREWALL,
    Fault.PACKED,
]
FROM_THE_WAY = (Fault.BAD_GATEWAY, Fault.FIREWALL)
BROKEN = [Fault.DROP_BEFORE_STORING, Fault.DROP_AFTER_STORING, Fault.CUT_BODY, Fault.NOT_HTTP]
ENDLESS = [Fault.SILENCE, Fault.TRICKLE_HEADERS, Fault.TRICKLE_BODY]


def add(client: Client) -> Reply:
    return client.add(NEW, action="reject", category="newsletter")


def wronged(sandbox: Sandbox, client: Client, fault: Fault) -> Reply:
    sandbox.misbehave(fault, times=1)
    return add(client)


def raw_request(client: Client) -> bytes:
    body = json.dumps(
        {
            "customer_ids": NEW,
            "event_type": "consent",
            "properties": {"action": "reject", "category": "newsletter"},
        }
    )
    head = f"POST {ADD} HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nAuthorization: {BASIC}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def test_every_fault_is_told_apart_by_its_name_and_tested_here() -> None:
    assert sorted(WHOLE + BROKEN + ENDLESS) == sorted(Fault)
    assert Fault("rate-limit") is Fault.RATE_LIMIT


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_describes_itself_in_one_line(fault: Fault) -> None:
    assert str(fault).replace("-", "").isalnum()
    assert str(fault) == str(fault).lower()
    assert fault.description.isprintable()
    assert len(fault.description) < 80


@pytest.mark.parametrize("fault", WHOLE)
def test_a_wronged_request_is_stored_only_where_the_fault_says_so(
    sandbox: Sandbox, client: Client, fault: Fault
) -> None:
    wronged(sandbox, client, fault)
    assert (client.history(NEW).status == 200) is fault.stores


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_answer_is_stored_only_where_the_fault_says_so(
    sandbox: Sandbox, client: Client, fault: Fault
) -> None:
    with pytest.raises((HTTPException, ConnectionError)):
        wronged(sandbox, client, fault)
    assert (client.history(NEW).status == 200) is fault.stores


@pytest.mark.parametrize("fault", [fault for fault in WHOLE if fault not in FROM_THE_WAY])
def test_every_whole_answer_has_a_request_id(sandbox: Sandbox, client: Client, fault: Fault) -> None:
    assert "x-request-id" in wronged(sandbox, client, fault).headers


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (Fault.RATE_LIMIT, 429, "Too Many Requests"),
        (Fault.INVALID_SECRET, 403, "invalid secret"),
        (Fault.SUCCESS_FALSE, 200, "Not authorized to add event of specified type"),
    ],
)
def test_a_fault_imitates_a_documented_failure(
    sandbox: Sandbox, client: Client, fault: Fault, status: int, text: str
) -> None:
    reply = wronged(sandbox, client, fault)
    answer = read_answer(reply.body)
    assert (reply.status, answer.success, answer.errors) == (status, False, (text,))


def test_retry_after_is_told_only_where_asked_for(sandbox: Sandbox, client: Client) -> None:
    assert wronged(sandbox, client, Fault.RATE_LIMIT_RETRY_AFTER).headers["retry-after"] == "30"
    assert "retry-after" not in wronged(sandbox, client, Fault.RATE_LIMIT).headers


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.SERVER_ERROR, 500),
        (Fault.SERVER_ERROR_STORED, 500),
        (Fault.NOT_FOUND, 404),
        (Fault.BAD_GATEWAY, 502),
    ],
)
def test_a_fault_answers_with_an_html_page(
    sandbox: Sandbox, client: Client, fault: Fault, status: int
) -> None:
    reply = wronged(sandbox, client, fault)
    assert reply.status == status
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.body.startswith(b"<")


@pytest.mark.parametrize("fault", FROM_THE_WAY)
def test_what_is_on_the_way_gives_no_request_id(sandbox: Sandbox, client: Client, fault: Fault) -> None:
    assert "x-request-id" not in wronged(sandbox, client, fault).headers


def test_a_true_answer_may_come_packed(sandbox: Sandbox, client: Client) -> None:
    reply = wronged(sandbox, client, Fault.PACKED)
    assert reply.headers["content-encoding"] == "gzip"
    assert read_answer(gzip.decompress(reply.body)).is_success


@pytest.mark.parametrize(("fault", "status"), [(Fault.REDIRECT_301, 301), (Fault.REDIRECT_307, 307)])
def test_a_redirect_leads_to_another_host(
    sandbox: Sandbox, client: Client, fault: Fault, status: int
) -> None:
    reply = wronged(sandbox, client, fault)
    assert (reply.status, reply.headers["location"]) == (status, "https://elsewhere.example/")
    sandbox.location = "http://127.0.0.1:1/trap"
    assert wronged(sandbox, client, fault).headers["location"] == "http://127.0.0.1:1/trap"


def test_an_oversized_body_is_over_a_mebibyte(sandbox: Sandbox, client: Client) -> None:
    body = wronged(sandbox, client, Fault.OVERSIZED_BODY).body
    assert len(body) > MEBIBYTE
    assert json.loads(body)["success"] is True


def test_one_line_stays_under_a_mebibyte_without_a_break(sandbox: Sandbox, client: Client) -> None:
    body = wronged(sandbox, client, Fault.ONE_LINE).body
    assert 1_000_000 <= len(body) < MEBIBYTE
    assert b"\n" not in body
    assert json.loads(body)["success"] is True


def test_a_gzip_bomb_is_small_and_grows_a_thousandfold(sandbox: Sandbox, client: Client) -> None:
    reply = wronged(sandbox, client, Fault.GZIP_BOMB)
    assert reply.headers["content-encoding"] == "gzip"
    assert len(reply.body) < MEBIBYTE
    first = zlib.decompressobj(31)
    assert json.loads(first.decompress(reply.body))["success"] is True
    second = zlib.decompressobj(31)
    assert len(second.decompress(first.unused_data)) == MEBIBYTE
    assert len(first.unused_data) // (len(first.unused_data) - len(second.unused_data)) == 256
    assert gzip.decompress(reply.body[: len(reply.body) - len(first.unused_data)])


def test_a_gzip_bomb_does_not_tell_the_time(sandbox: Sandbox, client: Client) -> None:
    body = wronged(sandbox, client, Fault.GZIP_BOMB).body
    # RFC 1952: four bytes of time, of which 0 says that there is none.
    assert body[4:8] == bytes(4)


def test_a_malformed_body_is_neither_json_nor_text(sandbox: Sandbox, client: Client) -> None:
    body = wronged(sandbox, client, Fault.MALFORMED_BODY).body
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    assert read_answer(body).success is None


def test_deep_json_is_too_deep_to_parse(sandbox: Sandbox, client: Client) -> None:
    body = wronged(sandbox, client, Fault.DEEP_JSON).body
    assert body.count(b"[") == 100_000
    assert read_answer(body).success is None


def test_no_success_is_json_without_a_verdict(sandbox: Sandbox, client: Client) -> None:
    reply = wronged(sandbox, client, Fault.NO_SUCCESS)
    assert reply.status == 200
    assert "success" not in reply.json


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE_STORING, Fault.DROP_AFTER_STORING])
def test_a_dropped_connection_gives_no_byte(sandbox: Sandbox, client: Client, fault: Fault) -> None:
    with pytest.raises(RemoteDisconnected):
        wronged(sandbox, client, fault)


def test_a_cut_body_is_shorter_than_announced(sandbox: Sandbox, client: Client) -> None:
    with pytest.raises(IncompleteRead) as caught:
        wronged(sandbox, client, Fault.CUT_BODY)
    assert caught.value.partial
    assert caught.value.expected


def test_an_answer_in_another_protocol_is_no_http(sandbox: Sandbox, client: Client) -> None:
    with pytest.raises(BadStatusLine):
        wronged(sandbox, client, Fault.NOT_HTTP)


def test_silence_stores_and_never_answers(sandbox: Sandbox, client: Client) -> None:
    sandbox.misbehave(Fault.SILENCE, times=1)
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(raw_request(client))
        assert sandbox.wait_for(1)
        assert sandbox.fault is None
        add(client)
        assert len(client.history(NEW).json["data"]) == 2
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_trickling_headers_begin_and_do_not_end(sandbox: Sandbox, client: Client) -> None:
    sandbox.misbehave(Fault.TRICKLE_HEADERS, times=1)
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(raw_request(client))
        assert connection.recv(100) == b"H"
        assert connection.recv(100) == b"T"


def test_a_trickling_body_has_whole_headers_and_would_last_minutes(sandbox: Sandbox, client: Client) -> None:
    sandbox.misbehave(Fault.TRICKLE_BODY, times=1)
    connection = client.open()
    connection.request("GET", TIME, headers={"Authorization": BASIC})
    response = connection.getresponse()
    assert response.status == 200
    assert int(response.headers["Content-Length"]) > 1000
    assert response.read(2) == b"  "
    response.close()
    connection.close()


def test_a_fault_lasts_as_many_requests_as_told(sandbox: Sandbox, client: Client) -> None:
    sandbox.misbehave(Fault.RATE_LIMIT, times=2)
    assert [add(client).status for _ in range(3)] == [429, 429, 200]
    assert sandbox.fault is None


def test_a_fault_without_a_number_lasts_until_it_is_taken_away(sandbox: Sandbox, client: Client) -> None:
    sandbox.fault = Fault.SERVER_ERROR
    assert [add(client).status for _ in range(3)] == [500, 500, 500]
    assert sandbox.fault is Fault.SERVER_ERROR
    sandbox.fault = None
    assert add(client).status == 200


def test_no_times_is_no_fault(sandbox: Sandbox, client: Client) -> None:
    sandbox.misbehave(Fault.RATE_LIMIT, times=0)
    assert add(client).status == 200


def test_a_wronged_request_is_among_the_received(sandbox: Sandbox, client: Client) -> None:
    wronged(sandbox, client, Fault.RATE_LIMIT)
    assert [request.path for request in sandbox.received] == [ADD]


def test_a_wrong_key_is_refused_and_uses_up_no_fault(sandbox: Sandbox, client: Client) -> None:
    sandbox.misbehave(Fault.SERVER_ERROR_STORED, times=1)
    event = {"customer_ids": NEW, "event_type": "consent", "properties": {}}
    assert client.call("POST", ADD, event, headers={"Authorization": "Basic eDp5"}).status == 401
    assert sandbox.fault is Fault.SERVER_ERROR_STORED
    sandbox.fault = None
    assert client.history(NEW).status == 404


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Fault.RATE_LIMIT, State.RETRY_WAIT),
        (Fault.SERVER_ERROR, State.UNCONFIRMED),
        (Fault.BAD_GATEWAY, State.UNCONFIRMED),
        (Fault.FIREWALL, State.UNCONFIRMED),
        (Fault.MALFORMED_BODY, State.UNCONFIRMED),
        (Fault.DEEP_JSON, State.UNCONFIRMED),
        (Fault.NO_SUCCESS, State.UNCONFIRMED),
        (Fault.SUCCESS_FALSE, State.REFUSED),
        (Fault.REDIRECT_307, State.REFUSED),
        (Fault.NOT_FOUND, State.REFUSED),
        (Fault.INVALID_SECRET, State.REFUSED),
        (Fault.ONE_LINE, State.DELIVERED),
    ],
)
def test_the_desk_judges_a_fault_as_it_should(
    sandbox: Sandbox, client: Client, fault: Fault, state: State
) -> None:
    reply = wronged(sandbox, client, fault)
    answered = Answered(status=reply.status, headers=tuple(reply.headers.items()), body=reply.body)
    assert judge(answered, Action.REJECT).state is state
