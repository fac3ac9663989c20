"""Which proxy the environment, the desktop and the system want, compared with what curl and requests do."""

import os
import shutil
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from requests.utils import get_environ_proxies, select_proxy

from consent_desk.domain.wire.outcome import Cause
from consent_desk.engagement.http import portal, proxies
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
    url: str = URL
    uses: bool = True
    trouble: Cause | None = None
    by: str
    differ: frozenset[str] = field(default_factory=frozenset)


ROWS = {
    "lower case": Row(variables={"https_proxy": PROXY}, by="https_proxy"),
    "upper case": Row(variables={"HTTPS_PROXY": PROXY}, by="HTTPS_PROXY"),
    "lower case first": Row(variables={"https_proxy": PROXY, "HTTPS_PROXY": OTHER}, by="https_proxy"),
    "empty is as good as none": Row(
        variables={"https_proxy": "", "HTTPS_PROXY": PROXY}, by="HTTPS_PROXY", differ=frozenset({"requests"})
    ),
    "all": Row(variables={"all_proxy": PROXY}, by="all_proxy"),
    "ALL": Row(variables={"ALL_PROXY": PROXY}, by="ALL_PROXY"),
    "https before all": Row(variables={"all_proxy": OTHER, "HTTPS_PROXY": PROXY}, by="HTTPS_PROXY"),
    "empty https, then all": Row(variables={"https_proxy": "", "all_proxy": PROXY}, by="all_proxy"),
    "http_proxy is for http": Row(variables={"http_proxy": PROXY}, uses=False, by=""),
    "no scheme": Row(variables={"https_proxy": "localhost:PORT"}, by="https_proxy"),
    "another spelling": Row(variables={"https_proxy": "HTTP://LOCALHOST:PORT/path?x"}, by="https_proxy"),
    "no_proxy": Row(
        variables={"https_proxy": PROXY, "no_proxy": "api.exponea.invalid"}, uses=False, by="no_proxy"
    ),
    "NO_PROXY": Row(
        variables={"https_proxy": PROXY, "NO_PROXY": "api.exponea.invalid"}, uses=False, by="NO_PROXY"
    ),
    "empty no_proxy": Row(
        variables={"https_proxy": PROXY, "no_proxy": "", "NO_PROXY": "exponea.invalid"},
        uses=False,
        by="NO_PROXY",
    ),
    "everything": Row(variables={"https_proxy": PROXY, "no_proxy": "*"}, uses=False, by="no_proxy"),
    "a star among others is no name": Row(
        variables={"https_proxy": PROXY, "no_proxy": "a,*"}, by="https_proxy"
    ),
    "a star for a label is no name": Row(
        variables={"https_proxy": PROXY, "no_proxy": "*.exponea.invalid"}, by="https_proxy"
    ),
    "an ending": Row(
        variables={"https_proxy": PROXY, "no_proxy": "b, exponea.invalid"}, uses=False, by="no_proxy"
    ),
    "an ending with a dot": Row(
        variables={"https_proxy": PROXY, "no_proxy": ".exponea.invalid"}, uses=False, by="no_proxy"
    ),
    "half a label": Row(variables={"https_proxy": PROXY, "no_proxy": "ponea.invalid"}, by="https_proxy"),
    "another host": Row(
        variables={"https_proxy": PROXY, "no_proxy": "www.exponea.invalid"}, by="https_proxy"
    ),
    "spaces between": Row(
        variables={"https_proxy": PROXY, "no_proxy": "a exponea.invalid"},
        uses=False,
        by="no_proxy",
        differ=frozenset({"requests"}),
    ),
    "capitals and a last dot": Row(
        variables={"https_proxy": PROXY, "no_proxy": "API.Exponea.invalid."},
        uses=False,
        by="no_proxy",
        differ=frozenset({"requests"}),
    ),
    "a port that the URL has": Row(
        url="https://api.exponea.invalid:8443/",
        variables={"https_proxy": PROXY, "no_proxy": "exponea.invalid:8443"},
        uses=False,
        by="no_proxy",
        differ=frozenset({"curl"}),
    ),
    "a port that the URL has not": Row(
        variables={"https_proxy": PROXY, "no_proxy": "exponea.invalid:443"}, by="https_proxy"
    ),
    "a host of a port, without it": Row(
        url="https://api.exponea.invalid:8443/",
        variables={"https_proxy": PROXY, "no_proxy": "exponea.invalid"},
        uses=False,
        by="no_proxy",
    ),
    "an address": Row(
        url="https://127.0.0.2/",
        variables={"https_proxy": PROXY, "no_proxy": "127.0.0.2"},
        uses=False,
        by="no_proxy",
    ),
    "a network": Row(
        url="https://127.0.0.2/",
        variables={"https_proxy": PROXY, "no_proxy": "127.0.0.0/24"},
        uses=False,
        by="no_proxy",
    ),
    "another network": Row(
        url="https://127.0.0.2/",
        variables={"https_proxy": PROXY, "no_proxy": "127.0.1.0/24"},
        by="https_proxy",
    ),
    "no_proxy alone": Row(variables={"no_proxy": "exponea.invalid"}, uses=False, by="no_proxy"),
    "SOCKS": Row(
        variables={"all_proxy": "socks5://localhost:PORT"},
        uses=False,
        trouble=Cause.PROXY_KIND,
        by="all_proxy",
        differ=frozenset({"curl"}),
    ),
    "an https proxy": Row(
        variables={"https_proxy": "https://localhost:PORT"},
        uses=False,
        trouble=Cause.PROXY_KIND,
        by="https_proxy",
        differ=frozenset({"curl"}),
    ),
    "a kind that nobody knows": Row(
        variables={"https_proxy": "foo://localhost:PORT"},
        uses=False,
        trouble=Cause.PROXY_KIND,
        by="https_proxy",
    ),
    **{
        f"no address of a proxy: {value}": Row(
            variables={"https_proxy": value}, uses=False, trouble=Cause.PROXY_SETTING, by="https_proxy"
        )
        for value in (
            *(
                "http://",
                "http://:PORT",
                "http://localhost:x",
                "http://localhost:99999",
                "http:localhost:PORT",
            ),
            *(
                f"http://{'a' * 300}:PORT",
                "//localhost:PORT",
                "http://user:pa/ss@localhost:PORT",
                "http://local host:PORT",
            ),
        )
    },
}


def with_port(row: Row, port: int) -> dict[str, str]:
    return {name: value.replace("PORT", str(port)) for name, value in row.variables.items()}


@pytest.fixture(autouse=True)
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    """No session bus, wherever the tests run."""
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)


@pytest.mark.parametrize("name", ROWS)
def test_the_environment_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ROWS[name]
    for variable, value in with_port(row, 3128).items():
        monkeypatch.setenv(variable, value)
    choice = find(row.url)
    assert (choice.by, choice.trouble) == (row.by, row.trouble)
    assert choice.shown.lower() == ("localhost:3128" if row.uses else "")
    assert choice.url.lower() == ("http://localhost:3128" if row.uses else "")


@pytest.mark.parametrize("name", ROWS)
def test_requests_does_the_same_or_the_difference_is_known(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ROWS[name]
    for variable, value in with_port(row, 3128).items():
        monkeypatch.setenv(variable, value)
    chosen = select_proxy(row.url, get_environ_proxies(row.url, no_proxy=None))
    if row.trouble is not None:
        # What it makes of a value that cannot be used is another matter; it does not go around it.
        assert chosen is not None
    else:
        assert ((chosen is not None) is row.uses) is ("requests" not in row.differ)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("name", ROWS)
def test_curl_does_the_same_or_the_difference_is_known(name: str) -> None:
    row = ROWS[name]
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
    monkeypatch.setattr(portal, "proxies_for", asked.append)
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
