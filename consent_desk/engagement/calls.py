"""A call to Engagement, as those who make one state it, and what each of them passes.

What every answer says of a project's key is told; and Engagement takes 6,000 calls a minute (section 1).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, local
from time import monotonic, sleep
from typing import Protocol
from urllib.parse import urlsplit

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.judgement import SECOND, SETTINGS
from consent_desk.domain.lifecycle.policy import retry_after
from consent_desk.domain.message import Message
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.answer import meaning, read_answer
from consent_desk.domain.wire.customer import is_unknown
from consent_desk.domain.wire.outcome import Answered, Outcome
from consent_desk.domain.wire.request import PreparedRequest


class Call(Protocol):
    """One call under way."""

    def wait(self) -> Outcome:
        """Block until there is an outcome: within the transport's deadline, or soon after `cancel`."""

    def cancel(self) -> None:
        """End the call now, from any thread. The outcome says honestly how far it had come."""


class Transport(Protocol):
    """Sends exact bytes. Network trouble is an outcome, never an exception."""

    def start(self, request: PreparedRequest) -> Call:
        """Begin to send `request`."""


class Watched:
    """A call of which `see` is told the outcome, on whatever thread waits for it."""

    def __init__(self, call: Call, see: Callable[[Outcome], None]) -> None:
        self._call = call
        self._see = see
        self.cancel = call.cancel

    def wait(self) -> Outcome:
        """Block until there is an outcome, and tell it."""
        outcome = self._call.wait()
        self._see(outcome)
        return outcome


PAGE = 20
"""Events on a page. With the longest wordings they still fit into what the transport reads of an answer."""

MOST_PAGES = 100

_OF_ONE_CALL = frozenset({Field.API_KEY_ID})
"""Where a permission is missing, the settings are right for other calls."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one answer said of the key of `request`: `why` it, or where it leads, was refused; None: it works.

    `whole`: it was refused whatever is asked, and not a permission for this one call.
    """

    request: PreparedRequest
    why: Message | None = None
    whole: bool = False


def heard(request: PreparedRequest, outcome: Outcome) -> Heard | None:
    """What `outcome` says of the key; None where it says nothing."""
    if not isinstance(outcome, Answered):
        return None
    answer = read_answer(outcome.body)
    if (outcome.status == 200 and answer.is_success) or is_unknown(outcome.status, outcome.body):
        return Heard(request)
    told = meaning(outcome.status, outcome.headers, outcome.body)
    if told.field not in SETTINGS or (outcome.status < 300 and answer.success is not False):
        return None
    whole = outcome.status == 401 or told.field not in _OF_ONE_CALL
    return Heard(request, told.why, whole)


class KeyWatch:
    """A `Transport` that looks at each answer, and calls `listener` on whatever thread waited for it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.listener: Callable[[Heard], None] = _nobody

    def start(self, request: PreparedRequest) -> Call:
        """Begin to send `request`."""

        def see(outcome: Outcome) -> None:
            told = heard(request, outcome)
            if told is not None:
                self.listener(told)

        return Watched(self._transport.start(request), see)


def _nobody(told: Heard) -> None:
    """Nobody listens yet."""


RATE, MOST = 50.0, 90.0
"""Calls a second and host, and how many may be chosen: others call from the same address too."""

LONGEST_PAUSE = 60.0
"""Seconds that a host is left alone at most after a 429 that does not say for how long."""

_TOO_MANY = 429


class Limits:
    """Books a time for each call to a host away from this computer, and leaves one alone that has had enough.

    May be used from any thread. `steady`: seconds that nobody sets.
    """

    def __init__(
        self,
        now: Callable[[], Timestamp],
        *,
        rate: float = RATE,
        steady: Callable[[], float] = monotonic,
    ) -> None:
        self._now = now
        self._each = 1 / min(rate, MOST)
        self._steady = steady
        self._lock = Lock()
        self._free_at: dict[str, float] = {}
        self._paused_until: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self._booked = local()

    def paused(self, host: str) -> float:
        """Seconds for which `host` is still to be left alone; 0 where it is not."""
        with self._lock:
            return max(0.0, self._paused_until.get(host, 0.0) - self._steady())

    @contextmanager
    def booked(self, address: BaseUrl, *, first: bool = False) -> Iterator[None]:
        """Book a time for the call that follows on this thread, and wait for it, unless it comes `first`."""
        if not address.is_loopback:
            self._book(address.authority, first=first)
        self._booked.is_so = True
        try:
            yield
        finally:
            self._booked.is_so = False

    def paced(self, transport: Transport) -> Transport:
        """`transport`, whose calls pass these limits."""
        return _Paced(self, transport)

    def book(self, address: BaseUrl) -> None:
        """Book a time for one call, and wait for it, unless that was done.

        What is not queued waits here until the host is to be called again, `LONGEST_PAUSE` at most.
        """
        if getattr(self._booked, "is_so", False):
            self._booked.is_so = False
        elif not address.is_loopback:
            if pause := self.paused(address.authority):
                sleep(min(pause, LONGEST_PAUSE))
            self._book(address.authority, first=False)

    def hear(self, address: BaseUrl, outcome: Outcome) -> None:
        """Leave a host alone that says that it had too many calls."""
        if address.is_loopback or not isinstance(outcome, Answered):
            return
        host = address.authority
        with self._lock:
            if outcome.status != _TOO_MANY:
                self._pauses.pop(host, None)
                return
            pause = self._pauses[host] = min(2 * self._pauses.get(host, 0.5), LONGEST_PAUSE)
            asked = retry_after(outcome, self._now()) / SECOND
            until = self._steady() + (asked or pause)
            self._paused_until[host] = max(until, self._paused_until.get(host, 0.0))

    def _book(self, host: str, *, first: bool) -> None:
        with self._lock:
            now = self._steady()
            at = max(now, self._free_at.get(host, 0.0))
            self._free_at[host] = at + self._each
        if at > now and not first:
            sleep(at - now)


class _Paced:
    def __init__(self, limits: Limits, transport: Transport) -> None:
        self._limits = limits
        self._transport = transport

    def start(self, request: PreparedRequest) -> Call:
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        host = f"[{host}]" if ":" in host else host
        address = BaseUrl(scheme=parts.scheme, host=host, port=parts.port)
        self._limits.book(address)
        return Watched(self._transport.start(request), lambda outcome: self._limits.hear(address, outcome))
