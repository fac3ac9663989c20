"""How a decision and its outcome are called, and how good or bad that is."""

from typing import NamedTuple

from consent_desk.domain.lifecycle.record import Entry, Noted
from consent_desk.domain.lifecycle.state import TO_CHECK_STATES, Fact, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.outcome import Cause
from consent_desk.ui.widgets.tones import Tone


class Called(NamedTuple):
    """What it is called by itself, and after the number of those of one press that have it; and its tone."""

    word: Message
    short: Message
    tone: Tone


_NOT_SENT = say("log", "Not sent yet")

CALLED = {
    State.QUEUED: Called(_NOT_SENT, say("log", "on the way"), Tone.WARNING),
    State.RETRY_WAIT: Called(_NOT_SENT, say("log", "not sent yet"), Tone.WARNING),
    State.IN_FLIGHT: Called(say("log", "Sending"), say("log", "on the way"), Tone.NEUTRAL),
    State.DELIVERED: Called(say("log", "Delivered, checking"), say("log", "delivered"), Tone.NEUTRAL),
    State.SEEN: Called(say("log", "In the history, not in force"), say("log", "not in force"), Tone.WARNING),
    State.VERIFIED: Called(say("log", "Verified"), say("log", "verified"), Tone.GOOD),
    State.NOT_SHOWN: Called(
        say("log", "Delivered, not shown yet"), say("log", "not shown yet"), Tone.WARNING
    ),
    State.CONTRADICTED: Called(
        say("log", "Engagement shows the opposite"), say("log", "shown the opposite"), Tone.BAD
    ),
    State.NEW_PROFILE: Called(
        say("log", "New profile: check the ID"), say("log", "in a new profile: check the ID"), Tone.BAD
    ),
    State.NO_CATEGORY: Called(
        say("log", "No such category: check it"),
        say("log", "in no category of the project: check it"),
        Tone.BAD,
    ),
    State.REFUSED: Called(say("log", "Refused"), say("log", "refused"), Tone.BAD),
    State.UNCONFIRMED: Called(
        say("log", "Not confirmed, looking it up"), say("log", "not confirmed"), Tone.WARNING
    ),
    State.NOT_SEEN: Called(say("log", "Not found yet"), say("log", "not found yet"), Tone.WARNING),
    State.RESTORED: Called(
        say("log", "Not confirmed, from a backup"), say("log", "not confirmed"), Tone.WARNING
    ),
    State.DISCARDED: Called(say("log", "Not recorded"), say("log", "not recorded"), Tone.QUIET),
}

HELD = Called(
    say("log", "Project missing or changed"), say("log", "project missing or changed"), Tone.WARNING
)
NOT_TOLD = Called(say("log", "In the history"), say("log", "in the history"), Tone.NEUTRAL)
"""What was seen there, where nobody was told whether it holds."""

GIVEN_UP = Called(
    say("log", "Given up, perhaps recorded"), say("log", "given up, perhaps recorded"), Tone.QUIET
)
"""What was discarded when it may have left already."""

CORRECTED = Called(say("log", "Corrected"), say("log", "corrected"), Tone.QUIET)
"""What stands there, and was put right by a later one."""

OPT_OUT = say("log", "Not sent yet: waits for an earlier opt-out")
CLOCK = say("log", "Not sent yet: waits for the clock")
KEY = say("log", "Not sent yet: waits for the key")
BUSY = say("log", "Not sent yet: Engagement is busy")
NETWORK = say("log", "Not sent yet: waits for the network")
TRUST = say("log", "Not sent yet: waits for a safe connection")

_NO_TRUST = frozenset(
    {
        *(Cause.CERTIFICATE, Cause.CERTIFICATE_ISSUER, Cause.CERTIFICATE_NAME, Cause.CERTIFICATE_DATE),
        *(Cause.CLIENT_CERTIFICATE, Cause.NO_COMMON_TLS, Cause.HANDSHAKE, Cause.NOT_TLS),
    }
)

WORST_FIRST = (Tone.BAD, Tone.WARNING, Tone.QUIET, Tone.NEUTRAL, Tone.PRACTICE, Tone.GOOD)
"""Of several outcomes the first of these is the one that counts."""

PRACTISED = {
    **dict.fromkeys((State.DELIVERED, State.SEEN, State.NOT_SHOWN), say("log", "Practice: delivered")),
    State.VERIFIED: say("log", "Practice: verified"),
}
"""What is called so in the Sandbox: nothing there is ever more than practice."""


def called(entry: Entry, *, practice: bool) -> Called:
    """What the outcome of `entry` is called; nothing that happens in practice is more than practice."""
    found = _called(entry, practice=practice)
    if practice and entry.state in {*PRACTISED, *TO_CHECK_STATES, State.CONTRADICTED}:
        return found._replace(tone=Tone.PRACTICE)
    if entry.checked:
        # A person has said that it is right.
        return found._replace(tone=Tone.WARNING)
    return found._replace(tone=Tone.BAD) if entry.to_acknowledge else found


def _called(entry: Entry, *, practice: bool) -> Called:
    usual = CALLED[entry.state]
    if practice and entry.state in PRACTISED:
        alike = CALLED[State.VERIFIED if entry.state is State.VERIFIED else State.DELIVERED]
        return alike._replace(word=PRACTISED[entry.state])
    if entry.held:
        return HELD
    match entry.state:
        case State.RETRY_WAIT if entry.cause is not None:
            return usual._replace(word=TRUST if entry.cause in _NO_TRUST else NETWORK)
        case State.RETRY_WAIT if entry.status is not None:
            return usual._replace(word=BUSY)
        case State.SEEN if not entry.overruled:
            return NOT_TOLD
        case State.DISCARDED if entry.may_have_left:
            return GIVEN_UP
        case _:
            return usual


def word_of_fact(noted: Noted, fact: Fact, *, practice: bool) -> Message:
    """What a fact made of the consent is called."""
    return called(Entry.of(noted, fact.state, fact.outcome, fact.note), practice=practice).word
