"""Which of the system's proposals is followed; when the program collects its garbage."""

import gc
import time

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtNetwork import QNetworkProxy, QNetworkProxyFactory
from pytestqt.qtbot import QtBot

from consent_desk.app.run import collect_idly, system_proxy

KIND = QNetworkProxy.ProxyType
HTTP = QNetworkProxy(KIND.HttpProxy, "proxy.example", 3128)
SOCKS = QNetworkProxy(KIND.Socks5Proxy, "socks.example", 1080, "user", "canary")
DIRECT = QNetworkProxy(KIND.NoProxy)
FTP = QNetworkProxy(KIND.FtpCachingProxy, "ftp.example", 2121)


@pytest.mark.parametrize(
    ("proposals", "followed"),
    [
        ([], None),
        ([DIRECT], None),
        ([HTTP], "http://proxy.example:3128"),
        ([HTTP, DIRECT], "http://proxy.example:3128"),
        ([DIRECT, HTTP], None),
        ([SOCKS, HTTP], "http://proxy.example:3128"),
        ([SOCKS, DIRECT], None),
        ([SOCKS], "socks5h://socks.example:1080"),
        ([FTP, HTTP], "http://proxy.example:3128"),
        ([QNetworkProxy(KIND.HttpCachingProxy, "::1", 8080)], "http://[::1]:8080"),
        ([QNetworkProxy(KIND.HttpProxy, "proxy", 1, "a@b", "c:d")], "http://a%40b:c%3Ad@proxy:1"),
    ],
)
def test_the_first_proposal_that_can_be_followed_is(
    monkeypatch: pytest.MonkeyPatch, proposals: list[QNetworkProxy], followed: str | None
) -> None:
    monkeypatch.setattr(QNetworkProxyFactory, "systemProxyForQuery", lambda _query: proposals)
    assert system_proxy("https://engagement.example") == followed


@pytest.mark.parametrize(
    ("used", "young", "collected"),
    [(0.0, 11, 1), (0.1, 11, 1), (0.2, 11, 0), (0.0, 10, 0)],
    ids=["idle", "all but idle", "at work", "not worth it"],
)
def test_all_objects_are_looked_through_while_the_program_is_idle(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, used: float, young: int, collected: int
) -> None:
    parent, times, looks = QObject(), [7.0, 7.0 + used], list[int]()
    monkeypatch.setattr(time, "process_time", lambda: times.pop(0))
    monkeypatch.setattr(gc, "get_count", lambda: (1, 2, young))
    monkeypatch.setattr(gc, "collect", lambda: looks.append(1))
    collect_idly(parent)
    timer = parent.findChild(QTimer)
    assert timer is not None
    timer.timeout.emit()
    assert len(looks) == collected
