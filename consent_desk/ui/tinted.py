"""Labels and strips in the colour of a tone, on a light or a dark system, also when that changes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from consent_desk.ui.outcomes import Tone, background, colour

# To Python it is no widget: a class can have but one base of Qt's.
if TYPE_CHECKING:
    _Widget = QWidget
else:
    _Widget = object


class _Tinted(_Widget):
    """The half of a widget that gives one `role` of its palette the `shade` of its tone."""

    _role: ClassVar[QPalette.ColorRole]
    _shade: ClassVar[Callable[[Tone, QPalette], QColor]]
    _tone: Tone | None = None

    def show_tone(self, tone: Tone) -> None:
        """Take the colour of `tone`."""
        if tone is not self._tone:
            self._tone = tone
            self._tint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        if self._tone is not None:
            palette = QPalette()
            palette.setColor(self._role, type(self)._shade(self._tone, palette))
            self.setPalette(palette)


class TintedLabel(_Tinted, QLabel):
    """Plain text in the colour of its tone; its description tells assistive technology the text."""

    _role = QPalette.ColorRole.WindowText
    _shade = colour

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.show_tone(Tone.QUIET)

    def show_text(self, tone: Tone, text: str) -> None:
        """Show `text` in the colour of `tone`."""
        self.show_tone(tone)
        if text != self.text():
            self.setText(text)
            # A name of its own, as tests and screen readers want it, hides a label's text from them.
            self.setAccessibleDescription(text)


class TintedStrip(_Tinted, QFrame):
    """A frame with a background of its tone."""

    _role = QPalette.ColorRole.Window
    _shade = background

    def __init__(self, tone: Tone) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self.show_tone(tone)
