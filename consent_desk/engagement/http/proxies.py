"""Which proxy leads to a host: what the environment says, then the desktop, or elsewhere the system.

The desktop, PAC files included, is asked through its portal: org.freedesktop.portal.ProxyResolver.

The variables mean what they mean to curl and requests. Where the two differ: an empty variable is as good as
none, the names in `no_proxy` match whole labels and credentials are UTF-8, all as in curl; a proxy without a
port listens at 80, as in requests. Knows no Qt; importing it is cheap.
"""

import os
import re
import socket
import sys
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from threading import Timer
from time import monotonic
from urllib.parse import quote, unquote_to_bytes, urlsplit

from consent_desk.domain.wire.outcome import Cause

LIMIT = 2.0
"""Seconds in which the desktop has to answer: the bus, its starting of the portal, and the portal itself."""

_PORTAL = "org.freedesktop.portal.Desktop"
# What the bus or the portal says where there is no such thing.
_NOT_THERE = frozenset(
    f"org.freedesktop.DBus.Error.{name}"
    for name in ("ServiceUnknown", "NameHasNoOwner", "UnknownMethod", "UnknownInterface", "UnknownObject")
)
_HAS_PORTAL = sys.platform.startswith("linux")
_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_EXEMPTING = ("no_proxy", "NO_PROXY")
_DESKTOP, _SYSTEM = "the desktop's settings", "this computer's settings"
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+(%[\w.]+)?\]|[\w.~-]{1,255})(:(?P<port>[0-9]{0,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The proxy for a host, and the setting that chose it.

    `url` is `http://host:port`, with user and password before it; empty where the host is reached directly,
    or where there is `trouble`: then it is not reached at all. `shown` is host and port.
    """

    url: str = field(default="", repr=False)
    shown: str = ""
    by: str = ""
    trouble: Cause | None = None
    detail: str = ""


def find(url: str, system: Callable[[str], str | None] | None = None) -> Choice:
    """The proxy for the https `url`. May block for 2 s, where the desktop does not answer.

    `system` knows more of the system's settings than Python does. It is not asked on Linux.
    """
    chosen = of_environment(url)
    if chosen is not None:
        return chosen
    if _HAS_PORTAL:
        return of_desktop(url)
    proxy = system(url) if system is not None else system_proxy(url)
    return Choice() if proxy is None else read(proxy, _SYSTEM)


def of_environment(url: str) -> Choice | None:
    """What variables say of `url`; None where they say nothing."""
    exempting = _first_set(_EXEMPTING)
    if exempting and _is_exempt(url, os.environ[exempting]):
        return Choice(by=exempting)
    name = _first_set(_VARIABLES)
    return read(os.environ[name], name) if name else None


def of_desktop(url: str) -> Choice:
    """What the desktop's portal says of `url`. Where it does not say, the host is reached directly."""
    try:
        proposals = proxies_for(url)
    except PortalError as trouble:
        return Choice(by=f"{_DESKTOP}, which could not be read ({trouble})")
    return Choice() if proposals is None else first_of(proposals, _DESKTOP)


class PortalError(Exception):
    """There is a portal, and it does not tell. The text says why, for those who look after the desktop."""


def proxies_for(url: str) -> tuple[str, ...] | None:
    """What the desktop proposes for `url`, such as `direct://`; None without a desktop that could be asked.

    Returns within `LIMIT`, whatever the other side does. Raises PortalError.
    """
    # 20 ms, on the thread of a call.
    from jeepney.bus import get_bus  # type: ignore[import-untyped]  # it has no types
    from jeepney.io.blocking import prep_socket  # type: ignore[import-untyped]

    give_up = monotonic() + LIMIT
    try:
        connection: socket.socket = prep_socket(get_bus("SESSION"), timeout=LIMIT)
    except TimeoutError:
        raise PortalError("the session bus does not answer") from None
    except (KeyError, OSError, RuntimeError, ValueError, StopIteration):
        # No session bus is named, or none is there.
        return None
    # jeepney's first call knows no time limit.
    watchdog = Timer(max(0.0, give_up - monotonic()), _shut, (connection,))
    watchdog.daemon = True
    watchdog.start()
    try:
        with closing(connection):
            return _ask(connection, url)
    except PortalError:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever comes over the bus, the call goes on
        late = monotonic() >= give_up
        raise PortalError("no answer in time" if late else type(error).__name__) from None
    finally:
        watchdog.cancel()


def _ask(connection: socket.socket, url: str) -> tuple[str, ...] | None:
    from jeepney import (  # type: ignore[import-untyped]
        DBusAddress,
        HeaderFields,
        MessageType,
        new_method_call,
    )
    from jeepney.io.blocking import DBusConnection

    resolver = DBusAddress(
        "/org/freedesktop/portal/desktop", _PORTAL, interface="org.freedesktop.portal.ProxyResolver"
    )
    with DBusConnection(connection) as bus:
        answer = bus.send_and_get_reply(new_method_call(resolver, "Lookup", "s", (url,)))
    if answer.header.message_type is MessageType.error:
        name = str(answer.header.fields.get(HeaderFields.error_name))
        if name in _NOT_THERE:
            return None
        raise PortalError(name)
    (proposals,) = answer.body
    return tuple(str(one) for one in proposals)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        # Closed already.
        connection.shutdown(socket.SHUT_RDWR)


def system_proxy(url: str) -> str | None:
    """What Python knows of the settings of Windows and macOS: no PAC file."""
    # Loaded here, on the thread of a call.
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get("https") or proxies.get("all") or proxies.get("socks")
    return None if proxy is None or proxy_bypass(urlsplit(url).netloc) else proxy


def first_of(proposals: Iterable[str], by: str) -> Choice:
    """The first of a list of proposals that can be followed: an http proxy, or none (`direct://`).

    Another kind is named only where it is all that there is.
    """
    other = None
    for proposal in proposals:
        if proposal.lower().startswith("direct:"):
            return Choice()
        choice = read(proposal, by)
        if choice.trouble is None:
            return choice
        other = other or choice
    return other or Choice()


def read(value: str, by: str) -> Choice:
    """A proxy as it is written in a variable: with or without scheme, credentials and port."""
    scheme, separator, rest = value.strip().partition("://")
    if not separator:
        scheme, rest = "http", scheme
    if scheme.lower() != "http":
        kind = scheme.lower() if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]{0,20}", scheme) else "other"
        return Choice(by=by, trouble=Cause.PROXY_KIND, detail=f"a proxy of the kind {kind}")
    who, at, where = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")
    found = _HOST.fullmatch(where)
    port = int((found and found["port"]) or 80)
    if found is None or not 0 < port < 65536:
        return Choice(by=by, trouble=Cause.PROXY_SETTING, detail="not the address of a proxy")
    shown = f"{found['host']}:{port}"
    user, _, password = who.partition(":")
    credentials = f"{_quoted(user)}:{_quoted(password)}@" if at and user else ""
    return Choice(url=f"http://{credentials}{shown}", shown=shown, by=by)


def _first_set(names: Iterable[str]) -> str:
    return next((name for name in names if os.environ.get(name)), "")


def _quoted(text: str) -> str:
    # The bytes that the variable has, whatever they are.
    return quote(unquote_to_bytes(text.encode("utf-8", "surrogateescape")), safe="")


def _is_exempt(url: str, names: str) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    if names.strip() == "*":
        return True
    # A name with a port counts where the URL has the same.
    spellings = (host, f"{host}:{parts.port}")
    endings = [name.strip(".") for name in re.split(r"[\s,]+", names.lower())]
    return any(
        _is_in_network(host, ending) or any(one == ending or one.endswith(f".{ending}") for one in spellings)
        for ending in endings
        if ending
    )


def _is_in_network(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network.strip("[]"), strict=False)
    except ValueError:
        return False
