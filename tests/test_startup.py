"""What the window does not need to show itself is not loaded before it has shown itself."""

import os
import subprocess
import sys

import pytest

AFTER_THE_PAINT = {
    *("requests", "urllib3", "truststore", "ssl", "http.client", "http.server"),
    *("keyring", "secretstorage", "sqlite3"),
    *("PySide6.QtNetwork", "PySide6.QtSvg", "PySide6.QtDBus"),
    *("consent_desk.adapters.deadline", "consent_desk.adapters.journal", "consent_desk.sandbox.server"),
}

# The filter sees a paint before the window does, and so before anything that waits for it.
CHILD = """
import os, sys
from consent_desk import app, cli
from PySide6.QtCore import QEvent, QObject

class FirstPaint(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print(*sys.modules, flush=True)
            os._exit(0)
        return False

def build(*arguments, **named):
    application = original(*arguments, **named)
    application.window.installEventFilter(first_paint)
    return application

first_paint = FirstPaint()
original, app.build = app.build, build
cli.main(sys.argv[1:])
"""

ORDER = """
import sys
import consent_desk.cli
seen = []
class Order:
    def find_spec(self, name, path=None, target=None):
        seen.append(name)
sys.meta_path.insert(0, Order())
import consent_desk.app
print(*seen)
"""


def printed(script: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize("arguments", [[], ["--demo"]], ids=["the user's projects", "the demo"])
def test_network_keyring_and_database_load_after_the_first_paint(arguments: list[str]) -> None:
    loaded = set(printed(CHILD, *arguments))
    assert "consent_desk.ui.main_window" in loaded
    assert not loaded & AFTER_THE_PAINT


def test_what_knows_no_qt_is_imported_before_qt() -> None:
    order = printed(ORDER)
    qt = order.index("PySide6")
    late = {name for name in order[qt:] if name.startswith(("consent_desk.adapters", "consent_desk.domain"))}
    # Categories and what shows them come together with the window.
    assert late <= {"consent_desk.domain.category"}
