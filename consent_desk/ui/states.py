"""How the states of a consent are called, and how good or bad they are."""

from consent_desk.domain.lifecycle.record import Entry, Noted
from consent_desk.domain.lifecycle.state import TO_CHECK_STATES, Fact, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.outcome import Cause
from consent_desk.ui.widgets.tones import Tone

_LOOKS = {
    State.QUEUED: (say("log", "Not sent yet"), say("log", "on the way"), Tone.WARNING),
    State.RETRY_WAIT: (say("log", "Not sent yet"), say("log", "not sent yet"), Tone.WARNING),
    State.IN_FLIGHT: (say("log", "Sending"), say("log", "on the way"), Tone.NEUTRAL),
    State.DELIVERED: (say("log", "Delivered, checking"), say("log", "delivered"), Tone.NEUTRAL),
    State.SEEN: (say("log", "In the history, not in force"), say("log", "not in force"), Tone.WARNING),
    State.VERIFIED: (say("log", "Verified"), say("log", "verified"), Tone.GOOD),
    State.NOT_SHOWN: (say("log", "Delivered, not shown yet"), say("log", "not shown yet"), Tone.WARNING),
    State.CONTRADICTED: (
        say("log", "Engagement shows the opposite"),
        say("log", "shown the opposite"),
        Tone.BAD,
    ),
    State.NEW_PROFILE: (
        say("log", "New profile: check the ID"),
        say("log", "in a new profile: check the ID"),
        Tone.BAD,
    ),
    State.NO_CATEGORY: (
        say("log", "No such category: check it"),
        say("log", "in no category of the project: check it"),
        Tone.BAD,
    ),
    State.REFUSED: (say("log", "Refused"), say("log", "refused"), Tone.BAD),
    State.UNCONFIRMED: (
        say("log", "Not confirmed, looking it up"),
        say("log", "not confirmed"),
        Tone.WARNING,
    ),
    State.NOT_SEEN: (say("log", "Not found yet"), say("log", "not found yet"), Tone.WARNING),
    State.RESTORED: (say("log", "Not confirmed, from a backup"), say("log", "not confirmed"), Tone.WARNING),
    State.DISCARDED: (say("log", "Not recorded"), say("log", "not recorded"), Tone.QUIET),
}
"""What each state is called by itself and among others, and how bad or good it is."""

STATE_WORDS = {state: word for state, (word, _, _) in _LOOKS.items()}
SHORT_WORDS = {state: word for state, (_, word, _) in _LOOKS.items()}

HELD = say("log", "Project missing or changed")
NOT_TOLD = say("log", "In the history")
"""What was seen there, where nobody was told whether it holds."""

GIVEN_UP = say("log", "Given up, perhaps recorded")
"""What was discarded when it may have left already."""

CORRECTED = say("log", "Corrected")
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


def word_of(entry: Entry, *, practice: bool) -> Message:
    """What the outcome of a line is called."""
    if practice and entry.state in PRACTISED:
        return PRACTISED[entry.state]
    if entry.held:
        return HELD
    match entry.state:
        case State.RETRY_WAIT if entry.cause is not None:
            return TRUST if entry.cause in _NO_TRUST else NETWORK
        case State.RETRY_WAIT if entry.status is not None:
            return BUSY
        case State.SEEN if not entry.overruled:
            return NOT_TOLD
        case State.DISCARDED if entry.may_have_left:
            return GIVEN_UP
        case state:
            return STATE_WORDS[state]


SHORT_CORRECTED = say("log", "corrected")
_SHORT_NOT_TOLD = say("log", "in the history")
_SHORT_GIVEN_UP = say("log", "given up, perhaps recorded")
_SHORT_HELD = say("log", "project missing or changed")


def short_word_of(entry: Entry, *, practice: bool) -> Message:
    """What the outcome is called after the number of those of one press that have it."""
    if practice and entry.state in PRACTISED:
        return SHORT_WORDS[State.VERIFIED if entry.state is State.VERIFIED else State.DELIVERED]
    match entry.state:
        case State.SEEN if not entry.overruled:
            return _SHORT_NOT_TOLD
        case State.DISCARDED if entry.may_have_left:
            return _SHORT_GIVEN_UP
        case state:
            return _SHORT_HELD if entry.held else SHORT_WORDS[state]


def word_of_fact(noted: Noted, fact: Fact, *, practice: bool) -> Message:
    """What a fact made of the consent is called."""
    return word_of(Entry.of(noted, fact.state, fact.outcome, fact.note), practice=practice)


def tone_of(entry: Entry, *, practice: bool) -> Tone:
    """How bad or good it stands; nothing that happens in practice is more than practice."""
    if practice and entry.state in {*PRACTISED, *TO_CHECK_STATES, State.CONTRADICTED}:
        return Tone.PRACTICE
    if entry.checked:
        # A person has said that it is right.
        return Tone.WARNING
    if entry.state is State.SEEN and not entry.overruled:
        return Tone.NEUTRAL
    return Tone.BAD if entry.to_acknowledge else _LOOKS[entry.state][2]
