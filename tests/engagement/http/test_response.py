"""Answers that are whole count; what is cut, broken or no HTTP is lost, in the phase that it had come to."""

import socket

import pytest

from consent_desk.domain.wire.outcome import Answered, Cause, Lost, Outcome, Phase
from consent_desk.engagement.http.transport import HttpTransport
from tests.engagement.http.calls import send
from tests.engagement.http.servers import (
    LONG,
    SUCCESS,
    Peer,
    Server,
    answer,
    answering,
    certified,
    request_to,
    trusting,
)


def lost(outcome: Outcome) -> tuple[Phase, Cause, str]:
    assert isinstance(outcome, Lost)
    return outcome.phase, outcome.cause, outcome.detail.partition("; ")[0]


def test_a_line_cut_before_the_answer_is_lost_waiting() -> None:
    with Server(Peer.read_request) as server:
        assert lost(send(server.url)) == (Phase.WAITING, Cause.CUT, "RemoteDisconnected")


def test_a_reset_before_the_answer_is_lost() -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.reset()

    with Server(script) as server:
        assert lost(send(server.url))[:2] == (Phase.WAITING, Cause.CUT)


def test_a_reset_while_sending_is_lost_sending() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.reset()

    with Server(script) as server:
        outcome = HttpTransport().start(request_to(server.url, body=b"x" * 20_000_000)).wait()
    assert lost(outcome)[:2] == (Phase.SENDING, Cause.CUT)


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + SUCCESS,
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + SUCCESS,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\n" + SUCCESS,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\n" + SUCCESS + b"\r\n",
    ],
)
@pytest.mark.parametrize("tls", [False, True])
def test_a_body_that_is_cut_short_is_lost_reading(cut: bytes, tls: bool) -> None:
    with Server(answering(cut), certified("localhost") if tls else None) as server:
        assert lost(send(server.url))[:2] == (Phase.READING, Cause.CUT)


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 400",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"HTTP/1.1 429 Too\r\nRetry-After: 5",
        b"HTTP/1.1 200 OK\r\nX: y\r\n",
    ],
)
@pytest.mark.parametrize("tls", [False, True])
def test_an_answer_that_is_cut_within_its_headers_is_lost_reading(cut: bytes, tls: bool) -> None:
    with Server(answering(cut), certified("localhost") if tls else None) as server:
        assert lost(send(server.url)) == (Phase.READING, Cause.CUT, "RemoteDisconnected")


def test_a_chunked_answer_without_its_last_line_break_is_whole() -> None:
    whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\n" + SUCCESS + b"\r\n0\r\n"
    with Server(answering(whole)) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Answered)
    assert outcome.body == SUCCESS


def test_an_ip_version_6_host_is_reached() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with Server(answering(answer()), certified("::1"), listener=listener, host="[::1]") as server:
        assert isinstance(send(server.url), Answered)
        assert f"Host: {server.authority}\r\n".encode() in server.received[0]


@pytest.mark.parametrize(
    "rubbish", [b"rubbish\r\n\r\n", b"\r\n\r\n", b"\0" * 70_000, b"HTTP/1.1 xyz OK\r\n\r\n", SUCCESS]
)
def test_what_is_no_http_is_malformed(rubbish: bytes) -> None:
    with Server(answering(rubbish)) as server:
        assert lost(send(server.url))[:2] == (Phase.WAITING, Cause.MALFORMED)


@pytest.mark.parametrize(
    "headers",
    [
        b"X: " + b"y" * 70_000 + b"\r\n",
        b"X: y\r\n" * 200,
        (b"X: " + b"y" * 9_000 + b"\r\n") * 10,
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
        b"Content-Length: 1, 2\r\n",
    ],
)
def test_impossible_headers_are_malformed(headers: bytes) -> None:
    with Server(answering(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n{}")) as server:
        assert lost(send(server.url))[:2] == (Phase.READING, Cause.MALFORMED)


def test_another_version_of_http_is_malformed() -> None:
    with Server(answering(b"HTTP/3.0 200 OK\r\n\r\n")) as server:
        assert lost(send(server.url))[:2] == (Phase.READING, Cause.MALFORMED)


@pytest.mark.parametrize("interim", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_interim_answers_are_passed_over(interim: bytes) -> None:
    with Server(answering(b"HTTP/1.1 " + interim + b"\r\nLink: </x>\r\n\r\n", answer())) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Answered)
    assert (outcome.status, outcome.body) == (200, SUCCESS)
    assert outcome.headers == (("Content-Length", str(len(SUCCESS))),)


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


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    with Server(answering(b"HTTP/1.0 200 OK\r\n\r\n", SUCCESS)) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Answered)
    assert (outcome.headers, outcome.body) == ((), SUCCESS)


def test_a_chunked_answer_is_put_together() -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (SUCCESS[:7], SUCCESS[7:]))
    whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    with Server(answering(whole)) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Answered)
    assert outcome.body == SUCCESS


def test_a_whole_answer_counts_while_the_server_keeps_the_line_open() -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(answer())
        peer.stay()

    with Server(script) as server:
        outcome = send(server.url, deadline=LONG)
    assert isinstance(outcome, Answered)
    assert outcome.elapsed < 5


def test_an_answer_without_a_body_is_an_answer() -> None:
    with Server(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Answered)
    assert (outcome.status, outcome.body) == (204, b"")
