"""How widgets stand beside and below each other, and what scrolls where the window is too low for it."""

from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QBoxLayout,
    QFrame,
    QLayout,
    QLayoutItem,
    QScrollArea,
    QScrollBar,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from consent_desk.ui.theme.paint import rounded
from consent_desk.ui.theme.tokens import current, is_high_contrast

Part = QWidget | QLayout | tuple[QWidget | QLayout, int] | None
"""What stands in a box: as it is, with how much it stretches, or None for room that nothing takes."""

Box = TypeVar("Box", bound=QBoxLayout)

_THIN, _SHORTEST = 6, 26
"""Pixels of the handle of a scroll bar."""


def fill(box: Box, *parts: Part, margins: tuple[int, int, int, int] | None = (0, 0, 0, 0)) -> Box:
    """Put `parts` into `box`, one after the other; None leaves the margins to the style. Return `box`."""
    if margins is not None:
        box.setContentsMargins(*margins)
    for part in parts:
        item, stretch = part if isinstance(part, tuple) else (part, 0)
        if item is None:
            box.addStretch()
        elif isinstance(item, QWidget):
            box.addWidget(item, stretch)
        else:
            box.addLayout(item, stretch)
    return box


class ScrollBar(QScrollBar):
    """Stands where the style has its own, between the room for two arrows."""

    def paintEvent(self, event: QPaintEvent) -> None:
        if is_high_contrast():
            super().paintEvent(event)
            return
        upright = self.orientation() is Qt.Orientation.Vertical
        length, thick = (self.height(), self.width()) if upright else (self.width(), self.height())
        # As Qt's styles reckon it, so that a press meets what is seen.
        groove, span = length - 2 * thick, self.maximum() - self.minimum()
        if span <= 0 or groove < _SHORTEST:
            return
        handle = min(max(self.pageStep() * groove // (span + self.pageStep()), _SHORTEST), groove)
        at = thick + (groove - handle) * (self.sliderPosition() - self.minimum()) // span
        beside = (thick - _THIN) // 2
        place = QRect(beside, at, _THIN, handle) if upright else QRect(at, beside, handle, _THIN)
        tokens = current()
        seen = tokens.second if self.isSliderDown() or self.underMouse() else tokens.field
        rounded(QPainter(self), place, _THIN / 2, ground=seen)


def thin_bars(area: QAbstractScrollArea) -> None:
    """Give `area` our scroll bars."""
    # Asked for a viewport that it does not know yet, PySide6 makes the enums of 59 classes: 2 MiB.
    area.findChild(QWidget, "qt_scrollarea_viewport")
    area.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical))
    area.setHorizontalScrollBar(ScrollBar(Qt.Orientation.Horizontal))


def scrolled(form: QWidget) -> QScrollArea:
    """`form` in an area that scrolls downwards only: to the side the window does not get narrower than it."""
    scroll = QScrollArea(widgetResizable=True)
    thin_bars(scroll)
    scroll.setWidget(form)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    beside = scroll.verticalScrollBar().sizeHint().width()
    scroll.setMinimumWidth(form.minimumSizeHint().width() + beside)
    # What stands below it comes first: a question, and the way to send.
    scroll.setMinimumHeight(1)
    return scroll


def show_as_list(table: QTableView) -> None:
    """Let `table` look like a list of lines, of which one is chosen, and Tab lead out of it."""
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.horizontalHeader().setHighlightSections(False)


class Yielding(QScrollArea):
    """As high as its `parts`, one above the other, need; in a low window it gives way, down to `least` lines.

    While it scrolls, Tab leads to it, and the arrow keys move it.
    """

    def __init__(self, *parts: QWidget, name: str, least: int) -> None:
        super().__init__(widgetResizable=True)
        thin_bars(self)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        # A layout even for one label: without it nobody hears of a new text, least of all while hidden.
        self._content = QWidget()
        self._column = fill(QVBoxLayout(self._content), *parts)
        self._least = least
        self.setWidget(self._content)
        self.setFrameShadow(QFrame.Shadow.Plain)
        # Until it shows: without it, it would get no place among what Tab leads to.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.verticalScrollBar().rangeChanged.connect(self._follow_range)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_ground(self) -> None:
        """Let through what it stands on, which is painted and no colour of the palette."""
        for each in (self.viewport(), self._content):
            each.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        content, width = self._content, self.width()
        height = content.heightForWidth(width) if content.hasHeightForWidth() else content.sizeHint().height()
        return QSize(content.sizeHint().width(), height)

    def minimumSizeHint(self) -> QSize:
        return QSize(1, min(self.sizeHint().height(), self._least * self.fontMetrics().lineSpacing()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setFrameShape(QFrame.Shape.Box)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setFrameShape(QFrame.Shape.NoFrame)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            # So wide, they break into other lines.
            self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow_range()

    def _follow_range(self) -> None:
        scrolls = self.verticalScrollBar().maximum() > 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if scrolls else Qt.FocusPolicy.NoFocus)


class FlowLayout(QLayout):
    """Rows of items; what is left of a row goes to those that may grow."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = self._rows(width)
        return sum(map(_height, rows)) + self._gap() * max(0, len(rows) - 1)

    def sizeHint(self) -> QSize:
        width = sum(item.sizeHint().width() + self._gap() for item in self._shown())
        return QSize(width, _height(self._shown()))

    def minimumSize(self) -> QSize:
        shown = self._shown()
        return QSize(max((item.minimumSize().width() for item in shown), default=0), _height(shown))

    def setGeometry(self, place: QRect) -> None:
        super().setGeometry(place)
        at = place.topLeft()
        for row in self._rows(place.width()):
            height = _height(row)
            used = sum(item.sizeHint().width() for item in row) + self._gap() * (len(row) - 1)
            growing = [item for item in row if Qt.Orientation.Horizontal in item.expandingDirections()]
            more = max(0, place.width() - used) // max(1, len(growing))
            for item in row:
                width = min(item.sizeHint().width(), place.width()) + (more if item in growing else 0)
                item.setGeometry(QRect(at, QSize(width, height)))
                at += QPoint(width + self._gap(), 0)
            at = QPoint(place.left(), at.y() + height + self._gap())

    def _gap(self) -> int:
        return max(self.spacing(), 0)

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        rows: list[list[QLayoutItem]] = []
        left = 0
        for item in self._shown():
            wanted = item.sizeHint().width()
            if not rows or wanted > left:
                rows.append([])
                left = width
            rows[-1].append(item)
            left -= wanted + self._gap()
        return rows


def _height(items: list[QLayoutItem]) -> int:
    return max((item.sizeHint().height() for item in items), default=0)
