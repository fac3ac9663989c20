"""The endpoints of the reference's section 4: a request, complete, becomes an answer.

What is marked "ours" is our own choice: there the vendor's behaviour is not documented.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest

from consent_desk.sandbox import answers
from consent_desk.sandbox.answers import RefusedError, SandboxAnswer, told
from consent_desk.sandbox.project import KEY_ID, PROJECT_TOKEN, SECRET, EngagementProject

Document = dict[str, object]
Endpoint = Callable[[EngagementProject, Document], SandboxAnswer]

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


def answer(project: EngagementProject, request: Received) -> SandboxAnswer:
    """What `project` answers to `request`. Never raises, whatever its bytes are."""
    try:
        return endpoint(request)(project, _document(request) if request.method == "POST" else {})
    except RefusedError as refused:
        return refused.answer


def endpoint(request: Received) -> Endpoint:
    """What answers to a request. Raises RefusedError for its address and key, whatever its body is.

    Ours: the order of the checks (address, token, key, body).
    """
    path = _PATH.fullmatch(request.path.partition("?")[0])
    if path is None or (path[1], path[3]) not in _ENDPOINTS:
        raise RefusedError(answers.UNKNOWN_ADDRESS)
    method, respond = _ENDPOINTS[path[1], path[3]]
    if request.method != method:
        raise RefusedError(answers.WRONG_METHOD)
    if _TOKEN.fullmatch(path[2]) is None:
        # Ours: that of the two documented texts this one is for a token cut short.
        raise RefusedError(answers.COULD_NOT_AUTHENTICATE)
    if path[2] != PROJECT_TOKEN:
        raise RefusedError(answers.INVALID_PROJECT)
    _check_key(request.header("Authorization"))
    return respond


def _check_key(authorization: str) -> None:
    scheme, _, pair = authorization.strip().partition(" ")
    try:
        key_id, colon, secret = b64decode(pair.strip(), validate=True).partition(b":")
    except ValueError:
        raise RefusedError(answers.KEY_NOT_PROVIDED) from None
    # Ours: that public access (`Token …`) counts as no key at all.
    if scheme.lower() != "basic" or not colon:
        raise RefusedError(answers.KEY_NOT_PROVIDED)
    if key_id != KEY_ID.encode("ascii"):
        raise RefusedError(answers.KEY_NOT_FOUND)
    if not compare_digest(secret, SECRET.encode("ascii")):
        raise RefusedError(answers.INVALID_SECRET)


def _document(request: Received) -> Document:
    if request.header("Content-Encoding").lower() not in {"", "identity"}:
        raise RefusedError(answers.BROKEN_REQUEST)
    try:
        document = json.loads(request.body.decode("utf-8"))
        # Python reads NaN and 1e999, which are no JSON; it writes neither here.
        json.dumps(document, allow_nan=False)
    except (ValueError, RecursionError):
        raise RefusedError(answers.INVALID_JSON) from None
    # Ours: JSON that is no object, or that is nested too deep to be written out again in a history.
    if not isinstance(document, dict) or _is_deep(document):
        raise RefusedError(answers.INVALID_JSON)
    return document


def _is_deep(value: object, levels: int = _MOST_LEVELS) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not levels or any(_is_deep(one, levels - 1) for one in inner)


def _ids(document: Document) -> Mapping[str, str]:
    """The usable customer IDs (section 5). Ours: numbers count as their digits, the unusable is ignored."""
    given = document.get("customer_ids")
    if not isinstance(given, dict) or not given:
        raise RefusedError(answers.NO_ID)
    usable = {
        kind: str(value)
        for kind, value in given.items()
        if type(value) in {str, int, float}
        and value not in ("null", "undefined")
        and any(character.isalnum() for character in str(value))
    }
    if not usable:
        raise RefusedError(answers.NO_VALID_ID)
    return usable


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _FAR:
        return value
    return None


def _system_time(project: EngagementProject, _: Document) -> SandboxAnswer:
    return told(200, success=True, errors=[], time=project.now())


def _categories(project: EngagementProject, _: Document) -> SandboxAnswer:
    return told(200, success=True, results=project.categories)


def _add_event(project: EngagementProject, document: Document) -> SandboxAnswer:
    ids = _ids(document)
    event_type = document.get("event_type")
    if not isinstance(event_type, str) or not event_type:
        raise RefusedError(answers.NO_EVENT_TYPE)
    # Ours: that this key may add consents and nothing else.
    if event_type != "consent" or not project.may_write:
        raise RefusedError(answers.NOT_AUTHORIZED)
    properties = document.get("properties")
    # Ours: properties that are none count as empty, a timestamp that is no number as missing.
    project.add(ids, properties if isinstance(properties, dict) else {}, _number(document.get("timestamp")))
    return told(200, success=True, errors=[])


def _batch(project: EngagementProject, document: Document) -> SandboxAnswer:
    commands = document.get("commands")
    if not isinstance(commands, list) or not commands:
        raise RefusedError(answers.NO_COMMANDS)
    if len(commands) > MOST_COMMANDS:
        raise RefusedError(answers.TOO_MANY_COMMANDS)
    start = project.now()
    results = [_command(project, command) for command in commands]
    return told(200, success=True, start_time=start, end_time=project.now(), results=results)


def _command(project: EngagementProject, command: object) -> object:
    data = command.get("data") if isinstance(command, dict) else None
    try:
        if not isinstance(command, dict) or command.get("name") != "customers/events":
            raise RefusedError(answers.UNKNOWN_COMMAND)
        _add_event(project, data if isinstance(data, dict) else {})
    except RefusedError as refused:
        return json.loads(refused.answer.body)
    return {"success": True}


def _attributes(project: EngagementProject, document: Document) -> SandboxAnswer:
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


def _history(project: EngagementProject, document: Document) -> SandboxAnswer:
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
    shown = (events if order == "asc" else events[::-1])[skip:][:limit]
    data = [{"type": "consent", "timestamp": one.timestamp, "properties": one.properties} for one in shown]
    return told(200, success=True, data=data)


def _count(document: Document, name: str, default: int) -> int:
    count = document.get(name, default)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise RefusedError(told(400, success=False, errors={name: ["Must be a whole number, 0 or more."]}))
    return count


_ENDPOINTS: dict[tuple[str, str], tuple[str, Endpoint]] = {
    ("track", "system/time"): ("GET", _system_time),
    ("track", "customers/events"): ("POST", _add_event),
    ("track", "batch"): ("POST", _batch),
    ("data", "consent/categories"): ("GET", _categories),
    ("data", "customers/attributes"): ("POST", _attributes),
    ("data", "customers/events"): ("POST", _history),
}
