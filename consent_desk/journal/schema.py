"""The journal's schema, as the steps that lead from each version to the next.

    journal    one row: the UUID of this journal
    consent    immutable: what was decided, without anything that names a person
    personal   beside it, may be deleted: whose decision it was, and the bytes to send
    fact       append-only: everything that happened to a consent; the last one is its state
    answer     beside a fact, may be deleted: what the server said, which can echo the person
    remark     beside a fact, may be deleted: what a person gave as the reason
    standing   derived from fact by a trigger: the last fact of each consent, found quickly
    sought     derived from consent and personal: the text and the time by which a consent is searched for
    claim      outside the chain: which running program sends what a fact says is in flight

`fact.content_sha256` covers the row of `personal` (in the first fact of a consent) or of `answer`, and
`fact.remark_sha256` that of `remark`, so that all three can go without a trace being lost of what they were.
That they are gone is a fact too: `fact.gone` is the keyed hash of a customer who was erased, or empty where
a damaged file has lost them. `fact.chain` is explained in chain.py.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

APPLICATION_ID = 0x434F4E53
"""“CONS”, in the header of every journal: what bears another number is not ours."""

_JOURNAL = """
CREATE TABLE journal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    uuid TEXT NOT NULL CHECK (length(uuid) = 36)
) STRICT
"""

_NAME = """
INSERT INTO journal (id, uuid)
SELECT 1, substr(r, 1, 8) || '-' || substr(r, 9, 4) || '-4' || substr(r, 14, 3) || '-8' || substr(r, 18, 3)
    || '-' || substr(r, 21, 12)
FROM (SELECT lower(hex(randomblob(16))) AS r)
"""

_CONSENT = """
CREATE TABLE consent (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL UNIQUE CHECK (length(request_id) = 36),
    project_id TEXT NOT NULL,
    project_name TEXT NOT NULL,
    base_url TEXT NOT NULL,
    project_token TEXT NOT NULL,
    category TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('accept', 'reject')),
    valid_until ANY CHECK (valid_until = 'unlimited' OR typeof(valid_until) = 'integer'),
    timestamp INTEGER NOT NULL CHECK (timestamp > 0),
    noted_at INTEGER NOT NULL CHECK (noted_at >= timestamp),
    CHECK ((action = 'accept') = (valid_until IS NOT NULL))
) STRICT
"""

# The key is the consent's: a rowid that stays the same is what a full-text index hangs on.
_PERSONAL = """
CREATE TABLE personal (
    seq INTEGER PRIMARY KEY REFERENCES consent (seq),
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    customer_id_type TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    ticket TEXT NOT NULL,
    wording TEXT NOT NULL,
    channel TEXT NOT NULL,
    agent TEXT NOT NULL,
    context TEXT NOT NULL,
    body BLOB NOT NULL CHECK (length(body) > 0)
) STRICT
"""

# A fact names its consent by the request ID: exported or salvaged alone, it still says whose it is.
_FACT = """
CREATE TABLE fact (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL REFERENCES consent (request_id),
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT,
    status INTEGER,
    phase TEXT,
    cause TEXT,
    detail TEXT,
    elapsed REAL,
    truncated INTEGER,
    look TEXT,
    gone BLOB CHECK (length(gone) IN (0, 32)),
    content_sha256 BLOB CHECK (length(content_sha256) = 32),
    remark_sha256 BLOB CHECK (length(remark_sha256) = 32),
    chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT
"""

_ANSWER = """
CREATE TABLE answer (
    fact INTEGER PRIMARY KEY REFERENCES fact (seq),
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    headers TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT
"""

_REMARK = """
CREATE TABLE remark (
    fact INTEGER PRIMARY KEY REFERENCES fact (seq),
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    text TEXT NOT NULL CHECK (text <> '')
) STRICT
"""

_STANDING = """
CREATE TABLE standing (
    seq INTEGER PRIMARY KEY REFERENCES consent (seq),
    fact INTEGER NOT NULL REFERENCES fact (seq),
    state TEXT NOT NULL
) STRICT
"""

# Narrow, because a search reads it from end to end: searching.py. No trigger can fold what is not ASCII.
_SOUGHT = """
CREATE TABLE sought (
    seq INTEGER PRIMARY KEY REFERENCES consent (seq),
    text TEXT NOT NULL,
    noted_at INTEGER NOT NULL
) STRICT
"""

_FACT_STANDS = """
CREATE TRIGGER fact_stands AFTER INSERT ON fact BEGIN
    INSERT INTO standing (seq, fact, state)
    SELECT seq, NEW.seq, NEW.state FROM consent WHERE request_id = NEW.request_id
    ON CONFLICT (seq) DO UPDATE SET fact = excluded.fact, state = excluded.state;
END
"""

# Not CHECKs: a later version knows more states and outcomes, and replaces a trigger without
# rewriting an append-only table. As a fact is only ever inserted, this finds as much.
_FACT_IS_SOUND = """
CREATE TRIGGER fact_is_sound BEFORE INSERT ON fact
WHEN NEW.state NOT IN ('queued', 'in_flight', 'retry_wait', 'delivered', 'seen', 'verified', 'not_shown',
        'contradicted', 'refused', 'unconfirmed', 'not_seen', 'restored', 'discarded')
    OR coalesce(NEW.outcome, 'answered') NOT IN ('answered', 'not_sent', 'lost', 'look')
    OR (NEW.outcome IS NULL) <> (NEW.elapsed IS NULL)
    OR (NEW.outcome IS 'answered') <> (NEW.status IS NOT NULL)
    OR (NEW.outcome IS 'answered') <> (coalesce(NEW.truncated, 2) IN (0, 1))
    OR (coalesce(NEW.outcome, '') IN ('not_sent', 'lost')) <> (NEW.phase IS NOT NULL)
    OR (coalesce(NEW.outcome, '') IN ('not_sent', 'lost')) <> (NEW.cause IS NOT NULL)
    OR (coalesce(NEW.outcome, '') IN ('not_sent', 'lost')) <> (NEW.detail IS NOT NULL)
    OR (NEW.outcome IS 'look') <> (NEW.look IS NOT NULL)
    OR (NEW.outcome IS 'answered' AND NEW.content_sha256 IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'no such fact');
END
"""

# INSERT OR REPLACE deletes without asking the triggers against DELETE, but comes by here first.
_CONSENT_IS_NEW = """
CREATE TRIGGER consent_is_new BEFORE INSERT ON consent
WHEN EXISTS (SELECT 1 FROM consent WHERE seq = NEW.seq OR request_id = NEW.request_id)
BEGIN
    SELECT RAISE(ABORT, 'a consent is immutable');
END
"""

_JOURNAL_IS_NEW = """
CREATE TRIGGER journal_is_new BEFORE INSERT ON journal WHEN EXISTS (SELECT 1 FROM journal) BEGIN
    SELECT RAISE(ABORT, 'a journal is immutable');
END
"""

_FACT_IS_NEW = """
CREATE TRIGGER fact_is_new BEFORE INSERT ON fact
WHEN EXISTS (SELECT 1 FROM fact WHERE seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'a fact is immutable');
END
"""

_CUSTOMER_ID = """
    coalesce(customer_id, (
        SELECT iif(length(gone), 'erased ' || lower(hex(substr(gone, 1, 4))), 'lost') FROM fact
        WHERE fact.request_id = consent.request_id AND gone IS NOT NULL ORDER BY fact.seq DESC LIMIT 1
    ), 'erased')
""".strip()

_NOTED_VIEW = """
CREATE VIEW noted AS
SELECT consent.seq, request_id, project_id, project_name, base_url, project_token,
    category, action, valid_until, timestamp, noted_at,
    coalesce(customer_id_type, 'erased') AS customer_id_type, CUSTOMER_ID AS customer_id,
    coalesce(ticket, '') AS ticket, coalesce(wording, '') AS wording,
    coalesce(channel, '') AS channel, coalesce(agent, '') AS agent,
    coalesce(context, '{}') AS context, coalesce(body, x'') AS body
FROM consent LEFT JOIN personal ON personal.seq = consent.seq
"""

_ENTRY_VIEW = """
CREATE VIEW entry AS
SELECT consent.seq, consent.request_id, project_id, project_name, category, action, noted_at,
    coalesce(customer_id_type, 'erased') AS customer_id_type, CUSTOMER_ID AS customer_id,
    standing.state, attempt.status, attempt.elapsed, fact.cause
FROM consent
    JOIN standing ON standing.seq = consent.seq
    JOIN fact ON fact.seq = standing.fact
    LEFT JOIN fact AS attempt ON attempt.seq = (
        SELECT max(seq) FROM fact AS other WHERE other.request_id = consent.request_id
        AND (other.state = 'in_flight' OR other.outcome IN ('answered', 'not_sent', 'lost'))
    )
    LEFT JOIN personal ON personal.seq = consent.seq
"""

_FIRST = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    _JOURNAL,
    _NAME,
    _CONSENT,
    _PERSONAL,
    _FACT,
    _ANSWER,
    _REMARK,
    _STANDING,
    _SOUGHT,
    "CREATE INDEX personal_of_customer ON personal (customer_id)",
    "CREATE INDEX fact_of_consent ON fact (request_id)",
    "CREATE INDEX standing_in_state ON standing (state, seq)",
    _JOURNAL_IS_NEW,
    _CONSENT_IS_NEW,
    _FACT_IS_NEW,
    _FACT_IS_SOUND,
    _FACT_STANDS,
    *(
        f"CREATE TRIGGER {table}_keeps_{event.lower()} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END"
        for table, event in (
            ("journal", "UPDATE"),
            ("journal", "DELETE"),
            ("consent", "UPDATE"),
            ("consent", "DELETE"),
            ("fact", "UPDATE"),
            ("fact", "DELETE"),
            # These may be erased, but never say something else.
            ("personal", "UPDATE"),
            ("answer", "UPDATE"),
            ("remark", "UPDATE"),
        )
    ),
    _NOTED_VIEW.replace("CUSTOMER_ID", _CUSTOMER_ID),
    _ENTRY_VIEW.replace("CUSTOMER_ID", _CUSTOMER_ID),
)

# Every outcome that an answer came with, whole or not, has its status, and the hash of what it was.
_FACT_IS_SOUND_2 = """
CREATE TRIGGER fact_is_sound BEFORE INSERT ON fact
WHEN NEW.state NOT IN ('queued', 'in_flight', 'retry_wait', 'delivered', 'seen', 'verified', 'not_shown',
        'contradicted', 'refused', 'unconfirmed', 'not_seen', 'restored', 'discarded', 'new_profile',
        'no_category')
    OR coalesce(NEW.outcome, 'answered') NOT IN ('answered', 'not_sent', 'lost', 'look', 'look_failed')
    OR (NEW.outcome IS NULL) <> (NEW.elapsed IS NULL)
    OR (NEW.outcome IS 'answered' AND NEW.status IS NULL)
    OR (NEW.status IS NOT NULL AND coalesce(NEW.outcome, '') NOT IN ('answered', 'lost', 'look_failed'))
    OR (NEW.status IS NOT NULL) <> (coalesce(NEW.truncated, 2) IN (0, 1))
    OR (NEW.status IS NOT NULL AND NEW.content_sha256 IS NULL)
    OR (coalesce(NEW.outcome, '') IN ('not_sent', 'lost') AND NEW.phase IS NULL)
    OR (NEW.phase IS NOT NULL AND coalesce(NEW.outcome, '') NOT IN ('not_sent', 'lost', 'look_failed'))
    OR (NEW.phase IS NULL) <> (NEW.cause IS NULL)
    OR (NEW.phase IS NULL) <> (NEW.detail IS NULL)
    OR (coalesce(NEW.outcome, '') IN ('look', 'look_failed')) <> (NEW.look IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'no such fact');
END
"""

_NOTED_VIEW_2 = _NOTED_VIEW.replace("timestamp, noted_at,", "timestamp, noted_at, press,")

_ENTRY_VIEW_2 = """
CREATE VIEW entry AS
SELECT consent.seq, consent.request_id, project_id, project_name, category, action, timestamp, noted_at,
    press, coalesce(customer_id_type, 'erased') AS customer_id_type, CUSTOMER_ID AS customer_id,
    coalesce(context, '{}') AS context, standing.state, attempt.status, attempt.elapsed,
    fact.outcome, fact.cause, fact.look, coalesce(remark.text, '') AS note
FROM consent
    JOIN standing ON standing.seq = consent.seq
    JOIN fact ON fact.seq = standing.fact
    LEFT JOIN remark ON remark.fact = fact.seq
    LEFT JOIN fact AS attempt ON attempt.seq = (
        SELECT max(seq) FROM fact AS other WHERE other.request_id = consent.request_id
        AND (other.state = 'in_flight' OR other.outcome IN ('answered', 'not_sent', 'lost'))
    )
    LEFT JOIN personal ON personal.seq = consent.seq
"""

_SECOND = (
    "ALTER TABLE consent ADD COLUMN press TEXT CHECK (length(press) = 36)",
    "CREATE TABLE claim (fact INTEGER PRIMARY KEY REFERENCES fact (seq), owner TEXT NOT NULL) STRICT",
    "DROP TRIGGER fact_is_sound",
    _FACT_IS_SOUND_2,
    "DROP VIEW noted",
    _NOTED_VIEW_2.replace("CUSTOMER_ID", _CUSTOMER_ID),
    "DROP VIEW entry",
    _ENTRY_VIEW_2.replace("CUSTOMER_ID", _CUSTOMER_ID),
)

STEPS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND)
"""The statements of step N lead from version N to N + 1. A step that was released never changes."""

VERSION = len(STEPS)
"""The version (`user_version`) that this program reads and writes."""


def migrate(connection: sqlite3.Connection, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Bring a journal to the latest version, wholly or not at all. Raises sqlite3.Error.

    `connection` is in autocommit mode (`isolation_level=None`).
    """
    if version(connection) >= len(steps):
        return
    with transaction(connection):
        # Asked again under the lock: another start may just have done it.
        for step in steps[version(connection) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(steps)}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all of it, or nothing. `connection` is in autocommit mode."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # After some failures SQLite has already rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def blank() -> bytes:
    """The file of a journal without a row."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        return connection.serialize()


def version(connection: sqlite3.Connection) -> int:
    """The version of a journal, 0 where there are no tables yet."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found
