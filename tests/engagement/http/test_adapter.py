"""Every phase of a call ends on its deadline, on cancel and on closing, and the outcome says which it was."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest

from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.engagement.http.transport import HttpCall, HttpTransport
from tests.engagement.http.hangs import (
    DRIPS,
    HANGS,
    LINES,
    Hang,
    drip_chunks,
    drip_the_body,
    drip_the_headers,
    say_nothing,
)
from tests.engagement.http.servers import (
    LONG,
    Peer,
    Script,
    Server,
    answer,
    answering,
    busy_port,
    calls_under_way,
    certified,
    request_to,
    through,
    trusting,
    tunnelling,
    until,
)

AT_ONCE = 2.0
"""Seconds that stand for at once on a busy machine."""


def no_thread_stays() -> None:
    """Fail where a call's thread outlives its call, although the other side still keeps the line open."""
    for thread in calls_under_way():
        thread.join(AT_ONCE)
        assert not thread.is_alive(), "a call's thread outlived the call"


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[HttpTransport, HttpCall]]]:
    """Start a call that hangs as told."""
    with ExitStack() as servers:

        def begin(hang: Hang, deadline: float = LONG) -> tuple[HttpTransport, HttpCall]:
            proxy: str | None = None
            if hang.line == "silent proxy":
                proxy = f"http://{servers.enter_context(Server(hang.script)).authority}"
                url = "https://engagement.example"
            elif hang.line == "plain":
                url = servers.enter_context(Server(hang.script)).url
            elif hang.line in {"tls", "silent tls"}:
                tls = certified("localhost") if hang.line == "tls" else None
                url = f"https://{servers.enter_context(Server(hang.script, tls)).authority}"
            else:
                tls = certified("engagement.example") if hang.line == "proxy" else None
                server = servers.enter_context(Server(hang.script, tls, host="engagement.example"))
                proxy = f"http://{servers.enter_context(Server(tunnelling(server.port))).authority}"
                url = f"https://{server.authority}"
            transport = HttpTransport(through(proxy), deadline=deadline, ssl_context=trusting)
            return transport, transport.start(request_to(url, body=hang.body))

        yield begin
        no_thread_stays()


def phase_of(call: HttpCall) -> Phase:
    return call._progress.phase


def ended(outcome: Outcome) -> tuple[type[Outcome], Phase, Cause]:
    assert not isinstance(outcome, Answered)
    return type(outcome), outcome.phase, outcome.cause


def honest(phase: Phase, cause: Cause) -> tuple[type[Outcome], Phase, Cause]:
    return NotSent if phase in {Phase.RESOLVING, Phase.CONNECTING} else Lost, phase, cause


# -------------------------------------------------------------------------------------- cancel and close


@pytest.mark.parametrize(("way", "cause"), [("cancel", Cause.CANCELLED), ("close", Cause.PROGRAM_ENDED)])
@pytest.mark.parametrize("hang", HANGS, ids=str)
def test_cancel_or_closing_ends_a_call_at_once_and_says_how_far_it_was(
    hang: Hang, way: str, cause: Cause, start: Any
) -> None:
    transport, call = start(hang)
    until(lambda: phase_of(call) is hang.phase)
    began = monotonic()
    if way == "cancel":
        call.cancel()
    else:
        transport.close()
    assert ended(call.wait()) == honest(hang.phase, cause)
    assert monotonic() - began < AT_ONCE


def test_cancel_wakes_who_waits_already(start: Any) -> None:
    _, call = start(Hang("waiting", Phase.WAITING, "plain", say_nothing))
    outcomes: list[Outcome] = []
    waiting = Thread(target=lambda: outcomes.append(call.wait()))
    waiting.start()
    until(lambda: phase_of(call) is Phase.WAITING)
    call.cancel()
    waiting.join(AT_ONCE)
    assert [ended(outcome) for outcome in outcomes] == [(Lost, Phase.WAITING, Cause.CANCELLED)]


def test_cancel_while_connecting_ends_at_once() -> None:
    with busy_port() as port:
        call = HttpTransport(connect_timeout=LONG, deadline=LONG).start(
            request_to(f"http://127.0.0.1:{port}")
        )
        until(lambda: phase_of(call) is Phase.CONNECTING)
        call.cancel()
        assert ended(call.wait()) == (NotSent, Phase.CONNECTING, Cause.CANCELLED)
        no_thread_stays()


def test_cancel_after_the_answer_changes_nothing() -> None:
    with Server(answering(answer())) as server:
        call = HttpTransport().start(request_to(server.url))
        first = call.wait()
        call.cancel()
        assert isinstance(first, Answered)
        assert call.wait() == first


def test_an_answer_nobody_waited_for_survives_cancel() -> None:
    with Server(answering(answer())) as server:
        call = HttpTransport().start(request_to(server.url))
        for thread in calls_under_way():
            thread.join(LONG)
        call.cancel()
        assert isinstance(call.wait(), Answered)


def test_a_second_cancel_keeps_the_outcome(start: Any) -> None:
    transport, call = start(Hang("waiting", Phase.WAITING, "plain", say_nothing))
    until(lambda: phase_of(call) is Phase.WAITING)
    call.cancel()
    first = call.wait()
    call.cancel()
    transport.close()
    assert call.wait() is first


def test_nothing_is_sent_after_closing() -> None:
    with Server(answering(answer())) as server:
        transport = HttpTransport()
        transport.close()
        outcome = transport.start(request_to(server.url)).wait()
        assert server.peers == []
    assert ended(outcome) == (NotSent, Phase.RESOLVING, Cause.PROGRAM_ENDED)


def test_one_call_that_hangs_in_a_handshake_holds_up_no_other(start: Any) -> None:
    transport, hanging = start(Hang("handshake", Phase.CONNECTING, "silent tls", Peer.stay))
    until(lambda: phase_of(hanging) is Phase.CONNECTING)
    with Server(answering(answer()), certified("localhost")) as server:
        assert isinstance(transport.start(request_to(server.url)).wait(), Answered)
    hanging.cancel()


# ------------------------------------------------------------------------------------------- the deadline


@pytest.mark.parametrize("hang", [*HANGS, *DRIPS], ids=str)
def test_the_deadline_ends_a_call_in_every_phase(hang: Hang, start: Any) -> None:
    _, call = start(hang)
    until(lambda: phase_of(call) is hang.phase)
    # However slow the machine was so far: the deadline comes now, while the call hangs or drips.
    call._progress._deadline = call._progress._elapsed + 0.05
    assert ended(call.wait()) == honest(hang.phase, Cause.DEADLINE)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("script", [say_nothing, drip_the_headers, drip_the_body, drip_chunks])
def test_the_deadline_comes_when_it_is_due(script: Script, line: str, start: Any) -> None:
    _, call = start(Hang("due", Phase.READING, line, script), deadline=0.2)
    outcome = call.wait()
    assert not isinstance(outcome, Answered)
    assert outcome.cause is Cause.DEADLINE
    assert 0.2 <= outcome.elapsed < 0.2 + AT_ONCE


def test_the_connect_limit_ends_connecting_before_the_deadline() -> None:
    with busy_port() as port:
        transport = HttpTransport(connect_timeout=0.2, deadline=LONG)
        outcome = transport.start(request_to(f"http://127.0.0.1:{port}")).wait()
    assert ended(outcome) == (NotSent, Phase.CONNECTING, Cause.DEADLINE)
    assert outcome.elapsed < AT_ONCE


def test_an_address_that_hangs_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with busy_port() as busy, Server(answering(answer())) as server:
        stream = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        found = [(*stream, ("127.0.0.1", port)) for port in (busy, busy, server.port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
        outcome = HttpTransport(connect_timeout=0.6, deadline=LONG).start(request_to(server.url)).wait()
    assert isinstance(outcome, Answered)


def test_a_call_nobody_waited_for_in_time_keeps_its_answer() -> None:
    with Server(answering(answer())) as server:
        call = HttpTransport(deadline=0.5).start(request_to(server.url))
        for thread in calls_under_way():
            thread.join(LONG)
        assert not Event().wait(0.6)
        assert isinstance(call.wait(), Answered)


# -------------------------------------------------------------------------------- what cannot be ended


@dataclass
class Blocking:
    """Something that blocks until it is let go, as a name look-up does."""

    entered: Event
    let_go: Event

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.entered.set()
        assert self.let_go.wait(LONG)
        return None


@pytest.mark.parametrize("way", ["cancel", "deadline", "close"])
@pytest.mark.parametrize("https", [False, True])
def test_a_name_look_up_is_abandoned_and_never_connects(
    way: str, https: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo
    blocking = Blocking(Event(), Event())

    def slow(*args: Any, **options: Any) -> Any:
        blocking()
        return look_up(*args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with Server(answering(answer()), certified("localhost") if https else None) as server:
        transport = HttpTransport(deadline=0.3 if way == "deadline" else LONG, ssl_context=trusting)
        call = transport.start(request_to(server.url))
        assert blocking.entered.wait(LONG)
        began = monotonic()
        if way == "cancel":
            call.cancel()
        elif way == "close":
            transport.close()
        cause = {"cancel": Cause.CANCELLED, "deadline": Cause.DEADLINE, "close": Cause.PROGRAM_ENDED}[way]
        assert ended(call.wait()) == (NotSent, Phase.RESOLVING, cause)
        assert monotonic() - began < AT_ONCE
        threads = calls_under_way()
        assert all(thread.daemon for thread in threads)
        blocking.let_go.set()
        for thread in threads:
            thread.join(LONG)
        assert server.peers == []


@pytest.mark.parametrize("way", ["cancel", "deadline"])
def test_start_does_not_wait_for_a_proxy_finder_that_blocks(way: str) -> None:
    finder = Blocking(Event(), Event())
    transport = HttpTransport(finder, deadline=0.3 if way == "deadline" else LONG, ssl_context=trusting)
    call = transport.start(request_to("https://engagement.example"))
    assert finder.entered.wait(LONG)
    if way == "cancel":
        call.cancel()
    cause = {"cancel": Cause.CANCELLED, "deadline": Cause.DEADLINE}[way]
    assert ended(call.wait()) == (NotSent, Phase.RESOLVING, cause)
    finder.let_go.set()
