"""The calls under way, as a person sees them: that one is slow, and that they can be cancelled."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from consent_desk.domain.delivery import State
from consent_desk.domain.outcome import DEADLINE
from consent_desk.domain.record import Entry
from consent_desk.ui import patience
from consent_desk.ui.batch_status import BatchStatus
from consent_desk.ui.dispatch import Departure, Dispatch
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.outcomes import Tone
from consent_desk.ui.station import Station


def noted(*, practice: bool) -> str:
    """What is said of a consent as soon as it is on disk."""
    return "Noted for practice." if practice else "Noted on this computer. You can end the call."


class CallDesk(QObject):
    """Offers *Cancel sending* while `dispatch` has something that a person asked for.

    Made before anybody else follows `dispatch`: once a call has ended, nothing says any more that it is slow.
    """

    def __init__(
        self,
        window: MainWindow,
        dispatch: Dispatch,
        batches: BatchStatus,
        say: Callable[[Station, Entry, Tone, str], None],
    ) -> None:
        super().__init__(window)
        self._button = window.consent.cancel
        self._dispatch = dispatch
        self._batches = batches
        self._say = say
        self._under_way: Departure | None = None
        self._is_pending = self._sends_kept = False
        self._slow = QTimer(self, singleShot=True)
        self._slow.timeout.connect(self._say_that_it_is_slow)
        dispatch.begun.connect(self._begin_to_wait)
        dispatch.sent.connect(self._end_waiting)
        dispatch.failed.connect(self._end_waiting)
        dispatch.pending_changed.connect(self._show_pending)
        window.consent.cancel_requested.connect(self.cancel)

    def cancel(self) -> None:
        """Cancel the sending that was asked for last, and all that the same press asked for."""
        last = self._dispatch.last_asked_for
        if last is None:
            return
        self._cancel_one(last)
        # One press is one decision: what belongs to it goes with it, also what waits for its time.
        for entry in self._batches.others(last.entry.request_id):
            departure = self._dispatch.find(entry.request_id)
            if departure is None and entry.state in {State.QUEUED, State.RETRY_WAIT}:
                departure = Departure(last.station, None, entry, by_person=False)
            if departure is not None and not departure.kept:
                self._cancel_one(departure)

    def show_kept(self, *, under_way: bool) -> None:
        """Offer to cancel while what was kept is sent, also between two calls."""
        self._sends_kept = under_way
        self._button.setVisible(self._is_pending or under_way)

    def _cancel_one(self, departure: Departure) -> None:
        if self._dispatch.cancel(departure):
            self._end_waiting(departure)
            self._say(departure.station, departure.entry, Tone.NEUTRAL, "Cancelling…")

    def _show_pending(self, pending: bool) -> None:
        self._is_pending = pending
        self._button.setVisible(pending or self._sends_kept)

    def _begin_to_wait(self, departure: Departure) -> None:
        self._under_way = departure
        self._slow.start(patience.SAY_SLOW_AFTER)

    def _end_waiting(self, departure: Departure, _outcome: object = None) -> None:
        # What waits behind the call under way may be cancelled: that call goes on.
        if departure is self._under_way:
            self._slow.stop()

    def _say_that_it_is_slow(self) -> None:
        departure = self._under_way
        if departure is not None and departure.by_person:
            practice = departure.station.practice
            who = "The Sandbox" if practice else "Engagement"
            slow = f"{who} has not answered yet. It is given {DEADLINE:.0f} seconds in all; Escape cancels."
            self._say(departure.station, departure.entry, Tone.NEUTRAL, f"{noted(practice=practice)} {slow}")
