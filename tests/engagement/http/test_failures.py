"""Whatever goes wrong on the way becomes an outcome with an honest phase and cause."""

import errno
import gc
import socket
import ssl
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any, NoReturn

import pytest

from consent_desk.domain.wire.outcome import Cause, Lost, Phase
from tests.engagement.http.calls import answered, know_no_name, not_sent, send
from tests.engagement.http.servers import (
    LONG,
    Peer,
    Server,
    answer,
    answering,
    certified,
    free_port,
)

# ------------------------------------------------------------------------------------ name and connection


def test_unknown_host_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    know_no_name(monkeypatch)
    assert not_sent(send("https://engagement.invalid")) == (
        Phase.RESOLVING,
        Cause.UNKNOWN_HOST,
        "gaierror: Name or service not known",
    )


def test_a_host_name_that_cannot_be_one_is_an_unknown_host() -> None:
    assert not_sent(send(f"http://{'a' * 64}.localhost"))[:2] == (Phase.RESOLVING, Cause.UNKNOWN_HOST)


def test_refused_connection_is_not_sent() -> None:
    phase, cause, detail = not_sent(send(f"http://127.0.0.1:{free_port()}"))
    assert (phase, cause) == (Phase.CONNECTING, Cause.CONNECTION_REFUSED)
    assert detail.startswith("ConnectionRefusedError: ")


def test_every_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answering(answer())) as server:
        resolve(monkeypatch, free_port(), free_port(), server.port)
        answered(server.url)


def test_a_network_that_leads_nowhere_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_route(*_args: object) -> NoReturn:
        raise OSError(101, "Network is unreachable")

    resolve(monkeypatch, 1)
    monkeypatch.setattr(socket.socket, "connect", no_route)
    assert not_sent(send("http://localhost:1")) == (
        Phase.CONNECTING,
        Cause.UNREACHABLE,
        "OSError: Network is unreachable",
    )


def test_a_host_without_an_address_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch)
    assert not_sent(send("http://localhost:1"))[:2] == (Phase.CONNECTING, Cause.UNREACHABLE)


def resolve(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Let every name have one address on this machine for each of `ports`."""
    stream = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
    found = [(*stream, ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)


def test_a_proxy_finder_that_fails_is_not_sent() -> None:
    def broken(_url: str) -> NoReturn:
        raise ZeroDivisionError("secret")

    outcome = send("https://engagement.example", proxy_for=broken)
    assert not_sent(outcome) == (Phase.RESOLVING, Cause.UNEXPECTED, "ZeroDivisionError")


def test_no_thread_to_be_had_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_thread: Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", none_left)
    outcome = send("https://engagement.example")
    assert not_sent(outcome) == (Phase.RESOLVING, Cause.UNEXPECTED, "RuntimeError")


# ---------------------------------------------------------------------------------------------------- TLS


def test_plain_http_to_a_tls_port_is_lost() -> None:
    with Server(answering(answer()), certified("localhost")) as server:
        outcome = send(f"http://{server.authority}")
    assert isinstance(outcome, Lost)
    assert outcome.cause in {Cause.MALFORMED, Cause.CUT}


def not_connected(_socket: ssl.SSLSocket, *_args: object) -> NoReturn:
    raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")


@pytest.fixture
def silent() -> Iterator[Callable[[Callable[[str], None]], list[bytes]]]:
    """A server that says nothing; what it received is known once the client is gone."""
    gone = Event()

    def script(peer: Peer) -> None:
        try:
            peer.stay()
        finally:
            gone.set()

    with Server(script) as server:

        def received_from(call: Callable[[str], None]) -> list[bytes]:
            call(f"https://{server.authority}")
            assert gone.wait(LONG)
            return server.received

        yield received_from


def test_a_socket_that_tls_leaves_half_made_is_closed(silent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def call(url: str) -> None:
        assert not_sent(send(url))[0] is Phase.CONNECTING

    monkeypatch.setattr(ssl.SSLSocket, "getpeername", not_connected)
    assert silent(call) == [b""]
    gc.collect()  # an open socket would make itself heard


def test_nothing_is_sent_where_tls_made_no_handshake(silent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def call(url: str) -> None:
        assert not_sent(send(url)) == (Phase.CONNECTING, Cause.CUT, "lost before the TLS handshake")

    monkeypatch.setattr(ssl.SSLSocket, "getpeername", not_connected)
    monkeypatch.setattr(ssl.SSLSocket, "recv", not_connected)
    assert silent(call) == [b""]
