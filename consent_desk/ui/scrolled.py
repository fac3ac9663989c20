"""A form that scrolls where the window is too low for it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def scrolled(form: QWidget) -> QScrollArea:
    """`form` in an area that scrolls downwards only: to the side the window does not get narrower than it."""
    scroll = QScrollArea()
    scroll.setWidget(form)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    beside = scroll.verticalScrollBar().sizeHint().width()
    scroll.setMinimumWidth(form.minimumSizeHint().width() + beside)
    # What stands below it comes first: a question, and the way to send.
    scroll.setMinimumHeight(1)
    return scroll
