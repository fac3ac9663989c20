"""The demo without a display: types the tutorial's case into the real window, sends and prints it."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from consent_desk.adapters.http import HttpTransport
from consent_desk.app import TUTORIAL, build, demo_folders
from consent_desk.domain.delivery import State
from consent_desk.sandbox.faults import Fault
from consent_desk.ui.main_window import MainWindow

PICTURES = Path("build/demo")
PATIENCE = 30.0
"""Seconds for each step; a send ends after 20."""

_OPEN = frozenset({State.QUEUED, State.IN_FLIGHT})


def demonstrate(fault: Fault | None = None) -> int:
    """Run the demonstration; return 0 only if the call was delivered to the sandbox."""
    qInstallMessageHandler(_pass_on)
    qt = QApplication(["consent-desk"])
    with ExitStack() as kept:
        transport = HttpTransport()
        kept.callback(transport.close)
        application = build(demo_folders(kept), None, transport, fault=fault)
        kept.callback(application.close)
        window = application.window
        window.show()
        if not _until(qt, lambda: bool(window.preview.url.text())):
            print(f"The sandbox did not start. {window.status.latest.text()}", file=sys.stderr)
            return 1
        _type_tutorial(window)
        _picture(window, "before.png")
        shown = _request_as_shown(window)
        QTest.keyClick(_named(window, "Send"), Qt.Key.Key_Space)
        answered = _until(qt, lambda: _state(window) not in {None, *_OPEN} or _is_kept(window))
        _until(qt, lambda: "HTTP" in window.log.details.toPlainText() or _is_kept(window))
        _picture(window, "after.png")
        _print_transcript(window, shown)
        delivered = answered and _state(window) is State.DELIVERED
    return 0 if delivered else 1


def _pass_on(_kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    # The offscreen platform complains of every pop-up.
    if not message.startswith("This plugin does not support"):
        print(message, file=sys.stderr)


def _type_tutorial(window: MainWindow) -> None:
    consent = window.consent
    for field, text in (
        (consent.customer_id, TUTORIAL.customer_id),
        (consent.category.line, TUTORIAL.category),
    ):
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
    QTest.keyClick(consent.opt_out, Qt.Key.Key_Space)


def _request_as_shown(window: MainWindow) -> str:
    preview = window.preview
    return "\n".join(
        (
            f"POST {preview.url.text()}",
            f"Authorization: {preview.authorization.text()}",
            preview.headers.text(),
        )
    )


def _print_transcript(window: MainWindow, head: str) -> None:
    log = window.log
    texts = {}
    for index in range(log.tabs.count()):
        log.tabs.setCurrentIndex(index)
        texts[log.tabs.tabText(index)] = log.details.toPlainText()
    log.tabs.setCurrentIndex(0)
    body = texts["Request"].partition("\n\n")[2]
    print(f"Sent\n{head}\n\n{body}\n")
    print(f"Answer\n{texts['Headers']}\n\n{texts['As received']}\n")
    print(f"Outcome\n{window.status.latest.text()}\n")
    print(f"Pictures of the window: {PICTURES / 'before.png'}, {PICTURES / 'after.png'}")


def _state(window: MainWindow) -> State | None:
    model = window.log.model
    return model.entry(0).state if model.rowCount() else None


def _is_kept(window: MainWindow) -> bool:
    # Queued again after its one attempt: nothing is under way any more.
    return _state(window) is State.QUEUED and not window.consent.cancel.isVisible()


def _named(window: MainWindow, accessible_name: str) -> QWidget:
    return next(w for w in window.findChildren(QWidget) if w.accessibleName() == accessible_name)


def _picture(window: MainWindow, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    window.grab().save(str(PICTURES / name))


def _until(qt: QApplication, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        qt.processEvents()
        time.sleep(0.01)
    return condition()
