"""A proxy on the way that does not let a call through is named, and sees no secret."""

import pytest

from consent_desk.domain.wire.outcome import Cause, Phase
from tests.engagement.http.calls import know_no_name, not_sent, send
from tests.engagement.http.servers import (
    Peer,
    Script,
    Server,
    answer,
    answering,
    certified,
    free_port,
    through,
    tunnelling,
)


def proxied(script: Script) -> tuple[Phase, Cause, str]:
    with Server(script) as proxy:
        outcome = send("https://engagement.example", proxy_for=through(f"http://localhost:{proxy.port}"))
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
    outcome = send("https://engagement.example", proxy_for=through(f"http://localhost:{free_port()}"))
    assert not_sent(outcome)[:2] == (Phase.CONNECTING, Cause.PROXY)


def test_a_proxy_of_unknown_name_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    know_no_name(monkeypatch)
    outcome = send("https://engagement.example", proxy_for=through("http://proxy.invalid:3128"))
    assert not_sent(outcome)[:2] == (Phase.RESOLVING, Cause.PROXY)


@pytest.mark.parametrize(
    ("proxy", "cause", "detail"),
    [
        ("socks5://user:canary@proxy:1080", Cause.PROXY_KIND, "a proxy of the kind socks5"),
        ("https://proxy", Cause.PROXY_KIND, "a proxy of the kind https"),
        ("user:canary@:3128", Cause.PROXY_SETTING, "not the address of a proxy"),
    ],
)
def test_other_kinds_of_proxy_are_refused(proxy: str, cause: Cause, detail: str) -> None:
    outcome = send("https://engagement.example", proxy_for=through(proxy))
    assert not_sent(outcome) == (Phase.RESOLVING, cause, detail)


def test_a_certificate_is_checked_through_a_proxy() -> None:
    with (
        Server(answering(answer()), certified("other.example")) as server,
        Server(tunnelling(server.port)) as proxy,
    ):
        outcome = send("https://engagement.example", proxy_for=through(f"http://localhost:{proxy.port}"))
        assert server.received == [b""]
    assert not_sent(outcome)[:2] == (Phase.CONNECTING, Cause.CERTIFICATE_NAME)
