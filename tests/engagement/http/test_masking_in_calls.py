"""No secret gets from a call into what is shown or written down, even from a server that sends it back."""

import pytest

from consent_desk.domain.wire.outcome import Cause, Lost, NotSent, Outcome
from consent_desk.engagement.http.transport import HttpTransport
from tests.engagement.http.calls import send
from tests.engagement.http.servers import (
    CANARY,
    TOKEN,
    Peer,
    Script,
    Server,
    answer,
    answering,
    certified,
    request_to,
    through,
    trusting,
    unknown_authority,
)

PAIR = CANARY.removeprefix("Basic ")


def assert_tells_nothing(outcome: Outcome) -> None:
    for secret in (PAIR, "canary"):
        assert secret not in repr(outcome)
    if isinstance(outcome, NotSent) or (isinstance(outcome, Lost) and outcome.status is None):
        assert TOKEN not in repr(outcome)


def echo(peer: Peer) -> None:
    """Send the request back where an answer is expected: it must not get into an error's text."""
    peer.send(peer.read_request())


def echo_as_chunk(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + peer.read_request())


def echo_as_length(peer: Peer) -> None:
    head = peer.read_request().replace(b"\r\n", b" ")
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: " + head + b"\r\n\r\n")


def echo_as_body(peer: Peer) -> None:
    peer.send(answer(peer.read_request(), "401 Unauthorized"))


def begin(peer: Peer) -> None:
    peer.read_request()
    peer.send(answer(b"", length=9))


@pytest.mark.parametrize(
    "script", [echo, echo_as_chunk, echo_as_length, echo_as_body, begin, Peer.reset, Peer.read_request]
)
@pytest.mark.parametrize("tls", [None, certified("localhost"), unknown_authority()])
def test_no_outcome_tells_a_secret(script: Script, tls: object, capfd: pytest.CaptureFixture[str]) -> None:
    with Server(script, tls) as server:  # type: ignore[arg-type]  # two contexts, or none
        assert_tells_nothing(send(server.url))
    assert capfd.readouterr() == ("", "")


def test_a_header_that_cannot_be_sent_is_not_told() -> None:
    with Server(answering(answer())) as server:
        request = request_to(server.url)
        spoilt = type(request)(
            method="POST",
            url=request.url,
            authorization=type(request.authorization)(f"{CANARY}\r\nX: y"),
            headers=(*request.headers, ("X-Canary", f"{CANARY}\r\nX: y")),
            body=b"",
        )
        outcome = HttpTransport().start(spoilt).wait()
        assert all(CANARY.encode() not in received for received in server.received)
    assert isinstance(outcome, NotSent)
    assert outcome.cause is Cause.UNEXPECTED
    assert_tells_nothing(outcome)


def test_a_proxys_password_is_not_told() -> None:
    wants = b"HTTP/1.1 407 canary-secret\r\n\r\n"
    with Server(answering(wants)) as proxy:
        transport = HttpTransport(through(f"http://user:canary@{proxy.authority}"), ssl_context=trusting)
        outcome = transport.start(request_to("https://engagement.example")).wait()
    assert isinstance(outcome, NotSent)
    assert outcome.cause is Cause.PROXY_CREDENTIALS
    assert_tells_nothing(outcome)
