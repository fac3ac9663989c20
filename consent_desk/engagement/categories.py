"""The consent categories that a project offers, and those that it offered when they were last fetched."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from consent_desk.domain.consent.values import Timestamp, complaint_about_category
from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import say
from consent_desk.domain.wire.answer import Meaning, meaning
from consent_desk.domain.wire.category import Category, read_categories
from consent_desk.domain.wire.outcome import Answered, why_no_answer
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import prepare_categories
from consent_desk.engagement.calls import Transport
from consent_desk.system.json_file import JsonFile

MOST = 1_000
"""Categories: a list of more would keep the window from reacting, and nobody finds anything in it."""

_TYPE = say("engagement", "Type the category's ID, as Engagement shows it.")

LASTING = 24 * 60 * 60 * 1_000_000
"""Microseconds after which categories are fetched anew."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The categories of a project, and when Engagement told them."""

    categories: tuple[Category, ...]
    at: Timestamp


class Categories:
    """Fetches categories, with labels in the first of `languages` that a project has.

    Those of a real project are kept in the file at `path`, mode 0600; practice begins anew each time. What
    cannot be read is not there, and what cannot be written is fetched again. A file that the disk does not
    give is not written over: others may be in it.
    """

    def __init__(
        self, path: Path | None, now: Callable[[], Timestamp], languages: Sequence[str] = ()
    ) -> None:
        self._file = None if path is None else JsonFile(path=path, indent=1)
        self._now = now
        self._languages = tuple(languages)
        self._lock = Lock()

    def kept(self, project: Project) -> Fetched | None:
        """What was fetched last for `project`, from the same address and token and in these languages."""
        if self._file is None or project.practice:
            return None
        with suppress(OSError, TypeError, ValueError, DeskError):
            match _projects(self._file).get(project.id):
                case {"place": str(place), "at": int(at), "categories": list(items)} if place == self._place(
                    project
                ):
                    return Fetched(tuple(map(_category, items)), Timestamp(at))
        return None

    def is_old(self, fetched: Fetched) -> bool:
        """Whether it is time to fetch anew: also where the clock was set back since."""
        return not 0 <= self._now().micros - fetched.at.micros < LASTING

    def fetch(self, transport: Transport, project: Project) -> Fetched | Meaning:
        """Ask Engagement for the categories, and keep them; a `Meaning` says why there are none."""
        categories = fetch_categories(transport, project, self._languages)
        if isinstance(categories, Meaning):
            return categories
        fetched = Fetched(categories, self._now())
        if not project.practice:
            items = [asdict(category) for category in categories]
            self._put(
                project.id, {"place": self._place(project), "at": fetched.at.micros, "categories": items}
            )
        return fetched

    def forget(self, project_id: str) -> None:
        """Keep nothing of a project that was removed."""
        self._put(project_id, None)

    def _put(self, project_id: str, kept: object) -> None:
        if self._file is None:
            return
        with self._lock, suppress(OSError, DeskError):
            before = _projects(self._file)
            projects = {one: of_it for one, of_it in before.items() if one != project_id}
            if kept is not None:
                projects[project_id] = kept
            if projects != before:
                self._file.save({"projects": projects})

    def _place(self, project: Project) -> str:
        # Hashed: the token has no business in a cache.
        parts = (str(project.base_url), project.project_token, *self._languages)
        return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def fetch_categories(
    transport: Transport, project: Project, languages: Sequence[str] = ()
) -> tuple[Category, ...] | Meaning:
    """Ask Engagement for the categories of `project`; a `Meaning` says why there are none (section 4.3)."""
    outcome = transport.start(prepare_categories(project)).wait()
    if not isinstance(outcome, Answered):
        return why_no_answer(outcome)
    is_whole = outcome.status == 200 and not outcome.truncated
    categories = read_categories(outcome.body, languages) if is_whole else None
    if categories is None:
        return meaning(outcome.status, outcome.headers, outcome.body)
    if len(categories) > MOST:
        count = f"{len(categories):,}"
        return Meaning(
            say("engagement", "the project has {count} categories, too many to choose from").format(
                count=count
            ),
            _TYPE,
        )
    return categories


def _projects(file: JsonFile) -> dict[str, Any]:
    with suppress(ValueError):
        match file.load():
            case {"version": 1, "projects": dict(projects)}:
                return projects
            case _:
                pass
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
