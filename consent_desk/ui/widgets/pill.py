"""A pill: an outcome in one or two words, with its sign, on a ground of its tone."""

from functools import lru_cache

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from consent_desk.ui.theme.fonts import CAPTION, scaled, sized
from consent_desk.ui.theme.icons import paint_icon
from consent_desk.ui.theme.paint import rounded
from consent_desk.ui.theme.tokens import current, is_high_contrast
from consent_desk.ui.widgets.messages import tool_tip
from consent_desk.ui.widgets.tones import Tone, icon_of, of_tone

_HEIGHT, _ICON, _BEFORE, _BETWEEN, _BEHIND = 22, 14, 8, 5, 10


def paint_pill(
    painter: QPainter, rect: QRect, tone: Tone, text: str, icon: str = "", *, selected: bool = False
) -> QRect:
    """Paint a pill at the right edge of `rect`, in the middle of its height; return where it stands.

    Without `icon` it has that of its tone. `selected`: the row behind it is the chosen one, whose ground
    may be the pill's own; then it has an edge. Text that is wider than `rect` is cut.
    """
    wanted = pill_size(text)
    place = QRect(0, 0, min(wanted.width(), rect.width()), wanted.height())
    place.moveCenter(rect.center())
    place.moveRight(rect.right())
    text_colour, ground = of_tone(tone, current())
    has_edge = selected or is_high_contrast()
    painter.save()
    rounded(painter, place, place.height() / 2, ground=ground, edge=text_colour if has_edge else "")
    font, metrics, (side, before, words_from, behind) = _font(QGuiApplication.font().key())
    icon_rect = QRect(0, 0, side, side)
    icon_rect.moveCenter(place.center())
    icon_rect.moveLeft(place.left() + before)
    paint_icon(painter, icon_rect, icon or icon_of(tone), text_colour)
    words = place.adjusted(words_from, 0, -behind, 0)
    painter.setFont(font)
    painter.setPen(QColor(text_colour))
    is_cut = place.width() < wanted.width()
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, words.width()) if is_cut else text
    painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
    painter.restore()
    return place


def pill_size(text: str) -> QSize:
    """The room that a pill with `text` takes."""
    return _size(text, QGuiApplication.font().key())


# Asked for each line of a list each time that is painted.
@lru_cache(maxsize=8)
def _font(_key: str) -> tuple[QFont, QFontMetrics, tuple[int, int, int, int]]:
    font = sized(CAPTION, semibold=True)
    places = scaled(_ICON), scaled(_BEFORE), scaled(_BEFORE + _ICON + _BETWEEN), scaled(_BEHIND)
    return font, QFontMetrics(font), places


@lru_cache(maxsize=256)
def _size(text: str, key: str) -> QSize:
    _, metrics, (_, _, words_from, behind) = _font(key)
    return QSize(
        metrics.horizontalAdvance(text) + words_from + behind + 1, max(scaled(_HEIGHT), metrics.height() + 4)
    )


class Pill(QLabel):
    """A pill as a widget. Assistive technology reads its text; `name` says what of."""

    def __init__(self, name: str = "") -> None:
        super().__init__(textFormat=Qt.TextFormat.PlainText)
        self._tone, self._icon = Tone.QUIET, ""
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_text(self, tone: Tone, text: str, icon: str = "") -> None:
        """Show `text` in the colours of `tone`, with its icon or another one."""
        self._tone, self._icon = tone, icon
        self.setText(text)
        self.setToolTip(tool_tip(text))
        # A name of its own hides a label's text from assistive technology.
        self.setAccessibleDescription(text)
        self.update()

    def sizeHint(self) -> QSize:
        return pill_size(self.text())

    def minimumSizeHint(self) -> QSize:
        return QSize(pill_size("").width(), pill_size("").height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.text():
            paint_pill(QPainter(self), self.rect(), self._tone, self.text(), self._icon)
