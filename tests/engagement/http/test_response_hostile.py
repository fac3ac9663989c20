"""Servers that mean harm, or are broken: an outcome every time, nothing left behind, no secret told."""

import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from consent_desk.domain.wire.outcome import Answered, Lost, Phase
from consent_desk.engagement.http.transport import HttpTransport
from tests.engagement.http.calls import answered, send
from tests.engagement.http.servers import (
    Peer,
    Script,
    Server,
    answer,
    answering,
    calls_under_way,
    certified,
    free_port,
    request_to,
    through,
    trusting,
    tunnelling,
    unknown_authority,
    until,
)

MEBIBYTE = 1024 * 1024


# --------------------------------------------------------------------------------------------------- size


def test_a_line_of_a_megabyte_is_a_body_like_any_other() -> None:
    with Server(answering(answer(b"x" * 1_000_000))) as server:
        outcome = answered(server.url)
    assert (len(outcome.body), outcome.truncated) == (1_000_000, False)


@pytest.mark.parametrize(
    ("size", "truncated"), [(MEBIBYTE, False), (MEBIBYTE + 1, True), (3 * MEBIBYTE, True)]
)
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_body_is_read_up_to_a_mebibyte(size: int, truncated: bool, framing: str) -> None:
    body = b"y" * size
    whole = {
        "length": answer(body),
        "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
        % (size, body),
        "close": b"HTTP/1.1 200 OK\r\n\r\n" + body,
    }[framing]
    with Server(answering(whole)) as server:
        outcome = answered(server.url)
    assert (len(outcome.body), outcome.truncated) == (MEBIBYTE, truncated)


@pytest.mark.parametrize("tls", [False, True])
def test_an_endless_body_is_cut_off_and_its_connection_dropped(tls: bool) -> None:
    dropped = threading.Event()

    def endless(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                peer.send(b"z" * 65536)
        except OSError:
            dropped.set()

    with Server(endless, certified("localhost") if tls else None) as server:
        outcome = answered(server.url)
        assert dropped.wait(5)
    assert (len(outcome.body), outcome.truncated) == (MEBIBYTE, True)


@pytest.mark.parametrize("size", [b"-1", b"-5", b"zz", b"f" * 50, b""])
def test_a_chunk_of_impossible_size_is_not_read(size: bytes) -> None:
    chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n" + b"z" * 3 * MEBIBYTE
    with Server(answering(chunk)) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Lost) or (isinstance(outcome, Answered) and outcome.truncated)


# --------------------------------------------------------------------------------------------------- leaks


def begin(peer: Peer) -> None:
    peer.read_request()
    peer.send(answer(b"", length=9))


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def every_kind_of_call() -> None:
    """One call that is answered, refused, cut, cancelled, ..., directly, over TLS, through a proxy."""
    with ExitStack() as stack:

        def serve(script: Script, tls: object = None, host: str = "localhost") -> Server:
            return stack.enter_context(Server(script, tls, host=host))  # type: ignore[arg-type]  # or none

        secure = certified("localhost", "engagement.example")
        origin = serve(answering(answer()), secure, "engagement.example")
        proxy = serve(tunnelling(origin.port))
        refusing = serve(answering(b"HTTP/1.1 407 No\r\n\r\n"))
        urls = [
            serve(answering(answer())).url,
            serve(answering(answer()), secure).url,
            serve(answering(answer()), unknown_authority()).url,
            serve(Peer.read_request).url,
            serve(Peer.reset, secure).url,
            serve(begin, secure).url,
            serve(answering(b"rubbish\r\n")).url,
            serve(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n")).url,
            serve(answering(answer(b"x" * 2 * MEBIBYTE))).url,
            f"http://127.0.0.1:{free_port()}",
        ]
        transport = HttpTransport(through(f"http://{proxy.authority}"), ssl_context=trusting)
        stopped = HttpTransport(through(f"http://{refusing.authority}"), ssl_context=trusting)
        for url in urls:
            transport.start(request_to(url)).wait()
        transport.start(request_to(origin.url)).wait()
        stopped.start(request_to(origin.url)).wait()
        for url in (serve(Peer.stay).url, serve(Peer.stay, secure).url):
            call = transport.start(request_to(url))
            until(lambda call=call: call._progress.phase is Phase.WAITING)  # type: ignore[misc]  # bound now
            call.cancel()
            call.wait()
        for thread in calls_under_way():
            thread.join(5)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted on Linux only")
def test_many_calls_leave_no_descriptor_and_no_thread() -> None:
    every_kind_of_call()
    before = open_descriptors(), threading.active_count()
    for _ in range(4):
        every_kind_of_call()
    # What an earlier test left to be collected may have gone meanwhile.
    assert open_descriptors() <= before[0]
    assert threading.active_count() <= before[1]
