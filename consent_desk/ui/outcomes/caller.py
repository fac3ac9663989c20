"""When the next caller is on the line: with the first change of the form after a consent was noted."""

from PySide6.QtCore import QObject

from consent_desk.domain.consent.draft import Draft
from consent_desk.ui.form.panel import ConsentPanel
from consent_desk.ui.shell.status import StatusPanel


class Caller(QObject):
    """Has the status leave what it said of the calls before, as soon as the next one begins."""

    def __init__(self, form: ConsentPanel, status: StatusPanel) -> None:
        super().__init__(form)
        self._form = form
        self._status = status
        self._left: Draft | None = None
        form.draft_changed.connect(self._follow)

    def end(self) -> None:
        """The consent was noted, and the form is as the caller leaves it."""
        self._left = self._form.draft()

    def _follow(self, draft: Draft) -> None:
        # The project's categories may come meanwhile: that is no change.
        if self._left is not None and draft != self._left:
            self._left = None
            self._status.end_calls()
