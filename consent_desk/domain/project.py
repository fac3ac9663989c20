"""An Engagement project as this desk reaches it, and the reading of what a person pastes.

Facts: the reference's sections 2 and 3.
Long because all that a person pastes into the settings is read here: address, token, key and secret.
"""

import ipaddress
import re
from dataclasses import dataclass
from hmac import compare_digest
from typing import NoReturn
from urllib.parse import urlsplit

from consent_desk.domain.consent import complaint_about_id_type
from consent_desk.domain.draft import Field, Problem
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


class Secret:
    """A text that cannot print, copy or pickle itself. `reveal()` is the one way out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(••••••••)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # surrogatepass: the exception of a failed encode would hold the text.
        mine, theirs = (text.encode("utf-8", "surrogatepass") for text in (self._text, other._text))
        return compare_digest(mine, theirs)

    __hash__ = None  # type: ignore[assignment]  # a hash of a secret tells about it

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project. `id` is this desk's own UUID for it; `practice` marks the built-in sandbox."""

    id: str
    name: str
    base_url: BaseUrl
    project_token: str
    key_id: str
    secret: Secret
    id_types: tuple[str, ...] = ("registered",)
    practice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDraft:
    """The project settings as text. An empty `secret` means: the stored one."""

    name: str = ""
    base_url: str = ""
    project_token: str = ""
    key_id: str = ""
    secret: str = ""
    id_types: str = "registered"

    def __repr__(self) -> str:
        return f"ProjectDraft(name={self.name!r}, base_url={self.base_url!r}, …)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("settings with a secret in them are not pickled or copied")


def parse_project(
    draft: ProjectDraft, *, project_id: str, stored: Project | None = None
) -> Project | tuple[Problem, ...]:
    """Turn `draft` into a `Project`, or name every problem, in the order of the form.

    `stored` is the project as saved before: its secret serves again only for the same host and key.
    """
    address = read_address(draft.base_url)
    base_url = address.base_url if isinstance(address, Address) else None
    token = parse_project_token(draft.project_token)
    if isinstance(token, Message) and not draft.project_token.strip() and isinstance(address, Address):
        token = address.project_token or token
    key_id = _parse_key_id(draft.key_id)
    secret = _parse_secret(draft.secret, stored, base_url, key_id)
    id_types = _parse_id_types(draft.id_types)
    name = draft.name.strip()
    complaints = (
        (Field.PROJECT_NAME, _complaint_about_project_name(name)),
        (Field.BASE_URL, address if isinstance(address, Message) else None),
        (Field.PROJECT_TOKEN, token if isinstance(token, Message) else None),
        (Field.API_KEY_ID, key_id if isinstance(key_id, Message) else None),
        (Field.API_SECRET, secret if isinstance(secret, Message) else None),
        (Field.CUSTOMER_ID_TYPES, id_types if isinstance(id_types, Message) else None),
    )
    problems = tuple(Problem(field, complaint) for field, complaint in complaints if complaint is not None)
    if (
        problems
        or base_url is None
        or isinstance(token, Message)
        or isinstance(key_id, Message)
        or isinstance(secret, Message)
        or isinstance(id_types, Message)
    ):
        return problems
    return Project(
        id=project_id,
        name=name,
        base_url=base_url,
        project_token=token,
        key_id=key_id,
        secret=secret,
        id_types=id_types,
    )


def remarks(draft: ProjectDraft) -> tuple[Problem, ...]:
    """What looks unusual without being wrong: no rule for keys is published (section 3)."""
    found = []
    for field, text in ((Field.API_KEY_ID, draft.key_id.strip()), (Field.API_SECRET, draft.secret.strip())):
        if text and re.fullmatch(r"[0-9a-z]{64}", text, re.ASCII) is None:
            message = say(
                "Usually 64 characters, a to z and 0 to 9; this has {count}. Was all of it copied?",
                count=len(text),
            )
            found.append(Problem(field, message))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Address:
    """What a pasted address held: the base URL, and the project token of a full method URL."""

    base_url: BaseUrl
    project_token: str | None = None


_NO_ADDRESS = say(
    "This is no web address. Copy the base URL from Project settings > Access management > API."
)
_METHOD_PATH = re.compile(r"/(?:track|data)/v2/projects/([^/]+)(?:/[A-Za-z0-9/_-]*)?", re.ASCII)
_TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_LOOPBACK_6 = re.compile(r"\[::1\](?::\d+)?", re.ASCII)
_NUMERIC = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)


def read_address(text: str) -> Address | Message:
    """Take apart what was pasted as the base URL; a `Message` says why it cannot be one (section 2)."""
    text = text.strip(" \t\r\n")
    if not text:
        return say("Enter the base URL, for example https://api.exponea.com.")
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
    return say("The base URL ends after the host name: {base_url}", base_url=base_url)


def parse_project_token(text: str) -> str | Message:
    """The project token, 8-4-4-4-12 hexadecimal digits, also out of a pasted method URL (section 2)."""
    text = text.strip(" \t\r\n")
    if "/" in text and isinstance(address := read_address(text), Address) and address.project_token:
        return address.project_token
    if _TOKEN.fullmatch(text):
        return text
    if not text:
        return say("Enter the project token. It stands beside the base URL.")
    return say("A project token looks like 12345678-1234-1234-1234-123456789abc. Copy the whole of it.")


def _complaint_about_characters(text: str) -> Message | None:
    if (hidden := hidden_character(text)) is not None:
        return say("There is {hidden} in it. Type the address instead.", hidden=hidden)
    if re.search(r"[\s\\%<>\"^`{|}]", text):
        return say("There is a character in it that no base URL has. Copy it again.")
    return None


def _complaint_about_signs(text: str) -> Message | None:
    for sign, meaning in (("@", "a user name"), ("?", "a query"), ("#", "a fragment")):
        if sign in text:
            return say("A base URL has no “{sign}” ({meaning}). Leave it out.", sign=sign, meaning=meaning)
    return None


def _ascii_host(host: str) -> str:
    if host == "::1":
        return "[::1]"
    # A trailing dot names the same host by another spelling: one spelling, one secret.
    return host.encode("idna").decode("ascii").lower().removesuffix(".") if host else ""


def _complaint_about_host(scheme: str, host: str, port: int | None) -> Message | None:
    # As a host these are a scheme whose “://” is not whole.
    if scheme not in {"https", "http"} or host in {"https", "http"}:
        return say("A base URL begins with https://.")
    if not host or port == 0:
        return _NO_ADDRESS
    if _is_loopback(host):
        return None
    if ":" in host or _NUMERIC.fullmatch(host.rpartition(".")[2]):
        return say("Enter the name of the host, not a number.")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        return _NO_ADDRESS
    first = host.partition(".")[0]
    if (first.startswith("app") and not first.endswith("-api")) or ".app." in host:
        return say(
            "{host} is the web app, not the API. Copy the base URL from Project settings > "
            "Access management > API; it often begins with https://api.",
            host=host,
        )
    if scheme == "http":
        return say("Use https://: over plain http anybody on the way can read the secret.")
    return None


def _is_loopback(host: str) -> bool:
    if host in {"localhost", "[::1]"}:
        return True
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return address.is_loopback


def _complaint_about_project_name(name: str) -> Message | None:
    if not name:
        return say("Give the project a name, for example Acme production.")
    if len(name) > 100:
        return say("Choose a name of at most 100 characters.")
    if (hidden := hidden_character(name)) is not None:
        return say("There is {hidden} in it. Delete it.", hidden=hidden)
    return None


def _parse_key_id(text: str) -> str | Message:
    text = text.strip(" \t\r\n")
    if not text:
        return say("Enter the API key ID.")
    if ":" in text:
        return say("A key ID has no colon. Was the secret pasted with it?")
    return _printable(text)


def _parse_secret(
    text: str, stored: Project | None, base_url: BaseUrl | None, key_id: str | Message
) -> Secret | Message:
    text = text.strip(" \t\r\n")
    if text:
        fit = _printable(text)
        return fit if isinstance(fit, Message) else Secret(fit)
    if stored is None:
        return say("Enter the API secret. Engagement shows it once, when the key is made.")
    if base_url is not None and base_url != stored.base_url:
        return say(
            "The secret was saved for {host} and goes nowhere else. Enter the secret for the new address.",
            host=stored.base_url.authority,
        )
    if isinstance(key_id, str) and key_id != stored.key_id:
        return say("Another key has another secret. Enter the secret of this key.")
    return stored.secret


def _printable(text: str) -> str | Message:
    if len(text) > 400:
        return say("This is too long for a key. Copy it again.")
    if all("!" <= character <= "~" for character in text):
        return text
    return say("There is a space or an unusual character in it. Copy it again.")


def _parse_id_types(text: str) -> tuple[str, ...] | Message:
    # The keyring of Windows keeps about 1,280 characters for the whole project.
    if len(text) > 200:
        return say("Choose fewer ID types, or shorter ones.")
    id_types = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not id_types:
        return say("Enter at least one customer ID type, for example registered.")
    for id_type in id_types:
        if (complaint := complaint_about_id_type(id_type)) is not None:
            return complaint
    return id_types
