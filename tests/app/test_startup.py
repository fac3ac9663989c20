"""The window is on the screen before the rest of the program is loaded, and nothing gets lost meanwhile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

posix = pytest.mark.skipif(sys.platform == "win32", reason="a program there has no way to take SIGTERM")
AFTER_THE_PAINT = {
    *("requests", "urllib3", "truststore", "ssl", "http.client", "http.server"),
    *("keyring", "secretstorage", "sqlite3", "phonenumbers", "email_validator"),
    *("PySide6.QtNetwork", "PySide6.QtSvg", "PySide6.QtDBus", "locale"),
    *("consent_desk.domain.consent.values", "consent_desk.domain.wire", "consent_desk.domain.lifecycle"),
    "consent_desk.domain.faults",
    *("consent_desk.workspace", "consent_desk.delivery", "consent_desk.proof", "consent_desk.journal"),
    *("consent_desk.projects", "consent_desk.engagement", "consent_desk.sandbox", "consent_desk.app.build"),
    "consent_desk.ui.theme.icons",
    *("consent_desk.ui.shell.notice", "consent_desk.ui.log.panel"),
    "consent_desk.ui.request",
}

# A person who does `act` as soon as the window is there, and the window's end when it is at work.
CHILD = """
import gc, os, signal, sys
from consent_desk.cli import main as cli
from consent_desk.app import startup
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest

class Window(startup.MainWindow):
    def show(self):
        self.painted.connect(self.act)
        super().show()

    def act(self):
        {act}

    def wait_for_work(self):
        if hasattr(self, "preview") and self.preview.url.text():
            print(repr(self.consent.customer_id.text()), self.consent.send.text())
            print(gc.isenabled(), gc.get_freeze_count() > 10_000, gc.get_threshold()[2] > 10_000)
            self.close()
        else:
            QTimer.singleShot(10, self.wait_for_work)

startup.MainWindow = Window
# It looks at the window, wherever that is drawn.
cli.find_display = lambda: cli.Display.READY
sys.exit(cli.main(sys.argv[1:]))
"""
LOOK = "print(*sys.modules, flush=True); os._exit(0)"
ENUMS = "import enum; print(*{each.__name__ for each in gc.get_objects() if isinstance(each, enum.EnumType)})"
READ = "print(self.consent.send.text(), flush=True); os._exit(0)"
TYPE = "QTest.keyClicks(self.consent.customer_id, 'jane'); self.wait_for_work()"
KEPT = """import linecache
        print(len(linecache.cache), linecache.getline(cli.__file__, 1), flush=True)
        os._exit(0)"""
CLOSE = "self.close()"
TERMINATE = """from consent_desk.app import run
        build = run.build
        def interrupted(*arguments, **named):
            os.kill(os.getpid(), signal.SIGTERM)
            return build(*arguments, **named)
        run.build = interrupted"""

ORDER = """
import sys
import consent_desk.cli.main
seen = []
class Order:
    def find_spec(self, name, path=None, target=None):
        seen.append(name)
sys.meta_path.insert(0, Order())
import consent_desk.app.startup
print(*seen)
"""


def printed(script: str, *arguments: str) -> str:
    """What a start prints that ends with status 0 and says nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith("This plugin does not support")]
    assert (done.returncode, said) == (0, [])
    return done.stdout.strip()


@pytest.fixture(params=[[], ["--demo"]], ids=["the user's projects", "the demo"])
def arguments(request: pytest.FixtureRequest) -> list[str]:
    found: list[str] = request.param
    return found


def test_all_but_the_window_loads_after_the_first_paint(arguments: list[str]) -> None:
    loaded = set(printed(CHILD.format(act=LOOK), *arguments).split())
    assert "consent_desk.ui.main_window" in loaded
    assert not loaded & AFTER_THE_PAINT


def test_no_enum_of_hundreds_is_made_before_the_first_paint() -> None:
    # Of gradients, icons, styles, scripts, keys, questions, all widgets: PySide6 makes them with their class.
    act = f"{ENUMS}; sys.stdout.flush(); os._exit(0)"
    made = set(printed(CHILD.format(act=act)).split())
    assert "AlignmentFlag" in made
    assert not made & {
        "Preset",
        "ThemeIcon",
        "SubElement",
        "WritingSystem",
        "StandardKey",
        "StandardButton",
        "WizardPixmap",
    }


def test_until_then_the_window_says_that_it_is_starting(arguments: list[str]) -> None:
    assert printed(CHILD.format(act=READ), *arguments) == "Starting…"


def test_the_sources_of_modules_are_not_kept_and_a_traceback_still_finds_them() -> None:
    kept, _, line = printed(CHILD.format(act=KEPT)).partition(" ")
    assert (kept, line) == ("0", '"""The command line. Qt is loaded only for a window."""')


def test_what_is_typed_meanwhile_stays_and_garbage_is_looked_for_in_what_comes_later_only() -> None:
    typed, garbage = printed(CHILD.format(act=TYPE)).splitlines()
    assert typed.startswith("'jane' ")
    assert garbage == "True True True"


@pytest.mark.parametrize("act", [CLOSE, pytest.param(TERMINATE, marks=posix)], ids=["closed", "signal"])
def test_a_window_closed_or_a_signal_meanwhile_ends_the_program_in_order(
    arguments: list[str], act: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert printed(CHILD.format(act=act), *arguments) == ""
    assert not list(home.rglob("lock"))
    assert not list(tmp_path.iterdir())


def test_what_knows_no_qt_is_imported_before_qt() -> None:
    order = printed(ORDER).split()
    qt = order.index("PySide6")
    assert not [
        name for name in order[qt:] if name.startswith(("consent_desk.system", "consent_desk.domain"))
    ]
