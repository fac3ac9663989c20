"""How far one call has come, and the one outcome that it ends with."""

from contextlib import suppress
from dataclasses import replace
from socket import SHUT_RDWR, socket
from threading import Condition
from time import monotonic
from typing import Any

from consent_desk.domain.wire.answer import Headers
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase, Way

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
