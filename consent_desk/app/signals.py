"""SIGINT, SIGTERM and SIGHUP end the program in order."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QObject, QSocketNotifier

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class SignalWatch(QObject):
    """Calls `end(number)` on the GUI thread when a signal asks the program to end.

    Qt's loop runs in C++, where Python does not notice a signal: a byte in a socket wakes it up.
    """

    def __init__(self, end: Callable[[int], object], parent: QObject) -> None:
        super().__init__(parent)
        self._end = end
        self._waking, self._woken = socket.socketpair()
        for side in (self._waking, self._woken):
            side.setblocking(False)
        self._notifier = QSocketNotifier(self._waking.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        self._before = signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        self._numbers = {getattr(signal, name) for name in _NAMES if hasattr(signal, name)}
        for number in self._numbers:
            # Python may call this in the middle of anything, a paint for example: the loop ends the program.
            signal.signal(number, lambda _number, _frame: None)

    def close(self) -> None:
        """Watch no longer. The signals do nothing from here on: the program is ending already."""
        signal.set_wakeup_fd(self._before)
        self._notifier.setEnabled(False)
        self._waking.close()
        self._woken.close()

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            for number in self._numbers.intersection(self._waking.recv(64)):
                self._end(number)
