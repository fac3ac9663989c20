"""What becomes of text as typed: a complete consent, or every problem at once."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from consent_desk.domain import consent as rules
from consent_desk.domain.action import Action
from consent_desk.domain.consent import (
    Consent,
    CustomerId,
    PropertyValue,
    Timestamp,
    ValidUntil,
    ends_after,
)
from consent_desk.domain.draft import NOW, Draft, Field, Problem, PropertyDraft
from consent_desk.domain.message import Message, say
from consent_desk.domain.properties import read_value


def parse(draft: Draft, *, request_id: str, now: Timestamp, zone: tzinfo) -> Consent | tuple[Problem, ...]:
    """Turn `draft` into a `Consent` noted at `now`, or name every problem, in the order of the form.

    Times without an offset are read in `zone`. Of several categories it is the first one's consent;
    `one_each` makes the others of it.
    """
    action = Action(draft.action) if draft.action in set(Action) else None
    taken_at = read_taken_at(draft.taken_at, now, zone)
    valid_until: ValidUntil | Message | None = None
    if action is Action.ACCEPT:
        reference = taken_at if isinstance(taken_at, Timestamp) else now
        # The last of several comes a little later.
        last = Timestamp(reference.micros + max(len(draft.categories) - 1, 0))
        valid_until = _valid_until(draft.valid_until, last, zone)
    complaints = (
        (Field.CUSTOMER_ID_TYPE, rules.complaint_about_id_type(draft.customer_id_type)),
        (Field.CUSTOMER_ID, rules.complaint_about_id(draft.customer_id)),
        (Field.CATEGORY, rules.complaint_about_category(draft.category)),
        (Field.ACTION, say("Choose opt out (reject) or opt in (accept).") if action is None else None),
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
        timestamp = Timestamp(consent.timestamp.micros + number)
        noted_at = timestamp if is_now else max(consent.noted_at, timestamp)
        each.append(
            replace(
                consent,
                request_id=request_id,
                category=category,
                timestamp=timestamp,
                noted_at=noted_at,
            )
        )
    return tuple(each)


_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_NUMBER = re.compile(r"\d+(?:\.\d{1,6})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?( ?Z| ?[+-]\d{2}:[0-5]\d)?", re.ASCII
)
_MILLISECONDS = say("This looks like milliseconds: Engagement takes seconds.")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(timestamp: Timestamp, zone: tzinfo) -> datetime:
    """`timestamp` as a date and time in `zone`."""
    return (_EPOCH + timedelta(microseconds=timestamp.micros)).astimezone(zone)


def read_taken_at(text: str, now: Timestamp, zone: tzinfo) -> Timestamp | Message:
    """The moment that stands in *Taken at*, or why it is none. Times without an offset are read in `zone`."""
    if text in {"", NOW}:
        return now
    how = say("Write “now”, a time such as 10:40, or a date and time such as 2026-03-31 10:40.")
    if (clock := _CLOCK.fullmatch(text)) is not None:
        day = moment(now, zone).date().isoformat()
        read = _read_time(f"{day} {clock[0]}", zone)
    elif _DATE.fullmatch(text):
        return say("Add the time, for example {text} 10:40.", text=text)
    else:
        read = _read_time(text, zone)
    if read is None or isinstance(read, Message):
        return read or how
    if read > now.micros:
        return say("This time lies in the future. A decision is recorded after it was made.")
    return Timestamp(read)


def _valid_until(text: str, taken_at: Timestamp, zone: tzinfo) -> ValidUntil | Message:
    if not text:
        return say("Choose how long the opt-in holds: “unlimited”, or a date such as 2030-12-31.")
    if text == "unlimited":
        return ValidUntil()
    read = _read_time(f"{text} 23:59:59" if _DATE.fullmatch(text) else text, zone)
    if isinstance(read, Message):
        return read
    if read is None or read % 1_000_000:
        return say("Write “unlimited”, or a date such as 2030-12-31.")
    if read >= rules.FIRST_MILLISECOND * 1_000_000:
        return say("This lies too far ahead. Write “unlimited”, or an earlier date.")
    valid_until = ValidUntil(read // 1_000_000)
    if not ends_after(valid_until, taken_at):
        return say(
            "The opt-in would end before it began: that would opt the person out. Choose a later date."
        )
    return valid_until


def _read_time(text: str, zone: tzinfo) -> int | Message | None:
    """UNIX microseconds of what is written as UNIX seconds or as a date and time; None if neither."""
    if _NUMBER.fullmatch(text):
        whole, _, fraction = text.partition(".")
        # Compared by length first: int() refuses numbers of more than 4,300 digits.
        digits = whole.lstrip("0")
        if len(digits) > 11 or int(digits or "0") >= rules.FIRST_MILLISECOND:
            return _MILLISECONDS
        micros = int(digits or "0") * 1_000_000 + int(fraction.ljust(6, "0"))
        return micros or None
    if (match := _DATE_TIME.fullmatch(text)) is None:
        return None
    day, hour, minute, second, offset = match.groups()
    try:
        read = datetime.fromisoformat(
            f"{day}T{int(hour):02}:{minute}:{second or '00'}{(offset or '').strip()}"
        )
        if read.tzinfo is None:
            naive, read = read, read.replace(tzinfo=zone)
            if read.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
                return say("This time was skipped when the clocks went forward. Choose another one.")
        micros = (read.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return say("There is no such date or time. Check the numbers.")
    return micros if micros > 0 else say("This lies before 1970. Check the year.")
