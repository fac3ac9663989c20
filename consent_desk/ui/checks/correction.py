"""Fills the form with what held before a consent, and sees to it that no opt-in lacks what it rests on."""

from collections.abc import Mapping
from dataclasses import replace

from consent_desk.domain.checks.correction import (
    basis_problems,
    belongs_elsewhere,
    is_corrected_by,
    is_opted_out,
    lost_its_id_type,
    needs_basis,
    opted_out_themselves,
    overtaken,
    own_opt_out,
    restored,
    turned,
)
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft, Problem
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.judgement import noun
from consent_desk.domain.lifecycle.messages import tell_status
from consent_desk.domain.lifecycle.record import Context, Entry, Record
from consent_desk.domain.message import Message
from consent_desk.domain.text import cut
from consent_desk.domain.wire.customer import CategoryStatus, Found
from consent_desk.domain.wire.project import Project
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.outcomes.summary import about
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import moment_of, render, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

_KEY = "correction"
_MOST = 3
"""Categories that are told one by one."""


class CorrectionPresenter(Presenter):
    """Follows the form: as soon as it is about something else, it corrects nothing any more.

    An opt-in in place of an opt-out, a correction or not, asks for its basis and the wording.
    """

    def __init__(self, shell: ShellContext, log: LogPresenter) -> None:
        super().__init__(shell)
        self._form = self._window.consent
        self._log = log
        self._project: Project | None = None
        self._record: Record | None = None
        self._about: tuple[object, ...] = ()
        log.on_line(self._window.log.correct, self.correct)

    def correct(self, workspace: Workspace, entry: Entry) -> None:
        """Fill the form with what held before `entry`, unless something speaks against that."""

        def done(read: tuple[Record, Timestamp | None]) -> None:
            # Read for a log that may not be shown any more.
            if self._log.workspace is workspace:
                self._offer(*read)

        self._runner.run(
            Lane.JOURNAL,
            lambda: workspace.outbox.record_and_last(entry.request_id),
            done=done,
            failed=lambda error: self._status.show_message(_KEY, Tone.BAD, render_error(error)),
        )

    def use_project(self, project: Project | None) -> None:
        """Only consents of `project` are corrected; what is stays, without one, until that comes back."""
        self._project = project

    def check_form(self, draft: Draft, found: Found | None) -> Draft:
        """The form holds `draft`, of whose customer `found` is known; return what it holds afterwards."""
        record, about = self._of(draft), _about(draft)
        if record is None and draft.corrects:
            self._form.end_correction()
            draft = self._form.draft()
        elif draft.basis and about != self._about:
            self._form.forget_basis()
            draft = self._form.draft()
        self._about = about
        self._form.show_basis(self._needs_basis(draft, found))
        self._tell(draft, record, turned(draft, found))
        return draft

    def problems(self, draft: Draft, found: Found | None) -> tuple[Problem, ...]:
        """What an opt-in in place of an opt-out lacks."""
        return basis_problems(draft) if self._needs_basis(draft, found) else ()

    def context(self, draft: Draft, context: Context) -> Context:
        """`context` with the link to what `draft` corrects, and with what an opt-in rests on."""
        record = self._of(draft)
        is_turned = draft.action == Action.ACCEPT and is_opted_out(context.before)
        needs_one = is_turned or (record is not None and needs_basis(draft, record))
        corrects = None if record is None else draft.corrects
        return replace(context, corrects=corrects, basis=draft.basis if needs_one else "")

    def _needs_basis(self, draft: Draft, found: Found | None) -> bool:
        record = self._of(draft)
        return bool(turned(draft, found)) or (record is not None and needs_basis(draft, record))

    def _tell(self, draft: Draft, record: Record | None, opted_out: Mapping[str, CategoryStatus]) -> None:
        warning = opted_out_themselves(opted_out.values())
        if record is None:
            each = opted_out.items()
            told = [f"{cut(name)}: {render(tell_status(one), self._local)}." for name, one in each]
            if len(told) > _MOST:
                told[_MOST:] = [f"And {len(told) - _MOST} more."]
        else:
            consent = record.noted.consent
            when = moment_of(self._local(consent.noted_at))
            told = [f"Corrects the {noun(consent.action)} of {consent.category}, noted {when}."]
            if draft.action == Action.ACCEPT:
                warning = warning or own_opt_out(record)
        if warning is not None:
            told.append(render(warning))
        self._form.correction.tell(" ".join(told), warns=warning is not None)

    def _of(self, draft: Draft) -> Record | None:
        record = self._record
        if record is None or record.noted.consent.request_id != draft.corrects:
            return None
        if self._project is not None and belongs_elsewhere(record, self._project.id) is not None:
            return None
        return record if is_corrected_by(draft, record) else None

    def _offer(self, record: Record, last: Timestamp | None) -> None:
        project = self._project
        refused = belongs_elsewhere(record, "" if project is None else project.id)
        if project is not None:
            # The form would show another type beside the same ID: that is somebody else.
            refused = refused or lost_its_id_type(record, project.id_types)
        found = refused or overtaken(last) or restored(record, self._now())
        if isinstance(found, Message):
            consent = record.noted.consent
            said = f"{render(found, self._local)}\n{about(consent, record.noted.project_name)}"
            self._status.show_message(_KEY, Tone.WARNING, said)
            return
        shown = self._form.draft()
        if shown.customer_id or shown.ticket or shown.wording:
            whose = about(record.noted.consent, record.noted.project_name)
            question = f"What stands in the form is replaced by the correction of:\n{whose}"
            if self._questions.choose("Correct", question, ("Cancel", "Replace")) != 1:
                return
        self._status.take_back(_KEY)
        self._record = record
        self._form.fill(replace(found, channel=shown.channel))
        self._form.go_to_correction()


def _about(draft: Draft) -> tuple[object, ...]:
    return draft.customer_id_type, draft.customer_id, draft.category, draft.categories
