"""A state machine over outbox, sender, verifier and schedule: whatever happens, the promises hold.

nothing noted is lost; no state claims more than was seen; no opt-out waits behind an opt-in;
no opt-in is sent twice; an opt-out only where it was not to be seen, and then it is marked;
nothing ends nowhere: what is open has a next step, or a person is asked
"""

from collections import Counter
from dataclasses import replace
from itertools import takewhile
from random import Random
from typing import ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from consent_desk.delivery.order import is_overtaken
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.planned import Due
from consent_desk.delivery.schedule import MOST_AT_ONCE, UNSETTLED_STATES, Schedule, refresh
from consent_desk.delivery.sender import SECOND_TIME, UNCHECKED, Sender
from consent_desk.delivery.verifier import Failed, Looked, Verifier
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.judgement import may_have_left, was_sent_again, was_withdrawn
from consent_desk.domain.lifecycle.messages import ask_to_send
from consent_desk.domain.lifecycle.policy import Step, is_for_a_person, plan
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context
from consent_desk.domain.lifecycle.state import (
    LEGAL,
    OPEN_STATES,
    SENDABLE_STATES,
    UNCERTAIN_STATES,
    UNSENT_STATES,
    Fact,
    State,
)
from consent_desk.domain.wire.outcome import Cause, Look
from consent_desk.domain.wire.server_clock import later_than
from tests.consents import LOOKED_UP, NOON, a_consent, a_project, go_on
from tests.faulty_engagement import Crash, Engagement, Fault, ReadFault
from tests.memory_journal import MemoryJournal

CUSTOMERS = ("jane@example.com", "joe@example.com")
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


LATEST = 1_000
"""Seconds after which all that is stored can be seen."""


def has_looks_enough(facts: tuple[Fact, ...]) -> bool:
    looks = [fact.outcome for fact in facts if isinstance(fact.outcome, Look)]
    worked = sum(not look.blind for look in looks)
    return worked >= 3 or (not worked and len(looks) >= 3)


class Machine(RuleBasedStateMachine):
    """One desk, its journal, and Engagement. `figures` counts over all runs."""

    figures: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.time = NOON.micros
        self.clock_off = 0
        self.journal = MemoryJournal()
        self.engagement = Engagement(lambda: self.time / 1_000_000)
        self.engagement.on_store = self.check_order
        self.noted: list[str] = []
        self.asked: set[str] = set()
        self.saved: MemoryJournal | None = None
        # What came back with an older state, when the journal was put back.
        self.back: set[str] = set()
        self.starts: list[float] = []
        self.fails_at_last: ReadFault | None = None
        self.killed: set[str] = set()
        self.random = Random(0)
        self.crash_after: int | None = None
        self.journal.on_write = self.count_write
        self.steps = 0
        self.start()

    # -- the program ----------------------------------------------------------------------------

    def now(self) -> Timestamp:
        self.time += 1_000
        return Timestamp(self.time + self.clock_off)

    def steady(self) -> float:
        """Monotonic seconds."""
        return self.time / 1_000_000

    def start(self) -> None:
        """Begin, or begin again after everything in memory is gone, which may happen while beginning too."""
        self.killed |= set(self.journal.records_in({State.IN_FLIGHT}))
        try:
            self.begin_again()
        except Crash:
            self.start()

    def begin_again(self) -> None:
        self.outbox = Outbox(self.journal, self.now)
        self.sender = Sender(self.journal, self.engagement, self.now)
        self.verifier = Verifier(self.journal, self.engagement, self.now, self.steady)
        self.engagement.on_cancel = self.sender.cancel
        self.schedule = Schedule(self.steady)
        self.starts.append(self.steady())
        self.journal.open_again()
        self.outbox.recover()
        for request_id in self.journal.records_in(UNSETTLED_STATES):
            refresh(self.schedule, self.journal, request_id, is_left=True)

    def count_write(self) -> None:
        if self.crash_after is not None:
            self.crash_after -= 1
            if self.crash_after < 0:
                self.crash_after = None
                raise Crash

    def work(self) -> None:
        """Do what is due now, as the window does."""
        try:
            due = self.schedule.due(self.now())
            self.check_due(due)
            # What is looked up before it leaves is due once more.
            while due:
                for one in due:
                    if one.plan.step is Step.SEND:
                        self.send(one)
                self.look_up([one for one in due if one.plan.step is Step.LOOK_UP])
                due = self.schedule.due(self.now())
        except Crash:
            self.start()

    def send(self, due: Due) -> None:
        before = len(self.journal.record(due.request_id).facts)
        self.sender.send(due.request_id, a_project(), by_person=False)
        refresh(self.schedule, self.journal, due.request_id)
        if len(self.journal.record(due.request_id).facts) == before:
            self.schedule.postpone(due.request_id, self.now())

    def look_up(self, dues: list[Due]) -> None:
        for due, looked in self.verifier.look_up_all(dues, a_project()):
            if isinstance(looked, Looked):
                self.check_look(due.request_id, looked)
            refresh(self.schedule, self.journal, due.request_id)
            if isinstance(looked, Failed) and not looked.is_written:
                self.schedule.end_look(due, self.now(), at_least=looked.wait, failing=looked.failing)
            elif looked is None:
                self.schedule.end_look(due, self.now())

    # -- what happens -----------------------------------------------------------------------------

    @initialize(seed=st.integers(0, 2**32), fails=st.none() | st.sampled_from(ReadFault))
    def begin(self, seed: int, fails: ReadFault | None) -> None:
        self.random.seed(seed)
        self.fails_at_last = fails

    @rule(
        action=st.sampled_from(Action),
        customer=st.sampled_from(CUSTOMERS),
        crash=st.none() | st.none() | st.integers(0, 5),
        context=st.sampled_from(CONTEXTS),
    )
    def note(self, action: Action, customer: str, crash: int | None, context: Context = LOOKED_UP) -> None:
        who = CustomerId(type="registered", value=customer)
        last = self.journal.last_timestamp(a_project().id, who, CATEGORY)
        timestamp = later_than(self.now(), last)
        consent = a_consent(
            request_id=str(UUID(int=self.random.getrandbits(128), version=4)),
            customer=who,
            category=CATEGORY,
            action=action,
            valid_until=ValidUntil() if action is Action.ACCEPT else None,
            timestamp=timestamp,
            noted_at=timestamp,
        )
        self.crash_after = crash
        try:
            self.outbox.note(a_project(), consent, context)
            self.crash_after = None
            self.noted.append(consent.request_id)
            self.check_overtaken(consent.request_id)
            refresh(self.schedule, self.journal, consent.request_id)
        except Crash:
            self.start()
            # It may be in the journal all the same, though nobody was told.
            self.noted += {consent.request_id} & set(self.journal.records_in(set(State)))

    @rule(seconds=st.sampled_from([0, 1, 5, 30, 60, 120, 600, 1000, 86_400]))
    def wait(self, seconds: int) -> None:
        self.time += seconds * 1_000_000
        self.work()

    @rule(turns=st.integers(2, 6))
    def wait_for_what_is_next(self, turns: int) -> None:
        for _ in range(turns):
            at = self.schedule.next_at(self.now())
            if at is not None:
                self.time = max(self.time, at.micros - self.clock_off)
                self.work()

    @rule(faults=st.lists(st.sampled_from(Fault), min_size=1, max_size=4))
    def sends_go_wrong(self, faults: list[Fault]) -> None:
        self.engagement.faults = faults

    @rule(faults=st.lists(st.sampled_from([*Fault, *ReadFault]), min_size=1, max_size=4))
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
        customer=st.sampled_from(CUSTOMERS),
        faults=st.lists(st.sampled_from(NOTHING_STORED), min_size=1, max_size=3),
    )
    def one_is_lost_on_the_way(self, action: Action, customer: str, faults: list[Fault]) -> None:
        self.note(action, customer, None)
        self.engagement.faults = faults
        self.wait_for_what_is_next(12)

    @rule(writes=st.integers(0, 6))
    def the_program_ends_at_a_write(self, writes: int) -> None:
        self.crash_after = writes
        self.work()
        self.crash_after = None

    @rule()
    def the_program_is_started_again(self) -> None:
        self.start()

    @rule(may_read=st.booleans())
    def the_permission_changes(self, may_read: bool) -> None:
        self.engagement.may_read = may_read

    @rule(seconds=st.sampled_from([-100_000, -3_600, -90, -5, 0, 5, 3_600, 100_000]))
    def the_clock_is_set(self, seconds: int) -> None:
        self.clock_off = seconds * 1_000_000

    @rule(customer=st.sampled_from(CUSTOMERS), action=st.sampled_from(Action))
    def somebody_decides_on_a_page(self, customer: str, action: Action) -> None:
        self.engagement.add(customer, CATEGORY, action)

    @rule(
        customer=st.sampled_from(CUSTOMERS),
        action=st.sampled_from(Action),
        times=st.sampled_from([10**3, 10**6]),
    )
    def somebody_tracks_milliseconds(self, customer: str, action: Action, times: int) -> None:
        self.engagement.add(customer, CATEGORY, action, times)

    @rule(customer=st.sampled_from(CUSTOMERS), action=st.sampled_from(Action))
    def somebody_decides_just_before_a_look(self, customer: str, action: Action) -> None:
        self.engagement.faults, self.engagement.read_faults, self.engagement.lag = [], [], 20.0
        self.note(action, customer, None)
        self.wait_for_what_is_next(1)
        at = self.schedule.next_at(self.now())
        if at is not None:
            self.time = max(self.time, at.micros - self.clock_off - 5_000_000)
            self.engagement.add(customer, CATEGORY, "reject" if action is Action.ACCEPT else "accept")
            self.wait_for_what_is_next(1)

    @rule(odd=st.lists(st.sampled_from(ODD), max_size=3), lag=st.sampled_from([0.0, 20.0]))
    def reads_are_odd(self, odd: list[object], lag: float) -> None:
        self.engagement.odd, self.engagement.lag = odd, lag

    @precondition(lambda self: self.in_states(UNSENT_STATES))
    @rule(data=st.data())
    def a_person_discards(self, data: st.DataObject) -> None:
        states = UNSENT_STATES
        if State.SEEN in LEGAL[State.DISCARDED]:
            states |= UNCERTAIN_STATES
        request_id = data.draw(st.sampled_from(self.in_states(states)))
        go_on(self.journal, request_id, Fact(at=self.now(), state=State.DISCARDED, note="typed wrong"))
        refresh(self.schedule, self.journal, request_id)

    @precondition(lambda self: self.in_states(SENDABLE_STATES))
    @rule(data=st.data())
    def a_person_sends_again(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(self.in_states(SENDABLE_STATES)))
        record = self.journal.record(request_id)
        state, planned = record.facts[-1].state, self.schedule.plan_of(request_id)
        is_asked = planned is not None and ask_to_send(planned, state, record.noted.consent.action)
        if state is State.NOT_SEEN or is_asked:
            self.asked.add(request_id)
        try:
            if is_asked:
                self.sender.decide(request_id, "kim")
            self.sender.send(request_id, a_project())
            refresh(self.schedule, self.journal, request_id)
        except Crash:
            self.start()

    @precondition(lambda self: self.undecided())
    @rule(data=st.data())
    def a_person_decides(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(self.undecided()))
        try:
            assert self.sender.decide(request_id, "kim")
            self.asked.add(request_id)
            self.sender.send(request_id, a_project())
            refresh(self.schedule, self.journal, request_id)
        except Crash:
            self.start()

    @rule()
    def the_folder_is_copied(self) -> None:
        self.saved = self.journal.copied()

    @precondition(lambda self: self.saved is not None)
    @rule()
    def the_folder_is_put_back(self) -> None:
        assert self.saved is not None
        before, self.journal = self.journal, self.saved.copied()
        self.journal.on_write = self.count_write
        self.noted = [one for one in self.noted if self.journal.has(one)]
        self.back |= {one for one in self.noted if before.record(one).facts != self.journal.record(one).facts}
        # What is seen from now on is what counts for these.
        self.engagement.seen -= set(self.in_states({State.QUEUED, State.RETRY_WAIT}))
        self.time += LATEST * 1_000_000
        self.start()

    @rule()
    def a_backup_is_restored(self) -> None:
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

    def check_due(self, due: tuple[Due, ...]) -> None:
        sends = [one for one in due if one.plan.step is Step.SEND]
        accepts = [one.action is Action.ACCEPT for one in sends]
        assert accepts == sorted(accepts), "an opt-in goes before an opt-out"
        for request_id in self.in_states({State.QUEUED}):
            record = self.journal.record(request_id)
            if record.noted.consent.action is Action.REJECT and record.facts[-1].outcome is None:
                is_due = any(one.request_id == request_id for one in due)
                assert is_due or len(due) == MOST_AT_ONCE, "an opt-out waits"

    def check_order(self, request_id: str) -> None:
        record = self.journal.record(request_id)
        consent = record.noted.consent
        if consent.action is Action.REJECT:
            return
        subject = (a_project().id, consent.customer, consent.category)
        assert not self.journal.alike(record.noted.subject, OPEN_STATES, {Action.REJECT}), (
            "overtook an opt-out"
        )
        if may_have_left(record.facts) and request_id not in self.asked:
            assert has_looks_enough(record.facts), "it might have shown still"
        for one in self.journal.later_like(*subject, consent.timestamp):
            overtaken = one.noted.consent.action is Action.REJECT and not was_withdrawn(one.facts)
            assert not overtaken, "sent though an opt-out overtook it"

    def check_look(self, request_id: str, looked: Looked) -> None:
        consent = self.journal.record(request_id).noted.consent
        valid = self.engagement.valid(consent.customer.value, consent.category)
        if looked.entry.state in {State.SEEN, State.VERIFIED, State.CONTRADICTED}:
            assert request_id in self.engagement.seen
        if looked.entry.state is State.VERIFIED:
            assert valid is (consent.action is Action.ACCEPT)
            record = self.journal.record(request_id)
            assert not record.noted.context.is_new_profile, "verified, though there was no such customer"
            assert self.was_somebody(request_id), "verified, though it may have made the profile"
        if looked.entry.state is State.CONTRADICTED:
            # Or so it was told, which may be behind what somebody changed a moment ago.
            told = self.engagement.valid(consent.customer.value, consent.category, self.engagement.lag)
            assert (consent.action is not Action.ACCEPT) in {valid, told}

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
        return was_seen or bool(self.engagement.odd) or any(others)

    @invariant()
    def a_step_is_counted(self) -> None:
        self.steps += 1

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
        self.engagement.faults, self.engagement.read_faults = [], []
        self.engagement.may_read, self.engagement.reads = True, self.fails_at_last
        self.crash_after = None
        self.start()
        for _ in range(4_000):
            at = self.schedule.next_at(self.now())
            if at is None:
                break
            self.time = max(self.time, at.micros - self.clock_off)
            self.work()
        assert self.schedule.next_at(self.now()) is None, "it never comes to rest"
        self.no_state_claims_more_than_was_seen()
        self.nothing_is_sent_twice_without_need()
        for request_id in self.noted:
            self.check_end(request_id)
        self.figures.update(runs=1, steps=self.steps, noted=len(self.noted), calls=self.engagement.calls)
        again = sum(was_sent_again(self.journal.record(one).facts) for one in self.noted)
        self.figures.update({"sent a second time": again})
        self.figures.update(self.journal.entry(one).state.value for one in self.noted)

    def check_end(self, request_id: str) -> None:
        record = self.journal.record(request_id)
        state, action = record.facts[-1].state, record.noted.consent.action
        overtaken = is_overtaken(self.journal, record.noted)
        step = plan(record.facts, action, request_id, overtaken=overtaken).step
        plan_now = self.schedule.plan_of(request_id)
        if state in OPEN_STATES:
            waits = self.schedule.waits_for_reject(request_id)
            step = step if plan_now is None else plan_now.step
            assert step is Step.ASK or waits or state is State.REFUSED, (state, step)
        if self.fails_at_last is not None or request_id in self.back:
            return
        if action is Action.REJECT and state is State.NOT_SEEN:
            given_up = any(getattr(fact.outcome, "cause", None) is Cause.CANCELLED for fact in record.facts)
            later = any(isinstance(fact.outcome, Look) and fact.outcome.later for fact in record.facts)
            # One look worked and those after it told nothing for hours: that is a person's to decide.
            is_asked = is_for_a_person(record.facts)
            assert overtaken or given_up or later or is_asked or was_sent_again(record.facts), record.facts
