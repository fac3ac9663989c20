"""The presenter: connects form, preview, status and log to the services. Holds the state of the window.

Long because what is typed, shown and noted share one state.
"""

from collections.abc import Callable
from datetime import datetime, tzinfo

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.category import Category
from consent_desk.domain.cautions import Caution, cautions
from consent_desk.domain.consent import Consent, CustomerId, Timestamp
from consent_desk.domain.customer import Known
from consent_desk.domain.delivery import noun
from consent_desk.domain.doubts import doubts
from consent_desk.domain.draft import Draft, Problem, moment, one_each, parse
from consent_desk.domain.project import Project
from consent_desk.domain.record import Entry
from consent_desk.domain.request import prepare, prepare_event
from consent_desk.services.proof import Rebuilding
from consent_desk.ui.alarm_desk import AlarmDesk
from consent_desk.ui.categories_desk import CategoriesDesk
from consent_desk.ui.closing_desk import ClosingDesk
from consent_desk.ui.correction_desk import CorrectionDesk
from consent_desk.ui.counter_desk import CounterDesk
from consent_desk.ui.details import slip_of
from consent_desk.ui.history_desk import HistoryDesk
from consent_desk.ui.id_help_desk import IdHelpDesk
from consent_desk.ui.kept_desk import KeptDesk
from consent_desk.ui.log_desk import LogDesk
from consent_desk.ui.look_up_desk import LookUpDesk
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.noting import Noting, Press, Sendable
from consent_desk.ui.outcomes import Tone
from consent_desk.ui.project_desk import ProjectDesk
from consent_desk.ui.proof_desk import ProofDesk
from consent_desk.ui.question_desk import QuestionDesk
from consent_desk.ui.questions import Questions
from consent_desk.ui.sending_desk import SendingDesk
from consent_desk.ui.station import Station
from consent_desk.ui.stations import Stations
from consent_desk.ui.tasks import TaskRunner
from consent_desk.ui.words import render, render_error

_START = "start"


class Desk(QObject):
    """One desk, one window. Every slot runs on the GUI thread; what may wait runs on a lane.

    Emits `journal_well` when that of the real consents was opened or written, `journal_shut(error)` where it
    could not be opened, and `not_noted(error)`.
    """

    journal_well = Signal()
    journal_shut = Signal(object)
    not_noted = Signal(object)

    def __init__(
        self,
        window: MainWindow,
        runner: TaskRunner,
        questions: Questions,
        stations: Stations,
        projects: ProjectDesk,
        *,
        categories: CategoriesDesk,
        id_help: IdHelpDesk,
        now: Callable[[], Timestamp],
        zone: tzinfo,
        rebuilding: Callable[[], Rebuilding],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._form = window.consent
        self._runner = runner
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
        self._log = LogDesk(window.log, runner, self._local, now=now, zone=zone)
        self._look_up = LookUpDesk(window, runner, self._local, now=now)
        self._correction = CorrectionDesk(window, runner, questions, self._log, now=now, local=self._local)
        self._question = QuestionDesk(self._form.question, self._local, self)
        self._categories_desk = categories
        self._id_help = id_help
        self._noting = Noting(runner, self)
        self.sending = SendingDesk(window, runner, projects, self._log, self._local)
        self._alarms = AlarmDesk(window, runner, projects, self._log, self._local)
        self._kept = KeptDesk(window, runner, self.sending, now)
        self._counter = CounterDesk(window.log, self.sending, now, self._local)
        self._closing = ClosingDesk(window, runner, questions, self.sending)
        history = HistoryDesk(window, runner, questions, self._log, self.sending.say)
        history.discarded.connect(self.sending.follow)
        history.discarded.connect(self._alarms.look_again)
        history.erased.connect(self._forget)
        ProofDesk(window, runner, questions, self._log, projects, rebuilding=rebuilding, local=self._local)
        self._follow_form()
        self._follow(stations, projects)
        self.show_draft(self._form.draft())

    def _follow_form(self) -> None:
        self._question.confirmed.connect(self._press)
        self._question.another_chosen.connect(self._use_instead)
        self._question.declined.connect(self._form.go_to)
        self._categories_desk.offered.connect(self._offer_categories)
        self._id_help.changed.connect(lambda: self.show_draft(self._form.draft()))
        self._noting.stamped.connect(self._show_stamped)
        self._noting.noted.connect(self._noted)
        self._noting.failed.connect(self._not_noted)
        self._form.draft_changed.connect(self.show_draft)
        self._form.send_requested.connect(self.send)

    def _follow(self, stations: Stations, projects: ProjectDesk) -> None:
        self._alarms.noted.connect(self._noted_anew)
        self._alarms.failed.connect(lambda project, one, error: self._say_not_noted(project, (one,), error))
        self.sending.contradicted.connect(self._alarms.look_again)
        self.sending.withdrawn.connect(self._alarms.look_again)
        stations.taken_up.connect(self.sending.take_up)
        stations.taken_up.connect(self._alarms.take_up)
        projects.check_passed.connect(self._offer_kept)
        projects.project_left.connect(self._noting.leave_form)
        projects.project_left.connect(self._form.forget_all)
        projects.project_chosen.connect(self.use_project)
        projects.project_withheld.connect(self.wait_for_project)
        projects.sandbox_chosen.connect(self.use_sandbox)

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

    def leave_journal(self, why: str) -> None:
        """Put the journal of the real consents down: it is about to be closed."""
        if self._practice is False:
            self._wanted = object()
            self._leave(why)

    def _leave(self, why: str) -> None:
        self._categories_desk.leave()
        self._kept.leave()
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
                # A proof can be rebuilt all the same.
                self._form.offer_id_types(() if project is None else project.id_types)
                self.show_draft(self._form.draft())
                if not practice:
                    self.journal_shut.emit(error)

        self._stations.enter(practice=practice, done=done, failed=failed)

    def _show_station(self, station: Station, entries: tuple[Entry, ...], project: Project | None) -> None:
        self._station, self._project = station, project
        self._correction.enter(project)
        self._window.status.forget(_START)
        if not station.practice:
            self.journal_well.emit()
        if self._pressed_early and project is not None:
            self._pressed_early = False
            again = "Ready now. What was pressed before was not noted: press Send again."
            self._window.status.show_message(_START, Tone.WARNING, again)
        self._log.show_station(station)
        self._counter.show_station(station)
        self._form.offer_id_types(() if project is None else project.id_types)
        if station.practice and project is not None:
            self._window.project_bar.show_host(project.base_url.authority)
        self.show_draft(self._form.draft())
        if project is not None:
            self._window.begin_at_customer_id()
            self._categories_desk.enter(station, project)
            self._kept.consider(station, project)

    def _offer_kept(self) -> None:
        if self._station is not None and self._project is not None:
            self._kept.consider(self._station, self._project, checked=True)

    def _offer_categories(self, categories: tuple[Category, ...]) -> None:
        # First: to be offered them, the form tells its draft anew.
        self._categories = categories
        self._form.offer_categories(categories)

    # -- form and preview -------------------------------------------------------------------------

    def show_draft(self, draft: Draft) -> None:
        """Show what would be sent now, or what is missing."""
        draft = self._correction.follow(draft)
        self._question.follow(draft)
        transport = None if self._station is None else self._station.transport
        self._look_up.follow(draft, self._project, transport, self._categories)
        read = self._parse(draft)
        problems = () if isinstance(read, Consent) else read
        odd = self._id_help.doubts(draft)
        odd += doubts(draft, categories=self._categories, now=self._now(), zone=self._zone)
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
        """Note the consent, then send it: one press is one consent. What speaks against it is asked first."""
        if self._question.is_open:
            self._question.go_on()
        else:
            self._press(())

    def _press(self, confirmed: tuple[Caution, ...]) -> None:
        station, project = self._station, self._project
        if self._noting.busy:
            return
        if station is None or project is None:
            self._pressed_early = True
            self._window.status.show_message(_START, Tone.BAD, f"Nothing was noted. {self._why_closed}")
            return
        self._window.status.forget(_START)
        failed = self._noting.failed_press(draft := self._form.draft(), station, project)
        consent = self._parse(draft) if failed is None else failed.consent
        if not isinstance(consent, Consent):
            self.show_draft(draft)
            self._form.go_to_problem()
            return
        if failed is None:
            failed = self._press_of(station, project, draft, consent)
        if self._question.asks(self._speaks_against(failed), confirmed, draft):
            return
        self._form.switch_off_send()
        self._look_up.keep(consent)
        self._noting.begin(failed)

    def _press_of(self, station: Station, project: Project, draft: Draft, consent: Consent) -> Press:
        sendable = self._all_of(draft, consent)
        context = self._correction.context(draft, self._look_up.context(sendable.first))
        others = tuple((one, self._look_up.context(one)) for one in sendable.others)
        return Press(station, project, draft, sendable.first, context, others)

    def _speaks_against(self, press: Press) -> tuple[Caution, ...]:
        customer = press.consent.customer
        is_stranger = press.station.practice and customer not in press.station.customers
        found = self._look_up.found(customer)
        asked: list[Caution] = []
        for consent, _ in press.all:
            of_this = cautions(consent, found, self._categories, is_stranger=is_stranger)
            # What speaks against all of them is asked once.
            asked += [one for one in of_this if one not in asked]
        return tuple(asked)

    def _use_instead(self, known: Known) -> None:
        self._look_up.adopt(known)
        self._form.customer_id.setText(known.customer.value)
        self._press(())

    def _show_stamped(self, press: Press) -> None:
        if self._noting.concerns_form(press):
            stamp = f"stamped {self._written(press.consent.timestamp)}"
            sendable = Sendable(press.consent, tuple(one for one, _ in press.others))
            self._show_preview(sendable, "", stamp=stamp)

    def _noted(self, press: Press, entries: tuple[Entry, ...]) -> None:
        if not press.station.practice:
            self.journal_well.emit()
        self.sending.batches.begin(entries, practice=press.station.practice)
        for entry in entries:
            self._log.put(press.station, entry)
            # First: while the form is cleared, it is on its way.
            self.sending.send_noted(press.station, entry, press.project)
        self._look_up.confirm(press.consent)
        self._look_up.remember(press.project, [one for one, _ in press.all])
        self._alarms.end_if_overtaken()
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
        self._say_not_noted(press.project, tuple(one for one, _ in press.all), error)

    def _say_not_noted(self, project: Project, consents: tuple[Consent, ...], error: Exception) -> None:
        slip = "\n\n".join(slip_of(one, project, self._written(one.timestamp)) for one in consents)
        said = f"NOT NOTED, and nothing was sent. {render_error(error)}"
        first = consents[0]
        if len(consents) > 1:
            names = ", ".join(one.category for one in consents)
            none = f"None of the {len(consents)} was noted"
            who = f"{first.customer.value}, {noun(first.action)} of {names}"
            self._window.status.show_message(first.request_id, Tone.BAD, f"{said}\n{none}: {who}", slip=slip)
        else:
            self.sending.say(first, Tone.BAD, said, slip=slip)
        if not project.practice:
            self.not_noted.emit(error)

    def _noted_anew(self, station: Station, project: Project, consent: Consent, entry: Entry) -> None:
        self._log.put(station, entry)
        self.sending.send_noted(station, entry, project)
        self._look_up.remember(project, (consent,))
        if project == self._project and not self._noting.busy:
            self._after_send = self._form.draft()
            stamp = f"stamped {self._written(consent.timestamp)}"
            self._show_preview(Sendable(consent), "", stamp=stamp)
        self._log.choose(station, entry)

    def _forget(self, project_id: str, customer: CustomerId) -> None:
        self.sending.forget(project_id, customer)
        self._form.forget_customer(customer.value)
        if not self._noting.busy:
            # The bytes of the last send may name the customer.
            self._after_send = None
            self.show_draft(self._form.draft())

    def _local(self, at: Timestamp) -> datetime:
        return moment(at, self._zone)

    def _written(self, at: Timestamp) -> str:
        return self._local(at).strftime("%Y-%m-%d %H:%M:%S %Z")


def _named(problem: Problem) -> str:
    return f"{problem.field}: {render(problem.message)}"
