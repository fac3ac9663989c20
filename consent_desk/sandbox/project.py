"""An Engagement project in memory: customers, consent events, categories and one key pair.

Pure but for its lock: the clock is passed in. Behaviour: the reference's sections 1, 4 and 6.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from consent_desk.domain.consent.values import FIRST_MILLISECOND
from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import say

# The vendor's published example: section 2 has the token, section 3 the key pair.
PROJECT_TOKEN = "12345678-1234-1234-1234-123456789abc"  # noqa: S105  # published, opens nothing
KEY_ID = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr"
SECRET = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"  # noqa: S105  # published, opens nothing

_DAY = 86_400
_ALWAYS = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One row of somebody's consent history. `timestamp` and `visible_from` in UNIX seconds."""

    timestamp: float
    properties: Mapping[str, object]
    visible_from: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A customer's consent in one category, by the read modes of section 4.4. Empty: never asked."""

    valid: bool = False
    timestamp: float | None = None
    until: object = None
    source: object = None
    message: object = None


@dataclass(slots=True)
class _Customer:
    visible_from: float
    events: list[ConsentEvent] = field(default_factory=list)


class EngagementProject:
    """The state behind the endpoints. Every method may be called from any thread.

    `now` is its clock, in UNIX seconds; a write stays invisible to reads for `delay` seconds (section 1).
    `may_read` and `may_write` are the key's permissions, Events > consent: Get and Set.
    Raises DeskError where `seed` does not describe categories and customers.
    """

    def __init__(self, seed: Mapping[str, Any], *, delay: float, now: Callable[[], float]) -> None:
        self.now = now
        self._delay = delay
        self._lock = Lock()
        self._customers: dict[tuple[str, str], _Customer] = {}
        self.may_read = self.may_write = True
        try:
            self.categories = seed["categories"]
            if not all(isinstance(category["id"], str) for category in self.categories):
                raise TypeError("a category's ID is no text")
            for ids, events in _customers(seed, now()):
                self._customers |= dict.fromkeys(ids.items(), _Customer(_ALWAYS, events))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DeskError(
                say("sandbox", "The Sandbox's customers cannot be read."),
                say("sandbox", "Install the program again."),
            ) from error
        self.seeded = tuple(self._customers)

    def add(self, ids: Mapping[str, str], properties: Mapping[str, object], timestamp: float | None) -> None:
        """Store a consent event for the customer with any of `ids`, made where there is none yet.

        Nothing is checked and nothing de-duplicated. Ours: without a timestamp it is now, IDs not
        known so far are added to the customer, and of two customers the first one is meant.
        """
        with self._lock:
            now = self.now()
            at, visible_from = now if timestamp is None else timestamp, now + self._delay
            customer = self._find(ids) or _Customer(visible_from)
            for name in ids.items():
                self._customers.setdefault(name, customer)
            # Ours: that the platform's own word for this API is this one, as in 4.3.
            shown = {**properties, "source": "private_api"}
            customer.events.append(ConsentEvent(timestamp=at, properties=shown, visible_from=visible_from))

    def history(self, ids: Mapping[str, str]) -> tuple[ConsentEvent, ...] | None:
        """The visible events of a customer by timestamp, None where the customer does not exist yet.

        Ours: of events with one timestamp, the one that arrived last stands last.
        """
        with self._lock:
            now = self.now()
            customer = self._find(ids)
            if customer is None or customer.visible_from > now:
                return None
            visible = (event for event in customer.events if event.visible_from <= now)
            return tuple(sorted(visible, key=lambda event: event.timestamp))

    def status(self, ids: Mapping[str, str], category: object) -> Status | None:
        """What the last event by timestamp makes of `category`, None where there is no such customer."""
        history = self.history(ids)
        if history is None:
            return None
        like = (event for event in reversed(history) if event.properties.get("category") == category)
        last = next(like, None)
        return Status() if last is None else _status(last, self.now())

    def _find(self, ids: Mapping[str, str]) -> _Customer | None:
        return next((self._customers[name] for name in ids.items() if name in self._customers), None)


def _status(event: ConsentEvent, now: float) -> Status:
    return Status(
        valid=_is_valid(event, now),
        timestamp=event.timestamp,
        # That of the last event, whatever its action (section 4.4).
        until=event.properties.get("valid_until"),
        source=event.properties.get("source"),
        message=event.properties.get("message"),
    )


def _is_valid(event: ConsentEvent, now: float) -> bool:
    """Whether it is an opt-in that holds `now`: an invalid consent event revokes (section 1).

    Ours: milliseconds revoke too, and so does an end not after the timestamp.
    """
    if event.properties.get("action") != "accept" or event.timestamp >= FIRST_MILLISECOND:
        return False
    match event.properties.get("valid_until"):
        case "unlimited":
            return True
        case int() | float() as until if not isinstance(until, bool):
            return max(event.timestamp, now) < until < FIRST_MILLISECOND
    return False


def _customers(seed: Mapping[str, Any], now: float) -> Iterator[tuple[Mapping[str, str], list[ConsentEvent]]]:
    """The seeded customers: their times are days before `now`, so that they never grow old."""
    for customer in seed["customers"]:
        events = []
        for consent in customer["consents"]:
            timestamp = int(now) - consent["days_ago"] * _DAY
            properties = dict(consent["properties"])
            if "valid_for_days" in consent:
                properties["valid_until"] = timestamp + consent["valid_for_days"] * _DAY
            events.append(ConsentEvent(timestamp=timestamp, properties=properties, visible_from=_ALWAYS))
        yield {str(kind): str(value) for kind, value in customer["customer_ids"].items()}, events
