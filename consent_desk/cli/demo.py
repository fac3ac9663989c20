"""The demo without a display: types the tutorial's case into the real window, sends and prints it."""

import re
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from consent_desk.app.build import TUTORIAL, build
from consent_desk.app.startup import demo_folders
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.state import State
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.ui.main_window import MainWindow

PICTURES = Path("build/demo")
PATIENCE = 30.0
"""Seconds for each step; a send ends after 20."""

RESTING = 0.25
"""Seconds in which layouts and the log's batches come to rest."""

LONGEST_ANSWER = 2_000
"""Characters of an answer that are printed."""

_TOOK = re.compile(r"after [\d,]+ ms")
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


def demonstrate(fault: Fault | None = None) -> int:
    """Run the demonstration; return 0 only if the call was delivered to the sandbox."""
    qInstallMessageHandler(_pass_on)
    watch = _Watch(QApplication(["consent-desk"]))
    try:
        with ExitStack() as kept:
            transport = HttpTransport()
            kept.callback(transport.close)
            application = build(demo_folders(kept), None, transport, fault=fault)
            kept.callback(application.close)
            return 0 if _send(application.window, watch) else 1
    except _Ended as ended:
        return 128 + ended.number


def _send(window: MainWindow, watch: "_Watch") -> bool:
    window.show()
    if not watch.until(lambda: bool(window.preview.url.text())):
        print(f"The sandbox did not start. {window.status.latest.text()}", file=sys.stderr)
        return False
    _type_tutorial(window)
    watch.settle()
    pictures = [_picture(window, "before.png")]
    shown = _request_as_shown(window)
    QTest.keyClick(_named(window, "Send"), Qt.Key.Key_Space)
    watch.until(lambda: _is_over(window))
    watch.until(lambda: _TOOK.search(window.log.details.toPlainText()) is not None)
    watch.settle()
    pictures.append(_picture(window, "after.png"))
    _print_transcript(window, shown, pictures)
    model = window.log.model
    first = model.entry(0) if model.rowCount() == 1 else None
    return first is not None and first.state is State.DELIVERED


class _Ended(Exception):
    """A signal asked the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Watch:
    """Lets the window live until something is so, or a signal ends it."""

    def __init__(self, qt: QApplication) -> None:
        self._qt = qt
        self._number = 0
        for name in _ENDING:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._take)

    def until(self, condition: Callable[[], bool]) -> bool:
        """Wait for `condition`, and say whether it came true. Raises _Ended."""
        end = time.monotonic() + PATIENCE
        while not condition() and time.monotonic() < end:
            self._qt.processEvents()
            time.sleep(0.01)
            if self._number:
                raise _Ended(self._number)
        return condition()

    def settle(self) -> None:
        """Let layouts and batches come to rest, for a picture. Raises _Ended."""
        rest = time.monotonic() + RESTING
        self.until(lambda: time.monotonic() > rest)

    def _take(self, number: int, _frame: object) -> None:
        # No exception here: in the middle of a slot, Qt would swallow it.
        self._number = number


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


def _print_transcript(window: MainWindow, head: str, pictures: list[Path | None]) -> None:
    log = window.log
    texts = {}
    for index in range(log.tabs.count()):
        log.tabs.setCurrentIndex(index)
        texts[log.tabs.tabText(index)] = log.details.toPlainText()
    log.tabs.setCurrentIndex(0)
    body = texts["Request"].partition("\n\n")[2]
    print(f"Sent\n{head}\n\n{body}\n")
    # Where no answer came, both say so.
    answer = "\n\n".join(dict.fromkeys((texts["Headers"], texts["As received"])))
    if len(answer) > LONGEST_ANSWER:
        answer = f"{answer[:LONGEST_ANSWER]}\n… cut here, {len(answer):,} characters in all"
    print(f"Answer\n{answer}\n")
    print(f"Outcome\n{window.status.latest.text()}\n")
    saved = ", ".join(str(picture) for picture in pictures if picture is not None)
    print(f"Pictures of the window: {saved}" if saved else f"No pictures: {PICTURES} cannot be written.")


def _is_over(window: MainWindow) -> bool:
    model = window.log.model
    entry = model.entry(0) if model.rowCount() else None
    if entry is None:
        # Not even noted: then there is something to read about it.
        return window.status.action.isVisible()
    return entry.elapsed is not None or entry.state not in {State.QUEUED, State.IN_FLIGHT}


def _named(window: MainWindow, accessible_name: str) -> QWidget:
    return next(w for w in window.findChildren(QWidget) if w.accessibleName() == accessible_name)


def _picture(window: MainWindow, name: str) -> Path | None:
    try:
        PICTURES.mkdir(parents=True, exist_ok=True)
    except OSError:
        # The demo is worth seeing in a folder that cannot be written to as well.
        return None
    return PICTURES / name if window.grab().save(str(PICTURES / name)) else None
