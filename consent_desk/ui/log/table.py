"""The table of the log, for those who integrate: which of its columns are seen, and how wide they are."""

from PySide6.QtCore import QAbstractItemModel, QEvent, QItemSelectionModel
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHeaderView, QTableView

from consent_desk.ui.log.list_view import LEAST_BESIDE, Steady
from consent_desk.ui.log.model import LINE, LogModel
from consent_desk.ui.log.words import COLUMNS
from consent_desk.ui.widgets.layouts import show_as_list, thin_bars

_DIGITS = {
    "Time": 17,
    "Outcome": 31,
    "Status": 6,
    "Duration": 8,
    "Category": 14,
    "Action": 6,
    "Project": 8,
}
"""How wide each column is. The customer ID takes the room that is left."""

_LEAST_OF_ID = 16
"""Digits of a customer ID for which technical columns give way."""

_GIVE_WAY = ("Project", "Duration", "Status")
"""In this order; the details beside the table tell them all."""

_MOST_GIVEN = {"Category": 4, "Outcome": 14}
"""Digits that these then give besides, one after the other."""


class LogTable(QTableView):
    """Shows `lines`, by way of `shown`; what is chosen is chosen in the list, too."""

    def __init__(self, lines: LogModel, shown: QAbstractItemModel, chosen: QItemSelectionModel) -> None:
        super().__init__()
        thin_bars(self)
        self.setFrameShape(QFrame.Shape.NoFrame)
        steady = Steady(self, lines, shown)
        self.setModel(shown)
        steady.follow()
        self.setSelectionModel(chosen)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        show_as_list(self)
        self.setAlternatingRowColors(True)
        self.setColumnHidden(LINE, True)
        self._measure()
        self._digit = self.fontMetrics().horizontalAdvance("0")
        self._lacks = 0
        header = self.horizontalHeader()
        for name, digits in _DIGITS.items():
            header.resizeSection(COLUMNS.index(name), self._digit * digits)
        header.setSectionResizeMode(COLUMNS.index("Customer ID"), QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(self._digit * 6)

    def _measure(self) -> None:
        height = self.fontMetrics().lineSpacing() + 8
        self.verticalHeader().setDefaultSectionSize(height)
        self.setMinimumHeight((LEAST_BESIDE + 1) * height)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._measure()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._make_room_for_id()

    def _make_room_for_id(self) -> None:
        room = self.viewport().width() - self._digit * (sum(_DIGITS.values()) + _LEAST_OF_ID)
        for name in _GIVE_WAY:
            self.setColumnHidden(COLUMNS.index(name), room < 0)
            room += self._digit * _DIGITS[name] if room < 0 else 0
        lacks = max(-room, 0)
        if lacks == self._lacks:
            return
        self._lacks = lacks
        for name, most in _MOST_GIVEN.items():
            given = min(lacks, self._digit * most)
            lacks -= given
            self.horizontalHeader().resizeSection(COLUMNS.index(name), self._digit * _DIGITS[name] - given)
