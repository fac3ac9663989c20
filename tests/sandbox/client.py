"""A plain HTTP client for the sandbox: nothing of the desk's own transport."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection
from typing import Any

from consent_desk.sandbox.server import Sandbox

SEED: dict[str, object] = json.loads(
    (Path(__file__).parents[2] / "resources" / "sandbox.json").read_text(encoding="utf-8")
)
TOKEN = "12345678-1234-1234-1234-123456789abc"
BASIC = (
    "Basic MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcjphYmNk"
    "ZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODlhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx"
)
ADD = f"/track/v2/projects/{TOKEN}/customers/events"
BATCH = f"/track/v2/projects/{TOKEN}/batch"
TIME = f"/track/v2/projects/{TOKEN}/system/time"
CATEGORIES = f"/data/v2/projects/{TOKEN}/consent/categories"
ATTRIBUTES = f"/data/v2/projects/{TOKEN}/customers/attributes"
HISTORY = f"/data/v2/projects/{TOKEN}/customers/events"
JANE = {"registered": "jane@example.com"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON value."""
        return json.loads(self.body)


class Client:
    """Calls one sandbox, on a new connection each time."""

    def __init__(self, sandbox: Sandbox) -> None:
        port = sandbox.project.base_url.port
        assert port is not None
        self.port = port

    def open(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=10)

    def raw(self, data: bytes) -> bytes:
        """Everything that comes back for `data` until the sandbox closes."""
        with create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer

    def request(self, *headers: str, line: str = f"GET {TIME} HTTP/1.1", body: bytes = b"") -> bytes:
        """A request's bytes, with Host and Authorization before `headers`."""
        lines = (line, f"Host: 127.0.0.1:{self.port}", f"Authorization: {BASIC}", *headers, "", "")
        return "\r\n".join(lines).encode("latin-1") + body

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """Send `body`, bytes as they are and anything else as JSON; a header that is None is left out."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode("utf-8")
        wanted = {"Authorization": BASIC, "Content-Type": "application/json", **(headers or {})}
        connection = self.open()
        try:
            sent = {name: value for name, value in wanted.items() if value is not None}
            connection.request(method, path, data, sent)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Reply(status=response.status, headers=names, body=response.read())
        finally:
            connection.close()

    def add(self, customer_ids: object, timestamp: object = None, **properties: object) -> Reply:
        """Add a consent event."""
        event = {"customer_ids": customer_ids, "event_type": "consent", "properties": properties}
        return self.call("POST", ADD, event if timestamp is None else {**event, "timestamp": timestamp})

    def read(self, customer_ids: object, category: str, *modes: str) -> list[object]:
        """The values of `modes` for one category."""
        wishes = [{"type": "consent", "category": category, "mode": mode} for mode in modes]
        reply = self.call("POST", ATTRIBUTES, {"customer_ids": customer_ids, "attributes": wishes})
        assert reply.status == 200, reply
        return [result["value"] for result in reply.json["results"]]

    def history(self, customer_ids: object, **more: object) -> Reply:
        """A customer's consent events."""
        wish = {"customer_ids": customer_ids, "event_types": ["consent"], **more}
        return self.call("POST", HISTORY, wish)
