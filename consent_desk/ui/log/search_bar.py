"""What stands above the log: what it is searched for, and why a consent is discarded."""

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.domain.dates import EXAMPLES, HOW_DAYS
from consent_desk.domain.lifecycle.state import State
from consent_desk.ui.states import STATE_WORDS
from consent_desk.ui.widgets.banner import TintedButton
from consent_desk.ui.widgets.inputs import ComboBox, Line, Note, TypingComboBox, Unhurried, button, label_for
from consent_desk.ui.widgets.layouts import FlowLayout, beside, fill
from consent_desk.ui.widgets.messages import render
from consent_desk.ui.widgets.tones import Tone

_DISCARDING = "It is not sent by itself any more. Where it may have left, it is looked up still."
_MISSING = "Write why it is discarded."


class SearchBar(QWidget):
    """Words, an outcome, days; or only what Engagement may not have yet. `others` stand behind.

    Emits `changed` when something else is searched for.
    """

    changed = Signal()

    def __init__(self, *others: QWidget) -> None:
        super().__init__()
        self.filter = Line()
        self.filter.setPlaceholderText("customer, category, ticket …")
        self.filter.setClearButtonEnabled(True)
        self.outcome = ComboBox()
        self.outcome.setMinimumContentsLength(13)
        self.outcome.addItem("all outcomes", None)
        for state in State:
            self.outcome.addItem(STATE_WORDS[state], state)
        self.days = TypingComboBox(*EXAMPLES)
        self.days.setMinimumContentsLength(9)
        self.days.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.days.line.setPlaceholderText("any day")
        self.days.setToolTip(render(HOW_DAYS))
        self.open_ones = TintedButton()
        self.open_ones.setAccessibleName("Not yet confirmed")
        self.open_ones.setCheckable(True)
        # Rather cut than a window that is wider than the screen.
        self.open_ones.setMinimumWidth(self.open_ones.fontMetrics().horizontalAdvance("99 not yet"))
        self.open_ones.hide()
        self.export = button("Export…", tip="Write all that is shown into a file")
        self.note = Note()
        # All that is set in one go is one search.
        self._change = QTimer(self, singleShot=True, interval=0)
        self._lay_out(others)
        self._connect()

    def _lay_out(self, others: Sequence[QWidget]) -> None:
        bar = FlowLayout()
        bar.addWidget(beside(label_for("&Filter", self.filter, "Filter"), self.filter))
        bar.addWidget(beside(label_for("Outco&me", self.outcome, "Outcome filter"), self.outcome))
        bar.addWidget(beside(label_for("&Date", self.days, "Date filter"), self.days))
        for widget in (self.open_ones, self.export, *others):
            bar.addWidget(widget)
        fill(QVBoxLayout(self), bar, self.note).setSpacing(2)

    def _connect(self) -> None:
        self._change.timeout.connect(self.changed)
        for change in (self.filter.textChanged, self.outcome.currentIndexChanged, self.days.editTextChanged):
            change.connect(self._change.start)
        self.open_ones.toggled.connect(self._show_only_open)

    @property
    def state(self) -> State | None:
        """The outcome that is asked for, None for all."""
        state = self.outcome.currentData()
        return None if state is None else State(state)

    def show_open(self, count: int, *, since: str = "", not_recorded: int = 0, to_check: int = 0) -> None:
        """Show how many consents Engagement may not have yet; none needs no room.

        `since`: the day from which on, where that was too long ago: it turns red. So it does for the
        `not_recorded`, which were cancelled, and those `to_check`, until somebody says a word of them.
        """
        waiting = [f"{not_recorded:,} not recorded"] if not_recorded else []
        waiting += [f"{to_check:,} to check"] if to_check else []
        parts = [f"{count:,} not yet confirmed"] if count or not waiting else []
        told = [f"{parts[0]}, since {since}"] if parts and since else [*parts]
        bad = since or waiting
        self.open_ones.show_text(Tone.BAD if bad else Tone.QUIET, ", ".join([*told, *waiting]))
        text = ", ".join([*parts, *waiting])
        self.open_ones.setToolTip(f"{text}: show only what Engagement may not have yet, the oldest first")
        self.open_ones.setVisible(bool(count or waiting) or self.open_ones.isChecked())

    def clear(self) -> None:
        """Want everything."""
        self.filter.clear()
        self.outcome.setCurrentIndex(0)
        self.days.set_text("")
        self.open_ones.setChecked(False)

    def _show_only_open(self, only_open: bool) -> None:
        self.outcome.setEnabled(not only_open)
        self._change.start()


class ReasonRow(QWidget):
    """Asks, in a line, why a consent is discarded. Hidden until `ask`.

    Emits `given(reason)`, which is never empty, and `closed` when it goes.
    """

    given = Signal(str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.reason = Line(longest=1_000)
        self.reason.setAccessibleName("Reason for discarding")
        self.reason.setPlaceholderText("Why is it discarded?")
        self.confirm = button("Discard it", "Confirm discarding")
        Unhurried(self.confirm)
        self.keep = button("Keep it")
        self.note = Note()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.reason, 0, 0)
        layout.addWidget(self.confirm, 0, 1)
        layout.addWidget(self.keep, 0, 2)
        layout.addWidget(self.note, 1, 0, 1, 3)
        layout.setColumnStretch(0, 1)
        self.reason.returnPressed.connect(self._give)
        self.confirm.clicked.connect(self._give)
        self.keep.clicked.connect(self.close_row)
        self.hide()

    def ask(self) -> None:
        """Ask for the reason."""
        self.note.show_remark(_DISCARDING)
        self.show()
        self.reason.setFocus()

    def put_away(self) -> None:
        """Go away, and forget what was typed."""
        self.hide()
        self.reason.clear()

    def close_row(self) -> None:
        """Ask no more: nothing is discarded."""
        self.put_away()
        self.closed.emit()

    def _give(self) -> None:
        reason = self.reason.text().strip()
        if not reason:
            self.note.show_problem(_MISSING)
            self.reason.setFocus()
            return
        self.close_row()
        self.given.emit(reason)
