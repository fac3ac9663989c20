"""Half a page tells people who decided what, how it went, and what nobody can conclude from it."""

from dataclasses import replace
from typing import Any

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.evidence.proof import FromJournal, Proof, Witness
from consent_desk.domain.evidence.summary import summary, title
from consent_desk.domain.lifecycle.record import Context, Noted, Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import Answered, Cause, Look, LookReason, Lost, NotSent, Phase
from tests.consents import NOON, a_consent, a_context, a_project, later
from tests.domain.evidence.test_proof import CHAIN, FAR

QUEUED = Fact(at=NOON, state=State.QUEUED)
LEFT = Fact(at=later(1), state=State.IN_FLIGHT)
TAKEN = Fact(at=later(2), state=State.DELIVERED, outcome=Answered(status=200, headers=(), body=b"{}"))
REFUSED = Fact(at=later(2), state=State.REFUSED, outcome=Answered(status=403, headers=(), body=b""))
LOST = Fact(at=later(2), state=State.UNCONFIRMED, outcome=Lost(phase=Phase.WAITING, cause=Cause.CUT))
OPT_IN: dict[str, Any] = {"action": Action.ACCEPT, "valid_until": ValidUntil()}


def when(at: Timestamp) -> str:
    return f"[{(at.micros - NOON.micros) // 1_000_000} s]"


def record(*facts: Fact, context: Context | None = None, **changes: Any) -> Record:
    return Record(
        noted=Noted.of(a_project(), a_consent(**changes), context or Context()), facts=(QUEUED, *facts)
    )


def proof(*records: Record, whole: bool = False) -> Proof:
    source = FromJournal(tuple(Witness(one, {}) for one in records), CHAIN)
    return Proof(made_at=NOON, program="Test 1", whole=whole, source=source, local_times={})


def told(*facts: Fact, context: Context | None = None, **changes: Any) -> dict[str, str]:
    one = record(*facts, context=context, **changes)
    return {str(label): str(text) for label, text in summary(proof(one), when)}


def looked(state: State, **seen: Any) -> Fact:
    return Fact(at=later(60), state=state, outcome=Look(**seen))


def test_an_opt_out_on_the_phone_is_told_in_six_paragraphs() -> None:
    found = told(
        *(LEFT, TAKEN, looked(State.VERIFIED, seen=True, valid=False)),
        context=replace(a_context(), is_new_profile=False, corrects=None, basis=""),
        channel="phone",
        agent="Anna",
        ticket="T-1",
        wording="May we?",
    )
    assert found == {
        "Who": "The customer with the ID jane@example.com (type: registered), in the project Acme production "
        "of Bloomreach Engagement at https://api.exponea.com.",
        "What was decided": "An opt-out: for the consent category sms_marketing, the customer is no longer "
        "to be contacted.",
        "When and how": "On [0 s], as it was entered. Channel: phone. Entered by Anna. Ticket: T-1. What the "
        "customer was asked: “May we?”",
        "What this program did": "It wrote the decision down on its computer on [0 s], before anything was "
        "sent. Engagement was sent it, and answered on [2 s] that it had taken it in.",
        "What Engagement showed": "Before: accepted since [-18061200 s], source page, until [113227200 s]. "
        "On [60 s], Engagement showed the decision in the customer's history, and that no consent is in "
        "force.",
        "What that does not prove": "That the person who decided was this customer; that the computer's "
        "clock was right; what Engagement did beyond these answers, and what was sent to the customer since. "
        "Whether the record is genuine is for the file for machines to show: see the last page.",
    }


def test_nothing_is_called_unknown_and_what_does_not_apply_is_left_out() -> None:
    found = told()
    assert found["When and how"] == "On [0 s], as it was entered."
    assert found["What Engagement showed"] == (
        "What Engagement showed before was not looked up. What Engagement showed afterwards was not looked "
        "up."
    )
    assert "unknown" not in " ".join(found.values())


def test_an_opt_in_tells_its_end_what_it_rests_on_and_that_it_corrects() -> None:
    endless = told(**OPT_IN, context=a_context())
    assert endless["What was decided"] == (
        "An opt-in: for the consent category sms_marketing, the customer may be contacted, without an end. "
        "It corrects an earlier decision that was entered here. What it rests on, as it was entered: The "
        "caller asked for it now."
    )
    assert endless["What Engagement showed"].startswith("Before, Engagement knew no such customer.")
    ending = told(action=Action.ACCEPT, valid_until=ValidUntil(NOON.micros // 1_000_000 + 5))
    assert ending["What was decided"].endswith("may be contacted until [5 s].")


def test_a_decision_that_was_entered_later_says_who_dated_it() -> None:
    found = told(timestamp=later(-60))
    assert found["When and how"] == "On [-60 s], as whoever entered it stated; it was entered on [0 s]."


@pytest.mark.parametrize(
    ("facts", "sent"),
    [
        ((), "It has not reached Engagement so far."),
        ((LEFT,), "It was sent on [1 s]; no answer had come when this was made."),
        (
            (
                LEFT,
                Fact(at=later(2), state=State.REFUSED, outcome=Answered(status=403, headers=(), body=b"")),
            ),
            "Engagement was sent it and refused it: it is not recorded there.",
        ),
        (
            (
                LEFT,
                Fact(
                    at=later(2), state=State.UNCONFIRMED, outcome=Lost(phase=Phase.WAITING, cause=Cause.CUT)
                ),
            ),
            "It was sent, and no answer told whether Engagement had taken it in.",
        ),
        (
            (Fact(at=later(2), state=State.RESTORED), looked(State.VERIFIED, seen=True, valid=False)),
            "Whether it was sent, this journal does not tell.",
        ),
        (
            (
                LEFT,
                Fact(
                    at=later(2),
                    state=State.RETRY_WAIT,
                    outcome=NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE),
                ),
            ),
            "It has not reached Engagement so far.",
        ),
        (
            (Fact(at=later(2), state=State.DISCARDED, note="typed twice"),),
            "It was given up before it reached Engagement, and is not recorded there.",
        ),
    ],
)
def test_no_more_is_told_of_the_sending_than_is_known(facts: tuple[Fact, ...], sent: str) -> None:
    assert told(*facts)["What this program did"].endswith(f"before anything was sent. {sent}")


@pytest.mark.parametrize(
    ("changes", "seen", "after"),
    [
        ({}, {"blind": True}, "was not told: this program's key may not read it."),
        ({}, {"unknown": True}, "On [60 s], Engagement knew no such customer."),
        ({}, {}, "Engagement did not show the decision in the customer's history."),
        (OPT_IN, {"seen": True, "valid": True}, "history, and that consent is in force."),
        (OPT_IN, {"seen": True, "valid": False}, "history, and yet that no consent is in force."),
        ({}, {"seen": True, "valid": True}, "history, and yet that consent is in force."),
        ({}, {"seen": True}, "in the customer's history. Whether it holds is not known."),
        (
            {},
            {"seen": True, "valid": True, "reason": LookReason.FAR_AHEAD, "event": FAR},
            "history. It does not rule: an event dated far in the future does, accept of sms_marketing, time "
            "1780228246370, source page.",
        ),
    ],
)
def test_what_was_seen_is_told_and_no_more(changes: dict[str, Any], seen: dict[str, Any], after: str) -> None:
    assert told(looked(State.SEEN, **seen), **changes)["What Engagement showed"].endswith(after)


def test_the_last_look_that_told_something_counts() -> None:
    blind = looked(State.VERIFIED, blind=True)
    found = told(looked(State.VERIFIED, seen=True, valid=False), replace(blind, at=later(90)))
    assert "On [60 s], Engagement showed the decision" in found["What Engagement showed"]


def test_an_unclear_state_before_is_told_in_words() -> None:
    before = CategoryStatus(valid=False, since=None, source="")
    found = told(context=Context(before=before))["What Engagement showed"]
    assert found.startswith("Before: never asked.")


def test_all_consents_of_a_customer_are_told_in_turn() -> None:
    seen = (LEFT, TAKEN, looked(State.VERIFIED, seen=True, valid=False))
    records = record(*seen), record(**OPT_IN, category="newsletter")
    who, first, second, limits = summary(proof(*records, whole=True), when)
    assert "jane@example.com" in str(who.text)
    assert (str(first.label), str(second.label)) == ("Opt-out of sms_marketing", "Opt-in to newsletter")
    assert str(first.text) == (
        "Decided on [0 s]. Engagement was sent it, and answered on [2 s] that it had taken it in. On [60 s], "
        "Engagement showed the decision in the customer's history, and that no consent is in force."
    )
    assert str(limits.text).startswith(
        "That these are all decisions of the customer: only the journal can tell."
    )


def test_the_title_says_what_is_proven() -> None:
    assert str(title(proof(record()))) == "Proof of an opt-out"
    assert str(title(proof(record(**OPT_IN)))) == "Proof of an opt-in"
    assert str(title(proof(record(), whole=True))) == "Proof of all consents of one customer"
