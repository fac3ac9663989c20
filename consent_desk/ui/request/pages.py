"""Leads through the requests of the preview, where there are several."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget


class PreviewPages(QWidget):
    """Emits `turned` when another page is wanted: `page`, from 0. Takes no room for one page."""

    turned = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.page = 0
        self._count = 1
        self.previous = QPushButton("Previous")
        self.previous.setAccessibleName("Previous request")
        self.next = QPushButton("Next")
        self.next.setAccessibleName("Next request")
        self.place = QLabel()
        self.place.setAccessibleName("Page of the preview")
        self.place.setTextFormat(Qt.TextFormat.PlainText)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.previous, self.place, self.next):
            layout.addWidget(widget)
        layout.addStretch()
        self.previous.clicked.connect(lambda: self._turn(-1))
        self.next.clicked.connect(lambda: self._turn(1))
        self.show_count(1)

    def show_count(self, count: int) -> None:
        """There are `count` pages now. The page stays where it can."""
        self._count = max(count, 1)
        self.page = min(self.page, self._count - 1)
        if self._count == 1:
            self.page = 0
        self.setVisible(self._count > 1)
        self._show()

    def _turn(self, by: int) -> None:
        # At the ends the buttons stay on: one that goes off would push the focus elsewhere.
        self.page = (self.page + by) % self._count
        self._show()
        self.turned.emit()

    def _show(self) -> None:
        self.place.setText(f"{self.page + 1} of {self._count}")
        # A name of its own hides a label's text from assistive technology.
        self.place.setAccessibleDescription(self.place.text())
        for button in (self.previous, self.next):
            button.setAccessibleDescription(f"Shown: {self.place.text()}")
