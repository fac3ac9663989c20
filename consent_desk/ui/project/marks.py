"""How projects are told apart, wherever one is named: by name, kind and colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.wire.project import ProjectKind, colours_of
from consent_desk.projects.projects import Listed
from consent_desk.ui.widgets.messages import phrase


@dataclass(frozen=True, slots=True)
class Mark:
    """One project as people know it. `colour` is one of `PROJECT_COLOURS`."""

    name: str
    colour: str
    kind: ProjectKind

    @property
    def text(self) -> str:
        """Its name, and that it is a test where it is one: nothing marks what is real."""
        return (
            self.name
            if self.kind is ProjectKind.PRODUCTION
            else phrase("project", "{name} (test)").format(name=self.name)
        )

    @property
    def token(self) -> str:
        """The name of the theme's token for its colour: `icon("project", mark.token)` is its ring."""
        return f"project_{self.colour}"


class Marks(QObject):
    """Knows the marks of all projects by ID. Emits `changed` where any of them, or `several`, may differ."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._by_id: dict[str, Mark] = {}

    @property
    def several(self) -> bool:
        """Whether a project has to be named where something is sent, or was: there is more than one."""
        return len(self._by_id) > 1

    def of(self, project_id: str) -> Mark | None:
        """The mark of a project, None for the Sandbox and for one that was removed."""
        return self._by_id.get(project_id)

    @property
    def all(self) -> Mapping[str, Mark]:
        """Those of all projects, in their order."""
        return self._by_id

    def show(self, listed: Sequence[Listed]) -> None:
        """Know these from now on."""
        # Without a chosen one, it keeps the colour that it had so far.
        colours = colours_of([replace(one.profile, colour=self._colour(one)) for one in listed])
        marks = {
            one.id: Mark(one.name, colour, one.profile.kind)
            for one, colour in zip(listed, colours, strict=True)
        }
        if marks != self._by_id:
            self._by_id = marks
            self.changed.emit()

    def _colour(self, project: Listed) -> str:
        before = self._by_id.get(project.id)
        return project.profile.colour or ("" if before is None else before.colour)
