"""Makes a backup each day, also while the window stays open over midnight, and says where one fails."""

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QTimer

from consent_desk.delivery.events import Event
from consent_desk.domain.errors import JournalError
from consent_desk.ui.log.line_details import Deed
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.ui.workspaces import Workspaces
from consent_desk.workspace import Workspace

EVERY = 60.0
"""Seconds between two looks whether today's backup is there."""

MOST_PUT_OFF = 60
"""So many looks in a row a backup waits for a quiet moment: nobody types, nothing is on its way."""

MOST_WAITED = 2
"""Looks after which a backup that is under way is told of, and a copy into the second folder given up."""

_BACKUP, _MARK = "backup", "mark"

_FOLLOWS = 500
"""Milliseconds after which the check file has followed what was written, or could not."""


class DailyBackupPresenter(Presenter):
    """Looks after the journal of the real consents while nobody is at work with it.

    On lanes of their own: the checking of a copy keeps nobody from noting, only the copying itself does, for
    milliseconds; and a second folder that does not answer keeps no backup from this computer.
    """

    def __init__(self, shell: ShellContext, workspaces: Workspaces) -> None:
        super().__init__(shell)
        self._workspace: Workspace | None = None
        self._running: set[Lane] = set()
        self._put_off = self._waited = 0
        self._told: tuple[date, str] | None = None
        self._mark_told = ""
        self._timer = QTimer(self, interval=int(EVERY * 1_000))
        self._timer.timeout.connect(self._look)
        workspaces.taken_up.connect(self._look_after)
        # What hung there tells nobody any more.
        self._runner.renewed.connect(self._running.discard)
        # Whatever was written, the check file follows a moment later.
        self._soon = QTimer(self, singleShot=True, interval=_FOLLOWS)
        self._soon.timeout.connect(self._look_at_mark)
        self._is_written = False
        workspaces.told.connect(self._watch_mark)

    def make_now(self) -> None:
        """Make today's backup where there is none, without waiting for a quiet moment."""
        workspace = self._workspace
        if workspace is None or workspace.back_up is None or Lane.UPKEEP in self._running:
            return
        self._put_off = 0
        self._run(Lane.UPKEEP, workspace.back_up, self._copy)

    def _copy(self) -> None:
        workspace = self._workspace
        if workspace is not None and workspace.copy_backup is not None and Lane.SECOND not in self._running:
            self._run(Lane.SECOND, workspace.copy_backup, self._made)

    def _run(self, lane: Lane, work: Callable[[], None], then: Callable[[], None]) -> None:
        def done(_none: None) -> None:
            self._running.discard(lane)
            then()

        def failed(error: Exception) -> None:
            self._running.discard(lane)
            self._tell(error)

        self._running.add(lane)
        self._runner.run(lane, work, done=done, failed=failed)

    def _look_after(self, workspace: Workspace) -> None:
        if workspace.back_up is not None:
            self._workspace = workspace
            self._timer.start()
            self.make_now()

    def _look(self) -> None:
        if self._running:
            self._wait()
        form = self._window.consent
        is_quiet = not form.customer_id.text() and not self._window.log.line.buttons[Deed.CANCEL].isVisible()
        if is_quiet or self._put_off >= MOST_PUT_OFF:
            self.make_now()
        else:
            self._put_off += 1

    def _wait(self) -> None:
        self._waited += 1
        if Lane.SECOND in self._running and self._waited >= MOST_WAITED:
            # What hangs keeps the next one out of the folder, which says that it does not answer.
            self._runner.renew(Lane.SECOND)
            self._copy()
        elif self._waited == MOST_WAITED:
            self._status.show_message(
                _BACKUP, Tone.WARNING, phrase("recovery", "The backup does not come to an end.")
            )

    def _made(self) -> None:
        self._told, self._waited = None, 0
        self._status.take_back(_BACKUP)

    def _tell(self, error: Exception) -> None:
        text = phrase("recovery", "{why} Noting goes on; the backup is tried again by itself.").format(
            why=render_error(error)
        )
        told = (self._shell.local_now().date(), text)
        # Once a day: whoever dismissed it knows.
        if told != self._told or self._waited >= MOST_WAITED:
            self._told = told
            self._status.show_message(_BACKUP, Tone.WARNING, text)
        self._waited = 0

    def _watch_mark(self, workspace: Workspace, _event: Event) -> None:
        if workspace is self._workspace:
            self._is_written = True
            if not self._soon.isActive():
                self._soon.start()

    def _look_at_mark(self) -> None:
        if self._is_written:
            # Also meanwhile, perhaps: once more.
            self._is_written = False
            self._soon.start()
        text = "" if self._workspace is None else _mark_text(self._workspace.journal.mark_trouble)
        if text != self._mark_told:
            self._mark_told = text
            if text:
                self._status.show_message(_MARK, Tone.WARNING, text)
            else:
                self._status.take_back(_MARK)


def _mark_text(trouble: JournalError | None) -> str:
    if trouble is None:
        return ""
    return phrase(
        "recovery",
        "{why} Nothing noted is lost by it, but a cut end of the journal "
        "would not be found. The check file is written again with the next consent.",
    ).format(why=render_error(trouble))
