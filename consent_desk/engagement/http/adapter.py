"""requests and urllib3, made to say how far they are and to stop when told.

A bare adapter, no Session: the Session is where ~/.netrc, the environment (`trust_env`), cookies,
default headers and redirects come in, and with none of it there is nothing to switch off.
Loads requests: import it on the thread of a call.
"""

import http.client
import logging
import re
import socket
import ssl
from base64 import b64encode
from contextlib import closing
from functools import partial
from time import monotonic
from traceback import walk_tb
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import SKIP_HEADER
from urllib3.util.wait import wait_for_read

from consent_desk.domain.wire.answer import Headers
from consent_desk.domain.wire.outcome import Cause, Phase
from consent_desk.domain.wire.project import Secret
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.http.failures import Handshake, StoppedError, cause_of, detail_of, issuer_and_end
from consent_desk.engagement.http.response import MOST_BODY, ReportingAnswer
from consent_desk.engagement.http.transport import Progress

_VERDICT = 1.0
"""Seconds in which a server says what it makes of a client without a certificate that it has asked for."""

_CONNECT_ANSWERED = re.compile(r"Tunnel connection failed: (\d{3})\b")

# Its records hold whole URLs, and those the project token.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def exchange(
    request: PreparedRequest,
    progress: Progress,
    *,
    proxy: str,
    ssl_context: ssl.SSLContext | None,
    connect_timeout: float,
    timeout: float,
) -> None:
    """Send `request` and hand the answer to `progress`. Raises whatever goes wrong.

    `proxy` is an http proxy's URL, empty for none. `timeout`, in seconds, is for each single wait on the
    socket: a backstop for the deadline, which `progress` keeps.
    """
    adapter = _Adapter(progress, ssl_context, connect_timeout)
    with closing(adapter):
        response = adapter.send(
            _exactly(request),
            stream=True,
            timeout=timeout,
            proxies={"https": proxy} if proxy else None,
        )
        with closing(response):
            headers, body = adapter.received()
            progress.answer(response.status_code, headers, body[:MOST_BODY], truncated=len(body) > MOST_BODY)


def _exactly(request: PreparedRequest) -> requests.PreparedRequest:
    headers = dict(request.headers)
    for name in ("User-Agent", "Accept-Encoding"):
        if name.lower() not in {given.lower() for given in headers}:
            headers[name] = SKIP_HEADER
    prepared = requests.Request(
        request.method,
        request.url,
        headers=headers,
        data=request.body or None,
        auth=_Authorization(request.authorization),
    ).prepare()
    if prepared.url != request.url:
        raise StoppedError(Cause.UNEXPECTED, "the URL would be sent in another spelling")
    return prepared


class _Authorization(AuthBase):
    """Puts the prepared value before all other headers. Nothing takes the place of an auth object."""

    def __init__(self, value: Secret) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        first = {"Authorization": self._value.reveal()}
        request.headers = CaseInsensitiveDict({**first, **request.headers})
        return request


class _Adapter(HTTPAdapter):
    """Opens the connection of one call, directly or through a proxy, and remembers its answer."""

    def __init__(
        self, progress: Progress, ssl_context: ssl.SSLContext | None, connect_timeout: float
    ) -> None:
        self.progress = progress
        self.connect_timeout = connect_timeout
        self._ssl_context = ssl_context
        self._answer: ReportingAnswer | None = None
        self.handshake = Handshake()
        if ssl_context is not None:
            ssl_context.check_hostname = True
            ssl_context.verify_mode = ssl.CERT_REQUIRED
            if ssl_context.keylog_filename:
                # Python's own contexts obey SSLKEYLOGFILE, with which anybody could read along.
                ssl_context.keylog_filename = None  # type: ignore[assignment]  # None ends it
            self.handshake.watch(ssl_context)
        # One call: a pool makes room for ten.
        super().__init__(pool_connections=1, pool_maxsize=1)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """Use our own context, direct and proxied, whatever `verify` says."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": self._ssl_context, "cert_reqs": "CERT_REQUIRED"}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave the context as it is: requests would add certifi's list to the system's."""

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Let the pool, a proxy's as well, open connections that report their progress."""
        pool: Any = super().get_connection_with_tls_context(request, verify, proxies, cert)
        kind = _TlsConnection if pool.scheme == "https" else _Connection
        pool.ConnectionCls = partial(kind, adapter=self)
        return pool

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """The proxy's credentials as UTF-8: requests would take Latin-1, and fail on the rest."""
        who, at, _ = urlsplit(proxy).netloc.rpartition("@")
        said = b64encode(unquote_to_bytes(who)).decode("ascii")
        return {"Proxy-Authorization": f"Basic {said}"} if at else {}

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Take the answer as it came: requests would parse cookies and encodings, and trip over them."""
        response = requests.Response()
        response.status_code = resp.status
        response.raw = resp
        return response

    def read_answer(self, *args: Any, **kwargs: Any) -> ReportingAnswer:
        """Make the object that reads the answer."""
        self._answer = ReportingAnswer(self.progress, *args, **kwargs)
        return self._answer

    def received(self) -> tuple[Headers, bytes]:
        """The headers in the order in which they came, repeated ones too, and the body."""
        if self._answer is None:
            raise http.client.ResponseNotReady
        return self._answer.received_headers(), self._answer.first_bytes()

    def close(self) -> None:
        """Close whatever is open."""
        if self._answer is not None:
            # urllib3 forgets it when it does not like the headers.
            self._answer.close()
        super().close()


class _Connection(HTTPConnection):
    """A connection that reports each phase to its call before entering it."""

    def __init__(self, *args: Any, adapter: _Adapter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._adapter = adapter
        self._progress = adapter.progress
        self._is_ours = False

    def _new_conn(self) -> socket.socket:
        trouble: OSError | UnicodeError
        self._progress.reach(Phase.RESOLVING)
        try:
            addresses = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise self._not_connected(error, Cause.UNKNOWN_HOST) from error
        self._progress.reach(Phase.CONNECTING)
        connect_by = monotonic() + self._adapter.connect_timeout
        trouble = OSError("no address")
        for position, (family, kind, protocol, _, address) in enumerate(addresses):
            share = (connect_by - monotonic()) / (len(addresses) - position)
            try:
                return self._connected(socket.socket(family, kind, protocol), address, max(share, 0.001))
            except OSError as error:
                trouble = error
        raise self._not_connected(trouble, cause_of(trouble, connecting=True)) from trouble

    def _connected(self, connection: socket.socket, address: Any, timeout: float) -> socket.socket:
        try:
            self._progress.hold(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(timeout)
            connection.connect(address)
            connection.settimeout(self.timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    def _not_connected(self, trouble: OSError | UnicodeError, cause: Cause | None) -> StoppedError:
        return StoppedError(Cause.PROXY if self.proxy else cause or Cause.UNREACHABLE, detail_of(trouble))

    def _tunnel(self) -> None:
        try:
            super()._tunnel()
        except (OSError, http.client.HTTPException, ValueError) as error:
            answered = _CONNECT_ANSWERED.match(str(error))
            if answered is None:
                raise StoppedError(Cause.PROXY, detail_of(error)) from error
            wants_credentials = answered[1] == "407"
            cause = Cause.PROXY_CREDENTIALS if wants_credentials else Cause.PROXY
            raise StoppedError(cause, f"CONNECT was answered {answered[1]}") from error

    def request(self, *args: Any, **options: Any) -> None:
        """Send our request, once the connection stands."""
        if self.is_closed:
            self.connect()
        self._is_ours = True
        self.response_class = self._adapter.read_answer  # type: ignore[assignment]  # called, no more
        try:
            super().request(*args, **options)
        except OSError:
            # It may have answered before it read everything; if not, reading fails next and says why.
            return
        self._progress.reach(Phase.WAITING)

    def send(self, data: Any) -> None:
        """Hand `data` to the socket: a part of our request, or of CONNECT before."""
        if self._is_ours:
            self._progress.reach(Phase.SENDING)
        super().send(data)


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS."""

    def connect(self) -> None:
        """Connect, and accept nothing less than a finished handshake."""
        handshake = self._adapter.handshake
        try:
            super().connect()
        except BaseException as error:
            _close_half_made(error)
            if isinstance(error, ssl.SSLError):
                raise StoppedError(handshake.cause(error), detail_of(error)) from error
            raise
        finally:
            issuer, ends = issuer_and_end(handshake.certificate)
            self._progress.learn(issuer=issuer, ends=ends)
        if not isinstance(self.sock, ssl.SSLSocket) or self.sock.version() is None:
            # ssl wraps a connection that is lost already without a handshake, and would send in the clear.
            raise StoppedError(Cause.CUT, "lost before the TLS handshake")
        if handshake.wants_certificate and self.sock.version() == "TLSv1.3":
            self._hear_verdict(self.sock, handshake)

    def _hear_verdict(self, connection: ssl.SSLSocket, handshake: Handshake) -> None:
        """Wait until the server has accepted or refused us without a certificate, before anything is sent.

        TLS 1.3 lets it say so after our side of the handshake has ended (RFC 8446, 4.4.2.4).
        """
        if not wait_for_read(connection, _VERDICT):
            return
        connection.settimeout(0)
        try:
            connection.recv(1)
        except ssl.SSLWantReadError:
            # Accepted: what it sent was a ticket.
            connection.settimeout(self.timeout)
        except ssl.SSLError as error:
            raise StoppedError(handshake.cause(error), detail_of(error)) from error
        else:
            raise StoppedError(Cause.CUT, "ended after the TLS handshake")


def _close_half_made(error: BaseException) -> None:
    # Reset at the wrong moment, ssl raises and forgets the socket that it has just made, still open.
    for frame, _ in walk_tb(error.__traceback__):
        half_made = frame.f_locals.get("self")
        if isinstance(half_made, ssl.SSLSocket):
            half_made.close()
