"""What becomes of text as typed: a complete consent, or every problem at once."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from consent_desk.domain.consent import values as rules
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft, Field, FieldKind, Problem, PropertyDraft
from consent_desk.domain.consent.values import (
    Consent,
    CustomerId,
    PropertyValue,
    Timestamp,
    ValidUntil,
    complaint_about_property,
)
from consent_desk.domain.dates import read_taken_at, read_valid_until, tell_read
from consent_desk.domain.message import Message, say


def parse(draft: Draft, *, request_id: str, now: Timestamp, zone: tzinfo) -> Consent | tuple[Problem, ...]:
    """Turn `draft` into a `Consent` noted at `now`, or name every problem, in the order of the form.

    Times without an offset are read in `zone`. Of several categories it is the first one's consent;
    `one_each` makes the others of it.
    """
    action = Action(draft.action) if draft.action in set(Action) else None
    taken_at, valid_until = _read_times(draft, now, zone)
    complaints = (
        (Field.CUSTOMER_ID_TYPE, rules.complaint_about_id_type(draft.customer_id_type)),
        (Field.CUSTOMER_ID, rules.complaint_about_id(draft.customer_id)),
        (Field.CATEGORY, rules.complaint_about_category(draft.category)),
        (
            Field.ACTION,
            say("consent", "Choose opt out (reject) or opt in (accept).") if action is None else None,
        ),
        (Field.VALID_UNTIL, valid_until if isinstance(valid_until, Message) else None),
        (Field.TAKEN_AT, taken_at if isinstance(taken_at, Message) else None),
        (Field.CHANNEL, rules.complaint_about_note(draft.channel)),
        (Field.TICKET, rules.complaint_about_note(draft.ticket)),
        (Field.WORDING, rules.complaint_about_wording(draft.wording)),
        (Field.AGENT, rules.complaint_about_note(draft.agent)),
        (Field.BASIS, rules.complaint_about_wording(draft.basis)),
    )
    properties, wrong = _read_properties(draft.properties)
    problems = (
        *(Problem(field, complaint) for field, complaint in complaints if complaint is not None),
        *wrong,
    )
    if problems or action is None or isinstance(taken_at, Message) or isinstance(valid_until, Message):
        return problems
    return Consent(
        request_id=request_id,
        customer=CustomerId(type=draft.customer_id_type, value=draft.customer_id),
        category=draft.category,
        action=action,
        valid_until=valid_until,
        timestamp=taken_at,
        noted_at=now,
        channel=draft.channel,
        ticket=draft.ticket,
        wording=draft.wording,
        agent=draft.agent,
        properties=properties,
    )


def readings(draft: Draft, *, now: Timestamp, zone: tzinfo) -> tuple[Problem, ...]:
    """What the times of `draft` were read as, where they do not say so themselves, beside their fields."""
    taken_at, valid_until = _read_times(draft, now, zone)
    told = (
        (Field.VALID_UNTIL, None if valid_until is None else tell_read(draft.valid_until, valid_until, zone)),
        (Field.TAKEN_AT, tell_read(draft.taken_at, taken_at, zone)),
    )
    return tuple(Problem(field, message) for field, message in told if message is not None)


def _read_times(
    draft: Draft, now: Timestamp, zone: tzinfo
) -> tuple[Timestamp | Message, ValidUntil | Message | None]:
    taken_at = read_taken_at(draft.taken_at, now, zone)
    if draft.action != Action.ACCEPT:
        return taken_at, None
    reference = taken_at if isinstance(taken_at, Timestamp) else now
    # The last of several comes a little later.
    last = Timestamp(reference.micros + max(len(draft.categories) - 1, 0))
    return taken_at, read_valid_until(draft.valid_until, last, now, zone)


def _read_properties(
    typed: tuple[PropertyDraft, ...],
) -> tuple[tuple[tuple[str, PropertyValue], ...], tuple[Problem, ...]]:
    read: list[tuple[str, PropertyValue]] = []
    problems: list[Problem] = []
    names: list[str] = []
    for row, one in enumerate(typed):
        if one.is_empty:
            continue
        complaint = rules.complaint_about_property_name(one.name, names)
        names.append(one.name)
        if complaint is not None:
            problems.append(Problem(Field.PROPERTY_NAME, complaint, row))
        value = read_value(one.kind, one.value)
        if isinstance(value, Message):
            problems.append(Problem(Field.PROPERTY_VALUE, value, row))
        else:
            read.append((one.name, value))
    return tuple(read), tuple(problems)


def one_each(consent: Consent, categories: Sequence[str], request_ids: Sequence[str]) -> tuple[Consent, ...]:
    """`consent` once for each of `categories`, a microsecond apart.

    The order of two events with one timestamp is open (section 4.1). A decision taken now is noted later
    by as much. Without `categories` it is `consent` alone.
    """
    if not categories:
        return (consent,)
    is_now = consent.timestamp == consent.noted_at
    each: list[Consent] = []
    for number, (category, request_id) in enumerate(zip(categories, request_ids, strict=True)):
        at = Timestamp(consent.timestamp.micros + number)
        noted_at = at if is_now else max(consent.noted_at, at)
        each.append(
            replace(consent, request_id=request_id, category=category, timestamp=at, noted_at=noted_at)
        )
    return tuple(each)


_NUMBER = re.compile(r"-?(\d+)(\.\d+)?", re.ASCII)
_COMMA = re.compile(r"-?\d+,\d+", re.ASCII)
_LONGEST = 400  # digits: int() refuses many, and a float has fewer in any case


def read_value(kind: str, text: str) -> PropertyValue | Message:
    """The value that `text` stands for, or why it is none. `3` is a whole number, `3.0` is not."""
    if kind == FieldKind.YES_NO:
        return {"yes": True, "no": False}.get(text, say("consent", "Choose yes or no."))
    if not text:
        return say("consent", "Enter the value, or remove this property.")
    value = _read_number(text) if kind == FieldKind.NUMBER else text
    return value if isinstance(value, Message) else complaint_about_property(value) or value


def _read_number(text: str) -> int | float | Message:
    if _COMMA.fullmatch(text):
        return say(
            "consent", "A comma may stand for thousands or for decimals. Write {point} or {whole}."
        ).format(
            point=text.replace(",", "."),
            whole=text.replace(",", ""),
        )
    if (found := _NUMBER.fullmatch(text)) is None:
        return say("consent", "This is no number. Write one such as 3 or 12.5, or choose text as its type.")
    whole, fraction = found.groups()
    if len(whole) > 1 and whole.startswith("0"):
        return say("consent", "A number loses its leading zeros. Choose text as its type, or leave them out.")
    if len(text) > _LONGEST:
        return say("consent", "This number is too long to be kept exactly. Choose text as its type.")
    if fraction is None:
        return int(text)
    from decimal import Decimal  # noqa: PLC0415 -- few properties have a fraction

    value = float(text)
    if Decimal(repr(value)) != Decimal(text):
        return say("consent", "This number has too many digits to be kept exactly. Choose text as its type.")
    return value
