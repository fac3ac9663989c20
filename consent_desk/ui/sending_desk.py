"""Sends what is noted, and says in words what came of it."""

from functools import partial

from PySide6.QtCore import QObject, QTimer

from consent_desk.domain.consent import Consent
from consent_desk.domain.delivery import State, decision
from consent_desk.domain.errors import JournalTrouble
from consent_desk.domain.outcome import DEADLINE
from consent_desk.domain.project import Project
from consent_desk.domain.record import Entry
from consent_desk.services.sender import Sent
from consent_desk.ui import patience
from consent_desk.ui.dispatch import Departure, Dispatch
from consent_desk.ui.log_desk import LogDesk
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.outcomes import Tone
from consent_desk.ui.project_desk import ProjectDesk
from consent_desk.ui.states import tone_of
from consent_desk.ui.station import Station
from consent_desk.ui.stations import Left
from consent_desk.ui.tasks import TaskRunner
from consent_desk.ui.words import render, render_error

_LEFT = "left"


def noted(*, practice: bool) -> str:
    """What is said of a consent as soon as it is on disk."""
    return "Noted for practice." if practice else "Noted on this computer. You can end the call."


class SendingDesk(QObject):
    """Knows what is on its way, for whatever station, also while the window shows another one."""

    def __init__(
        self, window: MainWindow, runner: TaskRunner, projects: ProjectDesk, log: LogDesk, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._status = window.status
        self._projects = projects
        self._log = log
        self._asked = False
        self._dispatch = Dispatch(runner, self)
        self._under_way: Departure | None = None
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.timeout.connect(self._say_that_it_is_slow)
        self._dispatch.begun.connect(log.show_begun)
        self._dispatch.begun.connect(self._begin_to_wait)
        self._dispatch.sent.connect(self._sent)
        self._dispatch.failed.connect(self._not_sent)
        self._dispatch.kept.connect(self._not_cancelled)
        self._dispatch.pending_changed.connect(window.consent.cancel.setVisible)
        window.consent.cancel_requested.connect(self.cancel)
        window.log.send_again_requested.connect(self.send_again)

    def depart(
        self, station: Station, entry: Entry, project: Project | None, *, by_person: bool = True
    ) -> None:
        """Send a noted consent, unless it is on its way already."""
        self._asked = self._asked or by_person
        if not self._dispatch.holds(entry.request_id):
            self._dispatch.add(Departure(station, project, entry, by_person))

    def take_up(self, left: Left) -> None:
        """Tell what an earlier run left, and send what still waits."""
        if left.unconfirmed:
            self._status.show_message(
                _LEFT,
                Tone.WARNING,
                f"{left.unconfirmed} not confirmed: the program ended while they were being sent. They are "
                "in the log. Do not enter them again: look the customers up in Engagement.",
            )
        for entry in left.queued:
            self._projects.find(
                entry.project_id,
                partial(self.depart, left.station, entry, by_person=False),
                partial(self._say_that_it_waits, left.queued, entry),
            )

    def cancel(self) -> None:
        """Cancel the sending that was asked for last."""
        if (departure := self._dispatch.cancel_last()) is not None:
            self._end_waiting(departure)
            self.say(departure.entry, Tone.NEUTRAL, "Cancelling…")

    def send_again(self, request_id: str) -> None:
        """Send what certainly was not recorded: the same bytes, once more."""
        station, entry = self._log.station, self._log.find(request_id)
        if station is None or entry is None or self._dispatch.holds(request_id):
            return
        if station.practice:
            self.depart(station, entry, station.sandbox)
        else:
            self._projects.find(
                entry.project_id,
                partial(self.depart, station, entry),
                lambda why: self.say(entry, Tone.BAD, f"Not sent: {why}"),
            )

    def say(self, entry: Entry | Consent, tone: Tone, text: str, *, slip: str = "") -> None:
        """Say `text` of one consent. What was said of it before is overtaken."""
        who = f"{entry.customer.value}, {render(decision(entry.action, entry.category))}"
        self._status.show_message(entry.request_id, tone, f"{text}\n{who}", slip=slip)

    def _say_that_it_waits(self, queued: tuple[Entry, ...], entry: Entry, why: str) -> None:
        # Once for a project: the last that was told of it is replaced.
        count = sum(one.project_id == entry.project_id for one in queued)
        waits = "1 consent still waits" if count == 1 else f"{count} consents still wait"
        text = f"{waits} for the settings of {entry.project_name}. {why} Then use Send again."
        self._status.show_message(entry.project_id, Tone.WARNING, text)

    def _begin_to_wait(self, departure: Departure) -> None:
        self._under_way = departure
        self._slow.start(patience.SAY_SLOW_AFTER)

    def _end_waiting(self, departure: Departure) -> None:
        # What waits behind the call under way may be cancelled: that call goes on.
        if departure is self._under_way:
            self._slow.stop()

    def _say_that_it_is_slow(self) -> None:
        departure = self._under_way
        if departure is not None and departure.by_person:
            practice = departure.station.practice
            who = "The Sandbox" if practice else "Engagement"
            slow = f"{who} has not answered yet. It is given {DEADLINE:.0f} seconds in all; Escape cancels."
            self.say(departure.entry, Tone.NEUTRAL, f"{noted(practice=practice)} {slow}")

    def _sent(self, departure: Departure, sent: Sent | None) -> None:
        self._end_waiting(departure)
        if sent is None:
            self._log.refresh(departure)
            if departure.by_person:
                self.say(departure.entry, Tone.NEUTRAL, "Nothing was sent: see in the log how it stands.")
            return
        self._log.put(departure.station, sent.entry)
        tone = tone_of(sent.entry.state, practice=departure.station.practice)
        text = f"{render(sent.judgement.headline)} {render(sent.judgement.advice)}"
        if sent.trouble is not None:
            tone = Tone.BAD
            text = f"{text} This outcome could not be written down: {render_error(sent.trouble)}"
        # What waited from earlier and still waits says so in its line, and not over what was sent since.
        waits_on = sent.entry.state is State.QUEUED and self._asked
        if departure.by_person or (tone in {Tone.BAD, Tone.WARNING} and not waits_on):
            self.say(sent.entry, tone, text)

    def _not_sent(self, departure: Departure, error: Exception) -> None:
        self._end_waiting(departure)
        self._log.refresh(departure)
        if isinstance(error, JournalTrouble):
            said = "It is noted, but it was not sent."
        else:
            said = "It may have been sent. Do not enter it again: look the customer up in Engagement."
        self.say(departure.entry, Tone.BAD, f"{said} {render_error(error)}")

    def _not_cancelled(self, departure: Departure, error: Exception) -> None:
        self._log.refresh(departure)
        said = "It is not sent now, but it could not be cancelled for good: the next start would send it."
        self.say(departure.entry, Tone.BAD, f"{said} {render_error(error)}")
