"""The consent categories that a project offers, and those that it offered when they were last fetched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.message import say
from consent_desk.domain.wire.answer import Meaning, meaning
from consent_desk.domain.wire.category import Category, read_categories
from consent_desk.domain.wire.outcome import Answered, why_no_answer
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import prepare_categories
from consent_desk.engagement.calls import Transport

MOST = 1_000
"""Categories: a list of more would keep the window from reacting, and nobody finds anything in it."""

_TYPE = say("Type the category's ID, as Engagement shows it.")

LASTING = 24 * 60 * 60 * 1_000_000
"""Microseconds after which categories are fetched anew."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The categories of a project, and when Engagement told them."""

    categories: tuple[Category, ...]
    at: Timestamp


class CategoryCache(Protocol):
    """Keeps what was fetched last. A convenience: what cannot be kept or read is simply not there."""

    def read(self, project_id: str, place: str) -> Fetched | None:
        """What was kept for the project, None where that came from another `place`."""

    def write(self, project_id: str, place: str, fetched: Fetched) -> None:
        """Keep `fetched` instead of what was kept for the project before."""

    def remove(self, project_id: str) -> None:
        """Keep nothing for the project any more."""


class Categories:
    """Fetches categories, with labels in the first of `languages` that a project has.

    Those of a real project are kept in `cache`; practice begins anew each time.
    """

    def __init__(
        self, cache: CategoryCache | None, now: Callable[[], Timestamp], languages: Sequence[str] = ()
    ) -> None:
        self._cache = cache
        self._now = now
        self._languages = tuple(languages)

    def kept(self, project: Project) -> Fetched | None:
        """What was fetched last for `project`, from the same address and token and in these languages."""
        if self._cache is None or project.practice:
            return None
        return self._cache.read(project.id, self._place(project))

    def is_old(self, fetched: Fetched) -> bool:
        """Whether it is time to fetch anew: also where the clock was set back since."""
        return not 0 <= self._now().micros - fetched.at.micros < LASTING

    def fetch(self, transport: Transport, project: Project) -> Fetched | Meaning:
        """Ask Engagement for the categories, and keep them; a `Meaning` says why there are none."""
        categories = fetch_categories(transport, project, self._languages)
        if isinstance(categories, Meaning):
            return categories
        fetched = Fetched(categories, self._now())
        if self._cache is not None and not project.practice:
            self._cache.write(project.id, self._place(project), fetched)
        return fetched

    def forget(self, project_id: str) -> None:
        """Keep nothing of a project that was removed."""
        if self._cache is not None:
            self._cache.remove(project_id)

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
        return Meaning(say("the project has {count} categories, too many to choose from", count=count), _TYPE)
    return categories
