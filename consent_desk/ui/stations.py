"""Opens the journals, real and practice, on their lane, and takes up what an earlier run left there."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.record import Entry
from consent_desk.ui.station import Station
from consent_desk.ui.tasks import Lane, TaskRunner


@dataclass(frozen=True, slots=True)
class Left:
    """What an earlier run left: `unconfirmed` calls that it did not finish."""

    station: Station
    unconfirmed: int


class Stations(QObject):
    """Opens each station once. Emits `taken_up(Left)` the first time that it can be entered.

    `open_station(practice, opened)` puts into `opened` whatever is to be closed again: at once where
    anything fails before the station is in use, else with `resources`.
    """

    taken_up = Signal(object)

    def __init__(
        self,
        runner: TaskRunner,
        open_station: Callable[[bool, ExitStack], Station],
        resources: ExitStack,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._open_station = open_station
        self._resources = resources
        self._opened: dict[bool, Station] = {}
        self._left: dict[bool, Left] = {}
        self._lock = Lock()

    def enter(
        self,
        *,
        practice: bool,
        done: Callable[[Station, tuple[Entry, ...]], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Open a station if need be, and bring it with the latest page of its log."""

        def work() -> tuple[Station, tuple[Entry, ...], Left | None]:
            station = self._open(practice=practice)
            return station, station.outbox.latest(), self._left.pop(practice, None)

        def entered(result: tuple[Station, tuple[Entry, ...], Left | None]) -> None:
            station, entries, left = result
            done(station, entries)
            if left is not None:
                self.taken_up.emit(left)

        self._runner.run(Lane.JOURNAL, work, done=entered, failed=failed)

    def open_in(self, project_id: str) -> int:
        """How many consents of a real project are open. For the journal lane."""
        return self._open(practice=False).outbox.open_in(project_id)

    def stop(self) -> None:
        """Let no sender begin another call, and end those under way."""
        for station in list(self._opened.values()):
            station.sender.stop()

    def _open(self, *, practice: bool) -> Station:
        with self._lock:
            if practice in self._opened:
                return self._opened[practice]
            with ExitStack() as opened:
                station = self._open_station(practice, opened)
                unconfirmed = station.outbox.recover()
                self._left[practice] = Left(station, unconfirmed)
                self._resources.enter_context(opened.pop_all())
            self._opened[practice] = station
            return station
