"""The right to erasure: a customer's data goes out of the journal and its backups; the chain stays whole."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.errors import JournalDamagedError, JournalError
from consent_desk.domain.lifecycle.state import OPEN_STATES
from consent_desk.domain.message import say
from consent_desk.journal.backups import delete_left_over, every_backup
from consent_desk.journal.errors import FOREIGN, NEWER, REWRITTEN, told
from consent_desk.journal.file import open_file
from consent_desk.journal.head import create_head, head_file, read_head
from consent_desk.journal.identity import mismatch, saved_of
from consent_desk.journal.journal import NOT_ERASED, OPEN, SqliteJournal
from consent_desk.journal.owners import alone
from consent_desk.journal.personal_data import erase_consent, erasure_key, find_consents, keyed_hash
from consent_desk.journal.rows import head
from consent_desk.journal.schema import APPLICATION_ID, VERSION, version
from consent_desk.system.atomic_file import companion

_STILL_THERE = say(
    "journal", "The customer's data was not removed from the journal, nor from all backups: {why}."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was erased: so many `consents`, shown as “erased `short`” now; so many `backups` rewritten.

    `left` may hold the data still: files that were set aside and damaged backups, which nobody deletes but
    a person, and what was left half-done and could not be deleted.
    """

    short: str
    consents: int
    backups: int
    left: tuple[Path, ...]


def erase(
    path: Path,
    journal: SqliteJournal,
    second: Path | None,
    *,
    project_id: str,
    customer: CustomerId,
    at: Timestamp,
) -> Erasure:
    """Remove a customer's data from the open `journal` at `path` and from its backups, in `second` too.

    The journal is the last: where it stops half-way, the customer is still there, and can be removed once
    more. Raises JournalError, also while a consent of the customer is open, or another program has the
    journal open: it would know what is no more.
    """
    with alone(path, NOT_ERASED, journal.owner):
        with told(NOT_ERASED):
            keyed = keyed_hash(erasure_key(path), project_id, customer)
            consents = journal.consents_of(project_id, customer)
            # Asked before any backup is touched; the journal asks again.
            if not OPEN_STATES.isdisjoint(journal.entry(each).state for each in consents):
                raise OPEN.trouble(NOT_ERASED)
            names = (f"{path.name}.damaged-*", f"{path.name}.replaced-*", saved_of(path).name)
            aside = (each for name in names for each in path.parent.glob(name))
            # First: a backup that is only being made now becomes one that nobody rewrites.
            half_done = delete_left_over(path, second)
            every = every_backup(path, second, NOT_ERASED)
        rewritten = 0
        damaged: list[Path] = []
        for each in every:
            try:
                rewritten += _erase_from(each, project_id, customer, keyed, at)
            except JournalDamagedError:
                damaged.append(each)
        return Erasure(
            short=keyed.hex()[:8],
            consents=journal.erase(project_id, customer, keyed, at),
            backups=rewritten,
            left=tuple(sorted((*aside, *half_done, *damaged))),
        )


def _erase_from(path: Path, project_id: str, customer: CustomerId, keyed: bytes, at: Timestamp) -> bool:
    """Remove a customer's data from the backup at `path`; say whether it held some, else it is not touched.

    Raises JournalDamagedError where it is not what its mark says: with a new one it would be taken for sound.
    """
    try:
        with told(_STILL_THERE):
            if not _holds(path, project_id, customer):
                return False
            # Of an older version, too: who goes back to it finds the backup that it can read.
            with closing(open_file(path, as_it_is=True)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                for request_id in find_consents(connection, project_id, customer):
                    # Open or not: in the journal itself it is settled by now.
                    erase_consent(connection, request_id, keyed, at)
                connection.execute("COMMIT")
                create_head(head_file(path), head(connection))
            companion(path).unlink(missing_ok=True)
            return True
    except JournalError as trouble:
        which = say("journal", "{trouble} This is about the backup {path}.").format(
            trouble=trouble.title, path=path
        )
        raise type(trouble)(which, trouble.advice) from trouble


def _holds(path: Path, project_id: str, customer: CustomerId) -> bool:
    # By hand: opened as a journal, it would also be brought up to date.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise FOREIGN.trouble(_STILL_THERE)
        if version(connection) > VERSION:
            raise NEWER.trouble(_STILL_THERE)
        found = find_consents(connection, project_id, customer)
        mark = read_head(head_file(path))
        wrong = REWRITTEN if mark is None else mismatch(connection, mark)
        if found and wrong is not None:
            raise wrong.trouble(_STILL_THERE)
        return bool(found)
