"""An answer as it is read: not decoded, not further than a limit, and not taken for whole when it was cut."""

import http.client
import io
from collections.abc import Callable
from typing import Any

from consent_desk.domain.wire.answer import Headers
from consent_desk.engagement.http.call import Progress

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
