"""Rows of a damaged journal, put together to consents again: what fits is kept, what was changed is not."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from consent_desk.domain.errors import InvalidError
from consent_desk.journal.rows import CONTENTS, content_sha256, fact_of, noted_of
from consent_desk.journal.salvage.pages import Cell, Value

Row = dict[str, Any]

# In the order of the schema, as they lie in the file.
_LAYOUT: dict[str, tuple[str, ...]] = {
    "consent": (
        *("seq", "request_id", "project_id", "project_name", "base_url", "project_token"),
        *("category", "action", "valid_until", "timestamp", "noted_at", "press"),
    ),
    "personal": ("seq", "salt", *CONTENTS["personal"]),
    "fact": (
        *("seq", "request_id", "at", "state", "outcome", "status", "phase", "cause", "detail", "elapsed"),
        *("truncated", "look", "gone", "content_sha256", "remark_sha256", "chain"),
    ),
    "answer": ("fact", "salt", *CONTENTS["answer"]),
    "remark": ("fact", "salt", *CONTENTS["remark"]),
    "standing": ("seq", "fact", "state"),
}
_UNKNOWN = {"project_id": "", "project_name": "unknown", "base_url": "", "project_token": "", "press": None}
_FAULTS = (InvalidError, ValueError, TypeError, KeyError, AttributeError)
"""What comes of reading a row that was changed."""


@dataclass(slots=True, kw_only=True)
class Salvaged:
    """A consent that was put together. `contents` of a fact go by the names of their tables.

    `incomplete`: some of what may be erased is missing, and nobody knows whether it was erased.
    """

    consent: Row
    personal: Row | None = None
    facts: list[tuple[Row, dict[str, Row]]] = field(default_factory=list)
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Fragments:
    """All that was put together, the oldest first; all rows by table and key; the highest numbers seen."""

    consents: tuple[Salvaged, ...]
    rows: dict[str, dict[int, Row]]
    last_consent: int
    last_fact: int


def assemble(cells: Iterable[Cell]) -> Fragments:
    """Put the rows of a damaged journal together again."""
    tables: dict[str, dict[int, Row]] = {name: {} for name in _LAYOUT}
    last = {"consent": 0, "fact": 0}
    for cell in cells:
        if (name := _table_of(cell.values)) is not None:
            key, *columns = _LAYOUT[name]
            # Rows that version 1 wrote are shorter.
            row = {key: cell.rowid, **dict(zip_longest(columns, cell.values[1:]))}
            tables[name].setdefault(cell.rowid, row)
        elif len(cell.values) == 2 and cell.values[0] in last and isinstance(cell.values[1], int):
            last[str(cell.values[0])] = cell.values[1]
    facts: dict[str, list[Row]] = defaultdict(list)
    for seq in sorted(tables["fact"]):
        facts[tables["fact"][seq]["request_id"]].append(tables["fact"][seq])
    numbers = sorted({*tables["consent"], *tables["personal"]})
    saved = (_saved(seq, tables, facts) for seq in numbers)
    return Fragments(
        consents=tuple(each for each in saved if each is not None),
        rows={name: rows for name, rows in tables.items() if name != "standing"},
        last_consent=max((last["consent"], *numbers, *tables["standing"])),
        last_fact=max((last["fact"], *tables["fact"])),
    )


def _table_of(values: tuple[Value, ...]) -> str | None:
    match values:
        case (None, str(name), str(), str(), str(), str(), *rest) if len(rest) in {5, 6} and len(name) == 36:
            return "consent"
        case (None, bytes(salt), *texts, bytes()) if len(salt) == 16 and _are_personal(texts):
            return "personal"
        case (None, str(name), int(), str(), *rest) if len(rest) == 12 and len(name) == 36:
            return "fact"
        case (None, bytes(salt), str(), bytes()) if len(salt) == 16:
            return "answer"
        case (None, bytes(salt), str()) if len(salt) == 16:
            return "remark"
        case (None, int(), str()):
            return "standing"
        case _:
            return None


def _are_personal(values: list[Value]) -> bool:
    texts = len(CONTENTS["personal"]) - 1
    return len(values) == texts and all(isinstance(value, str) for value in values)


def _saved(seq: int, tables: dict[str, dict[int, Row]], facts: dict[str, list[Row]]) -> Salvaged | None:
    consent, personal = tables["consent"].get(seq), tables["personal"].get(seq)
    said = None if personal is None else _said_by(personal)
    request_id = consent["request_id"] if consent is not None else said["request_id"] if said else None
    if request_id is None:
        return None
    first = next((fact for fact in facts[request_id] if _is_first(fact)), None)
    if personal is not None and not _fits(
        personal, "personal", None if first is None else first["content_sha256"]
    ):
        personal = said = None
    if said is not None and said["request_id"] == request_id:
        # The bytes that were to be sent bear a hash of their own, and know nearly all of it.
        consent = {**_UNKNOWN, "noted_at": first["at"] if first else said["timestamp"]} | (consent or {})
        consent |= said
    elif said is not None:
        personal = None
    if consent is None:
        return None
    return _joined({**consent, "seq": seq}, personal, first, facts.pop(request_id, []), tables)


def _joined(
    consent: Row, personal: Row | None, first: Row | None, facts: list[Row], tables: dict[str, dict[int, Row]]
) -> Salvaged | None:
    request_id = consent["request_id"]
    shown = personal or {
        **dict.fromkeys(CONTENTS["personal"], ""),
        "body": b"",
        "context": "{}",
        "customer_id_type": "lost",
        "customer_id": "lost",
    }
    try:
        noted_of({**consent, **shown})
    except _FAULTS:
        return None
    if first is None:
        content = None if personal is None else _hash(personal, "personal")
        # Numbered as no row is: it stands for one that was lost.
        first = {"seq": 0, "request_id": request_id, "at": consent["noted_at"], "state": "queued"}
        first["content_sha256"] = content
        facts = [first, *facts]
    saved = Salvaged(consent=consent, personal=personal, incomplete=personal is None)
    for fact in sorted(facts, key=lambda fact: fact is not first):
        contents = {
            table: row
            for table, name in (("answer", "content_sha256"), ("remark", "remark_sha256"))
            if (row := tables[table].get(fact["seq"])) is not None and _fits(row, table, fact.get(name))
        }
        try:
            fact_of({**dict.fromkeys(_LAYOUT["fact"]), **_flat(contents), **fact})
        except _FAULTS:
            continue
        answered = fact is not first and fact.get("content_sha256") is not None
        expected = [answered, fact.get("remark_sha256") is not None]
        saved.incomplete |= len(contents) < sum(expected)
        saved.facts.append((fact, contents))
    if any(fact.get("gone") is not None for fact, _contents in saved.facts):
        saved.incomplete = False
    return saved


def _is_first(fact: Row) -> bool:
    return fact["state"] == "queued" and fact["outcome"] is None and fact["content_sha256"] is not None


def _flat(contents: dict[str, Row]) -> Row:
    empty = {"headers": None, "body": None, "text": None}
    return empty | {name: row[name] for row in contents.values() for name in row if name in empty}


def _hash(row: Row, table: str) -> bytes:
    return content_sha256(row["salt"], *(row[name] for name in CONTENTS[table]))


def _fits(row: Row, table: str, said: bytes | None) -> bool:
    """Whether a row is what its fact says of it. Where the fact is lost, nothing speaks against it."""
    return said is None or _hash(row, table) == said


def _said_by(personal: Row) -> Row | None:
    """The columns of the consent that its body knows (section 4.1)."""
    try:
        event = json.loads(personal["body"])
        properties = event["properties"]
        return {
            "request_id": str(properties["desk_request_id"]),
            "category": properties["category"],
            "action": properties["action"],
            "valid_until": properties.get("valid_until"),
            "timestamp": round(event["timestamp"] * 1_000_000),
        }
    except (*_FAULTS, RecursionError, OverflowError):
        return None
