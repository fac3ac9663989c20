"""Child of `run.py`: from Cancel pressed in the window until the server sees the call ended, in milliseconds.

The server has the whole request by then and says nothing. Argument: how often.
"""

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from consent_desk.app.build import TUTORIAL, build
from consent_desk.app.startup import SWITCH_INTERVAL
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.ui.log.line_details import Deed
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.widgets.inputs import MOMENT
from tests.bench.opened import ROOMY, until
from tests.consents import a_project
from tests.end_to_end.desk import CATEGORIES
from tests.engagement.http.servers import Peer, Server, answer, certified, through, trusting, tunnelling
from tests.ui.desks import MemoryKeyring, folders_in, keep

LINES = ("plain", "behind TLS", "behind a proxy")


class Silence:
    """Answers whatever is no consent event; tells when one arrived, and when the line was ended."""

    def __init__(self) -> None:
        self.arrived: list[float] = []
        self.ended: list[float] = []

    def __call__(self, peer: Peer) -> None:
        if not peer.read_request().startswith(b"POST /track/"):
            peer.send(answer(CATEGORIES))
            return
        self.arrived.append(time.perf_counter())
        try:
            peer.stay()
        finally:
            self.ended.append(time.perf_counter())


def cancelled(qt: QApplication, line: str, count: int) -> list[float]:
    silence, proxy = Silence(), None
    with ExitStack() as kept:
        host = "engagement.example" if line == "behind a proxy" else "localhost"
        server = kept.enter_context(Server(silence, None if line == "plain" else certified(host)))
        if line == "behind a proxy":
            proxy = f"http://{kept.enter_context(Server(tunnelling(server.port))).authority}"
        transport = HttpTransport(through(proxy), ssl_context=trusting)
        kept.callback(transport.close)
        scheme = "http" if line == "plain" else "https"
        project = a_project(base_url=BaseUrl(scheme=scheme, host=host, port=server.port))
        folders = folders_in(Path(kept.enter_context(tempfile.TemporaryDirectory())))
        keyring = MemoryKeyring()
        keep(folders, keyring, project)
        application = build(folders, keyring, transport)
        kept.callback(application.close)
        application.window.show()
        # All panes beside each other, however small the screen is.
        application.window.resize(*ROOMY)
        until(qt, lambda: bool(application.window.preview.url.text()))
        return [press(qt, application.window, silence, number) for number in range(count)]


def press(qt: QApplication, window: MainWindow, silence: Silence, number: int) -> float:
    form, cancel = window.consent, window.log.line.buttons[Deed.CANCEL]
    # Another one each time: the same decision again is asked about.
    form.fill(replace(TUTORIAL, customer_id=f"customer-{number}@example.com"))
    silence.arrived.clear()
    silence.ended.clear()
    QTest.mouseClick(form.send, Qt.MouseButton.LeftButton)
    until(qt, lambda: bool(silence.arrived) and cancel.isVisible())
    # A click that came sooner would be taken for one that was meant for another button.
    takes_clicks = time.monotonic() + MOMENT
    until(qt, lambda: time.monotonic() > takes_clicks)
    began = time.perf_counter()
    QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    until(qt, lambda: bool(silence.ended) and not cancel.isVisible())
    return (silence.ended[0] - began) * 1e3


def main() -> None:
    qInstallMessageHandler(lambda *_: None)
    sys.setswitchinterval(SWITCH_INTERVAL)
    qt = QApplication(["consent-desk"])
    print(json.dumps({line: cancelled(qt, line, int(sys.argv[1])) for line in LINES}))


if __name__ == "__main__":
    main()
