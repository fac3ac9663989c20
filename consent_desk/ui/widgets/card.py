"""A card: what belongs together, on a ground of its own with round corners."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QVBoxLayout

from consent_desk.ui.theme.paint import CARD, rounded
from consent_desk.ui.theme.tokens import current


class Card(QFrame):
    """What stands in `content` has the card's ground behind it. `ground` and `edge` are names of tokens."""

    def __init__(self, *, ground: str = "surface", edge: str = "line") -> None:
        super().__init__()
        self._ground, self._edge = ground, edge
        self._is_tinting = False
        self.content = QVBoxLayout(self)
        self.content.setContentsMargins(20, 16, 20, 16)
        self.content.setSpacing(8)
        self._tint()

    def show_as(self, ground: str, edge: str) -> None:
        """Take other colours."""
        if (ground, edge) != (self._ground, self._edge):
            self._ground, self._edge = ground, edge
            self._tint()

    def _tint(self) -> None:
        # For what fills its own ground: areas that scroll.
        if not self._is_tinting:
            self._is_tinting = True
            palette = QPalette()
            palette.setColor(QPalette.ColorRole.Window, QColor(getattr(current(), self._ground)))
            self.setPalette(palette)
            self._is_tinting = False

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current()
        ground, edge = getattr(tokens, self._ground), getattr(tokens, self._edge)
        rounded(QPainter(self), self.rect(), CARD, ground=ground, edge=edge)
