"""What becomes of a consent once it is noted: sends it, and says in words what came of it.

Long because it follows a consent from its noting until it is settled.
"""

from functools import partial

from PySide6.QtCore import Signal

from consent_desk.delivery.scheduler import Outstanding, Task
from consent_desk.delivery.sender import Sent
from consent_desk.delivery.verifier import Failed, Looked
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.judgement import Judgement
from consent_desk.domain.lifecycle.messages import STAMPED_WRONG, tell_all, tell_failing
from consent_desk.domain.lifecycle.policy import TOLD_AFTER
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import TO_CHECK_STATES, State
from consent_desk.domain.message import Message
from consent_desk.domain.wire.project import Project
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.outcomes.calls import NOTED, CallPresenter
from consent_desk.ui.outcomes.dispatch import QueuedSend, SendQueue
from consent_desk.ui.outcomes.rounds_desk import SchedulerPresenter
from consent_desk.ui.outcomes.summary import BatchStatus, WithheldStatus, about
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.states import tone_of
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import counted, render, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

REMEMBERED = 1_000
"""Consents that a person asked for. What comes of an older one is told only where it must be heard."""

_LEFT, _RESTORED = "left", "restored"
_ANSWERS = ("Do not send it", "Send it again")
_GONE_ON = "Nothing was sent: see in the log how it stands."


class OutcomePresenter(Presenter):
    """Follows every consent until it is settled, for whatever workspace, also while another one is shown.

    An opt-out leaves at once; an opt-in may have to wait. `counted(Workspace, Outstanding)` tells how many
    consents Engagement may not have yet; `contradicted`, that a real one does not hold; `withdrawn`, that
    one was cancelled before it left, and rules no more; `ended(id)`, that the sending of one is over.
    """

    counted = Signal(object, object)
    contradicted = Signal()
    withdrawn = Signal()
    ended = Signal(str)

    def __init__(self, shell: ShellContext, projects: ProjectPresenter, log: LogPresenter) -> None:
        super().__init__(shell)
        self._projects = projects
        self._log = log
        # What a person asked for, and what was last said of it: a tenth failed try is no news.
        self._asked: dict[str, str] = {}
        self._withheld = WithheldStatus(self._status)
        # Outcomes that could not be written down, with what is said of each when it was.
        self._unwritten: dict[str, tuple[Workspace, Entry, Tone, Judgement]] = {}
        self._real: Workspace | None = None
        self.batches = BatchStatus(self._status)
        self._dispatch = SendQueue(self._runner, self)
        self.calls = CallPresenter(shell, self._dispatch, log, self.say, self.answer)
        self._dispatch.begun.connect(log.show_begun)
        self._dispatch.sent.connect(self._sent)
        self._dispatch.failed.connect(self._not_sent)
        self._dispatch.not_cancelled.connect(self._not_cancelled)
        self.scheduler = SchedulerPresenter(self._runner, projects.find, self)
        self.scheduler.changed.connect(self._show_lines)
        self.scheduler.to_send.connect(self._send_due)
        self.scheduler.looked.connect(self._looked)
        self.scheduler.failed.connect(self._look_failed)
        self.scheduler.withheld.connect(self._withheld.add)
        projects.project_saved.connect(self._go_on_with)
        self.scheduler.counted.connect(self._count)
        self._window.log.send_again_requested.connect(self.send_again)

    def take_up(self, workspace: Workspace, unconfirmed: int) -> None:
        """Go on with what an earlier run left."""
        if not workspace.practice:
            self._real = workspace
            self._give_up_unwritten(workspace)
        if unconfirmed:
            self._status.show_message(
                _LEFT,
                Tone.WARNING,
                f"{unconfirmed} not confirmed: the program ended while they were being sent. They are "
                "looked up now. Do not enter them again.",
                practice=workspace.practice,
            )
        if workspace.restored:
            self._status.show_message(
                _RESTORED,
                Tone.WARNING,
                f"{counted(workspace.restored)} may have gone out "
                "since this journal was restored or moved here. Each is looked up before anything is sent.",
                practice=workspace.practice,
            )
        self.scheduler.begin(workspace)

    def send_noted(self, workspace: Workspace, entry: Entry, project: Project, *, anew: bool = False) -> None:
        """Send what was noted, an opt-in when nothing stands in its way. `anew`: for nobody on the line."""
        self._ask(entry.request_id)
        if entry.action is Action.REJECT:
            self._dispatch.add(QueuedSend(workspace, project, entry))
        if anew:
            self._status.begin_call(entry.request_id)
        noted = "Noted for practice. " if workspace.practice else "Noted. " if anew else ""

        def tell(outlook: Message | None) -> None:
            coming = "Sending…" if outlook is None else render(outlook, self._local)
            self.say(workspace, entry, Tone.NEUTRAL, f"{noted}{coming}")

        if entry.action is Action.REJECT:
            tell(None)
            self.scheduler.follow_soon(workspace, entry.request_id)
        else:
            self.scheduler.follow(workspace, entry.request_id, tell)

    def begin_call(self, workspace: Workspace, entry: Entry) -> None:
        """Say that the consent of the caller on the line, and what belongs to it, is noted."""
        noted = "" if workspace.practice else f"{NOTED} {self.batches.named(entry)}"
        self._status.begin_call(self.batches.key_of(entry), noted)

    def give_up(self, workspace: Workspace, entries: tuple[Entry, ...]) -> None:
        """Cancel what was noted and not sent yet."""
        for entry in entries:
            self.calls.cancel_waiting(workspace, entry)

    def follow(self, workspace: Workspace, request_id: str) -> None:
        """Something happened to a consent elsewhere: plan anew."""
        self.scheduler.follow(workspace, request_id)

    def send_again(self, request_id: str) -> None:
        """Send the same bytes once more. Where they may be there already, a person is asked first."""
        workspace, entry = self._log.workspace, self._log.find(request_id)
        if workspace is None or entry is None or self._dispatch.holds(request_id):
            return

        def ask(question: Message | None) -> None:
            if question is None:
                self._find_and_depart(workspace, entry)
            elif self._questions.choose("Send again?", self._about(entry, question), _ANSWERS) == 1:
                self._runner.run(
                    Lane.JOURNAL,
                    lambda: workspace.sender.decide(request_id, workspace.user),
                    done=go_on,
                    failed=failed,
                )

        def go_on(is_decided: bool) -> None:
            if is_decided:
                self._find_and_depart(workspace, entry)
            else:
                self.say(workspace, entry, Tone.NEUTRAL, _GONE_ON)

        def failed(error: Exception) -> None:
            self.say(workspace, entry, Tone.BAD, f"Not sent. {render_error(error)}")

        self._runner.run(
            Lane.JOURNAL, lambda: workspace.scheduler.question(request_id), done=ask, failed=failed
        )

    def send_kept(self, workspace: Workspace, entry: Entry, project: Project) -> None:
        """Send one of many that were refused before: nothing is said of it but what must be heard."""
        self._asked.pop(entry.request_id, None)
        if not self.batches.press_of(entry.request_id):
            self._status.take_back(entry.request_id)
        self._dispatch.add(QueuedSend(workspace, project, entry, kept=True))

    def say(self, workspace: Workspace, entry: Entry, tone: Tone, text: str) -> None:
        """Say `text` of one consent of `workspace`. What was said of it before is overtaken."""
        if self.batches.takes(entry, tone, text):
            return
        if entry.state is State.DISCARDED:
            self._status.unsay_noted(entry.request_id)
        said = f"{text}\n{about(entry, entry.project_name)}"
        self._status.show_of_call(entry.request_id, tone, said, practice=workspace.practice)

    def answer(self, workspace: Workspace, entry: Entry, tone: Tone, text: str) -> None:
        """Say what comes of what a person asked for at the line of a consent, whoever is on the line."""
        self._status.begin_call(self.batches.key_of(entry))
        self.say(workspace, entry, tone, text)

    def forget_customer(self, project_id: str, customer: CustomerId) -> None:
        """Take back what was said of a customer who was erased."""
        self.batches.forget_customer(project_id, customer)
        # As `say`, the line of all, and what was noted name a customer.
        self._status.take_back_naming(
            *(f"{before}{customer.value}, " for before in ("\n", " for ", ": ", ". "))
        )

    def _ask(self, request_id: str, said: str = "") -> None:
        self._asked[request_id] = said
        if len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]

    def _about(self, entry: Entry, question: Message) -> str:
        return f"{about(entry, entry.project_name)}\n\n{render(question, self._local)}"

    def _find_and_depart(self, workspace: Workspace, entry: Entry) -> None:
        if self._dispatch.holds(entry.request_id):
            return
        self._ask(entry.request_id)
        self._status.begin_call(self.batches.key_of(entry))
        if workspace.practice:
            self._depart(workspace, entry, workspace.sandbox)
        else:
            self._projects.find(
                entry.project_id,
                partial(self._depart, workspace, entry),
                lambda why: self.say(workspace, entry, Tone.BAD, f"Not sent: {why}"),
            )

    def _depart(self, workspace: Workspace, entry: Entry, project: Project | None) -> None:
        if not self._dispatch.holds(entry.request_id):
            self._dispatch.add(QueuedSend(workspace, project, entry))

    def _send_due(self, workspace: Workspace, task: Task, project: Project | None) -> None:
        entry = task.entry
        self._withheld.clear(entry.project_id)
        if self._dispatch.holds(entry.request_id):
            if not self._dispatch.holds(entry.request_id, workspace):
                # The journal was opened anew meanwhile, and what ends there tells nobody here.
                self.scheduler.put_off(workspace, entry.request_id)
            return
        by_person = entry.request_id in self._asked and entry.state is State.QUEUED and not entry.held
        if task.due.plan.second and not workspace.practice:
            self.say(
                workspace, entry, Tone.WARNING, "It was not seen in Engagement: it is sent a second time."
            )
        self._dispatch.add(QueuedSend(workspace, project, entry, by_person))

    def _sent(self, queued_send: QueuedSend, sent: Sent | Message | None) -> None:
        self._take(queued_send, sent)
        self.ended.emit(queued_send.entry.request_id)

    def _take(self, queued_send: QueuedSend, sent: Sent | Message | None) -> None:
        workspace, entry = queued_send.workspace, queued_send.entry
        if not isinstance(sent, Sent):
            self._log.refresh(queued_send)
            if isinstance(sent, Message) and queued_send.by_person:
                self.say(workspace, entry, Tone.NEUTRAL, f"Not sent. {render(sent, self._local)}")
            elif queued_send.by_person and not queued_send.kept:
                self.say(workspace, entry, Tone.NEUTRAL, _GONE_ON)
            # What waits for another consent, or the clock, goes on by itself.
            waits = isinstance(sent, Message) and sent != STAMPED_WRONG
            waits = waits and entry.state in {State.QUEUED, State.RETRY_WAIT}
            if entry.held or waits:
                self.scheduler.put_off(workspace, entry.request_id)
            else:
                self.scheduler.follow(workspace, entry.request_id)
            return
        self._log.put(workspace, sent.entry)
        if sent.entry.state is State.DISCARDED:
            self.withdrawn.emit()
        tone = tone_of(sent.entry, practice=workspace.practice)
        if sent.trouble is not None:
            # A person has heard of it: so they shall hear the rest, however good it is.
            self._ask(entry.request_id)
            self._unwritten[entry.request_id] = (workspace, sent.entry, tone, sent.judgement)
            self.scheduler.follow(workspace, entry.request_id)
            why = render_error(sent.trouble)
            text = render(tell_all(sent.judgement, None), self._local)
            text = f"{text} This outcome could not be written down, and is kept to be written again: {why}"
            self.say(workspace, sent.entry, Tone.BAD, text)
        else:
            self._tell(workspace, sent.entry, tone, sent.judgement)

    def _go_on_with(self, project_id: str) -> None:
        if self._real is not None:
            self.scheduler.hasten(self._real, project_id)

    def _not_sent(self, queued_send: QueuedSend, error: Exception) -> None:
        self._log.refresh(queued_send)
        workspace, request_id = queued_send.workspace, queued_send.entry.request_id
        if isinstance(error, JournalError):
            self.scheduler.put_off(workspace, request_id)
            said = "It is noted, but it was not sent."
        else:
            self.scheduler.follow(workspace, request_id)
            said = "It may have been sent, and is looked up. Do not enter it again."
        self.say(queued_send.workspace, queued_send.entry, Tone.BAD, f"{said} {render_error(error)}")
        self.ended.emit(request_id)

    def _not_cancelled(self, queued_send: QueuedSend, error: Exception) -> None:
        self._log.refresh(queued_send)
        said = "It is not sent now, but it could not be cancelled for good: the next start would send it."
        if not queued_send.by_person:
            said = "It could not be cancelled, and is still sent by itself: discard it in the log."
        self.say(queued_send.workspace, queued_send.entry, Tone.BAD, f"{said} {render_error(error)}")

    def _looked(self, workspace: Workspace, looked: Looked) -> None:
        entry = looked.entry
        self._withheld.clear(entry.project_id)
        self._log.put(workspace, entry)
        if entry.state is State.CONTRADICTED and not workspace.practice:
            text = render(tell_all(looked.judgement, None), self._local)
            if not self.batches.takes(entry, tone_of(entry, practice=False), text):
                # The alarm says it, louder than the status.
                self._status.take_back(entry.request_id)
            self.scheduler.follow(workspace, entry.request_id)
            self.contradicted.emit()
            return
        self._tell(workspace, entry, tone_of(entry, practice=workspace.practice), looked.judgement)

    def _look_failed(self, workspace: Workspace, entry: Entry, failed: Failed) -> None:
        """Say that the looks fail: where a person asked for it, and to anybody once nobody looks any more."""
        failing, request_id = failed.failing, entry.request_id
        if failing.count < TOLD_AFTER or entry.state in {State.QUEUED, State.RETRY_WAIT}:
            return
        if entry.state in TO_CHECK_STATES and not entry.checked:
            # What a person is to check stays in view.
            return
        if failing.is_given_up:
            self._ask(request_id)
        tone = tone_of(entry, practice=workspace.practice)
        self._tell(
            workspace,
            entry,
            tone,
            tell_failing(failing, entry.state, entry.action, practice=workspace.practice),
        )

    def _tell(self, workspace: Workspace, entry: Entry, tone: Tone, judgement: Judgement) -> None:
        """Say how it stands and what comes next, where a person asked or must hear of it, if it is news."""
        request_id = entry.request_id
        text = render(tell_all(judgement, None), self._local)
        must_be_heard = tone is Tone.BAD or entry.held
        if self._asked.get(request_id, "" if must_be_heard else text) == text:
            self.scheduler.follow(workspace, request_id)
            return
        self._ask(request_id, text)

        def tell(outlook: Message | None) -> None:
            self.say(workspace, entry, tone, render(tell_all(judgement, outlook), self._local))

        self.scheduler.follow(workspace, request_id, tell)

    def _show_lines(self, workspace: Workspace, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            if not self._dispatch.holds(entry.request_id):
                self._log.put(workspace, entry)

    def _give_up_unwritten(self, opened: Workspace) -> None:
        # The journal was opened anew: what it does not know of a call is looked up, and told then.
        for request_id, told in [*self._unwritten.items()]:
            if told[0] is not opened and not told[0].practice:
                del self._unwritten[request_id]
                self._status.take_back(request_id)

    def _count(self, workspace: Workspace, outstanding: Outstanding) -> None:
        # After each visit to the journal, in which it was tried again.
        for request_id, told in [*self._unwritten.items()]:
            if not told[0].sender.is_unwritten(request_id):
                del self._unwritten[request_id]
                self._tell(*told)
        self.counted.emit(workspace, outstanding)
