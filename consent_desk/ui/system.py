"""The proxy that Windows or macOS wants, PAC files included. Qt's wheels for Linux know none of that."""

from urllib.parse import quote


def system_proxy(url: str) -> str | None:
    """The proxy that the system wants for `url`, as a URL, or None. Can block while a PAC file is fetched.

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
