"""Run the window until it is closed."""

import gc
import sys
import threading
import time
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from urllib.parse import quote

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from consent_desk.app.application import Application
from consent_desk.app.build import build
from consent_desk.domain.faults import Fault
from consent_desk.engagement.http import proxies
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.projects.keyring import KeyringStore
from consent_desk.system.folders import Folders
from consent_desk.ui.main_window import MainWindow

_LOOKED_EACH = 5.0
"""Seconds after which it is asked whether the program is idle."""

_IDLE = 0.02
"""So much of the processor an idle program takes at most."""

_WORTH_IT = 10
"""So many collections of what is younger make one of all objects worth it, as Python has it."""


def run(
    qt: QApplication,
    window: MainWindow,
    folders: Folders,
    resources: ExitStack,
    *,
    demo: bool,
    fault: Fault | None = None,
) -> int:
    """Build the program around `window` and run it until that is closed; return the exit status."""
    transport = HttpTransport(partial(proxies.find, system=system_proxy))
    resources.callback(transport.close)
    application = build(folders, None if demo else KeyringStore(), transport, fault=fault, window=window)
    _report_the_unexpected(application)
    qt.aboutToQuit.connect(application.close)
    collect_idly(application)
    application.start()
    return qt.exec()


def collect_idly(parent: QObject) -> None:
    """Look for what is unreachable among all objects while the program is idle: else the window would wait.

    With thousands waiting to be sent that takes a tenth of a second.
    """
    used = [time.process_time()]
    watch = QTimer(parent, interval=round(_LOOKED_EACH * 1000))

    def look() -> None:
        before, used[0] = used[0], time.process_time()
        if used[0] - before <= _IDLE * _LOOKED_EACH and gc.get_count()[2] > _WORTH_IT:
            gc.collect()

    watch.timeout.connect(look)
    watch.start()


def _report_the_unexpected(application: Application) -> None:
    def in_slot(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        application.report(error)

    def elsewhere(arguments: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
        if arguments.exc_value is not None:
            application.report(arguments.exc_value)

    sys.excepthook = in_slot
    threading.excepthook = elsewhere
    # Python would print the exception's text, and that can hold a secret.
    sys.unraisablehook = elsewhere


def system_proxy(url: str) -> str | None:
    """The proxy that the system wants for `url`, as a URL, or None. Can block while a PAC file is fetched.

    That of Windows or macOS, PAC files included: Qt's wheels for Linux know none of that.

    The first of its proposals that the transport can follow: an http proxy, or none. SOCKS is named only
    where it is all that there is: the transport says that it cannot.
    """
    from PySide6.QtCore import QUrl
    from PySide6.QtNetwork import QNetworkProxy, QNetworkProxyFactory, QNetworkProxyQuery

    http = {QNetworkProxy.ProxyType.HttpProxy, QNetworkProxy.ProxyType.HttpCachingProxy}
    other = None
    for proxy in QNetworkProxyFactory.systemProxyForQuery(QNetworkProxyQuery(QUrl(url))):
        if proxy.type() == QNetworkProxy.ProxyType.NoProxy:
            return None
        host = f"[{proxy.hostName()}]" if ":" in proxy.hostName() else proxy.hostName()
        if proxy.type() in http:
            who = ""
            if proxy.user():
                who = f"{quote(proxy.user(), safe='')}:{quote(proxy.password(), safe='')}@"
            return f"http://{who}{host}:{proxy.port()}"
        if proxy.type() == QNetworkProxy.ProxyType.Socks5Proxy:
            other = other or f"socks5h://{host}:{proxy.port()}"
    return other
