"""Nothing in the environment of who runs the program gets at the secret."""

import ssl
import sys
from pathlib import Path

import pytest

from consent_desk.domain.wire.outcome import Answered, Cause, NotSent, Phase
from consent_desk.engagement.http.transport import HttpTransport, system_trust
from tests.engagement.http.calls import answered, send
from tests.engagement.http.servers import (
    CANARY,
    Server,
    answer,
    answering,
    authority,
    certified,
    request_to,
    through,
    trusting,
    tunnelling,
)


def assert_only_ours(server: Server) -> None:
    """Fail unless one request came, with the one Authorization that was prepared."""
    (received,) = server.received
    lines = [line for line in received.decode().splitlines() if line.lower().startswith("authorization:")]
    assert lines == [f"Authorization: {CANARY}"]


def test_netrc_replaces_no_authorization(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "machine localhost login thief password stolen\ndefault login thief password stolen\n"
    for name in (".netrc", "_netrc", "other"):
        (home / name).write_text(lines)
        (home / name).chmod(0o600)
    for variable in (None, "other"):
        if variable is not None:
            monkeypatch.setenv("NETRC", str(home / variable))
        with Server(answering(answer())) as server:
            HttpTransport().start(request_to(server.url)).wait()
            assert_only_ours(server)


def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        Server(answering(answer())) as server,
        Server(answering(answer()), certified("localhost")) as secure,
        Server(answering(answer())) as thief,
    ):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, thief.url)
            monkeypatch.setenv(name.lower(), thief.url)
        for target in (server, secure):
            send(target.url)
            assert_only_ours(target)
        assert thief.peers == []


def test_authorities_named_in_variables_of_requests_and_curl_are_not_trusted(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = home / "thief.pem"
    authority().cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(bundle))
    with Server(answering(answer()), certified("localhost")) as server:
        outcome = HttpTransport().start(request_to(server.url)).wait()
        assert server.received == [b""]
    assert isinstance(outcome, NotSent)
    assert (outcome.phase, outcome.cause) == (Phase.CONNECTING, Cause.CERTIFICATE_ISSUER)


@pytest.mark.skipif(sys.platform != "linux", reason="the system's store is a file on Linux only")
def test_what_the_system_trusts_is_trusted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = home / "system.pem"
    authority().cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with Server(answering(answer()), certified("localhost")) as server:
        assert isinstance(HttpTransport().start(request_to(server.url)).wait(), Answered)


def test_no_authorities_but_those_of_the_context_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ssl.SSLContext] = []

    def context() -> ssl.SSLContext:
        made.append(trusting())
        return made[-1]

    with Server(answering(answer()), certified("localhost")) as server:
        send(server.url, ssl_context=context)
    assert len(made[0].get_ca_certs()) == 1


def test_the_system_context_verifies() -> None:
    context = system_trust()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_a_context_that_verifies_nothing_is_made_to_verify() -> None:
    def careless() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    with Server(answering(answer()), certified("localhost")) as server:
        outcome = send(server.url, ssl_context=careless)
    assert isinstance(outcome, NotSent)
    assert outcome.cause is Cause.CERTIFICATE_ISSUER


def test_sslkeylogfile_makes_no_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(home / "keys"))
    with (
        Server(answering(answer()), certified("engagement.example"), host="engagement.example") as server,
        Server(tunnelling(server.port)) as proxy,
        Server(answering(answer()), certified("localhost")) as direct,
    ):
        proxied = HttpTransport(through(f"http://localhost:{proxy.port}"), ssl_context=trusting)
        assert isinstance(proxied.start(request_to(server.url)).wait(), Answered)
        assert isinstance(proxied.start(request_to(direct.url)).wait(), Answered)
        HttpTransport().start(request_to(direct.url)).wait()
    assert not (home / "keys").exists()


def test_a_context_that_obeys_sslkeylogfile_is_stopped(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = home / "keys"

    def talkative() -> ssl.SSLContext:
        monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
        context = ssl.create_default_context()
        monkeypatch.delenv("SSLKEYLOGFILE")
        authority().configure_trust(context)
        return context

    with Server(answering(answer()), certified("localhost")) as server:
        answered(server.url, ssl_context=talkative)
    assert all(line.startswith("#") for line in keys.read_text().splitlines())
