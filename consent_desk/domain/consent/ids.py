"""What looks odd in a customer ID without being wrong. Nothing here is changed for anybody.

Hard IDs are exact and case-sensitive (the reference's section 1): what looks alike may be two customers.
"""

import re
from urllib.parse import unquote

from consent_desk.domain.message import Message, say
from consent_desk.domain.text import cut, half_written, narrow

_PHONE_WORDS = (
    *("phone", "mobil", "msisdn", "sms", "cell", "whatsapp", "telef", "gsm", "handy", "celular", "movil"),
    *("telem", "m\u00f3vil"),
)
# A word of its own: hotels have IDs too.
_TEL = re.compile(r"(?<![a-z])tel(?:no|nr|num[a-z]*)?(?![a-z])", re.ASCII)
_PHONE_SIGNS = frozenset(" \t()./-")
_EXCEL = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,2}", re.ASCII)
_NO_ID = frozenset(
    {"#n/a", "#name?", "#ref!", "#value!", "#div/0!", "#null!", "#num!", "#getting_data", "#spill!", "#calc!"}
    | {"null", "(null)", "<null>", "none", "nil", "nan", "n/a", "undefined", "[object object]"}
)
_DATES = (
    re.compile(r"(?P<year>\d{4})[-./](?P<one>\d{1,2})[-./](?P<other>\d{1,2})", re.ASCII),
    re.compile(r"(?P<one>\d{1,2})[-./](?P<other>\d{1,2})[-./](?P<year>\d{4})", re.ASCII),
)
_SHORT_DATE = re.compile(r"\d{1,2}(?:[-. ]|\. )[a-z]{3}|[a-z]{3}[-. ]\d{2}", re.ASCII)
_MONTHS = frozenset(
    {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
    | {"m\u00e4r", "mai", "okt", "dez", "fev", "avr", "ene", "ago", "set", "dic"}
)

_SCHEMES = ("mailto:", "tel:", "sms:", "callto:", "whatsapp:")
_QUOTES = frozenset(
    "\"'`\u00b4\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u300c\u300d"
)
# Never part of an ID, and seen by nobody: they come along with what is copied.
_UNSEEN = dict.fromkeys(
    map(
        ord,
        "\0\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff",
    )
)
_AFTER_APOSTROPHE = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n0123456789")
_LAYERS = 8

_LOOK_ALIKE = str.maketrans(
    # Cyrillic, small and capital; then Greek.
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u04cf"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
    "\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcyxijsdqwhlABEKMHOPCTXIJSoABEZHIKMNOPTYX",
)
_LETTERS = re.compile(r"[^\W\d_]+")


def is_phone_like(id_type: str, text: str) -> bool:
    """Whether `text` is written like a phone number in an ID type that is named like one."""
    named = id_type.casefold()
    if not (any(word in named for word in _PHONE_WORDS) or _TEL.search(named)):
        return False
    signs = text.removeprefix("+")
    # No pattern: one that may begin anywhere takes seconds for sixteen thousand digits and a letter.
    return any(map(str.isdecimal, signs)) and all(one.isdecimal() or one in _PHONE_SIGNS for one in signs)


def is_mail_like(id_type: str, text: str) -> bool:
    """Whether `text` seems to be meant as a mail address."""
    return "@" in text or "mail" in id_type.casefold()


def unwrapped(text: str) -> str:
    """The ID in `text` without what it came in: ends, quotes, `mailto:`, `Name <…>`, our apostrophe."""
    for _ in range(_LAYERS):
        inner = _without_layer(text.translate(_UNSEEN).strip())
        if inner == text:
            break
        text = inner
    return text


def _without_layer(text: str) -> str:
    for scheme in _SCHEMES:
        if text[: len(scheme)].lower() == scheme:
            return unquote(re.split("[?;]", text[len(scheme) :], maxsplit=1)[0])
    if text.endswith(">") and "<" in text:
        name, _, inner = text[:-1].rpartition("<")
        return inner if "@" in inner or not name else text
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        return text[1:-1]
    if text[:1] == "'" and text[1:2] in _AFTER_APOSTROPHE:
        return text[1:]
    return text.rstrip(",;")


def plain(text: str) -> str:
    """`text` with each letter and sign as it is usually written.

    Accents are one character with their letter, signs of full width plain ones, and so, among Latin letters,
    are those of other alphabets that look the same.
    """
    text = narrow(text)
    if any(one.isascii() and one.isalpha() for one in text):
        text = _LETTERS.sub(_latin, text)
    return text


def _latin(found: re.Match[str]) -> str:
    letters = found[0].translate(_LOOK_ALIKE)
    # A word with a letter that no Latin one resembles is a word of that alphabet.
    return letters if letters.isascii() else found[0]


def alternatives(text: str) -> tuple[str, ...]:
    """What `text` may be meant to be, the nearest first, without itself."""
    written = plain(text)
    forms = (unwrapped(text), text.lower(), written, written.lower())
    return tuple(dict.fromkeys(one for one in forms if one != text))


def difference(text: str, other: str) -> Message:
    """In what `text` differs from `other`, one of its `alternatives` or the same phone number."""
    if other == text.lower():
        return say("consent", "the same in lower case")
    if other == unwrapped(text):
        return say("consent", "the same without what stands around it")
    if (pair := half_written(text)) is not None:
        return say("consent", "“{pair}” was typed in two characters").format(pair=pair)
    for sign in text:
        if sign != narrow(sign):
            return say("consent", "“{sign}” is not the usual “{usual}”").format(sign=sign, usual=narrow(sign))
        if sign != sign.translate(_LOOK_ALIKE) and plain(text) != text:
            alphabet = say("consent", "Greek") if "\u0370" <= sign < "\u0400" else say("consent", "Cyrillic")
            return say("consent", "“{sign}” is a {alphabet} letter").format(sign=sign, alphabet=alphabet)
    return say("consent", "the same number, written internationally")


def accident(text: str) -> Message | None:
    """What a spreadsheet or a program seems to have put in the place of an ID, None where it has not."""
    lowered = text.lower()
    if _EXCEL.fullmatch(text):
        return say(
            "consent",
            "A spreadsheet has shortened a long number to {text}: digits are missing. Copy it anew.",
        ).format(
            text=text,
        )
    if lowered in _NO_ID:
        return say(
            "consent",
            "“{text}” is what a spreadsheet or a program writes where there is no ID. Copy it anew.",
        ).format(
            text=text,
        )
    if _is_date(lowered):
        return say(
            "consent", "This is a date: a spreadsheet may have made it of an ID. Compare it with Engagement."
        )
    return None


def _is_date(text: str) -> bool:
    if _SHORT_DATE.fullmatch(text):
        return not _MONTHS.isdisjoint(re.split("[-. ]", text))
    for pattern in _DATES:
        if (found := pattern.fullmatch(text)) is not None:
            low, high = sorted((int(found["one"]), int(found["other"])))
            return 1 <= low <= 12 and high <= 31 and "1900" <= found["year"] < "2100"
    return False


def oddity(text: str) -> Message | None:
    """What to look at in `text`, an ID without hidden characters; None where nothing is odd."""
    if " " in text:
        return say(
            "consent", "There are spaces in it, and Engagement compares IDs exactly. Do they belong there?"
        )
    if text != text.lower() and text != text.upper():
        return say(
            "consent",
            "Capital and small letters may make two customers of one. Write it as Engagement has it.",
        )
    return None


def plainly(text: str) -> Message | None:
    """What to say of `text` where it is not written as usual, None where it is."""
    usual = plain(text)
    if usual == text:
        return None
    return say("consent", "{difference}. Engagement compares IDs exactly: is it {usual}?").format(
        difference=difference(text, usual),
        usual=cut(usual),
    )
