"""A state machine over an engine, its journal, and Engagement: whatever happens, the promises hold.

nothing noted is lost; no state claims more than was seen; no opt-out waits behind an opt-in;
no opt-in is sent twice; an opt-out only where it was not to be seen, and then it is marked;
nothing ends nowhere: what is open has a next step, or a person is asked;
what is told of a consent is what the journal has
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count, takewhile
from random import Random
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from consent_desk.delivery import planning
from consent_desk.delivery.engine import Engine
from consent_desk.delivery.events import Changed, Event, Learnt, LookedUp, Noted, Sending, Settled
from consent_desk.delivery.order import is_overtaken, waits_for_opt_out
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.scheduler import Scheduler
from consent_desk.delivery.sender import SECOND_TIME, UNCHECKED, Sender
from consent_desk.delivery.settings import Cannot, Take
from consent_desk.delivery.verifier import Verifier
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.judgement import may_have_left, was_sent_again, was_withdrawn
from consent_desk.domain.lifecycle.messages import is_stamped_wrong
from consent_desk.domain.lifecycle.policy import Step, is_for_a_person, plan
from consent_desk.domain.lifecycle.record import NO_CONTEXT, NO_CUSTOMER, SAW_CUSTOMER, Context
from consent_desk.domain.lifecycle.state import (
    INSISTED,
    LEGAL,
    OPEN_STATES,
    SAW_OPT_OUT,
    SENDABLE_STATES,
    UNCERTAIN_STATES,
    UNSENT_STATES,
    Fact,
    State,
)
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.outcome import Cause, Look
from consent_desk.engagement.calls import Limits
from consent_desk.engagement.clock_watch import ClockWatch
from tests.consents import LOOKED_UP, NOON, a_consent, a_project, go_on
from tests.delivery.inline import InlineQueue, InlineSteps, without_threads
from tests.faulty_engagement import Crash, Engagement, Fault, ReadFault
from tests.memory_journal import MemoryJournal

OTHER = a_project(id="another", base_url=BaseUrl(scheme="https", host="api.uk.exponea.com"))
PROJECTS = {one.id: one for one in (a_project(), OTHER)}
CUSTOMERS = {"jane@example.com": a_project(), "joe@example.com": a_project(), "omar@example.com": OTHER}
"""Customers, each of one project."""
CATEGORY = "sms_marketing"
CONTEXTS = (LOOKED_UP, NO_CONTEXT, NO_CONTEXT, replace(NO_CONTEXT, is_new_profile=True, listed=True))
"""What a look-up had told by the time that a consent was noted."""
ODD: tuple[object, ...] = (
    {"timestamp": 5, "properties": []},
    {"timestamp": "yesterday", "properties": {"action": "accept", "category": CATEGORY}},
    {"timestamp": None, "properties": {"action": "accept", "category": CATEGORY}},
    {"timestamp": True, "properties": {"action": "Accept", "category": None}},
    {"properties": {"action": "accept", "category": [CATEGORY]}},
    "no event",
)
"""What stands in a history and is nobody's event of the category."""
NOTHING_STORED = (Fault.DROP_BEFORE, Fault.ERROR_BEFORE, Fault.CANCELLED_LOST, Fault.CRASH_BEFORE)


ONCE = [*Fault, *(one for one in ReadFault if one is not ReadFault.SAME_PAGE)]
"""What happens to a single read."""

LATEST = 1_000
"""Seconds after which all that is stored can be seen."""


NAP = 900.0
"""Seconds after which the clock is read again: as far as plans reach."""

DISCARDABLE = UNSENT_STATES | (UNCERTAIN_STATES if State.SEEN in LEGAL[State.DISCARDED] else frozenset())


def has_looks_enough(facts: tuple[Fact, ...]) -> bool:
    looks = [fact.outcome for fact in facts if isinstance(fact.outcome, Look)]
    worked = sum(not look.blind for look in looks)
    return worked >= 3 or (not worked and len(looks) >= 3)


class Machine(RuleBasedStateMachine):
    """One desk, its journal, and Engagement. `figures` counts over all runs."""

    figures: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        without_threads(self.patch, self.steady)
        self.patch.setattr(planning, "NAP", NAP)
        self.time = NOON.micros
        self.clock_off = 0
        self.journal = MemoryJournal()
        self.engagement = Engagement(lambda: self.time / 1_000_000)
        self.engagement.on_store = self.check_order
        self.engagement.on_cancel = self.cancel
        self.engagement.meanwhile = self.meanwhile
        self.noted: list[str] = []
        self.asked: set[str] = set()
        # Customers whom a look-up saw.
        self.seen: set[CustomerId] = set()
        self.saved: MemoryJournal | None = None
        # What came back with an older state, when the journal was put back.
        self.back: set[str] = set()
        self.starts: list[float] = []
        self.fails_at_last: ReadFault | None = None
        self.ends_anew = True
        self.killed: set[str] = set()
        self.random = Random(0)
        self.crash_after: int | None = None
        self.steps_done = 0
        # Which thread goes on where several could, and so many rules after which none does yet.
        self.draws: list[int] = []
        self.idle_rules = 0
        # Why the settings of a project are not to be had; None where it was removed.
        self.cannot: dict[str, str | None] = {}
        self.answers: list[Callable[[], None]] = []
        self.rests = False
        self.is_stepping = False
        # The state that was told last; what had been noted when a sending began.
        self.told: dict[str, State] = {}
        self.before: dict[str, set[str]] = {}
        self.use(self.journal)
        self.start()

    # -- the program ----------------------------------------------------------------------------

    def now(self) -> Timestamp:
        self.time += 1_000
        return Timestamp(self.time + self.clock_off)

    def steady(self) -> float:
        """Monotonic seconds."""
        return self.time / 1_000_000

    def use(self, journal: MemoryJournal) -> None:
        self.journal = journal
        journal.on_write, journal.on_fact = self.count_write, self.check_look

    def start(self) -> None:
        """Begin, or begin again after everything in memory is gone, which may happen while beginning too."""
        self.killed |= set(self.journal.records_in({State.IN_FLIGHT}))
        # It may be in the journal all the same, though nobody was told.
        self.noted += [one for one in self.journal.records_in(set(State)) if one not in self.noted]
        self.is_stepping, self.rests = False, False
        self.told.clear()
        self.answers.clear()
        try:
            self.begin_again()
        except Crash:
            self.start()

    def begin_again(self) -> None:
        outbox = Outbox(self.journal, self.now)
        clock = ClockWatch(self.engagement, self.now, self.steady)
        clock._nobody_tells = True
        self.engine = Engine(
            journal=self.journal,
            outbox=outbox,
            sender=Sender(self.journal, clock, self.now, clock.why_held),
            verifier=Verifier(self.journal, clock, self.now, self.steady),
            scheduler=Scheduler(
                self.journal, self.now, lambda: clock.holds_accepts, steady=self.steady, nap=NAP
            ),
            clock=clock,
            limits=Limits(self.now, steady=partial(next, count(0.0))),
            log=self.fail,
        )
        parts: Any = self.engine
        self.parts = parts
        self.steps: InlineSteps = parts._steps
        self.steps.choose = self.choose
        self.sends: InlineQueue = parts._sends.queue
        self.looks: InlineQueue = parts._looks.queue
        self.refused: Callable[[str], object] = parts._settings.refused
        self.starts.append(self.steady())
        self.journal.open_again()
        outbox.recover()
        self.engine.start(partial(self.hear, self.engine), self.find)

    def fail(self, error: Exception) -> None:
        raise error

    def stop(self, *, in_order: bool) -> None:
        """End the program; or let everything go that it has in memory."""
        self.is_stepping = True
        try:
            if in_order:
                self.engine.close()
                assert not self.in_states({State.IN_FLIGHT}), "on its way, though it was ended in order"
        except Crash:
            pass
        self.sends.close()
        self.looks.close()
        self.answers.clear()

    def count_write(self) -> None:
        if self.crash_after is not None:
            self.crash_after -= 1
            if self.crash_after < 0:
                self.crash_after = None
                raise Crash
        self.meanwhile()

    # -- its threads ------------------------------------------------------------------------------

    def next_at(self) -> int | None:
        """When it wakes, in microseconds; None where nothing is to come but a look at the clock."""
        is_planned = self.parts._planning._plan_at is not None or self.parts._planning.holds.times
        at = self.steps.wakes_at
        return max(self.time, int(at * 1_000_000) + 1) if is_planned and at is not None else None

    def choose(self, many: int) -> int:
        return self.draws.pop(0) % many if self.draws and many > 1 else 0

    def ready(self) -> list[Callable[[], object]]:
        """What the threads could do now that do nothing."""
        found: list[Callable[[], object]] = []
        is_time = self.steps.wakes_at is not None and self.steps.wakes_at <= self.steady()
        if (self.steps.waiting or is_time) and not self.is_stepping:
            found.append(self.step)
        for queue in (self.sends, self.looks):
            found += [partial(queue.do, host) for host in queue.ready()]
        return found + self.answers[:1]

    def meanwhile(self) -> None:
        """One thread has come so far: another one may do something before it goes on."""
        if self.draws:
            others = self.ready()
            turn = self.choose(len(others) + 1)
            if turn:
                others[turn - 1]()

    def step(self) -> None:
        self.is_stepping = True
        if not self.steps.do():
            self.steps.rouse()
        self.is_stepping = False

    def work(self) -> None:
        """Let it do what is due now, until nothing is."""
        try:
            for _ in range(10_000):
                if not (ready := self.ready()):
                    break
                ready[self.choose(len(ready))]()
            else:
                raise AssertionError("it never stops")
        except Crash:
            self.start()
        else:
            self.check_at_rest()

    def go_on(self) -> None:
        """Have the engine begin what it was told, or later."""
        if self.idle_rules:
            self.idle_rules -= 1
        else:
            self.work()

    def find(self, project_id: str, then: Take, cannot: Cannot) -> None:
        def answer() -> None:
            self.answers.remove(answer)
            why = self.cannot.get(project_id, "")
            if why:
                cannot(why)
            else:
                then(None if why is None else PROJECTS[project_id])

        self.answers.append(answer)

    def hear(self, teller: Engine, event: Event) -> None:
        assert teller is self.engine, "told by one that is over"
        match event:
            case Noted():
                self.noted += [entry.request_id for entry in event.entries]
                for entry in event.entries:
                    self.told[entry.request_id] = entry.state
                    self.check_overtaken(entry.request_id)
            case Sending():
                self.before[event.entry.request_id] = set(self.in_states(set(State)))
                self.check_turn(event)
            case Settled(entry=entry) | LookedUp(entry=entry):
                self.told[entry.request_id] = entry.state
                states = [fact.state for fact in self.journal.record(entry.request_id).facts]
                assert entry.state is states[-1], "told what the journal has not"
            case Learnt(entry=entry):
                self.told[entry.request_id] = entry.state
            case Changed():
                self.told.update((entry.request_id, entry.state) for entry in event.entries)
            case _:
                pass

    # -- what happens -----------------------------------------------------------------------------

    @initialize(
        seed=st.integers(0, 2**32), fails=st.none() | st.sampled_from(ReadFault), ends_anew=st.booleans()
    )
    def begin(self, seed: int, fails: ReadFault | None, ends_anew: bool = True) -> None:
        self.random.seed(seed)
        self.fails_at_last, self.ends_anew = fails, ends_anew

    @rule(
        action=st.sampled_from(Action),
        customer=st.sampled_from([*CUSTOMERS]),
        crash=st.none() | st.none() | st.integers(0, 5),
        context=st.sampled_from(CONTEXTS),
        hold=st.sampled_from([0, 0, 0, 2, 20]),
    )
    def note(
        self,
        action: Action,
        customer: str,
        crash: int | None = None,
        context: Context = LOOKED_UP,
        hold: float = 0,
    ) -> None:
        at = self.now()
        consent = a_consent(
            request_id=str(UUID(int=self.random.getrandbits(128), version=4)),
            customer=CustomerId(type="registered", value=customer),
            category=CATEGORY,
            action=action,
            valid_until=ValidUntil() if action is Action.ACCEPT else None,
            timestamp=at,
            noted_at=at,
        )
        self.engine.note(CUSTOMERS[customer], ((consent, context),), again={CATEGORY}, hold=hold)
        self.crash_after = crash
        self.go_on()
        self.crash_after = None

    @rule(draws=st.lists(st.integers(0, 5), max_size=40), idle_rules=st.integers(0, 4))
    def threads_take_turns(self, draws: list[int], idle_rules: int) -> None:
        self.draws, self.idle_rules = draws, idle_rules

    @rule(seconds=st.sampled_from([0, 1, 5, 30, 60, 120, 600, 1000, 86_400]))
    def wait(self, seconds: int) -> None:
        self.time += seconds * 1_000_000
        self.work()

    @rule(turns=st.integers(2, 6))
    def wait_for_what_is_next(self, turns: int) -> None:
        for _ in range(turns):
            self.work()
            if (at := self.next_at()) is not None:
                self.time = at
                self.work()

    @rule(faults=st.lists(st.sampled_from(Fault), min_size=1, max_size=4))
    def sends_go_wrong(self, faults: list[Fault]) -> None:
        self.engagement.faults = faults

    # One bogus page among true ones hides what stands there: nobody could know.
    @rule(faults=st.lists(st.sampled_from(ONCE), min_size=1, max_size=4))
    def reads_go_wrong(self, faults: list[Fault | ReadFault]) -> None:
        self.engagement.read_faults = faults

    @rule(fault=st.none() | st.sampled_from(ReadFault))
    def all_reads_go_wrong(self, fault: ReadFault | None) -> None:
        self.engagement.reads = fault

    @rule(fault=st.sampled_from(Fault), turns=st.integers(1, 12))
    def all_sends_go_wrong_for_a_while(self, fault: Fault, turns: int) -> None:
        self.engagement.faults = [fault] * turns
        self.wait_for_what_is_next(turns)

    @rule(
        action=st.sampled_from(Action),
        customer=st.sampled_from([*CUSTOMERS]),
        faults=st.lists(st.sampled_from(NOTHING_STORED), min_size=1, max_size=3),
    )
    def one_is_lost_on_the_way(self, action: Action, customer: str, faults: list[Fault]) -> None:
        self.engagement.faults = faults
        self.note(action, customer)
        self.wait_for_what_is_next(12)

    @rule(writes=st.integers(0, 6))
    def the_program_ends_at_a_write(self, writes: int) -> None:
        self.crash_after = writes
        self.work()
        self.crash_after = None

    @rule(in_order=st.booleans())
    def the_program_is_started_again(self, in_order: bool) -> None:
        self.stop(in_order=in_order)
        self.start()

    @rule(seconds=st.sampled_from([0, 60, 1_000]))
    def practice_rests_meanwhile(self, seconds: int) -> None:
        self.engine.rest()
        self.rests = True
        self.wait(seconds)
        self.resume()

    def resume(self) -> None:
        # Whoever comes back reads all lines.
        self.rests = False
        self.told.clear()
        self.engine.start(partial(self.hear, self.engine), self.find)
        self.go_on()

    @rule(
        project_id=st.sampled_from([*PROJECTS]), why=st.sampled_from(["", "", "The keyring is locked.", None])
    )
    def settings_change(self, project_id: str, why: str | None) -> None:
        self.cannot[project_id] = why
        self.engine.settings_changed(project_id)
        self.go_on()

    @rule(project_id=st.sampled_from([*PROJECTS]))
    def a_check_of_the_settings_passes(self, project_id: str) -> None:
        self.engine.settings_work(project_id)
        self.go_on()

    @rule(may_read=st.booleans())
    def the_permission_changes(self, may_read: bool) -> None:
        self.engagement.may_read = may_read

    @rule(seconds=st.sampled_from([-100_000, -3_600, -90, -5, 0, 5, 3_600, 100_000]))
    def the_clock_is_set(self, seconds: int) -> None:
        self.clock_off = seconds * 1_000_000

    @rule(customer=st.sampled_from([*CUSTOMERS]), action=st.sampled_from(Action))
    def somebody_decides_on_a_page(self, customer: str, action: Action) -> None:
        self.engagement.add(customer, CATEGORY, action)

    @rule(
        customer=st.sampled_from([*CUSTOMERS]),
        action=st.sampled_from(Action),
        times=st.sampled_from([10**3, 10**6]),
    )
    def somebody_tracks_milliseconds(self, customer: str, action: Action, times: int) -> None:
        self.engagement.add(customer, CATEGORY, action, times)

    @rule(customer=st.sampled_from([*CUSTOMERS]), action=st.sampled_from(Action))
    def somebody_decides_just_before_a_look(self, customer: str, action: Action) -> None:
        self.engagement.faults, self.engagement.read_faults, self.engagement.lag = [], [], 20.0
        self.note(action, customer)
        self.work()
        if (at := self.next_at()) is not None:
            self.time = max(self.time, at - 5_000_000)
            self.engagement.add(customer, CATEGORY, "reject" if action is Action.ACCEPT else "accept")
            self.wait_for_what_is_next(1)

    @rule(odd=st.lists(st.sampled_from(ODD), max_size=3), lag=st.sampled_from([0.0, 20.0]))
    def reads_are_odd(self, odd: list[object], lag: float) -> None:
        self.engagement.odd, self.engagement.lag = odd, lag

    @precondition(lambda self: self.in_states(DISCARDABLE))
    @rule(data=st.data())
    def a_person_discards(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(self.in_states(DISCARDABLE)))
        fact = Fact(at=self.now(), state=State.DISCARDED, note="typed wrong")
        self.journal.give_up(request_id, DISCARDABLE, fact)
        self.engine.follow(request_id)
        self.go_on()

    @precondition(lambda self: self.in_states(SENDABLE_STATES))
    @rule(data=st.data())
    def a_person_cancels(self, data: st.DataObject) -> None:
        self.cancel(data.draw(st.sampled_from(self.in_states(SENDABLE_STATES))))
        self.go_on()

    def cancel(self, request_id: str) -> None:
        self.engine.cancel(self.journal.entry(request_id))

    @precondition(lambda self: self.noted)
    @rule(data=st.data(), hold=st.none() | st.sampled_from([1, 30]))
    def what_is_held_is_held_longer_or_released(self, data: st.DataObject, hold: int | None) -> None:
        held = [one for one in self.noted if self.engine.is_held(one)]
        if hold is None:
            self.engine.release(held)
        else:
            self.engine.hold(held, hold)
        self.go_on()

    @precondition(lambda self: self.noted)
    @rule(data=st.data(), says=st.sampled_from([SAW_CUSTOMER, SAW_CUSTOMER, SAW_OPT_OUT, INSISTED]))
    def a_look_up_tells_of_a_customer(self, data: st.DataObject, says: str) -> None:
        request_id = data.draw(st.sampled_from(self.noted))
        is_accept = self.journal.entry(request_id).action is Action.ACCEPT
        if says is SAW_CUSTOMER or not is_accept:
            says = SAW_CUSTOMER if self.was_somebody(request_id) else NO_CUSTOMER
        if says is SAW_CUSTOMER:
            self.seen.add(self.journal.entry(request_id).customer)
        self.engine.learn(request_id, says)
        self.go_on()

    @precondition(lambda self: self.in_states(SENDABLE_STATES))
    @rule(data=st.data())
    def a_person_sends_again(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(self.in_states(SENDABLE_STATES)))
        entry, question = self.journal.entry(request_id), self.engine.question(request_id)
        if entry.state is State.NOT_SEEN or question is not None:
            self.asked.add(request_id)
        self.engine.send_again(entry, "" if question is None else "kim")
        self.go_on()

    @precondition(lambda self: self.undecided())
    @rule(data=st.data())
    def a_person_decides(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(self.undecided()))
        self.asked.add(request_id)
        self.engine.send_again(self.journal.entry(request_id), "kim")
        self.go_on()

    @rule()
    def the_folder_is_copied(self) -> None:
        self.saved = self.journal.copied()

    @precondition(lambda self: self.saved is not None)
    @rule(in_order=st.booleans())
    def the_folder_is_put_back(self, in_order: bool) -> None:
        assert self.saved is not None
        self.stop(in_order=in_order)
        before = self.journal
        self.use(self.saved.copied())
        self.noted = [one for one in self.noted if self.journal.has(one)]
        self.back |= {one for one in self.noted if before.record(one).facts != self.journal.record(one).facts}
        # What is seen from now on is what counts for these.
        self.engagement.seen -= set(self.in_states({State.QUEUED, State.RETRY_WAIT}))
        self.time += LATEST * 1_000_000
        self.start()

    @rule(in_order=st.booleans())
    def a_backup_is_restored(self, in_order: bool = True) -> None:
        self.stop(in_order=in_order)
        for request_id in self.journal.records_in(OPEN_STATES):
            go_on(self.journal, request_id, Fact(at=self.now(), state=State.RESTORED))
        self.start()

    # -- what holds ---------------------------------------------------------------------------------

    def in_states(self, states: frozenset[State] | set[State]) -> list[str]:
        return list(self.journal.records_in(states))

    def undecided(self) -> list[str]:
        """What could not be looked up: a person is asked."""
        return [one for one in self.noted if is_for_a_person(self.journal.record(one).facts)]

    def check_overtaken(self, request_id: str) -> None:
        noted = self.journal.record(request_id).noted
        if noted.consent.action is Action.REJECT:
            waiting = self.journal.alike(noted.subject, UNSENT_STATES, {Action.ACCEPT})
            assert not waiting, "an opt-in that was overtaken is not discarded"

    def check_turn(self, sending: Sending) -> None:
        if sending.entry.action is Action.ACCEPT and sending.by_person:
            items = [item for _, _, host, _, item in self.sends.waiting if host in self.sends.under_way]
            assert not any(one.entry.action is Action.REJECT for one in items), (
                "an opt-in goes before an opt-out"
            )

    def check_at_rest(self) -> None:
        """Nothing is left to do for now."""
        if self.rests:
            return
        for request_id, state in self.told.items():
            assert state is self.journal.entry(request_id).state, "told what the journal has not"
        for request_id in self.in_states({State.QUEUED}):
            record = self.journal.record(request_id)
            if record.noted.consent.action is Action.REJECT and record.facts[-1].outcome is None:
                project_id = record.noted.project_id
                is_withheld = bool(self.cannot.get(project_id)) or self.refused(project_id) is not None
                assert is_withheld or self.engine.is_held(request_id), "an opt-out waits"

    def check_order(self, request_id: str) -> None:
        record = self.journal.record(request_id)
        consent = record.noted.consent
        if consent.action is Action.REJECT:
            return
        before = self.before[request_id]
        rejects = self.journal.alike(record.noted.subject, OPEN_STATES, {Action.REJECT})
        assert not {one.request_id for one in rejects} & before, "overtook an opt-out"
        said = {fact.note for fact in record.facts}
        assert SAW_OPT_OUT not in said or INSISTED in said, "sent though an opt-out was seen"
        if may_have_left(record.facts) and request_id not in self.asked:
            assert has_looks_enough(record.facts), "it might have shown still"
        for one in self.journal.later_like(*record.noted.subject, consent.timestamp):
            is_known = one.noted.consent.request_id in before
            is_reject = one.noted.consent.action is Action.REJECT
            assert not (is_known and is_reject and not was_withdrawn(one.facts)), (
                "sent though an opt-out overtook it"
            )

    def check_look(self, request_id: str, fact: Fact) -> None:
        if not isinstance(fact.outcome, Look):
            return
        consent = self.journal.record(request_id).noted.consent
        valid = self.engagement.valid(consent.customer.value, consent.category)
        if fact.state in {State.SEEN, State.VERIFIED, State.CONTRADICTED}:
            assert request_id in self.engagement.seen
        if fact.state is State.VERIFIED:
            assert valid is (consent.action is Action.ACCEPT)
            record = self.journal.record(request_id)
            assert not record.noted.context.is_new_profile, "verified, though there was no such customer"
            assert self.was_somebody(request_id), "verified, though it may have made the profile"
        if fact.state is State.CONTRADICTED:
            # Or so it was told a moment ago, which may be behind what somebody changed before.
            lag = self.engagement.lag
            told = {
                self.engagement.valid(consent.customer.value, consent.category, one) for one in (lag, lag + 1)
            }
            assert (consent.action is not Action.ACCEPT) in told | {valid}

    def was_somebody(self, request_id: str) -> bool:
        """Whether it is known that the customer was not made by what this desk sent."""
        customer = self.journal.record(request_id).noted.consent.customer
        so_far = [*takewhile(lambda one: one != request_id, self.noted), request_id]
        noted = (self.journal.record(one).noted for one in so_far)
        others = (
            one
            for one in self.engagement.visible(customer.value)
            if not self.journal.has(one.properties.get("desk_request_id", ""))
        )
        was_seen = any(one.context.existed for one in noted if one.consent.customer == customer)
        return was_seen or customer in self.seen or bool(self.engagement.odd) or any(others)

    @invariant()
    def a_step_is_counted(self) -> None:
        self.steps_done += 1

    @invariant()
    def nothing_noted_is_lost(self) -> None:
        assert set(self.journal.records_in(set(State))) >= set(self.noted)

    @invariant()
    def no_state_claims_more_than_was_seen(self) -> None:
        for request_id in self.noted:
            state = self.journal.entry(request_id).state
            if state is State.DELIVERED or state is State.NOT_SHOWN:
                assert request_id in self.engagement.succeeded, state
            if state in {State.SEEN, State.VERIFIED, State.CONTRADICTED}:
                assert request_id in self.engagement.seen, state
            if state in UNSENT_STATES and request_id not in self.back:
                assert not self.engagement.stored(request_id), state

    @invariant()
    def nothing_is_sent_twice_without_need(self) -> None:
        for request_id in self.noted:
            arrivals = self.engagement.arrivals.get(request_id, [])
            assert len({arrival.body for arrival in arrivals}) <= 1
            if request_id in self.asked or len(arrivals) < 2:
                continue
            record = self.journal.record(request_id)
            if request_id in self.back:
                # Nobody knows of the first, but Engagement, where it can be seen.
                is_reject = record.noted.consent.action is Action.REJECT
                seen, flights = self.seen_and_sent(record.facts)
                assert not seen or max(flights, default=0) < min(seen), "it was seen there"
                assert is_reject or sum(one.stored for one in arrivals) <= 1, "an opt-in was sent twice"
                continue
            assert record.noted.consent.action is Action.REJECT, "an opt-in was sent twice"
            assert len(arrivals) == 2, "a third time"
            assert arrivals[1].unseen, "it was there to be seen"
            self.check_second(record.facts)
            first, second = (arrival.at for arrival in arrivals)
            is_one_run = not any(first <= start <= second for start in self.starts)
            assert not is_one_run or second - first >= 595, "before ten minutes had passed"
            assert was_sent_again(record.facts), "not marked"
            is_noted = any(fact.note in {SECOND_TIME, UNCHECKED} for fact in record.facts)
            assert is_noted or request_id in self.killed, "not noted"

    def seen_and_sent(self, facts: tuple[Fact, ...]) -> tuple[list[int], list[int]]:
        """The numbers of the facts by which it was seen, and of those by which it was sent."""
        seen = [n for n, fact in enumerate(facts) if isinstance(fact.outcome, Look) and fact.outcome.seen]
        return seen, [n for n, fact in enumerate(facts) if fact.state is State.IN_FLIGHT]

    def check_second(self, facts: tuple[Fact, ...]) -> None:
        """By the facts alone, without what the policy counts."""
        flights = [number for number, fact in enumerate(facts) if fact.state is State.IN_FLIGHT]
        second = next(
            one for one in flights if may_have_left(facts[:one]) and was_sent_again(facts[: one + 2])
        )
        assert has_looks_enough(facts[:second]), "too few looks"
        causes = [getattr(fact.outcome, "cause", None) for fact in facts[:second]]
        assert Cause.CANCELLED not in causes, "it was cancelled"

    def teardown(self) -> None:
        """Once everything works, all that can end by itself does; and a person is asked of the rest.

        In some runs the reads never work again.
        """
        try:
            self.come_to_rest()
        finally:
            self.patch.undo()
        self.no_state_claims_more_than_was_seen()
        self.nothing_is_sent_twice_without_need()
        for request_id in self.noted:
            self.check_end(request_id)
        self.figures.update(runs=1, steps=self.steps_done, noted=len(self.noted), calls=self.engagement.calls)
        again = sum(was_sent_again(self.journal.record(one).facts) for one in self.noted)
        self.figures.update({"sent a second time": again})
        self.figures.update(self.journal.entry(one).state.value for one in self.noted)

    def come_to_rest(self) -> None:
        self.engagement.faults, self.engagement.read_faults = [], []
        self.engagement.may_read, self.engagement.reads = True, self.fails_at_last
        self.crash_after = None
        self.cannot.clear()
        if self.ends_anew:
            self.start()
        for project_id in PROJECTS:
            self.engine.settings_changed(project_id)
        for _ in range(4_000):
            self.work()
            if (at := self.next_at()) is None:
                return
            self.time = at
        raise AssertionError("it never comes to rest")

    def check_end(self, request_id: str) -> None:
        record = self.journal.record(request_id)
        state, action = record.facts[-1].state, record.noted.consent.action
        overtaken = is_overtaken(self.journal, record.noted)
        if state in OPEN_STATES and state is not State.REFUSED:
            step = plan(record.facts, action, request_id, overtaken=overtaken).step
            is_asked = step is Step.ASK or self.engine.question(request_id) is not None
            waits = waits_for_opt_out(self.journal, record.noted) or is_stamped_wrong(record.facts)
            assert is_asked or waits, (state, step)
            assert self.engine.outlook(request_id) is not None, "nobody is told"
        if self.fails_at_last is not None or request_id in self.back:
            return
        if action is Action.REJECT and state is State.NOT_SEEN:
            given_up = any(getattr(fact.outcome, "cause", None) is Cause.CANCELLED for fact in record.facts)
            later = any(isinstance(fact.outcome, Look) and fact.outcome.later for fact in record.facts)
            # One look worked and those after it told nothing for hours: that is a person's to decide.
            is_asked = is_for_a_person(record.facts)
            assert overtaken or given_up or later or is_asked or was_sent_again(record.facts), record.facts
