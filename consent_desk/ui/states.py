"""How the states of a consent are called, and how good or bad they are."""

from consent_desk.domain.delivery import State
from consent_desk.ui.outcomes import Tone

STATE_WORDS = {
    State.QUEUED: "Not sent yet",
    State.IN_FLIGHT: "Sending",
    State.DELIVERED: "Delivered",
    State.REFUSED: "Refused",
    State.UNCONFIRMED: "Not confirmed",
    State.DISCARDED: "Cancelled",
}

_TONES = {
    State.QUEUED: Tone.WARNING,
    State.IN_FLIGHT: Tone.NEUTRAL,
    State.DELIVERED: Tone.NEUTRAL,
    State.REFUSED: Tone.BAD,
    State.UNCONFIRMED: Tone.WARNING,
    State.DISCARDED: Tone.QUIET,
}


def tone_of(state: State, *, practice: bool) -> Tone:
    """How bad or good `state` is; nothing that happens in practice is more than practice."""
    return Tone.PRACTICE if practice and state is State.DELIVERED else _TONES[state]
