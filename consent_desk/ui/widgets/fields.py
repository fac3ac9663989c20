"""The look of what is typed into or chosen from: a ground with an edge, which the focus colours."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QPlainTextEdit, QWidget

from consent_desk.ui.theme.fonts import line_height, scaled
from consent_desk.ui.theme.paint import FIELD, chevron_down, rounded
from consent_desk.ui.theme.tokens import current, is_high_contrast
from consent_desk.ui.widgets.banner import Painted
from consent_desk.ui.widgets.layouts import thin_bars

HEIGHT, _INSET, _CHEVRON, _SIGN = 34, 10, 28, 16


def paint_field(painter: QPainter, field: QWidget, *, focused: bool, quiet: bool = False) -> None:
    """Paint ground and edge of `field`; a `quiet` one can be read only."""
    tokens = current()
    quiet = quiet or not field.isEnabled()
    edge, width = (tokens.line if quiet else tokens.field), 1
    if focused:
        edge, width = tokens.accent, 2
    ground = tokens.sunk if quiet else tokens.surface
    rounded(painter, field.rect(), FIELD, ground=ground, edge=edge, width=width)


class _Framed(Painted):
    """The half of a field that knows whether its frame is ours: in high contrast it is the style's."""

    _is_ours: bool | None = None

    def _tint(self) -> None:
        # A combo box gives its line a palette, too.
        super()._tint()
        ours = not is_high_contrast()
        if ours is not self._is_ours:
            self._is_ours = ours
            self._dress(ours=ours)

    def _colour(self, palette: QPalette) -> None:
        if not is_high_contrast():
            # What the style would fill is a rectangle.
            palette.setColor(QPalette.ColorRole.Base, QColor(Qt.GlobalColor.transparent))

    if TYPE_CHECKING:

        def _dress(self, *, ours: bool) -> None: ...


class FramedLine(_Framed, QLineEdit):
    """A line that is typed into. One inside of another field is not `framed`; `high` in pixels."""

    high = HEIGHT

    def __init__(self, *, framed: bool = True) -> None:
        super().__init__()
        self.framed = framed
        self._tint()

    def _dress(self, *, ours: bool) -> None:
        self.setFrame(not ours and self.framed)
        inset = (_INSET - 2 if self.framed else _INSET - 6) if ours else 0
        self.setTextMargins(inset, 0, inset, 0)

    def sizeHint(self) -> QSize:
        return self._high(super().sizeHint())

    def minimumSizeHint(self) -> QSize:
        return self._high(super().minimumSizeHint())

    def _high(self, size: QSize) -> QSize:
        return QSize(size.width(), line_height(self, self.high)) if self.framed else size

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.framed and self._is_ours:
            painter = QPainter(self)
            paint_field(painter, self, focused=self.hasFocus(), quiet=self.isReadOnly())
            painter.end()
        super().paintEvent(event)


class FramedComboBox(QComboBox):
    """A field with a list to choose from, `high` in pixels."""

    high = HEIGHT

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), line_height(self, self.high))

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), line_height(self, self.high))

    def paintEvent(self, event: QPaintEvent) -> None:
        if is_high_contrast():
            super().paintEvent(event)
            return
        painter, tokens = QPainter(self), current()
        line = self.lineEdit()
        focused = self.hasFocus() or (line is not None and line.hasFocus())
        paint_field(painter, self, focused=focused, quiet=line is not None and line.isReadOnly())
        colour = tokens.text if self.isEnabled() else tokens.second
        chevron_down(painter, self.rect().adjusted(self.width() - _CHEVRON, 0, 0, 0), colour)
        if line is None:
            words = self.rect().adjusted(_INSET, 0, -_CHEVRON, 0)
            # Not `itemIcon`: where there is none, that has PySide6 make the 151 members of an enum.
            sign = self.currentData(Qt.ItemDataRole.DecorationRole)
            if sign is not None:
                side = scaled(_SIGN)
                sign.paint(painter, QRect(words.left(), (self.height() - side) // 2, side, side))
                words.setLeft(words.left() + side + _SIGN // 2)
            text = self.currentText() or self.placeholderText()
            painter.setPen(QColor(colour if self.currentText() else tokens.second))
            shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, words.width())
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class FramedText(_Framed, QPlainTextEdit):
    """A text of several lines."""

    def __init__(self) -> None:
        super().__init__()
        thin_bars(self)
        self._tint()

    def _dress(self, *, ours: bool) -> None:
        # As wide as it takes for the scroll bars to keep clear of the edge.
        self.setFrameStyle(QFrame.Shape.Box if ours else QFrame.Shape.StyledPanel)
        self.setLineWidth(3 if ours else 1)
        across, down = (3, 1) if ours else (0, 0)
        self.setViewportMargins(across, down, across, down)

    def minimumSizeHint(self) -> QSize:
        # Qt's has room for scroll bars with arrows.
        return QSize(super().minimumSizeHint().width(), line_height(self, HEIGHT))

    def event(self, event: QEvent) -> bool:
        # The frame's own paint comes here: `paintEvent` is that of the text.
        if event.type() == QEvent.Type.Paint and self._is_ours:
            paint_field(QPainter(self), self, focused=self.hasFocus(), quiet=self.isReadOnly())
            return True
        return super().event(event)
