"""Reads the form: what it would send now, what it lacks, what is odd about it, and what speaks against it."""

from dataclasses import replace

from consent_desk.domain.checks.confirmations import Confirmation, confirmations, of_several
from consent_desk.domain.checks.warnings import warnings
from consent_desk.domain.consent.draft import Draft, Field, Problem
from consent_desk.domain.consent.parsing import one_each, parse, readings
from consent_desk.domain.consent.values import Consent
from consent_desk.domain.lifecycle.judgement import decision
from consent_desk.domain.lifecycle.record import Context
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import prepare, prepare_event
from consent_desk.domain.wire.server_clock import Moment, complaint_about_clock
from consent_desk.ui.checks.correction import CorrectionPresenter
from consent_desk.ui.checks.question import QuestionPresenter
from consent_desk.ui.form.id_hints import IdHintsPresenter
from consent_desk.ui.form.submission import Submission, Submitter
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.widgets.messages import render, written
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

_DECLINED = "declined"


class FormPresenter(Presenter):
    """Shows, with each key, the request beside the form, or why there is none.

    The form leads to `project`, by way of `workspace`; where there is none, `why_closed` says why not.
    """

    def __init__(
        self,
        shell: ShellContext,
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
        self._submitter = submitter
        self._look_up = look_up
        self._correction = correction
        self._question = question
        self._id_help = id_help
        self.workspace: Workspace | None = None
        self.project: Project | None = None
        self.why_closed = "Starting…"
        self._categories: tuple[Category, ...] = ()
        self._after_send: Draft | None = None
        # What was declined: that is told until the form shows something else.
        self._declined: Draft | None = None
        id_help.changed.connect(self.show_anew)
        look_up.answered.connect(self.show_anew)
        self._form.draft_changed.connect(self._show)
        question.declined.connect(self._decline)

    def lead_to(self, workspace: Workspace, project: Project | None) -> None:
        """What is typed belongs to `project` from now on. Shown with the next `show_anew`."""
        self.workspace, self.project = workspace, project

    def lead_nowhere(self, why: str) -> None:
        """Nothing can be sent now."""
        self.workspace = self.project = self._after_send = None
        self.say_why_closed(why)

    def say_why_closed(self, why: str) -> None:
        """Something else is the reason why nothing can be sent."""
        self.why_closed = why
        self.show_anew()

    def offer_categories(self, categories: tuple[Category, ...]) -> None:
        """Offer these, and measure by them what is typed."""
        # First: to be offered them, the form tells its draft anew.
        self._categories = categories
        self._form.offer_categories(categories)

    def moment(self) -> Moment:
        """The moment, as a decision that is taken now is stamped."""
        return Moment(self._now()) if self.workspace is None else self.workspace.transport.moment()

    # -- what is shown ----------------------------------------------------------------------------

    def show_anew(self) -> None:
        """Show what would be sent now, or what is missing."""
        self._show(self._form.draft())

    def show_stamped(self, consents: tuple[Consent, ...]) -> None:
        """Show what goes out, to the byte."""
        self._show_preview(consents, "", stamp=f"stamped {written(self._local(consents[0].timestamp))}")

    def begin_next(self, draft: Draft) -> Draft:
        """What the form held as `draft` was noted: empty it, and leave in view what goes out.

        Return the form as it is when nobody has typed.
        """
        blank = self._after_send = self._form.next_draft(draft, draft)
        self._form.clear_caller(draft)
        return blank

    def show_noted_anew(self, project: Project, consent: Consent) -> None:
        """Show what goes out for `project` without a part of the form, until something is typed."""
        if project == self.project and not self._submitter.busy:
            self._after_send = self._form.draft()
            self.show_stamped((consent,))

    def forget_sent(self) -> None:
        """Leave the bytes of the last send in view no longer: they may name a customer who was erased."""
        if not self._submitter.busy:
            self._after_send = None
            self.show_anew()

    def _show(self, draft: Draft) -> None:
        transport = None if self.workspace is None else self.workspace.transport
        self._look_up.look_up_later(draft, self.project, transport, self._categories)
        draft = self._correction.check_form(draft, self._look_up.known())
        self._question.withdraw_if_changed(draft)
        if self._declined is not None and draft != self._declined:
            self._declined = None
            self._status.take_back(_DECLINED)
        at = self.moment()
        read = self._read(draft, at)
        problems = () if isinstance(read, Consent) else read
        odd = self._id_help.warnings(draft)
        odd += warnings(draft, categories=self._categories, at=at, zone=self._shell.zone)
        self._form.show_problems(problems, odd, readings(draft, now=at.now, zone=self._shell.zone))
        first = _named(problems[0]) if problems else ""
        self._show_action(first, odd)
        # The stamped bytes of a send stay in view until something is typed: categories may come meanwhile.
        if draft != self._after_send and not self._submitter.busy:
            self._after_send = None
            self._show_preview(self._all_of(draft, read) if isinstance(read, Consent) else (), first)

    def _show_preview(self, consents: tuple[Consent, ...], first_problem: str, stamp: str = "") -> None:
        project, preview = self.project, self._preview
        if project is None:
            preview.show_requests((), why_empty=self.why_closed)
        elif consents:
            first = consents[0]
            if first.timestamp == first.noted_at:
                stamp = stamp or "timestamp is set when you send"
            else:
                stamp = stamp or f"taken at {written(self._local(first.timestamp))}"
            requests = [prepare(project, one) for one in consents]
            preview.show_requests(requests, stamp=stamp, unmasked=project.practice)
        else:
            why_empty = f"The body appears when the form is complete.\n\n{first_problem}"
            request = prepare_event(project, b"")
            draft = self._form.draft()
            preview.show_requests((request,), why_empty=why_empty, unmasked=project.practice, draft=draft)

    def _show_action(self, first_problem: str, odd: tuple[Problem, ...]) -> None:
        practice = self.project is not None and self.project.practice
        action = "opt in to" if self._form.opt_in.isChecked() else "opt out of"
        text = f"{action} {self._form.category_label() or 'the category'}"
        text = f"Practise: {text}" if practice else f"{text[0].upper()}{text[1:]}"
        why_not = self.why_closed if self.project is None else first_problem
        described = f"{text}. {' '.join(map(_named, odd))}" if odd else text
        self._form.send.show_action(text, description=why_not or described, ready=not why_not)

    # -- what a submission would send ------------------------------------------------------------------

    def press(self) -> Submission | None:
        """All that the form asks for, with what is known of the customer; None where it lacks something.

        What could not be noted stays the very same, while the form does.
        """
        workspace, project, draft = self.workspace, self.project, self._form.draft()
        if workspace is None or project is None:
            return None
        failed = self._submitter.failed_submission(draft, workspace, project)
        if failed is not None:
            return failed
        at = self.moment()
        read = self._read(draft, at)
        if not isinstance(read, Consent):
            return None
        every = self._all_of(draft, read)
        contexts = (replace(self._context(draft, one), clock_off=at.clock_off) for one in every)
        return Submission(workspace, project, draft, tuple(zip(every, contexts, strict=True)))

    def show_what_lacks(self) -> None:
        """Lead to what the form lacks; right after a send that is the next caller, which is no mistake."""
        sent = self._after_send
        self.show_anew()
        if sent is not None and sent == self._after_send and not sent.customer_id:
            self._form.say_nothing_to_send()
        else:
            self._form.go_to_problem()

    def speaks_against(self, submission: Submission) -> tuple[Confirmation, ...]:
        """What is to be asked before sending, each but once."""
        customer = submission.consent.customer
        is_stranger = submission.workspace.practice and customer not in submission.workspace.customers
        found = self._look_up.found(customer)
        asked: dict[tuple[str, str], Confirmation] = {}
        for consent in submission.consents:
            for one in confirmations(consent, found, self._categories, is_stranger=is_stranger):
                # What speaks against all of them is asked once.
                asked.setdefault((str(one.text), one.holds), one)
        return of_several([*asked.values()], len(submission.all))

    def _decline(self, field: Field) -> None:
        submission = self.press()
        if submission is not None:
            consent, count = submission.consent, len(submission.all)
            what = consent.category if count == 1 else f"{count} categories"
            decided = render(decision(consent.action, what))
            who = f"{consent.customer.value}, {decided}, {submission.project.name}"
            said = f"Nothing was recorded, and nothing was sent.\n{who}"
            self._status.show_message(_DECLINED, Tone.QUIET, said)
            self._declined = submission.draft
        self._form.go_to(field)

    def _context(self, draft: Draft, consent: Consent) -> Context:
        context = self._correction.context(draft, self._look_up.context(consent))
        if not self._categories:
            return context
        return replace(context, listed=any(one.id == consent.category for one in self._categories))

    def _read(self, draft: Draft, at: Moment) -> Consent | tuple[Problem, ...]:
        read = parse(draft, request_id=self._submitter.request_id, now=at.now, zone=self._shell.zone)
        if (complaint := complaint_about_clock(at)) is not None:
            return (Problem(Field.TAKEN_AT, complaint),)
        lacks = self._correction.problems(draft, self._look_up.known())
        return (() if isinstance(read, Consent) else read) + lacks if lacks else read

    def _all_of(self, draft: Draft, first: Consent) -> tuple[Consent, ...]:
        ids = self._submitter.request_ids(len(draft.categories)) if draft.categories else ()
        return one_each(first, draft.categories, ids)


def _named(problem: Problem) -> str:
    return f"{problem.field}: {render(problem.message)}"
