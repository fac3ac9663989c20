"""What becomes of the text of a further property."""

import re
from decimal import Decimal

from consent_desk.domain.consent.draft import Kind
from consent_desk.domain.consent.values import PropertyValue, complaint_about_property
from consent_desk.domain.message import Message, say

_NUMBER = re.compile(r"-?(\d+)(\.\d+)?", re.ASCII)
_COMMA = re.compile(r"-?\d+,\d+", re.ASCII)
_LONGEST = 400  # digits: int() refuses many, and a float has fewer in any case


def read_value(kind: str, text: str) -> PropertyValue | Message:
    """The value that `text` stands for, or why it is none. `3` is a whole number, `3.0` is not."""
    if kind == Kind.YES_NO:
        return {"yes": True, "no": False}.get(text, say("Choose yes or no."))
    if not text:
        return say("Enter the value, or remove this property.")
    value = _read_number(text) if kind == Kind.NUMBER else text
    return value if isinstance(value, Message) else complaint_about_property(value) or value


def _read_number(text: str) -> int | float | Message:
    if _COMMA.fullmatch(text):
        return say(
            "A comma may stand for thousands or for decimals. Write {point} or {whole}.",
            point=text.replace(",", "."),
            whole=text.replace(",", ""),
        )
    if (found := _NUMBER.fullmatch(text)) is None:
        return say("This is no number. Write one such as 3 or 12.5, or choose text as its type.")
    whole, fraction = found.groups()
    if len(whole) > 1 and whole.startswith("0"):
        return say("A number loses its leading zeros. Choose text as its type, or leave them out.")
    if len(text) > _LONGEST:
        return say("This number is too long to be kept exactly. Choose text as its type.")
    if fraction is None:
        return int(text)
    # Loaded with the first one that needs it: the window shows sooner.

    value = float(text)
    if Decimal(repr(value)) != Decimal(text):
        return say("This number has too many digits to be kept exactly. Choose text as its type.")
    return value
