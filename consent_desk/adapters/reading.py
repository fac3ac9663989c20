"""An answer as it is read: not decoded, not further than a limit, and not taken for whole when it was cut."""

import http.client
import io
from typing import Any

from consent_desk.adapters.progress import Progress
from consent_desk.domain.outcome import Phase

MOST_BODY = 1024 * 1024
"""Bytes of an answer's body that are read; the rest is left where it is."""

MOST_HEADERS = 64 * 1024
"""Characters of all headers together; an answer with more is malformed."""

_PIECE = 64 * 1024


def first_bytes(raw: Any) -> bytes:
    """Up to one byte more than `MOST_BODY` of urllib3's `raw`, as they came. Raises where they are cut."""
    # Undecoded, a compression bomb stays small; but urllib3 trips over odd encodings even so.
    raw.headers.discard("Content-Encoding")
    body = bytearray()
    while len(body) <= MOST_BODY:
        piece = raw.read(min(_PIECE, MOST_BODY + 1 - len(body)), decode_content=False)
        if not piece:
            break
        body += piece
    return bytes(body)


class ReportingAnswer(http.client.HTTPResponse):
    """An answer that says when its status line is seen."""

    def __init__(self, progress: Progress, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._progress = progress
        self._lines = self.fp = _Lines(self.fp.detach())

    def begin(self) -> None:
        """Read the status line and all headers."""
        super().begin()
        if self._lines.were_cut:
            # http.client takes the end of the stream for the end of the headers.
            raise http.client.RemoteDisconnected("within the headers")

    def received_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers in the order in which they came, repeated ones too."""
        headers = tuple((name, str(value)) for name, value in self.headers.items())
        if sum(len(name) + len(value) for name, value in headers) > MOST_HEADERS:
            raise http.client.LineTooLong("headers")
        return headers

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]  # stable since Python 2
        if status < http.client.OK:
            # An interim answer, 103 for example. `begin` goes on to the real one after 100 only.
            return version, http.client.CONTINUE, reason
        self._progress.reach(Phase.READING)
        return version, status, reason

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]  # stable since Python 3.5
        if size < 0:
            # -1 would read to the end of the stream, past every limit.
            raise ValueError(size)
        return size


class _Lines(io.BufferedReader):
    """Remembers whether a line was cut by the end of the stream."""

    were_cut = False

    def readline(self, size: int | None = -1, /) -> bytes:
        """One line, its end included, or its first `size` bytes."""
        line = super().readline(size)
        self.were_cut = self.were_cut or not line.endswith(b"\n")
        return line
