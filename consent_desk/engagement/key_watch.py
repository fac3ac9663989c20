"""Watch what every answer says of a project's key: that it is refused, or that it works."""

from collections.abc import Callable
from dataclasses import dataclass

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.lifecycle.judgement import SETTINGS
from consent_desk.domain.message import Message
from consent_desk.domain.wire.answer import meaning, read_answer
from consent_desk.domain.wire.customer import is_unknown
from consent_desk.domain.wire.outcome import Answered, Outcome
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.calls import Call, Transport, Watched

_OF_ONE_CALL = frozenset({Field.API_KEY_ID})
"""Where a permission is missing, the settings are right for other calls."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one answer said of the key of `request`: `why` it, or where it leads, was refused; None: it works.

    `whole`: it was refused whatever is asked, and not a permission for this one call.
    """

    request: PreparedRequest
    why: Message | None = None
    whole: bool = False


def heard(request: PreparedRequest, outcome: Outcome) -> Heard | None:
    """What `outcome` says of the key; None where it says nothing."""
    if not isinstance(outcome, Answered):
        return None
    answer = read_answer(outcome.body)
    if (outcome.status == 200 and answer.is_success) or is_unknown(outcome.status, outcome.body):
        return Heard(request)
    told = meaning(outcome.status, outcome.headers, outcome.body)
    if told.field not in SETTINGS or (outcome.status < 300 and answer.success is not False):
        return None
    whole = outcome.status == 401 or told.field not in _OF_ONE_CALL
    return Heard(request, told.why, whole)


class KeyWatch:
    """A `Transport` that looks at each answer, and calls `listener` on whatever thread waited for it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.listener: Callable[[Heard], None] = _nobody

    def start(self, request: PreparedRequest) -> Call:
        """Begin to send `request`."""

        def see(outcome: Outcome) -> None:
            told = heard(request, outcome)
            if told is not None:
                self.listener(told)

        return Watched(self._transport.start(request), see)


def _nobody(told: Heard) -> None:
    """Nobody listens yet."""
