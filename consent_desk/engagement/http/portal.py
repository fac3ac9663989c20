"""Which proxy the desktop wants, PAC files included: asks org.freedesktop.portal.ProxyResolver."""

import socket
from contextlib import closing, suppress
from threading import Timer
from time import monotonic

LIMIT = 2.0
"""Seconds for all of it: the bus, its starting of the portal, and the portal's answer."""

_PORTAL = "org.freedesktop.portal.Desktop"
# What the bus or the portal says where there is no such thing.
_NOT_THERE = frozenset(
    f"org.freedesktop.DBus.Error.{name}"
    for name in ("ServiceUnknown", "NameHasNoOwner", "UnknownMethod", "UnknownInterface", "UnknownObject")
)


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
