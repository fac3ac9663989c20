"""What a server answered: read from any bytes whatever, and put into words.

Answers and their failures: the reference's section 5.

Long because how an answer is read, and what each text and status means, is judged in one go.
"""

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, NoReturn
from urllib.parse import urlsplit

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import inert, visible

Headers = Sequence[tuple[str, str]]
_Read = Callable[[Any], object]

ERROR_KEYS = ("errors", "error", "message")
"""Where an answer, or a part of it, names an error."""

_AGAINST = (*ERROR_KEYS, "warnings", "warning", "failed", "failures", "rejected")
"""Where something that was not taken as sent may stand besides."""

_FINE = frozenset({"ok", "success", "succeeded", "accepted", "created", "queued", "200", "201", "202"})
"""What a `status` beside success may say, in lower case."""

_MOST_MESSAGES = 20
_MOST_LEVELS = 6
_MOST_CHARACTERS = 300
_DEEPEST = 30
"""Levels of a laid-out answer: a megabyte of brackets would become one of blanks for each of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A body as read. `document` is its JSON value, None where it has none.

    `success` is what the body says of itself, None where it does not; `errors` are the texts of
    all four error shapes in their order.
    """

    document: object
    success: bool | None
    errors: tuple[str, ...]

    @property
    def is_success(self) -> bool:
        """Whether it says success, and names no error beside it. What its data hold is not looked at."""
        if self.success is not True or not isinstance(self.document, dict):
            return False
        # Not the texts alone: an error without one, [{"code": 5}], is an error all the same.
        return not any(self.document.get(key) for key in ERROR_KEYS)

    @property
    def is_success_throughout(self) -> bool:
        """Whether it says success, and nothing in it says otherwise: of an answer that carries no data."""
        return self.is_success and not _speaks_against(self.document, _MOST_LEVELS)


@dataclass(frozen=True, slots=True)
class Meaning:
    """Why a call was not accepted, what to do, and the field or setting to mend, if there is one."""

    why: Message
    advice: Message
    field: Field | None = None


@lru_cache(8)  # each is read several times, and the same one comes for most
def read_answer(body: bytes) -> Answer:
    """Read `body`. Total: bytes that are no JSON, or contradict themselves, give an empty `Answer`."""
    return _read(_document(body))


def read_data(body: bytes) -> Answer:
    """Read a `body` that carries what anybody ever tracked.

    As `read_answer`, but a number that is none, or too long, and an object in which a key stands twice become
    an Ellipsis, and the rest is read.
    """
    return _read(_document(body, _or_ellipsis))


def _read(document: object) -> Answer:
    if not isinstance(document, dict):
        return Answer(document, None, ())
    success = document.get("success")
    texts: list[str] = []
    for key in ERROR_KEYS:
        for text in _texts(document.get(key), _MOST_LEVELS):
            if len(texts) < _MOST_MESSAGES and (line := inert(text, _MOST_CHARACTERS)):
                texts.append(line)
    return Answer(document, success if isinstance(success, bool) else None, tuple(texts))


def pretty(body: bytes) -> str | None:
    """`body` laid out for reading if it is JSON, else None: still JSON, its hidden characters escaped.

    Numbers stay as they came: 250.00, 1e400. What is nested deeper than anybody reads is not laid out.
    """
    try:
        document = _parsed(body, _Digits, _Digits)
        laid_out = _laid_out(document, 0)
    except (ValueError, RecursionError):
        return None
    return visible(laid_out, lambda character: json.dumps(character)[1:-1])


class _Digits(str):
    """A number as it came."""


def _laid_out(value: object, level: int) -> str:
    if isinstance(value, _Digits):
        return value
    if not (isinstance(value, list | dict) and value):
        return json.dumps(value, ensure_ascii=False)
    if level == _DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, dict):
        names = (json.dumps(name, ensure_ascii=False) for name in value)
        of_each = (_laid_out(one, level + 1) for one in value.values())
        parts = [f"{name}: {one}" for name, one in zip(names, of_each, strict=True)]
        begin, end = "{}"
    else:
        parts = [_laid_out(one, level + 1) for one in value]
        begin, end = "[]"
    line = "\n" + "  " * level
    return f"{begin}{line}  {f',{line}  '.join(parts)}{line}{end}"


def header(headers: Headers, name: str) -> str | None:
    """The value of the first header called `name`, in any case."""
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def meaning(status: int, headers: Headers, body: bytes) -> Meaning:
    """Put an answer that is no success into words (section 5)."""
    answer = read_answer(body)
    if 300 <= status < 400:
        return _redirect(headers)
    if is_from_the_way(status, headers, body):
        return _BY_STATUS_OF_THE_WAY.get(status, _FROM_THE_WAY)
    said = _said(answer, body)
    for text, known in _KNOWN.items():
        if text in said:
            return known
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return Meaning(
            say("wire", "Engagement had trouble while it handled the call"),
            say("wire", "If it happens again, show the answer in the details to your administrator."),
        )
    if status < 300 and answer.success is not False:
        return _NO_VERDICT if answer.success is None or status != 200 else _CONTRADICTION
    return Meaning(say("wire", "Engagement did not take the call"), _SHOW)


_SHOW = say("wire", "Show the answer in the details to your administrator.")

_NO_VERDICT = Meaning(
    say("wire", "the answer does not say whether it was taken"),
    say("wire", "Perhaps the base URL does not lead to Engagement. Show the answer to your administrator."),
    Field.BASE_URL,
)

_CONTRADICTION = Meaning(
    say("wire", "the answer says that it was taken, and that something is wrong too"), _SHOW
)

# Looked for in this order, in lower case, in whatever the answer says.
_KNOWN = {
    "access key not provided": Meaning(
        say("wire", "the key did not arrive at Engagement"),
        say("wire", "Something on the way may remove the Authorization header. Tell your administrator."),
        Field.API_KEY_ID,
    ),
    "access key not found": Meaning(
        say("wire", "Engagement does not know this desk's API key ID"),
        say("wire", "Tell your administrator: copy the API key ID again."),
        Field.API_KEY_ID,
    ),
    "invalid secret": Meaning(
        say("wire", "this desk's key is wrong"),
        say("wire", "Tell your administrator: the API secret does not belong to the API key ID."),
        Field.API_SECRET,
    ),
    "not authorized to add event": Meaning(
        say("wire", "this desk's key may not record consents"),
        say("wire", "Tell your administrator: tick Events > consent Set for the API group of this key."),
        Field.API_KEY_ID,
    ),
    "no permission": Meaning(
        say("wire", "this desk's key may not read consents"),
        say("wire", "Tell your administrator: tick Events > consent Get for the API group of this key."),
        Field.API_KEY_ID,
    ),
    "invalid project id": Meaning(
        say("wire", "Engagement does not know this project token"),
        say("wire", "Tell your administrator: copy the project token again."),
        Field.PROJECT_TOKEN,
    ),
    "could not authenticate": Meaning(
        say("wire", "the project token is wrong or cut short"),
        say("wire", "Tell your administrator: copy the project token again."),
        Field.PROJECT_TOKEN,
    ),
    "id should be specified": Meaning(
        say("wire", "Engagement does not take this customer ID"),
        say("wire", "Check the customer ID and its type."),
        Field.CUSTOMER_ID,
    ),
    "customer does not exist": Meaning(
        say("wire", "Engagement knows no such customer"),
        say("wire", "Check the customer ID and its type."),
        Field.CUSTOMER_ID,
    ),
    "badrequest: the browser": Meaning(
        say("wire", "the request arrived broken"),
        say("wire", "Something on the way may change or compress requests. Tell your administrator."),
    ),
    "invalid json": Meaning(
        say("wire", "the request arrived broken"),
        say("wire", "Something on the way may change requests. Tell your administrator."),
    ),
}

_BY_STATUS = {
    401: Meaning(
        say("wire", "Engagement did not accept this desk's key"),
        say("wire", "Tell your administrator: check API key ID and API secret."),
        Field.API_KEY_ID,
    ),
    403: Meaning(
        say("wire", "this desk's key lacks a permission, or belongs to another project"),
        say(
            "wire",
            "Tell your administrator: tick Events > consent Get and Set for the API group of this key.",
        ),
        Field.API_KEY_ID,
    ),
    404: Meaning(
        say("wire", "there is no Engagement API at this address"),
        say("wire", "Tell your administrator: copy the base URL again."),
        Field.BASE_URL,
    ),
    429: Meaning(
        say("wire", "Engagement is taking too many calls at the moment"),
        say("wire", "Try again in a minute."),
    ),
}

_FROM_THE_WAY = Meaning(
    say("wire", "a proxy or firewall on the way answered, probably not Engagement"),
    say("wire", "Ask your network's administrator; give them the answer in the details."),
)

_BY_STATUS_OF_THE_WAY = {
    407: Meaning(
        say("wire", "the proxy on the way wants a user name and password"),
        say("wire", "Ask your network's administrator to let this program through without."),
    ),
    429: Meaning(
        say("wire", "something on the way lets no more calls through at the moment"),
        say("wire", "Try again in a minute."),
    ),
    511: Meaning(
        say("wire", "this network wants you to sign in first"),
        say("wire", "Open any page in a browser and sign in to the network."),
    ),
}

STOPPED_ON_THE_WAY = frozenset({407, 511})
"""Answers of what has not passed the request on, by what these statuses mean (RFC 9110, RFC 6585)."""

_NEVER_OF_THE_WAY = frozenset({404, 500})
"""Documented for Engagement with any text whatever (section 5)."""


def _redirect(headers: Headers) -> Meaning:
    location = header(headers, "location") or ""
    try:
        host = inert(urlsplit(location).hostname or "", _MOST_CHARACTERS)
    except ValueError:
        host = ""
    return Meaning(
        say("wire", "the address leads elsewhere, to {host}; nothing was sent there").format(
            host=host or "another page"
        ),
        say("wire", "Tell your administrator: check the base URL."),
        Field.BASE_URL,
    )


def is_from_the_way(status: int, headers: Headers, body: bytes) -> bool:
    """Whether a proxy or firewall seems to have answered instead of Engagement (section 5, assumed).

    Engagement's answers bear an `x-request-id`, or say `success`, or are one of its known texts.
    """
    if status < 400 or status in _NEVER_OF_THE_WAY:
        return False
    if status in STOPPED_ON_THE_WAY:
        return True
    answer = read_answer(body)
    if header(headers, "x-request-id") is not None or answer.success is not None:
        return False
    said = _said(answer, body)
    if status == 429 and _TOO_MANY in said:
        return False
    is_page = body[:500].removeprefix(BOM_UTF8).lstrip().startswith(b"<")
    return is_page or not any(text in said for text in _KNOWN)


_TOO_MANY = "too many requests"


def known_text(body: bytes) -> str:
    """The text by which Engagement is known in an answer, in lower case; empty where there is none."""
    said = _said(read_answer(body), body)
    return next((text for text in (*_KNOWN, _TOO_MANY) if text in said), "")


def _said(answer: Answer, body: bytes) -> str:
    return " ".join(answer.errors).lower() or body[:2000].decode("utf-8", "replace").lower()


def _as_it_is(read: _Read) -> _Read:
    return read


def _or_ellipsis(read: _Read) -> _Read:
    def lenient(what: Any) -> object:
        try:
            return read(what)
        except ValueError:
            return ...

    return lenient


def _document(body: bytes, reads: Callable[[_Read], _Read] = _as_it_is) -> object:
    try:
        return _parsed(body, int, _finite, reads)
    except (ValueError, RecursionError):
        return None


def _parsed(
    body: bytes, read_int: _Read, read_float: _Read, reads: Callable[[_Read], _Read] = _as_it_is
) -> object:
    document: object = json.loads(
        body.decode("utf-8-sig"),
        parse_constant=reads(_refuse),
        parse_int=reads(read_int),
        parse_float=reads(read_float),
        object_pairs_hook=reads(_only_once),
    )
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    # 1e400 becomes infinity, with which nothing can be reckoned.
    number = float(digits)
    return number if isfinite(number) else _refuse(digits)


def _only_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # A body that says success twice says nothing.
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice")
    return document


def _speaks_against(value: object, levels: int) -> bool:
    """Whether any part of an answer names an error, or denies success; also where it is too deep to tell."""
    if not isinstance(value, list | dict):
        return False
    if not levels:
        return bool(value)
    if isinstance(value, dict):
        if value.get("success", True) is not True or any(value.get(key) for key in _AGAINST):
            return True
        status = value.get("status")
        if status is not None and str(status).lower() not in _FINE:
            return True
    parts = value.values() if isinstance(value, dict) else value
    return any(_speaks_against(part, levels - 1) for part in parts)


def _texts(value: object, levels: int) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, list | dict) and levels:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item, levels - 1)
