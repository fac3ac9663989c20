"""A customer's data in a journal: deleted, and replaced by a keyed hash.

What is deleted is written over with zeros (`secure_delete`), also where SQLite moves it about. A VACUUM would
add nothing to that, and leave a copy of all in a temporary file.
"""

import hmac
import re
import sqlite3
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.lifecycle.state import Fact
from consent_desk.journal.rows import append_fact, last_fact
from consent_desk.journal.search import write_sought
from consent_desk.system.atomic_file import replace_file

_SIZE = 32


def erasure_key(journal: Path) -> bytes:
    """The key of the hashes that are left of erased customers, beside the mark, made at the first call.

    Without it nobody can try out which customer a hash stands for. Raises OSError.
    """
    path = journal.with_suffix(".key")
    try:
        text = path.read_text("ascii", errors="replace").strip()
    except FileNotFoundError:
        key = token_bytes(_SIZE)
        replace_file(path, key.hex().encode("ascii") + b"\n")
        return key
    # Not written over: with another key the same customer would have another hash.
    if re.fullmatch(rf"[0-9a-f]{{{2 * _SIZE}}}", text) is None:
        raise OSError(f"{path.name} is no key")
    return bytes.fromhex(text)


def keyed_hash(key: bytes, project_id: str, customer: CustomerId) -> bytes:
    """What is left of a customer: HMAC-SHA256 of project, type and ID, each led by its length in 8 bytes."""
    hashed = hmac.new(key, digestmod=sha256)
    for text in (project_id, customer.type, customer.value):
        octets = text.encode("utf-8")
        hashed.update(len(octets).to_bytes(8, "big") + octets)
    return hashed.digest()


def find_consents(connection: sqlite3.Connection, project_id: str, customer: CustomerId) -> tuple[str, ...]:
    """The request IDs of all consents of a customer, the oldest first."""
    rows = connection.execute(
        "SELECT request_id FROM personal JOIN consent USING (seq) "
        "WHERE customer_id = ? AND customer_id_type = ? AND project_id = ? ORDER BY seq",
        (customer.value, customer.type, project_id),
    )
    return tuple(row["request_id"] for row in rows.fetchall())


def erase_consent(connection: sqlite3.Connection, request_id: str, keyed: bytes, at: Timestamp) -> None:
    """Delete what a consent holds of a person, and write that down. The caller holds the transaction."""
    last = last_fact(connection, request_id)
    if last is None:
        return
    append_fact(connection, request_id, Fact(at=at, state=last.state), gone=keyed)
    for table in ("answer", "remark"):
        connection.execute(
            f"DELETE FROM {table} WHERE fact IN (SELECT seq FROM fact WHERE request_id = ?)",  # noqa: S608 - our own names
            (request_id,),
        )
    connection.execute(
        "DELETE FROM personal WHERE seq = (SELECT seq FROM consent WHERE request_id = ?)", (request_id,)
    )
    write_sought(connection, request_id)
