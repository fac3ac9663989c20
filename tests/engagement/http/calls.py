"""One call through the transport from start to end, and what came of it."""

import socket
from typing import Any, NoReturn

import pytest

from consent_desk.domain.wire.outcome import Answered, Cause, NotSent, Outcome, Phase
from consent_desk.engagement.http.transport import HttpTransport
from tests.engagement.http.servers import BODY, EVENTS, request_to, trusting


def send(
    url: str, *, method: str = "POST", path: str = EVENTS, body: bytes = BODY, **settings: Any
) -> Outcome:
    """Send to `url` through a transport with these settings, and wait for the outcome."""
    transport = HttpTransport(**{"ssl_context": trusting, **settings})
    return transport.start(request_to(url, method=method, path=path, body=body)).wait()


def answered(url: str, **how: Any) -> Answered:
    """The answer to what was sent; that there is none fails the test."""
    outcome = send(url, **how)
    assert isinstance(outcome, Answered), outcome
    return outcome


def not_sent(outcome: Outcome) -> tuple[Phase, Cause, str]:
    """What is told of a call that must not have been sent, but for its way."""
    assert isinstance(outcome, NotSent)
    return outcome.phase, outcome.cause, outcome.detail.partition("; ")[0]


def know_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no name have an address."""

    def nobody(*_args: object, **_options: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
