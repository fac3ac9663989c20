"""A desktop portal for tests, in a process of its own: answers each Lookup as its arguments say.

`answer PROPOSAL…`, `error NAME`, `silence`, or `rubbish`: an answer of another shape.
"""

import sys
from typing import Any

from jeepney import HeaderFields, MessageType, new_error, new_method_return  # type: ignore[import-untyped]
from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
from jeepney.io.blocking import Proxy, open_dbus_connection  # type: ignore[import-untyped]

RESOLVER = "org.freedesktop.portal.ProxyResolver"


def reply(message: Any, how: str, arguments: list[str]) -> Any:
    fields = message.header.fields
    if (fields.get(HeaderFields.interface), fields.get(HeaderFields.member)) != (RESOLVER, "Lookup"):
        return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")
    (url,) = message.body
    print(url, flush=True)
    if how == "error":
        return new_error(message, arguments[0])
    if how == "rubbish":
        return new_method_return(message, "u", (7,))
    return new_method_return(message, "as", (arguments,))


def main() -> None:
    how, *arguments = sys.argv[1:]
    with open_dbus_connection() as bus:
        Proxy(message_bus, bus).RequestName("org.freedesktop.portal.Desktop")
        print("ready", flush=True)
        while True:
            message = bus.receive()
            if message.header.message_type is MessageType.method_call and how != "silence":
                bus.send(reply(message, how, arguments))


if __name__ == "__main__":
    main()
