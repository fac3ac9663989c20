"""Holds what was just noted, for two seconds at most, while its customer is looked up; asks of a new one."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from PySide6.QtCore import QObject, Signal

from consent_desk.delivery.events import Changed, Event, NotLeft, Released, SendFailed, Settled
from consent_desk.domain.checks.correction import is_opted_out
from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.judgement import decision
from consent_desk.domain.lifecycle.messages import tell_status
from consent_desk.domain.lifecycle.record import NO_CUSTOMER, SAW_CUSTOMER, Entry
from consent_desk.domain.lifecycle.state import ASKED, INSISTED, SAW_OPT_OUT, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import cut
from consent_desk.domain.wire.customer import CategoryStatus, Found, Known, Unknown
from consent_desk.ui.checks.banners import NotedQuestion
from consent_desk.ui.checks.question import QuestionPresenter
from consent_desk.ui.form.submission import Submission
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.workspace import Workspace

HOLD = 2_000
"""Milliseconds that a consent is held at most for the answer of a look-up."""

HOLD_OPT_IN = 20_000
"""The same for an opt-in: as long as a call is given."""

ANSWER_WITHIN = 30_000
"""Milliseconds after which what was asked about is sent: an opt-out is never discarded by silence."""


@dataclass(slots=True, eq=False)
class _Held:
    """`turns`: it is an opt-in over an opt-out, and leaves only if a person says so."""

    submission: Submission
    entries: tuple[Entry, ...]
    question: NotedQuestion | None = None
    turns: bool = False

    @property
    def request_ids(self) -> tuple[str, ...]:
        return tuple(entry.request_id for entry in self.entries)


class HoldPresenter(QObject):
    """Asks about what the engine holds until it is known whether there is such a customer.

    Emits `given_up(Workspace, entries)` where a person says that it is not to be sent. Practice is not held.
    """

    given_up = Signal(object, object)

    def __init__(self, session: Session, look_up: LookupPresenter, question: QuestionPresenter) -> None:
        super().__init__(session)
        self._question = question
        self._held: list[_Held] = []
        look_up.told_of_noted.connect(self._take)
        # While the journal is open still, and nothing is asked about it beside another project.
        session.left.connect(self.release)
        session.turned.connect(question.turn_to)
        session.journal_left.connect(self._leave_journal)
        session.told.connect(self._hear)
        session.decided.connect(lambda _workspace, request_id: self._let_go(request_id))

    @staticmethod
    def seconds(submission: Submission, *, waits: bool) -> float:
        """For how long `submission` is held, which `waits` for a look-up."""
        if not waits or submission.workspace.practice:
            return 0.0
        # An opt-in may turn an opt-out, and who is opted in wrongly is worse off than who waits.
        return (HOLD_OPT_IN if submission.consent.action is Action.ACCEPT else HOLD) / 1_000

    def begin(self, submission: Submission, entries: tuple[Entry, ...]) -> None:
        """`entries` of `submission` were noted. Whoever waits for an older look-up waits no more."""
        self._send(one for one in self._held if one.question is None)
        self._question.left_by = None
        if submission.workspace.engine.is_held(entries[0].request_id):
            self._held.append(_Held(submission, entries))

    @property
    def is_holding(self) -> bool:
        """Whether anything is held."""
        return bool(self._held)

    def _hear(self, _workspace: Workspace, event: Event) -> None:
        match event:
            case Released():
                for held in [*self._held]:
                    if held.request_ids[0] in event.request_ids:
                        self._end(held)
            case Settled() | NotLeft() | SendFailed():
                self._let_go(event.entry.request_id)
            case Changed():
                for entry in event.entries:
                    if entry.state is State.DISCARDED:
                        # A later opt-out has overtaken it.
                        self._let_go(entry.request_id)
            case _:
                pass

    def _let_go(self, request_id: str) -> None:
        for held in [*self._held]:
            held.entries = tuple(one for one in held.entries if one.request_id != request_id)
            if not held.entries:
                self._end(held)

    def release(self) -> None:
        """Send at once what is held; but no opt-in whose customer turned out to have opted out."""
        self._send(one for one in self._held if not one.turns)
        self._question.step_aside()

    def _leave_journal(self) -> None:
        self.release()
        for held in [*self._held]:
            # It stands in the journal, and waits there.
            self._end(held)

    def _send(self, these: Iterable[_Held]) -> None:
        for held in [*these]:
            self._end(held)
            held.submission.workspace.engine.release(held.request_ids)

    def _end(self, held: _Held) -> None:
        self._held.remove(held)
        if held.question is not None:
            self._question.end(held.question)

    def _take(self, submission: Submission, found: Found | None) -> None:
        if isinstance(found, Known | Unknown):
            self._learn(submission, NO_CUSTOMER if isinstance(found, Unknown) else SAW_CUSTOMER)
        held = next((one for one in self._held if one.submission is submission), None)
        if held is None:
            return
        if isinstance(found, Unknown):
            self._ask_about_id(held)
        elif isinstance(found, Known) and (turned := _turned(submission, found)):
            self._ask_about_opt_out(held, turned)
        else:
            self._send([held])

    def _ask_about_id(self, held: _Held) -> None:
        customer = held.submission.consent.customer
        text = say(
            "checks",
            "Noted, not sent yet: there is no customer with {type} = {value}. Is the ID right for the "
            "{decision}? Unanswered, it is sent in half a minute.",
        ).format(type=customer.type, value=cut(customer.value), decision=self._decision(held))
        held.submission.workspace.engine.hold(held.request_ids, ANSWER_WITHIN / 1_000)
        self._ask(held, text, (say("checks", "It is right: send"), say("checks", "Cancel it")), ASKED)

    def _ask_about_opt_out(self, held: _Held, turned: tuple[tuple[str, CategoryStatus], ...]) -> None:
        engine = held.submission.workspace.engine
        held.turns = True
        # Whatever happens to the program now, it does not leave unasked.
        for consent in held.submission.consents:
            if any(consent.category == category for category, _ in turned):
                engine.learn(consent.request_id, SAW_OPT_OUT)
        engine.hold(held.request_ids, inf)
        category, status = turned[0]
        text = say(
            "checks",
            "Noted, not sent: {customer} has opted out. {category}: {told}. An opt-in in its place needs "
            "their clear word. Cancel it, and enter it again with the wording and what it rests on. "
            "It is not sent before you answer.",
        ).format(
            customer=cut(held.submission.consent.customer.value),
            category=cut(self._question.label(category)),
            told=tell_status(status),
        )
        self._ask(held, text, (say("checks", "Cancel it"), say("checks", "Send it all the same")), INSISTED)

    def _ask(self, held: _Held, text: Message, choices: tuple[Message, Message], note: str) -> None:
        """Ask: one of the two `choices` cancels it, the other one has it sent, with that `note`."""
        cancels = int(not held.turns)

        def answered(index: int) -> None:
            if held not in self._held:
                return
            if index == cancels:
                self._end(held)
                self.given_up.emit(held.submission.workspace, held.entries)
            else:
                self._learn(held.submission, note)
                self._send([held])

        customer, project = held.submission.consent.customer, held.submission.project
        about = say("checks", "{customer}, {decision}, {project}").format(
            customer=cut(customer.value), decision=self._decision(held), project=project.name
        )
        held.question = self._question.ask_about_noted(
            about, text, choices, discards=cancels, answered=answered
        )

    def _decision(self, held: _Held) -> str:
        consent, count = held.submission.consent, len(held.entries)
        what = phrase("checks", "%n categories", "{category}", count)
        return render(
            decision(consent.action, what.format(category=cut(self._question.label(consent.category))))
        )

    @staticmethod
    def _learn(submission: Submission, note: str) -> None:
        for one in submission.consents:
            submission.workspace.engine.learn(one.request_id, note)


def _turned(submission: Submission, found: Known) -> tuple[tuple[str, CategoryStatus], ...]:
    """The opt-outs that `submission` would turn into opt-ins without a word of what these rest on."""
    statuses = ((one, context, found.consents.get(one.category)) for one, context in submission.all)
    return tuple(
        (one.category, status)
        for one, context, status in statuses
        if one.action is Action.ACCEPT and not context.basis and status is not None and is_opted_out(status)
    )
