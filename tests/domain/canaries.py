"""Everything that can name somebody, and whether any of it stands somewhere."""

import json
from base64 import b64encode
from urllib.parse import quote

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, ValidUntil
from consent_desk.domain.lifecycle.record import Context, Noted, Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import (
    Answered,
    Cause,
    FailedLook,
    Look,
    Lost,
    NoLook,
    NotSent,
    Outcome,
    Phase,
    Stored,
    Way,
)
from tests.consents import NOON, a_consent, a_project, later

NAMES = {
    "customer": "jane.canary@example.com",
    "token": "70ce0000-0000-4000-8000-00000canary0",
    "ticket": "TICKET-CANARY/7",
    "wording": 'May we <write> "Canary"?',
    "agent": "Agent Canary & Co",
    "account": "account-canary",
    "host": "canary.exponea.example",
    "property": "canary property",
    "answer": 'an answer with "canary"',
    "note": "typed twice by canary",
    "source": "canary-source",
    "detail": "no route to canary",
}


def spellings(text: str) -> set[str]:
    """How a text may stand somewhere."""
    pieces = {
        b64encode(b"-" * pad + text.encode()).decode()[4 * bool(pad) :][:-4].strip("=") for pad in (0, 1, 2)
    }
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    html = {escaped, escaped.replace('"', "&quot;"), escaped.replace('"', "&#34;")}
    return {text, quote(text), quote(text, safe=""), json.dumps(text)[1:-1], *html, *pieces}


def traces(shown: object) -> set[str]:
    """Which of the names stand anywhere in `shown`, however they are written."""
    text = shown if isinstance(shown, str) else repr(shown)
    return {name for name, value in NAMES.items() if any(one in text for one in spellings(value))}


def canaries() -> Record:
    """All that can name somebody, everywhere."""
    project = a_project(
        base_url=BaseUrl(scheme="https", host=NAMES["host"]), project_token=NAMES["token"], name="Acme"
    )
    before = CategoryStatus(valid=True, since=1.5, source=NAMES["source"], wording=NAMES["wording"])
    consent = a_consent(
        customer=CustomerId(type="registered", value=NAMES["customer"]),
        action=Action.ACCEPT,
        valid_until=ValidUntil(),
        channel=f"phone {NAMES['customer']}",
        ticket=NAMES["ticket"],
        wording=NAMES["wording"],
        agent=NAMES["agent"],
        properties=((NAMES["property"], NAMES["property"]), ("age", 42)),
    )
    context = Context(account=NAMES["account"], before=before, basis=NAMES["wording"])
    headers = (("X-Canary", NAMES["answer"]), ("X-Request-Id", NAMES["host"]))
    body = json.dumps({"success": False, "errors": [NAMES["answer"]]}).encode()
    way = Way(proxy=NAMES["host"], trust=((NAMES["note"], NAMES["host"]),))
    lost = Lost(
        phase=Phase.READING,
        cause=Cause.CUT,
        detail=NAMES["detail"],
        status=200,
        headers=headers,
        body=body,
        way=way,
    )
    event = Stored(
        action=NAMES["answer"], category="sms_marketing", time="1780228246370", source=NAMES["source"]
    )
    outcomes: tuple[Outcome | Look | FailedLook, ...] = (
        *(Answered(status=403, headers=headers, body=body), lost),
        NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE, detail=NAMES["detail"]),
        Look(seen=True, valid=False, source=NAMES["source"], event=event),
        FailedLook(why=NoLook.NO_ANSWER, outcome=lost),
    )
    facts = [
        Fact(at=later(number), state=State.UNCONFIRMED, outcome=one) for number, one in enumerate(outcomes)
    ]
    noted = Noted.of(project, consent, context, consent.request_id)
    return Record(
        noted=noted,
        facts=(
            Fact(at=NOON, state=State.QUEUED),
            *facts,
            Fact(at=later(9), state=State.DISCARDED, note=NAMES["note"]),
        ),
    )
