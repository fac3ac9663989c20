"""Takes the pictures for the documentation: the real window on the real sandbox, light and dark, offscreen.

Run by `make screenshots`; writes docs/pictures/*.png.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from consent_desk.adapters.folders import Folders
from consent_desk.adapters.http import HttpTransport
from consent_desk.app import Application, build, resource
from consent_desk.domain.delivery import State
from consent_desk.sandbox.faults import Fault
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.main_window import MainWindow

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SCHEMES = ("light", "dark")
PATIENCE = 10.0


class Drawer:
    """A keyring that is a dictionary, called like a real one."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}

    def load(self, entry: str) -> str | None:
        return self._lines.get(entry)

    def save(self, entry: str, line: str) -> str:
        self._lines[entry] = line
        return "GNOME Keyring"

    def remove(self, entry: str) -> None:
        self._lines.pop(entry, None)


def main() -> int:
    qInstallMessageHandler(lambda *_: None)
    qt = QApplication(["consent-desk"])
    families = QFontDatabase.families()
    qt.setFont(QFont(next((name for name in ("Cantarell", "DejaVu Sans") if name in families), ""), 10))
    PICTURES.mkdir(parents=True, exist_ok=True)
    light = qt.palette()
    for scheme in SCHEMES:
        # The offscreen platform has no dark scheme of its own to ask for.
        qt.setPalette(light if scheme == "light" else dark_palette())
        practise(qt, scheme)
        be_refused(qt, scheme)
    return 0


def dark_palette() -> QPalette:
    """A desktop's dark colours."""
    palette = QPalette(QColor("#3a3a3a"), QColor("#2b2b2b"))
    roles = {
        QPalette.ColorRole.Base: "#1e1e1e",
        QPalette.ColorRole.AlternateBase: "#262626",
        QPalette.ColorRole.Highlight: "#2f6fab",
        QPalette.ColorRole.HighlightedText: "#ffffff",
        QPalette.ColorRole.PlaceholderText: "#8d8d8d",
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    disabled = QColor("#7f7f7f")
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, disabled)
    return palette


def practise(qt: QApplication, scheme: str) -> None:
    """An opt-out in the Sandbox, delivered."""
    with ExitStack() as kept:
        application = start(kept, Drawer())
        window = application.window
        until(qt, lambda: len(window.consent.categories) > 0)
        enter(window, "jane@example.com")
        until(qt, lambda: state_of(window) is State.DELIVERED and "HTTP" in window.log.details.toPlainText())
        window.consent.customer_id.setText("omar@example.org")
        take(qt, window, f"practice-{scheme}.png")


def be_refused(qt: QApplication, scheme: str) -> None:
    """A project of one's own: its settings, one opt-out delivered and one refused."""
    with ExitStack() as kept:
        seed = json.loads(resource("sandbox.json").read_text(encoding="utf-8"))
        server = kept.enter_context(Sandbox(seed))
        application = start(kept, Drawer())
        window = application.window
        until(qt, lambda: bool(window.preview.url.text()))
        window.project_bar.settings.click()
        dialog = window.findChild(QDialog)
        assert dialog is not None
        project = server.project
        texts = {
            "Project name": "Acme production",
            "Project token": project.project_token,
            "API key ID": project.key_id,
            "API secret": project.secret.reveal(),
        }
        for name, text in texts.items():
            QTest.keyClicks(named(dialog, name), text)
        named(dialog, "Base URL").setCurrentText(server.base_url)  # type: ignore[attr-defined]  # a combo box
        named(dialog, "Check connection").click()  # type: ignore[attr-defined]  # a button
        report = named(dialog, "Connection report")
        until(qt, lambda: "Set" in report.toPlainText())  # type: ignore[attr-defined]  # a text
        take(qt, dialog, f"settings-{scheme}.png")
        named(dialog, "Save").click()  # type: ignore[attr-defined]  # a button
        until(
            qt,
            lambda: (
                len(window.consent.categories) > 0 and window.project_bar.project.currentText()[:4] == "Acme"
            ),
        )
        enter(window, "jane@example.com")
        until(qt, lambda: state_of(window) is State.DELIVERED)
        server.fault = Fault.INVALID_SECRET
        enter(window, "omar@example.org")
        until(qt, lambda: state_of(window) is State.REFUSED and "403" in window.log.details.toPlainText())
        take(qt, window, f"refused-{scheme}.png")


def start(kept: ExitStack, drawer: Drawer) -> Application:
    folder = Path(kept.enter_context(tempfile.TemporaryDirectory()))
    transport = HttpTransport()
    kept.callback(transport.close)
    application = build(Folders(config=folder, data=folder, logs=folder), drawer, transport)
    kept.callback(application.close)
    application.window.show()
    return application


def enter(window: MainWindow, customer_id: str) -> None:
    window.consent.customer_id.setText(customer_id)
    window.consent.category.set_text("sms_marketing")
    window.consent.channel.set_text("phone")
    window.consent.send.click()


def state_of(window: MainWindow) -> State | None:
    model = window.log.model
    first = model.entry(0) if model.rowCount() else None
    return None if first is None else first.state


def named(parent: QWidget, accessible_name: str) -> QWidget:
    return next(
        widget for widget in parent.findChildren(QWidget) if widget.accessibleName() == accessible_name
    )


def take(qt: QApplication, widget: QWidget, name: str) -> None:
    until(qt, lambda: True)
    widget.grab().save(str(PICTURES / name))
    print(PICTURES / name)


def until(qt: QApplication, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    settled = 0
    # A few more rounds once it is true: layouts and batches of the log come a moment later.
    while settled < 15:
        qt.processEvents()
        settled = settled + 1 if condition() else 0
        if time.monotonic() > end:
            raise SystemExit("the window did not come as far as the picture")
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
