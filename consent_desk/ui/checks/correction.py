"""Fills the form with what held before a consent, and says what a correction asks for."""

from dataclasses import replace

from consent_desk.domain.checks.correction import (
    Demands,
    belongs_elsewhere,
    lost_its_id_type,
    overtaken,
    restored,
)
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.judgement import noun
from consent_desk.domain.lifecycle.messages import tell_status
from consent_desk.domain.lifecycle.record import Entry, Record
from consent_desk.domain.message import Message
from consent_desk.domain.text import cut
from consent_desk.domain.wire.customer import moment
from consent_desk.ui.log.line_details import Deed
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.lookup.view import day_of
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.panes import Pane
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import moment_of, phrase, render, render_error
from consent_desk.ui.widgets.tones import Tone

_KEY = "correction"
_MOST = 3
"""Categories that are told one by one."""


class CorrectionPresenter(Presenter):
    """Knows what was chosen to be corrected; whether the form still does that, its evaluation says."""

    def __init__(self, shell: ShellContext, session: Session, log: LogPresenter) -> None:
        super().__init__(shell)
        self._form = self._window.consent
        self._session, self._log = session, log
        self._words = self._window.log.model.words
        self._record: Record | None = None
        log.on_line(Deed.CORRECT, lambda workspace, entry: self.correct(workspace.practice, entry))

    def correct(self, practice: bool, entry: Entry) -> None:
        """Fill the form with what held before `entry`, unless something speaks against that."""
        # Its journal may have been opened anew since it was noted.
        shown = self._log.workspace
        if shown is None or shown.practice is not practice:
            why = phrase("checks", "Nothing can be corrected before its journal is open again.")
            said = f"{why}\n{self._words.whose(entry)}"
            self._status.show_message(_KEY, Tone.WARNING, said, practice=practice)
            return

        def done(read: tuple[Record, Timestamp | None]) -> None:
            # Read for a log that may not be shown any more.
            if self._log.workspace is shown:
                self._offer(*read)

        self._runner.run(
            Lane.JOURNAL,
            lambda: shown.outbox.record_and_last(entry.request_id),
            done=done,
            failed=lambda error: self._status.show_message(_KEY, Tone.BAD, render_error(error)),
        )

    @property
    def record(self) -> Record | None:
        """What was chosen to be corrected, if that belongs to the project in use."""
        # Without a project it stays, until that comes back.
        record, project = self._record, self._session.project
        if record is None or (project is not None and belongs_elsewhere(record, project.id) is not None):
            return None
        return record

    def show_demands(self, demands: Demands, draft: Draft) -> None:
        """Say what `draft` corrects or turns, and ask for what that needs."""
        fields, record, opted_out = self._form.fields, demands.record, demands.opted_out
        warning = [] if demands.warning is None else [render(demands.warning)]
        label = fields.categories.label
        turned = [
            f"{cut(label(name))}: {render(tell_status(one), self._local)}." for name, one in opted_out.items()
        ]
        if len(turned) > _MOST:
            turned[_MOST:] = [phrase("checks", "And {more} more.").format(more=len(turned) - _MOST)]
        if record is None:
            corrects, holds = [], [*turned, *warning]
        else:
            consent = record.noted.consent
            when = moment_of(self._local(consent.noted_at))
            corrects = [
                phrase("checks", "Corrects the {noun} of {category}, {when}.").format(
                    noun=render(noun(consent.action)), category=cut(label(consent.category)), when=when
                )
            ]
            corrects, holds = [*corrects, *warning], []
        fields.correction.tell(" ".join(corrects), warns=bool(warning))
        fields.tell_opted_out(" ".join(holds), warns=bool(warning))
        since = [moment(one.since) for one in opted_out.values()]
        why = ""
        if since and since[0] is not None:
            why = phrase("checks", "opted out {day}").format(day=day_of(self._local(since[0])))
        fields.ask_for_basis(demands.needs_basis, why)

    def cannot_enter(self, record: Record) -> Message | None:
        """Why the form, which is for the project in use, cannot hold the decision of `record`."""
        project = self._session.project
        refused = belongs_elsewhere(record, "" if project is None else project.id)
        if project is not None:
            # The form would show another type beside the same ID: that is somebody else.
            refused = refused or lost_its_id_type(record, project.id_types)
        return refused

    def _offer(self, record: Record, last: Timestamp | None) -> None:
        found = self.cannot_enter(record) or overtaken(last) or restored(record, self._now())
        if isinstance(found, Message):
            said = f"{render(found, self._local)}\n{self._words.whose(record.noted)}"
            self._status.show_message(_KEY, Tone.WARNING, said)
            return
        shown = self._form.draft()
        if shown.customer_id or shown.ticket or shown.wording:
            whose = self._words.whose(record.noted)
            question = phrase(
                "checks", "What stands in the form is replaced by the correction of:\n{whose}"
            ).format(whose=whose)
            answers = phrase("checks", "Cancel"), phrase("checks", "Replace")
            if not self._questions.agrees(phrase("checks", "Correct"), question, *answers):
                return
        self._status.take_back(_KEY)
        self._record = record
        self._form.fill(replace(found, channel=shown.channel))
        self._window.panes.bring_forward(Pane.CALLER)
        self._form.go_to_correction()
