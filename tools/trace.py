"""Counts how much of the program a key and a Send pass through: the real window, offscreen, on the sandbox.

`.venv/bin/python tools/trace.py` prints three figures: the modules of consent_desk whose code runs from a key
in the customer ID until form and preview have followed; those that run from Send until the window calls the
consent verified; and the hand-overs between the window and other threads meanwhile: each task given to a lane
or to the engine counts one, and so does each result or event brought back to the GUI thread. What the
sandbox's threads run does not count.
"""

import inspect
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import Qt, qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import consent_desk
from consent_desk.app.build import build
from consent_desk.app.startup import demo_folders
from consent_desk.delivery.engine import Engine
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.state import State
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.system import clock
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.states import PRACTISED
from consent_desk.ui.tasks import TaskRunner
from consent_desk.ui.workspaces import Workspaces

PACKAGE = f"{Path(consent_desk.__file__).parent}{os.sep}"
SANDBOX = f"{PACKAGE}sandbox{os.sep}"
HAND_OVERS = {
    code.__code__
    for code in (TaskRunner.run_telling, TaskRunner._call, Engine.note, Workspaces._tell, Workspaces._call)
}
PATIENCE = 30.0
"""Seconds for each step."""

NAP = 2.0
"""Seconds until the program looks at its clock again, which is set meanwhile. Each time is a hand-over."""

LOOK_UP_IS_DUE = 31
"""Seconds after a send by which it is looked up."""


class Tracer:
    """Sees each function that is called, here and on later threads; counts from `begin` to `end`."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._files: list[set[str]] = []
        self._hand_overs = 0
        self._counts = False
        threading.setprofile(self._see)
        sys.setprofile(self._see)

    def begin(self) -> None:
        """Count from here on."""
        for files in self._files:
            files.clear()
        self._hand_overs = 0
        self._counts = True

    def end(self) -> tuple[int, int]:
        """Return the numbers of modules and of hand-overs since `begin`."""
        self._counts = False
        threads = [files for files in self._files if not any(file.startswith(SANDBOX) for file in files)]
        return len(set().union(*threads)), self._hand_overs

    def _see(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        # A module that is only loaded has run none of its functions.
        if not self._counts or event != "call" or not code.co_flags & inspect.CO_OPTIMIZED:
            return
        if code.co_filename.startswith(PACKAGE):
            if (files := getattr(self._own, "files", None)) is None:
                self._files.append(files := set())
                self._own.files = files
            files.add(code.co_filename)
            self._hand_overs += code in HAND_OVERS


class Clock:
    """This computer's clock, `seconds_off`."""

    def __init__(self) -> None:
        self.seconds_off = 0

    def now(self) -> Timestamp:
        """The time by it."""
        return Timestamp(clock.now().micros + self.seconds_off * 1_000_000)

    def steady(self) -> float:
        """Monotonic seconds that passed with it."""
        return clock.steady() + self.seconds_off


class Person:
    """Somebody in front of the window."""

    def __init__(self, qt: QApplication, window: MainWindow) -> None:
        self._qt = qt
        self._window = window

    def type(self, key: Qt.Key, then: str) -> None:
        """Press a key in the customer ID, and wait until the preview shows `then` as the ID."""
        QTest.keyClick(self._window.consent.customer_id, key)
        self._wait(lambda: f'"{then}"' in self._window.preview.body.toPlainText())

    def wait_until_known(self) -> None:
        """Wait until the look-up has told what is known of the customer."""
        self._wait(lambda: "since" in self._window.consent.known.pill.accessibleDescription())

    def wait_for(self, state: State) -> None:
        """Wait until the newest line of the log has come so far, and its details say so."""
        log = self._window.log

        def is_told() -> bool:
            entry = log.model.entry(0) if log.model.rowCount() else None
            is_there = entry is not None and entry.state is state
            return is_there and f"{PRACTISED[state]}:" in log.details.toPlainText()

        self._wait(is_told)

    def _wait(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                sys.exit(f"It came to no end. {self._window.receipt.text.toPlainText()}")
            self._qt.processEvents()
            time.sleep(0.001)


def trace() -> tuple[int, int, int]:
    """Type a key, then send; return the three figures."""
    qInstallMessageHandler(lambda *_: None)
    qt = QApplication(["consent-desk"])
    tracer = Tracer()
    own = Clock()
    with ExitStack() as kept:
        transport = HttpTransport()
        kept.callback(transport.close)
        folders = demo_folders(kept)
        application = build(folders, None, transport, own.now, delay=0.0, nap=NAP, steady=own.steady)
        kept.callback(application.close)
        window = application.window
        person = Person(qt, window)
        window.show()
        person.wait_until_known()
        customer = window.consent.customer_id.text()
        window.consent.customer_id.end(False)
        # The first key of a session loads more.
        person.type(Qt.Key.Key_X, f"{customer}x")
        person.type(Qt.Key.Key_Backspace, customer)
        tracer.begin()
        person.type(Qt.Key.Key_X, f"{customer}x")
        of_a_key, _ = tracer.end()
        person.type(Qt.Key.Key_Backspace, customer)
        person.wait_until_known()
        tracer.begin()
        window.consent.send.click()
        person.wait_for(State.DELIVERED)
        own.seconds_off = LOOK_UP_IS_DUE
        person.wait_for(State.VERIFIED)
        of_a_send, hand_overs = tracer.end()
    return of_a_key, of_a_send, hand_overs


def main() -> int:
    """Print the three figures, a line each."""
    of_a_key, of_a_send, hand_overs = trace()
    print(f"{of_a_key:4} modules for a key in the customer ID")
    print(f"{of_a_send:4} modules from Send until verified")
    print(f"{hand_overs:4} hand-overs between threads meanwhile")
    return 0


if __name__ == "__main__":
    sys.exit(main())
