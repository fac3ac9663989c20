"""Before and after, in a line."""

from dataclasses import replace

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.lifecycle.messages import tell_change
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context, Noted, Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import SPEAKS_AGAINST, Look
from tests.consents import a_consent, a_project, later

ACCEPTED = CategoryStatus(valid=True, since=1.5, source="page")
VERIFIED = Fact(at=later(41), state=State.VERIFIED, outcome=Look(seen=True, valid=False))


def written(at: Timestamp) -> str:
    assert at == later(41)
    return "10:43:41"


def told(context: Context = NO_CONTEXT, fact: Fact = VERIFIED, **changes: object) -> str:
    noted = Noted.of(a_project(), a_consent(**changes), context)
    return str(tell_change(Record(noted=noted, facts=(fact,)), written))


def test_what_held_before_stands_beside_what_was_verified() -> None:
    assert told(Context(before=ACCEPTED)) == "sms_marketing: accepted → opted out, verified 10:43:41"


@pytest.mark.parametrize(
    ("context", "word"),
    [
        (NO_CONTEXT, "not known"),
        (Context(is_new_profile=True), "no such customer"),
        (Context(before=replace(ACCEPTED, valid=False, since=None)), "never asked"),
        (Context(before=replace(ACCEPTED, valid=False, until=ValidUntil(2), ended=True)), "ended"),
        (Context(before=replace(ACCEPTED, valid=False, until=ValidUntil(2))), "opted out"),
        (Context(before=replace(ACCEPTED, valid=False, until=ValidUntil())), "opted out"),
        (
            Context(before=replace(ACCEPTED, valid=False, until=ValidUntil(2), ended=None)),
            "opted out or ended",
        ),
        (Context(before=replace(ACCEPTED, valid=False)), "opted out"),
    ],
)
def test_what_was_known_before_is_told_and_no_more(context: Context, word: str) -> None:
    assert told(context) == f"sms_marketing: {word} → opted out, verified 10:43:41"


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (Fact(at=later(41), state=State.DELIVERED), "not verified"),
        (Fact(at=later(41), state=State.DISCARDED), "not recorded"),
        (replace(VERIFIED, state=State.DISCARDED, outcome=Look(seen=True)), "given up, perhaps recorded"),
        (Fact(at=later(41), state=State.NEW_PROFILE), "in a new profile"),
        (Fact(at=later(41), state=State.NO_CATEGORY), "in no category of the project"),
        (Fact(at=later(41), state=State.CONTRADICTED), "not verified"),
        (replace(VERIFIED, state=State.CONTRADICTED, outcome=Look(seen=True)), "not verified"),
        (
            replace(VERIFIED, state=State.CONTRADICTED, outcome=Look(seen=True, valid=True)),
            "but Engagement shows accepted, 10:43:41",
        ),
        *(
            (
                replace(VERIFIED, state=State.CONTRADICTED, outcome=Look(seen=True, valid=False, reason=one)),
                "but Engagement's history speaks against it, 10:43:41",
            )
            for one in sorted(SPEAKS_AGAINST)
        ),
    ],
)
def test_no_more_than_was_seen_is_called_verified(fact: Fact, words: str) -> None:
    assert told(fact=fact).endswith(f" → opted out, {words}")


def test_an_opt_in_is_told_as_accepted() -> None:
    assert "→ accepted" in told(action=Action.ACCEPT, valid_until=ValidUntil())
