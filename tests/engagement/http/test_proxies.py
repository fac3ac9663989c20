"""Which proxy the environment, the desktop and the system want, compared with what curl and requests do."""

import os
import shutil
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from requests.utils import get_environ_proxies, select_proxy

from consent_desk.domain.wire.outcome import Cause
from consent_desk.engagement.http import proxies
from consent_desk.engagement.http.proxies import Choice, find, first_of, read
from tests.engagement.http.calls import send
from tests.engagement.http.servers import Peer, Server, answering, free_port

URL = "https://api.exponea.invalid/"
PROXY = "http://localhost:PORT"
OTHER = "http://localhost:1"


def refuse(peer: Peer) -> None:
    """Answer whatever comes, SOCKS and TLS too."""
    peer.read()
    peer.send(b"HTTP/1.1 403 No\r\n\r\n")


REFUSAL = answering(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Variables, and what is used: the proxy, nothing, or what cannot be. PORT is that of a real proxy.

    `differ`: which of the two does otherwise; what is ours is then said in `proxies`.
    """

    variables: Mapping[str, str]
    url: str
    uses: bool
    trouble: Cause | None = None
    by: str
    differ: frozenset[str]


def row(by: str, *, uses: bool = True, url: str = URL, differ: str = "", **variables: str) -> Row:
    return Row(by=by, uses=uses, url=url, differ=frozenset(filter(None, [differ])), variables=variables)


def excepted(no_proxy: str, *, uses: bool = False, url: str = URL, differ: str = "") -> Row:
    """A proxy, and what is not to go through it."""
    by = "https_proxy" if uses else "no_proxy"
    return row(by, uses=uses, url=url, differ=differ, https_proxy=PROXY, no_proxy=no_proxy)


def no_kind(name: str, value: str, differ: str = "") -> Row:
    return replace(row(name, uses=False, differ=differ, **{name: value}), trouble=Cause.PROXY_KIND)


WITH_PORT, NUMBERED = "https://api.exponea.invalid:8443/", "https://127.0.0.2/"
NO_ADDRESSES = (
    *("http://", "http://:PORT", "http://localhost:x", "http://localhost:99999", "http:localhost:PORT"),
    *(f"http://{'a' * 300}:PORT", "//localhost:PORT", "http://user:pa/ss@localhost:PORT"),
    "http://local host:PORT",
)
ROWS = {
    "lower case": row("https_proxy", https_proxy=PROXY),
    "upper case": row("HTTPS_PROXY", HTTPS_PROXY=PROXY),
    "lower case first": row("https_proxy", https_proxy=PROXY, HTTPS_PROXY=OTHER),
    "empty is as good as none": row("HTTPS_PROXY", https_proxy="", HTTPS_PROXY=PROXY, differ="requests"),
    "all": row("all_proxy", all_proxy=PROXY),
    "ALL": row("ALL_PROXY", ALL_PROXY=PROXY),
    "https before all": row("HTTPS_PROXY", all_proxy=OTHER, HTTPS_PROXY=PROXY),
    "empty https, then all": row("all_proxy", https_proxy="", all_proxy=PROXY),
    "http_proxy is for http": row("", uses=False, http_proxy=PROXY),
    "no scheme": row("https_proxy", https_proxy="localhost:PORT"),
    "another spelling": row("https_proxy", https_proxy="HTTP://LOCALHOST:PORT/path?x"),
    "no_proxy": excepted("api.exponea.invalid"),
    "NO_PROXY": row("NO_PROXY", uses=False, https_proxy=PROXY, NO_PROXY="api.exponea.invalid"),
    "empty no_proxy": row("NO_PROXY", uses=False, https_proxy=PROXY, no_proxy="", NO_PROXY="exponea.invalid"),
    "no_proxy alone": row("no_proxy", uses=False, no_proxy="exponea.invalid"),
    "everything": excepted("*"),
    "a star among others is no name": excepted("a,*", uses=True),
    "a star for a label is no name": excepted("*.exponea.invalid", uses=True),
    "an ending": excepted("b, exponea.invalid"),
    "an ending with a dot": excepted(".exponea.invalid"),
    "half a label": excepted("ponea.invalid", uses=True),
    "another host": excepted("www.exponea.invalid", uses=True),
    "spaces between": excepted("a exponea.invalid", differ="requests"),
    "capitals and a last dot": excepted("API.Exponea.invalid.", differ="requests"),
    "a port that the URL has": excepted("exponea.invalid:8443", url=WITH_PORT, differ="curl"),
    "a port that the URL has not": excepted("exponea.invalid:443", uses=True),
    "a host of a port, without it": excepted("exponea.invalid", url=WITH_PORT),
    "an address": excepted("127.0.0.2", url=NUMBERED),
    "a network": excepted("127.0.0.0/24", url=NUMBERED),
    "another network": excepted("127.0.1.0/24", uses=True, url=NUMBERED),
    "SOCKS": no_kind("all_proxy", "socks5://localhost:PORT", differ="curl"),
    "an https proxy": no_kind("https_proxy", "https://localhost:PORT", differ="curl"),
    "a kind that nobody knows": no_kind("https_proxy", "foo://localhost:PORT"),
    **{
        f"no address of a proxy: {value}": replace(
            row("https_proxy", uses=False, https_proxy=value), trouble=Cause.PROXY_SETTING
        )
        for value in NO_ADDRESSES
    },
}


def with_port(row: Row, port: int) -> dict[str, str]:
    return {name: value.replace("PORT", str(port)) for name, value in row.variables.items()}


@pytest.fixture(autouse=True)
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    """No session bus, wherever the tests run."""
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_environment_is_read_as_requests_does_or_the_difference_is_known(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in with_port(row, 3128).items():
        monkeypatch.setenv(variable, value)
    choice = find(row.url)
    assert (choice.by, choice.trouble) == (row.by, row.trouble)
    assert choice.shown.lower() == ("localhost:3128" if row.uses else "")
    assert choice.url.lower() == ("http://localhost:3128" if row.uses else "")
    chosen = select_proxy(row.url, get_environ_proxies(row.url, no_proxy=None))
    if row.trouble is not None:
        # What it makes of a value that cannot be used is another matter; it does not go around it.
        assert chosen is not None
    else:
        assert ((chosen is not None) is row.uses) is ("requests" not in row.differ)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_curl_does_the_same_or_the_difference_is_known(row: Row) -> None:
    with Server(refuse) as proxy:
        ended = ask_with_curl(row.url, with_port(row, proxy.port))
        used = bool(proxy.received)
    assert used is row.uses or "curl" in row.differ
    if row.trouble is Cause.PROXY_SETTING:
        assert ended.returncode == 5  # no such proxy, and nothing is sent around it


def ask_with_curl(url: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    # Whatever is not sent to the proxy finds nobody.
    nobody = f"127.0.0.1:{free_port()}"
    return subprocess.run(
        ["curl", "--silent", "--max-time", "20", "--connect-to", f"::{nobody}", url],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("proxy", "proxy:80"),
        ("http://proxy", "proxy:80"),
        ("http://proxy:", "proxy:80"),
        ("http://[fd00::1]", "[fd00::1]:80"),
        ("http://[fd00::1]:3128/", "[fd00::1]:3128"),
        ("  http://proxy:3128\n", "proxy:3128"),
        ("http://bücher.example:3128", "bücher.example:3128"),
    ],
)
def test_a_proxy_without_a_port_is_asked_at_that_of_http(value: str, shown: str) -> None:
    assert read(value, "test").shown == shown


CREDENTIALS = {
    "user:password": b"user:password",
    "user": b"user:",
    "user:": b"user:",
    "us%40er:p%3Aa%2Fs%25s": b"us@er:p:a/s%s",
    "user:pa:ss": b"user:pa:ss",
    "j%C3%BCrgen:pa%E2%82%ACss": "jürgen:pa€ss".encode(),
    "jürgen:pa€ss": "jürgen:pa€ss".encode(),
    "user:p%FFw": b"user:p\xffw",
    "user:100%": b"user:100%",
    "user:a+b c": b"user:a+b c",
}


@pytest.mark.parametrize("written", CREDENTIALS)
def test_credentials_arrive_as_the_bytes_that_were_meant(written: str) -> None:
    with Server(REFUSAL) as proxy:
        choice = read(f"http://{written}@localhost:{proxy.port}", "test")
        send("https://engagement.example", proxy_for=lambda _url: choice)
        (ours,) = [authorization(peer) for peer in proxy.peers]
    assert ours == b"Basic " + b64encode(CREDENTIALS[written])
    for secret in filter(None, written.split(":")):
        assert secret not in repr(choice)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("written", [one for one in CREDENTIALS if " " not in one])
def test_curl_means_the_same_credentials(written: str) -> None:
    with Server(REFUSAL) as proxy:
        ask_with_curl(URL, {"https_proxy": f"http://{written}@localhost:{proxy.port}"})
        (curls,) = [authorization(peer) for peer in proxy.peers]
    assert curls == b"Basic " + b64encode(CREDENTIALS[written])


def authorization(peer: Peer) -> bytes:
    lines = bytes(peer.received).split(b"\r\n")
    (value,) = [
        line.partition(b": ")[2] for line in lines if line.lower().startswith(b"proxy-authorization:")
    ]
    return value


def test_the_desktop_is_not_asked_where_a_variable_has_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(proxies, "proxies_for", asked.append)
    for name, value in (("https_proxy", "proxy:3128"), ("no_proxy", "*")):
        monkeypatch.setenv(name, value)
        find(URL)
    assert asked == []


@pytest.mark.parametrize(
    ("proposals", "followed"),
    [
        ((), Choice()),
        (("direct://",), Choice()),
        (("http://proxy:3128", "direct://"), read("http://proxy:3128", "test")),
        (("direct://", "http://proxy:3128"), Choice()),
        (("socks://socks:1080", "http://proxy:3128"), read("http://proxy:3128", "test")),
        (("socks5://socks:1080", "direct://"), Choice()),
        (("socks5://socks:1080", "socks4://socks:1080"), read("socks5://socks:1080", "test")),
        (("http://:x", "http://proxy:3128"), read("http://proxy:3128", "test")),
        (("http://:x",), read("http://:x", "test")),
    ],
)
def test_the_first_proposal_that_can_be_followed_is(proposals: tuple[str, ...], followed: Choice) -> None:
    assert first_of(proposals, "test") == followed


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        (None, Choice()),
        ("http://proxy:3128", read("http://proxy:3128", "this computer's settings")),
        ("socks5h://socks:1080", read("socks5h://socks:1080", "this computer's settings")),
    ],
)
def test_elsewhere_the_system_is_asked(
    answer: str | None, choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxies, "_HAS_PORTAL", False)
    assert find(URL, system=lambda _url: answer) == choice


def test_on_linux_the_system_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "_HAS_PORTAL", True)
    assert find(URL, system=lambda _url: "http://qt:65535") == Choice()


@pytest.mark.parametrize(
    ("known", "exempt", "shown"),
    [
        ({}, False, ""),
        ({"https": "http://proxy:3128"}, False, "proxy:3128"),
        ({"https": "http://proxy:3128"}, True, ""),
        ({"http": "http://proxy:3128"}, False, ""),
        ({"all": "proxy:3128"}, False, "proxy:3128"),
    ],
)
def test_elsewhere_python_is_asked_where_nobody_knows_more(
    known: dict[str, str], exempt: bool, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxies, "_HAS_PORTAL", False)
    monkeypatch.setattr(urllib.request, "getproxies", lambda: known)
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda _host: exempt)
    assert find(URL).shown == shown


def test_reading_loads_neither_qt_nor_requests() -> None:
    code = (
        "import sys; from consent_desk.engagement.http import proxies; proxies.find('https://a.example/'); "
    )
    code += "sys.exit(bool({'PySide6', 'requests', 'urllib3'} & sys.modules.keys()))"
    subprocess.run([sys.executable, "-c", code], check=True)
