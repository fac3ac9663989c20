"""An Engagement project in memory behind a line that fails as it is told, its clock in the test's hands."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.calls import Call


class Fault(StrEnum):
    """What happens to one call. Some can happen to a read as well."""

    NOT_SENT = "not sent"
    DROP_BEFORE = "dropped before storing"
    DROP_AFTER = "dropped after storing"
    ERROR_BEFORE = "500, not stored"
    ERROR_AFTER = "500, stored"
    RATE_LIMIT = "429"
    REFUSED = "403 invalid secret"
    LATE = "stored, visible after 15 min"
    LATE_LOST = "stored, visible after 15 min, and the answer lost"
    CANCELLED_IN_TIME = "cancelled before it left"
    CANCELLED_LATE = "cancelled after it was stored"
    CANCELLED_LOST = "cancelled after it had left, not stored"
    CRASH_BEFORE = "the program ends before it is stored"
    CRASH_AFTER = "the program ends after it is stored"


class ReadFault(StrEnum):
    """Why reads tell nothing, one and all."""

    NOT_FOUND = "404 HTML"
    FORBIDDEN = "403 HTML, of a firewall"
    FORBIDDEN_IN_JSON = "403 JSON, of something on the way"
    DENIED = "403 No permission, though the key may read"
    ERROR = "500"
    SILENCE = "no answer"
    UNREADABLE = "a list of something else"
    TOO_LARGE = "more than 1 MiB"
    SAME_PAGE = "the same page again and again"


STORING = {
    Fault.DROP_AFTER,
    Fault.ERROR_AFTER,
    Fault.LATE,
    Fault.LATE_LOST,
    Fault.CANCELLED_LATE,
    Fault.CRASH_AFTER,
}


class Crash(BaseException):
    """The program ends here, and all that it held in memory is gone."""


@dataclass(slots=True, kw_only=True)
class Event:
    """A consent event as it was stored. Times in UNIX seconds."""

    customer: str
    timestamp: float
    properties: dict[str, str]
    visible_at: float


@dataclass(slots=True)
class Arrival:
    """A request to store that left the desk."""

    body: bytes
    at: float
    stored: bool
    unseen: bool
    """Whether the last read before showed no such event."""


@dataclass(slots=True)
class Engagement:
    """Fits `engagement.calls.Transport`. `now` in UNIX seconds.

    `meanwhile` is called as each call is under way, before it arrives and after it was answered.
    `lag`: so many seconds what is said of a category is behind the history. `odd`: what stands on top of a
    history, and is nobody's event.
    """

    now: Callable[[], float]
    on_cancel: Callable[[str], None] = lambda _: None
    on_store: Callable[[str], None] = lambda _: None
    meanwhile: Callable[[], None] = lambda: None
    delay: float = 5.0
    lag: float = 0.0
    may_read: bool = True
    faults: list[Fault] = field(default_factory=list)
    read_faults: list[Fault | ReadFault] = field(default_factory=list)
    reads: ReadFault | None = None
    events: list[Event] = field(default_factory=list)
    arrivals: dict[str, list[Arrival]] = field(default_factory=dict)
    odd: list[object] = field(default_factory=list)
    succeeded: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    calls: int = 0

    def start(self, request: PreparedRequest) -> Call:
        self.calls += 1
        return _Made(lambda: self._answer(request))

    def add(self, customer: str, category: str, action: str, times: int = 1) -> None:
        """Somebody decides on a page, and it shows at once; the time is multiplied by mistake."""
        properties = {"action": action, "category": category, "source": "page"}
        if action == "accept":
            properties["valid_until"] = "unlimited"
        self.events.append(
            Event(
                customer=customer, timestamp=self.now() * times, properties=properties, visible_at=self.now()
            )
        )

    def stored(self, request_id: str) -> bool:
        return any(event.properties.get("desk_request_id") == request_id for event in self.events)

    def visible(self, customer: str, lag: float = 0.0) -> list[Event]:
        """What a read shows, the latest first."""
        until = self.now() - lag
        shown = (one for one in self.events if one.customer == customer and one.visible_at <= until)
        return sorted(shown, key=lambda event: -event.timestamp)

    def valid(self, customer: str, category: str, lag: float = 0.0) -> bool | None:
        ruling = next((e for e in self.visible(customer, lag) if e.properties["category"] == category), None)
        return None if ruling is None else ruling.properties["action"] == "accept"

    def _answer(self, request: PreparedRequest) -> Outcome:
        self.meanwhile()
        outcome = self._outcome(request)
        self.meanwhile()
        return outcome

    def _outcome(self, request: PreparedRequest) -> Outcome:
        if request.url.endswith("/consent/categories"):
            listed = [{"id": name} for name in ("sms_marketing", "newsletter")]
            body = json.dumps({"success": True, "results": listed}).encode()
            return Answered(status=200, headers=(("x-request-id", "1"),), body=body)
        if request.url.endswith("/system/time"):
            return told(404, {"success": False, "error": "not found"})
        document = json.loads(request.body)
        if "/track/" in request.url:
            fault = self.faults.pop(0) if self.faults else None
            return self._store(document, request.body, fault)
        match self.read_faults.pop(0) if self.read_faults else self.reads:
            case ReadFault() as reads:
                return self._tell_nothing(reads)
            case Fault.NOT_SENT | Fault.CANCELLED_IN_TIME:
                return NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE)
            case Fault.DROP_BEFORE | Fault.DROP_AFTER | Fault.LATE_LOST:
                return Lost(phase=Phase.WAITING, cause=Cause.CUT)
            case Fault.CANCELLED_LATE | Fault.CANCELLED_LOST:
                return Lost(phase=Phase.READING, cause=Cause.DEADLINE)
            case Fault.CRASH_BEFORE | Fault.CRASH_AFTER:
                raise Crash
            case Fault.ERROR_BEFORE | Fault.ERROR_AFTER | Fault.RATE_LIMIT | Fault.REFUSED as fault:
                return self._failure(fault)
            case _:
                return self._read(request.url, document)

    def _store(self, document: dict[str, object], body: bytes, fault: Fault | None) -> Outcome:
        properties = document["properties"]
        ids = document["customer_ids"]
        assert isinstance(properties, dict)
        assert isinstance(ids, dict)
        request_id = properties["desk_request_id"]
        if fault is Fault.CANCELLED_IN_TIME:
            self.on_cancel(request_id)
            return NotSent(phase=Phase.CONNECTING, cause=Cause.CANCELLED)
        if fault is Fault.NOT_SENT:
            return NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE)
        stored = fault is None or fault in STORING
        unseen = not self.may_read or request_id not in self.seen
        if fault not in {Fault.RATE_LIMIT, Fault.REFUSED}:
            self.on_store(request_id)
            arrival = Arrival(body, self.now(), stored, unseen)
            self.arrivals.setdefault(request_id, []).append(arrival)
        if stored:
            timestamp = document["timestamp"]
            assert isinstance(timestamp, int | float)
            delay = 900 if fault in {Fault.LATE, Fault.LATE_LOST} else self.delay
            self.events.append(
                Event(
                    customer=next(iter(ids.values())),
                    timestamp=timestamp,
                    properties={"source": "private_api", **properties},
                    visible_at=self.now() + delay,
                )
            )
        match fault:
            case Fault.CRASH_BEFORE | Fault.CRASH_AFTER:
                raise Crash
            case Fault.CANCELLED_LATE | Fault.CANCELLED_LOST:
                self.on_cancel(request_id)
                return Lost(phase=Phase.WAITING, cause=Cause.CANCELLED)
            case Fault.DROP_BEFORE | Fault.DROP_AFTER | Fault.LATE_LOST:
                return Lost(phase=Phase.WAITING, cause=Cause.CUT)
            case None | Fault.LATE:
                self.succeeded.add(request_id)
                return told(200, {"success": True, "errors": []})
            case _:
                return self._failure(fault)

    def _failure(self, fault: Fault) -> Outcome:
        if fault is Fault.RATE_LIMIT:
            headers = (("Retry-After", "40"),)
            return Answered(status=429, headers=headers, body=b"Too Many Requests")
        if fault is Fault.REFUSED:
            return told(403, {"success": False, "error": "invalid secret"})
        return Answered(status=500, headers=(("x-request-id", "1"),), body=b"<html>")

    def _tell_nothing(self, fault: ReadFault) -> Outcome:
        match fault:
            case ReadFault.NOT_FOUND:
                return Answered(status=404, headers=(), body=b"<html>not found")
            case ReadFault.FORBIDDEN:
                return Answered(status=403, headers=(), body=b"<html>Forbidden")
            case ReadFault.FORBIDDEN_IN_JSON:
                return told(403, {"success": False, "error": "You have no permission to see this page"})
            case ReadFault.DENIED:
                return told(403, {"success": False, "error": "No permission"})
            case ReadFault.ERROR:
                return self._failure(Fault.ERROR_BEFORE)
            case ReadFault.SILENCE:
                return Lost(phase=Phase.WAITING, cause=Cause.DEADLINE)
            case ReadFault.UNREADABLE:
                return told(200, {"success": True, "data": {"events": []}})
            case ReadFault.TOO_LARGE:
                body = b'{"success": true, "data": ['
                return Answered(status=200, headers=(), body=body, truncated=True)
            case ReadFault.SAME_PAGE:
                # Of a customer whose events all came later.
                properties = {"action": "accept", "category": "newsletter", "source": "page"}
                data = [{"type": "consent", "timestamp": 4_000_000_000, "properties": properties}]
                return told(200, {"success": True, "data": data})

    def _read(self, url: str, document: dict[str, object]) -> Outcome:
        ids = document["customer_ids"]
        assert isinstance(ids, dict)
        customer = next(iter(ids.values()))
        if not self.may_read:
            return told(403, {"success": False, "error": "No permission"})
        shown = self.visible(customer)
        if not shown:
            return told(404, {"success": False, "errors": {"_global": ["Customer does not exist"]}})
        if url.endswith("/attributes"):
            return self._status(customer, document)
        skip = document.get("skip", 0)
        limit = document["limit"]
        assert isinstance(skip, int)
        assert isinstance(limit, int)
        data = [{"type": "consent", "timestamp": e.timestamp, "properties": e.properties} for e in shown]
        page = [*self.odd, *data][skip:][:limit]
        self.seen |= {event.properties.get("desk_request_id", "") for event in shown[: skip + limit]}
        return told(200, {"success": True, "data": page})

    def _status(self, customer: str, document: dict[str, object]) -> Outcome:
        wishes = document["attributes"]
        assert isinstance(wishes, list)
        shown = self.visible(customer, self.lag)
        results = []
        for wish in wishes:
            ruling = next((e for e in shown if e.properties["category"] == wish["category"]), None)
            values = {
                "valid": ruling is not None and ruling.properties["action"] == "accept",
                "timestamp": None if ruling is None else ruling.timestamp,
                "until": None if ruling is None else ruling.properties.get("valid_until"),
                "source": None if ruling is None else ruling.properties["source"],
                "message": None if ruling is None else ruling.properties.get("message"),
            }
            results.append({"success": True, "value": values[wish["mode"]]})
        return told(200, {"success": True, "results": results})


def told(status: int, document: object) -> Answered:
    headers = (("x-request-id", "1"), ("Content-Type", "application/json"))
    return Answered(status=status, headers=headers, body=json.dumps(document).encode())


class _Made:
    def __init__(self, answer: Callable[[], Outcome]) -> None:
        self._answer = answer

    def wait(self) -> Outcome:
        return self._answer()

    def cancel(self) -> None:
        """It is over as soon as it begins."""
