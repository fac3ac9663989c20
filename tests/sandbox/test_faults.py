"""The sandbox's misbehaviours: each does what its name says, and stores or does not."""

import gzip
import json
import zlib
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from socket import create_connection

import pytest

from consent_desk.domain.faults import Fault
from consent_desk.domain.wire.answer import read_answer
from consent_desk.sandbox.server import Sandbox
from tests.sandbox.client import ADD, BASIC, TIME, Client, Reply

NEW = {"registered": "new@example.com"}
MEBIBYTE = 1 << 20

BROKEN: dict[Fault, type[Exception]] = {
    Fault.DROP_BEFORE_STORING: RemoteDisconnected,
    Fault.DROP_AFTER_STORING: RemoteDisconnected,
    Fault.CUT_BODY: IncompleteRead,
    Fault.NOT_HTTP: BadStatusLine,
}
FROM_THE_WAY = (Fault.BAD_GATEWAY, Fault.FIREWALL)
ENDLESS = (Fault.SILENCE, Fault.TRICKLE_HEADERS, Fault.TRICKLE_BODY)


def add(client: Client) -> Reply:
    return client.add(NEW, action="reject", category="newsletter")


def wronged(sandbox: Sandbox, client: Client, fault: Fault) -> Reply:
    sandbox.misbehave(fault, times=1)
    return add(client)


def raw_request(client: Client) -> bytes:
    properties = {"action": "reject", "category": "newsletter"}
    body = json.dumps({"customer_ids": NEW, "event_type": "consent", "properties": properties}).encode()
    return client.request(f"Content-Length: {len(body)}", line=f"POST {ADD} HTTP/1.1", body=body)


def test_a_fault_describes_itself_in_one_line() -> None:
    for fault in Fault:
        assert str(fault).replace("-", "").isalnum()
        assert str(fault) == str(fault).lower()
        assert fault.description.isprintable()
        assert len(fault.description) < 80


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in ENDLESS])
def test_a_wronged_request_is_stored_only_where_the_fault_says_so(
    sandbox: Sandbox, client: Client, fault: Fault
) -> None:
    if fault in BROKEN:
        with pytest.raises(BROKEN[fault]):
            wronged(sandbox, client, fault)
    else:
        # What is on the way gives no request ID.
        reply = wronged(sandbox, client, fault)
        assert ("x-request-id" in reply.headers) is (fault not in FROM_THE_WAY)
    assert (client.history(NEW).status == 200) is fault.stores


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
    # RFC 1952: four bytes of time, of which 0 says that there is none.
    assert reply.body[4:8] == bytes(4)
    first = zlib.decompressobj(31)
    assert json.loads(first.decompress(reply.body))["success"] is True
    second = zlib.decompressobj(31)
    assert len(second.decompress(first.unused_data)) == MEBIBYTE
    assert len(first.unused_data) // (len(first.unused_data) - len(second.unused_data)) == 256
    assert gzip.decompress(reply.body[: len(reply.body) - len(first.unused_data)])


@pytest.mark.parametrize("fault", [Fault.MALFORMED_BODY, Fault.DEEP_JSON, Fault.NO_SUCCESS])
def test_a_body_without_a_verdict_says_neither(sandbox: Sandbox, client: Client, fault: Fault) -> None:
    reply = wronged(sandbox, client, fault)
    assert (reply.status, read_answer(reply.body).success) == (200, None)


def test_a_malformed_body_is_no_text_and_deep_json_is_too_deep(sandbox: Sandbox, client: Client) -> None:
    with pytest.raises(UnicodeDecodeError):
        wronged(sandbox, client, Fault.MALFORMED_BODY).body.decode()
    assert wronged(sandbox, client, Fault.DEEP_JSON).body.count(b"[") == 100_000


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
