"""How the states of a consent are called, and how good or bad they are."""

from consent_desk.domain.lifecycle.record import Entry, Noted
from consent_desk.domain.lifecycle.state import TO_CHECK_STATES, Fact, State
from consent_desk.domain.wire.outcome import Cause
from consent_desk.ui.widgets.tones import Tone

_LOOKS = {
    State.QUEUED: ("Not sent yet", "on the way", Tone.WARNING),
    State.RETRY_WAIT: ("Not sent yet", "not sent yet", Tone.WARNING),
    State.IN_FLIGHT: ("Sending", "on the way", Tone.NEUTRAL),
    State.DELIVERED: ("Delivered, checking", "delivered", Tone.NEUTRAL),
    State.SEEN: ("In the history, not in force", "not in force", Tone.WARNING),
    State.VERIFIED: ("Verified", "verified", Tone.GOOD),
    State.NOT_SHOWN: ("Delivered, not shown yet", "not shown yet", Tone.WARNING),
    State.CONTRADICTED: ("Engagement shows the opposite", "shown the opposite", Tone.BAD),
    State.NEW_PROFILE: ("New profile: check the ID", "in a new profile: check the ID", Tone.BAD),
    State.NO_CATEGORY: ("No such category: check it", "in no category of the project: check it", Tone.BAD),
    State.REFUSED: ("Refused", "refused", Tone.BAD),
    State.UNCONFIRMED: ("Not confirmed, looking it up", "not confirmed", Tone.WARNING),
    State.NOT_SEEN: ("Not found yet", "not found yet", Tone.WARNING),
    State.RESTORED: ("Not confirmed, from a backup", "not confirmed", Tone.WARNING),
    State.DISCARDED: ("Not recorded", "not recorded", Tone.QUIET),
}
"""What each state is called by itself and among others, and how bad or good it is."""

STATE_WORDS = {state: word for state, (word, _, _) in _LOOKS.items()}
SHORT_WORDS = {state: word for state, (_, word, _) in _LOOKS.items()}

HELD = "Project missing or changed"
NOT_TOLD = "In the history"
"""What was seen there, where nobody was told whether it holds."""

GIVEN_UP = "Given up, perhaps recorded"
"""What was discarded when it may have left already."""

CORRECTED = "Corrected"
"""What stands there, and was put right by a later one."""

OPT_OUT = "Not sent yet: waits for an earlier opt-out"
CLOCK = "Not sent yet: waits for the clock"
KEY = "Not sent yet: waits for the key"
BUSY = "Not sent yet: Engagement is busy"
NETWORK = "Not sent yet: waits for the network"
TRUST = "Not sent yet: waits for a safe connection"

_NO_TRUST = frozenset(
    {
        *(Cause.CERTIFICATE, Cause.CERTIFICATE_ISSUER, Cause.CERTIFICATE_NAME, Cause.CERTIFICATE_DATE),
        *(Cause.CLIENT_CERTIFICATE, Cause.NO_COMMON_TLS, Cause.HANDSHAKE, Cause.NOT_TLS),
    }
)

WORST_FIRST = (Tone.BAD, Tone.WARNING, Tone.QUIET, Tone.NEUTRAL, Tone.PRACTICE, Tone.GOOD)
"""Of several outcomes the first of these is the one that counts."""

PRACTISED = {
    State.DELIVERED: "Practice: delivered",
    State.SEEN: "Practice: delivered",
    State.NOT_SHOWN: "Practice: delivered",
    State.VERIFIED: "Practice: verified",
}
"""What is called so in the Sandbox: nothing there is ever more than practice."""


def word_of(entry: Entry, *, practice: bool) -> str:
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


def short_word_of(entry: Entry) -> str:
    """What the outcome is called after the number of those of one press that have it."""
    match entry.state:
        case State.SEEN if not entry.overruled:
            return NOT_TOLD.lower()
        case State.DISCARDED if entry.may_have_left:
            return GIVEN_UP.lower()
        case state:
            return HELD.lower() if entry.held else SHORT_WORDS[state]


def word_of_fact(noted: Noted, fact: Fact, *, practice: bool) -> str:
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
