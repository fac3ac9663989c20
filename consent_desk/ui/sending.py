"""Send: what is pressed is asked about, noted, and told; what could not be noted is tried again."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QTimer

from consent_desk.delivery.events import Event, NotNoted, Repeated, Stamped
from consent_desk.delivery.events import Noted as NotedEvent
from consent_desk.domain.checks.confirmations import Confirmation, about_repetition, of_several
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Consent, Timestamp
from consent_desk.domain.errors import DeskError
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Entry, Noted
from consent_desk.domain.message import say
from consent_desk.domain.wire.customer import Known
from consent_desk.domain.wire.project import Project
from consent_desk.ui.checks.hold import HOLD, HoldPresenter
from consent_desk.ui.checks.question import QuestionPresenter
from consent_desk.ui.form.presenter import FormPresenter
from consent_desk.ui.form.submission import Submission, Submitter
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.outcomes.alarm import AlarmPresenter
from consent_desk.ui.outcomes.presenter import OutcomePresenter
from consent_desk.ui.outcomes.receipt_presenter import ReceiptPresenter
from consent_desk.ui.session import START, Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.widgets.inputs import commit_typing
from consent_desk.ui.widgets.messages import phrase
from consent_desk.ui.widgets.tones import Tone
from consent_desk.ui.workspaces import Find, Workspaces
from consent_desk.workspace import Workspace

_REMOVED = (
    say("window", "Its project was removed from this computer."),
    say("window", "Set it up again, and enter the decision there."),
)
_ELSEWHERE = (
    say("window", "Its project leads elsewhere by now."),
    say("window", "Copy the slip, and enter the decision anew."),
)


class SendPresenter(Presenter):
    """Notes what Send was pressed for, and what is decided anew at an alarm; says what could not be noted."""

    def __init__(
        self,
        shell: ShellContext,
        session: Session,
        workspaces: Workspaces,
        filled: FormPresenter,
        submitter: Submitter,
        *,
        look_up: LookupPresenter,
        question: QuestionPresenter,
        hold: HoldPresenter,
        receipt: ReceiptPresenter,
        log: LogPresenter,
        outcomes: OutcomePresenter,
        alarms: AlarmPresenter,
        find: Find,
    ) -> None:
        super().__init__(shell)
        self._session = session
        self._form = self._window.consent
        self._workspaces, self._find = workspaces, find
        self._log, self._outcomes = log, outcomes
        self._filled, self._submitter = filled, submitter
        self._look_up, self._question, self._hold, self._receipt = look_up, question, hold, receipt
        self._pressed_early = False
        # Send was pressed for this, and waits for a look-up that is not older than a minute.
        self._stale_press: tuple[Draft, tuple[str, ...]] | None = None
        # What of this submission was confirmed, and left out, before the question that stands now.
        self._confirmed: tuple[Confirmation, ...] = ()
        self._left_out: tuple[str, ...] = ()
        look_up.answered.connect(self._press_on)
        self._question.confirmed.connect(
            lambda confirmed: self._press((*self._confirmed, *confirmed), self._left_out)
        )
        self._question.another_chosen.connect(self._use_instead)
        self._question.rest_chosen.connect(
            lambda categories: self._press(self._confirmed, (*self._left_out, *categories))
        )
        receipt.again.connect(self._try_again)
        submitter.begun.connect(self._begin_noting)
        submitter.stamped.connect(self._show_stamped)
        submitter.repeated.connect(self._ask_about_repetition)
        submitter.noted.connect(self._noted)
        submitter.failed.connect(self._not_noted)
        self._form.send_requested.connect(self.send)
        alarms.noted.connect(self._noted_anew)
        alarms.failed.connect(self._not_noted_anew)
        session.entered.connect(self._tell_ready)
        session.told.connect(self._hear)
        session.stay_while(self._why_wait)

    def _tell_ready(self, _workspace: Workspace, project: Project | None) -> None:
        # To whoever pressed Send before.
        if self._pressed_early and project is not None:
            self._pressed_early = False
            again = phrase("window", "Ready now. What was pressed before was not noted: press Send again.")
            self._status.show_message(START, Tone.WARNING, again)

    def _hear(self, _workspace: Workspace, event: Event) -> None:
        match event:
            case Repeated() | Stamped() | NotedEvent() | NotNoted():
                self._submitter.take(event)
            case _:
                pass

    def _why_wait(self) -> str:
        if self._question.is_waiting:
            return phrase("window", "Answer the question first.")
        is_on_its_way = self._submitter.busy or self._hold.is_holding
        return phrase("window", "Wait until what you pressed Send for has left.") if is_on_its_way else ""

    def send(self) -> None:
        """Note the consent, then send it: one press is one consent. What speaks against it is asked first."""
        commit_typing()
        if self._question.is_open:
            self._question.announce()
        else:
            self._press(())

    def _press(self, confirmed: tuple[Confirmation, ...], left_out: tuple[str, ...] = ()) -> None:
        if self._submitter.busy:
            return
        if self._session.project is None:
            self._pressed_early = True
            why = phrase("window", "Nothing was noted. {why_closed}").format(
                why_closed=self._session.why_closed
            )
            self._status.show_message(START, Tone.BAD, why)
            return
        self._status.take_back(START)
        submission = self._filled.press(left_out)
        if submission is None:
            self._filled.show_what_lacks()
            return
        self._confirmed, self._left_out = confirmed, left_out
        against = submission.asks
        if against and not confirmed and self._look_up.is_stale:
            self._ask_anew_first(submission, left_out)
            return
        if self._question.asks(against, confirmed, submission.draft, self._look_up.told_long_ago()):
            return
        self._form.switch_off_send()
        waits = self._look_up.keep(submission)
        self._submitter.submit(
            submission,
            again=[one.holds for one in confirmed if one.holds],
            hold=self._hold.seconds(submission, waits=waits),
        )

    def _ask_anew_first(self, submission: Submission, left_out: tuple[str, ...]) -> None:
        """Have the customer looked up anew before a question rests on what is known; wait a moment for it."""
        self._stale_press = submission.draft, left_out
        self._look_up.look_now()
        QTimer.singleShot(HOLD, self, self._press_on)

    def _press_on(self) -> None:
        stale, self._stale_press = self._stale_press, None
        if stale is not None and stale[0] == self._form.draft():
            self._press((), stale[1])

    def _ask_about_repetition(
        self, submission: Submission, repeated: tuple[tuple[Consent, Timestamp], ...]
    ) -> None:
        self._open_send()
        of_form = self._submitter.concerns_form(submission)
        if of_form:
            self._receipt.end_noting()
        if not of_form or self._form.draft() != submission.draft:
            # An answer would be about whoever stands in the form by now.
            self._receipt.tell_repeated(submission)
            return
        label = self._form.categories.label
        asked = [about_repetition(one.category, label(one.category), at, one.action) for one, at in repeated]
        self._question.asks(of_several(asked, len(submission.all)), (), submission.draft)

    def _use_instead(self, known: Known) -> None:
        self._look_up.adopt(known)
        self._form.use_customer(known.customer)
        self._press(())

    def _show_stamped(self, submission: Submission) -> None:
        if self._submitter.concerns_form(submission):
            self._filled.show_stamped(submission.consents)

    def _noted(self, submission: Submission, entries: tuple[Entry, ...]) -> None:
        self._hold.begin(submission, entries)
        self._look_up.remember(submission.project, submission.consents)
        self._open_send()
        of_form = self._submitter.concerns_form(submission)
        blank = self._filled.begin_next(submission.draft) if of_form else None
        self._receipt.take_noted(submission, entries, blank)
        if not submission.workspace.practice:
            self._session.journal_well.emit()
        for entry in entries:
            self._log.put(submission.workspace, entry)
        self._log.choose(submission.workspace, entries[0])
        # Last: what it tells may ask about what has left the form.
        self._look_up.confirm(submission)

    def _begin_noting(self) -> None:
        submission = self._submitter.under_way
        if submission is not None and self._submitter.concerns_form(submission):
            self._receipt.begin(submission)
        else:
            # One at a time: a press would go unheard.
            self._form.send.setEnabled(False)

    def _open_send(self) -> None:
        self._form.send.setEnabled(not self._question.is_open)

    def _not_noted(self, submission: Submission, error: Exception) -> None:
        self._open_send()
        of_form = self._submitter.concerns_form(submission)
        if of_form and self._form.draft() == submission.draft:
            # Else the next caller is being typed.
            self._form.send.setFocus()
        if of_form:
            self._filled.show_anew()
        self._receipt.take_not_noted(submission, error, of_form=of_form)
        if not submission.workspace.practice:
            self._session.not_noted.emit(error)

    def _noted_anew(self, workspace: Workspace, project: Project, consent: Consent, entry: Entry) -> None:
        self._receipt.settle(consent.request_id)
        self._log.put(workspace, entry)
        self._outcomes.send_anew(workspace, entry, project)
        self._look_up.remember(project, (consent,))
        self._filled.show_noted_anew(project, consent)
        self._log.choose(workspace, entry)

    def _not_noted_anew(
        self, workspace: Workspace, project: Project, consent: Consent, error: Exception
    ) -> None:
        # Its alarm rings on: there it is tried again.
        submission = Submission(workspace, project, Draft(), ((consent, NO_CONTEXT),))
        self._receipt.take_not_noted(submission, error, of_form=False, can_try=False)
        self._session.not_noted.emit(error)

    def _try_again(self, submission: Submission, is_in_form: bool) -> None:
        """Note what could not be noted before: as Send would, or whatever the form holds by now."""
        if self._submitter.busy:
            return
        if is_in_form:
            self._press(self._confirmed, self._left_out)
            return
        project, practice = submission.project, submission.workspace.practice

        def failed(error: Exception) -> None:
            self._receipt.take_not_noted(submission, error, of_form=False)

        def cannot(why: str) -> None:
            title = say("window", "Its project cannot be used now: {why}").format(why=why)
            failed(DeskError(title, say("window", "Try again later.")))

        def retry(workspace: Workspace, found: Project | None) -> None:
            # As it is set up by now: its key may be another one, and what was removed is sent to no more.
            if found is None:
                failed(DeskError(*_REMOVED))
            elif practice or Noted.of(project, submission.consent).belongs_to(found):
                as_noted = replace(found, name=project.name)
                self._submitter.retry(replace(submission, workspace=workspace, project=as_noted))
            else:
                failed(DeskError(*_ELSEWHERE))

        self._workspaces.enter(
            practice=practice,
            done=lambda workspace: self._find(workspace, project.id, partial(retry, workspace), cannot),
            failed=failed,
        )
