"""Where a feature puts what it brings: banners that head the right column, in the order of their weight."""

from enum import IntEnum

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtWidgets import QSizePolicy, QWidget

from consent_desk.ui.widgets.layouts import Yielding
from consent_desk.ui.widgets.messages import phrase

_LEAST = 3
"""Lines that are seen in the lowest window."""


class Rank(IntEnum):
    """What a banner is about: a smaller one stands higher."""

    NOT_NOTED = 0
    JOURNAL = 1
    OPPOSITE = 2
    KEY = 3
    OTHER = 4


class Banners(Yielding):
    """Banners above each other. Those that are hidden take no room; without any there is no gap."""

    def __init__(self) -> None:
        super().__init__(name=phrase("shell", "Messages"), least=_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._banners: list[tuple[int, QWidget]] = []
        self._column.setSpacing(8)
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

    def minimumSizeHint(self) -> QSize:
        return QSize(self._content.minimumSizeHint().width(), super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        comes_or_goes = event.type() in {QEvent.Type.ShowToParent, QEvent.Type.HideToParent}
        if comes_or_goes and watched is not self._content:
            self._follow()
        return super().eventFilter(watched, event)

    def _follow(self) -> None:
        self.setVisible(not all(banner.isHidden() for _, banner in self._banners))
