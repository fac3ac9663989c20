"""The order of decisions, on the real journal."""

from collections.abc import Callable
from typing import Any

import pytest

from consent_desk.delivery.order import OVERTAKEN, is_overtaken
from consent_desk.delivery.sender import SECOND_TIME, UNCHECKED, Sender
from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.messages import (
    MAY_STILL_SHOW,
    STAMPED_WRONG,
    WAITS_FOR_CLOCK,
    WAITS_FOR_OPT_OUT,
    WAITS_FOR_TIME,
    WRONG_TIME,
)
from consent_desk.domain.lifecycle.messages import OVERTAKEN as SAYS_OVERTAKEN
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import Message
from consent_desk.domain.wire.outcome import Look, Outcome
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.calls import Call
from tests.consents import a_consent, a_project, claim, later
from tests.delivery.desk import CUT, DOWN, FORBIDDEN, SUCCESS, Desk, FullJournal, Wire

ACCEPT, REJECT = Action.ACCEPT, Action.REJECT


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk a quarter of an hour later than what is noted."""
    desk.seconds = 900
    return desk


@pytest.fixture
def full_desk(full: FullJournal) -> Desk:
    return Desk(full, seconds=900)


class Meanwhile(Wire):
    """A line on which another decision is noted while the first call is under way."""

    def __init__(self, desk: Desk, action: Action, seconds: float, outcome: Outcome) -> None:
        super().__init__(outcome)
        self._note: Callable[[], str] = lambda: desk.note(action, seconds)

    def start(self, request: PreparedRequest) -> Call:
        self._note()
        return super().start(request)


def is_overtaken_at(desk: Desk, request_id: str) -> bool:
    return is_overtaken(desk.journal, desk.journal.record(request_id).noted)


# -------------------------------------------------------------------------------- overtaken by an opt-out


@pytest.mark.parametrize("outcome", [None, DOWN, FORBIDDEN], ids=["queued", "waiting", "refused"])
def test_an_opt_in_that_has_not_left_is_discarded_by_a_later_opt_out(
    desk: Desk, outcome: Outcome | None
) -> None:
    opt_in = desk.note(ACCEPT, 0)
    if outcome is not None:
        desk.send(opt_in, outcome)
    opt_out = desk.note(REJECT, 60)
    last = desk.last(opt_in)
    assert (last.state, last.outcome, last.note) == (State.DISCARDED, OVERTAKEN, "overtaken by opt-out")
    assert desk.state(opt_out) is State.QUEUED


def test_the_order_of_noting_counts_where_the_clock_was_set_back_in_between(desk: Desk) -> None:
    ahead = desk.note(ACCEPT, 7_200)
    desk.note(REJECT, 60)
    assert desk.last(ahead).outcome == OVERTAKEN


def test_a_settled_opt_out_that_was_noted_first_overtakes_nothing_though_its_clock_was_ahead(
    desk: Desk,
) -> None:
    desk.sent(SUCCESS, seconds=7_200)
    opt_in = desk.note(ACCEPT, 60)
    desk.outbox.recover()
    assert desk.state(opt_in) is State.QUEUED


def test_an_opt_out_that_was_withdrawn_and_another_opt_in_overtake_nothing(desk: Desk) -> None:
    desk.sender().discard(desk.note(REJECT, 60), practice=False)
    opt_ins = desk.note(ACCEPT, 0), desk.note(ACCEPT, 90)
    desk.outbox.recover()
    assert [desk.state(one) for one in opt_ins] == [State.QUEUED, State.QUEUED]


@pytest.mark.parametrize(
    ("seconds", "changes"),
    [(0, {"category": "newsletter"}), (61, {})],
    ids=["other category", "later than what is dated back"],
)
def test_nothing_else_is_discarded(desk: Desk, seconds: float, changes: dict[str, Any]) -> None:
    other = desk.note(ACCEPT, seconds, **changes)
    earlier = desk.note(REJECT, 30, noted_at=later(120))
    desk.note(REJECT, 60, noted_at=later(120))
    assert [desk.state(one) for one in (other, earlier)] == [State.QUEUED, State.QUEUED]


def test_an_opt_in_that_may_have_left_is_not_discarded_and_never_sent_again(desk: Desk) -> None:
    opt_in = desk.sent(CUT, ACCEPT, seconds=0)
    desk.note(REJECT, 60)
    assert desk.state(opt_in) is State.UNCONFIRMED
    desk.look_in_vain(opt_in)
    assert desk.try_to_send(opt_in, by_person=False) is None
    assert desk.try_to_send(opt_in) == SAYS_OVERTAKEN


def test_what_cannot_be_discarded_does_not_make_the_opt_out_less_noted(
    full: FullJournal, full_desk: Desk
) -> None:
    both = full_desk.note(ACCEPT, 0), full_desk.note(REJECT, 60)
    assert [full_desk.state(one) for one in both] == [State.QUEUED, State.QUEUED]
    full.full = False
    full_desk.outbox.recover()
    assert [full_desk.state(one) for one in both] == [State.DISCARDED, State.QUEUED]


def test_an_opt_out_noted_while_an_opt_in_fails_to_leave_discards_it(desk: Desk) -> None:
    opt_in = desk.note(ACCEPT, 0)
    Sender(desk.journal, Meanwhile(desk, REJECT, 60, DOWN), desk.now).send(opt_in, a_project())
    assert [fact.state for fact in desk.facts(opt_in)][-2:] == [State.RETRY_WAIT, State.DISCARDED]


@pytest.mark.parametrize("is_delivered", [False, True])
def test_an_outcome_that_is_written_late_brings_no_opt_in_back_that_was_overtaken(
    full: FullJournal, full_desk: Desk, is_delivered: bool
) -> None:
    opt_in, sender = full_desk.note(ACCEPT, 0), full_desk.sender(DOWN, SUCCESS)
    sender.send(opt_in, a_project(), by_person=False)
    full.full = False
    opt_out = full_desk.note(REJECT, 60)
    if is_delivered:
        sender.send(opt_out, a_project())
    assert sender.write_again() == (opt_in,)
    assert full_desk.last(opt_in).outcome == OVERTAKEN


def test_an_opt_in_that_is_noted_for_the_time_before_a_delivered_opt_out_is_recorded(desk: Desk) -> None:
    desk.sent(SUCCESS, seconds=60)
    opt_in = desk.sent(SUCCESS, ACCEPT, seconds=0, noted_at=later(120))
    assert desk.state(opt_in) is State.DELIVERED


def test_what_came_of_it_is_written_down_also_where_another_one_cannot_be_discarded(
    full: FullJournal, full_desk: Desk
) -> None:
    full.room, opt_out = 1, full_desk.note(REJECT, 60)
    sender = Sender(full, Meanwhile(full_desk, ACCEPT, 0, SUCCESS), full_desk.now)
    sender.send(opt_out, a_project())
    assert not sender.has_unwritten
    assert full_desk.state(opt_out) is State.DELIVERED


# ------------------------------------------------------------------------------------ the later decision


def test_nothing_is_overtaken_by_what_is_earlier(desk: Desk) -> None:
    first, second = desk.note(REJECT, 0), desk.note(REJECT, 60)
    assert is_overtaken_at(desk, first)
    assert not is_overtaken_at(desk, second)
    assert not is_overtaken(desk.journal, Noted.of(a_project(), a_consent(category="newsletter")))


def test_an_opt_in_that_waits_for_the_opt_out_does_not_hold_it_up(desk: Desk) -> None:
    opt_out, opt_in = desk.note(REJECT, 0), desk.note(ACCEPT, 60)
    assert not is_overtaken_at(desk, opt_out)
    claim(desk.journal, opt_in, desk.now())
    assert is_overtaken_at(desk, opt_out)


def test_a_settled_decision_overtakes_also_where_an_opt_in_waits_after_it(desk: Desk) -> None:
    first, second = desk.note(REJECT, 0), desk.note(REJECT, 60)
    desk.note(ACCEPT, 120)
    desk.send(second, SUCCESS)
    assert is_overtaken_at(desk, first)


@pytest.mark.parametrize("action", Action)
def test_what_was_given_up_before_it_left_overtakes_nothing(desk: Desk, action: Action) -> None:
    opt_out = desk.sent(CUT, seconds=0)
    desk.sender().discard(desk.note(action, 60), practice=False)
    assert not is_overtaken_at(desk, opt_out)


def test_what_was_given_up_after_it_may_have_left_overtakes_still(desk: Desk) -> None:
    first, second = desk.note(REJECT, 0), desk.sent(CUT, seconds=60)
    desk.append(second, 902, State.DISCARDED, note="typed twice")
    assert is_overtaken_at(desk, first)


# --------------------------------------------------------------------------------- what an opt-in waits for


@pytest.mark.parametrize("by_person", [False, True])
@pytest.mark.parametrize("outcome", [DOWN, FORBIDDEN, CUT], ids=["waiting", "refused", "lost"])
def test_no_opt_in_leaves_before_the_opt_out_before_it_is_settled(
    desk: Desk, outcome: Outcome, by_person: bool
) -> None:
    desk.sent(outcome, seconds=0)
    opt_in = desk.note(ACCEPT, 60)
    assert desk.try_to_send(opt_in, by_person=by_person) == WAITS_FOR_OPT_OUT
    assert desk.state(opt_in) is State.QUEUED


@pytest.mark.parametrize("by_person", [False, True])
@pytest.mark.parametrize("why", [WAITS_FOR_CLOCK, WAITS_FOR_TIME], ids=["wrong", "not known"])
def test_no_opt_in_leaves_while_its_time_may_be_wrong(desk: Desk, why: Message, by_person: bool) -> None:
    opt_in, opt_out = desk.note(ACCEPT), desk.note(category="newsletter")
    sender = Sender(desk.journal, Wire(SUCCESS), desk.now, lambda noted: why)
    assert sender.send(opt_in, a_project(), by_person=by_person) == why
    sender.send(opt_out, a_project(), by_person=by_person)
    assert desk.state(opt_out) is State.DELIVERED
    assert len(desk.facts(opt_in)) == 1


@pytest.mark.parametrize("outcome", [None, DOWN, FORBIDDEN], ids=["queued", "waiting", "refused"])
def test_an_opt_in_that_was_found_stamped_wrong_leaves_no_more_though_the_clock_is_right_by_then(
    desk: Desk, outcome: Outcome | None
) -> None:
    opt_in = desk.note(ACCEPT)
    if outcome is not None:
        desk.send(opt_in, outcome)
    sender = Sender(desk.journal, Wire(), desk.now, lambda noted: STAMPED_WRONG)
    assert sender.send(opt_in, a_project()) == STAMPED_WRONG
    assert desk.last(opt_in).note == WRONG_TIME
    assert desk.try_to_send(opt_in) == STAMPED_WRONG
    assert sum(fact.note == WRONG_TIME for fact in desk.facts(opt_in)) == 1


def test_nothing_is_written_of_one_that_may_be_there_already(desk: Desk) -> None:
    opt_in = desk.sent(CUT, ACCEPT)
    desk.look_in_vain(opt_in)
    before = desk.facts(opt_in)
    sender = Sender(desk.journal, Wire(), desk.now, lambda noted: STAMPED_WRONG)
    assert sender.send(opt_in, a_project()) == STAMPED_WRONG
    assert desk.facts(opt_in) == before


def test_an_opt_in_that_is_cancelled_as_it_waits_for_an_opt_out_is_discarded(desk: Desk) -> None:
    desk.note(REJECT, 0)
    opt_in, sender = desk.note(ACCEPT, 60), desk.sender()
    sender.cancel(opt_in)
    sender.send(opt_in, a_project())
    assert desk.state(opt_in) is State.DISCARDED


def test_an_opt_in_that_a_later_opt_out_overtook_is_said_to_wait_for_nothing(
    full: FullJournal, full_desk: Desk
) -> None:
    opt_in, _ = full_desk.note(ACCEPT, 0), full_desk.note(REJECT, 60)
    full.full = False
    assert full_desk.try_to_send(opt_in) is None
    assert full_desk.state(opt_in) is State.DISCARDED


def test_an_opt_in_that_was_lost_is_sent_again_where_a_person_asks_once_it_was_looked_up_three_times(
    desk: Desk,
) -> None:
    opt_in = desk.sent(CUT, ACCEPT)
    for seconds in (1000, 1100):
        desk.look_in_vain(opt_in, seconds)
        assert desk.try_to_send(opt_in) == MAY_STILL_SHOW
        assert desk.state(opt_in) is State.NOT_SEEN
    desk.look_in_vain(opt_in, 1600)
    desk.send(opt_in, SUCCESS)
    assert desk.state(opt_in) is State.DELIVERED


def test_a_settled_opt_out_holds_no_opt_in_up(desk: Desk) -> None:
    desk.sent(SUCCESS, seconds=0)
    assert desk.state(desk.sent(SUCCESS, ACCEPT, seconds=60)) is State.DELIVERED


# ------------------------------------------------------------------------------------- the second sending


@pytest.mark.parametrize(
    ("look", "outcome", "state", "note"),
    [
        (Look(), SUCCESS, State.DELIVERED, SECOND_TIME),
        (Look(blind=True), SUCCESS, State.DELIVERED, UNCHECKED),
        (Look(), DOWN, State.UNCONFIRMED, ""),
    ],
    ids=["not seen", "nobody could check", "did not leave"],
)
def test_a_second_sending_is_marked(
    desk: Desk, look: Look, outcome: Outcome, state: State, note: str
) -> None:
    opt_out = desk.sent(CUT)
    desk.look_in_vain(opt_out, 1000, 1300, 1600, look=look)
    desk.send(opt_out, outcome, by_person=False)
    *facts, last = desk.facts(opt_out)
    assert (last.state, last.note) == (state, note)
    assert {fact.note for fact in facts} == {""}


def test_what_was_planned_before_a_later_decision_was_noted_is_not_sent_again_unless_a_person_asks(
    desk: Desk,
) -> None:
    opt_out = desk.sent(CUT, seconds=0)
    desk.look_in_vain(opt_out)
    desk.note(REJECT, 60)
    assert desk.try_to_send(opt_out, by_person=False) is None
    desk.send(opt_out, SUCCESS)
    assert desk.state(opt_out) is State.DELIVERED


def test_a_person_may_send_an_opt_out_again_before_it_was_looked_up_three_times(desk: Desk) -> None:
    opt_out = desk.sent(CUT)
    desk.look_in_vain(opt_out, 1000)
    desk.send(opt_out, SUCCESS)
    assert desk.state(opt_out) is State.DELIVERED


def test_cancelled_before_it_leaves_again_it_stays_unconfirmed(desk: Desk) -> None:
    opt_out, sender = desk.sent(CUT), desk.sender()
    desk.look_in_vain(opt_out)
    sender.cancel(opt_out)
    sender.send(opt_out, a_project())
    assert desk.state(opt_out) is State.UNCONFIRMED
