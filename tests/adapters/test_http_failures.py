"""Whatever goes wrong on the way becomes an outcome with an honest phase and cause."""

import socket
import ssl
from collections.abc import Callable
from threading import Thread
from typing import Any, NoReturn

import pytest

from consent_desk.adapters.http import HttpTransport
from consent_desk.domain.delivery import Answered, Cause, Lost, NotSent, Outcome, Phase
from tests.adapters.servers import (
    LONG,
    SUCCESS,
    Peer,
    Script,
    Server,
    answer,
    answering,
    certified,
    free_port,
    request_to,
    trusting,
    tunnelling,
    unknown_authority,
)


def send(url: str, **settings: Any) -> Outcome:
    return HttpTransport(ssl_context=trusting, **settings).start(request_to(url)).wait()


def not_sent(outcome: Outcome) -> tuple[Phase, Cause, str]:
    assert isinstance(outcome, NotSent)
    return outcome.phase, outcome.cause, outcome.detail


def lost(outcome: Outcome) -> tuple[Phase, Cause, str]:
    assert isinstance(outcome, Lost)
    return outcome.phase, outcome.cause, outcome.detail


# ------------------------------------------------------------------------------------ name and connection


def test_unknown_host_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_args: object, **_options: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
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
        assert isinstance(send(server.url), Answered)


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


def test_self_signed_is_a_certificate_problem_and_not_sent() -> None:
    with Server(answering(answer()), unknown_authority()) as server:
        phase, cause, detail = not_sent(send(server.url))
        assert server.received == [b""]
    assert (phase, cause) == (Phase.CONNECTING, Cause.CERTIFICATE)
    assert detail == "SSLCertVerificationError: unable to get local issuer certificate"


def test_another_hosts_certificate_is_a_certificate_problem() -> None:
    with Server(answering(answer()), certified("other.example")) as server:
        phase, cause, detail = not_sent(send(server.url))
    assert (phase, cause) == (Phase.CONNECTING, Cause.CERTIFICATE)
    assert "Hostname mismatch" in detail


def test_the_systems_own_store_does_not_know_our_authority() -> None:
    with Server(answering(answer()), certified("localhost")) as server:
        outcome = HttpTransport().start(request_to(server.url)).wait()
    assert not_sent(outcome)[:2] == (Phase.CONNECTING, Cause.CERTIFICATE)


def greet(peer: Peer) -> None:
    peer.send(b"220 mail.example ESMTP\r\n")
    peer.stay()


def refuse_in_plain_text(peer: Peer) -> None:
    peer.read()
    peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    peer.stay()


@pytest.mark.parametrize("script", [greet, refuse_in_plain_text])
def test_tls_to_a_plain_port_is_not_tls(script: Script) -> None:
    with Server(script) as server:
        outcome = send(f"https://{server.authority}")
    assert not_sent(outcome)[:2] == (Phase.CONNECTING, Cause.NOT_TLS)


def test_no_common_tls_version_is_not_tls() -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.maximum_version = ssl.TLSVersion.TLSv1_2

    def modern() -> ssl.SSLContext:
        context = trusting()
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return context

    with Server(answering(answer()), old) as server:
        outcome = HttpTransport(ssl_context=modern).start(request_to(server.url)).wait()
    assert not_sent(outcome)[:2] == (Phase.CONNECTING, Cause.NOT_TLS)


@pytest.mark.parametrize("end", [Peer.read, Peer.reset])
def test_a_line_cut_in_the_handshake_is_not_sent(end: Callable[[Peer], object]) -> None:
    with Server(end) as server:
        outcome = send(f"https://{server.authority}")
    assert not_sent(outcome)[:2] == (Phase.CONNECTING, Cause.CUT)


def test_plain_http_to_a_tls_port_is_lost() -> None:
    with Server(answering(answer()), certified("localhost")) as server:
        outcome = send(f"http://{server.authority}")
    assert isinstance(outcome, Lost)
    assert outcome.cause in {Cause.MALFORMED, Cause.CUT}


# -------------------------------------------------------------------------------------------------- proxy


def proxied(script: Script) -> tuple[Phase, Cause, str]:
    with Server(script) as proxy:
        outcome = send("https://engagement.example", proxy_for=lambda _url: f"http://localhost:{proxy.port}")
        for received in proxy.received:
            assert b"uthorization" not in received
    return not_sent(outcome)


def test_a_proxy_that_wants_credentials_is_named() -> None:
    wants = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"
    assert proxied(answering(wants)) == (
        Phase.CONNECTING,
        Cause.PROXY_CREDENTIALS,
        "CONNECT was answered 407",
    )


@pytest.mark.parametrize("status", [302, 403, 502, 503, 504])
def test_a_proxy_that_refuses_is_named(status: int) -> None:
    refusal = answering(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
    assert proxied(refusal) == (Phase.CONNECTING, Cause.PROXY, f"CONNECT was answered {status}")


@pytest.mark.parametrize(
    "said", [b"", b"rubbish\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\0" * 99_999]
)
def test_a_proxy_that_speaks_no_http_is_named(said: bytes) -> None:
    assert proxied(answering(said))[:2] == (Phase.CONNECTING, Cause.PROXY)


def test_a_proxy_that_resets_is_named() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.reset()

    assert proxied(script)[:2] == (Phase.CONNECTING, Cause.PROXY)


def test_a_proxy_that_is_not_there_is_named() -> None:
    outcome = send("https://engagement.example", proxy_for=lambda _url: f"http://localhost:{free_port()}")
    assert not_sent(outcome)[:2] == (Phase.CONNECTING, Cause.PROXY)


def test_a_proxy_of_unknown_name_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_args: object, **_options: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    outcome = send("https://engagement.example", proxy_for=lambda _url: "http://proxy.invalid:3128")
    assert not_sent(outcome)[:2] == (Phase.RESOLVING, Cause.PROXY)


@pytest.mark.parametrize(
    "proxy", ["socks5://user:canary@proxy:1080", "https://proxy", "proxy:3128", "user:canary@x"]
)
def test_other_kinds_of_proxy_are_refused(proxy: str) -> None:
    outcome = send("https://engagement.example", proxy_for=lambda _url: proxy)
    assert not_sent(outcome) == (Phase.RESOLVING, Cause.PROXY, "not an http proxy")


def test_a_certificate_is_checked_through_a_proxy() -> None:
    with (
        Server(answering(answer()), certified("other.example")) as server,
        Server(tunnelling(server.port)) as proxy,
    ):
        outcome = send("https://engagement.example", proxy_for=lambda _url: f"http://localhost:{proxy.port}")
        assert server.received == [b""]
    assert not_sent(outcome)[:2] == (Phase.CONNECTING, Cause.CERTIFICATE)


# ------------------------------------------------------------------------------------------------ answers


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
