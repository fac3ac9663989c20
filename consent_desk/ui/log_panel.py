"""The response log: a line for each consent, and the details of the chosen one."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTabBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from consent_desk.domain.correction import CORRECTABLE_STATES
from consent_desk.domain.delivery import SENDABLE_STATES, State
from consent_desk.ui.fields import ComboBox, label_for, read_only_text
from consent_desk.ui.log_model import COLUMNS, LogFilter, LogModel
from consent_desk.ui.states import STATE_WORDS

TABS = ("Explanation", "Answer", "As received", "Headers", "Request")


class LogPanel(QWidget):
    """Emits `line_chosen(request_id)`; the desk answers with `show_details`."""

    line_chosen = Signal(str)
    send_again_requested = Signal(str)
    correct_requested = Signal(str)

    def __init__(self, model: LogModel) -> None:
        super().__init__()
        self.model = model
        self._changing = False
        # Connected before the filter is, which takes lines away that it does not show any more.
        model.dataChanged.connect(self._begin_change)
        self._details: dict[str, str] = {}
        self._shown = ""
        self._wanted = ""
        self._place = QPersistentModelIndex()
        self.lines = LogFilter(model)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("customer, category, status …")
        self.filter.setClearButtonEnabled(True)
        self.outcome = ComboBox()
        self.outcome.setMinimumContentsLength(13)
        self.outcome.addItem("all outcomes", None)
        for state in State:
            self.outcome.addItem(STATE_WORDS[state], state)
        self.open_ones = QPushButton()
        self.open_ones.setAccessibleName("Not yet confirmed")
        self.open_ones.setCheckable(True)
        self.open_ones.setToolTip("Show only what Engagement may not have yet, the oldest first")
        # Rather cut than a window that is wider than the screen.
        self.open_ones.setMinimumWidth(self.open_ones.fontMetrics().horizontalAdvance("99 not yet"))
        self.open_ones.hide()
        self.send_again = QPushButton("S&end again")
        self.send_again.setAccessibleName("Send again")
        self.send_again.setEnabled(False)
        self.correct = QPushButton("Correct…")
        self.correct.setAccessibleName("Correct")
        self.correct.setToolTip("Restore what held before this consent, as a new one that is linked to it")
        # Rather cut than a window that is wider than the screen, with a large font.
        self.correct.setMinimumWidth(self.correct.fontMetrics().horizontalAdvance("Cor"))
        self.correct.setEnabled(False)
        self.table = self._make_table()
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Kind of details")
        self.tabs.setDrawBase(False)
        for tab in TABS:
            self.tabs.addTab(tab)
        self.details = read_only_text("Response details")
        self._lay_out()
        self._connect()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("Response log")
        table.setModel(self.lines)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().lineSpacing() + 8)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        digit = table.fontMetrics().horizontalAdvance("0")
        for column, digits in zip(range(len(COLUMNS)), (12, 14, 6, 8, 10, 14, 7, 10), strict=True):
            header.resizeSection(column, digit * digits)
        header.setSectionResizeMode(COLUMNS.index("Customer ID"), QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(digit * 6)
        return table

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.addWidget(label_for("&Filter", self.filter, "Filter"))
        bar.addWidget(self.filter, 1)
        bar.addWidget(label_for("Outco&me", self.outcome, "Outcome filter"))
        bar.addWidget(self.outcome)
        bar.addWidget(self.open_ones)
        bar.addWidget(self.send_again)
        left = QWidget()
        left_layout = QVBoxLayout(left)
        left_layout.setContentsMargins(0, 0, 0, 0)
        left_layout.addLayout(bar)
        left_layout.addWidget(self.table, 1)
        right = QWidget()
        right_layout = QVBoxLayout(right)
        right_layout.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout()
        head.addWidget(self.tabs, 1)
        head.addWidget(self.correct)
        right_layout.addLayout(head)
        right_layout.addWidget(self.details, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(left)
        self.splitter.addWidget(right)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([720, 500])
        layout = QVBoxLayout(self)
        layout.addWidget(self.splitter)

    def _connect(self) -> None:
        self.filter.textChanged.connect(self._search)
        self.outcome.currentIndexChanged.connect(self._search)
        self.open_ones.toggled.connect(self._search)
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        self.tabs.currentChanged.connect(self._show_tab)
        self.send_again.clicked.connect(lambda: self.send_again_requested.emit(self._shown))
        self.correct.clicked.connect(lambda: self.correct_requested.emit(self._shown))
        self.model.dataChanged.connect(self._end_change)
        self.model.modelReset.connect(self._forget)
        self.lines.modelReset.connect(self._make_room_for_times)
        self.model.flushed.connect(self._choose_wanted)
        self.lines.rowsAboutToBeInserted.connect(self._keep_place)
        self.lines.rowsInserted.connect(self._return_to_place)

    def show_open(self, count: int) -> None:
        """Show how many consents Engagement may not have yet; none needs no room."""
        self.open_ones.setText(f"{count:,} not yet confirmed")
        self.open_ones.setVisible(count > 0 or self.open_ones.isChecked())

    def choose(self, request_id: str) -> None:
        """Select the line of one consent, once it is shown. A filter that would hide it is taken off."""
        self._wanted = request_id
        # Not before its batch: reading its details would take time from the sending.
        if not self.model.waits(request_id):
            self._choose_wanted()

    def _choose_wanted(self) -> None:
        request_id, self._wanted = self._wanted, ""
        if not request_id:
            return
        if all(self._id_at(row) != request_id for row in range(self.lines.rowCount())):
            self.filter.clear()
            self.outcome.setCurrentIndex(0)
        for row in range(self.lines.rowCount()):
            if self._id_at(row) == request_id:
                flags = (
                    QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
                )
                self.table.selectionModel().setCurrentIndex(self.lines.index(row, 0), flags)
                return

    def show_details(self, request_id: str, details: dict[str, str], state: State) -> None:
        """Show the texts of all tabs for the consent `request_id`, if it is still the chosen one."""
        if request_id == self._shown:
            self._details = details
            self._offer(state)
            self._show_tab()

    def _offer(self, state: State | None) -> None:
        self.send_again.setEnabled(state in SENDABLE_STATES)
        self.correct.setEnabled(state in CORRECTABLE_STATES)

    def _id_at(self, row: int) -> str:
        return self.model.entry(self.lines.mapToSource(self.lines.index(row, 0)).row()).request_id

    def _search(self) -> None:
        state = self.outcome.currentData()
        wanted = None if state is None else State(state)
        self.lines.search(self.filter.text(), wanted, open_only=self.open_ones.isChecked())

    def _choose(self) -> None:
        current = self.table.currentIndex()
        if self._changing:
            # Its line was taken away by what became of it, and Qt went on to another: nobody chose that.
            return
        if not current.isValid():
            self._forget()
        else:
            request_id = self._id_at(current.row())
            if request_id != self._shown:
                self._details = {}
                self._offer(None)
            self._shown = request_id
            self.line_chosen.emit(request_id)

    def _begin_change(self) -> None:
        self._changing = True

    def _end_change(self, changed: QModelIndex) -> None:
        current = self.table.currentIndex()
        if self._shown and current.isValid() and self._id_at(current.row()) != self._shown:
            self.table.selectionModel().clear()
        self._changing = False
        if self._shown and self.model.entry(changed.row()).request_id == self._shown:
            self._offer(None)
            self.line_chosen.emit(self._shown)

    def _forget(self) -> None:
        self._shown = self._wanted = ""
        self._details = {}
        self._offer(None)
        self._show_tab()

    def _make_room_for_times(self) -> None:
        # Those of another year or zone are longer: rare, and the customer ID wants the room.
        column, header = COLUMNS.index("Time"), self.table.horizontalHeader()
        header.resizeSection(column, max(header.sectionSize(column), self.table.sizeHintForColumn(column)))

    def _keep_place(self) -> None:
        # New lines come in above; somebody who reads further down is left where they are.
        reads_further_down = self.table.verticalScrollBar().value() > 0
        top = self.table.indexAt(QPoint(0, 0)) if reads_further_down else QModelIndex()
        self._place = QPersistentModelIndex(top)

    def _return_to_place(self) -> None:
        if self._place.isValid():
            self.table.scrollTo(
                self.lines.index(self._place.row(), 0), QAbstractItemView.ScrollHint.PositionAtTop
            )
        else:
            self.table.scrollToTop()

    def _show_tab(self) -> None:
        text = self._details.get(TABS[self.tabs.currentIndex()], "")
        if self.details.toPlainText() != text:
            self.details.setPlainText(text)
