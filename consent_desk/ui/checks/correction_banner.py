"""Says, below the wording, that the form corrects a consent, or turns an opt-out, and what to mind."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QWidget

from consent_desk.ui.widgets.banner import TintedBanner, TintedLabel
from consent_desk.ui.widgets.inputs import Unhurried
from consent_desk.ui.widgets.tones import Tone, sign


class CorrectionBanner(TintedBanner):
    """`corrects` is the request ID of what is corrected, or empty. Emits `dropped` when a person ends it."""

    dropped = Signal()

    def __init__(self) -> None:
        super().__init__(Tone.NEUTRAL)
        self.corrects = ""
        self.text = TintedLabel()
        self.text.setWordWrap(True)
        self.text.setMinimumWidth(1)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.drop = QPushButton("No correction")
        self.drop.setAccessibleName("No correction")
        self.drop.setToolTip("Take back what was filled in")
        self.drop.clicked.connect(self.dropped)
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
