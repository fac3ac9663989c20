"""The journal: every consent and everything that happened to it, in one SQLite file.

One connection behind one lock; every unit of work is one transaction; a read fetches at most 500 rows
and finishes at once, because an open reader blocks every commit (docs/decisions/004).
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Self

from consent_desk.adapters.journal_file import Reason, open_file, told
from consent_desk.adapters.journal_rows import (
    append_fact,
    entry_of,
    fact_of,
    find,
    insert_consent,
    noted_of,
    standing,
)
from consent_desk.domain.consent import CustomerId, Timestamp
from consent_desk.domain.delivery import OPEN_STATES, SENDABLE_STATES, State
from consent_desk.domain.message import say
from consent_desk.domain.record import Entry, Fact, Noted, Record

PAGE = 500
"""The most rows that one read fetches."""

_NOT_NOTED = "The decision is not noted: {why}."
_NOT_CLAIMED = "Nothing was sent, because that could not be noted first: {why}."
_NOT_SETTLED = "What came of the call could not be written down: {why}."
_NOT_READ = "The journal cannot be read: {why}."
_NOT_CLOSED = "The journal could not be closed: {why}."

_OTHERWISE = Reason(say("another decision bears its request ID"), say("Enter the decision again."))
_NOT_IN_FLIGHT = Reason(say("the journal knows of no such call"), say("Tell your administrator."))
_UNKNOWN = Reason(say("the consent is not in it"), say("Start the program again."))


class SqliteJournal:
    """Fits `services.outbox.Journal`. May be called from any thread; calls take their turns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the journal at `path`, in a folder that exists; where there is nothing, one is made, 0600.

        Raises JournalTrouble; a file that is not a good journal of ours is left as it is.
        """
        return cls(open_file(path))

    def note(self, noted: Noted) -> None:
        """Write `noted` with its first fact, `queued`. Writing the same one again changes nothing."""
        with self._unit(_NOT_NOTED) as connection:
            # A failed fsync can be reported for a row that is there: look before writing.
            row = find(connection, noted.consent.request_id)
            if row is None:
                insert_consent(connection, noted)
            elif noted_of(row) == noted:
                # Its own commit may not have reached the disk. This one writes, and so does.
                connection.execute("UPDATE standing SET state = state WHERE seq = ?", (row["seq"],))
            else:
                raise _OTHERWISE.trouble(_NOT_NOTED)

    def claim(self, request_id: str, at: Timestamp) -> Noted | None:
        """Make it `in_flight` and return it; None where it may not be sent, or was erased."""
        with self._unit(_NOT_CLAIMED) as connection:
            row = find(connection, request_id)
            if row is None or not row["body"] or standing(connection, request_id) not in SENDABLE_STATES:
                return None
            append_fact(connection, request_id, Fact(at=at, state=State.IN_FLIGHT))
            return noted_of(row)

    def settle(self, request_id: str, fact: Fact) -> None:
        """Append `fact` to a consent in flight."""
        with self._unit(_NOT_SETTLED) as connection:
            if standing(connection, request_id) is not State.IN_FLIGHT:
                raise _NOT_IN_FLIGHT.trouble(_NOT_SETTLED)
            append_fact(connection, request_id, fact)

    def in_state(self, state: State) -> tuple[str, ...]:
        """The request IDs of all consents in `state`, the oldest first."""
        rows = self._pages(
            "SELECT seq, request_id FROM standing JOIN consent USING (seq) "
            "WHERE state = ? AND seq > ? ORDER BY seq LIMIT ?",
            state,
        )
        return tuple(row["request_id"] for row in rows)

    def last_in_second(
        self, project_id: str, customer: CustomerId, category: str, at: Timestamp
    ) -> Timestamp | None:
        """The latest timestamp in the second of `at` that was noted for one customer and category."""
        second = at.micros // 1_000_000 * 1_000_000
        with self._reading() as connection:
            last = connection.execute(
                "SELECT max(timestamp) FROM personal JOIN consent USING (seq) WHERE customer_id = ? "
                "AND customer_id_type = ? AND project_id = ? AND category = ? AND timestamp BETWEEN ? AND ?",
                (customer.value, customer.type, project_id, category, second, second + 999_999),
            ).fetchone()[0]
            return None if last is None else Timestamp(last)

    def latest(self, most: int) -> tuple[Entry, ...]:
        """The last `most` consents noted (500 at most), the newest first."""
        with self._reading() as connection:
            rows = connection.execute("SELECT * FROM entry ORDER BY seq DESC LIMIT ?", (min(most, PAGE),))
            return tuple(entry_of(row) for row in rows.fetchall())

    def entry(self, request_id: str) -> Entry:
        """One consent as a line of the log."""
        with self._reading() as connection:
            row = connection.execute("SELECT * FROM entry WHERE request_id = ?", (request_id,)).fetchone()
            if row is None:
                raise _UNKNOWN.trouble(_NOT_READ)
            return entry_of(row)

    def record(self, request_id: str) -> Record:
        """One consent with all its facts, the oldest first."""
        with self._reading() as connection:
            row = find(connection, request_id)
            if row is None:
                raise _UNKNOWN.trouble(_NOT_READ)
            noted = noted_of(row)
        rows = self._pages(
            "SELECT fact.*, headers, body FROM fact LEFT JOIN answer ON answer.fact = fact.seq "
            "WHERE request_id = ? AND fact.seq > ? ORDER BY fact.seq LIMIT ?",
            request_id,
        )
        with told(_NOT_READ):
            return Record(noted=noted, facts=tuple(fact_of(row) for row in rows))

    def open_in(self, project_id: str) -> int:
        """How many consents of a project are in an open state."""
        with self._reading() as connection:
            count: int = connection.execute(
                "SELECT count(*) FROM standing JOIN consent USING (seq) "
                "WHERE state IN (SELECT value FROM json_each(?)) AND project_id = ?",
                (json.dumps(sorted(OPEN_STATES)), project_id),
            ).fetchone()[0]
            return count

    def close(self) -> None:
        """Close the file. Nothing else is called afterwards."""
        with self._lock, told(_NOT_CLOSED):
            self._connection.close()

    @contextmanager
    def _unit(self, failure: str) -> Iterator[sqlite3.Connection]:
        with self._lock, told(failure):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # After some failures SQLite has already rolled back by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told(_NOT_READ):
            yield self._connection

    def _pages(self, sql: str, key: str) -> Iterator[sqlite3.Row]:
        # Each page under the lock for itself: nobody who notes waits for a long list.
        after = 0
        while True:
            with self._reading() as connection:
                rows = connection.execute(sql, (key, after, PAGE)).fetchall()
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1]["seq"]
