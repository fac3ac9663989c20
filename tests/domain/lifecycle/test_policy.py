"""What is done next about a consent, and when: the retry policy, as the facts come."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.judgement import (
    SECOND,
    is_departure,
    judge_look,
    may_have_left,
    was_sent_again,
)
from consent_desk.domain.lifecycle.policy import (
    LONGEST_AHEAD,
    PRACTICE_LOOK_AFTER,
    Failing,
    Plan,
    Step,
    back_off,
    failing_of,
    is_for_a_person,
    is_time,
    look_again_after,
    plan,
    retry_after,
)
from consent_desk.domain.lifecycle.state import (
    ACKNOWLEDGED,
    CANCELLED_HERE,
    DECIDED,
    INSISTED,
    IS_RIGHT,
    LEGAL,
    SAW_OPT_OUT,
    Fact,
    State,
    is_to_acknowledge,
    may_be_claimed,
)
from consent_desk.domain.wire.answer import Headers
from consent_desk.domain.wire.outcome import (
    SPEAKS_AGAINST,
    Answered,
    Cause,
    FailedLook,
    Look,
    LookReason,
    Lost,
    NoLook,
    NotSent,
    Outcome,
    Phase,
)
from tests.consents import NOON, later

ID = "3f2c1d4e-0000-4000-8000-00000000abcd"
QUEUED = Fact(at=NOON, state=State.QUEUED)
CUT = Lost(phase=Phase.WAITING, cause=Cause.CUT)
REFUSED_LINE = NotSent(phase=Phase.CONNECTING, cause=Cause.CONNECTION_REFUSED)
SUCCESS = Answered(status=200, headers=(), body=b'{"success": true}')
FORBIDDEN = Answered(status=403, headers=(), body=b'{"success": false, "error": "invalid secret"}')
NOT_THERE = Look()
BLIND = Look(blind=True)
CANCELLED = NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED)
ASK = Plan(Step.ASK)
REST = Plan(Step.REST)
SEND_SECOND = Plan(Step.SEND, second=True)


def fact(seconds: float, state: State, outcome: Outcome | Look | FailedLook | None = None) -> Fact:
    return Fact(at=later(seconds), state=state, outcome=outcome)


def flight(seconds: float, state: State, outcome: Outcome | None) -> tuple[Fact, ...]:
    return (fact(seconds, State.IN_FLIGHT), fact(seconds, state, outcome))


def limited(*headers: tuple[str, str]) -> Answered:
    return Answered(status=429, headers=headers, body=b"Too Many Requests")


LOST = (QUEUED, *flight(0, State.UNCONFIRMED, CUT))
DELIVERED = (QUEUED, *flight(0, State.DELIVERED, SUCCESS))


def looks(*times: float, look: Look = NOT_THERE, state: State = State.NOT_SEEN) -> tuple[Fact, ...]:
    return tuple(fact(time, state, look) for time in times)


def planned(*facts: Fact, action: Action = Action.REJECT, overtaken: bool = False, left: int = 0) -> Plan:
    return plan(facts, action, ID, overtaken=overtaken, left=left)


def look_at(seconds: float) -> Plan:
    return Plan(Step.LOOK_UP, later(seconds))


# ------------------------------------------------------------------------------------- what did not leave


def kept(cause: Cause) -> NotSent:
    return NotSent(phase=Phase.RESOLVING, cause=cause)


@pytest.mark.parametrize("facts", [(QUEUED,), (QUEUED, *flight(1, State.QUEUED, kept(Cause.PROGRAM_ENDED)))])
def test_what_was_noted_or_stopped_by_the_end_of_the_program_is_sent_at_once(facts: tuple[Fact, ...]) -> None:
    assert planned(*facts) == Plan(Step.SEND)


def test_what_is_held_is_tried_again_soon_for_its_project_may_be_set_back() -> None:
    found = planned(QUEUED, *flight(1, State.QUEUED, kept(Cause.HELD)))
    assert found.step is Step.SEND
    assert found.at is not None
    assert SECOND <= found.at.micros - later(1).micros <= 2 * SECOND


@pytest.mark.parametrize("outcome", [REFUSED_LINE, limited()], ids=["not sent", "429"])
@pytest.mark.parametrize("action", Action)
def test_what_was_not_taken_is_tried_again_for_as_long_as_it_takes(
    outcome: NotSent | Answered, action: Action
) -> None:
    facts = [QUEUED]
    waits = []
    for _ in range(40):
        facts += flight(0, State.RETRY_WAIT, outcome)
        found = planned(*facts, action=action)
        assert found.step is Step.SEND
        assert found.at is not None
        waits.append((found.at.micros - NOON.micros) / SECOND)
    assert 1 <= waits[0] < 2
    assert all(2**tries <= wait < 2 ** (tries + 1) for tries, wait in enumerate(waits[:8]))
    assert all(150 <= wait <= 300 for wait in waits[8:])
    assert len(set(waits)) == len(waits)


def test_the_waits_of_two_consents_differ() -> None:
    assert back_off(ID, 9) != back_off(ID.replace("abcd", "abce"), 9)


@given(st.text(), st.integers(1, 10_000))
def test_every_wait_is_between_a_second_and_five_minutes(request_id: str, tries: int) -> None:
    assert SECOND <= back_off(request_id, tries) <= 300 * SECOND


def test_what_waits_counts_from_the_last_person_who_asked() -> None:
    many = flight(0, State.RETRY_WAIT, REFUSED_LINE) * 9
    refused = flight(0, State.REFUSED, FORBIDDEN)
    found = planned(QUEUED, *many, *refused, *flight(0, State.RETRY_WAIT, REFUSED_LINE))
    assert found.at is not None
    assert found.at < later(2)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([("Retry-After", "40")], 40),
        ([("retry-after", " 899 ")], 899),
        ([("Retry-After", "901")], 900),
        ([("Retry-After", "9" * 5000)], 900),
        ([("Retry-After", "0")], 0),
        ([("Retry-After", "-1")], 0),
        ([("Retry-After", "²")], 0),
        ([("Retry-After", "soon")], 0),
        ([("Retry-After", "Sun, 31 May 2026 12:01:10 GMT")], 70),
        ([("Retry-After", "Sun, 31 May 2026 11:00:00 GMT")], 0),
        ([("Retry-After", "Mon, 01 Jun 2026 12:00:00 GMT")], 900),
        # By the server's own clock, where it tells its time.
        ([("Retry-After", "Sun, 31 May 2020 12:01:10 GMT"), ("Date", "Sun, 31 May 2020 12:00:00 GMT")], 70),
        ([], 0),
    ],
)
def test_a_server_may_ask_to_wait_up_to_a_quarter_of_an_hour(headers: Headers, seconds: int) -> None:
    answer = limited(*headers)
    assert retry_after(answer, NOON) == seconds * SECOND
    found = planned(QUEUED, *flight(0, State.RETRY_WAIT, answer))
    assert found.at is not None
    assert found.at.micros - NOON.micros == max(seconds * SECOND, back_off(ID, 1))
    # A longer back-off outlasts a short wait.
    ninth = planned(QUEUED, *flight(0, State.RETRY_WAIT, answer) * 9)
    assert ninth.at is not None
    assert ninth.at.micros - NOON.micros == max(seconds * SECOND, back_off(ID, 9))


@pytest.mark.parametrize("state", [State.REFUSED, State.IN_FLIGHT, State.VERIFIED, State.CONTRADICTED])
def test_nothing_more_is_done_by_itself(state: State) -> None:
    assert planned(QUEUED, fact(0, State.IN_FLIGHT), fact(0, state)) == REST


# ---------------------------------------------------------------------------------------- the three looks


@pytest.mark.parametrize("sent", [LOST, DELIVERED], ids=["unconfirmed", "delivered"])
@pytest.mark.parametrize("action", Action)
def test_it_is_looked_up_after_30_seconds_2_and_10_minutes(sent: tuple[Fact, ...], action: Action) -> None:
    state = State.NOT_SEEN if sent is LOST else State.NOT_SHOWN
    assert planned(*sent, action=action) == look_at(30)
    assert planned(*sent, *looks(30, state=state), action=action) == look_at(120)
    assert planned(*sent, *looks(30, 120, state=state), action=action) == look_at(600)


DAY = 86_400
ASLEEP = (QUEUED, fact(0, State.IN_FLIGHT), fact(7200, State.UNCONFIRMED, CUT))
THREE = looks(30, 120, 600)
BLIND_ONES = looks(30, 120, 600, look=BLIND)
RESTORED = (QUEUED, fact(5000, State.RESTORED))
DISCARDED = (*LOST, fact(10, State.DISCARDED))
TOO_LATE = (QUEUED, *flight(0, State.UNCONFIRMED, Lost(phase=Phase.WAITING, cause=Cause.CANCELLED)))
SECOND_LOST = (*LOST, *THREE, *flight(700, State.UNCONFIRMED, CUT))
SECOND_REFUSED = (*LOST, *THREE, *flight(700, State.UNCONFIRMED, FORBIDDEN))
SEEN_ONCE = (*LOST, *looks(30, look=Look(seen=True), state=State.SEEN))
UNSHOWN = (*DELIVERED, *looks(30, 120, 600, state=State.NOT_SHOWN))
REST_BLIND = (*DELIVERED, *looks(30, 120, 600, look=BLIND, state=State.NOT_SHOWN))
PLANS: dict[str, tuple[tuple[Fact, ...], Plan]] = {
    "one look of a laptop that slept": ((*LOST, *looks(DAY)), look_at(DAY + 30)),
    "looks that come all at once count as one": ((*LOST, *looks(DAY, DAY + 1, DAY + 2)), look_at(DAY + 30)),
    "two looks half a minute apart": ((*LOST, *looks(DAY, DAY + 30)), look_at(DAY + 60)),
    "three of them": ((*LOST, *looks(DAY, DAY + 30, DAY + 60)), SEND_SECOND),
    "the last look came before ten minutes": ((*LOST, *looks(30, 120, 599)), look_at(629)),
    "the last look came after ten minutes": ((*LOST, *THREE), SEND_SECOND),
    "sooner than 30 seconds it does not count": ((*LOST, *looks(5, 29)), look_at(30)),
    "it counts from the waking": (ASLEEP, look_at(7230)),
    "a clock that is set back puts nothing off": ((*LOST, *looks(-1000)), look_at(-970)),
    "nor do the looks after that": ((*LOST, *looks(-1000, -970, -880, -400)), SEND_SECOND),
    "a later event exists": ((*LOST, *looks(30, 120), *looks(600, look=Look(later=True))), ASK),
    "a later event was seen first": ((*LOST, *looks(30, look=Look(later=True)), *looks(120, 600)), ASK),
    "a second sending was lost": (SECOND_LOST, look_at(730)),
    "and was not seen once": ((*SECOND_LOST, *looks(730)), look_at(820)),
    "and three times: never a third": ((*SECOND_LOST, *looks(730, 820, 1300)), ASK),
    "a second one was refused": ((*SECOND_REFUSED, *looks(702)), ASK),
    "cancelled too late": (TOO_LATE, look_at(30)),
    "cancelled too late, it never goes again": ((*TOO_LATE, *THREE), ASK),
    "discarded": (DISCARDED, look_at(30)),
    "discarded, looked up once": ((*DISCARDED, *looks(30, state=State.DISCARDED)), look_at(120)),
    "discarded, it rests": ((*DISCARDED, *looks(30, 120, 600, state=State.DISCARDED)), REST),
    "discarded before it left": ((QUEUED, fact(10, State.DISCARDED)), REST),
    "cancelled before it left": ((QUEUED, *flight(0, State.DISCARDED, CANCELLED)), REST),
    "restored, as if sent just now": (RESTORED, look_at(5030)),
    "restored, and not seen": ((*RESTORED, *looks(5030, 5120, 5600)), SEND_SECOND),
    "restored, looks before do not count": ((*LOST, *THREE, fact(5000, State.RESTORED)), look_at(5030)),
    "saved from a damaged file": ((fact(0, State.NOT_SEEN),), look_at(30)),
    "without the permission": ((*LOST, *looks(30, 120, look=BLIND)), look_at(600)),
    "without it after ten minutes": ((*LOST, *BLIND_ONES), SEND_SECOND),
    "without it, late": ((*LOST, *looks(DAY, DAY + 30, DAY + 60, look=BLIND)), SEND_SECOND),
    "without it, all in one minute": ((*LOST, *looks(601, 602, 603, look=BLIND)), look_at(631)),
    "a blind one is none": ((*LOST, *looks(30, look=BLIND), *looks(120, 600)), look_at(630)),
    "a blind one and three": ((*LOST, *looks(30, look=BLIND), *looks(120, 600, 630)), SEND_SECOND),
    "delivered and not shown": (UNSHOWN, ASK),
    "delivered and unchecked rests": (REST_BLIND, REST),
    "delivered, blind so far": ((*DELIVERED, *looks(30, look=BLIND, state=State.NOT_SHOWN)), look_at(120)),
    "seen, it is looked up on": (SEEN_ONCE, look_at(120)),
    "seen, it rests in the end": ((*SEEN_ONCE, *looks(120, 600, state=State.SEEN)), REST),
}


@pytest.mark.parametrize(("facts", "expected"), PLANS.values(), ids=PLANS)
def test_an_opt_out_has_its_next_step(facts: tuple[Fact, ...], expected: Plan) -> None:
    assert planned(*facts) == expected


@pytest.mark.parametrize(
    "facts", [(*LOST, *THREE), (*RESTORED, *looks(5030, 5120, 5600)), (*LOST, *BLIND_ONES)]
)
def test_an_opt_in_that_was_not_seen_asks_a_person(facts: tuple[Fact, ...]) -> None:
    assert planned(*facts, action=Action.ACCEPT) == ASK


def test_an_opt_out_is_not_sent_again_where_a_later_decision_was_noted_here() -> None:
    assert planned(*LOST, *THREE, overtaken=True) == ASK
    assert planned(*LOST, *looks(30), overtaken=True) == look_at(120)


def test_what_waits_to_be_tried_again_in_a_damaged_file_is_no_reason_to_fail() -> None:
    found = planned(fact(0, State.RETRY_WAIT, REFUSED_LINE))
    assert found == Plan(Step.SEND, Timestamp(NOON.micros + back_off(ID, 1)))


def test_what_seems_to_be_due_in_the_far_future_is_due() -> None:
    assert is_time(None, NOON)
    assert is_time(NOON, NOON)
    assert not is_time(later(1), NOON)
    assert not is_time(Timestamp(NOON.micros + LONGEST_AHEAD), NOON)
    assert is_time(Timestamp(NOON.micros + LONGEST_AHEAD + 1), NOON)


# ------------------------------------------------------------------------------------- the second sending


@pytest.mark.parametrize("kept", [REFUSED_LINE, limited()], ids=["not sent", "429"])
def test_a_second_sending_that_did_not_leave_is_looked_up_before_it_is_tried_again(
    kept: NotSent | Answered,
) -> None:
    facts = [*LOST, *THREE]
    for tries in range(1, 12):
        facts += flight(700, State.UNCONFIRMED, kept)
        assert not was_sent_again(facts)
        assert planned(*facts) == Plan(Step.LOOK_UP, Timestamp(later(700).micros + back_off(ID, tries)))
        facts += looks(701)
        assert planned(*facts) == SEND_SECOND


def test_a_second_sending_under_way_is_one() -> None:
    for second in (SECOND_LOST, SECOND_REFUSED, (*LOST, *THREE, fact(700, State.IN_FLIGHT))):
        assert was_sent_again(second)
    assert planned(*SECOND_REFUSED).step is Step.LOOK_UP
    assert not was_sent_again((*LOST, *THREE))
    assert not was_sent_again((QUEUED, *flight(0, State.RETRY_WAIT, REFUSED_LINE), fact(9, State.IN_FLIGHT)))


def test_cancelled_here_it_waits_for_somebody_to_acknowledge_it() -> None:
    cancelled = Fact(at=NOON, state=State.DISCARDED, outcome=CANCELLED, note=CANCELLED_HERE)
    assert planned(QUEUED, cancelled) == Plan(Step.ACKNOWLEDGE)
    acknowledged = Fact(at=NOON, state=State.DISCARDED, note=f"{ACKNOWLEDGED} (by mary)")
    assert planned(QUEUED, cancelled, acknowledged) == REST


@pytest.mark.parametrize(
    "last",
    [
        Fact(at=NOON, state=State.DISCARDED, outcome=CANCELLED),
        Fact(at=NOON, state=State.DISCARDED, note=CANCELLED_HERE),
        Fact(
            at=NOON,
            state=State.DISCARDED,
            outcome=NotSent(phase=Phase.RESOLVING, cause=Cause.OVERTAKEN),
            note=CANCELLED_HERE,
        ),
        Fact(at=NOON, state=State.UNCONFIRMED, outcome=CANCELLED, note=CANCELLED_HERE),
    ],
    ids=["before there was the note", "given up with a reason", "overtaken", "left before"],
)
def test_nothing_else_is_to_be_acknowledged(last: Fact) -> None:
    assert not is_to_acknowledge(last)


# --------------------------------------------------------------------------- the permission that is missing


def test_the_permission_is_missing_where_no_look_ever_worked_and_not_else() -> None:
    """A look that worked shows that the key may read: what says otherwise later comes from the way."""
    after_one = (*LOST, *looks(30), *looks(120, 600, 700, 800, 900, look=BLIND))
    found = planned(*after_one)
    assert found.step is Step.LOOK_UP
    assert found.failing is not None
    assert found.failing.count == 5
    # Also where that was before the sending that is in question.
    assert planned(*SECOND_LOST, *looks(730, 850, 1400, look=BLIND)).failing is not None


# --------------------------------------------------------------------------------- a clock that is set right


def steadily(*times: tuple[float, float], state: State = State.NOT_SEEN) -> tuple[Fact, ...]:
    """Looks at these seconds of the clock, and how many monotonic ones came before each."""
    return tuple(fact(at, state, Look(steady=steady)) for at, steady in times)


@pytest.mark.parametrize(
    ("times", "step"),
    [
        (((30, 30), (3_630, 30), (3_660, 30)), Step.LOOK_UP),
        # While a laptop sleeps the clock alone goes on, and while it is set back the seconds do.
        (((30, 30), (120, 90), (7_200, 20)), Step.LOOK_UP),
        (((30, 30), (-3_000, 90), (-2_900, 500)), Step.LOOK_UP),
        (((30, 30), (120, 90), (600, 480)), Step.SEND),
    ],
    ids=["a clock set right", "asleep", "set back", "as they say"],
)
def test_the_smaller_of_both_times_counts(times: tuple[tuple[float, float], ...], step: Step) -> None:
    found = planned(*LOST, *steadily(*times))
    assert found.step is step
    # A minute and a half have passed for certain, a moment being granted to the jump.
    assert times[1][0] != 3_630 or found == look_at(3_660 + 600 - 91)


def test_nothing_goes_out_a_second_time_by_looks_of_earlier_runs_alone() -> None:
    facts = (*LOST, *THREE)
    assert planned(*facts, left=len(facts)).step is Step.LOOK_UP
    assert is_time(planned(*facts, left=len(facts)).at, later(700))
    assert planned(*facts, *looks(700), left=len(facts)) == SEND_SECOND
    assert planned(*facts, action=Action.ACCEPT, left=len(facts)).step is Step.LOOK_UP
    assert planned(*facts, *looks(700), action=Action.ACCEPT, left=len(facts)) == ASK


def test_what_rests_and_an_opt_out_that_has_not_left_is_not_looked_up_at_each_start() -> None:
    assert planned(QUEUED, left=1) == Plan(Step.SEND)
    assert planned(*UNSHOWN, left=len(UNSHOWN)) == ASK
    assert planned(*REST_BLIND, left=len(REST_BLIND)) == REST


# ------------------------------------------------------------------------------------------ looks that fail

REFUSED_READ = Answered(status=403, headers=(), body=b"<html>Forbidden")


def failed(seconds: float, state: State = State.UNCONFIRMED, **changes: Any) -> Fact:
    values = {"why": NoLook.REFUSED, "outcome": REFUSED_READ, **changes}
    return Fact(at=later(seconds), state=state, outcome=FailedLook(**values))


@pytest.mark.parametrize("state", [State.UNCONFIRMED, State.RESTORED, State.NOT_SEEN])
@pytest.mark.parametrize("action", Action)
def test_after_eight_failed_looks_over_two_hours_a_person_is_asked(action: Action, state: State) -> None:
    facts = (*LOST, fact(1, state, CUT if state is State.UNCONFIRMED else None))
    few = (*facts, failed(30, state), failed(3_700, state, failed=6), failed(7_300, state, failed=1))
    assert planned(*few, action=action).step is Step.ASK
    soon = (*facts, failed(30, state), failed(7_229, state, failed=7))
    assert planned(*soon, action=action).step is Step.LOOK_UP
    seven = (*facts, failed(30, state), failed(9_999, state, failed=6))
    assert planned(*seven, action=action).step is Step.LOOK_UP
    assert is_for_a_person(few)
    assert not is_for_a_person(seven)


@pytest.mark.parametrize("state", [State.DELIVERED, State.SEEN, State.NOT_SHOWN])
def test_of_what_was_accepted_a_person_is_told_too_that_it_could_not_be_looked_up(state: State) -> None:
    facts = (*DELIVERED, fact(1, state, SUCCESS), failed(30, state), failed(8_000, state, failed=9))
    found = planned(*facts)
    assert found.step is Step.ASK
    assert found.failing is not None
    assert not is_for_a_person(facts)


def test_what_was_given_up_rests_where_its_looks_fail() -> None:
    gone = State.DISCARDED
    assert planned(*DISCARDED, failed(30, gone), failed(8_000, gone, failed=9)) == REST


def test_failed_looks_move_nothing_but_the_next_look() -> None:
    """They are no looks: three of them and two that worked send nothing."""
    facts = (*LOST, *looks(30), failed(120, State.NOT_SEEN), failed(600, State.NOT_SEEN, failed=4))
    assert planned(*facts).step is Step.LOOK_UP
    assert planned(*facts, *looks(700)) == look_at(730)
    assert planned(*facts, *looks(700, 730)) == SEND_SECOND
    assert planned(QUEUED, *flight(0, State.UNCONFIRMED, CUT), failed(30)).failing is not None


def test_a_failed_look_is_no_sending() -> None:
    assert not is_departure(failed(30))
    assert not is_departure(failed(30, State.DELIVERED))
    assert not is_departure(failed(30, State.RESTORED))
    # So what was looked up before it counts on.
    assert planned(*LOST, failed(200), *looks(230, 260, 600)) == SEND_SECOND


def test_the_next_look_comes_later_each_time_up_to_a_quarter_of_an_hour() -> None:
    waits = [look_again_after(ID, count) / SECOND for count in range(1, 20)]
    assert 15 <= waits[0] <= 30
    assert all(450 <= wait <= 900 for wait in waits[5:])
    found = planned(*LOST, failed(30), failed(40, failed=9))
    assert found.at == Timestamp(later(40).micros + look_again_after(ID, 10))
    limit = limited(("Retry-After", "700"))
    assert planned(*LOST, failed(30, outcome=limit)).at == later(730)


def test_a_look_that_worked_ends_the_failing() -> None:
    facts = (*LOST, failed(30), failed(8_000, failed=9), *looks(8_100))
    assert failing_of(facts) is None
    assert failing_of((*facts, failed(9_000, State.NOT_SEEN))) == Failing(1, later(9_000), FAILED_READ)


FAILED_READ = FailedLook(why=NoLook.REFUSED, outcome=REFUSED_READ)


def test_a_second_sending_that_did_not_leave_and_cannot_be_looked_up_asks_a_person() -> None:
    facts = (*LOST, *THREE, *flight(700, State.UNCONFIRMED, REFUSED_LINE))
    assert planned(*facts, failed(702)).step is Step.LOOK_UP
    assert planned(*facts, failed(702), failed(9_000, failed=9)).step is Step.ASK


# ---------------------------------------------------------------------------------------- a person decides

DECISION = Fact(at=later(9_000), state=State.UNCONFIRMED, note=f"{DECIDED}Kim Lee")
GIVEN_UP = (*LOST, failed(30), failed(8_000, failed=9))


def test_a_person_decides_first_and_then_it_may_leave() -> None:
    assert not may_be_claimed(GIVEN_UP[-1])
    assert may_be_claimed(DECISION)
    assert not is_departure(DECISION)
    # By itself it does not.
    assert planned(*GIVEN_UP, DECISION).step is Step.ASK


def test_what_a_person_sent_again_is_looked_up_anew_and_never_sent_by_itself() -> None:
    facts = (*GIVEN_UP, DECISION, *flight(9_001, State.UNCONFIRMED, CUT))
    assert was_sent_again(facts)
    assert planned(*facts) == look_at(9_031)
    assert planned(*facts, *looks(9_031, 9_121, 9_601)) == ASK


# ---------------------------------------------------------------------------- what an earlier run left unsent

WAITING = (QUEUED, *flight(0, State.RETRY_WAIT, REFUSED_LINE))


@pytest.mark.parametrize("unsent", [(QUEUED,), WAITING], ids=["queued", "waiting"])
def test_an_opt_in_of_an_earlier_run_waits_for_one_complete_look(unsent: tuple[Fact, ...]) -> None:
    state, left = unsent[-1].state, len(unsent)
    assert planned(*unsent, action=Action.ACCEPT, left=left) == Plan(Step.LOOK_UP, unsent=True)
    failing = planned(*unsent, failed(50, state), action=Action.ACCEPT, left=left)
    assert (failing.step, failing.unsent) == (Step.LOOK_UP, True)
    assert failing.at is not None
    assert failing.at > later(50)
    unseen = planned(*unsent, *looks(50, state=state), action=Action.ACCEPT, left=left)
    assert unseen == planned(*unsent, action=Action.ACCEPT)
    assert unseen.step is Step.SEND


def test_an_opt_in_of_an_earlier_run_that_cannot_be_looked_up_asks_a_person() -> None:
    left = 1
    blind = looks(50, 80, look=BLIND, state=State.QUEUED)
    assert planned(QUEUED, *blind, action=Action.ACCEPT, left=left).step is Step.LOOK_UP
    blind += looks(110, look=BLIND, state=State.QUEUED)
    assert planned(QUEUED, *blind, action=Action.ACCEPT, left=left) == Plan(Step.ASK, unsent=True)
    failing = (failed(50, State.QUEUED), failed(8_000, State.QUEUED, failed=9))
    assert planned(QUEUED, *failing, action=Action.ACCEPT, left=left).step is Step.ASK


def test_what_an_earlier_run_left_held_waits_as_the_rest() -> None:
    facts = (QUEUED, *flight(9, State.QUEUED, kept(Cause.HELD)))
    found = planned(*facts, action=Action.ACCEPT, left=1)
    assert found.step is Step.LOOK_UP
    assert is_time(found.at, later(9))
    assert planned(*facts, *looks(20, state=State.QUEUED), action=Action.ACCEPT, left=1).at is not None


def test_what_is_seen_before_it_leaves_has_left() -> None:
    seen = (QUEUED, *looks(40, look=Look(seen=True), state=State.SEEN))
    assert may_have_left(seen)
    assert planned(*seen).step is Step.LOOK_UP
    assert LEGAL[State.QUEUED] >= {State.SEEN, State.VERIFIED, State.QUEUED}


# -------------------------------------------------------------------------------------- what a look makes

SEEN = Look(seen=True)
HOLDS = {Action.ACCEPT: Look(seen=True, valid=True), Action.REJECT: Look(seen=True, valid=False)}
OTHERWISE = {Action.ACCEPT: Look(seen=True, valid=False), Action.REJECT: Look(seen=True, valid=True)}


def judged(
    look: Look, facts: Sequence[Fact], seconds: float, action: Action = Action.REJECT, *, moot: bool = False
) -> State:
    return judge_look(look, facts, action, later(seconds), moot=moot)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("facts", [LOST, DELIVERED], ids=["unconfirmed", "delivered"])
def test_verified_needs_the_history_and_what_holds(action: Action, facts: tuple[Fact, ...]) -> None:
    assert judged(HOLDS[action], facts, 30, action) is State.VERIFIED
    assert judged(SEEN, facts, 30, action) is State.SEEN
    unseen = Look(seen=False, valid=HOLDS[action].valid)
    assert judged(unseen, facts, 30, action) in {State.NOT_SEEN, State.NOT_SHOWN}


@pytest.mark.parametrize("reason", LookReason)
def test_whatever_speaks_against_it_verifies_nothing(reason: LookReason) -> None:
    for action, look in (
        (one, replace(each, reason=reason)) for one in Action for each in (HOLDS[one], SEEN)
    ):
        state = State.CONTRADICTED if reason in SPEAKS_AGAINST else State.SEEN
        assert judged(look, DELIVERED, 30, action) is state
        assert judged(look, DELIVERED, 30, action, moot=True) is State.SEEN
        # What holds as it was wished is never an alarm for being late.
        late = (*DELIVERED, *looks(30, 120, 600, look=look, state=State.SEEN))
        assert judged(look, late, 630, action) is state


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("reason", [LookReason.OLDER, LookReason.NO_EVENT, LookReason.CHANGED_SINCE])
@pytest.mark.parametrize("later_one", [True, False])
def test_the_opposite_that_lags_behind_the_history_is_an_alarm_only_when_it_is_late(
    action: Action, reason: LookReason, later_one: bool
) -> None:
    look = replace(OTHERWISE[action], reason=reason, later=later_one)
    facts = DELIVERED
    for seconds in (30, 120, 599):
        assert judged(look, facts, seconds, action) is State.SEEN
        facts = (*facts, *looks(seconds, look=look, state=State.SEEN))
    assert judged(look, facts, 600, action) is State.CONTRADICTED


@pytest.mark.parametrize("action", Action)
def test_what_holds_may_follow_the_history_a_little_later(action: Action) -> None:
    look = OTHERWISE[action]
    assert judged(look, DELIVERED, 30, action) is State.SEEN
    # Seen for the first time: one more look.
    assert judged(look, DELIVERED, 600, action) is State.SEEN
    facts = (*DELIVERED, *looks(30, 120, state=State.NOT_SHOWN), *looks(600, look=look, state=State.SEEN))
    assert planned(*facts, action=action) == look_at(630)
    assert judged(look, facts, 630, action) is State.CONTRADICTED
    assert judged(HOLDS[action], facts, 630, action) is State.VERIFIED


@pytest.mark.parametrize("action", Action)
def test_where_a_later_event_rules_the_alarm_does_not_wait(action: Action) -> None:
    for reason in (None, LookReason.SAME_TIME):
        look = Look(seen=True, later=True, valid=OTHERWISE[action].valid, reason=reason)
        assert judged(look, DELIVERED, 30, action) is State.CONTRADICTED


@pytest.mark.parametrize("action", Action)
def test_what_holds_by_a_later_decision_of_this_desk_is_no_alarm(action: Action) -> None:
    look = Look(seen=True, later=True, valid=OTHERWISE[action].valid)
    assert judged(look, DELIVERED, 30, action, moot=True) is State.SEEN
    seen = (*DELIVERED, *looks(30, 120, 600, look=look, state=State.SEEN))
    assert judged(look, seen, 630, action, moot=True) is State.SEEN
    assert planned(*seen, action=action) == REST


@pytest.mark.parametrize("look", [NOT_THERE, BLIND], ids=["not there", "blind"])
@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (SEEN_ONCE, State.SEEN),
        (DISCARDED, State.DISCARDED),
        (DELIVERED, State.NOT_SHOWN),
        *(
            ((*LOST, fact(1, state)), State.NOT_SEEN)
            for state in (State.UNCONFIRMED, State.NOT_SEEN, State.RESTORED)
        ),
    ],
)
def test_what_a_look_does_not_show_stays_what_it_was(
    facts: tuple[Fact, ...], state: State, look: Look
) -> None:
    assert judged(look, facts, 120) is state


def test_a_discarded_one_that_is_there_after_all_is_verified() -> None:
    assert judged(HOLDS[Action.REJECT], DISCARDED, 30) is State.VERIFIED


# ------------------------------------------------------------------------------------------- any facts

LOOKS = st.builds(
    Look,
    seen=st.booleans(),
    later=st.booleans(),
    valid=st.none() | st.booleans(),
    blind=st.booleans(),
    steady=st.none() | st.floats(0, 1e6),
    reason=st.none() | st.sampled_from(LookReason),
)
FAILED = st.builds(
    FailedLook,
    why=st.sampled_from(NoLook),
    outcome=st.none() | st.just(REFUSED_READ),
    failed=st.integers(1, 20),
    steady=st.none() | st.floats(0, 1e6),
)
OUTCOMES: st.SearchStrategy[Outcome | Look | FailedLook | None] = (
    st.none()
    | LOOKS
    | FAILED
    | st.sampled_from([CUT, REFUSED_LINE, SUCCESS, FORBIDDEN, limited(("Retry-After", "60"))])
)
FACTS = st.lists(
    st.builds(fact, st.integers(-(10**6), 10**6), st.sampled_from(State), OUTCOMES), min_size=1, max_size=12
)


@given(FACTS, st.sampled_from(Action), st.booleans(), st.integers(0, 12))
def test_any_facts_have_a_plan(facts: list[Fact], action: Action, overtaken: bool, left: int) -> None:
    found = planned(*facts, action=action, overtaken=overtaken, left=min(left, len(facts)))
    if found.second:
        assert (action, overtaken) == (Action.REJECT, False)
        assert not was_sent_again(facts)
        looks = [one.outcome for one in facts if isinstance(one.outcome, Look)]
        assert len(looks) >= 3
    if found.step is Step.LOOK_UP and not found.unsent:
        assert found.at is not None
    if found.step in {Step.ASK, Step.REST}:
        assert found.at is None


@given(FACTS, st.sampled_from(Action))
def test_no_plan_reaches_further_ahead_than_a_quarter_of_an_hour(facts: list[Fact], action: Action) -> None:
    found = planned(*facts, action=action)
    latest = max(fact.at for fact in facts)
    assert found.at is None or found.at.micros <= latest.micros + LONGEST_AHEAD


@given(FACTS, LOOKS, st.sampled_from(Action), st.booleans())
def test_no_look_claims_more_than_it_shows(facts: list[Fact], look: Look, action: Action, moot: bool) -> None:
    state = judge_look(look, facts, action, NOON, moot=moot)
    if state is State.VERIFIED:
        assert look.seen
        assert look.valid is (action is Action.ACCEPT)
        assert look.reason is None
    if state is State.CONTRADICTED:
        assert look.seen
        assert look.valid is (action is Action.REJECT) or look.reason in SPEAKS_AGAINST
    assert state is not State.IN_FLIGHT


def test_what_a_look_makes_may_be_written_down() -> None:
    after = {
        State.UNCONFIRMED: {State.NOT_SEEN, State.SEEN, State.VERIFIED, State.CONTRADICTED},
        State.NOT_SEEN: {State.NOT_SEEN, State.SEEN, State.VERIFIED, State.CONTRADICTED},
        State.RESTORED: {State.NOT_SEEN, State.SEEN, State.VERIFIED, State.CONTRADICTED},
        State.DELIVERED: {State.NOT_SHOWN, State.SEEN, State.VERIFIED, State.CONTRADICTED},
        State.NOT_SHOWN: {State.NOT_SHOWN, State.SEEN, State.VERIFIED, State.CONTRADICTED},
        State.SEEN: {State.SEEN, State.VERIFIED, State.CONTRADICTED},
    }
    for state, following in after.items():
        assert following <= LEGAL[state]


def test_an_answer_that_contradicts_itself_is_followed_by_a_look_and_is_no_try_that_came_to_nothing() -> None:
    contradiction = Answered(status=429, headers=(), body=b'{"success": true}')
    facts = (QUEUED, *flight(0, State.UNCONFIRMED, contradiction))
    assert plan(facts, Action.REJECT, ID) == Plan(Step.LOOK_UP, later(30))
    assert may_have_left(facts)


@pytest.mark.parametrize("state", [State.NEW_PROFILE, State.NO_CATEGORY])
def test_what_a_person_says_is_right_is_looked_at_once_more(state: State) -> None:
    facts = (QUEUED, *flight(1, State.DELIVERED, SUCCESS), fact(31, state, Look(seen=True, valid=False)))
    said = Fact(at=later(4_000), state=state, note=IS_RIGHT)
    assert plan((*facts, said), Action.REJECT, ID) == Plan(Step.LOOK_UP)
    seen = Fact(at=later(4_001), state=state, outcome=Look(seen=True), note=IS_RIGHT)
    assert plan((*facts, said, seen), Action.REJECT, ID) != Plan(Step.LOOK_UP)


def test_an_opt_in_over_an_opt_out_that_a_look_up_saw_waits_for_a_person() -> None:
    saw = Fact(at=later(1), state=State.QUEUED, note=SAW_OPT_OUT)
    assert plan((QUEUED, saw), Action.ACCEPT, ID) == ASK
    # At the next start too, whatever is seen of the history.
    assert plan((QUEUED, saw, fact(2, State.QUEUED, Look())), Action.ACCEPT, ID, left=2) == ASK
    insisted = Fact(at=later(3), state=State.QUEUED, note=INSISTED)
    assert plan((QUEUED, saw, insisted), Action.ACCEPT, ID) == Plan(Step.SEND)


# -------------------------------------------------------------------------------------------- practice


@pytest.mark.parametrize("facts", [DELIVERED, LOST])
def test_practice_is_looked_up_soon_and_from_then_on_like_all_else(facts: tuple[Fact, ...]) -> None:
    soon = PRACTICE_LOOK_AFTER / SECOND
    assert plan(facts, Action.REJECT, ID, practice=True) == look_at(soon)
    assert plan(facts, Action.REJECT, ID) == look_at(30)
    missed = (*facts, fact(soon, State.NOT_SHOWN if facts is DELIVERED else State.NOT_SEEN, NOT_THERE))
    for practice in (True, False):
        assert plan(missed, Action.REJECT, ID, practice=practice) == look_at(30)
