"""Save what can be read of a damaged journal into a new one. The damaged file is set aside, never deleted."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from consent_desk.domain.backup import Salvage
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.state import OPEN_STATES, Fact, State
from consent_desk.domain.message import say
from consent_desk.journal.errors import told
from consent_desk.journal.file import roll_back
from consent_desk.journal.head import Head, head_file, legible, read_head
from consent_desk.journal.identity import FROM_DAMAGED, put_in_place, saved_of
from consent_desk.journal.rows import append_fact, head, insert, insert_fact, last_fact
from consent_desk.journal.salvage.fragments import Row, Salvaged, assemble
from consent_desk.journal.salvage.pages import read_cells
from consent_desk.journal.schema import migrate
from consent_desk.journal.search import write_sought
from consent_desk.system.atomic_file import companion, replace_file, set_aside, sync_name
from consent_desk.system.clock import now as clock_now
from consent_desk.system.left_over import copy_of, unfinished_in

NOT_SALVAGED = say("journal", "Nothing was saved from the journal, and its file is left as it is: {why}.")
_NOT_IN_PLACE = say(
    "journal", "What can be read was saved, but does not stand in the journal's place yet: {why}."
)


def salvage(path: Path, *, installation: str = "", now: Callable[[], Timestamp] = clock_now) -> Salvage:
    """Put a new journal in the place of the one at `path`, which nobody has open. Raises JournalError."""
    with ExitStack() as ended:
        with told(NOT_SALVAGED):
            making = ended.enter_context(unfinished_in(path.parent))
            saved_as, rest_as = making / "saved", making / "rest"
            read = read_head(head_file(path))
            found = assemble(read_cells(_content(path)))
            at = now()
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                migrate(connection)
                written: set[tuple[str, int]] = set()
                saved = [each for each in found.consents if _write(connection, each, written)]
                facts = sum(table == "fact" for table, _ in written)
                restored = sum(_finish(connection, each, at) for each in saved)
                content, new_mark = connection.serialize(), head(connection)
            rest = [
                json.dumps({"table": table, **row}, default=bytes.hex)
                for table, rows in found.rows.items()
                for key, row in rows.items()
                if (table, key) not in written
            ]
            # Written before anything is renamed: a disk that is full leaves all as it is.
            replace_file(rest_as, "\n".join([*rest, ""]).encode())
            replace_file(saved_as, content)
        # Broken off in here, it is finished by the next opening.
        with told(_NOT_IN_PLACE):
            saved_as.replace(saved_of(path))
            sync_name(saved_of(path))
            damaged = set_aside(path, "damaged", at)
            if damaged is not None and rest:
                rest_as.rename(damaged.with_name(f"{damaged.name}.rest.jsonl"))
            put_in_place(path, replace(new_mark, installation=installation))
    # A number that was changed itself says nothing: there are no more of either than the mark knows of.
    mark = legible(read)
    least = 0 if mark is None else mark.facts
    most = least if isinstance(read, Head) else max(least, found.last_fact)
    return Salvage(
        damaged=damaged,
        consents=len(saved),
        consents_lost=max(0, min(found.last_consent, most) - len(saved)),
        facts=facts,
        facts_lost=max(0, most - facts),
        rest=len(rest),
        incomplete=sum(each.incomplete for each in saved),
        restored=restored,
    )


def _content(path: Path) -> bytes:
    """The file as it is once a broken-off transaction has been rolled back, where SQLite still can."""
    if not companion(path).exists():
        return path.read_bytes()
    with copy_of(path) as copy:
        with suppress(sqlite3.Error):
            roll_back(copy)
        return copy.read_bytes()


def _write(connection: sqlite3.Connection, saved: Salvaged, written: set[tuple[str, int]]) -> bool:
    """Write one consent with all that is left of it; False where the journal does not take it.

    Tables and old keys of what was taken are added to `written`.
    """
    if not saved.facts:
        return False
    (first, contents), *facts = saved.facts
    with _attempt(connection) as taken:
        insert(connection, "consent", saved.consent)
        if saved.personal is not None:
            insert(connection, "personal", saved.personal)
        _write_fact(connection, first, contents, saved.consent)
    if not taken:
        return False
    seq = saved.consent["seq"]
    written |= {("consent", seq), *([("personal", seq)] if saved.personal else [])}
    written |= {(table, first["seq"]) for table in (*contents, *(["fact"] if first["seq"] else []))}
    for fact, contents in facts:
        with _attempt(connection) as taken:
            _write_fact(connection, fact, contents, None)
        if taken:
            written |= {(table, fact["seq"]) for table in ("fact", *contents)}
    return True


def _write_fact(
    connection: sqlite3.Connection, fact: Row, contents: dict[str, Row], consent: Row | None
) -> None:
    # A real number without a fraction lies in the file as an integer.
    elapsed = None if fact.get("elapsed") is None else float(fact["elapsed"])
    seq = insert_fact(connection, {**fact, "elapsed": elapsed}, consent)
    for table, row in contents.items():
        insert(connection, table, {**row, "fact": seq})


@contextmanager
def _attempt(connection: sqlite3.Connection) -> Iterator[list[bool]]:
    """All of it or nothing; what is yielded holds something afterwards if the journal took it."""
    taken: list[bool] = []
    connection.execute("SAVEPOINT attempt")
    try:
        yield taken
        taken.append(True)
    except (sqlite3.IntegrityError, sqlite3.DataError):
        connection.execute("ROLLBACK TO attempt")
    finally:
        connection.execute("RELEASE attempt")


def _finish(connection: sqlite3.Connection, saved: Salvaged, at: Timestamp) -> bool:
    """Write down what the salvage has made of a consent; return whether it was open."""
    request_id = saved.consent["request_id"]
    last = last_fact(connection, request_id)
    if last is None:
        return False
    was_open = last.state in OPEN_STATES
    if was_open or saved.incomplete:
        fact = Fact(at=at, state=State.RESTORED if was_open else last.state, note=FROM_DAMAGED)
        append_fact(connection, request_id, fact, gone=b"" if saved.incomplete else None)
    write_sought(connection, request_id)
    return was_open
