"""One call through the transport from start to end, and what came of it."""

import socket
from typing import Any, NoReturn

import pytest

from consent_desk.domain.wire.outcome import Cause, NotSent, Outcome, Phase
from consent_desk.engagement.http.transport import HttpTransport
from tests.engagement.http.servers import request_to, trusting


def send(url: str, **settings: Any) -> Outcome:
    """Send to `url` through a transport with these settings, and wait for the outcome."""
    return HttpTransport(ssl_context=trusting, **settings).start(request_to(url)).wait()


def not_sent(outcome: Outcome) -> tuple[Phase, Cause, str]:
    """What is told of a call that must not have been sent, but for its way."""
    assert isinstance(outcome, NotSent)
    return outcome.phase, outcome.cause, outcome.detail.partition("; ")[0]


def know_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no name have an address."""

    def nobody(*_args: object, **_options: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
