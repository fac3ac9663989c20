"""Whether a window can be shown here, found out before Qt is: where it cannot, Qt ends the process by abort.

Follows Qt, libxcb and libwayland as far as a connection; what goes beyond that is left to them.
"""

import os
import re
import sys
from contextlib import closing
from enum import Enum, auto
from pathlib import Path

PATIENCE = 10.0
"""Seconds for a connection to a display on another computer."""

_UNSEEN = {"minimal", "offscreen"}
_X11 = re.compile(r"(?P<host>[^/]*):(?P<number>\d{1,5})(\.\d+)?", re.ASCII)


class Display(Enum):
    """What there is to show a window on."""

    READY = auto()
    UNSEEN = auto()
    """Qt was told to draw where nobody looks."""
    NONE = auto()
    """No display is named."""
    DEAD = auto()
    """None that is named can be reached."""


def find_display() -> Display:
    """Look for a display that the environment names. On Linux a connection to it is tried."""
    environment = os.environ.get
    wish = environment("QT_QPA_PLATFORM", "")
    # Qt takes the first that works; what follows a colon are a platform's own arguments.
    platforms = [platform.partition(":")[0] for platform in wish.split(";") if platform]
    if platforms and platforms[0] in _UNSEEN:
        return Display.UNSEEN
    if not sys.platform.startswith("linux") or environment("WAYLAND_SOCKET"):
        return Display.READY
    if not platforms:
        wayland = environment("WAYLAND_DISPLAY") or environment("XDG_SESSION_TYPE") == "wayland"
        platforms = ["xcb", "wayland"] if wayland else ["xcb"]
    if any(_answers(platform) for platform in platforms):
        return Display.READY
    return Display.DEAD if environment("DISPLAY") or environment("WAYLAND_DISPLAY") else Display.NONE


def _answers(platform: str) -> bool:
    if platform == "xcb":
        return _x11_answers(os.environ.get("DISPLAY", ""))
    if platform.startswith("wayland"):
        folder = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nowhere")
        return _connects(str(folder / (os.environ.get("WAYLAND_DISPLAY") or "wayland-0")))
    return True


def _x11_answers(name: str) -> bool:
    display = _X11.fullmatch(name)
    if display is None:
        # With a slash it is the path of a socket, or names its protocol.
        return "/" in name
    host, number = display["host"], int(display["number"])
    if host not in {"", "unix"}:
        return _connects((host.strip("[]"), 6000 + number))
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 -- the place that X11 has for it
    return _connects(f"\0{path}") or _connects(path) or (not host and _connects(("localhost", 6000 + number)))


def _connects(address: str | tuple[str, int]) -> bool:
    try:
        if isinstance(address, tuple):
            from socket import create_connection

            create_connection(address, PATIENCE).close()
        else:
            # The half of Python's module that is written in C: the other one takes 3 ms, at every start.
            from _socket import AF_UNIX, socket

            with closing(socket(AF_UNIX)) as connection:
                connection.settimeout(PATIENCE)
                connection.connect(address)
    except BlockingIOError:
        # Too busy to take one more at once, but there.
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True
