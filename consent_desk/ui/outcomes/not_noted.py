"""What could not be noted: what can be done with it, and the banner of that of earlier callers."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from consent_desk.ui.outcomes.receipt import NotNoted
from consent_desk.ui.shell.reading_order import order_tabs
from consent_desk.ui.theme.fonts import scale
from consent_desk.ui.theme.icons import icon, paint_icon
from consent_desk.ui.widgets.banner import TintedBanner, TintedLines
from consent_desk.ui.widgets.inputs import Unhurried, button
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase
from consent_desk.ui.widgets.tones import Tone

_WIDE = 600
"""Pixels from which on the buttons stand beside the texts."""


class Dealings(QWidget):
    """What can be done with what is not noted, of `who` where that is not the caller on the line."""

    def __init__(self, who: str = "") -> None:
        super().__init__()
        texts = (
            phrase("outcomes", "Try again"),
            phrase("outcomes", "Copy slip"),
            phrase("outcomes", "Dismiss"),
        )
        buttons = [button(text, f"{text}: {who}" if who else "") for text in texts]
        self.again, self.copy, self.dismiss = buttons
        self.copy.setIcon(icon("copy"))
        self.unhurried = Unhurried(self.again, self.dismiss)
        fill(QHBoxLayout(self), *buttons, None).setSpacing(8)

    def show_copied(self, is_copied: bool) -> None:
        """Say whether somebody has it."""
        copied, not_copied = phrase("outcomes", "Slip copied"), phrase("outcomes", "Copy slip")
        self.copy.setText(copied if is_copied else not_copied)


class NotNotedBanner(TintedBanner):
    """Emits `again(NotNoted)`, `copied(NotNoted)` or `dismissed(NotNoted)`. Hidden while there is none.

    Tab comes to its buttons `after` that.
    """

    again = Signal(object)
    copied = Signal(object)
    dismissed = Signal(object)

    def __init__(self, *, after: QWidget) -> None:
        super().__init__(Tone.BAD)
        self._after = after
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
                    other.dealings.unhurried.begin()
        for place, failure in enumerate(failures):
            if not any(one is failure for one, _ in self._shown):
                line = _Line(failure)
                line.dealings.again.clicked.connect(partial(self.again.emit, failure))
                line.dealings.copy.clicked.connect(partial(self.copied.emit, failure))
                line.dealings.dismiss.clicked.connect(partial(self.dismissed.emit, failure))
                self._shown.insert(place, (failure, line))
                self._lines.insertWidget(place, line)
                before = self._shown[place - 1][1].dealings.dismiss if place else self._after
                order_tabs(line.dealings, after=before)
        for failure, line in self._shown:
            line.dealings.show_copied(failure.is_copied)
        self.setVisible(bool(failures))


class _Line(QWidget):
    def __init__(self, failure: NotNoted) -> None:
        super().__init__()
        who = failure.who
        headline = TintedLines(phrase("outcomes", "Not noted"), bold=True)
        headline.show_text(Tone.BAD, phrase("outcomes", "NOT NOTED: {who}").format(who=who))
        details = TintedLines(phrase("outcomes", "Why it is not noted"))
        details.show_text(Tone.BAD, f"{failure.why} {failure.where}.")
        self.dealings = Dealings(who)
        self.dealings.again.setVisible(failure.can_try_aside)
        texts = fill(QVBoxLayout(), headline, details)
        texts.setSpacing(1)
        said = fill(QHBoxLayout(), _Sign(), (texts, 1))
        self._row = fill(QBoxLayout(QBoxLayout.Direction.LeftToRight, self), (said, 1), self.dealings)
        for each in (said, self._row):
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
