"""Reads the settings of a project once for all who wait: a keyring may ask its person each time."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QTimer

from consent_desk.domain.wire.project import Project
from consent_desk.ui.project.keyring_reader import KeyState
from consent_desk.ui.widgets.messages import render_error

Take = Callable[[Project], None]
Cannot = Callable[[str], None]

_AT_ONCE = 50


class SharedReads:
    """One read under way for each project; `key` shows that the keyring is waited for."""

    def __init__(self, key: KeyState) -> None:
        self._key = key
        self._waiting: defaultdict[str, list[tuple[Take, Cannot]]] = defaultdict(list)

    def read(self, project_id: str, load: Callable[[], Project | None], then: Take, cannot: Cannot) -> None:
        """Call `then` with what `load` finds, or `cannot` with the reason why there is nothing."""
        self._waiting[project_id].append((then, cannot))
        if len(self._waiting[project_id]) > 1:
            return

        def fail(why: str) -> None:
            self._answer([partial(tell, why) for _, tell in self._waiting.pop(project_id)])

        def done(project: Project | None) -> None:
            if project is None:
                fail("Its settings are not in the keyring. Enter the project settings again.")
            else:
                self._answer([partial(take, project) for take, _ in self._waiting.pop(project_id)])

        self._key.read(load, done=done, failed=lambda error: fail(render_error(error)), given_up=fail)

    def _answer(self, waiting: Sequence[Callable[[], None]]) -> None:
        # Not all at once: of a thousand, the window would stand still.
        for answer in waiting[:_AT_ONCE]:
            answer()
        if len(waiting) > _AT_ONCE:
            QTimer.singleShot(0, self._key, lambda: self._answer(waiting[_AT_ONCE:]))
