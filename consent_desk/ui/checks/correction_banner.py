"""Says, below the wording, that the form corrects a consent, or turns an opt-out, and what to mind."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from consent_desk.ui.widgets.banner import TintedBanner, TintedLabel
from consent_desk.ui.widgets.inputs import Unhurried, button
from consent_desk.ui.widgets.tones import Tone, sign


class CorrectionBanner(TintedBanner):
    """`corrects` is the request ID of what is corrected, or empty. `drop` ends it."""

    def __init__(self) -> None:
        super().__init__(Tone.NEUTRAL)
        self.corrects = ""
        self.text = TintedLabel(wraps=True)
        self.text.setMinimumWidth(1)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.drop = button("No correction", tip="Take back what was filled in")
        Unhurried(self.drop)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 6, 8, 6)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self.text, 0, 0, 1, 2)
        self.show_link("")
        self.hide()

    def add_row(self, label: QWidget, field: QWidget) -> None:
        """Put a field below the text."""
        self._grid.addWidget(label, 1, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(field, 1, 1, 1, 2)
        # Last, so that Tab comes to it last.
        self._grid.addWidget(self.drop, 0, 2)

    def show_link(self, corrects: str) -> None:
        """The form corrects this consent, or none where it is empty."""
        self.corrects = corrects
        self.drop.setVisible(bool(corrects))
        self.text.setAccessibleName("Correction" if corrects else "Opt-out that holds")

    def tell(self, text: str, *, warns: bool) -> None:
        """Say what is corrected or turned, and what to mind; show nothing where that is nothing."""
        self.setVisible(bool(text))
        tone = Tone.WARNING if warns else Tone.NEUTRAL
        self.show_tone(tone)
        self.text.show_text(tone, f"{sign(tone)} {text}")
