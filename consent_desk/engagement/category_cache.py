"""The categories fetched last, in a small file of the user's cache folder: no secret, no customer."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from consent_desk.domain.consent.values import Timestamp, complaint_about_category
from consent_desk.domain.errors import DeskError
from consent_desk.domain.wire.category import Category
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.folders import private_folder

VERSION = 1

_LARGEST = 8_000_000
"""Bytes: a file that is larger was written by somebody else."""


class Kept(Protocol):
    """What the cache keeps of a project."""

    @property
    def categories(self) -> tuple[Category, ...]:
        """Its categories in their order."""

    @property
    def at(self) -> Timestamp:
        """When Engagement told them."""


K = TypeVar("K", bound=Kept)


class CategoryCacheFile(Generic[K]):
    """A cache in the file at `path`, mode 0600; `make` builds what is kept from categories and moment.

    Raises nothing: what cannot be read is not there, and what cannot be written is fetched again. A file
    that the disk does not give is not written over: others may be in it.
    """

    def __init__(self, path: Path, make: Callable[[tuple[Category, ...], Timestamp], K]) -> None:
        self._path = path
        self._make = make
        self._lock = Lock()

    def read(self, project_id: str, place: str) -> K | None:
        """What was kept for the project, None where that came from another `place`."""
        with suppress(OSError):
            return self._kept(self._projects().get(project_id), place)
        return None

    def _kept(self, kept: object, place: str) -> K | None:
        match kept:
            case {"place": str(from_), "at": int(at), "categories": list(items)} if from_ == place:
                with suppress(TypeError, ValueError, DeskError):
                    return self._make(tuple(_category(item) for item in items), Timestamp(at))
        return None

    def write(self, project_id: str, place: str, fetched: K) -> None:
        """Keep `fetched` instead of what was kept for the project before."""
        categories = [asdict(category) for category in fetched.categories]
        self._put(project_id, {"place": place, "at": fetched.at.micros, "categories": categories})

    def remove(self, project_id: str) -> None:
        """Keep nothing for the project any more."""
        self._put(project_id, None)

    def _put(self, project_id: str, kept: object) -> None:
        with self._lock, suppress(OSError, DeskError):
            before = self._projects()
            if kept is None and project_id not in before:
                return
            projects = {one: of_it for one, of_it in before.items() if one != project_id}
            if kept is not None:
                projects[project_id] = kept
            document = {"version": VERSION, "projects": projects}
            private_folder(self._path.parent)
            replace_file(self._path, json.dumps(document, indent=1).encode("ascii") + b"\n")

    def _projects(self) -> dict[str, Any]:
        try:
            with self._path.open("rb") as file:
                content = file.read(_LARGEST + 1)
            document = json.loads(content) if len(content) <= _LARGEST else None
        except (FileNotFoundError, ValueError, RecursionError):
            return {}
        match document:
            case {"version": 1, "projects": dict(projects)}:
                return projects
            case _:
                return {}


def _category(item: dict[str, Any]) -> Category:
    category = Category(**item)
    texts: Sequence[object] = (category.id, category.label)
    marks = (category.by_private_api, category.legitimate_interest)
    if not all(isinstance(text, str) and complaint_about_category(text) is None for text in texts):
        raise ValueError("category")
    if not all(isinstance(mark, bool) for mark in marks):
        raise ValueError("category")
    return category
