"""What proves a consent: its records, the rows they were read from, and where those stand in the chain."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.local_time import moment
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import inert
from consent_desk.domain.wire.outcome import Look
from consent_desk.domain.wire.project import PRACTICE_ID
from consent_desk.domain.wire.request import noted_lines

WATERMARK = "PRACTICE – not recorded in Engagement"
MASKED_WATERMARK = "MASKED FOR PRESENTING – proves nothing"
ORIGIN = "from the journal of Consent Desk"

Json: TypeAlias = Mapping[str, Any]
"""An object of a JSON document."""

When = Callable[[Timestamp], str]
"""Writes a moment down for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Facts `first` to `last` of a journal's chain, with the chain before them and after them.

    `others` are the digests, 32 bytes each, of those facts among them that are not shown.
    """

    first: int
    last: int
    before: bytes
    others: bytes
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Where in a journal the facts stand: its UUID, its `facts` and its `head` when the proof was made."""

    journal: str
    facts: int
    head: bytes
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """A consent, and its rows in the journal as they are hashed, as JSON."""

    record: Record
    rows: Json


@dataclass(frozen=True, slots=True)
class FromJournal:
    """What a journal has to say of one consent or more, the oldest first."""

    witnesses: tuple[Witness, ...]
    chain: Chain

    @property
    def practice(self) -> bool:
        """Whether nothing of it was recorded in Engagement: that follows from rows that the chain covers."""
        return any(one.record.noted.project_id == PRACTICE_ID for one in self.witnesses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All that two files say, the one for people and the one for machines.

    `whole`: it is about all consents of a customer in a project. `local_times`: moments as `written`, and
    the same in the time zone of the computer on which it was made. `masked`: it was made to be shown to
    others, and proves nothing.
    """

    made_at: Timestamp
    program: str
    whole: bool
    source: FromJournal
    local_times: Mapping[str, str]
    masked: bool = False

    @property
    def watermark(self) -> str:
        """What each page bears, empty where it is a proof."""
        return MASKED_WATERMARK if self.masked else WATERMARK if self.source.practice else ""


def written(at: Timestamp) -> str:
    """A moment in UTC, to the microsecond."""
    return f"{moment(at, UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def locally(at: datetime) -> str:
    """A moment in its own time zone, with the offset and the name of the zone."""
    return f"{at.isoformat(timespec='microseconds')} {at.tzname()}"


def with_times(message: Message, when: When) -> Message:
    """`message` with the moments that it tells of written by `when`."""

    def told(value: object) -> object:
        if isinstance(value, Message):
            return with_times(value, when)
        return when(value) if isinstance(value, Timestamp) else value

    return message.format(**{name: told(value) for name, value in message.values.items()})


def moments(made_at: Timestamp, source: FromJournal) -> frozenset[Timestamp]:
    """Every moment that a proof tells of."""
    found = {made_at}
    for one in source.witnesses:
        consent = one.record.noted.consent
        found |= {consent.timestamp, consent.noted_at, *(fact.at for fact in one.record.facts)}
    return frozenset(found)


def request_url(record: Record) -> str:
    """Where the event goes; there is no secret in it."""
    return noted_lines(record.noted.base_url, record.noted.project_token)[0]


def last_look(record: Record) -> tuple[Timestamp, Look] | None:
    """The last look at a consent that told what holds, and when that was; None where none did."""
    for fact in reversed(record.facts):
        if isinstance(fact.outcome, Look) and fact.outcome.valid is not None:
            return fact.at, fact.outcome
    return None


def gist(proof: Proof) -> tuple[Message, ...]:
    """What a proof is about, in a few lines."""
    return (
        *made(written(proof.made_at), proof.program, ORIGIN, practice=proof.source.practice),
        *(_said(one.record) for one in proof.source.witnesses),
        *_linked(proof.source.chain),
    )


def made(at: str, program: str, origin: str, *, practice: bool) -> Iterator[Message]:
    """Whether it is practice, and when, by what and out of what a proof was made."""
    if practice:
        yield say("evidence", "{watermark}").format(watermark=WATERMARK)
    yield say("evidence", "Made on {at} by {program}, {origin}.").format(
        at=at, program=inert(program, 100), origin=origin
    )


def _said(record: Record) -> Message:
    consent = record.noted.consent
    return say("evidence", "{action} {category}, {customer}, decided on {at}, {state} ({request_id})").format(
        action=consent.action,
        category=consent.category,
        customer=named(consent.customer),
        at=written(consent.timestamp),
        state=record.facts[-1].state,
        request_id=consent.request_id,
    )


def _linked(chain: Chain) -> Iterator[Message]:
    for stretch in chain.stretches:
        yield say("evidence", "Facts {first} to {last} of journal {journal} lead to {after}.").format(
            first=stretch.first,
            last=stretch.last,
            journal=inert(chain.journal, 100),
            after=stretch.after.hex(),
        )
    if chain.stretches[-1].last != chain.facts:
        yield say(
            "evidence",
            "Its head was {head} after fact {facts}. This file does not link the two: it would be too long.",
        ).format(
            facts=chain.facts,
            head=chain.head.hex(),
        )


def named(customer: CustomerId) -> str:
    """A customer ID with its type."""
    return f"{customer.type} = {customer.value}"
