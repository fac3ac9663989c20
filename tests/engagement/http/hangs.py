"""Servers on which a call hangs, each in a phase of its own, for the tests of the deadline and of cancel."""

from dataclasses import dataclass

from consent_desk.domain.wire.outcome import Phase
from tests.engagement.http.servers import SUCCESS, Peer, Script, answer

BIG = b"x" * 30_000_000


@dataclass(frozen=True)
class Hang:
    """A server on which a call hangs in `phase`, reached over `line`: plain, tls, or a proxy."""

    name: str
    phase: Phase
    line: str
    script: Script
    body: bytes = b"{}"

    def __str__(self) -> str:
        return f"{self.name}-{self.line}"


def after(sent: bytes, dripped: bytes | None = None) -> Script:
    """Read a request, send `sent`, and then nothing any more, or `dripped` byte by byte."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(sent)
        peer.stay() if dripped is None else peer.drip(dripped)

    return script


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
say_nothing = after(b"")
drip_the_headers = after(HEAD, b"X: " + b"y" * 10_000)
drip_the_body = after(answer(b"", length=10_000), b"y" * 10_000)
drip_chunks = after(CHUNKED, b"1\r\ny\r\n" * 10_000)
LINES = ("plain", "tls", "proxy")
HANGS = [
    Hang("handshake", Phase.CONNECTING, "silent tls", Peer.stay),
    Hang("handshake", Phase.CONNECTING, "silent proxy", Peer.stay),
    Hang("handshake", Phase.CONNECTING, "silent tls behind proxy", Peer.stay),
    *(Hang("sending", Phase.SENDING, line, Peer.ignore, BIG) for line in LINES),
    *(Hang("waiting", Phase.WAITING, line, say_nothing) for line in LINES),
    *(Hang("headers", Phase.READING, line, after(HEAD + b"X-Half: ")) for line in LINES),
    *(Hang("body", Phase.READING, line, after(answer(SUCCESS[:5], length=1000))) for line in LINES),
]
DRIPS = [
    Hang(
        "connect", Phase.CONNECTING, "silent proxy", lambda peer: peer.drip(b"HTTP/1.1 200 OK\r\nX: " * 999)
    ),
    Hang(
        "handshake",
        Phase.CONNECTING,
        "silent tls",
        lambda peer: peer.drip(b"\x16\x03\x03\x3f\xff" + b"\2" * 9999),
    ),
    *(Hang("status", Phase.WAITING, line, after(b"", b"HTTP/1.1 200 " + b"O" * 10_000)) for line in LINES),
    Hang("interim", Phase.WAITING, "plain", after(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)),
    *(Hang("headers", Phase.READING, line, drip_the_headers) for line in LINES),
    *(Hang("body", Phase.READING, line, drip_the_body) for line in LINES),
    Hang("chunks", Phase.READING, "tls", drip_chunks),
    Hang("trailer", Phase.READING, "plain", after(CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000)),
]
