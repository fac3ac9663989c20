"""An answer as it is read: not decoded, not further than a limit, and not taken for whole when it was cut.

And what is kept of it: unpacked, and without the credentials. Where a body may repeat a secret that cannot be
seen, a sentence is kept in its place.
"""

import http.client
import io
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from consent_desk.domain.text import visible
from consent_desk.domain.wire.answer import Headers
from consent_desk.domain.wire.outcome import Answered, Lost, Outcome
from consent_desk.domain.wire.project import Secret
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.http.masking import NOT_TOLD, Echo
from consent_desk.engagement.http.transport import Progress

MOST_BODY = 1024 * 1024
"""Bytes of an answer's body that are read; the rest is left where it is."""

MOST_HEADERS = 64 * 1024
"""Characters of all headers together; an answer with more is malformed."""

_PIECE = 64 * 1024

_NO_HTTP = 300
"""Bytes of what is no HTTP that are kept."""


class ReportingAnswer(http.client.HTTPResponse):
    """An answer that says when its status line is seen."""

    def __init__(self, progress: Progress, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._progress = progress
        self._room = -1
        self._lines = self.fp = _Lines(self.fp.detach(), self._hear)

    def begin(self) -> None:
        """Read the status line and all headers."""
        super().begin()
        if self._lines.were_cut:
            # http.client takes the end of the stream for the end of the headers.
            raise http.client.RemoteDisconnected("within the headers")

    def first_bytes(self) -> bytes:
        """Up to one byte more than `MOST_BODY` of the body, as they came. Raises where they are cut."""
        # Neither `read`, which waits for all that it was asked for, nor urllib3, which undoes encodings.
        body = bytearray()
        while len(body) <= MOST_BODY and (piece := self.read1(min(_PIECE, MOST_BODY + 1 - len(body)))):
            self._progress.hear_body(piece)
            body += piece
        if len(body) <= MOST_BODY and self.length:
            raise http.client.IncompleteRead(b"", self.length)
        return bytes(body)

    def received_headers(self) -> Headers:
        """The headers in the order in which they came, repeated ones too."""
        headers = tuple((name, str(value)) for name, value in self.headers.items())
        if sum(len(name) + len(value) for name, value in headers) > MOST_HEADERS:
            raise http.client.LineTooLong("headers")
        return headers

    def _read_status(self) -> tuple[str, int, str]:
        # As far as it is there with the first byte, for which the status line waits as well.
        came = self._lines.peek()[:_NO_HTTP]
        try:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # stable since Python 2
        except http.client.HTTPException:
            self._progress.hear_body(came)
            raise
        if status < http.client.OK:
            # An interim answer, 103 for example. `begin` goes on to the real one after 100 only.
            return version, http.client.CONTINUE, reason
        self._progress.hear(status)
        self._room = MOST_HEADERS
        return version, status, reason

    def _hear(self, line: bytes) -> None:
        # One that was cut is not told: half a request ID is none.
        if self._room >= len(line) and line.endswith(b"\n"):
            self._progress.hear_line(line)
            self._room = -1 if line.strip(b"\r\n") == b"" else self._room - len(line)

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]  # stable since Python 3.5
        if size < 0:
            # -1 would read to the end of the stream, past every limit.
            raise ValueError(size)
        return size


class _Lines(io.BufferedReader):
    """Tells its lines, and remembers whether one was cut by the end of the stream."""

    were_cut = False

    def __init__(self, raw: Any, tell: Callable[[bytes], None]) -> None:
        super().__init__(raw)
        self._tell = tell

    def readline(self, size: int | None = -1, /) -> bytes:
        """One line, its end included, or its first `size` bytes."""
        line = super().readline(size)
        self.were_cut = self.were_cut or not line.endswith(b"\n")
        self._tell(line)
        return line


UNREADABLE = (
    "[Not kept by Consent Desk: this is packed and cannot be read, so it might repeat the API secret.]"
)
NO_TEXT = "[Not kept by Consent Desk: this is not text, so it might repeat the API secret.]"

_GZIP = b"\x1f\x8b"

_MOST_OF_LINE = 100
"""Characters of the first line of what is no HTTP that are told."""

_TELLING = 6
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
    pieces = {told[start : start + _TELLING] for start in range(max(1, len(told) - _TELLING + 1))} - {b""}
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
