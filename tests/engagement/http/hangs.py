"""Servers on which a call hangs, each in a phase of its own, for the tests of the deadline and of cancel."""

from dataclasses import dataclass

from consent_desk.domain.wire.outcome import Phase
from tests.engagement.http.servers import (
    SUCCESS,
    Peer,
    Script,
    answer,
)

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


def say_nothing(peer: Peer) -> None:
    peer.read_request()
    peer.stay()


def begin_the_headers(peer: Peer) -> None:
    peer.read_request()
    peer.send(b"HTTP/1.1 200 OK\r\nX-Half: ")
    peer.stay()


def begin_the_body(peer: Peer) -> None:
    peer.read_request()
    peer.send(answer(SUCCESS[:5], length=1000))
    peer.stay()


def drip_the_status(peer: Peer) -> None:
    peer.read_request()
    peer.drip(b"HTTP/1.1 200 " + b"O" * 10_000)


def drip_interim_answers(peer: Peer) -> None:
    peer.read_request()
    peer.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def drip_the_headers(peer: Peer) -> None:
    peer.read_request()
    peer.send(b"HTTP/1.1 200 OK\r\n")
    peer.drip(b"X: " + b"y" * 10_000)


def drip_the_body(peer: Peer) -> None:
    peer.read_request()
    peer.send(answer(b"", length=10_000))
    peer.drip(b"y" * 10_000)


def drip_chunks(peer: Peer) -> None:
    peer.read_request()
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    peer.drip(b"1\r\ny\r\n" * 10_000)


def drip_the_trailer(peer: Peer) -> None:
    peer.read_request()
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
    peer.drip(b"X: y\r\n" * 10_000)


def read_nothing(peer: Peer) -> None:
    peer.ignore()


LINES = ("plain", "tls", "proxy")
HANGS = [
    Hang("handshake", Phase.CONNECTING, "silent tls", Peer.stay),
    Hang("handshake", Phase.CONNECTING, "silent proxy", Peer.stay),
    Hang("handshake", Phase.CONNECTING, "silent tls behind proxy", Peer.stay),
    *(Hang("sending", Phase.SENDING, line, read_nothing, BIG) for line in LINES),
    *(Hang("waiting", Phase.WAITING, line, say_nothing) for line in LINES),
    *(Hang("headers", Phase.READING, line, begin_the_headers) for line in LINES),
    *(Hang("body", Phase.READING, line, begin_the_body) for line in LINES),
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
    *(Hang("status", Phase.WAITING, line, drip_the_status) for line in LINES),
    Hang("interim", Phase.WAITING, "plain", drip_interim_answers),
    *(Hang("headers", Phase.READING, line, drip_the_headers) for line in LINES),
    *(Hang("body", Phase.READING, line, drip_the_body) for line in LINES),
    Hang("chunks", Phase.READING, "tls", drip_chunks),
    Hang("trailer", Phase.READING, "plain", drip_the_trailer),
]
