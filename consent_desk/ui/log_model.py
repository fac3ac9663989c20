"""The log as a table: one consent a line, the newest first."""

from collections.abc import Callable, Iterable
from datetime import datetime

from PySide6 import QtGui
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QGuiApplication

from consent_desk.domain.consent import Timestamp
from consent_desk.domain.delivery import OPEN_STATES, State
from consent_desk.domain.record import Entry
from consent_desk.domain.text import visible
from consent_desk.ui.outcomes import colour, sign
from consent_desk.ui.states import PRACTISED_STATES, STATE_WORDS, tone_of

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("Time", "Outcome", "Status", "Duration", "Customer ID", "Category", "Action", "Project")
BATCH = 100
"""Milliseconds for which new lines are gathered before they are inserted together."""

_LONGEST = 200


class LogModel(QAbstractTableModel):
    """Lines of the log. New and changed ones come in batches; `flushed` tells that one was shown.

    `change_wanted(request_id)` asks what a line changed, for its tooltip: `tell_change` brings it.
    """

    flushed = Signal()
    change_wanted = Signal(str)

    def __init__(
        self,
        local: Callable[[Timestamp], datetime],
        now: Callable[[], Timestamp],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._local = local
        self._now = now
        self._entries: list[Entry] = []
        self._waiting: dict[str, Entry] = {}
        self._changes: dict[str, str] = {}
        self.practice = False
        self._batch = QTimer(self)
        self._batch.setSingleShot(True)
        self._batch.setInterval(BATCH)
        self._batch.timeout.connect(self.flush)

    def replace(self, entries: Iterable[Entry], *, practice: bool) -> None:
        """Show `entries`, the newest first, instead of what is there."""
        self.beginResetModel()
        self._waiting.clear()
        self._changes.clear()
        self._entries = list(entries)
        self.practice = practice
        self.endResetModel()

    def put(self, entry: Entry) -> None:
        """Show `entry` with the next batch: as a new line, or in place of its old one."""
        self._waiting[entry.request_id] = entry
        self._changes.pop(entry.request_id, None)
        if not self._batch.isActive():
            self._batch.start()

    def tell_change(self, request_id: str, change: str) -> None:
        """Show `change` in the tooltip of a line."""
        self._changes[request_id] = change

    def flush(self) -> None:
        """Show now what waits for the next batch."""
        for row, entry in enumerate(self._entries):
            if (changed := self._waiting.pop(entry.request_id, None)) is not None:
                self._entries[row] = changed
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))
        new = [*reversed(self._waiting.values())]
        self._waiting.clear()
        if new:
            self.beginInsertRows(QModelIndex(), 0, len(new) - 1)
            self._entries[:0] = new
            self.endInsertRows()
        self.flushed.emit()

    def waits(self, request_id: str) -> bool:
        """Whether one consent is to be shown, or shown anew, with the next batch."""
        return request_id in self._waiting

    def entry(self, row: int) -> Entry:
        """The consent in line `row`."""
        return self._entries[row]

    def find(self, request_id: str) -> Entry | None:
        """The line of one consent, None where it is not on this page."""
        return next((entry for entry in self._entries if entry.request_id == request_id), None)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        title = COLUMNS[section]
        return f"{title} ({self._today().tzname()})" if title == "Time" else title

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self._entries[index.row()]
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(entry, column)
        if role == Qt.ItemDataRole.ForegroundRole and column == "Outcome":
            return colour(tone_of(entry.state, practice=self.practice), QGuiApplication.palette())
        if column == "Time" and role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole}:
            return self._local(entry.noted_at).strftime("%Y-%m-%d %H:%M:%S %Z")
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(entry.request_id)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in {"Status", "Duration"}:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _tip(self, request_id: str) -> str | None:
        change = self._changes.get(request_id)
        if change is None:
            self.change_wanted.emit(request_id)
            return None
        # As HTML, or Qt would guess whether a category's name is some.
        return QtGui.Qt.convertFromPlainText(visible(change), Qt.WhiteSpaceMode.WhiteSpaceNormal)

    def _text(self, entry: Entry, column: str) -> str:
        match column:
            case "Time":
                return self._time(entry.noted_at)
            case "Outcome":
                tone = tone_of(entry.state, practice=self.practice)
                word = "Held" if entry.held else STATE_WORDS[entry.state]
                practised = self.practice and entry.state in PRACTISED_STATES
                return f"{sign(tone)} {'Practised' if practised else word}".strip()
            case "Status":
                return "" if entry.status is None else str(entry.status)
            case "Duration":
                return "" if entry.elapsed is None else f"{entry.elapsed * 1000:,.0f} ms"
            case "Customer ID":
                return visible(entry.customer.value)[:_LONGEST]
            case "Category":
                return visible(entry.category)[:_LONGEST]
            case "Action":
                return entry.action.value
            case _:
                return visible(entry.project_name)

    def _time(self, at: Timestamp) -> str:
        local, today = self._local(at), self._today()
        day = "" if local.date() == today.date() else "%d %b " if local.year == today.year else "%Y-%m-%d "
        # The header names the zone of today; a line from before the clocks were changed names its own.
        zone = "" if local.tzname() == today.tzname() else " %Z"
        return local.strftime(f"{day}%H:%M{zone}" if day else f"%H:%M:%S{zone}")

    def _today(self) -> datetime:
        return self._local(self._now())


class LogFilter(QSortFilterProxyModel):
    """The lines that hold a text in any column, of one outcome or of all."""

    def __init__(self, source: LogModel) -> None:
        super().__init__(source)
        self._log = source
        self._wanted = ""
        self._state: State | None = None
        self._open_only = False
        self.setSourceModel(source)

    def search(self, text: str, state: State | None, *, open_only: bool = False) -> None:
        """Show the lines with `text` in them, in any case, whose state is `state` if one is given.

        `open_only`: of those that Engagement may not have yet, and the oldest first.
        """
        self._wanted = text.casefold()
        self._state = state
        self._open_only = open_only
        self.invalidate()
        self.sort(0 if open_only else -1, Qt.SortOrder.AscendingOrder)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        if self._state is not None and self._log.entry(row).state is not self._state:
            return False
        if self._open_only and self._log.entry(row).state not in OPEN_STATES:
            return False
        if not self._wanted:
            return True
        texts = (str(self._log.data(self._log.index(row, column))) for column in range(len(COLUMNS)))
        return any(self._wanted in text.casefold() for text in texts)

    def lessThan(self, left: Index, right: Index) -> bool:
        return self._log.entry(left.row()).noted_at < self._log.entry(right.row()).noted_at
