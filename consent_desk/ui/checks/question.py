"""Asks in place what speaks against sending, and tells what was chosen."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.checks.confirmations import Confirmation
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.message import Message
from consent_desk.domain.text import cut
from consent_desk.ui.checks.banners import QuestionBanner
from consent_desk.ui.widgets.messages import Local, phrase, render

_MOST_HOLDING = 12
"""Categories in which a decision holds already that are named: hundreds may be chosen at once."""


class QuestionPresenter(QObject):
    """Asks all confirmations of a consent at once: the first one's choices are those of all.

    The first answer, and Escape, record nothing.

    Emits `confirmed(confirmations)`, `another_chosen(Known)` for a customer to use instead,
    `rest_chosen(categories)` where these are to be left out, or `declined(Field)`.
    """

    confirmed = Signal(object)
    another_chosen = Signal(object)
    rest_chosen = Signal(object)
    declined = Signal(object)

    def __init__(
        self, banner: QuestionBanner, local: Local, parent: QObject, *, current: Callable[[], Draft]
    ) -> None:
        super().__init__(parent)
        self._banner = banner
        self._local = local
        self._current = current
        self._asked: tuple[Confirmation, ...] = ()
        self._draft: Draft | None = None
        self._answers: list[Callable[[], None]] = []
        self._answer: Callable[[int | None], None] | None = None
        banner.chosen.connect(self._take)
        banner.escaped.connect(self._decline)

    @property
    def is_open(self) -> bool:
        """Whether a question waits for its answer."""
        return self._banner.is_open

    @property
    def is_about_noted(self) -> bool:
        """Whether it is about what was noted already, and not about what the form holds."""
        return self.is_open and self._answer is not None

    def asks(
        self,
        confirmations: Sequence[Confirmation],
        confirmed: Sequence[Confirmation],
        draft: Draft,
        age: Message | None = None,
    ) -> bool:
        """Ask whether `draft` is to be sent in spite of `confirmations`, unless all of them are `confirmed`.

        `age`: how old that is on which they rest, where it is worth a word.
        """
        # As a rule the very same ones come first; there may be hundreds.
        if tuple(confirmations) == tuple(confirmed[: len(confirmations)]) or all(
            one in confirmed for one in confirmations
        ):
            return False
        # One question at a time: nobody answers the one about what was noted any more.
        self._tell(None)
        self._asked, self._draft = tuple(confirmations), draft
        first = confirmations[0]
        instead = next((one.instead for one in confirmations if one.instead is not None), None)
        safe = phrase("checks", "Record nothing") if first.leaves else render(first.mend)
        answers: list[tuple[str, Callable[[], None]]] = [(safe, self._decline)]
        if first.leaves:
            answers.append((render(first.mend), partial(self.rest_chosen.emit, first.leaves)))
        if instead is not None:
            kind = instead.customer.type
            named = "" if kind == draft.customer_id_type else f"{kind} = "
            other = phrase("checks", "Use {named}{value}, which exists").format(
                named=named, value=cut(instead.customer.value)
            )
            answers.append((other, partial(self.another_chosen.emit, instead)))
        answers.append((render(first.go_on), partial(self.confirmed.emit, self._asked)))
        self._answers = [answer for _, answer in answers]
        lines = [*self._lines(confirmations), *([] if age is None else [render(age, self._local)])]
        self._banner.ask("\n".join(lines), [choice for choice, _ in answers])
        return True

    def ask_about_noted(
        self, text: Message, choices: Sequence[Message], answer: Callable[[int | None], None]
    ) -> None:
        """Ask about what was noted already: `answer(index)`, or None where nobody answers.

        The next caller may be typed meanwhile, and the first change of the form ends the question.
        """
        self._draft, self._answer = self._current(), answer
        self._banner.ask(render(text, self._local), [render(one) for one in choices], about_noted=True)

    def withdraw(self) -> None:
        """Ask no more."""
        self._banner.withdraw()

    def give_way(self) -> None:
        """Ask no more, and say that nobody answers."""
        self._banner.withdraw()
        self._tell(None)

    def announce(self) -> None:
        """Send was pressed once more, which is no answer: tell the question again."""
        self._banner.announce()

    def withdraw_if_changed(self, draft: Draft) -> None:
        """Ask no more once the form shows another draft than the one asked about."""
        if self.is_open and draft != self._draft:
            self.give_way()

    def _lines(self, confirmations: Sequence[Confirmation]) -> list[str]:
        holding = [confirmation for confirmation in confirmations if confirmation.holds]
        others = [confirmation for confirmation in confirmations if not confirmation.holds]
        if len(holding) <= _MOST_HOLDING:
            return [render(confirmation.text, self._local) for confirmation in confirmations]
        lines = [
            render(confirmation.text, self._local) for confirmation in (*others, *holding[:_MOST_HOLDING])
        ]
        return [
            *lines,
            phrase("checks", "… and {more} more in which it holds already.").format(
                more=len(holding) - _MOST_HOLDING
            ),
        ]

    def _tell(self, index: int | None) -> bool:
        """Tell the answer to who asked about what was noted; False where the question is about the form."""
        answer, self._answer = self._answer, None
        if answer is None:
            return False
        answer(index)
        return True

    def _decline(self) -> None:
        if not self._tell(None):
            self.declined.emit(self._asked[0].field)

    def _take(self, index: int) -> None:
        if not self._tell(index):
            self._answers[index]()
