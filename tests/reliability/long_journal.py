"""A journal with many consents, written as fast as the disk takes them, and as the program would have."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.outcome import Answered, Look
from consent_desk.domain.wire.project import Project
from consent_desk.journal.file import open_file
from consent_desk.journal.head import create_head, head_file
from consent_desk.journal.rows import append_fact, head, insert_consent
from consent_desk.journal.search import write_sought

APART = 60_000_000
"""Microseconds from one consent to the next."""

RARE = "Żółkiewski"
"""What only one customer in a thousand is called."""

_ANSWER = Answered(status=200, headers=(("X-Request-Id", "4711"),), body=b'{"success": true}', elapsed=0.142)
_REFUSAL = Answered(status=403, headers=(), body=b'{"error": "invalid secret"}', elapsed=0.098)
_SEEN = Look(seen=True, valid=False, since=1.25, source="private_api", elapsed=0.125)


def write_long(path: Path, project: Project, count: int, *, until: Timestamp, seed: int) -> None:
    """Put a journal of `count` consents at `path`, the last one noted shortly before `until`."""
    dice = random.Random(seed)
    with closing(open_file(path)) as connection:
        # Not to be cut off by a power failure: whoever tests begins anew then.
        connection.execute("PRAGMA synchronous = off")
        connection.execute("PRAGMA cache_size = -100000")
        connection.execute("BEGIN IMMEDIATE")
        for number in range(count):
            at = Timestamp(until.micros - (count - number) * APART)
            _write(connection, _noted(project, number, at, dice), dice)
        connection.execute("COMMIT")
        create_head(head_file(path), head(connection))


def _noted(project: Project, number: int, at: Timestamp, dice: random.Random) -> Noted:
    name = f"{RARE}.{number}" if number % 1000 == 500 else f"customer-{dice.randrange(10**6)}"
    opts_in = dice.random() < 0.3
    consent = Consent(
        request_id=str(UUID(int=dice.getrandbits(128), version=4)),
        customer=CustomerId(type="registered", value=f"{name}@example.com"),
        category=dice.choice(("sms_marketing", "newsletter", "email_marketing", "profiling")),
        action=Action.ACCEPT if opts_in else Action.REJECT,
        valid_until=ValidUntil() if opts_in else None,
        timestamp=at,
        noted_at=at,
        channel="phone",
        ticket=f"T-{dice.randrange(10**6)}",
        wording="May we write to you about new offers from Acme?" if opts_in else "",
    )
    return Noted.of(project, consent)


def _write(connection: sqlite3.Connection, noted: Noted, dice: random.Random) -> None:
    request_id, at = noted.consent.request_id, noted.consent.noted_at
    insert_consent(connection, noted)
    write_sought(connection, request_id)
    refused = dice.random() < 0.02
    steps = (
        (State.IN_FLIGHT, None),
        *(
            ((State.DISCARDED, _REFUSAL),)
            if refused
            else ((State.DELIVERED, _ANSWER), (State.VERIFIED, _SEEN))
        ),
    )
    for second, (state, outcome) in enumerate(steps, 1):
        moment = Timestamp(at.micros + second * 1_000_000)
        append_fact(connection, request_id, Fact(at=moment, state=state, outcome=outcome))
