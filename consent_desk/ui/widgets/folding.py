"""Two parts beside each other where there is room, else one below the other."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

_GAP = 4


class Folding(QWidget):
    """`first`, and what is added behind it; `wide` says whether `first` takes the room that is left.

    Further widgets stand below, in `lines`.
    """

    def __init__(self, first: QWidget, *, wide: bool) -> None:
        super().__init__()
        self._first = first
        self._others = QHBoxLayout()
        self._others.setSpacing(_GAP)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._parts.setSpacing(_GAP)
        self._parts.addWidget(first, int(wide))
        self._parts.addLayout(self._others, int(not wide))
        self.lines = QVBoxLayout(self)
        self.lines.setContentsMargins(0, 0, 0, 0)
        self.lines.setSpacing(2)
        self.lines.addLayout(self._parts)

    def add_behind(self, other: QWidget) -> None:
        """Put `other` behind what is there."""
        self._others.addWidget(other)

    def minimumSizeHint(self) -> QSize:
        items = map(self.lines.itemAt, range(1, self.lines.count()))
        below = (item.minimumSize() for item in items if item is not None)
        sizes = (self._first.minimumSizeHint(), self._others.minimumSize(), *below)
        return QSize(max(size.width() for size in sizes), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wanted = self._first.minimumSizeHint().width() + _GAP + self._others.minimumSize().width()
        self._parts.setDirection(
            QBoxLayout.Direction.LeftToRight if wanted <= self.width() else QBoxLayout.Direction.TopToBottom
        )
