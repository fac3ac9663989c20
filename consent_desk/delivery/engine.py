"""Delivers what one journal holds: notes, sends, looks up, and tells what came of it. Knows no window.

One thread notes and plans; each host has one that sends and one that looks. The journal is the queue: what
waits here is IDs, and `claim` decides who sends.
Long because it follows a consent from its noting until it is settled.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Lock, RLock
from time import monotonic
from typing import TYPE_CHECKING, assert_never

from consent_desk.delivery import steps
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
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.queue import HostQueue
from consent_desk.delivery.scheduler import NAP, Outstanding, Scheduler, Task
from consent_desk.delivery.sender import Sender, Sent
from consent_desk.delivery.settings import Find, KnownSettings
from consent_desk.delivery.steps import Rank, Steps
from consent_desk.delivery.verifier import Failed, Looked, LookResult, Verifier
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.values import Consent, CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.messages import STAMPED_WRONG, TURNS_OPT_OUT
from consent_desk.domain.lifecycle.policy import Failing, Step
from consent_desk.domain.lifecycle.record import Context, Entry
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.project import PRACTICE_ID, Project
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.engagement.limits import Limits

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

KEYRING_PAUSE = 300_000_000
"""Microseconds: a locked keyring may ask its person each time that it is asked."""

LEFT_TO_ANOTHER = 60_000_000
"""Microseconds that a program has for sending what it has noted, before another one at the journal does."""

MOST_HOSTS = 4
"""Hosts that are sent to at the same time; as many again are looked into."""

REMEMBERED = 1_000
"""Consents that a person asked for, the last ones: they come before what waits from earlier days."""

CLOSED_WITHIN = 0.5
"""Seconds within which an engine ends, whatever hangs."""

SOON = 0.025
"""Seconds after a noting until it is planned what becomes of it."""

COUNTED_EACH = 0.1
"""Seconds after which it is told again how many are outstanding: of thousands that leave, not with each."""

STEP = 0.02
"""Seconds that one step may take up what waits: between two of them a person's decision is noted."""

GRACE = 0.2
"""Seconds that a call under way is still given as the engine is closed."""

_OF_THE_KEY = frozenset({Field.API_KEY_ID, Field.API_SECRET})

_NOWHERE = BaseUrl(scheme="http", host="127.0.0.1")
"""Where a consent goes whose project was removed: it is not sent at all."""

_WAITS_TO_LEAVE = frozenset({State.QUEUED, State.RETRY_WAIT})

_CLOSED = JournalError(
    say("The decision is not noted: the journal was closed meanwhile."), say("Press Send again.")
)

_UNKNOWN = say("What comes next is not known: the journal cannot be read now.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Send:
    """One that is to leave. Its settings are looked up when it does."""

    entry: Entry
    by_person: bool = True
    kept: bool = False
    second: bool = False

    @property
    def rank(self) -> int:
        """Opt-outs first, of a kind those that a person asked for, and what is one of a list at the end."""
        if self.kept:
            return 4
        return 2 * (self.entry.action is Action.ACCEPT) + (not self.by_person)


@dataclass(slots=True)
class _Held:
    """Waits for an answer about its customer, until then at most. `gives_up`: then it is cancelled."""

    entry: Entry
    until: float
    gives_up: bool = False


class Engine:
    """Delivers what `journal` holds, once it was started. May be called from any thread; nothing blocks it.

    `report` is told each event after what it tells of was committed, on a thread of the engine: it has to
    return at once, and may raise without harm. `log` is given what is a bug.
    """

    def __init__(
        self,
        *,
        journal: "SqliteJournal",
        outbox: Outbox,
        sender: Sender,
        verifier: Verifier,
        scheduler: Scheduler,
        clock: ClockWatch,
        limits: Limits,
        log: Callable[[Exception], None],
        practice: bool = False,
    ) -> None:
        self._journal = journal
        self._outbox = outbox
        self._sender = sender
        self._verifier = verifier
        self._scheduler = scheduler
        self._clock = clock
        self._limits = limits
        self._log = log
        self._practice = practice
        self._report_to: Callable[[Event], None] | None = None
        self._steps = Steps(self._wake, log)
        self._settings = KnownSettings(
            partial(self._steps.post, rank=Rank.OUTCOME),
            lambda project_id: self._report(Supplied(project_id=project_id)),
        )
        # The schedule is asked from other threads too. Held for as long as a step, and over no call.
        self._planning = RLock()
        self._sends: HostQueue[_Send] = HostQueue("send", MOST_HOSTS, self._send, limits.paused)
        self._looks: HostQueue[Callable[[], Callable[[], None]]] = HostQueue(
            "look up", MOST_HOSTS, _call, limits.paused
        )
        # What waits to be looked up: one reading of a customer's history serves all that is due by then.
        self._to_look_up: dict[tuple[str, CustomerId, bool], tuple[Project, dict[str, Task]]] = {}
        self._gathered = 0
        self._resting = False
        self._plan_at: float | None = None
        self._asked: dict[str, None] = {}
        self._held: dict[str, _Held] = {}
        # What was due while it was held.
        self._due: dict[str, Task] = {}
        # What is to be noted, and was not told of yet.
        self._noting: set[str] = set()
        # A lock of its own: whoever cancels waits for no disk.
        self._cancelling = Lock()
        self._cancelled: set[str] = set()
        self._untold: dict[str, str] = {}
        self._unwritten: dict[str, Sent] = {}
        self._counted: Outstanding | None = None
        self._count_at, self._is_count_due = 0.0, False
        self._uncounted: set[str] = set()
        # Planned a moment later: reading the journal would take time from their sending.
        self._soon: list[str] = []
        self._soon_at = 0.0
        # The number of the last fact that was read, or written here.
        self._read_up_to = 0
        self._others_wrote = False

    # -- what it is told ----------------------------------------------------------------------------

    def start(self, report: Callable[[Event], None], find: Find) -> None:
        """Tell `report` from now on, and take up what an earlier run left; settings come from `find`."""
        self._report_to, self._settings.find, self._resting = report, find, False
        self._settings.forget_all()
        self._counted = None
        self._steps.post(self._begin, Rank.PLAN)

    def rest(self) -> None:
        """Do nothing by itself until it is started anew."""
        self._resting = True

    def note(
        self,
        project: Project,
        consents: Sequence[tuple[Consent, Context]],
        *,
        again: Collection[str] = (),
        is_stamped: bool = False,
        hold: float = 0.0,
    ) -> None:
        """Note `consents`, all or none, then send them: `Noted` or `NotNoted` tells, or `Repeated`.

        Those of the categories `again` are noted though they were minutes ago. `is_stamped`: a former try
        has stamped them. They are held so many seconds, unless they are released.
        """
        request_id = consents[0][0].request_id
        self._noting.add(request_id)

        def step() -> None:
            try:
                entries = self._note(project, consents, again, is_stamped=is_stamped)
            except Exception as error:  # noqa: BLE001 -- whatever it is, a person is told that it is not noted
                if not isinstance(error, JournalError):
                    self._log(error)
                self._noting.discard(request_id)
                self._report(NotNoted(request_id=request_id, error=error))
                return
            if entries and hold:
                until = monotonic() + hold
                self._held.update((entry.request_id, _Held(entry, until)) for entry in entries)
                self._set_wake()
                for entry in entries:
                    # What it overtakes does not wait for its release.
                    self._steps.post(partial(self._plan_anew, entry.request_id), Rank.PLAN)
            self._noting.discard(request_id)
            if entries:
                self._report(Noted(request_id=request_id, entries=entries))
            if entries and not hold:
                self._deliver(entries)

        self._steps.post(step, Rank.PERSON)

    def _note(
        self,
        project: Project,
        consents: Sequence[tuple[Consent, Context]],
        again: Collection[str],
        *,
        is_stamped: bool,
    ) -> tuple[Entry, ...]:
        """The lines of what was noted; none where it is a repetition, which is told."""
        request_id = consents[0][0].request_id
        repeated = self._outbox.repeated(project, [one for one, _ in consents if one.category not in again])
        if repeated:
            self._report(Repeated(request_id=request_id, consents=repeated))
            return ()
        stamped = tuple(one for one, _ in consents)
        if not is_stamped:
            stamped = self._outbox.stamp_all(project, consents)
        self._report(Stamped(request_id=request_id, consents=stamped))
        contexts = (context for _, context in consents)
        entries = self._outbox.note_all(project, tuple(zip(stamped, contexts, strict=True)))
        self._settings.know(project)
        with self._planning:
            self._uncounted.update(entry.request_id for entry in entries)
        return entries

    def deliver(self, entry: Entry, project: Project) -> None:
        """Send what was noted for `project` elsewhere, an opt-in when nothing stands in its way."""

        def step() -> None:
            self._settings.know(project)
            with self._planning:
                self._uncounted.add(entry.request_id)
            self._deliver((entry,))

        self._steps.post(step, Rank.PERSON)

    def hold(self, request_ids: Collection[str], seconds: float, *, gives_up: bool = False) -> None:
        """Hold what is held from now on so many seconds more; then it leaves, or is cancelled."""

        def step() -> None:
            for request_id in request_ids:
                if (held := self._held.get(request_id)) is not None:
                    held.until, held.gives_up = monotonic() + seconds, gives_up
            self._set_wake()

        self._steps.post(step, Rank.PERSON)

    def release(self, request_ids: Collection[str]) -> None:
        """Hold these no more: they leave."""
        self._steps.post(partial(self._release, tuple(request_ids)), Rank.PERSON)

    def send_again(self, entry: Entry, decided_by: str = "") -> None:
        """Send the same bytes once more, as a person wants it.

        `decided_by`: whoever has it sent though nobody knows whether it is there; that is written down first.
        """

        def step() -> None:
            try:
                if decided_by and not self._sender.decide(entry.request_id, decided_by):
                    self._report(Undecided(entry=entry, error=None))
                    return
                self._sender.insist(entry.request_id)
            except JournalError as error:
                self._report(Undecided(entry=entry, error=error))
                return
            self._cancelled.discard(entry.request_id)
            self._ask(entry.request_id)
            self._trust(entry.project_id)
            self._settings.need(
                entry.project_id,
                lambda: self._queue(_Send(entry=entry)),
                lambda why: self._report(Withheld(entry=entry, why=why, by_person=True)),
            )

        self._steps.post(step, Rank.PERSON)

    def send_kept(self, entry: Entry, project: Project) -> None:
        """Send one of a list of those that were refused before, after all others."""

        def step() -> None:
            self._settings.know(project)
            self._trust(project.id)
            self._asked.pop(entry.request_id, None)
            self._queue(_Send(entry=entry, kept=True))

        self._steps.post(step, Rank.PERSON)

    def cancel(self, entry: Entry) -> bool:
        """Cancel one that has not left, for good; False where it is cancelled already.

        What is under way is ended; the outcome says honestly how far it had come.
        """
        request_id = entry.request_id
        with self._cancelling:
            if request_id in self._cancelled:
                return False
            self._cancelled.add(request_id)
        self._held.pop(request_id, None)
        if self._sends.remove(request_id) is None and self._sends.is_under_way(request_id):
            self._sender.cancel(request_id)
        else:
            self._steps.post(partial(self._discard, entry), Rank.PERSON)
        return True

    def learn(self, request_id: str, note: str) -> None:
        """Write down what was learnt of the customer of a consent; later, where it is on its way."""
        # Before it is released, where it is held.
        self._steps.post(partial(self._learn, request_id, note), Rank.PERSON)

    def follow(self, request_id: str) -> None:
        """Something was written of it elsewhere: plan anew. What was given up is held no more."""

        def step() -> None:
            if self._journal.entry(request_id).state not in _WAITS_TO_LEAVE:
                self._held.pop(request_id, None)
                self._due.pop(request_id, None)
            self._plan_anew(request_id)

        self._steps.post(step, Rank.PLAN)

    def settings_changed(self, project_id: str) -> None:
        """The settings of a project were saved, or removed: what waited for them goes on."""

        def step() -> None:
            self._settings.forget(project_id)
            self._hasten(project_id)

        self._steps.post(step, Rank.PERSON)

    def settings_work(self, project_id: str) -> None:
        """A check of them has passed."""
        self._steps.post(partial(self._trust, project_id), Rank.PERSON)

    def forget(self, project_id: str, customer: CustomerId, *, erased: bool = False) -> None:
        """Plan nothing any more for a customer who is to be erased; who is `erased`, is known no more."""
        with self._planning:
            self._scheduler.forget(project_id, customer)
            for subject in [*self._to_look_up]:
                if subject[:2] == (project_id, customer):
                    self._to_look_up[subject][1].clear()

        def step() -> None:
            for known in (self._held, self._due, self._unwritten):
                for request_id, one in [*known.items()]:
                    if (one.entry.project_id, one.entry.customer) == (project_id, customer):
                        del known[request_id]

        if erased:
            self._steps.post(step, Rank.PERSON)

    # -- what it is asked ---------------------------------------------------------------------------

    def holds(self, request_id: str) -> bool:
        """Whether it waits to leave, or is under way."""
        return self._sends.holds(request_id)

    def is_held(self, request_id: str) -> bool:
        """Whether it waits for an answer about its customer."""
        return request_id in self._held

    def outlook(self, request_id: str) -> Message | None:
        """What comes next for a consent; None where nothing is left to say."""
        with self._planning:
            return self._scheduler.outlook(request_id)

    def failing(self, request_id: str) -> Failing | None:
        """The looks that told nothing so far; None where the last one told something."""
        with self._planning:
            return self._scheduler.failing(request_id)

    def question(self, request_id: str) -> Message | None:
        """What a person is asked who wants it sent again; None where nothing is."""
        with self._planning:
            return self._scheduler.question(request_id)

    @property
    def is_behind(self) -> bool:
        """Whether something was noted that is not counted yet."""
        return bool(self._uncounted) or self._is_count_due

    def outstanding(self) -> Outstanding:
        """What Engagement may not have yet, with what was noted just now, if that can be read."""
        with self._planning:
            for request_id in [*self._uncounted]:
                with suppress(JournalError):
                    self._scheduler.follow(request_id)
            return self._scheduler.outstanding()

    def lists(self) -> tuple[frozenset[str], frozenset[str]]:
        """The request IDs of those that a person is asked about, and of those that are looked up still."""
        with self._planning:
            return self._scheduler.lists()

    def open_entries(self) -> tuple[Entry, ...]:
        """The lines of what Engagement may not have yet, the oldest first. Raises JournalError."""
        with self._planning:
            return self._scheduler.open_entries()

    def close(self, seconds: float = CLOSED_WITHIN) -> None:
        """End within about so many seconds: no new call, those under way are cut, what they told is written.

        What hangs is left behind, and what it still finds out is dropped. Nothing is told any more.
        """
        until = monotonic() + seconds
        self._held.clear()
        self._steps.finish(until)
        self._sends.close()
        self._looks.close()
        self._sends.idle(min(GRACE, seconds))
        self._sender.stop()
        self._sends.idle(max(0.0, until - monotonic()))
        self._steps.finish(until)
        for request_id in [*self._noting]:
            # Their rows may be there all the same: who tries again bears the same IDs.
            self._report(NotNoted(request_id=request_id, error=_CLOSED))
        self._report_to = None
        self._steps.close(until)
        self._sender.write_again()

    # -- what comes next --------------------------------------------------------------------------

    def _wake(self) -> None:
        now = monotonic()
        over = [one for one in [*self._held.values()] if one.until <= now]
        given_up = [one.entry for one in over if one.gives_up]
        self._release(tuple(one.entry.request_id for one in over if not one.gives_up))
        if given_up:
            self._report(Released(request_ids=tuple(entry.request_id for entry in given_up), given_up=True))
            for entry in given_up:
                self.cancel(entry)
        if self._soon_at <= now:
            soon, self._soon = self._soon, []
            for request_id in soon:
                if request_id in self._uncounted:
                    self._steps.post(partial(self._plan_anew, request_id), Rank.PLAN)
        try:
            if not self._practice:
                self._see_others()
        finally:
            self._go_on()

    def _set_wake(self) -> None:
        # Another program may have written meanwhile.
        times = [held.until for held in [*self._held.values()]] + [monotonic() + NAP]
        if self._plan_at is not None:
            times.append(self._plan_at)
        if self._soon:
            times.append(self._soon_at)
        if self._is_count_due:
            times.append(self._count_at)
        self._steps.wake_in(max(0.0, min(times) - monotonic()))

    def _report(self, event: Event) -> None:
        report = self._report_to
        if report is not None:
            try:
                report(event)
            except Exception as error:  # noqa: BLE001 -- whoever listens does no harm
                self._log(error)

    def _begin(self) -> None:
        with self._planning:
            self._scheduler.begin()
            if self._practice:
                # Its server was not there meanwhile.
                self._scheduler.hasten(PRACTICE_ID)
        if not self._practice:
            self._read_up_to = self._journal.newest_fact()
        self._go_on()

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
            self._steps.post(partial(self._plan_anew, request_id), Rank.PLAN)

    def _plan_anew(self, request_id: str, *, is_told: bool = False) -> Message | None:
        """Plan anew after something happened to it; return what comes next, None where it is done now.

        `is_told`: an event of its own tells of its line.
        """
        try:
            with self._planning:
                self._uncounted.discard(request_id)
                entries = self._scheduler.follow(request_id)
            if is_told:
                entries = tuple(one for one in entries if one.request_id != request_id)
            return self._go_on(entries, request_id)
        except JournalError:
            self._plan_at = monotonic() + steps.RETRY
            self._set_wake()
            return _UNKNOWN

    def _go_on(self, entries: tuple[Entry, ...] = (), request_id: str = "") -> Message | None:
        """Begin what is due, and tell of `entries`, lines that may have changed."""
        if self._resting:
            return None
        with self._planning:
            written = self._sender.write_again()
            entries += self._scheduler.catch_up(written, STEP)
            tasks = self._scheduler.due()
            is_done_now = any(task.due.request_id == request_id for task in tasks)
            outlook = None if is_done_now or not request_id else self._scheduler.outlook(request_id)
            check = self._scheduler.clock_check()
            wait = steps.RETRY if self._sender.has_unwritten else self._scheduler.wait()
            outstanding = self._scheduler.outstanding()
        self._plan_at = None if wait is None else monotonic() + wait
        self._tell_count(outstanding)
        self._set_wake()
        looked_up = tuple(task.entry for task in tasks if task.due.plan.step is Step.LOOK_UP)
        lines = tuple(one for one in entries + looked_up if not self._sends.holds(one.request_id))
        if lines:
            self._report(Changed(entries=lines))
        for task in tasks:
            # One by one: what fails of one leaves the others handed out.
            self._steps.post(partial(self._take_on, task), Rank.OUTCOME)
        if check is not None:
            self._check_clock(check)
        self._tell_written()
        return outlook

    def _tell_count(self, outstanding: Outstanding) -> None:
        now = monotonic()
        if outstanding != self._counted and now >= self._count_at:
            self._counted, self._count_at = outstanding, now + COUNTED_EACH
            self._report(Counted(outstanding=outstanding))
        self._is_count_due = outstanding != self._counted

    def _tell_written(self) -> None:
        """Tell once more of the outcomes that could be written by now."""
        for request_id, sent in [*self._unwritten.items()]:
            if not self._sender.is_unwritten(request_id):
                entry = self._journal.entry(request_id)
                del self._unwritten[request_id]
                if entry.state is not sent.entry.state:
                    # Another program has settled it meanwhile.
                    self._report(Changed(entries=(entry,)))
                    continue
                with self._planning:
                    outlook = self._scheduler.outlook(request_id)
                self._report(Settled(entry=sent.entry, judgement=sent.judgement, outlook=outlook))

    def _put_back(self, task: Task, wait: int = KEYRING_PAUSE) -> None:
        with self._planning:
            entries = self._scheduler.put_back(task.due, wait)
        self._go_on(entries)

    def _left_to_another(self, entry: Entry) -> int:
        """Microseconds for which another program may still hold what it has noted, and asks about it."""
        age = self._clock.moment().now.micros - entry.noted_at.micros
        is_fresh = entry.state is State.QUEUED and 0 <= age < LEFT_TO_ANOTHER
        if not is_fresh or entry.request_id in self._asked or not self._journal.is_shared:
            return 0
        return LEFT_TO_ANOTHER - age

    def _put_off(self, request_id: str) -> None:
        with self._planning:
            entries = self._scheduler.put_off(request_id)
        self._go_on(entries)

    def _hasten(self, project_id: str) -> None:
        with self._planning:
            self._scheduler.hasten(project_id)
        self._go_on()

    def _trust(self, project_id: str) -> None:
        if self._settings.refused(project_id) is not None:
            self._settings.trust(project_id)
            self._report(Supplied(project_id=project_id))
            self._hasten(project_id)

    # -- sending ------------------------------------------------------------------------------------

    def _ask(self, request_id: str) -> None:
        self._asked.pop(request_id, None)
        self._asked[request_id] = None
        if len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]

    def _deliver(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._ask(entry.request_id)
            if entry.action is Action.REJECT:
                # Before anything is read: nothing stands in its way.
                self._queue(_Send(entry=entry))
        for entry in entries:
            if (task := self._due.pop(entry.request_id, None)) is not None:
                # It was due while it was held.
                self._take_on(task)
            if entry.action is Action.REJECT:
                self._report(Planned(entry=entry, outlook=None))
                self._soon.append(entry.request_id)
                self._soon_at = monotonic() + SOON
                self._set_wake()
            else:
                self._report(Planned(entry=entry, outlook=self._plan_anew(entry.request_id)))

    def _release(self, request_ids: tuple[str, ...]) -> None:
        held = [self._held.pop(one, None) for one in request_ids]
        entries = [one.entry for one in held if one is not None]
        if entries:
            self._report(Released(request_ids=tuple(entry.request_id for entry in entries)))
            self._deliver(entries)

    def _take_on(self, task: Task) -> None:
        entry, due = task.entry, task.due
        if due.plan.step is Step.SEND and entry.request_id in self._held:
            self._due[entry.request_id] = task
            return
        if due.plan.step is Step.SEND and self.holds(entry.request_id):
            return
        if due.plan.step is Step.SEND and (wait := self._left_to_another(entry)):
            self._put_back(task, wait)
            return

        def cannot(why: str | Message) -> None:
            self._report(Withheld(entry=entry, why=why))
            self._put_back(task)

        # What is only looked up is no harm, and shows when they work again.
        insists = due.plan.step is not Step.SEND or self._is_awaited(entry)
        self._settings.need(due.project_id, partial(self._act, task), cannot, insists=insists)

    def _act(self, task: Task) -> None:
        due, project = task.due, self._settings.of(task.due.project_id)
        with self._planning:
            if not self._scheduler.stands(due):
                # Something happened to it since it was handed out, and it was planned anew.
                return
        if due.plan.step is Step.SEND or (due.plan.unsent and project is None):
            self._send_due(task)
        elif project is None:
            self._put_off(due.request_id)
        else:
            self._gather(task, project)

    def _send_due(self, task: Task) -> None:
        entry = task.entry
        self._queue(_Send(entry=entry, by_person=self._is_awaited(entry), second=task.due.plan.second))

    def _is_awaited(self, entry: Entry) -> bool:
        """Whether somebody waits for it to leave: then it is tried though settings were refused before."""
        return entry.request_id in self._asked and entry.state is State.QUEUED and not entry.held

    def _queue(self, one: _Send) -> None:
        request_id = one.entry.request_id
        if request_id in self._cancelled:
            self._steps.post(partial(self._discard, one.entry), Rank.OUTCOME)
            return
        self._sender.admit(request_id)
        project = self._settings.of(one.entry.project_id)
        self._sends.add(project.base_url.authority if project else "", request_id, one, one.rank)
        if request_id in self._cancelled and self._sends.remove(request_id) is None:
            # Meanwhile: it may be under way already.
            self._sender.cancel(request_id)

    def _send(self, one: _Send) -> Callable[[], None]:
        """On the thread of a host; returns what the journal thread is then given to do."""
        entry = one.entry
        is_refused = self._settings.refused(entry.project_id) is not None
        if entry.project_id not in self._settings or (is_refused and not one.by_person):
            # They were changed, or refused, while it waited.
            return partial(self._steps.post, partial(self._wait_for_settings, one), Rank.OUTCOME)
        project = self._settings.of(entry.project_id)
        address = _NOWHERE if project is None else project.base_url
        is_first = one.by_person and entry.action is Action.REJECT
        try:
            if project is not None and entry.action is Action.ACCEPT and entry.state is State.REFUSED:
                # It does not wait by itself until somebody tells the time.
                self._clock.learn(project)
            with self._limits.booked(address, first=is_first):
                self._report(Sending(entry=entry, by_person=one.by_person, second=one.second))
                sent = self._sender.send(entry.request_id, project, by_person=one.by_person)
            self._heed_refusal(sent, project)
        except Exception as error:  # noqa: BLE001 -- the border of a thread: it is told
            if not isinstance(error, JournalError):
                self._log(error)
            return partial(self._steps.post, partial(self._take_failure, one, error), Rank.OUTCOME)
        # Whoever waits for it is told before what comes of thousands that were left.
        rank = Rank.PERSON if one.by_person else Rank.OUTCOME
        return partial(self._steps.post, partial(self._take_sent, one, sent), rank)

    def _heed_refusal(self, sent: Sent | Message | None, project: Project | None) -> None:
        """At once, on the thread of the host: the others would fare no better, and might be thousands."""
        if not isinstance(sent, Sent) or sent.entry.state is not State.REFUSED:
            return
        # Not where others were saved since it was sent.
        is_current = project is not None and self._settings.of(project.id) is project
        if is_current and sent.judgement.field in _OF_THE_KEY:
            self._settings.refuse(sent.entry.project_id, sent.judgement.headline)

    def _wait_for_settings(self, one: _Send) -> None:
        entry = one.entry

        def cannot(why: str | Message) -> None:
            self._report(Withheld(entry=entry, why=why))
            with self._planning:
                entries = self._scheduler.put_off(entry.request_id, KEYRING_PAUSE)
            self._go_on(entries)

        self._settings.need(entry.project_id, partial(self._queue, one), cannot, insists=one.by_person)

    def _take_sent(self, one: _Send, sent: Sent | Message | None) -> None:
        request_id = one.entry.request_id
        self._tell_untold(request_id)
        if not isinstance(sent, Sent):
            self._take_not_left(one, sent)
            return
        if request_id in self._cancelled and sent.entry.state in _WAITS_TO_LEAVE:
            # It has not left, and is not to be tried again.
            self._discard(sent.entry)
            return
        self._cancelled.discard(request_id)
        if sent.trouble is not None and self._sender.is_unwritten(request_id):
            # A person hears of it: so they shall hear the rest.
            self._ask(request_id)
            self._unwritten[request_id] = sent
            told = Settled(entry=sent.entry, judgement=sent.judgement, outlook=None, trouble=sent.trouble)
            self._report(told)
            self._plan_anew(request_id)
            return
        outlook = self._plan_anew(request_id, is_told=True)
        self._report(
            Settled(
                entry=sent.entry,
                judgement=sent.judgement,
                outlook=outlook,
                by_person=one.by_person and not one.kept,
            )
        )
        if sent.entry.state is State.DELIVERED:
            self._trust(sent.entry.project_id)

    def _take_not_left(self, one: _Send, why: Message | None) -> None:
        entry = one.entry
        if entry.request_id in self._cancelled:
            # It was never begun, so that nothing of it could be ended.
            self._discard(entry)
            return
        with suppress(JournalError):
            entry = self._journal.entry(entry.request_id)
        self._report(NotLeft(entry=entry, why=why, by_person=one.by_person, kept=one.kept))
        # What waits for another consent, or the clock, goes on by itself.
        waits = why not in (None, STAMPED_WRONG, TURNS_OPT_OUT) and one.entry.state in _WAITS_TO_LEAVE
        if one.entry.held or waits:
            self._put_off(entry.request_id)
        else:
            self._plan_anew(entry.request_id)

    def _take_failure(self, one: _Send, error: Exception) -> None:
        entry = one.entry
        self._tell_untold(entry.request_id)
        if entry.request_id in self._cancelled:
            self._discard(entry)
            return
        with suppress(JournalError):
            entry = self._journal.entry(entry.request_id)
        self._report(SendFailed(entry=entry, error=error))
        if isinstance(error, JournalError) or entry.state in _WAITS_TO_LEAVE:
            self._put_off(entry.request_id)
        else:
            self._plan_anew(entry.request_id)

    def _discard(self, entry: Entry) -> None:
        request_id = entry.request_id
        try:
            sent = self._sender.discard(request_id, practice=self._practice)
        except JournalError as error:
            # So that it can be tried again; and it is not lost.
            self._cancelled.discard(request_id)
            self._report(NotCancelled(entry=entry, error=error))
            self._put_off(request_id)
            return
        outlook = self._plan_anew(request_id)
        if sent is not None:
            self._report(Settled(entry=sent.entry, judgement=sent.judgement, outlook=outlook))
            return
        entry = self._journal.entry(request_id)
        if entry.state is not State.DISCARDED:
            # It has gone on, here or in another program, and what comes next comes.
            self._cancelled.discard(request_id)
        self._report(Changed(entries=(entry,)))

    def _tell_untold(self, request_id: str) -> None:
        if (note := self._untold.pop(request_id, None)) is not None:
            self._learn(request_id, note)

    def _learn(self, request_id: str, note: str) -> None:
        with suppress(JournalError):
            # Where it cannot be written now, the verification makes up for it.
            entry = self._outbox.learn(request_id, note)
            if entry is None:
                self._untold[request_id] = note
                return
            self._report(Learnt(entry=entry))
            if request_id not in self._held:
                self._plan_anew(request_id)

    # -- looking up ---------------------------------------------------------------------------------

    def _gather(self, task: Task, project: Project) -> None:
        """Look it up with all that is due for its customer until that begins."""
        # What leaves soon all the same waits for no history that is read far back for others.
        key = (task.due.project_id, task.entry.customer, task.due.is_before_leaving)
        with self._planning:
            is_first = key not in self._to_look_up
            _, tasks = self._to_look_up.get(key, (project, {}))
            tasks[task.due.request_id] = task
            self._to_look_up[key] = project, tasks
        if is_first:
            self._gathered += 1
            self._looks.add(project.base_url.authority, str(self._gathered), partial(self._look, key))

    def _look(self, key: tuple[str, CustomerId, bool]) -> Callable[[], None]:
        """On the thread of a host."""
        with self._planning:
            project, tasks = self._to_look_up.pop(key)
        dues = [task.due for task in tasks.values()]
        try:
            for due, result in self._verifier.look_up_all(dues, project):
                take = partial(self._take_look, tasks.pop(due.request_id), project, result)
                self._steps.post(take, Rank.OUTCOME)
        except Exception as error:  # noqa: BLE001 -- the border of a thread: what is left is tried again
            if not isinstance(error, JournalError):
                self._log(error)
        for task in tasks.values():
            self._steps.post(partial(self._end_look, task), Rank.OUTCOME)
        return lambda: None

    def _end_look(self, task: Task, wait: int = 0, failing: Failing | None = None) -> None:
        with self._planning:
            entries = self._scheduler.end_look(task.due, wait, failing)
        self._go_on(entries)

    def _take_look(self, task: Task, project: Project, result: LookResult) -> None:
        request_id = task.due.request_id
        match result:
            case Looked(entry=entry) if entry.state in _WAITS_TO_LEAVE:
                # It is not there, and leaves in its turn.
                self._report(Changed(entries=(entry,)))
                self._plan_anew(request_id)
            case Looked():
                outlook = self._plan_anew(request_id, is_told=True)
                self._report(LookedUp(entry=result.entry, judgement=result.judgement, outlook=outlook))
            case Failed():
                if result.is_written:
                    self._plan_anew(request_id)
                else:
                    self._end_look(task, result.wait, result.failing)
                with self._planning:
                    outlook = self._scheduler.outlook(request_id)
                self._report(Missed(entry=task.entry, failing=result.failing, outlook=outlook))
            case None if task.due.plan.unsent and not task.due.is_before_leaving:
                # Its project leads elsewhere: it is not sent either, which is told.
                self._send_due(task)
            case JournalError() | None:
                self._end_look(task)
            case _ as never:
                assert_never(never)

    def _check_clock(self, task: Task) -> None:
        def check() -> None:
            project = self._settings.of(task.due.project_id)
            # Of a project that was removed nobody can be asked: the next time it is another one's turn.
            if project is not None:
                ask = partial(self._ask_for_time, task.entry, project)
                host = project.base_url.authority
                self._looks.add(host, f"clock of {host}", ask)

        def cannot(why: str | Message) -> None:
            self._report(Withheld(entry=task.entry, why=why))
            with self._planning:
                self._scheduler.put_off_check(KEYRING_PAUSE)
            self._go_on()

        self._settings.need(task.due.project_id, check, cannot)

    def _ask_for_time(self, entry: Entry, project: Project) -> Callable[[], None]:
        """On the thread of a host."""
        try:
            self._clock.check(project)
        except Exception as error:  # noqa: BLE001 -- the border of a thread: it is asked again
            self._log(error)

        def step() -> None:
            # Whoever was told that it waits for the time is told what comes next.
            outlook = self._go_on(request_id=entry.request_id)
            if outlook is not None:
                self._report(Planned(entry=entry, outlook=outlook))

        return partial(self._steps.post, step, Rank.OUTCOME)


def _call(work: Callable[[], Callable[[], None]]) -> Callable[[], None]:
    return work()
