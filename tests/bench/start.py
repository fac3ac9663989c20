"""Child of `run.py`: the program as `consent-desk --demo` starts it, and when its window was there.

Arguments: start (monotonic nanoseconds), `time` or `memory`. "painted" is the first paint, on screen;
"filled" is the paint that shows the form filled and the preview of its request.
"""

import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from consent_desk.cli import main as cli
from consent_desk.system.display import Display

# As `cli.main` does before it imports `app.startup`.
gc.disable()

from consent_desk.app import startup  # noqa: E402 -- see above
from consent_desk.ui.main_window import MainWindow  # noqa: E402

# Qt comes after the program's own imports, as it does without this script.
from PySide6.QtCore import QEvent, QObject, QTimer  # noqa: E402 # isort: skip

if TYPE_CHECKING:
    from consent_desk.ui.log.panel import LogPanel
    from consent_desk.ui.request.panel import RequestPanel

SETTLED = 2_000


class Watched(MainWindow):
    """The window, telling of its paints."""

    def show(self) -> None:
        self._seen: dict[str, float] = {}
        # Told as the first to hear of it; the rest of the program is loaded next.
        self.painted.connect(self._note_painted)
        super().show()

    def _note_painted(self) -> None:
        self._seen["painted"] = figure()

    def complete(self, preview: "RequestPanel", log: "LogPanel") -> None:
        super().complete(preview, log)
        self._text = preview.body.viewport()
        self._text.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        filled = watched is self._text and self.preview.byte_count.text()
        if filled and event.type() == QEvent.Type.Paint and "filled" not in self._seen:
            self._seen["filled"] = 0
            # The paint is flushed to the screen before the loop comes round again.
            QTimer.singleShot(0, self._note_filled)
        return False

    def _note_filled(self) -> None:
        self._seen["filled"] = figure()
        if sys.argv[2] == "time":
            self._tell()
        else:
            QTimer.singleShot(SETTLED, self._tell)

    def _tell(self) -> None:
        if sys.argv[2] != "time":
            self._seen["settled"] = figure()
        print(json.dumps(self._seen))
        self.close()


def figure() -> float:
    """Milliseconds since the start, or KiB of memory."""
    if sys.argv[2] == "time":
        return (time.monotonic_ns() - int(sys.argv[1])) / 1e6
    rollup = Path("/proc/self/smaps_rollup").read_text("ascii")
    return float(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])


if __name__ == "__main__":
    vars(startup)["MainWindow"] = Watched
    if os.environ["QT_QPA_PLATFORM"].startswith("offscreen"):
        # Measured is the window, wherever it is drawn.
        vars(cli)["find_display"] = lambda: Display.READY
    sys.exit(cli.main(["--demo"]))
