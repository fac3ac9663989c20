"""What is done next about a consent, and when: the retry policy, by the facts alone.

Times are counted by the clock and by the monotonic seconds that a look was written with, and the smaller of
the two counts: a clock that is set right makes no three looks of one minute ten minutes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import assert_never
from zlib import crc32

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.judgement import (
    LOOK_AFTER,
    SECOND,
    is_departure,
    left_with,
    may_have_left,
    was_kept,
    was_sent_again,
)
from consent_desk.domain.lifecycle.state import (
    INSISTED,
    IS_RIGHT,
    SAW_OPT_OUT,
    UNCERTAIN_STATES,
    WAITS_TO_LEAVE,
    Fact,
    State,
    is_to_acknowledge,
    is_word,
)
from consent_desk.domain.wire.answer import header
from consent_desk.domain.wire.outcome import Answered, Cause, FailedLook, Look, Lost, NotSent
from consent_desk.domain.wire.server_clock import http_date

LOOKS_APART = 30 * SECOND
"""Complete looks count only so far apart: those of a laptop that slept come all at once."""

PRACTICE_LOOK_AFTER = 6 * SECOND
"""Microseconds after which practice is looked up first: the Sandbox shows a write after 4 s, and is asked by
nobody else. A look so early is none of those that are counted.
"""

LONGEST_AHEAD = 900 * SECOND
"""No plan reaches further: what seems to be due later was planned by a clock that has been set back."""

FAILED_LOOKS, FAILED_FOR = 8, 7_200 * SECOND
"""After so many failed looks over so long a time a person is asked, who may look in Engagement's own pages.

What mends itself, a restart or a line that was down, is over by then; the working day is not.
"""

TOLD_AFTER = 3
"""Failed looks after which the outcome itself says so: one or two are no news."""

_FIRST_WAIT, _LONGEST_WAIT = 2 * SECOND, 300 * SECOND
_FIRST_LOOK_WAIT, _LONGEST_LOOK_WAIT = 30 * SECOND, LONGEST_AHEAD
_KNOWN_LATE = SECOND
"""A fact is known to be there a moment after it was written: so much may be missing in the monotonic time."""

_ENOUGH = len(LOOK_AFTER)
_WAITING_STATES = frozenset({State.RETRY_WAIT, State.UNCONFIRMED})


class Step(StrEnum):
    """What is to be done next about a consent."""

    SEND = "send"
    LOOK_UP = "look up"
    ASK = "ask"
    ACKNOWLEDGE = "acknowledge"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Failing:
    """Looks that told nothing, one after the other: so many `since` then, and what the `last` one came to.

    `lasted`: microseconds from the first of them to the last.
    """

    count: int
    since: Timestamp
    last: FailedLook | Look
    lasted: int = 0

    @property
    def is_given_up(self) -> bool:
        """Whether there is no hope that it can be looked up by itself."""
        return self.count >= FAILED_LOOKS and self.lasted >= FAILED_FOR


@dataclass(frozen=True, slots=True)
class Plan:
    """The next `step`, not before `at` (None: at once, whatever the clock says).

    `second`: it was sent before and not seen, and goes out once more, the same bytes. `failing`: the last
    looks told nothing. `unsent`: an earlier run left it unsent, as far as this journal knows, and whether it
    is there is to be seen before it leaves.
    """

    step: Step
    at: Timestamp | None = None
    second: bool = False
    failing: Failing | None = None
    unsent: bool = False


_REST = Plan(Step.REST)
_ASK = Plan(Step.ASK)


def plan(
    facts: Sequence[Fact],
    action: Action,
    request_id: str,
    *,
    overtaken: bool = False,
    left: int = 0,
    practice: bool = False,
) -> Plan:
    """What to do next about a consent with these facts, the oldest first. Reads no clock.

    `overtaken`: a later decision for the same customer and category was noted here. `left`: so many of the
    facts an earlier run left. In `practice` the first look comes soon.
    """
    last = _last_sending(facts)
    match facts[-1].state:
        case State.QUEUED | State.RETRY_WAIT if turns_opt_out(facts):
            # Nobody has said so far that it is to be sent all the same.
            return _ASK
        case State.QUEUED | State.RETRY_WAIT if action is Action.ACCEPT and _is_to_be_seen(facts, left):
            return _look_first(facts[left - 1 :], request_id)
        case State.QUEUED:
            held = isinstance(last.outcome, NotSent) and last.outcome.cause is Cause.HELD
            # Its project may be set back to where it led, and then it leaves.
            return Plan(Step.SEND, _after_wait(facts, request_id) if held else None)
        case State.RETRY_WAIT:
            return Plan(Step.SEND, _after_wait(facts, request_id))
        case State.UNCONFIRMED if not is_departure(last):
            # The second sending did not leave. Perhaps the first one shows by the time the next could.
            return _after_failed(Plan(Step.LOOK_UP, _after_wait(facts, request_id)), facts, request_id)
        case State.UNCONFIRMED | State.RESTORED | State.NOT_SEEN:
            goes_again = action is Action.REJECT and not overtaken and _may_go_again(facts)
            settled = Plan(Step.SEND, second=True) if goes_again else _ASK
            return _look_or(settled, facts, request_id, left, practice=practice)
        case State.NEW_PROFILE | State.NO_CATEGORY if _was_said_to_be_right(facts):
            # Verified it is once it is seen once more.
            return _after_failed(Plan(Step.LOOK_UP), facts, request_id)
        case State.DELIVERED | State.SEEN | State.NOT_SHOWN | State.NEW_PROFILE | State.NO_CATEGORY:
            blind = isinstance(last.outcome, Look) and last.outcome.blind
            settled = _ASK if facts[-1].state is State.NOT_SHOWN and not blind else _REST
            return _look_or(settled, facts, request_id, practice=practice)
        case State.DISCARDED if is_to_acknowledge(facts[-1]):
            return Plan(Step.ACKNOWLEDGE)
        case State.DISCARDED if may_have_left(facts):
            found = _look_or(_REST, facts, request_id)
            return _REST if found.step is Step.ASK else found
        case State.IN_FLIGHT | State.VERIFIED | State.CONTRADICTED | State.REFUSED | State.DISCARDED:
            return _REST
        case _ as never:
            assert_never(never)


def is_time(at: Timestamp | None, now: Timestamp) -> bool:
    """Whether what was planned for `at` is due; also where the clock was set back since."""
    return at is None or at <= now or at.micros > now.micros + LONGEST_AHEAD


def is_for_a_person(facts: Sequence[Fact]) -> bool:
    """Whether nobody knows what became of it, nor can it be looked up by itself: it may be there."""
    failing = failing_of(facts) if facts[-1].state in UNCERTAIN_STATES else None
    return failing is not None and failing.is_given_up


def turns_opt_out(facts: Sequence[Fact]) -> bool:
    """Whether a look-up saw that the customer has opted out, and nobody has said to send it still."""
    said = {fact.note for fact in facts}
    return SAW_OPT_OUT in said and INSISTED not in said


def back_off(request_id: str, tries: int) -> int:
    """Microseconds to wait after so many failed tries (1 or more): 1 s at first, 5 min at most, jittered.

    The same for each reading of the same facts, different for each consent and each try.
    """
    return _jittered(request_id, tries, _FIRST_WAIT, _LONGEST_WAIT)


def look_again_after(request_id: str, failed: int) -> int:
    """Microseconds to wait after so many failed looks: up to 30 s at first, 15 min at most, jittered."""
    return _jittered(request_id, failed, _FIRST_LOOK_WAIT, _LONGEST_LOOK_WAIT)


def retry_after(outcome: Answered, at: Timestamp) -> int:
    """Microseconds that the server asks to wait, 15 min at most, 0 where it does not. `at`: it was read."""
    said = (header(outcome.headers, "retry-after") or "").strip()
    if said.isascii() and said.isdigit():
        return min(int(said[:9]) * SECOND, LONGEST_AHEAD)
    until = http_date(said)
    if until is None:
        return 0
    # Both by the server's clock, where it tells its time: ours may be wrong.
    since = http_date(header(outcome.headers, "date") or "") or at.micros // SECOND
    return max(0, min((until - since) * SECOND, LONGEST_AHEAD))


def failing_of(facts: Sequence[Fact]) -> Failing | None:
    """The looks that told nothing since the last one that did; None where there is none."""
    failed: list[_Seen] = []
    for seen in _looks(facts):
        if seen.told:
            failed.clear()
        else:
            failed.append(seen)
    if not failed:
        return None
    first, last = failed[0], failed[-1]
    count = sum(seen.look.failed if isinstance(seen.look, FailedLook) else 1 for seen in failed)
    return Failing(count, first.fact.at, last.look, last.at - first.at)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A look, and whether it `told` anything: so many microseconds after it had left, at the latest.

    `number`: its fact's among all.
    """

    look: Look | FailedLook
    at: int
    fact: Fact
    number: int
    told: bool


def _looks(facts: Sequence[Fact]) -> Iterator[_Seen]:
    """The looks since it had left at the latest. A blind one after one that worked tells nothing."""
    first = left_with(facts)
    worked = any(isinstance(fact.outcome, Look) and not fact.outcome.blind for fact in facts[:first])
    at = 0
    for number, (before, fact) in enumerate(pairwise(facts[first:]), first + 1):
        at += _elapsed(before, fact)
        look = fact.outcome
        if isinstance(look, FailedLook):
            yield _Seen(look, at, fact, number, told=False)
        elif isinstance(look, Look):
            yield _Seen(look, at, fact, number, told=not (look.blind and worked))
            worked = worked or not look.blind


def _elapsed(before: Fact, fact: Fact) -> int:
    """Microseconds between two facts, as far as they are sure: none where the clock was set back."""
    by_clock = max(0, fact.at.micros - before.at.micros)
    steady = fact.outcome.steady if isinstance(fact.outcome, Look | FailedLook) else None
    return by_clock if steady is None else min(by_clock, round(steady * SECOND) + _KNOWN_LATE)


def _look_or(
    settled: Plan, facts: Sequence[Fact], request_id: str, left: int = 0, *, practice: bool = False
) -> Plan:
    """The next look, or `settled` where there were enough, or a person to ask where they fail for long.

    Enough are three complete ones, or three blind ones where none worked, the last at least 10 min after
    sending, and one of them of this run; and one more after the first that saw it, for what holds may follow
    a little later.
    """
    counted = _apart(facts, 0)
    looks = [seen.look for seen in counted if isinstance(seen.look, Look)]
    last_at, last_number = (counted[-1].at, counted[-1].number) if counted else (0, -1)
    complete = sum(not look.blind for look in looks)
    first_seen = any(look.seen for look in looks[-1:]) and not any(look.seen for look in looks[:-1])
    is_late = last_at >= LOOK_AFTER[-1]
    is_enough = complete >= _ENOUGH or (not complete and len(looks) >= _ENOUGH)
    if is_late and is_enough and not first_seen and last_number >= left:
        return settled
    due = max(LOOK_AFTER[min(len(counted), _ENOUGH - 1)], last_at + LOOKS_APART)
    if practice and next(_looks(facts), None) is None:
        due = PRACTICE_LOOK_AFTER
    return _after_failed(Plan(Step.LOOK_UP, _later(facts, due)), facts, request_id)


def _apart(facts: Sequence[Fact], last: int) -> list[_Seen]:
    """The looks that told something, each long enough after the one before, the first one after `last`."""
    counted: list[_Seen] = []
    for seen in _looks(facts):
        if seen.told and seen.at >= last + LOOKS_APART:
            counted.append(seen)
            last = seen.at
    return counted


def _later(facts: Sequence[Fact], due: int) -> Timestamp:
    """The time of the clock that is `due` microseconds after it had left."""
    so_far = sum(_elapsed(before, fact) for before, fact in pairwise(facts[left_with(facts) :]))
    return Timestamp(facts[-1].at.micros + due - so_far)


def _after_failed(look: Plan, facts: Sequence[Fact], request_id: str) -> Plan:
    """`look`, later where the last ones failed; or a person is asked."""
    failing = failing_of(facts)
    if failing is None:
        return look
    if failing.is_given_up:
        return Plan(Step.ASK, failing=failing)
    planned = 0 if look.at is None else look.at.micros
    at = max(planned, facts[-1].at.micros + _wait_for_look(facts[-1], failing, request_id))
    return Plan(Step.LOOK_UP, Timestamp(at), failing=failing, unsent=look.unsent)


def _wait_for_look(last: Fact, failing: Failing, request_id: str) -> int:
    wait = look_again_after(request_id, failing.count)
    answered = last.outcome.outcome if isinstance(last.outcome, FailedLook) else None
    return max(wait, retry_after(answered, last.at)) if isinstance(answered, Answered) else wait


def _is_to_be_seen(facts: Sequence[Fact], left: int) -> bool:
    """Whether an earlier run left it unsent, and no complete look since shows that it is not there.

    The journal may be an older one, of a folder that was put back.
    """
    is_left = left > 0 and facts[left - 1].state in WAITS_TO_LEAVE
    return is_left and not any(
        isinstance(fact.outcome, Look) and not fact.outcome.blind for fact in facts[left:]
    )


def _look_first(since: Sequence[Fact], request_id: str) -> Plan:
    """The look before an opt-in of an earlier run leaves; a person is asked where there is none to be had."""
    blind = _apart(since, -LOOKS_APART)
    if len(blind) >= _ENOUGH:
        return Plan(Step.ASK, unsent=True)
    due = blind[-1].at + LOOKS_APART if blind else 0
    at = None if len(since) == 1 else _later(since, due)
    found = _after_failed(Plan(Step.LOOK_UP, at, unsent=True), since, request_id)
    return Plan(found.step, found.at, failing=found.failing, unsent=True)


def _may_go_again(facts: Sequence[Fact]) -> bool:
    given_up = any(
        fact.state is State.DISCARDED
        or (isinstance(fact.outcome, NotSent | Lost) and fact.outcome.cause is Cause.CANCELLED)
        for fact in facts
    )
    later = any(isinstance(seen.look, Look) and seen.look.later for seen in _looks(facts))
    return not given_up and not later and not was_sent_again(facts)


def _was_said_to_be_right(facts: Sequence[Fact]) -> bool:
    """Whether a person said last that ID and category are right; a look that failed since says nothing."""
    last = next((fact for fact in reversed(facts) if not isinstance(fact.outcome, FailedLook)), facts[-1])
    return last.note == IS_RIGHT and last.outcome is None


def _last_sending(facts: Sequence[Fact]) -> Fact:
    """The last fact that is no failed look, and no word of a person; where it is unsent, no look at all."""
    skipped = FailedLook | Look if facts[-1].state in WAITS_TO_LEAVE else FailedLook
    moved = (fact for fact in reversed(facts) if not isinstance(fact.outcome, skipped) and not is_word(fact))
    return next(moved, facts[-1])


def _after_wait(facts: Sequence[Fact], request_id: str) -> Timestamp:
    tries = 0
    for fact in reversed(facts):
        if fact.state in _WAITING_STATES and was_kept(fact):
            tries += 1
        elif not (
            fact.state is State.IN_FLIGHT or isinstance(fact.outcome, Look | FailedLook) or is_word(fact)
        ):
            break
    last = _last_sending(facts)
    wait = back_off(request_id, max(tries, 1))
    if isinstance(last.outcome, Answered):
        wait = max(wait, retry_after(last.outcome, last.at))
    return Timestamp(last.at.micros + wait)


def _jittered(request_id: str, tries: int, first: int, longest: int) -> int:
    most = min(first << min(tries - 1, 20), longest)
    return round(most * (1 + crc32(f"{request_id} {tries}".encode()) / 2**32) / 2)
