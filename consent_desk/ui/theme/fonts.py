"""The sizes of text, in pixels of a window that is neither zoomed nor on a system with larger text."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QWidget

CAPTION, BODY, HEADING, CUSTOMER_ID, RECEIPT = 12, 13, 15, 16, 17


def sized(pixels: float, *, semibold: bool = False) -> QFont:
    """The application's font, larger or smaller by as much as `pixels` differs from `BODY`."""
    font = QFont(QGuiApplication.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * pixels / BODY)
    else:
        font.setPixelSize(round(font.pixelSize() * pixels / BODY))
    if semibold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


def scale() -> float:
    """How much larger text is than in a window that is not zoomed: widths and icons grow with it."""
    font = QGuiApplication.font()
    points = font.pointSizeF()
    return (points * _PIXELS_A_POINT if points > 0 else font.pixelSize()) / BODY


def scaled(pixels: int) -> int:
    """`pixels` of a window that is not zoomed, as many as they are in this one."""
    return round(pixels * scale())


def line_height(widget: QWidget, pixels: int) -> int:
    """The height of a control with a line of text that has `pixels` in a window that is not zoomed.

    It grows with the line, and not the room around it: large text leaves little enough.
    """
    return max(pixels + round(_LINE * (scale() - 1)), widget.fontMetrics().height() + 8)


_PIXELS_A_POINT = 96 / 72
_LINE = 16


def rescale(window: QWidget, ratio: float) -> None:
    """Have text with a size of its own in `window` grow by `ratio` as all other does: Qt leaves it alone."""
    for widget in (window, *window.findChildren(QWidget)):
        font = widget.font()
        if widget.testAttribute(Qt.WidgetAttribute.WA_SetFont) and font.resolveMask() & _SIZE:
            font.setPointSizeF(font.pointSizeF() * ratio)
            widget.setFont(font)


_SIZE = 2
"""Qt's own mark of a font whose size was set."""
