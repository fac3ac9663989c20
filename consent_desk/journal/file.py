"""The journal's file: made, recognised and opened."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

from consent_desk.journal.errors import (
    EMPTY,
    FOREIGN,
    GONE,
    LEFT_OVER,
    NEWER,
    NO_JOURNAL,
    NOT_OPENED,
    PRAGMA,
    told,
)
from consent_desk.journal.head import head_file
from consent_desk.journal.schema import APPLICATION_ID, VERSION, blank, migrate, version
from consent_desk.system.atomic_file import companion, sync, sync_name
from consent_desk.system.folders import is_there
from consent_desk.system.left_over import copy_of

PRAGMAS: dict[str, str | int] = {
    "journal_mode": "truncate",
    "synchronous": 3,  # EXTRA
    "fullfsync": 1,
    "foreign_keys": 1,
    "trusted_schema": 0,
    "busy_timeout": 5000,
    "secure_delete": 1,
}
"""What every connection is set to, as it reads back. Why: docs/decisions/004."""

MAGIC = b"SQLite format 3\0"
"""What a database begins with."""


def open_file(
    path: Path,
    before_migration: Callable[[sqlite3.Connection], None] | None = None,
    *,
    as_it_is: bool = False,
) -> sqlite3.Connection:
    """A connection to the journal at `path`, made 0600 where there is nothing at all.

    `before_migration` is called where an older version is about to be brought up to date; `as_it_is`: none
    is. Raises JournalError; a file that is not a good journal of ours is left as it is.
    """
    with told(NOT_OPENED, path.parent):
        # Asked before anything else: another start makes the journal first, and then its mark.
        marked = is_there(head_file(path))
        if not is_there(path):
            if marked:
                raise GONE.trouble(NOT_OPENED)
            _create(path)
        _check_header(path, marked=marked)
        # mode=rw: should the file vanish now, SQLite makes no new one.
        uri = f"{path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        try:
            _set_up(connection, before_migration, as_it_is=as_it_is)
        except BaseException:
            connection.close()
            raise
        return connection


def _create(path: Path) -> None:
    """Make a journal without rows at `path`, wholly or not at all.

    It is made under a temporary name and then linked, which never replaces another start's journal.
    So no crash leaves half a journal. Where the file system knows no links, an empty file is made, if there
    is none by now: SQLite makes it a journal in one transaction.
    """
    if is_there(companion(path)):
        # There was a journal, and SQLite would roll that one's pages back into the new file.
        raise LEFT_OVER.trouble(NOT_OPENED)
    descriptor, temporary = mkstemp(prefix=f"{path.name}.", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(blank())
            file.flush()
            sync(file.fileno())
        # On Windows it is rename that does not replace.
        publish = os.rename if os.name == "nt" else os.link
        with suppress(FileExistsError):
            try:
                publish(temporary, path)
            except FileExistsError:
                raise
            except OSError:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    finally:
        Path(temporary).unlink(missing_ok=True)
    # Before the mark is made: a mark without its journal means that one is gone.
    sync_name(path)


def read_header(path: Path) -> bytes:
    """The first 100 bytes of the file at `path`, less where there are not so many."""
    with path.open("rb") as file:
        return file.read(100)


def is_hot(path: Path) -> bool:
    """Does the companion of the file at `path` hold anything? So a transaction may have been broken off."""
    try:
        return companion(path).stat().st_size > 0
    except FileNotFoundError:
        return False


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that reads the database at `path` as it is, and changes nothing. Raises sqlite3.Error."""
    with closing(sqlite3.connect(read_only(path), uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        wait = f"busy_timeout = {PRAGMAS['busy_timeout']}"
        for pragma in ("trusted_schema = 0", "query_only = 1", "cell_size_check = 1", wait):
            connection.execute(f"PRAGMA {pragma}")
        yield connection


def read_only(path: Path) -> str:
    """What SQLite opens or attaches to read the database at `path`."""
    return f"{path.absolute().as_uri()}?mode=ro"


@contextmanager
def rolled_back(path: Path) -> Iterator[Path]:
    """A copy of the journal at `path` without the transaction that was broken off in it."""
    with copy_of(path) as copy:
        roll_back(copy)
        yield copy


def roll_back(path: Path) -> None:
    """Have SQLite undo the transaction that was broken off in the file at `path`. Raises sqlite3.Error."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def _check_header(path: Path, *, marked: bool) -> None:
    # Read by hand: SQLite would already roll back, and so change, a file that is not ours. Never done
    # beside an open connection: on POSIX, closing any descriptor of a file drops the process's locks on it.
    header = read_header(path)
    if header and not header.startswith(MAGIC) and is_hot(path):
        # Torn while it was written over: what SQLite will roll back to is what counts.
        with rolled_back(path) as copy:
            header = read_header(copy)
    if not header and not marked:
        return  # a first start, broken off by something: what was noted has a mark
    if not header:
        raise EMPTY.trouble(NOT_OPENED)
    if len(header) < 100 or not header.startswith(MAGIC):
        raise NO_JOURNAL.trouble(NOT_OPENED)
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise FOREIGN.trouble(NOT_OPENED)
    if int.from_bytes(header[60:64], "big") > VERSION:
        raise NEWER.trouble(NOT_OPENED)


def _set_up(
    connection: sqlite3.Connection,
    before_migration: Callable[[sqlite3.Connection], None] | None,
    *,
    as_it_is: bool,
) -> None:
    connection.row_factory = sqlite3.Row
    for name, wish in PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {wish}")
        if connection.execute(f"PRAGMA {name}").fetchone()[0] != wish:
            raise PRAGMA.trouble(NOT_OPENED)
    if not as_it_is:
        if before_migration is not None and 0 < version(connection) < VERSION:
            before_migration(connection)
        migrate(connection)
    # Reads the schema, and finds at the start what would else be found at the first decision.
    connection.execute("SELECT * FROM entry LIMIT 1").fetchall()
