"""Holds what was just noted, for two seconds at most, while its customer is looked up; asks of a new one."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from consent_desk.delivery.events import Event, NotLeft, Released, SendFailed, Settled
from consent_desk.domain.checks.correction import is_opted_out
from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.judgement import decision
from consent_desk.domain.lifecycle.messages import tell_status
from consent_desk.domain.lifecycle.record import NO_CUSTOMER, SAW_CUSTOMER, Entry
from consent_desk.domain.lifecycle.state import ASKED, INSISTED, SAW_OPT_OUT
from consent_desk.domain.message import say
from consent_desk.domain.text import cut
from consent_desk.domain.wire.customer import CategoryStatus, Found, Known, Unknown
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
    """`is_given_up`: an opt-in over an opt-out, unless somebody says otherwise."""

    submission: Submission
    entries: tuple[Entry, ...]
    is_asked: bool = False
    is_given_up: bool = False

    @property
    def request_ids(self) -> tuple[str, ...]:
        return tuple(entry.request_id for entry in self.entries)


class HoldPresenter(QObject):
    """Asks about what the engine holds until it is known whether there is such a customer.

    Emits `given_up(Workspace, entries)` where it is not to be sent after all. Practice is not held.
    """

    given_up = Signal(object, object)

    def __init__(self, session: Session, look_up: LookupPresenter, question: QuestionPresenter) -> None:
        super().__init__(session)
        self._question = question
        self._held: _Held | None = None
        look_up.told_of_noted.connect(self._take)
        # While the journal is open still, and nothing is asked about it beside another project.
        session.left.connect(self.release)
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
        """`entries` of `submission` were noted. One caller at a time: who was held before waits no more."""
        self.release()
        if submission.workspace.engine.is_held(entries[0].request_id):
            self._held = _Held(submission, entries)

    @property
    def is_holding(self) -> bool:
        """Whether anything is held."""
        return self._held is not None

    def _hear(self, _workspace: Workspace, event: Event) -> None:
        match event:
            case Released():
                self._take_released(event.request_ids, given_up=event.given_up)
            case Settled() | NotLeft() | SendFailed():
                self._let_go(event.entry.request_id)
            case _:
                pass

    def _let_go(self, request_id: str) -> None:
        held = self._held
        if held is not None and request_id in held.request_ids:
            held.entries = tuple(one for one in held.entries if one.request_id != request_id)
            if not held.entries:
                self._end()

    def release(self) -> None:
        """Send at once what is held; but no opt-in whose customer turned out to have opted out."""
        held = self._held
        if held is None:
            return
        self._end()
        if held.is_given_up:
            self.given_up.emit(held.submission.workspace, held.entries)
        else:
            held.submission.workspace.engine.release(held.request_ids)

    def _take_released(self, request_ids: tuple[str, ...], *, given_up: bool) -> None:
        held = self._held
        if held is not None and held.request_ids[0] in request_ids:
            self._end()
            if given_up:
                self.given_up.emit(held.submission.workspace, held.entries)

    def _end(self) -> None:
        held, self._held = self._held, None
        if held is not None and held.is_asked:
            self._question.withdraw()

    def _prolong(self, held: _Held) -> None:
        held.submission.workspace.engine.hold(
            held.request_ids, ANSWER_WITHIN / 1_000, gives_up=held.is_given_up
        )

    def _take(self, submission: Submission, found: Found | None) -> None:
        held = self._held
        is_held = held is not None and held.submission.consent.request_id == submission.consent.request_id
        if isinstance(found, Unknown):
            self._learn_all(submission, NO_CUSTOMER)
            if held is not None and is_held:
                self._ask(held)
            return
        if isinstance(found, Known):
            self._learn_all(submission, SAW_CUSTOMER)
        if held is None or not is_held:
            return
        if isinstance(found, Known) and (turned := _turned(submission, found)):
            self._ask_about_opt_out(held, turned)
        else:
            self.release()

    def _ask(self, held: _Held) -> None:
        held.is_asked = True
        self._prolong(held)
        consent, count = held.submission.consent, len(held.entries)
        customer = consent.customer
        what = phrase("checks", "%n categories", "{category}", count).format(category=cut(consent.category))
        text = say(
            "checks",
            "Noted, not sent yet: there is no customer with {type} = {value}. Is the ID right for the "
            "{decision}? Unanswered, it is sent in half a minute.",
        ).format(
            type=customer.type,
            value=cut(customer.value),
            decision=render(decision(consent.action, what)),
        )
        self._question.ask_about_noted(
            text,
            (say("checks", "It is right: send"), say("checks", "Cancel it")),
            lambda index: self._answer(held, sends=index != 1, note=ASKED if index == 0 else ""),
        )

    def _ask_about_opt_out(self, held: _Held, turned: tuple[tuple[str, CategoryStatus], ...]) -> None:
        held.is_asked = held.is_given_up = True
        # Whatever happens to the program now, it does not leave unasked.
        for consent in held.submission.consents:
            if any(consent.category == category for category, _ in turned):
                held.submission.workspace.engine.learn(consent.request_id, SAW_OPT_OUT)
        self._prolong(held)
        category, status = turned[0]
        text = say(
            "checks",
            "Noted, not sent: {customer} has opted out. {category}: {told}. An opt-in in its place needs "
            "their clear word. Cancel it, and enter it again with the wording and what it rests on. "
            "Unanswered, it is cancelled in half a minute.",
        ).format(
            customer=cut(held.submission.consent.customer.value),
            category=cut(category),
            told=tell_status(status),
        )
        self._question.ask_about_noted(
            text,
            (say("checks", "Cancel it"), say("checks", "Send it all the same")),
            lambda index: self._answer(held, sends=index == 1, note=INSISTED if index == 1 else ""),
        )

    def _answer(self, held: _Held, *, sends: bool, note: str) -> None:
        if self._held is held:
            held.is_asked, held.is_given_up = False, not sends
            if note:
                self._learn_all(held.submission, note)
            self.release()

    @staticmethod
    def _learn_all(submission: Submission, note: str) -> None:
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
