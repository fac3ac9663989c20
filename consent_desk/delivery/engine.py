"""Delivers what one journal holds: notes, sends, looks up, and tells what came of it. Knows no window.

One thread notes and plans; each host has one that sends and one that looks. The journal is the queue: what
waits here is IDs, and `claim` decides who sends.
Long because all that may be asked of it from outside is one class.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from threading import Event as Flag
from time import monotonic
from typing import TYPE_CHECKING

from consent_desk.delivery.events import Event, Planned, Released, Supplied, Undecided, Withheld
from consent_desk.delivery.looks import Looks
from consent_desk.delivery.noting import Noting
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.planning import Planning
from consent_desk.delivery.scheduler import Outstanding, Scheduler, Task
from consent_desk.delivery.sender import Sender
from consent_desk.delivery.sends import QueuedSend, Sends
from consent_desk.delivery.settings import KEYRING_PAUSE, Find, KnownSettings
from consent_desk.delivery.threads import Rank, Steps
from consent_desk.delivery.verifier import Verifier
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.policy import Failing, Step
from consent_desk.domain.lifecycle.record import Context, Entry
from consent_desk.domain.lifecycle.state import WAITS_TO_LEAVE, State
from consent_desk.domain.message import Message
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.calls import Limits
from consent_desk.engagement.clock_watch import ClockWatch

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

LEFT_TO_ANOTHER = 60_000_000
"""Microseconds that a program has for sending what it has noted, before another one at the journal does."""

CLOSED_WITHIN = 0.5
"""Seconds within which an engine ends, whatever hangs."""

GRACE = 0.2
"""Seconds that a call under way is still given as the engine is closed."""


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
        self._clock = clock
        self._log = log
        self._report_to: Callable[[Event], None] | None = None
        self._is_closed = False
        self._steps = Steps(self._wake, log)
        self._settings = KnownSettings(
            partial(self._steps.post, rank=Rank.OUTCOME),
            lambda project_id: self._report(Supplied(project_id=project_id)),
        )
        self._planning = Planning(
            journal=journal,
            outbox=outbox,
            sender=sender,
            scheduler=scheduler,
            steps=self._steps,
            report=self._report,
            take_on=self._take_on,
            # Both are made below.
            check_clock=lambda task: self._looks.check_clock(task),  # noqa: PLW0108
            written=lambda: self._sends.tell_written(),  # noqa: PLW0108
            is_leaving=self.holds,
            practice=practice,
        )
        self._sends = Sends(
            journal=journal,
            outbox=outbox,
            sender=sender,
            clock=clock,
            limits=limits,
            planning=self._planning,
            settings=self._settings,
            steps=self._steps,
            report=self._report,
            log=log,
            practice=practice,
        )
        self._looks = Looks(
            verifier=verifier,
            clock=clock,
            planning=self._planning,
            settings=self._settings,
            steps=self._steps,
            report=self._report,
            send=self._sends.send_due,
            paused=limits.paused,
            log=log,
        )
        self._noting = Noting(
            outbox=outbox,
            planning=self._planning,
            settings=self._settings,
            steps=self._steps,
            report=self._report,
            deliver=self._deliver,
            log=log,
        )

    # -- what it is told ----------------------------------------------------------------------------

    def start(self, report: Callable[[Event], None], find: Find) -> None:
        """Tell `report` from now on, and take up what an earlier run left; settings come from `find`."""
        self._report_to, self._settings.find = report, find
        self._planning.start()
        self._settings.forget_all()
        self._steps.post(self._planning.begin, Rank.PLAN)

    def rest(self) -> None:
        """Do nothing by itself until it is started anew."""
        self._planning.is_resting = True

    def note(
        self,
        project: Project,
        consents: Sequence[tuple[Consent, Context]],
        *,
        again: Collection[str] = (),
        is_stamped: bool = False,
        hold: float = 0.0,
    ) -> Flag:
        """Note `consents`, all or none, then send them: `Noted` or `NotNoted` tells, or `Repeated`.

        Those of the categories `again` are noted though they were minutes ago. `is_stamped`: a former try
        has stamped them. They are held so many seconds, unless they are released. What is returned is set
        once that is told: whoever waits a moment for it is not in the way.
        """
        return self._noting.note(project, consents, again, is_stamped=is_stamped, hold=hold)

    def deliver(self, entry: Entry, project: Project) -> None:
        """Send what was noted for `project` elsewhere, an opt-in when nothing stands in its way."""

        def step() -> None:
            self._settings.know(project)
            self._planning.expect([entry.request_id])
            self._deliver((entry,))

        self._steps.post(step, Rank.PERSON)

    def hold(self, request_ids: Collection[str], seconds: float) -> None:
        """Hold what is held so many seconds more from now on."""

        def step() -> None:
            self._planning.holds.prolong(request_ids, monotonic() + seconds)
            self._planning.set_wake()

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
            self._sends.uncancel(entry.request_id)
            self._sends.ask(entry.request_id)
            self._sends.trust(entry.project_id)
            self._settings.need(
                entry.project_id,
                lambda: self._sends.add(QueuedSend(entry=entry)),
                lambda why: self._report(Withheld(entry=entry, why=why, by_person=True)),
            )

        self._steps.post(step, Rank.PERSON)

    def send_kept(self, entry: Entry, project: Project) -> None:
        """Send one of a list of those that were refused before, after all others."""

        def step() -> None:
            self._settings.know(project)
            self._sends.trust(project.id)
            self._sends.unask(entry.request_id)
            self._sends.add(QueuedSend(entry=entry, kept=True))

        self._steps.post(step, Rank.PERSON)

    def cancel(self, entry: Entry) -> bool:
        """Cancel one that has not left, for good; False where it is cancelled already.

        What is under way is ended; the outcome says honestly how far it had come.
        """
        return self._sends.cancel(entry)

    def learn(self, request_id: str, note: str) -> None:
        """Write down what was learnt of the customer of a consent; later, where it is on its way."""
        # Before it is released, where it is held.
        self._steps.post(partial(self._sends.learn, request_id, note), Rank.PERSON)

    def follow(self, request_id: str) -> None:
        """Something was written of it elsewhere: plan anew. What was given up is held no more."""

        def step() -> None:
            if self._journal.entry(request_id).state not in WAITS_TO_LEAVE:
                self._planning.holds.drop(request_id)
                self._planning.holds.take_due(request_id)
            self._planning.plan_anew(request_id)

        self._steps.post(step, Rank.PLAN)

    def settings_changed(self, project_id: str) -> None:
        """The settings of a project were saved, or removed: what waited for them goes on."""

        def step() -> None:
            self._settings.forget(project_id)
            self._planning.hasten(project_id)

        self._steps.post(step, Rank.PERSON)

    def settings_work(self, project_id: str) -> None:
        """A check of them has passed."""
        self._steps.post(partial(self._sends.trust, project_id), Rank.PERSON)

    def forget(self, project_id: str, customer: CustomerId, *, erased: bool = False) -> None:
        """Plan nothing any more for a customer who is to be erased; who is `erased`, is known no more."""
        self._planning.forget(project_id, customer)
        self._looks.forget(project_id, customer)

        def step() -> None:
            self._planning.holds.forget(project_id, customer)
            self._sends.forget(project_id, customer)

        if erased:
            self._steps.post(step, Rank.PERSON)

    # -- what it is asked ---------------------------------------------------------------------------

    def holds(self, request_id: str) -> bool:
        """Whether it waits to leave, or is under way."""
        return self._sends.queue.holds(request_id)

    def is_held(self, request_id: str) -> bool:
        """Whether it waits for an answer about its customer."""
        return request_id in self._planning.holds

    def outlook(self, request_id: str) -> Message | None:
        """What comes next for a consent; None where nothing is left to say."""
        return self._planning.outlook(request_id)

    def failing(self, request_id: str) -> Failing | None:
        """The looks that told nothing so far; None where the last one told something."""
        return self._planning.failing(request_id)

    def question(self, request_id: str) -> Message | None:
        """What a person is asked who wants it sent again; None where nothing is."""
        return self._planning.question(request_id)

    @property
    def is_behind(self) -> bool:
        """Whether something was noted that is not counted yet."""
        return self._planning.is_behind

    def outstanding(self) -> Outstanding:
        """What Engagement may not have yet, with what was noted just now, if that can be read."""
        return self._planning.outstanding()

    def lists(self) -> tuple[frozenset[str], frozenset[str]]:
        """The request IDs of those that a person is asked about, and of those that are looked up still."""
        return self._planning.lists()

    def open_entries(self) -> tuple[Entry, ...]:
        """The lines of what Engagement may not have yet, the oldest first. Raises JournalError."""
        return self._planning.open_entries()

    def close(self, seconds: float = CLOSED_WITHIN) -> None:
        """End within about so many seconds: no new call, those under way are cut, what they told is written.

        What hangs is left behind, and what it finds out is dropped; nothing is told. May be called twice.
        """
        if self._is_closed:
            return
        self._is_closed = True
        until = monotonic() + seconds
        self._planning.holds.clear()
        self._steps.finish(until)
        sends = self._sends.queue
        sends.close()
        self._looks.queue.close()
        sends.idle(min(GRACE, seconds))
        self._sender.stop()
        sends.idle(max(0.0, until - monotonic()))
        self._steps.finish(until)
        self._noting.give_up()
        self._report_to = None
        self._steps.close(until)
        self._sender.write_again()

    # -- what comes next --------------------------------------------------------------------------

    def _wake(self) -> None:
        self._release(self._planning.holds.over(monotonic()))
        self._planning.wake()

    def _report(self, event: Event) -> None:
        report = self._report_to
        if report is not None:
            try:
                report(event)
            except Exception as error:  # noqa: BLE001 -- whoever listens does no harm
                self._log(error)

    def _deliver(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._sends.ask(entry.request_id)
            if entry.action is Action.REJECT:
                # Before anything is read: nothing stands in its way.
                self._sends.add(QueuedSend(entry=entry))
        for entry in entries:
            if (task := self._planning.holds.take_due(entry.request_id)) is not None:
                # It was due while it was held.
                self._take_on(task)
            if entry.action is Action.REJECT:
                self._report(Planned(entry=entry, outlook=None))
                self._planning.plan_soon(entry.request_id)
            else:
                self._report(Planned(entry=entry, outlook=self._planning.plan_anew(entry.request_id)))

    def _release(self, request_ids: tuple[str, ...]) -> None:
        if entries := self._planning.holds.release(request_ids):
            self._report(Released(request_ids=tuple(entry.request_id for entry in entries)))
            self._deliver(entries)

    def _take_on(self, task: Task) -> None:
        entry, due = task.entry, task.due
        if is_to_leave := due.plan.step is Step.SEND:
            if self._planning.holds.put_off(task) or self.holds(entry.request_id):
                return
            if wait := self._left_to_another(entry):
                self._planning.put_back(task, wait)
                return

        def cannot(why: str | Message) -> None:
            self._report(Withheld(entry=entry, why=why))
            self._planning.put_back(task, KEYRING_PAUSE)

        # What is only looked up is no harm, and shows when they work again.
        insists = not is_to_leave or self._sends.is_awaited(entry)
        self._settings.need(due.project_id, partial(self._act, task), cannot, insists=insists)

    def _act(self, task: Task) -> None:
        due, project = task.due, self._settings.of(task.due.project_id)
        if not self._planning.stands(due):
            # Something happened to it since it was handed out, and it was planned anew.
            return
        if due.plan.step is Step.SEND or (due.plan.unsent and project is None):
            self._sends.send_due(task)
        elif project is None:
            self._planning.put_off(due.request_id)
        else:
            self._looks.gather(task, project)

    def _left_to_another(self, entry: Entry) -> int:
        """Microseconds for which another program may still hold what it has noted, and asks about it."""
        age = self._clock.moment().now.micros - entry.noted_at.micros
        is_fresh = entry.state is State.QUEUED and 0 <= age < LEFT_TO_ANOTHER
        is_theirs = is_fresh and not self._sends.was_asked(entry.request_id) and self._journal.is_shared
        return LEFT_TO_ANOTHER - age if is_theirs else 0
