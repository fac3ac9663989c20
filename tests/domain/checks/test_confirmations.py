"""What is asked before a consent is noted."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.checks.confirmations import Confirmation, about_repetition, confirmations, of_several
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.values import Consent, CustomerId, ValidUntil
from consent_desk.domain.message import say
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.customer import CategoryStatus, Found, Known, Unknown, Untold
from tests.consents import NOON, a_consent, later

JANE = CustomerId(type="registered", value="jane@exmaple.com")
OPT_OUT = a_consent(customer=JANE)
OPT_IN = a_consent(customer=JANE, action=Action.ACCEPT, valid_until=ValidUntil())
SMS = Category("sms_marketing", "SMS marketing")
NOON_SECONDS = NOON.micros / 1_000_000
REJECTED = CategoryStatus(valid=False, since=NOON_SECONDS - 60, source="page")
ACCEPTED = CategoryStatus(valid=True, since=NOON_SECONDS - 60, source="page", until=ValidUntil())
NEVER = CategoryStatus(valid=False, since=None, source="")
PAST = ValidUntil(int(NOON_SECONDS) - 1)


def known(status: CategoryStatus = ACCEPTED, category: str = "sms_marketing") -> Known:
    return Known(customer=JANE, consents={category: status})


def only(consent: Consent, found: Found | None, *categories: Category) -> Confirmation:
    asked = confirmations((consent,), found, categories)
    assert len(asked) == 1
    return asked[0]


def choices(confirmation: Confirmation) -> tuple[str, str]:
    return str(confirmation.mend), str(confirmation.go_on)


def at(seconds: float) -> Consent:
    """The opt-out with a time that was given."""
    return replace(OPT_OUT, timestamp=later(seconds))


NOT_ASKED: dict[str, tuple[Consent, Found | None]] = {
    "no answer yet": (OPT_OUT, None),
    "untold": (OPT_OUT, Untold(Meaning(say("tests", "it is slow"), say("tests", "Wait.")))),
    "accepted": (OPT_OUT, known(ACCEPTED)),
    "never": (OPT_OUT, known(NEVER)),
    "another category": (OPT_OUT, known(REJECTED, category="newsletter")),
    "expired": (OPT_OUT, known(replace(REJECTED, until=PAST, ended=True))),
    "rejected or expired": (OPT_OUT, known(replace(REJECTED, until=PAST, ended=None))),
    "an opt-in over one that ended": (OPT_IN, known(replace(REJECTED, until=PAST, ended=True))),
    "an opt-in after an opt-out of this desk": (OPT_IN, known(replace(REJECTED, source="private_api"))),
    "a time after the last decision": (at(-30), known(ACCEPTED)),
    "a time before one, taken now": (OPT_OUT, known(replace(ACCEPTED, since=NOON_SECONDS + 3600))),
    "dated back without an earlier decision": (at(-120), known(NEVER)),
}


@pytest.mark.parametrize(("consent", "found"), NOT_ASKED.values(), ids=NOT_ASKED)
def test_what_changes_something_or_may_do_so_is_not_asked_about(
    consent: Consent, found: Found | None
) -> None:
    assert confirmations((consent,), found, (SMS,)) == ()


def test_an_unknown_customer_is_to_be_read_back() -> None:
    confirmation = only(OPT_OUT, Unknown(customer=JANE))
    assert str(confirmation.text) == (
        "No customer with registered = jane@exmaple.com. Opting out this ID stops no messages. "
        "Read it back to the caller."
    )
    assert choices(confirmation) == ("Correct the ID", "Record anyway: creates a profile")
    assert (confirmation.field, confirmation.instead) == (Field.CUSTOMER_ID, None)


def test_a_long_id_is_cut() -> None:
    customer = CustomerId(type="registered", value="j" * 16_000)
    assert len(str(only(replace(OPT_OUT, customer=customer), Unknown(customer=customer)).text)) < 200


def test_an_unknown_customer_would_get_a_profile_by_an_opt_in() -> None:
    assert "Opting in this ID makes a new, empty profile." in str(only(OPT_IN, Unknown(customer=JANE)).text)


def test_a_customer_with_the_id_in_lower_case_is_offered() -> None:
    lower = known()
    assert only(OPT_OUT, Unknown(customer=JANE, other=lower)).instead is lower


def test_a_customer_of_another_type_of_id_is_named_with_it() -> None:
    other = Known(customer=CustomerId(type="phone", value=JANE.value), consents={})
    assert f"There is one with phone = {JANE.value}." in str(
        only(OPT_OUT, Unknown(customer=JANE, other=other)).text
    )


@pytest.mark.parametrize("until", [None, ValidUntil(), ValidUntil(int(NOON_SECONDS) + 9), PAST])
def test_an_opt_out_that_holds_already_is_asked_about_also_where_it_names_an_end(
    until: ValidUntil | None,
) -> None:
    confirmation = only(OPT_OUT, known(replace(REJECTED, until=until)))
    assert (
        str(confirmation.text) == "sms_marketing: already opted out since 2026-05-31 11:59 UTC, source page."
    )
    assert choices(confirmation) == ("Leave it", "Record again")


def test_a_category_is_called_as_people_know_it() -> None:
    assert str(only(OPT_OUT, known(REJECTED), SMS).text).startswith("SMS marketing: already opted out")
    alike = Category("sms", "SMS marketing")
    assert str(only(OPT_OUT, known(REJECTED), SMS, alike).text).startswith("SMS marketing (sms_marketing): ")


@pytest.mark.parametrize("source", ["page", "private_api"])
def test_an_opt_in_over_what_may_be_an_opt_out_is_asked_about(source: str) -> None:
    confirmation = only(OPT_IN, known(replace(REJECTED, until=PAST, ended=None, source=source)))
    assert str(confirmation.text).startswith(
        "sms_marketing: did this person opt out, or did the opt-in end? That is not known: opted out, or "
        "accepted and ended (not known which) since 2026-05-31 11:59 UTC"
    )
    assert choices(confirmation) == ("Leave it", "Record the opt-in")


def of_three(*rejected: str) -> tuple[Confirmation, ...]:
    """What is asked of opt-outs of three categories, where those in `rejected` hold already."""
    asked: list[Confirmation] = []
    for category in ("sms_marketing", "newsletter", "fax"):
        status = REJECTED if category in rejected else ACCEPTED
        asked += confirmations((replace(OPT_OUT, category=category),), known(status, category), ())
    return of_several(asked, 3)


@pytest.mark.parametrize(
    ("rejected", "choice"),
    [
        (("sms_marketing",), "Leave it, record the other 2"),
        (("sms_marketing", "fax"), "Leave them, record the other one"),
    ],
)
def test_of_several_what_holds_already_keeps_the_others_from_nothing(
    rejected: tuple[str, ...], choice: str
) -> None:
    for confirmation in of_three(*rejected):
        assert choices(confirmation) == (choice, "Record all 3")
        assert confirmation.leaves == rejected


def test_of_several_that_all_hold_already_nothing_is_left_to_record() -> None:
    asked = of_three("sms_marketing", "newsletter", "fax")
    assert {choices(confirmation) for confirmation in asked} == {("Leave it", "Record again")}
    assert {confirmation.leaves for confirmation in asked} == {()}


def test_of_several_another_confirmation_stays_as_it_is() -> None:
    unlisted = only(replace(OPT_OUT, category="SMS"), None, SMS)
    holding = only(OPT_OUT, known(REJECTED))
    assert of_several((unlisted,), 2) == (unlisted,)
    assert of_several((unlisted, holding), 2)[0] == unlisted


@pytest.mark.parametrize(
    ("until", "wished", "asks"),
    [
        (ValidUntil(), ValidUntil(), True),
        (None, ValidUntil(), True),
        (ValidUntil(1_900_000_000), ValidUntil(1_900_000_000), True),
        (ValidUntil(1_900_000_000), ValidUntil(), False),
        (ValidUntil(), ValidUntil(1_900_000_000), False),
    ],
)
def test_an_opt_in_holds_already_where_its_end_is_the_same(
    until: ValidUntil | None, wished: ValidUntil, asks: bool
) -> None:
    consent = replace(OPT_IN, valid_until=wished)
    assert bool(confirmations((consent,), known(replace(ACCEPTED, until=until)), ())) == asks


def test_an_opt_in_after_an_opt_out_of_the_person_themselves_is_asked_about() -> None:
    confirmation = only(OPT_IN, known(REJECTED))
    assert "(source page): the person may have opted out themselves" in str(confirmation.text)
    assert choices(confirmation) == ("Leave it", "Record the opt-in")


def test_a_time_before_the_last_decision_is_explained() -> None:
    confirmation = only(at(-120), known(ACCEPTED))
    assert str(confirmation.text) == (
        "sms_marketing: accepted since 2026-05-31 11:59 UTC, source page, unlimited. That is later than "
        "2026-05-31 11:58 UTC, so this decision may change nothing. If the person decides now, the time is "
        "“now”."
    )
    assert choices(confirmation) == ("Correct the time", "Record anyway")
    assert confirmation.field is Field.TAKEN_AT


def test_a_category_that_the_project_does_not_have_is_asked_about() -> None:
    confirmation = only(replace(OPT_OUT, category="SMS"), None, SMS)
    assert str(confirmation.text) == (
        "SMS: Not among the project's categories: Engagement would not notice. Did you mean sms_marketing?"
    )
    assert choices(confirmation) == ("Correct the category", "Record anyway")
    assert confirmation.field is Field.CATEGORY


def test_a_stranger_in_practice_is_asked_about_first_and_then_all_the_rest() -> None:
    consent = replace(OPT_OUT, category="fax")
    asked = confirmations((consent,), Unknown(customer=JANE), (SMS,), is_stranger=True)
    assert [str(one.go_on) for one in asked] == [
        "Practise",
        "Record anyway: creates a profile",
        "Record anyway",
    ]
    assert "A real caller? This opts nobody out" in str(asked[0].text)


STATUSES = st.builds(
    CategoryStatus,
    valid=st.booleans(),
    since=st.none() | st.floats(-1e15, 1e15),
    source=st.text(),
    until=st.none() | st.builds(ValidUntil, st.none() | st.integers(1, 99_999_999_999)),
)
FOUND = st.one_of(
    st.none(),
    st.builds(known, STATUSES),
    st.builds(Unknown, customer=st.just(JANE), other=st.none() | st.builds(known, STATUSES)),
    st.just(Untold(Meaning(say("tests", "it is slow"), say("tests", "Wait.")))),
)


@given(st.sampled_from([OPT_OUT, OPT_IN, at(-120)]), FOUND, st.booleans())
def test_whatever_was_found_can_be_told(consent: Consent, found: Found | None, is_stranger: bool) -> None:
    for confirmation in confirmations((consent,), found, (SMS,), is_stranger=is_stranger):
        assert str(confirmation.text)


def test_the_same_once_more_is_asked_about_like_what_holds_already() -> None:
    confirmation = about_repetition("sms_marketing", "SMS marketing", NOON, Action.REJECT)
    assert str(confirmation.text).startswith(
        "SMS marketing: this opt-out was noted here already, at 2026-05-31"
    )
    assert choices(confirmation) == ("Leave it", "Record it again")
    left = of_several([confirmation], 3)[0]
    assert left.leaves == ("sms_marketing",)
