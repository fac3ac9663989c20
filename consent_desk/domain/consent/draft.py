"""A consent as text, exactly as typed: nothing here knows yet whether it can be one."""

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import NamedTuple

from consent_desk.domain.consent.action import Action
from consent_desk.domain.message import Message, say

NOW = "now"
"""What stands in *Taken at* for the moment of sending."""

HOW_TAKEN_AT = say(
    "consent", "Write “now”, a time such as 10:40, or a date and a time such as 2026-03-31 10:40."
)
HOW_VALID_UNTIL = say(
    "consent", "Write “unlimited”, a date such as 2030-12-31, or how long, such as 2 years."
)
"""What to write into *Taken at* and *Valid until*."""

BASES = ("The caller asked for it now", "The opt-out was recorded by mistake")
"""What an opt-in in place of an opt-out may rest on, beside a reason in somebody's own words."""


class Field(StrEnum):
    """The fields that a problem can belong to, by their accessible names. `called`: what people call them."""

    called: Message

    def __new__(cls, called: Message) -> "Field":
        """Make a member."""
        field = str.__new__(cls, str(called))
        field._value_ = str(called)
        field.called = called
        return field

    CUSTOMER_ID_TYPE = say("fields", "Customer ID type")
    CUSTOMER_ID = say("fields", "Customer ID")
    CATEGORY = say("fields", "Categories")
    ACTION = say("fields", "Action")
    VALID_UNTIL = say("fields", "Valid until")
    TAKEN_AT = say("fields", "Taken at")
    CHANNEL = say("fields", "Channel")
    TICKET = say("fields", "Ticket")
    WORDING = say("fields", "Wording read out")
    AGENT = say("fields", "Agent")
    PROPERTY_NAME = say("fields", "Property name")
    PROPERTY_VALUE = say("fields", "Property value")
    BASIS = say("fields", "Explained by")
    PROJECT_NAME = say("fields", "Project name")
    BASE_URL = say("fields", "Base URL")
    PROJECT_TOKEN = say("fields", "Project token")
    API_KEY_ID = say("fields", "API key ID")
    API_SECRET = say("fields", "API secret")
    CUSTOMER_ID_TYPES = say("fields", "Customer ID types")
    DEFAULT_CATEGORY = say("fields", "Default category")
    DEFAULT_CHANNEL = say("fields", "Default channel")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, in words that say what to do. `row`: in which one of several."""

    field: Field
    message: Message
    row: int = 0


class FieldKind(StrEnum):
    """The types that a further property may have, in the words of the form."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes or no"


class PropertyDraft(NamedTuple):
    """A further property exactly as typed. One without name and value stands for none."""

    name: str = ""
    kind: str = FieldKind.TEXT
    value: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered: then nothing is sent."""
        return not self.name and not self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A consent as text, exactly as typed. `taken_at` empty or `now` stands for the moment of sending.

    `categories`: where several are chosen at once, all of them, `category` first; else none. `corrects`: the
    request ID of the consent that it puts right, and `basis` what an opt-in in its place rests on.
    """

    customer_id_type: str = ""
    customer_id: str = ""
    category: str = ""
    categories: tuple[str, ...] = ()
    action: str = Action.REJECT
    valid_until: str = ""
    taken_at: str = ""
    channel: str = ""
    ticket: str = ""
    wording: str = ""
    agent: str = ""
    properties: tuple[PropertyDraft, ...] = ()
    corrects: str = ""
    basis: str = ""

    @property
    def caller(self) -> tuple[str, str]:
        """Whose consent it is: the type of the customer ID, and the ID."""
        return self.customer_id_type, self.customer_id


def for_next_caller(noted: Draft, shown: Draft) -> Draft:
    """What stays of `noted` in the form, which shows `shown` by now.

    ID type, category, channel and agent stay, and so does all that was typed since: it is the next caller's.
    """
    kept = Draft(
        customer_id_type=noted.customer_id_type,
        category=noted.category,
        channel=noted.channel,
        agent=noted.agent,
        taken_at=NOW,
    )
    names = [field.name for field in fields(Draft)]
    typed = {name: getattr(shown, name) for name in names if getattr(shown, name) != getattr(noted, name)}
    # Row by row: one that was added since does not keep those of the caller before.
    typed["properties"] = tuple(one for one in shown.properties if one not in noted.properties)
    return replace(kept, **typed)
