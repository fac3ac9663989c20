"""Before and after a consent, in a line: what the look-up had shown, what was decided, what was verified."""

from collections.abc import Callable
from typing import assert_never

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.record import Context, Record
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.customer import Standing
from consent_desk.domain.wire.outcome import SPEAKS_AGAINST, Look


def tell_change(record: Record, written: Callable[[Timestamp], str]) -> Message:
    """`sms_marketing: accepted → rejected, verified 10:43:41`; `written` writes a time down."""
    consent, last = record.noted.consent, record.facts[-1]
    look = last.outcome if isinstance(last.outcome, Look) else None
    wished = _word(valid=consent.action is Action.ACCEPT)
    match last.state:
        case State.VERIFIED:
            ending = say("verified {at}", at=written(last.at))
        case State.CONTRADICTED if look is not None and look.reason in SPEAKS_AGAINST:
            ending = say("but Engagement's history speaks against it, {at}", at=written(last.at))
        case State.CONTRADICTED if look is not None and look.valid is not None:
            shown = _word(valid=look.valid)
            ending = say("but Engagement shows {shown}, {at}", shown=shown, at=written(last.at))
        case State.DISCARDED:
            ending = say("discarded")
        case State.NEW_PROFILE:
            ending = say("in a new profile")
        case State.NO_CATEGORY:
            ending = say("in no category of the project")
        case _:
            ending = say("not verified")
    return say(
        "{category}: {before} → {wished}, {ending}",
        category=consent.category,
        before=_before(record.noted.context),
        wished=wished,
        ending=ending,
    )


def _before(context: Context) -> Message:
    before = context.before
    if context.is_new_profile:
        return say("no such customer")
    if before is None:
        return say("not known")
    match before.standing:
        case Standing.NEVER:
            return say("no consent")
        case Standing.ENDED:
            return say("ended")
        case Standing.UNCLEAR:
            return say("rejected or ended")
        case Standing.ACCEPTED | Standing.REJECTED:
            return _word(valid=before.valid)
        case _ as never:
            assert_never(never)


def _word(*, valid: bool) -> Message:
    return say("accepted") if valid else say("rejected")
