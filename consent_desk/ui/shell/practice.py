"""The banner across the window that says that nothing here is real."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from consent_desk.ui.widgets.banner import TintedBanner, TintedLabel
from consent_desk.ui.widgets.tones import Tone, sign


class PracticeBanner(TintedBanner):
    """Emits `set_up_requested`; the button for it stands here where there is room."""

    set_up_requested = Signal()

    TEXT = "PRACTICE: nothing sent here reaches Engagement"

    def __init__(self, *, can_set_up: bool) -> None:
        super().__init__(Tone.PRACTICE)
        self.label = TintedLabel()
        self.label.show_text(Tone.PRACTICE, f"{sign(Tone.PRACTICE)} {self.TEXT}")
        self.label.setAccessibleName("Practice")
        self.label.setWordWrap(True)
        font = self.label.font()
        font.setBold(True)
        self.label.setFont(font)
        self.set_up = QPushButton("Set up a pro&ject…")
        self.set_up.setAccessibleName("Set up a project")
        self._can_set_up = can_set_up
        self.set_up.setVisible(can_set_up)
        self.set_up.clicked.connect(self.set_up_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 10, 4)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.set_up)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # With a large font there is room for one of them: the settings do the same.
        text = self.label.fontMetrics().horizontalAdvance(self.label.text())
        self.set_up.setVisible(self._can_set_up and text + self.set_up.sizeHint().width() + 40 < self.width())
