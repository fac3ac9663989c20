"""The foot of the caller's card: Send and the receipt, or the question that takes their place."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLayout, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.domain.message import say
from consent_desk.domain.text import visible
from consent_desk.ui.theme.fonts import HEADING, sized
from consent_desk.ui.widgets.buttons import HIGH, Primary
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render, tool_tip

if TYPE_CHECKING:
    from consent_desk.ui.checks.banners import QuestionBanner


_SHOWN_OF_ACTION = 200
_BESIDE, _LOW = 32, 38
"""Pixels beside the text, and its height in a low window."""


class SendButton(Primary):
    """The button that sends. While something is missing it looks switched off, but says what.

    It shows the longest of the texts for which it has room.
    """

    def __init__(self) -> None:
        super().__init__()
        self._texts: tuple[str, ...] = ("",)
        self._description = ""
        self.is_ready = False
        self.hint = phrase("form", "Ctrl ⏎")
        self.setAccessibleName(phrase("form", "Send"))

    def show_action(self, *texts: str, description: str, ready: bool) -> None:
        """Say what it will do, at length or shorter; `description` is what assistive technology adds."""
        self._texts = tuple(_shortened(text) for text in texts)
        self._description = _shortened(description)
        self.is_ready = ready
        self._tell()

    def show_low(self, low: bool) -> None:
        """Take less room: the window is low."""
        self._high = _LOW if low else HIGH
        self.updateGeometry()

    def name_project(self, name: str) -> None:
        """Say below where it leads, where that is a question."""
        self.second = _shortened(name)
        self._tell()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell()

    def _tell(self) -> None:
        metrics, room = QFontMetrics(sized(HEADING, semibold=True)), self.width() - _BESIDE
        fitting = (text for text in self._texts if metrics.horizontalAdvance(text) <= room)
        self.setText(next(fitting, self._texts[-1]).replace("&", "&&"))
        said = self._description if self.isEnabled() else render(_WAITS)
        if self.second:
            said = f"{said}\n{self.second}"
        self.setAccessibleDescription(said)
        self.setToolTip(tool_tip(phrase("form", "{said}\nCtrl+Return").format(said=said)))
        self.update()


_WAITS = say("form", "Wait until it is noted, or answer the question first.")


def _shortened(text: str) -> str:
    # What was pasted into the category stands here too: a megabyte of lines brings Qt down.
    cut = visible(text[:_SHOWN_OF_ACTION]).replace("\n", " ")
    return cut if len(text) <= _SHOWN_OF_ACTION else f"{cut}…"


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
