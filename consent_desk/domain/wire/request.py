"""Every Engagement URL, header and body is built here, and nothing is added to it later.

Paths, headers and bodies: the reference's sections 3 and 4.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from consent_desk import __version__
from consent_desk.domain.consent.values import Consent, CustomerId
from consent_desk.domain.wire.project import Project, Secret

READ_MODES = ("valid", "timestamp", "until", "source", "message")
"""What is read of each category, in this order (section 4.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRequest:
    """One call without its key: `method`, `url`, and the exact `body` bytes.

    `headers` are all but Host, Content-Length and Authorization, after which they are sent in this order.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header_lines(self) -> tuple[str, ...]:
        """The headers as `Name: value`, with signs in the place of the key."""
        return ("Authorization: Basic ••••••••", *(f"{name}: {value}" for name, value in self.headers))


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRequest(PublicRequest):
    """One call as it leaves, with its key."""

    authorization: Secret

    def header_lines(self, *, show_authorization: bool = False) -> tuple[str, ...]:
        """The headers as `Name: value`, the secret masked unless it is to be shown."""
        authorization = self.authorization.reveal()
        shown = authorization if show_authorization else masked_authorization(authorization)
        return (f"Authorization: {shown}", *(f"{name}: {value}" for name, value in self.headers))


def masked_authorization(authorization: str) -> str:
    """What a shown Authorization value tells: its scheme, and how many characters are hidden."""
    scheme, _, hidden = authorization.partition(" ")
    return f"{scheme} •••••••• ({len(hidden)} characters)"


def prepare(project: Project, consent: Consent) -> PreparedRequest:
    """The call that adds `consent` (section 4.1)."""
    return prepare_event(project, event_body(consent))


def prepare_event(project: Project, body: bytes) -> PreparedRequest:
    """The call that adds the consent event `body`, as it was noted (section 4.1)."""
    return _call(project, "POST", "track", "customers/events", body)


def noted_request(base_url: str, project_token: str, body: bytes) -> PublicRequest:
    """The call that adds the consent event `body`, as it was noted; its key is not."""
    url = _url(base_url, "track", project_token, "customers/events")
    return PublicRequest(method="POST", url=url, headers=_headers("POST"), body=body)


def noted_lines(base_url: str, project_token: str) -> tuple[str, ...]:
    """Method, URL and headers of the call that adds a consent event, as text and without the key."""
    request = noted_request(base_url, project_token, b"")
    return (f"{request.method} {request.url}", *request.header_lines())


def prepare_system_time(project: Project) -> PreparedRequest:
    """The call that checks the credentials and the clock (section 4.6)."""
    return _call(project, "GET", "track", "system/time", b"")


def prepare_categories(project: Project) -> PreparedRequest:
    """The call that lists the project's consent categories (section 4.3)."""
    return _call(project, "GET", "data", "consent/categories", b"")


def prepare_history(
    project: Project, customer: CustomerId, *, limit: int = 20, skip: int = 0
) -> PreparedRequest:
    """The call that reads `customer`'s consent events, the latest first (section 4.5)."""
    wish = {
        "customer_ids": {customer.type: customer.value},
        "event_types": ["consent"],
        "order": "desc",
        "limit": limit,
        **({"skip": skip} if skip else {}),
    }
    return _call(project, "POST", "data", "customers/events", _json(wish))


def prepare_consents(project: Project, customer: CustomerId, categories: Sequence[str]) -> PreparedRequest:
    """The call that reads what holds for each of `categories`: all modes of one, then the next (4.4)."""
    attributes = [
        {"type": "consent", "category": category, "mode": mode}
        for category in categories
        for mode in READ_MODES
    ]
    wish = {"customer_ids": {customer.type: customer.value}, "attributes": attributes}
    return _call(project, "POST", "data", "customers/attributes", _json(wish))


def is_of(request: PreparedRequest, project: Project) -> bool:
    """Whether `request` goes where `project` leads, with its key."""
    own = prepare_system_time(project)
    services = (_url(str(project.base_url), one, project.project_token, "") for one in ("track", "data"))
    return request.authorization == own.authorization and request.url.startswith(tuple(services))


def event_body(consent: Consent) -> bytes:
    """The consent event, compact, UTF-8 unescaped, its keys in the contract's order (section 4.1)."""
    properties = {
        "action": consent.action.value,
        "category": consent.category,
        "valid_until": None if consent.valid_until is None else consent.valid_until.wire,
        "message": consent.wording,
        "desk_request_id": consent.request_id,
        "desk_channel": consent.channel,
        "desk_ticket": consent.ticket,
        "desk_agent": consent.agent,
    }
    return _json(
        {
            "customer_ids": {consent.customer.type: consent.customer.value},
            "event_type": "consent",
            "timestamp": consent.timestamp.seconds,
            "properties": {
                **{name: value for name, value in properties.items() if value not in {None, ""}},
                **dict(consent.properties),
            },
        }
    )


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def _call(project: Project, method: str, service: str, path: str, body: bytes) -> PreparedRequest:
    # Printable ASCII as parsed; utf-8, because the exception of a failed encode would hold the secret.
    pair = f"{project.key_id}:{project.secret.reveal()}".encode()
    return PreparedRequest(
        method=method,
        url=_url(str(project.base_url), service, project.project_token, path),
        authorization=Secret(f"Basic {b64encode(pair).decode('ascii')}"),
        headers=_headers(method),
        body=body,
    )


def _url(base_url: str, service: str, project_token: str, path: str) -> str:
    return f"{base_url}/{service}/v2/projects/{project_token}/{path}"


def _headers(method: str) -> tuple[tuple[str, str], ...]:
    content_type = (("Content-Type", "application/json"),) if method == "POST" else ()
    return (
        *content_type,
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", f"consent-desk/{__version__}"),
        ("Connection", "close"),
    )
