"""What a look into Engagement showed, and what comes next, in words.

The values of a message may be a `Timestamp`: the window writes it in local time.

Long because each sentence stands in full, as whoever translates it needs it.
"""

from collections.abc import Callable, Sequence
from functools import reduce

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.lifecycle.judgement import QUEUED_THERE, Judgement, may_have_left, noun
from consent_desk.domain.lifecycle.looking import EXPIRE_FIRST, tell_event, tell_no_look, tell_reason
from consent_desk.domain.lifecycle.policy import Failing, Plan, Step
from consent_desk.domain.lifecycle.record import Context, Record
from consent_desk.domain.lifecycle.state import OPEN_STATES, Fact, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.customer import CategoryStatus, CurrentState, moment
from consent_desk.domain.wire.outcome import SPEAKS_AGAINST, Look, LookReason

WAITS_FOR_OPT_OUT = say("lifecycle", "It waits until the earlier opt-out of this customer is settled.")
WAITS_FOR_CLOCK = say(
    "lifecycle", "It waits until this computer's clock is right: it is more than a minute off."
)
STAMPED_WRONG = say(
    "lifecycle",
    "It does not leave: the time that it bears may be wrong. It was noted before Engagement had told the "
    "time, and this computer's clock was found to be wrong since. Discard it, and enter the opt-in again.",
)
WAITS_FOR_TIME = say(
    "lifecycle", "It waits until Engagement has told the time: this computer's clock is not checked yet."
)
OVERTAKEN = say(
    "lifecycle", "A later decision of this customer was noted here since. Enter what is to hold now."
)
MAY_STILL_SHOW = say(
    "lifecycle", "It may still show in Engagement: it is looked up three times before it can be sent again."
)
TURNS_OPT_OUT = say(
    "lifecycle",
    "It does not leave by itself: a look-up saw that this customer has opted out. Cancel it, or send it "
    "again if it is to hold in place of that opt-out.",
)
"""Why an opt-in is not sent now."""

WRONG_TIME = "its time may be wrong"
"""The note of the fact that an opt-in does not leave any more as it was stamped."""


def is_stamped_wrong(facts: Sequence[Fact]) -> bool:
    """Whether an opt-in was found not to leave any more as it was stamped."""
    return any(fact.note == WRONG_TIME for fact in facts)


def tell_look(look: Look, state: State, action: Action, *, practice: bool = False) -> Judgement:
    """What a look that led to `state` means for a person."""
    if practice and state is State.VERIFIED:
        return Judgement(state, _PRACTISED, _NOTHING)
    return _tell(look, state, action).shown(practice=practice)


def tell_check(state: State, *, needed: bool = True, practice: bool = False) -> Judgement:
    """What one of `TO_CHECK_STATES` means for a person; `needed`: nobody said so far that it is right."""
    is_profile = state is State.NEW_PROFILE
    headline = _NEW_PROFILE if is_profile else _NO_CATEGORY
    advice = (_CHECK_ID if is_profile else _CHECK_CATEGORY) if needed else _ASKED
    return Judgement(state, headline, advice).shown(practice=practice)


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
            return say("lifecycle", "It was not seen there, and is sent a second time.")
        case Step.SEND if plan.at is None:
            return say("lifecycle", "It is sent in its turn.")
        case Step.SEND:
            return _NEXT_TRY.format(at=plan.at)
        case Step.LOOK_UP:
            return _tell_look_up(plan)
        case Step.ACKNOWLEDGE:
            return say(
                "lifecycle", "It counts as not recorded until it is acknowledged in its line of the log."
            )
        case Step.ASK:
            return _tell_question(plan, noun(action))
        case _:
            return None


def tell_all(judgement: Judgement, outlook: Message | None) -> Message:
    """What came of it, what to do, and what comes next: all that is said of a consent at once.

    It may stand for long: so it names no time at which something comes next, and not the next try, for
    another one that fails is no news.
    """
    headline, advice = judgement.headline, judgement.advice
    if outlook is not None and outlook.template in _LOOKS_UP:
        if headline == QUEUED_THERE:
            # One sentence, so that nobody takes the first half of it for the end of the matter.
            return say(
                "lifecycle", "Delivered: Engagement has queued it; it is being looked up. {advice}"
            ).format(advice=advice)
        # Where nothing is confirmed, the advice says so.
        outlook = (
            None if judgement.state is State.UNCONFIRMED else say("lifecycle", "It is looked up by itself.")
        )
    if outlook is None or outlook.template == _NEXT_TRY.template:
        return say("lifecycle", "{headline} {advice}").format(headline=headline, advice=advice)
    return say("lifecycle", "{headline} {advice} {outlook}").format(
        headline=headline, advice=advice, outlook=outlook
    )


def tell_failing(failing: Failing, state: State, action: Action, *, practice: bool = False) -> Judgement:
    """How it stands with a consent in `state` whose looks fail, and what to do meanwhile."""
    told = why_failing(failing)
    failed = say("lifecycle", "looks have failed since {since}, the last one because {why}.").format(
        since=failing.since, why=told.why
    )
    if state in OPEN_STATES:
        headline = say("lifecycle", "Not confirmed: {failed} Do not enter the {noun} again.").format(
            failed=failed, noun=noun(action)
        )
    else:
        known = say("lifecycle", "Recorded") if state is State.SEEN else say("lifecycle", "Delivered")
        headline = say("lifecycle", "{known}, but not checked: {failed}").format(known=known, failed=failed)
    return Judgement(state, headline, told.advice).shown(practice=practice)


def why_failing(failing: Failing) -> Meaning:
    """Why the last look told nothing, and what to do."""
    if isinstance(failing.last, Look):
        return _MAY_NOT_READ
    return tell_no_look(failing.last.why, failing.last.outcome)


def ask_to_send(plan: Plan, state: State, action: Action) -> Message | None:
    """What a person is asked who wants to send it again; None where nothing is.

    What may be there already is sent by nobody who was not told so.
    """
    is_unsure = plan.unsent or (plan.step is Step.ASK and plan.failing is not None and state in OPEN_STATES)
    if not is_unsure:
        return None
    if action is Action.ACCEPT:
        return say(
            "lifecycle",
            "It may have been recorded already, and an opt-in that is recorded again overrules an opt-out "
            "that came in between. Look the customer up in Engagement first. Send it again only if neither "
            "the opt-in nor a later opt-out stands there.",
        )
    return say(
        "lifecycle", "It may have been recorded. Look the customer up in Engagement first. Send again?"
    )


def _tell_look_up(plan: Plan) -> Message:
    if plan.failing is None:
        return _BEING_CHECKED if plan.at is None else _CHECKING.format(at=plan.at)
    return (_FAILING_NOW if plan.at is None else _FAILING).format(failed=_failed(plan.failing), at=plan.at)


def _tell_question(plan: Plan, what: Message) -> Message:
    if plan.unsent and plan.failing is None:
        return say(
            "lifecycle",
            "It was noted in an earlier run. Whether it was sent then cannot be looked up: this desk's key "
            "may not read consents. Nothing more happens by itself. Look the customer up in Engagement; if "
            "the {noun} is not there, use Send again.",
        ).format(
            noun=what,
        )
    decide = say(
        "lifecycle",
        "Nothing more happens by itself. Look the customer up in Engagement, then decide what is to become "
        "of the {noun}.",
    ).format(
        noun=what,
    )
    if plan.failing is None:
        return decide
    return say("lifecycle", "{failed} {decide}").format(failed=_failed(plan.failing), decide=decide)


def _failed(failing: Failing) -> Message:
    looks = say("lifecycle", "{count} looks have failed").format(count=failing.count)
    return say(
        "lifecycle", "It could not be looked up: {looks} since {since}, the last one because {why}."
    ).format(
        looks=say("lifecycle", "one look has failed") if failing.count == 1 else looks,
        since=failing.since,
        why=why_failing(failing).why,
    )


_CHECKING = say("lifecycle", "Checking at {at}.")
_BEING_CHECKED = say("lifecycle", "It is being looked up now.")
_FAILING = say("lifecycle", "{failed} Checking at {at}.")
_FAILING_NOW = say("lifecycle", "{failed} It is being looked up now.")
_LOOKS_UP = frozenset(each.template for each in (_CHECKING, _BEING_CHECKED, _FAILING, _FAILING_NOW))
_NEXT_TRY = say("lifecycle", "Next try at {at}.")


def tell_status(status: CategoryStatus) -> Message:
    """What holds for a category, since when, from where and until when."""
    standing, since = status.current_state, moment(status.since)
    if standing is CurrentState.NEVER:
        return STATES[standing]
    head = _HEADS.get(standing) or STATES[standing]
    parts = [
        head if since is None else say("lifecycle", "{head} since {since}").format(head=head, since=since)
    ]
    if status.source:
        parts.append(say("lifecycle", "source {source}").format(source=status.source))
    if status.until is not None and standing is not CurrentState.REJECTED:
        parts.append(_end(status.until, standing))
    return reduce(lambda told, part: say("lifecycle", "{told}, {part}").format(told=told, part=part), parts)


STATES = {
    CurrentState.ACCEPTED: say("lifecycle", "accepted"),
    CurrentState.REJECTED: say("lifecycle", "opted out"),
    CurrentState.ENDED: say("lifecycle", "ended"),
    CurrentState.UNCLEAR: say("lifecycle", "opted out or ended"),
    CurrentState.NEVER: say("lifecycle", "never asked"),
}
"""What holds, in a word."""

_HEADS = {
    CurrentState.ENDED: STATES[CurrentState.ACCEPTED],
    CurrentState.UNCLEAR: say("lifecycle", "opted out, or accepted and ended (not known which)"),
}
"""What is said of it before its end is told."""


def _end(until: ValidUntil, standing: CurrentState) -> Message:
    if until.seconds is None:
        return say("lifecycle", "unlimited")
    end = moment(until.seconds)
    if standing is CurrentState.ACCEPTED:
        return say("lifecycle", "until {end}").format(end=end)
    return (
        say("lifecycle", "ended {end}").format(end=end)
        if standing is CurrentState.ENDED
        else say("lifecycle", "its end was {end}").format(end=end)
    )


_NOTHING = say("lifecycle", "There is nothing more to do.")
_PRACTISED = say("lifecycle", "Shown by the Sandbox. Not recorded in Engagement.")
_BLIND = say("lifecycle", "Tell your administrator: tick Events > consent Get for the API group of this key.")
_MAY_NOT_READ = Meaning(say("lifecycle", "this desk's key may not read consents"), _BLIND)
_LOOK = say("lifecycle", "Do not enter it again.")
_NEW_PROFILE = say("lifecycle", "Went to a new, empty profile: Engagement knew no such customer.")
_NO_CATEGORY = say("lifecycle", "Recorded for a category that the project does not list.")
_ASKED = say("lifecycle", "You were asked about that, and sent it.")
_CHECK_ID = say(
    "lifecycle",
    "Read the ID back to the caller. If it is wrong, enter the consent again with the right one; if it is "
    "right, choose its line and press “The ID is right”.",
)
_CHECK_CATEGORY = say(
    "lifecycle",
    "Check the category. If it is wrong, enter the consent again with the right one; if it is right, say so "
    "below.",
)


def _tell(look: Look, state: State, action: Action) -> Judgement:
    match state:
        case State.VERIFIED:
            headline, advice = say("lifecycle", "Verified: Engagement shows the {noun}."), _NOTHING
        case State.CONTRADICTED:
            return _alarm(look, action)
        case State.NEW_PROFILE | State.NO_CATEGORY:
            return tell_check(state)
        case State.SEEN:
            headline = say("lifecycle", "Recorded: the {noun} stands in Engagement's history.")
            advice = tell_reason(look)
        case State.NOT_SHOWN if look.blind:
            headline = say("lifecycle", "Delivered, but not checked: this desk's key may not read consents.")
            advice = _BLIND
        case State.NOT_SHOWN:
            headline = say("lifecycle", "Delivered, but the {noun} is not in Engagement's history.")
            advice = _LOOK
        case State.DISCARDED:
            headline = say("lifecycle", "Not recorded: it was given up, and is not in Engagement's history.")
            advice = say("lifecycle", "It is not sent again.")
        case _ if look.blind:
            headline = say(
                "lifecycle",
                "Not yet confirmed: this desk's key may not read consents. Do not enter it again.",
            )
            advice = _BLIND
        case _:
            headline = say("lifecycle", "Not yet confirmed: the {noun} is not in Engagement's history.")
            advice = _LOOK
    return Judgement(state, headline.format(noun=noun(action)), advice)


def _alarm(look: Look, action: Action) -> Judgement:
    is_reject = action is Action.REJECT
    later = say(
        "lifecycle", "A later event rules. If the {noun} still stands, use Record again, dated now."
    ).format(noun=noun(action))
    if look.reason is LookReason.FAR_AHEAD:
        template = say(
            "lifecycle", "Recorded, but Engagement goes by an event dated far in the future ({event})."
        )
        advice = EXPIRE_FIRST
    elif look.reason is LookReason.STORED_OTHERWISE:
        template = say("lifecycle", "Recorded, but otherwise than sent: Engagement has {event}.")
        advice = _NOW
    elif look.reason is LookReason.OVERRULED and look.valid is not is_reject:
        # What holds was not told, or follows the history with a delay.
        template = say(
            "lifecycle", "Recorded, but a later event in Engagement's history says otherwise ({event})."
        )
        advice = later
    else:
        template = (
            say("lifecycle", "Recorded, but Engagement still shows consent{origin}.")
            if is_reject
            else say("lifecycle", "Recorded, but Engagement shows no consent{origin}.")
        )
        advice = later if look.later else _NOW
    headline = template.format(event=tell_event(look.event), origin=_origin(look, _word(valid=is_reject)))
    return Judgement(State.CONTRADICTED, headline, advice)


_NOW = say("lifecycle", "Use Record again, dated now, and tell your administrator.")


def _origin(look: Look, shown: Message) -> Message:
    since, source = moment(look.since), look.source
    if since is None:
        told = say("lifecycle", " (source {source})") if source else say("lifecycle", "")
    elif source:
        told = say("lifecycle", " ({shown} {since}, source {source})")
    else:
        told = say("lifecycle", " ({shown} {since})")
    return told.format(shown=shown, since=since, source=source)


def tell_change(record: Record, written: Callable[[Timestamp], str]) -> Message:
    """`sms_marketing: accepted → opted out, verified 10:43:41`; `written` writes a time down."""
    consent, last = record.noted.consent, record.facts[-1]
    look = last.outcome if isinstance(last.outcome, Look) else Look(seen=False)
    match last.state:
        case State.VERIFIED:
            ending = say("lifecycle", "verified {at}")
        case State.CONTRADICTED if look.reason in SPEAKS_AGAINST:
            ending = say("lifecycle", "but Engagement's history speaks against it, {at}")
        case State.CONTRADICTED if look.valid is not None:
            ending = say("lifecycle", "but Engagement shows {shown}, {at}")
        case State.DISCARDED if may_have_left(record.facts):
            ending = say("lifecycle", "given up, perhaps recorded")
        case State.DISCARDED:
            ending = say("lifecycle", "not recorded")
        case State.NEW_PROFILE:
            ending = say("lifecycle", "in a new profile")
        case State.NO_CATEGORY:
            ending = say("lifecycle", "in no category of the project")
        case _:
            ending = say("lifecycle", "not verified")
    return say("lifecycle", "{category}: {before} → {wished}, {ending}").format(
        category=consent.category,
        before=_before(record.noted.context),
        wished=_word(valid=consent.action is Action.ACCEPT),
        ending=ending.format(at=written(last.at), shown=_word(valid=look.valid is True)),
    )


def _before(context: Context) -> Message:
    before = context.before
    if context.is_new_profile:
        return say("lifecycle", "no such customer")
    if before is None:
        return say("lifecycle", "not known")
    return STATES[before.current_state]


def _word(*, valid: bool) -> Message:
    return STATES[CurrentState.ACCEPTED if valid else CurrentState.REJECTED]
