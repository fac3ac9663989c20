from dataclasses import replace
from typing import Any

import pytest

from consent_desk.domain.consent.values import ValidUntil
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context, Entry, Noted, context_text, read_context
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.customer import CategoryStatus, CurrentState
from consent_desk.domain.wire.outcome import Answered, Look, LookReason
from consent_desk.domain.wire.project import Secret
from consent_desk.domain.wire.request import event_body, prepare, prepare_event
from tests.consents import NOON, a_consent, a_context, a_noted, a_project, later
from tests.domain.examples import PROJECT, SECRET, TOKEN, TUTORIAL

NOTED = Noted.of(PROJECT, TUTORIAL)
ENDED = CategoryStatus(valid=False, since=1.5, source="page", until=ValidUntil(1_800_000_000), ended=True)


def test_what_is_noted_is_what_is_sent() -> None:
    assert NOTED.consent == TUTORIAL
    assert NOTED.body == event_body(TUTORIAL)
    assert prepare_event(PROJECT, NOTED.body) == prepare(PROJECT, TUTORIAL)


def test_what_is_noted_knows_where_it_belongs() -> None:
    assert (NOTED.project_id, NOTED.project_name) == (PROJECT.id, "Acme production")
    assert (NOTED.base_url, NOTED.project_token) == ("https://api.exponea.com", TOKEN)


def test_what_is_noted_holds_no_secret() -> None:
    assert SECRET not in repr(NOTED)
    assert SECRET.encode() not in NOTED.body


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": BaseUrl(scheme="https", host="acme-api.exponea.com")},
        {"base_url": BaseUrl(scheme="https", host="api.exponea.com.evil.example")},
        {"base_url": BaseUrl(scheme="https", host="api.exponea.com", port=8443)},
        {"base_url": BaseUrl(scheme="http", host="api.exponea.com")},
        {"project_token": TOKEN.replace("1", "2")},
        {"id": "9d0a7c1e-0000-4000-8000-000000000002"},
    ],
)
def test_a_project_that_leads_elsewhere_holds_what_was_noted(changes: dict[str, Any]) -> None:
    assert not NOTED.belongs_to(replace(PROJECT, **changes))


@pytest.mark.parametrize(
    "changes",
    [{}, {"name": "Acme"}, {"key_id": "new", "secret": Secret("new")}, {"id_types": ("google_analytics",)}],
)
def test_a_project_that_leads_to_the_same_place_sends_what_was_noted(changes: dict[str, Any]) -> None:
    assert NOTED.belongs_to(replace(PROJECT, **changes))


def test_a_line_keeps_the_status_of_its_sending_when_it_was_looked_up() -> None:
    answered = Answered(status=200, headers=(), body=b"{}", elapsed=0.14)
    noted = a_noted()
    flight = Fact(at=later(1), state=State.IN_FLIGHT)
    delivered = Fact(at=later(1), state=State.DELIVERED, outcome=answered)
    seen = Fact(at=later(31), state=State.VERIFIED, outcome=Look(seen=True, valid=False, elapsed=9.0))
    entry = Entry.after(noted, (flight, delivered, seen))
    assert (entry.state, entry.status, entry.elapsed) == (State.VERIFIED, 200, 0.14)
    restored = Entry.after(noted, (flight, delivered, flight))
    assert (restored.state, restored.status, restored.elapsed) == (State.IN_FLIGHT, None, None)
    queued = Entry.after(noted, (Fact(at=later(0), state=State.QUEUED),))
    assert (queued.state, queued.status) == (State.QUEUED, None)


def test_what_the_desk_knew_is_read_as_it_was_written() -> None:
    consent = a_consent(properties=(("store", "Graz"), ("visits", 3)))
    for context in (NO_CONTEXT, a_context(), Context(before=ENDED, listed=False, clock_off=0)):
        noted = Noted.of(a_project(), consent, context)
        assert read_context(context_text(noted), NOON) == (context, consent.properties)


NOW, SOON = NOON.micros // 1_000_000, NOON.micros // 1_000_000 + 1


@pytest.mark.parametrize(
    ("valid", "until", "standing"),
    [
        ("false", '"unlimited"', CurrentState.REJECTED),
        ("false", "null", CurrentState.REJECTED),
        ("false", SOON, CurrentState.REJECTED),
        ("false", NOW, CurrentState.UNCLEAR),
        ("true", NOW, CurrentState.ACCEPTED),
        ("true", '"unlimited"', CurrentState.ACCEPTED),
    ],
)
def test_what_version_1_knew_before_a_consent_is_read_by_the_same_rule(
    valid: str, until: object, standing: CurrentState
) -> None:
    text = f'{{"before":{{"valid":{valid},"since":1.5,"source":"page","until":{until},"wording":""}}}}'
    before = read_context(text, NOON)[0].before
    assert before is not None
    assert before.current_state is standing


def test_what_version_1_does_not_know_is_written_only_where_it_says_something() -> None:
    clear = replace(ENDED, ended=False)
    for status in (replace(clear, valid=True), replace(clear, until=None)):
        assert "ended" not in context_text(Noted.of(a_project(), a_consent(), Context(before=status)))
    unclear = Context(before=replace(ENDED, ended=None))
    assert '"ended":null' in context_text(Noted.of(a_project(), a_consent(), unclear))


@pytest.mark.parametrize(
    "text", ["[]", '{"other":1}', '{"before":{"valid":true}}', '{"before":{"until":"x"}}', "{"]
)
def test_a_context_that_nobody_wrote_is_no_context(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- any, it is what salvage takes for a changed row
        read_context(text, NOON)


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        (Look(seen=True, valid=True), True),
        (Look(seen=True, valid=False), False),
        (Look(seen=True), False),
        (Look(seen=True, reason=LookReason.OVERRULED), True),
        (Look(valid=True), False),
    ],
)
def test_an_opt_out_is_overruled_where_consent_is_shown_or_a_later_event_rules(
    look: Look, expected: bool
) -> None:
    assert Entry.of(Noted.of(a_project(), a_consent()), State.SEEN, look).overruled is expected


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((State.QUEUED, State.DISCARDED), False),
        ((State.QUEUED, State.IN_FLIGHT, State.UNCONFIRMED, State.DISCARDED), True),
        ((State.QUEUED, State.IN_FLIGHT, State.UNCONFIRMED), False),
    ],
)
def test_what_was_given_up_says_whether_it_may_have_left(states: tuple[State, ...], expected: bool) -> None:
    facts = [Fact(at=later(number), state=state) for number, state in enumerate(states)]
    assert Entry.after(Noted.of(a_project(), a_consent()), facts).may_have_left is expected
