"""One instance for each user sends; a second start raises the first one's window."""

import os
import sys
from pathlib import Path
from time import sleep, time
from typing import TYPE_CHECKING

from PySide6.QtCore import QDeadlineTimer, QLockFile, QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer

ANSWER_WITHIN = 3_000
"""Milliseconds that a first instance, perhaps still starting, has to answer."""

_LONGEST_SOCKET_PATH = 90
_BEING_MADE = 5
"""Seconds after which an empty lock is no new one."""


class Instance(QObject):
    """Holds the lock of `folder`. `is_first` is also true where there is no way to tell.

    `doubtful` is the lock of another one that may be left over, where the file system keeps no locks.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._name = _socket_name(folder)
        path = folder / "lock"
        self._lock = QLockFile(str(path))
        # Never stale by age: a laptop sleeps. Qt itself notices that the process has gone.
        self._lock.setStaleLockTime(0)
        self._server: QLocalServer | None = None
        self.doubtful: Path | None = None
        is_locked = self._lock.tryLock(0)
        if not is_locked:
            try:
                is_locked = _remove_left_over(path) and self._lock.tryLock(0)
            except OSError:
                self.doubtful = path
        self.is_first = is_locked or self._lock.error() != QLockFile.LockError.LockFailedError

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
            sleep(0.05)
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


def _remove_left_over(path: Path) -> bool:
    """Remove a lock that nobody holds; say whether there was one. Raises OSError where nobody can tell.

    Qt takes it for held where its process ID belongs to another program by now, the computer has another
    name, or a power cut left it empty. The system's own lock on it went with the process that held it.
    """
    if sys.platform == "win32":
        return False  # there Qt keeps the file open, and nobody can take it for held afterwards
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(descriptor)
        # An empty one may be that of a start that is about to lock it.
        is_young = status.st_size == 0 and abs(time() - status.st_mtime) < _BEING_MADE
        # Between opening and locking, another start may have removed it, and made one of its own.
        is_left_over = not is_young and os.path.samestat(status, path.stat())
        if is_left_over:
            path.unlink()
        return is_left_over
    except BlockingIOError:
        return False  # somebody holds it
    except FileNotFoundError:
        return False  # its holder has ended just now
    finally:
        os.close(descriptor)


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
