"""A desk to test services with: the real journal, a time that a test sets, a line that answers as told."""

from collections.abc import Callable, Collection
from threading import Event
from typing import Any

from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.planned import Due
from consent_desk.delivery.sender import Sender, Sent
from consent_desk.delivery.verifier import Failed, Looked, Verifier
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import Context
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.outcome import Answered, Cause, Look, Lost, NotSent, Outcome, Phase
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.calls import Call, Transport
from consent_desk.journal.journal import SqliteJournal
from tests.consents import LOOKED_UP, a_consent, a_project, go_on, later

SUCCESS = Answered(status=200, headers=(), body=b'{"success": true, "errors": []}', elapsed=0.5)
FORBIDDEN = Answered(status=403, headers=(), body=b'{"success": false, "error": "invalid secret"}')
BUSY = Answered(status=429, headers=(("Retry-After", "40"),), body=b"Too Many Requests")
CUT = Lost(phase=Phase.WAITING, cause=Cause.CUT)
DOWN = NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE)
UNSEEN = Look()
SENT = (0, State.IN_FLIGHT, None)
"""A fact as a test writes it: at how many seconds, which state, and what came of a call."""


class Made(Call):
    """A call whose outcome is there at once."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def wait(self) -> Outcome:
        return self.outcome

    def cancel(self) -> None:
        raise AssertionError("it is over")


class Waiting(Call):
    """A call that nobody answers until it is cancelled, or told its outcome."""

    def __init__(self, when_cancelled: NotSent | Lost) -> None:
        self.under_way = Event()
        self._end = Event()
        self._outcome: Outcome = when_cancelled

    def wait(self) -> Outcome:
        self.under_way.set()
        assert self._end.wait(30)
        return self._outcome

    def cancel(self) -> None:
        self._end.set()

    def answer(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._end.set()


class Waited:
    """A call that does something while it is under way."""

    def __init__(self, work: Callable[[], Outcome]) -> None:
        self._work = work

    def wait(self) -> Outcome:
        return self._work()

    def cancel(self) -> None:
        """It is over as soon as it begins."""


class Wire(Transport):
    """Keeps the requests and hands out the calls, or the outcomes, that it was given."""

    def __init__(self, *calls: Call | Outcome) -> None:
        self._calls = iter(calls)
        self.requests: list[PreparedRequest] = []

    def start(self, request: PreparedRequest) -> Call:
        self.requests.append(request)
        call = next(self._calls)
        return Made(call) if isinstance(call, Answered | Lost | NotSent) else call


class FullJournal(SqliteJournal):
    """A journal on a disk that is full once a consent is claimed, with `room` for so many outcomes."""

    full = True
    room = 0

    def append(self, request_id: str, fact: Fact, *, after: int) -> bool:
        if self.full and not self.room:
            raise JournalError(say("tests", "Full."), say("tests", "Make room."))
        self.room -= self.full
        return super().append(request_id, fact, after=after)

    def give_up_all(self, request_ids: Collection[str], states: Collection[State], fact: Fact) -> int:
        if self.full:
            raise JournalError(say("tests", "Full."), say("tests", "Make room."))
        return super().give_up_all(request_ids, states, fact)


class Desk:
    """What is noted and sent on one journal. `seconds`: the time, after noon."""

    def __init__(self, journal: SqliteJournal, seconds: float = 0.0) -> None:
        self.journal = journal
        self.seconds = seconds
        self.outbox = Outbox(journal, self.now)

    def now(self) -> Timestamp:
        return later(self.seconds)

    def note(
        self,
        action: Action = Action.REJECT,
        seconds: float | None = None,
        *,
        context: Context = LOOKED_UP,
        **changes: Any,
    ) -> str:
        """Note a decision of now, or of so many seconds after noon; return its request ID."""
        at = later(self.seconds if seconds is None else seconds)
        values = {
            "action": action,
            "valid_until": ValidUntil() if action is Action.ACCEPT else None,
            "timestamp": at,
            "noted_at": at,
            **changes,
        }
        return self.outbox.note(a_project(), a_consent(**values), context).request_id

    def sender(self, *calls: Call | Outcome) -> Sender:
        return Sender(self.journal, Wire(*calls), self.now)

    def try_to_send(
        self, request_id: str, *calls: Call | Outcome, by_person: bool = True
    ) -> Sent | Message | None:
        return self.sender(*calls).send(request_id, a_project(), by_person=by_person)

    def send(self, request_id: str, *calls: Call | Outcome, by_person: bool = True) -> Sent:
        """Send it, and return what came of it."""
        sent = self.try_to_send(request_id, *calls, by_person=by_person)
        assert isinstance(sent, Sent), str(sent)
        return sent

    def sent(self, outcome: Outcome, action: Action = Action.REJECT, **changes: Any) -> str:
        """Note a decision and send it, with this outcome; return its request ID."""
        request_id = self.note(action, **changes)
        self.send(request_id, outcome)
        return request_id

    def append(
        self, request_id: str, seconds: float, state: State, outcome: Any = None, note: str = ""
    ) -> None:
        go_on(self.journal, request_id, Fact(at=later(seconds), state=state, outcome=outcome, note=note))

    def look_in_vain(self, request_id: str, *seconds: float, look: Look = UNSEEN) -> None:
        for at in seconds or (1000, 1100, 1600):
            self.append(request_id, at, State.NOT_SEEN, look)

    def facts(self, request_id: str) -> tuple[Fact, ...]:
        return self.journal.record(request_id).facts

    def last(self, request_id: str) -> Fact:
        return self.facts(request_id)[-1]

    def state(self, request_id: str) -> State:
        return self.journal.entry(request_id).state


def look_up(verifier: Verifier, due: Due, project: Project) -> Looked | Failed | None:
    """What looking up one comes to. Raises JournalError where that could not be written."""
    [(_, result)] = verifier.look_up_all((due,), project)
    if isinstance(result, JournalError):
        raise result
    return result
