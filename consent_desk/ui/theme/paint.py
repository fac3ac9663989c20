"""The few shapes that all of our own painting is made of."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

CARD, FIELD = 10, 7
"""Radii in pixels."""


def rounded(
    painter: QPainter, rect: QRect, radius: float, *, ground: str = "", edge: str = "", width: float = 1
) -> None:
    """A rectangle with round corners, its edge inside of `rect`; without `ground` or `edge` it has none."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner = QRectF(rect)
    if edge:
        inner.adjust(width / 2, width / 2, -width / 2, -width / 2)
        painter.setPen(QPen(QColor(edge), width))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ground) if ground else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(inner, radius, radius)


def filled(painter: QPainter, rect: QRect, ground: str) -> None:
    """A rectangle and no more. Not by `fillRect`, which has PySide6 make an enum of 169 gradients."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ground))
    painter.drawRect(rect)


def mixed(one: str, other: str, share: float) -> str:
    """`one` with `share` of `other` in it: how a ground changes under the mouse."""
    first, second = QColor(one), QColor(other)
    red = first.redF() * (1 - share) + second.redF() * share
    green = first.greenF() * (1 - share) + second.greenF() * share
    blue = first.blueF() * (1 - share) + second.blueF() * share
    return QColor.fromRgbF(red, green, blue).name()


def chevron_down(painter: QPainter, rect: QRect, colour: str) -> None:
    """The sign of what opens a list, in the middle of `rect`: it shows before icons load."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(_pen(colour, 1.6))
    middle = QRectF(rect).center()
    points = [middle + QPointF(x, y) for x, y in ((-4, -2), (0, 2), (4, -2))]
    painter.drawPolyline(points)


def tick(painter: QPainter, rect: QRect, colour: str) -> None:
    """The tick in a box."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(_pen(colour, rect.width() / 9))
    inner = QRectF(rect)
    shares = ((0.25, 0.52), (0.43, 0.69), (0.76, 0.33))
    points = [inner.topLeft() + QPointF(inner.width() * x, inner.height() * y) for x, y in shares]
    painter.drawPolyline(points)


def _pen(colour: str, width: float) -> QPen:
    solid, end, join = Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    return QPen(QColor(colour), width, solid, end, join)
