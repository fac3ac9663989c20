"""Wrong answers to a consent that was sent: what comes, the state that it leads to, and what is told."""

import gzip
import zlib
from dataclasses import dataclass, replace

from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.answer import Headers
from consent_desk.domain.wire.outcome import Cause
from consent_desk.engagement.http.response import NO_TEXT, UNREADABLE
from tests.engagement.http.servers import SUCCESS

OURS = (("x-request-id", "r-1"),)
HTML = b"<html><title>Blocked</title></html>"
REFUSED, UNCONFIRMED, RETRY_WAIT = State.REFUSED, State.UNCONFIRMED, State.RETRY_WAIT
DELIVERED = State.DELIVERED
WAY = "a proxy or firewall on the way answered, probably not Engagement"
NO_VERDICT = "the answer does not say whether it was taken"
CUT = "the line broke while Engagement was answering"
NOT_HTTP = "the answer could not be understood"
BOTH = "the answer says that it was taken, and that something is wrong too"


@dataclass(frozen=True, slots=True)
class Row:
    """An answer, as it is kept, and what is right to make of it.

    `sent`: what goes over the line, where that is not this answer as a whole. `cause`: why it is no whole
    one; its status is None where it is no HTTP.
    """

    status: int | None
    headers: Headers
    body: bytes
    state: State
    told: str
    sent: bytes | None = None
    cause: Cause | None = None


def head(status: int, headers: Headers = ()) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} Any\r\n{lines}".encode()


def zipped(text: bytes) -> bytes:
    """`text` packed with gzip, the same bytes each time."""
    return gzip.compress(text, mtime=0)


def wire(row: Row) -> bytes:
    """What a server sends for `row`."""
    if row.sent is not None:
        return row.sent
    assert row.status is not None
    return head(row.status, (*row.headers, ("Content-Length", str(len(row.body))))) + b"\r\n" + row.body


def way(status: int, body: bytes = HTML, headers: Headers = (), told: str = WAY) -> Row:
    return Row(status, headers, body, UNCONFIRMED, told)


def both(body: bytes) -> Row:
    return Row(200, OURS, body, UNCONFIRMED, BOTH)


def packed(sent: bytes, encoding: str, kept: bytes, state: State, told: str) -> Row:
    headers = (*OURS, ("Content-Encoding", encoding), ("Content-Length", str(len(sent))))
    return Row(200, headers, kept, state, told, head(200, headers) + b"\r\n" + sent)


def broken(sent: bytes, status: int | None, headers: Headers = (), body: bytes = b"") -> Row:
    return Row(status, headers, body, UNCONFIRMED, CUT, sent, Cause.CUT)


def malformed(sent: bytes, status: int | None, headers: Headers = ()) -> Row:
    return Row(status, headers, b"", UNCONFIRMED, NOT_HTTP, sent, Cause.MALFORMED)


LONG = (*OURS, ("Content-Length", "99"))
CHUNKED = (*OURS, ("Transfer-Encoding", "chunked"))

FROM_THE_WAY = {
    "401 page": way(401),
    "401 short text": way(401, b"Authentication required"),
    "403 page": way(403),
    "403 page after a byte order mark": way(403, b"\xef\xbb\xbf\r\n<!DOCTYPE html>"),
    "403 page that quotes": way(403, b"<html>invalid secret"),
    "403 short text": way(403, b"Access denied by policy"),
    "403 empty": way(403, b""),
    "403 JSON of a gateway": way(403, b'{"message": "Forbidden"}', (("x-amzn-RequestId", "1"),)),
    "403 JSON with a status": way(403, b'{"status": "error", "error": "blocked"}'),
    "400 page": way(400),
    "405 page": way(405),
    "406 short text": way(406, b"Not Acceptable!"),
    "408 page": way(408),
    "408 empty": way(408, b""),
    "413 page": way(413),
    "418 JSON": way(418, b"{}"),
    "425 short text": way(425, b"Too Early"),
    "451 page": way(451),
    "501 page": way(501),
    "502 page": way(502),
    "502 short text": way(502, b"upstream connect error or disconnect/reset before headers"),
    "503 empty": way(503, b""),
    "504 page": way(504),
    "520 page": way(520),
    "521 short text": way(521, b"error code: 521"),
    "522 page": way(522),
    "524 page": way(524),
    "530 page": way(530),
    "407": Row(407, (), HTML, REFUSED, "the proxy on the way wants a user name and password"),
    "407 with a request ID": Row(407, OURS, b"", REFUSED, "wants a user name and password"),
    "511": Row(511, (), HTML, REFUSED, "this network wants you to sign in first"),
    "511 with success": Row(511, OURS, SUCCESS, REFUSED, "this network wants you to sign in first"),
    "429 page": Row(429, (), HTML, RETRY_WAIT, "something on the way lets no more calls through"),
    "429 empty": Row(429, (), b"", RETRY_WAIT, "something on the way lets no more calls through"),
}
"""Answers of what stands between: no verdict of Engagement's."""

OF_ENGAGEMENT = {
    "401 known": Row(401, (), b'{"success": false, "error": "Access key not found"}', REFUSED, "API key ID"),
    "401 text": Row(401, (), b"Access key not provided", REFUSED, "the key did not arrive at Engagement"),
    "401 with a request ID": Row(401, OURS, b"", REFUSED, "Engagement did not accept this desk's key"),
    "403 invalid secret": Row(403, (), b"invalid secret", REFUSED, "this desk's key is wrong"),
    "403 any other": Row(403, (), b'{"success": false, "error": "No"}', REFUSED, "lacks a permission"),
    "403 page with a request ID": Row(403, OURS, HTML, REFUSED, "lacks a permission"),
    "400 text": Row(
        400, (), b"BadRequest: The browser (or proxy) sent", REFUSED, "the request arrived broken"
    ),
    "404 page": Row(404, (), HTML, REFUSED, "there is no Engagement API at this address"),
    "413 JSON": Row(413, (), b'{"success": false}', REFUSED, "Engagement did not take the call"),
    "429 text": Row(429, (), b"Too Many Requests", RETRY_WAIT, "Engagement is taking too many calls"),
    "429 page of the kind": Row(
        429, (), b"<h1>Too Many Requests", RETRY_WAIT, "Engagement is taking too many"
    ),
    "429 with a request ID": Row(429, OURS, b"{}", RETRY_WAIT, "Engagement is taking too many calls"),
    "500 page": Row(500, (), HTML, UNCONFIRMED, "Engagement had trouble"),
    "502 with a request ID": Row(502, OURS, HTML, UNCONFIRMED, "Engagement had trouble"),
    "302 page": Row(302, (("Location", "//x.example"),), HTML, REFUSED, "leads elsewhere, to x.example"),
    "200 success false": Row(
        200, (), b'{"success": false, "errors": ["No"]}', REFUSED, "did not take the call"
    ),
}

NOT_QUITE_SUCCESS = {
    "200": Row(200, OURS, SUCCESS, DELIVERED, "Delivered"),
    "200 with a time": Row(200, (), b'{"success": true, "errors": [], "time": 1.5}', DELIVERED, "Delivered"),
    "200 one result": Row(200, (), b'{"success": true, "results": [{"success": true}]}', DELIVERED, "Deliv"),
    "200 status ok": Row(200, (), b'{"success": true, "status": "OK"}', DELIVERED, "Delivered"),
    "200 empty error": Row(
        200, (), b'{"success": true, "error": {}, "warnings": []}', DELIVERED, "Delivered"
    ),
    "200 failed result": both(b'{"success": true, "errors": [], "results": [{"success": false}]}'),
    "200 one of two failed": both(b'{"success": true, "results": [{"success": true}, {"success": false}]}'),
    "200 result without a verdict": both(b'{"success": true, "results": [{"success": null}]}'),
    "200 result with errors": both(b'{"success": true, "results": [{"success": true, "errors": ["x"]}]}'),
    "200 nested errors": both(b'{"success": true, "data": {"errors": {"event": ["x"]}}}'),
    "200 failure in data": both(b'{"success": true, "data": {"success": false}}'),
    "200 warnings": both(b'{"success": true, "warnings": ["category is not known"]}'),
    "200 status error": both(b'{"success": true, "status": "error"}'),
    "200 status 500": both(b'{"success": true, "status": 500}'),
    "200 nested status": both(b'{"success": true, "data": {"status": "failed"}}'),
    "200 error of an object": both(b'{"success": true, "error": {"code": 5}}'),
    "200 error true": both(b'{"success": true, "error": true}'),
    "200 a message": both(b'{"success": true, "message": "not stored"}'),
    "200 too deep": both(b'{"success": true, "data": ' + b"[" * 9 + b"1" + b"]" * 9 + b"}"),
    "200 without success": Row(200, (), b'{"status": "ok"}', UNCONFIRMED, NO_VERDICT),
    "200 page": Row(200, (), HTML, UNCONFIRMED, NO_VERDICT),
    "200 success twice": Row(200, (), b'{"success": false, "success": true}', UNCONFIRMED, NO_VERDICT),
    "201 with success": Row(201, (), SUCCESS, UNCONFIRMED, NO_VERDICT),
    "204": Row(204, (), b"", UNCONFIRMED, NO_VERDICT, head(204) + b"\r\n"),
}

BOMB = zipped(SUCCESS + b" " * 5_000_000)
PACKED = {
    "gzip": packed(zipped(SUCCESS), "gzip", SUCCESS, DELIVERED, "Delivered"),
    "raw deflate": packed(zlib.compress(SUCCESS)[2:-4], "deflate", SUCCESS, DELIVERED, "Delivered"),
    "packed by name alone": packed(SUCCESS, "gzip", SUCCESS, DELIVERED, "Delivered"),
    "gzip of a failure": packed(
        zipped(b'{"success": false}'), "gzip", b'{"success": false}', REFUSED, "did not take the call"
    ),
    "gzip of 5 MB": packed(BOMB, "gzip", UNREADABLE.encode(), UNCONFIRMED, NO_VERDICT),
    "gzip that ends early": packed(
        zipped(SUCCESS)[:-9], "gzip", UNREADABLE.encode(), UNCONFIRMED, NO_VERDICT
    ),
    "br": packed(b"\x8b\x0f\x80" + SUCCESS + b"\x03", "br", NO_TEXT.encode(), UNCONFIRMED, NO_VERDICT),
}

ZIPPED = (*LONG, ("Content-Encoding", "gzip"))
BROKEN = {
    "nothing": replace(broken(b"", None), told="the line broke before Engagement answered"),
    "cut in the body": broken(head(200, LONG) + b"\r\n" + SUCCESS, 200, LONG, SUCCESS),
    "cut before the body": broken(head(403, LONG) + b"\r\n", 403, LONG),
    "cut in the headers": broken(head(200, OURS) + b"Content-Len", 200, OURS),
    "cut in the request ID": broken(head(200) + b"x-request-id: r-", 200),
    "cut in the status line": broken(b"HTTP/1.1 400 Bad Re", 400),
    "cut in the status": broken(b"HTTP/1.1 400", 400),
    "cut after the status line": broken(b"HTTP/1.1 400 Bad Request\r\n", 400),
    "cut before the first chunk": broken(head(200, CHUNKED) + b"\r\n", 200, CHUNKED),
    "cut before a chunk's end": broken(head(200, CHUNKED) + b"\r\n1f\r\n" + SUCCESS, 200, CHUNKED, SUCCESS),
    "cut in a chunk": broken(head(200, CHUNKED) + b"\r\nff\r\n" + SUCCESS, 200, CHUNKED, SUCCESS),
    "cut between chunks": broken(
        head(200, CHUNKED) + b"\r\n1f\r\n" + SUCCESS + b"\r\n", 200, CHUNKED, SUCCESS
    ),
    "cut after an interim answer": broken(
        head(103, (("Link", "</x>"),)) + b"\r\n" + head(200, LONG) + b"\r\n{", 200, LONG, b"{"
    ),
    "cut in what is packed": broken(
        head(200, ZIPPED) + b"\r\n" + zipped(SUCCESS)[:20], 200, ZIPPED, UNREADABLE.encode()
    ),
    "cut after a folded header": broken(head(200, OURS) + b"X: y\r\n z\r\n", 200, (*OURS, ("X", "y\r\n z"))),
    "headers beyond reason": malformed(
        head(200, OURS) + b"X: y\r\n" * 200, 200, (*OURS, *(("X", "y"),) * 100)
    ),
    "a header beyond reason": malformed(head(200, OURS) + b"X: " + b"y" * 70_000 + b"\r\n\r\n{}", 200, OURS),
    "headers of 90 KB": malformed(
        head(200) + (b"X: " + b"y" * 9_000 + b"\r\n") * 10 + b"\r\n{}", 200, (("X", "y" * 9_000),) * 7
    ),
    "two lengths": malformed(
        head(200, OURS) + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 200, OURS
    ),
    "one length of two": malformed(head(200, OURS) + b"Content-Length: 1, 2\r\n\r\n{}", 200, OURS),
    "empty lines": malformed(b"\r\n\r\n", None),
    "zeros": malformed(b"\0" * 70_000, None),
    "a status that is none": malformed(b"HTTP/1.1 xyz OK\r\n\r\n", None),
    "another protocol": malformed(b"SSH-2.0-OpenSSH\r\n", None),
    "JSON without a head": malformed(SUCCESS, None),
    "HTTP/3": malformed(b"HTTP/3.0 200 OK\r\n\r\n", 200),
}
"""Answers that broke off, or are none, and as much of them as is kept."""

WHOLE = FROM_THE_WAY | OF_ENGAGEMENT | NOT_QUITE_SUCCESS
EVERY = WHOLE | PACKED | BROKEN
