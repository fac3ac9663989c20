"""Which of the system's proposals is followed."""

import pytest
from PySide6.QtNetwork import QNetworkProxy, QNetworkProxyFactory

from consent_desk.app.run import system_proxy

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
