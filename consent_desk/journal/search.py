"""Search the journal: what people type, in a narrow table that is derived for it, and what delivery asks.

`sought` is read from end to end, 200,000 rows in some 30 ms; an index of substrings would be faster still,
but keep pieces of what was erased. What delivery asks is found by an index: of one customer, or of one state.

Each question fetches at most one page, and is read to its end before anybody else's turn.
Long because whatever is asked of many rows stands here, with the conditions that they share.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from consent_desk.domain.consent.action import BOTH, Action
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.lifecycle.record import Decision, Subject
from consent_desk.domain.lifecycle.state import (
    CANCELLED_HERE,
    CHECKED,
    DISMISSED,
    IS_RIGHT,
    UNSENT_STATES,
    State,
)
from consent_desk.domain.log_query import ALIKE, LogQuery, LogRow, Which, folded
from consent_desk.domain.message import say
from consent_desk.domain.wire.outcome import SPEAKS_AGAINST
from consent_desk.journal.chain import Columns
from consent_desk.journal.errors import told
from consent_desk.journal.rows import entry_of, find

NOT_READ = say("journal", "The journal cannot be read: {why}.")

PAGE = 500
"""The most rows that one read fetches."""

Reading: TypeAlias = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""A way to the journal for one short read."""

Values = list[str | int]

_CHECKED = ", ".join(f"'{note}'" for note in sorted(CHECKED))
_CANCELLED = f"""(standing.state = 'discarded' AND EXISTS (
    SELECT 1 FROM remark WHERE remark.fact = standing.fact AND remark.text = '{CANCELLED_HERE}'
))"""  # noqa: S608 - our own words
TO_ACKNOWLEDGE = f"""(
    {_CANCELLED}
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

LIKE = (
    "FROM personal CROSS JOIN consent USING (seq) CROSS JOIN standing USING (seq) "
    "WHERE customer_id = ? AND customer_id_type = ? AND project_id = ? AND category = ?"
)
"""The decisions about one customer and category, found by the customer whatever else is asked."""

_THOSE = "standing.seq IN (SELECT seq FROM consent WHERE request_id IN (SELECT value FROM json_each(?)))"
_OVERTAKEN = """EXISTS (
    SELECT 1 FROM consent AS own JOIN personal AS mine ON mine.seq = own.seq
        CROSS JOIN personal AS theirs ON theirs.customer_id = mine.customer_id
        JOIN consent AS other ON other.seq = theirs.seq JOIN standing AS stands ON stands.seq = theirs.seq
    WHERE own.seq = standing.seq AND theirs.customer_id_type = mine.customer_id_type
        AND other.project_id = own.project_id AND other.category = own.category
        AND other.timestamp > own.timestamp AND stands.state <> 'discarded'
)"""
_SPEAKS_AGAINST = ", ".join(f"'{reason}'" for reason in sorted(SPEAKS_AGAINST))
# As `record.is_overruled`.
_OVERRULED = f"""EXISTS (
    SELECT 1 FROM fact JOIN consent ON consent.request_id = fact.request_id
    WHERE fact.seq = standing.fact AND fact.outcome = 'look' AND json_extract(fact.look, '$.seen') AND (
        json_extract(fact.look, '$.reason') IN ({_SPEAKS_AGAINST})
        OR json_extract(fact.look, '$.valid') = (consent.action = 'reject')
    )
)"""  # noqa: S608 - our own words
_DISMISSED = f"EXISTS (SELECT 1 FROM remark WHERE remark.fact = standing.fact AND text = '{DISMISSED}')"  # noqa: S608
# Whoever was asked before it left has not said so of what Engagement shows: until then it is not verified.
_RIGHT = f"EXISTS (SELECT 1 FROM remark WHERE remark.fact = standing.fact AND text = '{IS_RIGHT}')"  # noqa: S608
# None that is verified is gone through: they are nearly all.
_UNSETTLED = "state IN ({})".format(
    ", ".join(f"'{state}'" for state in sorted(set(State) - {State.VERIFIED}))
)
_OF = {
    Which.NEEDS_YOU: (
        f"{_UNSETTLED} AND ({_THOSE} OR {_CANCELLED} "
        f"OR (state IN ('new_profile', 'no_category') AND NOT {_RIGHT}) "
        f"OR (state IN ('refused', 'contradicted') AND NOT {_DISMISSED} AND NOT {_OVERTAKEN}) "
        f"OR (state = 'seen' AND {_OVERRULED} AND NOT {_THOSE} AND NOT {_OVERTAKEN}))"
    ),
    Which.WAITING: (
        # What is to be checked waits for a person, however long it is looked up.
        f"{_UNSETTLED} AND (state IN ('queued', 'retry_wait', 'in_flight', 'unconfirmed', 'not_seen', "
        f"'restored') AND NOT {_THOSE} OR state NOT IN ('new_profile', 'no_category') AND {_THOSE})"
    ),
}
"""The condition for each list. It is given those that somebody is asked about, then those looked up still."""

_UNSENT = ", ".join(f"'{state}'" for state in sorted(UNSENT_STATES))
# What `may_have_left` asks the facts, wide enough to leave none out.
_MAY_HAVE_LEFT = """EXISTS (
    SELECT 1 FROM fact WHERE fact.request_id = consent.request_id AND (
        fact.state IN ('restored', 'delivered', 'unconfirmed')
        OR fact.outcome = 'look' AND json_extract(fact.look, '$.seen')
    )
)"""
_ENTRIES = (
    "SELECT entry.*, consent.valid_until, "  # noqa: S608 - our own words
    f"entry.state = 'discarded' AND {_MAY_HAVE_LEFT} AS may_have_left{{more}} "
    "FROM entry JOIN consent ON consent.seq = entry.seq"
)
ENTRIES = _ENTRIES.format(more="")
"""The question for rows that `entry_of` reads."""

# Of one customer there are few lines; of a test's, perhaps all.
_CORRECTIONS = """,
    CASE WHEN instr(context, '"corrects"') THEN
        (SELECT noted_at FROM consent WHERE request_id = json_extract(context, '$.corrects'))
    END AS corrects,
    EXISTS (
        SELECT 1 FROM (
            SELECT context AS later FROM personal CROSS JOIN standing USING (seq)
            WHERE standing.state <> 'discarded' AND personal.customer_id = entry.customer_id
                AND personal.customer_id_type = entry.customer_id_type AND personal.seq > entry.seq
            ORDER BY personal.seq LIMIT 50
        ) WHERE instr(later, '"corrects":"' || entry.request_id)
    ) AS corrected
"""
_LINES = _ENTRIES.format(more=_CORRECTIONS)
_ALIKE = (
    f"SELECT seq, request_id, action, timestamp, noted_at, state {LIKE} "  # noqa: S608 - our own words
    "AND state IN (SELECT value FROM json_each(?)) AND action IN (SELECT value FROM json_each(?)) "
    f"AND timestamp > ? AND (state <> 'discarded' OR {_MAY_HAVE_LEFT}) AND seq > ? ORDER BY seq LIMIT ?"
)
_LAST_ALIKE = (
    f"SELECT max(timestamp) {LIKE} AND timestamp > ? AND state <> 'discarded' "
    f"AND (? OR action = 'reject' OR state NOT IN ({_UNSENT}))"
)
_LAST_BEFORE = f"SELECT max(timestamp) {LIKE} AND timestamp < ?"
_IN = (
    "SELECT standing.seq, request_id FROM standing JOIN consent USING (seq) JOIN personal USING (seq) "
    "WHERE state = ? AND standing.seq > ? ORDER BY standing.seq LIMIT ?"
)
_RESTS = f"(state = 'discarded' AND NOT {_MAY_HAVE_LEFT})"
_PAGE_IN = (
    f"SELECT standing.seq, request_id, action, {TO_ACKNOWLEDGE} AS waits, {{rests}} AS rests "  # noqa: S608 - our own words
    "FROM standing CROSS JOIN consent USING (seq) CROSS JOIN personal USING (seq) "
    "WHERE state = ? AND standing.seq {than} ? ORDER BY standing.seq {order} LIMIT ?"
)
_OPT_INS_BESIDE_OPT_OUTS = """
SELECT standing.seq, request_id
FROM standing CROSS JOIN consent USING (seq) CROSS JOIN personal USING (seq)
WHERE state = ? AND action = 'accept' AND EXISTS (
    SELECT 1 FROM personal AS theirs CROSS JOIN consent AS other USING (seq)
    WHERE theirs.customer_id = personal.customer_id AND theirs.customer_id_type = personal.customer_id_type
        AND other.project_id = consent.project_id AND other.category = consent.category
        AND other.action = 'reject'
) AND standing.seq > ? ORDER BY standing.seq LIMIT ?
""".strip()
_LAST = 2**63 - 1
"""The largest number that SQLite keeps."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A consent of one state; `waits`: for a person's word, as it was cancelled or is to be checked.

    `rests`: it was given up before it left. That is asked of the newest first alone.
    """

    seq: int
    request_id: str
    action: Action
    waits: bool
    rests: bool = False


class JournalSearch:
    """What an open journal is asked about many of its consents.

    Every method raises JournalError where it fails. May be called from any thread; calls take their turns.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._lock = Lock()

    def records_in(self, states: Collection[State]) -> tuple[str, ...]:
        """The request IDs of all consents in one of `states`, the oldest first; of erased ones none."""
        # By state, and not all at once: so each page is found by an index, in its order.
        found = {
            row["seq"]: row["request_id"] for state in states for row in pages(self._reading, _IN, state)
        }
        return tuple(found[seq] for seq in sorted(found))

    def page_in(
        self, state: State, past: int | None = None, *, newest_first: bool = False
    ) -> tuple[Listed, ...]:
        """At most 500 of those in one state, the oldest first: those that follow the number `past`."""
        than, order, rests, start = ("<", "DESC", _RESTS, _LAST) if newest_first else (">", "ASC", "0", 0)
        question = _PAGE_IN.format(than=than, order=order, rests=rests)
        with self._reading() as connection:
            rows = connection.execute(question, (state, start if past is None else past, PAGE)).fetchall()
        return tuple(
            Listed(
                seq=row["seq"],
                request_id=row["request_id"],
                action=Action(row["action"]),
                waits=bool(row["waits"]),
                rests=bool(row["rests"]),
            )
            for row in rows
        )

    def opt_ins_beside_opt_outs(self) -> tuple[str, ...]:
        """The opt-ins that have not left and stand beside an opt-out of their customer and category."""
        return tuple(
            row["request_id"]
            for state in sorted(UNSENT_STATES)
            for row in pages(self._reading, _OPT_INS_BESIDE_OPT_OUTS, state)
        )

    def alike(
        self,
        subject: Subject,
        states: Collection[State],
        actions: Collection[Action] = BOTH,
        after: Timestamp | None = None,
    ) -> tuple[Decision, ...]:
        """The decisions of `actions` about one subject in `states`, the oldest noted first.

        With a timestamp after `after`; of what is discarded only what may have left before.
        """
        among = json.dumps(sorted(states)), json.dumps(sorted(actions))
        rows = pages(self._reading, _ALIKE, *like(subject), *among, 0 if after is None else after.micros)
        with told(NOT_READ):
            return tuple(
                Decision(
                    seq=row["seq"],
                    request_id=row["request_id"],
                    action=Action(row["action"]),
                    timestamp=Timestamp(row["timestamp"]),
                    noted_at=Timestamp(row["noted_at"]),
                    state=State(row["state"]),
                )
                for row in rows
            )

    def first_alike(self, subject: Subject, states: Collection[State], action: Action) -> str | None:
        """The request ID of the first of those of `action` in `states`; None where there is none."""
        values = (*like(subject), json.dumps(sorted(states)), json.dumps([action]), 0, 0, 1)
        with self._reading() as connection:
            row = connection.execute(_ALIKE, values).fetchone()
            return None if row is None else row["request_id"]

    def last_alike(self, subject: Subject, after: Timestamp, *, waiting: bool) -> Timestamp | None:
        """The latest timestamp after `after` of what is not discarded; None where there is none.

        Without `waiting` no opt-in counts that has not left.
        """
        return self._latest(_LAST_ALIKE, *like(subject), after.micros, waiting)

    def last_timestamp(
        self, project_id: str, customer: CustomerId, category: str, before: Timestamp | None = None
    ) -> Timestamp | None:
        """The latest timestamp noted for one customer and category, whatever became of it.

        With `before`, of those that are earlier than it.
        """
        until = _LAST if before is None else before.micros
        return self._latest(_LAST_BEFORE, *like(Subject(project_id, customer, category)), until)

    def page(
        self, query: LogQuery, after: int | None = None, *, skip: int = 0, most: int = PAGE
    ) -> tuple[LogRow, ...]:
        """At most `most` lines (500 at most) that follow the number `after`, the first `skip` left out."""
        table, conditions, values = _question(query)
        if after is not None:
            conditions.append(f"seq {'>' if query.oldest_first else '<'} ?")
            values.append(after)
        order = "ASC" if query.oldest_first else "DESC"
        where = " AND ".join(conditions) or "true"
        seqs = f"SELECT seq FROM {table} WHERE {where} ORDER BY seq {order} LIMIT ? OFFSET ?"  # noqa: S608 - our own names
        with self._reading() as connection:
            return _lines(connection, seqs, (*values, min(most, PAGE), skip))

    def count(self, query: LogQuery) -> int:
        """How many lines there are."""
        table, conditions, values = _question(query)
        where = " AND ".join(conditions) or "true"
        with self._reading() as connection:
            found: int = connection.execute(
                f"SELECT count(*) FROM {table} WHERE {where}",  # noqa: S608 - our own names
                values,
            ).fetchone()[0]
            return found

    def those(self, query: LogQuery, request_ids: Collection[str]) -> tuple[LogRow, ...]:
        """Those of some consents that the query asks for, the oldest first."""
        table, conditions, values = _question(query)
        conditions.append(
            "seq IN (SELECT seq FROM consent WHERE request_id IN (SELECT value FROM json_each(?)))"
        )
        seqs = f"SELECT seq FROM {table} WHERE {' AND '.join(conditions)} ORDER BY seq LIMIT ?"  # noqa: S608 - our own names
        asked = [*request_ids]
        found: list[LogRow] = []
        for start in range(0, len(asked), PAGE):
            with self._reading() as connection:
                these = json.dumps(asked[start : start + PAGE])
                found += _lines(connection, seqs, (*values, these, PAGE))
        return tuple(sorted(found, key=lambda row: row.seq))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Read what is finished before the block ends."""
        with self._lock, told(NOT_READ, self._path.parent):
            yield self._connection

    def _latest(self, question: str, *values: str | int) -> Timestamp | None:
        with self._reading() as connection:
            last = connection.execute(question, values).fetchone()[0]
            return None if last is None else Timestamp(last)


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


def like(subject: Subject) -> tuple[str, str, str, str]:
    """The values that `LIKE` asks for."""
    project_id, customer, category = subject
    return customer.value, customer.type, project_id, category


def _question(query: LogQuery) -> tuple[str, list[str], Values]:
    """The tables, conditions and values of a question. Their order is said: SQLite knows no frequencies."""
    conditions: list[str] = []
    values: Values = []
    if query.states:
        conditions.append(f"state IN ({', '.join('?' * len(query.states))})")
        values += sorted(str(state) for state in query.states)
    if query.which is not Which.ALL:
        conditions.append(_OF[query.which])
        values += [json.dumps(sorted(query.asked)), json.dumps(sorted(query.looked_up))]
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
    if len(conditions) <= bool(query.states) + (query.which is not Which.ALL):
        return "standing", conditions, values
    return ("standing CROSS JOIN sought USING (seq)" if query.is_narrow else "sought"), conditions, values


def _lines(
    connection: sqlite3.Connection, question: str, values: tuple[str | int, ...]
) -> tuple[LogRow, ...]:
    """The lines whose numbers are the answer, in their order."""
    seqs = [row["seq"] for row in connection.execute(question, values).fetchall()]
    rows = connection.execute(
        f"{_LINES} WHERE consent.seq IN (SELECT value FROM json_each(?))",  # noqa: S608 - our own words
        (json.dumps(seqs),),
    ).fetchall()
    by_seq = {row["seq"]: _line_of(row) for row in rows}
    return tuple(by_seq[seq] for seq in seqs)


def _line_of(row: sqlite3.Row) -> LogRow:
    corrects = None if row["corrects"] is None else Timestamp(row["corrects"])
    return LogRow(row["seq"], entry_of(row), corrects, bool(row["corrected"]))
