"""What a correction restores, and what it asks for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from consent_desk.domain.checks.correction import (
    CORRECTABLE_STATES,
    basis_problems,
    belongs_elsewhere,
    is_corrected_by,
    lost_its_id_type,
    needs_basis,
    overtaken,
    own_opt_out,
    restored,
    turned,
)
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft, Field
from consent_desk.domain.consent.values import CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context, Noted, Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.message import Message
from consent_desk.domain.wire.customer import CategoryStatus, Found, Known, Unknown
from consent_desk.domain.wire.outcome import Look
from tests.consents import NOON, a_consent, a_project, later

SINCE = NOON.micros / 1e6 - 1000
YEARS_AHEAD = ValidUntil(NOON.micros // 1_000_000 + 100_000_000)
ACCEPTED = CategoryStatus(valid=True, since=SINCE, source="page", until=ValidUntil(), wording="May we?")
REJECTED = CategoryStatus(valid=False, since=SINCE, source="page", wording="No more.")
NONE = CategoryStatus(valid=False, since=None, source="")
OPT_IN: dict[str, Any] = {"action": Action.ACCEPT, "valid_until": ValidUntil()}


def a_record(
    before: CategoryStatus | None = None,
    *,
    context: Context = NO_CONTEXT,
    state: State = State.VERIFIED,
    looks: Sequence[Look] = (),
    **changes: Any,
) -> Record:
    noted = Noted.of(a_project(), a_consent(**changes), replace(context, before=before))
    seen = tuple(Fact(at=later(1), state=State.SEEN, outcome=look) for look in looks)
    return Record(noted=noted, facts=(*seen, Fact(at=later(2), state=state)))


def draft(record: Record, now: Timestamp = NOON) -> Draft:
    found = restored(record, now)
    assert isinstance(found, Draft)
    return found


def why(record: Record, now: Timestamp = NOON) -> str:
    found = restored(record, now)
    assert isinstance(found, Message)
    return str(found)


def test_an_earlier_opt_in_comes_back_with_its_end_and_its_wording_and_is_linked() -> None:
    record = a_record(replace(ACCEPTED, until=YEARS_AHEAD))
    assert draft(record) == Draft(
        customer_id_type="registered",
        customer_id="jane@example.com",
        category="sms_marketing",
        action="accept",
        valid_until="2029-07-31 21:46:40 +00:00",
        corrects=record.noted.consent.request_id,
    )


@pytest.mark.parametrize("record", [a_record(ACCEPTED), a_record(REJECTED, **OPT_IN)], ids=["reject", "was"])
def test_where_an_opt_in_needs_a_basis_no_old_wording_passes_for_one_read_out_now(record: Record) -> None:
    assert draft(record).wording == ""


def test_an_opt_in_in_place_of_an_opt_in_keeps_its_wording() -> None:
    assert draft(a_record(replace(ACCEPTED, until=YEARS_AHEAD), **OPT_IN)).wording == "May we?"


@pytest.mark.parametrize(("until", "typed"), [(ValidUntil(), "unlimited"), (None, "")])
def test_an_opt_in_comes_back_with_the_end_that_was_told(until: ValidUntil | None, typed: str) -> None:
    assert draft(a_record(replace(ACCEPTED, until=until))).valid_until == typed


@pytest.mark.parametrize(
    "record",
    [
        a_record(NONE),
        a_record(context=Context(is_new_profile=True)),
        a_record(state=State.NEW_PROFILE, looks=[Look(seen=True, unknown=True)]),
    ],
    ids=["no event", "no profile", "no profile, learnt since"],
)
def test_where_there_was_no_consent_none_is_created(record: Record) -> None:
    assert why(record).startswith(
        "Engagement cannot delete an event. There was no consent before, so none is created."
    )


def test_where_it_is_not_known_no_opt_in_is_offered_and_it_says_why() -> None:
    assert "was not looked up then. So no opt-in is offered." in why(a_record())


@pytest.mark.parametrize(
    "before", [ACCEPTED, replace(ACCEPTED, valid=False, ended=True)], ids=["since", "before"]
)
def test_an_opt_in_that_has_ended_is_not_restored(before: CategoryStatus) -> None:
    end = ValidUntil(NOON.micros // 1_000_000 + 10)
    assert "has ended since" in why(a_record(replace(before, until=end)), later(60))


def test_where_it_may_have_been_an_opt_out_no_opt_in_is_offered() -> None:
    before = replace(ACCEPTED, valid=False, until=ValidUntil(7), ended=None)
    assert why(a_record(before)).startswith("What held before is not known: the person had opted out, or")


@pytest.mark.parametrize("until", [None, ValidUntil(), YEARS_AHEAD, ValidUntil(7)])
def test_an_opt_out_is_restored_as_one_though_it_names_an_end(until: ValidUntil | None) -> None:
    found = draft(a_record(replace(REJECTED, until=until), **OPT_IN))
    assert (found.action, found.valid_until) == ("reject", "")


@pytest.mark.parametrize(
    "record",
    [a_record(REJECTED), a_record(replace(REJECTED, until=ValidUntil(7))), a_record(ACCEPTED, **OPT_IN)],
    ids=["opt-out", "opt-out with an end", "opt-in"],
)
def test_what_held_before_too_is_not_restored(record: Record) -> None:
    assert why(record) == "The same held before: there is nothing to restore."


def test_an_opt_in_with_another_end_is_restored() -> None:
    assert draft(a_record(replace(ACCEPTED, until=YEARS_AHEAD), **OPT_IN)).valid_until != "unlimited"


@pytest.mark.parametrize("state", sorted(set(State) - CORRECTABLE_STATES))
def test_what_never_reached_engagement_is_not_corrected(state: State) -> None:
    assert "has not reached Engagement" in why(a_record(ACCEPTED, state=state))


@pytest.mark.parametrize(
    "changes",
    [
        {"customer_id": "omar@example.org"},
        {"customer_id_type": "phone"},
        {"category": "newsletter"},
        {"categories": ("sms_marketing", "newsletter")},
    ],
    ids=str,
)
def test_a_form_about_something_else_corrects_nothing(changes: dict[str, Any]) -> None:
    record = a_record(ACCEPTED)
    assert is_corrected_by(draft(record), record)
    assert not is_corrected_by(replace(draft(record), **changes), record)


def test_an_id_of_a_type_that_the_project_has_no_more_is_not_corrected_and_it_says_what_to_do() -> None:
    record = a_record(ACCEPTED)
    assert lost_its_id_type(record, ("phone", "registered")) is None
    assert str(lost_its_id_type(record, ("phone",))) == (
        "The project has no customer IDs of type registered any more. Add that type in the project settings "
        "first."
    )


def test_a_consent_of_another_project_is_not_corrected_and_it_says_which_to_choose() -> None:
    record = a_record(ACCEPTED)
    told = str(belongs_elsewhere(record, "another"))
    assert told == f"This was recorded for {record.noted.project_name}. Choose that project first."
    assert belongs_elsewhere(record, record.noted.project_id) is None


def test_what_a_later_decision_overtook_is_not_corrected() -> None:
    assert str(overtaken(later(1))).startswith("A later decision was noted since: ")
    assert overtaken(None) is None


def test_what_needs_a_basis_needs_the_wording_too() -> None:
    lacking = basis_problems(Draft(action="accept", wording=" "))
    assert [problem.field for problem in lacking] == [Field.WORDING, Field.BASIS]
    assert basis_problems(Draft(action="accept", wording="May we?", basis="They said so.")) == ()


@pytest.mark.parametrize("record", [a_record(ACCEPTED), a_record(REJECTED, **OPT_IN)], ids=["reject", "was"])
def test_an_opt_in_in_place_of_an_opt_out_or_after_one_needs_a_basis(record: Record) -> None:
    assert needs_basis(replace(draft(record), action="accept"), record)


@pytest.mark.parametrize("before", [ACCEPTED, NONE, None], ids=["accepted", "none", "not known"])
def test_another_opt_in_in_place_of_an_opt_in_and_an_opt_out_need_none(before: CategoryStatus | None) -> None:
    assert not needs_basis(Draft(action="accept"), a_record(before, **OPT_IN))
    assert not needs_basis(Draft(action="reject"), a_record(REJECTED, **OPT_IN))


ELSEWHERE = Look(seen=True, valid=False, since=SINCE, source="page")
OWN_OPT_OUTS = {
    "before": (a_record(REJECTED, **OPT_IN), True),
    "since": (a_record(ACCEPTED, looks=[ELSEWHERE]), True),
    "unlimited": (a_record(replace(REJECTED, until=ValidUntil())), True),
    "not known": (a_record(), False),
    "none": (a_record(NONE), False),
    "accepted": (a_record(ACCEPTED), False),
    "this desk": (a_record(replace(REJECTED, source="private_api")), False),
    "ended": (a_record(replace(ACCEPTED, valid=False, ended=True)), False),
    "looked up": (a_record(looks=[Look(blind=True), replace(ELSEWHERE, source="private_api")]), False),
}


@pytest.mark.parametrize(("record", "is_their_own"), OWN_OPT_OUTS.values(), ids=OWN_OPT_OUTS)
def test_an_opt_out_of_the_person_themselves_is_warned_of(record: Record, is_their_own: bool) -> None:
    words = "(source page): the person may have opted out themselves"
    assert (words in str(own_opt_out(record))) is is_their_own
    assert (own_opt_out(record) is not None) is is_their_own


JANE = CustomerId(type="registered", value="jane@example.com")
PLAIN = Draft(
    customer_id_type="registered", customer_id="jane@example.com", category="sms_marketing", action="accept"
)
OPTED_OUT = Known(customer=JANE, consents={"sms_marketing": REJECTED, "newsletter": ACCEPTED})


@pytest.mark.parametrize("until", [None, ValidUntil(), YEARS_AHEAD])
def test_an_opt_in_turns_the_opt_out_that_a_look_up_shows_also_where_that_names_an_end(
    until: ValidUntil | None,
) -> None:
    shown = {"sms_marketing": replace(REJECTED, until=until)}
    assert turned(PLAIN, Known(customer=JANE, consents={**shown, "newsletter": ACCEPTED})) == shown


def test_of_several_those_that_are_opted_out_are_turned() -> None:
    several = replace(PLAIN, categories=("other", "newsletter", "sms_marketing"))
    assert turned(several, OPTED_OUT) == {"sms_marketing": REJECTED}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"action": "reject"}, OPTED_OUT),
        ({"category": "newsletter"}, OPTED_OUT),
        ({"customer_id": "omar@example.org"}, OPTED_OUT),
        ({}, None),
        ({}, Unknown(customer=JANE)),
        ({}, Known(customer=JANE, consents={"sms_marketing": NONE})),
        ({}, Known(customer=JANE, consents={"sms_marketing": replace(ACCEPTED, valid=False, ended=True)})),
    ],
    ids=["opt-out", "accepted", "somebody else", "no answer", "unknown", "never asked", "ended"],
)
def test_what_turns_no_opt_out_needs_no_basis(changes: dict[str, Any], found: Found | None) -> None:
    assert turned(replace(PLAIN, **changes), found) == {}
