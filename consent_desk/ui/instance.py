"""One instance for each user sends; a second start raises the first one's window."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDeadlineTimer, QLockFile, QObject, Qt, QThread
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer

ANSWER_WITHIN = 3_000
"""Milliseconds that a first instance, perhaps still starting, has to answer."""

_LONGEST_SOCKET_PATH = 90


class Instance(QObject):
    """Holds the lock of `folder`. `is_first` is also true where there is no way to tell."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._name = _socket_name(folder)
        self._lock = QLockFile(str(folder / "lock"))
        # Never stale by age: a laptop sleeps. Qt itself notices that the process has gone.
        self._lock.setStaleLockTime(0)
        self._server: QLocalServer | None = None
        self.is_first = self._lock.tryLock(0) or self._lock.error() != QLockFile.LockError.LockFailedError

    def listen(self, window: QWidget) -> None:
        """Raise `window` whenever another start asks for it."""
        from PySide6.QtNetwork import QLocalServer

        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        # The lock is ours, so a socket that lies here is left over from a crash.
        QLocalServer.removeServer(self._name)

        def take() -> None:
            while (asking := server.nextPendingConnection()) is not None:
                asking.disconnected.connect(asking.deleteLater)
                asking.write(b"raised\n")
                asking.flush()
                asking.disconnectFromServer()
                _raise(window)

        server.newConnection.connect(take)
        server.listen(self._name)
        self._server = server

    def raise_first(self) -> bool:
        """Ask the first instance to raise its window; say whether it answered."""
        from PySide6.QtNetwork import QLocalSocket

        deadline = QDeadlineTimer(ANSWER_WITHIN)
        while not deadline.hasExpired():
            asking = QLocalSocket()
            asking.connectToServer(self._name)
            if asking.waitForConnected(500) and asking.waitForReadyRead(500):
                return True
            QThread.msleep(50)
        return False

    def fall_silent(self) -> None:
        """Raise no window any more: shown again while it closes, it would keep the program from ending."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        """Let the next start be the first."""
        self.fall_silent()
        if self.is_first:
            self._lock.unlock()


def _raise(window: QWidget) -> None:
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.activateWindow()
    if QGuiApplication.platformName() != "offscreen":  # there it warns
        window.raise_()


def _socket_name(folder: Path) -> str:
    path = str(folder / "socket")
    if sys.platform == "win32" or len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        from hashlib import sha256

        return f"consent-desk-{sha256(os.fsencode(path)).hexdigest()[:24]}"
    return path
