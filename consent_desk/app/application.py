"""The window with all that stands behind it, from its opening to its end."""

import threading
from contextlib import ExitStack, suppress

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QIcon

from consent_desk.system.fault_log import FaultLog
from consent_desk.system.folders import resource
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.shell.context import ShellContext
from consent_desk.ui.shell.reading_order import put_in_order
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import render_error
from consent_desk.ui.widgets.tones import Tone


class Application(QObject):
    """The built program: its window, and all that must be closed in order. `close` may be called twice."""

    _unexpected = Signal(str)

    def __init__(
        self,
        shell: ShellContext,
        projects: ProjectPresenter,
        resources: ExitStack,
        faults: FaultLog,
    ) -> None:
        super().__init__()
        self.window = shell.window
        self._runner = shell.runner
        self._shown = shell.lens.error
        self._projects = projects
        self._resources = resources
        self._faults = faults
        self._closed = False
        put_in_order(self.window)
        self.window.closing.connect(self.close)
        self._unexpected.connect(self._show_unexpected)

    def start(self) -> None:
        """Choose a project. Comes after the first paint: it loads more than the window needed for that."""
        self._projects.start()
        self.window.setWindowIcon(QIcon(str(resource("icons/consent-desk.svg"))))

    def report(self, error: BaseException) -> None:
        """Log an unexpected exception, redacted, and show it. From any thread."""
        self._faults.write(error)
        # At the very end, Qt has deleted what a thread may still report to.
        with suppress(RuntimeError):
            text = render_error(self._shown(error)) if isinstance(error, Exception) else type(error).__name__
            self._unexpected.emit(text)

    def _show_unexpected(self, text: str) -> None:
        if not self._closed:
            self.window.status.show_message("unexpected", Tone.BAD, text)

    def close(self) -> None:
        """End in order, within a second: calls, then journals and sandbox, then threads."""
        if self._closed:
            return
        self._closed = True
        self.window.save_layout()
        # Left to its own time, Qt would write when a demo's folder has gone, and make that anew.
        self.window.settings.sync()
        self._runner.idle(Lane.JOURNAL, 0.2)
        # An export that was stopped takes away what it has written.
        self._runner.idle(Lane.EXPORT, 0.2)
        # On a thread of its own: what hangs there must not keep the window from going.
        closing = threading.Thread(target=self._resources.close, daemon=True)
        closing.start()
        closing.join(0.8)
        self._runner.close()
