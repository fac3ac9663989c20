"""Named misbehaviours of a server, or of what stands before it (the reference's sections 5 and 6)."""

import gzip
from dataclasses import replace

from consent_desk.domain.faults import Fault
from consent_desk.sandbox import answers
from consent_desk.sandbox.answers import HTML, SandboxAnswer, told

ELSEWHERE = "https://elsewhere.example/"
"""Where redirects lead unless told otherwise. Nobody can own this name."""

ENDING = (Fault.DROP_BEFORE_STORING, Fault.DROP_AFTER_STORING, Fault.SILENCE, Fault.CUT_BODY, Fault.NOT_HTTP)
"""After these a connection is good for no other request."""

_MEBIBYTE = 1 << 20
_TAKEN = b'{"success": true, "errors": []'
_PACKED = ("Content-Encoding", "gzip")
_INSTEAD: dict[Fault | None, SandboxAnswer] = {
    Fault.RATE_LIMIT: answers.RATE_LIMIT,
    Fault.RATE_LIMIT_RETRY_AFTER: replace(answers.RATE_LIMIT, headers=(("Retry-After", "30"),)),
    Fault.SERVER_ERROR: answers.SERVER_ERROR,
    Fault.SERVER_ERROR_STORED: answers.SERVER_ERROR,
    Fault.SUCCESS_FALSE: replace(answers.NOT_AUTHORIZED, status=200),
    Fault.REDIRECT_301: answers.page(301, "It has moved."),
    Fault.REDIRECT_307: answers.page(307, "It has moved."),
    Fault.NOT_FOUND: answers.UNKNOWN_ADDRESS,
    Fault.INVALID_SECRET: answers.INVALID_SECRET,
    Fault.BAD_GATEWAY: SandboxAnswer(
        status=502,
        body=b"<html><title>502 Bad Gateway</title><body>The proxy got no answer.</body></html>",
        content_type=HTML,
        has_request_id=False,
    ),
    Fault.FIREWALL: SandboxAnswer(
        status=403, body=b"Access denied by policy.", content_type=answers.TEXT, has_request_id=False
    ),
    Fault.NO_SUCCESS: told(200, status="ok"),
    Fault.MALFORMED_BODY: SandboxAnswer(status=200, body=b'{"success": tru\xff\xfe\x00'),
}


def distort(fault: Fault | None, true: SandboxAnswer, location: str) -> SandboxAnswer:
    """The answer that `fault` puts in the place of the `true` one; redirects lead to `location`."""
    match fault:
        case Fault.REDIRECT_301 | Fault.REDIRECT_307:
            return replace(_INSTEAD[fault], headers=(("Location", location),))
        case Fault.PACKED:
            return replace(true, body=gzip.compress(true.body, mtime=0), headers=(*true.headers, _PACKED))
        case Fault.TRICKLE_BODY:
            # White space first, five minutes of it: it is never whole within any sensible deadline.
            return replace(true, body=b" " * 1000 + true.body)
        case Fault.OVERSIZED_BODY:
            return SandboxAnswer(status=200, body=_TAKEN + b"\n" * 2 * _MEBIBYTE + b"}")
        case Fault.ONE_LINE:
            return SandboxAnswer(status=200, body=_TAKEN + b', "line": "' + b"x" * 1_000_000 + b'"}')
        case Fault.GZIP_BOMB:
            # Packed data may be joined: one packed mebibyte of blanks, 256 times.
            # Of no time: bytes of now would be other text every second, at times in a script without a font.
            packed = gzip.compress(_TAKEN + b"}", mtime=0) + gzip.compress(b" " * _MEBIBYTE, mtime=0) * 256
            return SandboxAnswer(status=200, body=packed, headers=(_PACKED,))
        case Fault.DEEP_JSON:
            deep = b"[" * 100_000 + b"]" * 100_000
            return SandboxAnswer(status=200, body=b'{"success": true, "errors": ' + deep + b"}")
        case _:
            return _INSTEAD.get(fault, true)


def wire(fault: Fault | None, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """What goes out at once of an answer's `head` and `body`, and what then a byte at a time."""
    match fault:
        case Fault.DROP_BEFORE_STORING | Fault.DROP_AFTER_STORING | Fault.SILENCE:
            return b"", b""
        case Fault.TRICKLE_HEADERS:
            return b"", head + body
        case Fault.TRICKLE_BODY:
            return head, body
        case Fault.CUT_BODY:
            return head + body[: len(body) // 2], b""
        case Fault.NOT_HTTP:
            return b"SSH-2.0-OpenSSH_9.2\r\n", b""
        case _:
            return head + body, b""
