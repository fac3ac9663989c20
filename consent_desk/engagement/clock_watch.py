"""Know Engagement's time by what every answer says of it, and ask for it."""

from collections.abc import Callable
from time import monotonic

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, Timestamp
from consent_desk.domain.lifecycle.messages import STAMPED_WRONG, WAITS_FOR_CLOCK, WAITS_FOR_TIME
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.message import Message
from consent_desk.domain.wire.outcome import Answered, Outcome
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import PreparedRequest, prepare_system_time
from consent_desk.domain.wire.server_clock import CLOCK_TOLERANCE, Moment, clock_off, is_of_the_way, is_off
from consent_desk.engagement.calls import Call, Transport, Watched

_SECOND = 1_000_000


class ClockWatch:
    """A `Transport` that looks at the time in each answer. May be used from any thread.

    `steady`: seconds that nobody sets. Where this computer's clock was set by more than it may be off since
    the time was told, that is known no more, until the next answer.
    """

    def __init__(
        self, transport: Transport, now: Callable[[], Timestamp], steady: Callable[[], float] = monotonic
    ) -> None:
        self._transport = transport
        self._now = now
        self._steady = steady
        self._began = now()
        # How far this computer's clock is before the steady one, at the start and when the time was told.
        self._ahead_at_start = self._ahead()
        self._told: tuple[float, float] | None = None
        self._nobody_tells = False

    @property
    def off(self) -> float | None:
        """Seconds by which this computer's clock is fast (negative: slow); None where that is not known."""
        if self._told is None:
            return None
        off, ahead = self._told
        was_set = self._ahead() - ahead
        return None if is_off(was_set) else off + was_set

    @property
    def is_known(self) -> bool:
        """Whether the time was told already."""
        return self.off is not None

    @property
    def holds_accepts(self) -> bool:
        """Whether an opt-in waits that was noted while nobody had told the time: nobody has so far."""
        return not self.is_known and not self._nobody_tells

    def moment(self) -> Moment:
        """The moment, as a decision that is taken now is stamped. Waits for nothing."""
        now, off = self._now(), self.off
        if off is None:
            return Moment(now)
        if not is_off(round(off)):
            return Moment(now, round(off))
        return Moment(Timestamp(now.micros - round(off * _SECOND)), round(off))

    def why_held(self, noted: Noted) -> Message | None:
        """Why an opt-in must not leave with the time that it bears; None where nothing is wrong with that."""
        consent = noted.consent
        if consent.action is Action.REJECT or noted.context.clock_off is not None:
            return None
        off = self.off
        if off is None and not self._nobody_tells:
            return WAITS_FOR_TIME
        was_now = consent.timestamp == consent.noted_at
        is_wrong = off is not None and is_off(off)
        if was_now and (is_wrong or self._was_set_since(consent.timestamp) or self._is_ahead(consent)):
            return STAMPED_WRONG
        return WAITS_FOR_CLOCK if is_wrong else None

    def check(self, project: Project) -> None:
        """Ask for the system time of `project`. Where no answer comes, as much is known as before."""
        outcome = self.start(prepare_system_time(project)).wait()
        if isinstance(outcome, Answered) and not is_of_the_way(outcome):
            # Neither a time nor a `Date`: nobody would ever tell it, and no opt-in would leave.
            self._nobody_tells = not self.is_known

    def learn(self, project: Project) -> None:
        """Ask for the time unless it is known."""
        if not self.is_known:
            self.check(project)

    def start(self, request: PreparedRequest) -> Call:
        """Begin to send `request`."""
        return Watched(self._transport.start(request), self._see)

    def _see(self, outcome: Outcome) -> None:
        off = clock_off(outcome, self._now()) if isinstance(outcome, Answered) else None
        if off is not None:
            self._told = off, self._ahead()

    def _ahead(self) -> float:
        return self._now().micros / _SECOND - self._steady()

    def _is_ahead(self, consent: Consent) -> bool:
        """Whether it bears a time that has not come yet: an earlier run stamped it."""
        return consent.timestamp.micros > self.moment().now.micros + CLOCK_TOLERANCE * _SECOND

    def _was_set_since(self, stamped: Timestamp) -> bool:
        """Whether this computer's clock was set by more than it may be off, in the run that stamped this."""
        return stamped >= self._began and is_off(self._ahead() - self._ahead_at_start)
