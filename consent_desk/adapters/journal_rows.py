"""Consents and facts as rows of the journal, and back. The caller holds the transaction."""

import json
import sqlite3
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from consent_desk.domain.consent import Action, Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.delivery import State
from consent_desk.domain.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.domain.record import Entry, Fact, Noted


def content_sha256(salt: bytes, *parts: bytes) -> bytes:
    """What a fact keeps of personal data: SHA-256 of `salt` and of each part, led by its length in 8 bytes.

    The parts of `personal` and of `answer` are their columns after the salt, in the schema's order,
    texts as UTF-8. The length is big-endian.
    """
    digest = sha256(salt)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def insert_consent(connection: sqlite3.Connection, noted: Noted) -> None:
    """Write a consent with its personal data and its first fact, `queued`."""
    consent = noted.consent
    values = (
        *(consent.request_id, noted.project_id, noted.project_name, noted.base_url, noted.project_token),
        *(
            consent.category,
            consent.action,
            None if consent.valid_until is None else consent.valid_until.wire,
        ),
        *(consent.timestamp.micros, consent.noted_at.micros),
    )
    seq = connection.execute(
        "INSERT INTO consent (request_id, project_id, project_name, base_url, project_token, "
        "category, action, valid_until, timestamp, noted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    ).lastrowid
    salt = token_bytes(16)
    texts = (
        *(consent.customer.type, consent.customer.value),
        *(consent.ticket, consent.wording, consent.channel, consent.agent),
    )
    connection.execute(
        "INSERT INTO personal (seq, salt, customer_id_type, customer_id, ticket, wording, channel, agent, "
        "body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (seq, salt, *texts, noted.body),
    )
    content = content_sha256(salt, *(text.encode("utf-8") for text in texts), noted.body)
    _insert_fact(connection, consent.request_id, Fact(at=consent.noted_at, state=State.QUEUED), content)


def append_fact(connection: sqlite3.Connection, request_id: str, fact: Fact) -> None:
    """Write a fact, and the server's answer if one came."""
    if not isinstance(fact.outcome, Answered):
        _insert_fact(connection, request_id, fact, None)
        return
    # Escaped as ASCII: a header may hold what has no UTF-8.
    headers = json.dumps(list(fact.outcome.headers))
    salt = token_bytes(16)
    content = content_sha256(salt, headers.encode("utf-8"), fact.outcome.body)
    seq = _insert_fact(connection, request_id, fact, content)
    connection.execute(
        "INSERT INTO answer (fact, salt, headers, body) VALUES (?, ?, ?, ?)",
        (seq, salt, headers, fact.outcome.body),
    )


def _insert_fact(
    connection: sqlite3.Connection, request_id: str, fact: Fact, content: bytes | None
) -> int | None:
    values: tuple[object, ...]
    match fact.outcome:
        case None:
            values = (None,) * 7
        case Answered(status=status, truncated=truncated, elapsed=elapsed):
            values = ("answered", status, None, None, None, elapsed, truncated)
        case NotSent() | Lost() as ended:
            kind = "not_sent" if isinstance(ended, NotSent) else "lost"
            # A system's message can hold a file name's stray byte, which has no UTF-8.
            detail = ended.detail.encode("utf-8", "backslashreplace").decode("utf-8")
            values = (kind, None, ended.phase, ended.cause, detail, ended.elapsed, None)
    return connection.execute(
        "INSERT INTO fact (request_id, at, state, outcome, status, phase, cause, detail, elapsed, truncated, "
        "content_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (request_id, fact.at.micros, fact.state, *values, content),
    ).lastrowid


def find(connection: sqlite3.Connection, request_id: str) -> sqlite3.Row | None:
    """The row of `noted`, with the consent's `seq`."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM noted WHERE request_id = ?", (request_id,)
    ).fetchone()
    return row


def standing(connection: sqlite3.Connection, request_id: str) -> State | None:
    """The state of a consent."""
    row = connection.execute(
        "SELECT state FROM consent JOIN standing USING (seq) WHERE request_id = ?", (request_id,)
    ).fetchone()
    return None if row is None else State(row["state"])


def noted_of(row: sqlite3.Row) -> Noted:
    """A row of `noted` as it was noted; an erased customer is called so, and has an empty body."""
    return Noted(
        consent=Consent(
            request_id=row["request_id"],
            customer=_customer_of(row),
            category=row["category"],
            action=Action(row["action"]),
            valid_until=_valid_until_of(row["valid_until"]),
            timestamp=Timestamp(row["timestamp"]),
            noted_at=Timestamp(row["noted_at"]),
            channel=row["channel"],
            ticket=row["ticket"],
            wording=row["wording"],
            agent=row["agent"],
        ),
        project_id=row["project_id"],
        project_name=row["project_name"],
        base_url=row["base_url"],
        project_token=row["project_token"],
        body=row["body"],
    )


def entry_of(row: sqlite3.Row) -> Entry:
    """A row of `entry`."""
    return Entry(
        request_id=row["request_id"],
        noted_at=Timestamp(row["noted_at"]),
        project_id=row["project_id"],
        project_name=row["project_name"],
        customer=_customer_of(row),
        category=row["category"],
        action=Action(row["action"]),
        state=State(row["state"]),
        status=row["status"],
        elapsed=row["elapsed"],
        held=row["cause"] in {Cause.HELD, Cause.REMOVED},
    )


def fact_of(row: sqlite3.Row) -> Fact:
    """A row of `fact` beside its `answer`; of an erased answer the status is left."""
    return Fact(at=Timestamp(row["at"]), state=State(row["state"]), outcome=_outcome_of(row))


def _outcome_of(row: sqlite3.Row) -> Outcome | None:
    match row["outcome"]:
        case None:
            return None
        case "answered":
            return Answered(
                status=row["status"],
                headers=tuple((name, value) for name, value in json.loads(row["headers"] or "[]")),
                body=row["body"] or b"",
                truncated=bool(row["truncated"]),
                elapsed=row["elapsed"],
            )
        case "not_sent":
            return NotSent(**_ending_of(row))
        case "lost":
            return Lost(**_ending_of(row))
        case other:
            raise ValueError(other)


def _ending_of(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "phase": Phase(row["phase"]),
        "cause": Cause(row["cause"]),
        "detail": row["detail"],
        "elapsed": row["elapsed"],
    }


def _customer_of(row: sqlite3.Row) -> CustomerId:
    return CustomerId(type=row["customer_id_type"], value=row["customer_id"])


def _valid_until_of(value: str | int | None) -> ValidUntil | None:
    if value is None:
        return None
    return ValidUntil() if value == "unlimited" else ValidUntil(int(value))
