"""Watch this computer's clock by what every answer says of the time, and ask for it."""

from collections.abc import Callable

from consent_desk.domain.clock import clock_off, is_off
from consent_desk.domain.consent import Timestamp
from consent_desk.domain.outcome import Answered, Outcome
from consent_desk.domain.project import Project
from consent_desk.domain.request import PreparedRequest, prepare_system_time
from consent_desk.services.sender import Call, Transport


class ClockWatch:
    """A `Transport` that looks at the time in each answer. May be used from any thread.

    `off`: seconds by which the clock was fast when the last answer came that told the time; None before the
    first one.
    """

    def __init__(self, transport: Transport, now: Callable[[], Timestamp]) -> None:
        self._transport = transport
        self._now = now
        self.off: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether the time was told already."""
        return self.off is not None

    @property
    def holds_accepts(self) -> bool:
        """Whether the clock is wrong, or may be: nobody has told the time yet."""
        return self.off is None or is_off(self.off)

    def check(self, project: Project) -> None:
        """Ask for the system time of `project`. Where no answer comes, as much is known as before."""
        outcome = self.start(prepare_system_time(project)).wait()
        if isinstance(outcome, Answered) and self.off is None:
            # Neither a time nor a `Date`: nobody would ever tell it, and no opt-in would leave.
            self.off = 0.0

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
