import string
from dataclasses import replace
from datetime import UTC, timedelta, timezone, tzinfo
from time import perf_counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft, Field, PropertyDraft, for_next_caller
from consent_desk.domain.consent.parsing import parse, readings
from consent_desk.domain.consent.values import Consent, Timestamp, ValidUntil
from tests.domain.examples import (
    ANY_TEXT,
    DRAFT,
    HIDDEN_IN_NAMES,
    HIDDEN_IN_PROSE,
    NEEDED,
    NOW,
    OPT_IN,
    REQUEST_ID,
    Berlin,
    at,
    consent,
    problem,
    read,
)

BERLIN = Berlin()
SUMMER = at("2026-07-01T10:40:00+02:00")
TEXT_FIELDS = {
    "customer_id_type": Field.CUSTOMER_ID_TYPE,
    "customer_id": Field.CUSTOMER_ID,
    "category": Field.CATEGORY,
    "channel": Field.CHANNEL,
    "ticket": Field.TICKET,
    "agent": Field.AGENT,
    "wording": Field.WORDING,
    "action": Field.ACTION,
    "valid_until": Field.VALID_UNTIL,
    "taken_at": Field.TAKEN_AT,
}
NOTES = ("channel", "ticket", "agent")
NAMES = ("customer_id_type", "customer_id", "category", *NOTES)


def changed(draft: Draft, name: str, text: str) -> Draft:
    changes: dict[str, Any] = {name: text}
    return replace(draft, **changes)


def test_the_tutorial_case_is_a_consent() -> None:
    found = consent(DRAFT)
    assert (found.customer.type, found.customer.value) == ("registered", "jane@example.com")
    assert (found.category, found.action, found.valid_until) == ("sms_marketing", Action.REJECT, None)
    assert (found.timestamp, found.noted_at, found.request_id) == (NOW, NOW, REQUEST_ID)
    assert found.channel == found.ticket == found.wording == found.agent == ""


def test_every_problem_is_named_at_once_in_the_order_of_the_form() -> None:
    found = read(
        Draft(action="accept", taken_at="soon", channel="\n", ticket="\n", wording="\0", agent="\t"),
    )
    assert isinstance(found, tuple)
    assert [one.field for one in found] == [
        Field.CUSTOMER_ID_TYPE,
        Field.CUSTOMER_ID,
        Field.CATEGORY,
        Field.VALID_UNTIL,
        Field.TAKEN_AT,
        Field.CHANNEL,
        Field.TICKET,
        Field.WORDING,
        Field.AGENT,
    ]


@pytest.mark.parametrize(
    "action", ["Accept", "REJECT", "", "accept ", "opt-out", "Action.ACCEPT", "\u0430ccept"]
)
def test_no_other_spelling_of_an_action_is_taken(action: str) -> None:
    field, words = problem(replace(DRAFT, action=action))
    assert (field, words) == (Field.ACTION, "Choose opt out (reject) or opt in (accept).")


def test_a_hidden_character_is_a_problem_of_its_field() -> None:
    for character in HIDDEN_IN_NAMES.values():
        for name in NAMES:
            if name in NOTES and character in NEEDED.values():
                assert getattr(consent(changed(DRAFT, name, f"a{character}b")), name) == f"a{character}b"
                continue
            field, words = problem(changed(DRAFT, name, f"a{character}b"))
            assert field is TEXT_FIELDS[name]
            assert words.endswith("Delete it.")


def test_a_hidden_character_is_a_problem_of_the_wording() -> None:
    for character in HIDDEN_IN_PROSE.values():
        assert problem(replace(DRAFT, wording=f"a{character}b"))[0] is Field.WORDING


@pytest.mark.parametrize("text", ["null", "undefined", "---", "", " jane", "a" * 16384])
def test_an_id_that_engagement_does_not_take_is_a_problem_of_its_field(text: str) -> None:
    assert problem(replace(DRAFT, customer_id=text))[0] is Field.CUSTOMER_ID


# -------------------------------------------------------------------------------------------- valid until


def test_an_opt_in_needs_an_end() -> None:
    field, words = problem(replace(OPT_IN, valid_until=""))
    assert field is Field.VALID_UNTIL
    assert "unlimited" in words


def test_an_opt_out_has_no_end_whatever_stands_in_the_field() -> None:
    assert consent(replace(DRAFT, valid_until="2030-12-31")).valid_until is None


def test_the_end_is_compared_with_when_the_decision_was_taken() -> None:
    early = replace(OPT_IN, taken_at="2026-01-01 10:00", valid_until="2026-01-02")
    assert consent(early).valid_until == ValidUntil(1_767_398_399)


def test_the_end_is_compared_with_now_while_taken_at_is_wrong() -> None:
    found = read(replace(OPT_IN, taken_at="soon", valid_until="2026-01-02"))
    assert isinstance(found, tuple)
    assert [one.field for one in found] == [Field.VALID_UNTIL, Field.TAKEN_AT]


def test_what_was_read_is_told_beside_the_fields_also_while_others_lack_something() -> None:
    draft = replace(OPT_IN, customer_id="", taken_at="14.1.2027 10.40", valid_until="2 years")
    told = readings(draft, now=NOW, zone=BERLIN)
    assert [(one.field, str(one.message)) for one in told] == [
        (Field.VALID_UNTIL, "Read as 2029-01-14, until its end."),
        (Field.TAKEN_AT, "Read as 2027-01-14 10:40 +01:00."),
    ]
    assert [one.field for one in readings(replace(draft, action="reject"), now=NOW, zone=BERLIN)] == [
        Field.TAKEN_AT
    ]
    assert readings(OPT_IN, now=NOW, zone=BERLIN) == ()


# -------------------------------------------------------------------------------------- the next caller


def test_a_property_that_was_added_meanwhile_does_not_bring_that_of_the_caller_before() -> None:
    former, added = PropertyDraft(name="store", value="Graz"), PropertyDraft(name="visits", value="3")
    noted = replace(DRAFT, properties=(former,))
    assert for_next_caller(noted, replace(noted, properties=(former, added))).properties == (added,)


def test_the_next_caller_finds_what_belongs_to_the_desk_and_what_was_typed_since() -> None:
    mine = replace(DRAFT, customer_id="", channel="phone", taken_at="now", agent="Ada")
    store = PropertyDraft(name="store", value="Graz")
    noted = replace(
        replace(OPT_IN, channel="phone", ticket="4711", wording="May we?", taken_at="10:40", agent="Ada"),
        categories=("sms_marketing", "newsletter"),
        properties=(store,),
    )
    assert for_next_caller(noted, noted) == mine
    shown = replace(noted, customer_id="omar", wording="")
    assert for_next_caller(noted, shown) == replace(for_next_caller(noted, noted), customer_id="omar")


# -------------------------------------------------------------------------------------- any text whatever

OFFSETS = st.integers(-24 * 60 + 1, 24 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ZONES: st.SearchStrategy[tzinfo] = st.sampled_from((UTC, BERLIN)) | OFFSETS
DATE_LIKE = st.from_regex(
    r"\A(\d{4}-\d{2}-\d{2}[ T]?)?(\d{1,2}:\d{2}(:\d{2})?)?( ?Z| ?[+-]\d{2}:\d{2})?\Z", fullmatch=True
)
REAL_DATES = st.builds(
    lambda when, offset: f"{when.isoformat(sep=' ', timespec='seconds')}{offset}",
    st.datetimes(),
    st.sampled_from(["", "Z", "+14:00", "-23:59", " -12:00"]),
)
TIMES = ANY_TEXT | DATE_LIKE | REAL_DATES | st.from_regex(r"\A\d*\.?\d*\Z", fullmatch=True)
DRAFTS = st.builds(
    Draft,
    customer_id_type=st.just("registered") | ANY_TEXT,
    customer_id=st.just("jane") | ANY_TEXT,
    category=st.just("sms") | ANY_TEXT,
    action=st.sampled_from(["accept", "reject"]) | ANY_TEXT,
    valid_until=st.just("unlimited") | TIMES,
    taken_at=st.just("") | TIMES,
    channel=st.just("") | ANY_TEXT,
    ticket=st.just("") | ANY_TEXT,
    wording=st.just("") | ANY_TEXT,
    agent=st.just("") | ANY_TEXT,
)


@given(DRAFTS, st.integers(1, 2**33 * 1_000_000 - 1).map(Timestamp), ZONES)
@example(replace(OPT_IN, valid_until="9999-12-31"), NOW, UTC)
@example(replace(DRAFT, taken_at="9999-12-31 23:59:59"), NOW, timezone(timedelta(hours=-23)))
@example(replace(DRAFT, taken_at="0001-01-01 00:00"), NOW, timezone(timedelta(hours=23)))
@example(replace(DRAFT, taken_at="0:00"), Timestamp(1), timezone(timedelta(hours=-23)))
def test_any_text_is_a_consent_or_problems(draft: Draft, now: Timestamp, zone: tzinfo) -> None:
    found = parse(draft, request_id=REQUEST_ID, now=now, zone=zone)
    if not isinstance(found, Consent):
        assert found
        assert len({one.field for one in found}) == len(found)
        assert all(str(one.message).strip() for one in found)
        return
    assert (found.customer.type, found.customer.value) == (draft.customer_id_type, draft.customer_id)
    assert (found.category, found.action) == (draft.category, draft.action)
    assert (found.channel, found.ticket, found.agent) == (draft.channel, draft.ticket, draft.agent)
    assert found.wording == draft.wording
    assert found.timestamp <= now == found.noted_at


@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_a_pasted_megabyte_is_a_problem_of_its_field_at_once(name: str) -> None:
    for letter in ("a", "é", "1", "名", "\u200c", "\ud800", "\n", " ", "-", ":"):
        draft = changed(OPT_IN, name, letter * 1_000_000)
        begun = perf_counter()
        field, words = problem(draft)
        assert perf_counter() - begun < 1, ascii(letter)
        assert field is TEXT_FIELDS[name]
        assert len(words) < 200


@given(
    st.text(string.printable, min_size=1, max_size=20).filter(lambda text: text not in {"accept", "reject"})
)
def test_only_two_actions_exist(action: str) -> None:
    assert problem(replace(DRAFT, action=action))[0] is Field.ACTION
