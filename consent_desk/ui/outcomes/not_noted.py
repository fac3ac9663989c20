"""The banner of what could not be noted for earlier callers: a line for each, until it is dealt with."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from consent_desk.ui.outcomes.receipt import NotNoted
from consent_desk.ui.theme.fonts import scale
from consent_desk.ui.theme.icons import icon, paint_icon
from consent_desk.ui.widgets.banner import TintedBanner, TintedLines
from consent_desk.ui.widgets.inputs import Unhurried, button
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase
from consent_desk.ui.widgets.tones import Tone

_WIDE = 600
"""Pixels from which on the buttons stand beside the texts."""


class NotNotedBanner(TintedBanner):
    """Emits `again(NotNoted)`, `copied(NotNoted)` or `dismissed(NotNoted)`. Hidden while there is none."""

    again = Signal(object)
    copied = Signal(object)
    dismissed = Signal(object)

    def __init__(self) -> None:
        super().__init__(Tone.BAD)
        self._shown: list[tuple[NotNoted, _Line]] = []
        self._lines = fill(QVBoxLayout(self), margins=(14, 8, 10, 8))
        self._lines.setSpacing(6)
        self.hide()

    def show_all(self, failures: list[NotNoted]) -> None:
        """Show a line for each. Those that stand here already keep their place, and the focus."""
        for failure, line in [*self._shown]:
            if not any(one is failure for one in failures):
                self._shown.remove((failure, line))
                line.hide()
                line.deleteLater()
                for _, other in self._shown:
                    # The second click of two would settle the line that comes up in its place.
                    other.unhurried.begin()
        for place, failure in enumerate(failures):
            if not any(one is failure for one, _ in self._shown):
                line = _Line(failure)
                line.again.clicked.connect(partial(self.again.emit, failure))
                line.copy.clicked.connect(partial(self.copied.emit, failure))
                line.dismiss.clicked.connect(partial(self.dismissed.emit, failure))
                self._shown.insert(place, (failure, line))
                self._lines.insertWidget(place, line)
        for failure, line in self._shown:
            line.copy.setText(
                phrase("outcomes", "Slip copied") if failure.is_copied else phrase("outcomes", "Copy slip")
            )
        self.setVisible(bool(failures))


class _Line(QWidget):
    def __init__(self, failure: NotNoted) -> None:
        super().__init__()
        who = failure.who
        headline = TintedLines(phrase("outcomes", "Not noted"), bold=True)
        headline.show_text(Tone.BAD, phrase("outcomes", "NOT NOTED: {who}").format(who=who))
        details = TintedLines(phrase("outcomes", "Why it is not noted"))
        details.show_text(Tone.BAD, f"{failure.why} {failure.where}.")
        self.again = button(
            phrase("outcomes", "Try again"), phrase("outcomes", "Try again: {who}").format(who=who)
        )
        self.again.setVisible(failure.can_try_aside)
        self.copy = button(
            phrase("outcomes", "Copy slip"), phrase("outcomes", "Copy slip: {who}").format(who=who)
        )
        self.copy.setIcon(icon("copy"))
        self.dismiss = button(
            phrase("outcomes", "Dismiss"), phrase("outcomes", "Dismiss: {who}").format(who=who)
        )
        self.unhurried = Unhurried(self.again, self.dismiss)
        texts = fill(QVBoxLayout(), headline, details)
        texts.setSpacing(1)
        said = fill(QHBoxLayout(), _Sign(), (texts, 1))
        buttons = fill(QHBoxLayout(), self.again, self.copy, self.dismiss, None)
        self._row = fill(QBoxLayout(QBoxLayout.Direction.LeftToRight, self), (said, 1), buttons)
        for each in (said, buttons, self._row):
            each.setSpacing(8)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Below the texts where these would be cut to a few letters.
        beside = self.width() >= _WIDE * scale()
        self._row.setDirection(
            QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        )


class _Sign(QLabel):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(24, 24)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_icon(QPainter(self), self.rect().adjusted(2, 2, -2, -2), "alert-circle", "bad")
