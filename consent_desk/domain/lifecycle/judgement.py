"""How far a noted consent has come, and what an outcome makes of it.

    queued ─────> in_flight ──> delivered ──> seen ──> verified, or contradicted: recorded, but what
      ^  ^            │  │           │                                    holds says otherwise
      │  │  not sent, │  │           └──> not_shown    accepted, but not (yet) in the history
      │  └─ 429:  retry_wait
      │               ├──────> refused                 not recorded; sent again by a person only
      │               ├──────> unconfirmed ──> not_seen         looked up, three times
      │               └──────> discarded               cancelled, overtaken, or given up by a person
      └─ refused, not_seen: sent again; unconfirmed too, where it cannot be looked up and a person decides

Where Engagement knew no such customer, or the project lists no such category, it is new_profile or
no_category: verified once a person says that it is right. A look that failed, and what a person said of a
consent, are facts in the state in which it is.

A second sending leads to delivered or to unconfirmed, whatever became of it: of the first one nobody knows.

The rules are stricter than the vendor's advice, because consent events are never de-duplicated
(the reference's sections 1 and 5).

Long because every transition stands here, with what people are told of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.state import (
    ACCEPTED_STATES,
    UNSENT_STATES,
    Fact,
    State,
    is_word,
    was_decided,
)
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.answer import STOPPED_ON_THE_WAY, Meaning, is_from_the_way, meaning, read_answer
from consent_desk.domain.wire.outcome import (
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


@dataclass(frozen=True, slots=True)
class Judgement:
    """The state that an outcome leads to, a sentence for the person, and what to do."""

    state: State
    headline: Message
    advice: Message
    field: Field | None = None

    def shown(self, *, practice: bool) -> "Judgement":
        """The same as a person is told it, who may be practising."""
        if not practice:
            return self
        return replace(self, headline=say("lifecycle", "Practice: {headline}").format(headline=self.headline))


def judge(
    outcome: Outcome,
    action: Action,
    *,
    practice: bool = False,
    again: bool = False,
    known: bool = False,
    refused: bool = False,
) -> Judgement:
    """Say what `outcome` makes of a consent that was in flight, and never more than is known.

    `again`: an earlier sending may have been recorded. Then none but success is certain.
    `known`: a look-up has shown the customer and the category before.
    `refused`: an earlier version may have taken the answer for a refusal, and that is how it stands.
    """
    if refused and isinstance(outcome, Answered):
        judgement = _refused(outcome, action)
    else:
        judgement = _judge(outcome, action)
    if known and judgement is _DELIVERED:
        judgement = replace(_DELIVERED, advice=_SHOWN_SOON)
    if again and judgement.state not in {State.DELIVERED, State.UNCONFIRMED}:
        judgement = _still_unconfirmed(outcome, judgement)
    if practice and judgement.state is State.DELIVERED:
        return _PRACTISED
    return judgement.shown(practice=practice)


def _judge(outcome: Outcome, action: Action) -> Judgement:
    match outcome:
        case Answered(status=200, truncated=False) if read_answer(outcome.body).is_success_throughout:
            return _DELIVERED
        case Answered(status=status) if 300 <= status < 500 and read_answer(outcome.body).success is True:
            why = say("lifecycle", "the answer contradicts itself: HTTP {status}, and success").format(
                status=status
            )
            return _unconfirmed(why, _LOOK)
        case Answered(status=429):
            return _kept(outcome, _meaning(outcome), action)
        case Answered(status=200, truncated=False) if read_answer(outcome.body).success is False:
            return _refused(outcome, action)
        case Answered() if _is_refusal(outcome):
            return _refused(outcome, action)
        case Answered(truncated=True):
            return _unconfirmed(say("lifecycle", "the answer was too long to read"), _LOOK)
        case Answered():
            told = _meaning(outcome)
            advice = say("lifecycle", "{look} {advice}").format(look=_LOOK, advice=told.advice)
            return _unconfirmed(told.why, advice, told.field)
        case NotSent(cause=Cause.CANCELLED):
            return Judgement(
                State.DISCARDED,
                say("lifecycle", "Not recorded: it was cancelled, and Engagement has not taken it."),
                say("lifecycle", "To record the decision, enter it again."),
            )
        case NotSent(cause=Cause.REMOVED):
            return _homeless(why_no_answer(outcome), action)
        case NotSent(cause=Cause.HELD):
            return _held(why_no_answer(outcome), action)
        case NotSent(cause=Cause.OVERTAKEN):
            return Judgement(
                State.DISCARDED,
                say("lifecycle", "Overtaken by a later decision: this {noun} is not sent.").format(
                    noun=noun(action)
                ),
                say("lifecycle", "There is nothing more to do."),
            )
        case NotSent():
            return _kept(outcome, why_no_answer(outcome), action)
        case Lost(cause=Cause.CANCELLED):
            return Judgement(
                State.UNCONFIRMED,
                say(
                    "lifecycle",
                    "Cancelled too late: Engagement may have it. It will be looked up, not sent again.",
                ),
                say("lifecycle", "Do not enter it again."),
            )
        case Lost():
            return _unconfirmed(why_no_answer(outcome).why, _LOOK)
        case _ as never:
            assert_never(never)


def _still_unconfirmed(outcome: Outcome, judgement: Judgement) -> Judgement:
    if isinstance(outcome, NotSent) and outcome.cause is Cause.OVERTAKEN:
        return judgement
    if isinstance(outcome, NotSent) and outcome.cause is Cause.CANCELLED:
        headline = say("lifecycle", "Cancelled before it left a second time: Engagement may have the first.")
        return Judgement(State.UNCONFIRMED, headline, _LOOK)
    told = _meaning(outcome) if isinstance(outcome, Answered) else why_no_answer(outcome)
    headline = say(
        "lifecycle", "Not yet confirmed, and not taken a second time: {why}. Do not enter it again."
    ).format(why=told.why)
    return Judgement(
        State.UNCONFIRMED,
        headline,
        say("lifecycle", "{advice} {look}").format(advice=told.advice, look=_LOOK),
        told.field,
    )


def noun(action: Action) -> Message:
    """What a person calls it: the opt-out, the opt-in."""
    return say("lifecycle", "opt-out") if action is Action.REJECT else say("lifecycle", "opt-in")


def decision(action: Action, category: str) -> Message:
    """What a person decided about a category: the opt-out of it, the opt-in to it."""
    if action is Action.REJECT:
        return say("lifecycle", "opt-out of {category}").format(category=category)
    return say("lifecycle", "opt-in to {category}").format(category=category)


_LOOK = say("lifecycle", "It may be there, or may come within a minute: it is looked up by itself.")


def _is_refusal(outcome: Answered) -> bool:
    # What else is on the way may have passed the request on, and replaced the answer.
    if outcome.status in STOPPED_ON_THE_WAY:
        return True
    from_the_way = is_from_the_way(outcome.status, outcome.headers, outcome.body)
    return 300 <= outcome.status < 500 and not from_the_way


def _meaning(outcome: Answered) -> Meaning:
    return meaning(outcome.status, outcome.headers, outcome.body)


QUEUED_THERE = say("lifecycle", "Delivered: Engagement has queued it.")
"""All that the answer of success says."""

_SHOWN_SOON = say("lifecycle", "Engagement shows it within a minute.")
_DELIVERED = Judgement(
    State.DELIVERED,
    QUEUED_THERE,
    say("lifecycle", "{soon} It does not check the customer ID or the category.").format(soon=_SHOWN_SOON),
)
_PRACTISED = Judgement(
    State.DELIVERED,
    say("lifecycle", "Delivered to the Sandbox only. Not recorded in Engagement."),
    say("lifecycle", "This was practice. Choose a real project to record a decision."),
)


def _refused(outcome: Answered, action: Action) -> Judgement:
    told, what = _meaning(outcome), noun(action)
    errors = read_answer(outcome.body).errors
    match told.field:
        case Field.BASE_URL:
            # What was noted goes to no other address: after that was changed, it is held for ever.
            became = say("lifecycle", "The {noun} was not recorded, and is kept.").format(noun=what)
            then = say(
                "lifecycle",
                "Where the base URL stays as it is, use Send again. Where it has to be changed, enter the "
                "{noun} again.",
            ).format(
                noun=what,
            )
        case Field.CUSTOMER_ID:
            # What was noted is never changed: this one would be refused for ever.
            became = say("lifecycle", "The {noun} was not recorded.").format(noun=what)
            then = say("lifecycle", "Then enter the {noun} again.").format(noun=what)
        case _:
            became = say("lifecycle", "The {noun} is kept. Do not enter it again.").format(noun=what)
            then = say("lifecycle", "Then use Send again.")
    headline = say("lifecycle", "Not accepted: {why} ({status}{text}). {became}").format(
        why=told.why,
        status=outcome.status,
        text=f" {errors[0]}" if errors else "",
        became=became,
    )
    advice = say("lifecycle", "{advice} {then}").format(advice=told.advice, then=then)
    return Judgement(State.REFUSED, headline, advice, told.field)


def _unconfirmed(why: Message, advice: Message, field: Field | None = None) -> Judgement:
    return Judgement(
        State.UNCONFIRMED,
        say("lifecycle", "Not yet confirmed: {why}. Do not enter it again.").format(why=why),
        advice,
        field,
    )


def _kept(outcome: NotSent | Answered, told: Meaning, action: Action) -> Judgement:
    """It did not leave, or was thrown away by the server: it is tried again by itself."""
    state, advice = State.RETRY_WAIT, say("lifecycle", "It is tried again by itself.")
    if isinstance(outcome, NotSent):
        if outcome.cause is Cause.PROGRAM_ENDED:
            state, advice = State.QUEUED, say("lifecycle", "It is sent at the next start.")
        # What an answer's meaning advises, to try again, is done here.
        advice = say("lifecycle", "{advice} {then}").format(advice=told.advice, then=advice)
    return Judgement(
        state,
        say(
            "lifecycle", "Not sent yet: {why}. The {noun} is kept on this computer. Do not enter it again."
        ).format(
            why=told.why,
            noun=noun(action),
        ),
        advice,
        told.field,
    )


def _held(told: Meaning, action: Action) -> Judgement:
    return Judgement(
        State.QUEUED,
        say("lifecycle", "Not sent yet: {why}. The {noun} is kept on this computer.").format(
            why=told.why, noun=noun(action)
        ),
        say(
            "lifecycle",
            "{advice} Where only the project token was mended, use Send again. Where the base URL is to be "
            "as it was, set it back: then it is sent. Enter the {noun} again only if it was noted for a "
            "wrong base URL.",
        ).format(
            advice=told.advice,
            noun=noun(action),
        ),
        told.field,
    )


def _homeless(told: Meaning, action: Action) -> Judgement:
    # Not queued: somebody who enters it again must not find it sent as well, should the project come back.
    return Judgement(
        State.REFUSED,
        say("lifecycle", "Not sent: {why}. The {noun} was not recorded.").format(
            why=told.why, noun=noun(action)
        ),
        say("lifecycle", "{advice} Enter the {noun} again.").format(advice=told.advice, noun=noun(action)),
        told.field,
    )


# -- what the facts of a consent come to ----------------------------------------------------------

SECOND = 1_000_000
"""Microseconds, the unit of a `Timestamp`."""

LOOK_AFTER = (30 * SECOND, 120 * SECOND, 600 * SECOND)
"""Microseconds after sending at which it is looked up: reads show a write 3 to 30 s late (section 1)."""


SETTINGS = frozenset({Field.API_KEY_ID, Field.API_SECRET, Field.PROJECT_TOKEN, Field.BASE_URL})
"""The fields of a project that a refusal can be for."""


def was_refused_for_settings(facts: Sequence[Fact]) -> bool:
    """Whether this desk was refused and not the consent: its key, permission, project token or address.

    The same bytes may pass once that is mended; nothing was recorded so far.
    """
    refusal = next((fact.outcome for fact in reversed(facts) if not is_word(fact)), None)
    if facts[-1].state is not State.REFUSED or not isinstance(refusal, Answered):
        return False
    on_the_way = is_from_the_way(refusal.status, refusal.headers, refusal.body)
    return on_the_way or _meaning(refusal).field in SETTINGS


def may_have_left(facts: Sequence[Fact]) -> bool:
    """Whether Engagement may have it: it left, a backup does not know whether it did, or it was seen."""
    return any(is_departure(fact) or (isinstance(fact.outcome, Look) and fact.outcome.seen) for fact in facts)


def was_withdrawn(facts: Sequence[Fact]) -> bool:
    """Whether it was given up before it left: it never came to be a decision that counts."""
    return facts[-1].state is State.DISCARDED and not may_have_left(facts)


def was_sent_again(facts: Sequence[Fact]) -> bool:
    """Whether it was sent a second time, that is: a sending reached Engagement after one that may have."""
    return any(
        fact.state is State.IN_FLIGHT
        and may_have_left(facts[:number])
        and not any(was_kept(following) for following in facts[number + 1 : number + 2])
        for number, fact in enumerate(facts)
    )


def judge_look(
    look: Look, facts: Sequence[Fact], action: Action, at: Timestamp, *, moot: bool = False
) -> State:
    """The state that a complete look `at` this time leads to, for a consent with `facts` so far.

    `moot`: what holds now is no longer for this consent to say, because a later decision that was noted
    here rules, or the opt-in has come to its end.
    """
    last, since = facts[-1].state, facts[left_with(facts) :]
    was_seen = any(isinstance(fact.outcome, Look) and fact.outcome.seen for fact in since)
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
    # No fact came before an earlier one: where it says so, the clock was set back in between.
    is_late = at.micros >= min(fact.at.micros for fact in since) + LOOK_AFTER[-1]
    follows = look.later and look.reason not in LAGS
    return State.CONTRADICTED if follows or (was_seen and is_late) else State.SEEN


def is_departure(fact: Fact) -> bool:
    """Whether since then, at the latest, Engagement may have it."""
    if isinstance(fact.outcome, FailedLook) or was_decided(fact):
        return False
    if fact.state is State.RESTORED:
        return True
    if fact.state not in {State.DELIVERED, State.UNCONFIRMED} or is_word(fact):
        return False
    # A second sending that came to nothing is unconfirmed too, because of the first.
    return not isinstance(fact.outcome, NotSent) and not (
        isinstance(fact.outcome, Answered) and _judge(fact.outcome, Action.REJECT).state in UNSENT_STATES
    )


def was_kept(fact: Fact) -> bool:
    """Whether a sending ended with nothing taken, and without a refusal."""
    return isinstance(fact.outcome, NotSent) or (
        isinstance(fact.outcome, Answered) and _judge(fact.outcome, Action.REJECT).state is State.RETRY_WAIT
    )


def left_with(facts: Sequence[Fact]) -> int:
    """The number of the fact with which it had left at the latest; 0 where none says so.

    That is not when the call began: a laptop may sleep in the middle of it.
    """
    return next((number for number in reversed(range(len(facts))) if is_departure(facts[number])), 0)
