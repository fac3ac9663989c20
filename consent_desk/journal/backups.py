"""Copies of the journal: one a day and one before each migration, each verified, each with its own mark."""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition

from consent_desk.domain.backup import Backup, Restored
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.errors import DeskError, JournalError
from consent_desk.domain.message import Message, say
from consent_desk.journal.errors import Reason, told
from consent_desk.journal.file import open_file
from consent_desk.journal.head import create_head, head_file, legible, read_head
from consent_desk.journal.identity import FROM_BACKUP, restore_open
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.owners import is_shared, lone
from consent_desk.journal.rows import head
from consent_desk.journal.schema import version
from consent_desk.journal.verify import Verdict, verify
from consent_desk.system.atomic_file import companion, copy_file, set_aside, sync, sync_name
from consent_desk.system.clock import now as clock_now
from consent_desk.system.folders import private_folder
from consent_desk.system.left_over import delete_left_in, left_in, unfinished_in

KEPT = 14
"""So many daily backups are kept."""

_DAILY = re.compile(r"journal-\d{4}-\d\d-\d\d(-[0-9a-f]{8})?\.sqlite")
_OURS = "consent-desk-"
"""How the name of a folder in the second folder begins, one for each journal that is backed up there."""

_NOT_FOUND = say("journal", "Not all backups can be listed: {why}.")
_NOT_BACKED_UP = say("journal", "The journal was not backed up: {why}.")
_NOT_YET_COPIED = say("journal", "The backup was made, but is not copied yet: {why}.")
_NOT_COPIED = say("journal", "The backup was made, but not copied into the second folder: {why}.")
NOT_RESTORED = say("journal", "The backup was not restored, and the journal is left as it is: {why}.")
_NO_ANSWER = Reason(
    say("journal", "the second folder does not answer, or something is still under way there"),
    say("journal", "If that lasts, connect its disk, or choose another one, or none (Ctrl+B)."),
)
_NO_SECOND = Reason(
    say("journal", "the second folder for backups is not there"),
    say("journal", "Connect its disk, or do without a second folder (Ctrl+B), then try again."),
)


_entered = set[Path]()
"""The second folders in which something is under way, or hangs though nobody waits for it any more."""

_left = Condition()


@contextmanager
def alone_in_second(second: Path | None, failure: Message, patience: float = 0) -> Iterator[None]:
    """Let one thread at a time into the second folder, if one is set: no more than one hangs there.

    Raises JournalError if another one is in it, for all of `patience` seconds; `failure` has a `{why}`.
    """
    if second is None:
        yield
        return
    with _left:
        if not _left.wait_for(lambda: second not in _entered, patience):
            raise _NO_ANSWER.trouble(failure)
        _entered.add(second)
    try:
        yield
    finally:
        with _left:
            _entered.discard(second)
            _left.notify_all()


def backups_here(journal: Path) -> tuple[Backup, ...]:
    """The backups on this computer of the journal at that path. Raises JournalError."""
    with told(_NOT_FOUND):
        return _backups_in(_beside(journal))


def backups_elsewhere(second: Path | None) -> tuple[Backup, ...]:
    """Those in the second folder, if one is set; where it cannot be read, the next backup tells that.

    Those of other journals too: of one that was salvaged since, or of the computer before this one.
    Raises JournalError while something hangs there.
    """
    with alone_in_second(second, _NOT_FOUND), suppress(OSError):
        return tuple(found for each in _far(second) for found in _backups_in(each, second=True))
    return ()


def make_daily(path: Path, journal: SqliteJournal, at: Timestamp) -> Path | None:
    """Back up the open `journal` at `path` unless that was done today (in UTC); return the new backup.

    Raises JournalError. A copy that is not sound is not kept, and no older one is removed for it.
    """
    # Full copies of the journal: no customer's data may stay in them for ever.
    with suppress(OSError):
        delete_left_over(path)
    backup = _today(path, at)
    if backup.exists():
        return None

    def put(made: Path, backup: Path) -> None:
        # Another program may have made it meanwhile: the mark of one beside the file of the other is damage.
        with lone(path, _NOT_BACKED_UP):
            if not backup.exists():
                _put(made, backup)

    _make(backup, journal.copy_to, put)
    return backup


def copy_daily(path: Path, second: Path | None, at: Timestamp) -> None:
    """Copy today's backup of the journal at `path` into the second folder, if one is set, unless it is there.

    Those from before a migration too: no start waits for a folder on a network. Raises JournalError.
    """
    if second is None:
        return
    with alone_in_second(second, _NOT_YET_COPIED), told(_NOT_COPIED):
        # Asked first: a disk that is not connected is not to be made up for by an empty folder.
        if not second.is_dir():
            raise _NO_SECOND.trouble(_NOT_COPIED)
        with suppress(OSError):
            delete_left_over(path, second)
        for each in (*_beside(path).glob("journal-*-version-*.sqlite"), _today(path, at)):
            copy = second / _name_in_second(each) / each.name
            if each.exists() and not copy.exists():
                copy.parent.mkdir(mode=0o700, exist_ok=True)
                with unfinished_in(copy.parent) as making:
                    made = making / each.name
                    copy_file(head_file(each), head_file(made))
                    copy_file(each, made)
                    _put(made, copy)


def back_up_before_migration(path: Path, connection: sqlite3.Connection) -> None:
    """Back up the journal at `path` before it is brought up to date. Raises JournalError."""
    name = f"journal-{_day(clock_now())}-version-{version(connection)}.sqlite"
    _make(_beside(path) / name, connection.backup, _put)


def every_backup(path: Path, second: Path | None, failure: Message) -> tuple[Path, ...]:
    """Every backup, or none: those beside the journal first, then those in the second folder.

    Raises JournalError where one of the folders cannot be read. `failure` is a sentence with `{why}`.
    """
    with told(failure):
        if second is not None and not second.is_dir():
            raise _NO_SECOND.trouble(failure)
        return tuple(each.path for folder in (_beside(path), *_far(second)) for each in _backups_in(folder))


def delete_left_over(path: Path, second: Path | None = None) -> tuple[Path, ...]:
    """Delete what killed backups, restorations and salvages left; return what is left still.

    Only while this program has the journal at `path` open; while another has, too, none is deleted. Raises
    OSError.
    """
    # What another program is making there is not left over.
    delete = left_in if is_shared(path) else delete_left_in
    left = [*delete(path.parent), *delete(_beside(path))]
    for each in _far(second):
        # Another computer may be copying into the others.
        left += delete(each) if each.name == _name_in_second(path) else left_in(each)
    return tuple(left)


def _beside(journal: Path) -> Path:
    """The folder for backups on this computer."""
    return journal.parent / "backups"


def _far(second: Path | None) -> tuple[Path, ...]:
    """The second folder, and those in it that hold backups, if one is set."""
    if second is None:
        return ()
    # Two people may share it: of the other one's backups nothing is to be seen.
    found = (each for each in second.glob(f"{_OURS}*") if os.access(each, os.R_OK | os.X_OK))
    return (second, *found)


def _today(journal: Path, at: Timestamp) -> Path:
    """Where today's backup is, or is to be made."""
    path = _beside(journal) / f"journal-{_day(at)}.sqlite"
    with told(_NOT_BACKED_UP):
        ours, there = (legible(read_head(head_file(each))) for each in (journal, path))
    if ours is None or there is None or ours.journal == there.journal:
        return path
    # What was backed up this morning was salvaged since: its last backup is not written over.
    return path.with_name(f"journal-{_day(at)}-{ours.journal[:8]}.sqlite")


def _make(
    path: Path, copy_to: Callable[[sqlite3.Connection], None], put: Callable[[Path, Path], None]
) -> None:
    with told(_NOT_BACKED_UP):
        try:
            private_folder(path.parent)
        except DeskError as error:
            raise JournalError(_NOT_BACKED_UP.format(why=error.title), error.advice) from error
        with unfinished_in(path.parent) as making:
            made = making / path.name
            # Made by hand first: SQLite would make it readable for all.
            os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with closing(sqlite3.connect(made, isolation_level=None)) as target:
                target.row_factory = sqlite3.Row
                target.execute("PRAGMA journal_mode = off")
                target.execute("PRAGMA synchronous = off")
                copy_to(target)
                create_head(head_file(made), head(target))
            with made.open("rb+") as file:
                sync(file.fileno())
            _require_sound(made, head_file(made), _NOT_BACKED_UP)
            put(made, path)


def _name_in_second(path: Path) -> str:
    """What our folder in the second one is called: for the journal at `path`, or whose backup that is."""
    mark = legible(read_head(head_file(path)))
    return f"{_OURS}{mark.journal[:8] if mark else 'journal'}"


def _backups_in(folder: Path, *, second: bool = False) -> tuple[Backup, ...]:
    # Not by glob, which takes a folder that cannot be read for an empty one.
    return tuple(
        Backup(path=each, day=each.name[8:18], size=each.stat().st_size, second=second)
        for each in (folder.iterdir() if folder.is_dir() else ())
        if each.match("journal-*.sqlite")
    )


def restore(
    backup: Path, path: Path, *, installation: str = "", now: Callable[[], Timestamp] = clock_now
) -> Restored:
    """Put a copy of `backup` in the place of the journal at `path`, which nobody has open.

    The file that was there is set aside, not deleted. Every open consent of the backup gets the fact
    `restored`: it may have gone out since. Raises JournalError.
    """
    with told(NOT_RESTORED), unfinished_in(path.parent) as making:
        copy = making / path.name
        copy_file(backup, copy)
        if companion(backup).exists():
            copy_file(companion(backup), companion(copy))
        # Not the backup itself: an erasure may have rewritten it meanwhile.
        _require_sound(copy, head_file(backup), NOT_RESTORED)
        with closing(open_file(copy)) as connection:
            restored = restore_open(connection, now(), FROM_BACKUP)
            mark = replace(head(connection), installation=installation)
        replaced = set_aside(path, "replaced", now())
        copy.rename(path)
        create_head(head_file(path), mark)
        return Restored(replaced=replaced, restored=restored)


def _put(made: Path, path: Path) -> None:
    """Let a backup that was made stand at `path`, and delete the oldest daily ones beside it."""
    # The mark first: a backup without one counts as damaged.
    for source, target in ((head_file(made), head_file(path)), (made, path)):
        source.replace(target)
        sync_name(target)
    for old in sorted(each for each in path.parent.iterdir() if _DAILY.fullmatch(each.name))[:-KEPT]:
        for each in (old, head_file(old), companion(old)):
            each.unlink(missing_ok=True)


def _require_sound(path: Path, mark: Path, failure: Message) -> None:
    found = verify(path, mark)
    if found.verdict is not Verdict.SOUND:
        why = found.why or Message("")
        raise Reason(
            say("journal", "the copy is not sound ({why})").format(why=why),
            say("journal", "Take another backup, and tell your administrator."),
        ).trouble(failure)


def _day(at: Timestamp) -> str:
    return f"{datetime.fromtimestamp(at.micros / 1_000_000, UTC):%Y-%m-%d}"
