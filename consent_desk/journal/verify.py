"""Is a journal still what was written? Every row is checked, and nothing is changed.

Found is damage, and whatever was changed without doing over again all that follows from it. Not found is what
somebody does who can write both the journal and its mark, and makes all hashes anew: against that only a
head that is kept elsewhere helps, in a backup or an export.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

from consent_desk.domain.errors import JournalDamagedError, JournalError
from consent_desk.domain.message import Message, say
from consent_desk.journal.chain import COLUMNS, digest, genesis, link
from consent_desk.journal.errors import FOREIGN, NEWER, told
from consent_desk.journal.file import MAGIC, is_hot, read_header, reading, rolled_back
from consent_desk.journal.head import Head, Spoilt, head_file, read_head
from consent_desk.journal.identity import mismatch
from consent_desk.journal.rows import CONTENTS, FIRST_OF_CONSENT, content_sha256, named
from consent_desk.journal.schema import APPLICATION_ID, STEPS, VERSION, migrate, version
from consent_desk.journal.search import pages, sought_of

_NOT_CHECKED = say("journal", "The journal cannot be checked: {why}.")


class Verdict(IntEnum):
    """What the check came to; the numbers are exit statuses."""

    SOUND = 0
    WRONG = 1
    UNREADABLE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found. `why` names the first thing that is wrong, or says why nothing could be checked.

    `facts` were in order; `head` is the chain after the last one (hexadecimal) of a sound journal.
    `interrupted`: a transaction was broken off. A copy was checked, in which it is rolled back, as
    the next start will do.
    """

    verdict: Verdict
    why: Message | None = None
    consents: int = 0
    facts: int = 0
    head: str = ""
    interrupted: bool = False


class WrongError(Exception):
    """The first thing that is wrong."""

    def __init__(self, why: Message) -> None:
        super().__init__(why)
        self.why = why


def verify(path: Path, mark: Path | None = None) -> Verification:
    """Check the journal at `path` against itself and against its mark: beside it, if none is named.

    For a process of its own, or a file that this process has not open: reading the header drops its locks.
    """
    mark = head_file(path) if mark is None else mark
    try:
        with told(_NOT_CHECKED, path.parent):
            try:
                if read_header(path).startswith(MAGIC) or not is_hot(path):
                    return _verify(path, read_head(mark))
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname != "SQLITE_READONLY_ROLLBACK":
                    raise
            with rolled_back(path) as copy:
                return replace(_verify(copy, read_head(mark)), interrupted=True)
    except JournalDamagedError as damaged:
        return Verification(verdict=Verdict.WRONG, why=damaged.title)
    except JournalError as trouble:
        return Verification(verdict=Verdict.UNREADABLE, why=trouble.title)


def _verify(path: Path, mark: Head | Spoilt | None) -> Verification:
    header = read_header(path)
    # Version 1 of reading and writing is no WAL; no vacuuming by itself; UTF-8.
    sound = header.startswith(MAGIC) and len(header) == 100
    if not sound or (header[18:20], header[52:60]) != (b"\1\1", bytes(7) + b"\1"):
        return Verification(
            verdict=Verdict.WRONG, why=say("journal", "The file is empty, or its header is no journal's.")
        )
    with reading(path) as connection:
        # Changed bytes may be no UTF-8: they are to be found, and not to stop the search.
        connection.text_factory = lambda octets: octets.decode("utf-8", "surrogateescape")
        check = _Check(connection)
        try:
            check.run(mark)
        except WrongError as wrong:
            why = wrong.why
        except (TypeError, AttributeError, ValueError):
            why = say(
                "journal", "Fact {fact} is the first that is wrong: no journal holds such values."
            ).format(fact=check.facts + 1)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname.split("_")[1] not in {"CORRUPT", "NOTADB"}:
                raise
            why = say("journal", "The file is damaged: it cannot be read beyond fact {fact}.").format(
                fact=check.facts
            )
        else:
            return Verification(
                verdict=Verdict.SOUND, consents=check.consents, facts=check.facts, head=check.chain.hex()
            )
        return Verification(verdict=Verdict.WRONG, why=why, facts=check.facts)


class _Check:
    """One run over a journal. Raises `WrongError` at the first thing that is wrong."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._reading = lambda: nullcontext(connection)
        self.facts = 0
        self.consents = 0
        self.chain = b""

    def run(self, mark: Head | Spoilt | None) -> None:
        """Rows first: they say more of what is wrong than the file's structure does."""
        self._schema()
        self._names()
        for fact in self._all_facts():
            self._fact(fact)
            self.facts += 1
        self._derived()
        self._structure()
        if mark is None:
            raise WrongError(
                say(
                    "journal",
                    "All {facts} facts are sound, but there is no check file (.mark) beside it: "
                    "nobody can tell whether its end was cut off.",
                ).format(
                    facts=self.facts,
                )
            )
        if (reason := mismatch(self._connection, mark)) is not None:
            raise WrongError(
                say("journal", "The journal and its check file do not agree: {why}.").format(why=reason.why)
            )

    def _schema(self) -> None:
        if self._one("PRAGMA application_id") != APPLICATION_ID:
            raise FOREIGN.trouble(_NOT_CHECKED)
        steps = version(self._connection)
        if steps > VERSION:
            raise NEWER.trouble(_NOT_CHECKED)
        wish, here = _schema_after(steps), _schema_in(self._connection)
        for name in sorted({*wish, *here}):
            if wish.get(name) != here.get(name):
                raise WrongError(
                    say("journal", "The schema is not that of a journal: {name} differs.").format(name=name)
                )

    def _names(self) -> None:
        rows = self._connection.execute("SELECT id, uuid FROM journal LIMIT 2").fetchall()
        if len(rows) != 1:
            raise WrongError(say("journal", "The journal has lost its name."))
        self.chain = genesis(rows[0]["uuid"])

    def _all_facts(self) -> Iterator[sqlite3.Row]:
        # Page by page, each read to its end: who notes meanwhile does not wait for the whole.
        last = self._one("SELECT coalesce(max(seq), 0) FROM fact")
        question = _FACTS if version(self._connection) >= VERSION else _FACTS_1
        return pages(self._reading, question, last)

    def _fact(self, fact: sqlite3.Row) -> None:
        if fact["seq"] != self.facts + 1:
            before = say("journal", "there is none before it with the number {before}")
            raise self._wrong(fact, before.format(before=self.facts + 1))
        consent = None
        if fact["consent_seq"] is not None:
            consent = {name: fact[f"consent_{name}"] for name in COLUMNS["consent"]}
            self.consents += 1
        self.chain = link(self.chain, digest(fact, consent))
        if self.chain != fact["chain"]:
            raise self._wrong(fact, say("journal", "it, or the consent it belongs to, was changed"))
        is_first = consent is not None
        contents = {"personal": is_first, "answer": not is_first and fact["content_sha256"] is not None}
        for table, expected in {**contents, "remark": fact["remark_sha256"] is not None}.items():
            said = fact["remark_sha256" if table == "remark" else "content_sha256"]
            self._content(fact, table, said if expected else None)

    def _content(self, fact: sqlite3.Row, table: str, said: bytes | None) -> None:
        salt, *parts = (fact[name] for name in _PARTS[table])
        if salt is None and said is not None and not fact["is_gone"]:
            raise self._wrong(
                fact, say("journal", "its row of {table} is missing, and was not erased").format(table=table)
            )
        if salt is not None and said != content_sha256(salt, *parts):
            raise self._wrong(fact, say("journal", "its row of {table} was changed").format(table=table))

    def _wrong(self, fact: sqlite3.Row, why: Message) -> WrongError:
        return WrongError(
            say("journal", "Fact {fact} of consent {request_id} is the first that is wrong: {why}.").format(
                fact=fact["seq"],
                request_id=_inert(fact["request_id"]),
                why=why,
            )
        )

    def _derived(self) -> None:
        # Facts that came in meanwhile are in order: each of these questions sees all or nothing of them.
        for question, why in _DERIVED:
            if (row := self._connection.execute(question).fetchone()) is not None:
                raise WrongError(why.format(which=_inert(row[0])))
        for row in pages(self._reading, _SOUGHT):
            if (row["text"], row["sought_at"]) != (sought_of(row), row["noted_at"]):
                raise WrongError(
                    say("journal", "Consent {which} would not be found as it is.").format(
                        which=_inert(row["request_id"])
                    )
                )

    def _structure(self) -> None:
        for row in self._connection.execute("PRAGMA foreign_key_check").fetchmany(1):
            raise WrongError(
                say("journal", "Row {row} of {table} belongs to nothing.").format(
                    row=row["rowid"], table=row["table"]
                )
            )
        found = str(self._one("PRAGMA integrity_check(1)"))
        if found != "ok":
            raise WrongError(
                say("journal", "The file's structure is damaged: {found}.").format(found=_inert(found))
            )

    def _one(self, question: str) -> Any:
        return self._connection.execute(question).fetchone()[0]


@cache
def _schema_after(steps: int) -> Mapping[str, tuple[object, ...]]:
    """What a journal is made of after so many steps."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as wanted:
        migrate(wanted, STEPS[:steps])
        return _schema_in(wanted)


def _schema_in(connection: sqlite3.Connection) -> Mapping[str, tuple[object, ...]]:
    question = "SELECT name, type, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
    return {row[0]: tuple(row) for row in connection.execute(question)}


def _inert(value: object) -> str:
    """A value of the file, fit for a terminal."""
    return ascii(value)[1:-1][:200] if isinstance(value, str) else ascii(value)[:200]


_PARTS = {table: [f"{table}_{name}" for name in ("salt", *columns)] for table, columns in CONTENTS.items()}

_FACTS = f"""
SELECT fact.*, {named("consent")}, {", ".join(map(named, CONTENTS))},
    EXISTS (SELECT 1 FROM fact AS each WHERE each.request_id = fact.request_id AND each.gone IS NOT NULL)
        AS is_gone
FROM fact {FIRST_OF_CONSENT}
    LEFT JOIN personal ON personal.seq = consent.seq
    LEFT JOIN answer ON answer.fact = fact.seq
    LEFT JOIN remark ON remark.fact = fact.seq
WHERE fact.seq <= ? AND fact.seq > ? ORDER BY fact.seq LIMIT ?
"""  # noqa: S608 - our own names

# Version 1 has no such column; what is null changes no hash.
_FACTS_1 = _FACTS.replace("consent.press", "NULL")

_SOUGHT = """
SELECT noted.seq, request_id, customer_id, ticket, category, project_name, noted.noted_at,
    text, sought.noted_at AS sought_at
FROM noted LEFT JOIN sought ON sought.seq = noted.seq
WHERE noted.seq > ? ORDER BY noted.seq LIMIT ?
"""

_DERIVED = (
    (
        "SELECT consent.request_id FROM consent LEFT JOIN standing USING (seq) "
        "LEFT JOIN fact ON fact.seq = (SELECT max(seq) FROM fact WHERE request_id = consent.request_id) "
        "WHERE fact.seq IS NULL OR fact IS NOT fact.seq OR standing.state IS NOT fact.state LIMIT 1",
        say("journal", "The state that stands for consent {which} is not that of its last fact."),
    ),
    (
        "SELECT seq FROM standing WHERE seq NOT IN (SELECT seq FROM consent) LIMIT 1",
        say("journal", "Row {which} of standing belongs to no consent."),
    ),
    (
        "SELECT name FROM sqlite_sequence WHERE name NOT IN ('consent', 'fact') "
        "OR seq IS NOT iif(name = 'fact', (SELECT max(seq) FROM fact), (SELECT max(seq) FROM consent)) "
        "LIMIT 1",
        say("journal", "The last number of {which} is not that of its last row."),
    ),
)
