"""Of tabs one is underlined; the room between panes shows its grip to the mouse only."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.tabs import Splitter, Tabs


def test_the_chosen_tab_is_underlined(qtbot: QtBot, qapp: QApplication) -> None:
    tabs = Tabs("Caller", "Request", "Log", name="Panes")
    qtbot.addWidget(tabs)
    tabs.resize(tabs.sizeHint())
    tabs.show()
    for chosen in range(3):
        tabs.setCurrentIndex(chosen)
        image = tabs.grab().toImage()
        places = [tabs.tabRect(index) for index in range(3)]
        lines = [image.pixelColor(place.center().x(), place.bottom() - 1) for place in places]
        marked = [line == QColor(current().accent) for line in lines]
        assert marked == [index == chosen for index in range(3)]


def test_panes_are_dragged_by_the_room_between_them(qtbot: QtBot) -> None:
    splitter = Splitter(Qt.Orientation.Horizontal, handleWidth=12)
    qtbot.addWidget(splitter)
    splitter.addWidget(QWidget())
    splitter.addWidget(QWidget())
    splitter.resize(400, 100)
    splitter.show()
    handle = splitter.handle(1)
    plain = handle.grab().toImage()
    handle.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    assert handle.grab().toImage() != plain
    assert handle.cursor().shape() is Qt.CursorShape.SplitHCursor
