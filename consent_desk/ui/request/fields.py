"""The parts of a request as texts that can be read, selected and copied, but not changed."""

from PySide6.QtCore import QMimeData, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QResizeEvent, QTextOption, QWheelEvent

from consent_desk.ui.theme.fonts import BODY, CAPTION
from consent_desk.ui.theme.paint import filled
from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.fields import FramedText
from consent_desk.ui.widgets.inputs import technical_font
from consent_desk.ui.widgets.long_text import show_lines
from consent_desk.ui.widgets.messages import tool_tip

_MOST = 8
_AROUND = 16
"""Pixels above and below the lines together."""

_BRIEFLY = Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason


class RequestText(FramedText):
    """A text in the font for what machines read, out of the order of Tab until it was chosen.

    At rest it is as high as its text, up to `lines`, and says how much there is beyond; with the focus it
    shows more. Without `lines` it takes the room that there is. Emits `entered`
    and `left` with the focus.
    """

    entered = Signal()
    left = Signal()

    def __init__(self, name: str, *, lines: int = 0) -> None:
        super().__init__()
        self._lines = lines
        self._is_cut = False
        self._text = ""
        self.setAccessibleName(name)
        flags = Qt.TextInteractionFlag
        self.setReadOnly(True)
        self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        if lines:
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.take_font()

    def take_font(self) -> None:
        """Take the font anew: text is larger or smaller now."""
        font = technical_font()
        font.setPointSizeF(font.pointSizeF() * CAPTION / BODY)
        self.setFont(font)
        self._fit()

    def text(self) -> str:
        """What it shows, to the character."""
        return self._text

    def show_text(self, text: str) -> None:
        """Show `text`, of whatever size."""
        if text != self._text:
            self._text = text
            show_lines(self, text)
            self._break_lines()
            self._fit()

    def rest_at(self, lines: int) -> None:
        """Be no higher than `lines` from now on, but with the focus."""
        if lines != self._lines:
            self._lines = lines
            self._break_lines()
            self._fit()

    def _break_lines(self) -> None:
        if self._lines:
            modes = QTextOption.WrapMode
            # Of a single line as much is seen as there is room for.
            self.setWordWrapMode(
                modes.WrapAnywhere if self._lines == 1 else modes.WrapAtWordBoundaryOrAnywhere
            )

    def high(self, lines: int) -> int:
        """The height in pixels for so many lines."""
        return lines * self.fontMetrics().lineSpacing() + _AROUND

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("x" * 12), self.high(1))

    def _fit(self) -> None:
        if not self._lines:
            return
        there = self._count_lines()
        shown = min(there, _MOST if self.hasFocus() else self._lines)
        self._is_cut = there > shown and not self.hasFocus()
        as_needed, off = Qt.ScrollBarPolicy.ScrollBarAsNeeded, Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(as_needed if there > _MOST and self.hasFocus() else off)
        self.setFixedHeight(self.high(shown))
        whole = self.text() if self._is_cut else ""
        self.setToolTip(tool_tip(whole))
        self.setAccessibleDescription(whole)
        self.viewport().update()

    def _count_lines(self) -> int:
        layout, block, count = self.document().documentLayout(), self.document().firstBlock(), 0
        while block.isValid():
            # Qt lays a line out as late as in its paint: until then it counts what there was before.
            layout.blockBoundingRect(block)
            count += block.lineCount()
            block = block.next()
        return count

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._fit()
        self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _BRIEFLY:
            self.verticalScrollBar().setValue(0)
            self._fit()
            self.left.emit()

    def createMimeDataFromSelection(self) -> QMimeData:
        copied = QMimeData()
        # Qt's own makes plain spaces of those that do not break.
        copied.setText(self.textCursor().selectedText().replace("\u2029", "\n"))
        return copied

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._is_cut:
            # It would scroll out of view what says what this is.
            event.ignore()
        else:
            super().wheelEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_cut:
            self._paint_end(QPainter(self.viewport()))

    def _paint_end(self, painter: QPainter) -> None:
        tokens, metrics, area = current(), self.fontMetrics(), self.viewport().rect()
        more = "…" if self.blockCount() == 1 else f"+{self.blockCount() - 1}"
        width = metrics.horizontalAdvance(more) + 12
        bottom = int(self.document().documentMargin()) + self._lines * metrics.lineSpacing()
        place = QRect(area.right() - width, bottom - metrics.lineSpacing(), width + 1, metrics.lineSpacing())
        filled(painter, place, tokens.sunk)
        # No line is seen in part.
        filled(painter, area.adjusted(0, bottom, 0, 0), tokens.sunk)
        painter.setPen(QColor(tokens.second))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, more)
