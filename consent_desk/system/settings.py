"""What this desk keeps about its journal, in the settings folder: away from the journal itself."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock

from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import say
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.folders import private_folder

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    second_backup_folder: str = ""
    has_journal: bool = False


class DeskSettings:
    """The file at `path`, mode 0600. Raises DeskError; what cannot be read is not written over.

    For several threads: what one keeps, another one does not undo.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changing = Lock()

    @property
    def second_folder(self) -> Path | None:
        """The second folder for backups, None where none is set."""
        kept = self._read().second_backup_folder
        return Path(kept) if kept else None

    def set_second_folder(self, folder: Path | None) -> None:
        """Keep the second folder for backups; None for none."""
        with self._changing:
            self._write(replace(self._read(), second_backup_folder="" if folder is None else str(folder)))

    @property
    def has_journal(self) -> bool:
        """Whether there was a journal. Where this cannot be read there may have been one."""
        try:
            return self._read().has_journal
        except DeskError:
            return True

    def remember_journal(self, there: bool = True) -> None:
        """Keep that there is a journal, or that a new one is to be made."""
        with self._changing:
            kept = self._read()
            if kept.has_journal is not there:
                self._write(replace(kept, has_journal=there))

    def _read(self) -> _Kept:
        try:
            document = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return _Kept()
        except (OSError, ValueError, RecursionError) as error:
            raise self._unreadable() from error
        match document:
            case {"version": 1, "second_backup_folder": str(folder), "has_journal": bool(there)}:
                return _Kept(second_backup_folder=folder, has_journal=there)
            case _:
                raise self._unreadable()

    def _write(self, kept: _Kept) -> None:
        content = json.dumps({"version": VERSION, **asdict(kept)}, indent=2).encode("ascii")
        try:
            private_folder(self._path.parent)
            replace_file(self._path, content + b"\n")
        except (OSError, DeskError) as error:
            raise DeskError(
                say("The settings for backups could not be saved."),
                say(
                    "See that {folder} can be written and that the disk is not full. Then try again.",
                    folder=self._path.parent,
                ),
            ) from error

    def _unreadable(self) -> DeskError:
        return DeskError(
            say("The settings for backups cannot be read."),
            say("They were left as they are. Mend {path}, or move it away to begin anew.", path=self._path),
        )
