"""Child of `keyrings.py`: the program on a user's projects, and for how long at most its window stood still.

Prints two times in milliseconds: while the program was built behind the painted window, where it waits
for no keyring; and from then on, while the keyring was read at the start, and written to by Save. A
timer of 1 ms tells of them. Also prints what was said of the keyring after reading.
"""

import json
import sys
import time
from collections.abc import Iterator

from PySide6.QtCore import Qt, QTimer

from consent_desk.app import startup
from consent_desk.cli import main as cli
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.project.bar import NEW
from consent_desk.ui.project.settings_dialog import ProjectDialog

LISTENING = 2.2
"""Seconds; a keyring that does not answer is spoken of after 1.5."""


class Watched(MainWindow):
    """The window, with its own heart beat, and somebody who saves a project."""

    def show(self) -> None:
        self.painted.connect(self._begin)
        super().show()

    def _begin(self) -> None:
        self._times: list[float] = []
        self._steps = self._save_a_project()
        self._last = time.perf_counter()
        self._beat = QTimer(self)
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._tick)
        self._beat.start(1)

    def _tick(self) -> None:
        now = time.perf_counter()
        self._times.append((now - self._last) * 1e3)
        self._last = now
        if next(self._steps, "over"):
            self._beat.stop()
            print(json.dumps((self._times[0], max(self._times[1:]), self._said)))
            self.close()

    def _save_a_project(self) -> Iterator[None]:
        yield from moment()
        self._said = self.project_bar.state.text()
        self.project_bar.requested.emit(NEW)
        yield
        dialog = self.findChild(ProjectDialog)
        assert dialog is not None
        for field, text in (
            (dialog.name, "Another"),
            (dialog.base_url.line, "http://127.0.0.1:9"),
            (dialog.project_token, "12345678-1234-1234-1234-123456789abc"),
            (dialog.key_id, "k" * 64),
            (dialog.secret, "s" * 64),
        ):
            field.setText(text)
            yield
        dialog.save.click()
        yield from moment()


def moment() -> Iterator[None]:
    end = time.monotonic() + LISTENING
    while time.monotonic() < end:
        yield


if __name__ == "__main__":
    vars(startup)["MainWindow"] = Watched
    sys.exit(cli.main([]))
