"""Where a feature puts what it brings: banners that head the right column, in the order of their weight."""

from enum import IntEnum

from PySide6.QtWidgets import QVBoxLayout, QWidget

from consent_desk.ui.widgets.layouts import fill


class Rank(IntEnum):
    """What a banner is about: a smaller one stands higher."""

    NOT_NOTED = 0
    JOURNAL = 1
    OPPOSITE = 2
    KEY = 3
    OTHER = 4


class Banners(QWidget):
    """Banners above each other. Those that are hidden take no room."""

    def __init__(self) -> None:
        super().__init__()
        self._ranks: list[int] = []
        self._column = fill(QVBoxLayout(self))
        self._column.setSpacing(8)

    def add(self, banner: QWidget, rank: int) -> None:
        """Put `banner` below those of its rank."""
        place = sum(other <= rank for other in self._ranks)
        self._ranks.insert(place, rank)
        self._column.insertWidget(place, banner)
