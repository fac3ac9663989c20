"""Opens the journals, real and practice, on their lane, and takes up what an earlier run left there."""

from collections.abc import Callable
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
    """Opens each station once. Emits `taken_up(Left)` the first time."""

    taken_up = Signal(object)

    def __init__(
        self, runner: TaskRunner, open_station: Callable[[bool], Station], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._open_station = open_station
        self._opened: dict[bool, Station] = {}
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
            station, left = self._open(practice=practice)
            return station, station.outbox.latest(), left

        def entered(result: tuple[Station, tuple[Entry, ...], Left | None]) -> None:
            station, entries, left = result
            done(station, entries)
            if left is not None:
                self.taken_up.emit(left)

        self._runner.run(Lane.JOURNAL, work, done=entered, failed=failed)

    def open_in(self, project_id: str) -> int:
        """How many consents of a real project are open. For the journal lane."""
        station, _left = self._open(practice=False)
        return station.outbox.open_in(project_id)

    def stop(self) -> None:
        """Let no sender begin another call, and end those under way."""
        for station in list(self._opened.values()):
            station.sender.stop()

    def write_again(self) -> None:
        """Write down, at the end, what could not be so far. For the journal lane."""
        for station in list(self._opened.values()):
            station.sender.write_again()

    @property
    def has_unwritten(self) -> bool:
        """Whether there is an outcome that could not be written down so far."""
        return any(station.sender.has_unwritten for station in list(self._opened.values()))

    def _open(self, *, practice: bool) -> tuple[Station, Left | None]:
        with self._lock:
            if practice in self._opened:
                return self._opened[practice], None
            station = self._open_station(practice)
            unconfirmed = station.outbox.recover()
            left = Left(station, unconfirmed)
            self._opened[practice] = station
            return station, left
