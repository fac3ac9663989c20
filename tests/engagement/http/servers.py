"""Servers and proxies on raw sockets, for the tests of the transport: each does what its script says."""

import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from time import monotonic
from types import TracebackType
from typing import Self

import trustme

from consent_desk.domain.wire.project import Secret
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.http.proxies import Choice, read

CANARY = "Basic Y2FuYXJ5LWtleTpjYW5hcnktc2VjcmV0"
TOKEN = "c0ffee00-1234-1234-1234-123456789abc"
BODY = b'{"customer_ids":{"registered":"jane@example.com"},"event_type":"consent"}'
EVENTS = "customers/events"
SUCCESS = b'{"success": true, "errors": []}'
LONG = 30.0
"""Seconds that nothing here ever takes; a test that gets there has failed."""

Script = Callable[["Peer"], object]


class Peer:
    """The server's end of one connection. `received` is all that came over it, without TLS."""

    def __init__(self, connection: socket.socket, closing: Event) -> None:
        self.connection = connection
        self.received = bytearray()
        self.onward: socket.socket | None = None
        self._closing = closing

    def read(self) -> bytes:
        """Read what there is; nothing means that the client is gone."""
        piece = self.connection.recv(65536)
        self.received += piece
        return piece

    def read_head(self) -> bytes:
        """Read to the end of the headers."""
        while b"\r\n\r\n" not in self.received and self.read():
            pass
        return bytes(self.received).partition(b"\r\n\r\n")[0]

    def read_request(self) -> bytes:
        """Read a whole request."""
        length = 0
        for line in self.read_head().split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(bytes(self.received).partition(b"\r\n\r\n")[2]) < length and self.read():
            pass
        return bytes(self.received)

    def send(self, data: bytes) -> None:
        """Send `data`, all of it."""
        self.connection.sendall(data)

    def drip(self, data: bytes, pause: float = 0.02) -> None:
        """Send `data` byte by byte, `pause` seconds apart."""
        for byte in data:
            self.send(bytes([byte]))
            if self._closing.wait(pause):
                return

    def stay(self) -> None:
        """Say nothing until the client is gone."""
        while self.read():
            pass

    def ignore(self) -> None:
        """Read nothing until the test is over."""
        self._closing.wait(LONG)

    def reset(self) -> None:
        """End the connection with a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class Server:
    """Runs `script` for every connection, over TLS where there is a context; a context manager."""

    def __init__(
        self,
        script: Script,
        tls: ssl.SSLContext | None = None,
        *,
        host: str = "localhost",
        listener: socket.socket | None = None,
    ) -> None:
        self._script = script
        self._tls = tls
        self._closing = Event()
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self._threads: list[Thread] = []
        self._failures: list[Exception] = []
        self.peers: list[Peer] = []
        self.port: int = self._listener.getsockname()[1]
        self.authority = f"{host}:{self.port}"
        self.url = f"{'http' if tls is None else 'https'}://{self.authority}"

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with suppress(OSError):
            _connect(self.port, self._listener).close()
        for peer in list(self.peers):
            for connection in (peer.connection, peer.onward):
                if connection is not None:
                    with suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(LONG)
        self._listener.close()
        if self._failures and kind is None:
            raise self._failures[0]

    @property
    def received(self) -> list[bytes]:
        """What each connection brought."""
        return [bytes(peer.received) for peer in self.peers]

    def _run(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work, daemon=True, name="test server")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing.is_set():
                connection.close()
                return
            connection.settimeout(LONG)
            peer = Peer(connection, self._closing)
            self.peers.append(peer)
            self._run(lambda peer=peer: self._serve(peer))  # type: ignore[misc]  # bound here and now

    def _serve(self, peer: Peer) -> None:
        try:
            if self._tls is not None:
                peer.connection = self._tls.wrap_socket(peer.connection, server_side=True)
            self._script(peer)
        except OSError:
            # The client left, or the test did.
            pass
        except Exception as failure:  # noqa: BLE001 -- raised again where the test can see it
            self._failures.append(failure)
        finally:
            peer.connection.close()


def answer(
    body: bytes = SUCCESS, status: str = "200 OK", headers: bytes = b"", length: int | None = None
) -> bytes:
    """An answer with its length, unless `length` says another one."""
    size = len(body) if length is None else length
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status.encode(), headers, size, body)


def answering(*pieces: bytes) -> Script:
    """Read a whole request, then send `pieces` and close."""

    def script(peer: Peer) -> None:
        peer.read_request()
        for piece in pieces:
            peer.send(piece)

    return script


def tunnelling(port: int) -> Script:
    """A proxy that answers every CONNECT by a connection to `port` of this machine."""

    def script(peer: Peer) -> None:
        peer.read_head()
        with _connect(port) as onward:
            peer.onward = onward
            peer.send(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
            back = Thread(target=_pass_on, args=(onward, peer.connection), daemon=True)
            back.start()
            _pass_on(peer.connection, onward)
            back.join(LONG)

    return script


def through(proxy: str | None) -> Callable[[str], Choice]:
    """Choose this proxy for every host, or none."""
    choice = Choice() if proxy is None else read(proxy, "")
    return lambda _url: choice


def _connect(port: int, listener: socket.socket | None = None) -> socket.socket:
    # Unlike create_connection, without a look-up: tests replace that.
    connection = socket.socket(socket.AF_INET if listener is None else listener.family)
    connection.settimeout(LONG)
    connection.connect(("127.0.0.1" if connection.family == socket.AF_INET else "::1", port))
    return connection


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def busy_port() -> Iterator[int]:
    """A port whose queue is full: a connection to it is neither made nor refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port: int = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(8)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            yield port
        finally:
            for filler in fillers:
                filler.close()


def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@cache
def authority() -> trustme.CA:
    """The one authority that `trusting` trusts."""
    return trustme.CA()


@cache
def certified(*names: str) -> ssl.SSLContext:
    """A server's TLS with a certificate of `authority` for `names`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*names).configure_cert(context)
    return context


@cache
def unknown_authority() -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def trusting() -> ssl.SSLContext:
    """A client's TLS that trusts `authority` and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context


def request_to(url: str, *, method: str = "POST", path: str = EVENTS, body: bytes = BODY) -> PreparedRequest:
    """A call as the domain prepares it, with a secret that must turn up nowhere else."""
    content_type = (("Content-Type", "application/json"),) if method == "POST" else ()
    return PreparedRequest(
        method=method,
        url=f"{url}/track/v2/projects/{TOKEN}/{path}",
        authorization=Secret(CANARY),
        headers=(
            *content_type,
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "consent-desk/0"),
            ("Connection", "close"),
        ),
        body=body if method == "POST" else b"",
    )


def calls_under_way() -> list[Thread]:
    """The threads that the transport has started and that still run."""
    return [thread for thread in enumerate_threads() if thread.name == "http call"]


def until(reached: Callable[[], bool]) -> None:
    """Wait until something is so that nothing tells of."""
    give_up = monotonic() + LONG
    tick = Event()
    while not reached():
        assert monotonic() < give_up, "it never came to that"
        tick.wait(0.002)
