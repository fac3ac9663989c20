"""What a proof says, and what it says to be unknown."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp, ValidUntil
from consent_desk.domain.evidence.document import UNKNOWN, checksum, document, sealed
from consent_desk.domain.evidence.proof import (
    MASKED_WATERMARK,
    WATERMARK,
    Chain,
    FromJournal,
    Proof,
    Stretch,
    Witness,
    gist,
    locally,
    moments,
    with_times,
    written,
)
from consent_desk.domain.lifecycle.record import Context, Noted, Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.local_time import moment
from consent_desk.domain.message import say
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import (
    Answered,
    Cause,
    FailedLook,
    Look,
    LookReason,
    Lost,
    NoLook,
    NotSent,
    Outcome,
    Phase,
    Stored,
)
from consent_desk.domain.wire.project import PRACTICE_ID
from tests.consents import NOON, a_consent, a_context, a_project, later
from tests.domain.examples import Berlin

JANE = CustomerId(type="registered", value="jane@example.com")
CHAIN = Chain(
    journal="j",
    facts=9,
    head=b"\2" * 32,
    stretches=(Stretch(first=3, last=9, before=b"\1" * 32, others=b"\3" * 160, after=b"\2" * 32),),
)
QUEUED = Fact(at=NOON, state=State.QUEUED)
FAR = Stored(action="accept", category="sms_marketing", time="1780228246370", source="page")


def record(*facts: Fact, context: Context | None = None, project_id: str = "", **changes: Any) -> Record:
    project = a_project(**({"id": project_id} if project_id else {}))
    noted = Noted.of(project, a_consent(**changes), context or Context())
    return Record(noted=noted, facts=(QUEUED, *facts))


def proof(source: FromJournal, *, whole: bool = False) -> Proof:
    local_times = {written(at): locally(moment(at, Berlin())) for at in moments(NOON, source)}
    return Proof(made_at=NOON, program="Test 1", whole=whole, source=source, local_times=local_times)


def of(one: Record) -> dict[str, Any]:
    """The record for machines of `one`."""
    found: dict[str, Any] = document(proof(FromJournal((Witness(one, {"a": 1}),), CHAIN)))["consent_records"][
        0
    ]
    return found


def test_a_moment_is_written_to_the_microsecond() -> None:
    assert written(Timestamp(1_620_139_769_000_001)) == "2021-05-04T14:49:29.000001Z"
    assert locally(moment(NOON, Berlin())) == "2026-05-31T14:00:00.000000+02:00 CEST"
    assert locally(moment(NOON, UTC)).endswith("+00:00 UTC")


def test_a_consent_bears_the_fields_of_the_standard() -> None:
    told = of(record(action=Action.ACCEPT, valid_until=ValidUntil(1_893_456_000)))
    assert told["schema_version"] == "ISO/IEC TS 27560:2023 as consent-desk proof 2"
    assert told["pii_principal_id"] == "registered = jane@example.com"
    assert told["pii_processing"]["purposes"][0]["purpose"] == "sms_marketing"
    assert told["party_identification"][0]["party_url"] == "https://api.exponea.com"
    assert told["events"] == [
        {
            "event_time": "2026-05-31T12:00:00.000000Z",
            "validity_duration": 1_893_456_000,
            "entity_id": "registered = jane@example.com",
            "event_type": UNKNOWN,
            "event_state": "given",
        }
    ]


def test_what_this_desk_does_not_know_is_unknown() -> None:
    told = of(record())
    assert told["pii_processing"]["privacy_notice"] == UNKNOWN
    assert set(told["pii_processing"]["purposes"][0].values()) == {"sms_marketing", UNKNOWN}
    beside = told["consent_desk"]
    names = ("channel", "wording", "ticket", "agent", "os_account", "basis", "before", "after")
    assert {beside[name] for name in names} == {UNKNOWN}


def test_what_an_opt_in_rests_on_is_told() -> None:
    one = record(action=Action.ACCEPT, valid_until=ValidUntil(), context=a_context())
    assert of(one)["consent_desk"]["basis"] == "The caller asked for it now"


@pytest.mark.parametrize(
    ("context", "state"),
    [
        (None, "refused or withdrawn"),
        (a_context(), "withdrawn"),
        (Context(before=CategoryStatus(valid=False, since=None, source="")), "refused or withdrawn"),
    ],
)
def test_a_reject_is_a_withdrawal_only_where_a_consent_was_seen(context: Context | None, state: str) -> None:
    assert of(record(context=context))["events"][0]["event_state"] == state


def test_the_event_is_told_to_the_byte() -> None:
    one = record(wording="<b>名</b>")
    beside = of(one)["consent_desk"]
    assert b64decode(beside["event_base64"]) == one.noted.body
    assert beside["event"] == one.noted.body.decode()
    url = "https://api.exponea.com/track/v2/projects/12345678-1234-1234-1234-123456789abc/customers/events"
    assert beside["request"] == f"POST {url}"


def test_before_and_after_stand_side_by_side() -> None:
    look = Look(seen=True, valid=False, since=1.5, source="private_api")
    facts = (Fact(at=later(60), state=State.VERIFIED, outcome=look),)
    beside = of(record(*facts, context=a_context()))["consent_desk"]
    assert beside["before"] == {
        "valid": True,
        "since_unix": 1_762_167_600.5,
        "until": 1_893_456_000,
        "source": "page",
        "wording": "May we?",
        "standing": "accepted",
    }
    assert beside["after"] == {
        "at": "2026-05-31T12:01:00.000000Z",
        "valid": False,
        "since_unix": 1.5,
        "source": "private_api",
    }


def test_a_customer_that_was_not_there_is_told() -> None:
    assert of(record(context=Context(is_new_profile=True)))["consent_desk"]["before"] == "no such customer"


def test_an_opt_out_that_names_an_end_is_one_all_the_same() -> None:
    status = CategoryStatus(valid=False, since=1.5, source="page", until=ValidUntil())
    for ended, standing in ((False, "rejected"), (True, "ended"), (None, "rejected or ended")):
        context = Context(before=replace(status, ended=ended))
        before = of(record(context=context))["consent_desk"]["before"]
        assert (before["standing"], before["until"]) == (standing, "unlimited")


def test_what_was_not_told_before_is_unknown() -> None:
    context = Context(before=CategoryStatus(valid=True, since=None, source=""))
    before = of(record(context=context))["consent_desk"]["before"]
    assert (before["until"], before["source"], before["since_unix"]) == (UNKNOWN, UNKNOWN, None)


ID = (("X-Request-Id", "5"),)
CUT = Lost(phase=Phase.READING, cause=Cause.CUT, status=200, headers=ID, body=b"{")
PART = {"status": 200, "x_request_id": "5", "headers": [["X-Request-Id", "5"]], "body": "{"}
BAD = Answered(status=502, headers=(), body=b"\xff")
TOLD = {"status": 502, "x_request_id": UNKNOWN, "headers": [], "body": "\\xff", "cut_after_1_mib": False}
DOWN = NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE, detail="d")
UNSENT = {"request_had_left": False, "phase": "connecting", "cause": "unreachable", "detail": "d"}
EVENT = {"action": "accept", "category": "sms_marketing", "time": "1780228246370", "source": "page"}


@pytest.mark.parametrize(
    ("outcome", "key", "wanted"),
    [
        (Answered(status=200, headers=ID, body=b"{}"), "answer", {"status": 200, "x_request_id": "5"}),
        (BAD, "answer", TOLD),
        (DOWN, "no_answer", UNSENT),
        (Lost(phase=Phase.WAITING, cause=Cause.DEADLINE), "no_answer", {"request_had_left": True}),
        (CUT, "no_answer", {"part_of_an_answer": PART}),
        (
            FailedLook(why=NoLook.TOO_LONG, failed=3),
            "failed_look",
            {"why": "too long", "failed_since_the_last": 3},
        ),
        (FailedLook(why=NoLook.REFUSED, outcome=BAD), "failed_look", {"answer": TOLD}),
        (FailedLook(why=NoLook.NO_ANSWER, outcome=DOWN), "failed_look", {"no_answer": UNSENT}),
        (
            Look(seen=True, valid=True, reason=LookReason.FAR_AHEAD, event=FAR),
            "read_back",
            {"reason": "far ahead", "event": EVENT},
        ),
        (
            Look(unknown=True, unlisted=True),
            "read_back",
            {"no_such_customer": True, "category_not_listed": True},
        ),
        (Look(seen=True, later=True), "read_back", {"in_the_history": True, "valid": UNKNOWN}),
        (Look(blind=True), "read_back", {"in_the_history": UNKNOWN, "may_not_read": True}),
        (Look(valid=True, source="page"), "read_back", {"valid": True, "source": "page"}),
    ],
)
def test_everything_that_happened_is_told(
    outcome: Outcome | Look | FailedLook, key: str, wanted: dict[str, object]
) -> None:
    fact = Fact(at=later(1), state=State.UNCONFIRMED, outcome=outcome, note="why")
    happened = of(record(fact))["consent_desk"]["happened"]
    assert happened[0] == {"at": "2026-05-31T12:00:00.000000Z", "state": "queued"}
    assert happened[1]["note"] == "why"
    assert happened[1][key].items() >= wanted.items()


def test_practice_is_said_at_the_top_and_in_each_record() -> None:
    source = FromJournal((Witness(record(project_id=PRACTICE_ID), {}),), CHAIN)
    told = document(proof(source))
    assert told["watermark"] == WATERMARK
    assert told["consent_records"][0]["consent_desk"]["practice"] is True
    assert str(gist(proof(source))[0]) == WATERMARK
    assert "watermark" not in document(proof(FromJournal((Witness(record(), {}),), CHAIN)))


@pytest.mark.parametrize(
    ("project_id", "masked", "watermark"),
    [(PRACTICE_ID, False, WATERMARK), ("acme", False, ""), ("acme", True, MASKED_WATERMARK)],
    ids=["of practice", "of a real project", "while others look on"],
)
def test_what_is_no_proof_says_so_on_each_page(project_id: str, masked: bool, watermark: str) -> None:
    made = proof(FromJournal((Witness(record(project_id=project_id), {}),), CHAIN))
    assert replace(made, masked=masked).watermark == watermark


def test_the_chain_is_told_with_nothing_of_others_but_digests() -> None:
    chain = document(proof(FromJournal((Witness(record(), {"a": 1}),), CHAIN)))["chain"]
    assert chain["stretches"][0]["before"] == "01" * 32
    assert b64decode(chain["stretches"][0]["others"]) == b"\3" * 160


def test_the_file_bears_the_checksum_of_the_rest() -> None:
    made = proof(FromJournal((Witness(record(wording="名\ud7ff"), {}),), CHAIN), whole=True)
    content = sealed(made)
    assert content.isascii()
    assert json.loads(content) == {**document(made), "sha256": checksum(document(made))}
    assert document(made)["about"] == "all consents of one customer in one project"


def test_the_gist_names_consents_and_head() -> None:
    lines = [str(line) for line in gist(proof(FromJournal((Witness(record(), {}),), CHAIN)))]
    assert lines[0] == "Made on 2026-05-31T12:00:00.000000Z by Test 1, from the journal of Consent Desk."
    assert "reject sms_marketing, registered = jane@example.com" in lines[1]
    assert lines[2:] == [f"Facts 3 to 9 of journal j lead to {'02' * 32}."]
    not_linked = gist(proof(FromJournal((Witness(record(), {}),), replace(CHAIN, facts=100))))
    assert "does not link the two" in str(not_linked[-1])


def test_a_sentence_with_its_times_written_keeps_its_room_and_its_count() -> None:
    told = say("room", "%n since {at}", "one since {at}", 2).format(at=NOON)
    shown = with_times(told, lambda at: "noon")
    assert (shown.context, str(shown)) == ("room", "2 since noon")
