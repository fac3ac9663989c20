"""The shape of a proof as a file that a machine reads.

It is that of a consent record of ISO/IEC TS 27560:2023, its fields named as in the W3C Community Group's
guide to it (https://w3id.org/dpv/guides/consent-27560). What this desk cannot know says `unknown`. What it
knows beyond the fields of the standard stands under `consent_desk`.

Whoever checks a file years later writes it anew and compares: so this shape never changes once it was
released. A new one gets a new name (`FORMAT`), and the old one is kept frozen beside the check.
"""

import json
from base64 import b64encode
from dataclasses import asdict
from hashlib import sha256
from typing import Any, assert_never

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent
from consent_desk.domain.evidence.proof import (
    ORIGIN,
    WATERMARK,
    Chain,
    Json,
    Proof,
    last_look,
    named,
    request_url,
    written,
)
from consent_desk.domain.lifecycle.record import Context, Record
from consent_desk.domain.lifecycle.state import Fact
from consent_desk.domain.wire.answer import header
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import Answered, FailedLook, Look, Lost, NotSent, Outcome
from consent_desk.domain.wire.project import PRACTICE_ID

FORMAT = "consent-desk proof 2"
UNKNOWN = "unknown"


def sealed(proof: Proof) -> bytes:
    """The file for machines: `document` and its SHA-256, which finds what was changed by accident."""
    unsealed = document(proof)
    laid_out = json.dumps({**unsealed, "sha256": checksum(unsealed)}, indent=1)
    return laid_out.encode("ascii") + b"\n"


def checksum(unsealed: Json) -> str:
    """SHA-256 of a document without its `sha256`, hexadecimal: as JSON, ASCII, sorted and without spaces."""
    text = json.dumps(unsealed, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()


def document(proof: Proof) -> dict[str, Any]:
    """What the file for machines says, but for its checksum."""
    source = proof.source
    return {
        "format": FORMAT,
        **({"watermark": WATERMARK} if source.practice else {}),
        "made": {"at": written(proof.made_at), "by": proof.program},
        "origin": ORIGIN,
        "about": "all consents of one customer in one project" if proof.whole else "one consent",
        "consent_records": [
            {**_standard(one.record), "consent_desk": _beside(one.record)} for one in source.witnesses
        ],
        "local_times": dict(sorted(proof.local_times.items())),
        "journal_rows": [one.rows for one in source.witnesses],
        "chain": _chain(source.chain),
    }


def _chain(chain: Chain) -> dict[str, Any]:
    return {
        "journal": chain.journal,
        "facts": chain.facts,
        "head": chain.head.hex(),
        "stretches": [
            {
                "first": stretch.first,
                "last": stretch.last,
                "before": stretch.before.hex(),
                "others": b64encode(stretch.others).decode("ascii"),
                "after": stretch.after.hex(),
            }
            for stretch in chain.stretches
        ],
    }


_NOT_TOLD = (
    *("purpose_type", "lawful_basis", "pii_information", "pii_controllers", "collection_method"),
    *("processing_method", "storage_locations", "retention_period", "processing_locations"),
    *("geographic_restrictions", "service", "jurisdiction", "recipient_third_parties"),
    *("withdrawal_method", "privacy_rights", "codes_of_conduct", "impact_assessment", "authority_party"),
)
_NO_CONTACT = ("party_address", "party_email", "party_phone", "party_contact", "party_type")


def _standard(record: Record) -> dict[str, Any]:
    """The fields of the standard."""
    noted, consent = record.noted, record.noted.consent
    person = named(consent.customer)
    return {
        "schema_version": f"ISO/IEC TS 27560:2023 as {FORMAT}",
        "record_id": consent.request_id,
        "pii_principal_id": person,
        "pii_processing": {
            "privacy_notice": UNKNOWN,
            "language": UNKNOWN,
            "purposes": [{"purpose": consent.category, **dict.fromkeys(_NOT_TOLD, UNKNOWN)}],
        },
        "party_identification": [
            {
                "party_id": noted.project_id,
                "party_name": noted.project_name,
                "party_url": noted.base_url,
                "party_role": "the Engagement project in which the decision is recorded",
                **dict.fromkeys(_NO_CONTACT, UNKNOWN),
            }
        ],
        "events": [
            {
                "event_time": written(consent.timestamp),
                "validity_duration": "does not apply"
                if consent.valid_until is None
                else consent.valid_until.wire,
                "entity_id": person,
                "event_type": UNKNOWN,
                "event_state": _event_state(consent, noted.context),
            }
        ],
    }


def _beside(record: Record) -> dict[str, Any]:
    """What is known beyond the standard."""
    noted, consent = record.noted, record.noted.consent
    return {
        "practice": noted.project_id == PRACTICE_ID,
        "action": consent.action.value,
        "noted_at": written(consent.noted_at),
        "channel": _told(consent.channel),
        "wording": _told(consent.wording),
        "ticket": _told(consent.ticket),
        "agent": _told(consent.agent),
        "os_account": _told(noted.context.account),
        "properties": dict(consent.properties),
        "corrects": noted.context.corrects,
        "basis": _told(noted.context.basis),
        "before": _before(noted.context),
        "after": _after(record),
        "request": request_url(record),
        "event_base64": b64encode(noted.body).decode("ascii"),
        "event": noted.body.decode("utf-8", "backslashreplace"),
        "state": record.facts[-1].state.value,
        "happened": [_happened(fact) for fact in record.facts],
    }


def _event_state(consent: Consent, context: Context) -> str:
    if consent.action is Action.ACCEPT:
        return "given"
    return "withdrawn" if context.before is not None and context.before.valid else "refused or withdrawn"


def _before(context: Context) -> object:
    """What Engagement showed for the category before the consent was noted."""
    if context.before is None:
        return "no such customer" if context.is_new_profile else UNKNOWN
    return _status(context.before)


def _after(record: Record) -> object:
    """What it showed at the last look that told."""
    found = last_look(record)
    if found is None:
        return UNKNOWN
    at, look = found
    return {
        "at": written(at),
        "valid": look.valid,
        "since_unix": look.since,
        "source": _told(look.source),
    }


def _status(status: CategoryStatus) -> dict[str, Any]:
    return {
        "valid": status.valid,
        "since_unix": status.since,
        "until": UNKNOWN if status.until is None else status.until.wire,
        "standing": status.current_state.value,
        "source": _told(status.source),
        "wording": _told(status.wording),
    }


def _happened(fact: Fact) -> dict[str, Any]:
    head: dict[str, Any] = {"at": written(fact.at), "state": fact.state.value}
    if fact.note:
        head["note"] = fact.note
    match fact.outcome:
        case None:
            return head
        case Answered() | NotSent() | Lost() as outcome:
            name, told = _called(outcome)
            return head | {name: {**told, "seconds": outcome.elapsed}}
        case Look() as look:
            return head | {
                "read_back": {
                    "in_the_history": UNKNOWN if look.blind else look.seen,
                    "a_later_event_too": UNKNOWN if look.blind else look.later,
                    "valid": UNKNOWN if look.valid is None else look.valid,
                    "since_unix": look.since,
                    "source": _told(look.source),
                    "may_not_read": look.blind,
                    **({"no_such_customer": True} if look.unknown else {}),
                    **({"category_not_listed": True} if look.unlisted else {}),
                    **({} if look.reason is None else {"reason": look.reason.value}),
                    **({} if look.event is None else {"event": asdict(look.event)}),
                    "seconds": look.elapsed,
                }
            }
        case FailedLook() as failed:
            return head | {"failed_look": {**_failed(failed), "seconds": failed.elapsed}}
        case _ as never:
            assert_never(never)


def _called(ended: Outcome) -> tuple[str, dict[str, Any]]:
    """What came of a call, and the name under which it stands."""
    if isinstance(ended, Answered):
        return "answer", {**_part(ended.status, ended), "cut_after_1_mib": ended.truncated}
    told: dict[str, Any] = {
        "request_had_left": isinstance(ended, Lost),
        "phase": ended.phase.value,
        "cause": ended.cause.value,
        "detail": ended.detail,
    }
    if isinstance(ended, Lost) and ended.status is not None:
        told["part_of_an_answer"] = _part(ended.status, ended)
    return "no_answer", told


def _part(status: int, answer: Answered | Lost) -> dict[str, Any]:
    return {
        "status": status,
        "x_request_id": header(answer.headers, "x-request-id") or UNKNOWN,
        "headers": [list(one) for one in answer.headers],
        "body": answer.body.decode("utf-8", "backslashreplace"),
    }


def _failed(failed: FailedLook) -> dict[str, Any]:
    told: dict[str, Any] = {"why": failed.why.value, "failed_since_the_last": failed.failed}
    if failed.outcome is not None:
        name, came = _called(failed.outcome)
        told[name] = came
    return told


def _told(text: str) -> str:
    return text or UNKNOWN
