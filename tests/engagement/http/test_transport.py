"""What the transport sends is what was prepared, and it goes to nobody else."""

import logging
import subprocess
import sys

import pytest

from consent_desk.domain.wire.outcome import Answered, Cause, NotSent, Phase
from consent_desk.domain.wire.project import Secret
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.http.proxies import Choice
from consent_desk.engagement.http.transport import HttpTransport
from tests.engagement.http.calls import answered, send
from tests.engagement.http.servers import (
    BODY,
    CANARY,
    SUCCESS,
    TOKEN,
    Server,
    answer,
    answering,
    certified,
    free_port,
    request_to,
    through,
    trusting,
    tunnelling,
)

PATH = f"/track/v2/projects/{TOKEN}/customers/events"


def post(authority: str) -> bytes:
    head = (
        f"POST {PATH} HTTP/1.1",
        f"Host: {authority}",
        f"Authorization: {CANARY}",
        "Content-Type: application/json",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "User-Agent: consent-desk/0",
        "Connection: close",
        f"Content-Length: {len(BODY)}",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + BODY


def test_post_is_the_prepared_bytes_with_host_and_content_length() -> None:
    with Server(answering(answer())) as server:
        outcome = answered(server.url)
        assert server.received == [post(server.authority)]
    assert (outcome.status, outcome.body, outcome.truncated) == (200, SUCCESS, False)


def test_get_has_neither_body_nor_content_length() -> None:
    with Server(answering(answer())) as server:
        send(server.url, method="GET", path="system/time")
        expected = (
            f"GET /track/v2/projects/{TOKEN}/system/time HTTP/1.1\r\n"
            f"Host: {server.authority}\r\n"
            f"Authorization: {CANARY}\r\n"
            "Accept: application/json\r\n"
            "Accept-Encoding: identity\r\n"
            "User-Agent: consent-desk/0\r\n"
            "Connection: close\r\n\r\n"
        )
        assert server.received == [expected.encode()]


def test_the_same_bytes_go_through_tls() -> None:
    with Server(answering(answer()), certified("localhost")) as server:
        answered(server.url)
        assert server.received == [post(server.authority)]


def test_the_same_bytes_go_through_a_proxy_that_sees_none_of_them() -> None:
    asked: list[str] = []
    with (
        Server(answering(answer()), certified("engagement.example"), host="engagement.example") as server,
        Server(tunnelling(server.port)) as proxy,
    ):

        def proxy_for(url: str) -> Choice:
            asked.append(url)
            return through(f"http://localhost:{proxy.port}")(url)

        outcome = HttpTransport(proxy_for, ssl_context=trusting).start(request_to(server.url)).wait()
        assert server.received == [post(server.authority)]
        assert proxy.received[0].startswith(f"CONNECT {server.authority} HTTP/1.".encode())
        for secret in (CANARY, TOKEN, "Authorization"):
            assert secret.encode() not in proxy.received[0]
    assert isinstance(outcome, Answered)
    assert asked == [f"https://{server.authority}/"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_no_proxy_is_asked_for_or_used_for_loopback(host: str) -> None:
    asked: list[str] = []

    def proxy_for(url: str) -> Choice:
        asked.append(url)
        return through(f"http://localhost:{free_port()}")(url)

    with Server(answering(answer()), certified("localhost", "127.0.0.1"), host=host) as server:
        outcome = HttpTransport(proxy_for, ssl_context=trusting).start(request_to(server.url)).wait()
    with Server(answering(answer()), host=host) as plain:
        assert isinstance(HttpTransport(proxy_for).start(request_to(plain.url)).wait(), Answered)
    assert isinstance(outcome, Answered)
    assert asked == []


def test_no_header_is_added_to_a_request_that_has_none() -> None:
    with Server(answering(answer())) as server:
        bare = PreparedRequest(
            method="GET", url=f"{server.url}/x", authorization=Secret(CANARY), headers=(), body=b""
        )
        HttpTransport().start(bare).wait()
        assert server.received == [
            f"GET /x HTTP/1.1\r\nHost: {server.authority}\r\nAuthorization: {CANARY}\r\n\r\n".encode()
        ]


@pytest.mark.parametrize("size", [1, 16_384, 65_537, 800_000])
def test_bodies_of_any_size_and_any_bytes_arrive_as_they_are(size: int) -> None:
    body = (bytes(range(256)) * (size // 256 + 1))[:size]
    with Server(answering(answer())) as server:
        send(server.url, body=body)
        assert server.received[0].partition(b"\r\n\r\n")[2] == body


def test_a_url_that_would_be_sent_in_another_spelling_is_not_sent() -> None:
    with Server(answering(answer())) as server:
        outcome = send(server.url, path="a b")
        assert server.peers == []
    assert isinstance(outcome, NotSent)
    assert (outcome.phase, outcome.cause) == (Phase.RESOLVING, Cause.UNEXPECTED)


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_no_redirect_is_followed(status: str) -> None:
    with Server(answering(answer())) as elsewhere:
        moved = answer(b"moved", status, b"Location: %s/other\r\n" % elsewhere.url.encode())
        with Server(answering(moved)) as server:
            outcome = answered(server.url)
            assert len(server.peers) == 1
        assert elsewhere.peers == []
    assert outcome.status == int(status[:3])
    assert ("Location", f"{elsewhere.url}/other") in outcome.headers


@pytest.mark.parametrize(
    "location",
    [b"http://[", b"\xff\xfe", b"//", b"http://a:port/", b"\x00", b"http://\xe9.example/", b"h\x7f", b""],
)
def test_a_bad_location_is_an_answer_like_any_other(location: bytes) -> None:
    with Server(answering(answer(b"moved", "302 Found", b"Location: " + location + b"\r\n"))) as server:
        outcome = answered(server.url)
    assert ("Location", location.decode("latin-1")) in outcome.headers


def test_429_with_retry_after_is_not_tried_again() -> None:
    with Server(answering(answer(b"", "429 Too Many Requests", b"Retry-After: 0\r\n"))) as server:
        answered(server.url)
        assert len(server.peers) == 1


def test_cookies_are_not_kept() -> None:
    transport = HttpTransport()
    with Server(answering(answer(headers=b"Set-Cookie: a=b; Path=/\r\n"))) as server:
        for _ in range(2):
            transport.start(request_to(server.url)).wait()
        assert server.received == [post(server.authority)] * 2


def test_headers_are_as_received_in_order_and_repeated() -> None:
    sent = b"X-B: 1\r\nset-cookie: one\r\nX-A: caf\xe9\r\nSet-Cookie: two\r\n"
    with Server(answering(answer(headers=sent))) as server:
        outcome = answered(server.url)
    assert outcome.headers == (
        ("X-B", "1"),
        ("set-cookie", "one"),
        ("X-A", "café"),
        ("Set-Cookie", "two"),
        ("Content-Length", str(len(SUCCESS))),
    )


def test_urllib3_logs_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), Server(answering(answer(headers=b"bad header\r\n"))) as server:
        send(server.url)
    assert caplog.records == []


def test_importing_the_transport_loads_neither_requests_nor_ssl() -> None:
    loaded = (
        "import sys; from consent_desk.engagement.http.transport import HttpTransport; HttpTransport();"
        "print({'requests', 'urllib3', 'truststore', 'ssl', 'http.client'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_call_loads_nothing_that_guesses_encodings_and_says_nothing_of_it() -> None:
    port = free_port()
    called = f"""
import sys
from consent_desk.engagement.http.transport import HttpTransport
from tests.engagement.http.servers import request_to
guessing = {{"chardet", "charset_normalizer"}}
print(HttpTransport().start(request_to("http://127.0.0.1:{port}")).wait().phase)
print("requests" in sys.modules, guessing & set(sys.modules))
import charset_normalizer
"""
    command = [sys.executable, "-W", "error", "-c", called]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout.split("\n")[1:], done.stderr) == (["True set()", ""], "")
