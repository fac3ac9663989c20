"""What is asked and corrected: on the caller's card, or of an earlier caller beside it. Nothing is modal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.ui.shell.reading_order import order_tabs
from consent_desk.ui.theme.fonts import scale, scaled
from consent_desk.ui.theme.icons import paint_icon
from consent_desk.ui.theme.paint import filled
from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.banner import Card, TintedBanner, TintedLabel, announce
from consent_desk.ui.widgets.buttons import Button
from consent_desk.ui.widgets.inputs import Unhurried, button
from consent_desk.ui.widgets.layouts import FlowLayout, Yielding, fill
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NotedQuestion:
    """A question about what was noted already: `about` says whose decision, and `text` the rest.

    The choice at `discards` gives it up for good: no key does that. `answered` is called with the index of
    the choice, as soon as it is taken.
    """

    about: str
    text: str
    choices: tuple[str, ...]
    discards: int
    answered: Callable[[int], None]


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
        self._last = 0
        self._discards: int | None = None
        self._unhurried = Unhurried(*self.choices[1:], safe=(self.choices[0],))
        self._buttons.setSpacing(8)
        self._buttons.addStretch()
        self._leave_room()
        fill(self.content, (self.area, 1), self._buttons, margins=None)

    @property
    def is_open(self) -> bool:
        """Whether a question stands here."""
        return not self.isHidden()

    @property
    def can_escape(self) -> bool:
        """Whether a key that closes something closes it: that about what was noted already stays."""
        return self.isVisible() and self._discards is None

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
        if self.can_escape:
            self._choose(self._last)

    def _press(self, index: int) -> None:
        if self.isVisible() and index <= self._last and index != self._discards:
            self._choose(index)

    def ask(self, text: str, choices: Sequence[str], *, discards: int | None = None) -> None:
        """Ask, and tell assistive technology. There are two or three `choices`.

        One that `discards` what was noted already has no key. Then somebody may be about to type for the
        next caller: the question takes no focus, and none of its answers is safe.
        """
        self._discards, self._last = discards, len(choices) - 1
        self._fill(text, choices)
        self.area.verticalScrollBar().setValue(0)
        self.show()
        self._unhurried.safe = (self.choices[0],) if discards is None else ()
        self._unhurried.begin()
        self.announce()
        # Now: what it switches off gives the focus away.
        self.opened.emit(True)

    def announce(self) -> None:
        """Tell the question, and lead to its safe answer, if there is one."""
        if self._discards is None:
            self.choices[0].setFocus()
        announce(self.text, self.text.text())

    def withdraw(self) -> None:
        """Ask no more, and forget what was asked: it was about this caller."""
        self.hide()
        self.opened.emit(False)
        self._fill("", ())

    def escape(self) -> None:
        """Choose none."""
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
        for index, each in enumerate(self.choices):
            choice = choices[index] if index < len(choices) else ""
            key = self._key_of(index) if choice else ""
            each.setVisible(bool(choice))
            each.setAccessibleName(choice)
            each.setAccessibleDescription(f"{text} {key}".strip())
            self._texts[each] = f"{choice} ({key})" if key else choice
        self._arrange()

    def _key_of(self, index: int) -> str:
        if self._discards is None:
            return GO_ON if index == self._last else ""
        return "" if index == self._discards else f"Alt+{index + 1}"

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._leave_room()

    def _leave_room(self) -> None:
        # Beside the text, for its sign.
        self.content.setContentsMargins(_INSET + scaled(_ICON) + 8, 12, _INSET, 12)

    def _arrange(self) -> None:
        metrics, room = self.fontMetrics(), max(self.width() - 2 * _INSET - scaled(_ICON) - 8, 0)
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
        side = scaled(_ICON)
        place = QRect(_INSET, 13, side, side)
        paint_icon(QPainter(self), place, icon_of(Tone.WARNING), tokens_of(Tone.WARNING)[0])


class NotedBanner(TintedBanner):
    """The questions about what was noted for earlier callers, each until it is answered.

    Their answers have no keys: those that are pressed now are meant for the caller on the line. All are about
    real consents, and say so while somebody practises.
    """

    def __init__(self) -> None:
        super().__init__(Tone.WARNING)
        self._practice = self._is_low = False
        self._parts: dict[NotedQuestion, _NotedPart] = {}
        self._column = fill(QVBoxLayout(self), margins=(14, 8, 10, 8))
        self._column.setSpacing(10)
        self.hide()

    def __contains__(self, question: NotedQuestion) -> bool:
        return question in self._parts

    def add(self, question: NotedQuestion, *, after: QWidget) -> None:
        """Let it stand below the others. Tab comes to them `after` that."""
        before = [*self._parts.values()][-1].buttons[-1] if self._parts else after
        part = self._parts[question] = _NotedPart(question)
        part.show_beside(practice=self._practice)
        part.show_low(self._is_low)
        self._column.addWidget(part)
        order_tabs(part, after=before)
        self.show()

    def drop(self, question: NotedQuestion) -> None:
        """Ask it no more."""
        part = self._parts.pop(question)
        part.hide()
        part.deleteLater()
        for other in self._parts.values():
            # The second click of two would answer what comes up in its place.
            other.unhurried.begin()
        self.setVisible(bool(self._parts))

    def least(self) -> int:
        """Pixels down to the answers to the first one while there is little room."""
        margins = self._column.contentsMargins()
        width = self.width() - margins.left() - margins.right()
        first = next((part.least(width) for part in self._parts.values()), 0)
        return margins.top() + first + margins.bottom()

    def show_low(self, is_low: bool) -> None:
        """Have the answers in view where there is little room."""
        self._is_low = is_low
        for part in self._parts.values():
            part.show_low(is_low)

    def turn_to(self, *, practice: bool) -> None:
        """Stand beside practice, or beside the real consents."""
        self._practice = practice
        for part in self._parts.values():
            part.show_beside(practice=practice)
            if practice:
                announce(self, part.about)


class _NotedPart(QWidget):
    """`about`: what heads the question."""

    def __init__(self, question: NotedQuestion) -> None:
        super().__init__()
        self._question, self.about = question, question.about
        self._headline = TintedLabel(phrase("checks", "Question about what was noted"), bold=True)
        self._text = TintedLabel(phrase("checks", "What is asked"))
        self._text.show_text(Tone.WARNING, question.text)
        self._answers = FlowLayout()
        self._answers.setSpacing(8)
        self.buttons = [
            button(choice, phrase("checks", "{choice}: {about}").format(choice=choice, about=question.about))
            for choice in question.choices
        ]
        for index, each in enumerate(self.buttons):
            each.clicked.connect(partial(question.answered, index))
            self._answers.addWidget(each)
        for label in (self._headline, self._text):
            label.setMinimumWidth(1)
        self.unhurried = Unhurried(*self.buttons)
        self._column = fill(QVBoxLayout(self), self._headline, self._text, self._answers)
        self._column.setSpacing(4)

    def least(self, width: int) -> int:
        """Pixels that the heading and the answers need."""
        heading, answers = self._headline.heightForWidth(width), self._answers.heightForWidth(width)
        return heading + self._column.spacing() + answers

    def show_low(self, is_low: bool) -> None:
        """Have the answers right below the heading where there is little room, else below what is asked."""
        place = 2 if is_low else 1
        if self._column.indexOf(self._text) != place:
            self._column.removeWidget(self._text)
            self._column.insertWidget(place, self._text)
            # A press may have been meant for what stood here before.
            self.unhurried.begin()

    def show_beside(self, *, practice: bool) -> None:
        """Say beside practice that it is none."""
        question = self._question
        real = phrase("checks", "This one is real, not practice: {about}").format(about=question.about)
        self.about = real if practice else question.about
        self._headline.show_text(Tone.WARNING, f"{sign(Tone.WARNING)} {self.about}")
        for each in self.buttons:
            each.setAccessibleDescription(f"{real}. {question.text}" if practice else question.text)


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
