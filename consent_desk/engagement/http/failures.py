"""Why a call failed: from whatever requests, urllib3, ssl and sockets raise, to a cause.

What a TLS handshake showed of the server, and why it failed, is told by the server's own messages.
"""

import http.client
import ssl
from collections.abc import Iterator
from contextlib import suppress

from requests import RequestException

from consent_desk.domain.text import cut, visible
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


# Numbers of OpenSSL, Windows and macOS, as truststore passes them on.
_BY_VERIFY_CODE = {
    **dict.fromkeys((2, 18, 19, 20, 21, 27, 0x800B0109, 0x800B010A, -67843), Cause.CERTIFICATE_ISSUER),
    **dict.fromkeys((62, 64, 0x800B010F, -67602), Cause.CERTIFICATE_NAME),
    **dict.fromkeys((9, 10, 0x800B0101, -67818, -67819), Cause.CERTIFICATE_DATE),
}
_ALERT, _HANDSHAKE = 21, 22
_CERTIFICATE, _CERTIFICATE_REQUEST = 11, 13
_CERTIFICATE_REQUIRED = 116
# What a server says that misses a certificate: handshake failure, bad, unsupported, unknown, access denied.
_MISSES_CERTIFICATE = frozenset({40, 42, 43, 46, 49, _CERTIFICATE_REQUIRED})
# Handshake failure, protocol version, insufficient security, inappropriate fallback.
_NOTHING_IN_COMMON = frozenset({40, 70, 71, 86})
_REFUSED_HERE = ("UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION", "TOO_SMALL", "UNSAFE_LEGACY", "WRONG_CIPHER")

_LONGEST_NAME = 80
_CONTEXT_VERSION = 0xA0
_UTC_TIME, _GENERALIZED_TIME, _BMP_STRING = 0x17, 0x18, 0x1E
_COMMON_NAME, _ORGANIZATION = bytes.fromhex("550403"), bytes.fromhex("55040a")


class Handshake:
    """Looks on at one handshake, and changes nothing of it."""

    def __init__(self) -> None:
        self.wants_certificate = False
        self.certificate = b""
        self._speaks_tls = False
        self._alert: int | None = None

    def watch(self, context: ssl.SSLContext) -> None:
        """Look on at what is read with `context`, in the one handshake that it is used for."""
        # The one way to the server's certificate where it is not trusted, and to its wish for ours. Private
        # names, of Python and of truststore: without them less is told, and nothing else changes.
        with suppress(AttributeError):
            setattr(getattr(context, "_ctx", context), "_msg_callback", self._see)  # noqa: B010 -- not typed

    def _see(
        self, _connection: object, direction: str, _version: int, content: int, message: int, data: bytes
    ) -> None:
        if direction != "read":
            return
        if content == _ALERT:
            self._alert = message
        elif content == _HANDSHAKE:
            self._speaks_tls = True
            self.wants_certificate = self.wants_certificate or message == _CERTIFICATE_REQUEST
            if message == _CERTIFICATE:
                self.certificate = _first(data)

    def cause(self, error: ssl.SSLError) -> Cause:
        """Why the handshake failed with `error`."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return _BY_VERIFY_CODE.get(getattr(error, "verify_code", 0), Cause.CERTIFICATE)
        if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return Cause.CUT
        wants = self.wants_certificate and self._alert in _MISSES_CERTIFICATE
        if wants or self._alert == _CERTIFICATE_REQUIRED:
            return Cause.CLIENT_CERTIFICATE
        if self._alert in _NOTHING_IN_COMMON or any(one in (error.reason or "") for one in _REFUSED_HERE):
            return Cause.NO_COMMON_TLS
        return Cause.HANDSHAKE if self._speaks_tls or self._alert is not None else Cause.NOT_TLS


def _first(message: bytes) -> bytes:
    """The server's own certificate out of the message that holds its chain (RFC 5246, 7.4.2; 8446, 4.4.2)."""
    chain = message[4:]
    if int.from_bytes(chain[:3], "big") != len(chain) - 3:
        # TLS 1.3 puts a context before it.
        chain = chain[1 + chain[0] :] if chain else b""
    size = int.from_bytes(chain[3:6], "big")
    return chain[6 : 6 + size]


def issuer_and_end(der: bytes) -> tuple[str, str]:
    """The issuer's names and the last day, as 2027-01-31, of X.509 in DER, proven or not.

    Total: both are empty where they cannot be read.
    """
    try:
        (_, certificate), *_ = _parts(der)
        (_, signed), *_ = _parts(certificate)
        fields = _parts(signed)
        if fields[0][0] == _CONTEXT_VERSION:
            del fields[0]
        _, _, (_, issuer), (_, validity), *_ = fields
        _, (kind, end) = _parts(validity)
        return _name(issuer), _day(kind, end.decode("ascii"))
    except (ValueError, IndexError):
        return "", ""


def _name(issuer: bytes) -> str:
    found: dict[bytes, str] = {}
    for _, group in _parts(issuer):
        for _, pair in _parts(group):
            (_, what), (kind, value) = _parts(pair)
            found.setdefault(what, value.decode("utf-16-be" if kind == _BMP_STRING else "utf-8", "replace"))
    names = [found[what] for what in (_COMMON_NAME, _ORGANIZATION) if what in found]
    return cut(visible(" ".join(", ".join(names).split())), _LONGEST_NAME)


def _day(kind: int, text: str) -> str:
    if kind == _UTC_TIME:
        # Two digits of the year: 1950 to 2049 (RFC 5280, 4.1.2.5.1).
        text = ("20" if text[:2] < "50" else "19") + text
    elif kind != _GENERALIZED_TIME:
        raise ValueError(kind)
    if not text[:8].isdigit():
        raise ValueError(text)
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}"


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """The values within a value: tag and content of each."""
    parts = []
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            digits = length & 0x7F
            length, at = int.from_bytes(data[at : at + digits], "big"), at + digits
        if at + length > len(data):
            raise ValueError("cut")
        parts.append((tag, data[at : at + length]))
        at += length
    return parts
