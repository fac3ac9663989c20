"""Larger or smaller text, and with it all that stands around text."""

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QApplication, QWidget

from consent_desk.ui.theme.fonts import rescale

STEPS = (80, 90, 100, 110, 125, 150, 175, 200)
"""Percent of the system's size."""


class Zoom(QObject):
    """Keeps the size in `settings`. Widgets hear of it as a change of the application's font."""

    def __init__(self, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._whole = QApplication.font()
        self.percent = 100
        kept = str(settings.value("zoom", "100"))
        if kept.isdecimal() and int(kept) in STEPS:
            self.show_at(int(kept))

    def step(self, by: int) -> None:
        """Go `by` steps up or down, as far as there are."""
        place = STEPS.index(self.percent) + by
        self.show_at(STEPS[min(max(place, 0), len(STEPS) - 1)])

    def show_at(self, percent: int) -> None:
        """Show everything at `percent`, one of `STEPS`, and keep that for the next start."""
        if percent == self.percent:
            return
        rescale(self._window, percent / self.percent)
        self.percent = percent
        font = QApplication.font()
        if (points := self._whole.pointSizeF()) > 0:
            font.setPointSizeF(points * percent / 100)
        else:
            font.setPixelSize(round(self._whole.pixelSize() * percent / 100))
        QApplication.setFont(font)
        self._settings.setValue("zoom", str(percent))
