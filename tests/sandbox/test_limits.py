"""Whoever reaches the sandbox beside the desk, another user or a web page, takes little of the program."""

import subprocess
import sys
import tracemalloc
from contextlib import ExitStack
from pathlib import Path
from socket import SHUT_WR, create_connection, socket
from threading import Event

import pytest

from consent_desk.domain.faults import Fault
from consent_desk.sandbox import listener, server
from consent_desk.sandbox.server import Sandbox
from tests.sandbox.client import ADD, BASIC, JANE, TIME, Client

MEBIBYTE = 1 << 20
EVENT = {"customer_ids": JANE, "event_type": "consent", "properties": {"action": "reject"}}

IDLE = """
import resource, socket, sys
wanted = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + 50, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
connections = []
for _ in range(wanted):
    connections.append(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20))
    connections[-1].send(b"GET / HTTP/1.1\\r\\nX-")
print("open", flush=True)
sys.stdin.read()
"""


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def everything(connection: socket) -> bytes:
    """All that comes until the sandbox closes."""
    answer = b""
    try:
        while piece := connection.recv(65536):
            answer += piece
    except ConnectionResetError:
        pass
    return answer


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that loses its patience at once."""
    monkeypatch.setattr(listener, "PATIENCE", 0.2)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted on Linux only")
def test_hundreds_of_idle_connections_of_another_user_take_few_descriptors_and_keep_nobody_out(
    client: Client,
) -> None:
    before = descriptors()
    other = subprocess.Popen(
        [sys.executable, "-c", IDLE, str(client.port), "300"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        assert descriptors() - before <= listener.MOST_AT_ONCE + 10
        for _ in range(3):
            assert client.call("GET", TIME).status == 200
        other.stdin.close()


def test_a_connection_that_waits_for_its_answer_is_not_closed_for_another_one(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "MOST_AT_ONCE", 2)
    sandbox.misbehave(Fault.SILENCE, times=2)
    with ExitStack() as stack:
        asking = [stack.enter_context(create_connection(("127.0.0.1", client.port))) for _ in range(2)]
        for connection in asking:
            connection.sendall(client.request())
        assert sandbox.wait_for(2)
        with create_connection(("127.0.0.1", client.port), timeout=10) as third:
            assert everything(third) == b""
        asking[0].settimeout(0.01)
        with pytest.raises(TimeoutError):
            asking[0].recv(1)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET ",
        f"POST {ADD} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAuthorization: {BASIC}\r\n".encode(),
        f"POST {ADD} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAuthorization: {BASIC}\r\n"
        "Content-Length: 10\r\n\r\n{".encode(),
    ],
    ids=["nothing", "a line", "a head", "a body"],
)
def test_who_does_not_go_on_is_left(sandbox: Sandbox, client: Client, begun: bytes, quickly: None) -> None:
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(begun.replace(b"PORT", b"%d" % client.port))
        assert everything(connection) == b""
    assert sandbox.received == ()


def test_who_goes_on_byte_by_byte_is_left_as_well(client: Client, quickly: None) -> None:
    over = Event()
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        connection.settimeout(0.02)
        for _ in range(500):
            try:
                connection.sendall(b"x")
                if connection.recv(1) == b"":
                    over.set()
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                over.set()
                break
    assert over.is_set()


def test_who_takes_no_answer_is_left(sandbox: Sandbox, client: Client, quickly: None) -> None:
    sandbox.misbehave(Fault.OVERSIZED_BODY, times=1)
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(client.request())
        assert sandbox.wait_for(1)
        server_end = sandbox._server
        assert server_end is not None
        with server_end._changed:
            assert server_end._changed.wait_for(lambda: not server_end._open, 10)


def test_a_head_of_any_length_is_not_read_to_its_end(client: Client) -> None:
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        try:
            for number in range(90):
                connection.sendall(b"X-%d: %s\r\n" % (number, b"x" * 60_000))
        except ConnectionError:
            return
        assert everything(connection)[:13] in {b"", b"HTTP/1.1 431 "}


def test_no_body_is_read_before_the_host_is_right(sandbox: Sandbox, client: Client) -> None:
    head = f"POST {ADD} HTTP/1.1\r\nHost: evil.example:{client.port}\r\nAuthorization: {BASIC}\r\n"
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        # Not a byte of the body was sent.
        connection.sendall(f"{head}Content-Length: 1000000\r\n\r\n".encode())
        assert everything(connection).startswith(b"HTTP/1.1 421 ")
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n".encode())
        assert everything(connection).startswith(b"HTTP/1.1 421 ")
    assert sandbox.received == ()


def test_a_body_that_waits_to_be_asked_for_is_asked_for(client: Client) -> None:
    head = f"POST {ADD} HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nAuthorization: {BASIC}\r\n"
    with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        connection.shutdown(SHUT_WR)
        assert everything(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (ADD, {"Host": "evil.example"}, 421),
        (ADD, {"Authorization": None, "Origin": "https://evil.example"}, 401),
        (ADD, {"Authorization": "Basic eDp5"}, 401),
        ("/", {}, 404),
        (ADD.replace("1234", "0000"), {}, 400),
    ],
    ids=["host", "no key", "wrong key", "address", "token"],
)
def test_no_refused_request_is_kept(
    sandbox: Sandbox, client: Client, path: str, headers: dict[str, str | None], status: int
) -> None:
    body = b" " * (16 * 1024)
    tracemalloc.start()
    try:
        for _ in range(100):
            assert client.call("POST", path, body, headers=headers).status == status
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sandbox.received == ()
    assert kept < MEBIBYTE


def ends(sandbox: Sandbox) -> list[str]:
    return [request.path[-2:] for request in sandbox.received]


def test_of_what_is_kept_the_oldest_goes(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_REMEMBERED_BYTES", 10_000)
    for number in range(5):
        client.call("POST", f"{ADD}?{number}", b" " * 3000)
    assert ends(sandbox) == ["?3", "?4"]
    client.call("POST", ADD, b" " * 20_000)
    assert ends(sandbox) == []
    monkeypatch.setattr(server, "_REMEMBERED", 2)
    for number in range(5):
        client.call("POST", f"{ADD}?{number}", EVENT)
    assert ends(sandbox) == ["?3", "?4"]


def test_no_more_is_stored_than_there_is_room_for(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_MOST_STORED", 1_000)
    answered = [client.add(JANE, action="reject", category="newsletter", x="x" * 300) for _ in range(4)]
    assert [reply.status for reply in answered] == [200, 200, 507, 507]
    assert client.call("GET", TIME).status == 507


def test_a_machine_without_another_thread_closes_the_connection(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as none_left:
        none_left.setattr("socketserver.ThreadingMixIn.process_request", refuse)
        with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
            assert everything(connection) == b""
    assert client.call("GET", TIME).status == 200
