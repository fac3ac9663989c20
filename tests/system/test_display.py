"""A display that can be reached is used; one that cannot is known before Qt would end the process."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from consent_desk.system.display import Display, find_display
from tests.engagement.http.servers import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="displays as Linux has them")

TELLING = (
    *("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"),
    *("QT_QPA_PLATFORM", "XDG_SESSION_TYPE"),
)


@pytest.fixture(autouse=True)
def nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TELLING:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def open_sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listen(stack: ExitStack, path: str, backlog: int = 5) -> socket.socket:
    listener = stack.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(path)
    listener.listen(backlog)
    return listener


@pytest.fixture
def dead() -> str:
    """The number of an X display that nobody serves."""
    return f":{free_port() - 6000}"


@pytest.fixture
def x11(open_sockets: ExitStack) -> str:
    """An X display on an abstract socket."""
    number = free_port() - 6000
    listen(open_sockets, f"\0/tmp/.X11-unix/X{number}")
    return f":{number}"


@pytest.fixture
def wayland(open_sockets: ExitStack, home: Path) -> Path:
    """The socket of a Wayland display in its usual place."""
    path = home / "runtime" / "wayland-0"
    listen(open_sockets, str(path))
    return path


@pytest.fixture
def places(x11: str, wayland: Path, dead: str) -> dict[str, str]:
    return {"x11": x11, "wayland": str(wayland), "dead": dead}


def found(monkeypatch: pytest.MonkeyPatch, **told: str) -> Display:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return find_display()


UNSEEN = ("offscreen", "minimal", "offscreen:configfile=x", "offscreen;xcb")
DEAD = ("{dead}", "{dead}.0", "unix{dead}", "127.0.0.1{dead}", "nonsense", ":", ":99999", "::1")
TOLD: list[tuple[dict[str, str], Display]] = [
    ({}, Display.NONE),
    ({"DISPLAY": ""}, Display.NONE),
    ({"QT_QPA_PLATFORM": "xcb"}, Display.NONE),
    *(({"DISPLAY": "{x11}", "QT_QPA_PLATFORM": platform}, Display.UNSEEN) for platform in UNSEEN),
    *(({"DISPLAY": name}, Display.READY) for name in ("{x11}", "{x11}.0", "unix{x11}")),
    *(({"WAYLAND_DISPLAY": name}, Display.READY) for name in ("wayland-0", "{wayland}")),
    ({"XDG_SESSION_TYPE": "wayland"}, Display.READY),
    # As over ssh, where somebody sits before the screen of the same account.
    ({"XDG_SESSION_TYPE": "tty"}, Display.NONE),
    # A connection that is handed over is left to Qt.
    ({"WAYLAND_SOCKET": "3"}, Display.READY),
    # One stands in for the other that is dead, unless only one is asked for.
    ({"WAYLAND_DISPLAY": "gone", "DISPLAY": "{x11}"}, Display.READY),
    ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": "{dead}"}, Display.READY),
    ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": "{dead}", "QT_QPA_PLATFORM": "xcb"}, Display.DEAD),
    *(({"DISPLAY": name}, Display.DEAD) for name in DEAD),
    *(({"WAYLAND_DISPLAY": name}, Display.DEAD) for name in ("wayland-9", "/nowhere/wayland-0", "x" * 200)),
    # What only Qt understands is left to Qt.
    ({"QT_QPA_PLATFORM": "vnc"}, Display.READY),
    *(({"DISPLAY": name}, Display.READY) for name in ("/run/x11.socket", "tcp/host:0")),
]


@pytest.mark.parametrize(("told", "display"), TOLD, ids=str)
def test_a_display_is_known_by_what_is_told_of_it(
    monkeypatch: pytest.MonkeyPatch, places: dict[str, str], told: dict[str, str], display: Display
) -> None:
    told = {name: value.format(**places) for name, value in told.items()}
    assert found(monkeypatch, **told) is display


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", ""])
def test_an_x_display_behind_a_port_is_reached(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    # As ssh forwards one: localhost:10.0 is port 6010.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.getsockname()[1] - 6000
        assert found(monkeypatch, DISPLAY=f"{host}:{number}.0") is Display.READY


def test_a_display_that_is_busy_is_there(
    monkeypatch: pytest.MonkeyPatch, open_sockets: ExitStack, wayland: Path
) -> None:
    busy = wayland.with_name("busy")
    listen(open_sockets, str(busy), backlog=0)
    waiting = open_sockets.enter_context(socket.socket(socket.AF_UNIX))
    waiting.connect(str(busy))
    assert found(monkeypatch, WAYLAND_DISPLAY=busy.name) is Display.READY
