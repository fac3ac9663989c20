"""What stands on the caller's card: a question, and what is corrected. Nothing is modal."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from consent_desk.ui.theme.fonts import scale
from consent_desk.ui.theme.icons import paint_icon
from consent_desk.ui.theme.paint import filled
from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.banner import TintedLabel, announce
from consent_desk.ui.widgets.buttons import Button
from consent_desk.ui.widgets.card import Card
from consent_desk.ui.widgets.inputs import Unhurried, button
from consent_desk.ui.widgets.layouts import Yielding, fill
from consent_desk.ui.widgets.messages import phrase
from consent_desk.ui.widgets.tones import Tone, icon_of, sign, tokens_of

GO_ON = "Alt+R"
"""The key of the last answer."""

_ICON, _INSET, _FRAME = 18, 16, 34
"""Pixels; those that a button needs beside its text."""

_LEAST = 2
"""Lines of a question that are seen at once in a low window."""

_MOST = 3
"""Choices of a question."""


class QuestionBanner(Card):
    """A question in the place of Send: its text on top, which scrolls, and its choices at the bottom edge.

    Emits `chosen(index)`, or `escaped` where none is, and `opened(bool)` as it comes and goes.

    The first choice is the safe one and has the focus, the last one goes on and has a key of its own. All but
    the first take no key that is held down, and nothing in their first moment.
    """

    chosen = Signal(int)
    escaped = Signal()
    opened = Signal(bool)

    def __init__(self) -> None:
        super().__init__(ground="warn_ground", edge="warn_ground")
        self.hide()
        self.text = TintedLabel(phrase("checks", "Question"))
        # Else a long ID, which has no place for a break, would widen the window.
        self.text.setMinimumWidth(1)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.area = Yielding(self.text, name=phrase("checks", "Text of the question"), least=_LEAST)
        self.choices = [Button(token="" if at == 0 else "warn") for at in range(_MOST)]
        self._texts: dict[Button, str] = {}
        self._buttons = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        for index, each in enumerate(self.choices):
            # Return presses it.
            each.setAutoDefault(True)
            each.setMinimumWidth(1)
            each.clicked.connect(partial(self._choose, index))
            self._buttons.addWidget(each)
        self._said = ""
        self._last = 0
        self._has_key = True
        self._unhurried = Unhurried(*self.choices[1:], safe=(self.choices[0],))
        self._buttons.setSpacing(8)
        self._buttons.addStretch()
        self.content.setContentsMargins(_INSET + _ICON + 8, 12, _INSET, 12)
        fill(self.content, (self.area, 1), self._buttons, margins=None)

    @property
    def is_open(self) -> bool:
        """Whether a question stands here."""
        return not self.isHidden()

    @property
    def has_key(self) -> bool:
        """Whether its last answer has a key."""
        return self._has_key

    @property
    def can_escape(self) -> bool:
        """Whether a key that closes something closes it: that about what was noted already stays."""
        return self.isVisible() and self.has_key

    def add_keys(self, where: QWidget) -> None:
        """Have the keys of the answers in the window of `where`; with no question in view they do nothing.

        Without that, one press too many would type its letter into the field that has the focus.
        """
        numbered = [(f"Alt+{number + 1}", partial(self._press, number)) for number in range(_MOST)]
        for keys, slot in ((GO_ON, self._go_on), *numbered):
            shortcut = QShortcut(keys, where)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(slot)

    def _go_on(self) -> None:
        if self.isVisible() and self._has_key:
            self._choose(self._last)

    def _press(self, index: int) -> None:
        if self.isVisible() and index <= self._last:
            self._choose(index)

    def ask(self, text: str, choices: Sequence[str], *, about_noted: bool = False) -> None:
        """Ask, and tell assistive technology. There are two or three `choices`.

        Where it is `about_noted`, somebody may be typing for the next caller: it takes no focus, each of its
        answers has a key, and none of them is safe.
        """
        self._has_key = not about_noted
        self._fill(text, choices)
        self.area.verticalScrollBar().setValue(0)
        self._last = len(choices) - 1
        self.show()
        self._unhurried.safe = () if about_noted else (self.choices[0],)
        self._unhurried.begin()
        self._said = text
        self.announce()
        # Now: what it switches off gives the focus away.
        self.opened.emit(True)

    def announce(self) -> None:
        """Tell the question, and lead to its safe answer, if there is one."""
        if self.has_key:
            self.choices[0].setFocus()
        announce(self.text, self._said)

    def withdraw(self) -> None:
        """Ask no more, and forget what was asked: it was about this caller."""
        self.hide()
        self.opened.emit(False)
        self._said = ""
        self._fill("", ())

    def escape(self) -> None:
        """Choose none. What was noted already is settled by no key that closes: that question stays."""
        if self.has_key:
            self.withdraw()
            self.escaped.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _choose(self, index: int) -> None:
        self.withdraw()
        self.chosen.emit(index)

    def _fill(self, text: str, choices: Sequence[str]) -> None:
        self.text.show_text(Tone.WARNING, text)
        texts = (*choices, *[""] * (_MOST - len(choices)))
        for each, choice in zip(self.choices, texts, strict=True):
            key = self._key_of(each, len(choices))
            each.setVisible(bool(choice))
            each.setAccessibleName(choice)
            each.setAccessibleDescription(f"{text} {key}".strip())
            self._texts[each] = f"{choice} ({key})" if key else choice
        self._arrange()

    def _key_of(self, each: Button, count: int) -> str:
        index = self.choices.index(each)
        if not self.has_key:
            return f"Alt+{index + 1}" if index < count else ""
        return GO_ON if index == count - 1 else ""

    def _arrange(self) -> None:
        metrics, room = self.fontMetrics(), max(self.width() - 2 * _INSET - _ICON - 8, 0)
        texts = {each: text.replace("&", "&&") for each, text in self._texts.items()}
        frame = round(_FRAME * scale())
        wanted = sum(metrics.horizontalAdvance(text) + frame for text in texts.values() if text)
        self._buttons.setDirection(
            QBoxLayout.Direction.LeftToRight if wanted <= room else QBoxLayout.Direction.TopToBottom
        )
        for each, text in texts.items():
            each.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room))

    def paintEvent(self, event: QPaintEvent) -> None:
        # Send is below it, which nobody should see at its corners.
        filled(QPainter(self), self.rect(), current().surface)
        super().paintEvent(event)
        side = round(_ICON * scale())
        place = QRect(_INSET, 13, side, side)
        paint_icon(QPainter(self), place, icon_of(Tone.WARNING), tokens_of(Tone.WARNING)[0])


class CorrectionBanner(Card):
    """Heads the card where the form corrects a consent, and says what to mind.

    `corrects` is the request ID of what is corrected, or empty. `drop` ends it.
    """

    def __init__(self) -> None:
        super().__init__(ground="info_ground", edge="info_ground")
        self.corrects = ""
        self.text = TintedLabel(phrase("checks", "Correction"))
        self.text.setMinimumWidth(1)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.drop = button(
            phrase("checks", "No correction"),
            phrase("checks", "No correction"),
            phrase("checks", "Take back what was filled in"),
        )
        Unhurried(self.drop)
        row = fill(QHBoxLayout(), (self.text, 1), self.drop)
        row.setAlignment(self.drop, Qt.AlignmentFlag.AlignTop)
        fill(self.content, row, margins=(12, 8, 8, 8))
        self.hide()

    def show_link(self, corrects: str) -> None:
        """The form corrects this consent, or none where it is empty."""
        self.corrects = corrects

    def tell(self, text: str, *, warns: bool) -> None:
        """Say what is corrected, and what to mind; show nothing where that is nothing."""
        self.setVisible(bool(text))
        tone = Tone.WARNING if warns else Tone.NEUTRAL
        ground = tokens_of(tone)[1]
        self.show_as(ground, ground)
        self.text.show_text(tone, f"{sign(tone)} {text}" if text else "")
