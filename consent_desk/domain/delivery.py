"""How far a noted consent has come: its states, and what the outcome of a call makes of them.

    queued ──> in_flight ──> delivered
      ^            │  ├────> refused        not recorded, and not sent again by itself
      ├────────────┤  ├────> unconfirmed    it may have been recorded: never sent again blindly
      │ not sent,  │  └────> discarded      cancelled before it left
      │ 429        │
      └── refused <┘         (sent again by a person)

The rules are stricter than the vendor's advice, because consent events are never de-duplicated
(the reference's sections 1 and 5).
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from consent_desk.domain.answer import Meaning, meaning, read_answer
from consent_desk.domain.consent import Action
from consent_desk.domain.draft import Field
from consent_desk.domain.message import Message, say
from consent_desk.domain.outcome import Answered, Cause, Lost, NotSent, Outcome, why_no_answer


class State(StrEnum):
    """How far a consent has come. The last fact in the journal is its state."""

    QUEUED = "queued"
    IN_FLIGHT = "in_flight"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    DISCARDED = "discarded"


OPEN_STATES = frozenset({State.QUEUED, State.IN_FLIGHT, State.REFUSED, State.UNCONFIRMED})
"""The states in which Engagement may not have the consent yet."""

SENDABLE_STATES = frozenset({State.QUEUED, State.REFUSED})
"""The states from which a person may send again: certainly not recorded so far."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The state that an outcome leads to, a sentence for the person, and what to do."""

    state: State
    headline: Message
    advice: Message
    field: Field | None = None


def judge(outcome: Outcome, action: Action, *, practice: bool = False) -> Judgement:
    """Say what `outcome` makes of a consent that was in flight, and never more than is known."""
    judgement = _judge(outcome, action)
    if not practice:
        return judgement
    if judgement.state is State.DELIVERED:
        return _PRACTISED
    return replace(judgement, headline=say("Practice: {headline}", headline=judgement.headline))


def _judge(outcome: Outcome, action: Action) -> Judgement:
    match outcome:
        case Answered(status=200, truncated=False) if _is_success(outcome.body):
            return _DELIVERED
        case Answered(status=429):
            return _queued(_meaning(outcome), action)
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
                say("Cancelled before it left: nothing was sent."),
                say("To record the decision, enter it again."),
            )
        case NotSent(cause=Cause.REMOVED):
            return _homeless(why_no_answer(outcome), action)
        case NotSent(cause=Cause.HELD):
            return _held(why_no_answer(outcome), action)
        case NotSent():
            return _queued(why_no_answer(outcome), action)
        case Lost(cause=Cause.CANCELLED):
            return Judgement(
                State.UNCONFIRMED,
                say("Cancelled too late: Engagement may have it. Do not enter it again."),
                _LOOK,
            )
        case Lost():
            return _unconfirmed(why_no_answer(outcome).why, _LOOK)
        case _ as never:
            assert_never(never)


def noun(action: Action) -> str:
    """What a person calls it: the opt-out, the opt-in."""
    return "opt-out" if action is Action.REJECT else "opt-in"


def decision(action: Action, category: str) -> Message:
    """What a person decided about a category: the opt-out of it, the opt-in to it."""
    template = "opt-out of {category}" if action is Action.REJECT else "opt-in to {category}"
    return say(template, category=category)


_LOOK = say("Look the customer up in Engagement: the consent may be there, or may come within a minute.")


def _is_success(body: bytes) -> bool:
    answer = read_answer(body)
    if answer.success is not True or not isinstance(answer.document, dict):
        return False
    # Not the texts alone: an error without one, [{"code": 5}], is an error all the same.
    return not any(answer.document.get(key) for key in ("errors", "error", "message"))


def _meaning(outcome: Answered) -> Meaning:
    return meaning(outcome.status, outcome.headers, outcome.body)


_DELIVERED = Judgement(
    State.DELIVERED,
    say("Delivered: Engagement has queued it."),
    say("Engagement shows it within a minute. It does not check the customer ID or the category."),
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
    if told.field in {Field.CUSTOMER_ID, Field.BASE_URL}:
        # What was noted is never changed, and goes to no other address: this one would be refused for ever.
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


def _queued(told: Meaning, action: Action) -> Judgement:
    return Judgement(
        State.QUEUED,
        say(
            "Not sent yet: {why}. The {noun} is kept on this computer. Do not enter it again.",
            why=told.why,
            noun=noun(action),
        ),
        say("{advice} It is tried again at the next start, and with Send again.", advice=told.advice),
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
