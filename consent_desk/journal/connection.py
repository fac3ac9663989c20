"""The one connection to the journal: everybody takes a turn at it, behind one lock (docs/decisions/004)."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock

from consent_desk.domain.errors import JournalTrouble
from consent_desk.journal.errors import told
from consent_desk.journal.head import Mark, advance_mark
from consent_desk.journal.rows import head
from consent_desk.journal.search import PAGE

NOT_READ = "The journal cannot be read: {why}."
_NOT_CLOSED = "The journal could not be closed: {why}."
_NOT_MARKED = "The journal is written, but the mark beside it is not: {why}."


class Turns:
    """Each unit of work is one transaction, after which `mark` follows. Its methods raise JournalTrouble.

    `mark_trouble` is why the mark lags behind, if it does.
    """

    def __init__(self, connection: sqlite3.Connection, mark: Path, installation: str) -> None:
        self.connection = connection
        self.mark_trouble: JournalTrouble | None = None
        self._lock = Lock()
        self._mark = mark
        self._installation = installation

    @contextmanager
    def unit(self, failure: str) -> Iterator[sqlite3.Connection]:
        """Write all of it, or nothing. `failure` is what is said of the latter, a sentence with `{why}`."""
        with self._lock, told(failure, self._mark.parent):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                here = head(self.connection)
                self.connection.execute("COMMIT")
            except BaseException:
                # After some failures SQLite has already rolled back by itself.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            self._advance(here)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read what is finished before the block ends."""
        with self._lock, told(NOT_READ, self._mark.parent):
            yield self.connection

    def pages(self, sql: str, *keys: str | int) -> Iterator[sqlite3.Row]:
        """All rows of a question that goes on after a `seq`, up to a limit: its last two values."""
        # Each page under the lock for itself: nobody who notes waits for a long list.
        after = 0
        while True:
            with self.reading() as connection:
                rows = connection.execute(sql, (*keys, after, PAGE)).fetchall()
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1]["seq"]

    def close(self) -> None:
        """Close the file. Nothing else is called afterwards."""
        with self._lock, told(_NOT_CLOSED):
            self.connection.close()

    def _advance(self, here: Mark) -> None:
        try:
            with told(_NOT_MARKED):
                advance_mark(self._mark, replace(here, installation=self._installation))
        except JournalTrouble as trouble:
            # What was written is written: to call that a failure would have it written twice.
            self.mark_trouble = trouble
        else:
            self.mark_trouble = None
