"""Child of `run.py`: real key presses until the preview is up to date and painted, in milliseconds.

Prints the times by the clock, and the GUI thread's own processor time.

Arguments: bytes of wording, `words` or `unbroken`, `customer` or `wording` (where the keys go), presses.
"""

import gc
import json
import sys
import time

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest

from tests.bench.opened import opened, until

SENTENCE = "I understand that no more messages will be sent to me, and that I can change my mind. "


def main() -> None:
    size, kind, field, presses = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    text = (SENTENCE * size)[:size] if kind == "words" else "0123456789abcdef" * (size // 16)
    with opened() as (qt, window):
        form, preview = window.consent, window.preview
        form.wording.setPlainText(text)
        until(qt, lambda: not preview.byte_count.text().startswith("0"))
        target = form.customer_id if field == "customer" else form.wording
        target.setFocus()
        form.wording.moveCursor(QTextCursor.MoveOperation.End)
        # Until then a thread is busy loading requests, in the first moment only.
        until(qt, lambda: len(form.categories) > 0)
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
        print(json.dumps((times[10:], spent[10:])))


if __name__ == "__main__":
    main()
