"""Through which the window sees whatever is real: as it is, or masked while somebody presents."""

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.presenting import MASKED, Masker

if TYPE_CHECKING:
    from consent_desk.domain.message import Message
    from consent_desk.workspace import Workspace

Seen = TypeVar("Seen")


class Lens(QObject):
    """Emits `changed(bool)` when presenting begins or ends.

    The Sandbox is never masked. What is read from a journal, what an engine tells and what went wrong comes
    to the window through here, and nowhere else is it masked: what a widget never gets, it cannot show.
    """

    changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.is_on = False
        self._masker = Masker()
        self._views: list[tuple[Workspace, Workspace]] = []

    def turn(self, *, on: bool) -> None:
        """Begin or end to mask. What is shown already is to be read anew."""
        self.is_on = on
        self._views.clear()
        self.changed.emit(on)

    def workspace(self, workspace: "Workspace") -> "Workspace":
        """`workspace` as it may be seen: the same one as long as nothing changes."""
        if not self.is_on or workspace.practice or workspace.presented:
            return workspace
        for real, view in self._views:
            if real is workspace:
                return view
        # Loaded now: hardly any run needs it.
        from consent_desk.ui.presenting.view import presented

        self._views.append((workspace, presented(workspace, self._masker)))
        return self._views[-1][1]

    def told(self, workspace: "Workspace", event: Seen) -> Seen:
        """What the engine of `workspace` tells, as it may be seen."""
        return self._masker.mask(event) if self.is_on and not workspace.practice else event

    def error(self, error: Exception) -> Exception:
        """What went wrong: it may name files and hosts."""
        return self._masker.mask(error) if self.is_on else error

    def message(self, message: "Message") -> "Message":
        """A sentence about a real project."""
        return self._masker.mask(message) if self.is_on else message

    def path(self, path: Path | str) -> str:
        """The name of a file or folder."""
        return MASKED if self.is_on else str(path)
