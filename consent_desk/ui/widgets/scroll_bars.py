"""A scroll bar that is a thin handle and nothing else; it answers the mouse as the style's own does."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QScrollBar, QWidget

from consent_desk.ui.theme.paint import rounded
from consent_desk.ui.theme.tokens import current, is_high_contrast

_THIN, _LEAST = 6, 26


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
        if span <= 0 or groove < _LEAST:
            return
        handle = min(max(self.pageStep() * groove // (span + self.pageStep()), _LEAST), groove)
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
