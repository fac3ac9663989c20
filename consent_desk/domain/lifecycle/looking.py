"""What a look into Engagement shows of one consent: whether it stands there, and what speaks against it.

And why a look shows nothing. Facts: the reference's sections 1, 4.4 and 4.5.
"""

from collections.abc import Sequence
from dataclasses import replace

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import FIRST_MILLISECOND, Consent, Timestamp, ends_after
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import inert
from consent_desk.domain.wire.answer import Meaning, meaning, read_answer
from consent_desk.domain.wire.customer import (
    CategoryStatus,
    Found,
    HistoryEvent,
    Known,
    Unknown,
    last_events,
    moment,
    same_second,
)
from consent_desk.domain.wire.outcome import (
    Answered,
    Look,
    LookReason,
    NoLook,
    Outcome,
    Stored,
    why_no_answer,
)


def look_of(
    consent: Consent, events: Sequence[HistoryEvent], status: CategoryStatus | None, at: Timestamp
) -> Look:
    """What `events`, the history back past `consent`, and `status`, read `at` this time, show of it.

    `status` is None where it was not told.
    """
    own = [event for event in events if event.request_id == consent.request_id]
    later = later_events(events, consent)
    if not own:
        return Look(later=bool(later))
    reason, event = _against(consent, own, later, status) or (_of_status(consent, status, at), None)
    return Look(
        seen=True,
        later=bool(later),
        valid=None if status is None else status.valid,
        since=None if status is None else status.since,
        source="" if status is None else status.source,
        reason=reason,
        event=None if event is None else _stored(event),
    )


def later_events(events: Sequence[HistoryEvent], consent: Consent) -> tuple[HistoryEvent, ...]:
    """Those of others for its category that are not before `consent`: of one time, either may rule."""
    return tuple(
        event
        for event in events
        if event.category == consent.category
        and not _is_ours(event, consent)
        and event.timestamp is not None
        and event.timestamp >= consent.timestamp.seconds
    )


def is_as_sent(event: HistoryEvent, consent: Consent) -> bool:
    """Whether `event` is the one that `consent` became, with its own time."""
    return _is_ours(event, consent) and same_second(event.timestamp, consent.timestamp.seconds)


def shows(since: float | None, consent: Consent) -> bool:
    """Whether what holds since then, in UNIX seconds, is no older than `consent`."""
    # To the second: no other event of that very second is looked for.
    return since is not None and since >= consent.timestamp.micros // 1_000_000


def why_no_page(outcome: Outcome) -> NoLook:
    """Why `outcome`, of a read, is no complete answer."""
    if not isinstance(outcome, Answered):
        return NoLook.NO_ANSWER
    if outcome.status != 200 or read_answer(outcome.body).success is False:
        return NoLook.REFUSED
    return NoLook.TOO_LARGE if outcome.truncated else NoLook.UNREADABLE


def tell_no_look(why: NoLook, outcome: Outcome | None) -> Meaning:
    """Why a look told nothing, and what to do. `outcome` is that of the last read, where it is known."""
    if why in _NO_LOOK:
        return _NO_LOOK[why]
    if isinstance(outcome, Answered):
        return meaning(outcome.status, outcome.headers, outcome.body)
    return _NOT_READ if outcome is None else why_no_answer(outcome)


def tell_reason(look: Look) -> Message:
    """Why nobody knows that what a look saw holds."""
    return _REASONS[look.reason].format(event=tell_event(look.event))


_REASONS = {
    None: say("lifecycle", "Whether it holds is not known."),
    LookReason.STORED_OTHERWISE: say("lifecycle", "It was stored otherwise than sent: {event}."),
    LookReason.FAR_AHEAD: say(
        "lifecycle", "It does not rule: an event dated far in the future does, {event}."
    ),
    LookReason.OVERRULED: say("lifecycle", "It does not rule: a later event does, {event}."),
    LookReason.SAME_TIME: say(
        "lifecycle", "Whether it holds is not known: an event of the same moment says otherwise, {event}."
    ),
    LookReason.CHANGED_SINCE: say(
        "lifecycle",
        "It is not the last word: what followed was the opposite, {event}, and then the same again.",
    ),
    LookReason.NO_TIME: say("lifecycle", "Whether it holds is not known: its time there cannot be read."),
    LookReason.OTHER_TIME: say(
        "lifecycle",
        "Whether it holds is not known: it stands there with another time than was sent, {event}.",
    ),
    LookReason.NO_EVENT: say(
        "lifecycle", "Whether it holds is not known: for the category, Engagement names no event yet."
    ),
    LookReason.OLDER: say(
        "lifecycle", "Whether it holds is not known: for the category, Engagement names an older event."
    ),
    LookReason.PAST_END: say(
        "lifecycle", "Whether it holds is not known: Engagement shows consent, with an end that is past."
    ),
    LookReason.OTHER_END: say(
        "lifecycle", "Engagement shows another end for it than was sent: tell your administrator."
    ),
}


def tell_event(event: Stored | None) -> Message:
    """An event that speaks against a consent, as it stands there."""
    if event is None:
        return say("lifecycle", "not known which")
    template = say("lifecycle", "{action} of {category}, time {time}, source {source}")
    if not event.source:
        template = say("lifecycle", "{action} of {category}, time {time}")
    none = say("lifecycle", "none")
    return template.format(
        action=event.action or none,
        category=event.category or none,
        time=_time(event.time),
        source=event.source,
    )


def _time(written: str) -> Timestamp | str:
    """A time of an event, and as it is written there where it is none that a desk can show."""
    try:
        return moment(float(written)) or written
    except ValueError:
        return written


EXPIRE_FIRST = say(
    "lifecycle",
    "An administrator must expire that event in Engagement. Until then no decision about this category takes "
    "effect, whatever its time: sending this one again is of no use.",
)
"""What to do about an event that is dated far ahead."""


_LOOK_YOURSELF = say("lifecycle", "Look the customer up in Engagement.")
_NOT_READ = Meaning(say("lifecycle", "the customer's history could not be read"), _LOOK_YOURSELF)
_NO_LOOK = {
    NoLook.UNREADABLE: Meaning(say("lifecycle", "the answer could not be understood"), _LOOK_YOURSELF),
    NoLook.TOO_LARGE: Meaning(say("lifecycle", "the answer was too long to read"), _LOOK_YOURSELF),
    NoLook.NOT_ADVANCING: Meaning(
        say("lifecycle", "the server answers the same part of the customer's history again and again"),
        _LOOK_YOURSELF,
    ),
    NoLook.TOO_LONG: Meaning(
        say("lifecycle", "the customer's history is too long to be read"), _LOOK_YOURSELF
    ),
}


def _is_ours(event: HistoryEvent, consent: Consent) -> bool:
    """Whether `event` says what `consent` decided, under its request ID."""
    return (
        event.request_id == consent.request_id
        and event.category == consent.category
        and event.action == consent.action.value
        and event.is_opt_in is _wish(consent)
    )


def _wish(consent: Consent) -> bool:
    return consent.action is Action.ACCEPT


def _against(
    consent: Consent,
    own: Sequence[HistoryEvent],
    later: Sequence[HistoryEvent],
    status: CategoryStatus | None,
) -> tuple[LookReason, HistoryEvent] | None:
    """What the history says against `consent`. `own` bear its request ID."""
    ours = [event for event in own if _is_ours(event, consent)]
    if not ours:
        return LookReason.STORED_OTHERWISE, own[0]
    ruling = last_events((*later, *ours))
    opposite = [event for event in ruling if event.is_opt_in is not _wish(consent)]
    is_other = status is not None and status.valid is not _wish(consent)
    rules = bool(opposite) and opposite == ruling
    is_far = bool(ruling) and (ruling[0].timestamp or 0) >= FIRST_MILLISECOND
    if later and (rules or is_other) and is_far:
        return LookReason.FAR_AHEAD, (opposite or ruling)[0]
    if opposite:
        return LookReason.OVERRULED if rules else LookReason.SAME_TIME, opposite[0]
    between = [event for event in later if event.is_opt_in is not _wish(consent)]
    if between:
        return LookReason.CHANGED_SINCE, between[0]
    if any(is_as_sent(event, consent) for event in ours):
        return None
    untimed = [event for event in ours if event.timestamp is None]
    return (LookReason.NO_TIME, untimed[0]) if untimed else (LookReason.OTHER_TIME, ours[0])


def _of_status(consent: Consent, status: CategoryStatus | None, at: Timestamp) -> LookReason | None:
    """What `status` says against `consent` beside the opposite."""
    if status is None:
        return None
    if status.since is None:
        return LookReason.NO_EVENT
    if not shows(status.since, consent):
        return LookReason.OLDER
    if not (_wish(consent) and status.valid) or status.until is None:
        return None
    if not ends_after(status.until, at):
        return LookReason.PAST_END
    is_of_ours = same_second(status.since, consent.timestamp.seconds)
    return LookReason.OTHER_END if is_of_ours and status.until != consent.valid_until else None


def _stored(event: HistoryEvent) -> Stored:
    return Stored(
        action=event.action, category=inert(event.category), time=event.written, source=event.source
    )


_READ_LAG = 60_000_000
"""Microseconds: twice what was measured between a write and the first read that shows it."""


def within_read_lag(noted: Sequence[Consent], now: Timestamp) -> tuple[Consent, ...]:
    """Those of `noted` that a look-up may not show yet."""
    return tuple(one for one in noted if now.micros - one.noted_at.micros < _READ_LAG)


def not_shown(found: Found | None, ours: Sequence[Consent]) -> tuple[Consent, ...]:
    """Those of `ours`, noted lately for the customer of `found`, that `found` does not show."""
    match found:
        case Unknown():
            return tuple(ours)
        case Known():
            shown = {name: status.since for name, status in found.consents.items()}
            return tuple(one for one in ours if not shows(shown.get(one.category), one))
        case _:
            return ()


def trusted(found: Found | None, ours: Sequence[Consent]) -> Found | None:
    """What `found` tells, without what `ours`, noted lately for its customer, may have changed since."""
    missing = {one.category for one in not_shown(found, ours)}
    match found:
        case Unknown() if missing:
            return None
        case Known() if missing:
            consents = {name: status for name, status in found.consents.items() if name not in missing}
            return replace(found, consents=consents)
        case _:
            return found
