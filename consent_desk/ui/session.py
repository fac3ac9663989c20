"""The session: which project and workspace are in use, and where each event of an engine is shown."""

from PySide6.QtCore import Signal

from consent_desk.delivery.events import Event, Learnt, Noted, NotNoted, Released, Repeated, Stamped
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Consent, CustomerId
from consent_desk.domain.lifecycle.messages import tell_all, tell_check
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Entry
from consent_desk.domain.lifecycle.state import TO_CHECK_STATES
from consent_desk.domain.message import say
from consent_desk.domain.wire.project import PRACTICE_ID, Project
from consent_desk.ui.checks.correction import CorrectionPresenter
from consent_desk.ui.checks.hold import HoldPresenter
from consent_desk.ui.checks.question import QuestionPresenter
from consent_desk.ui.form.categories import CategoriesPresenter
from consent_desk.ui.form.id_hints import IdHintsPresenter
from consent_desk.ui.form.presenter import FormPresenter
from consent_desk.ui.form.submission import Submission, Submitter
from consent_desk.ui.log.actions import LogActionsPresenter
from consent_desk.ui.log.attention import AttentionPresenter
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.outcomes.alarm import AlarmPresenter
from consent_desk.ui.outcomes.outstanding import OutstandingPresenter
from consent_desk.ui.outcomes.presenter import OutcomePresenter
from consent_desk.ui.outcomes.receipt_presenter import ReceiptPresenter
from consent_desk.ui.outcomes.resend import ResendPresenter
from consent_desk.ui.outcomes.slip import SlipPresenter
from consent_desk.ui.presenting.presenter import PresentingPresenter
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.proof.presenter import ProofPresenter
from consent_desk.ui.sending import START, SendPresenter
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.places import Rank
from consent_desk.ui.states import tone_of
from consent_desk.ui.widgets.messages import phrase, render, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.ui.workspaces import Workspaces
from consent_desk.workspace import Workspace

_PRESENTING = say("window", "Masked for presenting. Nothing real can be sent: choose the Sandbox to send.")


class Session(Presenter):
    """One desk, one window. Every slot runs on the GUI thread; what may wait runs on a lane.

    Emits `journal_well` when that of the real consents was opened or written, `journal_shut(error)` where it
    could not be opened, `not_noted(error)` where it could not be written.
    """

    journal_well = Signal()
    journal_shut = Signal(object)
    not_noted = Signal(object)

    def __init__(
        self,
        shell: ShellContext,
        workspaces: Workspaces,
        projects: ProjectPresenter,
        *,
        categories: CategoriesPresenter,
        id_help: IdHintsPresenter,
    ) -> None:
        super().__init__(shell)
        self._form = self._window.consent
        self._workspaces = workspaces
        self.projects = projects
        self._practice: bool | None = None
        self._wanted = object()
        self._log = LogPresenter(shell)
        self._look_up = LookupPresenter(
            shell, now=lambda: self._filled.moment().now, alternatives=id_help.alternatives
        )
        self._correction = CorrectionPresenter(shell, self._log)
        self._question = QuestionPresenter(self._form.question, shell.local, self, current=self._form.draft)
        self._categories = categories
        self._submitter = Submitter(self)
        self._filled = FormPresenter(
            shell,
            self._submitter,
            look_up=self._look_up,
            correction=self._correction,
            question=self._question,
            id_help=id_help,
        )
        self._receipt = ReceiptPresenter(shell, lambda: projects.marks.several)
        SlipPresenter(shell, self._receipt)
        self.sending = OutcomePresenter(shell, self._log, self._receipt)
        self._hold = HoldPresenter(self._look_up, self._question, self)
        self._alarms = AlarmPresenter(shell, projects, self._log)
        self._kept = ResendPresenter(shell, self.sending)
        self._attention = AttentionPresenter(shell, self._log)
        self.sending.counted.connect(self._attention.take)
        OutstandingPresenter(shell, self.sending, self._receipt, self._submitter, self._hold)
        history = LogActionsPresenter(shell, self._log, self.sending.answer, self._correction.cannot_enter)
        history.discarded.connect(lambda workspace, request_id: workspace.engine.follow(request_id))
        history.discarded.connect(lambda _workspace, request_id: self._hold.let_go(request_id))
        history.discarded.connect(self._alarms.look_again)
        history.erased.connect(self._forget)
        categories.offered.connect(history.learn_labels)
        ProofPresenter(shell, self._log)
        PresentingPresenter(shell, projects, self._why_not_present)
        self._send = SendPresenter(
            shell,
            workspaces,
            self._filled,
            self._submitter,
            look_up=self._look_up,
            question=self._question,
            hold=self._hold,
            receipt=self._receipt,
            find=projects.find,
        )
        self._send.noted.connect(self._take_noted)
        self._send.not_noted.connect(self.not_noted)
        self._follow_form()
        self._follow(workspaces, projects)
        self._filled.show_anew()

    def _follow_form(self) -> None:
        self._categories.offered.connect(self._filled.offer_categories)
        self._categories.offered.connect(
            lambda offered: self._receipt.name_categories({one.id: one.label for one in offered})
        )
        self._categories.offered.connect(self._log.name_categories)
        self._categories.time_told.connect(self._filled.show_anew)
        for told in (self._categories.offered, self._categories.time_told, self._look_up.answered):
            told.connect(self._alarms.show_anew)
        self._receipt.correction_wanted.connect(self._correction.correct)
        self._hold.given_up.connect(self.sending.give_up)
        self._hold.given_up.connect(lambda *_: self._form.customer_id.setFocus())
        self.sending.ended.connect(self._hold.let_go)

    def _follow(self, workspaces: Workspaces, projects: ProjectPresenter) -> None:
        self._alarms.noted.connect(self._noted_anew)
        self._alarms.failed.connect(self._not_noted_anew)
        self.sending.contradicted.connect(self._alarms.look_again)
        self.sending.withdrawn.connect(self._alarms.look_again)
        workspaces.told.connect(self._take)
        workspaces.taken_up.connect(self.sending.take_up)
        workspaces.taken_up.connect(lambda workspace, _: workspaces.deliver(workspace, projects.find))
        for seen in (workspaces.taken_up, workspaces.shown_anew):
            seen.connect(lambda workspace, *_: self._alarms.take_up(self._shell.lens.workspace(workspace)))
        for changed in (projects.project_saved, projects.project_removed):
            changed.connect(workspaces.change_settings)
            changed.connect(self._kept.stop_for)
        projects.check_passed.connect(self._offer_kept)
        projects.marks.changed.connect(lambda: self._log.name_projects(projects.marks.several))
        projects.project_left.connect(self._submitter.leave_form)
        projects.project_left.connect(self._receipt.leave_project)
        self._shell.lens.changed.connect(self._receipt.put_away)
        projects.project_left.connect(self._form.forget_all)
        projects.project_chosen.connect(self.use_project)
        projects.project_withheld.connect(self._wait_for_project)
        projects.sandbox_chosen.connect(self._use_sandbox)

    # -- which project ----------------------------------------------------------------------------

    def use_project(self, project: Project | None) -> None:
        """Work for a real project; None while none is usable. While somebody presents, none is."""
        why = phrase("window", "Choose a project, or wait until its settings are read.")
        name = None if project is None else project.name
        if self._shell.lens.is_on:
            project, why = None, render(_PRESENTING)
        self._leave(why if project is None else phrase("window", "Opening the journal…"))
        self._window.show_title(name, practice=False)
        self._enter(practice=False, project=project)

    def _wait_for_project(self, name: str, why: str) -> None:
        self._window.show_title(name, practice=False)
        self._filled.say_why_closed(why)

    def _use_sandbox(self) -> None:
        self._leave(phrase("window", "The Sandbox is starting…"))
        self._window.show_title(None, practice=True)
        self._enter(practice=True, project=None)

    def _why_not_present(self) -> str:
        """Why nobody can look on now: something is only here, and would be put away. Empty where they can."""
        if self._submitter.busy or self._hold.is_holding:
            return phrase("window", "Wait until what you pressed Send for has left.")
        if self._kept.is_sending:
            return phrase("window", "Wait until what was kept has left, or stop that.")
        if self._question.is_open:
            return phrase("window", "Answer the question first.")
        if self._receipt.names_not_noted:
            return phrase("window", "Deal first with what was NOT NOTED: copy its slip, then dismiss it.")
        if self._window.banners.is_shown(Rank.JOURNAL):
            return phrase("window", "Mend the journal first.")
        return ""

    def leave_journal(self, why: str) -> None:
        """Put the journal of the real consents down: it is about to be closed."""
        if self._practice is False:
            self._wanted = object()
            self._leave(why)

    def _leave(self, why: str) -> None:
        # While its journal is open still, and nothing is asked about it beside another project.
        self._hold.release()
        self._categories.leave_project()
        self._kept.offer_nothing()
        self._correction.use_project(None)
        self._log.show_nothing()
        self._filled.lead_nowhere(why)

    def _enter(self, *, practice: bool, project: Project | None) -> None:
        wanted = self._wanted = object()
        self._practice = practice
        self._status.turn_to(practice=practice)
        self._alarms.turn_to(practice=practice)

        def done(workspace: Workspace) -> None:
            if self._wanted is wanted:
                self._show_workspace(workspace, workspace.sandbox or project)

        def failed(error: Exception) -> None:
            if self._wanted is wanted:
                why = render_error(error)
                self._status.show_message(START, Tone.BAD, why)
                self._filled.say_why_closed(why)
                if not practice:
                    self.journal_shut.emit(error)

        self._workspaces.enter(practice=practice, done=done, failed=failed)
        if not practice:
            self._workspaces.leave_practice()

    def _show_workspace(self, workspace: Workspace, project: Project | None) -> None:
        self._filled.lead_to(workspace, project)
        self._correction.use_project(project)
        self._status.take_back(START)
        if not workspace.practice:
            self.journal_well.emit()
        if project is not None:
            self._send.tell_ready()
        self._log.show_workspace(workspace)
        self._attention.show_workspace(workspace)
        self._form.offer_id_types(() if project is None else project.id_types)
        if project is not None:
            self._form.begin_with(project.profile.category, project.profile.channel)
        if workspace.sandbox is not None:
            self.projects.show_sandbox(workspace.sandbox)
        self._filled.show_anew()
        if project is not None:
            self._window.begin_at_customer_id()
            self._categories.use_project(workspace, project)
            self._kept.consider(workspace, project)

    def _offer_kept(self) -> None:
        workspace, project = self._filled.workspace, self._filled.project
        if workspace is not None and project is not None:
            workspace.engine.settings_work(project.id)
            self._kept.consider(workspace, project, checked=True)

    # -- what comes back ---------------------------------------------------------------------------

    def _take_noted(self, submission: Submission, entries: tuple[Entry, ...]) -> None:
        if not submission.workspace.practice:
            self.journal_well.emit()
        for entry in entries:
            self._log.put(submission.workspace, entry)
        self._alarms.end_if_overtaken()
        self._log.choose(submission.workspace, entries[0])

    def _not_noted_anew(
        self, workspace: Workspace, project: Project, consent: Consent, error: Exception
    ) -> None:
        # The alarm rings on: there it is tried again.
        submission = Submission(workspace, project, Draft(), ((consent, NO_CONTEXT),))
        self._receipt.take_not_noted(submission, error, of_form=False, can_try=False)
        self.not_noted.emit(error)

    def _noted_anew(self, workspace: Workspace, project: Project, consent: Consent, entry: Entry) -> None:
        self._receipt.settle(consent.request_id)
        self._log.put(workspace, entry)
        self.sending.send_anew(workspace, entry, project)
        self._look_up.remember(project, (consent,))
        self._filled.show_noted_anew(project, consent)
        self._log.choose(workspace, entry)

    def _take(self, workspace: Workspace, event: Event) -> None:
        self._log.hear(event)
        match event:
            case Repeated() | Stamped() | Noted() | NotNoted():
                self._submitter.take(event)
            case Released():
                self._hold.take_released(event.request_ids, given_up=event.given_up)
            case Learnt():
                self._show_learnt(workspace, event.entry)
            case _:
                self.sending.take(workspace, event)

    def _show_learnt(self, workspace: Workspace, entry: Entry) -> None:
        self._log.put(workspace, entry)
        if entry.state in TO_CHECK_STATES:
            judgement = tell_check(entry.state, practice=workspace.practice)
            said = render(tell_all(judgement, None), self._local)
            self.sending.say(workspace, entry, tone_of(entry, practice=workspace.practice), said)

    def forget_practice(self) -> None:
        """All that was practised is gone: no look-up waits for it to show."""
        self._look_up.forget_project(PRACTICE_ID)

    def _forget(self, project_id: str, customer: CustomerId) -> None:
        self.sending.forget_customer(project_id, customer)
        self._look_up.forget_customer(project_id, customer)
        self._alarms.forget_customer(customer)
        self._form.forget_customer(customer.value)
        self._filled.forget_sent()
