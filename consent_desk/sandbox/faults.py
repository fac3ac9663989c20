"""Named misbehaviours of a server, or of what stands before it (the reference's sections 5 and 6)."""

import gzip
from dataclasses import dataclass, replace

from consent_desk.domain.faults import Fault
from consent_desk.sandbox import answers
from consent_desk.sandbox.answers import HTML, Answer, told

ELSEWHERE = "https://elsewhere.example/"
"""Where redirects lead unless told otherwise. Nobody can own this name."""

_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How an answer goes out: `at_once`, then `slowly` a byte at a time.

    Afterwards nothing more comes while it `holds` on, and the connection is good for another
    request unless the answer `is_broken`.
    """

    at_once: bytes
    slowly: bytes = b""
    holds: bool = False
    is_broken: bool = False


def distort(fault: Fault, true: Answer, location: str) -> Answer:
    """The answer that `fault` puts in the place of the `true` one; redirects lead to `location`."""
    match fault:
        case Fault.RATE_LIMIT:
            return answers.RATE_LIMIT
        case Fault.RATE_LIMIT_RETRY_AFTER:
            return replace(answers.RATE_LIMIT, headers=(("Retry-After", "30"),))
        case Fault.SERVER_ERROR | Fault.SERVER_ERROR_STORED:
            return answers.SERVER_ERROR
        case Fault.SUCCESS_FALSE:
            return replace(answers.NOT_AUTHORIZED, status=200)
        case Fault.REDIRECT_301 | Fault.REDIRECT_307:
            status = 301 if fault is Fault.REDIRECT_301 else 307
            return replace(answers.page(status, "It has moved."), headers=(("Location", location),))
        case Fault.NOT_FOUND:
            return answers.UNKNOWN_ADDRESS
        case Fault.INVALID_SECRET:
            return answers.INVALID_SECRET
        case Fault.BAD_GATEWAY:
            body = b"<html><title>502 Bad Gateway</title><body>The proxy got no answer.</body></html>"
            return Answer(status=502, body=body, content_type=HTML, has_request_id=False)
        case Fault.FIREWALL:
            text = b"Access denied by policy."
            return Answer(status=403, body=text, content_type=answers.TEXT, has_request_id=False)
        case Fault.PACKED:
            headers = (*true.headers, ("Content-Encoding", "gzip"))
            return replace(true, body=gzip.compress(true.body, mtime=0), headers=headers)
        case Fault.NO_SUCCESS:
            return told(200, status="ok")
        case _:
            return _with_hostile_body(fault, true)


def _with_hostile_body(fault: Fault, true: Answer) -> Answer:
    taken = b'{"success": true, "errors": []'
    match fault:
        case Fault.TRICKLE_BODY:
            # White space first, five minutes of it: it is never whole within any sensible deadline.
            return replace(true, body=b" " * 1000 + true.body)
        case Fault.OVERSIZED_BODY:
            return Answer(status=200, body=taken + b"\n" * 2 * _MEBIBYTE + b"}")
        case Fault.ONE_LINE:
            return Answer(status=200, body=taken + b', "line": "' + b"x" * 1_000_000 + b'"}')
        case Fault.GZIP_BOMB:
            # Packed data may be joined: one packed mebibyte of blanks, 256 times.
            # Of no time: bytes of now would be other text every second, at times in a script without a font.
            packed = gzip.compress(taken + b"}", mtime=0) + gzip.compress(b" " * _MEBIBYTE, mtime=0) * 256
            return Answer(status=200, body=packed, headers=(("Content-Encoding", "gzip"),))
        case Fault.MALFORMED_BODY:
            return Answer(status=200, body=b'{"success": tru\xff\xfe\x00')
        case Fault.DEEP_JSON:
            deep = b"[" * 100_000 + b"]" * 100_000
            return Answer(status=200, body=b'{"success": true, "errors": ' + deep + b"}")
        case _:
            return true


def wire(fault: Fault | None, head: bytes, body: bytes) -> Wire:
    """How `fault` lets an answer's `head` and `body` go out."""
    match fault:
        case Fault.DROP_BEFORE_STORING | Fault.DROP_AFTER_STORING:
            return Wire(at_once=b"", is_broken=True)
        case Fault.SILENCE:
            return Wire(at_once=b"", holds=True, is_broken=True)
        case Fault.TRICKLE_HEADERS:
            return Wire(at_once=b"", slowly=head + body)
        case Fault.TRICKLE_BODY:
            return Wire(at_once=head, slowly=body)
        case Fault.CUT_BODY:
            return Wire(at_once=head + body[: len(body) // 2], is_broken=True)
        case Fault.NOT_HTTP:
            return Wire(at_once=b"SSH-2.0-OpenSSH_9.2\r\n", is_broken=True)
        case _:
            return Wire(at_once=head + body)
