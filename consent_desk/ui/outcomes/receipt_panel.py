"""The receipt: the place at the foot of the caller's card that says what became of the press of Send."""

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMenu, QPlainTextEdit, QWidget

from consent_desk.ui.outcomes.not_noted import Dealings
from consent_desk.ui.outcomes.receipt import AT_REST, REST, STEP, Told
from consent_desk.ui.theme.fonts import BODY, CAPTION, HEADING, RECEIPT, scale, sized
from consent_desk.ui.theme.icons import paint_icon
from consent_desk.ui.theme.paint import CARD, rounded
from consent_desk.ui.theme.tokens import current, is_high_contrast
from consent_desk.ui.widgets.inputs import Unhurried, button, units
from consent_desk.ui.widgets.layouts import fill, thin_bars
from consent_desk.ui.widgets.messages import phrase, render, tool_tip
from consent_desk.ui.widgets.tones import Tone, of_tone, sign

_BELOW = 2
"""Pixels below the last line in view: for its descenders, and nothing of the next."""

_ANY = 16_777_215

_LEAST_ID = 10
"""Characters of an ID that are seen at least."""

HIGH, LOW = 122, 64
"""Its height, and that in a low window; the text scrolls where it is longer."""

_ICONS = {
    "✓": ("check-circle", "info"),
    "○": ("clock", "info"),
    sign(Tone.GOOD): ("check-circle", "good"),
    sign(Tone.WARNING): ("alert-triangle", "warn"),
    sign(Tone.BAD): ("alert-circle", "bad"),
    sign(Tone.PRACTICE): ("practice", "warn"),
}
"""The icons, and their colours, that are painted over the signs of a text."""


class _Text(QPlainTextEdit):
    """Read-only; paints icons over the signs at `signs`: where they stand, and which."""

    def __init__(self) -> None:
        super().__init__(readOnly=True, undoRedoEnabled=False, tabChangesFocus=True)
        thin_bars(self)
        self.signs: tuple[tuple[int, str], ...] = ()
        flags = Qt.TextInteractionFlag
        self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.setAccessibleName(phrase("outcomes", "Receipt"))
        # Out of the way of Tab, until somebody chooses it.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)

    def minimumSizeHint(self) -> QSize:
        # What does not fit into its reserved place scrolls.
        return QSize(1, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, cursor = QPainter(self.viewport()), QTextCursor(self.document())
        for at, which in self.signs:
            cursor.setPosition(at)
            place = self.cursorRect(cursor)
            side = _side(place.height())
            place = QRect(place.left(), place.center().y() - side // 2, side, side)
            paint_icon(painter, place, *_ICONS[which])


def _larger(font: QFont) -> QFont:
    """That of a sign: its icon is larger than text."""
    larger = QFont(font)
    larger.setPointSizeF(font.pointSizeF() * 1.25)
    return larger


def _side(height: float) -> int:
    return round(height * 0.85)


def _shortened(who: str, metrics: QFontMetrics, room: int) -> str:
    """`who` in `room`: first the time goes, then the middle of the ID, and what was decided last."""
    if metrics.horizontalAdvance(who) <= room:
        return who
    customer, *rest = who.split(" · ")
    decided = f" · {rest[0]}" if rest else ""
    left = room - metrics.horizontalAdvance(decided)
    least = _LEAST_ID * metrics.averageCharWidth()
    customer = metrics.elidedText(customer, Qt.TextElideMode.ElideMiddle, max(left, least))
    return metrics.elidedText(customer + decided, Qt.TextElideMode.ElideRight, room)


class ReceiptPanel(QFrame):
    """As high whatever it says, so that nothing moves. Without anything to say it is a quiet line."""

    def __init__(self) -> None:
        super().__init__()
        self._told = REST
        self._shown: tuple[Told, bool, bool] | None = None
        self._is_low = False
        self._is_showing = self._is_formed = False
        self.text = _Text()
        self.correct = button(phrase("outcomes", "Correct…"), phrase("outcomes", "Correct what was noted"))
        self.choice = QMenu(self)
        self.correct.setToolTip("Ctrl+R")
        Unhurried(self.correct)
        self.dealings = Dealings()
        self.buttons = QWidget(self)
        fill(QHBoxLayout(self.buttons), self.correct, self.dealings)
        self._grid = QGridLayout(self)
        self._grid.setColumnStretch(0, 1)
        self._grid.setRowStretch(0, 1)
        self._grid.addWidget(self.text, 0, 0)
        self.show_low(False)
        self.show_told(REST)

    def show_low(self, low: bool) -> None:
        """Take two lines, or all the room."""
        self._is_low = low
        self.setFixedHeight(round((LOW if low else HIGH) * scale()))
        wraps = QPlainTextEdit.LineWrapMode
        self.text.setLineWrapMode(wraps.NoWrap if low else wraps.WidgetWidth)
        scrolls = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if low else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.text.setVerticalScrollBarPolicy(scrolls)
        self._place_text()
        self._write()

    def show_told(self, told: Told, *, can_correct: bool = False, is_not_noted: bool = False) -> None:
        """Say this. Announced it is by whoever knows what is new of it."""
        if (told, can_correct, is_not_noted) == self._shown:
            # As a rule: it is asked with each key.
            return
        self._shown = told, can_correct, is_not_noted
        self._told = told
        self.correct.setVisible(can_correct)
        self.dealings.setVisible(is_not_noted)
        self.buttons.setVisible(can_correct or is_not_noted)
        self._place_text()
        self._write()
        if self._is_low:
            # Later once more: beside other buttons the text has another width.
            QTimer.singleShot(0, self, self._write)

    def _place_text(self) -> None:
        """At rest the text is one line at the very foot, behind its icon.

        Correct… stands beside the first line, which is short; in a low window beside both. What deals with
        what is not noted stands below.
        """
        line, low, align = self.fontMetrics().lineSpacing(), self._is_low, Qt.AlignmentFlag
        self._grid.setSpacing(2 if low else 6)
        # No higher than the first line, for the second may be as long as the receipt.
        self.correct.setFixedHeight(round((28 if low else 24) * scale()))
        for each in (self.dealings.again, self.dealings.copy, self.dealings.dismiss):
            each.setFixedHeight(round((28 if low else 34) * scale()))
        if self._told is REST:
            self._grid.setContentsMargins(line + 4, 0, 0, 0)
            self.text.setMaximumHeight(line)
            self._grid.setAlignment(self.text, align.AlignBottom)
            return
        self._grid.setContentsMargins(*((12, 4, 10, 4) if low else (14, 10, 10, 8)))
        is_not_noted = not self.dealings.isHidden()
        if is_not_noted:
            self._grid.addWidget(self.buttons, 1, 0)
        elif low:
            self._grid.addWidget(self.buttons, 0, 1, align.AlignVCenter)
        else:
            self._grid.addWidget(self.buttons, 0, 0, align.AlignTop | align.AlignRight)
            self.buttons.raise_()
        lines = [_larger(sized(HEADING))] + [sized(CAPTION)] * (not is_not_noted)
        high = sum(QFontMetrics(font).height() for font in lines) + _BELOW
        self.text.setMaximumHeight(high if low else _ANY)
        self._grid.setAlignment(self.text, align.AlignVCenter if low else align(0))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self._is_showing:
            return
        if event.type() == QEvent.Type.FontChange:
            self.show_low(self._is_low)
        elif event.type() == QEvent.Type.PaletteChange:
            self._write()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._told is REST:
            side = _side(self.text.height())
            place = QRect(2, self.text.geometry().center().y() - side // 2, side, side)
            paint_icon(QPainter(self), place, "circle", "second")
        else:
            text, ground = of_tone(self._told.tone, current())
            edge = text if self._told.tone is Tone.BAD or is_high_contrast() else ""
            rounded(QPainter(self), self.rect(), CARD, ground=ground, edge=edge)

    def _lines(self) -> list[tuple[tuple[str, ...], int, str]]:
        """Each line in its parts, which begin with signs, with its size and colour."""
        told, colours = self._told, current()
        if told is REST:
            return [((render(AT_REST),), CAPTION, colours.second)]
        loud = of_tone(told.tone, colours)[0] if told.tone in {Tone.BAD, Tone.WARNING} else colours.text
        is_bad = told.head.startswith(sign(Tone.BAD))
        if self._is_low:
            return self._two_lines(loud if is_bad else colours.text)
        head = ((told.head,), RECEIPT, loud if is_bad else colours.text)
        lines = (((told.who,), BODY, colours.text), (told.steps, CAPTION, colours.text))
        return [head, *(line for line in (*lines, ((told.note,), CAPTION, loud)) if any(line[0]))]

    def _two_lines(self, colour: str) -> list[tuple[tuple[str, ...], int, str]]:
        """The first line, and the last step, of which the ID gives way; what was not noted is in the form.

        The rest is there, scrolled out of view: who reads it by other means than the eye has it all.
        """
        told, width = self._told, self.text.viewport().width()
        heading, caption = QFontMetrics(sized(HEADING, semibold=True)), QFontMetrics(sized(CAPTION))
        head = told.head if self.dealings.isHidden() else f"{told.head} {told.note}"
        last = f" · {told.steps[-1]}" if told.steps else ""
        room = width - caption.horizontalAdvance(last)
        who = _shortened(told.who, caption, room)
        lines = [(heading.elidedText(head, Qt.TextElideMode.ElideRight, width), HEADING, colour)]
        rest = [who + last, *(line for line in told.text.split("\n")[1:] if line != who)]
        lines += [(line, CAPTION, current().text) for line in rest]
        return [((line,), size, shade) for line, size, shade in lines]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_low:
            # Later: the text has its own width only then.
            QTimer.singleShot(0, self, self._write)

    def _write(self) -> None:
        self._is_showing = True
        lines = self._lines()
        shown, text = self.text, "\n".join(STEP.join(parts) for parts, _, _ in lines)
        if text != shown.document().toRawText().replace("\u2029", "\n"):
            shown.setPlainText(text)
        # With a description of its own: else the tool tip would be read out, as HTML.
        whole = self._told.text if self._is_low and self._told is not REST else ""
        shown.setToolTip(tool_tip(whole))
        shown.setAccessibleDescription(whole)
        palette = QPalette()
        ground = current().surface if self._told is REST else of_tone(self._told.tone, current())[1]
        palette.setColor(QPalette.ColorRole.Base, QColor(ground))
        palette.setColor(QPalette.ColorRole.Text, QColor(current().second))
        shown.setPalette(palette)
        if self._told is REST and not self._is_formed:
            # For the form of a text PySide6 makes enums of 147 members: not for what has but one.
            shown.setFont(sized(CAPTION))
            self._is_showing = False
            self.update()
            return
        at, signs = 0, []
        for number, (parts, size, colour) in enumerate(lines):
            font = sized(size, semibold=number == 0 and self._told is not REST)
            self._form(at, units(STEP.join(parts)), font, colour)
            if len(parts) > 1:
                # How it stands now.
                length = units(parts[-1])
                self._form(at + units(STEP.join(parts)) - length, length, sized(size, semibold=True), colour)
            for part in parts:
                # Only ours: what others wrote may begin with one too.
                if part[:1] in _ICONS and part not in {self._told.who, self._told.note}:
                    self._make_room(at, part[0], font)
                    signs.append((at, part[0]))
                at += units(part) + len(STEP)
            at += 1 - len(STEP)
        shown.signs = tuple(signs)
        self._is_showing = False
        self.update()

    def _form(self, at: int, length: int, font: QFont, colour: str, *, spacing: float = 0) -> None:
        from PySide6.QtGui import QTextCharFormat

        self._is_formed = True
        shape = QTextCharFormat()
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, spacing)
        shape.setFont(font)
        shape.setForeground(QColor(colour))
        cursor = QTextCursor(self.text.document())
        cursor.setPosition(at)
        cursor.setPosition(at + length, QTextCursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(shape)

    def _make_room(self, at: int, which: str, font: QFont) -> None:
        """Let the sign take the room of its icon, which is painted over it, and its line that much height."""
        larger = _larger(font)
        metrics = QFontMetricsF(larger)
        spacing = _side(metrics.height()) - metrics.horizontalAdvance(which)
        self._form(at, 1, larger, "transparent", spacing=spacing)
