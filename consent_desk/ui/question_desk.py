"""Asks in place what speaks against sending, and tells what was chosen."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.cautions import Caution
from consent_desk.domain.customer import Known
from consent_desk.domain.draft import Draft
from consent_desk.domain.message import Message
from consent_desk.domain.text import cut
from consent_desk.ui.question_strip import QuestionStrip
from consent_desk.ui.words import Local, render

_MOST_HOLDING = 12
"""Categories in which a decision holds already that are named: hundreds may be chosen at once."""


class QuestionDesk(QObject):
    """Asks all cautions of a consent at once: the first one's choices are those of all.

    Emits `confirmed(cautions)`, `another_chosen(Known)` for a customer to use instead,
    `rest_chosen(categories)` where these are to be left out, or `declined(Field)`.
    """

    confirmed = Signal(object)
    another_chosen = Signal(object)
    rest_chosen = Signal(object)
    declined = Signal(object)

    def __init__(
        self, strip: QuestionStrip, local: Local, parent: QObject, *, current: Callable[[], Draft]
    ) -> None:
        super().__init__(parent)
        self._strip = strip
        self._local = local
        self._current = current
        self._asked: tuple[Caution, ...] = ()
        self._draft: Draft | None = None
        self._answer: Callable[[int | None], None] | None = None
        strip.chosen.connect(self._take)
        strip.escaped.connect(self._decline)

    @property
    def is_open(self) -> bool:
        """Whether a question waits for its answer."""
        return self._strip.is_open

    def asks(
        self,
        cautions: Sequence[Caution],
        confirmed: Sequence[Caution],
        draft: Draft,
        age: Message | None = None,
    ) -> bool:
        """Ask whether `draft` is to be sent in spite of `cautions`, unless all of them are `confirmed`.

        `age`: how old that is on which they rest, where it is worth a word.
        """
        # As a rule the very same ones; there may be hundreds.
        if tuple(cautions) == tuple(confirmed) or all(one in confirmed for one in cautions):
            return False
        self._asked, self._draft, self._answer = tuple(cautions), draft, None
        first, instead = cautions[0], self._instead()
        choices = [render(first.mend), render(first.go_on)]
        if instead is not None:
            choices.insert(1, f"Use {cut(instead.customer.value)}, which exists")
        lines = [*self._lines(cautions), *([] if age is None else [render(age, self._local)])]
        self._strip.ask("\n".join(lines), choices)
        return True

    def ask_about_noted(
        self, text: Message, choices: Sequence[Message], answer: Callable[[int | None], None]
    ) -> None:
        """Ask about what was noted already: `answer(index)`, or None where nobody answers.

        The next caller may be typed meanwhile, and the first change of the form ends the question.
        """
        self._draft, self._answer = self._current(), answer
        self._strip.ask(render(text, self._local), [render(one) for one in choices], focus=False)

    def withdraw(self) -> None:
        """Ask no more."""
        self._strip.withdraw()

    def go_on(self) -> None:
        """Send was pressed once more: that confirms, unless it came too soon to be an answer."""
        self._strip.go_on()

    def follow(self, draft: Draft) -> None:
        """Ask no more once the form shows another draft than the one asked about."""
        if self.is_open and draft != self._draft:
            self._strip.withdraw()
            self._tell(None)

    def _lines(self, cautions: Sequence[Caution]) -> list[str]:
        holding = [caution for caution in cautions if caution.holds]
        others = [caution for caution in cautions if not caution.holds]
        if len(holding) <= _MOST_HOLDING:
            return [render(caution.text, self._local) for caution in cautions]
        lines = [render(caution.text, self._local) for caution in (*others, *holding[:_MOST_HOLDING])]
        return [*lines, f"… and {len(holding) - _MOST_HOLDING} more in which it holds already."]

    def _instead(self) -> Known | None:
        return next((one.instead for one in self._asked if one.instead is not None), None)

    def _tell(self, index: int | None) -> bool:
        """Tell the answer to who asked about what was noted; False where the question is about the form."""
        answer, self._answer = self._answer, None
        if answer is None:
            return False
        answer(index)
        return True

    def _decline(self) -> None:
        if self._tell(None):
            return
        # Also where the safe answer would record a part: who escapes wants nothing recorded.
        self.declined.emit(self._asked[0].field)

    def _take(self, index: int) -> None:
        if self._tell(index):
            return
        instead = self._instead()
        if index == 0 and self._asked[0].leaves:
            self.rest_chosen.emit(self._asked[0].leaves)
        elif index == 0:
            self._decline()
        elif index == 1 and instead is not None:
            self.another_chosen.emit(instead)
        else:
            self.confirmed.emit(self._asked)
