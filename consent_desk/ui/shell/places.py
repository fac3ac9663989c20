"""Where a feature puts what it brings: banners that head the right column, in the order of their weight."""

from collections.abc import Callable
from enum import IntEnum

from PySide6.QtCore import QEvent, QObject, QSize, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from consent_desk.ui.widgets.layouts import Yielding
from consent_desk.ui.widgets.messages import phrase

_LEAST = 3
"""Lines that are seen in the lowest window."""

_GAP, _SHARE = 8, 4
"""Pixels between two banners; the part of the screen's height that is left to them in any window."""


class Rank(IntEnum):
    """What a banner is about: a smaller one stands higher."""

    NOT_NOTED = 0
    JOURNAL = 1
    OPPOSITE = 2
    KEY = 3
    OTHER = 4


class Banners(Yielding):
    """Banners above each other. Those that are hidden take no room; without any there is no gap.

    Emits `got_short(bool)` as there is too little room for all of them, or enough again.
    """

    got_short = Signal(bool)

    def __init__(self) -> None:
        super().__init__(name=phrase("shell", "Messages"), least=_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._banners: list[tuple[int, QWidget]] = []
        self._least_of: dict[QWidget, Callable[[], int]] = {}
        self._column.setSpacing(_GAP)
        self.hide()

    def is_shown(self, rank: int) -> bool:
        """Whether a banner of this rank is there now."""
        return any(one == rank and not banner.isHidden() for one, banner in self._banners)

    def add(self, banner: QWidget, rank: int, least: Callable[[], int] | None = None) -> None:
        """Put `banner` below those of its rank. `least`: its pixels that are seen in any window."""
        if least is not None:
            self._least_of[banner] = least
        place = sum(other <= rank for other, _ in self._banners)
        self._banners.insert(place, (rank, banner))
        self._column.insertWidget(place, banner)
        banner.installEventFilter(self)
        self._follow()

    def minimumSizeHint(self) -> QSize:
        least, most = super().minimumSizeHint().height(), self.screen().availableSize().height() // _SHARE
        return QSize(self._content.minimumSizeHint().width(), max(least, min(self._needed(), most)))

    def _needed(self) -> int:
        """Pixels from the top to the end of what is to be seen in any window."""
        above, width = 0, self.viewport().width()
        for _, banner in self._banners:
            if banner.isHidden():
                continue
            if banner in self._least_of:
                return above + self._least_of[banner]()
            above += max(banner.heightForWidth(width), banner.sizeHint().height()) + _GAP
        return 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        comes_or_goes = event.type() in {QEvent.Type.ShowToParent, QEvent.Type.HideToParent}
        if comes_or_goes and watched is not self._content:
            self._follow()
        return super().eventFilter(watched, event)

    def _follow_range(self) -> None:
        super()._follow_range()
        self.got_short.emit(self.verticalScrollBar().maximum() > 0)

    def _follow(self) -> None:
        self.setVisible(not all(banner.isHidden() for _, banner in self._banners))
