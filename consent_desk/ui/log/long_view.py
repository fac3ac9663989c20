"""Reads the journal for the log, page by page: what is searched for, looked at, or new."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.log_query import LogQuery, LogRow, Which
from consent_desk.ui.log.model import BATCH, LogModel
from consent_desk.ui.tasks import Lane, Result, TaskRunner
from consent_desk.workspace import Workspace

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

FIRST = 200
"""The lines of the first page: more than a window shows."""

REACH = 150
"""So many lines before and after the one that is looked at are read with it."""


class LongView(QObject):
    """Keeps `model` true to the journal of one workspace at a time; `query` is what is searched for.

    `shown(total)` tells how many lines there are, None as long as they are not counted; `failed(error)` that
    they could not be read. Only one search runs at a time: what is typed meanwhile is searched for next,
    and what was searched for before is never shown.
    """

    shown = Signal(object)
    failed = Signal(object)

    def __init__(self, model: LogModel, runner: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._runner = runner
        self._workspace: Workspace | None = None
        self.query = LogQuery()
        self._searching = self._again = False
        # A new one for each first page: what is read for an older one is dropped.
        self._view = object()
        self._filling = False
        self._unplaced: set[str] = set()
        self._placing = False
        self._batch = QTimer(self, singleShot=True, interval=BATCH)
        self._batch.timeout.connect(self.place)
        model.missing.connect(self._fill)

    @property
    def is_settled(self) -> bool:
        """Whether every line that belongs here has come."""
        return not (self._searching or self._placing or self._unplaced)

    def show_nothing(self) -> None:
        """Show nothing until there is another workspace."""
        self._workspace = None
        self._unplaced.clear()
        self._view = object()
        self._model.show((), self.query, practice=False)

    def show_workspace(self, workspace: Workspace) -> None:
        """Show the journal of `workspace`."""
        self._workspace = workspace
        self.reload()

    def search(self, query: LogQuery) -> None:
        """Show what `query` asks for."""
        if query != self.query:
            self.query = query
            self.reload()

    def amend(self, query: LogQuery, request_ids: Collection[str]) -> None:
        """Show what `query` asks for, which is asked otherwise of `request_ids` alone."""
        self.query = query
        if self._searching:
            self.reload()
            return
        self._model.query = query
        self._unplaced.update(request_ids)
        if not self._batch.isActive():
            self._batch.start()

    def put(self, entry: Entry) -> None:
        """Show a new or changed line, if it is asked for."""
        # What is being read may be from before, and would be shown instead of it: it is read once more.
        is_read = self._searching or self._placing or self._filling
        is_listed = self.query.which is not Which.ALL
        if not self._model.put(entry) or is_read or is_listed:
            self._unplaced.add(entry.request_id)
            if not self._batch.isActive():
                self._batch.start()

    def place(self) -> None:
        """Ask now which of the lines that are not here belong here."""
        workspace, view, query = self._workspace, self._view, self.query
        if workspace is None or self._searching or self._placing or not self._unplaced:
            return  # it is asked again when that is done
        asked, self._unplaced, self._placing = tuple(self._unplaced), set(), True

        def done(found: tuple[LogRow, ...]) -> None:
            self._placing = False
            if view is self._view and query.which is not Which.ALL:
                self._model.take_away({*asked} - {row.entry.request_id for row in found})
            if view is self._view and not self._model.add(found):
                self._recount(workspace)
                return
            if view is self._view:
                self.shown.emit(self._model.total)
            self.place()

        # A line that could not be placed comes with the next search.
        self._read(lambda journal: journal.those(query, asked), workspace, done)

    def reload(self) -> None:
        """Read the first page anew."""
        workspace, query = self._workspace, self.query
        if workspace is None or self._searching:
            self._again = True
            return  # once it is there, the search under way begins again
        self._searching, self._again = True, False

        def done(found: tuple[LogRow, ...]) -> None:
            self._searching = False
            if self._again or workspace is not self._workspace:
                self.reload()
                return
            self._view = object()
            self._filling = False
            self._model.show(found, query, practice=workspace.practice)
            self.shown.emit(len(found) if len(found) < FIRST else None)
            self.place()
            if len(found) == FIRST:
                self._count(workspace, query)

        def failed(error: Exception) -> None:
            self._searching = False
            if self._again or workspace is not self._workspace:
                self.reload()
            else:
                self.failed.emit(error)

        # Everything else is read one after the other: what is asked for later is newer.
        self._runner.run(
            Lane.LOG, lambda: workspace.journal.page(query, most=FIRST), done=done, failed=failed
        )

    def _recount(self, workspace: Workspace) -> None:
        view, query = self._view, self.query
        self._placing = True

        def done(total: int) -> None:
            self._placing = False
            if view is self._view and total == self._model.total:
                self.shown.emit(total)
            elif view is self._view:
                self.reload()
            self.place()

        self._read(lambda journal: journal.count(query), workspace, done)

    def _count(self, workspace: Workspace, query: LogQuery) -> None:
        view = self._view
        newest_first = replace(query, oldest_first=False)

        def done(counted: tuple[int, tuple[LogRow, ...]]) -> None:
            total, newest = counted
            if view is not self._view:
                return
            last = newest[0].seq if newest else 0
            if not query.oldest_first and last > self._model.newest:
                self.reload()  # noted since the first page was read
                return
            self._model.set_total(total, last)
            self.shown.emit(total)

        self._read(
            lambda journal: (journal.count(query), journal.page(newest_first, most=1)), workspace, done
        )

    def _fill(self, row: int) -> None:
        workspace, view, query = self._workspace, self._view, self.query
        if workspace is None or self._filling or self._searching:
            return  # drawn anew when that is done, it is asked for again
        self._filling = True
        first, after = self._model.unread_around(row, REACH)
        skip = 0 if after is not None else self._model.consents_before(first)
        most = self._model.consents_before(row, first) + REACH

        def done(found: tuple[LogRow, ...]) -> None:
            if view is not self._view:
                return
            self._filling = False
            self._model.fill(first, found)
            if row < self._model.rowCount() and self._model.entry(row) is None:
                self.reload()  # there are fewer than was thought

        self._read(lambda journal: journal.page(query, after, skip=skip, most=most), workspace, done)

    def _read(
        self, ask: Callable[["SqliteJournal"], Result], workspace: Workspace, done: Callable[[Result], None]
    ) -> None:
        def failed(error: Exception) -> None:
            self._filling = self._placing = False
            self.failed.emit(error)

        self._runner.run(Lane.JOURNAL, lambda: ask(workspace.journal), done=done, failed=failed)
