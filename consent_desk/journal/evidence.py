"""What a journal has to say of some consents: their rows as they are hashed, and their stretch of the chain.

The rows of others are not shown: their digests, 32 bytes each, are all that the chain needs of them. At most
`CARRIED` digests go into a proof (docs/decisions/011).
"""

import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from consent_desk.domain.evidence.proof import Chain, FromJournal, Json, Stretch, Witness
from consent_desk.domain.lifecycle.record import Record
from consent_desk.journal.chain import COLUMNS, digest, genesis
from consent_desk.journal.rows import CONTENTS, FIRST_OF_CONSENT, fact_of, head, named, noted_of
from consent_desk.journal.search import Reading, pages

CARRIED = 20_000
"""The most digests of others in a proof: 860 kB as text, and half a second's work."""

_OCTETS = frozenset({"gone", "content_sha256", "remark_sha256", "salt", "body"})


def collect(reading: Reading, request_ids: Collection[str], *, carried: int = CARRIED) -> FromJournal:
    """What a journal tells of these consents, as it is now. One that it does not hold is left out."""
    with reading() as connection:
        here = head(connection)
    rows = [found for one in request_ids if (found := _rows(reading, one, here.facts)) is not None]
    rows.sort(key=lambda one: one["facts"][0]["seq"])
    own = sorted(fact["seq"] for one in rows for fact in one["facts"])
    stretches = tuple(
        _stretch(reading, here.journal, first, last, frozenset(own))
        for first, last in spans(own, here.facts, carried)
    )
    chain = Chain(journal=here.journal, facts=here.facts, head=bytes.fromhex(here.head), stretches=stretches)
    return FromJournal(tuple(witness(one) for one in rows), chain)


def spans(own: Sequence[int], facts: int, most: int) -> list[tuple[int, int]]:
    """The first and last number of each stretch, for one's `own` facts (sorted) in a journal of `facts`.

    What lies between them, and after them up to the head, is bridged by at most `most` digests: the
    shortest gaps first.
    """
    if not own:
        return []
    ends = (*own[1:], facts + 1)
    gaps = [(after - before - 1, before) for before, after in zip(own, ends, strict=True)]
    bridged = set()
    for length, before in sorted(gaps):
        if length > most:
            break
        most -= length
        bridged.add(before)
    found: list[tuple[int, int]] = []
    first = own[0]
    for (length, before), after in zip(gaps, ends, strict=True):
        is_bridged = before in bridged
        if not is_bridged or after > facts:
            found.append((first, before + length * is_bridged))
            first = after
    return found


def witness(rows: Json) -> Witness:
    """A consent as its `rows` tell it. Raises KeyError, TypeError, ValueError or InvalidError."""
    if not rows.keys() <= {"consent", "personal", "facts"}:
        raise ValueError("rows")
    facts = rows["facts"]
    personal = _columns(rows.get("personal") or {}, ("salt", *CONTENTS["personal"]))
    if personal["body"] is None:
        gone = [octets(one["gone"]) for one in facts if "gone" in one]
        name = "" if not gone else f" {gone[-1][:4].hex()}" if gone[-1] else ""
        called = "lost" if gone and not gone[-1] else f"erased{name}"
        personal = dict.fromkeys(personal, "") | {
            "customer_id_type": "erased",
            "customer_id": called,
            "context": "{}",
            "body": b"",
        }
    noted = noted_of({**personal, **columns(rows["consent"], "consent")})
    return Witness(Record(noted=noted, facts=tuple(fact_of(_fact(one)) for one in facts)), rows)


def columns(row: Json, table: str) -> dict[str, Any]:
    """The columns of `fact` or `consent` in a row as JSON: those that are not there are null."""
    beside = {"answer", "remark"} if table == "fact" else frozenset[str]()
    return _columns({name: value for name, value in row.items() if name not in beside}, COLUMNS[table])


def contents(row: Json, table: str) -> tuple[Any, ...] | None:
    """The salt and the columns of what may be erased, beside a row; None where it is not there."""
    return tuple(_columns(row[table], ("salt", *CONTENTS[table])).values()) if table in row else None


def octets(text: str) -> bytes:
    """The bytes that stand for themselves in base64."""
    return b64decode(text, validate=True)


def _columns(row: Json, names: Sequence[str]) -> dict[str, Any]:
    if not row.keys() <= set(names):
        raise ValueError("columns")
    return {name: octets(row[name]) if name in row and name in _OCTETS else row.get(name) for name in names}


def _fact(row: Json) -> Mapping[str, Any]:
    beside = [_columns(row.get(table) or {}, ("salt", *CONTENTS[table])) for table in ("answer", "remark")]
    return {**columns(row, "fact"), **beside[0], **beside[1]}


def _rows(reading: Reading, request_id: str, until: int) -> dict[str, Any] | None:
    facts = [
        {**_json(row, COLUMNS["fact"]), **_beside(row, "answer"), **_beside(row, "remark")}
        for row in pages(reading, _OWN, request_id, until)
    ]
    if not facts:
        return None
    with reading() as connection:
        row = connection.execute(_CONSENT, (request_id,)).fetchone()
    return {"consent": _json(row, COLUMNS["consent"], "consent_"), **_beside(row, "personal"), "facts": facts}


def _beside(row: sqlite3.Row, table: str) -> dict[str, Any]:
    if row[f"{table}_salt"] is None:
        return {}
    return {table: _json(row, ("salt", *CONTENTS[table]), f"{table}_")}


def _json(row: sqlite3.Row, names: Sequence[str], prefix: str = "") -> dict[str, Any]:
    values = {name: row[f"{prefix}{name}"] for name in names}
    return {
        name: b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for name, value in values.items()
        if value is not None
    }


def _stretch(reading: Reading, journal: str, first: int, last: int, own: frozenset[int]) -> Stretch:
    others = bytearray()
    for row in pages(reading, _ALL, last, after=first - 1):
        if row["seq"] not in own:
            consent = {name: row[f"consent_{name}"] for name in COLUMNS["consent"]}
            others += digest(row, None if consent["seq"] is None else consent)
    return Stretch(
        first=first,
        last=last,
        before=_chain_at(reading, journal, first - 1),
        others=bytes(others),
        after=_chain_at(reading, journal, last),
    )


def _chain_at(reading: Reading, journal: str, fact: int) -> bytes:
    if fact == 0:
        return genesis(journal)
    with reading() as connection:
        found: bytes = connection.execute("SELECT chain FROM fact WHERE seq = ?", (fact,)).fetchone()[0]
        return found


_OWN = f"""
SELECT fact.*, {named("answer")}, {named("remark")}
FROM fact LEFT JOIN answer ON answer.fact = fact.seq LEFT JOIN remark ON remark.fact = fact.seq
WHERE fact.request_id = ? AND fact.seq <= ? AND fact.seq > ? ORDER BY fact.seq LIMIT ?
"""  # noqa: S608 - our own names

_CONSENT = f"""
SELECT {named("consent")}, {named("personal")}
FROM consent LEFT JOIN personal ON personal.seq = consent.seq WHERE consent.request_id = ?
"""  # noqa: S608 - our own names

_ALL = f"""
SELECT fact.*, {named("consent")} FROM fact {FIRST_OF_CONSENT}
WHERE fact.seq <= ? AND fact.seq > ? ORDER BY fact.seq LIMIT ?
"""  # noqa: S608 - our own names
