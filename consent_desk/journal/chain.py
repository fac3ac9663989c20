"""The hash chain over the facts: the hash of each one covers all that came before it.

A proof that holds the digests of a stretch can be checked without the rows that they stand for. All hashes
are SHA-256; each kind begins with a line of its own, so that none can pass for another:

    genesis = SHA-256("consent-desk journal 1\\n" + the journal's UUID)
    digest  = SHA-256("consent-desk fact 1\\n" + canonical fact [+ canonical consent, with its first fact])
    chain   = SHA-256("consent-desk link 1\\n" + the chain before + digest)

The canonical bytes of a row are its table's name and a line feed, then for each column that is not null, in
the order of the columns' names: `NAME KIND LENGTH:` + content + a line feed, where LENGTH counts the bytes of
the content. KIND is `i` (an integer, decimal), `r` (a real number, the 16 hexadecimal digits of its IEEE 754
double), `t` (text, UTF-8) or `b` (bytes, hexadecimal). So a column that a later version adds, null in all
rows that are there, changes no hash.
"""

import struct
from collections.abc import Callable, Mapping
from hashlib import sha256
from sqlite3 import Row
from typing import Any, TypeAlias

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "consent": (
        *("action", "base_url", "category", "noted_at", "press", "project_id", "project_name"),
        *("project_token", "request_id", "seq", "timestamp", "valid_until"),
    ),
    "fact": (
        *("at", "cause", "content_sha256", "detail", "elapsed", "gone", "look", "outcome", "phase"),
        *("remark_sha256", "request_id", "seq", "state", "status", "truncated"),
    ),
}
"""The columns that the chain covers, in the order of their names: all but `fact.chain` itself."""

Columns: TypeAlias = Row | Mapping[str, Any]
"""A row, or a mapping that stands for one."""


def genesis(uuid: str) -> bytes:
    """The chain of a journal without facts."""
    return sha256(b"consent-desk journal 1\n" + uuid.encode("ascii", "backslashreplace")).digest()


def digest(fact: Columns, consent: Columns | None) -> bytes:
    """What a fact adds to the chain. `consent` goes with its first fact, and with no other."""
    hashed = sha256(b"consent-desk fact 1\n" + canonical("fact", fact))
    if consent is not None:
        hashed.update(canonical("consent", consent))
    return hashed.digest()


def link(previous: bytes, digest: bytes) -> bytes:
    """The chain after one more fact."""
    return sha256(b"consent-desk link 1\n" + previous + digest).digest()


def canonical(table: str, row: Columns) -> bytes:
    """The bytes of a row that are hashed."""
    parts = [table.encode("ascii") + b"\n"]
    for name, before in _BEFORE[table]:
        value = row[name]
        if value is None:
            continue
        # By exact type, and not by match: this runs a million times over a large journal.
        content = _CONTENT[type(value)](value)
        parts.append(b"%b%b %d:%b\n" % (before, _KIND[type(value)], len(content), content))
    return b"".join(parts)


_KIND: Mapping[type, bytes] = {int: b"i", float: b"r", str: b"t", bytes: b"b"}
_CONTENT: Mapping[type, Callable[[Any], bytes]] = {
    int: lambda number: b"%d" % number,
    float: lambda number: struct.pack(">d", number).hex().encode("ascii"),
    # What SQLite holds may have been changed into what is no UTF-8: hash it, do not stop at it.
    str: lambda text: text.encode("utf-8", "surrogateescape"),
    bytes: lambda octets: octets.hex().encode("ascii"),
}
_BEFORE = {
    table: tuple((name, name.encode("ascii") + b" ") for name in names) for table, names in COLUMNS.items()
}
