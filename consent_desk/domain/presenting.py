"""What others may see while somebody presents: the same values, with all that names anybody masked.

A text is masked unless it is known to be harmless, whatever it stands in: so what is added to an entry, an
event or a message one day is masked too. What became of a consent, when, and about which category stays true.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date, time, timedelta, tzinfo
from enum import Enum
from itertools import count
from pathlib import PurePath
from typing import Any, TypeVar, cast

from consent_desk.domain.consent.values import Consent, CustomerId
from consent_desk.domain.errors import DeskError
from consent_desk.domain.lifecycle.messages import WRONG_TIME
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import (
    ACKNOWLEDGED,
    ASKED,
    CANCELLED_HERE,
    DECIDED,
    INSISTED,
    IS_RIGHT,
    SAW_OPT_OUT,
)
from consent_desk.domain.log_query import words_of
from consent_desk.domain.message import Message
from consent_desk.domain.wire.answer import header, known_text, read_answer
from consent_desk.domain.wire.request import event_body

Shown = TypeVar("Shown")

MASKED = "masked"
PLACE = f"https://{MASKED}"

_HARMLESS = frozenset(
    {
        *("request_id", "project_id", "project_name", "press", "corrects", "category", "type"),
        *("request_ids", "noun", "at", "since", "until", "end"),
    }
)
"""The names of what is shown as it is: in a dataclass, or among the values of a message."""

_SOURCES = frozenset({"private_api", "public_api", "import", "page", "crm", "scenario", "campaign"})
_CHANNELS = frozenset({"phone", "e-mail", "chat", "letter", "in person"})
_NOTES = frozenset({ASKED, CANCELLED_HERE, INSISTED, IS_RIGHT, SAW_OPT_OUT, WRONG_TIME, "alarm dismissed"})
_KNOWN = {"source": _SOURCES, "channel": _CHANNELS, "note": _NOTES}
"""What may stand in a free text without telling of anybody."""

_PLAIN = bool | int | float | date | time | timedelta | tzinfo | Enum | None


class Masker:
    """Masks values, and knows each customer by one alias as long as it lives. May be used by any thread."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._aliases: dict[CustomerId, CustomerId] = {}
        self._real: dict[CustomerId, CustomerId] = {}

    def customer(self, customer: CustomerId) -> CustomerId:
        """The alias of a customer: always the same one."""
        if customer not in self._aliases:
            alias = CustomerId(type=customer.type, value=f"customer {next(self._numbers)}")
            # Of two threads one was the first.
            self._real[self._aliases.setdefault(customer, alias)] = customer
        return self._aliases[customer]

    def real(self, alias: CustomerId) -> CustomerId:
        """The customer who is called so; `alias` itself where nobody is."""
        return self._real.get(alias, alias)

    def words(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """What to search for, where somebody types an alias."""
        alias = " ".join(words)
        # As it is just now: another thread may name somebody meanwhile.
        known = tuple(self._real.items())
        return next((words_of(real.value) for one, real in known if one.value == alias), words)

    def mask(self, value: Shown) -> Shown:
        """`value` as others may see it. Raises TypeError for what nobody has thought of."""
        return cast("Shown", self._mask(value, ""))

    def _mask(self, value: Any, name: str) -> Any:
        match value:
            case str() if not isinstance(value, Enum):
                return _text(value, name)
            case bytes():
                return value and MASKED.encode()
            case CustomerId():
                return self.customer(value)
            case Consent():
                return self._consent(value)
            case Noted():
                masked = self._fields(value)
                return replace(masked, body=value.body and event_body(masked.consent))
            case Message():
                told = {key: self._mask(one, key) for key, one in value.values.items()}
                return value.format(**told)
            case DeskError():
                return type(value)(self.mask(value.title), self.mask(value.advice))
            case Exception():
                return value  # shown by its kind alone
            case PurePath():
                return type(value)(MASKED)
            case Mapping():
                return {key: self._mask(one, name) for key, one in value.items()}
            case tuple() | list() | frozenset():
                return type(value)(self._mask(one, name) for one in value)
            case _ if is_dataclass(value):
                return self._fields(value)
            case _ if isinstance(value, _PLAIN):
                return value
            case _:
                raise TypeError(type(value).__name__)

    def _fields(self, value: Any) -> Any:
        changed = {field.name: self._mask(getattr(value, field.name), field.name) for field in fields(value)}
        if "headers" in changed and "body" in changed:
            changed["headers"] = _headers(value.headers)
            changed["body"] = answered(value.body)
        if "base_url" in changed:
            changed["base_url"] = PLACE
        return replace(value, **changed)

    def _consent(self, consent: Consent) -> Consent:
        return replace(
            consent,
            customer=self.customer(consent.customer),
            channel=_text(consent.channel, "channel"),
            ticket=_text(consent.ticket, "ticket"),
            wording=_text(consent.wording, "wording"),
            agent=_text(consent.agent, "agent"),
            # Each needs a name of its own.
            properties=tuple(
                (f"{MASKED} {number}", MASKED) for number, _ in enumerate(consent.properties, 1)
            ),
        )


def _text(text: str, name: str) -> str:
    if not text or name in _HARMLESS or text.lower() in _KNOWN.get(name, ()):
        return text
    if name == "note":
        return next(
            (f"{own}{MASKED}" for own in (DECIDED, f"{ACKNOWLEDGED} (by ") if text.startswith(own)), MASKED
        )
    return text if name == "time" and text.isdecimal() else MASKED


def _headers(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return () if header(headers, "x-request-id") is None else (("x-request-id", MASKED),)


def answered(body: bytes) -> bytes:
    """An answer that means the same, and says nothing else."""
    if not body:
        return body
    answer, known = read_answer(body), known_text(body) or MASKED
    if not isinstance(answer.document, dict):
        is_page = body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
        return f"<{known}>".encode() if is_page else known.encode()
    if answer.is_success_throughout:
        return b'{"success": true}'
    success = {} if answer.success is None else {"success": answer.success}
    return json.dumps({**success, "errors": [known]}).encode()
