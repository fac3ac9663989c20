"""The proxy that the system wants, PAC files included."""

from urllib.parse import quote


def system_proxy(url: str) -> str | None:
    """The proxy that the system wants for `url`, as a URL, or None. Can block while a PAC file is fetched."""
    from PySide6.QtCore import QUrl
    from PySide6.QtNetwork import QNetworkProxy, QNetworkProxyFactory, QNetworkProxyQuery

    schemes = {
        QNetworkProxy.ProxyType.HttpProxy: "http",
        QNetworkProxy.ProxyType.HttpCachingProxy: "http",
        QNetworkProxy.ProxyType.Socks5Proxy: "socks5h",
    }
    for proxy in QNetworkProxyFactory.systemProxyForQuery(QNetworkProxyQuery(QUrl(url))):
        if proxy.type() == QNetworkProxy.ProxyType.NoProxy:
            return None
        if proxy.type() in schemes:
            who = ""
            if proxy.user():
                who = f"{quote(proxy.user(), safe='')}:{quote(proxy.password(), safe='')}@"
            return f"{schemes[proxy.type()]}://{who}{proxy.hostName()}:{proxy.port()}"
    return None
