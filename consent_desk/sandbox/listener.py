"""HTTP on a loopback port: requests in, whole and as they came; answers out, whole or spoilt."""

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, SHUT_WR, create_connection, socket
from socketserver import TCPServer
from threading import Condition, Event, Thread
from typing import Any
from uuid import uuid4

from consent_desk.sandbox import answers, faults
from consent_desk.sandbox.answers import Answer
from consent_desk.sandbox.endpoints import Received
from consent_desk.sandbox.faults import Fault

LOOPBACK = "127.0.0.1"
BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a request's body above which the answer is 413."""

_PAUSE = 0.3
_PATIENCE = 0.06
_LENGTH = re.compile(r"[0-9]{1,15}")

Reply = tuple[Answer, Fault | None]


class LoopbackServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only, and knows its open connections so that it can end them.

    `take` gets each whole request and says what to answer, and how to spoil it.
    Raises OSError where it cannot listen.
    """

    daemon_threads = True
    allow_reuse_address = False
    request_queue_size = 128

    def __init__(self, take: Callable[[Received], Reply]) -> None:
        self.take = take
        self.ending = Event()
        self._open: set[socket] = set()
        self._changed = Condition()
        super().__init__((LOOPBACK, 0), _Handler)
        self._accepting = Thread(target=self._accept, name="sandbox", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._accepting.start()

    def server_bind(self) -> None:
        """Bind without looking the host's name up as HTTPServer does, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.socket.getsockname()[1]

    def _accept(self) -> None:
        # Not serve_forever(): that one polls, and so ends late.
        while not self.ending.is_set():
            self.handle_request()

    def end(self) -> None:
        """Stop accepting and end every connection, whatever it waits for, within 0.2 s."""
        self.ending.set()
        with suppress(OSError):
            create_connection((LOOPBACK, self.server_port), timeout=_PATIENCE).close()
        self._accepting.join(_PATIENCE)
        self.server_close()
        with self._changed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, _PATIENCE)

    def verify_request(self, *_: Any) -> bool:
        """Take no connection once the end has begun."""
        return not self.ending.is_set()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own, and know the connection from here."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        """Forget the connection as it closes, never while `end` looks at it."""
        with self._changed:
            super().close_request(request)
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Overlook a client that disappears; anything else is a bug and reaches `threading.excepthook`."""
        if (error := sys.exception()) is not None and not isinstance(error, OSError):
            raise error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def do_GET(self) -> None:
        length = self._length()
        if length is None:
            self._refuse(answers.BROKEN_REQUEST)
            return
        if length > BODY_LIMIT:
            self._refuse(answers.TOO_LARGE)
            return
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        request = Received(
            method=self.command, path=self.path, headers=tuple(self.headers.items()), body=body
        )
        self._send(*self.server.take(request))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  # http.server finds them by these names

    def _length(self) -> int | None:
        """The body's bytes, None where that is not told by exactly one Content-Length."""
        lengths = self.headers.get_all("Content-Length", ["0"])
        if (
            "Transfer-Encoding" in self.headers
            or len(lengths) > 1
            or not _LENGTH.fullmatch(lengths[0].strip())
        ):
            return None
        return int(lengths[0])

    def _refuse(self, answer: Answer) -> None:
        self.close_connection = True
        self._send(answer, None)
        # Closed with bytes unread, the connection would be reset, and the answer lost with it.
        self.connection.shutdown(SHUT_WR)
        self.connection.settimeout(1)
        left = 8 * BODY_LIMIT
        while left > 0 and (chunk := self.connection.recv(65536)):
            left -= len(chunk)

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        headers = [("Date", self.date_time_string()), ("Server", "consent-desk-sandbox")]
        if answer.has_request_id:
            headers.append(("x-request-id", str(uuid4())))
        if self.close_connection:
            headers.append(("Connection", "close"))
        wire = faults.wire(fault, answer.head(*headers), answer.body)
        self.close_connection = self.close_connection or wire.is_broken
        self.wfile.write(wire.at_once)
        for byte in wire.slowly:
            if self.server.ending.wait(_PAUSE):
                break
            self.wfile.write(bytes((byte,)))
        while wire.holds and self.connection.recv(65536):
            # Ends when the client goes, or when end() shuts the connection down.
            pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no HTTP request, in our own form."""
        self._refuse(answers.page(code, "The sandbox does not understand this request."))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: standard error belongs to the program."""
