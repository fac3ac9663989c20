"""Child of `run.py`: the processor time of the open window, left alone. Argument: seconds."""

import json
import sys
import time

from PySide6.QtCore import QTimer

from tests.bench.opened import opened

SETTLING = 6_000
"""Milliseconds; the sandbox's reads are due by then, and the cursor has begun to blink."""


def main() -> None:
    seconds = int(sys.argv[1])
    with opened() as (qt, window):
        window.activateWindow()
        QTimer.singleShot(SETTLING, qt.quit)
        qt.exec()
        began, spent = time.monotonic(), time.process_time()
        QTimer.singleShot(seconds * 1_000, qt.quit)
        qt.exec()
        print(json.dumps(100 * (time.process_time() - spent) / (time.monotonic() - began)))


if __name__ == "__main__":
    main()
