"""The rows of the categories: a check box each, with what holds for the customer at its right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QCheckBox, QFrame, QGroupBox, QScrollArea, QVBoxLayout, QWidget

from consent_desk.domain.message import Message, say
from consent_desk.domain.text import visible
from consent_desk.domain.wire.category import Category
from consent_desk.ui.theme.fonts import CAPTION, scale, sized
from consent_desk.ui.theme.paint import FIELD, filled, rounded
from consent_desk.ui.theme.tokens import current, is_high_contrast
from consent_desk.ui.widgets.buttons import paint_box
from consent_desk.ui.widgets.layouts import fill, thin_bars
from consent_desk.ui.widgets.messages import phrase, render, tool_tip

ROW, LOW_ROW, _SIDE, _PADDING, _GAP = 36, 28, 18, 12, 10

MOST_SEEN, SEEN_OF_MANY = 8, 5.5
"""Rows that are all seen at once; of more, so many are: the list scrolls, and can be filtered."""


_NOT_KNOWN = say("form", "not known yet")


@dataclass(frozen=True, slots=True)
class RowState:
    """What holds for a category: `lengths` of it, the longest first; `whole` in full, with the `wording`."""

    lengths: tuple[str, ...] = ("—",)
    whole: str | Message = _NOT_KNOWN
    wording: str = ""
    tint: str = "second"

    @property
    def told(self) -> str:
        """It in full, in the language of the window."""
        return render(self.whole) if isinstance(self.whole, Message) else self.whole


UNKNOWN = RowState()


class CategoryBox(QCheckBox):
    """One category. Its name is its label; its description says what holds, and what marks it."""

    def __init__(self, rows: "CategoryRows") -> None:
        super().__init__(rows)
        self._rows = rows
        self.category = Category("", "")
        self.label = self.mark = ""
        self.state = UNKNOWN
        # Tab leads to the one that was used last, the arrow keys from there to the others.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def show_category(self, category: Category, label: str) -> None:
        """Show `category` under `label`, unticked; nobody is told."""
        with QSignalBlocker(self):
            self.setChecked(False)
        self.category, self.label = category, visible(label)
        self.mark = " · ".join(marks(category))
        self.setText(self.label.replace("&", "&&"))
        self.setAccessibleName(self.label)
        self.show_state(UNKNOWN, anew=True)

    def show_state(self, state: RowState, *, anew: bool = False) -> None:
        """Say what holds."""
        if state == self.state and not anew:
            return
        self.state = state
        self.setAccessibleDescription(self.description)
        self.setToolTip(tool_tip(f"{self.label}\n{self.description}"))
        self.update()

    @property
    def description(self) -> str:
        """What there is to say of it beside its label."""
        id_ = (
            ""
            if self.category.id == self.label
            else phrase("form", "ID {id}").format(id=visible(self.category.id))
        )
        return " · ".join(part for part in (self.state.told, self.mark, id_) if part)

    def hitButton(self, at: QPoint) -> bool:
        return self.rect().contains(at)

    def sizeHint(self) -> QSize:
        return QSize(240, self._rows.row_height)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._rows.make_current(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._rows.go(event.key()):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if is_high_contrast():
            super().paintEvent(event)
            self._paint_state(QPainter(self), current().text)
            return
        painter, tokens = QPainter(self), current()
        if self.isChecked():
            filled(painter, self.rect(), tokens.selection)
        if self.y() > 0:
            filled(painter, QRect(0, 0, self.width(), 1), tokens.line)
        side = _scaled(_SIDE)
        box = QRect(_scaled(_PADDING), (self.height() - side) // 2, side, side)
        paint_box(painter, box, self, tokens)
        left = self._paint_state(painter, getattr(tokens, self.state.tint))
        words = QRect(box.right() + _scaled(_GAP), 0, 0, self.height())
        words.setRight(left - _scaled(_GAP))
        painter.setFont(self.font())
        painter.setPen(QColor(tokens.text))
        shown = self.fontMetrics().elidedText(self.label, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def fitting(self) -> tuple[str, int, int]:
        """As much of the state as there is room for beside the label, its width, and that room."""
        metrics = QFontMetrics(self._state_font())
        label = self.fontMetrics().horizontalAdvance(self.label)
        room = self.width() - label - _scaled(2 * _PADDING + _SIDE + 2 * _GAP)
        widths = [metrics.horizontalAdvance(text) for text in self.state.lengths]
        at = next((at for at, width in enumerate(widths) if width <= room), len(widths) - 1)
        return self.state.lengths[at], widths[at], room

    def _state_font(self) -> QFont:
        return sized(CAPTION, semibold=self.state.tint != "second")

    def _paint_state(self, painter: QPainter, colour: str) -> int:
        """Paint as much of the state as there is room for beside the label; return where it begins."""
        quiet = sized(CAPTION)
        right = self.width() - _scaled(_PADDING)
        text, width, room = self.fitting()
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setFont(self._state_font())
        painter.setPen(QColor(colour))
        painter.drawText(QRect(0, 0, right, self.height()), flags, text)
        left = right - width
        beside = QFontMetrics(quiet).horizontalAdvance(self.mark) + _scaled(_GAP)
        if self.mark and width + beside <= room:
            painter.setFont(quiet)
            painter.setPen(QColor(current().second))
            painter.drawText(QRect(0, 0, left - _scaled(_GAP), self.height()), flags, self.mark)
            left -= beside
        return left


class CategoryRows(QGroupBox):
    """All rows as one group with one stop for Tab. Emits `changed` with every tick of a person.

    `moved`: another row is the current one. Tab leads to it from `before`. Rows are used again.
    """

    changed = Signal()
    moved = Signal(object)

    def __init__(self, before: QWidget) -> None:
        super().__init__()
        self.before = before
        self.setAccessibleName(phrase("form", "Categories"))
        self.boxes: list[CategoryBox] = []
        self._spare: list[CategoryBox] = []
        self.shown: list[CategoryBox] = []
        self.current: CategoryBox | None = None
        self._is_low = False
        self._states: Mapping[str, RowState] = {}
        self._otherwise = UNKNOWN

    @property
    def row_height(self) -> int:
        """The height of one row."""
        return max(_scaled(LOW_ROW if self._is_low else ROW), self.fontMetrics().height() + 8)

    def show_low(self, low: bool) -> None:
        """Take less room: the window is low."""
        self._is_low = low
        self._place()

    def offer(self, categories: Sequence[Category], labels: Mapping[str, str]) -> None:
        """Offer `categories` under their `labels`, none ticked; of two with one ID the first counts."""
        at = None if self.current is None else self.current.category.id
        had_focus = self.current is not None and self.current.hasFocus()
        unique = {one.id: one for one in reversed(categories)}
        offered = [one for one in categories if unique[one.id] is one]
        while len(self.boxes) < len(offered):
            self.boxes.append(self._spare.pop() if self._spare else self._make())
        while len(self.boxes) > len(offered):
            spare = self.boxes.pop()
            spare.hide()
            self._spare.append(spare)
        for box, one in zip(self.boxes, offered, strict=True):
            box.show_category(one, labels[one.id])
            box.show_state(self._states.get(one.id, self._otherwise))
        current_box = next((box for box in self.boxes if box.category.id == at), None)
        self.make_current(current_box or (self.boxes[0] if self.boxes else None))
        if had_focus and self.current is not None:
            self.current.setFocus()

    def _make(self) -> CategoryBox:
        box = CategoryBox(self)
        box.toggled.connect(self.changed)
        QWidget.setTabOrder(self.boxes[-1] if self.boxes else self.before, box)
        return box

    def show_states(self, states: Mapping[str, RowState], otherwise: RowState = UNKNOWN) -> None:
        """Say what holds for each category by its ID, and `otherwise` of those that are not among them."""
        self._states, self._otherwise = states, otherwise
        for box in self.boxes:
            box.show_state(states.get(box.category.id, otherwise))

    def ticked(self) -> tuple[str, ...]:
        """The IDs of what is ticked, in the order of the project."""
        return tuple(box.category.id for box in self.boxes if box.isChecked())

    def tick(self, wanted: set[str]) -> None:
        """Tick these and no others; nobody is told."""
        for box in self.boxes:
            ticks = box.category.id in wanted
            if box.isChecked() is not ticks:
                with QSignalBlocker(box):
                    box.setChecked(ticks)
                box.update()

    def begin_at_first(self) -> None:
        """Lead to the first row that is ticked, or else to the first: no caller begins where another left."""
        first = next((box for box in self.boxes if box.isChecked()), self.boxes[0] if self.boxes else None)
        if first is not None and not any(box.hasFocus() for box in self.boxes):
            self.make_current(first)

    def show_only(self, shown: Sequence[CategoryBox]) -> None:
        """Show these rows and no others; that unticks nothing."""
        self.shown = list(shown)
        in_view = set(self.shown)
        for box in self.boxes:
            box.setVisible(box in in_view)
        self._place()

    def make_current(self, box: CategoryBox | None) -> None:
        """Let Tab lead to this row."""
        if self.current is not None:
            self.current.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.current = box
        if box is not None:
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.moved.emit(box)

    def go(self, key: int) -> bool:
        """Go to another row, if `key` leads there."""
        if not self.shown or self.current is None:
            return False
        at = self.shown.index(self.current) if self.current in self.shown else 0
        last = len(self.shown) - 1
        goals = {
            Qt.Key.Key_Up: at - 1,
            Qt.Key.Key_Down: at + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
            Qt.Key.Key_PageUp: at - MOST_SEEN,
            Qt.Key.Key_PageDown: at + MOST_SEEN,
        }
        goal = goals.get(Qt.Key(key))
        if goal is not None:
            self.shown[min(max(goal, 0), last)].setFocus(Qt.FocusReason.OtherFocusReason)
        return goal is not None

    def _place(self) -> None:
        high = self.row_height
        for at, box in enumerate(self.shown):
            box.setGeometry(0, at * high, self.width(), high)
        self.setMinimumHeight(len(self.shown) * high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint nothing: the frame stands around what scrolls."""

    def minimumSizeHint(self) -> QSize:
        return QSize(1, len(self.shown) * self.row_height)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()


class RowsFrame(QFrame):
    """The rows, in an edge, as high as those that are shown, and `MOST_SEEN` at most."""

    def __init__(self, rows: CategoryRows) -> None:
        super().__init__()
        self._rows = rows
        self.area = QScrollArea(widgetResizable=True)
        thin_bars(self.area)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.viewport().setAutoFillBackground(False)
        rows.setAutoFillBackground(False)
        self.area.setWidget(rows)
        self.area.verticalScrollBar().setSingleStep(rows.row_height)
        fill(QVBoxLayout(self), self.area, margins=(2, 2, 2, 2))
        rows.moved.connect(self._keep_in_view)

    def fit(self) -> None:
        """Take the height of the rows that are shown."""
        count = max(len(self._rows.shown), 1)
        # Of the next one enough is seen to tell that there is one.
        seen = count if count <= MOST_SEEN else SEEN_OF_MANY
        self.setFixedHeight(round(seen * self._rows.row_height) + 4)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.fit()

    def _keep_in_view(self, box: CategoryBox | None) -> None:
        if box is not None and box.hasFocus():
            self.area.ensureWidgetVisible(box, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current()
        rounded(QPainter(self), self.rect(), FIELD, ground=tokens.surface, edge=tokens.line)


def marks(category: Category) -> tuple[str, ...]:
    """What the project says of a category."""
    borne = {
        phrase("form", "legitimate interest"): category.legitimate_interest,
        phrase("form", "set elsewhere"): not category.by_private_api,
    }
    return tuple(mark for mark, is_borne in borne.items() if is_borne)


def _scaled(pixels: int) -> int:
    return round(pixels * scale())
