"""Says that the disk is slow, while what Send asked for is not noted yet."""

from PySide6.QtCore import QObject

from consent_desk.ui.form.submission import Submitter
from consent_desk.ui.shell.status import StatusPanel
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.widgets.tones import Tone

SLOW = "the disk of this computer is slow"

_KEY = "disk"


class SlowDisk(QObject):
    """Follows each submission from its beginning until it is noted or has failed."""

    def __init__(self, submitter: Submitter, status: StatusPanel) -> None:
        super().__init__(submitter)
        self._submitter = submitter
        self._status = status
        self._patience = Patience(self)
        self._patience.worn.connect(self._say)
        submitter.begun.connect(self._patience.begin)
        submitter.noted.connect(self._end)
        submitter.repeated.connect(self._end)
        submitter.failed.connect(self._end)

    def _say(self) -> None:
        submission = self._submitter.under_way
        stay = "" if submission is None or submission.workspace.practice else " Stay on the line."
        self._status.show_message(_KEY, Tone.WARNING, f"Not noted yet: {SLOW}.{stay}")

    def _end(self) -> None:
        self._patience.end()
        self._status.forget(_KEY)
