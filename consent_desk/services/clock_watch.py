"""Watch this computer's clock by what every answer says of the time."""

from collections.abc import Callable

from consent_desk.domain.clock import clock_off, is_off
from consent_desk.domain.consent import Timestamp
from consent_desk.domain.outcome import Answered, Outcome
from consent_desk.domain.request import PreparedRequest
from consent_desk.services.sender import Call, Transport


class ClockWatch:
    """A `Transport` that looks at the `Date` of each answer. May be used from any thread."""

    def __init__(self, transport: Transport, now: Callable[[], Timestamp]) -> None:
        self._transport = transport
        self._now = now
        self.off = 0.0

    @property
    def holds_accepts(self) -> bool:
        """Whether the clock was wrong when the last answer came that told the time."""
        return is_off(self.off)

    def start(self, request: PreparedRequest) -> Call:
        """Begin to send `request`."""
        return _Watched(self._transport.start(request), self._see)

    def _see(self, outcome: Outcome) -> None:
        off = clock_off(outcome, self._now()) if isinstance(outcome, Answered) else None
        if off is not None:
            self.off = off


class _Watched:
    def __init__(self, call: Call, see: Callable[[Outcome], None]) -> None:
        self._call = call
        self._see = see

    def wait(self) -> Outcome:
        outcome = self._call.wait()
        self._see(outcome)
        return outcome

    def cancel(self) -> None:
        self._call.cancel()
