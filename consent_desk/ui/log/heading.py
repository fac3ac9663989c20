"""What stands above the log: which days it shows, what needs somebody, and what a search has found."""

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.domain.dates import EXAMPLES, HOW_DAYS
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.log_query import Which
from consent_desk.domain.message import say
from consent_desk.ui.states import CALLED
from consent_desk.ui.theme.fonts import CAPTION, HEADING, scaled, sized
from consent_desk.ui.theme.icons import icon
from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import ComboBox, Line, Note, TypingComboBox, label_for, named
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render

_GAP, _BEFORE_HINT = 8, 44
_WIDE, _LEAST_WIDE = 280, 120
"""Pixels of the field to search in."""

_CHIPS = {
    Which.ALL: (say("log", "All"), say("log", "Show all")),
    Which.NEEDS_YOU: (say("log", "Needs you"), say("log", "Show what needs you")),
    Which.WAITING: (say("log", "Waiting"), say("log", "Show what waits")),
}
"""What is written on each, and how assistive technology calls it."""


class DaysAndOutcome(QFrame):
    """Opens below its button: of what days, and of what outcome."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.days = TypingComboBox(*EXAMPLES, hint=phrase("log", "any day"))
        self.days.setMinimumContentsLength(22)
        self.days.setToolTip(render(HOW_DAYS))
        self.outcome = ComboBox()
        self.outcome.addItem(phrase("log", "all outcomes"), ())
        words: dict[str, list[State]] = {}
        for state in State:
            words.setdefault(render(CALLED[state].word), []).append(state)
        for word, states in words.items():
            self.outcome.addItem(word, tuple(states))
        self.everything = named(Button(), phrase("log", "Show everything"))
        days = label_for(phrase("log", "Days"), self.days, phrase("log", "Date filter"))
        outcome = label_for(phrase("log", "Outcome"), self.outcome, phrase("log", "Outcome filter"))
        parts = (days, self.days, outcome, self.outcome, self.everything)
        fill(QVBoxLayout(self), *parts, margins=(16, 12, 16, 16)).setSpacing(6)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.everything.clicked.connect(self.clear)
        self.everything.clicked.connect(self.hide)

    def open_below(self, button: QWidget) -> None:
        """Open where it belongs."""
        self.adjustSize()
        self.move(button.mapToGlobal(QPoint(0, button.height() + 4)))
        self.show()
        self.days.setFocus(Qt.FocusReason.PopupFocusReason)

    def clear(self) -> None:
        """Ask for all of them."""
        self.days.set_text("")
        self.outcome.setCurrentIndex(0)


class Search(Line):
    """Where what is searched for is typed. Its key stands in it until then."""

    def __init__(self) -> None:
        super().__init__(hint=phrase("log", "Customer, category, ticket"))
        self.setAccessibleName(phrase("log", "Filter"))
        self.setToolTip(phrase("log", "Search all that was noted, of whatever day (Ctrl+F)"))
        self.setClearButtonEnabled(True)
        self.addAction(icon("search", "second"), QLineEdit.ActionPosition.LeadingPosition)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(scaled(_WIDE), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDE, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.text() or self.hasFocus():
            return
        painter = QPainter(self)
        painter.setFont(sized(CAPTION))
        painter.setPen(QColor(current().second))
        metrics = painter.fontMetrics()
        taken = metrics.horizontalAdvance(self.placeholderText()) + scaled(_BEFORE_HINT)
        keys = phrase("log", "Ctrl F")
        if self.width() > taken + metrics.horizontalAdvance(keys) + scaled(2 * _GAP):
            place = self.rect().adjusted(0, 0, -scaled(_GAP + 2), 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, keys)


class _Opener(Button):
    """Says which days are shown, and opens what chooses among them."""

    def __init__(self) -> None:
        super().__init__(look=Look.QUIET)
        self.show_as("text")
        self.setFont(sized(HEADING, semibold=True))
        self.setAccessibleName(phrase("log", "Days and outcome"))

    def _has_arrow(self) -> bool:
        return True


class Heading(QWidget):
    """Emits `changed` when something else is to be shown.

    The field to search in, `filter`, stands elsewhere: whoever builds the window puts it there.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.filter = Search()
        self.shown = _Opener()
        self._popup = DaysAndOutcome(self)
        self.days, self.outcome = self._popup.days, self._popup.outcome
        self._group = QButtonGroup(self)
        self.chips: dict[Which, Button] = {}
        for number, (which, (text, name)) in enumerate(_CHIPS.items()):
            chip = named(Button(look=Look.CHIP), render(text), render(name))
            self._group.addButton(chip, number)
            self.chips[which] = chip
        self.chips[Which.ALL].setChecked(True)
        self.note = Note()
        row = fill(QHBoxLayout(), self.shown, None, *self.chips.values())
        row.setSpacing(6)
        fill(QVBoxLayout(self), row, self.note, margins=(8, 12, 16, 8)).setSpacing(2)
        # All that is set in one go is one search.
        self._change = QTimer(self, singleShot=True, interval=0)
        self._change.timeout.connect(self.changed)
        changes = (self.filter.textChanged, self.outcome.currentIndexChanged, self.days.editTextChanged)
        for change in (*changes, self._group.idToggled):
            change.connect(self._change.start)
        self.shown.clicked.connect(lambda: self._popup.open_below(self.shown))

    @property
    def which(self) -> Which:
        """The list that is chosen."""
        return next(which for which, chip in self.chips.items() if chip.isChecked())

    @property
    def states(self) -> frozenset[State]:
        """The outcomes that are asked for, none for all."""
        return frozenset(State(state) for state in self.outcome.currentData() or ())

    def choose(self, which: Which) -> None:
        """Show one of the lists."""
        self.chips[which].setChecked(True)

    def show_counts(self, needs_you: int, waiting: int, overdue: str = "") -> None:
        """Show how many there are. `overdue`: the day since when the oldest waits, where that is long ago."""
        told = {Which.NEEDS_YOU: (needs_you, ""), Which.WAITING: (waiting, overdue)}
        for which, (count, since) in told.items():
            chip, (text, _) = self.chips[which], _CHIPS[which]
            words = render(text)
            if count:
                words = f"{words} {count:,}"
            if since:
                words = phrase("log", "{words}, since {since}").format(words=words, since=since)
            chip.setText(words)
            chip.setAccessibleDescription(words)
        self.chips[Which.NEEDS_YOU].show_as("bad" if needs_you else "")
        self.chips[Which.WAITING].show_as("bad" if overdue else "")

    def show_days(self, text: str) -> None:
        """Say which days are shown."""
        self.shown.setText(text)
        self.shown.setAccessibleDescription(text)

    def clear(self) -> None:
        """Want everything, with no way back through undo: it may name somebody."""
        self.filter.setText("")
        self._popup.clear()
        self.choose(Which.ALL)
