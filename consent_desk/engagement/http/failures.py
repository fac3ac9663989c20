"""Why a call failed: from whatever requests, urllib3, ssl and sockets raise, to a cause."""

import http.client
import ssl
from collections.abc import Iterator

from requests import RequestException

from consent_desk.domain.wire.outcome import Cause, Phase

_DETAIL_LIMIT = 200


class StoppedError(Exception):
    """The call cannot go on, for a reason known where it was raised. `detail` holds no secret."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = detail


def explain(error: Exception, phase: Phase) -> tuple[Cause, str]:
    """Why a call failed, and a technical detail that holds neither header nor URL nor secret."""
    connecting = phase in {Phase.RESOLVING, Phase.CONNECTING}
    for found in _within(error):
        if isinstance(found, StoppedError):
            return found.cause, found.detail
        if (cause := cause_of(found, connecting=connecting)) is not None:
            return cause, detail_of(found)
    answering = phase in {Phase.WAITING, Phase.READING}
    return Cause.MALFORMED if answering else Cause.UNEXPECTED, type(error).__name__


def _within(error: BaseException) -> Iterator[BaseException]:
    """`error` and all that it wraps, from the outside in. urllib3 wraps in arguments as well."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = (*found.args, getattr(found, "reason", None), found.__cause__, found.__context__)
        waiting.extend(one for one in inner if isinstance(one, BaseException))


def cause_of(error: BaseException, *, connecting: bool) -> Cause | None:
    """The cause that `error` itself stands for, None where it only wraps another."""
    match error:
        case RequestException():
            # An OSError by name only: what it wraps says more.
            return None
        case ssl.SSLCertVerificationError():
            return Cause.CERTIFICATE
        case TimeoutError():
            return Cause.DEADLINE
        case ConnectionRefusedError():
            return Cause.CONNECTION_REFUSED if connecting else Cause.CUT
        case ConnectionError() | ssl.SSLEOFError() | ssl.SSLZeroReturnError() | http.client.IncompleteRead():
            return Cause.CUT
        case ssl.SSLError(reason=str(reason)) if "CERTIFICATE_REQUIRED" in reason:
            # TLS 1.3, after our bytes were handed over.
            return Cause.CLIENT_CERTIFICATE
        case ssl.SSLError():
            return Cause.NOT_TLS if connecting else Cause.CUT
        case http.client.HTTPException():
            return Cause.MALFORMED
        case OSError():
            return Cause.UNREACHABLE if connecting else Cause.CUT
        case _:
            return None


def detail_of(error: BaseException) -> str:
    """The type of `error` and what the system says of it."""
    # Never str(error): it may hold the URL or a header.
    said = getattr(error, "verify_message", None)
    if said is None and isinstance(error, OSError):
        said = error.strerror
    name = type(error).__name__
    return f"{name}: {said}"[:_DETAIL_LIMIT] if isinstance(said, str) and said else name
