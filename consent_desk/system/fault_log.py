"""A file for unexpected exceptions, written so that no secret and no customer can get into it."""

import os
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path

from consent_desk import __version__

LIMIT = 1_000_000
"""Bytes after which the file is set aside and a new one begun."""


class FaultLog:
    """Notes where something unexpected happened: kinds of exceptions and lines of code, never texts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Reentrant: while one is written, memory may be tidied up, and that can fail and end here too.
        self._lock = threading.RLock()

    def write(self, error: BaseException) -> None:
        """Append `error`. Says nothing if that fails: there is nowhere left to say it."""
        text = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} consent-desk {__version__}\n{redacted(error)}\n"
        try:
            with self._lock:
                if self._path.exists() and self._path.stat().st_size > LIMIT:
                    self._path.replace(self._path.with_suffix(".old"))
                descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                    file.write(text)
        except OSError:
            return


def redacted(error: BaseException) -> str:
    """The traceback of `error` and of what led to it, without messages: those can hold a secret."""
    lines = []
    chain: list[BaseException] = []
    found: BaseException | None = error
    # An exception can be its own cause.
    while found is not None and found not in chain:
        chain.append(found)
        for frame in traceback.extract_tb(found.__traceback__):
            lines.append(f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}")
        lines.append(f"{type(found).__module__}.{type(found).__qualname__}")
        found = found.__cause__ or found.__context__
    return "\n".join(lines)
