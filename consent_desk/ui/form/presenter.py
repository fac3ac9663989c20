"""Reads the form: what it would send now, what it lacks, what is odd about it, and what speaks against it."""

from consent_desk.domain.checks.correction import Demands, Subject
from consent_desk.domain.checks.evaluation import Circumstances, Evaluation, evaluate
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft, Field, Problem
from consent_desk.domain.consent.values import Consent, CustomerId
from consent_desk.domain.lifecycle.judgement import decision
from consent_desk.domain.text import cut
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import prepare, prepare_event
from consent_desk.ui.checks.correction import CorrectionPresenter
from consent_desk.ui.checks.question import QuestionPresenter
from consent_desk.ui.form.id_hints import IdHintsPresenter
from consent_desk.ui.form.submission import Submission, Submitter
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.widgets.messages import phrase, render, written
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

_DECLINED = "declined"

_MOST_NAMED = 2
_SHOWN_NAMES = 120
"""Categories that Send names by their labels, and characters of the names that it tells besides."""


class FormPresenter(Presenter):
    """Shows, with each key, the request beside the form, or why there is none."""

    def __init__(
        self,
        shell: ShellContext,
        session: Session,
        submitter: Submitter,
        *,
        look_up: LookupPresenter,
        correction: CorrectionPresenter,
        question: QuestionPresenter,
        id_help: IdHintsPresenter,
    ) -> None:
        super().__init__(shell)
        self._form = self._window.consent
        self._preview = self._window.preview
        self._session = session
        self._submitter = submitter
        self._look_up = look_up
        self._correction = correction
        self._question = question
        self._id_help = id_help
        self._categories: tuple[Category, ...] = ()
        self._after_send: Draft | None = None
        # What was declined: that is told until the form shows something else.
        self._declined: Draft | None = None
        self._subject: Subject | None = None
        self._demands: Demands | None = None
        self._shown_action: tuple[object, ...] = ()
        id_help.changed.connect(self.show_anew)
        look_up.answered.connect(self.show_anew)
        self._form.draft_changed.connect(self._show)
        question.declined.connect(self._decline)
        session.left.connect(self._leave)
        session.shut.connect(self.show_anew)
        session.entered.connect(self._enter)
        session.offered.connect(self._offer_categories)
        session.erased.connect(self._forget_customer)

    def _enter(self, _workspace: Workspace, project: Project | None) -> None:
        self._form.offer_id_types(() if project is None else project.id_types)
        if project is not None:
            self._form.begin_with(project.profile.category, project.profile.channel)
        self.show_anew()
        if project is not None:
            self._window.begin_at_customer_id()

    def _leave(self) -> None:
        self._after_send = None
        self.show_anew()

    def _offer_categories(self, categories: tuple[Category, ...]) -> None:
        # First: to be offered them, the form tells its draft anew.
        self._categories = categories
        self._form.offer_categories(categories)

    # -- what is shown ----------------------------------------------------------------------------

    def show_anew(self) -> None:
        """Show what would be sent now, or what is missing."""
        self._show(self._form.draft())

    def show_stamped(self, consents: tuple[Consent, ...]) -> None:
        """Show what goes out, to the byte."""
        self._show_preview(
            consents,
            "",
            stamp=phrase("form", "stamped {at}").format(at=written(self._local(consents[0].timestamp))),
        )

    def begin_next(self, draft: Draft) -> Draft:
        """What the form held as `draft` was noted: empty it, and leave in view what goes out.

        Return the form as it is when nobody has typed.
        """
        blank = self._after_send = self._form.next_draft(draft, draft)
        self._form.clear_caller(draft)
        self._question.left_by = blank
        return blank

    def show_noted_anew(self, project: Project, consent: Consent) -> None:
        """Show what goes out for `project` without a part of the form, until something is typed."""
        if project == self._session.project and not self._submitter.busy:
            self._after_send = self._form.draft()
            self.show_stamped((consent,))

    def _forget_customer(self, _project_id: str, customer: CustomerId) -> None:
        self._form.forget_customer(customer.value)
        # The bytes of the last send may name them.
        if not self._submitter.busy:
            self._after_send = None
            self.show_anew()

    def _show(self, draft: Draft) -> None:
        session = self._session
        transport = None if session.workspace is None else session.workspace.transport
        self._look_up.look_up_later(draft, session.project, transport, self._categories)
        answer = self._evaluate(draft)
        self._subject = answer.subject
        if answer.draft != draft:
            self._form.take_back(answer.draft)
        if answer.demands != self._demands:
            self._demands = answer.demands
            self._correction.show_demands(answer.demands, answer.draft)
        if self._question.is_open:
            self._question.follow(answer.draft)
        if self._declined is not None and answer.draft != self._declined:
            self._declined = None
            self._status.take_back(_DECLINED)
        self._form.show_problems(answer.problems, answer.warnings, answer.readings)
        first = _named(answer.problems[0]) if answer.problems else ""
        self._show_action(answer.draft, first, answer.warnings)
        # The stamped bytes of a send stay in view until something is typed: categories may come meanwhile.
        if answer.draft != self._after_send and self._submitter.under_way is None:
            self._after_send = None
            self._show_preview(answer.consents, first)

    def _evaluate(self, draft: Draft) -> Evaluation:
        submitter, workspace = self._submitter, self._session.workspace
        count = len(draft.categories)
        known = Circumstances(
            at=self._session.moment(),
            zone=self._shell.zone,
            request_ids=submitter.request_ids(count) if count else (submitter.request_id,),
            categories=self._categories,
            found=self._look_up.known(),
            doubts=self._id_help.warnings(draft) if self._id_help.found else (),
            record=self._correction.record if draft.corrects else None,
            subject=self._subject,
            customers=None
            if workspace is None or workspace.sandbox is None
            else frozenset(workspace.customers),
        )
        return evaluate(draft, known)

    def _show_preview(self, consents: tuple[Consent, ...], first_problem: str, stamp: str = "") -> None:
        project, preview = self._session.project, self._preview
        if project is None:
            preview.show_requests((), why_empty=self._session.why_closed)
        elif consents:
            first = consents[0]
            told = phrase("form", "timestamp is set when you send")
            if first.timestamp != first.noted_at:
                told = phrase("form", "taken at {at}").format(at=written(self._local(first.timestamp)))
            requests = [prepare(project, one) for one in consents]
            preview.show_requests(requests, stamp=stamp or told, unmasked=project.practice)
        else:
            why_empty = phrase(
                "form", "The body appears when the form is complete.\n\n{first_problem}"
            ).format(first_problem=first_problem)
            request = prepare_event(project, b"")
            draft = self._form.draft()
            preview.show_requests((request,), why_empty=why_empty, unmasked=project.practice, draft=draft)

    def _show_action(self, draft: Draft, first_problem: str, odd: tuple[Problem, ...]) -> None:
        project = self._session.project
        why_not = self._session.why_closed if project is None else first_problem
        shown = (draft.category, draft.categories, draft.action, project, self._categories, why_not, odd)
        if shown == self._shown_action:
            return
        self._shown_action = shown
        practice = project is not None and project.practice
        action = (
            phrase("form", "opt in to") if draft.action == Action.ACCEPT else phrase("form", "opt out of")
        )
        names = [self._form.categories.label(one) for one in draft.categories or (draft.category,)]
        long = (
            f"{action} {' and '.join(names)}"
            if names[0]
            else phrase("form", "{action} the category").format(action=action)
        )
        count = len(names)
        text = (
            phrase("form", "{action} %n categories", "", count).format(action=action)
            if len(names) > 1
            else long
        )
        texts = [long, text] if len(names) == _MOST_NAMED else [text]
        texts = [
            phrase("form", "Practise: {one}").format(one=one) if practice else f"{one[0].upper()}{one[1:]}"
            for one in texts
        ]
        told = texts[0] if len(names) <= _MOST_NAMED else f"{texts[0]}: {cut(', '.join(names), _SHOWN_NAMES)}"
        described = f"{told}. {' '.join(map(_named, odd))}" if odd else told
        self._form.send.show_action(*texts, description=why_not or described, ready=not why_not)

    # -- what a submission would send ------------------------------------------------------------------

    def press(self, left_out: tuple[str, ...] = ()) -> Submission | None:
        """All that the form asks for but `left_out`, with what is known of the customer, and what to ask.

        None where it lacks something. What could not be noted stays the very same, while the form does.
        """
        workspace, project, draft = self._session.workspace, self._session.project, self._form.draft()
        if workspace is None or project is None:
            return None
        failed = self._submitter.failed_submission(draft, workspace, project)
        answer = self._evaluate(draft)
        if failed is None and not answer.consents:
            return None
        each = failed or Submission(
            workspace,
            project,
            draft,
            tuple((one, answer.context(one, self._look_up.context(one))) for one in answer.consents),
        )
        if failed is not None:
            # It would be told as noted, with no consent of theirs.
            left_out = (*left_out, *(one for one in failed.left_out if one not in left_out))
        return each.without(left_out, answer.confirmations(left_out))

    def show_what_lacks(self) -> None:
        """Lead to what the form lacks; right after a send that is the next caller, which is no mistake."""
        sent = self._after_send
        self.show_anew()
        if sent is not None and sent == self._after_send and not sent.customer_id:
            self._form.say_nothing_to_send()
        else:
            self._form.go_to_problem()

    def _decline(self, field: Field) -> None:
        submission = self.press()
        if submission is not None:
            consent, count = submission.consent, len(submission.all)
            what = phrase("form", "%n categories", "{category}", count).format(
                category=self._form.categories.label(consent.category)
            )
            decided = render(decision(consent.action, what))
            who = f"{consent.customer.value}, {decided}, {submission.project.name}"
            said = phrase("form", "Nothing was recorded, and nothing was sent.\n{who}").format(who=who)
            self._status.show_message(_DECLINED, Tone.QUIET, said)
            self._declined = submission.draft
        self._form.go_to(field)


def _named(problem: Problem) -> str:
    return f"{render(problem.field.called)}: {render(problem.message)}"
