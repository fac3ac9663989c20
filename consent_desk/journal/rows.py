"""Consents and facts as rows of the journal, and back. The caller holds the transaction.

Long because what is written of each kind of outcome and how it is read back stand side by side.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.record import (
    Entry,
    Noted,
    context_text,
    is_checked,
    is_overruled,
    read_context,
)
from consent_desk.domain.lifecycle.state import CANCELLED_HERE, TO_CHECK_STATES, Fact, State
from consent_desk.domain.wire.answer import Headers
from consent_desk.domain.wire.outcome import (
    Answered,
    Cause,
    FailedLook,
    Look,
    LookReason,
    Lost,
    NoLook,
    NotSent,
    Outcome,
    Phase,
    Stored,
)
from consent_desk.journal.chain import COLUMNS, Columns, digest, genesis, link
from consent_desk.journal.head import Head

CONTENTS: Mapping[str, tuple[str, ...]] = {
    "personal": (
        "customer_id_type",
        "customer_id",
        "ticket",
        "wording",
        "channel",
        "agent",
        "context",
        "body",
    ),
    "answer": ("headers", "body"),
    "remark": ("text",),
}
"""The tables of what may be erased: their columns after the key and the salt."""


def named(table: str) -> str:
    """The columns that are hashed of a table as `table_column`, with the salt of what may be erased."""
    names = COLUMNS[table] if table in COLUMNS else ("salt", *CONTENTS[table])
    return ", ".join(f"{table}.{name} AS {table}_{name}" for name in names)


FIRST_OF_CONSENT = """
    LEFT JOIN consent ON consent.request_id = fact.request_id AND NOT EXISTS (
        SELECT 1 FROM fact AS earlier WHERE earlier.request_id = fact.request_id AND earlier.seq < fact.seq
    )
"""
"""Joins to a row of `fact` that of its consent, where it is the first of that."""


def content_sha256(salt: bytes, *parts: bytes | str) -> bytes:
    """What a fact keeps of personal data: SHA-256 of `salt` and of each part, led by its length in 8 bytes.

    The parts are the columns of `CONTENTS`, texts as UTF-8. The length is big-endian.
    """
    hashed = sha256(salt)
    for part in parts:
        octets = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        hashed.update(len(octets).to_bytes(8, "big") + octets)
    return hashed.digest()


def insert_consent(connection: sqlite3.Connection, noted: Noted) -> None:
    """Write a consent with its personal data and its first fact, `queued`."""
    consent = noted.consent
    columns = {
        "seq": connection.execute("SELECT coalesce(max(seq), 0) + 1 FROM consent").fetchone()[0],
        "request_id": consent.request_id,
        "project_id": noted.project_id,
        "project_name": noted.project_name,
        "base_url": noted.base_url,
        "project_token": noted.project_token,
        "category": consent.category,
        "action": str(consent.action),
        "valid_until": None if consent.valid_until is None else consent.valid_until.wire,
        "timestamp": consent.timestamp.micros,
        "noted_at": consent.noted_at.micros,
        "press": noted.press,
    }
    texts = (
        *(consent.customer.type, consent.customer.value),
        *(consent.ticket, consent.wording, consent.channel, consent.agent, context_text(noted)),
    )
    content, personal = _seal("personal", *texts, noted.body)
    queued = _columns_of(consent.request_id, Fact(at=consent.noted_at, state=State.QUEUED))
    insert(connection, "consent", columns)
    insert(connection, "personal", {"seq": columns["seq"], **personal})
    insert_fact(connection, {**queued, "content_sha256": content}, columns)


def append_fact(
    connection: sqlite3.Connection, request_id: str, fact: Fact, gone: bytes | None = None
) -> None:
    """Write a fact, with the server's answer if one came, and with its note.

    `gone`: since then personal data of the consent is gone, see schema.py.
    """
    columns = {**_columns_of(request_id, fact), "gone": gone}
    contents = {}
    ended = fact.outcome.outcome if isinstance(fact.outcome, FailedLook) else fact.outcome
    if isinstance(ended, Answered | Lost) and ended.status is not None:
        # Escaped as ASCII: a header may hold what has no UTF-8.
        headers = json.dumps(list(ended.headers))
        columns["content_sha256"], contents["answer"] = _seal("answer", headers, ended.body)
    if fact.note:
        columns["remark_sha256"], contents["remark"] = _seal("remark", _encodable(fact.note))
    seq = insert_fact(connection, columns)
    for table, content in contents.items():
        insert(connection, table, {"fact": seq, **content})


def insert_fact(
    connection: sqlite3.Connection, columns: Mapping[str, Any], consent: Mapping[str, Any] | None = None
) -> int:
    """Write a row of `fact` as the next link of the chain; return its `seq`.

    `consent` is the row of the consent where this is its first fact.
    """
    before = head(connection)
    row = {name: columns.get(name) for name in COLUMNS["fact"]} | {"seq": before.facts + 1}
    chain = link(bytes.fromhex(before.head), digest(row, consent))
    insert(connection, "fact", {**row, "chain": chain})
    return before.facts + 1


def insert(connection: sqlite3.Connection, table: str, columns: Mapping[str, Any]) -> None:
    """Write a row."""
    names, places = ", ".join(columns), ", ".join("?" for _ in columns)
    sql = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - the names are our own
    connection.execute(sql, tuple(columns.values()))


def head(connection: sqlite3.Connection) -> Head:
    """The journal's UUID, how many facts it holds, and its chain after the last one."""
    uuid, facts, chain = connection.execute(
        "SELECT uuid, fact.seq, chain FROM journal LEFT JOIN fact ON fact.seq = (SELECT max(seq) FROM fact) "
        "WHERE journal.id = 1"
    ).fetchone()
    return Head(journal=uuid, facts=facts or 0, head=(chain or genesis(uuid)).hex())


def touch(connection: sqlite3.Connection, request_id: str) -> None:
    """Write a consent as it is. The caller holds the transaction."""
    # The commit that wrote it may have failed, and not have reached the disk. This one writes, and so does.
    connection.execute(
        "UPDATE standing SET state = state WHERE seq = (SELECT seq FROM consent WHERE request_id = ?)",
        (request_id,),
    )


def find(connection: sqlite3.Connection, request_id: str) -> sqlite3.Row | None:
    """The row of `noted`, with the consent's `seq`."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM noted WHERE request_id = ?", (request_id,)
    ).fetchone()
    return row


def last_fact(connection: sqlite3.Connection, request_id: str) -> Fact | None:
    """What happened to a consent last; its state is the consent's."""
    row = connection.execute(
        f"{FACTS} JOIN standing ON standing.fact = fact.seq "  # noqa: S608 - the constant below
        "WHERE standing.seq = (SELECT seq FROM consent WHERE request_id = ?)",
        (request_id,),
    ).fetchone()
    return None if row is None else fact_of(row)


def count_facts(connection: sqlite3.Connection, request_id: str) -> int:
    """How many facts a consent has."""
    asked = connection.execute("SELECT count(*) FROM fact WHERE request_id = ?", (request_id,))
    return int(asked.fetchone()[0])


FACTS = (
    "SELECT fact.*, headers, body, text FROM fact "
    "LEFT JOIN answer ON answer.fact = fact.seq LEFT JOIN remark ON remark.fact = fact.seq"
)
"""The question for rows that `fact_of` reads."""


def noted_of(row: Columns) -> Noted:
    """A row of `noted` as it was noted; an erased customer is called so, and has an empty body."""
    noted_at = Timestamp(row["noted_at"])
    context, properties = read_context(row["context"], noted_at)
    return Noted(
        consent=Consent(
            request_id=row["request_id"],
            customer=_customer_of(row),
            category=row["category"],
            action=Action(row["action"]),
            valid_until=_valid_until_of(row["valid_until"]),
            timestamp=Timestamp(row["timestamp"]),
            noted_at=noted_at,
            channel=row["channel"],
            ticket=row["ticket"],
            wording=row["wording"],
            agent=row["agent"],
            properties=properties,
        ),
        project_id=row["project_id"],
        project_name=row["project_name"],
        base_url=row["base_url"],
        project_token=row["project_token"],
        body=row["body"],
        context=context,
        press=row["press"],
    )


def entry_of(row: Columns) -> Entry:
    """A row of `search.ENTRIES`."""
    state, noted_at = State(row["state"]), Timestamp(row["noted_at"])
    is_to_check, action = state in TO_CHECK_STATES, Action(row["action"])
    look = _look_of(json.loads(row["look"]), 0.0) if row["outcome"] == "look" else None
    return Entry(
        request_id=row["request_id"],
        noted_at=noted_at,
        project_id=row["project_id"],
        project_name=row["project_name"],
        customer=_customer_of(row),
        category=row["category"],
        action=action,
        state=state,
        status=row["status"],
        elapsed=row["elapsed"],
        held=row["cause"] in {Cause.HELD, Cause.REMOVED},
        checked=is_to_check and is_checked(read_context(row["context"], noted_at)[0], state, row["note"]),
        to_acknowledge=state is State.DISCARDED
        and row["cause"] == Cause.CANCELLED
        and row["note"] == CANCELLED_HERE,
        cause=Cause(row["cause"]) if row["outcome"] == "not_sent" else None,
        overruled=look is not None and is_overruled(look, action),
        may_have_left=bool(row["may_have_left"]),
        valid_until=_valid_until_of(row["valid_until"]),
        press=row["press"],
    )


def fact_of(row: Columns) -> Fact:
    """A row of `FACTS`; of an erased answer the status is left."""
    note = row["text"] or ""
    if row["gone"] is not None and not note:
        note = f"erased {row['gone'].hex()[:8]}" if row["gone"] else "lost in a damaged file"
    return Fact(at=Timestamp(row["at"]), state=State(row["state"]), outcome=_outcome_of(row), note=note)


def _outcome_of(row: Columns) -> Outcome | Look | FailedLook | None:
    match row["outcome"]:
        case None:
            return None
        case "answered":
            return _answered_of(row)
        case "not_sent":
            return NotSent(**_ending_of(row))
        case "lost":
            return _lost_of(row)
        case "look":
            return _look_of(json.loads(row["look"]), row["elapsed"])
        case "look_failed":
            return _failed_of(row, json.loads(row["look"]))
        case other:
            raise ValueError(other)


def _answered_of(row: Columns) -> Answered:
    return Answered(
        status=row["status"],
        headers=_headers_of(row),
        body=row["body"] or b"",
        truncated=bool(row["truncated"]),
        elapsed=row["elapsed"],
    )


def _lost_of(row: Columns) -> Lost:
    return Lost(**_ending_of(row), status=row["status"], headers=_headers_of(row), body=row["body"] or b"")


def _ending_of(row: Columns) -> dict[str, Any]:
    return {
        "phase": Phase(row["phase"]),
        "cause": Cause(row["cause"]),
        "detail": row["detail"],
        "elapsed": row["elapsed"],
    }


def _headers_of(row: Columns) -> Headers:
    return tuple((name, value) for name, value in json.loads(row["headers"] or "[]"))


def _look_of(values: object, elapsed: float) -> Look:
    if not isinstance(values, dict) or not values.keys() <= {*_LOOK, *_LOOK_WHERE_SET}:
        raise ValueError("look")
    reason, event = values.pop("reason", None), values.pop("event", None)
    return Look(
        **values,
        reason=None if reason is None else LookReason(reason),
        event=None if event is None else Stored(**event),
        elapsed=elapsed,
    )


def _failed_of(row: Columns, values: object) -> FailedLook:
    if not isinstance(values, dict) or not values.keys() <= _FAILED_LOOK:
        raise ValueError("look")
    outcome: Outcome | None = None
    if row["phase"] is not None:
        outcome = _lost_of(row) if values.get("left") else NotSent(**_ending_of(row))
    elif row["status"] is not None:
        outcome = _answered_of(row)
    return FailedLook(
        why=NoLook(values["why"]),
        # The seconds are those of all its calls.
        outcome=None if outcome is None else replace(outcome, elapsed=0.0),
        failed=values["failed"],
        steady=values.get("steady"),
        elapsed=row["elapsed"],
    )


def _customer_of(row: Columns) -> CustomerId:
    return CustomerId(type=row["customer_id_type"], value=row["customer_id"])


def _valid_until_of(value: str | int | None) -> ValidUntil | None:
    if value is None:
        return None
    return ValidUntil() if value == "unlimited" else ValidUntil(int(value))


def _columns_of(request_id: str, fact: Fact) -> dict[str, Any]:
    columns: dict[str, Any] = {"request_id": request_id, "at": fact.at.micros, "state": str(fact.state)}
    if fact.outcome is not None:
        # A whole number of seconds would be hashed as an integer, and read back as a real number.
        columns["elapsed"] = float(fact.outcome.elapsed)
    match fact.outcome:
        case None:
            return columns
        case Answered() | NotSent() | Lost() as ended:
            return columns | {"outcome": _CALLS[type(ended)], **_call_columns(ended)}
        case Look() as look:
            values = {name: getattr(look, name) for name in _LOOK}
            further = {name: getattr(look, name) for name in _LOOK_WHERE_SET}
            further["event"] = None if look.event is None else asdict(look.event)
            values |= {
                name: value for name, value in further.items() if value is not None and value is not False
            }
            return columns | {"outcome": "look", "look": _compact(values)}
        case FailedLook(outcome=ended) as failed:
            values = {"why": str(failed.why), "failed": failed.failed}
            values |= {"left": True} if isinstance(ended, Lost) else {}
            values |= {} if failed.steady is None else {"steady": failed.steady}
            call = {} if ended is None else _call_columns(ended)
            return columns | {"outcome": "look_failed", "look": _compact(values), **call}


def _call_columns(outcome: Outcome) -> dict[str, Any]:
    """The columns of what came of a call."""
    columns: dict[str, Any] = {}
    if isinstance(outcome, NotSent | Lost):
        columns |= {
            "phase": str(outcome.phase),
            "cause": str(outcome.cause),
            "detail": _encodable(outcome.detail),
        }
    if isinstance(outcome, Answered | Lost) and outcome.status is not None:
        is_whole = isinstance(outcome, Answered) and not outcome.truncated
        columns |= {"status": outcome.status, "truncated": int(not is_whole)}
    return columns


def _compact(values: Mapping[str, object]) -> str:
    return json.dumps(values, separators=(",", ":"))


_CALLS: Mapping[type, str] = {Answered: "answered", NotSent: "not_sent", Lost: "lost"}
_LOOK = ("blind", "later", "seen", "since", "source", "valid")
_LOOK_WHERE_SET = ("event", "reason", "steady", "unknown", "unlisted")
"""What version 1 of the journal does not know: none of it is written where it says nothing."""

_FAILED_LOOK = frozenset({"why", "failed", "left", "steady"})


def _seal(table: str, *parts: str | bytes) -> tuple[bytes, dict[str, Any]]:
    """The hash and the columns of what may be erased, under a salt of its own."""
    salt = token_bytes(16)
    return content_sha256(salt, *parts), {"salt": salt, **dict(zip(CONTENTS[table], parts, strict=True))}


def _encodable(text: str) -> str:
    # A system's message can hold a file name's stray byte, which has no UTF-8.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
