"""What a look into Engagement showed, and what comes next, in words.

The values of a message may be a `Timestamp`: the window writes it in local time.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from consent_desk.domain.action import Action
from consent_desk.domain.consent import Timestamp, ValidUntil
from consent_desk.domain.customer import CategoryStatus, Standing, moment
from consent_desk.domain.delivery import QUEUED_THERE, Fact, Judgement, Plan, State, Step, noun
from consent_desk.domain.looking import EXPIRE_FIRST, tell_event, tell_reason
from consent_desk.domain.message import Message, say
from consent_desk.domain.outcome import Look, Reason

WAITS_FOR_OPT_OUT = say("It waits until the earlier opt-out of this customer is settled.")
WAITS_FOR_CLOCK = say("It waits until this computer's clock is right: it is more than a minute off.")
STAMPED_WRONG = say(
    "It does not leave: the time that it bears may be wrong. It was noted before Engagement had told the "
    "time, and this computer's clock was found to be wrong since. Discard it, and enter the opt-in again."
)
WAITS_FOR_TIME = say("It waits until Engagement has told the time: this computer's clock is not checked yet.")
OVERTAKEN = say("A later decision of this customer was noted here since. Enter what is to hold now.")
MAY_STILL_SHOW = (
    "It may still show in Engagement: it is looked up three times before it can be sent again. "
    "Checking at {at}."
)
"""Why an opt-in is not sent now. The last is a template: `at` this time it is looked up."""

WRONG_TIME = "its time may be wrong"
"""The note of the fact that an opt-in does not leave any more as it was stamped."""


def is_stamped_wrong(facts: Sequence[Fact]) -> bool:
    """Whether an opt-in was found not to leave any more as it was stamped."""
    return any(fact.note == WRONG_TIME for fact in facts)


def tell_look(look: Look, state: State, action: Action, *, practice: bool = False) -> Judgement:
    """What a look that led to `state` means for a person."""
    judgement = _tell(look, state, action)
    if not practice:
        return judgement
    if state is State.VERIFIED:
        return Judgement(state, _PRACTISED, _NOTHING)
    return replace(judgement, headline=say("Practice: {headline}", headline=judgement.headline))


def tell_check(state: State, *, needed: bool = True, practice: bool = False) -> Judgement:
    """What one of `TO_CHECK_STATES` means for a person; `needed`: nobody said so far that it is right."""
    is_profile = state is State.NEW_PROFILE
    headline = _NEW_PROFILE if is_profile else _NO_CATEGORY
    if practice:
        headline = say("Practice: {headline}", headline=headline)
    advice = (_CHECK_ID if is_profile else _CHECK_CATEGORY) if needed else _ASKED
    return Judgement(state, headline, advice)


def tell_plan(plan: Plan, action: Action, *, waits: bool = False, held: bool = False) -> Message | None:
    """What happens next by itself, or is left to a person; None where there is nothing to say.

    `waits`: it is an opt-in behind an opt-out that is not settled. `held`: one that was noted while nobody
    had told the time, and nobody has yet.
    """
    if plan.step is Step.SEND and waits:
        return WAITS_FOR_OPT_OUT
    if plan.step is Step.SEND and held:
        return WAITS_FOR_TIME
    match plan.step:
        case Step.SEND if plan.second:
            return say("It was not seen there, and is sent a second time.")
        case Step.SEND if plan.at is None:
            return say("It is sent in its turn.")
        case Step.SEND:
            return say(_NEXT_TRY, at=plan.at)
        case Step.LOOK_UP:
            return say(_CHECKING, at=plan.at)
        case Step.ACKNOWLEDGE:
            return say("It counts as not recorded until it is acknowledged in its line of the log.")
        case Step.ASK:
            return say(
                "Nothing more happens by itself. Look the customer up in Engagement, then decide what is "
                "to become of the {noun}.",
                noun=noun(action),
            )
        case _:
            return None


def tell_all(judgement: Judgement, outlook: Message | None) -> Message:
    """What came of it, what to do, and what comes next: all that is said of a consent at once.

    The next try is left out: another one that fails is no news, and this would go on naming the former time.
    """
    if outlook is None or outlook.template == _NEXT_TRY:
        return say("{headline} {advice}", headline=judgement.headline, advice=judgement.advice)
    if judgement.headline == QUEUED_THERE and outlook.template == _CHECKING:
        # One sentence, so that nobody takes the first half of it for the end of the matter.
        at = outlook.values["at"]
        return say(
            "Delivered: Engagement has queued it; checking at {at}. {advice}", at=at, advice=judgement.advice
        )
    return say(
        "{headline} {advice} {outlook}",
        headline=judgement.headline,
        advice=judgement.advice,
        outlook=outlook,
    )


_CHECKING = "Checking at {at}."
_NEXT_TRY = "Next try at {at}."


def tell_status(status: CategoryStatus) -> Message:
    """What holds for a category, since when, from where and until when."""
    standing, since = status.standing, moment(status.since)
    if standing is Standing.NEVER:
        return say("no consent recorded")
    head = _HEADS.get(standing, _HEADS[Standing.ACCEPTED])
    parts = [head if since is None else say("{head} since {since}", head=head, since=since)]
    if status.source:
        parts.append(say("source {source}", source=status.source))
    if status.until is not None and standing is not Standing.REJECTED:
        parts.append(_end(status.until, standing))
    return reduce(lambda told, part: say("{told}, {part}", told=told, part=part), parts)


_HEADS = {
    Standing.ACCEPTED: say("accepted"),
    Standing.REJECTED: say("rejected"),
    Standing.UNCLEAR: say("rejected, or accepted and ended (not known which)"),
}


def _end(until: ValidUntil, standing: Standing) -> Message:
    if until.seconds is None:
        return say("unlimited")
    end = moment(until.seconds)
    if standing is Standing.ACCEPTED:
        return say("until {end}", end=end)
    return say("ended {end}", end=end) if standing is Standing.ENDED else say("its end was {end}", end=end)


_NOTHING = say("There is nothing more to do.")
_PRACTISED = say("Shown by the Sandbox. Not recorded in Engagement.")
_BLIND = say("Tell your administrator: tick Events > consent Get for the API group of this key.")
_LOOK = say("Do not enter it again.")
_NEW_PROFILE = say("Went to a new, empty profile: Engagement knew no such customer.")
_NO_CATEGORY = say("Recorded for a category that the project does not list.")
_ASKED = say("You were asked about that, and sent it.")
_CHECK_ID = say(
    "Read the ID back to the caller. If it is wrong, enter the consent again with the right one; if it is "
    "right, say so below."
)
_CHECK_CATEGORY = say(
    "Check the category. If it is wrong, enter the consent again with the right one; if it is right, say so "
    "below."
)


def _tell(look: Look, state: State, action: Action) -> Judgement:
    what = noun(action)
    match state:
        case State.VERIFIED:
            return Judgement(state, say("Verified: Engagement shows the {noun}.", noun=what), _NOTHING)
        case State.CONTRADICTED:
            return _alarm(look, action)
        case State.NEW_PROFILE | State.NO_CATEGORY:
            return tell_check(state)
        case State.SEEN:
            headline = say("Recorded: the {noun} stands in Engagement's history.", noun=what)
            return Judgement(state, headline, tell_reason(look))
        case State.NOT_SHOWN if look.blind:
            headline = say("Delivered, but not checked: this desk's key may not read consents.")
            return Judgement(state, headline, _BLIND)
        case State.NOT_SHOWN:
            return Judgement(
                state, say("Delivered, but the {noun} is not in Engagement's history.", noun=what), _LOOK
            )
        case State.DISCARDED:
            headline = say("Discarded, and not in Engagement's history.")
            return Judgement(state, headline, say("It is not sent again."))
        case _ if look.blind:
            headline = say("Not yet confirmed: this desk's key may not read consents. Do not enter it again.")
            return Judgement(state, headline, _BLIND)
        case _:
            return Judgement(
                state,
                say("Not yet confirmed: the {noun} is not in Engagement's history.", noun=what),
                _LOOK,
            )


def _alarm(look: Look, action: Action) -> Judgement:
    is_reject = action is Action.REJECT
    if look.reason is Reason.FAR_AHEAD:
        headline = say(
            "Recorded, but Engagement goes by an event dated far in the future ({event}).",
            event=tell_event(look.event),
        )
        return Judgement(State.CONTRADICTED, headline, EXPIRE_FIRST)
    if look.reason is Reason.STORED_OTHERWISE:
        headline = say(
            "Recorded, but otherwise than sent: Engagement has {event}.", event=tell_event(look.event)
        )
        return Judgement(State.CONTRADICTED, headline, _NOW)
    if look.reason is Reason.OVERRULED and look.valid is not is_reject:
        # What holds was not told, or follows the history with a delay.
        headline = say(
            "Recorded, but a later event in Engagement's history says otherwise ({event}).",
            event=tell_event(look.event),
        )
        return Judgement(State.CONTRADICTED, headline, _later(action))
    since = moment(look.since)
    told = _origin(since, look.source, say("accepted") if is_reject else say("rejected"))
    origin = say("") if since is None and not look.source else say(" ({origin})", origin=told)
    headline = (
        say("Recorded, but Engagement still shows consent{origin}.", origin=origin)
        if is_reject
        else say("Recorded, but Engagement shows no consent{origin}.", origin=origin)
    )
    return Judgement(State.CONTRADICTED, headline, _later(action) if look.later else _NOW)


_NOW = say("Use Send with the time now, and tell your administrator.")


def _later(action: Action) -> Message:
    return say(
        "A later event rules. If the {noun} still stands, use Send with the time now.", noun=noun(action)
    )


def _origin(since: Timestamp | None, source: str, what: Message) -> Message:
    if since is None:
        return say("source {source}", source=source)
    if not source:
        return say("{what} {since}", what=what, since=since)
    return say("{what} {since}, source {source}", what=what, since=since, source=source)
