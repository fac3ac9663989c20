"""Sends what is to leave, of each host one after the other, and takes on what came of it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from consent_desk.delivery.events import (
    Changed,
    Event,
    Learnt,
    NotCancelled,
    NotLeft,
    SendFailed,
    Sending,
    Settled,
    Supplied,
    Withheld,
)
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.planning import Planning
from consent_desk.delivery.scheduler import Task
from consent_desk.delivery.sender import Sender, Sent
from consent_desk.delivery.settings import KEYRING_PAUSE, KnownSettings
from consent_desk.delivery.threads import MOST_HOSTS, HostQueue, Rank, Steps
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.messages import STAMPED_WRONG, TURNS_OPT_OUT
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import WAITS_TO_LEAVE, State
from consent_desk.domain.message import Message
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.calls import Limits
from consent_desk.engagement.clock_watch import ClockWatch

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

REMEMBERED = 1_000
"""Consents that a person asked for, the last ones: they come before what waits from earlier days."""

_OF_THE_KEY = frozenset({Field.API_KEY_ID, Field.API_SECRET})

_NOWHERE = BaseUrl(scheme="http", host="127.0.0.1")
"""Where a consent goes whose project was removed: it is not sent at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedSend:
    """One that is to leave. Its settings are looked up when it does. `kept`: one of a list."""

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


class Sends:
    """What waits to be sent, or is under way: IDs alone, for the journal decides who sends."""

    def __init__(
        self,
        *,
        journal: "SqliteJournal",
        outbox: Outbox,
        sender: Sender,
        clock: ClockWatch,
        limits: Limits,
        planning: Planning,
        settings: KnownSettings,
        steps: Steps,
        report: Callable[[Event], None],
        log: Callable[[Exception], None],
        practice: bool,
    ) -> None:
        self._journal = journal
        self._outbox = outbox
        self._sender = sender
        self._clock = clock
        self._limits = limits
        self._planning = planning
        self._settings = settings
        self._steps = steps
        self._report = report
        self._log = log
        self._practice = practice
        self.queue: HostQueue[QueuedSend] = HostQueue("send", MOST_HOSTS, self._send, limits.paused)
        self._asked: dict[str, None] = {}
        # A lock of its own: whoever cancels waits for no disk.
        self._cancelling = Lock()
        self._cancelled: set[str] = set()
        # Notes that could not be written while their consent was on its way.
        self._untold: dict[str, str] = {}
        self._unwritten: dict[str, Sent] = {}

    # -- what a person asks for ---------------------------------------------------------------------

    def ask(self, request_id: str) -> None:
        """A person asks for it."""
        self.unask(request_id)
        self._asked[request_id] = None
        if len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]

    def unask(self, request_id: str) -> None:
        """It is one of many."""
        self._asked.pop(request_id, None)

    def was_asked(self, request_id: str) -> bool:
        """Whether a person asked for it."""
        return request_id in self._asked

    def is_awaited(self, entry: Entry) -> bool:
        """Whether somebody waits for it to leave: then it is tried though settings were refused before."""
        return self.was_asked(entry.request_id) and entry.state is State.QUEUED and not entry.held

    def uncancel(self, request_id: str) -> None:
        """It may be cancelled once more."""
        self._cancelled.discard(request_id)

    def cancel(self, entry: Entry) -> bool:
        """Cancel one that has not left, for good; False where it is cancelled already. From any thread."""
        request_id = entry.request_id
        with self._cancelling:
            if request_id in self._cancelled:
                return False
            self._cancelled.add(request_id)
        self._planning.holds.drop(request_id)
        if self.queue.remove(request_id) is None and self.queue.is_under_way(request_id):
            self._sender.cancel(request_id)
        else:
            self._steps.post(partial(self._discard, entry), Rank.PERSON)
        return True

    def learn(self, request_id: str, note: str) -> None:
        """Write down what was learnt of the customer of a consent; later, where it is on its way."""
        with suppress(JournalError):
            # Where it cannot be written now, the verification makes up for it.
            entry = self._outbox.learn(request_id, note)
            if entry is None:
                self._untold[request_id] = note
                return
            self._report(Learnt(entry=entry))
            if request_id not in self._planning.holds:
                self._planning.plan_anew(request_id)

    def trust(self, project_id: str) -> None:
        """Somebody insists on the settings of a project, or a check of them has passed."""
        if self._settings.refused(project_id) is not None:
            self._settings.trust(project_id)
            self._report(Supplied(project_id=project_id))
            self._planning.hasten(project_id)

    def forget(self, project_id: str, customer: CustomerId) -> None:
        """Its customer was erased."""
        self._unwritten = {
            request_id: one
            for request_id, one in self._unwritten.items()
            if (one.entry.project_id, one.entry.customer) != (project_id, customer)
        }

    # -- what leaves --------------------------------------------------------------------------------

    def send_due(self, task: Task) -> None:
        """Send what is due."""
        awaited = self.is_awaited(task.entry)
        self.add(QueuedSend(entry=task.entry, by_person=awaited, second=task.due.plan.second))

    def add(self, one: QueuedSend) -> None:
        """Have it leave in its turn."""
        request_id = one.entry.request_id
        if request_id in self._cancelled:
            self._steps.post(partial(self._discard, one.entry), Rank.OUTCOME)
            return
        self._sender.admit(request_id)
        project = self._settings.of(one.entry.project_id)
        self.queue.add(project.base_url.authority if project else "", request_id, one, one.rank)
        if request_id in self._cancelled and self.queue.remove(request_id) is None:
            # Meanwhile: it may be under way already.
            self._sender.cancel(request_id)

    def _send(self, one: QueuedSend) -> Callable[[], None]:
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
        return partial(self._steps.post, partial(self._take, one, sent), rank)

    def _heed_refusal(self, sent: Sent | Message | None, project: Project | None) -> None:
        """At once, on the thread of the host: the others would fare no better, and might be thousands."""
        if not isinstance(sent, Sent) or sent.entry.state is not State.REFUSED:
            return
        # Not where others were saved since it was sent.
        is_current = project is not None and self._settings.of(project.id) is project
        if is_current and sent.judgement.field in _OF_THE_KEY:
            self._settings.refuse(sent.entry.project_id, sent.judgement.headline)

    def _wait_for_settings(self, one: QueuedSend) -> None:
        entry = one.entry

        def cannot(why: str | Message) -> None:
            self._report(Withheld(entry=entry, why=why))
            self._planning.put_off(entry.request_id, KEYRING_PAUSE)

        self._settings.need(entry.project_id, partial(self.add, one), cannot, insists=one.by_person)

    # -- what came of it ----------------------------------------------------------------------------

    def tell_written(self) -> None:
        """Tell once more of the outcomes that could be written by now."""
        for request_id, sent in [*self._unwritten.items()]:
            if not self._sender.is_unwritten(request_id):
                entry = self._journal.entry(request_id)
                del self._unwritten[request_id]
                self._tell_untold(request_id)
                if entry.state is not sent.entry.state:
                    # Another program has settled it meanwhile.
                    self._report(Changed(entries=(entry,)))
                    continue
                outlook = self._planning.outlook(request_id)
                self._report(Settled(entry=sent.entry, judgement=sent.judgement, outlook=outlook))

    def _take(self, one: QueuedSend, sent: Sent | Message | None) -> None:
        request_id = one.entry.request_id
        self._tell_untold(request_id)
        if not isinstance(sent, Sent):
            self._take_not_left(one, sent)
            return
        if request_id in self._cancelled and sent.entry.state in WAITS_TO_LEAVE:
            # It has not left, and is not to be tried again.
            self._discard(sent.entry)
            return
        self._cancelled.discard(request_id)
        if sent.trouble is not None and self._sender.is_unwritten(request_id):
            # A person hears of it: so they shall hear the rest.
            self.ask(request_id)
            self._unwritten[request_id] = sent
            told = Settled(entry=sent.entry, judgement=sent.judgement, outlook=None, trouble=sent.trouble)
            self._report(told)
            self._planning.plan_anew(request_id)
            return
        outlook = self._planning.plan_anew(request_id, is_told=True)
        by_person = one.by_person and not one.kept
        self._report(
            Settled(entry=sent.entry, judgement=sent.judgement, outlook=outlook, by_person=by_person)
        )
        if sent.entry.state is State.DELIVERED:
            self.trust(sent.entry.project_id)

    def _take_not_left(self, one: QueuedSend, why: Message | None) -> None:
        entry = one.entry
        if entry.request_id in self._cancelled:
            # It was never begun, so that nothing of it could be ended.
            self._discard(entry)
            return
        with suppress(JournalError):
            entry = self._journal.entry(entry.request_id)
        self._report(NotLeft(entry=entry, why=why, by_person=one.by_person, kept=one.kept))
        # What waits for another consent, or the clock, goes on by itself.
        waits = why not in (None, STAMPED_WRONG, TURNS_OPT_OUT) and one.entry.state in WAITS_TO_LEAVE
        if one.entry.held or waits:
            self._planning.put_off(entry.request_id)
        else:
            self._planning.plan_anew(entry.request_id)

    def _take_failure(self, one: QueuedSend, error: Exception) -> None:
        entry = one.entry
        self._tell_untold(entry.request_id)
        if entry.request_id in self._cancelled:
            self._discard(entry)
            return
        with suppress(JournalError):
            entry = self._journal.entry(entry.request_id)
        self._report(SendFailed(entry=entry, error=error))
        if isinstance(error, JournalError) or entry.state in WAITS_TO_LEAVE:
            self._planning.put_off(entry.request_id)
        else:
            self._planning.plan_anew(entry.request_id)

    def _discard(self, entry: Entry) -> None:
        request_id = entry.request_id
        try:
            sent = self._sender.discard(request_id, practice=self._practice)
        except JournalError as error:
            # So that it can be tried again; and it is not lost.
            self._cancelled.discard(request_id)
            self._report(NotCancelled(entry=entry, error=error))
            self._planning.put_off(request_id)
            return
        outlook = self._planning.plan_anew(request_id)
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
            self.learn(request_id, note)
