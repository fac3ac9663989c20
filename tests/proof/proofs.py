"""Proofs to test with, made from real journals."""

from collections.abc import Collection
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.evidence.document import sealed
from consent_desk.domain.evidence.proof import FromJournal, Proof, locally, moments, written
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.local_time import moment
from consent_desk.journal.journal import SqliteJournal
from tests.consents import NOON, a_consent, a_context, a_project, later, write_down
from tests.domain.examples import Berlin
from tests.journal.journals import fill, lead, noted_in, way_to

JANE = CustomerId(type="registered", value="jane@example.com")
PROJECT = a_project().id


def local(at: Timestamp) -> datetime:
    return moment(at, Berlin())


def utc(at: Timestamp) -> datetime:
    return moment(at, UTC)


def proof_of(source: FromJournal, *, whole: bool = False) -> Proof:
    made_at = later(3600)
    told = moments(made_at, source)
    return Proof(
        made_at=made_at,
        program="Consent Desk 0",
        whole=whole,
        source=source,
        local_times={written(at): locally(local(at)) for at in told},
    )


def told_in_full(journal: SqliteJournal, state: State = State.VERIFIED) -> str:
    """Note a consent that leaves nothing out; return its request ID."""
    consent = a_consent(
        channel="phone",
        ticket="T-1",
        wording="May we still write to you? <b>No</b> – nein, 名",
        agent="Anna",
        properties=(("branch", "north"), ("age", 42)),
    )
    write_down(journal, Noted.of(a_project(), consent, a_context()))
    lead(journal, consent.request_id, way_to(state))
    return consent.request_id


def busy(path: Path) -> tuple[str, ...]:
    """A closed journal with consents of others between three of Jane's; their request IDs."""
    with closing(SqliteJournal.open(path)) as journal:
        fill(journal, 5)
        first = told_in_full(journal)
        fill(journal, 7)
        second = noted_in(journal, State.DISCARDED)
        fill(journal, 3)
        third = noted_in(journal, State.UNCONFIRMED, noted_at=later(50), timestamp=NOON)
        fill(journal, 2)
    return first, second, third


def made(path: Path, request_ids: Collection[str], *, whole: bool = False) -> bytes:
    """The file for machines, from the journal at `path`."""
    with closing(SqliteJournal.open(path)) as journal:
        return sealed(proof_of(journal.evidence(request_ids), whole=whole))


def leaves(value: object, way: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The ways to all values of a document."""
    if isinstance(value, dict):
        return [found for key, each in value.items() for found in leaves(each, (*way, key))]
    if isinstance(value, list):
        return [found for number, each in enumerate(value) for found in leaves(each, (*way, number))]
    return [way]


def other(value: object) -> object:
    """A value like `value`, and not the same."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value[:-1] + ("B" if value.endswith("A") else "A")
        case _:
            return "something"


def put(parsed: Any, way: tuple[Any, ...]) -> None:
    for key in way[:-1]:
        parsed = parsed[key]
    parsed[way[-1]] = other(parsed[way[-1]])
