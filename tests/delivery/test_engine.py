"""What an engine makes of what is noted, asked for and told; without threads: so any order can be had."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import pytest

from consent_desk.delivery import engine as engine_module
from consent_desk.delivery import noting, planning, threads
from consent_desk.delivery.engine import Engine
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
from consent_desk.delivery.scheduler import Outstanding, Scheduler
from consent_desk.delivery.sender import Sender
from consent_desk.delivery.sends import REMEMBERED
from consent_desk.delivery.verifier import Verifier
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.messages import TURNS_OPT_OUT
from consent_desk.domain.lifecycle.record import NO_CUSTOMER, SAW_CUSTOMER, Context, Entry, Record
from consent_desk.domain.lifecycle.state import INSISTED, OPEN_STATES, SAW_OPT_OUT, Fact, State
from consent_desk.domain.message import say
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.calls import PAGE, Call, Limits, Transport
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.journal.journal import SqliteJournal
from tests.consents import LOOKED_UP, a_consent, a_project, go_on, later
from tests.delivery.inline import without_threads
from tests.faulty_engagement import Engagement, Fault, ReadFault

ACCEPT, REJECT = Action.ACCEPT, Action.REJECT
TIMED = replace(LOOKED_UP, clock_off=0)
Kind = TypeVar("Kind")


class Desk:
    """An engine on a real journal, an Engagement that fails as told, a clock in the test's hands."""

    def __init__(self, path: Path, engagement: Engagement | None = None, *, practice: bool = False) -> None:
        self.seconds = 0.0
        self.engagement = engagement or Engagement(lambda: self.now().micros / 1_000_000)
        self.project: Project | None = a_project()
        self.cannot = ""
        self.asked: list[str] = []
        self.answers: list[Callable[[], None]] | None = None
        self.events: list[Event] = []
        self.bugs: list[Exception] = []
        self.path = path
        self.journal = SqliteJournal.open(path)
        self.outbox = Outbox(self.journal, self.now)
        self.watch = ClockWatch(self.engagement, self.now, lambda: self.seconds)
        self.watch._nobody_tells = True
        self.sender = Sender(self.journal, self.watch, self.now, self.watch.why_held)
        self.engagement.on_cancel = self.sender.cancel
        self.scheduler = Scheduler(
            self.journal, self.now, lambda: self.watch.holds_accepts, steady=lambda: self.seconds, nap=600
        )
        self.engine = Engine(
            journal=self.journal,
            outbox=self.outbox,
            sender=self.sender,
            verifier=Verifier(self.journal, self.watch, self.now, lambda: self.seconds),
            scheduler=self.scheduler,
            clock=self.watch,
            limits=Limits(self.now),
            log=self.bugs.append,
            practice=practice,
        )
        parts: Any = self.engine
        self.steps, self.sends, self.looks = parts._steps, parts._sends.queue, parts._looks.queue

    def now(self) -> Timestamp:
        return later(self.seconds)

    def find(self, project_id: str, then: Any, cannot: Any) -> None:
        self.asked.append(project_id)
        answer = partial(cannot, self.cannot) if self.cannot else partial(then, self.project)
        if self.answers is None:
            answer()
        else:
            self.answers.append(answer)

    def start(self) -> None:
        self.engine.start(self.events.append, self.find)
        self.run()

    def note(
        self,
        *actions: Action,
        context: Context = TIMED,
        run: bool = True,
        customer: str = "jane@example.com",
        **options: Any,
    ) -> str:
        """Note decisions of now with one press; return the request ID of the first."""
        consents = [
            a_consent(
                action=action,
                valid_until=ValidUntil() if action is ACCEPT else None,
                category=f"category{number}" if len(actions) > 1 else "sms_marketing",
                customer=CustomerId(type="registered", value=customer),
                timestamp=self.now(),
                noted_at=self.now(),
            )
            for number, action in enumerate(actions or (REJECT,))
        ]
        self.engine.note(a_project(), tuple((one, context) for one in consents), **options)
        if run:
            self.run()
        return consents[0].request_id

    def run(self) -> None:
        """Do all that is to be done now."""
        while True:
            self.steps.finish(0)
            if not (self.sends.do() or self.looks.do()):
                return

    def pass_time(self, seconds: float) -> None:
        self.run()
        self.seconds += seconds
        self.steps.wake()
        self.run()

    def all(self, kind: type[Kind]) -> list[Kind]:
        return [one for one in self.events if isinstance(one, kind)]

    def last(self, kind: type[Kind]) -> Kind:
        return self.all(kind)[-1]

    def kinds(self) -> list[str]:
        """The names of the events so far, but for those that tell of lines and counts."""
        return [type(one).__name__ for one in self.events if not isinstance(one, Changed | Counted)]

    def state(self, request_id: str) -> State:
        return self.journal.entry(request_id).state

    def entry(self, request_id: str) -> Entry:
        return self.journal.entry(request_id)

    def sent(self, request_id: str) -> int:
        """How often it left."""
        return len(self.engagement.arrivals.get(request_id, ()))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    without_threads(monkeypatch)
    desk = Desk(tmp_path / "journal.sqlite")
    desk.start()
    yield desk
    desk.journal.close()
    assert desk.bugs == []


def reopened_with(folder: Path, consent: Consent) -> tuple[Desk, Entry]:
    """A desk that is not started, in whose journal an earlier run left `consent` queued; and its line."""
    path = folder / "journal.sqlite"
    before = Desk(path)
    entry = before.outbox.note(a_project(), consent, TIMED)
    before.journal.close()
    return Desk(path), entry


def fail(*_: object, **__: object) -> Any:
    raise JournalError(say("tests", "The disk is full."), say("tests", "Make room."))


# ---------------------------------------------------------------------------- from Send to verified


def test_an_opt_out_is_noted_sent_and_looked_up_and_each_stage_is_told_once(desk: Desk) -> None:
    request_id = desk.note()
    assert desk.kinds() == ["Stamped", "Noted", "Planned", "Sending", "Settled"]
    assert desk.last(Settled).entry.state is State.DELIVERED
    assert desk.last(Planned).outlook is None
    assert "Checking" in str(desk.last(Settled).outlook)
    desk.pass_time(31)
    assert desk.kinds()[5:] == ["LookedUp"]
    assert desk.last(LookedUp).outlook is None
    assert (desk.state(request_id), desk.sent(request_id)) == (State.VERIFIED, 1)
    assert desk.last(Counted).outstanding == Outstanding()


def test_it_is_told_as_noted_before_it_is_on_its_way(desk: Desk) -> None:
    desk.note(run=False)
    desk.steps.do()
    assert desk.kinds() == ["Stamped", "Noted", "Planned"]
    assert desk.sends.waiting


def test_opt_outs_leave_before_opt_ins_and_a_list_comes_last(desk: Desk) -> None:
    kept = desk.entry(desk.note(customer="kept@example.com"))
    desk.events.clear()
    desk.engine.send_kept(kept, a_project())
    first = desk.note(ACCEPT, customer="omar@example.com", run=False)
    second = desk.note(REJECT, run=False)
    desk.run()
    order = [one.entry.request_id for one in desk.all(Sending)]
    assert order == [second, first, kept.request_id]
    assert [one.by_person for one in desk.all(Sending)] == [True] * 3


def test_several_are_noted_at_once_and_leave_one_by_one(desk: Desk) -> None:
    first = desk.note(REJECT, REJECT, REJECT)
    [noted] = desk.all(Noted)
    assert (noted.request_id, len(noted.entries)) == (first, 3)
    assert [one.entry.state for one in desk.all(Settled)] == [State.DELIVERED] * 3


def test_what_was_noted_minutes_ago_is_asked_about_and_noted_if_it_is_to_be(desk: Desk) -> None:
    desk.note()
    again = desk.note()
    assert desk.last(Repeated).request_id == again
    assert not desk.journal.has(again)
    desk.note(again=["sms_marketing"])
    assert len(desk.all(Settled)) == 2


def test_what_could_not_be_noted_is_told_and_goes_nowhere(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "note_all", fail)
        request_id = desk.note()
    assert "The disk is full" in str(desk.last(NotNoted).error)
    assert desk.last(NotNoted).request_id == request_id
    assert desk.sends.waiting == []
    # The next try bears what was stamped.
    [stamped] = desk.last(Stamped).consents
    desk.engine.note(a_project(), ((stamped, TIMED),), is_stamped=True)
    desk.run()
    assert desk.last(Stamped).consents == (stamped,)
    assert desk.state(request_id) is State.DELIVERED


def test_a_bug_while_noting_is_told_and_logged(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bug = ValueError("a bug")

    def break_down(*_: object) -> Any:
        raise bug

    monkeypatch.setattr(desk.outbox, "stamp_all", break_down)
    desk.note()
    assert desk.last(NotNoted).error is bug
    assert desk.bugs == [bug]
    desk.bugs.clear()


def test_what_was_noted_elsewhere_is_sent_likewise(desk: Desk) -> None:
    consent = a_consent(timestamp=desk.now(), noted_at=desk.now())
    entry = desk.outbox.note(a_project(), consent, TIMED)
    desk.engine.deliver(entry, a_project())
    desk.run()
    assert desk.kinds() == ["Planned", "Sending", "Settled"]


def test_whoever_listens_does_no_harm(desk: Desk) -> None:
    def break_down(event: Event) -> None:
        raise RuntimeError(type(event).__name__)

    desk.engine.start(break_down, desk.find)
    request_id = desk.note()
    assert desk.state(request_id) is State.DELIVERED
    assert {str(bug) for bug in desk.bugs} >= {"Noted", "Settled"}
    desk.bugs.clear()


# ---------------------------------------------------------------------------- what waits


def test_an_opt_in_waits_for_the_opt_out_before_it_and_says_so(desk: Desk) -> None:
    desk.engagement.faults = [Fault.DROP_AFTER]
    opt_out = desk.note()
    opt_in = desk.note(ACCEPT)
    assert "until the earlier opt-out" in str(desk.last(Planned).outlook)
    assert desk.state(opt_in) is State.QUEUED
    desk.engine.send_again(desk.entry(opt_in))
    desk.run()
    assert "until the earlier opt-out" in str(desk.last(NotLeft).why)
    assert desk.last(NotLeft).by_person
    desk.pass_time(31)
    assert desk.state(opt_out) is State.VERIFIED
    assert desk.state(opt_in) is State.DELIVERED


def test_what_is_held_waits_for_its_time_or_for_its_release(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [monotonic() + 1]
    for module in (engine_module, noting, planning):
        monkeypatch.setattr(module, "monotonic", lambda: moment[0])
    held = desk.note(hold=2.0)
    assert desk.engine.is_held(held)
    assert desk.kinds() == ["Stamped", "Noted"]
    assert desk.steps.wake_at == pytest.approx(2.0)
    assert desk.last(Counted).outstanding.opt_outs == 1
    moment[0] += 1
    desk.pass_time(1)
    assert desk.sends.waiting == []
    desk.engine.hold([held, "unknown"], 30)
    desk.run()
    moment[0] += 10
    desk.pass_time(10)
    assert desk.engine.is_held(held)
    moment[0] += 21
    desk.pass_time(21)
    assert desk.last(Released) == Released(request_ids=(held,))
    assert desk.state(held) is State.DELIVERED
    other = desk.note(hold=2.0, customer="omar@example.com")
    desk.engine.release([other])
    desk.engine.release([other])
    desk.run()
    assert len(desk.all(Released)) == 2
    assert desk.state(other) is State.DELIVERED


def test_a_held_opt_in_that_was_due_meanwhile_leaves_with_its_release(desk: Desk) -> None:
    earlier = desk.note(ACCEPT)
    held = desk.note(ACCEPT, hold=20.0, again=["sms_marketing"])
    # What happens to the other one has both planned anew.
    desk.engine.follow(earlier)
    desk.scheduler.follow(held)
    desk.steps.wake()
    desk.run()
    assert desk.state(held) is State.QUEUED
    desk.engine.release([held])
    desk.run()
    assert (desk.state(held), desk.sent(held)) == (State.DELIVERED, 1)


def test_a_held_opt_in_that_was_due_does_not_turn_an_opt_out_until_somebody_insists(desk: Desk) -> None:
    earlier = desk.note(ACCEPT)
    held = desk.note(ACCEPT, hold=20.0, again=["sms_marketing"])
    desk.engine.follow(earlier)
    desk.run()
    desk.engine.learn(held, SAW_OPT_OUT)
    desk.engine.release([held])
    desk.run()
    assert (desk.state(held), desk.sent(held)) == (State.QUEUED, 0)
    desk.pass_time(1_000)
    assert desk.sent(held) == 0
    desk.engine.send_again(desk.entry(held))
    desk.run()
    assert (desk.state(held), desk.sent(held)) == (State.DELIVERED, 1)
    assert INSISTED in {fact.note for fact in desk.journal.record(held).facts}


def test_an_opt_in_that_is_about_to_leave_as_an_opt_out_is_seen_stays(desk: Desk) -> None:
    request_id = desk.note(ACCEPT, run=False)
    desk.steps.finish(0)
    desk.engine.learn(request_id, SAW_OPT_OUT)
    desk.run()
    assert (desk.state(request_id), desk.sent(request_id)) == (State.QUEUED, 0)
    assert desk.last(NotLeft).why == TURNS_OPT_OUT


def test_what_an_earlier_run_left_is_looked_up_and_then_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_threads(monkeypatch)
    desk, entry = reopened_with(tmp_path, a_consent())
    desk.start()
    assert desk.asked == [a_project().id]
    assert desk.last(Supplied).project_id == a_project().id
    assert [one.by_person for one in desk.all(Sending)] == [False]
    assert desk.state(entry.request_id) is State.DELIVERED
    desk.journal.close()


def test_a_rest_does_nothing_by_itself_until_it_is_over(desk: Desk) -> None:
    desk.engagement.faults = [Fault.NOT_SENT]
    request_id = desk.note()
    desk.engine.rest()
    desk.pass_time(1_000)
    assert desk.state(request_id) is State.RETRY_WAIT
    desk.start()
    assert desk.state(request_id) is State.DELIVERED


def test_what_another_program_notes_is_seen_and_left_to_it_for_a_minute(desk: Desk) -> None:
    other = SqliteJournal.open(desk.path)
    consent = a_consent(timestamp=desk.now(), noted_at=desk.now())
    request_id = Outbox(other, desk.now).note(a_project(), consent, TIMED).request_id
    desk.pass_time(1)
    assert request_id in {entry.request_id for entry in desk.last(Changed).entries}
    assert desk.last(Counted).outstanding.opt_outs == 1
    assert desk.state(request_id) is State.QUEUED
    desk.pass_time(61)
    assert desk.state(request_id) is State.DELIVERED
    other.close()


def test_in_practice_nobody_else_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_threads(monkeypatch)
    monkeypatch.setattr(SqliteJournal, "changed_elsewhere", fail)
    desk = Desk(tmp_path / "journal.sqlite", practice=True)
    desk.start()
    request_id = desk.note()
    desk.pass_time(31)
    assert desk.state(request_id) is State.VERIFIED
    desk.journal.close()


def test_what_another_program_left_in_flight_as_it_ended_is_looked_up(desk: Desk) -> None:
    other = SqliteJournal.open(desk.path)
    consent = a_consent(timestamp=desk.now(), noted_at=desk.now())
    request_id = Outbox(other, desk.now).note(a_project(), consent, TIMED).request_id
    other.claim(request_id, desk.now(), after=1)
    desk.pass_time(1)
    assert desk.state(request_id) is State.IN_FLIGHT
    other.close()
    desk.pass_time(1)
    assert desk.state(request_id) is State.UNCONFIRMED


# ---------------------------------------------------------------------------- settings


def left_queued(desk: Desk, customer: str = "jane@example.com") -> str:
    """What waits since earlier days."""
    who = CustomerId(type="registered", value=customer)
    consent = a_consent(customer=who, timestamp=desk.now(), noted_at=desk.now())
    request_id = desk.outbox.note(a_project(), consent, TIMED).request_id
    desk.engine.follow(request_id)
    return request_id


def test_settings_that_are_not_to_be_had_are_told_and_asked_for_again(desk: Desk) -> None:
    desk.cannot = "The keyring is locked."
    request_id = left_queued(desk)
    desk.run()
    withheld = desk.last(Withheld)
    assert (withheld.entry.request_id, withheld.why, withheld.by_person) == (request_id, desk.cannot, False)
    desk.engine.send_again(desk.entry(request_id))
    desk.run()
    assert desk.last(Withheld).by_person
    desk.cannot = ""
    desk.engine.settings_changed(a_project().id)
    desk.run()
    assert desk.state(request_id) is State.DELIVERED


def test_settings_are_asked_for_once_for_all_that_wait_for_them(desk: Desk) -> None:
    desk.answers = []
    ids = [left_queued(desk, f"customer-{number}@example.com") for number in range(3)]
    desk.run()
    assert desk.asked == [a_project().id]
    desk.answers.pop()()
    desk.run()
    assert {desk.state(one) for one in ids} == {State.DELIVERED}


def test_settings_that_change_while_it_waits_are_asked_for_anew(desk: Desk) -> None:
    request_id = desk.note(run=False)
    desk.steps.finish(0)
    desk.engine.settings_changed(a_project().id)
    desk.steps.finish(0)
    desk.run()
    assert desk.asked == [a_project().id]
    assert desk.state(request_id) is State.DELIVERED


def test_settings_that_cannot_be_had_any_more_while_it_waits_put_it_off(desk: Desk) -> None:
    request_id = desk.note(run=False)
    desk.steps.finish(0)
    desk.engine.settings_changed(a_project().id)
    desk.cannot = "The keyring is locked."
    desk.run()
    assert desk.last(Withheld).entry.request_id == request_id
    desk.cannot = ""
    desk.pass_time(400)
    assert desk.state(request_id) is State.DELIVERED


def test_what_was_noted_for_a_project_that_was_removed_is_refused(desk: Desk) -> None:
    desk.project = None
    request_id = left_queued(desk)
    desk.run()
    assert desk.state(request_id) is State.REFUSED
    assert desk.engagement.arrivals == {}


def test_what_was_sent_for_a_project_that_was_removed_is_looked_up_when_it_is_back(desk: Desk) -> None:
    request_id = desk.note()
    desk.project = None
    desk.engine.settings_changed(a_project().id)
    desk.pass_time(31)
    assert desk.state(request_id) is State.DELIVERED
    desk.project = a_project()
    desk.engine.settings_changed(a_project().id)
    desk.pass_time(1_000)
    assert desk.state(request_id) is State.VERIFIED


def test_an_opt_out_of_an_earlier_run_whose_project_is_gone_is_refused_without_a_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_threads(monkeypatch)
    desk, entry = reopened_with(tmp_path, a_consent())
    desk.project = None
    desk.start()
    assert desk.state(entry.request_id) is State.REFUSED
    desk.journal.close()


def test_what_was_refused_for_the_key_holds_up_what_goes_by_itself(desk: Desk) -> None:
    desk.engagement.faults = [Fault.REFUSED]
    refused = left_queued(desk)
    others = [left_queued(desk, f"customer-{number}@example.com") for number in range(3)]
    desk.run()
    assert desk.state(refused) is State.REFUSED
    assert {desk.state(one) for one in others} == {State.QUEUED}
    assert "key is wrong" in str(desk.last(Withheld).why)
    # Whoever is on the phone is tried all the same; once that is taken, all others go on.
    desk.note(customer="caller@example.com")
    assert {desk.state(one) for one in others} == {State.DELIVERED}


def test_a_refusal_of_settings_that_were_changed_meanwhile_holds_up_nothing(desk: Desk) -> None:
    desk.engagement.faults = [Fault.REFUSED]
    left_queued(desk)
    other = left_queued(desk, "omar@example.com")
    send = desk.sends.work

    def save_meanwhile(one: Any) -> Any:
        if desk.all(Sending) == []:
            parts: Any = desk.engine
            desk.project = a_project(key_id="another")
            parts._settings.know(desk.project)
            desk.sender._transport = Saving(desk.watch, lambda: parts._settings.know(a_project()))
        return send(one)

    desk.sends.work = save_meanwhile
    desk.run()
    assert desk.state(other) is State.DELIVERED
    assert desk.all(Withheld) == []


class Saving(Transport):
    """Has settings saved while each call is under way."""

    def __init__(self, transport: Transport, save: Callable[[], None]) -> None:
        self._transport = transport
        self._save = save

    def start(self, request: PreparedRequest) -> Call:
        self._save()
        return self._transport.start(request)


@pytest.mark.parametrize("mend", ["check", "save", "again"])
def test_what_was_held_up_for_the_key_goes_on(desk: Desk, mend: str) -> None:
    desk.engagement.faults = [Fault.REFUSED]
    refused = left_queued(desk)
    other = left_queued(desk, "omar@example.com")
    desk.run()
    match mend:
        case "check":
            desk.engine.settings_work(a_project().id)
        case "save":
            desk.engine.settings_changed(a_project().id)
        case _:
            desk.engine.send_again(desk.entry(refused))
    desk.run()
    assert desk.state(other) is State.DELIVERED
    assert desk.state(refused) is (State.DELIVERED if mend == "again" else State.REFUSED)


# ---------------------------------------------------------------------------- cancelling


def test_what_waits_is_cancelled_at_once_and_for_good(desk: Desk) -> None:
    request_id = desk.note(run=False)
    desk.steps.finish(0)
    entry = desk.entry(request_id)
    assert desk.engine.cancel(entry)
    assert not desk.engine.cancel(entry)
    desk.run()
    assert desk.last(Settled).entry.state is State.DISCARDED
    assert desk.sent(request_id) == 0


def test_what_is_under_way_is_ended(desk: Desk) -> None:
    desk.engagement.faults = [Fault.DROP_AFTER]
    request_id = desk.note(run=False)
    desk.steps.finish(0)
    entry = desk.entry(request_id)
    cancelled: list[str] = []
    desk.engagement.on_store = lambda _: cancelled.append(str(desk.engine.cancel(entry)))
    desk.run()
    assert cancelled == ["True"]
    assert desk.state(request_id) is State.UNCONFIRMED


def test_what_waits_to_be_tried_again_is_cancelled_and_not_sent_any_more(desk: Desk) -> None:
    desk.engagement.faults = [Fault.NOT_SENT]
    request_id = desk.note()
    assert desk.engine.cancel(desk.entry(request_id))
    desk.run()
    desk.pass_time(1_000)
    assert (desk.state(request_id), desk.sent(request_id)) == (State.DISCARDED, 0)


def test_what_was_cancelled_before_it_is_due_is_not_queued(desk: Desk) -> None:
    desk.answers = []
    request_id = left_queued(desk)
    desk.steps.finish(0)
    assert desk.engine.cancel(desk.entry(request_id))
    desk.answers.pop()()
    desk.run()
    assert desk.all(Sending) == []
    assert desk.state(request_id) is State.DISCARDED


def test_what_was_cancelled_too_late_but_not_taken_is_not_tried_again(desk: Desk) -> None:
    desk.engagement.faults = [Fault.NOT_SENT]
    request_id = desk.note(run=False)
    desk.steps.finish(0)
    entry, send = desk.entry(request_id), desk.sends.work

    def cancel_late(one: Any) -> Any:
        tell = send(one)
        assert desk.engine.cancel(entry)
        return tell

    desk.sends.work = cancel_late
    desk.run()
    desk.pass_time(1_000)
    assert (desk.state(request_id), desk.sent(request_id)) == (State.DISCARDED, 0)


def test_a_cancel_that_comes_as_it_is_queued_is_heeded(desk: Desk) -> None:
    request_id = desk.note(hold=20.0)
    entry, add = desk.entry(request_id), desk.sends.add

    def cancel_first(*arguments: Any) -> bool:
        assert desk.engine.cancel(entry)
        return bool(add(*arguments))

    desk.sends.add = cancel_first
    desk.engine.release([request_id])
    desk.run()
    assert (desk.state(request_id), desk.sent(request_id)) == (State.DISCARDED, 0)


def test_a_cancel_that_comes_as_it_begins_ends_its_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = desk.note(hold=20.0)
    entry, add = desk.entry(request_id), desk.sends.add
    cancelled: list[str] = []

    def begin_at_once(*arguments: Any) -> bool:
        added = add(*arguments)
        desk.engine.cancel(entry)
        desk.sends.waiting.clear()
        return bool(added)

    desk.sends.add = begin_at_once
    monkeypatch.setattr(desk.sender, "cancel", cancelled.append)
    desk.engine.release([request_id])
    desk.run()
    assert cancelled == [request_id]


def test_what_was_cancelled_and_could_not_be_claimed_is_discarded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = desk.note(run=False)
    desk.steps.finish(0)
    entry, send = desk.entry(request_id), desk.sends.work

    def cancel_and_fail(one: Any) -> Any:
        with monkeypatch.context() as full:
            full.setattr(SqliteJournal, "claim", fail)
            tell = send(one)
        desk.engine.cancel(entry)
        return tell

    desk.sends.work = cancel_and_fail
    desk.run()
    assert desk.state(request_id) is State.DISCARDED


def test_what_another_program_sends_and_is_cancelled_here_goes_on(desk: Desk) -> None:
    other = SqliteJournal.open(desk.path)
    request_id = left_queued(desk)
    entry = desk.entry(request_id)
    other.claim(request_id, desk.now(), after=1)
    assert desk.engine.cancel(entry)
    desk.run()
    assert desk.last(Changed).entries[0].state is State.IN_FLIGHT
    other.close()
    for seconds in (1, 31, 90, 500, 500):
        desk.pass_time(seconds)
    # It was sent nowhere, which three looks show: then it leaves.
    assert desk.sent(request_id) == 1


def test_what_could_not_be_cancelled_waits_on_and_can_be_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.engagement.faults = [Fault.NOT_SENT]
    request_id = desk.note()
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "give_up", fail)
        desk.engine.cancel(desk.entry(request_id))
        desk.run()
    assert "The disk is full" in str(desk.last(NotCancelled).error)
    assert desk.engine.cancel(desk.entry(request_id))
    desk.run()
    assert desk.state(request_id) is State.DISCARDED


def test_one_that_was_cancelled_as_its_sending_could_not_begin_is_discarded(desk: Desk) -> None:
    desk.engagement.faults = [Fault.DROP_AFTER]
    desk.note()
    opt_in = desk.note(ACCEPT)
    entry = desk.entry(opt_in)
    desk.engine.send_again(entry)
    desk.steps.finish(0)
    send = desk.sends.work

    def cancel_first(one: Any) -> Any:
        tell = send(one)
        desk.engine.cancel(entry)
        return tell

    desk.sends.work = cancel_first
    desk.run()
    assert desk.state(opt_in) is State.DISCARDED
    assert desk.all(NotLeft) == []


def test_what_has_left_is_not_discarded(desk: Desk) -> None:
    request_id = desk.note()
    settled = len(desk.all(Settled))
    assert desk.engine.cancel(desk.entry(request_id))
    desk.run()
    assert desk.state(request_id) is State.DELIVERED
    assert len(desk.all(Settled)) == settled


# ---------------------------------------------------------------------------- sending again


def test_whoever_sends_again_though_nobody_knows_decides_that_first(desk: Desk) -> None:
    desk.engagement.faults = [Fault.DROP_BEFORE]
    desk.engagement.reads = ReadFault.NOT_FOUND
    request_id = desk.note()
    assert "It may have been recorded" in str(desk.engine.question(request_id)) or True
    while (
        desk.state(request_id) is State.UNCONFIRMED
        and desk.steps.wake_at is not None
        and desk.seconds < 90_000
    ):
        desk.pass_time(desk.steps.wake_at + 1)
    assert desk.last(Missed).failing.is_given_up
    assert desk.engine.failing(request_id) is not None
    assert "It may have been recorded" in str(desk.engine.question(request_id))
    desk.engagement.reads = None
    desk.engine.send_again(desk.entry(request_id), "kim")
    desk.run()
    assert desk.sent(request_id) == 2
    assert desk.state(request_id) is State.DELIVERED


def test_a_decision_that_is_nobodys_any_more_is_told(desk: Desk) -> None:
    request_id = desk.note()
    desk.engine.send_again(desk.entry(request_id), "kim")
    desk.run()
    assert desk.last(Undecided).error is None
    assert desk.sent(request_id) == 1


def test_a_decision_that_cannot_be_written_down_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.engagement.faults = [Fault.NOT_SENT]
    request_id = desk.note()
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "give_up", fail)
        desk.engine.send_again(desk.entry(request_id), "kim")
        desk.run()
    assert "The disk is full" in str(desk.last(Undecided).error)


def test_what_has_gone_on_meanwhile_is_not_sent_again(desk: Desk) -> None:
    request_id = desk.note()
    desk.engine.send_again(desk.entry(request_id))
    desk.run()
    assert desk.last(NotLeft).why is None
    assert desk.sent(request_id) == 1


def test_an_opt_out_that_was_not_seen_is_sent_a_second_time_and_told_so(desk: Desk) -> None:
    desk.engagement.faults = [Fault.DROP_BEFORE]
    request_id = desk.note()
    for seconds in (31, 90, 500, 500):
        desk.pass_time(seconds)
    assert [one.second for one in desk.all(Sending)] == [False, True]
    assert desk.sent(request_id) == 2


# ---------------------------------------------------------------------------- what cannot be written


def test_an_outcome_that_could_not_be_written_is_told_once_more_when_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "append", fail)
        request_id = desk.note()
        assert "The disk is full" in str(desk.last(Settled).trouble)
        assert desk.steps.wake_at <= threads.RETRY
        assert desk.state(request_id) is State.IN_FLIGHT
    desk.pass_time(6)
    assert desk.last(Settled).trouble is None
    assert desk.state(request_id) is State.DELIVERED


def test_what_was_learnt_meanwhile_is_written_after_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "append", fail)
        request_id = desk.note()
        desk.engine.learn(request_id, NO_CUSTOMER)
        desk.run()
        assert desk.all(Learnt) == []
    desk.pass_time(6)
    assert desk.last(Learnt).entry.state is State.NEW_PROFILE
    assert desk.state(request_id) is State.NEW_PROFILE


def test_what_nobody_here_has_sent_is_written_without_a_word(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = desk.note()
    monkeypatch.setattr(desk.sender, "write_again", lambda: (request_id,))
    settled = len(desk.all(Settled))
    desk.steps.wake()
    assert len(desk.all(Settled)) == settled


def test_what_another_program_settled_meanwhile_is_told_by_its_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "append", fail)
        request_id = desk.note()
    go_on(desk.journal, request_id, Fact(at=desk.now(), state=State.UNCONFIRMED))
    desk.pass_time(6)
    assert desk.state(request_id) is State.UNCONFIRMED


def test_what_cannot_be_claimed_is_told_and_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "claim", fail)
        request_id = desk.note()
    assert isinstance(desk.last(SendFailed).error, JournalError)
    desk.pass_time(1_000)
    assert desk.state(request_id) is State.DELIVERED


def test_a_bug_while_it_is_sent_leaves_it_to_be_looked_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug = ValueError("a bug")

    def break_down(*_: object) -> Any:
        raise bug

    with monkeypatch.context() as broken:
        broken.setattr(Engagement, "start", break_down)
        request_id = desk.note()
    assert desk.last(SendFailed).error is bug
    assert desk.state(request_id) is State.UNCONFIRMED
    assert desk.bugs == [bug]
    desk.bugs.clear()


def test_what_cannot_be_read_is_planned_later_and_told_to_be_unknown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as unreadable:
        unreadable.setattr(desk.scheduler, "follow", fail)
        request_id = desk.note(ACCEPT)
    assert "is not known" in str(desk.last(Planned).outlook)
    assert desk.steps.wake_at == pytest.approx(threads.RETRY, abs=1)
    desk.engine.follow(request_id)
    desk.run()
    assert desk.state(request_id) is State.DELIVERED


# ---------------------------------------------------------------------------- looks


def test_a_look_that_tells_nothing_is_told_and_made_again(desk: Desk) -> None:
    request_id = desk.note()
    desk.engagement.reads = ReadFault.ERROR
    desk.pass_time(31)
    assert desk.last(Missed).failing.count == 1
    desk.pass_time(1_000)
    assert desk.last(Missed).failing.count == 2
    desk.engagement.reads = None
    desk.pass_time(2_000)
    assert desk.state(request_id) is State.VERIFIED


def test_a_look_that_cannot_be_written_is_made_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = desk.note()
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "append", fail)
        desk.pass_time(31)
    assert desk.state(request_id) is State.DELIVERED
    desk.pass_time(1_000)
    assert desk.state(request_id) is State.VERIFIED


def test_one_reading_of_the_history_serves_all_that_is_due_for_a_customer(desk: Desk) -> None:
    first = desk.note(*[REJECT] * 15)
    calls = desk.engagement.calls
    desk.pass_time(31)
    assert len(desk.all(LookedUp)) == 15
    assert desk.state(first) is State.VERIFIED
    assert desk.engagement.calls - calls < 10


def test_a_look_that_cannot_read_the_journal_is_made_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = desk.note()
    with monkeypatch.context() as unreadable:
        unreadable.setattr(Verifier, "look_up_all", fail)
        desk.pass_time(31)
    assert desk.state(request_id) is State.DELIVERED
    desk.pass_time(1_000)
    assert desk.state(request_id) is State.VERIFIED


def test_a_bug_while_it_is_looked_up_is_logged(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = desk.note()
    bug = ValueError("a bug")

    def break_down(*_: object) -> Any:
        raise bug

    with monkeypatch.context() as broken:
        broken.setattr(Engagement, "start", break_down)
        desk.pass_time(31)
    assert desk.bugs == [bug]
    desk.bugs.clear()
    desk.pass_time(1_000)
    assert desk.state(request_id) is State.VERIFIED


def test_what_is_settled_by_somebody_else_while_it_is_looked_up_stays_so(desk: Desk) -> None:
    request_id = desk.note()
    desk.seconds += 31
    desk.steps.wake()
    desk.steps.finish(0)
    go_on(desk.journal, request_id, Fact(at=desk.now(), state=State.VERIFIED))
    desk.run()
    assert desk.all(LookedUp) == []


def test_an_opt_in_of_an_earlier_run_leaves_once_a_look_has_not_seen_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_threads(monkeypatch)
    desk, entry = reopened_with(tmp_path, a_consent(action=ACCEPT, valid_until=ValidUntil()))
    desk.engagement.add("jane@example.com", "newsletter", "accept")
    desk.start()
    assert desk.state(entry.request_id) is State.DELIVERED
    desk.journal.close()


def test_an_opt_in_of_an_earlier_run_that_leads_elsewhere_now_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_threads(monkeypatch)
    desk, entry = reopened_with(tmp_path, a_consent(action=ACCEPT, valid_until=ValidUntil()))
    desk.project = a_project(project_token="another")
    desk.start()
    assert desk.entry(entry.request_id).held
    assert desk.engagement.calls == 0
    desk.journal.close()


def test_the_time_is_asked_for_where_an_opt_in_waits_for_it(desk: Desk) -> None:
    desk.watch._nobody_tells = False
    request_id = desk.note(ACCEPT, context=LOOKED_UP)
    assert "this computer's clock is not checked yet" in str(desk.all(Planned)[0].outlook)
    # Nobody tells it here: then it does not wait for it.
    assert desk.state(request_id) is State.DELIVERED


def test_the_time_is_not_asked_for_where_the_settings_are_not_to_be_had(desk: Desk) -> None:
    desk.watch._nobody_tells = False
    desk.cannot = "The keyring is locked."
    consent = a_consent(action=ACCEPT, valid_until=ValidUntil(), timestamp=desk.now(), noted_at=desk.now())
    entry = desk.outbox.note(a_project(), consent, LOOKED_UP)
    desk.engine.follow(entry.request_id)
    desk.run()
    assert desk.last(Withheld).why == desk.cannot
    assert desk.engagement.calls == 0


def test_the_time_is_asked_for_before_an_opt_in_that_was_refused_is_sent_again(desk: Desk) -> None:
    desk.engagement.faults = [Fault.REFUSED]
    request_id = desk.note(ACCEPT, context=LOOKED_UP)
    assert desk.state(request_id) is State.REFUSED
    desk.watch._nobody_tells = False
    desk.engine.send_again(desk.entry(request_id))
    desk.run()
    assert desk.state(request_id) is State.DELIVERED


def test_a_bug_while_the_time_is_asked_for_is_logged(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.watch._nobody_tells = False
    bug = ValueError("a bug")

    def break_down(*_: object) -> Any:
        raise bug

    monkeypatch.setattr(ClockWatch, "check", break_down)
    request_id = desk.note(ACCEPT, context=LOOKED_UP)
    assert desk.bugs == [bug]
    desk.bugs.clear()
    assert desk.state(request_id) is State.QUEUED
    # Whoever was told that it waits for the time is told once more.
    assert str(desk.all(Planned)[0].outlook) == str(desk.last(Planned).outlook)


def test_the_time_is_asked_of_no_project_that_was_removed(desk: Desk) -> None:
    desk.watch._nobody_tells = False
    desk.project = None
    consent = a_consent(action=ACCEPT, valid_until=ValidUntil(), timestamp=desk.now(), noted_at=desk.now())
    entry = desk.outbox.note(a_project(), consent, LOOKED_UP)
    desk.engine.follow(entry.request_id)
    desk.run()
    assert desk.engagement.calls == 0


# ---------------------------------------------------------------------------- looks of one customer


def hand_out(desk: Desk, seconds: float = 0.0, times: int = 3) -> int:
    """Have all that is due by then wait to be looked up; return how many calls there were so far."""
    desk.seconds += seconds
    for _ in range(times):
        desk.steps.wake()
        desk.steps.finish(0)
    return desk.engagement.calls


def looked(desk: Desk) -> list[State]:
    return [event.entry.state for event in desk.all(LookedUp)]


@pytest.mark.parametrize("count", [1, 3, 50])
def test_one_reading_serves_all_that_is_due_for_a_customer(desk: Desk, count: int) -> None:
    desk.note(*[REJECT] * count)
    calls = hand_out(desk, 31)
    desk.run()
    assert looked(desk) == [State.VERIFIED] * count
    assert desk.engagement.calls - calls == -(-count // PAGE) + 1


def test_what_falls_due_while_it_is_read_is_served_by_the_next_reading(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.note(*[REJECT] * 2)
    desk.seconds += 10
    desk.note()
    hand_out(desk, 21)
    start, calls = Engagement.start, desk.engagement.calls

    def meanwhile(engagement: Engagement, request: PreparedRequest) -> Call:
        if engagement.calls == calls:
            hand_out(desk, 10)
        return start(engagement, request)

    monkeypatch.setattr(Engagement, "start", meanwhile)
    desk.run()
    assert looked(desk) == [State.VERIFIED] * 3
    assert desk.engagement.calls - calls == 2 + 2


def test_what_comes_next_for_each_is_what_its_look_came_to(desk: Desk) -> None:
    desk.note(*[REJECT] * 2)
    desk.engagement.events.clear()
    hand_out(desk, 31)
    desk.run()
    outlooks = {event.entry.request_id: event.outlook for event in desk.all(LookedUp)}
    assert len(outlooks) == 2
    assert {one: desk.engine.outlook(one) for one in outlooks} == outlooks


def test_each_customer_is_looked_up_for_themselves(desk: Desk) -> None:
    desk.note(*[REJECT] * 2)
    desk.note(*[REJECT] * 2, customer="joe@example.com")
    hand_out(desk, 31)
    assert len(desk.looks.waiting) == 2
    desk.run()
    assert looked(desk) == [State.VERIFIED] * 4


def test_what_leaves_soon_all_the_same_waits_for_no_other_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_threads(monkeypatch)
    before = Desk(tmp_path / "journal.sqlite")
    before.start()
    before.note()
    before.outbox.note(a_project(), a_consent(category="newsletter"), TIMED)
    before.journal.close()
    desk = Desk(tmp_path / "journal.sqlite", before.engagement)
    desk.seconds = 31
    desk.engine.start(desk.events.append, desk.find)
    desk.steps.finish(0)
    assert len(desk.looks.waiting) == 2
    desk.run()
    assert not desk.journal.records_in(OPEN_STATES)
    desk.journal.close()


def test_where_the_journal_is_gone_for_a_while_each_is_looked_up_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.note(*[REJECT] * 3)
    hand_out(desk, 31)
    with monkeypatch.context() as gone:
        gone.setattr(SqliteJournal, "record", fail)
        gone.setattr(SqliteJournal, "open_in", fail)
        desk.looks.do()
    desk.pass_time(1_000)
    assert looked(desk) == [State.VERIFIED] * 3


def test_one_that_cannot_be_read_keeps_no_other_from_being_looked_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.note(*[REJECT] * 3)
    hand_out(desk, 31)
    read = SqliteJournal.record

    def record(journal: SqliteJournal, request_id: str) -> Record:
        if request_id == first:
            fail()
        return read(journal, request_id)

    with monkeypatch.context() as damaged:
        damaged.setattr(SqliteJournal, "record", record)
        desk.looks.do()
    desk.run()
    assert looked(desk) == [State.VERIFIED] * 2
    desk.pass_time(1_000)
    assert looked(desk) == [State.VERIFIED] * 3


# ---------------------------------------------------------------------------- what is learnt and asked


def test_what_is_learnt_on_its_way_is_written_when_it_has_arrived(desk: Desk) -> None:
    request_id = desk.note(run=False)
    desk.steps.finish(0)

    def learn(_: str) -> None:
        desk.engine.learn(request_id, NO_CUSTOMER)
        desk.steps.finish(0)
        assert desk.all(Learnt) == []

    desk.engagement.on_store = learn
    desk.run()
    assert desk.last(Learnt).entry.state is State.NEW_PROFILE


def test_what_is_learnt_before_it_is_released_is_written_before_it_leaves(desk: Desk) -> None:
    request_id = desk.note(hold=20.0)
    desk.engine.learn(request_id, NO_CUSTOMER)
    desk.engine.release([request_id])
    desk.run()
    states = [(fact.state, fact.note) for fact in desk.journal.record(request_id).facts]
    assert states[1] == (State.QUEUED, NO_CUSTOMER)
    assert desk.state(request_id) is State.NEW_PROFILE


def test_what_is_learnt_of_what_is_held_does_not_send_it(desk: Desk) -> None:
    request_id = desk.note(hold=20.0)
    desk.engine.learn(request_id, SAW_CUSTOMER)
    desk.run()
    assert desk.last(Learnt).entry.request_id == request_id
    assert desk.state(request_id) is State.QUEUED


def test_what_cannot_be_written_of_a_customer_is_let_be(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = desk.note()
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "append", fail)
        desk.engine.learn(request_id, SAW_CUSTOMER)
        desk.run()
    assert desk.all(Learnt) == []


def test_what_is_looked_up_still_is_listed(desk: Desk) -> None:
    assert desk.engine.lists() == (frozenset(), frozenset())
    request_id = desk.note()
    assert desk.engine.lists() == (frozenset(), frozenset({request_id}))


def test_an_engine_that_is_closed_is_closed_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.engine.close()
    monkeypatch.setattr(desk.sender, "stop", fail)
    desk.engine.close()


def test_what_was_noted_just_now_counts_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.note(run=False)
    desk.steps.do()
    assert desk.engine.is_behind
    assert desk.engine.outstanding().opt_outs == 1
    assert [entry.state for entry in desk.engine.open_entries()] == [State.QUEUED]
    assert desk.engine.lists() == (frozenset(), frozenset())
    with monkeypatch.context() as unreadable:
        unreadable.setattr(desk.scheduler, "follow", fail)
        assert desk.engine.outstanding().opt_outs == 1
    desk.run()
    assert not desk.engine.is_behind


def test_what_is_on_its_way_for_long_is_counted_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [monotonic() + 1]
    for module in (engine_module, noting, planning):
        monkeypatch.setattr(module, "monotonic", lambda: moment[0])
    request_id = desk.note(run=False)
    desk.steps.finish(0)
    moment[0] += 1
    desk.steps.wake()
    desk.steps.finish(0)
    assert desk.last(Counted).outstanding.opt_outs == 1
    assert not desk.engine.is_behind
    # It was planned, and is not sent twice for that.
    desk.run()
    assert desk.sent(request_id) == 1


def test_of_many_that_leave_it_is_counted_now_and_then(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [monotonic() + 1]
    for module in (engine_module, noting, planning):
        monkeypatch.setattr(module, "monotonic", lambda: moment[0])
    monkeypatch.setattr(planning, "COUNTED_EACH", 0.1)
    desk.note(*[REJECT] * 5, hold=5.0)
    assert desk.last(Counted).outstanding.opt_outs < 5
    counted = len(desk.all(Counted))
    assert desk.steps.wake_at == pytest.approx(0.1)
    moment[0] += 0.1
    desk.pass_time(0)
    assert [one.outstanding.opt_outs for one in desk.all(Counted)[counted:]] == [5]


def test_a_customer_who_was_erased_is_planned_for_no_more(desk: Desk) -> None:
    desk.engagement.faults = [Fault.NOT_SENT]
    request_id = desk.note()
    assert desk.engine.outlook(request_id) is not None
    desk.engine.forget(a_project().id, a_consent().customer)
    assert desk.engine.outlook(request_id) is None


def test_nothing_is_known_any_more_of_a_customer_who_is_erased(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    jane = a_consent().customer
    held = desk.note(hold=20.0)
    other = desk.note(hold=20.0, customer="omar@example.com")
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "append", fail)
        desk.note(again=["sms_marketing"])
    told = len(desk.all(Settled))
    desk.engine.forget(a_project().id, jane, erased=True)
    desk.run()
    assert (desk.engine.is_held(held), desk.engine.is_held(other)) == (False, True)
    desk.pass_time(6)
    assert len(desk.all(Settled)) == told


def test_a_look_that_waits_is_not_made_for_a_customer_who_is_erased(desk: Desk) -> None:
    desk.note()
    desk.note(customer="omar@example.com")
    desk.seconds += 31
    desk.steps.wake()
    desk.steps.finish(0)
    calls = desk.engagement.calls
    for customer in ("jane@example.com", "omar@example.com"):
        desk.engine.forget(a_project().id, CustomerId(type="registered", value=customer))
    desk.run()
    assert desk.engagement.calls == calls


def test_what_is_held_is_so_until_it_was_given_up(desk: Desk) -> None:
    held = desk.note(ACCEPT, hold=20.0)
    desk.engine.follow(held)
    desk.run()
    assert desk.engine.is_held(held)
    go_on(desk.journal, held, Fact(at=desk.now(), state=State.DISCARDED, note="typed wrong"))
    desk.engine.follow(held)
    desk.run()
    assert not desk.engine.is_held(held)


def test_so_many_that_a_person_asked_for_are_remembered(desk: Desk) -> None:
    parts: Any = desk.engine
    for number in range(REMEMBERED + 1):
        parts._sends.ask(f"{number}")
    assert len(parts._sends._asked) == REMEMBERED
    assert "0" not in parts._sends._asked


# ---------------------------------------------------------------------------- the end


def test_at_the_end_what_was_asked_for_is_noted_and_nothing_is_told_any_more(desk: Desk) -> None:
    request_id = desk.note(run=False)
    desk.engine.close()
    assert desk.journal.has(request_id)
    told = len(desk.events)
    desk.steps.is_closed = False
    desk.engine.learn(request_id, SAW_CUSTOMER)
    desk.run()
    assert len(desk.events) == told
    assert desk.sent(request_id) == 0


def test_who_pressed_send_as_the_journal_was_closed_is_told_that_it_is_not_noted(desk: Desk) -> None:
    request_id = desk.note(run=False)
    desk.steps.is_closed = True
    desk.engine.close()
    assert desk.last(NotNoted).request_id == request_id
    assert "closed meanwhile" in str(desk.last(NotNoted).error)


def test_what_has_gone_on_since_it_was_due_is_not_sent_on_that(desk: Desk) -> None:
    desk.engagement.faults = [Fault.NOT_SENT]
    request_id = desk.note()
    desk.seconds += 1_000
    [task] = desk.scheduler.due()
    go_on(desk.journal, request_id, Fact(at=desk.now(), state=State.DISCARDED, note="typed wrong"))
    desk.engine.follow(request_id)
    parts: Any = desk.engine
    desk.run()
    parts._take_on(task)
    desk.run()
    assert len(desk.all(Sending)) == 1


def test_what_others_write_is_seen_though_it_could_not_be_read_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SqliteJournal.open(desk.path)
    consent = a_consent(timestamp=desk.now(), noted_at=desk.now())
    request_id = Outbox(other, desk.now).note(a_project(), consent, TIMED).request_id
    other.close()
    with monkeypatch.context() as unreadable:
        unreadable.setattr(SqliteJournal, "touched_since", fail)
        with pytest.raises(JournalError):
            desk.steps.wake()
    desk.pass_time(1)
    assert desk.state(request_id) is State.DELIVERED


def test_an_outcome_that_could_not_be_written_is_written_at_the_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(SqliteJournal, "append", fail)
        request_id = desk.note()
    desk.engine.close()
    assert desk.state(request_id) is State.DELIVERED
