"""What scrolls where the window is too low for it."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QFocusEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget


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


class Yielding(QScrollArea):
    """As high as the lines of its `labels` need; in a low window it gives way, down to `least` of them.

    While it scrolls, Tab leads to it, and the arrow keys move it.
    """

    def __init__(self, *labels: QLabel, name: str, least: int) -> None:
        super().__init__()
        self.setAccessibleName(name)
        # A layout even for one label: without it nobody hears of a new text, least of all while hidden.
        self._texts = QWidget()
        lines = QVBoxLayout(self._texts)
        lines.setContentsMargins(0, 0, 0, 0)
        for label in labels:
            lines.addWidget(label)
        self._least = least
        self.setWidget(self._texts)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFrameShadow(QFrame.Shadow.Plain)
        # Until it shows: without it, it would get no place among what Tab leads to.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.verticalScrollBar().rangeChanged.connect(self._follow_range)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        texts, width = self._texts, self.width()
        height = texts.heightForWidth(width) if texts.hasHeightForWidth() else texts.sizeHint().height()
        return QSize(texts.sizeHint().width(), height)

    def minimumSizeHint(self) -> QSize:
        return QSize(1, min(self.sizeHint().height(), self._least * self.fontMetrics().lineSpacing()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setFrameShape(QFrame.Shape.Box)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setFrameShape(QFrame.Shape.NoFrame)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            # So wide, they break into other lines.
            self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow_range()

    def _follow_range(self) -> None:
        scrolls = self.verticalScrollBar().maximum() > 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if scrolls else Qt.FocusPolicy.NoFocus)
