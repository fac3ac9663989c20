"""How long the window does not react while many consents go out, offscreen.

    python -m tests.reliability.gap [CONSENTS]

The journal holds so many opt-outs that were noted and never sent; the program takes them up as it starts.
A timer of the GUI thread rings every 2 ms: what lies between two rings is a gap. The sandbox is another
process. Once half of them are out somebody opts out on the phone: how long until that is noted, and until
it is delivered?
"""

import statistics
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from consent_desk.app.build import build
from consent_desk.app.startup import SWITCH_INTERVAL, spare_the_window
from consent_desk.delivery.events import Event, Noted, Settled
from consent_desk.delivery.outbox import Outbox
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.journal.identity import installation_id
from consent_desk.journal.journal import SqliteJournal
from consent_desk.projects.projects import Listed, ProjectListFile, project_to_line
from consent_desk.system.clock import now
from consent_desk.system.folders import Folders
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.workspaces import Workspaces
from tests.consents import a_consent
from tests.reliability.kill_child import CATEGORY, Vault
from tests.reliability.sandbox_process import sandbox_elsewhere

SCREEN = Path(__file__).resolve().parent.parent / "screen.json"
"""A desk's screen: that of the offscreen platform itself is 800 by 800."""

USUAL, LONGEST = 50.0, 100.0
"""Milliseconds: what 99 of 100 gaps, and all of them, may last."""

NOTED, DELIVERED = 100.0, 500.0
"""Milliseconds that a caller waits at most, from the press of Send."""

CALLER = Draft(customer_id_type="registered", customer_id="jane@example.com", category=CATEGORY)


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


@dataclass(slots=True)
class Went:
    """How so many went out: the window's gaps, how many were delivered, and how long a caller waited."""

    gaps: Gaps
    delivered: int = 0
    seconds: float = 0.0
    pressed: float = 0.0
    noted: float = 0.0
    at_server: float = 0.0


def run(count: int) -> Went:
    """Let so many go out. Needs a `QApplication`."""
    with (
        sandbox_elsewhere() as project,
        tempfile.TemporaryDirectory(prefix="consent-desk-", ignore_cleanup_errors=True) as folder,
        closing(HttpTransport()) as transport,
    ):
        home = Path(folder)
        prepare(home, project, count)
        folders = Folders(config=home, data=home, logs=home)
        application = build(folders, Vault(project_to_line(project)), transport)
        window = application.window
        workspaces = window.findChild(Workspaces)
        assert isinstance(workspaces, Workspaces)
        watched: list[Went] = []
        # A loop of its own: to end the program's would have it ask about what is open.
        loop = QEventLoop()
        ended = 0

        def hear(_workspace: object, event: Event) -> None:
            nonlocal ended
            (went,) = watched
            now_at = time.perf_counter()
            match event:
                case Noted():
                    went.noted = now_at - went.pressed
                case Settled(entry=entry):
                    ended += 1
                    went.delivered += entry.state is State.DELIVERED
                    if entry.customer.value == CALLER.customer_id:
                        went.at_server = now_at - went.pressed
                case _:
                    pass
            if ended == count // 2 and not window.consent.customer_id.text():
                window.consent.fill(CALLER)
            if ended > count:
                went.seconds = now_at - began
                loop.quit()

        def press() -> None:
            (went,) = watched
            if not went.pressed and window.consent.customer_id.text():
                went.pressed = time.perf_counter()
                window.consent.send.click()

        look_up = window.findChild(LookupPresenter)
        assert isinstance(look_up, LookupPresenter)
        # Behind what is shown of the answer.
        look_up.answered.connect(press, Qt.ConnectionType.QueuedConnection)
        # From the first paint on: until then the program starts, and docs/performance.md has that.
        window.painted.connect(lambda: watched.append(Went(Gaps())))
        workspaces.told.connect(hear)
        spare_the_window()
        window.show()
        began = time.perf_counter()
        loop.exec()
        watched[0].gaps.stop()
        application.close()
        return watched[0]


def main() -> int:
    """Print the figures; return 0 if they are small enough."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    sys.setswitchinterval(SWITCH_INTERVAL)
    qt = QApplication(["consent-desk", "-platform", f"offscreen:configfile={SCREEN}"])
    went = run(count)
    usual = statistics.quantiles((gap for _, gap in went.gaps.all), n=100, method="inclusive")[98]
    at, longest = went.gaps.longest
    noted, at_server = went.noted * 1e3, went.at_server * 1e3
    print(
        f"GUI gap while {count} consents go out: 99th percentile {usual:.1f} ms, "
        f"most {longest:.1f} ms ({at:.1f} s after the first paint); {went.delivered} delivered, "
        f"{went.delivered / went.seconds:.0f} a second; "
        f"a caller's meanwhile noted after {noted:.0f} ms, delivered after {at_server:.0f}"
    )
    qt.shutdown()
    is_prompt = 0 < noted <= NOTED and 0 < at_server <= DELIVERED
    return not (went.delivered == count + 1 and usual <= USUAL and longest <= LONGEST and is_prompt)


if __name__ == "__main__":
    sys.exit(main())
