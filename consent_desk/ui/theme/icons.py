"""Our own line icons, in the colour of what they stand beside.

Qt's module for SVG loads with the first one that is painted: none is before the window has shown.
"""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap

from consent_desk.system.folders import resource
from consent_desk.ui.theme.tokens import current


def icon(name: str, colour: str | None = None) -> QIcon:
    """The icon of `resources/icons/NAME.svg`. `colour` is #rrggbb or the name of a token, else that of text.

    A token's colour follows the system from light to dark.
    """
    return QIcon(_Engine(name, colour or "text"))


def paint_icon(painter: QPainter, rect: QRect, name: str, colour: str) -> None:
    """Paint an icon as large as `rect`; `colour` as in `icon`."""
    shown = colour if colour.startswith("#") else str(getattr(current(), colour))
    # Asked for its device, PySide6 makes the enums of all that can be painted on.
    ratio = painter.deviceTransform().m11()
    painter.drawPixmap(rect.topLeft(), _pixmap(name, shown, rect.width(), rect.height(), ratio))


@lru_cache(maxsize=256)
def _pixmap(name: str, colour: str, width: int, height: int, ratio: float) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    drawn = resource(f"icons/{name}.svg").read_text("utf-8").replace("currentColor", colour)
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(drawn.encode())).render(painter, QRectF(0, 0, width, height))
    painter.end()
    return pixmap


class _Engine(QIconEngine):
    """Paints in the colours of the moment, which an icon made of pixels does not."""

    def __init__(self, name: str, colour: str) -> None:
        super().__init__()
        self._name, self._colour = name, colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        square = QRect(0, 0, side, side)
        square.moveCenter(rect.center())
        colour = "second" if mode is QIcon.Mode.Disabled else self._colour
        paint_icon(painter, square, self._name, colour)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._colour)
