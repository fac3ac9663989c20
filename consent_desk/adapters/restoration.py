"""Is this the journal that was left here? Where that is not sure, what is open may have gone out since."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from consent_desk.adapters.chain import genesis
from consent_desk.adapters.journal_file import ANOTHER, CUT, NOT_OPENED, REWRITTEN, Reason, told
from consent_desk.adapters.journal_rows import append_fact, head
from consent_desk.adapters.mark import Mark, advance_mark, create_mark, mark_of, read_mark
from consent_desk.domain.consent import Timestamp
from consent_desk.domain.delivery import OPEN_STATES, Fact, State

FROM_BACKUP = "restored from a backup"
FROM_DAMAGED = "saved from a damaged file"
_ELSEWHERE = "opened on another computer"
_UNMARKED = "opened without its mark"


def recognise(
    connection: sqlite3.Connection, path: Path, installation: str, now: Callable[[], Timestamp]
) -> int:
    """Compare a journal with its mark, and bring that up to date; return how many were restored.

    Every open consent gets the fact `restored` where the journal was carried here, or has no mark. Raises
    JournalDamaged where its end is missing, or it is not the journal that the mark belongs to.
    """
    with told(NOT_OPENED):
        mark = read_mark(mark_of(path))
        here = head(connection)
        if mark is not None and (wrong := mismatch(connection, mark)) is not None:
            raise wrong.trouble(NOT_OPENED)
        restored = 0
        if mark is None and here.facts:
            restored = restore_open(connection, now(), _UNMARKED)
        elif mark is not None and installation and mark.installation not in {"", installation}:
            restored = restore_open(connection, now(), _ELSEWHERE)
        now_here = replace(head(connection), installation=installation)
        if mark is None or mark.installation != installation:
            create_mark(mark_of(path), now_here)
        elif mark != now_here:
            advance_mark(mark_of(path), now_here)
        return restored


def mismatch(connection: sqlite3.Connection, mark: Mark) -> Reason | None:
    """Why `mark` cannot be one that this journal left behind: it must be its head, or an ancestor of it."""
    here = head(connection)
    if mark.journal != here.journal:
        return ANOTHER
    if mark.facts > here.facts:
        return CUT
    row = connection.execute("SELECT chain FROM fact WHERE seq = ?", (mark.facts,)).fetchone()
    chain = genesis(here.journal) if mark.facts == 0 else None if row is None else row["chain"]
    return None if chain is not None and chain.hex() == mark.head else REWRITTEN


def restore_open(connection: sqlite3.Connection, at: Timestamp, why: str) -> int:
    """Append `restored` to every open consent, all or none; return how many there are."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        rows = connection.execute(
            "SELECT request_id FROM standing JOIN consent USING (seq) "
            "WHERE state IN (SELECT value FROM json_each(?)) ORDER BY seq",
            (json.dumps(sorted(OPEN_STATES)),),
        ).fetchall()
        for row in rows:
            append_fact(connection, row["request_id"], Fact(at=at, state=State.RESTORED, note=why))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return len(rows)
