"""The user's projects: a list without secrets in a file, all else in the operating system's keyring."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Protocol
from uuid import uuid4

from consent_desk.domain.errors import DeskError, KeyringFailureError, NoKeyringError
from consent_desk.domain.message import say
from consent_desk.domain.wire.project import Profile, Project, ProjectDraft, ProjectKind, parse_project
from consent_desk.system.json_file import JsonFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A project as the list knows it. `entry` names its entry in the keyring, empty where it has none."""

    id: str
    name: str
    entry: str = ""
    profile: Profile = field(default_factory=Profile)


class SecretStore(Protocol):
    """The keyring. Every method can block for ever and raises KeyringFailureError."""

    def load(self, entry: str) -> str | None:
        """The line kept under `entry`, None where there is none."""

    def save(self, entry: str, line: str) -> str:
        """Keep `line`, read it back, and return the keyring's name for people."""

    def remove(self, entry: str) -> None:
        """Forget `entry`; one that is not there is no error."""


_NOT_SHOWN = (
    say("projects", "The settings of this project were kept in a keyring, which does not show them now."),
    say(
        "projects",
        "Start or unlock that keyring and try again. If it is gone, enter the project settings again.",
    ),
)
_NOT_UNDERSTOOD = (
    say("projects", "What the keyring keeps of this project is not understood."),
    say("projects", "Enter the project settings again."),
)


class ProjectListFile:
    """The list in the file at `path`, mode 0600.

    Raises DeskError. What cannot be read is not written over.
    """

    def __init__(self, path: Path) -> None:
        self._file = JsonFile(
            path=path,
            indent=2,
            unreadable=say("projects", "The list of projects cannot be read."),
            advice=say("projects", "It was left as it is. Mend {path}, or move it away to begin anew."),
            unsaved=say("projects", "The list of projects could not be saved."),
        )

    def read(self) -> tuple[Listed, ...] | None:
        """The projects in their order, None where no list was ever written."""
        match self._file.read():
            case None:
                return None
            case {"version": int(version)} if version > 1:
                raise DeskError(
                    say("projects", "The list of projects was written by a newer version of this program."),
                    say("projects", "Start the newer version, or move {path} away to begin anew.").format(
                        path=self._file.path
                    ),
                )
            case {"version": 1, "projects": list(projects)} if (rows := self._rows(projects)) is not None:
                return rows
            case _:
                raise self._file.damaged()

    def write(self, listed: Sequence[Listed]) -> None:
        """Replace the list, wholly or not at all. What is there must be readable."""
        self.read()
        self._file.write({"projects": [_as_json(row) for row in listed]})

    def _rows(self, projects: list[object]) -> tuple[Listed, ...] | None:
        rows = tuple(row for project in projects if (row := self._row(project)) is not None)
        # Two of one ID would share whatever is done to one of them.
        return rows if len({row.id for row in rows}) == len(projects) else None

    def _row(self, project: object) -> Listed | None:
        match project:
            case {"id": str(project_id), "name": str(name), "entry": str(entry), **rest} if project_id:
                return Listed(id=project_id, name=name, entry=entry, profile=_profile_in(rest))
            case _:
                return None


def _as_json(row: Listed) -> dict[str, str]:
    profile = {name: str(getattr(row.profile, name)) for name in _PROFILE if row.profile != Profile()}
    return {"id": row.id, "name": row.name, "entry": row.entry} | profile


_PROFILE = ("colour", "kind", "category", "channel")


def _profile_in(project: Mapping[object, object]) -> Profile:
    """What a list of before did not know, and one of later may know otherwise: never a reason to fail."""
    texts = {name: value for name in _PROFILE if isinstance(value := project.get(name), str)}
    kind = ProjectKind.TEST if texts.pop("kind", "") == ProjectKind.TEST else ProjectKind.PRODUCTION
    return Profile(kind=kind, **texts)


@dataclass(frozen=True, slots=True)
class SavedProject:
    """A saved project and where its settings are: `keyring` names it, None means this session only."""

    project: Project
    keyring: str | None


class Projects:
    """Loads, saves and removes projects. Called on the keyring lane, one call after the other.

    But one that hangs in the keyring may come back after later ones: what they did to its project stands.
    """

    def __init__(self, project_list: ProjectListFile, secrets: SecretStore) -> None:
        self._list = project_list
        self._secrets = secrets
        self._lock = Lock()
        self._turns: dict[str, object] = {}

    def listed(self) -> tuple[Listed, ...] | None:
        """All projects by name, without touching the keyring; None where none was ever saved."""
        return self._list.read()

    def load(self, listed: Listed) -> Project | None:
        """The settings of one project, None where none were kept.

        Raises KeyringFailureError also where some were kept, and the keyring does not show them now.
        """
        if not listed.entry:
            return None
        try:
            # Once more: one read that finds nothing proves nothing.
            line = self._secrets.load(listed.entry) or self._secrets.load(listed.entry)
        except NoKeyringError as absent:
            raise KeyringFailureError(*_NOT_SHOWN) from absent
        if line is None:
            raise KeyringFailureError(*_NOT_SHOWN)
        project = project_from_line(listed, line)
        if project is None:
            raise KeyringFailureError(*_NOT_UNDERSTOOD)
        return project

    def save(self, project: Project) -> SavedProject:
        """Keep `project`: the new entry is written and read back before the old one goes.

        Without a usable keyring the settings live in memory only; the list still knows the name.
        """
        turn = self._begin(project.id)
        old = self._entry_of(project.id)
        entry = f"{project.id}/{uuid4()}"
        try:
            keyring = self._secrets.save(entry, project_to_line(project))
        except NoKeyringError:
            # A state that the window names, not a failure.
            self._put(_listed(project, old), turn)
            return SavedProject(project, None)
        unlisted = entry
        try:
            if self._put(_listed(project, entry), turn):
                unlisted = old
        finally:
            # Nobody finds it again. One that cannot be removed now is no reason to say that all failed.
            if unlisted:
                with suppress(KeyringFailureError):
                    self._secrets.remove(unlisted)
        return SavedProject(project, keyring)

    def keep_for_session(self, project: Project) -> SavedProject:
        """Keep the name of `project` alone, without the keyring; what an earlier session kept there stays."""
        turn = self._begin(project.id)
        self._put(_listed(project, self._entry_of(project.id)), turn)
        return SavedProject(project, None)

    def remove(self, project_id: str) -> None:
        """Forget a project: first its entry in the keyring, so that a locked one leaves it in the list.

        Where there is no keyring at all, there is no entry in it either.
        """
        turn = self._begin(project_id)
        if entry := self._entry_of(project_id):
            with suppress(NoKeyringError):
                self._secrets.remove(entry)
        with self._lock:
            if self._turns[project_id] is turn:
                before = self._list.read() or ()
                self._list.write([one for one in before if one.id != project_id])

    def _begin(self, project_id: str) -> object:
        with self._lock:
            turn = self._turns[project_id] = object()
        return turn

    def _entry_of(self, project_id: str) -> str:
        return next((one.entry for one in self._list.read() or () if one.id == project_id), "")

    def _put(self, new: Listed, turn: object) -> bool:
        """List `new`, unless something later was asked for since `turn`; say whether it is listed."""
        with self._lock:
            if self._turns[new.id] is not turn:
                return False
            listed = {one.id: one for one in self._list.read() or ()}
            self._list.write([*(listed | {new.id: new}).values()])
            return True


def _listed(project: Project, entry: str) -> Listed:
    return Listed(id=project.id, name=project.name, entry=entry, profile=project.profile)


def project_to_line(project: Project) -> str:
    """The settings of `project`, secret included, as one line of JSON for the keyring."""
    return json.dumps(
        {
            "base_url": str(project.base_url),
            "project_token": project.project_token,
            "key_id": project.key_id,
            "secret": project.secret.reveal(),
            "id_types": project.id_types,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def project_from_line(listed: Listed, line: str) -> Project | None:
    """The project in a line of the keyring, None where it is not one: it is checked like typed text."""
    try:
        stored = json.loads(line)
    except (ValueError, RecursionError):
        # Whatever else has been written under our name is no project.
        return None
    if not isinstance(stored, dict) or not isinstance(stored.get("id_types"), list):
        return None
    texts = {key: stored.get(key) for key in ("base_url", "project_token", "key_id", "secret")}
    parts = [text for text in (*texts.values(), *stored["id_types"]) if isinstance(text, str)]
    if len(parts) != len(texts) + len(stored["id_types"]):
        return None
    draft = ProjectDraft(
        name=listed.name,
        base_url=parts[0],
        project_token=parts[1],
        key_id=parts[2],
        secret=parts[3],
        id_types=", ".join(parts[4:]),
    )
    project = parse_project(draft, project_id=listed.id)
    # Not by way of the draft: what is wrong with a default is no reason not to send.
    return replace(project, profile=listed.profile) if isinstance(project, Project) else None
