"""Contents that scroll when the window is too low for them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def scrolled(contents: QWidget) -> QScrollArea:
    """`contents` in a frameless area that scrolls, and takes no focus of its own."""
    area = QScrollArea()
    area.setWidget(contents)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area
