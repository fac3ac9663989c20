"""Labels and strips in the colour of a tone, on a light or a dark system, also when that changes."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from consent_desk.ui.widgets.tones import Tone, background, colour, loud_colours

# To Python it is no widget: a class can have but one base of Qt's.
if TYPE_CHECKING:

    class _Widget(QWidget):
        def _colour(self, palette: QPalette, tone: Tone) -> None: ...
else:
    _Widget = object


class Tinted(_Widget):
    """The half of a widget that colours its palette by its tone, `loud` for what is seen before all else."""

    _tone: Tone | None = None
    _loud = _is_tinting = False

    def show_tone(self, tone: Tone, *, loud: bool = False) -> None:
        """Take the colour of `tone`."""
        if (tone, loud) != (self._tone, self._loud):
            self._tone, self._loud = tone, loud
            self._tint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        if self._tone is not None and not self._is_tinting:
            palette = QPalette()
            self._colour(palette, self._tone)
            # Its own change is one of those that `changeEvent` hears of.
            self._is_tinting = True
            self.setPalette(palette)
            self._is_tinting = False


class TintedLabel(Tinted, QLabel):
    """Plain text in the colour of its tone; its description tells assistive technology the text."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.show_tone(Tone.QUIET)

    def show_text(self, tone: Tone, text: str, *, loud: bool = False) -> None:
        """Show `text` in the colour of `tone`, or in that which stands on a loud strip."""
        self.show_tone(tone, loud=loud)
        if text != self.text():
            self.setText(text)
            # A name of its own, as tests and screen readers want it, hides a label's text from them.
            self.setAccessibleDescription(text)

    def _colour(self, palette: QPalette, tone: Tone) -> None:
        shown = loud_colours(tone, palette)[1] if self._loud else colour(tone, palette)
        palette.setColor(QPalette.ColorRole.WindowText, shown)


def tell(label: QLabel, text: str) -> None:
    """Show `text` in `label`, and announce it to assistive technology, which its name hides it from."""
    label.setText(text)
    label.setAccessibleDescription(text)
    if text:
        # Loaded with the first thing to say, as in the status.
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(label, text))


class TintedStrip(Tinted, QFrame):
    """A frame with a background of its tone."""

    def __init__(self, tone: Tone) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self.show_tone(tone)

    def _colour(self, palette: QPalette, tone: Tone) -> None:
        shown = loud_colours(tone, palette)[0] if self._loud else background(tone, palette)
        palette.setColor(QPalette.ColorRole.Window, shown)
