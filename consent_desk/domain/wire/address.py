"""Where a project is: the base URL and the project token, out of whatever a person pastes.

Facts: the reference's section 2.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from consent_desk.domain.message import Message, say
from consent_desk.domain.text import hidden_character

SUGGESTED_BASE_URLS = (
    "https://api.exponea.com",
    "https://api-engagement.bloomreach.com",
    "https://api.uk.exponea.com",
    "https://api-demoapp.exponea.com",
    "https://api-cis.exponea.com",
    "https://cloud-api.exponea.com",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseUrl:
    """Scheme, host (lower case, international names as punycode) and port of the API; no path."""

    scheme: str
    host: str
    port: int | None = None

    @property
    def authority(self) -> str:
        """`host` or `host:port`."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this very machine: the one case in which plain http is allowed."""
        return _is_loopback(self.host)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Address:
    """What a pasted address held: the base URL, and the project token of a full method URL."""

    base_url: BaseUrl
    project_token: str | None = None


def resembles_web_app(base_url: BaseUrl) -> bool:
    """Whether its host could be that of the web app, and could be a gateway's as well (section 2)."""
    host = base_url.host
    first = host.partition(".")[0]
    return (first.startswith("app") and not first.endswith("-api")) or ".app." in host


_NO_ADDRESS = say(
    "wire", "This is no web address. Copy the base URL from Project settings > Access management > API."
)
_METHOD_PATH = re.compile(r"/(?:track|data)/v2/projects/([^/]+)(?:/[A-Za-z0-9/_-]*)?", re.ASCII)
_TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_LOOPBACK_6 = re.compile(r"\[::1\](?::\d+)?", re.ASCII)
_VENDOR = (".exponea.com", ".bloomreach.com")
_NUMERIC = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)


def read_address(text: str) -> Address | Message:
    """Take apart what was pasted as the base URL; a `Message` says why it cannot be one (section 2)."""
    text = text.strip(" \t\r\n")
    if not text:
        return say("wire", "Enter the base URL, for example https://api.exponea.com.")
    if len(text) > 2_000:
        return _NO_ADDRESS
    if (complaint := _complaint_about_characters(text)) is not None:
        return complaint
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port
        host = _ascii_host(parts.hostname or "")
    except ValueError:
        return _NO_ADDRESS
    # What stands between brackets is read differently by different Pythons: one spelling only.
    if re.search(r"[\[\]]", text) and _LOOPBACK_6.fullmatch(parts.netloc) is None:
        return _NO_ADDRESS
    # The host first: an address of the web app is full of what no base URL has.
    complaint = _complaint_about_host(parts.scheme, host, port) or _complaint_about_signs(text)
    if complaint is not None:
        return complaint
    port = None if port == {"https": 443, "http": 80}[parts.scheme] else port
    base_url = BaseUrl(scheme=parts.scheme, host=host, port=port)
    if parts.path in {"", "/"}:
        return Address(base_url)
    if (method := _METHOD_PATH.fullmatch(parts.path)) is not None and _TOKEN.fullmatch(method[1]):
        return Address(base_url, method[1])
    return say("wire", "The base URL ends after the host name: {base_url}").format(base_url=base_url)


def parse_project_token(text: str) -> str | Message:
    """The project token, 8-4-4-4-12 hexadecimal digits, also out of a pasted method URL (section 2)."""
    text = text.strip(" \t\r\n")
    if "/" in text and isinstance(address := read_address(text), Address) and address.project_token:
        return address.project_token
    if _TOKEN.fullmatch(text):
        return text
    if not text:
        return say("wire", "Enter the project token. It stands beside the base URL.")
    return say(
        "wire", "A project token looks like 12345678-1234-1234-1234-123456789abc. Copy the whole of it."
    )


def address_in(text: str) -> str:
    """The base URL that is perhaps meant by a text that is none; empty where there is no guessing."""
    text = re.sub(r"[\s\\%<>\"^`{|}]", "", text[:2_000])
    host = re.sub(r"^\w+:/*", "", text).rpartition("@")[2]
    host = re.split(r"[/?#]", host)[0].lower()
    if host.startswith("app.") and host.endswith(_VENDOR):
        host = f"api.{host.removeprefix('app.')}"
    found = read_address(f"https://{host}")
    return str(found.base_url) if isinstance(found, Address) else ""


def token_in(text: str) -> str:
    """The project token that stands somewhere in `text`, empty where there is none, or more than one."""
    found = set(_TOKEN.findall(text[:2_000]))
    return found.pop() if len(found) == 1 else ""


def _complaint_about_characters(text: str) -> Message | None:
    if (hidden := hidden_character(text)) is not None:
        return say("wire", "There is {hidden} in it. Type the address instead.").format(hidden=hidden)
    if re.search(r"[\s\\%<>\"^`{|}]", text):
        return say("wire", "There is a character in it that no base URL has. Copy it again.")
    return None


def _complaint_about_signs(text: str) -> Message | None:
    for sign, meaning in (("@", "a user name"), ("?", "a query"), ("#", "a fragment")):
        if sign in text:
            return say("wire", "A base URL has no “{sign}” ({meaning}). Leave it out.").format(
                sign=sign, meaning=meaning
            )
    return None


def _ascii_host(host: str) -> str:
    if host == "::1":
        return "[::1]"
    if not host.isascii():
        # Python's own codec knows IDNA 2003 only, by which faß.de is fass.de: somebody else's host.
        from idna import encode  # noqa: PLC0415 -- its tables load for the first host that needs them

        host = encode(host, uts46=True).decode("ascii")
    # A trailing dot names the same host by another spelling: one spelling, one secret.
    return host.lower().removesuffix(".")


def _complaint_about_host(scheme: str, host: str, port: int | None) -> Message | None:
    # As a host these are a scheme whose “://” is not whole.
    if scheme not in {"https", "http"} or host in {"https", "http"}:
        return say("wire", "A base URL begins with https://.")
    if not host or port == 0:
        return _NO_ADDRESS
    if _is_loopback(host):
        return None
    if ":" in host or _NUMERIC.fullmatch(host.rpartition(".")[2]):
        return say("wire", "Enter the name of the host, not a number.")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        return _NO_ADDRESS
    if _is_web_app(host):
        return say(
            "wire",
            "{host} is the web app, not the API. Copy the base URL from Project settings > "
            "Access management > API; it often begins with https://api.",
        ).format(
            host=host,
        )
    if scheme == "http":
        return say("wire", "Use https://: over plain http anybody on the way can read the secret.")
    return None


def _is_web_app(host: str) -> bool:
    first = host.partition(".")[0]
    if first == "app" or (first.startswith("app-") and not first.endswith("-api")):
        return True
    return ".app." in host and host.endswith(_VENDOR)


def _is_loopback(host: str) -> bool:
    if host in {"localhost", "[::1]"}:
        return True
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return address.is_loopback
