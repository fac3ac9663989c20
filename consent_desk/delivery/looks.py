"""Looks up what is due: of each host one customer after the other, with all that is due for them by then."""

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import assert_never

from consent_desk.delivery.events import Changed, Event, LookedUp, Missed, Planned, Withheld
from consent_desk.delivery.planning import Planning
from consent_desk.delivery.scheduler import Task
from consent_desk.delivery.settings import KEYRING_PAUSE, KnownSettings
from consent_desk.delivery.threads import MOST_HOSTS, HostQueue, Rank, Steps
from consent_desk.delivery.verifier import Failed, Looked, LookResult, Verifier
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import WAITS_TO_LEAVE
from consent_desk.domain.message import Message
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.clock_watch import ClockWatch

_Key = tuple[str, CustomerId, bool]


class Looks:
    """What waits to be looked up. `send`: what does not lead where it was sent is told by trying that."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        clock: ClockWatch,
        planning: Planning,
        settings: KnownSettings,
        steps: Steps,
        report: Callable[[Event], None],
        send: Callable[[Task], None],
        paused: Callable[[str], float],
        log: Callable[[Exception], None],
    ) -> None:
        self._verifier = verifier
        self._clock = clock
        self._planning = planning
        self._settings = settings
        self._steps = steps
        self._report = report
        self._send = send
        self._log = log
        self.queue: HostQueue[Callable[[], Callable[[], None]]] = HostQueue(
            "look up", MOST_HOSTS, _call, paused
        )
        # One reading of a customer's history serves all that is due by then.
        self._waiting: dict[_Key, tuple[Project, dict[str, Task]]] = {}
        self._lock = Lock()
        self._gathered = 0

    def gather(self, task: Task, project: Project) -> None:
        """Look it up with all that is due for its customer until that begins."""
        # What leaves soon all the same waits for no history that is read far back for others.
        key = (task.due.project_id, task.entry.customer, task.due.is_before_leaving)
        with self._lock:
            is_first = key not in self._waiting
            self._waiting.setdefault(key, (project, {}))[1][task.due.request_id] = task
        if is_first:
            self._gathered += 1
            self.queue.add(project.base_url.authority, str(self._gathered), partial(self._look, key))

    def forget(self, project_id: str, customer: CustomerId) -> None:
        """Look up nothing of a customer who is to be erased. From any thread."""
        with self._lock:
            for key, (_, tasks) in self._waiting.items():
                if key[:2] == (project_id, customer):
                    tasks.clear()

    def check_clock(self, task: Task) -> None:
        """Ask for the time of the project of a held opt-in."""

        def check() -> None:
            project = self._settings.of(task.due.project_id)
            # Of a project that was removed nobody can be asked: the next time it is another one's turn.
            if project is not None:
                host = project.base_url.authority
                self.queue.add(host, f"clock of {host}", partial(self._ask_for_time, task.entry, project))

        def cannot(why: str | Message) -> None:
            self._report(Withheld(entry=task.entry, why=why))
            self._planning.put_off_check(KEYRING_PAUSE)

        self._settings.need(task.due.project_id, check, cannot)

    def _look(self, key: _Key) -> Callable[[], None]:
        """On the thread of a host."""
        with self._lock:
            project, tasks = self._waiting.pop(key)
        dues = [task.due for task in tasks.values()]
        try:
            for due, result in self._verifier.look_up_all(dues, project):
                take = partial(self._take, tasks.pop(due.request_id), project, result)
                self._steps.post(take, Rank.OUTCOME)
        except Exception as error:  # noqa: BLE001 -- the border of a thread: what is left is tried again
            if not isinstance(error, JournalError):
                self._log(error)
        for task in tasks.values():
            self._steps.post(partial(self._planning.end_look, task.due), Rank.OUTCOME)
        return lambda: None

    def _take(self, task: Task, project: Project, result: LookResult) -> None:
        request_id = task.due.request_id
        match result:
            case Looked(entry=entry) if entry.state in WAITS_TO_LEAVE:
                # It is not there, and leaves in its turn.
                self._report(Changed(entries=(entry,)))
                self._planning.plan_anew(request_id)
            case Looked():
                outlook = self._planning.plan_anew(request_id, is_told=True)
                self._report(LookedUp(entry=result.entry, judgement=result.judgement, outlook=outlook))
            case Failed():
                if result.is_written:
                    self._planning.plan_anew(request_id)
                else:
                    self._planning.end_look(task.due, result.wait, result.failing)
                outlook = self._planning.outlook(request_id)
                self._report(Missed(entry=task.entry, failing=result.failing, outlook=outlook))
            case None if task.due.plan.unsent and not task.due.is_before_leaving:
                # Its project leads elsewhere: it is not sent either, which is told.
                self._send(task)
            case JournalError() | None:
                self._planning.end_look(task.due)
            case _ as never:
                assert_never(never)

    def _ask_for_time(self, entry: Entry, project: Project) -> Callable[[], None]:
        """On the thread of a host."""
        try:
            self._clock.check(project)
        except Exception as error:  # noqa: BLE001 -- the border of a thread: it is asked again
            self._log(error)

        def step() -> None:
            # Whoever was told that it waits for the time is told what comes next.
            outlook = self._planning.go_on(request_id=entry.request_id)
            if outlook is not None:
                self._report(Planned(entry=entry, outlook=outlook))

        return partial(self._steps.post, step, Rank.OUTCOME)


def _call(work: Callable[[], Callable[[], None]]) -> Callable[[], None]:
    return work()
