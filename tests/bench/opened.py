"""The program's window on the sandbox, opened and filled; and child of `run.py`, which measures it.

    python -m tests.bench.opened idle SECONDS | keys PRESSES BYTES KIND FIELD | look_up COUNT | verified COUNT

Prints what it has measured, times in milliseconds.
"""

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import product
from typing import Any

from PySide6.QtCore import QEventLoop, QMessageLogContext, Qt, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit

from consent_desk.app.build import build
from consent_desk.app.startup import SWITCH_INTERVAL, demo_folders
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.judgement import LOOK_AFTER, SECOND
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.system.clock import now
from consent_desk.ui.main_window import MainWindow
from tests.reliability.gap import Gaps

PATIENCE = 30.0
ROOMY = 1280, 800
"""Pixels of a window that shows all panes beside each other; a small screen would have it open smaller."""

SETTLING = 6_000
"""Milliseconds; the sandbox's reads are due by then, and the cursor has begun to blink."""

SENTENCE = "I understand that no more messages will be sent to me, and that I can change my mind. "
IDS = ("lena.novak@example.com", "Jane@Example.com", "jane@example.com", "nobody@example.com")
CUSTOMERS = ("jane@example.com", "kofi.mensah@example.org", "mei.tanaka@example.com")
CATEGORIES = ("sms_marketing", "newsletter", "personal_offers", "order_updates", "partner_offers")
"""None of these customers has rejected any of them: nothing is asked."""


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
        window.resize(*ROOMY)
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


def idle(seconds: int) -> float:
    """The share of processor time of the open window, left alone, in per cent."""
    with opened() as (qt, window):
        window.activateWindow()
        QTimer.singleShot(SETTLING, qt.quit)
        qt.exec()
        began, spent = time.monotonic(), time.process_time()
        QTimer.singleShot(seconds * 1_000, qt.quit)
        qt.exec()
        return 100 * (time.process_time() - spent) / (time.monotonic() - began)


def keys(presses: int, size: int, kind: str, field: str) -> tuple[list[float], list[float]]:
    """Real key presses until the preview is up to date and painted: by the clock, and the GUI thread's own.

    `size`: bytes of wording, `words` or `unbroken`; `field`: `customer` or `wording`, where the keys go.
    """
    text = (SENTENCE * size)[:size] if kind == "words" else "0123456789abcdef" * (size // 16)
    with opened() as (qt, window):
        form, preview = window.consent, window.preview
        form.wording.setPlainText(text)
        until(qt, lambda: not preview.byte_count.text().startswith("0"))
        target = form.customer_id if field == "customer" else form.wording
        target.setFocus()
        form.wording.moveCursor(QTextCursor.MoveOperation.End)
        # Until then a thread is busy loading requests, in the first moment only.
        until(qt, lambda: bool(form.categories.rows.boxes))
        times, spent = [], []
        gc.collect()
        for number in range(presses + 10):
            key = Qt.Key.Key_X if number % 2 == 0 else Qt.Key.Key_Backspace
            began, own = time.perf_counter(), time.thread_time()
            QTest.keyClick(target, key)
            # The second pass paints what the layout of the first one has moved.
            qt.processEvents()
            qt.processEvents()
            times.append((time.perf_counter() - began) * 1e3)
            spent.append((time.thread_time() - own) * 1e3)
            typed = form.customer_id.text() if field == "customer" else form.wording.toPlainText()[-40:]
            assert typed in "".join(preview.body.toPlainText().split("\n"))
        return times[10:], spent[10:]


def look_up(count: int) -> dict[str, list[float]]:
    """Customer IDs are pasted one after the other, and each is looked up in the sandbox.

    Told is how long it takes until it is shown what is known, and how long the window does not react.
    """
    with opened() as (qt, window):
        form = window.consent
        # Until then a thread is busy loading requests, in the first moment only.
        until(qt, lambda: bool(form.categories.rows.boxes))
        form.customer_id.setFocus()
        gaps = Gaps()
        shown = []
        for number in range(count):
            QGuiApplication.clipboard().setText(IDS[number % len(IDS)])
            form.customer_id.selectAll()
            began = time.perf_counter()
            QTest.keyClick(form.customer_id, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
            until(qt, lambda: form.known.pill.accessibleDescription() not in {"", "Looking up…"})
            shown.append((time.perf_counter() - began) * 1e3)
        gaps.stop()
        return {"shown": shown, "gaps": [gap for _, gap in gaps.all]}


class Clock:
    """This computer's clock, set forward."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> Timestamp:
        return Timestamp(now().micros + self.ahead)


def verified(count: int) -> list[list[float]]:
    """From a pasted customer ID to a consent that the sandbox was seen to show: known, delivered, verified.

    The sandbox shows a write at once, and the clock is set on where the policy waits for a look-up: what is
    left is the program's own.
    """
    clock, times = Clock(), []
    with opened(now=clock, delay=0.0, nap=0.005) as (qt, window):
        form, receipt = window.consent, window.receipt.text
        until(qt, lambda: bool(form.categories.rows.boxes))
        for customer, category in [*product(CUSTOMERS, CATEGORIES)][:count]:
            form.categories.choose([category])
            form.customer_id.setFocus()
            form.customer_id.selectAll()
            QGuiApplication.clipboard().setText(customer)
            began = time.perf_counter()
            QTest.keyClick(form.customer_id, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
            until(qt, partial(begins, form.known.pill, f"{form.categories.label(category)}: "))
            known = time.perf_counter()
            # Without a window manager, no window is the one that takes shortcuts.
            QTest.mouseClick(form.send, Qt.MouseButton.LeftButton)
            told = f"\n{customer} · opt-out of "
            until(qt, partial(says, receipt, "Delivered to the Sandbox", told))
            delivered = time.perf_counter()
            clock.ahead += LOOK_AFTER[0] + SECOND
            until(qt, partial(says, receipt, "Shown by the Sandbox", told))
            verified = time.perf_counter()
            times.append([1e3 * (at - began) for at in (known, delivered, verified)])
    return times


def begins(label: QLabel, start: str) -> bool:
    return label.accessibleDescription().startswith(start)


def says(receipt: QPlainTextEdit, what: str, of_whom: str) -> bool:
    text = receipt.toPlainText()
    return what in text and of_whom in text


def main() -> None:
    what, count, *more = sys.argv[1:]
    measured: dict[str, Callable[[], object]] = {
        "idle": lambda: idle(int(count)),
        "keys": lambda: keys(int(count), int(more[0]), more[1], more[2]),
        "look_up": lambda: look_up(int(count)),
        "verified": lambda: verified(int(count)),
    }
    print(json.dumps(measured[what]()))


if __name__ == "__main__":
    main()
