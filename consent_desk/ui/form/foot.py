"""The foot of the caller's card: Send and the receipt, or the question that takes their place."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLayout, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.ui.widgets.layouts import fill

if TYPE_CHECKING:
    from consent_desk.ui.checks.banners import QuestionBanner


class Foot(QWidget):
    """As high as `send` and what stands below it, and no less than a question needs.

    A question lies over both: `send` stays where it is, for assistive technology too.
    """

    def __init__(self, send: QWidget, below: QLayout) -> None:
        super().__init__()
        self._question: QuestionBanner | None = None
        self.rows = fill(QVBoxLayout(self), send, below)
        self.rows.setSpacing(8)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def hold(self, question: "QuestionBanner") -> None:
        """Let `question` have the place while it is open."""
        self._question = question
        question.setParent(self)
        question.hide()
        question.installEventFilter(self)
        question.opened.connect(self.updateGeometry)
        self._place()

    def _least(self, size: QSize, question: QSize) -> QSize:
        is_open = self._question is not None and self._question.is_open
        return QSize(size.width(), max(size.height(), question.height() if is_open else 0))

    def hasHeightForWidth(self) -> bool:
        return False

    def sizeHint(self) -> QSize:
        size = self.rows.totalSizeHint()
        if self.rows.hasHeightForWidth() and self.width():
            size.setHeight(self.rows.totalHeightForWidth(self.width()))
        return size if self._question is None else self._least(size, self._question.sizeHint())

    def minimumSizeHint(self) -> QSize:
        size = self.rows.totalMinimumSize()
        return size if self._question is None else self._least(size, self._question.minimumSizeHint())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        if self._question is not None:
            self._question.setGeometry(self.rect())
            self._question.raise_()
