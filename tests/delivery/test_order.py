"""The order of decisions, on the real journal."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from consent_desk.delivery.order import OVERTAKEN, is_overtaken
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.sender import SECOND_TIME, UNCHECKED, Sender, Sent
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import ValidUntil
from consent_desk.domain.errors import JournalTrouble
from consent_desk.domain.lifecycle.judgement import judge
from consent_desk.domain.lifecycle.messages import STAMPED_WRONG, WAITS_FOR_CLOCK, WAITS_FOR_TIME, WRONG_TIME
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.outcome import Answered, Cause, Look, Lost, NotSent, Outcome, Phase
from consent_desk.journal.journal import SqliteJournal
from tests.consents import a_consent, a_project, later
from tests.delivery.test_sender import CUT, SUCCESS, Made, Wire

DOWN = NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE)
FORBIDDEN = Answered(status=403, headers=(), body=b'{"success": false, "error": "invalid secret"}')


@pytest.fixture
def outbox(journal: SqliteJournal) -> Outbox:
    return Outbox(journal, lambda: later(900))


def note(outbox: Outbox, action: Action, seconds: float = 0, **changes: Any) -> str:
    values = {
        "action": action,
        "valid_until": ValidUntil() if action is Action.ACCEPT else None,
        "timestamp": later(seconds),
        "noted_at": later(seconds),
        **changes,
    }
    return outbox.note(a_project(), a_consent(**values)).request_id


def send(journal: SqliteJournal, request_id: str, *outcomes: Outcome, by_person: bool = False) -> None:
    sender = Sender(journal, Wire(*map(Made, outcomes)), lambda: later(901))
    for _ in outcomes:
        sender.send(request_id, a_project(), by_person=by_person)


def look_in_vain(
    journal: SqliteJournal, request_id: str, times: tuple[float, ...] = (1000, 1100, 1600)
) -> None:
    for time in times:
        journal.append(request_id, Fact(at=later(time), state=State.NOT_SEEN, outcome=Look()))


# -------------------------------------------------------------------------------- overtaken by an opt-out


def test_the_order_of_noting_counts_where_the_clock_was_set_back_in_between(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    ahead = note(outbox, Action.ACCEPT, 7_200)
    note(outbox, Action.REJECT, 60)
    assert journal.record(ahead).facts[-1].outcome == OVERTAKEN


def test_a_settled_opt_out_that_was_noted_first_overtakes_nothing_though_its_clock_was_ahead(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    send(journal, note(outbox, Action.REJECT, 7_200), SUCCESS)
    opt_in = note(outbox, Action.ACCEPT, 60)
    outbox.recover()
    assert journal.entry(opt_in).state is State.QUEUED


def test_an_opt_out_that_was_withdrawn_and_another_opt_in_overtake_nothing(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    withdrawn = note(outbox, Action.REJECT, 60)
    Sender(journal, Wire(), lambda: later(901)).discard(withdrawn, practice=False)
    first, second = note(outbox, Action.ACCEPT), note(outbox, Action.ACCEPT, 90)
    outbox.recover()
    assert [journal.entry(one).state for one in (first, second)] == [State.QUEUED, State.QUEUED]


def test_an_opt_out_that_is_dated_back_overtakes_no_opt_in_after_it(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    opt_in = note(outbox, Action.ACCEPT, 60)
    note(outbox, Action.REJECT, 0, noted_at=later(120))
    assert journal.entry(opt_in).state is State.QUEUED


@pytest.mark.parametrize("outcome", [None, DOWN, FORBIDDEN], ids=["queued", "waiting", "refused"])
def test_an_opt_in_that_has_not_left_is_discarded_by_a_later_opt_out(
    outbox: Outbox, journal: SqliteJournal, outcome: Outcome | None
) -> None:
    opt_in = note(outbox, Action.ACCEPT)
    if outcome is not None:
        send(journal, opt_in, outcome)
    opt_out = note(outbox, Action.REJECT, 60)
    last = journal.record(opt_in).facts[-1]
    assert (last.state, last.outcome, last.note) == (State.DISCARDED, OVERTAKEN, "overtaken by opt-out")
    assert journal.entry(opt_out).state is State.QUEUED
    words = judge(OVERTAKEN, Action.ACCEPT).headline
    assert str(words) == "Overtaken by a later decision: this opt-in is not sent."


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "newsletter"},
        {"timestamp": later(61), "noted_at": later(61)},
    ],
    ids=["other category", "later than what is dated back"],
)
def test_nothing_else_is_discarded(outbox: Outbox, journal: SqliteJournal, changes: dict[str, Any]) -> None:
    other = note(outbox, Action.ACCEPT, **changes)
    earlier = note(outbox, Action.REJECT, 30, noted_at=later(120))
    note(outbox, Action.REJECT, 60, noted_at=later(120))
    assert [journal.entry(one).state for one in (other, earlier)] == [State.QUEUED, State.QUEUED]


def test_an_opt_in_that_may_have_left_is_not_discarded_and_never_sent_again(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    opt_in = note(outbox, Action.ACCEPT)
    send(journal, opt_in, CUT)
    note(outbox, Action.REJECT, 60)
    assert journal.entry(opt_in).state is State.UNCONFIRMED
    look_in_vain(journal, opt_in)
    wire = Wire()
    sender = Sender(journal, wire, lambda: later(2000))
    assert sender.send(opt_in, a_project(), by_person=False) is None
    assert str(sender.send(opt_in, a_project())).startswith(
        "A later decision of this customer was noted here"
    )
    assert wire.requests == []


def test_what_cannot_be_discarded_does_not_make_the_opt_out_less_noted(tmp_path: Path) -> None:
    class FullJournal(SqliteJournal):
        """A journal on a disk that may take the claim of a consent, and then is full."""

        def give_up(self, request_id: str, states: Collection[State], fact: Fact) -> bool:
            raise JournalTrouble(say("Full."), say("Make room."))

        def append(self, request_id: str, fact: Fact) -> None:
            raise JournalTrouble(say("Full."), say("Make room."))

    journal = FullJournal.open(tmp_path / "full.db")
    outbox = Outbox(journal, lambda: later(900))
    opt_in, opt_out = note(outbox, Action.ACCEPT), note(outbox, Action.REJECT, 60)
    assert [journal.entry(one).state for one in (opt_in, opt_out)] == [State.QUEUED, State.QUEUED]
    journal.close()
    again = SqliteJournal.open(tmp_path / "full.db")
    Outbox(again, lambda: later(900)).recover()
    assert [again.entry(one).state for one in (opt_in, opt_out)] == [State.DISCARDED, State.QUEUED]
    again.close()


def test_an_opt_out_noted_while_an_opt_in_fails_to_leave_discards_it(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    opt_in = note(outbox, Action.ACCEPT)
    wire = Wire(Made(DOWN))
    wire.on_start = lambda: print(note(outbox, Action.REJECT, 60))
    Sender(journal, wire, lambda: later(901)).send(opt_in, a_project())
    states = [fact.state for fact in journal.record(opt_in).facts]
    assert states[-2:] == [State.RETRY_WAIT, State.DISCARDED]


class FullOnce(SqliteJournal):
    """A journal on a disk that is full for the next outcome, and then is not any more."""

    full = True

    def append(self, request_id: str, fact: Fact) -> None:
        if self.full:
            self.full = False
            raise JournalTrouble(say("Full."), say("Make room."))
        super().append(request_id, fact)


@pytest.fixture
def full_once(tmp_path: Path) -> Iterator[FullOnce]:
    journal = FullOnce.open(tmp_path / "full.db")
    yield journal
    journal.close()


def test_an_outcome_that_is_written_late_brings_no_opt_in_back_that_was_overtaken(
    full_once: FullOnce,
) -> None:
    outbox = Outbox(full_once, lambda: later(900))
    opt_in = note(outbox, Action.ACCEPT)
    sender = Sender(full_once, Wire(Made(DOWN)), lambda: later(901))
    sender.send(opt_in, a_project(), by_person=False)
    note(outbox, Action.REJECT, 60)
    assert sender.write_again() == (opt_in,)
    assert full_once.record(opt_in).facts[-1].outcome == OVERTAKEN


def test_an_opt_out_that_was_delivered_meanwhile_discards_it_too(full_once: FullOnce) -> None:
    outbox = Outbox(full_once, lambda: later(900))
    opt_in = note(outbox, Action.ACCEPT)
    wire = Wire(Made(DOWN), Made(SUCCESS))
    sender = Sender(full_once, wire, lambda: later(901))
    sender.send(opt_in, a_project(), by_person=False)
    opt_out = note(outbox, Action.REJECT, 60)
    sender.send(opt_out, a_project())
    assert full_once.entry(opt_out).state is State.DELIVERED
    sender.write_again()
    assert full_once.record(opt_in).facts[-1].outcome == OVERTAKEN


def test_an_opt_in_that_is_noted_for_the_time_before_a_delivered_opt_out_is_recorded(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    send(journal, note(outbox, Action.REJECT, 60), SUCCESS)
    opt_in = note(outbox, Action.ACCEPT, noted_at=later(120))
    send(journal, opt_in, SUCCESS)
    assert journal.entry(opt_in).state is State.DELIVERED


def test_what_came_of_it_is_written_down_also_where_another_one_cannot_be_discarded(tmp_path: Path) -> None:
    class StubbornJournal(SqliteJournal):
        def give_up(self, request_id: str, states: Collection[State], fact: Fact) -> bool:
            raise JournalTrouble(say("Full."), say("Make room."))

    journal = StubbornJournal.open(tmp_path / "stubborn.db")
    outbox = Outbox(journal, lambda: later(900))
    opt_out = note(outbox, Action.REJECT, 60)
    wire = Wire(Made(SUCCESS))
    wire.on_start = lambda: print(note(outbox, Action.ACCEPT))
    sender = Sender(journal, wire, lambda: later(901))
    sent = sender.send(opt_out, a_project())
    assert isinstance(sent, Sent)
    assert (sent.trouble, sender.has_unwritten) == (None, False)
    assert journal.entry(opt_out).state is State.DELIVERED
    journal.close()


# ------------------------------------------------------------------------------------ the later decision


def test_nothing_is_overtaken_by_what_is_earlier(outbox: Outbox, journal: SqliteJournal) -> None:
    first, second = note(outbox, Action.REJECT), note(outbox, Action.REJECT, 60)
    assert is_overtaken(journal, journal.record(first).noted)
    assert not is_overtaken(journal, journal.record(second).noted)
    assert not is_overtaken(journal, Noted.of(a_project(), a_consent(category="newsletter")))


def test_an_opt_in_that_waits_for_the_opt_out_does_not_hold_it_up(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    opt_out, opt_in = note(outbox, Action.REJECT), note(outbox, Action.ACCEPT, 60)
    assert not is_overtaken(journal, journal.record(opt_out).noted)
    journal.claim(opt_in, later(901))
    assert is_overtaken(journal, journal.record(opt_out).noted)


def test_a_later_decision_that_is_settled_overtakes_too(outbox: Outbox, journal: SqliteJournal) -> None:
    first, second = note(outbox, Action.REJECT), note(outbox, Action.REJECT, 60)
    send(journal, second, SUCCESS)
    assert is_overtaken(journal, journal.record(first).noted)


@pytest.mark.parametrize("action", Action)
def test_what_was_given_up_before_it_left_overtakes_nothing(
    outbox: Outbox, journal: SqliteJournal, action: Action
) -> None:
    opt_out = note(outbox, Action.REJECT)
    send(journal, opt_out, CUT)
    given_up = note(outbox, action, 60)
    Sender(journal, Wire(), lambda: later(901)).discard(given_up, practice=False)
    look_in_vain(journal, opt_out)
    send(journal, opt_out, SUCCESS)
    assert journal.entry(opt_out).state is State.DELIVERED


def test_what_was_given_up_after_it_may_have_left_overtakes_still(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    first, second = note(outbox, Action.REJECT), note(outbox, Action.REJECT, 60)
    send(journal, second, CUT)
    journal.append(second, Fact(at=later(902), state=State.DISCARDED, note="typed twice"))
    assert is_overtaken(journal, journal.record(first).noted)


def test_a_settled_decision_overtakes_also_where_an_opt_in_waits_after_it(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    first, second = note(outbox, Action.REJECT), note(outbox, Action.REJECT, 60)
    note(outbox, Action.ACCEPT, 120)
    send(journal, second, SUCCESS)
    assert is_overtaken(journal, journal.record(first).noted)


# --------------------------------------------------------------------------------- what an opt-in waits for


@pytest.mark.parametrize("by_person", [False, True])
@pytest.mark.parametrize("outcome", [DOWN, FORBIDDEN, CUT], ids=["waiting", "refused", "lost"])
def test_no_opt_in_leaves_before_the_opt_out_before_it_is_settled(
    outbox: Outbox, journal: SqliteJournal, outcome: Outcome, by_person: bool
) -> None:
    send(journal, note(outbox, Action.REJECT), outcome)
    opt_in = note(outbox, Action.ACCEPT, 60)
    wire = Wire()
    why = Sender(journal, wire, lambda: later(901)).send(opt_in, a_project(), by_person=by_person)
    assert str(why) == "It waits until the earlier opt-out of this customer is settled."
    assert (wire.requests, journal.entry(opt_in).state) == ([], State.QUEUED)


@pytest.mark.parametrize("by_person", [False, True])
@pytest.mark.parametrize("why", [WAITS_FOR_CLOCK, WAITS_FOR_TIME], ids=["wrong", "not known"])
def test_no_opt_in_leaves_while_its_time_may_be_wrong(
    outbox: Outbox, journal: SqliteJournal, why: Message, by_person: bool
) -> None:
    def why_held(noted: Noted) -> Message | None:
        return why if noted.consent.action is Action.ACCEPT else None

    opt_in, opt_out = note(outbox, Action.ACCEPT), note(outbox, Action.REJECT, category="newsletter")
    sender = Sender(journal, Wire(Made(SUCCESS)), lambda: later(901), why_held)
    assert sender.send(opt_in, a_project(), by_person=by_person) == why
    sender.send(opt_out, a_project(), by_person=by_person)
    states = [journal.entry(one).state for one in (opt_in, opt_out)]
    assert states == [State.QUEUED, State.DELIVERED]
    assert len(journal.record(opt_in).facts) == 1


@pytest.mark.parametrize("outcome", [None, DOWN, FORBIDDEN], ids=["queued", "waiting", "refused"])
def test_an_opt_in_that_was_found_stamped_wrong_leaves_no_more_though_the_clock_is_right_by_then(
    outbox: Outbox, journal: SqliteJournal, outcome: Outcome | None
) -> None:
    opt_in = note(outbox, Action.ACCEPT)
    if outcome is not None:
        send(journal, opt_in, outcome)
    sender = Sender(journal, Wire(), lambda: later(901), lambda noted: STAMPED_WRONG)
    assert sender.send(opt_in, a_project()) == STAMPED_WRONG
    assert journal.record(opt_in).facts[-1].note == WRONG_TIME
    later_run = Sender(journal, Wire(), lambda: later(902))
    assert later_run.send(opt_in, a_project()) == STAMPED_WRONG
    assert sum(fact.note == WRONG_TIME for fact in journal.record(opt_in).facts) == 1


def test_nothing_is_written_of_one_that_may_be_there_already(outbox: Outbox, journal: SqliteJournal) -> None:
    opt_in = note(outbox, Action.ACCEPT)
    send(journal, opt_in, CUT)
    look_in_vain(journal, opt_in)
    before = journal.record(opt_in).facts
    sender = Sender(journal, Wire(), lambda: later(2000), lambda noted: STAMPED_WRONG)
    assert sender.send(opt_in, a_project()) == STAMPED_WRONG
    assert journal.record(opt_in).facts == before


def test_an_opt_in_that_is_cancelled_as_it_waits_for_an_opt_out_is_discarded(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    note(outbox, Action.REJECT)
    opt_in = note(outbox, Action.ACCEPT, 60)
    sender = Sender(journal, Wire(), lambda: later(901))
    sender.cancel(opt_in)
    sender.send(opt_in, a_project())
    assert journal.entry(opt_in).state is State.DISCARDED


def test_an_opt_in_that_a_later_opt_out_overtook_is_said_to_wait_for_nothing(tmp_path: Path) -> None:
    class LateJournal(SqliteJournal):
        """A journal that has no room for discarding what is overtaken as the opt-out is noted."""

        full = True

        def give_up(self, request_id: str, states: Collection[State], fact: Fact) -> bool:
            if self.full:
                raise JournalTrouble(say("Full."), say("Make room."))
            return super().give_up(request_id, states, fact)

    journal = LateJournal.open(tmp_path / "late.db")
    outbox = Outbox(journal, lambda: later(900))
    opt_in, _ = note(outbox, Action.ACCEPT), note(outbox, Action.REJECT, 60)
    journal.full = False
    assert Sender(journal, Wire(), lambda: later(901)).send(opt_in, a_project()) is None
    assert journal.entry(opt_in).state is State.DISCARDED
    journal.close()


@pytest.mark.parametrize("looks", [(1000,), (1000, 1100)], ids=["once", "twice"])
def test_an_opt_in_that_was_lost_is_not_sent_again_before_it_was_looked_up_three_times(
    outbox: Outbox, journal: SqliteJournal, looks: tuple[float, ...]
) -> None:
    opt_in = note(outbox, Action.ACCEPT)
    send(journal, opt_in, CUT)
    look_in_vain(journal, opt_in, looks)
    wire = Wire()
    why = Sender(journal, wire, lambda: later(1101)).send(opt_in, a_project())
    assert str(why).startswith("It may still show in Engagement")
    assert (wire.requests, journal.entry(opt_in).state) == ([], State.NOT_SEEN)


def test_an_opt_in_that_was_not_seen_three_times_is_sent_again_where_a_person_asks(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    opt_in = note(outbox, Action.ACCEPT)
    send(journal, opt_in, CUT)
    look_in_vain(journal, opt_in)
    send(journal, opt_in, SUCCESS, by_person=True)
    assert journal.entry(opt_in).state is State.DELIVERED


def test_a_settled_opt_out_holds_no_opt_in_up(outbox: Outbox, journal: SqliteJournal) -> None:
    send(journal, note(outbox, Action.REJECT), SUCCESS)
    opt_in = note(outbox, Action.ACCEPT, 60)
    send(journal, opt_in, SUCCESS)
    assert journal.entry(opt_in).state is State.DELIVERED


# ------------------------------------------------------------------------------------- the second sending


def test_a_second_sending_is_marked(outbox: Outbox, journal: SqliteJournal) -> None:
    opt_out = note(outbox, Action.REJECT)
    send(journal, opt_out, CUT)
    look_in_vain(journal, opt_out)
    send(journal, opt_out, SUCCESS)
    facts = journal.record(opt_out).facts
    assert (facts[-1].state, facts[-1].note) == (State.DELIVERED, SECOND_TIME)
    assert [fact.note for fact in facts[:-1]] == [""] * (len(facts) - 1)


def test_a_second_sending_that_nobody_could_check_is_marked_so(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    opt_out = note(outbox, Action.REJECT)
    send(journal, opt_out, CUT)
    for time in (1000, 1300, 1600):
        blind = Fact(at=later(time), state=State.NOT_SEEN, outcome=Look(blind=True))
        journal.append(opt_out, blind)
    send(journal, opt_out, SUCCESS)
    assert journal.record(opt_out).facts[-1].note == UNCHECKED


def test_a_second_sending_that_did_not_leave_is_none(outbox: Outbox, journal: SqliteJournal) -> None:
    opt_out = note(outbox, Action.REJECT)
    send(journal, opt_out, CUT)
    look_in_vain(journal, opt_out)
    send(journal, opt_out, DOWN)
    last = journal.record(opt_out).facts[-1]
    assert (last.state, last.note) == (State.UNCONFIRMED, "")


def test_what_was_planned_before_a_later_decision_was_noted_is_not_sent_again(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    opt_out = note(outbox, Action.REJECT)
    send(journal, opt_out, CUT)
    look_in_vain(journal, opt_out)
    note(outbox, Action.REJECT, 60)
    wire = Wire()
    assert Sender(journal, wire, lambda: later(2000)).send(opt_out, a_project(), by_person=False) is None
    assert wire.requests == []


def test_a_person_may_send_an_opt_out_again_all_the_same(outbox: Outbox, journal: SqliteJournal) -> None:
    opt_out = note(outbox, Action.REJECT)
    send(journal, opt_out, CUT)
    look_in_vain(journal, opt_out, (1000,))
    note(outbox, Action.REJECT, 60)
    send(journal, opt_out, SUCCESS, by_person=True)
    assert journal.entry(opt_out).state is State.DELIVERED


def test_cancelled_before_it_leaves_again_it_stays_unconfirmed(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    opt_out = note(outbox, Action.REJECT)
    send(journal, opt_out, Lost(phase=Phase.READING, cause=Cause.DEADLINE))
    look_in_vain(journal, opt_out)
    sender = Sender(journal, Wire(), lambda: later(2000))
    sender.cancel(opt_out)
    sent = sender.send(opt_out, a_project())
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.UNCONFIRMED
