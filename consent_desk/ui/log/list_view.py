"""The list of the log: two lines a decision, painted by hand. In a low window each has one.

Long because what paints a line, and what keeps it in its place, belong to the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from consent_desk.ui.log.lines import Part, Press, Slot, Unread
from consent_desk.ui.log.model import LINE, Index, LogModel
from consent_desk.ui.log.words import Words
from consent_desk.ui.theme.fonts import BODY, CAPTION, scale, scaled, sized
from consent_desk.ui.theme.icons import paint_icon
from consent_desk.ui.theme.paint import rounded
from consent_desk.ui.theme.tokens import Tokens, current
from consent_desk.ui.widgets.layouts import thin_bars
from consent_desk.ui.widgets.messages import phrase
from consent_desk.ui.widgets.pill import paint_pill, pill_size
from consent_desk.ui.widgets.tones import Tone

HIGH, LOW = 54, 28
LOW_WINDOW, LOW_BESIDE, _NARROW = 700, 850, 560
"""Pixels of a line, the second in a window lower than this, or that beside details, if not too narrow."""
LEAST, LEAST_BESIDE = 2, 3
"""Lines that are seen in the lowest window, and beside technical details."""

_EDGE, _GAP, _BAR, _CHEVRON, _INDENT = 20, 14, 3, 14, 20
_TOGGLE = 44
"""Pixels at the left in which a click opens and closes what was noted with one press."""

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class _Said:
    customer: str
    about: str
    outcome: str
    tone: Tone
    icon: str
    clock: str
    day: str
    is_part: bool

    @classmethod
    def of(cls, words: Words, slot: Slot) -> "_Said":
        return cls(
            *(words.customer(slot), words.about(slot), words.outcome(slot), words.tone(slot)),
            *(words.icon(slot), words.clock(slot), words.day(slot), isinstance(slot, Part)),
        )


def is_low(part: QWidget) -> bool:
    """Whether the window of `part` is so low that each takes less room in it."""
    return part.window().height() < LOW_WINDOW * scale()


def is_narrow(part: QWidget) -> bool:
    """Whether `part` has no room for much side by side."""
    return part.width() < scaled(_NARROW)


class LineDelegate(QStyledItemDelegate):
    """Paints a line. Cheap: nothing is measured that can be known."""

    def __init__(self, model: LogModel, view: QListView) -> None:
        super().__init__(view)
        self._view = view
        self._model = model
        self._words = model.words
        # What was said of each row, until something changes.
        self._said: dict[int, _Said] = {}
        self._day = ""
        for change in (model.modelReset, model.dataChanged, model.rowsInserted, model.rowsRemoved):
            change.connect(self.forget)
        self.is_low = False
        self.measure()

    def forget(self) -> None:
        """Something of a row may be said otherwise."""
        self._said.clear()

    def begin(self) -> bool:
        """A page is painted; return whether it is another day: yesterday's lines are no longer today's."""
        day, self._day = self._day, self._words.today()
        if day != self._day:
            self._said.clear()
        return day != self._day

    def measure(self) -> None:
        """The font may be another one."""
        self._name, self._body, self._caption = sized(BODY, semibold=True), sized(BODY), sized(CAPTION)
        self._names, self._captions = QFontMetrics(self._name), QFontMetrics(self._caption)
        self._bodies = QFontMetrics(self._body)
        clock, day = self._bodies.horizontalAdvance("88:88"), self._captions.horizontalAdvance("30 Nov")
        self._time = max(clock, day)
        least = self._names.height() + (0 if self.is_low else self._captions.height())
        self._edge, self._gap = scaled(_EDGE), scaled(_GAP)
        self.height = max(scaled(LOW if self.is_low else HIGH), least + scaled(6))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, self.height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row, tokens, rect = index.row(), current(), option.rect
        slot = self._model.look_at(row)
        # Not `option.state`: for that PySide6 makes the 566 members of QStyle's enums.
        is_chosen = self._view.selectionModel().isSelected(index)
        painter.save()
        ground = tokens.selection if is_chosen else tokens.sunk if isinstance(slot, Part) else tokens.surface
        painter.fillRect(rect, QColor(ground))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), QColor(tokens.line))
        if is_chosen:
            painter.fillRect(
                QRect(rect.left(), rect.top(), scaled(_BAR), rect.height()), QColor(tokens.accent)
            )
        self._paint_words(painter, rect, slot, row, is_chosen=is_chosen)
        if self._view.hasFocus() and index == self._view.currentIndex():
            inner = rect.adjusted(2, 2, -2, -3)
            rounded(painter, inner, 4, edge=tokens.accent, width=2)
        painter.restore()

    def _paint_words(self, painter: QPainter, rect: QRect, slot: Slot, row: int, *, is_chosen: bool) -> None:
        tokens, edge, gap = current(), self._edge, self._gap
        inner = rect.adjusted(edge, 0, -edge, -1)
        if isinstance(slot, Unread):
            painter.setPen(QColor(tokens.second))
            painter.drawText(inner, _LEFT, "…")
            return
        said = self._said.get(row)
        if said is None:
            said = self._said[row] = _Said.of(self._words, slot)
        inner = self._paint_chevron(painter, inner, slot, tokens)
        time = QRect(inner.right() - self._time + 1, inner.top(), self._time, inner.height())
        self._paint_time(painter, time, said, tokens)
        room = inner.adjusted(0, 0, -self._time - gap, 0)
        # Rather is a pill cut than an ID not seen at all.
        pill = QRect(room)
        pill.setLeft(max(room.right() - pill_size(said.outcome).width(), room.left() + room.width() * 2 // 5))
        taken = paint_pill(painter, pill, said.tone, said.outcome, said.icon, selected=is_chosen)
        room.setRight(taken.left() - gap)
        self._paint_who(painter, room, said, tokens)

    def _paint_chevron(self, painter: QPainter, inner: QRect, slot: Slot, tokens: Tokens) -> QRect:
        if isinstance(slot, Part):
            return inner.adjusted(scaled(_INDENT), 0, 0, 0)
        if isinstance(slot, Press):
            side = scaled(_CHEVRON)
            place = QRect(inner.left(), 0, side, side)
            place.moveTop(inner.center().y() - side // 2)
            paint_icon(painter, place, "chevron-down" if slot.is_open else "chevron-right", tokens.second)
            return inner.adjusted(scaled(_INDENT), 0, 0, 0)
        return inner

    def _paint_time(self, painter: QPainter, place: QRect, said: "_Said", tokens: Tokens) -> None:
        clock, day = said.clock, said.day
        painter.setPen(QColor(tokens.second))
        painter.setFont(self._body)
        if said.is_part:
            return
        if not day or self.is_low:
            painter.setFont(self._caption if day else self._body)
            painter.drawText(place, _RIGHT, day or clock)
            return
        above, below = self._halves(place)
        painter.drawText(above, _RIGHT, clock)
        painter.setFont(self._caption)
        painter.drawText(below, _RIGHT, day)

    def _paint_who(self, painter: QPainter, room: QRect, said: "_Said", tokens: Tokens) -> None:
        middle = Qt.TextElideMode.ElideMiddle
        customer, about = said.customer, said.about
        if said.is_part:
            painter.setPen(QColor(tokens.text))
            painter.setFont(self._body)
            painter.drawText(room, _LEFT, self._bodies.elidedText(about, middle, room.width()))
            return
        above, below = (room, room) if self.is_low else self._halves(room)
        shown = self._names.elidedText(customer, middle, room.width())
        painter.setPen(QColor(tokens.text))
        painter.setFont(self._name)
        painter.drawText(above, _LEFT, shown)
        if self.is_low:
            below = room.adjusted(self._names.horizontalAdvance(shown) + self._gap, 0, 0, 0)
        painter.setPen(QColor(tokens.second))
        painter.setFont(self._caption)
        end = Qt.TextElideMode.ElideRight
        painter.drawText(below, _LEFT, self._captions.elidedText(about, end, below.width()))

    def _halves(self, room: QRect) -> tuple[QRect, QRect]:
        first, second = self._names.height(), self._captions.height()
        top = room.top() + (room.height() - first - second - 1) // 2
        return (
            QRect(room.left(), top, room.width(), first),
            QRect(room.left(), top + first + 1, room.width(), second),
        )


class Steady(QObject):
    """Keeps what is in view where it is when lines come in, or go: the chosen one, or else the topmost.

    Who is at the top, and has chosen none, sees what comes in. Made before `view` has its model, for it is to
    hear of a change first; `follow` is called when it has.
    """

    def __init__(self, view: QAbstractItemView, lines: LogModel, shown: QAbstractItemModel) -> None:
        super().__init__(view)
        self._view = view
        self._shown = shown
        lines.filling.connect(self._fill)
        self._places: list[tuple[QPersistentModelIndex, int]] = []
        self._is_filling = False
        for change in (shown.rowsAboutToBeInserted, shown.rowsAboutToBeRemoved):
            change.connect(self._keep)

    def follow(self) -> None:
        """The view has laid out its lines anew by the time that this hears of a change."""
        for change in (self._shown.rowsInserted, self._shown.rowsRemoved):
            change.connect(self._restore)

    def _fill(self, begins: bool) -> None:
        if begins:
            self._keep()
        self._is_filling = begins
        if not begins:
            self._restore()

    def _keep(self) -> None:
        if self._is_filling:
            return
        view, self._places = self._view, []
        chosen = view.currentIndex()
        is_at_top = not chosen.isValid() and view.verticalScrollBar().value() == 0
        if is_at_top or view.isHidden():
            return
        y = 1
        while y < view.viewport().height() and (index := view.indexAt(QPoint(1, y))).isValid():
            place = view.visualRect(index)
            first = 0 if index.row() == chosen.row() else len(self._places)
            self._places.insert(first, (QPersistentModelIndex(index), place.top()))
            y = place.bottom() + 1

    def _restore(self) -> None:
        if self._is_filling:
            return
        stayed = next((place for place in self._places if place[0].isValid()), None)
        if stayed is not None:
            self._view.executeDelayedItemsLayout()
            bar = self._view.verticalScrollBar()
            bar.setValue(bar.value() + self._view.visualRect(stayed[0]).top() - stayed[1])


class LogList(QListView):
    """Shows `lines`, by way of `shown`. Left and Right close and open what was noted with one press.

    Emits `details_wanted` for Return, and `moved` when other lines are in view.
    """

    details_wanted = Signal()
    moved = Signal()

    def __init__(self, lines: LogModel, shown: QAbstractItemModel) -> None:
        super().__init__()
        thin_bars(self)
        self._lines = lines
        self.empty = ""
        self.setAccessibleName(phrase("log", "Response log"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        steady = Steady(self, lines, shown)
        self.setModel(shown)
        steady.follow()
        self.setModelColumn(LINE)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.lines = LineDelegate(lines, self)
        self.setItemDelegate(self.lines)
        for change in (shown.rowsInserted, shown.rowsRemoved, shown.modelReset, shown.dataChanged):
            change.connect(self.moved)
        self.verticalScrollBar().valueChanged.connect(self.moved)
        # The card's own ground is below it, with round corners.
        self.viewport().setAutoFillBackground(False)
        self._is_beside = False
        self.keep_beside(is_open=False)

    def keep_beside(self, *, is_open: bool) -> None:
        """Keep so many lines in view that one finds one's way, where the technical details are open, too."""
        self._is_beside = is_open
        if self._wants_low() is not self.lines.is_low:
            self._lower()
        self.setMinimumHeight(LEAST_BESIDE * self.lines.height if is_open else LEAST * scaled(LOW))

    def minimumSizeHint(self) -> QSize:
        return QSize(scaled(200), LEAST * scaled(LOW))

    def shown_rows(self) -> tuple[int, int] | None:
        """The first and the last row in view; None while there is none."""
        count, height = self._lines.rowCount(), self.viewport().height()
        if not count:
            return None
        first, last = self.indexAt(QPoint(1, 1)), self.indexAt(QPoint(1, height - 2))
        return max(first.row(), 0), last.row() if last.isValid() else count - 1

    def say_anew(self) -> None:
        """What is said of a row may be something else, though none has changed."""
        self.lines.forget()
        self.viewport().update()

    def _wants_low(self) -> bool:
        # Beside technical details sooner: high lines would make the window higher than it is.
        least = (LOW_BESIDE if self._is_beside else LOW_WINDOW) * scale()
        return self.window().height() < least and not is_narrow(self)

    def _lower(self) -> None:
        self.lines.is_low = self._wants_low()
        self.lines.measure()
        self.scheduleDelayedItemsLayout()

    def measure(self) -> None:
        """The font, or the height of the window, may be another one."""
        self._lower()
        self.keep_beside(is_open=self._is_beside)

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """Paint anew. A list of Qt's would lay out all its lines, of which none gets another height."""
        QAbstractItemView.dataChanged(self, first, last, roles)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.measure()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._wants_low() is not self.lines.is_low:
            self.measure()
        super().resizeEvent(event)
        chosen = self.currentIndex()
        if self.visualRect(chosen).intersects(QRect(QPoint(), event.oldSize())):
            # What the details are about stays in view.
            self.scrollTo(chosen)
        self.moved.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.lines.begin():
            # The computer may have slept past midnight.
            QTimer.singleShot(0, self, self.moved.emit)
        super().paintEvent(event)
        if not self._lines.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(QColor(current().second))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self.empty)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, key = self.currentIndex().row(), event.key()
        slot = self._lines.slot(row) if row >= 0 else None
        match slot:
            case Part(press=press) if key == Qt.Key.Key_Left:
                # To its press, which another Left closes.
                at = self._lines.row_of(press.rows[0].entry.request_id)
                if at is not None:
                    self.setCurrentIndex(self.model().index(at - 1, LINE))
            case Press(is_open=is_open) if key == (Qt.Key.Key_Left if is_open else Qt.Key.Key_Right):
                self._lines.toggle(row)
            case _ if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and row >= 0:
                self.details_wanted.emit()
            case _:
                super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        is_at_chevron = event.position().x() < scaled(_TOGGLE)
        if index.isValid() and is_at_chevron and isinstance(self._lines.slot(index.row()), Press):
            self._lines.toggle(index.row())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and isinstance(self._lines.slot(index.row()), Press):
            self._lines.toggle(index.row())
