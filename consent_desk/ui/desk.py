"""The presenter: connects form, preview, status and log to the services. Holds the state of the window."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from PySide6.QtCore import QObject

from consent_desk.domain.answer import Meaning
from consent_desk.domain.category import Category
from consent_desk.domain.consent import Consent, Timestamp
from consent_desk.domain.doubts import doubts
from consent_desk.domain.draft import Draft, Problem, moment, one_each, parse
from consent_desk.domain.project import Project
from consent_desk.domain.record import NO_CONTEXT, Entry
from consent_desk.domain.request import prepare, prepare_event
from consent_desk.services.categories import fetch_categories
from consent_desk.ui.closing_desk import ClosingDesk
from consent_desk.ui.correction_desk import CorrectionDesk
from consent_desk.ui.details import slip_of
from consent_desk.ui.log_desk import LogDesk
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.noting import Noting, Press, Sendable
from consent_desk.ui.outcomes import Tone
from consent_desk.ui.project_desk import ProjectDesk
from consent_desk.ui.questions import Questions
from consent_desk.ui.sending_desk import SendingDesk
from consent_desk.ui.station import Station
from consent_desk.ui.stations import Stations
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.ui.words import render, render_error

NOTED = "Noted on this computer. You can end the call."

_START = "start"


class Desk(QObject):
    """One desk, one window. Every slot runs on the GUI thread; what may wait runs on a lane."""

    def __init__(
        self,
        window: MainWindow,
        runner: TaskRunner,
        questions: Questions,
        stations: Stations,
        projects: ProjectDesk,
        *,
        now: Callable[[], Timestamp],
        zone: tzinfo,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._form = window.consent
        self._runner = runner
        self._questions = questions
        self._stations = stations
        self._projects = projects
        self._now = now
        self._zone = zone
        self._station: Station | None = None
        self._practice: bool | None = None
        self._project: Project | None = None
        self._categories: tuple[Category, ...] = ()
        self._why_closed = "Starting…"
        self._wanted = object()
        self._pressed_early = False
        self._after_send: Draft | None = None
        self._log = LogDesk(window.log, runner, self._local)
        self._correction = CorrectionDesk(window, runner, questions, self._log, now=now, local=self._local)
        self._noting = Noting(runner, self)
        self._noting.stamped.connect(self._show_stamped)
        self._noting.noted.connect(self._noted)
        self._noting.failed.connect(self._not_noted)
        self._sending = SendingDesk(window, runner, projects, self._log, self._local)
        stations.taken_up.connect(self._sending.take_up)
        projects.project_left.connect(self._noting.leave_form)
        projects.project_left.connect(self._form.forget_all)
        projects.project_chosen.connect(self.use_project)
        projects.project_withheld.connect(self.wait_for_project)
        projects.sandbox_chosen.connect(self.use_sandbox)
        self._form.draft_changed.connect(self.show_draft)
        self._form.send_requested.connect(self.send)
        self._closing = ClosingDesk(window, runner, questions, self._sending)
        self.show_draft(self._form.draft())

    # -- which project ----------------------------------------------------------------------------

    def use_project(self, project: Project | None) -> None:
        """Work for a real project; None while none is usable."""
        why = "Choose a project, or wait until its settings are read."
        self._leave(why if project is None else "Opening the journal…")
        self._window.show_title(None if project is None else project.name, practice=False)
        self._enter(practice=False, project=project)

    def wait_for_project(self, name: str, why: str) -> None:
        """Say why the chosen project cannot be used."""
        self._why_closed = why
        self._window.show_title(name, practice=False)
        self.show_draft(self._form.draft())

    def use_sandbox(self) -> None:
        """Practise."""
        self._leave("The Sandbox is starting…")
        self._window.show_title(None, practice=True)
        self._enter(practice=True, project=None)

    def _leave(self, why: str) -> None:
        self._offer_categories(())
        self._correction.leave()
        self._log.leave()
        self._station = self._project = self._after_send = None
        self._why_closed = why
        self.show_draft(self._form.draft())

    def _enter(self, *, practice: bool, project: Project | None) -> None:
        wanted = self._wanted = object()
        if practice is not self._practice:
            # What practice said has no place beside a real project, nor the other way round.
            self._window.status.forget_all_but_slips()
            self._practice = practice

        def done(station: Station, entries: tuple[Entry, ...]) -> None:
            if self._wanted is wanted:
                self._show_station(station, entries, station.sandbox or project)

        def failed(error: Exception) -> None:
            if self._wanted is wanted:
                self._why_closed = render_error(error)
                self._window.status.show_message(_START, Tone.BAD, self._why_closed)
                self.show_draft(self._form.draft())

        self._stations.enter(practice=practice, done=done, failed=failed)

    def _show_station(self, station: Station, entries: tuple[Entry, ...], project: Project | None) -> None:
        self._station, self._project = station, project
        self._window.status.forget(_START)
        if self._pressed_early and project is not None:
            self._pressed_early = False
            again = "Ready now. What was pressed before was not noted: press Send again."
            self._window.status.show_message(_START, Tone.WARNING, again)
        self._log.show_station(station, entries)
        self._form.offer_id_types(() if project is None else project.id_types)
        if station.practice and project is not None:
            self._window.project_bar.show_host(project.base_url.authority)
        self.show_draft(self._form.draft())
        if project is not None:
            self._window.begin_at_customer_id()
            self._fetch_categories(station, project)

    def _fetch_categories(self, station: Station, project: Project) -> None:
        def done(result: tuple[Category, ...] | Meaning) -> None:
            if self._project is project and not isinstance(result, Meaning):
                self._offer_categories(result)

        # Categories are a convenience: without them they are typed, and a check says what is wrong.
        self._runner.run(
            Lane.LOOK_UP,
            lambda: fetch_categories(station.transport, project),
            done=done,
            failed=lambda error: None,
        )

    def _offer_categories(self, categories: tuple[Category, ...]) -> None:
        # First: to be offered them, the form tells its draft anew.
        self._categories = categories
        self._form.offer_categories(categories)

    # -- form and preview -------------------------------------------------------------------------

    def show_draft(self, draft: Draft) -> None:
        """Show what would be sent now, or what is missing."""
        draft = self._correction.follow(draft)
        read = self._parse(draft)
        problems = () if isinstance(read, Consent) else read
        odd = doubts(draft, categories=self._categories, now=self._now(), zone=self._zone)
        self._form.show_problems(problems, odd)
        first = _named(problems[0]) if problems else ""
        self._show_action(first, odd)
        # The stamped bytes of a send stay in view until something is typed: categories may come meanwhile.
        if draft != self._after_send and not self._noting.busy:
            self._after_send = None
            self._show_preview(self._all_of(draft, read) if isinstance(read, Consent) else read, first)

    def _show_preview(
        self, read: Sendable | tuple[Problem, ...], first_problem: str, stamp: str = ""
    ) -> None:
        project, preview = self._project, self._window.preview
        if project is None:
            preview.show_request(None, has_body=False, why_empty=self._why_closed, stamp="", unmasked=False)
        elif isinstance(read, Sendable):
            if read.first.timestamp == read.first.noted_at:
                stamp = stamp or "timestamp is set when you send"
            else:
                stamp = stamp or f"taken at {self._written(read.first.timestamp)}"
            preview.show_request(
                prepare(project, read.first),
                others=tuple(prepare(project, one) for one in read.others),
                has_body=True,
                why_empty="",
                stamp=stamp,
                unmasked=project.practice,
            )
        else:
            why_empty = f"The body appears when the form is complete.\n\n{first_problem}"
            request = prepare_event(project, b"")
            preview.show_request(
                request, has_body=False, why_empty=why_empty, stamp="", unmasked=project.practice
            )

    def _parse(self, draft: Draft) -> Consent | tuple[Problem, ...]:
        read = parse(draft, request_id=self._noting.request_id, now=self._now(), zone=self._zone)
        lacks = self._correction.problems(draft)
        return (() if isinstance(read, Consent) else read) + lacks if lacks else read

    def _all_of(self, draft: Draft, first: Consent) -> Sendable:
        ids = self._noting.request_ids(len(draft.categories)) if draft.categories else ()
        first, *others = one_each(first, draft.categories, ids)
        return Sendable(first, tuple(others))

    def _show_action(self, first_problem: str, odd: tuple[Problem, ...]) -> None:
        practice = self._project is not None and self._project.practice
        action = "opt in to" if self._form.opt_in.isChecked() else "opt out of"
        text = f"{action} {self._form.category_label() or 'the category'}"
        text = f"Practise: {text}" if practice else f"{text[0].upper()}{text[1:]}"
        why_not = self._why_closed if self._project is None else first_problem
        described = f"{text}. {' '.join(map(_named, odd))}" if odd else text
        self._form.send.show_action(text, description=why_not or described, ready=not why_not)

    # -- noting and sending -----------------------------------------------------------------------

    def send(self) -> None:
        """Note the consent, then send it. One press is one decision, also about several categories."""
        station, project = self._station, self._project
        if self._noting.busy:
            return
        if station is None or project is None:
            self._pressed_early = True
            self._window.status.show_message(_START, Tone.BAD, f"Nothing was noted. {self._why_closed}")
            return
        self._window.status.forget(_START)
        failed = self._noting.failed_press(draft := self._form.draft())
        consent = self._parse(draft) if failed is None else failed.consent
        if not isinstance(consent, Consent):
            self.show_draft(draft)
            self._form.go_to_problem()
            return
        if station.practice and consent.customer not in station.customers:
            question = "A real caller? This opts nobody out: nothing sent here reaches Engagement."
            if self._questions.choose("Practice", question, ("Cancel", "Practise")) != 1:
                return
        self._form.switch_off_send()
        if failed is None:
            others = tuple((one, NO_CONTEXT) for one in self._all_of(draft, consent).others)
            context = self._correction.context(draft, NO_CONTEXT)
            failed = Press(station, project, draft, consent, context, others)
        self._noting.begin(failed)

    def _show_stamped(self, press: Press) -> None:
        if self._noting.concerns_form(press):
            stamp = f"stamped {self._written(press.consent.timestamp)}"
            sendable = Sendable(press.consent, tuple(one for one, _ in press.others))
            self._show_preview(sendable, "", stamp=stamp)

    def _noted(self, press: Press, entries: tuple[Entry, ...]) -> None:
        self._sending.batches.begin(entries, practice=press.station.practice)
        for entry in entries:
            self._log.put(press.station, entry)
            # First: while the form is cleared, it is on its way.
            self._sending.send_noted(press.station, entry, press.project)
        self._form.send.setEnabled(True)
        if self._noting.concerns_form(press):
            self._after_send = self._form.next_draft(press.draft, press.draft)
            self._form.clear_caller(press.draft)
        self._log.choose(press.station, entries[0])

    def _not_noted(self, press: Press, error: Exception) -> None:
        self._form.send.setEnabled(True)
        if self._noting.concerns_form(press):
            self._form.send.setFocus()
            self.show_draft(self._form.draft())
        slips = (slip_of(one, press.project, self._written(one.timestamp)) for one, _ in press.all)
        slip = "\n\n".join(slips)
        said = f"NOT NOTED, and nothing was sent. {render_error(error)}"
        self._sending.say(press.consent, Tone.BAD, said, slip=slip)

    def _local(self, at: Timestamp) -> datetime:
        return moment(at, self._zone)

    def _written(self, at: Timestamp) -> str:
        return self._local(at).strftime("%Y-%m-%d %H:%M:%S %Z")


def _named(problem: Problem) -> str:
    return f"{problem.field}: {render(problem.message)}"
