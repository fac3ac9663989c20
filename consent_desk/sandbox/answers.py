"""What the sandbox answers, as bytes: the documented failures of the reference's section 5, and ours.

A text marked "ours" is our own choice: what the vendor answers there is not documented.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxAnswer:
    """One answer. Without `has_request_id` it looks like one from a proxy on the way."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    has_request_id: bool = True

    def head(self, *headers: tuple[str, str]) -> bytes:
        """Status line and headers, `headers` after the answer's own, up to the empty line."""
        lines = (
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in (*self.headers, *headers)),
        )
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode("utf-8")


class RefusedError(Exception):
    """A request, or a command of a batch, gets `answer` and nothing else becomes of it."""

    def __init__(self, answer: SandboxAnswer) -> None:
        self.answer = answer


def told(status: int, /, **document: object) -> SandboxAnswer:
    """An answer in JSON."""
    return SandboxAnswer(status=status, body=json.dumps(document).encode("ascii"))


def page(status: int, sentence: str) -> SandboxAnswer:
    """An answer as an HTML page."""
    title = f"{status} {HTTPStatus(status).phrase}"
    html = f"<!doctype html>\n<html lang=en>\n<title>{title}</title>\n<h1>{title}</h1>\n<p>{sentence}</p>\n"
    return SandboxAnswer(status=status, body=html.encode("utf-8"), content_type=HTML)


# ------------------------------------------------------------------------------- documented, section 5

INVALID_PROJECT = told(400, success=False, error="Invalid project id")
COULD_NOT_AUTHENTICATE = told(400, success=False, error="Could not authenticate")
# Ours: that the two texts of status 401 and the one of 403 stand under the key `error`.
KEY_NOT_PROVIDED = told(401, success=False, error="Access key not provided")
KEY_NOT_FOUND = told(401, success=False, error="Access key not found")
INVALID_SECRET = told(403, success=False, error="invalid secret")
# Ours: under the key `message`, where 4.2 documents it for a batch.
INVALID_JSON = told(400, success=False, message="Invalid JSON")
NO_COMMANDS = told(400, success=False, message="No commands")
BROKEN_REQUEST = SandboxAnswer(
    status=400,
    body=b"BadRequest: The browser (or proxy) sent a request that this server could not understand.",
    content_type=TEXT,
)
UNKNOWN_ADDRESS = page(
    404,
    "The requested URL was not found on the server. If you entered the URL manually please check your "
    "spelling and try again.",
)
UNKNOWN_CUSTOMER = told(404, success=False, errors={"_global": ["Customer does not exist"]})
RATE_LIMIT = told(429, success=False, error="Too Many Requests")
SERVER_ERROR = page(500, "The server encountered an internal error and was unable to complete your request.")

# Ours: of the two documented statuses, 403; the fault `success-false` gives the other one, 200.
NOT_AUTHORIZED = told(403, success=False, errors=["Not authorized to add event of specified type"])
# Ours: of the documented "4xx or 200", 400.
NO_ID = told(400, success=False, errors=["At least one id should be specified."])
NO_VALID_ID = told(200, success=False, errors=["At least one valid id should be specified"])
NO_EVENT_TYPE = told(400, success=False, errors=["Field 'event_type' is required."])

# ------------------------------------------------------------------------------------------------ ours

MAY_NOT_READ = told(403, success=False, error="No permission")
WRONG_METHOD = page(405, "The method is not allowed for the requested URL.")
TOO_LARGE = told(413, success=False, error="The sandbox takes at most 1 MiB.")
FULL = told(507, success=False, error="The sandbox takes no more. Start the program again.")
WRONG_HOST = told(421, success=False, error="The sandbox answers to its own address only.")
TOO_MANY_COMMANDS = told(400, success=False, message="Too many commands")
UNKNOWN_COMMAND = told(400, success=False, errors=["Unknown command."])
