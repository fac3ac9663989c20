"""Copies of the journal: one a day and one before each migration, each verified, each with its own mark."""

import errno
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from consent_desk.domain.backup import Backup, Restored
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.errors import DeskError, JournalError
from consent_desk.domain.message import Message, say
from consent_desk.journal.errors import Reason, told
from consent_desk.journal.file import open_file
from consent_desk.journal.head import create_head, head_file, legible, read_head
from consent_desk.journal.identity import FROM_BACKUP, restore_open
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.owners import is_shared
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

_NOT_FOUND = "The backups cannot be listed: {why}."
_NOT_BACKED_UP = "The journal was not backed up: {why}."
_NOT_COPIED = "The backup was made, but not copied into the second folder: {why}."
NOT_RESTORED = "The backup was not restored, and the journal is left as it is: {why}."
_NO_SECOND = Reason(
    say("the second folder for backups is not there"),
    say("Connect its disk, or do without a second folder (Ctrl+B), then try again."),
)


class Backups:
    """The backups of the journal at `journal`, in a folder beside it and, if one is set, in a second one."""

    def __init__(self, journal: Path, *, second: Path | None = None) -> None:
        self._journal = journal
        self._folder = journal.parent / "backups"
        self._second = second

    def here(self) -> tuple[Backup, ...]:
        """The backups on this computer. Raises JournalError."""
        with told(_NOT_FOUND):
            return tuple(map(_known, _backups_in(self._folder)))

    def elsewhere(self) -> tuple[Backup, ...]:
        """Those in the second folder, if one is set; where it cannot be read, the next backup tells that.

        Those of other journals too: of one that was salvaged since, or of the computer before this one.
        """
        with suppress(OSError):
            return tuple(_known(path, second=True) for each in self._far() for path in _backups_in(each))
        return ()

    def make_daily(self, journal: SqliteJournal, at: Timestamp) -> Path | None:
        """Back the journal up unless that was done today (in UTC); return the new backup.

        Raises JournalError. A copy that is not sound is not kept, and no older one is removed for it.
        """
        # Full copies of the journal: no customer's data may stay in them for ever.
        with suppress(OSError):
            self.delete_left_over()
        path = self._today(at)
        if path.exists():
            return None
        self._make(path, journal.copy_to)
        self._prune(self._folder)
        return path

    def copy_daily(self, at: Timestamp) -> None:
        """Copy today's backup into the second folder, if one is set, unless it is there.

        Those from before a migration too: no start waits for a folder on a network. Raises JournalError.
        """
        if self._second is None:
            return
        with suppress(OSError):
            self.delete_left_over()
        for each in (*self._folder.glob("journal-*-version-*.sqlite"), self._today(at)):
            if each.exists():
                self._copy_to(self._second, each)

    def _today(self, at: Timestamp) -> Path:
        """Where today's backup is, or is to be made."""
        path = self._folder / f"journal-{_day(at)}.sqlite"
        with told(_NOT_BACKED_UP):
            ours, there = (legible(read_head(head_file(each))) for each in (self._journal, path))
        if ours is None or there is None or ours.journal == there.journal:
            return path
        # What was backed up this morning was salvaged since: its last backup is not written over.
        return path.with_name(f"journal-{_day(at)}-{ours.journal[:8]}.sqlite")

    def _copy_to(self, second: Path, path: Path) -> None:
        """Copy a backup into a folder of ours in `second`, unless it is there."""
        with told(_NOT_COPIED):
            # Asked first: a disk that is not connected is not to be made up for by an empty folder.
            if not second.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "no folder")
            folder = _folder_in(second, path)
            folder.mkdir(mode=0o700, exist_ok=True)
            copy = folder / path.name
            if copy.exists():
                return
            with unfinished_in(folder) as making:
                made = making / path.name
                copy_file(head_file(path), head_file(made))
                copy_file(path, made)
                _put(made, copy)
        self._prune(folder)

    def before_migration(self, connection: sqlite3.Connection) -> None:
        """Back up a journal that is about to be brought up to date. Fits `SqliteJournal.open`."""
        name = f"journal-{_day(clock_now())}-version-{version(connection)}.sqlite"
        self._make(self._folder / name, connection.backup)

    def every(self, failure: str) -> tuple[Path, ...]:
        """Every backup, or none: those beside the journal first, then those in the second folder.

        Raises JournalError where one of the folders cannot be read. `failure` is a sentence with `{why}`.
        """
        with told(failure):
            if self._second is not None and not self._second.is_dir():
                raise _NO_SECOND.trouble(failure)
            return tuple(path for folder in (self._folder, *self._far()) for path in _backups_in(folder))

    def delete_left_over(self) -> tuple[Path, ...]:
        """Delete what killed backups, restorations and salvages left; return what is left still.

        Only while this program has the journal open; while another has, too, none is deleted. Raises OSError.
        """
        # What another program is making there is not left over.
        delete = left_in if is_shared(self._journal) else delete_left_in
        left = [*delete(self._journal.parent), *delete(self._folder)]
        if self._second is not None:
            ours = _folder_in(self._second, self._journal)
            for each in self._far():
                # Another computer may be copying into the others.
                left += delete(each) if each == ours else left_in(each)
        return tuple(left)

    def _far(self) -> tuple[Path, ...]:
        """The second folder, and those in it that hold backups, if one is set."""
        if self._second is None:
            return ()
        # Two people may share it: of the other one's backups nothing is to be seen.
        found = (each for each in self._second.glob(f"{_OURS}*") if os.access(each, os.R_OK | os.X_OK))
        return (self._second, *found)

    def _make(self, path: Path, copy_to: Callable[[sqlite3.Connection], None]) -> None:
        with told(_NOT_BACKED_UP):
            try:
                private_folder(self._folder)
            except DeskError as error:
                raise JournalError(say(_NOT_BACKED_UP, why=error.title), error.advice) from error
            with unfinished_in(self._folder) as making:
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
                _put(made, path)

    def _prune(self, folder: Path) -> None:
        with told(_NOT_BACKED_UP):
            daily = sorted(path for path in folder.iterdir() if _DAILY.fullmatch(path.name))
            for path in daily[:-KEPT]:
                path.unlink(missing_ok=True)
                head_file(path).unlink(missing_ok=True)
                companion(path).unlink(missing_ok=True)


def _folder_in(second: Path, path: Path) -> Path:
    """The folder of ours in `second` for backups of the journal at `path`, or that it is a backup of."""
    mark = legible(read_head(head_file(path)))
    return second / f"{_OURS}{mark.journal[:8] if mark else 'journal'}"


def _known(path: Path, *, second: bool = False) -> Backup:
    return Backup(path=path, day=path.name[8:18], size=path.stat().st_size, second=second)


def _backups_in(folder: Path) -> list[Path]:
    # Not by glob, which takes a folder that cannot be read for an empty one.
    return [each for each in folder.iterdir() if each.match("journal-*.sqlite")] if folder.is_dir() else []


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
    """Let a backup that was made stand at `path`. The mark first: a backup without one counts as damaged."""
    for source, target in ((head_file(made), head_file(path)), (made, path)):
        source.replace(target)
        sync_name(target)


def _require_sound(path: Path, mark: Path, failure: str) -> None:
    found = verify(path, mark)
    if found.verdict is not Verdict.SOUND:
        why = found.why or Message("")
        raise Reason(
            say("the copy is not sound ({why})", why=why),
            say("Take another backup, and tell your administrator."),
        ).trouble(failure)


def _day(at: Timestamp) -> str:
    return f"{datetime.fromtimestamp(at.micros / 1_000_000, UTC):%Y-%m-%d}"
