"""The journal: every consent and everything that happened to it, in one SQLite file.

Every unit of work is one transaction; a read fetches at most 500 rows and finishes at once, because an
open reader blocks every commit (docs/decisions/004). What is searched for is in search.py.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.evidence.proof import FromJournal
from consent_desk.domain.lifecycle.record import Entry, Noted, Record, Subject
from consent_desk.domain.lifecycle.state import LEGAL, OPEN_STATES, Fact, State, may_be_claimed
from consent_desk.domain.message import Message, say
from consent_desk.journal.errors import ILLEGAL, NOT_OPENED, OTHERWISE, UNKNOWN, Reason, told
from consent_desk.journal.evidence import collect
from consent_desk.journal.file import open_file
from consent_desk.journal.head import Head, Marker, head_file
from consent_desk.journal.identity import finish_salvage, installation_of, recognise
from consent_desk.journal.owners import (
    Owner,
    end_claim,
    is_gone,
    is_shared,
    opening,
    require_alone,
    write_claim,
)
from consent_desk.journal.personal_data import erase_consent, find_consents
from consent_desk.journal.rows import (
    FACTS,
    append_fact,
    count_facts,
    entry_of,
    fact_of,
    find,
    head,
    insert_consent,
    last_fact,
    noted_of,
    touch,
)
from consent_desk.journal.schema import transaction
from consent_desk.journal.search import (
    ENTRIES,
    LIKE,
    NOT_READ,
    PAGE,
    JournalSearch,
    like,
    pages,
    write_sought,
)
from consent_desk.system.clock import now as clock_now

_NOT_CLOSED = say("journal", "The journal could not be closed: {why}.")
_NOT_NOTED = say("journal", "The decision is not noted: {why}.")
_NOT_CLAIMED = say("journal", "Nothing was sent, because that could not be noted first: {why}.")
_NOT_APPENDED = say("journal", "What came of it could not be written down: {why}.")
_NOT_GIVEN_UP = say("journal", "It was not discarded: {why}.")
NOT_ERASED = say("journal", "The customer's data was not removed: {why}.")

OPEN = Reason(
    say("journal", "one of this customer's decisions has not certainly reached Engagement"),
    say("journal", "Have it sent, or discard it, then try again."),
)


class SqliteJournal(JournalSearch):
    """The durable table of consents and facts.

    A method that writes returns only when what it wrote survives a power cut.
    `restored` is how many open consents got the fact `restored` on opening, because they may have gone out
    elsewhere. Each unit of work is one transaction, and the mark follows a moment later. `owner` is this very
    opening.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        owner: Owner,
        *,
        installation: str = "",
        restored: int = 0,
    ) -> None:
        super().__init__(connection, path)
        self._marker = Marker(head_file(path))
        self._installation = installation
        self._seen = _version_of(connection)
        self.owner = owner
        self.restored = restored

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        installation: str = "",
        now: Callable[[], Timestamp] = clock_now,
        before_migration: Callable[[sqlite3.Connection], None] | None = None,
    ) -> Self:
        """Open the journal at `path`, in a folder that exists; where there is nothing, one is made, 0600.

        `installation` is this computer's (identity.py), empty where it does not matter or cannot be
        told: then the mark keeps the one that it bears. Raises
        JournalError, JournalDamagedError among it; what is no good journal of ours is left as it is.
        """
        with opening(path, NOT_OPENED) as owner, told(NOT_OPENED, path.parent):

            def before(connection: sqlite3.Connection) -> None:
                require_alone(path, NOT_OPENED, owner)
                if before_migration is not None:
                    before_migration(connection)

            restored = finish_salvage(path, installation, now)
            connection = open_file(path, before)
            try:
                installation = installation or installation_of(path)
                restored += recognise(connection, path, owner, installation, now)
                return cls(connection, path, owner, installation=installation, restored=restored)
            except BaseException:
                connection.close()
                raise

    def note_all(self, noted: Sequence[Noted]) -> None:
        """Write all of `noted`, each with its first fact, `queued`, in their order, or none.

        Writing the same one again changes nothing.
        """
        with self._unit(_NOT_NOTED) as connection:
            for one in noted:
                # A failed fsync can be reported for a row that is there: look before writing.
                row = find(connection, one.consent.request_id)
                if row is None:
                    insert_consent(connection, one)
                    write_sought(connection, one.consent.request_id)
                elif noted_of(row) == one:
                    touch(connection, one.consent.request_id)
                else:
                    raise OTHERWISE.trouble(_NOT_NOTED)

    def claim(self, request_id: str, at: Timestamp, *, after: int) -> Noted | None:
        """Make it `in_flight` and return it; None where it may not be sent, or was erased.

        `after`: how many facts it had when that was decided. None, too, where another has come since.
        That it is this opening's stands beside it until what came of it is written.
        """
        self.owner.hold(_NOT_CLAIMED)
        with self._unit(_NOT_CLAIMED) as connection:
            row, last = find(connection, request_id), last_fact(connection, request_id)
            if row is None or not row["body"] or last is None or not may_be_claimed(last):
                return None
            if count_facts(connection, request_id) != after:
                return None
            append_fact(connection, request_id, Fact(at=at, state=State.IN_FLIGHT))
            write_claim(connection, row["seq"], self.owner.id)
            return noted_of(row)

    def append(self, request_id: str, fact: Fact, *, after: int) -> bool:
        """Write what happened to a consent. Appending its last fact again changes nothing.

        `after`: how many facts it had when this was decided; False where another has come since, and nothing
        is written: what was read may be over, as where it is on its way by now. Only `claim` makes it
        `in_flight`; what may not follow its state (`LEGAL`) is trouble.
        """
        with self._unit(_NOT_APPENDED) as connection:
            last = last_fact(connection, request_id)
            if last == fact:
                touch(connection, request_id)
                return True
            if last is not None and count_facts(connection, request_id) != after:
                return False
            if last is None or fact.state not in LEGAL[last.state] - {State.IN_FLIGHT}:
                raise ILLEGAL.trouble(_NOT_APPENDED)
            end_claim(connection, request_id)
            append_fact(connection, request_id, fact)
            return True

    def give_up(self, request_id: str, states: Collection[State], fact: Fact) -> bool:
        """Write that it is not sent, if its state is one of `states`; False where it has gone on since.

        One step: what is given up was never under way, and nobody begins to send it meanwhile.
        """
        return self.give_up_all((request_id,), states, fact) == 1

    def give_up_all(self, request_ids: Collection[str], states: Collection[State], fact: Fact) -> int:
        """Write that none of these is sent whose state is one of `states`; return how many there were."""
        given_up = 0
        with self._unit(_NOT_GIVEN_UP) as connection:
            for request_id in request_ids:
                last = last_fact(connection, request_id)
                if last is None or last.state not in states:
                    continue
                if fact.state not in LEGAL[last.state] - {State.IN_FLIGHT}:
                    raise ILLEGAL.trouble(_NOT_GIVEN_UP)
                end_claim(connection, request_id)
                append_fact(connection, request_id, fact)
                given_up += 1
        return given_up

    def later_like(
        self, project_id: str, customer: CustomerId, category: str, after: Timestamp
    ) -> Iterator[Record]:
        """Those with a timestamp after `after`, whatever became of them; what was noted last comes first.

        Each is read when it is asked for.
        """
        rows = pages(
            self._reading,
            f"SELECT seq, request_id {LIKE} AND timestamp > ? AND seq > ? ORDER BY seq LIMIT ?",
            *like(Subject(project_id, customer, category)),
            after.micros,
        )
        return (self.record(row["request_id"]) for row in reversed([*rows]))

    def head(self) -> Head:
        """The journal's name, how many facts it holds, and its chain after the last one."""
        with self._reading() as connection:
            return head(connection)

    def has(self, request_id: str) -> bool:
        """Whether a consent was noted, whatever was said of its noting."""
        with self._reading() as connection:
            return find(connection, request_id) is not None

    def entry(self, request_id: str) -> Entry:
        """One consent as a line of the log."""
        with self._reading() as connection:
            row = connection.execute(f"{ENTRIES} WHERE consent.request_id = ?", (request_id,)).fetchone()
            if row is None:
                raise UNKNOWN.trouble(NOT_READ)
            return entry_of(row)

    def record(self, request_id: str) -> Record:
        """One consent with all its facts, the oldest first."""
        with self._reading() as connection:
            row = find(connection, request_id)
            if row is None:
                raise UNKNOWN.trouble(NOT_READ)
            noted = noted_of(row)
        rows = pages(
            self._reading,
            f"{FACTS} WHERE request_id = ? AND fact.seq > ? ORDER BY fact.seq LIMIT ?",
            request_id,
        )
        with told(NOT_READ):
            return Record(noted=noted, facts=tuple(fact_of(row) for row in rows))

    def is_abandoned(self, request_id: str) -> bool:
        """Whether a consent is in flight, and whoever sent it has not the journal open any more.

        So it is where nobody's name stands beside it: in a copy of the journal, in a backup, and after an
        older version.
        """
        row = self._claim_of(request_id)
        if row is None or row["owner"] == self.owner.id:
            return False
        return row["owner"] is None or is_gone(self._path, row["owner"])

    def is_own_flight(self, request_id: str) -> bool:
        """Whether a consent is in flight, and this very opening claimed it."""
        row = self._claim_of(request_id)
        return row is not None and row["owner"] == self.owner.id

    @property
    def is_shared(self) -> bool:
        """Whether another program has it open too."""
        return is_shared(self._path)

    def changed_elsewhere(self) -> bool:
        """Whether another program, or another opening, has written since this was asked last."""
        with self._reading() as connection:
            before, self._seen = self._seen, _version_of(connection)
            return self._seen != before

    def newest_fact(self) -> int:
        """The number of the last fact, 0 where there is none."""
        with self._reading() as connection:
            return int(connection.execute("SELECT coalesce(max(seq), 0) FROM fact").fetchone()[0])

    def touched_since(self, fact: int) -> tuple[tuple[str, ...], int]:
        """Of what consents there are facts after the one of this number, the first `queued` among them.

        And the number of the last one that was read: where it is another one, there may be more after it.
        """
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT seq, request_id FROM fact WHERE seq > ? ORDER BY seq LIMIT ?", (fact, PAGE)
            ).fetchall()
        return tuple({row["request_id"]: None for row in rows}), rows[-1]["seq"] if rows else fact

    def open_in(self, project_id: str) -> int:
        """How many consents of a project are in an open state."""
        with self._reading() as connection:
            count: int = connection.execute(
                "SELECT count(*) FROM standing JOIN consent USING (seq) "
                "WHERE state IN (SELECT value FROM json_each(?)) AND project_id = ?",
                (json.dumps(sorted(OPEN_STATES)), project_id),
            ).fetchone()[0]
            return count

    def consents_of(self, project_id: str, customer: CustomerId) -> tuple[str, ...]:
        """The request IDs of all consents of a customer, the oldest first; of an erased one none."""
        with self._reading() as connection:
            return find_consents(connection, project_id, customer)

    def evidence(self, request_ids: Collection[str]) -> FromJournal:
        """The rows of these consents, and where they stand in the chain."""
        with told(NOT_READ):
            return collect(self._reading, request_ids)

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copy the journal into an empty database. Raises sqlite3.Error of `target`, else JournalError."""
        with self._reading() as connection:
            connection.backup(target)

    def erase(self, project_id: str, customer: CustomerId, keyed: bytes, at: Timestamp) -> int:
        """Delete a customer's data, but `keyed`; return of how many consents. Raises where one is open."""
        with self._unit(NOT_ERASED) as connection:
            found = find_consents(connection, project_id, customer)
            for request_id in found:
                last = last_fact(connection, request_id)
                if last is not None and last.state in OPEN_STATES:
                    raise OPEN.trouble(NOT_ERASED)
                erase_consent(connection, request_id, keyed, at)
        return len(found)

    @property
    def mark_trouble(self) -> JournalError | None:
        """Why the mark lags behind, so that a cut end would not be found, if it does."""
        return self._marker.trouble

    def settle(self) -> None:
        """Bring the mark up to date now."""
        self._marker.settle()

    def close(self) -> None:
        """Close the file. Nothing else is called afterwards."""
        with self._lock, told(_NOT_CLOSED):
            try:
                self._marker.close()
                self._connection.close()
            finally:
                self.owner.release()

    @contextmanager
    def _unit(self, failure: Message) -> Iterator[sqlite3.Connection]:
        """Write all of it, or nothing. `failure` is what is said of the latter, a sentence with `{why}`."""
        with self._lock, told(failure, self._path.parent):
            with transaction(self._connection):
                yield self._connection
                here = head(self._connection)
            self._marker.follow(replace(here, installation=self._installation))

    def _claim_of(self, request_id: str) -> sqlite3.Row | None:
        """The `owner` of a consent that is in flight."""
        with self._reading() as connection:
            row: sqlite3.Row | None = connection.execute(
                "SELECT owner FROM standing JOIN consent USING (seq) LEFT JOIN claim USING (fact) "
                "WHERE request_id = ? AND state = ?",
                (request_id, State.IN_FLIGHT),
            ).fetchone()
        return row


def _version_of(connection: sqlite3.Connection) -> int:
    """A number that is another one once another connection has written."""
    found: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return found
