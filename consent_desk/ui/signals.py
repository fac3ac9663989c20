"""SIGINT, SIGTERM and SIGHUP end the program in order."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QObject, QSocketNotifier


class SignalWatch(QObject):
    """Calls `end` on the GUI thread when a signal asks the program to end.

    Qt's loop runs in C++, where Python does not notice a signal: a byte in a socket wakes it up.
    """

    def __init__(self, end: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._end = end
        self._waking, self._woken = socket.socketpair()
        for side in (self._waking, self._woken):
            side.setblocking(False)
        self._notifier = QSocketNotifier(self._waking.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        self._before = signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._take)

    def close(self) -> None:
        """Watch no longer."""
        signal.set_wakeup_fd(self._before)
        self._notifier.setEnabled(False)
        self._waking.close()
        self._woken.close()

    def _take(self, _number: int, _frame: object) -> None:
        self._end()

    def _wake(self) -> None:
        # Coming back into Python is all that is needed: it runs the handler.
        with suppress(BlockingIOError):
            self._waking.recv(64)
