"""Child of `run.py`: the program as `consent-desk --demo` starts it, and when its window was there.

Arguments: start (monotonic nanoseconds), `time` or `memory`. "painted" is the first paint, on screen;
"filled" is the paint that shows the form filled and the preview of its request.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from consent_desk import app, cli

# Qt comes after the program's own imports, as it does without this script.
from PySide6.QtCore import QEvent, QObject, QTimer  # isort: skip

SETTLED = 2_000


class Watch(QObject):
    """Watches the paints of one window."""

    def __init__(self, application: app.Application) -> None:
        super().__init__()
        self._window = application.window
        self._preview = application.window.preview.body
        self._seen: dict[str, float] = {}
        self._window.installEventFilter(self)
        self._preview.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            if watched is self._window:
                self._note("painted")
            elif self._preview.document().characterCount() > 1:
                self._note("filled")
        return False

    def _note(self, what: str) -> None:
        if what not in self._seen:
            self._seen[what] = 0
            # The paint is flushed to the screen before the loop comes round again.
            QTimer.singleShot(0, lambda: self._tell(what))

    def _tell(self, what: str) -> None:
        self._seen[what] = figure()
        if what == "settled" or (what == "filled" and sys.argv[2] == "time"):
            print(json.dumps(self._seen))
            self._window.close()
        elif what == "filled":
            QTimer.singleShot(SETTLED, lambda: self._tell("settled"))


def figure() -> float:
    """Milliseconds since the start, or KiB of memory."""
    if sys.argv[2] == "time":
        return (time.monotonic_ns() - int(sys.argv[1])) / 1e6
    rollup = Path("/proc/self/smaps_rollup").read_text("ascii")
    return float(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])


def build(*arguments: Any, **named: Any) -> app.Application:
    application = original(*arguments, **named)
    watches.append(Watch(application))
    return application


watches: list[Watch] = []
original = app.build
app.build = build
if __name__ == "__main__":
    sys.exit(cli.main(["--demo"]))
