"""`Transport` on requests: exact bytes, a total deadline, and how far each call came.

Importing this is cheap; requests, urllib3 and truststore load on the thread of the first call.
"""

import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from socket import SHUT_RDWR, socket
from threading import Condition, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakSet

from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.answer import Headers
from consent_desk.domain.wire.outcome import DEADLINE, Answered, Cause, Lost, NotSent, Outcome, Phase, Way
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.http.proxies import Choice

if TYPE_CHECKING:
    import ssl


_TRUST = () if sys.platform in {"darwin", "win32"} else ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""The variables of the environment that decide, in place of the system, what is trusted."""

_GUESSING = ("chardet", "charset_normalizer")
"""What requests would load to guess the encoding of a text, where it is there."""


def no_proxy(_url: str) -> Choice:
    """Every host is reached directly."""
    return Choice()


def system_trust() -> "ssl.SSLContext":
    """Trust what the operating system trusts."""
    import ssl

    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def load_requests() -> None:
    """Load requests without `_GUESSING`, as here nobody asks it for a text.

    That would take 3 MiB, and a sixth of the time. requests can do without, and warns that it does.
    """
    if "requests" in sys.modules:
        return
    warnings.filterwarnings("ignore", "Unable to find acceptable character detection")
    for name in _GUESSING:
        sys.modules[name] = None  # type: ignore[assignment]  # that ends the search for it
    try:
        import requests  # noqa: F401 -- loaded for the adapter
    finally:
        for name in _GUESSING:
            sys.modules.pop(name, None)


_NOTHING_HANDED_OVER = frozenset({Phase.RESOLVING, Phase.CONNECTING})


class OverError(Exception):
    """The call has its outcome: whatever its thread still meant to do is forbidden."""


def headers_in(head: bytes | bytearray) -> Headers:
    """The headers in so many whole lines of a head, as http.client reads them."""
    if not head:
        return ()
    # Loaded with the first call.
    from email.parser import HeaderParser

    read = HeaderParser().parsestr(head.decode("latin-1"))
    return tuple((name, str(value)) for name, value in read.items())


class Progress:
    """What the thread that makes a call, those who wait for it and those who end it share.

    The first outcome counts, all later ones change nothing. With it the socket is shut down, and
    the phase can no longer move: a thread that comes back from a name look-up after the deadline
    connects nowhere, and what was told to be not sent stays not sent.
    """

    def __init__(self, deadline: float) -> None:
        self._changed = Condition()
        self._began = monotonic()
        self._deadline = deadline
        self._phase = Phase.RESOLVING
        self._way = Way()
        self._duplicate: socket | None = None
        self._status: int | None = None
        self._head = bytearray()
        self._body = bytearray()
        self._outcome: Outcome | None = None

    @property
    def phase(self) -> Phase:
        """How far the call has come."""
        return self._phase

    @property
    def _elapsed(self) -> float:
        return monotonic() - self._began

    def reach(self, phase: Phase) -> None:
        """Say that the call comes to `phase`, before it does. Raises OverError."""
        with self._changed:
            self._go_on()
            self._phase = phase

    def learn(self, **known: Any) -> None:
        """Know more of the way that the call goes: fields of `Way`."""
        with self._changed:
            self._way = replace(self._way, **known)

    def hold(self, connection: socket) -> None:
        """Keep a duplicate of `connection`, not yet connected, by which to shut it down. Raises OverError.

        Only a duplicate made before `connect` ends every phase at once: TLS detaches the original.
        """
        with self._changed:
            self._go_on()
            self._shut()
            self._duplicate = connection.dup()

    def hear(self, status: int) -> None:
        """Say that an answer begins. Raises OverError, as all that is heard does."""
        with self._changed:
            self.reach(Phase.READING)
            self._status = status

    def hear_line(self, line: bytes) -> None:
        """Keep a line of the answer's headers, in case that it breaks off."""
        with self._changed:
            self._go_on()
            self._head += line

    def hear_body(self, piece: bytes) -> None:
        """Keep a piece of its body, or, without a status, of what is no HTTP."""
        with self._changed:
            self._go_on()
            self._body += piece

    def answer(self, status: int, headers: Headers, body: bytes, *, truncated: bool) -> None:
        """End the call with an answer."""
        with self._changed:
            self._end(
                Answered(
                    status=status,
                    headers=headers,
                    body=body,
                    truncated=truncated,
                    elapsed=self._elapsed,
                    way=self._way,
                )
            )

    def fail(self, cause: Cause, detail: str = "") -> None:
        """End the call without a whole answer, from any thread. The phase says what may have left."""
        with self._changed:
            known: dict[str, Any] = {
                "phase": self._phase,
                "cause": cause,
                "detail": "; ".join(part for part in (detail, str(self._way)) if part),
                "elapsed": self._elapsed,
                "way": self._way,
            }
            if self._phase in _NOTHING_HANDED_OVER:
                self._end(NotSent(**known))
            else:
                body = bytes(self._body)
                self._end(Lost(**known, status=self._status, headers=headers_in(self._head), body=body))

    def wait(self) -> Outcome:
        """Block until there is an outcome, at most until the deadline."""
        with self._changed:
            while self._outcome is None:
                remaining = self._deadline - self._elapsed
                if remaining <= 0:
                    self.fail(Cause.DEADLINE)
                else:
                    self._changed.wait(remaining)
            return self._outcome

    def _go_on(self) -> None:
        if self._outcome is not None:
            raise OverError

    def _end(self, outcome: Outcome) -> None:
        if self._outcome is None:
            self._outcome = outcome
            self._shut()
            self._changed.notify_all()

    def _shut(self) -> None:
        if self._duplicate is not None:
            with suppress(OSError):
                # Not connected yet, or no longer.
                self._duplicate.shutdown(SHUT_RDWR)
            self._duplicate.close()
            self._duplicate = None


class HttpCall:
    """One call under way."""

    def __init__(self, progress: Progress, request: PreparedRequest) -> None:
        self._progress = progress
        self._request = request

    def wait(self) -> Outcome:
        """Block until there is an outcome: within the deadline, or at once after `cancel`."""
        from consent_desk.engagement.http.response import fit_to_keep

        return fit_to_keep(self._progress.wait(), self._request)

    def cancel(self) -> None:
        """End the call now, from any thread. An answer that is there already stays."""
        self._progress.fail(Cause.CANCELLED)


class HttpTransport:
    """Makes each call on a daemon thread and a connection of its own. Network trouble is an outcome.

    `proxy_for` is given the scheme and host of an https URL, never its path, and chooses the proxy. It is
    called on the call's thread and may block; it is not asked for loopback. `connect_timeout` bounds the
    TCP connection, all addresses of the host taken together; `deadline` the whole call from `start` on,
    CONNECT and TLS handshake included. Both in seconds. `ssl_context` is called for every https call:
    truststore locks a context during a handshake, and a server that hangs in one must not hold up the
    others.
    """

    def __init__(
        self,
        proxy_for: Callable[[str], Choice] = no_proxy,
        *,
        connect_timeout: float = 5.0,
        deadline: float = DEADLINE,
        ssl_context: Callable[[], "ssl.SSLContext"] = system_trust,
    ) -> None:
        self._proxy_for = proxy_for
        self._connect_timeout = connect_timeout
        self._deadline = deadline
        self._ssl_context = ssl_context
        self._lock = Lock()
        self._calls: WeakSet[Progress] = WeakSet()
        self._closed = False

    def start(self, request: PreparedRequest) -> HttpCall:
        """Begin to send `request`: its bytes and headers, Host and Content-Length, nothing else."""
        progress = Progress(self._deadline)
        with self._lock:
            self._calls.add(progress)
            closed = self._closed
        if closed:
            progress.fail(Cause.PROGRAM_ENDED)
            return HttpCall(progress, request)
        try:
            Thread(target=self._make, args=(request, progress), name="http call", daemon=True).start()
        except RuntimeError as error:
            # No more threads, or the interpreter is ending.
            progress.fail(Cause.UNEXPECTED, type(error).__name__)
        return HttpCall(progress, request)

    def close(self) -> None:
        """End all calls under way, and every later one at once, because the program ends."""
        with self._lock:
            self._closed = True
            calls = list(self._calls)
        for progress in calls:
            progress.fail(Cause.PROGRAM_ENDED)

    def _make(self, request: PreparedRequest, progress: Progress) -> None:
        load_requests()
        from consent_desk.engagement.http import adapter, failures

        try:
            secure = request.url.startswith("https:")
            choice = self._choice(request.url) if secure else Choice()
            if secure:
                trust = tuple((name, os.environ[name]) for name in _TRUST if name in os.environ)
                by = "named_by" if choice.shown or choice.trouble else "direct_by"
                progress.learn(proxy=choice.shown, trust=trust, **{by: choice.by})
            if choice.trouble is not None:
                progress.fail(choice.trouble, choice.detail)
                return
            adapter.exchange(
                request,
                progress,
                proxy=choice.url,
                ssl_context=self._ssl_context() if secure else None,
                connect_timeout=self._connect_timeout,
                timeout=self._deadline,
            )
        except Exception as error:  # noqa: BLE001 -- the one send: requests lets almost anything through
            progress.fail(*failures.explain(error, progress.phase))

    def _choice(self, url: str) -> Choice:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if BaseUrl(scheme=parts.scheme, host=f"[{host}]" if ":" in host else host).is_loopback:
            return Choice()
        return self._proxy_for(f"{parts.scheme}://{parts.netloc}/")
