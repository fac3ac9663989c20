"""Controls one after the other, in as many rows as the room asks for."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Rows of items; what is left of a row goes to those that may grow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = self._rows(width)
        return sum(map(_height, rows)) + self._gap() * max(0, len(rows) - 1)

    def sizeHint(self) -> QSize:
        width = sum(item.sizeHint().width() + self._gap() for item in self._shown())
        return QSize(width, _height(self._shown()))

    def minimumSize(self) -> QSize:
        shown = self._shown()
        return QSize(max((item.minimumSize().width() for item in shown), default=0), _height(shown))

    def setGeometry(self, place: QRect) -> None:
        super().setGeometry(place)
        at = place.topLeft()
        for row in self._rows(place.width()):
            height = _height(row)
            used = sum(item.sizeHint().width() for item in row) + self._gap() * (len(row) - 1)
            growing = [item for item in row if Qt.Orientation.Horizontal in item.expandingDirections()]
            more = max(0, place.width() - used) // max(1, len(growing))
            for item in row:
                width = min(item.sizeHint().width(), place.width()) + (more if item in growing else 0)
                item.setGeometry(QRect(at, QSize(width, height)))
                at += QPoint(width + self._gap(), 0)
            at = QPoint(place.left(), at.y() + height + self._gap())

    def _gap(self) -> int:
        return max(self.spacing(), 0)

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        rows: list[list[QLayoutItem]] = []
        left = 0
        for item in self._shown():
            wanted = item.sizeHint().width()
            if not rows or wanted > left:
                rows.append([])
                left = width
            rows[-1].append(item)
            left -= wanted + self._gap()
        return rows


def beside(*widgets: QWidget) -> QWidget:
    """Widgets that stay in one row, the last one as wide as there is room."""
    group = QWidget()
    layout = QHBoxLayout(group)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    layout.setStretch(len(widgets) - 1, 1)
    return group


def _height(items: list[QLayoutItem]) -> int:
    return max((item.sizeHint().height() for item in items), default=0)
