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


def found(monkeypatch: pytest.MonkeyPatch, **told: str) -> Display:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return find_display()


@pytest.mark.parametrize("told", [{}, {"DISPLAY": ""}, {"QT_QPA_PLATFORM": "xcb"}], ids=str)
def test_where_none_is_named_there_is_none(monkeypatch: pytest.MonkeyPatch, told: dict[str, str]) -> None:
    assert found(monkeypatch, **told) is Display.NONE


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "offscreen:configfile=x", "offscreen;xcb"])
def test_a_platform_without_a_screen_is_seen_by_nobody(
    monkeypatch: pytest.MonkeyPatch, x11: str, platform: str
) -> None:
    assert found(monkeypatch, DISPLAY=x11, QT_QPA_PLATFORM=platform) is Display.UNSEEN


@pytest.mark.parametrize("form", ["{}", "{}.0", "unix{}"])
def test_an_x_display_on_this_computer_is_reached(
    monkeypatch: pytest.MonkeyPatch, x11: str, form: str
) -> None:
    assert found(monkeypatch, DISPLAY=form.format(x11)) is Display.READY


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", ""])
def test_an_x_display_behind_a_port_is_reached(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    # As ssh forwards one: localhost:10.0 is port 6010.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.getsockname()[1] - 6000
        assert found(monkeypatch, DISPLAY=f"{host}:{number}.0") is Display.READY


@pytest.mark.parametrize("name", ["wayland-0", "{}"], ids=["a name", "a path"])
def test_a_wayland_display_is_reached(monkeypatch: pytest.MonkeyPatch, wayland: Path, name: str) -> None:
    assert found(monkeypatch, WAYLAND_DISPLAY=name.format(wayland)) is Display.READY


@pytest.mark.usefixtures("wayland")
def test_a_wayland_session_needs_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, XDG_SESSION_TYPE="wayland") is Display.READY


@pytest.mark.usefixtures("wayland")
def test_another_persons_wayland_session_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    # As over ssh, where somebody sits before the screen of the same account.
    assert found(monkeypatch, XDG_SESSION_TYPE="tty") is Display.NONE


def test_a_wayland_connection_that_is_handed_over_is_left_to_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, WAYLAND_SOCKET="3") is Display.READY


def test_x11_stands_in_for_a_dead_wayland(monkeypatch: pytest.MonkeyPatch, x11: str) -> None:
    assert found(monkeypatch, WAYLAND_DISPLAY="gone", DISPLAY=x11) is Display.READY


def test_wayland_stands_in_for_a_dead_x11(monkeypatch: pytest.MonkeyPatch, wayland: Path, dead: str) -> None:
    assert found(monkeypatch, WAYLAND_DISPLAY=wayland.name, DISPLAY=dead) is Display.READY


def test_only_the_platform_that_is_asked_for_counts(
    monkeypatch: pytest.MonkeyPatch, wayland: Path, dead: str
) -> None:
    told = {"WAYLAND_DISPLAY": wayland.name, "DISPLAY": dead, "QT_QPA_PLATFORM": "xcb"}
    assert found(monkeypatch, **told) is Display.DEAD


@pytest.mark.parametrize("form", ["{}", "{}.0", "unix{}", "127.0.0.1{}", "nonsense", ":", ":99999", "::1"])
def test_an_x_display_that_is_not_there_is_dead(
    monkeypatch: pytest.MonkeyPatch, dead: str, form: str
) -> None:
    assert found(monkeypatch, DISPLAY=form.format(dead)) is Display.DEAD


@pytest.mark.parametrize("name", ["wayland-9", "/nowhere/wayland-0", "x" * 200])
def test_a_wayland_display_that_is_not_there_is_dead(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert found(monkeypatch, WAYLAND_DISPLAY=name) is Display.DEAD


def test_a_display_that_is_busy_is_there(
    monkeypatch: pytest.MonkeyPatch, open_sockets: ExitStack, wayland: Path
) -> None:
    busy = wayland.with_name("busy")
    listen(open_sockets, str(busy), backlog=0)
    waiting = open_sockets.enter_context(socket.socket(socket.AF_UNIX))
    waiting.connect(str(busy))
    assert found(monkeypatch, WAYLAND_DISPLAY=busy.name) is Display.READY


@pytest.mark.parametrize(
    "told", [{"QT_QPA_PLATFORM": "vnc"}, {"DISPLAY": "/run/x11.socket"}, {"DISPLAY": "tcp/host:0"}], ids=str
)
def test_what_only_qt_understands_is_left_to_qt(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str]
) -> None:
    assert found(monkeypatch, **told) is Display.READY
