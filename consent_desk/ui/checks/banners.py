"""What stands within the form: a question, and what is corrected. Nothing is modal."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.ui.widgets.banner import TintedBanner, TintedLabel, announce
from consent_desk.ui.widgets.inputs import Unhurried, button
from consent_desk.ui.widgets.layouts import Yielding, fill
from consent_desk.ui.widgets.tones import Tone, sign

GO_ON = "Alt+R"
"""The key of the last answer."""

_FRAME = 40
"""Pixels that a button needs beside its text, and the banner beside its buttons."""

_LEAST = 2
"""Lines of a question that are seen at once in a low window."""

_MOST = 3
"""Choices of a question."""


class QuestionBanner(TintedBanner):
    """A question between the form and Send: its text and its choices.

    Emits `chosen(index)`, or `escaped` where none is, and `opened(bool)` as it comes and goes.

    The first choice is the safe one and has the focus, the last one goes on and has a key of its own. All but
    the first take no key that is held down, and nothing in their first moment.
    """

    chosen = Signal(int)
    escaped = Signal()
    opened = Signal(bool)

    def __init__(self) -> None:
        super().__init__(Tone.WARNING)
        self.hide()
        self.text = TintedLabel("Question", wraps=True)
        # Else a long ID, which has no place for a break, would widen the window.
        self.text.setMinimumWidth(1)
        self.area = Yielding(self.text, name="Text of the question", least=_LEAST)
        self.choices = [QPushButton() for _ in range(_MOST)]
        self._texts: dict[QPushButton, str] = {}
        self._buttons = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        for index, each in enumerate(self.choices):
            # Return presses it.
            each.setAutoDefault(True)
            each.setMinimumWidth(1)
            each.clicked.connect(partial(self._choose, index))
            self._buttons.addWidget(each)
        self._said = ""
        self._last = 0
        self._unhurried = Unhurried(*self.choices[1:], safe=(self.choices[0],))
        self._going_on = QShortcut(QKeySequence(GO_ON), self)
        self._going_on.setAutoRepeat(False)
        self._going_on.activated.connect(lambda: self._choose(self._last))
        # Where somebody may be typing for the next caller, each answer has a key.
        self._numbered = [QShortcut(QKeySequence(f"Alt+{number + 1}"), self) for number in range(_MOST)]
        for index, shortcut in enumerate(self._numbered):
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(partial(self._choose, index))
        fill(QVBoxLayout(self), (self.area, 1), self._buttons, margins=(8, 6, 8, 6))

    @property
    def is_open(self) -> bool:
        """Whether a question stands here."""
        return not self.isHidden()

    @property
    def has_key(self) -> bool:
        """Whether its last answer has a key."""
        return self._going_on.isEnabled()

    def ask(self, text: str, choices: Sequence[str], *, about_noted: bool = False) -> None:
        """Ask, and tell assistive technology. There are two or three `choices`.

        Where it is `about_noted`, somebody may be typing for the next caller: it takes no focus, each of its
        answers has a key, and none of them is safe.
        """
        self._going_on.setEnabled(not about_noted)
        for index, shortcut in enumerate(self._numbered):
            shortcut.setEnabled(about_noted and index < len(choices))
        self._fill(text, choices)
        self.area.verticalScrollBar().setValue(0)
        self._last = len(choices) - 1
        self.show()
        self.opened.emit(True)
        self._unhurried.safe = () if about_noted else (self.choices[0],)
        self._unhurried.begin()
        self._said = text
        self.announce()

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
        self.text.show_text(Tone.WARNING, f"{sign(Tone.WARNING)} {text}" if text else "")
        texts = (*choices, *[""] * (_MOST - len(choices)))
        for each, choice in zip(self.choices, texts, strict=True):
            key = self._key_of(each, len(choices))
            each.setVisible(bool(choice))
            each.setAccessibleName(choice)
            each.setAccessibleDescription(f"{text} {key}".strip())
            self._texts[each] = f"{choice} ({key})" if key else choice
        self._arrange()

    def _key_of(self, each: QPushButton, count: int) -> str:
        index = self.choices.index(each)
        if not self.has_key:
            return f"Alt+{index + 1}" if index < count else ""
        return GO_ON if index == count - 1 else ""

    def _arrange(self) -> None:
        metrics, room = self.fontMetrics(), max(self.width() - _FRAME, 0)
        texts = {each: text.replace("&", "&&") for each, text in self._texts.items()}
        wanted = sum(metrics.horizontalAdvance(text) + _FRAME for text in texts.values() if text)
        self._buttons.setDirection(
            QBoxLayout.Direction.LeftToRight if wanted <= room else QBoxLayout.Direction.TopToBottom
        )
        for each, text in texts.items():
            each.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room))


class CorrectionBanner(TintedBanner):
    """Says, below the wording, that the form corrects a consent, or turns an opt-out, and what to mind.

    `corrects` is the request ID of what is corrected, or empty. `drop` ends it.
    """

    def __init__(self) -> None:
        super().__init__(Tone.NEUTRAL)
        self.corrects = ""
        self.text = TintedLabel(wraps=True)
        self.text.setMinimumWidth(1)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.drop = button("No correction", tip="Take back what was filled in")
        Unhurried(self.drop)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 6, 8, 6)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self.text, 0, 0, 1, 2)
        self.show_link("")
        self.hide()

    def add_row(self, label: QWidget, field: QWidget) -> None:
        """Put a field below the text."""
        self._grid.addWidget(label, 1, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(field, 1, 1, 1, 2)
        # Last, so that Tab comes to it last.
        self._grid.addWidget(self.drop, 0, 2)

    def show_link(self, corrects: str) -> None:
        """The form corrects this consent, or none where it is empty."""
        self.corrects = corrects
        self.drop.setVisible(bool(corrects))
        self.text.setAccessibleName("Correction" if corrects else "Opt-out that holds")

    def tell(self, text: str, *, warns: bool) -> None:
        """Say what is corrected or turned, and what to mind; show nothing where that is nothing."""
        self.setVisible(bool(text))
        tone = Tone.WARNING if warns else Tone.NEUTRAL
        self.show_tone(tone)
        self.text.show_text(tone, f"{sign(tone)} {text}")
