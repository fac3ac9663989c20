"""The desktop is asked over a real session bus, and nothing that goes wrong there holds a call up."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest

from consent_desk.engagement.http import proxies
from consent_desk.engagement.http.proxies import Choice, PortalError, find, proxies_for
from tests.engagement.http.calls import send
from tests.engagement.http.servers import LONG, Server, answer, answering
from tests.secret_service import BUS

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="portals are Linux's"),
    pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed"),
]

URL = "https://engagement.example/"
CHILD = Path(__file__).with_name("portal_child.py")
SHORT = 0.3
"""Seconds that the tests give the portal in place of `LIMIT`."""

Portal = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start(processes: ExitStack, *argv: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    processes.callback(end, process)
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate(timeout=LONG)


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def bus(home: Path, processes: ExitStack, monkeypatch: pytest.MonkeyPatch) -> "subprocess.Popen[str]":
    """A session bus of its own, that starts no service of this computer."""
    config = home / "bus"
    config.write_text(BUS.format(folder=home).replace("<standard_session_servicedirs/>", ""))
    daemon = start(processes, "dbus-daemon", f"--config-file={config}", "--nofork", "--print-address")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", line_of(daemon))
    return daemon


@pytest.fixture
def desktop(bus: object, processes: ExitStack) -> Portal:
    """Starts a portal on the bus."""

    def begin(*how: str) -> "subprocess.Popen[str]":
        child = start(processes, sys.executable, str(CHILD), *how)
        assert line_of(child) == "ready"
        return child

    return begin


@pytest.mark.parametrize(
    "proposals", [(), ("direct://",), ("http://proxy.example:3128", "direct://"), ("socks5://a:1080",)]
)
def test_what_the_desktop_proposes_is_passed_on(desktop: Portal, proposals: tuple[str, ...]) -> None:
    child = desktop("answer", *proposals)
    assert proxies_for(URL) == proposals
    assert line_of(child) == URL


def test_the_desktops_proxy_is_used_and_named(desktop: Portal) -> None:
    with Server(answering(answer(status="403 No"))) as proxy:
        desktop("answer", f"http://localhost:{proxy.port}")
        outcome = send("https://engagement.example", proxy_for=find)
        assert proxy.received[0].startswith(b"CONNECT engagement.example:443 ")
    assert outcome.way.proxy == f"localhost:{proxy.port}"
    assert outcome.way.named_by == "the desktop's settings"


def test_without_a_session_bus_nobody_is_asked(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    assert proxies_for(URL) is None
    for address in (f"unix:path={home}/none", "unix:path=", "tcp:host=localhost,port=1", "rubbish", ""):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        assert proxies_for(URL) is None


def test_without_a_portal_nobody_is_asked(bus: object) -> None:
    assert proxies_for(URL) is None
    assert find(URL) == Choice()


@pytest.mark.parametrize(
    "name", ["org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownInterface"]
)
def test_a_portal_that_knows_no_proxies_is_as_good_as_none(desktop: Portal, name: str) -> None:
    desktop("error", name)
    assert proxies_for(URL) is None


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (("error", "org.freedesktop.portal.Error.Failed"), "org.freedesktop.portal.Error.Failed"),
        (("rubbish",), "TypeError"),
    ],
    ids=["error", "rubbish"],
)
def test_a_portal_that_does_not_tell_is_named_and_the_host_is_reached(
    desktop: Portal, how: tuple[str, ...], why: str
) -> None:
    desktop(*how)
    with pytest.raises(PortalError, match=why):
        proxies_for(URL)
    assert find(URL) == Choice(by=f"the desktop's settings, which could not be read ({why})")


# --------------------------------------------------------------------------------------- whoever is silent


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "LIMIT", SHORT)


def assert_given_up(why: str) -> None:
    began = monotonic()
    with pytest.raises(PortalError, match=why):
        proxies_for(URL)
    assert SHORT * 0.9 <= monotonic() - began < SHORT + 1


def test_a_silent_portal_is_given_up(desktop: Portal, short: None) -> None:
    desktop("silence")
    assert_given_up("no answer in time")


def test_a_stopped_portal_is_given_up(desktop: Portal, short: None) -> None:
    os.kill(desktop("answer").pid, signal.SIGSTOP)
    assert_given_up("no answer in time")


def test_a_stopped_bus_is_given_up(bus: "subprocess.Popen[str]", short: None) -> None:
    os.kill(bus.pid, signal.SIGSTOP)
    assert_given_up("the session bus does not answer")


def test_a_bus_that_lets_in_and_says_no_more_is_given_up(
    home: Path, monkeypatch: pytest.MonkeyPatch, short: None
) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home / "silent"))
        listener.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={home}/silent")

        def let_in() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                while b"BEGIN" not in (said := connection.recv(4096)):
                    if b"AUTH" in said:
                        connection.sendall(b"OK 1234deadbeef1234deadbeef12345678\r\n")
                while connection.recv(4096):
                    pass

        server = Thread(target=let_in, daemon=True)
        server.start()
        assert_given_up("no answer in time")
        server.join(LONG)
        assert not server.is_alive()


def test_nothing_stays_open(desktop: Portal) -> None:
    desktop("answer", "direct://")
    proxies_for(URL)
    before = len([*Path("/proc/self/fd").iterdir()])
    for _ in range(20):
        proxies_for(URL)
    assert len([*Path("/proc/self/fd").iterdir()]) <= before
