"""Who issued a certificate and when it ends, read from its bytes (X.509 in DER), proven or not."""

from consent_desk.domain.text import cut, visible

_LONGEST_NAME = 80
_CONTEXT_VERSION = 0xA0
_UTC_TIME, _GENERALIZED_TIME, _BMP_STRING = 0x17, 0x18, 0x1E
_COMMON_NAME, _ORGANIZATION = bytes.fromhex("550403"), bytes.fromhex("55040a")


def issuer_and_end(der: bytes) -> tuple[str, str]:
    """The issuer's names and the last day, as 2027-01-31. Total: both are empty where they cannot be read."""
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
