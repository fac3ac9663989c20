"""Asks in place what speaks against sending, and tells what was chosen."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from consent_desk.domain.checks.confirmations import Confirmation
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.message import Message
from consent_desk.domain.text import cut
from consent_desk.ui.checks.banners import NotedBanner, NotedQuestion
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.places import Rank
from consent_desk.ui.widgets.banner import announce
from consent_desk.ui.widgets.messages import phrase, render

_MOST_HOLDING = 12
"""Categories in which a decision holds already that are named: hundreds may be chosen at once."""


class QuestionPresenter(Presenter):
    """Asks all confirmations of a consent at once: the first one's choices are those of all.

    The first answer, and Escape, record nothing. A question about what was noted already stands on the card
    of its caller only while the form is as it was `left_by` that; then beside it, until it is answered.
    `label` tells what people call a category of the project in use. `is_open`: one waits for its answer in
    the place of Send.

    Emits `confirmed(confirmations)`, `another_chosen(Known)` for a customer to use instead,
    `rest_chosen(categories)` where these are to be left out, or `declined(Field)`.
    """

    confirmed = Signal(object)
    another_chosen = Signal(object)
    rest_chosen = Signal(object)
    declined = Signal(object)

    def __init__(self, shell: ShellContext) -> None:
        super().__init__(shell)
        self._form = self._window.consent
        self._banner = self._form.question
        self._beside = NotedBanner()
        self._window.banners.add(self._beside, Rank.OPPOSITE, self._beside.least)
        self._window.banners.got_short.connect(self._beside.show_low)
        self.left_by: Draft | None = None
        self.is_open = False
        self.label = self._form.categories.label
        self._asked: tuple[Confirmation, ...] = ()
        self._draft: Draft | None = None
        self._answers: list[Callable[[], None]] = []
        self._noted: NotedQuestion | None = None
        self._banner.opened.connect(self._take_opened)
        self._banner.chosen.connect(lambda index: self._answers[index]())
        self._banner.escaped.connect(self._decline)

    def _take_opened(self, is_open: bool) -> None:
        self.is_open = is_open

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
        self.step_aside()
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

    def _lines(self, confirmations: Sequence[Confirmation]) -> list[str]:
        holding = [one for one in confirmations if one.holds]
        if len(holding) <= _MOST_HOLDING:
            return [render(one.text, self._local) for one in confirmations]
        others = [one for one in confirmations if not one.holds]
        more = phrase("checks", "… and {more} more in which it holds already.").format(
            more=len(holding) - _MOST_HOLDING
        )
        return [*(render(one.text, self._local) for one in (*others, *holding[:_MOST_HOLDING])), more]

    def _decline(self) -> None:
        self.declined.emit(self._asked[0].field)

    def announce(self) -> None:
        """Send was pressed once more, which is no answer: tell the question again."""
        self._banner.announce()

    def follow(self, draft: Draft) -> None:
        """The form shows `draft` now: one about another draft is asked no more, or beside it."""
        if draft != self._draft:
            self.step_aside()
            if self.is_open:
                self._banner.withdraw()

    # -- about what was noted already ---------------------------------------------------------------

    def turn_to(self, practice: bool) -> None:
        """Lead to practice, or to the real consents: it is of these that all of them are."""
        self._beside.turn_to(practice=practice)

    @property
    def is_waiting(self) -> bool:
        """Whether any question waits for its answer, wherever it stands."""
        return self.is_open or not self._beside.isHidden()

    def ask_about_noted(
        self,
        about: Message,
        text: Message,
        choices: Sequence[Message],
        *,
        discards: int,
        answered: Callable[[int], None],
    ) -> NotedQuestion:
        """Ask it, whoever is on the line by now. See `NotedQuestion`."""
        question = NotedQuestion(
            about=render(about, self._local),
            text=render(text, self._local),
            choices=tuple(render(one, self._local) for one in choices),
            discards=discards,
            answered=answered,
        )
        if self.is_open or self._form.draft() != self.left_by:
            self._beside.add(question, after=self._window.receipt.dealings.dismiss)
            announce(self._beside, f"{question.about} {question.text}")
        else:
            self._draft, self._noted = self.left_by, question
            self._answers = [partial(answered, index) for index in range(len(choices))]
            self._banner.ask(question.text, question.choices, discards=discards)
        return question

    def end(self, question: NotedQuestion) -> None:
        """It was answered, or needs no answer any more."""
        if question is self._noted:
            self._noted = None
            if self.is_open:
                self._banner.withdraw()
        elif question in self._beside:
            at: QWidget | None = self._window.focusWidget()
            if at is not None and self._beside.isAncestorOf(at):
                self._form.customer_id.setFocus()
            self._beside.drop(question)

    def step_aside(self) -> None:
        """The place of Send is another caller's: what was asked about the last one stands beside it."""
        if (question := self._noted) is not None:
            self._noted = None
            self._banner.withdraw()
            self._beside.add(question, after=self._window.receipt.dealings.dismiss)
