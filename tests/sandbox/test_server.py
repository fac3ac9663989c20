"""The sandbox's HTTP face: where it listens, whom it answers, what it takes."""

import json
import socket
import struct
import threading
from socket import create_connection

import pytest

from consent_desk.domain.errors import DeskError
from consent_desk.domain.faults import Fault
from consent_desk.domain.wire.address import Address, read_address
from consent_desk.sandbox.endpoints import Received
from consent_desk.sandbox.project import EngagementProject
from consent_desk.sandbox.server import Sandbox
from tests.sandbox.client import ADD, BASIC, JANE, SEED, TIME, TOKEN, Client

EVENT = {"customer_ids": JANE, "event_type": "consent", "properties": {}}


def test_it_listens_on_the_loopback_address_only(sandbox: Sandbox, client: Client) -> None:
    address = read_address(str(sandbox.project.base_url))
    assert isinstance(address, Address)
    assert address.base_url == sandbox.project.base_url
    assert str(sandbox.project.base_url) == f"http://127.0.0.1:{client.port}"
    with pytest.raises(OSError, match=r"."):
        create_connection(("127.0.0.2", client.port), timeout=1)


@pytest.mark.parametrize(
    "seed",
    [
        {},
        {"categories": []},
        {"categories": [{}], "customers": []},
        {"categories": [{"id": 5}], "customers": []},
        {"categories": None, "customers": []},
        {"categories": [], "customers": [{"customer_ids": [], "consents": []}]},
        {"categories": [], "customers": [{"customer_ids": {}, "consents": [{"days_ago": "x"}]}]},
    ],
)
def test_a_broken_seed_is_trouble_with_advice(seed: dict[str, object]) -> None:
    with pytest.raises(DeskError, match="cannot be read"):
        Sandbox(seed)


def test_the_project_is_marked_as_practice_and_bears_the_published_key(sandbox: Sandbox) -> None:
    project = sandbox.project
    assert (project.name, project.practice, project.project_token) == ("Sandbox", True, TOKEN)
    assert project.id_types == ("registered", "phone")
    with Sandbox(SEED) as other:
        assert other.project.id == project.id
        assert other.project.base_url != sandbox.project.base_url


def test_a_seed_without_customers_still_has_an_id_type() -> None:
    with Sandbox({"categories": [], "customers": []}) as sandbox:
        assert sandbox.customers == ()
        assert sandbox.project.id_types == ("registered",)


def test_the_seeded_customers_are_listed(sandbox: Sandbox, client: Client) -> None:
    client.add({"registered": "new@example.com"}, action="reject", category="newsletter")
    assert ("registered", "jane@example.com") in sandbox.customers
    assert ("registered", "new@example.com") not in sandbox.customers
    assert all("example." in value or value.startswith("+15550100") for _, value in sandbox.customers)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_it_answers_to_its_own_names(client: Client, name: str) -> None:
    assert client.call("GET", TIME, headers={"Host": f"{name}:{client.port}"}).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost", "", "127.0.0.1:{port}.evil.example"],
)
def test_a_foreign_host_is_refused_and_nothing_is_stored(client: Client, host: str) -> None:
    headers = {"Host": host.format(port=client.port)}
    new = {"registered": "new@example.com"}
    assert client.call("POST", ADD, EVENT | {"customer_ids": new}, headers=headers).status == 421
    assert client.history(new).status == 404


def test_no_host_or_two_hosts_are_refused(client: Client) -> None:
    start = f"GET {TIME} HTTP/1.1\r\nConnection: close\r\n".encode()
    host = f"Host: 127.0.0.1:{client.port}\r\n".encode()
    assert client.raw(start + b"\r\n").startswith(b"HTTP/1.1 421 ")
    assert client.raw(start + host + host + b"\r\n").startswith(b"HTTP/1.1 421 ")


def test_a_foreign_host_uses_up_no_fault(sandbox: Sandbox, client: Client) -> None:
    sandbox.misbehave(Fault.RATE_LIMIT, times=1)
    assert client.call("GET", TIME, headers={"Host": "evil.example"}).status == 421
    assert sandbox.fault is Fault.RATE_LIMIT


def test_a_received_request_is_kept_as_it_came(sandbox: Sandbox, client: Client) -> None:
    client.call("POST", f"{ADD}?a=b", b"\x00\xff", headers={"X-Odd": "  two  words", "Content-Type": None})
    received = sandbox.received[-1]
    assert (received.method, received.path, received.body) == ("POST", f"{ADD}?a=b", b"\x00\xff")
    assert ("Authorization", BASIC) in received.headers
    assert received.header("x-odd") == "two  words"
    assert received.header("content-type") == ""


def test_the_repr_of_a_received_request_shows_no_secret() -> None:
    received = Received(method="GET", path="/", headers=(("Authorization", "Basic c2VjcmV0"),), body=b"")
    assert "c2VjcmV0" not in repr(received)


def test_waiting_for_a_request_that_does_not_come_ends(sandbox: Sandbox) -> None:
    assert not sandbox.wait_for(1, within=0.01)


def test_one_connection_serves_several_requests(client: Client) -> None:
    connection = client.open()
    for _ in range(3):
        connection.request("GET", TIME, headers={"Authorization": BASIC})
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())["success"]) == (200, True)
    connection.close()


def test_a_connection_is_closed_when_the_client_wishes(client: Client) -> None:
    answer = client.raw(client.request("Connection: close"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Connection: close" in head


def test_a_chunked_body_is_refused(sandbox: Sandbox, client: Client) -> None:
    post = client.request(
        "Transfer-Encoding: chunked", line=f"POST {ADD} HTTP/1.1", body=b"2\r\n{}\r\n0\r\n\r\n"
    )
    assert client.raw(post).startswith(b"HTTP/1.1 400 ")
    assert sandbox.received == ()


@pytest.mark.parametrize("length", ["x", "-1", "+2", "1_0", "", "9" * 5000, "2\r\nContent-Length: 2"])
def test_an_unclear_content_length_is_refused(client: Client, length: str) -> None:
    post = client.request(f"Content-Length: {length}", line=f"POST {ADD} HTTP/1.1", body=b"{}")
    assert client.raw(post).startswith(b"HTTP/1.1 400 ")


def test_a_mebibyte_is_taken_and_one_byte_more_is_not(sandbox: Sandbox, client: Client) -> None:
    limit = 1024 * 1024
    assert client.call("POST", ADD, b" " * limit).status == 400
    assert len(sandbox.received[-1].body) == limit
    assert client.call("POST", ADD, b" " * (limit + 1)).status == 413
    assert len(sandbox.received) == 1


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (f"BREW {TIME} HTTP/1.1", 501),
        (f"GET {TIME} HTTP/3.0", 505),
        (f"GET {TIME} HTTQ/1.1", 400),
        ("GET a b c d", 400),
        (f"GET /{'x' * 70_000} HTTP/1.1", 414),
    ],
)
def test_what_is_no_request_gets_an_error_and_not_a_traceback(client: Client, line: str, status: int) -> None:
    answer = client.raw(client.request(line=line))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"x-request-id: " in answer
    assert client.call("GET", TIME).status == 200


def test_too_many_headers_get_an_error(client: Client) -> None:
    answer = client.raw(client.request(*(f"X-{number}: x" for number in range(200))))
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_body_that_ends_early_is_not_received(sandbox: Sandbox, client: Client) -> None:
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(
            client.request("Content-Length: 50", line=f"POST {ADD} HTTP/1.1", body=b'{"customer')
        )
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert sandbox.received == ()


@pytest.mark.parametrize("fault", [None, Fault.SILENCE, Fault.TRICKLE_BODY, Fault.OVERSIZED_BODY])
def test_a_client_that_resets_the_connection_harms_nobody(
    sandbox: Sandbox, client: Client, fault: Fault | None
) -> None:
    sandbox.misbehave(fault, times=1)
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(client.request())
        assert sandbox.wait_for(1)
    assert client.call("GET", TIME).status == 200


def test_a_bug_behind_the_endpoints_is_not_swallowed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[type[BaseException]] = []
    told = threading.Event()

    def note(args: threading.ExceptHookArgs) -> None:
        seen.append(args.exc_type)
        told.set()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(threading, "excepthook", note)
    monkeypatch.setattr(EngagementProject, "history", fail)
    with pytest.raises(ConnectionError):
        client.history(JANE)
    assert told.wait(5)
    assert seen == [ZeroDivisionError]
    assert client.call("GET", TIME).status == 200


def test_events_added_from_many_threads_are_all_kept(client: Client) -> None:
    new = {"registered": "new@example.com"}

    def add() -> None:
        for _ in range(10):
            client.add(new, action="reject", category="newsletter")

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(client.history(new, limit=100).json["data"]) == 80
