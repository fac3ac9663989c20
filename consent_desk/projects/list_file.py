"""The list of projects in a small file: no secret, no token, and never half written."""

from collections.abc import Sequence
from pathlib import Path

from consent_desk.domain.errors import ProjectListError
from consent_desk.domain.message import say
from consent_desk.projects.projects import Listed
from consent_desk.system.json_file import JsonFile


class ProjectListFile:
    """The list in the file at `path`, mode 0600.

    Raises ProjectListError. What cannot be read is not written over.
    """

    def __init__(self, path: Path) -> None:
        self._file = JsonFile(
            path=path,
            indent=2,
            error=ProjectListError,
            unreadable="The list of projects cannot be read.",
            left="It was left as it is.",
            unsaved="The list of projects could not be saved.",
        )

    def read(self) -> tuple[Listed, ...] | None:
        """The projects in their order, None where no list was ever written."""
        match self._file.read():
            case None:
                return None
            case {"version": int(version)} if version > 1:
                raise ProjectListError(
                    say("The list of projects was written by a newer version of this program."),
                    say("Start the newer version, or move {path} away to begin anew.", path=self._file.path),
                )
            case {"version": 1, "projects": list(projects)} if (rows := self._rows(projects)) is not None:
                return rows
            case _:
                raise self._file.damaged()

    def write(self, listed: Sequence[Listed]) -> None:
        """Replace the list, wholly or not at all. What is there must be readable."""
        self.read()
        projects = [{"id": row.id, "name": row.name, "entry": row.entry} for row in listed]
        self._file.write({"projects": projects})

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
