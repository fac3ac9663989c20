"""How far a noted consent has come, and the facts that say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.wire.outcome import Cause, FailedLook, Look, NotSent, Outcome


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

WAITS_TO_LEAVE = frozenset({State.QUEUED, State.RETRY_WAIT})
"""Certainly not recorded so far, and to be sent by itself."""

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

DISMISSED = "alarm dismissed"
"""The note of the fact that ends an alarm."""

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


DECIDED = "to be sent again, though it could not be looked up: decided by "
"""How the note begins that a person's decision is written down with; their name follows."""

ASKED = "asked about the ID, and sent all the same"

IS_RIGHT = "a person says that it is right"

SAW_OPT_OUT = "a look-up saw that this customer has opted out"

INSISTED = "to be sent in place of that opt-out all the same"
"""The notes of an opt-in that was noted before its customer was looked up."""

CHECKED = frozenset({ASKED, IS_RIGHT})
"""The notes of what a person has said of one of `TO_CHECK_STATES`. Later facts in such a state bear it on."""


def may_be_claimed(last: Fact) -> bool:
    """Whether a consent with this last fact may become `in_flight`."""
    return last.state in SENDABLE_STATES or (last.state in UNCERTAIN_STATES and was_decided(last))


def was_decided(fact: Fact) -> bool:
    """Whether a person decided to send it again, though nobody knows whether it is there."""
    return fact.outcome is None and fact.note.startswith(DECIDED)


def is_word(fact: Fact) -> bool:
    """Whether nothing happened, and something was said: by a person, or of what was learnt."""
    return fact.outcome is None and fact.note != ""


def is_to_acknowledge(last: Fact) -> bool:
    """Whether a person cancelled it before it left, and nobody has acknowledged that it is not recorded.

    What a later decision overtook, what was given up with a reason, and what was cancelled before there was
    such a note are none of these.
    """
    cancelled = isinstance(last.outcome, NotSent) and last.outcome.cause is Cause.CANCELLED
    return last.state is State.DISCARDED and cancelled and last.note == CANCELLED_HERE
