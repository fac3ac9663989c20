"""How long the window does not react while many consents go out, offscreen.

    python -m tests.reliability.gap [CONSENTS]

The journal holds so many opt-outs that were noted and never sent; the program takes them up as it starts.
A timer of the GUI thread rings every 2 ms: what lies between two rings is a gap. The sandbox is another
process.
"""

import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from consent_desk.app.build import build
from consent_desk.app.startup import SWITCH_INTERVAL, spare_the_window
from consent_desk.delivery.events import Event, Settled
from consent_desk.delivery.outbox import Outbox
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.journal.identity import installation_id
from consent_desk.journal.journal import SqliteJournal
from consent_desk.projects.projects import Listed, ProjectListFile, project_to_line
from consent_desk.system.clock import now
from consent_desk.system.folders import Folders
from consent_desk.ui.workspaces import Workspaces
from tests.consents import a_consent
from tests.reliability.kill_child import Vault
from tests.reliability.sandbox_process import sandbox_elsewhere

SCREEN = Path(__file__).resolve().parent.parent / "screen.json"
"""A desk's screen: that of the offscreen platform itself is 800 by 800."""

USUAL, LONGEST = 50.0, 100.0
"""Milliseconds: what 99 of 100 gaps, and all of them, may last."""


class Gaps(QObject):
    """Rings every 2 ms, from now on until it is stopped; what lies between two rings is a gap."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[float, float]] = []
        """Each with the seconds since the first ring, in milliseconds."""
        self._began = self._last = time.perf_counter()
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=2)
        self._timer.timeout.connect(self._ring)
        self._timer.start()
        self.stop = self._timer.stop

    def _ring(self) -> None:
        at = time.perf_counter()
        self.all.append((at - self._began, (at - self._last) * 1e3))
        self._last = at

    @property
    def longest(self) -> tuple[float, float]:
        """The longest one: when, in seconds, and how long, in milliseconds."""
        return max(self.all, key=lambda gap: gap[1])


def list_project(home: Path, project: Project) -> None:
    """Have a project that was saved by an earlier start; its key is in a `Vault`."""
    listed = Listed(id=project.id, name=project.name, entry="kept")
    ProjectListFile(home / "projects.json").write([listed])


def prepare(home: Path, project: Project, count: int) -> None:
    """Note so many opt-outs, and list the project."""
    list_project(home, project)
    with closing(SqliteJournal.open(home / "journal.sqlite", installation=installation_id(home))) as journal:
        outbox = Outbox(journal, now)
        for number in range(count):
            customer = CustomerId(type="registered", value=f"customer-{number}@example.com")
            moment = now()
            outbox.note(project, a_consent(customer=customer, timestamp=moment, noted_at=moment))


def run(count: int) -> tuple[Gaps, int]:
    """Let so many go out, and return how many were delivered. Needs a `QApplication`."""
    with (
        sandbox_elsewhere() as project,
        tempfile.TemporaryDirectory(prefix="consent-desk-", ignore_cleanup_errors=True) as folder,
        closing(HttpTransport()) as transport,
    ):
        home = Path(folder)
        prepare(home, project, count)
        folders = Folders(config=home, data=home, logs=home)
        application = build(folders, Vault(project_to_line(project)), transport)
        workspaces = application.window.findChild(Workspaces)
        assert isinstance(workspaces, Workspaces)
        watches: list[Gaps] = []
        ends: list[bool] = []
        # A loop of its own: to end the program's would have it ask about what is open.
        loop = QEventLoop()

        def end(_workspace: object, event: Event) -> None:
            if isinstance(event, Settled):
                ends.append(event.entry.state is State.DELIVERED)
                if len(ends) >= count:
                    loop.quit()

        # From the first paint on: until then the program starts, and docs/performance.md has that.
        application.window.painted.connect(lambda: watches.append(Gaps()))
        workspaces.told.connect(end)
        spare_the_window()
        application.window.show()
        loop.exec()
        watches[0].stop()
        application.close()
        return watches[0], sum(ends)


def main() -> int:
    """Print the figures; return 0 if they are small enough."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    sys.setswitchinterval(SWITCH_INTERVAL)
    qt = QApplication(["consent-desk", "-platform", f"offscreen:configfile={SCREEN}"])
    gaps, delivered = run(count)
    usual = statistics.quantiles((gap for _, gap in gaps.all), n=100, method="inclusive")[98]
    at, longest = gaps.longest
    print(
        f"GUI gap while {count} consents go out: 99th percentile {usual:.1f} ms, "
        f"most {longest:.1f} ms ({at:.1f} s after the first paint); {delivered} delivered"
    )
    qt.shutdown()
    return not (delivered == count and usual <= USUAL and longest <= LONGEST)


if __name__ == "__main__":
    sys.exit(main())
