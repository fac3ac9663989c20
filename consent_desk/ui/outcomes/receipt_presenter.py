"""Keeps the receipt true: from the press of Send, through all that becomes of it, to the next caller."""

from collections import deque
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication, QShortcut

from consent_desk.domain.checks.correction import CORRECTABLE_STATES
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.lifecycle.judgement import LOOK_AFTER, decision
from consent_desk.domain.lifecycle.policy import PRACTICE_LOOK_AFTER
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.text import cut
from consent_desk.ui.form.submission import Submission
from consent_desk.ui.outcomes.not_noted import NotNotedBanner
from consent_desk.ui.outcomes.receipt import REST, CallInHand, NotNoted, Press, named, slip_of, told_slow
from consent_desk.ui.outcomes.receipt_panel import ReceiptPanel
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.panes import Pane
from consent_desk.ui.shell.places import Rank
from consent_desk.ui.shell.reading_order import order_tabs
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.widgets.banner import announce
from consent_desk.ui.widgets.messages import moment_of, phrase, render, render_error, written
from consent_desk.ui.widgets.tones import Tone, sign
from consent_desk.workspace import Workspace

_MOST = 50
"""Presses that are remembered: what comes of them is announced as one sentence each."""

GATHERED = 1_000
"""Milliseconds without news after which what came of several of one press is announced."""

_NAMED = 2
"""Categories of one press that are named; more are counted."""

_KEY = "receipt"
_REPEATED = "repeated"
_SIGNS = "✓ " + "".join(map(sign, Tone))


class ReceiptPresenter(Presenter):
    """Tells of the call in hand in its place, and of what is nowhere but here until that is dealt with.

    Emits `correction_wanted(practice, Entry)`, `again(Submission, concerns the form)`, and
    `only_here(count)` when something can be saved as a slip, or nothing any more.
    """

    correction_wanted = Signal(bool, object)
    again = Signal(object, bool)
    only_here = Signal(int)

    def __init__(self, shell: ShellContext, session: Session, names_project: Callable[[], bool]) -> None:
        super().__init__(shell)
        self._call = CallInHand()
        self._in_view: Submission | Press | NotNoted | None = None
        self._form = self._window.consent
        self._presses: deque[Press] = deque(maxlen=_MOST)
        self._words = self._window.log.model.words
        self._names_project = names_project
        self._to_announce: dict[int, Press] = {}
        self._panel = self._window.receipt = ReceiptPanel()
        self._form.receipt_place.addWidget(self._panel)
        order_tabs(self._panel.buttons, after=self._form.send)
        self._banner = NotNotedBanner(after=self._panel.dealings.dismiss)
        self._window.add_banner(self._banner, rank=Rank.NOT_NOTED)
        self._patience = Patience(self)
        self._patience.worn.connect(self._say_slow)
        self._gathering = QTimer(self, singleShot=True, interval=GATHERED)
        self._gathering.timeout.connect(self._announce_all)
        # When a line would claim a time that has passed.
        self._passing = QTimer(self, singleShot=True)
        self._passing.timeout.connect(self._show)
        self._panel.correct.clicked.connect(self._correct)
        dealings = self._panel.dealings
        dealings.again.clicked.connect(lambda: self._in_place(self._try_again))
        dealings.copy.clicked.connect(lambda: self._in_place(self._copy))
        dealings.dismiss.clicked.connect(lambda: self._in_place(self._drop))
        self._banner.again.connect(self._try_again)
        self._banner.copied.connect(self._copy)
        self._banner.dismissed.connect(self._drop)
        self._follows_form = False
        shortcut = QShortcut("Ctrl+R", self._window)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(self._correct)
        self._window.consent.lowered.connect(self._panel.show_low)
        self._panel.show_low(self._window.consent.is_low)
        session.stay_while(self._why_deal_first)
        session.erased.connect(self._forget_customer)
        shell.lens.changed.connect(self._put_away)
        self._show()

    # -- from the press of Send until it is noted ---------------------------------------------------

    def begin(self, submission: Submission) -> None:
        """What the form holds is being noted."""
        self._begin_to_follow()
        self._call.begin(submission)
        self._patience.begin()

    def end_noting(self) -> None:
        """Nothing is being noted any more: it was noted, or not, or need not be."""
        self._patience.end()
        self._call.end_noting()
        self._show()

    def take_noted(self, submission: Submission, entries: tuple[Entry, ...], blank: Draft | None) -> None:
        """It is on disk; `blank`: the form when it is emptied, None where it was not the form's."""
        who = self._who(submission)
        practice = submission.workspace.practice
        names = partial(self._words.label, submission.project.id)
        press = Press(entries, who, practice, submission.left_out, names)
        self._presses.append(press)
        was_not_noted = self._call.settle(submission.consent.request_id)
        if blank is None:
            self.end_noting()
            noted = phrase("outcomes", "Noted after all.") if was_not_noted else phrase("outcomes", "Noted.")
            # What was practised is told in practice alone, or it would pass for real.
            self._status.show_message(_KEY, Tone.NEUTRAL, f"{noted}\n{who}", practice=practice or None)
        else:
            self._patience.end()
            self._call.take_noted(press, left_by=self._form.draft(), blank=blank)
            self._show()
            announce(self._panel.text, f"{press.told(self._now()).head.strip(_SIGNS)} {who}")

    def take_not_noted(
        self, submission: Submission, error: Exception, *, of_form: bool, can_try: bool = True
    ) -> None:
        """These are nowhere but here."""
        self._patience.end()
        self._call.end_noting()
        consents, project = submission.consents, submission.project
        slips = (slip_of(one, project, written(self._local(one.timestamp))) for one in consents)
        failure = NotNoted(
            submission,
            who=self._decision(submission),
            where=f"{project.name} · {moment_of(self._local(consents[0].noted_at))}",
            why=render_error(error),
            slip="\n\n".join(slips),
            can_try=can_try,
        )
        self._begin_to_follow()
        self._call.take_failure(failure, self._form.draft() if of_form else None)
        self._show()
        if of_form and self._call.not_noted is not failure:
            # The next caller is being typed.
            self._form.begin_next(submission.draft)
        if self._call.not_noted is failure and not self._panel.isVisible():
            # In a small window it would stand behind the tab of another pane.
            self._window.panes.bring_forward(Pane.CALLER)
        said = phrase("outcomes", "NOT NOTED, and nothing was sent. {who}. {why}").format(
            who=failure.who, why=failure.why
        )
        announce(self._panel.text, said, urgent=True)

    def settle(self, request_id: str) -> None:
        """It is noted after all."""
        self._call.settle(request_id)
        self._show()

    def tell_repeated(self, submission: Submission) -> None:
        """It is a repetition of what was noted minutes ago, and the form shows something else by now."""
        tried = self._call.is_not_noted(submission.consent.request_id)
        what = phrase("outcomes", "Enter it again, if that is meant.")
        if tried:
            what = phrase("outcomes", "Dismiss it, if nothing is missing.")
        said = phrase("outcomes", "Not noted once more: the same was noted minutes ago. {what}")
        text = f"{said.format(what=what)}\n{self._who(submission)}"
        # The request ID of what was never tried is that of the next caller.
        key = submission.consent.request_id if tried else _REPEATED
        practice = submission.workspace.practice or None
        self._status.show_message(key, Tone.WARNING, text, practice=practice)

    def _say_slow(self) -> None:
        submission = self._call.noting
        if submission is not None:
            self._call.is_slow = True
            self._show()
            told = told_slow(submission, self._who(submission))
            announce(self._panel.text, f"{told.head.strip(_SIGNS)} {told.note} {told.who}", urgent=True)

    # -- what becomes of it -------------------------------------------------------------------------

    def take(self, workspace: Workspace, entry: Entry, tone: Tone, text: str) -> bool:
        """How one of them stands, with what is said of it; False where that is not in view here."""
        press = self._press_of(workspace, entry)
        if press is None:
            return False
        press.take(entry, tone, text)
        if entry.state is State.DELIVERED and press.verified_by is None:
            first_look = PRACTICE_LOOK_AFTER if press.practice else LOOK_AFTER[0]
            press.verified_by = Timestamp(self._now().micros + first_look)
            if press is self._call.press:
                # That of an earlier call would put it off.
                self._passing.start(first_look // 1_000)
        self._announce_later(press, tone)
        self._show()
        return press is self._call.shown

    def take_sending(self, workspace: Workspace, entry: Entry) -> None:
        """It is leaving."""
        if (press := self._press_of(workspace, entry)) is not None:
            press.take_sending(entry)
            self._show()

    def _press_of(self, workspace: Workspace, entry: Entry) -> Press | None:
        of_kind = (press for press in self._presses if press.practice is workspace.practice)
        return next((press for press in of_kind if entry.request_id in press), None)

    def _announce_later(self, press: Press, tone: Tone) -> None:
        # Of an earlier call its line says the rest.
        if not press.is_news or (press is not self._call.press and tone is not Tone.BAD):
            return
        if press.practice and not self._status.is_practice:
            # It would pass for real.
            return
        self._to_announce[id(press)] = press
        if len(press.entries) == 1:
            self._announce_all()
        else:
            self._gathering.start()

    def _announce_all(self) -> None:
        waiting, self._to_announce = self._to_announce, {}
        for press in waiting.values():
            told, outcome = press.told(self._now()), press.outcome()
            said = f"{outcome}. {press.who}. {told.note}".strip()
            if said != press.announced:
                press.announced = said
                announce(self._panel.text, said, urgent=told.tone is Tone.BAD)

    # -- the form, the project, the customer --------------------------------------------------------

    def _begin_to_follow(self) -> None:
        # Not before there is anything to yield: until then a key passes through nothing here.
        if not self._follows_form:
            self._follows_form = True
            self._form.draft_changed.connect(self._follow_form)

    def _follow_form(self, draft: Draft) -> None:
        self._call.change_form(draft)
        self._form.dismissed = self._call.dismissed
        # As a rule it says what it said: this is asked with each key.
        if self._call.shown is not self._in_view:
            self._show()

    def leave_project(self) -> None:
        """The form belongs to another project from now on."""
        self._patience.end()
        self._call.leave_project()
        self._show()

    def _put_away(self) -> None:
        """Others look on, or no longer: speak of nothing that was noted so far."""
        self._presses.clear()
        self._to_announce.clear()
        self.leave_project()

    def _forget_customer(self, project_id: str, customer: CustomerId) -> None:
        for press in [*self._presses]:
            first = press.entries[0]
            if (first.project_id, first.customer) == (project_id, customer):
                self._presses.remove(press)
                self._to_announce.pop(id(press), None)
                if press is self._call.press:
                    self._call.forget_press()
        self._show()

    # -- what is nowhere but here -------------------------------------------------------------------

    @property
    def slips(self) -> tuple[str, ...]:
        """What could not be noted, and nobody has taken along so far."""
        return tuple(one.slip for one in self._call.only_here)

    def _why_deal_first(self) -> str:
        if not self._call.beside and self._call.not_noted is None:
            return ""
        return phrase("window", "Deal first with what was NOT NOTED: copy its slip, then dismiss it.")

    def take_along(self) -> None:
        """All of them were copied or saved."""
        for one in self._call.only_here:
            one.is_copied = True
        self._show()

    def _in_place(self, act: Callable[[NotNoted], None]) -> None:
        if self._call.not_noted is not None:
            act(self._call.not_noted)

    def _try_again(self, failure: NotNoted) -> None:
        if failure.can_try_aside or self._is_in_form(failure):
            self.again.emit(failure.submission, self._is_in_form(failure))

    def _is_in_form(self, failure: NotNoted) -> bool:
        return failure is self._call.not_noted and self._form.draft() == failure.submission.draft

    def _copy(self, failure: NotNoted) -> None:
        QGuiApplication.clipboard().setText(failure.slip)
        failure.is_copied = True
        self._show()

    def _drop(self, failure: NotNoted) -> None:
        self._call.dismiss(failure)
        self._show()

    # -- what is shown ------------------------------------------------------------------------------

    def _decision(self, submission: Submission) -> str:
        first, project_id = submission.consent, submission.project.id
        names = [cut(self._words.label(project_id, one.category)) for one in submission.consents]
        count = len(names)
        what = ", ".join(names) if count <= _NAMED else phrase("outcomes", "%n categories", "", count)
        return f"{named(first.customer)} · {render(decision(first.action, what))}"

    def _who(self, submission: Submission) -> str:
        where = (submission.project.name,) if self._names_project() else ()
        when = moment_of(self._local(submission.consent.noted_at))
        return " · ".join((self._decision(submission), *where, when))

    def _show(self) -> None:
        shown = self._in_view = self._call.shown
        standing = self._call.not_noted
        self._form.not_noted = None if standing is None else standing.submission.draft
        self._form.dismissed = self._call.dismissed
        self._panel.correct.setAccessibleDescription(shown.who if isinstance(shown, Press) else "")
        match shown:
            case None:
                self._panel.show_told(REST)
                self._panel.correct.setAccessibleDescription("")
            case Press():
                self._panel.show_told(shown.told(self._now()), can_correct=bool(_correctable(shown)))
            case NotNoted():
                self._panel.show_told(shown.told, is_not_noted=True)
                self._panel.dealings.again.setEnabled(shown.can_try_aside or self._is_in_form(shown))
                self._panel.dealings.show_copied(shown.is_copied)
            case _:
                self._panel.show_told(told_slow(shown, self._who(shown)))
        self._banner.show_all(self._call.beside)
        self.only_here.emit(len(self._call.only_here))

    def _correct(self) -> None:
        """Open the correction of what was noted here last, whether it is still in view or not."""
        press = self._call.press
        if press is None:
            said = phrase(
                "outcomes", "Nothing was noted here for a caller so far: there is nothing to correct."
            )
            self._status.show_message(_KEY, Tone.NEUTRAL, said)
            return
        choice = _correctable(press) or press.last
        if len(choice) == 1:
            self.correction_wanted.emit(press.practice, choice[0])
            return
        menu = self._panel.choice
        menu.clear()
        for entry in choice:
            action = menu.addAction(press.names(entry.category).replace("&", "&&"))
            action.triggered.connect(partial(self.correction_wanted.emit, press.practice, entry))
        menu.popup(self._panel.mapToGlobal(self._panel.rect().topLeft()))


def _correctable(press: Press) -> tuple[Entry, ...]:
    return tuple(one for one in press.last if one.state in CORRECTABLE_STATES)
