"""Does what is due without being asked: sends again, looks up, and keeps the lines of the log true."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from consent_desk.delivery.scheduler import Outstanding, Task
from consent_desk.delivery.verifier import Failed, Looked
from consent_desk.domain.lifecycle.policy import Step
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.project import Project
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.workspace import Workspace

_SOON = 25
"""Milliseconds after a noting until it is planned what becomes of it."""

RETRY = 5.0
"""Seconds after which the journal is tried again, where it could not be read or written."""

KEYRING_PAUSE = 300_000_000
"""Microseconds: a locked keyring may ask its person each time that it is asked."""

_UNKNOWN = say("What comes next is not known: the journal cannot be read now.")

Tell = Callable[[Message | None], None]
"""Takes what comes next for a consent; None while it is being done, or where nothing is left to say."""

Find = Callable[[str, Callable[[Project | None], None], Callable[[str], None]], None]


@dataclass(frozen=True, slots=True)
class _News:
    """What the journal lane found out: changed lines, what is due, when to ask again, what is open."""

    entries: tuple[Entry, ...]
    tasks: tuple[Task, ...]
    wait: float | None
    outstanding: Outstanding
    outlook: Message | None
    check: Task | None


class SchedulerPresenter(QObject):
    """Emits `changed(Workspace, entries)`, `to_send(Workspace, Task, Project | None)` and `looked`.

    Who takes the last two has to `follow` or to `put_off` what they are about.

    `failed(Workspace, Entry, Failed)` tells that a look told nothing.

    `withheld(Entry, why)` tells that the settings of its project cannot be had now: it is tried again.
    `counted(Workspace, Outstanding)` tells how many consents Engagement may not have yet.
    """

    changed = Signal(object, object)
    to_send = Signal(object, object, object)
    looked = Signal(object, object)
    failed = Signal(object, object, object)
    withheld = Signal(object, str)
    counted = Signal(object, object)

    def __init__(self, runner: TaskRunner, find: Find, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = runner
        self._find = find
        self._timers: dict[bool, QTimer] = {}
        self._soon: list[tuple[Workspace, str]] = []
        self._current: dict[bool, Workspace | None] = {}
        # Who is to be told once more when the clock was checked, by the request ID.
        self._told_held: dict[str, Tell] = {}

    def begin(self, workspace: Workspace) -> None:
        """Take up what an earlier run left. What is still told of a workspace before this one is no news."""
        self._current[workspace.practice] = workspace
        if (timer := self._timers.pop(workspace.practice, None)) is not None:
            timer.stop()
        self._run(workspace, workspace.scheduler.begin)

    def rest(self) -> None:
        """Practice is left: nothing of it is due any more, until it is begun anew."""
        self._current[True] = None
        if (timer := self._timers.pop(True, None)) is not None:
            timer.stop()

    def follow(self, workspace: Workspace, request_id: str, tell: Tell | None = None) -> None:
        """Something happened to a consent: plan anew, and `tell` what comes next."""
        self._soon = [one for one in self._soon if one[1] != request_id]
        self._run(workspace, lambda: workspace.scheduler.follow(request_id), request_id, tell)

    def follow_soon(self, workspace: Workspace, request_id: str) -> None:
        """As `follow`, a moment later: reading the journal would take time from a sending that begins."""
        self._soon.append((workspace, request_id))
        QTimer.singleShot(_SOON, self, self.follow_up)

    def follow_up(self) -> None:
        """Follow at once what was to be followed soon."""
        soon, self._soon = self._soon, []
        for workspace, request_id in soon:
            self.follow(workspace, request_id)

    @property
    def is_behind(self) -> bool:
        """Whether there is a real consent that nothing is counted of yet: it was noted just now."""
        return any(not workspace.practice for workspace, _ in self._soon)

    def put_off(self, workspace: Workspace, request_id: str, wait: int = 0) -> None:
        """The last try told nothing: try again later."""
        self._run(workspace, lambda: workspace.scheduler.put_off(request_id, wait))

    def hasten(self, workspace: Workspace, project_id: str) -> None:
        """The settings of a project were saved: what waited for them goes on."""
        self._run(workspace, lambda: workspace.scheduler.hasten(project_id))

    def _run(
        self,
        workspace: Workspace,
        work: Callable[[], tuple[Entry, ...] | None],
        request_id: str = "",
        tell: Tell | None = None,
    ) -> None:
        def on_lane() -> _News:
            scheduler = workspace.scheduler
            entries = work() or ()
            entries += scheduler.catch_up(workspace.sender.write_again())
            # From here on nothing is read: what is handed out must arrive. In this order, for it is not
            # waited for.
            tasks = scheduler.due()
            is_done_now = any(task.due.request_id == request_id for task in tasks)
            outlook = None if tell is None or is_done_now else scheduler.outlook(request_id)
            check = scheduler.clock_check()
            wait = RETRY if workspace.sender.has_unwritten else scheduler.wait()
            return _News(entries, tasks, wait, scheduler.outstanding(), outlook, check)

        def failed(error: Exception) -> None:
            # The scheduler knows what could not be read, and catches up with it.
            self._sleep(workspace, RETRY)
            if tell is not None:
                tell(_UNKNOWN)

        take = partial(self._take, workspace, request_id, tell)
        self._runner.run(Lane.JOURNAL, on_lane, done=take, failed=failed)

    def _take(self, workspace: Workspace, request_id: str, tell: Tell | None, news: _News) -> None:
        if tell is not None:
            tell(news.outlook)
        if not self._is_current(workspace):
            return
        if news.entries:
            self.changed.emit(workspace, news.entries)
        begun = tuple(task.entry for task in news.tasks if task.due.plan.step is Step.LOOK_UP)
        if begun:
            # What is said of them is that they are being looked up.
            self.changed.emit(workspace, begun)
        self.counted.emit(workspace, news.outstanding)
        for task in news.tasks:
            self._act(workspace, task)
        if news.check is not None:
            if tell is not None and news.check.due.request_id == request_id:
                self._told_held[request_id] = tell
            self._check_clock(workspace, news.check)
        self._sleep(workspace, news.wait)

    def _is_current(self, workspace: Workspace) -> bool:
        return self._current.get(workspace.practice, workspace) is workspace

    def _sleep(self, workspace: Workspace, wait: float | None) -> None:
        if not self._is_current(workspace):
            return
        timer = self._timers.get(workspace.practice)
        if timer is None:
            timer = self._timers[workspace.practice] = QTimer(self)
            timer.setSingleShot(True)
            timer.timeout.connect(lambda: self._run(workspace, lambda: None))
        if wait is None:
            timer.stop()
        else:
            timer.start(int(wait * 1_000) + 1)

    def _act(self, workspace: Workspace, task: Task) -> None:
        def cannot(why: str) -> None:
            self.withheld.emit(task.entry, why)
            self._run(workspace, lambda: workspace.scheduler.put_back(task.due, KEYRING_PAUSE))

        self._told_held.pop(task.due.request_id, None)
        self._with_settings(workspace, task, partial(self._go, workspace, task), cannot)

    def _check_clock(self, workspace: Workspace, task: Task) -> None:
        def check(project: Project | None) -> None:
            # Of a project that was removed nobody can be asked: the next time it is another one's turn.
            if project is not None:
                self._runner.run(
                    Lane.LOOK_UP, lambda: workspace.transport.check(project), done=go_on, failed=go_on
                )

        def go_on(_ended: object) -> None:
            told, self._told_held = self._told_held, {}
            for request_id, tell in told.items():
                self._run(workspace, lambda: None, request_id, partial(_tell_if_known, tell))
            self._run(workspace, lambda: None)

        def cannot(why: str) -> None:
            self.withheld.emit(task.entry, why)
            self._run(workspace, lambda: workspace.scheduler.put_off_check(KEYRING_PAUSE))

        self._with_settings(workspace, task, check, cannot)

    def _with_settings(
        self,
        workspace: Workspace,
        task: Task,
        then: Callable[[Project | None], None],
        cannot: Callable[[str], None],
    ) -> None:
        if workspace.practice:
            then(workspace.sandbox)
        else:
            self._find(task.due.project_id, then, cannot)

    def _go(self, workspace: Workspace, task: Task, project: Project | None) -> None:
        due = task.due
        if due.plan.step is Step.SEND or (due.plan.unsent and project is None):
            self.to_send.emit(workspace, task, project)
        elif project is None:
            self.put_off(workspace, due.request_id)
        else:
            self._runner.run(
                Lane.LOOK_UP,
                lambda: workspace.verifier.look_up(due, project),
                done=partial(self._end_look, workspace, task, project),
                failed=lambda error: self._run(workspace, lambda: workspace.scheduler.end_look(due)),
            )

    def _end_look(
        self, workspace: Workspace, task: Task, project: Project, result: Looked | Failed | None
    ) -> None:
        due = task.due
        match result:
            case Looked(entry=entry) if entry.state in {State.QUEUED, State.RETRY_WAIT}:
                # It is not there, and leaves in its turn.
                self.changed.emit(workspace, (entry,))
                self.follow(workspace, due.request_id)
            case Looked():
                self.looked.emit(workspace, result)
            case Failed():
                if result.is_written:
                    self.follow(workspace, due.request_id)
                else:
                    self._run(
                        workspace, lambda: workspace.scheduler.end_look(due, result.wait, result.failing)
                    )
                self.failed.emit(workspace, task.entry, result)
            case None if due.plan.unsent and not due.is_before_leaving:
                # Its project leads elsewhere: it is not sent either, which is told.
                self.to_send.emit(workspace, task, project)
            case None:
                self._run(workspace, lambda: workspace.scheduler.end_look(due))


def _tell_if_known(tell: Tell, outlook: Message | None) -> None:
    """Tell what comes next, where something does: it may have been discarded meanwhile."""
    if outlook is not None:
        tell(outlook)
