"""The program's window on the sandbox, opened and filled, for the children that measure it."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from PySide6.QtCore import QEventLoop, QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from consent_desk.app.build import build
from consent_desk.app.startup import SWITCH_INTERVAL, demo_folders
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.ui.main_window import MainWindow

PATIENCE = 30.0


@contextmanager
def opened(**changes: Any) -> Iterator[tuple[QApplication, MainWindow]]:
    """The running application and its window, with the tutorial's case in form and preview.

    `changes` are further arguments of `build`.
    """
    qInstallMessageHandler(_silent)
    sys.setswitchinterval(SWITCH_INTERVAL)
    qt = QApplication(["consent-desk"])
    with ExitStack() as kept:
        transport = HttpTransport()
        kept.callback(transport.close)
        application = build(demo_folders(kept), None, transport, **changes)
        kept.callback(application.close)
        window = application.window
        window.show()
        until(qt, lambda: bool(window.preview.byte_count.text()))
        yield qt, window


def until(qt: QApplication, condition: Callable[[], bool]) -> None:
    """Run the event loop until `condition` holds."""
    end = time.monotonic() + PATIENCE
    waking = QTimer()
    waking.start(1)
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        qt.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def _silent(_kind: QtMsgType, _context: QMessageLogContext, _message: str) -> None: ...
