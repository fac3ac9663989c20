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
    """Offers *Cancel sending* while `dispatch` has something of the last press, and for a line under way.

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
        self._last: tuple[Station, str] | None = None
        self._sends_kept = False
        self._slow = QTimer(self, singleShot=True)
        self._slow.timeout.connect(self._say_that_it_is_slow)
        dispatch.begun.connect(self._begin_to_wait)
        dispatch.sent.connect(self._end_waiting)
        dispatch.failed.connect(self._end_waiting)
        dispatch.pending_changed.connect(self._show_button)
        window.consent.cancel_requested.connect(self.cancel)
        window.log.cancel_requested.connect(self._cancel_line)

    def ask_for(self, station: Station, request_id: str) -> None:
        """A person asked for this just now: *Cancel sending* and Escape reach no older one any more."""
        self._last = station, request_id
        self._show_button()

    def cancel(self) -> None:
        """Cancel the last press, if anything of it is pending. An older one has its line in the log."""
        if self._last is None or not self._is_pending():
            return
        station, last = self._last
        press = {entry.request_id: entry for entry in self._batches.press_of(last)}
        for request_id in press or (last,):
            departure = self._dispatch.find(request_id)
            # One press is one decision: what waits for its time goes with it.
            if departure is None and press[request_id].state in {State.QUEUED, State.RETRY_WAIT}:
                departure = Departure(station, None, press[request_id], by_person=False)
            if departure is not None and not departure.kept:
                self._cancel_one(departure)

    def cancel_waiting(self, station: Station, entry: Entry) -> None:
        """Cancel one that was not handed over to be sent yet."""
        self._cancel_one(Departure(station, None, entry))

    def show_kept(self, *, under_way: bool) -> None:
        """Offer to cancel while what was kept is sent, also between two calls."""
        self._sends_kept = under_way
        self._show_button()

    def _cancel_one(self, departure: Departure) -> None:
        if self._dispatch.cancel(departure):
            self._end_waiting(departure)
            self._say(departure.station, departure.entry, Tone.NEUTRAL, "Cancelling…")
            self._show_button()

    def _cancel_line(self, request_id: str) -> None:
        departure = self._dispatch.find(request_id)
        if departure is None:
            return
        if departure.kept:
            why = "It goes on, or it would be discarded for good: Escape keeps those that follow."
            self._say(departure.station, departure.entry, Tone.NEUTRAL, why)
        else:
            self._cancel_one(departure)

    def _is_pending(self) -> bool:
        if self._last is None:
            return False
        _station, last = self._last
        if self._dispatch.can_cancel(last):
            return True
        return any(self._dispatch.can_cancel(one) for one in self._batches.request_ids(last))

    def _show_button(self) -> None:
        self._button.setVisible(self._sends_kept or self._is_pending())

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
