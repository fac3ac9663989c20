"""Cards, labels and banners, in the colours of a light or a dark system, also when that changes."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.ui.theme.paint import CARD, rounded
from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.messages import tool_tip
from consent_desk.ui.widgets.tones import Tone, background, colour, loud_colours, of_tone

# To Python it is no widget: a class can have but one base of Qt's.
if TYPE_CHECKING:

    class _Widget(QWidget):
        def _colour(self, palette: QPalette) -> None: ...
else:
    _Widget = object


class Painted(_Widget):
    """The half of a widget that colours its own palette, anew whenever the application's changes."""

    _is_tinting = False

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        # Its own change is one of those that `changeEvent` hears of.
        if not self._is_tinting:
            palette = QPalette()
            self._colour(palette)
            self._is_tinting = True
            self.setPalette(palette)
            self._is_tinting = False


class Tinted(Painted):
    """One that is coloured by its tone, `loud` for what is seen before all else."""

    _tone: Tone | None = None
    _loud = False

    def show_tone(self, tone: Tone, *, loud: bool = False) -> None:
        """Take the colour of `tone`."""
        if (tone, loud) != (self._tone, self._loud):
            self._tone, self._loud = tone, loud
            self._tint()

    def _tint(self) -> None:
        if self._tone is not None:
            super()._tint()


class Card(Painted, QFrame):
    """What belongs together, on a ground with round corners. `ground` and `edge` are names of tokens.

    What stands in `content` has that ground behind it.
    """

    def __init__(self, *, ground: str = "surface", edge: str = "line") -> None:
        super().__init__()
        self._ground, self._edge = ground, edge
        self.content = QVBoxLayout(self)
        self.content.setContentsMargins(20, 16, 20, 16)
        self.content.setSpacing(8)
        self._tint()

    def show_as(self, ground: str, edge: str) -> None:
        """Take other colours."""
        if (ground, edge) != (self._ground, self._edge):
            self._ground, self._edge = ground, edge
            self._tint()

    def _colour(self, palette: QPalette) -> None:
        # For what fills its own ground: areas that scroll.
        palette.setColor(QPalette.ColorRole.Window, QColor(getattr(current(), self._ground)))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current()
        ground, edge = getattr(tokens, self._ground), getattr(tokens, self._edge)
        rounded(QPainter(self), self.rect(), CARD, ground=ground, edge=edge)


class TintedLabel(Tinted, QLabel):
    """Plain text in the colour of its tone; its description tells assistive technology the text."""

    def __init__(self, name: str = "", *, bold: bool = False) -> None:
        super().__init__(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.setAccessibleName(name)
        if bold:
            font = self.font()
            font.setBold(True)
            self.setFont(font)
        self.show_tone(Tone.QUIET)

    def show_text(self, tone: Tone, text: str, *, loud: bool = False) -> None:
        """Show `text` in the colour of `tone`, or in that which stands on a loud banner."""
        self.show_tone(tone, loud=loud)
        if text != self.text():
            self.setText(text)
            # A name of its own, as tests and screen readers want it, hides a label's text from them.
            self.setAccessibleDescription(text)

    def _colour(self, palette: QPalette) -> None:
        tone = self._tone or Tone.QUIET
        shown = loud_colours(palette)[1] if self._loud else colour(tone, palette)
        palette.setColor(QPalette.ColorRole.WindowText, shown)


def tell(label: QLabel, text: str) -> None:
    """Show `text` in `label`, and announce it to assistive technology, which its name hides it from."""
    label.setText(text)
    label.setAccessibleDescription(text)
    if text:
        announce(label, text)


def announce(widget: QWidget, text: str, *, urgent: bool = False) -> None:
    """Tell assistive technology what is new at `widget`, wherever the focus is."""
    # Loaded with the first thing to say: it takes its time, and the window does not need it to show.
    from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

    event = QAccessibleAnnouncementEvent(widget, text)
    if urgent:
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
    QAccessible.updateAccessibility(event)


class TintedBanner(Tinted, QFrame):
    """A ground of its tone, with round corners and an edge; a `wide` one goes from side to side."""

    def __init__(self, tone: Tone, *, wide: bool = False) -> None:
        super().__init__()
        self.setAutoFillBackground(wide)
        self._wide = wide
        self.show_tone(tone)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._wide and self._tone is not None:
            tokens = current()
            edge, ground = (tokens.alarm, tokens.alarm) if self._loud else of_tone(self._tone, tokens)
            if self._tone is Tone.QUIET:
                edge = tokens.line
            rounded(QPainter(self), self.rect(), CARD, ground=ground, edge=edge)

    def _colour(self, palette: QPalette) -> None:
        tone = self._tone or Tone.QUIET
        shown = loud_colours(palette)[0] if self._loud else background(tone, palette)
        palette.setColor(QPalette.ColorRole.Window, shown)


class TintedLines(TintedLabel):
    """Lines of which each is cut where there is no room: tool tip and description have the whole text."""

    def __init__(self, name: str = "", *, bold: bool = False) -> None:
        super().__init__(name, bold=bold)
        self.setWordWrap(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, tone: Tone, text: str, *, loud: bool = False) -> None:
        if text != self.text():
            self.setToolTip(tool_tip(text))
        super().show_text(tone, text, loud=loud)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        cut, width = Qt.TextElideMode.ElideRight, self.width()
        text = "\n".join(self.fontMetrics().elidedText(line, cut, width) for line in self.text().split("\n"))
        QPainter(self).drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, text)
