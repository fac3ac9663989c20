"""What looks odd in a customer ID without being wrong. Nothing here is changed for anybody.

Hard IDs are exact and case-sensitive (the reference's section 1): what looks alike may be two customers.
"""

import re

from consent_desk.domain.message import Message, say

_PHONE_WORDS = ("phone", "mobile", "msisdn", "sms", "cell", "whatsapp", "telef")
_PHONE = re.compile(r"\+?[\d\s()./-]*\d[\d\s()./-]*")
_EXCEL = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,2}", re.ASCII)


def is_phone_like(id_type: str, text: str) -> bool:
    """Whether `text` is written like a phone number in an ID type that is named like one."""
    named = id_type.casefold()
    return any(word in named for word in _PHONE_WORDS) and _PHONE.fullmatch(text) is not None


def is_mail_like(id_type: str, text: str) -> bool:
    """Whether `text` seems to be meant as a mail address."""
    return "@" in text or "mail" in id_type.casefold()


def oddity(text: str) -> Message | None:
    """What to look at in `text`, an ID without hidden characters; None where nothing is odd."""
    if _EXCEL.fullmatch(text):
        return say(
            "A spreadsheet has shortened a long number to {text}: digits are missing. Copy it anew.",
            text=text,
        )
    if " " in text:
        return say("There are spaces in it, and Engagement compares IDs exactly. Do they belong there?")
    if text != text.lower() and text != text.upper():
        return say("Capital and small letters may make two customers of one. Write it as Engagement has it.")
    return None
