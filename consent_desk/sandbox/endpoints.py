"""The endpoints of the reference's section 4: a request, complete, becomes an answer.

What is marked "ours" is our own choice: there the vendor's behaviour is not documented.
"""

import binascii
import json
import math
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import NoReturn

from consent_desk.sandbox import answers
from consent_desk.sandbox.answers import Answer, told
from consent_desk.sandbox.project import KEY_ID, PROJECT_TOKEN, SECRET, EngagementProject

Document = dict[str, object]

MOST_COMMANDS = 50
_MOST_LEVELS = 100
_FAR = 1e15
_PATH = re.compile(r"/(track|data)/v2/projects/([^/]*)/(.+)")
_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MODES = ("valid", "timestamp", "until", "source", "message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it arrived: names and values of `headers` in their order, `body` byte for byte."""

    method: str
    path: str
    # Not in the repr: somebody may have typed a secret of their own.
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes

    def header(self, name: str) -> str:
        """The value of the first header called `name`, empty where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


class _RefusedError(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def refusal(request: Received) -> Answer | None:
    """What a request is refused with for its address and key alone, whatever its body is; None if it is not.

    Ours: the order of the checks (address, token, key, body).
    """
    try:
        _endpoint(request)
    except _RefusedError as refused:
        return refused.answer
    return None


def answer(project: EngagementProject, request: Received) -> Answer:
    """What `project` answers to `request`. Never raises, whatever its bytes are."""
    try:
        respond = _endpoint(request)
        return respond(project, _document(request) if request.method == "POST" else {})
    except _RefusedError as refused:
        return refused.answer


def _endpoint(request: Received) -> Callable[[EngagementProject, Document], Answer]:
    path = _PATH.fullmatch(request.path.partition("?")[0])
    endpoint = _ENDPOINTS.get((path[1], path[3])) if path else None
    if path is None or endpoint is None:
        raise _RefusedError(answers.UNKNOWN_ADDRESS)
    method, respond = endpoint
    if request.method != method:
        raise _RefusedError(answers.WRONG_METHOD)
    _check_token(path[2])
    _check_key(request.header("Authorization"))
    return respond


# --------------------------------------------------------------------------------------- who may come in


def _check_token(token: str) -> None:
    if _TOKEN.fullmatch(token) is None:
        # Ours: that of the two documented texts this one is for a token cut short.
        raise _RefusedError(answers.COULD_NOT_AUTHENTICATE)
    if token != PROJECT_TOKEN:
        raise _RefusedError(answers.INVALID_PROJECT)


def _check_key(authorization: str) -> None:
    scheme, _, pair = authorization.strip().partition(" ")
    try:
        key_id, colon, secret = b64decode(pair.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        raise _RefusedError(answers.KEY_NOT_PROVIDED) from None
    # Ours: that public access (`Token …`) counts as no key at all.
    if scheme.lower() != "basic" or not colon:
        raise _RefusedError(answers.KEY_NOT_PROVIDED)
    if key_id != KEY_ID.encode("ascii"):
        raise _RefusedError(answers.KEY_NOT_FOUND)
    if not compare_digest(secret, SECRET.encode("ascii")):
        raise _RefusedError(answers.INVALID_SECRET)


# ----------------------------------------------------------------------------------- what a request says


def _document(request: Received) -> Document:
    if request.header("Content-Encoding").lower() not in {"", "identity"}:
        raise _RefusedError(answers.BROKEN_REQUEST)
    try:
        document = json.loads(request.body.decode("utf-8"), parse_float=_finite, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise _RefusedError(answers.INVALID_JSON) from None
    # Ours: JSON that is no object, or that is nested too deep to be written out again in a history.
    if not isinstance(document, dict) or _is_deep(document):
        raise _RefusedError(answers.INVALID_JSON)
    return document


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _is_deep(document: object) -> bool:
    level = [document]
    for _ in range(_MOST_LEVELS):
        lists = [value for value in level if isinstance(value, list)]
        lists += [list(value.values()) for value in level if isinstance(value, dict)]
        level = [value for values in lists for value in values]
    return bool(level)


def _ids(document: Document) -> Mapping[str, str]:
    """The usable customer IDs (section 5). Ours: numbers count as their digits, the unusable is ignored."""
    given = document.get("customer_ids")
    if not isinstance(given, dict) or not given:
        raise _RefusedError(answers.NO_ID)
    texts = {
        kind: str(value)
        for kind, value in given.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
    usable = {
        kind: text
        for kind, text in texts.items()
        if text not in {"null", "undefined"} and any(character.isalnum() for character in text)
    }
    if not usable:
        raise _RefusedError(answers.NO_VALID_ID)
    return usable


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _FAR:
        return value
    return None


# --------------------------------------------------------------------------------------- the endpoints


def _system_time(project: EngagementProject, _: Document) -> Answer:
    return told(200, success=True, errors=[], time=project.time)


def _categories(project: EngagementProject, _: Document) -> Answer:
    return told(200, success=True, results=project.categories)


def _add_event(project: EngagementProject, document: Document) -> Answer:
    ids = _ids(document)
    event_type = document.get("event_type")
    if not isinstance(event_type, str) or not event_type:
        raise _RefusedError(answers.NO_EVENT_TYPE)
    # Ours: that this key may add consents and nothing else.
    if event_type != "consent" or not project.may_write:
        raise _RefusedError(answers.NOT_AUTHORIZED)
    properties = document.get("properties")
    # Ours: properties that are none count as empty, a timestamp that is no number as missing.
    project.add(ids, properties if isinstance(properties, dict) else {}, _number(document.get("timestamp")))
    return told(200, success=True, errors=[])


def _batch(project: EngagementProject, document: Document) -> Answer:
    commands = document.get("commands")
    if not isinstance(commands, list) or not commands:
        raise _RefusedError(answers.NO_COMMANDS)
    if len(commands) > MOST_COMMANDS:
        raise _RefusedError(answers.TOO_MANY_COMMANDS)
    start = project.time
    results = [_command(project, command) for command in commands]
    return told(200, success=True, start_time=start, end_time=project.time, results=results)


def _command(project: EngagementProject, command: object) -> object:
    data = command.get("data") if isinstance(command, dict) else None
    try:
        if not isinstance(command, dict) or command.get("name") != "customers/events":
            raise _RefusedError(answers.UNKNOWN_COMMAND)
        _add_event(project, data if isinstance(data, dict) else {})
    except _RefusedError as refused:
        return json.loads(refused.answer.body)
    return {"success": True}


def _attributes(project: EngagementProject, document: Document) -> Answer:
    ids = _ids(document)
    wishes = document.get("attributes")
    if not isinstance(wishes, list) or not wishes:
        return told(400, success=False, errors={"attributes": ["At least one attribute is required."]})
    results: list[object] = []
    for position, wish in enumerate(wishes):
        if not isinstance(wish, dict) or (wish.get("type") == "consent" and wish.get("mode") not in _MODES):
            return told(400, success=False, errors={"attributes": {str(position): ["Unknown attribute."]}})
        # Ours: that the permission is looked at before the customer, and that this key reads consents only.
        if wish.get("type") != "consent" or not project.may_read:
            results.append({"success": False, "error": "No permission"})
            continue
        status = project.status(ids, wish.get("category"))
        if status is None:
            return answers.UNKNOWN_CUSTOMER
        results.append({"success": True, "value": getattr(status, wish["mode"])})
    return told(200, success=True, results=results)


def _history(project: EngagementProject, document: Document) -> Answer:
    """Ours: the default order and limit, and the answers to unusable ones."""
    ids = _ids(document)
    event_types = document.get("event_types")
    if not isinstance(event_types, list) or not event_types:
        return told(400, success=False, errors={"event_types": ["At least one event type is required."]})
    if event_types != ["consent"] or not project.may_read:
        return answers.MAY_NOT_READ
    order = document.get("order", "asc")
    if order not in ("asc", "desc"):
        return told(400, success=False, errors={"order": ["Must be asc or desc."]})
    limit, skip = _count(document, "limit", 10), _count(document, "skip", 0)
    events = project.history(ids)
    if events is None:
        return answers.UNKNOWN_CUSTOMER
    ordered = events if order == "asc" else events[::-1]
    shown = ordered[skip:][:limit]
    return told(
        200,
        success=True,
        data=[
            {"type": "consent", "timestamp": event.timestamp, "properties": event.properties}
            for event in shown
        ],
    )


def _count(document: Document, name: str, default: int) -> int:
    count = document.get(name, default)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise _RefusedError(told(400, success=False, errors={name: ["Must be a whole number, 0 or more."]}))
    return count


_ENDPOINTS: dict[tuple[str, str], tuple[str, Callable[[EngagementProject, Document], Answer]]] = {
    ("track", "system/time"): ("GET", _system_time),
    ("track", "customers/events"): ("POST", _add_event),
    ("track", "batch"): ("POST", _batch),
    ("data", "consent/categories"): ("GET", _categories),
    ("data", "customers/attributes"): ("POST", _attributes),
    ("data", "customers/events"): ("POST", _history),
}
