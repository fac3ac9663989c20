"""Child of `run.py`: a bare window with a text edit, and when it was painted. Argument: start, mode."""

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QPlainTextEdit

SETTLED = 2_000


class Text(QPlainTextEdit):
    """Tells once, after its first paint has reached the screen."""

    painted = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.painted:
            self.painted = True
            QTimer.singleShot(0, tell)


def tell() -> None:
    took = (time.monotonic_ns() - int(sys.argv[1])) / 1e6
    if sys.argv[2] == "time":
        print(json.dumps({"painted": took}))
        application.quit()
    else:
        seen["painted"] = kibibytes()
        QTimer.singleShot(SETTLED, tell_settled)


def tell_settled() -> None:
    print(json.dumps({**seen, "settled": kibibytes()}))
    application.quit()


def kibibytes() -> int:
    rollup = Path("/proc/self/smaps_rollup").read_text("ascii")
    return int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])


seen: dict[str, int] = {}
application = QApplication(sys.argv[:1])
window = QMainWindow()
window.setCentralWidget(Text("A bare window."))
window.resize(1280, 800)
window.show()
application.exec()
