"""The bar at the top: project, search, and the way to all that is seldom wanted."""

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from consent_desk.ui.shell.reading_order import order_tabs
from consent_desk.ui.theme.paint import filled
from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.buttons import Button
from consent_desk.ui.widgets.inputs import button, named
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase

_HEIGHT = 56


class TopBar(QWidget):
    """Features put their controls into `project` (left) and `search` (right), their actions into `menu`."""

    def __init__(self) -> None:
        super().__init__()
        self.project = fill(QHBoxLayout())
        self.search = fill(QHBoxLayout())
        self.needs_you = named(Button("", "alert-circle"), "", phrase("shell", "Needs you"))
        self.needs_you.show_as("bad")
        self.needs_you.hide()
        self.show_request = button(
            phrase("shell", "Request"),
            phrase("shell", "Show request"),
            phrase("shell", "URL, headers and body"),
        )
        self.show_request.setCheckable(True)
        self.more = button("", phrase("shell", "More"))
        self.menu = QMenu(self.more)
        self.menu.setToolTipsVisible(True)
        self.more.setMenu(self.menu)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        shown = ((self.project, 1), self.needs_you, self.search, self.show_request, self.more)
        fill(QHBoxLayout(self), *shown, margins=(16, 10, 16, 10)).setSpacing(8)

    def complete(self) -> None:
        """Add what the first paint can do without: icons, a key, and the order of Tab."""
        self.show_request.setShortcut("Ctrl+Shift+I")
        self.show_request.show_as(sign="request")
        self.more.show_as(sign="more")
        order_tabs(self)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), max(_HEIGHT, super().sizeHint().height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), current()
        filled(painter, self.rect(), tokens.surface)
        filled(painter, QRect(0, self.height() - 1, self.width(), 1), tokens.line)
