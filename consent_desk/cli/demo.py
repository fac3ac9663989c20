"""The demo without a display: sends the tutorial's case with the real window, and prints it."""

import re
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from consent_desk.app.build import build
from consent_desk.app.signals import SignalWatch
from consent_desk.app.startup import demo_folders
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.state import State
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.ui.main_window import MainWindow

PICTURES = Path("build/demo")
PATIENCE = 60_000
"""Milliseconds for all of it; a send ends after 20 seconds."""

RESTING = 250
"""Milliseconds in which layouts and the log's batches come to rest."""

LONGEST_ANSWER = 2_000
"""Characters of an answer that are printed."""

_TOOK = re.compile(r"after [\d,]+ ms")


def demonstrate(fault: Fault | None = None) -> int:
    """Run the demonstration; return 0 only if the call was delivered to the sandbox."""
    qInstallMessageHandler(_pass_on)
    qt = QApplication(["consent-desk"])
    with ExitStack() as kept:
        kept.callback(SignalWatch(lambda number: qt.exit(128 + number), qt).close)
        transport = HttpTransport()
        kept.callback(transport.close)
        application = build(demo_folders(kept), None, transport, fault=fault)
        kept.callback(application.close)
        window = application.window

        def send() -> None:
            _take_picture(window, "before.png")
            window.consent.send.click()

        def end() -> None:
            has_picture = _take_picture(window, "after.png")
            _print_transcript(window)
            saved = f"Pictures of the window: {PICTURES}/before.png, {PICTURES}/after.png"
            print(saved if has_picture else f"No pictures: {PICTURES} cannot be written.")
            entry = window.log.model.entry(0)
            qt.exit(0 if entry is not None and entry.state is State.DELIVERED else 1)

        resting = QTimer(singleShot=True, interval=RESTING)
        resting.timeout.connect(end)

        def rest_when_told() -> None:
            if _TOOK.search(window.log.details.toPlainText()):
                resting.start()

        def give_up() -> None:
            print(f"The demo came to no end. {window.receipt.text.toPlainText()}", file=sys.stderr)
            qt.exit(1)

        # The demo's form is filled in already, and the preview says where it leads once that is there.
        window.preview.url.textChanged.connect(lambda: QTimer.singleShot(RESTING, send))
        window.log.details.textChanged.connect(rest_when_told)
        QTimer.singleShot(PATIENCE, give_up)
        # Of one size, however small the screen that is not there.
        window.resize(1280, 800)
        window.show()
        return qt.exec()


def _pass_on(_kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    # The offscreen platform complains of every pop-up.
    if not message.startswith("This plugin does not support"):
        print(message, file=sys.stderr)


def _print_transcript(window: MainWindow) -> None:
    log = window.log
    texts = {}
    for index in range(log.tabs.count()):
        log.tabs.setCurrentIndex(index)
        texts[log.tabs.tabText(index)] = log.details.toPlainText()
    print(f"Sent\n{texts['Request']}\n")
    # Where no answer came, both say so.
    answer = "\n\n".join(dict.fromkeys((texts["Headers"], texts["As received"])))
    print(f"Answer\n{answer[:LONGEST_ANSWER]}{'…' if len(answer) > LONGEST_ANSWER else ''}\n")
    print(f"Outcome\n{window.receipt.text.toPlainText()}\n")


def _take_picture(window: MainWindow, name: str) -> bool:
    # The demo is worth seeing in a folder that cannot be written to as well.
    with suppress(OSError):
        PICTURES.mkdir(parents=True, exist_ok=True)
    return window.grab().save(str(PICTURES / name))
