"""How far a noted consent has come, and what is to be done about it. Every transition stands in this file.

    queued ─────> in_flight ──> delivered ──> seen ──> verified, or contradicted: recorded, but what
      ^  ^            │  │           │                                    holds says otherwise
      │  │  not sent, │  │           └──> not_shown    accepted, but not (yet) in the history
      │  └─ 429:  retry_wait
      │               ├──────> refused                 not recorded; sent again by a person only
      │               ├──────> unconfirmed ──> not_seen         looked up, three times
      │               └──────> discarded               cancelled, overtaken, or given up by a person
      └─ refused, not_seen: sent again

Where Engagement knew no such customer, or the project lists no such category, it is new_profile or
no_category: verified once a person says that it is right. A look that failed, and what a person said of a
consent, are facts in the state in which it is.

A second sending leads to delivered or to unconfirmed, whatever became of it: of the first one nobody knows.

The rules are stricter than the vendor's advice, because consent events are never de-duplicated
(the reference's sections 1 and 5).
Long because the states, what an outcome makes of them, and the retry policy are one decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from typing import assert_never
from zlib import crc32

from consent_desk.domain.action import Action
from consent_desk.domain.answer import Meaning, header, is_from_the_way, meaning, read_answer
from consent_desk.domain.clock import http_date
from consent_desk.domain.consent import Timestamp
from consent_desk.domain.draft import Field
from consent_desk.domain.message import Message, say
from consent_desk.domain.outcome import (
    LAGS,
    SPEAKS_AGAINST,
    Answered,
    Cause,
    FailedLook,
    Look,
    Lost,
    NotSent,
    Outcome,
    why_no_answer,
)


class State(StrEnum):
    """How far a consent has come. The last fact in the journal is its state."""

    QUEUED = "queued"
    IN_FLIGHT = "in_flight"
    RETRY_WAIT = "retry_wait"
    DELIVERED = "delivered"
    SEEN = "seen"
    VERIFIED = "verified"
    NOT_SHOWN = "not_shown"
    CONTRADICTED = "contradicted"
    NEW_PROFILE = "new_profile"
    NO_CATEGORY = "no_category"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    NOT_SEEN = "not_seen"
    RESTORED = "restored"
    DISCARDED = "discarded"


UNSENT_STATES = frozenset({State.QUEUED, State.RETRY_WAIT, State.REFUSED})
"""Certainly not recorded so far: a person may send it again."""

UNCERTAIN_STATES = frozenset({State.UNCONFIRMED, State.NOT_SEEN, State.RESTORED})
"""It may have been recorded, and nobody has seen it there."""

TO_CHECK_STATES = frozenset({State.NEW_PROFILE, State.NO_CATEGORY})
"""Recorded for what is perhaps nobody, or nothing: a person is to check it."""

ACCEPTED_STATES = TO_CHECK_STATES | {State.DELIVERED, State.SEEN, State.NOT_SHOWN}
"""Engagement answered success; what it shows is not settled yet."""

OPEN_STATES = UNSENT_STATES | UNCERTAIN_STATES | {State.IN_FLIGHT}
"""The states in which Engagement may not have the consent yet."""

SENDABLE_STATES = UNSENT_STATES | {State.NOT_SEEN}
"""The states from which a consent can become `in_flight`."""

_LOOKED_UP = TO_CHECK_STATES | {State.SEEN, State.VERIFIED, State.NOT_SHOWN, State.CONTRADICTED}
_SHOWN = frozenset({State.SEEN, State.VERIFIED})
_GIVEN_UP = frozenset({State.DISCARDED, State.RESTORED})

LEGAL: Mapping[State, frozenset[State]] = {
    # Seen or verified: an earlier run of a home folder that was put back had sent it.
    State.QUEUED: _GIVEN_UP | _SHOWN | {State.QUEUED, State.IN_FLIGHT},
    State.RETRY_WAIT: _GIVEN_UP | _SHOWN | {State.RETRY_WAIT, State.IN_FLIGHT},
    State.REFUSED: _GIVEN_UP | {State.REFUSED, State.IN_FLIGHT},
    State.IN_FLIGHT: _GIVEN_UP
    | {State.QUEUED, State.RETRY_WAIT, State.DELIVERED, State.REFUSED, State.UNCONFIRMED},
    State.UNCONFIRMED: _GIVEN_UP | _LOOKED_UP | {State.NOT_SEEN, State.UNCONFIRMED},
    State.RESTORED: _GIVEN_UP | _LOOKED_UP | {State.NOT_SEEN},
    # To unconfirmed: its second sending was cancelled before it began.
    State.NOT_SEEN: _GIVEN_UP | _LOOKED_UP | {State.NOT_SEEN, State.IN_FLIGHT, State.UNCONFIRMED},
    State.DELIVERED: _LOOKED_UP | {State.DELIVERED},
    State.SEEN: _LOOKED_UP,
    State.NOT_SHOWN: _LOOKED_UP,
    State.VERIFIED: TO_CHECK_STATES,
    State.NEW_PROFILE: _LOOKED_UP,
    State.NO_CATEGORY: _LOOKED_UP,
    # Once more: a person has dismissed the alarm.
    State.CONTRADICTED: TO_CHECK_STATES | {State.CONTRADICTED},
    State.DISCARDED: _LOOKED_UP - {State.NOT_SHOWN} | {State.DISCARDED},
}
"""The states that may follow each state. The journal takes no other fact.

Most may follow themselves: a look has failed, or a person has said something of it.
"""

DISCARDABLE_STATES = OPEN_STATES - {State.IN_FLIGHT}
"""The states in which a person may give a consent up. One that is under way is cancelled first."""

CANCELLED_HERE = "cancelled here"
"""The note of one that a person cancelled before it left. It counts until somebody acknowledges that."""

ACKNOWLEDGED = "acknowledged"
"""The note of the fact that somebody did, led by these words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened to a consent: since `at` its state is `state`, because of `outcome`.

    `note` is what a person gave as the reason, or what the desk says of it.
    """

    at: Timestamp
    state: State
    outcome: Outcome | Look | FailedLook | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The state that an outcome leads to, a sentence for the person, and what to do."""

    state: State
    headline: Message
    advice: Message
    field: Field | None = None


def judge(
    outcome: Outcome,
    action: Action,
    *,
    practice: bool = False,
    again: bool = False,
    known: bool = False,
) -> Judgement:
    """Say what `outcome` makes of a consent that was in flight, and never more than is known.

    `again`: an earlier sending may have been recorded. Then none but success is certain.
    `known`: a look-up has shown the customer and the category before.
    """
    judgement = _judge(outcome, action)
    if known and judgement is _DELIVERED:
        judgement = replace(_DELIVERED, advice=_SHOWN_SOON)
    if again and judgement.state not in {State.DELIVERED, State.UNCONFIRMED}:
        judgement = _still_unconfirmed(outcome, judgement)
    if not practice:
        return judgement
    if judgement.state is State.DELIVERED:
        return _PRACTISED
    return replace(judgement, headline=say("Practice: {headline}", headline=judgement.headline))


def _judge(outcome: Outcome, action: Action) -> Judgement:
    match outcome:
        case Answered(status=200, truncated=False) if _is_success(outcome.body):
            return _DELIVERED
        case Answered(status=status) if 300 <= status < 500 and read_answer(outcome.body).success is True:
            why = say("the answer contradicts itself: HTTP {status}, and success", status=status)
            return _unconfirmed(why, _LOOK)
        case Answered(status=429):
            return _kept(outcome, _meaning(outcome), action)
        case Answered(status=200, truncated=False) if read_answer(outcome.body).success is False:
            return _refused(outcome, action)
        case Answered(status=status) if 300 <= status < 500:
            return _refused(outcome, action)
        case Answered(truncated=True):
            return _unconfirmed(say("the answer was too long to read"), _LOOK)
        case Answered():
            told = _meaning(outcome)
            advice = say("{look} {advice}", look=_LOOK, advice=told.advice)
            return _unconfirmed(told.why, advice, told.field)
        case NotSent(cause=Cause.CANCELLED):
            return Judgement(
                State.DISCARDED,
                say("Not recorded: it was cancelled before it left, and nothing was sent."),
                say("To record the decision, enter it again."),
            )
        case NotSent(cause=Cause.REMOVED):
            return _homeless(why_no_answer(outcome), action)
        case NotSent(cause=Cause.HELD):
            return _held(why_no_answer(outcome), action)
        case NotSent(cause=Cause.OVERTAKEN):
            return Judgement(
                State.DISCARDED,
                say("Overtaken by a later decision: this {noun} is not sent.", noun=noun(action)),
                say("There is nothing more to do."),
            )
        case NotSent():
            return _kept(outcome, why_no_answer(outcome), action)
        case Lost(cause=Cause.CANCELLED):
            return Judgement(
                State.UNCONFIRMED,
                say("Cancelled too late: Engagement may have it. It will be looked up, not sent again."),
                say("Do not enter it again."),
            )
        case Lost():
            return _unconfirmed(why_no_answer(outcome).why, _LOOK)
        case _ as never:
            assert_never(never)


def _still_unconfirmed(outcome: Outcome, judgement: Judgement) -> Judgement:
    if isinstance(outcome, NotSent) and outcome.cause is Cause.OVERTAKEN:
        return judgement
    if isinstance(outcome, NotSent) and outcome.cause is Cause.CANCELLED:
        headline = say("Cancelled before it left a second time: Engagement may have the first.")
        return Judgement(State.UNCONFIRMED, headline, _LOOK)
    told = _meaning(outcome) if isinstance(outcome, Answered) else why_no_answer(outcome)
    headline = say(
        "Not yet confirmed, and not taken a second time: {why}. Do not enter it again.", why=told.why
    )
    return Judgement(
        State.UNCONFIRMED, headline, say("{advice} {look}", advice=told.advice, look=_LOOK), told.field
    )


def noun(action: Action) -> str:
    """What a person calls it: the opt-out, the opt-in."""
    return "opt-out" if action is Action.REJECT else "opt-in"


def decision(action: Action, category: str) -> Message:
    """What a person decided about a category: the opt-out of it, the opt-in to it."""
    template = "opt-out of {category}" if action is Action.REJECT else "opt-in to {category}"
    return say(template, category=category)


_LOOK = say("It may be there, or may come within a minute: it is looked up by itself.")


def _is_success(body: bytes) -> bool:
    return read_answer(body).is_success


def _meaning(outcome: Answered) -> Meaning:
    return meaning(outcome.status, outcome.headers, outcome.body)


QUEUED_THERE = say("Delivered: Engagement has queued it.")
"""All that the answer of success says."""

_SHOWN_SOON = say("Engagement shows it within a minute.")
_DELIVERED = Judgement(
    State.DELIVERED,
    QUEUED_THERE,
    say("{soon} It does not check the customer ID or the category.", soon=_SHOWN_SOON),
)
_PRACTISED = Judgement(
    State.DELIVERED,
    say("Delivered to the Sandbox only. Not recorded in Engagement."),
    say("This was practice. Choose a real project to record a decision."),
)


def _refused(outcome: Answered, action: Action) -> Judgement:
    told = _meaning(outcome)
    errors = read_answer(outcome.body).errors
    told_and_said = {
        "why": told.why,
        "status": outcome.status,
        "text": f" {errors[0]}" if errors else "",
        "noun": noun(action),
    }
    if told.field is Field.BASE_URL:
        # What was noted goes to no other address: after that was changed, it is held for ever.
        return Judgement(
            State.REFUSED,
            say(
                "Not accepted: {why} ({status}{text}). The {noun} was not recorded, and is kept.",
                **told_and_said,
            ),
            say(
                "{advice} Where the base URL stays as it is, use Send again. Where it has to be changed, "
                "enter the {noun} again.",
                advice=told.advice,
                noun=noun(action),
            ),
            told.field,
        )
    if told.field is Field.CUSTOMER_ID:
        # What was noted is never changed: this one would be refused for ever.
        return Judgement(
            State.REFUSED,
            say("Not accepted: {why} ({status}{text}). The {noun} was not recorded.", **told_and_said),
            say("{advice} Then enter the {noun} again.", advice=told.advice, noun=noun(action)),
            told.field,
        )
    return Judgement(
        State.REFUSED,
        say(
            "Not accepted: {why} ({status}{text}). The {noun} is kept. Do not enter it again.",
            **told_and_said,
        ),
        say("{advice} Then use Send again.", advice=told.advice),
        told.field,
    )


def _unconfirmed(why: Message, advice: Message, field: Field | None = None) -> Judgement:
    return Judgement(
        State.UNCONFIRMED, say("Not yet confirmed: {why}. Do not enter it again.", why=why), advice, field
    )


def _kept(outcome: NotSent | Answered, told: Meaning, action: Action) -> Judgement:
    """It did not leave, or was thrown away by the server: it is tried again by itself."""
    match outcome:
        case NotSent(cause=Cause.PROGRAM_ENDED):
            state = State.QUEUED
            advice = say("{advice} It is sent at the next start.", advice=told.advice)
        case Answered():
            # What the answer's meaning advises, to try again, is done here.
            state, advice = State.RETRY_WAIT, say("It is tried again by itself.")
        case _:
            state = State.RETRY_WAIT
            advice = say("{advice} It is tried again by itself.", advice=told.advice)
    return Judgement(
        state,
        say(
            "Not sent yet: {why}. The {noun} is kept on this computer. Do not enter it again.",
            why=told.why,
            noun=noun(action),
        ),
        advice,
        told.field,
    )


def _held(told: Meaning, action: Action) -> Judgement:
    return Judgement(
        State.QUEUED,
        say("Not sent yet: {why}. The {noun} is kept on this computer.", why=told.why, noun=noun(action)),
        say(
            "{advice} Where only the project token was mended, use Send again. Where the base URL is to be "
            "as it was, set it back: then it is sent. Enter the {noun} again only if it was noted for a "
            "wrong base URL.",
            advice=told.advice,
            noun=noun(action),
        ),
        told.field,
    )


def _homeless(told: Meaning, action: Action) -> Judgement:
    # Not queued: somebody who enters it again must not find it sent as well, should the project come back.
    return Judgement(
        State.REFUSED,
        say("Not sent: {why}. The {noun} was not recorded.", why=told.why, noun=noun(action)),
        say("{advice} Enter the {noun} again.", advice=told.advice, noun=noun(action)),
        told.field,
    )


# -- the retry policy -----------------------------------------------------------------------------

SECOND = 1_000_000
"""Microseconds, the unit of a `Timestamp`."""

LOOK_AFTER = (30 * SECOND, 120 * SECOND, 600 * SECOND)
"""Microseconds after sending at which it is looked up: reads show a write 3 to 30 s late (section 1)."""

LOOKS_APART = 30 * SECOND
"""Complete looks count only so far apart: those of a laptop that slept come all at once."""

LONGEST_AHEAD = 900 * SECOND
"""No plan reaches further: what seems to be due later was planned by a clock that has been set back."""

_FIRST_WAIT, _LONGEST_WAIT = 2 * SECOND, 300 * SECOND
_WAITING_STATES = frozenset({State.RETRY_WAIT, State.UNCONFIRMED})


ASKED = "asked about the ID, and sent all the same"
IS_RIGHT = "a person says that it is right"
CHECKED = frozenset({ASKED, IS_RIGHT})
"""The notes of what a person has said of one of `TO_CHECK_STATES`. Later facts in such a state bear it on."""


class Step(StrEnum):
    """What is to be done next about a consent."""

    SEND = "send"
    LOOK_UP = "look up"
    ASK = "ask"
    ACKNOWLEDGE = "acknowledge"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Plan:
    """The next `step`, not before `at` (None: at once, whatever the clock says).

    `second`: it was sent before and not seen, and goes out once more, the same bytes.
    """

    step: Step
    at: Timestamp | None = None
    second: bool = False


SETTINGS = frozenset({Field.API_KEY_ID, Field.API_SECRET, Field.PROJECT_TOKEN, Field.BASE_URL})
"""The fields of a project that a refusal can be for."""

_REST = Plan(Step.REST)
_ASK = Plan(Step.ASK)


def plan(facts: Sequence[Fact], action: Action, request_id: str, *, overtaken: bool = False) -> Plan:
    """What to do next about a consent with these facts, the oldest first. Reads no clock.

    `overtaken`: a later decision for the same customer and category was noted here.
    """
    last = facts[-1]
    match last.state:
        case State.QUEUED:
            held = isinstance(last.outcome, NotSent) and last.outcome.cause is Cause.HELD
            # Its project may be set back to where it led, and then it leaves.
            return Plan(Step.SEND, _after_wait(facts, request_id) if held else None)
        case State.RETRY_WAIT:
            return Plan(Step.SEND, _after_wait(facts, request_id))
        case State.UNCONFIRMED if not _is_departure(last):
            # The second sending did not leave. Perhaps the first one shows by the time the next could.
            return Plan(Step.LOOK_UP, _after_wait(facts, request_id))
        case State.UNCONFIRMED | State.RESTORED | State.NOT_SEEN:
            goes_again = action is Action.REJECT and not overtaken and _may_go_again(facts)
            settled = Plan(Step.SEND, second=True) if goes_again else _ASK
            return _look_or(settled, facts)
        case State.NEW_PROFILE | State.NO_CATEGORY if last.note == IS_RIGHT and last.outcome is None:
            # Verified it is once it is seen once more.
            return Plan(Step.LOOK_UP)
        case State.DELIVERED | State.SEEN | State.NOT_SHOWN | State.NEW_PROFILE | State.NO_CATEGORY:
            blind = isinstance(last.outcome, Look) and last.outcome.blind
            return _look_or(_ASK if last.state is State.NOT_SHOWN and not blind else _REST, facts)
        case State.DISCARDED if is_to_acknowledge(last):
            return Plan(Step.ACKNOWLEDGE)
        case State.DISCARDED if may_have_left(facts):
            return _look_or(_REST, facts)
        case State.IN_FLIGHT | State.VERIFIED | State.CONTRADICTED | State.REFUSED | State.DISCARDED:
            return _REST
        case _ as never:
            assert_never(never)


def is_time(at: Timestamp | None, now: Timestamp) -> bool:
    """Whether what was planned for `at` is due; also where the clock was set back since."""
    return at is None or at <= now or at.micros > now.micros + LONGEST_AHEAD


def was_refused_for_settings(facts: Sequence[Fact]) -> bool:
    """Whether this desk was refused and not the consent: its key, permission, project token or address.

    The same bytes may pass once that is mended; nothing was recorded so far.
    """
    refusal = facts[-1].outcome
    if facts[-1].state is not State.REFUSED or not isinstance(refusal, Answered):
        return False
    on_the_way = is_from_the_way(refusal.status, refusal.headers, refusal.body) or refusal.status == 407
    return on_the_way or _meaning(refusal).field in SETTINGS


def may_have_left(facts: Sequence[Fact]) -> bool:
    """Whether Engagement may have it: a sending left, or a backup does not know of one that did."""
    return any(_is_departure(fact) for fact in facts)


def was_withdrawn(facts: Sequence[Fact]) -> bool:
    """Whether it was given up before it left: it never came to be a decision that counts."""
    return facts[-1].state is State.DISCARDED and not may_have_left(facts)


def is_to_acknowledge(last: Fact) -> bool:
    """Whether a person cancelled it before it left, and nobody has acknowledged that it is not recorded.

    What a later decision overtook, what was given up with a reason, and what was cancelled before there was
    such a note are none of these.
    """
    cancelled = isinstance(last.outcome, NotSent) and last.outcome.cause is Cause.CANCELLED
    return last.state is State.DISCARDED and cancelled and last.note == CANCELLED_HERE


def was_sent_again(facts: Sequence[Fact]) -> bool:
    """Whether it was sent a second time, that is: a sending reached Engagement after one that may have."""
    for number, fact in enumerate(facts):
        if fact.state is State.IN_FLIGHT and may_have_left(facts[:number]):
            following = facts[number + 1 : number + 2]
            if not following or not _was_kept(following[0]):
                return True
    return False


def back_off(request_id: str, tries: int) -> int:
    """Microseconds to wait after so many failed tries (1 or more): 1 s at first, 5 min at most, jittered.

    The same for each reading of the same facts, different for each consent and each try.
    """
    longest = min(_FIRST_WAIT << min(tries - 1, 20), _LONGEST_WAIT)
    return round(longest * (1 + crc32(f"{request_id} {tries}".encode()) / 2**32) / 2)


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


def judge_look(
    look: Look, facts: Sequence[Fact], action: Action, at: Timestamp, *, moot: bool = False
) -> State:
    """The state that a complete look `at` this time leads to, for a consent with `facts` so far.

    `moot`: what holds now is no longer for this consent to say, because a later decision that was noted
    here rules, or the opt-in has come to its end.
    """
    last = facts[-1].state
    sent_at, looks = _looks(facts)
    was_seen = any(earlier.seen for _, earlier in looks)
    is_as_wished = look.valid is (action is Action.ACCEPT)
    if not look.seen:
        if was_seen:
            return State.SEEN
        if last is State.DISCARDED:
            return last
        return State.NOT_SHOWN if last in ACCEPTED_STATES else State.NOT_SEEN
    if is_as_wished and look.reason is None:
        return State.VERIFIED
    if moot:
        return State.SEEN
    if look.reason in SPEAKS_AGAINST:
        return State.CONTRADICTED
    if look.valid is None or is_as_wished:
        return State.SEEN
    # What holds may follow the history with a delay: that is not an alarm yet.
    is_late = at.micros >= sent_at + LOOK_AFTER[-1]
    follows = look.later and look.reason not in LAGS
    return State.CONTRADICTED if follows or (was_seen and is_late) else State.SEEN


def _look_or(settled: Plan, facts: Sequence[Fact]) -> Plan:
    """The next look, or `settled` where there were enough.

    Enough are three complete ones, or a blind one, the last at least 10 min after sending; and one more
    after the first that saw it, for what holds may follow a little later.
    """
    sent_at, looks = _looks(facts)
    counted = [(sent_at, Look())]
    for at, look in looks:
        if at >= counted[-1][0] + LOOKS_APART:
            counted.append((at, look))
    looked_at, last = counted[-1]
    complete = sum(not look.blind for _, look in counted[1:])
    first_seen = last.seen and not any(look.seen for _, look in counted[:-1])
    is_late = looked_at >= sent_at + LOOK_AFTER[-1]
    if is_late and (last.blind or complete >= len(LOOK_AFTER)) and not first_seen:
        return settled
    due = sent_at + LOOK_AFTER[min(len(counted), len(LOOK_AFTER)) - 1]
    return Plan(Step.LOOK_UP, Timestamp(max(due, looked_at + LOOKS_APART)))


def _may_go_again(facts: Sequence[Fact]) -> bool:
    given_up = any(
        fact.state is State.DISCARDED
        or (isinstance(fact.outcome, NotSent | Lost) and fact.outcome.cause is Cause.CANCELLED)
        for fact in facts
    )
    later = any(look.later for _, look in _looks(facts)[1])
    return not given_up and not later and not was_sent_again(facts)


def _after_wait(facts: Sequence[Fact], request_id: str) -> Timestamp:
    tries = 0
    for fact in reversed(facts):
        if fact.state in _WAITING_STATES and _was_kept(fact):
            tries += 1
        elif fact.state is not State.IN_FLIGHT and not isinstance(fact.outcome, Look | FailedLook):
            break
    last = facts[-1]
    wait = back_off(request_id, max(tries, 1))
    if isinstance(last.outcome, Answered):
        wait = max(wait, retry_after(last.outcome, last.at))
    return Timestamp(last.at.micros + wait)


def _is_departure(fact: Fact) -> bool:
    """Whether since then, at the latest, Engagement may have it."""
    if fact.state is State.RESTORED:
        return True
    if fact.state not in {State.DELIVERED, State.UNCONFIRMED}:
        return False
    # A second sending that came to nothing is unconfirmed too, because of the first.
    return not isinstance(fact.outcome, NotSent) and not (
        isinstance(fact.outcome, Answered) and _judge(fact.outcome, Action.REJECT).state in UNSENT_STATES
    )


def _was_kept(fact: Fact) -> bool:
    """Whether a sending ended with nothing taken, and without a refusal."""
    return isinstance(fact.outcome, NotSent) or (
        isinstance(fact.outcome, Answered) and _judge(fact.outcome, Action.REJECT).state is State.RETRY_WAIT
    )


def _looks(facts: Sequence[Fact]) -> tuple[int, list[tuple[int, Look]]]:
    """When it had left at the latest, and the looks since, each with its time, all in microseconds.

    That is not when the call began: a laptop may sleep in the middle of it. A fact never came before an
    earlier one: where it says so, the clock was set back in between, and the earlier one is dated back too.
    """
    departures = (number for number in reversed(range(len(facts))) if _is_departure(facts[number]))
    since = facts[next(departures, 0) :]
    times = list(accumulate((fact.at.micros for fact in reversed(since)), min))[::-1]
    looks = [
        (at, fact.outcome) for at, fact in zip(times, since, strict=True) if isinstance(fact.outcome, Look)
    ]
    return times[0], looks
