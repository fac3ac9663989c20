"""How the states of a consent are called, and how good or bad they are."""

from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import TO_CHECK_STATES, State
from consent_desk.ui.widgets.tones import Tone

_LOOKS = {
    State.QUEUED: ("Not sent yet", "on the way", Tone.WARNING),
    State.RETRY_WAIT: ("Waiting to retry", "waiting to be tried again", Tone.WARNING),
    State.IN_FLIGHT: ("Sending", "on the way", Tone.NEUTRAL),
    State.DELIVERED: ("Delivered", "delivered", Tone.NEUTRAL),
    State.SEEN: ("Seen", "recorded", Tone.NEUTRAL),
    State.VERIFIED: ("Verified", "verified", Tone.GOOD),
    State.NOT_SHOWN: ("Not shown yet", "not shown yet", Tone.WARNING),
    State.CONTRADICTED: ("Contradicted", "contradicted", Tone.BAD),
    State.NEW_PROFILE: ("New profile: check the ID", "in a new profile: check the ID", Tone.BAD),
    State.NO_CATEGORY: ("No such category: check it", "in no category of the project: check it", Tone.BAD),
    State.REFUSED: ("Refused", "refused", Tone.BAD),
    State.UNCONFIRMED: ("Not confirmed", "not yet confirmed", Tone.WARNING),
    State.NOT_SEEN: ("Not seen", "not yet confirmed", Tone.WARNING),
    State.RESTORED: ("Restored", "not yet confirmed", Tone.WARNING),
    State.DISCARDED: ("Discarded", "discarded", Tone.QUIET),
}
"""What each state is called by itself and among others, and how bad or good it is."""

STATE_WORDS = {state: word for state, (word, _, _) in _LOOKS.items()}
SHORT_WORDS = {state: word for state, (_, word, _) in _LOOKS.items()}

NOT_RECORDED = "Not recorded"
"""What is cancelled is called so until somebody acknowledges it."""

PRACTISED_STATES = frozenset({State.DELIVERED, State.SEEN, State.VERIFIED, State.NOT_SHOWN})
"""What counts as practised in the Sandbox: nothing there is ever more."""


def word_of(entry: Entry, *, practice: bool) -> str:
    """What the outcome of a line is called."""
    if practice and entry.state in PRACTISED_STATES:
        return "Practised"
    if entry.to_acknowledge:
        return NOT_RECORDED
    return "Held" if entry.held else STATE_WORDS[entry.state]


def tone_of(entry: Entry, *, practice: bool) -> Tone:
    """How bad or good it stands; nothing that happens in practice is more than practice."""
    if practice and entry.state in PRACTISED_STATES | TO_CHECK_STATES | {State.CONTRADICTED}:
        return Tone.PRACTICE
    if entry.checked:
        # A person has said that it is right.
        return Tone.WARNING
    return Tone.BAD if entry.to_acknowledge else _LOOKS[entry.state][2]
