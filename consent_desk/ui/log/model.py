"""The log as a table: one consent a line. It knows how many there are, and reads those that are looked at.

Long because what is shown, and at which place of how many, is one model to Qt.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.log_query import LogQuery, LogRow
from consent_desk.domain.text import visible
from consent_desk.ui.states import tone_of, word_of
from consent_desk.ui.widgets.messages import Local, tool_tip
from consent_desk.ui.widgets.tones import colour, sign

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("Time", "Outcome", "Status", "Duration", "Customer ID", "Category", "Action", "Project")
BATCH = 100
"""Milliseconds for which changed lines are gathered before they are shown together."""

KEPT, NEAR = 4_000, 1_000
"""So many lines are kept at most; then those stay that are so near to the one that was looked at last."""

_LONGEST = 200


class LogModel(QAbstractTableModel):
    """Lines of the log; changed ones come in batches.

    `missing(row)`: a line is looked at that was not read yet, or not kept. Whoever hears it calls `fill`.
    `change_wanted(request_id)` asks what a line changed, for its tooltip: `tell_change` brings it.
    """

    missing = Signal(int)
    change_wanted = Signal(str)

    def __init__(self, local: Local, now: Callable[[], Timestamp]) -> None:
        super().__init__()
        self._local = local
        self._now = now
        # The oldest first, however they are shown: so a new one moves no other.
        self._lines: list[LogRow | None] = []
        self._places: dict[str, int] = {}
        # The number of the newest line that is known.
        self.newest = 0
        self._waiting: dict[str, Entry] = {}
        self._missed = self._looked_at = 0
        self.query = LogQuery()
        self._changes: dict[str, str] = {}
        self.practice = False
        self._batch = QTimer(self, singleShot=True, interval=BATCH)
        self._batch.timeout.connect(self.flush)
        # What is drawn in one go is asked for once.
        self._looking = QTimer(self, singleShot=True, interval=0)
        self._looking.timeout.connect(self._look)

    # -- what is shown ----------------------------------------------------------------------------

    def show(self, found: Sequence[LogRow], query: LogQuery, *, practice: bool) -> None:
        """Show the first page of what `query` asks for instead of what is there."""
        self.beginResetModel()
        self._waiting.clear()
        self.query = query
        self._changes.clear()
        self._looked_at = 0
        self.practice = practice
        self._lines = [*found] if query.oldest_first else [*reversed(found)]
        self.newest = max((each.seq for each in found), default=0)
        self._places = {line.entry.request_id: place for place, line in enumerate(self._lines) if line}
        self.endResetModel()

    def set_total(self, total: int, newest: int) -> None:
        """There are `total` lines, the newest of them numbered `newest`; only the first page is read."""
        self.newest = newest
        first, more = len(self._lines), total - len(self._lines)
        if more > 0:
            self.beginInsertRows(QModelIndex(), first, total - 1)
            place = first if self.query.oldest_first else 0
            self._lines[place:place] = [None] * more
            self._shift(place, more)
            self.endInsertRows()

    def fill(self, row: int, found: Sequence[LogRow]) -> None:
        """Show what was read for `row` and those that follow it."""
        for number, each in enumerate(found, row):
            place = self._turned(number)
            if number < len(self._lines) and self._lines[place] is None:
                self._lines[place] = each
                self._places[each.entry.request_id] = place
        self._let_go(row)
        last = min(row + len(found), len(self._lines)) - 1
        self.dataChanged.emit(self.index(row, 0), self.index(max(row, last), len(COLUMNS) - 1))

    def unread_around(self, row: int, reach: int) -> tuple[int, int | None]:
        """The first of the unread rows around `row`, and the number of the line before it, if it is read."""
        first = row
        while first > max(0, row - reach) and self._line(first - 1) is None:
            first -= 1
        before = self._line(first - 1) if first else None
        return first, None if before is None else before.seq

    def add(self, found: Iterable[LogRow]) -> bool:
        """Show lines that are asked for and may be new here, each in its place.

        False where one may be among those that are not read: whether it is, their number tells.
        """
        are_placed = True
        ordered = sorted(found, key=lambda each: each.seq)
        new = [each for each in ordered if each.seq > self.newest]
        for each in ordered:
            if each.entry.request_id in self._places:
                self.put(each.entry)
            elif each.seq <= self.newest and self.query.states:
                # Perhaps it was not asked for before; without a wish for states it is there, only unread.
                first, last = self._between(each.seq)
                if first == last:
                    self._insert(first, [each])
                else:
                    are_placed = False
        if new:
            self.newest = new[-1].seq
            self._insert(len(self._lines), new)
        return are_placed

    def put(self, entry: Entry) -> bool:
        """Show a changed line with the next batch; False where it is not among those that were read."""
        if entry.request_id not in self._places:
            return False
        self._waiting[entry.request_id] = entry
        self._changes.pop(entry.request_id, None)
        if not self._batch.isActive():
            self._batch.start()
        return True

    def tell_change(self, request_id: str, change: str) -> None:
        """Show `change` in the tooltip of a line."""
        self._changes[request_id] = change

    def flush(self) -> None:
        """Show now what waits for the next batch."""
        waiting, self._waiting = self._waiting, {}
        for request_id, entry in waiting.items():
            place = self._places.get(request_id)
            before = None if place is None else self._lines[place]
            if place is None or before is None:
                continue
            row = self._turned(place)
            if self.query.states and entry.state not in self.query.states:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._lines[place], self._places[request_id]
                self._shift(place, -1)
                self.endRemoveRows()
            else:
                self._lines[place] = LogRow(before.seq, entry)
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    # -- what is asked ----------------------------------------------------------------------------

    def entry(self, row: int) -> Entry | None:
        """The consent in line `row`, None where that is not read."""
        line = self._line(row)
        return None if line is None else line.entry

    def find(self, request_id: str) -> Entry | None:
        """The line of one consent, None where it is not among those that were read."""
        row = self.row_of(request_id)
        return None if row is None else self.entry(row)

    def row_of(self, request_id: str) -> int | None:
        """Where the line of one consent is, None where it is not among those that were read."""
        place = self._places.get(request_id)
        return None if place is None else self._turned(place)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._lines)

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
        entry = self.entry(index.row())
        column = COLUMNS[index.column()]
        self._looked_at = index.row()
        if entry is None:
            if role != Qt.ItemDataRole.DisplayRole:
                return None
            self._missed = index.row()
            if not self._looking.isActive():
                self._looking.start()
            return "…" if column == "Time" else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(entry, column)
        if role == Qt.ItemDataRole.ForegroundRole and column == "Outcome":
            return colour(tone_of(entry, practice=self.practice), QGuiApplication.palette())
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
        return tool_tip(visible(change))

    def _text(self, entry: Entry, column: str) -> str:
        match column:
            case "Time":
                return self._time(entry.noted_at)
            case "Outcome":
                tone = tone_of(entry, practice=self.practice)
                return f"{sign(tone)} {word_of(entry, practice=self.practice)}".strip()
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

    # -- places -----------------------------------------------------------------------------------

    def _line(self, row: int) -> LogRow | None:
        return self._lines[self._turned(row)]

    def _turned(self, number: int) -> int:
        """The row of a place, or the place of a row."""
        return number if self.query.oldest_first else len(self._lines) - 1 - number

    def _shift(self, place: int, by: int) -> None:
        # Of those that are read alone: there may be a thousand times as many.
        self._places = {one: at + by if at >= place else at for one, at in self._places.items()}

    def _between(self, seq: int) -> tuple[int, int]:
        """The places between the lines that are read before and after `seq`: alike where none is unread."""
        read = [(place, line.seq) for place in self._places.values() if (line := self._lines[place])]
        first = max((place + 1 for place, other in read if other < seq), default=0)
        return first, min((place for place, other in read if other > seq), default=len(self._lines))

    def _insert(self, place: int, found: list[LogRow]) -> None:
        row = place if self.query.oldest_first else len(self._lines) - place
        self.beginInsertRows(QModelIndex(), row, row + len(found) - 1)
        self._lines[place:place] = found
        self._shift(place, len(found))
        self._places.update((each.entry.request_id, at) for at, each in enumerate(found, place))
        self._let_go(self._looked_at)
        self.endInsertRows()

    def _let_go(self, row: int) -> None:
        """Where too many lines are read, keep those that are near to `row`."""
        if len(self._places) > KEPT:
            middle = self._turned(row)
            for request_id, place in [*self._places.items()]:
                if abs(place - middle) > NEAR:
                    self._lines[place] = None
                    del self._places[request_id]
                    self._changes.pop(request_id, None)

    def _look(self) -> None:
        if self._missed < len(self._lines) and self._line(self._missed) is None:
            self.missing.emit(self._missed)
