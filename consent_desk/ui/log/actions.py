"""What is done with the lines of the log: discarded, acknowledged, erased, exported, entered anew."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Consent
from consent_desk.domain.dates import spelled_end
from consent_desk.domain.evidence.table import TableStyle
from consent_desk.domain.lifecycle.record import Entry, Record
from consent_desk.domain.lifecycle.state import IS_RIGHT, State
from consent_desk.domain.message import Message, say
from consent_desk.journal.export import Export, ExportKind
from consent_desk.ui.log.line_details import Deed
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.notice import Notice
from consent_desk.ui.shell.panes import Pane
from consent_desk.ui.shell.places import Rank
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.states import called
from consent_desk.ui.tasks import Lane, let_be
from consent_desk.ui.widgets.messages import phrase, render, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

if TYPE_CHECKING:
    from consent_desk.journal.erasure import Erasure

_EXPORT, _ERASURE = "export", "erasure"
_NEWS = 5_000
"""After so many consents of an export, how far it has come is said again."""

_TABLES = {
    ",": say("log", "Table for a spreadsheet, with commas"),
    ";": say("log", "Table for a spreadsheet, with semicolons"),
    "\t": say("log", "Table for a spreadsheet, with tabs"),
}
_PROGRAMS = say("log", "All facts, for programs (JSON Lines)")


class LogActionsPresenter(Presenter):
    """One export runs at a time, on a lane of its own: its folder may not answer, and noting goes on.
    `cannot_enter` tells why the form cannot hold what was decided: it is for one project.
    """

    def __init__(
        self,
        shell: ShellContext,
        session: Session,
        log: LogPresenter,
        tell: Callable[[Workspace, Entry, Tone, str], None],
        cannot_enter: Callable[[Record], Message | None],
    ) -> None:
        super().__init__(shell)
        self._panel = self._window.log
        self._session = session
        self._log = log
        self._say = tell
        self._cannot_enter = cannot_enter
        self._export: Export | None = None
        self._path, self._shown = Path(), shell.lens.path
        self._told = 0
        self._has_said_why = False
        self._patience = Patience(self)
        self._patience.worn.connect(lambda: self._say_what_it_waits_for(Tone.NEUTRAL))
        self._patience.gone.connect(lambda: self._say_what_it_waits_for(Tone.WARNING))
        self._panel.discard_requested.connect(self._discard)
        log.on_line(Deed.ACKNOWLEDGE, self._acknowledge)
        for deed in (Deed.CALL_ID_RIGHT, Deed.CALL_CATEGORY_RIGHT):
            log.on_line(deed, self._say_that_it_is_right)
        log.on_line(Deed.DISMISS, self._dismiss)
        log.on_line(Deed.ENTER_RIGHT_ID, self._enter_anew)
        menu = self._window.top.menu
        self.export = menu.addAction(phrase("log", "Export…"), self._begin_or_stop)
        self.erase = menu.addAction(phrase("log", "Remove data…"), self._erase)
        self.table = menu.addAction(phrase("log", "Show as table"))
        self.table.setCheckable(True)
        self.table.toggled.connect(self._panel.show_as_table)
        # Asked only when it opens: a line may be chosen, changed or taken away at any time.
        menu.aboutToShow.connect(self._offer)
        self._banner = Notice(
            phrase("log", "Export"), phrase("log", "Stop export"), phrase("log", "Close the export's banner")
        )
        self._window.add_banner(self._banner, Rank.OTHER)
        self._banner.action.clicked.connect(self._begin_or_stop)
        self._window.closing.connect(self._stop)
        # It may name a file.
        shell.lens.changed.connect(self._say_where)

    def _offer(self) -> None:
        """Offer what can be done now."""
        workspace = self._log.workspace
        self.export.setEnabled(workspace is not None and self._export is None)
        # Practice ends with the program: there is nothing to be erased for good.
        self.erase.setVisible(workspace is not None and workspace.erase is not None)
        self.erase.setEnabled(self._log.find(self._panel.chosen) is not None)

    def _dismiss(self, workspace: Workspace, entry: Entry) -> None:
        said = phrase("log", "The alarm is dismissed. The line says still what Engagement shows.")
        self._write_down(workspace, entry, entry, partial(workspace.alarms.dismiss, entry.request_id), said)

    def _enter_anew(self, workspace: Workspace, entry: Entry) -> None:
        """Fill the form with the decision of a line, for another customer ID."""

        def done(record: Record) -> None:
            if workspace is not self._log.workspace:
                return
            why_not = self._cannot_enter(record)
            if why_not is None:
                self._fill_in(record.noted.consent)
            else:
                self._say(workspace, entry, Tone.WARNING, render(why_not))

        def failed(error: Exception) -> None:
            self._say(workspace, entry, Tone.BAD, render_error(error))

        self._runner.run(
            Lane.JOURNAL, lambda: workspace.journal.record(entry.request_id), done=done, failed=failed
        )

    def _fill_in(self, consent: Consent) -> None:
        form = self._window.consent
        shown = form.draft()
        if shown.customer_id or shown.ticket or shown.wording:
            question = phrase("log", "What stands in the form is replaced by the decision of this line.")
            answers = phrase("log", "Cancel"), phrase("log", "Replace")
            if not self._questions.agrees(phrase("log", "Enter with the right ID"), question, *answers):
                return
        form.fill(
            Draft(
                customer_id_type=consent.customer.type,
                customer_id=consent.customer.value,
                category=consent.category,
                action=consent.action,
                valid_until="" if consent.valid_until is None else spelled_end(consent.valid_until),
                channel=consent.channel,
                ticket=consent.ticket,
                wording=consent.wording,
            )
        )
        self._window.panes.bring_forward(Pane.CALLER)
        form.customer_id.setFocus()
        form.customer_id.selectAll()

    # -- discarding -------------------------------------------------------------------------------

    def _discard(self, request_id: str, reason: str) -> None:
        workspace, entry = self._log.workspace, self._log.find(request_id)
        if workspace is not None and entry is not None:
            discard = partial(workspace.history.discard, request_id, reason, workspace.user)
            said = phrase("log", "Discarded: {reason}").format(reason=reason)
            self._write_down(workspace, entry, replace(entry, state=State.DISCARDED), discard, said)

    def _acknowledge(self, workspace: Workspace, entry: Entry) -> None:
        acknowledge = partial(workspace.history.acknowledge, entry.request_id, workspace.user)
        said = phrase("log", "Acknowledged: it was cancelled, and is not recorded.")
        self._write_down(workspace, entry, replace(entry, to_acknowledge=False), acknowledge, said)

    def _say_that_it_is_right(self, workspace: Workspace, entry: Entry) -> None:
        said = phrase(
            "log",
            "You say that it is right. It is looked up once more, and verified if Engagement shows it.",
        )
        learn = partial(workspace.outbox.learn, entry.request_id, IS_RIGHT)
        self._write_down(workspace, entry, replace(entry, checked=True), learn, said)

    def _write_down(
        self, workspace: Workspace, entry: Entry, as_written: Entry, work: Callable[[], object], said: str
    ) -> None:
        def done(_result: object) -> None:
            self._say(workspace, as_written, Tone.NEUTRAL, said)
            workspace.engine.follow(entry.request_id)
            self._session.decided.emit(workspace, entry.request_id)

        self._runner.run(
            Lane.JOURNAL,
            work,
            done=done,
            failed=lambda error: self._say(workspace, entry, Tone.BAD, render_error(error)),
        )

    # -- erasing ----------------------------------------------------------------------------------

    def _erase(self) -> None:
        workspace, entry = self._log.workspace, self._log.find(self._panel.chosen)
        if workspace is None or entry is None or (erase := workspace.erase) is None:
            return
        answers = phrase("log", "Keep it"), phrase("log", "Remove for good")
        text = told(entry)
        if not self._questions.agrees(phrase("log", "Remove a customer's data?"), text, *answers):
            return
        self._status.show_message(
            _ERASURE, Tone.NEUTRAL, phrase("log", "Removing the data from the backups…")
        )
        # A folder of backups on a network may not answer, and meanwhile opt-outs are noted.
        self._runner.run(
            Lane.UPKEEP,
            lambda: erase(entry.project_id, entry.customer),
            done=lambda erased: self._forget(workspace, entry, erased),
            failed=lambda error: self._status.show_message(_ERASURE, Tone.BAD, render_error(error)),
        )

    def _forget(self, workspace: Workspace, entry: Entry, erased: "Erasure") -> None:
        self._session.erased.emit(entry.project_id, entry.customer)
        tone = Tone.WARNING if erased.left else Tone.NEUTRAL
        self._status.show_message(_ERASURE, tone, told_after(erased, self._shown))
        if workspace is self._log.workspace:
            self._log.view.reload()

    # -- exporting --------------------------------------------------------------------------------

    def _begin_or_stop(self) -> None:
        workspace = self._log.workspace
        if self._export is not None:
            said = phrase("log", "The export was stopped. Nothing is written to {file}.")
            if self._has_said_why:
                said = phrase(
                    "log", "The export was stopped. Should {file} appear all the same, it is whole."
                )
            self._stop()
            self._say_of_export(Tone.NEUTRAL, said.format(file=self._shown(self._path)))
        elif workspace is not None:
            separators = separators_of(QLocale.system().decimalPoint())
            tables = [(ExportKind.CSV.value, render(_TABLES[one])) for one in separators]
            kinds = [*tables, (ExportKind.JSON_LINES.value, render(_PROGRAMS))]
            chosen = self._questions.choose_file(phrase("log", "Export what is shown"), "consents", kinds)
            if chosen is not None:
                path, kind = chosen
                self._begin(workspace, path, (*separators, separators[0])[kind])

    def _begin(self, workspace: Workspace, path: Path, separator: str) -> None:
        kind = ExportKind.JSON_LINES if path.suffix == f".{ExportKind.JSON_LINES}" else ExportKind.CSV
        style = TableStyle(
            local=self._local,
            # The headings of the file are in the program's own language, too.
            outcome=lambda entry: str(called(entry, practice=workspace.practice).word),
            label=self._panel.model.words.label,
            render=render,
            separator=separator,
        )
        self._export = Export(workspace.journal, self._log.view.query, kind, path, style=style)
        self._path, self._told = path, 0
        self._say_where()
        self._step(self._export)

    def _step(self, export: Export) -> None:
        def done(has_more: bool) -> None:
            if export is not self._export:
                return
            self._patience.end()
            if not has_more:
                self._end()
                count = export.written
                said = phrase(
                    "log", "Exported %n consents to {file}.", "Exported %n consent to {file}.", count
                )
                self._say_of_export(Tone.NEUTRAL, said.format(file=self._shown(self._path)))
                return
            if export.written >= self._told + _NEWS or self._has_said_why:
                self._told, self._has_said_why = export.written, False
                said = phrase("log", "Exporting… {written:,} so far.")
                self._tell_export(Tone.NEUTRAL, said.format(written=export.written))
            self._step(export)

        def failed(error: Exception) -> None:
            if export is self._export:
                self._end()
                self._say_of_export(Tone.BAD, render_error(error))

        self._patience.begin()
        self._runner.run(Lane.EXPORT, export.step, done=done, failed=failed)

    def _say_what_it_waits_for(self, tone: Tone) -> None:
        self._has_said_why = True
        what = phrase("log", "The journal is busy")
        if self._export is not None and self._export.is_at_file:
            said = phrase("log", "The folder {folder} does not answer")
            what = said.format(folder=self._shown(self._path.parent))
        said = phrase("log", "{what}: the export waits. Noting goes on. “Stop export” gives it up.")
        self._tell_export(tone, said.format(what=what))

    def _say_of_export(self, tone: Tone, text: str) -> None:
        self._status.show_message(_EXPORT, tone, text)

    def _say_where(self) -> None:
        if self._export is None:
            return
        shown = self._shown(self._path.name)
        self._tell_export(Tone.NEUTRAL, phrase("log", "Exporting to {shown}…").format(shown=shown))

    def _tell_export(self, tone: Tone, text: str) -> None:
        self._banner.show_notice(tone, text, "", action=phrase("log", "Stop export"), stops=True)

    def _stop(self) -> None:
        export = self._export
        if export is not None:
            export.give_up()
            if self._has_said_why:
                # The step that hangs takes away what it has written, should it ever come back.
                self._runner.renew(Lane.EXPORT)
            self._runner.run(Lane.EXPORT, export.cancel, done=let_be, failed=let_be)
            self._end()

    def _end(self) -> None:
        self._export, self._has_said_why = None, False
        self._patience.end()
        self._banner.take_back()


def separators_of(decimal_point: str) -> tuple[str, ...]:
    """What may part the cells of a table, first what a spreadsheet expects where numbers have this point."""
    first = ";" if decimal_point == "," else ","
    return first, *(one for one in _TABLES if one != first)


def told(entry: Entry) -> str:
    """What it means to remove the data of the customer of `entry`."""
    return phrase(
        "log",
        "{type} = {value}\nProject: {project_name}\n\nDeleted for good, from the "
        "journal and from its backups: the customer ID, ticket, channel and wording, "
        "the requests with their salts, and the answers.\n\nWhat stays: that somebody "
        "decided, when, about which category, and what became of it; a keyed hash in "
        "place of the customer; and the chain, which can still be checked.\n\nNothing "
        "is changed in Engagement. After this, nobody can prove whose decisions "
        "these were.",
    ).format(type=entry.customer.type, value=entry.customer.value, project_name=entry.project_name)


def told_after(erased: "Erasure", shown: Callable[[Path], str] = str) -> str:
    """What was removed; `shown`: what may be seen of a file's name."""
    count = erased.consents
    text = phrase(
        "log",
        "Removed from %n consents, now shown as “erased {short}”. Backups that were rewritten: {backups:,}.",
        "Removed from %n consent, now shown as “erased {short}”. Backups that were rewritten: {backups:,}.",
        count,
    ).format(short=erased.short, backups=erased.backups)
    if erased.left:
        files = ", ".join(map(shown, erased.left))
        text += phrase(
            "log", " These files may name the customer still; delete them by hand if so: {files}"
        ).format(files=files)
    return text
