"""The list of projects in a small file: no secret, no token, and never half written."""

import json
from collections.abc import Sequence
from pathlib import Path

from consent_desk.domain.errors import DeskError, ProjectListError
from consent_desk.domain.message import say
from consent_desk.projects.projects import Listed
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.folders import private_folder

VERSION = 1


class ProjectListFile:
    """The list in the file at `path`, mode 0600.

    Raises ProjectListError. What cannot be read is not written over.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Listed, ...] | None:
        """The projects in their order, None where no list was ever written."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable() from error
        try:
            document = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self._unreadable() from error
        match document:
            case {"version": int(version)} if version > VERSION:
                raise ProjectListError(
                    say("The list of projects was written by a newer version of this program."),
                    say("Start the newer version, or move {path} away to begin anew.", path=self._path),
                )
            case {"version": 1, "projects": list(projects)} if (rows := self._rows(projects)) is not None:
                return rows
            case _:
                raise self._unreadable()

    def write(self, listed: Sequence[Listed]) -> None:
        """Replace the list, wholly or not at all. What is there must be readable."""
        self.read()
        projects = [{"id": row.id, "name": row.name, "entry": row.entry} for row in listed]
        content = json.dumps({"version": VERSION, "projects": projects}, indent=2).encode("ascii")
        try:
            private_folder(self._path.parent)
            _replace(self._path, content + b"\n")
        except (OSError, DeskError) as error:
            raise ProjectListError(
                say("The list of projects could not be saved."),
                say(
                    "See that {folder} can be written and that the disk is not full. Then try again.",
                    folder=self._path.parent,
                ),
            ) from error

    def _rows(self, projects: list[object]) -> tuple[Listed, ...] | None:
        rows = tuple(row for project in projects if (row := self._row(project)) is not None)
        # Two of one ID would share whatever is done to one of them.
        return rows if len({row.id for row in rows}) == len(projects) else None

    def _row(self, project: object) -> Listed | None:
        match project:
            case {"id": str(project_id), "name": str(name), "entry": str(entry)} if project_id:
                return Listed(id=project_id, name=name, entry=entry)
            case _:
                return None

    def _unreadable(self) -> ProjectListError:
        return ProjectListError(
            say("The list of projects cannot be read."),
            say("It was left as it is. Mend {path}, or move it away to begin anew.", path=self._path),
        )


def _replace(path: Path, content: bytes) -> None:
    try:
        replace_file(path, content)
    except OSError:
        # Some file systems cannot make sure of the name as well: the list is replaced by then.
        if path.read_bytes() != content:
            raise
