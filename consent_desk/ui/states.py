"""How the states of a consent are called, and how good or bad they are."""

from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import TO_CHECK_STATES, State
from consent_desk.ui.widgets.tones import Tone

STATE_WORDS = {
    State.QUEUED: "Not sent yet",
    State.RETRY_WAIT: "Waiting to retry",
    State.IN_FLIGHT: "Sending",
    State.DELIVERED: "Delivered",
    State.SEEN: "Seen",
    State.VERIFIED: "Verified",
    State.NOT_SHOWN: "Not shown yet",
    State.CONTRADICTED: "Contradicted",
    State.NEW_PROFILE: "New profile: check the ID",
    State.NO_CATEGORY: "No such category: check it",
    State.REFUSED: "Refused",
    State.UNCONFIRMED: "Not confirmed",
    State.NOT_SEEN: "Not seen",
    State.RESTORED: "Restored",
    State.DISCARDED: "Discarded",
}

NOT_RECORDED = "Not recorded"
"""What is cancelled is called so until somebody acknowledges it."""

PRACTISED_STATES = frozenset({State.DELIVERED, State.SEEN, State.VERIFIED, State.NOT_SHOWN})
"""What counts as practised in the Sandbox: nothing there is ever more."""

_TONES = {
    State.QUEUED: Tone.WARNING,
    State.IN_FLIGHT: Tone.NEUTRAL,
    State.RETRY_WAIT: Tone.WARNING,
    State.DELIVERED: Tone.NEUTRAL,
    State.SEEN: Tone.NEUTRAL,
    State.VERIFIED: Tone.GOOD,
    State.NOT_SHOWN: Tone.WARNING,
    State.CONTRADICTED: Tone.BAD,
    State.NEW_PROFILE: Tone.BAD,
    State.NO_CATEGORY: Tone.BAD,
    State.REFUSED: Tone.BAD,
    State.UNCONFIRMED: Tone.WARNING,
    State.NOT_SEEN: Tone.WARNING,
    State.RESTORED: Tone.WARNING,
    State.DISCARDED: Tone.QUIET,
}


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
    return Tone.BAD if entry.to_acknowledge else _TONES[entry.state]
