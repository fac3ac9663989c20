"""A project and consents to test with."""

from typing import Any
from uuid import uuid4

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.record import Context, Noted
from consent_desk.domain.lifecycle.state import Fact
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.project import Project, Secret
from consent_desk.journal.journal import SqliteJournal

NOON = Timestamp(1_780_228_800_000_000)


def a_project(**changes: Any) -> Project:
    values: dict[str, Any] = {
        "id": "6f1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a11",
        "name": "Acme production",
        "base_url": BaseUrl(scheme="https", host="api.exponea.com"),
        "project_token": "12345678-1234-1234-1234-123456789abc",
        "key_id": "key",
        "secret": Secret("canary-secret"),
    }
    return Project(**(values | changes))


def a_consent(**changes: Any) -> Consent:
    values: dict[str, Any] = {
        "request_id": str(uuid4()),
        "customer": CustomerId(type="registered", value="jane@example.com"),
        "category": "sms_marketing",
        "action": Action.REJECT,
        "valid_until": None,
        "timestamp": NOON,
        "noted_at": NOON,
    }
    return Consent(**(values | changes))


def a_context() -> Context:
    """One that leaves nothing out."""
    before = CategoryStatus(
        valid=True, since=1_762_167_600.5, source="page", until=ValidUntil(1_893_456_000), wording="May we?"
    )
    return Context(
        account="anna",
        before=before,
        is_new_profile=True,
        corrects=str(uuid4()),
        basis="The caller asked for it now",
        clock_off=-7_200,
    )


LOOKED_UP = Context(existed=True, listed=True)
"""That a look-up saw the customer, and that the project lists the category."""


def a_noted(**changes: Any) -> Noted:
    context = changes.pop("context", LOOKED_UP)
    return Noted.of(a_project(), a_consent(**changes), context)


def later(seconds: float) -> Timestamp:
    return Timestamp(NOON.micros + round(seconds * 1_000_000))


def write_down(journal: SqliteJournal, noted: Noted) -> None:
    """Have one consent noted."""
    journal.note_all((noted,))


def go_on(journal: SqliteJournal, request_id: str, fact: Fact) -> None:
    """Write what happened to a consent, whatever happened before."""
    assert journal.append(request_id, fact, after=len(journal.record(request_id).facts))


def claim(journal: SqliteJournal, request_id: str, at: Timestamp) -> Noted | None:
    """Make it `in_flight`, whatever happened before."""
    return journal.claim(request_id, at, after=len(journal.record(request_id).facts))
