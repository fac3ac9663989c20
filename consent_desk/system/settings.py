"""What this desk keeps about its journal, in the settings folder: away from the journal itself."""

from pathlib import Path
from threading import Lock
from typing import Any

from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import say
from consent_desk.system.json_file import JsonFile


class DeskSettings:
    """The file at `path`, mode 0600. Raises DeskError; what cannot be read is not written over.

    For several threads: what one keeps, another one does not undo.
    """

    def __init__(self, path: Path) -> None:
        self._file = JsonFile(
            path=path,
            indent=2,
            unreadable=say("system", "The settings for backups cannot be read."),
            unsaved=say("system", "The settings for backups could not be saved."),
        )
        self._changing = Lock()

    @property
    def second_folder(self) -> Path | None:
        """The second folder for backups, None where none is set."""
        kept = self._read()["second_backup_folder"]
        return Path(kept) if kept else None

    def set_second_folder(self, folder: Path | None) -> None:
        """Keep the second folder for backups; None for none."""
        with self._changing:
            self._file.write({**self._read(), "second_backup_folder": str(folder or "")})

    @property
    def has_journal(self) -> bool:
        """Whether there was a journal. Where this cannot be read there may have been one."""
        try:
            return bool(self._read()["has_journal"])
        except DeskError:
            return True

    def remember_journal(self, there: bool = True) -> None:
        """Keep that there is a journal, or that a new one is to be made."""
        with self._changing:
            kept = self._read()
            if kept["has_journal"] is not there:
                self._file.write({**kept, "has_journal": there})

    def _read(self) -> dict[str, Any]:
        match self._file.read():
            case {"version": 1, "second_backup_folder": str(folder), "has_journal": bool(there)}:
                return {"second_backup_folder": folder, "has_journal": there}
            case None:
                return {"second_backup_folder": "", "has_journal": False}
            case _:
                raise self._file.damaged()
