"""What comes next: keeps the schedule of one journal up to date, and hands out what is due."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING

from consent_desk.delivery import threads
from consent_desk.delivery.events import Changed, Counted, Event
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.planned import Due
from consent_desk.delivery.scheduler import NAP, Outstanding, Scheduler, Task
from consent_desk.delivery.sender import Sender
from consent_desk.delivery.threads import Rank, Steps
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.policy import Failing, Step
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.project import PRACTICE_ID

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

SOON = 0.025
"""Seconds after a noting until it is planned what becomes of it: reading would delay the sending."""

COUNTED_EACH = 0.1
"""Seconds after which it is told again how many are outstanding: of thousands that leave, not with each."""

STEP = 0.02
"""Seconds that one step may take up what waits: between two of them a person's decision is noted."""

_UNKNOWN = say("delivery", "What comes next is not known: the journal cannot be read now.")


@dataclass(slots=True)
class _Held:
    entry: Entry
    until: float


class Holds:
    """What was noted and waits for an answer about its customer, until then at most in monotonic seconds."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        # What was due while it was held.
        self._due: dict[str, Task] = {}

    def __contains__(self, request_id: object) -> bool:
        return request_id in self._held

    def add(self, entries: Sequence[Entry], until: float) -> None:
        """Hold these."""
        self._held.update((entry.request_id, _Held(entry, until)) for entry in entries)

    def prolong(self, request_ids: Collection[str], until: float) -> None:
        """Hold what is held of these until then."""
        for request_id in request_ids:
            if (held := self._held.get(request_id)) is not None:
                held.until = until

    def put_off(self, task: Task) -> bool:
        """Keep `task` until its consent is held no more; False where it is not held."""
        if task.entry.request_id not in self._held:
            return False
        self._due[task.entry.request_id] = task
        return True

    def release(self, request_ids: Collection[str]) -> list[Entry]:
        """Hold these no more; return the lines of those that were held."""
        held = [self._held.pop(one, None) for one in request_ids]
        return [one.entry for one in held if one is not None]

    def take_due(self, request_id: str) -> Task | None:
        """What was due of one that is released."""
        return self._due.pop(request_id, None)

    def over(self, now: float) -> tuple[str, ...]:
        """The request IDs of those whose time is over."""
        return tuple(request_id for request_id, one in [*self._held.items()] if one.until <= now)

    def drop(self, request_id: str) -> None:
        """It does not leave any more."""
        self._held.pop(request_id, None)

    def forget(self, project_id: str, customer: CustomerId) -> None:
        """Its customer was erased."""
        for known in (self._held, self._due):
            for request_id, one in [*known.items()]:
                if (one.entry.project_id, one.entry.customer) == (project_id, customer):
                    del known[request_id]

    def clear(self) -> None:
        """Hold nothing any more, and let nothing leave."""
        self._held.clear()

    @property
    def times(self) -> list[float]:
        """When each is over."""
        return [one.until for one in [*self._held.values()]]


class Planning:
    """Plans what becomes of each consent, on the thread of the steps; the schedule is asked from any.

    `take_on` is given what is due, `check_clock` a held opt-in for whose project the time is to be asked; of
    what `is_leaving` no line is told. `written` is called when outcomes may have been written down.
    """

    def __init__(
        self,
        *,
        journal: "SqliteJournal",
        outbox: Outbox,
        sender: Sender,
        scheduler: Scheduler,
        steps: Steps,
        report: Callable[[Event], None],
        take_on: Callable[[Task], None],
        check_clock: Callable[[Task], None],
        is_leaving: Callable[[str], bool],
        written: Callable[[], None],
        practice: bool,
    ) -> None:
        self._journal = journal
        self._outbox = outbox
        self._sender = sender
        self._scheduler = scheduler
        self._steps = steps
        self._report = report
        self._take_on = take_on
        self._check_clock = check_clock
        self._is_leaving = is_leaving
        self._written = written
        self._practice = practice
        self.holds = Holds()
        self.is_resting = False
        # Held for as long as a step, and over no call.
        self._lock = RLock()
        self._plan_at: float | None = None
        self._counted: Outstanding | None = None
        self._count_at, self._is_count_due = 0.0, False
        self._uncounted: set[str] = set()
        self._soon: list[str] = []
        self._soon_at = 0.0
        # The number of the last fact that was read, or written here.
        self._read_up_to = 0
        self._others_wrote = False

    # -- what it is told ----------------------------------------------------------------------------

    def start(self) -> None:
        """Count anew; `begin` follows in its turn."""
        self.is_resting, self._counted = False, None

    def begin(self) -> None:
        """Take up what an earlier run left."""
        with self._lock:
            self._scheduler.begin()
            if self._practice:
                # Its server was not there meanwhile.
                self._scheduler.hasten(PRACTICE_ID)
        if not self._practice:
            self._read_up_to = self._journal.newest_fact()
        self.go_on()

    def wake(self) -> None:
        """Do what was to be done by now."""
        if self._soon_at <= monotonic():
            soon, self._soon = self._soon, []
            for request_id in soon:
                if request_id in self._uncounted:
                    self._steps.post(partial(self.plan_anew, request_id), Rank.PLAN)
        try:
            if not self._practice:
                self._see_others()
        finally:
            self.go_on()

    def set_wake(self) -> None:
        """Have it woken when something is to be done next."""
        # Another program may have written meanwhile.
        times = [*self.holds.times, monotonic() + NAP]
        if self._plan_at is not None:
            times.append(self._plan_at)
        if self._soon:
            times.append(self._soon_at)
        if self._is_count_due:
            times.append(self._count_at)
        self._steps.wake_in(max(0.0, min(times) - monotonic()))

    def expect(self, request_ids: Collection[str]) -> None:
        """These were noted, and are not counted so far. From any thread."""
        with self._lock:
            self._uncounted.update(request_ids)

    def plan_soon(self, request_id: str) -> None:
        """Plan one that was noted a moment later."""
        self._soon.append(request_id)
        self._soon_at = monotonic() + SOON
        self.set_wake()

    def plan_anew(self, request_id: str, *, is_told: bool = False) -> Message | None:
        """Plan anew after something happened to it; return what comes next, None where it is done now.

        `is_told`: an event of its own tells of its line.
        """
        try:
            with self._lock:
                self._uncounted.discard(request_id)
                entries = self._scheduler.follow(request_id)
            if is_told:
                entries = tuple(one for one in entries if one.request_id != request_id)
            return self.go_on(entries, request_id)
        except JournalError:
            self._plan_at = monotonic() + threads.RETRY
            self.set_wake()
            return _UNKNOWN

    def put_back(self, task: Task, wait: int) -> None:
        """It could not be begun: hand it out again after `wait` microseconds."""
        with self._lock:
            entries = self._scheduler.put_back(task.due, wait)
        self.go_on(entries)

    def put_off(self, request_id: str, wait: int = 0) -> None:
        """Try it later, after `wait` microseconds at the earliest."""
        with self._lock:
            entries = self._scheduler.put_off(request_id, wait)
        self.go_on(entries)

    def put_off_check(self, wait: int) -> None:
        """Ask for the time after `wait` microseconds at the earliest."""
        with self._lock:
            self._scheduler.put_off_check(wait)
        self.go_on()

    def end_look(self, due: Due, wait: int = 0, failing: Failing | None = None) -> None:
        """A look told nothing: look again later."""
        with self._lock:
            entries = self._scheduler.end_look(due, wait, failing)
        self.go_on(entries)

    def hasten(self, project_id: str) -> None:
        """Try again at once what was put off of a project."""
        with self._lock:
            self._scheduler.hasten(project_id)
        self.go_on()

    def forget(self, project_id: str, customer: CustomerId) -> None:
        """Plan nothing any more for a customer who is to be erased. From any thread."""
        with self._lock:
            self._scheduler.forget(project_id, customer)

    # -- what it is asked, from any thread -----------------------------------------------------------

    def stands(self, due: Due) -> bool:
        """Whether nothing has happened to a consent since `due` was handed out."""
        with self._lock:
            return self._scheduler.stands(due)

    def outlook(self, request_id: str) -> Message | None:
        """What comes next for a consent; None where nothing is left to say."""
        with self._lock:
            return self._scheduler.outlook(request_id)

    def failing(self, request_id: str) -> Failing | None:
        """The looks that told nothing so far; None where the last one told something."""
        with self._lock:
            return self._scheduler.failing(request_id)

    def question(self, request_id: str) -> Message | None:
        """What a person is asked who wants it sent again; None where nothing is."""
        with self._lock:
            return self._scheduler.question(request_id)

    @property
    def is_behind(self) -> bool:
        """Whether something was noted that is not counted yet."""
        return bool(self._uncounted) or self._is_count_due

    def outstanding(self) -> Outstanding:
        """What Engagement may not have yet, with what was noted just now, if that can be read."""
        with self._lock:
            for request_id in [*self._uncounted]:
                with suppress(JournalError):
                    self._scheduler.follow(request_id)
            return self._scheduler.outstanding()

    def lists(self) -> tuple[frozenset[str], frozenset[str]]:
        """The request IDs of those that a person is asked about, and of those that are looked up still."""
        with self._lock:
            return self._scheduler.lists()

    def open_entries(self) -> tuple[Entry, ...]:
        """The lines of what Engagement may not have yet, the oldest first. Raises JournalError."""
        with self._lock:
            return self._scheduler.open_entries()

    # -- what it does -------------------------------------------------------------------------------

    def go_on(self, entries: tuple[Entry, ...] = (), request_id: str = "") -> Message | None:
        """Hand out what is due, and tell of `entries`, lines that may have changed.

        Return what comes next for `request_id`; None where it is handed out now.
        """
        if self.is_resting:
            return None
        with self._lock:
            written = self._sender.write_again()
            entries += self._scheduler.catch_up(written, STEP)
            tasks = self._scheduler.due()
            is_done_now = any(task.due.request_id == request_id for task in tasks)
            outlook = None if is_done_now or not request_id else self._scheduler.outlook(request_id)
            check = self._scheduler.clock_check()
            wait = threads.RETRY if self._sender.has_unwritten else self._scheduler.wait()
            outstanding = self._scheduler.outstanding()
        self._plan_at = None if wait is None else monotonic() + wait
        self._tell_count(outstanding)
        self.set_wake()
        looked_up = tuple(task.entry for task in tasks if task.due.plan.step is Step.LOOK_UP)
        lines = tuple(one for one in entries + looked_up if not self._is_leaving(one.request_id))
        if lines:
            self._report(Changed(entries=lines))
        for task in tasks:
            # One by one: what fails of one leaves the others handed out.
            self._steps.post(partial(self._take_on, task), Rank.OUTCOME)
        if check is not None:
            self._check_clock(check)
        self._written()
        return outlook

    def _tell_count(self, outstanding: Outstanding) -> None:
        now = monotonic()
        if outstanding != self._counted and now >= self._count_at:
            self._counted, self._count_at = outstanding, now + COUNTED_EACH
            self._report(Counted(outstanding=outstanding))
        self._is_count_due = outstanding != self._counted

    def _see_others(self) -> None:
        """Plan anew what another program has changed, and what one that has ended left in flight."""
        newest = self._journal.newest_fact()
        self._plan_all(self._outbox.recover_flights())
        self._others_wrote = self._journal.changed_elsewhere() or self._others_wrote
        if not self._others_wrote:
            self._read_up_to = newest
            return
        while True:
            request_ids, last = self._journal.touched_since(self._read_up_to)
            if last == self._read_up_to:
                break
            self._plan_all(request_ids)
            self._read_up_to = last
        self._others_wrote = False

    def _plan_all(self, request_ids: Sequence[str]) -> None:
        for request_id in request_ids:
            self._steps.post(partial(self.plan_anew, request_id), Rank.PLAN)
