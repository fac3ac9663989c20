"""A person's decision about one consent category. Nothing half-filled or invalid can exist.

The rules are those of the reference's sections 1 and 4.1: an invalid consent event does not fail
at the server, it silently opts the person out.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

from consent_desk.domain.consent.action import Action
from consent_desk.domain.errors import InvalidError
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import hidden_character, hidden_name, refused_in_prose

VALUE_LIMIT = 16 * 1024
"""Bytes of UTF-8 at which Engagement no longer takes a property value (section 4)."""

FIRST_MILLISECOND = 100_000_000_000
"""From here on a number of "seconds" is milliseconds: the year 5138 otherwise."""

PropertyValue = str | bool | int | float
"""What a further property of an event may hold."""

# Beyond this, a JSON number is no longer read back as the same one everywhere.
_LARGEST_EXACT = 2**53

# From here on (the year 2242) a float, which is what JSON numbers become, no longer tells microseconds apart.
_FIRST_INEXACT = 2**33

_LINES = "\n\t\v\u2028"
"""What a text of several lines is made of: Word ends some of them with a vertical tab, Qt with U+2028."""

_CHECK = say("consent", "Check the value.")
_HIDDEN = say("consent", "There is {hidden} in it. Delete it.")


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A moment in UNIX microseconds, the finest that Engagement keeps."""

    micros: int

    def __post_init__(self) -> None:
        if not 0 < self.micros < _FIRST_INEXACT * 1_000_000:
            raise InvalidError(
                say("consent", "{micros} µs is no plausible time.").format(micros=self.micros), _CHECK
            )

    def __str__(self) -> str:
        """For where no time zone is known: the window writes a `Timestamp` of a message in local time."""
        return f"{datetime.fromtimestamp(self.micros / 1_000_000, UTC):%Y-%m-%d %H:%M UTC}"

    @property
    def seconds(self) -> int | float:
        """UNIX seconds as they go on the wire: an integer where there is no fraction, else 6 decimals."""
        whole, fraction = divmod(self.micros, 1_000_000)
        return self.micros / 1_000_000 if fraction else whole


@dataclass(frozen=True, slots=True)
class ValidUntil:
    """How long an opt-in holds: UNIX `seconds`, or None for `unlimited`."""

    seconds: int | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not 0 < self.seconds < FIRST_MILLISECOND:
            raise InvalidError(
                say("consent", "{seconds} is no time in seconds.").format(seconds=self.seconds), _CHECK
            )

    @property
    def wire(self) -> str | int:
        """The value of the property `valid_until`."""
        return "unlimited" if self.seconds is None else self.seconds


def complaint_about_id_type(text: str) -> Message | None:
    """Why `text` cannot name an ID type, or None."""
    if not text.strip():
        return say("consent", "Choose the kind of customer ID.")
    return _complaint_about_name(text)


def complaint_about_id(text: str) -> Message | None:
    """Why `text` cannot be a hard ID, or None. Hard IDs are exact and case-sensitive (section 1)."""
    if not text:
        return say("consent", "Enter the customer ID.")
    if (complaint := _complaint_about_name(text)) is not None:
        return complaint
    if text in {"null", "undefined"}:
        return say(
            "consent", "“{text}” is what a program writes for a missing ID. Enter the customer's ID."
        ).format(text=text)
    if not any(character.isalnum() for character in text):
        return say("consent", "An ID needs at least one letter or digit.")
    return None


def complaint_about_category(text: str) -> Message | None:
    """Why `text` cannot be the ID of a consent category, or None."""
    return _complaint_about_name(text) if text else say("consent", "Choose the consent category.")


def complaint_about_note(text: str) -> Message | None:
    """Why `text` cannot be a channel, a ticket or an agent's name, or None. Empty is fine."""
    return _complaint_about_size(text) or _complaint_about_prose(text) or _complaint_about_ends(text)


OWN_PROPERTIES = frozenset(
    {"action", "category", "valid_until", "message"}
    | {"source", "identification", "identification_type", "imported_timestamp"}
)
"""The names that mean something to Engagement: no further property may bear them (section 4.1)."""


def complaint_about_property_name(text: str, others: Collection[str] = ()) -> Message | None:
    """Why `text` cannot name a further property beside `others`, or None."""
    if not text:
        return say("consent", "Enter the property's name.")
    if (complaint := _complaint_about_name(text)) is not None:
        return complaint
    if text in OWN_PROPERTIES or text.startswith("desk_"):
        return say("consent", "“{text}” has a meaning of its own. Choose another name.").format(text=text)
    return (
        say("consent", "“{text}” stands there twice. Delete one.").format(text=text)
        if text in others
        else None
    )


def complaint_about_property(value: PropertyValue) -> Message | None:
    """Why `value` cannot be that of a further property, or None."""
    if isinstance(value, str):
        return complaint_about_wording(value)
    if isinstance(value, float) and not isfinite(value):
        return say("consent", "This is no number. Write one such as 12.5.")
    if not isinstance(value, bool) and abs(value) > _LARGEST_EXACT:
        return say("consent", "This number is too large to be kept exactly. Choose text as its type.")
    return None


def complaint_about_wording(text: str) -> Message | None:
    """Why `text` cannot be the wording, or None. Line breaks and tabs are part of it, those of Word too."""
    return _complaint_about_size(text) or _complaint_about_prose(text, allow=_LINES)


@dataclass(frozen=True, slots=True)
class Repair:
    """What is left of a text without all that is refused in it; `start`: where the first of that stands."""

    start: int
    text: str


def repair_of_wording(text: str) -> Repair | None:
    """How to mend a wording that holds what is refused; None where nothing is, or something else is wrong."""
    return _repair(text, allow=_LINES)


def repair_of_note(text: str) -> Repair | None:
    """The same for a channel, a ticket or an agent's name, which has no spaces at its ends either."""
    repair = _repair(text)
    if repair is not None:
        return Repair(repair.start, repair.text.strip())
    start = len(text.rstrip()) if text == text.lstrip() else 0
    return None if text == text.strip() or complaint_about_note(text.strip()) else Repair(start, text.strip())


def _repair(text: str, *, allow: str = "") -> Repair | None:
    refused = () if _complaint_about_size(text) else refused_in_prose(text, allow=allow)
    if not refused:
        return None
    left_out = set(refused)
    return Repair(refused[0], "".join(one for at, one in enumerate(text) if at not in left_out))


def _complaint_about_name(text: str) -> Message | None:
    # The size first: nobody waits while a pasted megabyte is searched.
    if (complaint := _complaint_about_size(text)) is not None:
        return complaint
    hidden = hidden_character(text)
    return _complaint_about_ends(text) if hidden is None else _HIDDEN.format(hidden=hidden)


def _complaint_about_ends(text: str) -> Message | None:
    return (
        None
        if text == text.strip()
        else say("consent", "There is a space at the beginning or the end. Delete it.")
    )


def _complaint_about_prose(text: str, *, allow: str = "") -> Message | None:
    refused = refused_in_prose(text, allow=allow)
    return _HIDDEN.format(hidden=hidden_name(text[refused[0]])) if refused else None


def _complaint_about_size(text: str) -> Message | None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size >= VALUE_LIMIT:
        return say(
            "consent", "{size} bytes is too long: Engagement takes less than 16 KB. Shorten it."
        ).format(size=f"{size:,}")
    return None


def _require(complaint: Message | None) -> None:
    if complaint is not None:
        raise InvalidError(complaint, _CHECK)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerId:
    """Whose consent: the `type` of ID as the project names it, and its exact `value`."""

    type: str
    value: str

    def __post_init__(self) -> None:
        _require(complaint_about_id_type(self.type))
        _require(complaint_about_id(self.value))


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One decision, complete. `noted_at` is when this desk took it down, never before `timestamp`.

    `properties`: further ones of the event, each with a name of its own, in the order in which they go out.

    Raises InvalidError for whatever would not be a valid consent event (sections 1, 4.1 and 5).
    """

    request_id: str
    customer: CustomerId
    category: str
    action: Action
    valid_until: ValidUntil | None
    timestamp: Timestamp
    noted_at: Timestamp
    channel: str = ""
    ticket: str = ""
    wording: str = ""
    agent: str = ""
    properties: tuple[tuple[str, PropertyValue], ...] = ()

    def __post_init__(self) -> None:
        if _UUID.fullmatch(self.request_id) is None:
            raise InvalidError(say("consent", "The request ID is no UUID."), _CHECK)
        _require(complaint_about_category(self.category))
        for note in (self.channel, self.ticket, self.agent):
            _require(complaint_about_note(note))
        for number, (name, value) in enumerate(self.properties):
            _require(complaint_about_property_name(name, [one for one, _ in self.properties[:number]]))
            _require(complaint_about_property(value))
        _require(complaint_about_wording(self.wording))
        if not isinstance(self.action, Action):
            raise InvalidError(say("consent", "The action is neither accept nor reject."), _CHECK)
        if self.timestamp > self.noted_at:
            raise InvalidError(say("consent", "The decision lies in the future."), _CHECK)
        if (self.action is Action.ACCEPT) != (self.valid_until is not None):
            raise InvalidError(say("consent", "An opt-in needs an end, an opt-out has none."), _CHECK)
        if self.valid_until is not None and not ends_after(self.valid_until, self.timestamp):
            raise InvalidError(say("consent", "The opt-in would end before it began."), _CHECK)


def ends_after(valid_until: ValidUntil, timestamp: Timestamp) -> bool:
    """Whether an opt-in given at `timestamp` holds at all: one that does not is an opt-out (section 1)."""
    return valid_until.seconds is None or valid_until.seconds * 1_000_000 > timestamp.micros
