"""A journal in memory with the rules of the real one, which can be told to end the program at any write."""

from collections.abc import Callable, Collection, Iterator, Sequence

from consent_desk.domain.consent.action import BOTH, Action
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import Entry, Noted, Record
from consent_desk.domain.lifecycle.state import (
    LEGAL,
    OPEN_STATES,
    Fact,
    State,
    is_to_acknowledge,
    may_be_claimed,
)
from consent_desk.domain.message import say
from consent_desk.journal.journal import SqliteJournal


class MemoryJournal(SqliteJournal):
    """Knows what delivery asks a journal, and no file.

    `on_write` is called before and after each write, before anything is compared; `on_fact` is told each.
    """

    def __init__(self) -> None:
        self._noted: dict[str, Noted] = {}
        self._facts: dict[str, list[Fact]] = {}
        self._ours: set[str] = set()
        self.on_write: Callable[[], None] = lambda: None
        self.on_fact: Callable[[str, Fact], None] = lambda request_id, fact: None

    def copied(self) -> "MemoryJournal":
        """The journal as it is now, as a copy of its file would have it."""
        copy = MemoryJournal()
        copy._noted = dict(self._noted)
        copy._facts = {request_id: [*facts] for request_id, facts in self._facts.items()}
        return copy

    def open_again(self) -> None:
        """Another program opens it: whoever had what is in flight is gone."""
        self._ours.clear()

    def note_all(self, noted: Sequence[Noted]) -> None:
        self.on_write()
        for one in noted:
            self._note(one)
        self.on_write()

    def _note(self, noted: Noted) -> None:
        request_id = noted.consent.request_id
        if self._noted.setdefault(request_id, noted) != noted:
            raise JournalError(say("Another decision bears its request ID."), say("Enter it again."))
        self._facts.setdefault(request_id, [Fact(at=noted.consent.noted_at, state=State.QUEUED)])

    def claim(self, request_id: str, at: Timestamp, *, after: int) -> Noted | None:
        self.on_write()
        if len(self._facts[request_id]) != after or not may_be_claimed(self._facts[request_id][-1]):
            return None
        self._ours.add(request_id)
        self._write(request_id, Fact(at=at, state=State.IN_FLIGHT))
        return self._noted[request_id]

    def append(self, request_id: str, fact: Fact, *, after: int) -> bool:
        self.on_write()
        last = self._facts[request_id][-1]
        if fact == last:
            return True
        if len(self._facts[request_id]) != after:
            return False
        if fact.state not in LEGAL[last.state] - {State.IN_FLIGHT}:
            raise JournalError(say("{state} cannot follow {last}.", state=fact.state, last=last), say("."))
        self._write(request_id, fact)
        return True

    def give_up(self, request_id: str, states: Collection[State], fact: Fact) -> bool:
        if self._facts[request_id][-1].state not in states:
            return False
        return self.append(request_id, fact, after=len(self._facts[request_id]))

    def records_in(self, states: Collection[State]) -> tuple[str, ...]:
        return tuple(one for one, facts in self._facts.items() if facts[-1].state in states)

    def consents_of(self, project_id: str, customer: CustomerId) -> tuple[str, ...]:
        subjects = ((one, noted.project_id, noted.consent.customer) for one, noted in self._noted.items())
        return tuple(one for one, *subject in subjects if subject == [project_id, customer])

    def to_acknowledge(self) -> tuple[str, ...]:
        return tuple(one for one, facts in self._facts.items() if is_to_acknowledge(facts[-1]))

    def open_like(
        self,
        project_id: str,
        customer: CustomerId,
        category: str,
        actions: Collection[Action] = BOTH,
    ) -> tuple[Record, ...]:
        return tuple(
            record
            for record in self._alike(project_id, customer, category)
            if record.facts[-1].state in OPEN_STATES and record.noted.consent.action in actions
        )

    def later_like(
        self, project_id: str, customer: CustomerId, category: str, after: Timestamp
    ) -> Iterator[Record]:
        alike = self._alike(project_id, customer, category)
        return (one for one in reversed(alike) if one.noted.consent.timestamp > after)

    def last_timestamp(
        self, project_id: str, customer: CustomerId, category: str, before: Timestamp | None = None
    ) -> Timestamp | None:
        alike = self._alike(project_id, customer, category)
        return max(
            (
                record.noted.consent.timestamp
                for record in alike
                if before is None or record.noted.consent.timestamp < before
            ),
            default=None,
        )

    def has(self, request_id: str) -> bool:
        return request_id in self._noted

    def is_abandoned(self, request_id: str) -> bool:
        return self._facts[request_id][-1].state is State.IN_FLIGHT and request_id not in self._ours

    def entry(self, request_id: str) -> Entry:
        return Entry.of(self._noted[request_id], self._facts[request_id][-1].state)

    def record(self, request_id: str) -> Record:
        return Record(noted=self._noted[request_id], facts=tuple(self._facts[request_id]))

    def open_in(self, project_id: str) -> int:
        return sum(self._noted[one].project_id == project_id for one in self.records_in(OPEN_STATES))

    def close(self) -> None:
        """There is nothing to close."""

    def _write(self, request_id: str, fact: Fact) -> None:
        self._facts[request_id].append(fact)
        self.on_fact(request_id, fact)
        self.on_write()

    def _alike(self, project_id: str, customer: CustomerId, category: str) -> list[Record]:
        return [
            self.record(one)
            for one, noted in self._noted.items()
            if (noted.project_id, noted.consent.customer, noted.consent.category)
            == (project_id, customer, category)
        ]
