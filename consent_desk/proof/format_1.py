"""Proofs of format 1, which programs before this one wrote: what such a file has to say of its own rows.

Frozen, and on purpose without the domain: whatever that learns, a file of years ago is checked as it always
was. It takes the rows as they stand in the file, and knows no column, state or key that came later.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

FORMAT = "consent-desk proof 1"

_UNKNOWN = "unknown"
_PRACTICE = "5a4db0c5-0000-4000-8000-000000000001"
_WATERMARK = "PRACTICE – not recorded in Engagement"

_CONSENT = frozenset(
    {
        *("action", "base_url", "category", "noted_at", "project_id", "project_name", "project_token"),
        *("request_id", "seq", "timestamp", "valid_until"),
    }
)
_FACT = frozenset(
    {
        *("at", "cause", "content_sha256", "detail", "elapsed", "gone", "look", "outcome", "phase"),
        *("remark_sha256", "request_id", "seq", "state", "status", "truncated", "answer", "remark"),
    }
)
_STATES = frozenset(
    {
        *("queued", "in_flight", "retry_wait", "delivered", "seen", "verified", "not_shown", "contradicted"),
        *("refused", "unconfirmed", "not_seen", "restored", "discarded"),
    }
)
_PHASES = frozenset({"resolving", "connecting", "sending", "waiting", "reading"})
_CAUSES = frozenset(
    {
        *("unknown host", "connection refused", "unreachable", "certificate", "not TLS", "proxy"),
        *("proxy credentials", "proxy kind", "deadline", "cut", "malformed", "cancelled", "held", "removed"),
        *("overtaken", "program ended", "unexpected"),
    }
)
_LOOK = frozenset({"seen", "later", "valid", "since", "source", "blind"})
_CONTEXT = frozenset({"account", "before", "is_new_profile", "corrects", "basis", "properties"})
_BEFORE = frozenset({"valid", "since", "source", "until", "wording"})

Json = Mapping[str, Any]


def document_1(parsed: Json) -> dict[str, Any]:
    """What a file of format 1 says, but for its checksum, made anew of its rows or pages.

    Raises KeyError, TypeError or ValueError where it holds what no such file can hold.
    """
    is_from_journal = "chain" in parsed
    practice = _is_practice(parsed)
    made_at, about = parsed["made"]["at"], parsed["about"]
    rebuilt = f"rebuilt from Engagement's history on {made_at}; no journal"
    head = {
        "format": FORMAT,
        **({"watermark": _WATERMARK} if practice else {}),
        "made": {"at": made_at, "by": parsed["made"]["by"]},
        "origin": "from the journal of Consent Desk" if is_from_journal else rebuilt,
        "about": "all consents of one customer in one project" if about.startswith("all") else "one consent",
    }
    local_times = {"local_times": dict(sorted(parsed["local_times"].items()))}
    if is_from_journal:
        return {
            **head,
            "consent_records": [_consent_record(rows) for rows in parsed["journal_rows"]],
            **local_times,
            "journal_rows": parsed["journal_rows"],
            "chain": _chain(parsed["chain"]),
        }
    project, customer = parsed["project"], parsed["customer"]
    return {
        **head,
        "project": {name: project[name] for name in ("name", "base_url", "project_token")},
        "customer": {"type": customer["type"], "id": customer["id"]},
        "consent_records": [_event_record(parsed, event) for event in history_events_1(parsed)],
        **local_times,
        "history_pages": parsed["history_pages"],
    }


def moments_1(parsed: Json) -> frozenset[str]:
    """Every moment that a file of format 1 tells of, as it writes one."""
    found = {parsed["made"]["at"]}
    for rows in parsed.get("journal_rows", ()):
        consent, facts = rows["consent"], rows["facts"]
        times = (consent["timestamp"], consent["noted_at"], *(fact["at"] for fact in facts))
        found |= {_written(at) for at in times}
    if "chain" not in parsed:
        found |= {at for event in history_events_1(parsed) if (at := _event_time(event)) is not None}
    return frozenset(found)


def history_events_1(parsed: Json) -> Iterator[Json]:
    """The events of a history as Engagement showed them, the latest first. Raises ValueError at others."""
    for page in parsed["history_pages"]:
        document = json.loads(b64decode(page, validate=True))
        if document["success"] is not True:
            raise ValueError("success")
        for event in document["data"]:
            timestamp = event["timestamp"]
            is_number = isinstance(timestamp, int | float) and not isinstance(timestamp, bool)
            if not is_number or abs(timestamp) >= 1e12 or not isinstance(event["properties"], dict):
                raise ValueError("event")
            yield event
        times = [event["timestamp"] for event in document["data"]]
        if times != sorted(times, reverse=True):
            raise ValueError("order")


def _is_practice(parsed: Json) -> bool:
    if "chain" not in parsed:
        return "watermark" in parsed
    return any(rows["consent"]["project_id"] == _PRACTICE for rows in parsed["journal_rows"])


def _chain(chain: Json) -> dict[str, Any]:
    return {
        "journal": chain["journal"],
        "facts": chain["facts"],
        "head": bytes.fromhex(chain["head"]).hex(),
        "stretches": [
            {
                "first": stretch["first"],
                "last": stretch["last"],
                "before": bytes.fromhex(stretch["before"]).hex(),
                "others": b64encode(b64decode(stretch["others"], validate=True)).decode("ascii"),
                "after": bytes.fromhex(stretch["after"]).hex(),
            }
            for stretch in chain["stretches"]
        ],
    }


_NOT_TOLD = (
    *("purpose_type", "lawful_basis", "pii_information", "pii_controllers", "collection_method"),
    *("processing_method", "storage_locations", "retention_period", "processing_locations"),
    *("geographic_restrictions", "service", "jurisdiction", "recipient_third_parties"),
    *("withdrawal_method", "privacy_rights", "codes_of_conduct", "impact_assessment", "authority_party"),
)
_NO_CONTACT = ("party_address", "party_email", "party_phone", "party_contact", "party_type")


def _standard(
    record_id: str,
    person: str,
    category: str,
    party: tuple[str, str, str],
    event: tuple[str, object, str],
) -> dict[str, Any]:
    event_time, validity, state = event
    party_id, name, url = party
    return {
        "schema_version": f"ISO/IEC TS 27560:2023 as {FORMAT}",
        "record_id": record_id,
        "pii_principal_id": person,
        "pii_processing": {
            "privacy_notice": _UNKNOWN,
            "language": _UNKNOWN,
            "purposes": [{"purpose": category, **dict.fromkeys(_NOT_TOLD, _UNKNOWN)}],
        },
        "party_identification": [
            {
                "party_id": party_id,
                "party_name": name,
                "party_url": url,
                "party_role": "the Engagement project in which the decision is recorded",
                **dict.fromkeys(_NO_CONTACT, _UNKNOWN),
            }
        ],
        "events": [
            {
                "event_time": event_time,
                "validity_duration": validity,
                "entity_id": person,
                "event_type": _UNKNOWN,
                "event_state": state,
            }
        ],
    }


def _consent_record(rows: Json) -> dict[str, Any]:
    consent, facts = _known(rows["consent"], _CONSENT), rows["facts"]
    personal = rows.get("personal") or _erased(facts)
    context = _known(json.loads(personal["context"]), _CONTEXT)
    before = context.get("before")
    action = consent["action"]
    body = b64decode(personal["body"], validate=True)
    withdrawn = "withdrawn" if before is not None and before["valid"] else "refused or withdrawn"
    url = f"{consent['base_url']}/track/v2/projects/{consent['project_token']}/customers/events"
    return {
        **_standard(
            consent["request_id"],
            f"{personal['customer_id_type']} = {personal['customer_id']}",
            consent["category"],
            (consent["project_id"], consent["project_name"], consent["base_url"]),
            (
                _written(consent["timestamp"]),
                consent.get("valid_until", "does not apply"),
                "given" if action == "accept" else withdrawn,
            ),
        ),
        "consent_desk": {
            "practice": consent["project_id"] == _PRACTICE,
            "action": action,
            "noted_at": _written(consent["noted_at"]),
            "channel": _told(personal["channel"]),
            "wording": _told(personal["wording"]),
            "ticket": _told(personal["ticket"]),
            "agent": _told(personal["agent"]),
            "os_account": _told(context.get("account", "")),
            "properties": dict(context.get("properties", ())),
            "corrects": context.get("corrects"),
            "basis": _told(context.get("basis", "")),
            "before": _before(context),
            "after": _after(facts),
            "request": f"POST {url}",
            "event_base64": b64encode(body).decode("ascii"),
            "event": body.decode("utf-8", "backslashreplace"),
            "state": facts[-1]["state"],
            "happened": [_happened(_known(fact, _FACT)) for fact in facts],
        },
    }


def _erased(facts: Sequence[Json]) -> Json:
    gone = [b64decode(fact["gone"], validate=True) for fact in facts if "gone" in fact]
    name = "" if not gone else f" {gone[-1][:4].hex()}" if gone[-1] else ""
    called = "lost" if gone and not gone[-1] else f"erased{name}"
    empty = dict.fromkeys(("ticket", "wording", "channel", "agent", "body"), "")
    return {**empty, "customer_id_type": "erased", "customer_id": called, "context": "{}"}


def _before(context: Json) -> object:
    before = context.get("before")
    if before is None:
        return "no such customer" if context.get("is_new_profile") else _UNKNOWN
    _known(before, _BEFORE)
    until = before.get("until")
    return {
        "valid": before["valid"],
        "since_unix": before["since"],
        "until": _UNKNOWN if until is None else until,
        "source": _told(before["source"]),
        "wording": _told(before.get("wording", "")),
    }


def _after(facts: Sequence[Json]) -> object:
    for fact in reversed(facts):
        look = _look(fact)
        if look is not None and look.get("valid") is not None:
            return {
                "at": _written(fact["at"]),
                "valid": look["valid"],
                "since_unix": look.get("since"),
                "source": _told(look.get("source", "")),
            }
    return _UNKNOWN


def _look(fact: Json) -> Json | None:
    return _known(json.loads(fact["look"]), _LOOK) if fact.get("outcome") == "look" else None


def _happened(fact: Json) -> dict[str, Any]:
    _one_of(fact["state"], _STATES)
    head: dict[str, Any] = {"at": _written(fact["at"]), "state": fact["state"]}
    if note := _note(fact):
        head["note"] = note
    match fact.get("outcome"):
        case None:
            return head
        case "answered":
            answer = fact.get("answer", {"headers": "[]", "body": ""})
            headers = json.loads(answer["headers"] or "[]")
            return head | {
                "answer": {
                    "status": fact["status"],
                    "x_request_id": _header(headers, "x-request-id") or _UNKNOWN,
                    "headers": headers,
                    "body": b64decode(answer["body"], validate=True).decode("utf-8", "backslashreplace"),
                    "cut_after_1_mib": bool(fact["truncated"]),
                    "seconds": fact["elapsed"],
                }
            }
        case "not_sent" | "lost" as kind:
            return head | {
                "no_answer": {
                    "request_had_left": kind == "lost",
                    "phase": _one_of(fact["phase"], _PHASES),
                    "cause": _one_of(fact["cause"], _CAUSES),
                    "detail": fact["detail"],
                    "seconds": fact["elapsed"],
                }
            }
        case "look":
            look = _look(fact) or {}
            blind, valid = look.get("blind", False), look.get("valid")
            return head | {
                "read_back": {
                    "in_the_history": _UNKNOWN if blind else look.get("seen", False),
                    "a_later_event_too": _UNKNOWN if blind else look.get("later", False),
                    "valid": _UNKNOWN if valid is None else valid,
                    "since_unix": look.get("since"),
                    "source": _told(look.get("source", "")),
                    "may_not_read": blind,
                    "seconds": fact["elapsed"],
                }
            }
        case other:
            raise ValueError(other)


def _note(fact: Json) -> str:
    note: str = fact["remark"]["text"] if "remark" in fact else ""
    if note or "gone" not in fact:
        return note
    gone = b64decode(fact["gone"], validate=True)
    return f"erased {gone.hex()[:8]}" if gone else "lost in a damaged file"


_EVENT_STATES = {"accept": "given", "reject": "refused or withdrawn"}


def _event_record(parsed: Json, event: Json) -> dict[str, Any]:
    project, customer, properties = parsed["project"], parsed["customer"], event["properties"]
    request_id, action = properties.get("desk_request_id"), str(properties.get("action"))
    validity = properties.get("valid_until", _UNKNOWN if action == "accept" else "does not apply")
    return {
        **_standard(
            request_id if isinstance(request_id, str) else _UNKNOWN,
            f"{customer['type']} = {customer['id']}",
            str(properties.get("category")),
            (_UNKNOWN, project["name"], project["base_url"]),
            (_event_time(event) or _UNKNOWN, validity, _EVENT_STATES.get(action, _UNKNOWN)),
        ),
        "consent_desk": {"practice": _is_practice(parsed), "event": event},
    }


def _event_time(event: Json) -> str | None:
    micros = round(event["timestamp"] * 1_000_000)
    return _written(micros) if 0 < micros < _LAST else None


_LAST = 2**33 * 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _written(micros: int) -> str:
    return f"{_EPOCH + timedelta(microseconds=micros):%Y-%m-%dT%H:%M:%S.%fZ}"


def _header(headers: Sequence[Sequence[str]], name: str) -> str | None:
    return next((value for each, value in headers if each.lower() == name), None)


def _told(text: str) -> str:
    return text or _UNKNOWN


def _known(values: Json, names: frozenset[str]) -> Json:
    if not values.keys() <= names:
        raise ValueError("a key that came later")
    return values


def _one_of(value: str, values: frozenset[str]) -> str:
    if value not in values:
        raise ValueError(value)
    return value
