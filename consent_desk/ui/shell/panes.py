"""The call in hand beside all else; one of them alone in a small window, or where that is asked for."""

from enum import IntEnum

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from consent_desk.ui.shell.places import Banners
from consent_desk.ui.theme.fonts import scale
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase
from consent_desk.ui.widgets.tabs import Splitter, Tabs

NARROW, LOW = 900, 500
"""Pixels, more with larger text: in less width, or less height below the bar, there is one pane at a time."""

SHARED = 620
"""Pixels, likewise: in less height below the bar the request and the log do not share the right column."""

_GAP, _MARGIN = 12, 16


class Pane(IntEnum):
    """What the window is made of, as the tabs have it."""

    CALLER = 0
    REQUEST = 1
    LOG = 2


class Panes(QWidget):
    """`caller` is left, `banners` head the right column, where `request` stands above `log`.

    In a low window the request stands in the log's place. Emits `arranged` when others are in view than
    before, and `log_wanted` when the log is to have its place again.
    """

    arranged = Signal()
    log_wanted = Signal()

    def __init__(self, caller: QWidget, banners: Banners, request: QWidget, log: QWidget) -> None:
        super().__init__()
        self._panes = {Pane.CALLER: caller, Pane.REQUEST: request, Pane.LOG: log}
        self._banners = banners
        self._alone: Pane | None = None
        self._is_small = self._is_low = False
        self._has_request = True
        self.tabs = Tabs(
            phrase("shell", "Caller"),
            phrase("shell", "Request"),
            phrase("shell", "Log"),
            name=phrase("shell", "Panes"),
        )
        self.tabs.hide()
        self.right = Splitter(Qt.Orientation.Vertical, childrenCollapsible=False, handleWidth=_GAP)
        self.right.addWidget(request)
        self.right.addWidget(log)
        self.right.setSizes([360, 340])
        self.right.setStretchFactor(0, 1)
        self.right.setStretchFactor(1, 1)
        self._column = QWidget()
        self._beside = fill(QVBoxLayout(self._column), banners, (self.right, 1))
        self._beside.setSpacing(_GAP)
        self.columns = Splitter(Qt.Orientation.Horizontal, childrenCollapsible=False, handleWidth=_GAP)
        self.columns.addWidget(caller)
        self.columns.addWidget(self._column)
        self.columns.setSizes([520, 716])
        self.columns.setStretchFactor(0, 0)
        self.columns.setStretchFactor(1, 1)
        self._above = fill(
            QVBoxLayout(self), self.tabs, (self.columns, 1), margins=(_MARGIN, 14, _MARGIN, _MARGIN)
        )
        self._above.setSpacing(_GAP)
        self.tabs.currentChanged.connect(self._turn)

    def show_request(self, shown: bool) -> None:
        """Show the request, or leave its room to the log."""
        self._has_request = shown
        if shown and self._is_small:
            self.tabs.setCurrentIndex(Pane.REQUEST)
        self._arrange()

    def show_alone(self, pane: Pane | None) -> None:
        """Show `pane` and nothing beside it; all of them with None."""
        self._alone = pane
        if pane is not None:
            self.tabs.setCurrentIndex(pane)
        self._arrange()

    def bring_forward(self, pane: Pane) -> None:
        """Have `pane` in view: it is wanted now."""
        if self._alone is not pane:
            self._alone = None
        self.tabs.setCurrentIndex(pane)
        self._arrange()
        if pane is Pane.LOG and self._panes[pane].isHidden():
            self.log_wanted.emit()

    def count_log(self, needing: int) -> None:
        """Say behind the log's tab how many lines need somebody."""
        told = phrase("shell", "%n need you", "%n needs you", needing) if needing else ""
        log = phrase("shell", "Log")
        self.tabs.setTabText(Pane.LOG, f"{log} {needing:,}" if needing else log)
        self.tabs.setTabToolTip(Pane.LOG, told)
        self.tabs.setAccessibleTabName(Pane.LOG, ", ".join(filter(None, (log, told))))

    def tell_question(self, is_open: bool) -> None:
        """Say behind the caller's tab that a question waits there. Nothing moves: somebody may be typing."""
        caller = phrase("shell", "Caller: question") if is_open else phrase("shell", "Caller")
        self.tabs.setTabText(Pane.CALLER, caller)

    def minimumSizeHint(self) -> QSize:
        # Not that of two beside each other: in less room than they need, there is one.
        sizes = [each.minimumSizeHint() for each in (*self._panes.values(), self._banners)]
        width = max(size.width() for size in sizes) + 2 * _MARGIN
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = sum(each.minimumSizeHint().width() for each in (self._panes[Pane.CALLER], self._column))
        least = max(NARROW * scale(), beside + _GAP + 2 * _MARGIN)
        is_small = self.width() < least or self.height() < LOW * scale()
        is_low = self.height() < SHARED * scale()
        if (is_small, is_low) != (self._is_small, self._is_low):
            self._is_small, self._is_low = is_small, is_low
            self._arrange()

    def _turn(self, tab: int) -> None:
        if self._alone is not None:
            self._alone = Pane(tab)
        self._arrange()

    def _arrange(self) -> None:
        one = Pane(self.tabs.currentIndex()) if self._is_small else self._alone
        self.tabs.setVisible(one is not None)
        takes_place = self._is_low and self._has_request
        place = self._beside if one is None else self._above
        if place.indexOf(self._banners) < 0:
            # A banner is seen beside whichever pane is.
            place.insertWidget(0, self._banners)
        for pane, widget in self._panes.items():
            is_there = {Pane.REQUEST: self._has_request, Pane.LOG: not takes_place}.get(pane, True)
            widget.setVisible(one is pane or (one is None and is_there))
        self._column.setVisible(one is not Pane.CALLER)
        self.arranged.emit()
