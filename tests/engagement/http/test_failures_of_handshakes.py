"""Each trouble with TLS has a cause of its own, and nothing is sent. One row a case."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import trustme

from consent_desk.domain.wire.outcome import Cause, Lost, NotSent, Outcome, Phase, why_no_answer
from consent_desk.engagement.http.failures import Handshake, issuer_and_end
from consent_desk.engagement.http.transport import HttpTransport
from tests.engagement.http.calls import answered, send
from tests.engagement.http.servers import (
    Peer,
    Script,
    Server,
    answer,
    answering,
    authority,
    request_to,
    through,
    trusting,
    tunnelling,
)

NOW = datetime.now(UTC)
OLD, NEW = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = pytest.mark.parametrize("version", [OLD, NEW], ids=["TLS 1.2", "TLS 1.3"])
Tls = Callable[[], ssl.SSLContext]


def server_tls(
    *names: str,
    by: trustme.CA | None = None,
    version: ssl.TLSVersion | None = None,
    ciphers: str = "",
    wants: ssl.VerifyMode = ssl.CERT_NONE,
    ends: datetime | None = None,
    begins: datetime | None = None,
    tickets: int = 2,
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer = by or authority()
    issuer.issue_cert(*(names or ("localhost",)), not_after=ends, not_before=begins).configure_cert(context)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    context.verify_mode = wants
    context.num_tickets = tickets
    authority().configure_trust(context)
    return context


def client_tls(version: ssl.TLSVersion | None = None, ciphers: str = "") -> ssl.SSLContext:
    context = trusting()
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def say(data: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.read()
        peer.send(data)
        peer.stay()

    return script


def alert(number: int) -> Script:
    """A server of TLS that ends the handshake with this alert, fatal."""
    return say(bytes([21, 3, 3, 0, 2, 2, number]))


def greet(peer: Peer) -> None:
    peer.send(b"220 mail.example ESMTP\r\n")
    peer.stay()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the server is like, and what must be told: the cause, and words of the sentence for a person."""

    tls: Tls | None = None
    script: Script | None = None
    client: Tls = client_tls
    cause: Cause
    told: str


def served(*names: str, cause: Cause, told: str, client: Tls = client_tls, **server: Any) -> Case:
    return Case(tls=partial(server_tls, *names, **server), client=client, cause=cause, told=told)


def both(name: str, *names: str, **what: Any) -> dict[str, Case]:
    versions = {"TLS 1.2": OLD, "TLS 1.3": NEW}
    return {f"{name}, {told}": served(*names, version=version, **what) for told, version in versions.items()}


STRANGER = trustme.CA(organization_name="Acme Interception")
UNTRUSTED = "does not trust the issuer of the server's certificate"
PAST, SOON = NOW - timedelta(days=9), NOW + timedelta(days=9)
ISSUER: dict[str, Any] = {"cause": Cause.CERTIFICATE_ISSUER}
DATE: dict[str, Any] = {"cause": Cause.CERTIFICATE_DATE, "told": "has expired or is not valid yet"}
NO_COMMON: dict[str, Any] = {"cause": Cause.NO_COMMON_TLS, "told": "no version or cipher"}
DISAGREED: dict[str, Any] = {"cause": Cause.HANDSHAKE, "told": "did not agree"}
NOT_TLS: dict[str, Any] = {"cause": Cause.NOT_TLS, "told": "does not speak https"}
LINE_CUT: dict[str, Any] = {"cause": Cause.CUT, "told": "could not be made"}
CASES: dict[str, Case] = {
    **both("an issuer that nobody trusts", by=STRANGER, told=f"{UNTRUSTED}, Acme Interception", **ISSUER),
    "an issuer between that nobody trusts": served(
        by=STRANGER.create_child_ca(), told=f"{UNTRUSTED}, trustme", **ISSUER
    ),
    **both("another name", "other.example", cause=Cause.CERTIFICATE_NAME, told="is for another name"),
    **both("expired", begins=PAST, ends=NOW - timedelta(days=1), **DATE),
    "not yet valid": served(begins=NOW + timedelta(days=1), ends=SOON, **DATE),
    **both(
        "a client certificate is wanted",
        wants=ssl.CERT_REQUIRED,
        cause=Cause.CLIENT_CERTIFICATE,
        told="wants a client certificate",
    ),
    "the server knows no version so new": served(version=OLD, client=partial(client_tls, NEW), **NO_COMMON),
    "the server knows no version so old": served(version=NEW, client=partial(client_tls, OLD), **NO_COMMON),
    "no cipher in common": served(
        version=OLD,
        ciphers="ECDHE-ECDSA-AES256-GCM-SHA384",
        client=partial(client_tls, OLD, "ECDHE-RSA-AES128-GCM-SHA256"),
        **NO_COMMON,
    ),
    "an alert of its own trouble": Case(script=alert(80), **DISAGREED),
    "an alert of an unknown name": Case(script=alert(112), **DISAGREED),
    "an alert that nobody knows": Case(script=alert(250), **DISAGREED),
    "an alert for want of security": Case(script=alert(71), **NO_COMMON),
    "a mail server": Case(script=greet, **NOT_TLS),
    "http": Case(script=say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), **NOT_TLS),
    "rubbish": Case(script=say(b"\0" * 999), **NOT_TLS),
    "cut": Case(script=Peer.read, **LINE_CUT),
    "reset": Case(script=Peer.reset, **LINE_CUT),
}


def call(case: Case) -> tuple[Outcome, list[bytes]]:
    script = case.script or answering(answer())
    with Server(script, case.tls() if case.tls else None) as server:
        transport = HttpTransport(ssl_context=case.client)
        outcome = transport.start(request_to(f"https://{server.authority}")).wait()
    return outcome, server.received


@pytest.mark.parametrize("name", CASES)
def test_a_trouble_is_told_apart_and_nothing_is_sent(name: str) -> None:
    case = CASES[name]
    outcome, received = call(case)
    assert isinstance(outcome, NotSent)
    assert (outcome.phase, outcome.cause) == (Phase.CONNECTING, case.cause)
    assert case.told in str(why_no_answer(outcome).why)
    if case.script is None:
        assert received == [b""]


def test_the_certificate_is_named_with_its_issuer_and_end() -> None:
    outcome, _ = call(CASES["expired, TLS 1.3"])
    assert isinstance(outcome, NotSent)
    day = f"{NOW - timedelta(days=1):%Y-%m-%d}"
    assert (outcome.way.issuer[:7], outcome.way.ends) == ("trustme", day)
    assert outcome.detail.startswith("SSLCertVerificationError: certificate has expired; ")
    assert f"certificate issued by {outcome.way.issuer}; it ends on {day}" in outcome.detail


@VERSIONS
def test_a_proven_certificate_is_named_too(version: ssl.TLSVersion) -> None:
    end = NOW + timedelta(days=9)
    with Server(answering(answer()), server_tls(version=version, ends=end)) as server:
        outcome = answered(server.url)
    assert (outcome.way.issuer[:7], outcome.way.ends) == ("trustme", f"{end:%Y-%m-%d}")


@VERSIONS
@pytest.mark.parametrize("tickets", [0, 2])
def test_a_client_certificate_that_is_not_insisted_on_is_not_needed(
    version: ssl.TLSVersion, tickets: int
) -> None:
    tls = server_tls(version=version, wants=ssl.CERT_OPTIONAL, tickets=tickets)
    with Server(answering(answer()), tls) as server:
        answered(server.url)


def test_a_client_certificate_that_is_missed_too_late_leaves_it_open_what_was_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consent_desk.engagement.http.adapter.wait_for_read", lambda *_: False)
    with Server(answering(answer()), server_tls(version=NEW, wants=ssl.CERT_REQUIRED)) as server:
        outcome = send(server.url)
        assert server.received == [b""]
    assert isinstance(outcome, Lost)
    if outcome.cause is Cause.CLIENT_CERTIFICATE:
        assert str(why_no_answer(outcome).why).startswith("the server wants a client certificate")
    else:
        # Reset, because our request had come by then: the alert is lost with it.
        assert outcome.cause is Cause.CUT


def test_a_server_that_ends_instead_of_a_verdict_is_not_sent_to() -> None:
    with Server(Peer.reset, server_tls(version=NEW, wants=ssl.CERT_OPTIONAL, tickets=0)) as server:
        outcome = send(server.url)
    assert isinstance(outcome, NotSent)
    assert outcome.cause is Cause.CUT


def test_the_proxy_and_the_trust_are_told_with_the_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/somewhere/ca.pem")
    with (
        Server(answering(answer()), server_tls("other.example")) as server,
        Server(tunnelling(server.port)) as proxy,
    ):
        proxies = through(f"http://user:canary@localhost:{proxy.port}")
        transport = HttpTransport(proxies, ssl_context=trusting)
        outcome = transport.start(request_to("https://engagement.example")).wait()
    assert isinstance(outcome, NotSent)
    assert outcome.way.proxy == f"localhost:{proxy.port}"
    assert outcome.way.trust == (("SSL_CERT_FILE", "/somewhere/ca.pem"),)
    assert f"through the proxy localhost:{proxy.port}" in outcome.detail
    assert "trusted is what is named by SSL_CERT_FILE" in outcome.detail
    assert "canary" not in repr(outcome)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        *((code, Cause.CERTIFICATE_ISSUER) for code in (20, 18, 0x800B0109, -67843)),
        *((code, Cause.CERTIFICATE_NAME) for code in (62, 0x800B010F, -67602)),
        *((code, Cause.CERTIFICATE_DATE) for code in (9, 10, 0x800B0101, -67818)),
        *((code, Cause.CERTIFICATE) for code in (23, 0)),
    ],
)
def test_codes_of_every_system_are_known_and_others_stay_a_certificate(code: int, cause: Cause) -> None:
    error = ssl.SSLCertVerificationError("refused")
    error.verify_code = code
    assert Handshake().cause(error) is cause


def test_a_python_that_shows_no_messages_tells_less_and_connects() -> None:
    class Closed(ssl.SSLContext):
        __slots__ = ()

        @property
        def _msg_callback(self) -> None:
            return None

    def client() -> ssl.SSLContext:
        context = Closed(ssl.PROTOCOL_TLS_CLIENT)
        authority().configure_trust(context)
        return context

    with Server(answering(answer()), server_tls()) as server:
        outcome = answered(server.url, ssl_context=client)
    assert outcome.way.issuer == ""


# ------------------------------------------------------------------------------------------ certificates


def der() -> bytes:
    pem = trustme.CA(organization_name="Ä").issue_cert("localhost").cert_chain_pems[0].bytes()
    return ssl.PEM_cert_to_DER_cert(pem.decode())


def test_a_certificate_is_read() -> None:
    issuer, end = issuer_and_end(der())
    assert "Ä" in issuer
    assert end == "3000-01-01"


def test_whatever_is_no_certificate_is_read_as_nothing() -> None:
    whole = der()
    for cut in range(0, len(whole) - 1, 7):
        assert issuer_and_end(whole[:cut]) == ("", "")
    for rubbish in (b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80\x00", b"\xff" * 50, bytes(50)):
        assert issuer_and_end(rubbish) == ("", "")


def test_no_changed_byte_of_a_certificate_raises() -> None:
    whole = der()
    for at in range(len(whole)):
        issuer, end = issuer_and_end(whole[:at] + bytes([whole[at] ^ 0xA5]) + whole[at + 1 :])
        assert len(issuer) < 200
        assert len(end) in {0, 10}
