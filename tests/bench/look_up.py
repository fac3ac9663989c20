"""Child of `run.py`: customer IDs are pasted one after the other, and each is looked up in the sandbox.

Prints the milliseconds from the paste until it is shown what is known, and the gaps between two rings of a
timer of the GUI thread that rings every 2 ms: so long the window does not react. Argument: how many.
"""

import json
import sys
import time

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tests.bench.opened import opened, until
from tests.reliability.gap import Gaps

IDS = ("lena.novak@example.com", "Jane@Example.com", "jane@example.com", "nobody@example.com")


def main() -> None:
    count = int(sys.argv[1])
    with opened() as (qt, window):
        form = window.consent
        # Until then a thread is busy loading requests, in the first moment only.
        until(qt, lambda: len(form.categories) > 0)
        form.customer_id.setFocus()
        gaps = Gaps()
        shown = []
        for number in range(count):
            QGuiApplication.clipboard().setText(IDS[number % len(IDS)])
            form.customer_id.selectAll()
            began = time.perf_counter()
            QTest.keyClick(form.customer_id, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
            until(qt, lambda: form.known.chosen.text() not in {"", "Looking up…"})
            shown.append((time.perf_counter() - began) * 1e3)
        gaps.stop()
        print(json.dumps({"shown": shown, "gaps": [gap for _, gap in gaps.all]}))


if __name__ == "__main__":
    main()
