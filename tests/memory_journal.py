"""A journal in memory with the rules of the real one, which can be told to end the program at any write."""

from collections.abc import Callable, Collection, Iterator, Sequence

from consent_desk.domain.consent.action import BOTH, Action
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.judgement import was_withdrawn
from consent_desk.domain.lifecycle.record import Decision, Entry, Noted, Record, Subject
from consent_desk.domain.lifecycle.state import (
    LEGAL,
    OPEN_STATES,
    UNSENT_STATES,
    Fact,
    State,
    is_to_acknowledge,
    may_be_claimed,
)
from consent_desk.domain.message import say
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.search import PAGE, Listed


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
            raise JournalError(
                say("tests", "Another decision bears its request ID."), say("tests", "Enter it again.")
            )
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
            raise JournalError(
                say("tests", "{state} cannot follow {last}.").format(state=fact.state, last=last),
                say("tests", "."),
            )
        self._write(request_id, fact)
        return True

    def give_up_all(self, request_ids: Collection[str], states: Collection[State], fact: Fact) -> int:
        self.on_write()
        given_up = [one for one in request_ids if self._facts[one][-1].state in states]
        for one in given_up:
            assert fact.state in LEGAL[self._facts[one][-1].state]
            self._add(one, fact)
        self.on_write()
        return len(given_up)

    def records_in(self, states: Collection[State]) -> tuple[str, ...]:
        return tuple(one for one, facts in self._facts.items() if facts[-1].state in states)

    def consents_of(self, project_id: str, customer: CustomerId) -> tuple[str, ...]:
        subjects = ((one, noted.project_id, noted.consent.customer) for one, noted in self._noted.items())
        return tuple(one for one, *subject in subjects if subject == [project_id, customer])

    def page_in(
        self, state: State, past: int | None = None, *, newest_first: bool = False
    ) -> tuple[Listed, ...]:
        page = tuple(
            Listed(
                seq,
                one,
                noted.consent.action,
                is_to_acknowledge(self._facts[one][-1]),
                newest_first and was_withdrawn(self._facts[one]),
            )
            for seq, (one, noted) in enumerate(self._noted.items(), 1)
            if self._facts[one][-1].state is state
            and (past is None or (seq < past if newest_first else seq > past))
        )
        return tuple(reversed(page))[:PAGE] if newest_first else page[:PAGE]

    def opt_ins_beside_opt_outs(self) -> tuple[str, ...]:
        return tuple(
            one for one in self.records_in(UNSENT_STATES) if self._noted[one].consent.action is Action.ACCEPT
        )

    def alike(
        self,
        subject: Subject,
        states: Collection[State],
        actions: Collection[Action] = BOTH,
        after: Timestamp | None = None,
    ) -> tuple[Decision, ...]:
        return tuple(
            Decision(
                seq=seq,
                request_id=one,
                action=noted.consent.action,
                timestamp=noted.consent.timestamp,
                noted_at=noted.consent.noted_at,
                state=self._facts[one][-1].state,
            )
            for seq, (one, noted) in enumerate(self._noted.items(), 1)
            if noted.subject == subject
            and self._facts[one][-1].state in states
            and noted.consent.action in actions
            and (after is None or noted.consent.timestamp > after)
        )

    def first_alike(self, subject: Subject, states: Collection[State], action: Action) -> str | None:
        return next((one.request_id for one in self.alike(subject, states, {action})), None)

    def last_alike(self, subject: Subject, after: Timestamp, *, waiting: bool) -> Timestamp | None:
        counted = self.alike(subject, set(State) - {State.DISCARDED}, after=after)
        return max(
            (
                one.timestamp
                for one in counted
                if waiting or one.action is Action.REJECT or one.state not in UNSENT_STATES
            ),
            default=None,
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

    def is_own_flight(self, request_id: str) -> bool:
        return self._facts[request_id][-1].state is State.IN_FLIGHT and request_id in self._ours

    def entry(self, request_id: str) -> Entry:
        return Entry.of(self._noted[request_id], self._facts[request_id][-1].state)

    def record(self, request_id: str) -> Record:
        return Record(noted=self._noted[request_id], facts=tuple(self._facts[request_id]))

    def open_in(self, project_id: str) -> int:
        return sum(self._noted[one].project_id == project_id for one in self.records_in(OPEN_STATES))

    @property
    def is_shared(self) -> bool:
        return False

    def changed_elsewhere(self) -> bool:
        return False

    def newest_fact(self) -> int:
        return sum(map(len, self._facts.values()))

    def close(self) -> None:
        """There is nothing to close."""

    def _write(self, request_id: str, fact: Fact) -> None:
        self._add(request_id, fact)
        self.on_write()

    def _add(self, request_id: str, fact: Fact) -> None:
        self._facts[request_id].append(fact)
        self.on_fact(request_id, fact)

    def _alike(self, project_id: str, customer: CustomerId, category: str) -> list[Record]:
        return [
            self.record(one)
            for one, noted in self._noted.items()
            if (noted.project_id, noted.consent.customer, noted.consent.category)
            == (project_id, customer, category)
        ]
