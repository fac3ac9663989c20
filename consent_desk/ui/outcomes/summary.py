"""Says whose decision it is, and in one line how many wait for the settings of their project."""

from collections import defaultdict

from PySide6.QtCore import QTimer

from consent_desk.domain.consent.values import Consent, CustomerId
from consent_desk.domain.lifecycle.judgement import decision
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.text import cut
from consent_desk.ui.shell.status import StatusPanel
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone

_GATHERED = 100
"""Milliseconds for which what waits for settings is gathered before it is said."""


class WithheldStatus:
    """Says in `status` what waits for the settings of a project, until they are there."""

    def __init__(self, status: StatusPanel) -> None:
        self._status = status
        self._waiting: defaultdict[str, set[str]] = defaultdict(set)
        # What is said of a project's consents, and is not shown yet: there may be thousands at once.
        self._to_show: dict[str, str] = {}

    def add(self, entry: Entry, why: str) -> None:
        """`entry` waits too; what was said of its project is replaced."""
        waiting = self._waiting[entry.project_id]
        waiting.add(entry.request_id)
        if not self._to_show:
            QTimer.singleShot(_GATHERED, self._status, self._show)
        count = len(waiting)
        self._to_show[entry.project_id] = phrase(
            "outcomes",
            "%n consents still wait for the settings of {project}. {why} It is tried again by itself.",
            "%n consent still waits for the settings of {project}. {why} It is tried again by itself.",
            count,
        ).format(project=entry.project_name, why=why)

    def clear(self, project_id: str) -> None:
        """The settings of a project are there."""
        self._to_show.pop(project_id, None)
        if self._waiting.pop(project_id, None):
            self._status.take_back(project_id)

    def _show(self) -> None:
        said, self._to_show = self._to_show, {}
        for project_id, text in said.items():
            self._status.show_message(project_id, Tone.WARNING, text, practice=False)


def about(consent: Entry | Consent, project_name: str) -> str:
    """Whose decision about what it is, and for which project."""
    decided = render(decision(consent.action, consent.category))
    return f"{consent.customer.value}, {decided}, {project_name}"


def named(customer: CustomerId) -> str:
    """What the receipt calls a customer."""
    return cut(customer.value, 80)
