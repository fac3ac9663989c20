"""Fills the log and its details from the journal of the workspace at work."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractButton

from consent_desk.delivery.attention import may_win
from consent_desk.domain.dates import read_days, tell_days
from consent_desk.domain.lifecycle.checking import said_right
from consent_desk.domain.lifecycle.policy import is_for_a_person
from consent_desk.domain.lifecycle.record import Entry, Record
from consent_desk.domain.lifecycle.state import OPEN_STATES, TO_CHECK_STATES, State, is_to_acknowledge
from consent_desk.domain.log_query import LogQuery, words_of
from consent_desk.domain.message import Message
from consent_desk.ui.log.details import change_of, details_of
from consent_desk.ui.log.long_view import LongView
from consent_desk.ui.log.model import BATCH
from consent_desk.ui.log.panel import Offer
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import render, render_error
from consent_desk.workspace import Workspace


class LogPresenter(Presenter):
    """Shows the log of one workspace at a time: `workspace`."""

    def __init__(self, shell: ShellContext) -> None:
        super().__init__(shell)
        self._panel = panel = self._window.log
        self.workspace: Workspace | None = None
        self._missed: list[tuple[Workspace, Entry]] = []
        self._chosen: Entry | None = None
        self._to_choose = ""
        self._later = QTimer(self, singleShot=True, interval=BATCH)
        self._later.timeout.connect(self._choose_later)
        self.view = LongView(panel.model, self._runner, self)
        self.view.shown.connect(self._tell)
        self.view.failed.connect(lambda error: panel.search.note.show_problem(render_error(error)))
        panel.line_chosen.connect(self._show_details)
        panel.search.changed.connect(self._search)
        panel.model.change_wanted.connect(self._tell_change)

    def show_workspace(self, workspace: Workspace) -> None:
        """Show the journal of `workspace`."""
        self.workspace = workspace
        # Practice ends with the program: there is nothing to be erased for good.
        self._panel.erase.setVisible(workspace.erase is not None)
        self.view.show_workspace(workspace)
        missed, self._missed = self._missed, []
        for one in missed:
            self.put(*one)

    def show_nothing(self) -> None:
        """Show nothing until another workspace is there."""
        self.workspace = self._chosen = None
        self._to_choose = ""
        self.view.show_nothing()

    def put(self, workspace: Workspace, entry: Entry) -> None:
        """Show a new or changed line, if it belongs to the workspace that is shown."""
        if self.workspace is None:
            # What is read for the next workspace may be older.
            self._missed.append((workspace, entry))
        elif workspace is self.workspace:
            self.view.put(entry)

    def choose(self, workspace: Workspace, entry: Entry) -> None:
        """Select a line and show its details, if it belongs to the workspace that is shown."""
        if workspace is self.workspace:
            self._to_choose = entry.request_id
            # Not before its batch: reading its details would take time from the sending.
            self._later.start()

    def _choose_later(self) -> None:
        self.view.place()
        self._choose()

    def show_begun(self, workspace: Workspace, entry: Entry) -> None:
        """Show that a call is under way. The journal knows it by itself."""
        self.put(workspace, replace(entry, state=State.IN_FLIGHT, status=None, elapsed=None, held=False))

    def find(self, request_id: str) -> Entry | None:
        """The line of one consent, None where it was neither read nor chosen."""
        chosen = self._chosen
        found = self._panel.model.find(request_id)
        return chosen if found is None and chosen is not None and chosen.request_id == request_id else found

    def on_line(self, button: QAbstractButton, act: Callable[[Workspace, Entry], object]) -> None:
        """Have `act` called for the line that is chosen when `button` of the panel is pressed."""

        def take(pressed: QAbstractButton, request_id: str) -> None:
            workspace, entry = self.workspace, self.find(request_id)
            if pressed is button and workspace is not None and entry is not None:
                act(workspace, entry)

        self._panel.pressed.connect(take)

    def _search(self) -> None:
        bar = self._panel.search
        days = read_days(bar.days.line.text(), self._now(), self._shell.zone)
        if isinstance(days, Message):
            bar.note.show_problem(render(days))
            return
        since, until = days or (None, None)
        only_open, state = bar.open_ones.isChecked(), bar.state
        states = OPEN_STATES if only_open else frozenset() if state is None else frozenset({state})
        self.view.search(
            LogQuery(
                words=words_of(bar.filter.text()),
                states=states,
                since=since,
                until=until,
                oldest_first=only_open,
                to_acknowledge=only_open,
            )
        )

    def _tell(self, total: int | None) -> None:
        query = self.view.query
        is_filtered = replace(query, oldest_first=False) != LogQuery()
        if total is not None and is_filtered:
            found = f"{total:,} found" if total else "Nothing found"
            days = tell_days(query.since, query.until, self._shell.zone)
            self._panel.search.note.show_remark(f"{found}: {days}" if days else found)
        elif not is_filtered:
            self._panel.search.note.show_remark("")
        self._choose()

    def _choose(self) -> None:
        request_id = self._to_choose
        if not request_id:
            return
        if self._panel.model.find(request_id) is not None:
            self._to_choose = ""
            self._panel.choose(request_id)
        elif self.view.is_settled:
            # A filter that would hide it is taken off: it was just sent.
            self._to_choose = "" if self.view.query == LogQuery() else request_id
            self._panel.search.clear()

    def _show_details(self, request_id: str) -> None:
        workspace = self.workspace
        if workspace is None:
            return
        self._chosen = self._panel.model.find(request_id) or self._chosen

        def work() -> tuple[dict[str, str], Record, str]:
            # Laid out here too: a megabyte of JSON takes half a second, for which the window would stand.
            record = workspace.journal.record(request_id)
            texts = details_of(
                record,
                self._local,
                practice=workspace.practice,
                outlook=workspace.engine.outlook(request_id),
                failing=workspace.engine.failing(request_id),
            )
            return texts, record, change_of(record, self._local)

        def done(result: tuple[dict[str, str], Record, str]) -> None:
            texts, record, change = result
            last = record.facts[-1]
            self._panel.model.tell_change(request_id, change)
            if workspace.presented:
                self._panel.show_details(request_id, texts, Offer())
                return
            offer = Offer(
                state=last.state,
                can_renew=may_win(record),
                to_acknowledge=is_to_acknowledge(last),
                to_check=last.state in TO_CHECK_STATES and not said_right(record, last.state),
                undecided=is_for_a_person(record.facts),
            )
            self._panel.show_details(request_id, texts, offer)

        def failed(error: Exception) -> None:
            self._panel.show_details(request_id, {"Explanation": render_error(error)}, Offer())

        self._runner.run(Lane.JOURNAL, work, done=done, failed=failed)

    def _tell_change(self, request_id: str) -> None:
        workspace, model = self.workspace, self._panel.model
        if workspace is not None:
            self._runner.run(
                Lane.JOURNAL,
                lambda: change_of(workspace.journal.record(request_id), self._local),
                done=lambda change: model.tell_change(request_id, change),
                failed=lambda error: None,
            )
