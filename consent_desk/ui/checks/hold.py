"""Holds what was just noted, for two seconds at most, while its customer is looked up; asks of a new one."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from consent_desk.domain.checks.correction import is_opted_out
from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.checking import NO_CUSTOMER, SAW_CUSTOMER
from consent_desk.domain.lifecycle.judgement import decision
from consent_desk.domain.lifecycle.messages import tell_status
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import ASKED, INSISTED, SAW_OPT_OUT
from consent_desk.domain.message import say
from consent_desk.domain.text import cut
from consent_desk.domain.wire.customer import CategoryStatus, Found, Known, Unknown
from consent_desk.ui.checks.question import QuestionPresenter
from consent_desk.ui.form.submission import Submission
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.tasks import Lane, TaskRunner, let_be
from consent_desk.ui.widgets.messages import render
from consent_desk.workspace import Workspace

HOLD = 2_000
"""Milliseconds that a consent is held at most for the answer of a look-up."""

HOLD_OPT_IN = 20_000
"""The same for an opt-in: as long as a call is given."""

ANSWER_WITHIN = 30_000
"""Milliseconds after which what was asked about is sent: an opt-out is never discarded by silence."""


@dataclass(slots=True, eq=False)
class _Held:
    """`is_opt_in_over_opt_out`: silence does not send it; where nobody says otherwise, it is not recorded."""

    submission: Submission
    entries: tuple[Entry, ...]
    timer: QTimer
    is_asked: bool = False
    is_opt_in_over_opt_out: bool = False


class HoldPresenter(QObject):
    """Emits `released(Submission, entries)` to have them sent, or `given_up(Workspace, entries)`.

    `learnt(Workspace, Entry)`: what is known of the customer now stands in the journal. Practice is not held.
    """

    released = Signal(object, object)
    given_up = Signal(object, object)
    learnt = Signal(object, object)

    def __init__(
        self, runner: TaskRunner, look_up: LookupPresenter, question: QuestionPresenter, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._question = question
        self._held: _Held | None = None
        # What was learnt while it was on its way, to be written once that is over.
        self._untold: dict[str, tuple[Workspace, str]] = {}
        look_up.told_of_noted.connect(self._take)

    def send_or_hold(self, submission: Submission, entries: tuple[Entry, ...], *, waits: bool) -> None:
        """Send `entries` of `submission`, or hold them while their customer is looked up."""
        # One caller at a time: whoever was held before is not waited for any more.
        self.release()
        if not waits or submission.workspace.practice:
            self.released.emit(submission, entries)
            return
        # An opt-in may turn an opt-out, and who is opted in wrongly is worse off than who waits.
        is_opt_in = submission.consent.action is Action.ACCEPT
        timer = QTimer(self, singleShot=True, interval=HOLD_OPT_IN if is_opt_in else HOLD)
        timer.timeout.connect(self.release)
        self._held = _Held(submission, entries, timer)
        timer.start()

    @property
    def is_holding(self) -> bool:
        """Whether anything is held."""
        return self._held is not None

    def holds(self, request_id: str) -> bool:
        """Whether a consent is held."""
        held = self._held
        return held is not None and any(one.request_id == request_id for one in held.entries)

    def let_go(self, request_id: str) -> None:
        """Hold a consent no more that was cancelled, or given up, at its line."""
        held = self._held
        if held is None or not self.holds(request_id):
            return
        held.entries = tuple(one for one in held.entries if one.request_id != request_id)
        if not held.entries:
            self.release()

    def release(self) -> None:
        """Send at once what is held; but no opt-in whose customer turned out to have opted out."""
        held, self._held = self._held, None
        if held is None:
            return
        held.timer.stop()
        if held.is_asked:
            self._question.withdraw()
        if held.is_opt_in_over_opt_out:
            self.given_up.emit(held.submission.workspace, held.entries)
        else:
            self.released.emit(held.submission, held.entries)

    def write_untold(self, request_id: str) -> None:
        """The sending of a consent has ended: what was learnt meanwhile can be written."""
        if (untold := self._untold.pop(request_id, None)) is not None:
            self._learn(untold[0], request_id, untold[1])

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
        held.timer.start(ANSWER_WITHIN)
        consent, count = held.submission.consent, len(held.entries)
        customer = consent.customer
        what = cut(consent.category) if count == 1 else f"{count} categories"
        text = say(
            "Noted, not sent yet: there is no customer with {type} = {value}. Is the ID right for the "
            "{decision}? Unanswered, it is sent in half a minute.",
            type=customer.type,
            value=cut(customer.value),
            decision=render(decision(consent.action, what)),
        )
        self._question.ask_about_noted(
            text,
            (say("It is right: send"), say("Cancel it")),
            lambda index: self._answer(held, index),
        )

    def _ask_about_opt_out(self, held: _Held, turned: tuple[tuple[str, CategoryStatus], ...]) -> None:
        held.is_asked = held.is_opt_in_over_opt_out = True
        # Whatever happens to the program now, it does not leave unasked.
        for consent, _ in held.submission.all:
            if any(consent.category == category for category, _ in turned):
                self._learn(held.submission.workspace, consent.request_id, SAW_OPT_OUT)
        held.timer.start(ANSWER_WITHIN)
        category, status = turned[0]
        text = say(
            "Noted, not sent: {customer} has opted out. {category}: {told}. An opt-in in its place needs "
            "their clear word. Cancel it, and enter it again with the wording and what it rests on. "
            "Unanswered, it is cancelled in half a minute.",
            customer=cut(held.submission.consent.customer.value),
            category=cut(category),
            told=tell_status(status),
        )
        self._question.ask_about_noted(
            text,
            (say("Cancel it"), say("Send it all the same")),
            lambda index: self._answer_opt_in(held, sends=index == 1),
        )

    def _answer_opt_in(self, held: _Held, *, sends: bool) -> None:
        if self._held is held:
            held.is_asked = False
            held.is_opt_in_over_opt_out = not sends
            if sends:
                self._learn_all(held.submission, INSISTED)
            self.release()

    def _answer(self, held: _Held, index: int | None) -> None:
        if self._held is not held:
            return
        held.is_asked = False
        match index:
            case 0:
                self._learn_all(held.submission, ASKED)
                self.release()
            case 1:
                held.timer.stop()
                self._held = None
                self.given_up.emit(held.submission.workspace, held.entries)
            case _:
                self.release()

    def _learn_all(self, submission: Submission, note: str) -> None:
        for one, _ in submission.all:
            self._learn(submission.workspace, one.request_id, note)

    def _learn(self, workspace: Workspace, request_id: str, note: str) -> None:
        def done(entry: Entry | None) -> None:
            if entry is None:
                self._untold[request_id] = workspace, note
            else:
                self.learnt.emit(workspace, entry)

        # Where it cannot be written now, the verification makes up for it.
        self._runner.run(
            Lane.JOURNAL, lambda: workspace.outbox.learn(request_id, note), done=done, failed=let_be
        )


def _turned(submission: Submission, found: Known) -> tuple[tuple[str, CategoryStatus], ...]:
    """The opt-outs that `submission` would turn into opt-ins without a word of what these rest on."""
    statuses = ((one, context, found.consents.get(one.category)) for one, context in submission.all)
    return tuple(
        (one.category, status)
        for one, context, status in statuses
        if one.action is Action.ACCEPT and not context.basis and status is not None and is_opted_out(status)
    )
