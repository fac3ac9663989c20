"""Tabs as words side by side, of which one is underlined; and panes with room between, which is dragged."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle, QTabBar

from consent_desk.ui.theme.paint import FIELD, rounded
from consent_desk.ui.theme.tokens import current, is_high_contrast


class Tabs(QTabBar):
    """One of them is the chosen one."""

    def __init__(self, *texts: str, name: str) -> None:
        super().__init__()
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setAccessibleName(name)
        for text in texts:
            self.addTab(text)

    def tabSizeHint(self, index: int) -> QSize:
        # Room for it to be the chosen one.
        size, text = super().tabSizeHint(index), self.tabText(index)
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        more = QFontMetrics(bold).horizontalAdvance(text) - self.fontMetrics().horizontalAdvance(text)
        return QSize(size.width() + max(more, 0), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if is_high_contrast():
            super().paintEvent(event)
            return
        painter, tokens = QPainter(self), current()
        for index in range(self.count()):
            place, chosen = self.tabRect(index), index == self.currentIndex()
            font = QFont(self.font())
            if chosen:
                font.setWeight(QFont.Weight.DemiBold)
                line = QRect(place.left() + 8, place.bottom() - 2, place.width() - 16, 3)
                rounded(painter, line, 1.5, ground=tokens.accent)
                if self.hasFocus():
                    rounded(painter, place.adjusted(1, 1, -1, -5), FIELD - 2, edge=tokens.accent, width=2)
            painter.setFont(font)
            painter.setPen(QColor(tokens.text if chosen else tokens.second))
            shown = QFontMetrics(font).elidedText(
                self.tabText(index), Qt.TextElideMode.ElideRight, place.width() - 6
            )
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)


class Splitter(QSplitter):
    """Its handles are room, until the mouse is there."""

    def createHandle(self) -> QSplitterHandle:
        return _Handle(self.orientation(), self)


class _Handle(QSplitterHandle):
    def paintEvent(self, event: QPaintEvent) -> None:
        if is_high_contrast():
            super().paintEvent(event)
        elif self.underMouse():
            upright = self.orientation() is Qt.Orientation.Horizontal
            grip = QRect(0, 0, 4, 36) if upright else QRect(0, 0, 36, 4)
            grip.moveCenter(self.rect().center())
            rounded(QPainter(self), grip, 2, ground=current().field)
