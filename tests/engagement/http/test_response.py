"""Answers that are whole count, however they come; what is cut or no HTTP is in `test_wrong_answers`."""

import socket

import pytest

from consent_desk.domain.wire.answer import Headers
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, Phase
from consent_desk.engagement.http.transport import HttpTransport
from tests.engagement.http.calls import answered, send
from tests.engagement.http.servers import (
    LONG,
    SUCCESS,
    Peer,
    Script,
    Server,
    answer,
    answering,
    certified,
    request_to,
    trusting,
)

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LENGTH = (("Content-Length", str(len(SUCCESS))),)
WHOLE = {
    "in chunks": (CHUNKED + b"7\r\n" + SUCCESS[:7] + b"\r\n18\r\n" + SUCCESS[7:] + b"\r\n0\r\n\r\n", None),
    "in chunks, without the last line break": (CHUNKED + b"1f\r\n" + SUCCESS + b"\r\n0\r\n", None),
    "without a length": (b"HTTP/1.0 200 OK\r\n\r\n" + SUCCESS, ()),
    **{
        f"after {interim}": (f"HTTP/1.1 {interim}\r\nLink: </x>\r\n\r\n".encode() + answer(), LENGTH)
        for interim in ("100 Continue", "102 Processing", "103 Early Hints")
    },
}


@pytest.mark.parametrize(("sent", "headers"), WHOLE.values(), ids=WHOLE)
def test_an_answer_is_whole(sent: bytes, headers: Headers | None) -> None:
    with Server(answering(sent)) as server:
        outcome = answered(server.url)
    assert (outcome.status, outcome.body) == (200, SUCCESS)
    assert headers in {outcome.headers, None}


@pytest.mark.parametrize(
    ("read", "size", "phase"),
    [(Peer.read_request, 9, Phase.WAITING), (Peer.read_head, 20_000_000, Phase.SENDING)],
)
def test_a_reset_is_lost_in_its_phase(read: Script, size: int, phase: Phase) -> None:
    def script(peer: Peer) -> None:
        read(peer)
        peer.reset()

    with Server(script) as server:
        outcome = send(server.url, body=b"x" * size)
    assert isinstance(outcome, Lost)
    assert (outcome.phase, outcome.cause) == (phase, Cause.CUT)


def test_an_ip_version_6_host_is_reached() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with Server(answering(answer()), certified("::1"), listener=listener, host="[::1]") as server:
        answered(server.url)
        assert f"Host: {server.authority}\r\n".encode() in server.received[0]


@pytest.mark.parametrize("tls", [False, True])
def test_an_answer_that_comes_before_all_was_sent_counts(tls: bool) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(answer(b"too large", "413 Content Too Large"))
        peer.connection.shutdown(socket.SHUT_WR)
        peer.stay()

    with Server(script, certified("localhost") if tls else None) as server:
        transport = HttpTransport(ssl_context=trusting)
        outcome = transport.start(request_to(server.url, body=b"x" * 5_000_000)).wait()
    assert isinstance(outcome, Answered)
    assert (outcome.status, outcome.body) == (413, b"too large")


def test_a_whole_answer_counts_while_the_server_keeps_the_line_open() -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(answer())
        peer.stay()

    with Server(script) as server:
        outcome = answered(server.url, deadline=LONG)
    assert outcome.elapsed < 5
