"""HTTP on a loopback port: requests in, whole and as they came; answers out, whole or spoilt.

Other users of this computer and web pages reach it too, and real consents are noted in the same process: so
it takes little of that, whoever calls and however slowly.
"""

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from http.client import LineTooLong
from http.server import BaseHTTPRequestHandler
from io import BufferedReader, RawIOBase
from socket import SHUT_RDWR, SHUT_WR, create_connection, socket
from socketserver import ThreadingTCPServer
from threading import Condition, Event, Thread
from time import monotonic
from typing import Any
from uuid import uuid4

from consent_desk.domain.faults import Fault
from consent_desk.sandbox import answers, endpoints, faults
from consent_desk.sandbox.answers import RefusedError, SandboxAnswer
from consent_desk.sandbox.endpoints import Received

LOOPBACK = "127.0.0.1"
BODY_LIMIT = 1024 * 1024
"""Bytes of a request's body above which the answer is 413."""

HEAD_LIMIT = 96 * 1024
"""Bytes of a request line and its headers; http.server takes up to 64 KiB of each line of them."""

MOST_AT_ONCE = 32
"""Connections: for one more, the one that has waited longest with nothing to ask is closed, or itself."""

PATIENCE = 10.0
"""Seconds in which a request must have arrived whole, and an answer be taken."""

_HOLDING = 120.0
_DISCARDED = 64 * 1024
_DISCARDING = 1.0
_PAUSE = 0.3
_PATIENCE = 0.06
_LENGTH = re.compile(r"[0-9]{1,15}")

Reply = tuple[SandboxAnswer, Fault | None]


class LoopbackServer(ThreadingTCPServer):
    """Accepts on 127.0.0.1 only, and knows its open connections so that it can end them.

    `take` gets each whole request that is addressed to it with the key, and says what to answer, and how to
    spoil it. Raises OSError where it cannot listen.
    """

    daemon_threads = True
    # On Windows it would let others take the port; elsewhere it passes over connections that have ended.
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 128

    def __init__(self, take: Callable[[Received], Reply], *, port: int) -> None:
        self.take = take
        self.ending = Event()
        # Whether it has asked for something that is not answered yet, the oldest first.
        self._open: dict[socket, bool] = {}
        self._changed = Condition()
        # Not HTTPServer: that one looks the host's name up, which can take seconds.
        super().__init__((LOOPBACK, port), _Handler)
        self.port: int = self.socket.getsockname()[1]
        self._accepting = Thread(target=self._accept, name="sandbox", daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        # Not serve_forever(): that one polls, and so ends late.
        while not self.ending.is_set():
            self.handle_request()

    def end(self) -> None:
        """Stop accepting and end every connection, whatever it waits for, within 0.2 s."""
        self.ending.set()
        with suppress(OSError):
            create_connection((LOOPBACK, self.port), timeout=_PATIENCE).close()
        self._accepting.join(_PATIENCE)
        self.server_close()
        with self._changed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, _PATIENCE)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Take no connection once the end has begun, or without room; know it from here."""
        with self._changed:
            if self.ending.is_set() or not self._make_room():
                return False
            self._open[request] = False
            return True

    def get_request(self) -> tuple[socket, Any]:
        """Accept a connection."""
        try:
            return super().get_request()
        except OSError:
            # Without descriptors it would fail at once, again and again.
            self.ending.wait(_PATIENCE)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own."""
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            # No more threads.
            self.close_request(request)

    def _make_room(self) -> bool:
        if len(self._open) < MOST_AT_ONCE:
            return True
        waiting = next((one for one, has_asked in self._open.items() if not has_asked), None)
        if waiting is not None:
            with suppress(OSError):
                waiting.shutdown(SHUT_RDWR)
        return self._changed.wait_for(lambda: len(self._open) < MOST_AT_ONCE, _PATIENCE)

    def has_asked(self, request: socket, *, asked: bool) -> None:
        """Know whether a connection waits for its answer: then it is not closed for another one."""
        with self._changed:
            if request in self._open:
                self._open[request] = asked

    def close_request(self, request: Any) -> None:
        """Forget the connection as it closes, never while `end` looks at it."""
        with self._changed:
            super().close_request(request)
            self._open.pop(request, None)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Overlook a client that disappears; anything else is a bug and reaches `threading.excepthook`."""
        if (error := sys.exception()) is not None and not isinstance(error, OSError):
            raise error


class _Timely(RawIOBase):
    """Reads until `by`, then raises TimeoutError; if `left` is a number, LineTooLong after so many bytes."""

    def __init__(self, connection: socket) -> None:
        self._connection = connection
        self.by = 0.0
        self.left: int | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        remaining = self.by - monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._connection.settimeout(remaining)
        size = self._connection.recv_into(buffer)
        if self.left is not None:
            self.left -= size
            if self.left < 0:
                raise LineTooLong("head")
        return size


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer
    connection: socket

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._timely = _Timely(self.connection)
        self.rfile = BufferedReader(self._timely)

    def handle_one_request(self) -> None:
        self._timely.by, self._timely.left = monotonic() + PATIENCE, HEAD_LIMIT
        try:
            super().handle_one_request()
        except LineTooLong:
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        # No body is asked for before the headers are seen.
        return True

    def do_GET(self) -> None:
        request = Received(method=self.command, path=self.path, headers=tuple(self.headers.items()), body=b"")
        try:
            length = self._length(request)
        except RefusedError as refused:
            self._refuse(refused.answer)
            return
        self.server.has_asked(self.connection, asked=True)
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
        self._timely.left = None
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        self._send(*self.server.take(replace(request, body=body)))
        self.server.has_asked(self.connection, asked=False)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  # http.server finds them by these names

    def _length(self, head: Received) -> int:
        """The bytes of the body. Raises RefusedError where that shall not even be read."""
        # A foreign Host is refused: any web page could call otherwise (DNS rebinding).
        hosts = [value.strip().lower() for value in self.headers.get_all("Host", [])]
        if hosts not in ([f"{LOOPBACK}:{self.server.port}"], [f"localhost:{self.server.port}"]):
            raise RefusedError(answers.WRONG_HOST)
        # What has no key of ours may come from a web page as well, and would be kept.
        endpoints.endpoint(head)
        lengths = self.headers.get_all("Content-Length", ["0"])
        is_told = len(lengths) == 1 and _LENGTH.fullmatch(lengths[0].strip())
        if "Transfer-Encoding" in self.headers or not is_told:
            raise RefusedError(answers.BROKEN_REQUEST)
        if int(lengths[0]) > BODY_LIMIT:
            raise RefusedError(answers.TOO_LARGE)
        return int(lengths[0])

    def _refuse(self, answer: SandboxAnswer) -> None:
        self.close_connection = True
        self._send(answer, None)
        # Closed with bytes unread, the connection would be reset, and the answer lost with it.
        self.connection.shutdown(SHUT_WR)
        self._await_end(_DISCARDING, 4 * BODY_LIMIT if answer is answers.TOO_LARGE else _DISCARDED)

    def _await_end(self, seconds: float, most: int | None) -> None:
        """Wait until the client goes, and keep nothing of what it still says."""
        self._timely.by, self._timely.left = monotonic() + seconds, most
        piece = bytearray(65536)
        with suppress(TimeoutError, LineTooLong):
            while self._timely.readinto(piece):
                pass

    def _send(self, answer: SandboxAnswer, fault: Fault | None) -> None:
        headers = [("Date", self.date_time_string()), ("Server", "consent-desk-sandbox")]
        if answer.has_request_id:
            headers.append(("x-request-id", str(uuid4())))
        if self.close_connection:
            headers.append(("Connection", "close"))
        at_once, slowly = faults.wire(fault, answer.head(*headers), answer.body)
        self.connection.settimeout(PATIENCE)
        self.close_connection = self.close_connection or fault in faults.ENDING
        self.wfile.write(at_once)
        for byte in slowly:
            if self.server.ending.wait(_PAUSE):
                break
            self.wfile.write(bytes((byte,)))
        if fault is Fault.SILENCE:
            # Ends at the latest when end() shuts the connection down.
            self._await_end(_HOLDING, None)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        # What is no HTTP request is answered in our own form.
        self._refuse(answers.page(code, "The sandbox does not understand this request."))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: standard error belongs to the program."""
