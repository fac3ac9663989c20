"""Fills the log and its details from the journal of the station at work."""

from dataclasses import replace

from PySide6.QtCore import QObject

from consent_desk.domain.delivery import State
from consent_desk.domain.record import Entry
from consent_desk.ui.details import change_of, details_of
from consent_desk.ui.dispatch import Departure
from consent_desk.ui.log_panel import LogPanel
from consent_desk.ui.station import Station
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.ui.words import Local, render_error


class LogDesk(QObject):
    """Shows the log of one station at a time: `station`."""

    def __init__(self, panel: LogPanel, runner: TaskRunner, local: Local) -> None:
        super().__init__(panel)
        self._panel = panel
        self._runner = runner
        self._local = local
        self.station: Station | None = None
        self._missed: list[tuple[Station, Entry]] = []
        panel.line_chosen.connect(self._show_details)
        panel.model.change_wanted.connect(self._tell_change)

    def show_station(self, station: Station, entries: tuple[Entry, ...]) -> None:
        """Show the latest page of `station`."""
        self.station = station
        self._panel.model.replace(entries, practice=station.practice)
        missed, self._missed = self._missed, []
        for one in missed:
            self.put(*one)

    def leave(self) -> None:
        """Show nothing until another station is there."""
        self.station = None
        self._panel.model.replace((), practice=False)

    def put(self, station: Station, entry: Entry) -> None:
        """Show a new or changed line, if it belongs to the station that is shown."""
        if self.station is None:
            # What is read for the next station may be older.
            self._missed.append((station, entry))
        elif station is self.station:
            self._panel.model.put(entry)

    def choose(self, station: Station, entry: Entry) -> None:
        """Select a line and show its details, if it belongs to the station that is shown."""
        if station is self.station:
            self._panel.choose(entry.request_id)

    def show_open(self, station: Station, count: int) -> None:
        """Show how many consents Engagement may not have yet."""
        if station is self.station:
            self._panel.show_open(count)

    def show_begun(self, departure: Departure) -> None:
        """Show that a call is under way. The journal knows it by itself."""
        begun = replace(departure.entry, state=State.IN_FLIGHT, status=None, elapsed=None, held=False)
        self.put(departure.station, begun)

    def refresh(self, departure: Departure) -> None:
        """Show the line of `departure` as the journal has it; as it was before, where that cannot tell."""
        station, entry = departure.station, departure.entry
        self._runner.run(
            Lane.JOURNAL,
            lambda: station.outbox.entry(entry.request_id),
            done=lambda read: self.put(station, read),
            failed=lambda error: self.put(station, entry),
        )

    def find(self, request_id: str) -> Entry | None:
        """The line of one consent, None where it is not on the page."""
        return self._panel.model.find(request_id)

    def _show_details(self, request_id: str) -> None:
        station = self.station
        if station is None:
            return

        def work() -> tuple[dict[str, str], State, str]:
            # Laid out here too: a megabyte of JSON takes half a second, for which the window would stand.
            record = station.outbox.record(request_id)
            outlook = station.rounds.outlook(request_id)
            texts = details_of(record, self._local, practice=station.practice, outlook=outlook)
            return texts, record.facts[-1].state, change_of(record, self._local)

        def done(result: tuple[dict[str, str], State, str]) -> None:
            texts, state, change = result
            self._panel.model.tell_change(request_id, change)
            self._panel.show_details(request_id, texts, state)

        def failed(error: Exception) -> None:
            self._panel.show_details(request_id, {"Explanation": render_error(error)}, State.IN_FLIGHT)

        self._runner.run(Lane.JOURNAL, work, done=done, failed=failed)

    def _tell_change(self, request_id: str) -> None:
        station, model = self.station, self._panel.model
        if station is not None:
            self._runner.run(
                Lane.JOURNAL,
                lambda: change_of(station.outbox.record(request_id), self._local),
                done=lambda change: model.tell_change(request_id, change),
                failed=lambda error: None,
            )
