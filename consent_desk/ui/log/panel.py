"""The response log: a line for each consent, and the details of the chosen one."""

from dataclasses import dataclass

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QMenu,
    QSplitter,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from consent_desk.domain.checks.correction import CORRECTABLE_STATES
from consent_desk.domain.lifecycle.state import DISCARDABLE_STATES, SENDABLE_STATES, State
from consent_desk.ui.log.model import COLUMNS, LogModel
from consent_desk.ui.log.search_bar import ReasonRow, SearchBar
from consent_desk.ui.log.table import LogTable
from consent_desk.ui.widgets.banner import TintedButton
from consent_desk.ui.widgets.inputs import Unhurried, button, named, technical_text
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.tones import Tone

_LEAST = 3
"""Lines of the log, and of its details, that are seen in the lowest window."""

_WIDEST = 430
"""Pixels that the details take at the least, for the sake of their tabs."""

_CANCELLABLE = frozenset({State.QUEUED, State.RETRY_WAIT, State.IN_FLIGHT})
"""What leaves by itself, or is leaving."""

TABS = ("Explanation", "Answer", "As received", "Headers", "Request")


class _LowSplitter(QSplitter):
    """As high as there is room: what it holds scrolls by itself, from a few lines on."""

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()


class ProofButton(QToolButton):
    """Opens a menu: a proof of the chosen line, or of its customer. See `offer`."""

    def __init__(self) -> None:
        super().__init__()
        tip = "Two files: one that a person reads, one that consent-desk verify checks"
        named(self, "Save proof files", "Save proof", tip)
        # Rather cut than a window that is wider than the screen.
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("Save"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.of_consent = menu.addAction("Of this &consent…")
        self.of_customer = menu.addAction("Of &all consents of this customer…")
        self.setMenu(menu)
        self.offer(chosen=False)

    def offer(self, *, chosen: bool) -> None:
        """Offer proofs while a line is chosen."""
        for action in self.menu().actions():
            action.setEnabled(chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the journal knows of a consent, on which it depends what may be done with it.

    `state`: None while it is not known, or could not be read. `can_renew`: sent with the time now, it may
    hold. `to_acknowledge`: it was cancelled, and nobody has acknowledged that. `to_check`: nobody has said so
    far that customer and category are right. `undecided`: it could not be looked up, and a person may have it
    sent again.
    """

    state: State | None = None
    can_renew: bool = True
    to_acknowledge: bool = False
    to_check: bool = False
    undecided: bool = False


_NOT_KNOWN = Offer()


class LogPanel(QWidget):
    """Emits `line_chosen(request_id)`; the desk answers with `show_details`.

    `pressed(button, request_id)` and `discard_requested(request_id, reason)` are about the chosen line.
    """

    line_chosen = Signal(str)
    pressed = Signal(object, str)
    discard_requested = Signal(str, str)

    def __init__(self, model: LogModel) -> None:
        super().__init__()
        self.model = model
        self._changing = False
        # Connected before the table is, which goes on to another line when one is taken away.
        model.rowsAboutToBeRemoved.connect(self._begin_change)
        self._details: dict[str, str] = {}
        # The request ID of the chosen line, empty where there is none.
        self.chosen = ""
        self._place = QPersistentModelIndex()
        self.send_again = button("Send again")
        self.send_now = TintedButton()
        self.send_now.show_text(Tone.QUIET, "Record again, dated now")
        self.send_now.setMinimumWidth(self.send_now.fontMetrics().horizontalAdvance("Record"))
        self.send_now.setAccessibleName("Record again, dated now")
        self.send_now.setToolTip("Note the same decision anew, taken now, and send it")
        self.cancel = button("Cancel this", "Cancel sending this", "Do not send the chosen consent")
        tip = "The chosen consent was cancelled, and is not recorded: count it no more"
        self.acknowledge = button("Acknowledge", "Acknowledge that it is not recorded", tip)
        tip = (
            "The chosen consent was for the right customer and category, though Engagement did not know them"
        )
        self.right = button("The ID is right", tip=tip)
        self.discard = button("Discard…", tip="Give the chosen consent up, with a reason")
        tip = "Remove all that names the customer of the chosen line (right to erasure)"
        self.erase = button("Remove data…", "Remove customer's data", tip)
        tip = "Restore what held before this consent, as a new one that is linked to it"
        self.correct = button("Correct…", tip=tip)
        # Rather cut than a window that is wider than the screen, with a large font.
        self.correct.setMinimumWidth(self.correct.fontMetrics().horizontalAdvance("Cor"))
        self.proof = ProofButton()
        come_and_go = (self.send_now, self.cancel, self.acknowledge, self.right)
        self.search = SearchBar(self.send_again, *come_and_go, self.discard, self.erase)
        self.reason = ReasonRow()
        self._offer(_NOT_KNOWN)
        self.table = LogTable(model, least=_LEAST)
        self.tabs = QTabBar(drawBase=False)
        self.tabs.setAccessibleName("Kind of details")
        for tab in TABS:
            self.tabs.addTab(tab)
        # The arrow keys do what those of a narrow bar do.
        for arrow in self.tabs.findChildren(QToolButton):
            arrow.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.details = technical_text("Response details")
        least = (_LEAST + 1) * self.details.fontMetrics().lineSpacing()
        self.details.setMinimumHeight(max(least, self.details.minimumSizeHint().height()))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        right = QWidget()
        foot = fill(QHBoxLayout(), self.correct, None, self.proof)
        fill(QVBoxLayout(right), self.tabs, (self.details, 1), foot)
        # All tabs are seen at once, but with a very large font: then the bar scrolls.
        right.setMinimumWidth(min(self.tabs.sizeHint().width(), _WIDEST))
        self.splitter = _LowSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(right)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([720, 500])
        fill(QVBoxLayout(self), self.search, self.reason, (self.splitter, 1), margins=(4, 0, 4, 4))

    def _connect(self) -> None:
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        self.tabs.currentChanged.connect(self._show_tab)
        self.discard.clicked.connect(self.reason.ask)
        come_and_go = (self.send_now, self.cancel, self.acknowledge, self.right)
        for each in come_and_go:
            # It comes up where another one stood.
            Unhurried(each)
        for each in (self.send_again, *come_and_go, self.erase, self.correct):
            each.clicked.connect(lambda _=False, each=each: self.pressed.emit(each, self.chosen))
        self.reason.given.connect(lambda reason: self.discard_requested.emit(self.chosen, reason))
        self.reason.closed.connect(self.discard.setFocus)
        self.model.dataChanged.connect(self._follow_change)
        self.model.rowsRemoved.connect(self._end_change)
        self.model.modelReset.connect(self._find_again)
        self.model.modelReset.connect(self._make_room_for_times)
        self.model.rowsAboutToBeInserted.connect(self._keep_place)
        self.model.rowsInserted.connect(self._return_to_place)

    def choose(self, request_id: str) -> None:
        """Select the line of one consent, if it is among those that were read."""
        self.model.flush()
        row = self.model.row_of(request_id)
        if row is not None:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.table.selectionModel().setCurrentIndex(self.model.index(row, 0), flags)

    def show_details(self, request_id: str, details: dict[str, str], offer: Offer) -> None:
        """Show the texts of all tabs for the consent `request_id`, if it is still the chosen one."""
        if request_id == self.chosen:
            self._details = details
            self._offer(offer)
            self._show_tab()

    def _offer(self, offer: Offer) -> None:
        state = offer.state
        offers: dict[QWidget, bool] = {
            self.send_again: state in SENDABLE_STATES or offer.undecided,
            self.send_now: state is State.CONTRADICTED and offer.can_renew,
            self.cancel: state in _CANCELLABLE,
            self.acknowledge: offer.to_acknowledge,
            self.right: offer.to_check,
            self.discard: state in DISCARDABLE_STATES,
            self.erase: state is not None,
            self.correct: state in CORRECTABLE_STATES,
        }
        self._switch_off(*(each for each, is_offered in offers.items() if not is_offered))
        for each, is_offered in offers.items():
            each.setEnabled(is_offered)
        # What cannot be of use leaves its place to the others.
        self.send_now.setVisible(state is State.CONTRADICTED)
        for each in (self.cancel, self.acknowledge, self.right):
            each.setVisible(offers[each])
        is_profile = state is not State.NO_CATEGORY
        named(self.right, right := "The ID is right" if is_profile else "The category is right", right)
        has_others = offer.to_acknowledge or state in {State.CONTRADICTED, State.IN_FLIGHT}
        self.send_again.setVisible(not has_others)
        if state not in DISCARDABLE_STATES:
            self.reason.put_away()

    def _choose(self) -> None:
        current = self.table.currentIndex()
        if self._changing:
            # Its line was taken away by what became of it, and Qt went on to another: nobody chose that.
            return
        entry = self.model.entry(current.row()) if current.isValid() else None
        if entry is None:
            self._forget()
            return
        if entry.request_id != self.chosen:
            self._details = {}
            self._offer(_NOT_KNOWN)
        self.chosen = entry.request_id
        self.line_chosen.emit(self.chosen)

    def _begin_change(self) -> None:
        self._changing = True

    def _end_change(self) -> None:
        is_there = not self.chosen or self.model.find(self.chosen) is not None
        if not is_there:
            self.table.selectionModel().clear()
        self._changing = False
        if not is_there:
            self._tell_again()

    def _follow_change(self, first: QModelIndex, last: QModelIndex) -> None:
        row = self.model.row_of(self.chosen)
        if row is not None and first.row() <= row <= last.row():
            self._tell_again()
        elif not self.chosen and first.row() <= self.table.currentIndex().row() <= last.row():
            self._choose()  # it was chosen before it was read

    def _switch_off(self, *buttons: QWidget) -> None:
        for each in buttons:
            if each.hasFocus():
                # Or Qt would go on to the next button, which may be the one that removes data.
                self.table.setFocus()
            each.setEnabled(False)

    def _tell_again(self) -> None:
        self._switch_off(self.send_again, self.discard, self.correct)
        self.line_chosen.emit(self.chosen)

    def _find_again(self) -> None:
        if self.chosen and self.model.find(self.chosen) is not None:
            self.choose(self.chosen)
        else:
            self._forget()

    def _forget(self) -> None:
        self.chosen = ""
        self._details = {}
        self._offer(_NOT_KNOWN)
        self._show_tab()

    def _make_room_for_times(self) -> None:
        # Those of another year or zone are longer: rare, and the customer ID wants the room. The oldest line
        # is the first or the last; to measure all of them would hold up the window.
        column, header = COLUMNS.index("Time"), self.table.horizontalHeader()
        ends = (self.model.index(row, column) for row in (0, self.model.rowCount() - 1))
        widest = max(self.table.sizeHintForIndex(end).width() for end in ends)
        header.resizeSection(column, max(header.sectionSize(column), widest))

    def _keep_place(self) -> None:
        # New lines come in above; somebody who reads further down is left where they are.
        reads_further_down = self.table.verticalScrollBar().value() > 0
        top = self.table.indexAt(QPoint(0, 0)) if reads_further_down else QModelIndex()
        self._place = QPersistentModelIndex(top)

    def _return_to_place(self) -> None:
        if self._place.isValid():
            self.table.scrollTo(
                self.model.index(self._place.row(), 0), QAbstractItemView.ScrollHint.PositionAtTop
            )
        else:
            self.table.scrollToTop()

    def _show_tab(self) -> None:
        text = self._details.get(TABS[self.tabs.currentIndex()], "")
        if self.details.toPlainText() != text:
            self.details.setPlainText(text)
