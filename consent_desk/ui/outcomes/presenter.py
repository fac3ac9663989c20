"""Says in words what becomes of each consent once it is noted."""

from collections import defaultdict
from dataclasses import replace
from typing import assert_never

from PySide6.QtCore import QTimer

from consent_desk.delivery.events import (
    Changed,
    Counted,
    Event,
    Learnt,
    LookedUp,
    Missed,
    NotCancelled,
    Noted,
    NotLeft,
    NotNoted,
    Planned,
    Released,
    Repeated,
    SendFailed,
    Sending,
    Settled,
    Stamped,
    Supplied,
    Undecided,
    Withheld,
)
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.judgement import Judgement
from consent_desk.domain.lifecycle.messages import tell_all, tell_check, tell_failing
from consent_desk.domain.lifecycle.policy import TOLD_AFTER
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import TO_CHECK_STATES, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.outcome import DEADLINE
from consent_desk.domain.wire.project import Project
from consent_desk.ui.log.line_details import Deed
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.outcomes.receipt import named
from consent_desk.ui.outcomes.receipt_presenter import ReceiptPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell import waiting
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.states import called
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase, render, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

REMEMBERED = 1_000
"""Consents that a person asked for at their lines. What comes of an older one its line tells alone."""

_GATHERED = 100
"""Milliseconds for which what waits for settings is gathered: there may be thousands at once."""

_LEFT, _RESTORED = "left", "restored"

_GONE_ON = say("outcomes", "Nothing was sent: see in the log how it stands.")
_NOT_SENT = say("outcomes", "It is noted, but it was not sent.")
_SENT = say("outcomes", "It may have been sent, and is looked up. Do not enter it again.")
_NOT_CANCELLED = say(
    "outcomes", "It could not be cancelled, and is still sent by itself: discard it in the log."
)


class OutcomePresenter(Presenter):
    """Says what becomes of every consent until it is settled, of whatever workspace, whichever is shown."""

    def __init__(
        self, shell: ShellContext, session: Session, log: LogPresenter, receipt: ReceiptPresenter
    ) -> None:
        super().__init__(shell)
        self._words = self._window.log.model.words
        self._log = log
        self._receipt = receipt
        # What a person asked for at its line, and what was last said of it: a tenth failed try is no news.
        self._asked: dict[str, str] = {}
        # Outcomes that could not be written down, of this workspace.
        self._unwritten: dict[str, Workspace] = {}
        # What waits for the settings of a project, and what is said of that and is not shown yet.
        self._withheld: defaultdict[str, set[str]] = defaultdict(set)
        self._to_show: dict[str, str] = {}
        self._gathering = QTimer(self, singleShot=True, interval=_GATHERED)
        self._gathering.timeout.connect(self._show_withheld)
        # The last call that a person waits for.
        self._under_way: tuple[Workspace, Entry] | None = None
        # Those of a list: cancelling one would discard it for good.
        self._kept: set[str] = set()
        self._slow = QTimer(self, singleShot=True)
        self._slow.timeout.connect(self._say_that_it_is_slow)
        log.on_line(Deed.CANCEL, self._cancel)
        log.on_line(Deed.SEND_AGAIN, self._send_again)
        session.told.connect(self._take)
        session.erased.connect(self._forget_customer)

    def take_up(self, workspace: Workspace, unconfirmed: int) -> None:
        """Say what an earlier run left."""
        if not workspace.practice:
            self._give_up_unwritten(workspace)
        ended = phrase(
            "outcomes",
            "%n not confirmed: the program ended while they were being sent. They are looked up now. Do not "
            "enter them again.",
            "",
            unconfirmed,
        )
        count = workspace.restored
        restored = phrase(
            "outcomes",
            "%n consents may have gone out since this journal was restored or moved here. Each is looked up "
            "before anything is sent.",
            "%n consent may have gone out since this journal was restored or moved here. Each is looked up "
            "before anything is sent.",
            count,
        )
        for key, many, text in ((_LEFT, unconfirmed, ended), (_RESTORED, count, restored)):
            if many:
                self._status.show_message(key, Tone.WARNING, text, practice=workspace.practice)

    # -- what a person asks for -------------------------------------------------------------------

    def send_anew(self, workspace: Workspace, entry: Entry, project: Project) -> None:
        """Send what was noted for nobody on the line."""
        self.answer(workspace, entry, Tone.NEUTRAL, phrase("outcomes", "Noted. Sending…"))
        workspace.engine.deliver(entry, project)

    def give_up(self, workspace: Workspace, entries: tuple[Entry, ...]) -> None:
        """Cancel what was noted and not sent yet."""
        for entry in entries:
            if workspace.engine.cancel(entry):
                self._end_call(entry.request_id)
                self.answer(workspace, entry, Tone.NEUTRAL, phrase("outcomes", "Cancelling…"))

    def _cancel(self, workspace: Workspace, entry: Entry) -> None:
        """Cancel what a line names, as long as it is not settled. No key does."""
        is_here = workspace.engine.holds(entry.request_id)
        if is_here and entry.request_id in self._kept:
            why = phrase(
                "outcomes", "It goes on, or it would be discarded for good: Stop keeps those that follow."
            )
            self.answer(workspace, entry, Tone.NEUTRAL, why)
        elif is_here or entry.state in {State.QUEUED, State.RETRY_WAIT}:
            self.give_up(workspace, (entry,))

    def send_kept(self, workspace: Workspace, entry: Entry, project: Project) -> None:
        """Send one of many that were refused before: nothing is said of it but what must be heard."""
        self._asked.pop(entry.request_id, None)
        self._status.take_back(entry.request_id)
        self._kept.add(entry.request_id)
        workspace.engine.send_kept(entry, project)

    def _send_again(self, workspace: Workspace, entry: Entry) -> None:
        """Send the same bytes once more. Where they may be there already, a person is asked first."""
        engine, request_id = workspace.engine, entry.request_id
        if engine.holds(request_id):
            return

        def ask(question: Message | None) -> None:
            decided_by = ""
            if question is not None:
                text = f"{self._words.whose(entry)}\n\n{render(question, self._local)}"
                answers = phrase("outcomes", "Do not send it"), phrase("outcomes", "Send it again")
                if not self._questions.agrees(phrase("outcomes", "Send again?"), text, *answers):
                    return
                decided_by = workspace.user
            self._ask(request_id)
            engine.send_again(entry, decided_by)

        def failed(error: Exception) -> None:
            self.answer(workspace, entry, Tone.BAD, _not_sent(render_error(error)))

        self._runner.run(Lane.JOURNAL, lambda: engine.question(request_id), done=ask, failed=failed)

    # -- what is said -----------------------------------------------------------------------------

    def say(self, workspace: Workspace, entry: Entry, tone: Tone, text: str) -> None:
        """Say `text` of one consent of `workspace`. What was said of it before is overtaken.

        Of the call in hand the receipt says it, of all else its line: but for what was asked for there.
        """
        if self._receipt.take(workspace, entry, tone, text):
            self._status.take_back(entry.request_id)
            return
        if tone is Tone.BAD and self._status.is_practice and not workspace.practice:
            # Its line is not in view.
            self._asked.setdefault(entry.request_id, "")
        if entry.request_id not in self._asked:
            self._status.take_back(entry.request_id)
            return
        if self._asked[entry.request_id] != text:
            self._ask(entry.request_id, text)
            said = f"{text}\n{self._words.whose(entry)}"
            self._status.show_message(entry.request_id, tone, said, practice=workspace.practice)

    def answer(self, workspace: Workspace, entry: Entry, tone: Tone, text: str) -> None:
        """Say what comes of what a person asked for at the line of a consent, whoever is on the line."""
        self._ask(entry.request_id)
        self.say(workspace, entry, tone, text)

    def _forget_customer(self, _project_id: str, customer: CustomerId) -> None:
        # As `say` names them, and as the receipt does.
        self._status.take_back_naming(f"\n{customer.value}, ")
        self._status.take_back_naming(f"\n{named(customer)} · ")

    def _ask(self, request_id: str, said: str = "") -> None:
        self._asked[request_id] = said
        if len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]

    # -- what the engine tells --------------------------------------------------------------------

    def _take(self, workspace: Workspace, event: Event) -> None:
        match event:
            case Planned(entry=entry, outlook=None):
                self._receipt.take(workspace, entry, Tone.NEUTRAL, "")
            case Planned():
                self.say(workspace, event.entry, Tone.NEUTRAL, self._rendered(event.outlook))
            case Sending():
                self._begin_sending(workspace, event)
            case Settled():
                self._settle(workspace, event)
            case NotLeft():
                self._take_not_left(workspace, event)
            case SendFailed(entry=entry, error=error):
                self._end_call(entry.request_id)
                self._fail(workspace, entry, _NOT_SENT if isinstance(error, JournalError) else _SENT, error)
            case LookedUp():
                self._take_look(workspace, event)
            case Missed():
                self._take_missed(workspace, event)
            case Withheld(entry=entry, by_person=True):
                text = phrase("outcomes", "Not sent: {why}").format(why=self._rendered(event.why))
                self.say(workspace, entry, Tone.BAD, text)
            case Withheld():
                self._withhold(event.entry, self._rendered(event.why))
            case Supplied():
                self._supply(event.project_id)
            case NotCancelled(entry=entry, error=error):
                self._fail(workspace, entry, _NOT_CANCELLED, error)
            case Undecided(entry=entry, error=error):
                tone = Tone.NEUTRAL if error is None else Tone.BAD
                text = render(_GONE_ON) if error is None else _not_sent(render_error(error))
                self.say(workspace, entry, tone, text)
            case Learnt(entry=entry):
                self._take_learnt(workspace, entry)
            case Changed():
                for entry in event.entries:
                    self._log.put(workspace, entry)
            case Repeated() | Stamped() | Noted() | NotNoted() | Released() | Counted():
                # Of the press, of what is held, and of how many: others hear it.
                pass
            case _ as never:
                assert_never(never)

    def _rendered(self, why: str | Message | None) -> str:
        return render(why, self._local) if isinstance(why, Message) else why or ""

    def _withhold(self, entry: Entry, why: str) -> None:
        """`entry` waits too; what was said of its project is replaced."""
        waiting = self._withheld[entry.project_id]
        waiting.add(entry.request_id)
        count = len(waiting)
        self._to_show[entry.project_id] = phrase(
            "outcomes",
            "%n consents still wait for the settings of {project}. {why} It is tried again by itself.",
            "%n consent still waits for the settings of {project}. {why} It is tried again by itself.",
            count,
        ).format(project=entry.project_name, why=why)
        if not self._gathering.isActive():
            self._gathering.start()

    def _supply(self, project_id: str) -> None:
        self._to_show.pop(project_id, None)
        if self._withheld.pop(project_id, None):
            self._status.take_back(project_id)

    def _show_withheld(self) -> None:
        said, self._to_show = self._to_show, {}
        for project_id, text in said.items():
            self._status.show_message(project_id, Tone.WARNING, text, practice=False)

    def _take_learnt(self, workspace: Workspace, entry: Entry) -> None:
        self._log.put(workspace, entry)
        if entry.state in TO_CHECK_STATES:
            self._tell(workspace, entry, tell_check(entry.state, practice=workspace.practice))

    def _fail(self, workspace: Workspace, entry: Entry, said: Message, error: Exception) -> None:
        self._log.put(workspace, entry)
        self.say(workspace, entry, Tone.BAD, f"{render(said)} {render_error(error)}")

    def _begin_sending(self, workspace: Workspace, event: Sending) -> None:
        self._supply(event.entry.project_id)
        if event.second and not workspace.practice:
            second = phrase("outcomes", "It was not seen in Engagement: it is sent a second time.")
            self.say(workspace, event.entry, Tone.WARNING, second)
        # The journal knows that a call is under way by itself.
        sent = replace(event.entry, state=State.IN_FLIGHT, status=None, elapsed=None, held=False)
        self._receipt.take_sending(workspace, sent)
        self._log.put(workspace, sent)
        if event.by_person:
            self._under_way = workspace, sent
            self._slow.start(waiting.SAY_SLOW_AFTER)

    def _end_call(self, request_id: str) -> None:
        """Nothing says any more that it is slow."""
        self._kept.discard(request_id)
        if self._under_way is not None and self._under_way[1].request_id == request_id:
            self._under_way = None
            self._slow.stop()

    def _say_that_it_is_slow(self) -> None:
        if self._under_way is not None:
            workspace, entry = self._under_way
            sandbox, engagement = phrase("outcomes", "The Sandbox"), phrase("outcomes", "Engagement")
            who = sandbox if workspace.practice else engagement
            slow = phrase("outcomes", "{who} has not answered yet. It is given {seconds:.0f} seconds in all.")
            self.say(workspace, entry, Tone.NEUTRAL, slow.format(who=who, seconds=DEADLINE))

    def _settle(self, workspace: Workspace, event: Settled) -> None:
        entry = event.entry
        self._end_call(entry.request_id)
        self._log.put(workspace, entry)
        if event.trouble is not None:
            # A person has heard of it: so they shall hear the rest, however good it is.
            self._ask(entry.request_id)
            self._unwritten[entry.request_id] = workspace
            why = render_error(event.trouble)
            text = render(tell_all(event.judgement, None), self._local)
            text = phrase(
                "outcomes",
                "{text} This outcome could not be written down, and is kept to be written again: {why}",
            ).format(text=text, why=why)
            self.say(workspace, entry, Tone.BAD, text)
            return
        self._unwritten.pop(entry.request_id, None)
        self._tell(workspace, entry, event.judgement, event.outlook)

    def _take_not_left(self, workspace: Workspace, event: NotLeft) -> None:
        entry = event.entry
        self._end_call(entry.request_id)
        self._log.put(workspace, entry)
        if event.why is not None and event.by_person:
            self.say(workspace, entry, Tone.NEUTRAL, _not_sent(render(event.why, self._local)))
        elif event.by_person and not event.kept:
            self.say(workspace, entry, Tone.NEUTRAL, render(_GONE_ON))

    def _take_look(self, workspace: Workspace, event: LookedUp) -> None:
        entry = event.entry
        self._supply(entry.project_id)
        self._log.put(workspace, entry)
        if entry.state is State.CONTRADICTED and not workspace.practice:
            # The alarm says it too, louder.
            self._asked.pop(entry.request_id, None)
        self._tell(workspace, entry, event.judgement, event.outlook)

    def _take_missed(self, workspace: Workspace, event: Missed) -> None:
        """Say that the looks fail: where a person asked for it, and to anybody once nobody looks any more."""
        failing, entry = event.failing, event.entry
        if failing.count < TOLD_AFTER or entry.state in {State.QUEUED, State.RETRY_WAIT}:
            return
        if entry.state in TO_CHECK_STATES and not entry.checked:
            # What a person is to check stays in view.
            return
        told = tell_failing(failing, entry.state, entry.action, practice=workspace.practice)
        self._tell(workspace, entry, told, event.outlook)

    def _tell(
        self, workspace: Workspace, entry: Entry, judgement: Judgement, outlook: Message | None = None
    ) -> None:
        """Say how it stands and what comes next."""
        tone = called(entry, practice=workspace.practice).tone
        self.say(workspace, entry, tone, render(tell_all(judgement, outlook), self._local))

    def _give_up_unwritten(self, opened: Workspace) -> None:
        # The journal was opened anew: what it does not know of a call is looked up, and told then.
        for request_id, workspace in [*self._unwritten.items()]:
            if workspace is not opened and not workspace.practice:
                del self._unwritten[request_id]
                self._status.take_back(request_id)


def _not_sent(why: str) -> str:
    return phrase("outcomes", "Not sent. {why}").format(why=why)
