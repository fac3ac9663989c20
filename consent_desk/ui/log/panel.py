"""The response log: a line for each decision, and the details of the chosen one."""

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from consent_desk.ui.log.heading import Heading
from consent_desk.ui.log.line_details import NOT_KNOWN, LineDetails, Offer
from consent_desk.ui.log.list_view import LogList, is_low, is_narrow
from consent_desk.ui.log.model import LINE, LogModel
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase

if TYPE_CHECKING:
    from consent_desk.ui.log.table import LogTable

Flag = QItemSelectionModel.SelectionFlag


class LogPanel(QWidget):
    """Emits `line_chosen(request_id)`; whoever hears it answers with `show_details`.

    `pressed(Deed, request_id)` and `discard_requested(request_id, reason)` are about the chosen line.
    """

    line_chosen = Signal(str)
    pressed = Signal(object, str)
    discard_requested = Signal(str, str)

    def __init__(self, model: LogModel) -> None:
        super().__init__()
        self.model = model
        self._changing = False
        # Connected before the list is, which goes on to another line when one is taken away.
        model.rowsAboutToBeRemoved.connect(self._begin_change)
        # Of a model in Python, a list asks for each of its lines whenever one comes in.
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(model)
        # The request ID of the chosen line, empty where there is none.
        self.chosen = ""
        self.search = Heading()
        self.line = LineDetails()
        self.list = LogList(model, self._shown)
        self._is_table = False
        self.tabs, self.details, self.reason = self.line.tabs, self.line.text, self.line.reason
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        lines = QWidget()
        self._lines = fill(QVBoxLayout(lines), self.search, (self.list, 1))
        self.line.hide()
        self._parts = fill(QVBoxLayout(self), (lines, 1), self.line)
        self._parts.setSpacing(0)

    def _connect(self) -> None:
        self.list.selectionModel().currentRowChanged.connect(self._choose)
        self.list.details_wanted.connect(self._go_to_details)
        self.line.pressed.connect(lambda deed: self.pressed.emit(deed, self.chosen))
        self.line.unfolded.connect(self._share_room)
        self.line.reason.given.connect(lambda reason: self.discard_requested.emit(self.chosen, reason))
        self.model.dataChanged.connect(self._follow_change)
        self.model.rowsRemoved.connect(self._end_change)
        self.model.modelReset.connect(self._find_again)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.line.show_low(is_low(self), is_narrow=is_narrow(self))

    def _share_room(self, is_open: bool) -> None:
        """Half of it is for the technical details, but at least three lines stay in view beside them."""
        self.list.keep_beside(is_open=is_open)
        self._parts.setStretch(1, 1 if is_open else 0)

    @cached_property
    def table(self) -> "LogTable":
        """The same lines in columns: made when it is wanted, for most never do."""
        from consent_desk.ui.log.table import LogTable

        table = LogTable(self.model, self._shown, self.list.selectionModel())
        table.hide()
        table.activated.connect(self._go_to_details)
        self._lines.addWidget(table, 1)
        return table

    def show_as_table(self, is_table: bool) -> None:
        """Show columns for those who integrate, or two lines a decision."""
        self._is_table = is_table
        shown, other = (self.table, self.list) if is_table else (self.list, self.table)
        had_focus = other.hasFocus()
        other.hide()
        other.setAccessibleName("")
        shown.setAccessibleName(phrase("log", "Response log"))
        shown.show()
        if had_focus:
            shown.setFocus()
        self._scroll_to_chosen()

    @property
    def view(self) -> QAbstractItemView:
        """The list, or the table."""
        return self.table if self._is_table else self.list

    def choose(self, request_id: str) -> None:
        """Select the line of one consent, if it is among those that were read."""
        self.model.flush()
        row = self.model.row_of(request_id)
        if row is not None:
            flags = Flag.ClearAndSelect | Flag.Rows
            self.list.selectionModel().setCurrentIndex(self._shown.index(row, LINE), flags)
            self._scroll_to_chosen()

    def show_details(self, request_id: str, details: dict[str, str], offer: Offer) -> None:
        """Show the texts of all tabs for the consent `request_id`, if it is still the chosen one."""
        if request_id == self.chosen:
            self.line.show_texts(details)
            self._offer(offer)

    def _offer(self, offer: Offer) -> None:
        if self.line.offer(offer):
            # Or Qt would go on to the next button, which may do something else.
            self.view.setFocus()

    def _choose(self) -> None:
        current = self.list.selectionModel().currentIndex()
        if self._changing:
            # Its line was taken away by what became of it, and Qt went on to another: nobody chose that.
            return
        entry = self.model.entry(current.row()) if current.isValid() else None
        if entry is None:
            self._forget()
            return
        if entry.request_id != self.chosen:
            self.line.show_texts({})
            self._offer(NOT_KNOWN)
        self.chosen = entry.request_id
        self._show_line()
        if self.line.isHidden():
            self.line.show()
            self._scroll_to_chosen()
        self.line_chosen.emit(self.chosen)

    def _show_line(self) -> None:
        slot = self.model.slot(self.list.selectionModel().currentIndex().row())
        words = self.model.words
        self.line.show_line(words.customer(slot), words.about_chosen(slot))

    def say_anew(self) -> None:
        """What is said of a line may be something else, though none has changed."""
        self.list.say_anew()
        self.view.viewport().update()
        if self._is_chosen_current():
            self._show_line()

    def _is_chosen_current(self) -> bool:
        current = self.list.selectionModel().currentIndex()
        entry = self.model.entry(current.row()) if current.isValid() else None
        return entry is not None and entry.request_id == self.chosen

    def _scroll_to_chosen(self) -> None:
        current = self.list.selectionModel().currentIndex()
        if current.isValid():
            # The table has no such column in view, and would not go there.
            self.view.scrollTo(current if self.view is self.list else current.siblingAtColumn(0))

    def _go_to_details(self) -> None:
        self.line.technical.setChecked(True)
        self.details.setFocus(Qt.FocusReason.TabFocusReason)

    def _begin_change(self) -> None:
        self._changing = True

    def _end_change(self) -> None:
        row, selection = self.model.row_of(self.chosen), self.list.selectionModel()
        if self.chosen and row is None:
            selection.clear()
        self._changing = False
        if not self.chosen:
            return
        if row is None:
            self._tell_again()
        elif selection.currentIndex().row() != row:
            # It is in one line with others now.
            self.choose(self.chosen)

    def _follow_change(self, first: QModelIndex, last: QModelIndex) -> None:
        current = self.list.selectionModel().currentIndex().row()
        if not first.row() <= current <= last.row():
            return
        entry = self.model.entry(current)
        if not self.chosen or (entry is not None and entry.request_id != self.chosen):
            self._choose()  # it was chosen before it was read, or another one of its press is worst now
        elif self.chosen:
            self._tell_again()

    def _tell_again(self) -> None:
        if self.line.hold_back():
            self.view.setFocus()
        if self._is_chosen_current():
            self._show_line()
        self.line_chosen.emit(self.chosen)

    def _find_again(self) -> None:
        if self.chosen and self.model.find(self.chosen) is not None:
            self.choose(self.chosen)
        else:
            self._forget()

    def _forget(self) -> None:
        self.chosen = ""
        at: QWidget | None = self.focusWidget()
        had_focus = at is not None and self.line.isAncestorOf(at)
        self.line.show_line("", "")
        self.line.show_texts({})
        self._offer(NOT_KNOWN)
        self.line.hide()
        if had_focus:
            self.view.setFocus()
