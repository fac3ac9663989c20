"""Search the journal, in a narrow table that is derived for it: `sought`.

That one is read from end to end, 200,000 rows in some 30 ms; an index of substrings would be faster still,
but keep pieces of what was erased.

Each question fetches at most one page, and is read to its end before anybody else's turn.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from typing import TypeAlias

from consent_desk.domain.lifecycle.state import CANCELLED_HERE, CHECKED
from consent_desk.domain.log_query import ALIKE, LogQuery, LogRow, folded
from consent_desk.journal.chain import Columns
from consent_desk.journal.rows import entry_of, find

PAGE = 500
"""The most rows that one read fetches."""

Reading: TypeAlias = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""A way to the journal for one short read."""

Values = list[str | int]

_CHECKED = ", ".join(f"'{note}'" for note in sorted(CHECKED))
TO_ACKNOWLEDGE = f"""(
    standing.state = 'discarded' AND EXISTS (
        SELECT 1 FROM remark WHERE remark.fact = standing.fact AND remark.text = '{CANCELLED_HERE}'
    )
    OR standing.state IN ('new_profile', 'no_category') AND NOT EXISTS (
        SELECT 1 FROM remark WHERE remark.fact = standing.fact AND remark.text IN ({_CHECKED})
    ) AND EXISTS (
        SELECT 1 FROM personal WHERE personal.seq = standing.seq AND NOT coalesce(
            json_extract(context, iif(standing.state = 'new_profile', '$.is_new_profile', '$.listed'))
            IS (standing.state = 'new_profile'), 0
        )
    )
)"""  # noqa: S608 - our own words
"""The condition for the rows of `standing` that wait for a person's word: cancelled, or to be checked."""

WAITING_FOR_A_WORD = (
    "SELECT standing.seq, request_id FROM standing JOIN consent USING (seq) "  # noqa: S608 - our own names
    f"JOIN personal USING (seq) WHERE {TO_ACKNOWLEDGE} AND standing.seq > ? ORDER BY standing.seq LIMIT ?"
)
"""The question for the request IDs of those."""


def pages(reading: Reading, question: str, *values: str | int, after: int = 0) -> Iterator[sqlite3.Row]:
    """All rows of a question that goes on after a `seq`, up to a limit: its last two values."""
    while True:
        # Each page for itself: nobody who notes waits for a long list.
        with reading() as connection:
            rows = connection.execute(question, (*values, after, PAGE)).fetchall()
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1]["seq"]


def sought_of(row: Columns) -> str:
    """The text in which a consent is searched for, of a row of `noted`."""
    return folded("\n".join((row["customer_id"], row["ticket"], row["category"], row["project_name"])))


def write_sought(connection: sqlite3.Connection, request_id: str) -> None:
    """Let a consent be found by what is known of it now. The caller holds the transaction."""
    row = find(connection, request_id)
    if row is not None:
        connection.execute(
            "INSERT OR REPLACE INTO sought (seq, text, noted_at) VALUES (?, ?, ?)",
            (row["seq"], sought_of(row), row["noted_at"]),
        )


def find_page(
    connection: sqlite3.Connection, query: LogQuery, after: int | None, skip: int, most: int
) -> tuple[LogRow, ...]:
    """At most `most` lines that follow the number `after`, the first `skip` of them left out."""
    table, conditions, values = _question(query)
    if after is not None:
        conditions.append(f"seq {'>' if query.oldest_first else '<'} ?")
        values.append(after)
    order = "ASC" if query.oldest_first else "DESC"
    where = " AND ".join(conditions) or "true"
    seqs = f"SELECT seq FROM {table} WHERE {where} ORDER BY seq {order} LIMIT ? OFFSET ?"  # noqa: S608 - our own names
    numbers = [row["seq"] for row in connection.execute(seqs, (*values, min(most, PAGE), skip)).fetchall()]
    return _lines(connection, numbers)


def count(connection: sqlite3.Connection, query: LogQuery) -> int:
    """How many lines there are."""
    table, conditions, values = _question(query)
    where = " AND ".join(conditions) or "true"
    found: int = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}", values).fetchone()[0]  # noqa: S608 - our own names
    return found


def find_those(
    connection: sqlite3.Connection, query: LogQuery, request_ids: Collection[str]
) -> tuple[LogRow, ...]:
    """Those of the consents `request_ids` (one page at most) that the query asks for, the oldest first."""
    table, conditions, values = _question(query)
    conditions.append("seq IN (SELECT seq FROM consent WHERE request_id IN (SELECT value FROM json_each(?)))")
    where = " AND ".join(conditions)
    rows = connection.execute(
        f"SELECT seq FROM {table} WHERE {where} ORDER BY seq LIMIT ?",  # noqa: S608 - our own names
        (*values, json.dumps([*request_ids]), PAGE),
    ).fetchall()
    return _lines(connection, [row["seq"] for row in rows])


def _question(query: LogQuery) -> tuple[str, list[str], Values]:
    """The tables, conditions and values of a question. Their order is said: SQLite knows no frequencies."""
    conditions: list[str] = []
    values: Values = []
    if query.states:
        in_states = f"state IN ({', '.join('?' * len(query.states))})"
        conditions.append(f"({in_states} OR {TO_ACKNOWLEDGE})" if query.to_acknowledge else in_states)
        values += sorted(str(state) for state in query.states)
    for word in query.words:
        text = "text"
        for one, other in ALIKE:
            # Only where the word holds it: each replacement is one more pass over the table.
            text = f"replace({text}, '{one}', '{other}')" if other in word else text
        conditions.append(f"instr({text}, ?) > 0")
        values.append(word)
    for limit, condition in ((query.since, "noted_at >= ?"), (query.until, "noted_at < ?")):
        if limit is not None:
            conditions.append(condition)
            values.append(limit.micros)
    if len(conditions) <= bool(query.states):
        return "standing", conditions, values
    return ("standing CROSS JOIN sought USING (seq)" if query.states else "sought"), conditions, values


def _lines(connection: sqlite3.Connection, seqs: list[int]) -> tuple[LogRow, ...]:
    rows = connection.execute(
        "SELECT * FROM entry WHERE seq IN (SELECT value FROM json_each(?))", (json.dumps(seqs),)
    ).fetchall()
    by_seq = {row["seq"]: LogRow(row["seq"], entry_of(row)) for row in rows}
    return tuple(by_seq[seq] for seq in seqs)
