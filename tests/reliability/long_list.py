"""How long the log takes to open, to search and to scroll over a long journal, offscreen.

    python -m tests.reliability.long_list [CONSENTS] [SEED] [SEARCHES]

The figures are those of the window: from the wish to the first drawn lines. The gap is what lies between two
rings of a timer of the GUI thread, every 2 ms, while somebody drags through the whole list and pages on.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from consent_desk.app.build import build
from consent_desk.app.startup import SWITCH_INTERVAL
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.journal.backups import make_daily
from consent_desk.journal.identity import installation_id
from consent_desk.journal.journal import SqliteJournal
from consent_desk.projects.projects import project_to_line
from consent_desk.system.clock import now
from consent_desk.system.folders import Folders
from consent_desk.ui.log.panel import LogPanel
from tests.consents import a_project
from tests.reliability.gap import SCREEN, Gaps, list_project
from tests.reliability.kill_child import Vault
from tests.reliability.long_journal import RARE, write_long

FIRST_PAGE, SEARCH, GAP = 300.0, 100.0, 100.0
"""Milliseconds: what the first page, a search and the longest gap while scrolling may take."""

SEARCHES = 9
"""Of each kind; the figure is their median."""

JUMPS = 120
"""Places of the scroll bar that are dragged to; as many pages are turned."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All in milliseconds; `searches` by kind, each the median."""

    first_page: float
    searches: dict[str, float]
    gap: float


def wait(condition: Callable[[], bool]) -> float:
    """Let Qt work until it is true; return for how many milliseconds."""
    began = time.perf_counter()
    loop = QEventLoop()
    timer = QTimer(interval=1)

    def look() -> None:
        if condition():
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    if not condition():
        loop.exec()
    return (time.perf_counter() - began) * 1e3


def prepare(home: Path, count: int, seed: int) -> None:
    """A long journal, with a backup of today, and its project."""
    project = a_project()
    list_project(home, project)
    path = home / "journal.sqlite"
    write_long(path, project, count, until=now(), seed=seed)
    with closing(SqliteJournal.open(path, installation=installation_id(home))) as journal:
        make_daily(path, journal, now())


def search(log: LogPanel, text: str) -> float:
    """Type `text`, and wait until what was found is shown."""
    shown: list[None] = []
    log.model.modelReset.connect(lambda: shown.append(None))
    log.search.filter.setText("no such line")
    wait(lambda: bool(shown))
    shown.clear()
    log.search.filter.setText(text)
    took = wait(lambda: bool(shown))
    log.list.viewport().repaint()
    return took


def scroll(log: LogPanel) -> float:
    """Drag through the whole list, then turn pages from its middle on; return the longest gap."""
    bar = log.list.verticalScrollBar()
    gaps = Gaps()
    places = [bar.maximum() * number // JUMPS for number in range(JUMPS + 1)]
    middle = bar.maximum() // 2
    places += [min(bar.maximum(), middle + bar.pageStep() * number) for number in range(JUMPS)]
    for place in places:
        bar.setValue(place)
        shown = log.list.shown_rows()
        row = 0 if shown is None else shown[0]
        log.list.viewport().update()
        wait(lambda row=row: log.model.entry(max(row, 0)) is not None)  # type: ignore[misc]  # mypy cannot infer a default
    gaps.stop()
    return gaps.longest[1]


def run(count: int, seed: int, times: int) -> Figures:
    """Measure. Needs a `QApplication`."""
    with (
        tempfile.TemporaryDirectory(prefix="consent-desk-", ignore_cleanup_errors=True) as folder,
        closing(HttpTransport()) as transport,
    ):
        home = Path(folder)
        prepare(home, count, seed)
        folders = Folders(config=home, data=home, logs=home)
        application = build(folders, Vault(project_to_line(a_project())), transport)
        log = application.window.log
        application.window.show()
        wait(lambda: log.model.rowCount() == count)
        kinds = {"common": "customer", "rare": RARE.upper(), "absent": "nobody@nowhere"}
        searches = {
            kind: statistics.median(search(log, text) for _ in range(times)) for kind, text in kinds.items()
        }
        log.search.filter.setText("")
        wait(lambda: log.model.rowCount() == count)
        gap = scroll(log)
        application.close()
        # The first page of a window that opens on it, by a program that is loaded.
        again = build(folders, Vault(project_to_line(a_project())), transport)
        again.window.show()
        first_page = wait(lambda: again.window.log.model.rowCount() > 0)
        again.window.log.list.viewport().repaint()
        again.close()
        return Figures(first_page, searches, gap)


def main() -> int:
    """Print the figures; return 0 if they are small enough."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260611
    sys.setswitchinterval(SWITCH_INTERVAL)
    qt = QApplication(["consent-desk", "-platform", f"offscreen:configfile={SCREEN}"])
    times = int(sys.argv[3]) if len(sys.argv) > 3 else SEARCHES
    found = run(count, seed, times)
    searched = ", ".join(f"{kind} {took:.0f} ms" for kind, took in found.searches.items())
    print(
        f"long list: {count} consents: first page {found.first_page:.0f} ms; search {searched}; "
        f"longest gap while scrolling {found.gap:.0f} ms (seed {seed})"
    )
    qt.shutdown()
    fast = found.first_page <= FIRST_PAGE and max(found.searches.values()) <= SEARCH and found.gap <= GAP
    return not fast


if __name__ == "__main__":
    sys.exit(main())
