"""What a TLS handshake showed of the server, and why it failed: told by the server's own messages."""

import ssl
from contextlib import suppress

from consent_desk.domain.wire.outcome import Cause
from consent_desk.engagement.http.certificate import issuer_and_end

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

    def issuer_and_end(self) -> tuple[str, str]:
        """Of the server's certificate; empty where none was seen."""
        return issuer_and_end(self.certificate)


def _first(message: bytes) -> bytes:
    """The server's own certificate out of the message that holds its chain (RFC 5246, 7.4.2; 8446, 4.4.2)."""
    chain = message[4:]
    if int.from_bytes(chain[:3], "big") != len(chain) - 3:
        # TLS 1.3 puts a context before it.
        chain = chain[1 + chain[0] :] if chain else b""
    size = int.from_bytes(chain[3:6], "big")
    return chain[6 : 6 + size]
