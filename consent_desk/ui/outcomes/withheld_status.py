"""One line for each project whose settings cannot be had: how many consents wait for them, and why."""

from collections import defaultdict

from consent_desk.domain.lifecycle.record import Entry
from consent_desk.ui.shell.status import StatusPanel
from consent_desk.ui.widgets.tones import Tone


class WithheldStatus:
    """Says in `status` what waits for the settings of a project, until they are there."""

    def __init__(self, status: StatusPanel) -> None:
        self._status = status
        self._waiting: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, entry: Entry, why: str) -> None:
        """`entry` waits too; what was said of its project is replaced."""
        waiting = self._waiting[entry.project_id]
        waiting.add(entry.request_id)
        waits = "1 consent still waits" if len(waiting) == 1 else f"{len(waiting):,} consents still wait"
        text = f"{waits} for the settings of {entry.project_name}. {why} It is tried again by itself."
        self._status.show_message(entry.project_id, Tone.WARNING, text, practice=False)

    def clear(self, project_id: str) -> None:
        """The settings of a project are there."""
        if self._waiting.pop(project_id, None):
            self._status.forget(project_id)
