"""The log as a list, and as a table with the same lines. It knows how many there are, and reads what is seen.

Long because what is shown, and at which place of how many, is one model to Qt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.log_query import LogQuery, LogRow
from consent_desk.domain.text import visible
from consent_desk.ui.log.lines import (
    UNREAD,
    Part,
    Press,
    Slot,
    Unread,
    belong_together,
    gathered,
    rows_of,
    size,
)
from consent_desk.ui.log.words import COLUMNS, Words
from consent_desk.ui.widgets.messages import tool_tip
from consent_desk.ui.widgets.tones import colour

Index = QModelIndex | QPersistentModelIndex

LINE = len(COLUMNS)
"""The column behind those of the table: all of a line, for the list."""

BATCH = 100
"""Milliseconds for which changed lines are gathered before they are shown together."""

KEPT, NEAR = 4_000, 1_000
"""So many lines are kept at most; then those stay that are so near to the one that was looked at last."""


class LogModel(QAbstractTableModel):
    """Lines of the log; changed ones come in batches. Several of one press are one line that opens.

    `missing(row)`: a line is looked at that was not read yet, or not kept. Whoever hears it calls `fill`.
    `filling(begins)`: many lines are put in their places at once, or are there.
    `change_wanted(request_id)` asks what a line changed, for its tooltip: `tell_change` brings it.
    """

    missing = Signal(int)
    filling = Signal(bool)
    change_wanted = Signal(str)

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.words = words
        self._lines: list[Slot] = []
        # Where each that was read stands: those of a press in its line.
        self._places: dict[str, int] = {}
        # Where several stand in a line, kept or not.
        self._wide: set[int] = set()
        # How many consents there are, and the number of the newest that is known.
        self.total = self.newest = 0
        self._waiting: dict[str, Entry] = {}
        self._missed = self._looked_at = 0
        self.query = LogQuery()
        self._changes: dict[str, str] = {}
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
        self.words.practice = practice
        self._lines = gathered(found if query.oldest_first else reversed(found))
        self.total = len(found)
        self.newest = max((each.seq for each in found), default=0)
        self._places, self._wide = {}, set()
        self._note_places(0, len(self._lines))
        self.endResetModel()

    def set_total(self, total: int, newest: int) -> None:
        """There are `total` consents, the newest of them numbered `newest`; only the first page is read."""
        self.newest = newest
        first, more = len(self._lines), total - self.total
        if more > 0:
            self.beginInsertRows(QModelIndex(), first, first + more - 1)
            place = first if self.query.oldest_first else 0
            self._lines[place:place] = [UNREAD] * more
            self._shift(place, more)
            self.total = total
            self.endInsertRows()

    def fill(self, row: int, found: Sequence[LogRow]) -> None:
        """Show what was read for `row` and those that follow it."""
        self.filling.emit(True)
        left, at = [*found], row
        while left and at < len(self._lines):
            place = self._turned(at)
            slot = self._lines[place]
            mine, left = left[: size(slot)], left[size(slot) :]
            if isinstance(slot, Unread) and len(mine) == slot.size:
                [*read] = gathered(sorted(mine, key=lambda each: each.seq))
                if len(read) == 1:
                    self._lines[place] = read[0]
                    self._note_places(place, place + 1)
            at += 1
        self._gather(*sorted((self._turned(row), self._turned(at - 1))))
        self._let_go(row)
        # There may be fewer lines now: those of one press have become one.
        last = min(at, len(self._lines)) - 1
        self.dataChanged.emit(self.index(min(row, last), 0), self.index(last, LINE))
        self.filling.emit(False)

    def unread_around(self, row: int, reach: int) -> tuple[int, int | None]:
        """The first of the unread rows around `row`, and the number of the consent before, if it is read."""
        first = row
        while first > max(0, row - reach) and isinstance(self.slot(first - 1), Unread):
            first -= 1
        before = rows_of(self.slot(first - 1)) if first else ()
        if before and isinstance(part := self.slot(first - 1), Part):
            before = part.press.rows
        last = max if self.query.oldest_first else min
        return first, last((each.seq for each in before), default=None)

    def consents_before(self, row: int, since: int = 0) -> int:
        """How many consents stand in the lines from `since` up to that of `row`."""
        count = max(row - since, 0)
        # There may be a thousand times as many that stand for one each.
        for place in self._wide:
            at, slot = self._turned(place), self._lines[place]
            if since <= at < row:
                count += size(slot) - 1
            if isinstance(slot, Press) and slot.is_open:
                count -= len(range(max(at + 1, since), min(at + 1 + len(slot.rows), row)))
        return count

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
            elif each.seq <= self.newest and self.query.is_narrow:
                # Perhaps it was not asked for before; without a wish for states it is there, only unread.
                first, last = self._between(each.seq)
                if first == last:
                    self._insert(first, [each])
                else:
                    are_placed = False
        if new:
            self.newest = new[-1].seq
            self._insert(len(self._lines), gathered(new))
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

    def take_away(self, request_ids: Iterable[str]) -> None:
        """These are not asked for any more."""
        gone = [one for one in request_ids if one in self._places]
        if not gone:
            return
        self.filling.emit(True)
        for request_id in gone:
            self._waiting.pop(request_id, None)
            self._remove(request_id)
        self.filling.emit(False)

    def tell_change(self, request_id: str, change: str) -> None:
        """Show `change` in the tooltip of a line."""
        self._changes[request_id] = change

    def flush(self) -> None:
        """Show now what waits for the next batch."""
        waiting, self._waiting = self._waiting, {}
        changed: list[str] = []
        if self.query.states:
            self.take_away([one for one, entry in waiting.items() if not self.query.wants(entry)])
        for request_id, entry in waiting.items():
            place = self._places.get(request_id)
            if place is None:
                continue
            slot = self._lines[place]
            if isinstance(slot, Press):
                slot.rows[:] = [_changed(each, entry) for each in slot.rows]
            elif isinstance(slot, LogRow):
                self._lines[place] = _changed(slot, entry)
            changed.append(request_id)
        # At once: thousands may leave, and whoever shows them begins anew with each.
        rows = [
            row
            for one in changed
            if (place := self._places.get(one)) is not None
            for row in self._rows_of(place)
        ]
        if rows:
            self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), LINE))

    def toggle(self, row: int) -> None:
        """Open a press, or close it; of one of its parts, too."""
        slot = self.slot(row)
        press = slot.press if isinstance(slot, Part) else slot
        if isinstance(press, Press):
            self._close(press) if press.is_open else self._open(press)

    def _open(self, press: Press) -> None:
        row, at, parts = self._parts(press)
        self.beginInsertRows(QModelIndex(), row, row + len(parts) - 1)
        press.is_open = True
        self._lines[at:at] = parts
        self._shift(at, len(parts))
        self.endInsertRows()
        self._tell_changed(self._place(press))

    def _close(self, press: Press) -> None:
        row, at, parts = self._parts(press)
        self.beginRemoveRows(QModelIndex(), row, row + len(parts) - 1)
        press.is_open = False
        del self._lines[at : at + len(parts)]
        self._shift(at, -len(parts))
        self.endRemoveRows()
        self._tell_changed(self._place(press))

    def _place(self, press: Press) -> int:
        return self._places[press.rows[0].entry.request_id]

    def _parts(self, press: Press) -> tuple[int, int, list[Slot]]:
        """The parts of a press in the order of their places: their first row, and the first of the places."""
        place = self._place(press)
        parts: list[Slot] = [Part(press, number) for number in range(len(press.rows))]
        if self.query.oldest_first:
            return self._turned(place) + 1, place + 1, parts
        return self._turned(place) + 1, place - len(parts) * press.is_open, parts[::-1]

    # -- what is asked ----------------------------------------------------------------------------

    def slot(self, row: int) -> Slot:
        """What stands in a row."""
        return self._lines[self._turned(row)]

    def look_at(self, row: int) -> Slot:
        """What stands in a row that is drawn: it is read where it was not."""
        slot = self.slot(row)
        self._looked_at = row
        if isinstance(slot, Unread):
            self._missed = row
            if not self._looking.isActive():
                self._looking.start()
        return slot

    def entry(self, row: int) -> Entry | None:
        """The consent in line `row`, of several the worst; None where that is not read."""
        rows = rows_of(self.slot(row))
        return self.words.worst(rows).entry if rows else None

    def find(self, request_id: str) -> Entry | None:
        """One consent, None where it is not among those that were read."""
        place = self._places.get(request_id)
        rows = () if place is None else rows_of(self._lines[place])
        return next((each.entry for each in rows if each.entry.request_id == request_id), None)

    def row_of(self, request_id: str) -> int | None:
        """Where the line of one consent is, None where it is not among those that were read."""
        place = self._places.get(request_id)
        if place is None:
            return None
        press = self._lines[place]
        if isinstance(press, Press) and press.is_open:
            numbers = (
                number for number, each in enumerate(press.rows) if each.entry.request_id == request_id
            )
            return self._turned(place) + 1 + next(numbers)
        return self._turned(place)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else LINE + 1

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return self.words.title(section)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        slot = self.look_at(index.row())
        if isinstance(slot, Unread):
            return "…" if role == Qt.ItemDataRole.DisplayRole and index.column() in {0, LINE} else None
        if index.column() == LINE:
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return self.words.sentence(slot)
            if role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
                return None
            customer = visible(rows_of(slot)[0].entry.customer.value)
            return customer if role == Qt.ItemDataRole.DisplayRole else self._tip(slot, customer)
        column = COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.words.cell(slot, column)
            case Qt.ItemDataRole.ForegroundRole if column == "Outcome":
                return colour(self.words.tone(slot), QGuiApplication.palette())
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole if column == "Time":
                return self.words.whole_time(slot)
            case Qt.ItemDataRole.ToolTipRole:
                return self._tip(slot)
            case Qt.ItemDataRole.TextAlignmentRole if column in {"Status", "Duration"}:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _tip(self, slot: Slot, customer: str = "") -> str | None:
        request_id = self.words.worst(rows_of(slot)).entry.request_id
        if request_id not in self._changes:
            self.change_wanted.emit(request_id)
        change = visible(self._changes.get(request_id, ""))
        return tool_tip("\n".join(filter(None, (customer, change)))) or None

    # -- places -----------------------------------------------------------------------------------

    def _turned(self, number: int) -> int:
        """The row of a place, or the place of a row."""
        return number if self.query.oldest_first else len(self._lines) - 1 - number

    def _shift(self, place: int, by: int) -> None:
        # Of those that are read alone: there may be a thousand times as many.
        self._places = {one: at + by if at >= place else at for one, at in self._places.items()}
        self._wide = {at + by if at >= place else at for at in self._wide}

    def _note_places(self, first: int, end: int) -> None:
        for place in range(first, end):
            slot = self._lines[place]
            if isinstance(slot, LogRow | Press):
                self._places.update((each.entry.request_id, place) for each in rows_of(slot))
                (self._wide.add if isinstance(slot, Press) else self._wide.discard)(place)

    def _between(self, seq: int) -> tuple[int, int]:
        """The places between the lines that are read before and after `seq`: alike where none is unread."""
        first, last = 0, len(self._lines)
        for place in set(self._places.values()):
            slot = self._lines[place]
            opened = len(slot.rows) if isinstance(slot, Press) and slot.is_open else 0
            before, behind = (0, opened) if self.query.oldest_first else (opened, 0)
            if rows_of(slot)[0].seq < seq:
                first = max(first, place + behind + 1)
            else:
                last = min(last, place - before)
        return first, last

    def _insert(self, place: int, slots: Sequence[Slot]) -> None:
        row = place if self.query.oldest_first else len(self._lines) - place
        self.beginInsertRows(QModelIndex(), row, row + len(slots) - 1)
        self._lines[place:place] = slots
        self._shift(place, len(slots))
        self._note_places(place, place + len(slots))
        self.total += sum(map(size, slots))
        self._let_go(self._looked_at)
        self.endInsertRows()
        self._gather(place, place + len(slots) - 1)

    def _remove(self, request_id: str) -> None:
        slot = self._lines[self._places[request_id]]
        if isinstance(slot, Press) and slot.is_open:
            self._close(slot)
        place = self._places.pop(request_id)
        self.total -= 1
        if isinstance(slot, Press):
            slot.rows[:] = [each for each in slot.rows if each.entry.request_id != request_id]
            if len(slot.rows) == 1:
                self._lines[place] = slot.rows[0]
                self._wide.discard(place)
            self._tell_changed(place)
        else:
            self._delete(place, place)

    def _delete(self, first: int, last: int) -> None:
        rows = sorted((self._turned(first), self._turned(last)))
        self.beginRemoveRows(QModelIndex(), *rows)
        del self._lines[first : last + 1]
        self._wide -= {*range(first, last + 1)}
        self._shift(last + 1, first - last - 1)
        self.endRemoveRows()

    def _gather(self, first: int, last: int) -> None:
        """Make one line of neighbours among these places, and beside them, that are of one press."""
        at = min(last + 1, len(self._lines) - 1)
        lowest = max(first - 1, 0)
        while at > lowest:
            begin = at
            while begin > 0 and belong_together(self._lines[begin - 1], self._lines[at]):
                begin -= 1
            if begin < at:
                self._join(begin, at)
            at = begin - 1

    def _join(self, first: int, last: int) -> None:
        for slot in self._lines[first : last + 1]:
            if isinstance(slot, Press) and slot.is_open:
                self._close(slot)
                self._gather(self._place(slot), self._place(slot))
                return
        joined = Press([row for slot in self._lines[first : last + 1] for row in rows_of(slot)])
        # The line that stays is the one on top.
        kept = first if self.query.oldest_first else last
        self._lines[kept] = joined
        # Before the others go: who hears of that asks where the chosen one is.
        self._note_places(kept, kept + 1)
        gone = (first + 1, last) if kept == first else (first, last - 1)
        self._delete(*gone)
        self._tell_changed(first)

    def _tell_changed(self, place: int) -> None:
        first, last = self._rows_of(place)
        self.dataChanged.emit(self.index(first, 0), self.index(last, LINE))

    def _rows_of(self, place: int) -> tuple[int, int]:
        """The first and the last row of what stands at a place."""
        row, slot = self._turned(place), self._lines[place]
        return row, row + len(slot.rows) if isinstance(slot, Press) and slot.is_open else row

    def _let_go(self, row: int) -> None:
        """Where too many lines are read, keep those that are near to `row`."""
        if len(self._places) > KEPT:
            middle = self._turned(row)
            for request_id, place in [*self._places.items()]:
                slot = self._lines[place]
                if abs(place - middle) > NEAR and not (isinstance(slot, Press) and slot.is_open):
                    self._lines[place] = Unread(size(slot))
                    if size(slot) > 1:
                        self._wide.add(place)
                    del self._places[request_id]
                    self._changes.pop(request_id, None)

    def _look(self) -> None:
        if self._missed < len(self._lines) and isinstance(self.slot(self._missed), Unread):
            self.missing.emit(self._missed)


def _changed(row: LogRow, entry: Entry) -> LogRow:
    return replace(row, entry=entry) if row.entry.request_id == entry.request_id else row
