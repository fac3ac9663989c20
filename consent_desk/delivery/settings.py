"""The settings of the projects that an engine sends to: asked for once, and not used once refused."""

from collections.abc import Callable
from functools import partial

from consent_desk.domain.message import Message
from consent_desk.domain.wire.project import Project

KEYRING_PAUSE = 300_000_000
"""Microseconds: a locked keyring may ask its person each time that it is asked."""

Take = Callable[[Project | None], None]
Cannot = Callable[[str | Message], None]
Find = Callable[[str, Take, Cannot], None]
"""Finds the settings of a project by its ID, and calls back from any thread: None where it was removed."""


class KnownSettings:
    """What `find` told of each project, until it is forgotten. For the engine's thread; `post` leads there.

    `supplied` is told the ID of each project whose settings have come. Each that waited for them goes on in
    its own step: one that fails takes no other with it.
    """

    def __init__(self, post: Callable[[Callable[[], object]], None], supplied: Callable[[str], None]) -> None:
        self.find: Find | None = None
        self._post = post
        self._supplied = supplied
        self._known: dict[str, Project | None] = {}
        # Of these it is not known any more whether they are still so.
        self._forgotten: set[str] = set()
        self._waiting: dict[str, list[tuple[Callable[[], None], Cannot, bool]]] = {}
        # The last question for each project that is not answered.
        self._asked: dict[str, object] = {}
        self._refused: dict[str, Message] = {}

    def __contains__(self, project_id: str) -> bool:
        return project_id in self._known and project_id not in self._forgotten

    def of(self, project_id: str) -> Project | None:
        """The project as it was last known to be set up; None where it was removed, or was never known.

        What is forgotten just now is told still: whoever has seen that it is known takes it for removed else.
        """
        return self._known.get(project_id)

    def refused(self, project_id: str) -> Message | None:
        """Why Engagement refuses them; None where it does not."""
        return self._refused.get(project_id)

    def know(self, project: Project) -> None:
        """It was set up so when something was noted for it."""
        self._know(project.id, project)

    def refuse(self, project_id: str, why: Message) -> None:
        """Engagement refused them: nothing goes there by itself until they change, or somebody insists."""
        self._refused[project_id] = why

    def trust(self, project_id: str) -> None:
        """Somebody insists, or a check has passed."""
        self._refused.pop(project_id, None)

    def forget(self, project_id: str) -> None:
        """They were saved, or the project was removed: an answer that is under way counts no more."""
        self._forgotten.add(project_id)
        self.trust(project_id)
        if project_id in self._waiting:
            self._ask(project_id)

    def forget_all(self) -> None:
        """Ask for all of them anew, also for what waits: `find` may be another one. From any thread."""
        self._post(self._forget_all)

    def need(
        self, project_id: str, then: Callable[[], None], cannot: Cannot, *, insists: bool = False
    ) -> None:
        """Call `then` once they are known, `cannot` with the reason why they are not to be had or used.

        Somebody who `insists` has refused ones used all the same.
        """
        if (why := self._refused.get(project_id)) is not None and not insists:
            # Not from here: what is put off makes room for the next that is due, and so on.
            self._post(partial(cannot, why))
        elif project_id in self:
            then()
        else:
            self._waiting.setdefault(project_id, []).append((then, cannot, insists))
            if project_id not in self._asked:
                self._ask(project_id)

    def _forget_all(self) -> None:
        self._forgotten.update(self._known)
        for project_id in self._waiting:
            self._ask(project_id)

    def _know(self, project_id: str, project: Project | None) -> None:
        self._known[project_id] = project
        self._forgotten.discard(project_id)

    def _ask(self, project_id: str) -> None:
        if self.find is not None:
            asked = self._asked[project_id] = object()
            self.find(
                project_id,
                lambda project: self._post(partial(self._take, project_id, asked, project)),
                lambda why: self._post(partial(self._miss, project_id, asked, why)),
            )

    def _take(self, project_id: str, asked: object, project: Project | None) -> None:
        if self._is_answered(project_id, asked):
            self._know(project_id, project)
            self._supplied(project_id)
            for then, cannot, insists in self._waiting.pop(project_id, []):
                self._post(partial(self.need, project_id, then, cannot, insists=insists))

    def _miss(self, project_id: str, asked: object, why: str | Message) -> None:
        if self._is_answered(project_id, asked):
            for _, cannot, _ in self._waiting.pop(project_id, []):
                self._post(partial(cannot, why))

    def _is_answered(self, project_id: str, asked: object) -> bool:
        """Whether this answers the last question; not where they were saved since it was asked."""
        if self._asked.get(project_id) is not asked:
            return False
        del self._asked[project_id]
        return True
