"""How long the window waits, for the keyring and for an answer, before it says so, and what waits itself."""

from PySide6.QtCore import QObject, QTimer, Signal

from consent_desk.domain.message import say

SAY_WHY_AFTER = 1_500
GO_ON_AFTER = 20_000
"""Milliseconds after which the window says what it waits for, and offers to go on without."""

SAY_SLOW_AFTER = 3_000
"""Milliseconds after which the window says that a call has no answer yet."""

WAITING = say("shell", "Waiting for the keyring: perhaps it asks for its password in another window.")
NO_ANSWER = say("shell", "The keyring does not answer.")


class Patience(QObject):
    """Emits `worn` after a moment of waiting, and `gone` when it is time to offer another way."""

    worn = Signal()
    gone = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timers = []
        for milliseconds, signal in ((SAY_WHY_AFTER, self.worn), (GO_ON_AFTER, self.gone)):
            timer = QTimer(self, singleShot=True, interval=milliseconds)
            timer.timeout.connect(signal)
            self._timers.append(timer)

    def begin(self) -> None:
        """Start to wait."""
        for timer in self._timers:
            timer.start()

    def end(self) -> None:
        """The answer is there."""
        for timer in self._timers:
            timer.stop()
