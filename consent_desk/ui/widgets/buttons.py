"""The looks of whatever is pressed or ticked. In high contrast the system's style paints all of it."""

from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QPushButton, QRadioButton, QSizePolicy

from consent_desk.ui.theme.fonts import CAPTION, HEADING, line_height, scaled, sized
from consent_desk.ui.theme.paint import FIELD, chevron_down, filled, mixed, rounded, tick
from consent_desk.ui.theme.tokens import Tokens, current, is_high_contrast

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon, QPixmap

HEIGHT, HIGH, _PADDING, _GAP, _ICON = 34, 46, 12, 7, 16

_TEXT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextShowMnemonic


class Look(StrEnum):
    """What kind of button it is."""

    EDGED = "edged"
    QUIET = "quiet"
    """Has neither ground nor edge until the mouse or the focus is there."""
    CHIP = "chip"
    """One of several filters: round, and marked while it is chosen."""


class Button(QPushButton):
    """A button that is pushed. `sign` is the name of an icon; without `text` it is all that there is.

    `token` names the colour of its text, icon and edge where that says something. `around`: of a low one, the
    pixels above and below its text together.
    """

    around = 0

    def __init__(self, text: str = "", sign: str = "", *, look: Look = Look.EDGED, token: str = "") -> None:
        super().__init__(text)
        self._look, self._token, self._name = look, token, sign
        self._icon: QIcon | None = None
        self.setCheckable(look is Look.CHIP)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_as(self, token: str = "", sign: str | None = None) -> None:
        """Take another colour, and another icon."""
        self._token = token
        if sign is not None and sign != self._name:
            self._name, self._icon = sign, None
            self.updateGeometry()
        self.update()

    def setIcon(self, shown: "QIcon | QPixmap") -> None:
        from PySide6.QtGui import QIcon

        self._icon = QIcon(shown)
        super().setIcon(shown)

    def sizeHint(self) -> QSize:
        if self._is_the_styles():
            its = super().sizeHint()
            return QSize(its.width(), self._height()) if self.around else its
        font = QFont(self.font())
        # As wide as when it is chosen: nothing beside it moves.
        font.setWeight(QFont.Weight.DemiBold)
        return self._size(font, scaled(_PADDING))

    def minimumSizeHint(self) -> QSize:
        if is_high_contrast():
            return super().minimumSizeHint()
        # Where there is no more room, the icon goes first.
        return self._size(self.font(), 6, with_icon=False)

    def _size(self, font: QFont, padding: int, *, with_icon: bool = True) -> QSize:
        height = self._height()
        if not self.text():
            # Its icon may come later.
            return QSize(height, height)
        width = QFontMetrics(font).size(Qt.TextFlag.TextShowMnemonic.value, self.text()).width()
        if with_icon and self._has_icon():
            width += scaled(_ICON + _GAP)
        if self._has_arrow():
            width += scaled(_GAP + 10)
        return QSize(width + 2 * padding, height)

    def _height(self) -> int:
        if self.around:
            return self.fontMetrics().height() + self.around
        return line_height(self, HEIGHT - 4 if self._look is Look.CHIP else HEIGHT)

    def _is_the_styles(self) -> bool:
        is_its = is_high_contrast()
        if is_its and self._name and self._icon is None:
            from consent_desk.ui.theme.icons import icon

            self.setIcon(icon(self._name))
        return is_its

    def _has_arrow(self) -> bool:
        return self.menu() is not None and bool(self.text())

    def _has_icon(self) -> bool:
        return bool(self._name) or self._icon is not None

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._is_the_styles():
            super().paintEvent(event)
            return
        painter, tokens = QPainter(self), current()
        chosen = self.isChecked()
        colour = self._colour(tokens)
        ground, edge, width = self._ground(tokens), self._edge(tokens), 1.0
        if self.hasFocus() or (chosen and self._look is not Look.QUIET):
            edge, width = tokens.accent, 2.0 if self.hasFocus() else 1.5
        radius = self.height() / 2 if self._look is Look.CHIP else FIELD
        rounded(painter, self.rect(), radius, ground=ground, edge=edge, width=width)
        font = QFont(self.font())
        if chosen or self._token:
            font.setWeight(QFont.Weight.DemiBold)
        self._paint_content(painter, font, colour)

    def _colour(self, tokens: Tokens) -> str:
        if not self.isEnabled():
            return tokens.second
        return str(getattr(tokens, self._token or ("second" if self._look is Look.QUIET else "text")))

    def _ground(self, tokens: Tokens) -> str:
        quiet = self._look is Look.QUIET
        if not self.isEnabled():
            return "" if quiet else tokens.sunk
        ground = tokens.selection if self.isChecked() else tokens.surface
        if self.isDown():
            return mixed(ground, tokens.field, 0.25)
        if self.underMouse():
            return mixed(ground, tokens.field, 0.12)
        return "" if quiet and not self.isChecked() else ground

    def _edge(self, tokens: Tokens) -> str:
        if self._look is Look.QUIET:
            return ""
        if not self.isEnabled():
            return tokens.line
        return str(getattr(tokens, self._token or "field"))

    def _paint_content(self, painter: QPainter, font: QFont, colour: str) -> None:
        metrics = QFontMetrics(font)
        text = self.text()
        side, gap = scaled(_ICON), scaled(_GAP)
        flag = Qt.TextFlag.TextShowMnemonic.value
        before = side + (gap if text else 0) if self._has_icon() else 0
        behind = gap + scaled(10) if self._has_arrow() else 0
        if text and metrics.size(flag, text).width() > self.width() - before - behind - 8:
            before = 0
        room = self.width() - before - behind - 8
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(room, 0), flag)
        width = metrics.size(flag, shown).width()
        left = (self.width() - before - width - behind) // 2
        if before:
            place = QRect(left, (self.height() - side) // 2, side, side)
            if self._icon is None:
                # Loaded with the first icon: the window does not need one to show.
                from consent_desk.ui.theme.icons import paint_icon

                paint_icon(painter, place, self._name, colour)
            else:
                from PySide6.QtGui import QIcon

                mode = QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled
                self._icon.paint(painter, place, Qt.AlignmentFlag.AlignCenter, mode)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(QRect(left + before, 0, width + 2, self.height()), _TEXT, shown)
        if behind:
            place = QRect(left + before + width + gap, 0, scaled(10), self.height())
            chevron_down(painter, place, colour)


class Primary(QPushButton):
    """The one button that all leads to. While it is not ready it looks switched off, but can be pressed.

    `hint` is the key that does the same: it goes first where there is no room. `second` is a smaller line.
    """

    hint = second = ""
    is_ready = True

    def __init__(self, text: str = "", *, high: int = HIGH) -> None:
        super().__init__(text)
        self._high = high
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), line_height(self, self._high))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, line_height(self, self._high))

    def paintEvent(self, event: QPaintEvent) -> None:
        if is_high_contrast():
            super().paintEvent(event)
            return
        painter, tokens = QPainter(self), current()
        is_on = self.is_ready and self.isEnabled()
        ground, colour = (tokens.accent, tokens.on_accent) if is_on else (tokens.sunk, tokens.second)
        if self.isDown():
            ground = mixed(ground, tokens.text, 0.25)
        elif self.underMouse() and self.isEnabled():
            ground = mixed(ground, tokens.text, 0.1)
        rounded(painter, self.rect(), FIELD, ground=ground, edge="" if is_on else tokens.field)
        if self.hasFocus():
            # Inside, where it stands out from the button itself.
            ring = tokens.on_accent if is_on else tokens.accent
            rounded(painter, self.rect().adjusted(2, 2, -2, -2), FIELD - 2, edge=ring, width=2)
        painter.setPen(QColor(colour))
        self._paint_texts(painter)

    def _paint_texts(self, painter: QPainter) -> None:
        rect = self.rect().adjusted(scaled(16), 0, -scaled(16), 0)
        font, small = sized(HEADING, semibold=True), sized(CAPTION)
        flag = Qt.TextFlag.TextShowMnemonic.value
        text, metrics = self.text(), QFontMetrics(font)
        width = metrics.size(flag, text).width()
        beside = QFontMetrics(small).horizontalAdvance(self.hint) + scaled(12) if self.hint else 0
        if self.hint and width + 2 * beside <= rect.width():
            painter.setFont(small)
            painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.hint)
        upper = rect
        if self.second:
            lower = QFontMetrics(small)
            top = (rect.height() - metrics.height() - lower.height()) // 2
            upper = QRect(rect.left(), top, rect.width(), metrics.height())
            line = QRect(rect.left(), upper.bottom(), rect.width(), lower.height() + 1)
            painter.setFont(small)
            shown = lower.elidedText(self.second, Qt.TextElideMode.ElideMiddle, rect.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, shown)
        painter.setFont(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width(), flag)
        painter.drawText(upper, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextShowMnemonic, shown)


class Segment(QRadioButton):
    """One of two choices that stand side by side as one control."""

    def __init__(self, text: str = "", *, is_first: bool) -> None:
        super().__init__(text)
        self._is_first = is_first
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        if is_high_contrast():
            return super().sizeHint()
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        width = QFontMetrics(font).size(Qt.TextFlag.TextShowMnemonic.value, self.text()).width()
        return QSize(width + 2 * scaled(_PADDING), line_height(self, 40))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, at: QPoint) -> bool:
        return self.rect().contains(at)

    def paintEvent(self, event: QPaintEvent) -> None:
        if is_high_contrast():
            super().paintEvent(event)
            return
        painter, tokens, chosen = QPainter(self), current(), self.isChecked()
        ground = tokens.surface if chosen else tokens.sunk
        if self.isEnabled() and (self.isDown() or self.underMouse()):
            ground = mixed(ground, tokens.field, 0.25 if self.isDown() else 0.12)
        whole, beyond = self.rect(), FIELD + 2
        # Its inner end is straight: round, it stands beyond its own edge.
        straight = whole.adjusted(0, 0, beyond, 0) if self._is_first else whole.adjusted(-beyond, 0, 0, 0)
        edge = (tokens.accent if chosen else tokens.field) if self.isEnabled() else tokens.line
        width = 2.0 if chosen else 1.0
        rounded(painter, straight, FIELD, ground=ground, edge=edge, width=width)
        if chosen:
            at = whole.right() - 1 if self._is_first else whole.left()
            filled(painter, QRect(at, whole.top() + 1, 2, whole.height() - 2), edge)
        if self.hasFocus():
            rounded(painter, whole.adjusted(4, 4, -4, -4), FIELD - 3, edge=tokens.accent, width=2)
        font = QFont(self.font())
        if chosen:
            font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text if chosen and self.isEnabled() else tokens.second))
        flag = Qt.TextFlag.TextShowMnemonic.value
        shown = QFontMetrics(font).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width() - 2 * scaled(8), flag
        )
        painter.drawText(whole, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextShowMnemonic, shown)


def paint_box(painter: QPainter, box: QRect, button: QCheckBox, tokens: Tokens) -> None:
    """Paint the box of a check box with its tick, as `button` is, and the ring of the focus around it."""
    is_on = button.isChecked()
    ground, edge = tokens.surface, tokens.field
    if not button.isEnabled():
        ground, edge = tokens.sunk, tokens.line
    elif is_on:
        ground = edge = tokens.accent
    if button.isEnabled() and (button.underMouse() or button.isDown()):
        ground = mixed(ground, tokens.field, 0.3 if button.isDown() else 0.15)
    rounded(painter, box, 4, ground=ground, edge=edge, width=1.5)
    if is_on:
        colour = tokens.on_accent if button.isEnabled() else tokens.second
        tick(painter, box, colour)
    if button.hasFocus():
        rounded(painter, box.adjusted(-3, -3, 3, 3), 6, edge=tokens.accent, width=2)
