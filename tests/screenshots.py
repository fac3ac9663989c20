"""Takes the pictures for the documentation: the real window on the real sandbox, light and dark, offscreen.

Run by `make screenshots`; writes docs/pictures/*.png.
Long because an agent's five cases are played here, each up to its picture.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={Path(__file__).with_name('screen.json')}"

from PySide6.QtCore import Qt, qInstallMessageHandler
from PySide6.QtGui import QFont, QFontDatabase, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from consent_desk.app.build import build
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.state import State
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import resource
from consent_desk.ui.log.line_details import Deed
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.project.settings_dialog import ProjectDialog
from consent_desk.ui.theme import style
from tests.ui.desks import Clock, MemoryKeyring, folders_in, keep, real

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PATIENCE = 10.0
FONTS = ("Inter", "Noto Sans", "Cantarell", "DejaVu Sans")
JANE, OMAR = "jane@example.com", "omar.haddad@example.org"
KOFI, MEI = "kofi.mensah@example.org", "mei.tanaka@example.com"


class Drawer(MemoryKeyring):
    """A keyring that is a dictionary, called like a real one."""

    def save(self, entry: str, line: str) -> str:
        super().save(entry, line)
        return "GNOME Keyring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The window, somebody in front of it, and the server behind it."""

    qt: QApplication
    window: MainWindow
    clock: Clock
    server: Sandbox

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the window live until something is so."""
        until(self.qt, condition)

    def enter(self, customer: str, category: str, known: str) -> None:
        """Fill the form, and wait for what the look-up tells of the customer."""
        form = self.window.consent
        form.categories.choose([category])
        form.channel.set_text("phone")
        form.customer_id.setText(customer)
        form.customer_id.setFocus()
        QTest.keyClick(form.customer_id, Qt.Key.Key_Return)
        self.until(lambda: known in form.known.pill.accessibleDescription())

    def send(self, state: State) -> None:
        """Send, and wait for what comes of it."""
        self.window.consent.send.click()
        self.wait_for(state)

    def verify(self) -> None:
        """Let the time of the look-ups come."""
        self.clock.seconds_off += 31
        self.wait_for(State.VERIFIED)

    def wait_for(self, state: State) -> None:
        """Wait until the newest line has come so far."""
        self.until(lambda: has_come(self.window, state))

    def take(self, name: str) -> None:
        """Take a picture of the window."""
        take(self.qt, self.window, name)


def main() -> int:
    qInstallMessageHandler(lambda *_: None)
    qt = QApplication(["consent-desk"])
    families = QFontDatabase.families()
    qt.setFont(QFont(next((name for name in FONTS if name in families), ""), 10))
    style.apply(qt)
    PICTURES.mkdir(parents=True, exist_ok=True)
    practise(qt)
    set_up(qt)
    for case in (opt_out, be_asked, opt_out_of_everything, opt_in_with_an_end, correct_a_mistake):
        with at_work(qt) as desk:
            case(desk)
    for scheme in ("light", "dark"):
        style.show_look(qt, dark=scheme == "dark")
        with at_work(qt) as desk:
            be_refused(desk, scheme)
    return 0


def opt_out(desk: Desk) -> None:
    """A known customer opts out of SMS."""
    desk.enter(JANE, "sms_marketing", "accepted since")
    desk.take("opt-out-known.png")
    desk.send(State.DELIVERED)
    desk.verify()
    desk.take("opt-out-verified.png")


def be_asked(desk: Desk) -> None:
    """Nobody has the ID that was typed."""
    desk.enter("jane@exmaple.com", "sms_marketing", "No customer")
    desk.window.consent.send.click()
    desk.until(lambda: desk.window.consent.question.is_open)
    desk.take("unknown-customer.png")


def opt_out_of_everything(desk: Desk) -> None:
    """All categories at once."""
    desk.enter(JANE, "sms_marketing", "accepted since")
    desk.window.consent.categories.every_one.click()
    desk.until(lambda: "6 categories" in desk.window.consent.send.text())
    desk.take("everything-ticked.png")
    desk.send(State.DELIVERED)
    desk.clock.seconds_off += 31
    desk.until(lambda: "6 verified" in desk.window.receipt.text.toPlainText())
    desk.wait_for(State.VERIFIED)
    desk.take("everything-verified.png")


def opt_in_with_an_end(desk: Desk) -> None:
    """An opt-in until a day."""
    desk.enter(KOFI, "personal_offers", "ended")
    form = desk.window.consent
    form.opt_in.click()
    form.valid_until.set_text("2030-12-31")
    form.wording.setPlainText("May we send you offers chosen for you, until the end of 2030?")
    desk.take("opt-in-until.png")


def correct_a_mistake(desk: Desk) -> None:
    """An opt-out of the wrong category is taken back."""
    desk.enter(JANE, "newsletter", "accepted since")
    desk.send(State.DELIVERED)
    desk.verify()
    desk.window.log.line.buttons[Deed.CORRECT].click()
    form = desk.window.consent
    desk.until(
        lambda: (
            form.customer_id.text() == JANE and "opted out since" in form.known.pill.accessibleDescription()
        )
    )
    form.wording.setPlainText("Would you like to keep the newsletter?")
    form.basis.set_text("The opt-out was recorded by mistake")
    form.go_to_correction()
    desk.take("correction.png")


def practise(qt: QApplication) -> None:
    """An opt-out in the Sandbox, delivered."""
    with opened(qt, None, Clock()) as window:
        form = window.consent
        until(
            qt,
            lambda: (
                bool(form.categories.rows.boxes)
                and "accepted since" in form.known.pill.accessibleDescription()
            ),
        )
        form.channel.set_text("phone")
        form.send.click()
        until(qt, lambda: has_come(window, State.VERIFIED))
        take(qt, window, "practice-light.png")


def has_come(window: MainWindow, state: State) -> bool:
    """Whether the newest line has come so far."""
    model = window.log.model
    line = model.entry(0) if model.rowCount() else None
    return line is not None and line.state is state


def set_up(qt: QApplication) -> None:
    """The settings of a project, checked."""
    with ExitStack() as kept:
        server = kept.enter_context(sandbox())
        window = kept.enter_context(opened(qt, Drawer(), Clock()))
        until(qt, lambda: bool(window.preview.url.text()))
        window.practice.set_up.click()
        dialog = window.findChild(ProjectDialog)
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
        named(dialog, "Base URL").setCurrentText(str(project.base_url))  # type: ignore[attr-defined]  # a combo box
        named(dialog, "Check connection").click()  # type: ignore[attr-defined]  # a button
        until(qt, lambda: "Set" in dialog.report.text())
        take(qt, dialog, "settings-light.png")


def be_refused(desk: Desk, scheme: str) -> None:
    """One opt-out verified and one refused."""
    desk.enter(JANE, "sms_marketing", "accepted since")
    desk.send(State.DELIVERED)
    desk.verify()
    desk.enter(MEI, "sms_marketing", "never asked")
    desk.server.fault = Fault.INVALID_SECRET
    desk.send(State.REFUSED)
    desk.take(f"refused-{scheme}.png")


def sandbox() -> Sandbox:
    return Sandbox(json.loads(resource("sandbox.json").read_text(encoding="utf-8")))


@contextmanager
def at_work(qt: QApplication) -> Iterator[Desk]:
    """A desk with a project of its own, which is used already."""
    clock, drawer = Clock(), Drawer()
    with sandbox() as server, opened(qt, drawer, clock, server) as window:
        until(qt, lambda: bool(window.preview.url.text()) and bool(window.consent.categories.rows.boxes))
        yield Desk(qt=qt, window=window, clock=clock, server=server)


@contextmanager
def opened(
    qt: QApplication, drawer: Drawer | None, clock: Clock, server: Sandbox | None = None
) -> Iterator[MainWindow]:
    """The window; without `drawer` that of the demo, with `server` it is its project."""
    with ExitStack() as kept:
        folders = folders_in(Path(kept.enter_context(tempfile.TemporaryDirectory())))
        if drawer is not None and server is not None:
            keep(folders, drawer, real(server))
        transport = HttpTransport()
        kept.callback(transport.close)
        application = build(
            folders, drawer, transport, clock, nap=0.05, steady=clock.steady, agent=lambda: "Kim Lee"
        )
        kept.callback(application.close)
        application.window.show()
        yield application.window


def named(parent: QWidget, accessible_name: str) -> QWidget:
    return next(
        widget for widget in parent.findChildren(QWidget) if widget.accessibleName() == accessible_name
    )


def take(qt: QApplication, widget: QWidget, name: str) -> None:
    until(qt, lambda: True)
    small(widget.grab().toImage()).save(str(PICTURES / name))
    print(PICTURES / name)


def small(picture: QImage) -> QImage:
    """The picture in 256 colours, of which each kind has one however rare it is: a third of the size."""
    picture = picture.convertToFormat(QImage.Format.Format_RGB32)
    often = Counter(memoryview(picture.constBits()).cast("B").cast("I").tolist()).most_common()
    kinds: dict[int, int] = {}
    for colour, _ in often:
        kinds.setdefault(colour & 0xF0F0F0, colour)
    colours = dict.fromkeys([*kinds.values(), *(colour for colour, _ in often)])
    return picture.convertToFormat(QImage.Format.Format_Indexed8, [*colours][:256])


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
