"""A call to Engagement, as those who make one state it; and what every answer says of a project's key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.lifecycle.judgement import SETTINGS
from consent_desk.domain.message import Message
from consent_desk.domain.wire.answer import meaning, read_answer
from consent_desk.domain.wire.customer import is_unknown
from consent_desk.domain.wire.outcome import Answered, Outcome
from consent_desk.domain.wire.request import PreparedRequest


class Call(Protocol):
    """One call under way."""

    def wait(self) -> Outcome:
        """Block until there is an outcome: within the transport's deadline, or soon after `cancel`."""

    def cancel(self) -> None:
        """End the call now, from any thread. The outcome says honestly how far it had come."""


class Transport(Protocol):
    """Sends exact bytes. Network trouble is an outcome, never an exception."""

    def start(self, request: PreparedRequest) -> Call:
        """Begin to send `request`."""


class Watched:
    """A call of which `see` is told the outcome, on whatever thread waits for it."""

    def __init__(self, call: Call, see: Callable[[Outcome], None]) -> None:
        self._call = call
        self._see = see
        self.cancel = call.cancel

    def wait(self) -> Outcome:
        """Block until there is an outcome, and tell it."""
        outcome = self._call.wait()
        self._see(outcome)
        return outcome


PAGE = 20
"""Events on a page. With the longest wordings they still fit into what the transport reads of an answer."""

MOST_PAGES = 100

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
