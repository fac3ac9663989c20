"""Where a feature puts what it brings: banners that head the right column, in the order of their weight."""

from enum import IntEnum

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.ui.widgets.layouts import fill

_LEAST = 3
"""Lines that are seen in the lowest window."""


class Rank(IntEnum):
    """What a banner is about: a smaller one stands higher."""

    NOT_NOTED = 0
    JOURNAL = 1
    OPPOSITE = 2
    KEY = 3
    OTHER = 4


class Banners(QScrollArea):
    """Banners above each other. Those that are hidden take no room; without any there is no gap.

    In a low window they give way, and scroll.
    """

    def __init__(self) -> None:
        super().__init__(widgetResizable=True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._banners: list[tuple[int, QWidget]] = []
        self._all = QWidget()
        self._column = fill(QVBoxLayout(self._all))
        self._column.setSpacing(8)
        self.setWidget(self._all)
        self.hide()

    def is_shown(self, rank: int) -> bool:
        """Whether a banner of this rank is there now."""
        return any(one == rank and not banner.isHidden() for one, banner in self._banners)

    def add(self, banner: QWidget, rank: int) -> None:
        """Put `banner` below those of its rank."""
        place = sum(other <= rank for other, _ in self._banners)
        self._banners.insert(place, (rank, banner))
        self._column.insertWidget(place, banner)
        banner.installEventFilter(self)
        self._follow()

    def sizeHint(self) -> QSize:
        every, width = self._all, self.width()
        height = every.heightForWidth(width) if every.hasHeightForWidth() else every.sizeHint().height()
        return QSize(every.sizeHint().width(), height)

    def minimumSizeHint(self) -> QSize:
        least = min(self.sizeHint().height(), _LEAST * self.fontMetrics().lineSpacing())
        return QSize(self._all.minimumSizeHint().width(), least)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            # So wide, texts break into other lines.
            self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        elif event.type() in {QEvent.Type.ShowToParent, QEvent.Type.HideToParent}:
            self._follow()
        return super().eventFilter(watched, event)

    def _follow(self) -> None:
        self.setVisible(not all(banner.isHidden() for _, banner in self._banners))
