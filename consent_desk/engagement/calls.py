"""A call to Engagement, as those who make one state it."""

from collections.abc import Callable
from typing import Protocol

from consent_desk.domain.wire.outcome import Outcome
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
