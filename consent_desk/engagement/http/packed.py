"""What is kept of an answer: unpacked, and without the credentials.

Where a body may repeat a secret that cannot be seen, a sentence is kept in its place.
"""

import zlib
from collections import deque
from dataclasses import replace
from urllib.parse import urlsplit

from consent_desk.domain.text import visible
from consent_desk.domain.wire.answer import Headers
from consent_desk.domain.wire.outcome import Answered, Lost, Outcome
from consent_desk.domain.wire.project import Secret
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.http.masking import NOT_TOLD, Echo
from consent_desk.engagement.http.response import MOST_BODY

UNREADABLE = (
    "[Not kept by Consent Desk: this is packed and cannot be read, so it might repeat the API secret.]"
)
NO_TEXT = "[Not kept by Consent Desk: this is not text, so it might repeat the API secret.]"

_GZIP = b"\x1f\x8b"
_MOST_OF_LINE = 100
"""Characters of the first line of what is no HTTP that are told."""

_PIECE = 6
"""Bytes of it that do not stand in a request by chance: a short ID with its quotes."""

_MOST_LAYERS = 3
_MOST_PARTS = 16
_CONTROLS = bytes(set(range(1, 32)) - set(b"\t\n\v\f\r\x1b"))
"""Bytes that no text has, and a tenth of what is packed. Zeros are not among them: a text can be UTF-16."""


def fit_to_keep(outcome: Outcome, request: PreparedRequest) -> Outcome:
    """`outcome` as it may be shown and written down: what came of an answer holds no credentials."""
    match outcome:
        case Answered() | Lost(status=int()):
            conceal = _echo_of(request.authorization)
            return replace(
                outcome,
                headers=tuple((conceal(name), conceal(value)) for name, value in outcome.headers),
                body=keepable(outcome.body[:MOST_BODY], outcome.headers, conceal),
            )
        case Lost(body=came) if came:
            # The journal keeps an answer only with its status, and erases no detail: what repeats the request
            # does not get there.
            line = came.strip().split(b"\n")[0].strip()
            told = _echo_of(request.authorization)(line.decode("utf-8", "backslashreplace"))
            began = f"“{visible(told)[:_MOST_OF_LINE]}”"
            if _repeats(line, request):
                began = "with what was sent"
            said = f"what came is no HTTP and begins {began}"
            return replace(outcome, body=b"", detail="; ".join(filter(None, (outcome.detail, said))))
        case _:
            return outcome


def _echo_of(authorization: Secret) -> Echo:
    """Made once for one key after the other: thousands may be sent with the same."""
    for known, echo in [*_ECHOES]:
        if known == authorization:
            return echo
    echo = Echo(authorization)
    _ECHOES.append((authorization, echo))
    return echo


_ECHOES: deque[tuple[Secret, Echo]] = deque(maxlen=4)


def _repeats(line: bytes, request: PreparedRequest) -> bool:
    """Whether `line` holds what was sent, or the part of it that is told a piece of that."""
    told = line[: 4 * _MOST_OF_LINE]
    pieces = {told[start : start + _PIECE] for start in range(max(1, len(told) - _PIECE + 1))} - {b""}
    path = urlsplit(request.url).path.encode()
    return path in line or any(piece in request.body for piece in pieces)


def keepable(body: bytes, headers: Headers, conceal: Echo) -> bytes:
    """`body`, unpacked, with asterisks for what it repeats; else a sentence that says why it is not kept."""
    named = {name.lower(): value.strip().lower() for name, value in headers}.get("content-encoding", "")
    return _keepable(body, named, conceal, _MOST_LAYERS)


def _keepable(body: bytes, encoding: str, conceal: Echo, layers: int) -> bytes:
    packing = _packing(body, encoding)
    if packing is not None:
        unpacked = _unpacked(body, packing) if layers else None
        if unpacked is None:
            return UNREADABLE.encode("ascii")
        return _keepable(unpacked, "", conceal, layers - 1)
    if not _is_text(body, strictly=encoding not in ("", "identity")):
        return NO_TEXT.encode("ascii")
    told = conceal.masked(body)
    return NOT_TOLD.encode("ascii") if told is None else told


def _packing(body: bytes, encoding: str) -> int | None:
    """How `body` is packed, as zlib has it; None where it is not, or in a way that is not known here."""
    if body.startswith(_GZIP):
        return 16 + zlib.MAX_WBITS
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS if encoding == "deflate" else 0):
        # Two letters may look like the beginning of it, and only what can be unpacked is taken for packed.
        if bits and _unpacked(body, bits):
            return bits
    return None


def _unpacked(body: bytes, packing: int) -> bytes | None:
    """What `body` holds, None where it is broken, in many parts, or larger than is ever read."""
    whole = b""
    try:
        for _ in range(_MOST_PARTS):
            unpacking = zlib.decompressobj(packing)
            whole += unpacking.decompress(body, MOST_BODY + 1 - len(whole))
            if not unpacking.eof or len(whole) > MOST_BODY:
                return None
            # Several packed texts in a row are one.
            body = unpacking.unused_data
            if not body:
                return whole
    except zlib.error:
        return None
    return None


def _is_text(body: bytes, *, strictly: bool) -> bool:
    controls = len(body) - len(body.translate(None, _CONTROLS))
    if controls > 2 or 50 * controls > len(body) or _GZIP in body:
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return not strictly
    return True
