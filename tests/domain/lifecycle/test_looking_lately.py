"""What a look-up may not show yet, because this desk noted it a moment ago."""

from dataclasses import replace

import pytest

from consent_desk.domain.lifecycle.looking import not_shown, trusted, within_read_lag
from consent_desk.domain.message import say
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.customer import CategoryStatus, Found, Known, Unknown, Untold
from tests.consents import NOON, a_consent, later

OURS = a_consent()
SINCE = NOON.micros / 1_000_000
BEFORE = CategoryStatus(valid=True, since=SINCE - 1000, source="page")
UNTOLD = Untold(Meaning(say("tests", "it is slow"), say("tests", "Wait.")))
UNKNOWN = Unknown(customer=OURS.customer)


def known(sms: CategoryStatus = BEFORE) -> Known:
    consents = {"sms_marketing": sms, "newsletter": BEFORE}
    return Known(customer=OURS.customer, consents=consents)


@pytest.mark.parametrize(("seconds", "may_lack"), [(-5, True), (30, True), (60, False)])
def test_what_was_noted_less_than_a_minute_ago_or_since_may_not_show_yet(
    seconds: float, may_lack: bool
) -> None:
    assert within_read_lag([OURS], later(seconds)) == ((OURS,) if may_lack else ())


@pytest.mark.parametrize(
    "found",
    [
        UNKNOWN,
        known(),
        known(replace(BEFORE, since=None)),
        Known(customer=OURS.customer, consents={}),
    ],
    ids=["unknown", "older", "never", "not told"],
)
def test_a_look_up_without_it_is_behind(found: Found) -> None:
    assert not_shown(found, [OURS]) == (OURS,)


@pytest.mark.parametrize("found", [None, UNTOLD, known(replace(BEFORE, since=SINCE))])
def test_a_look_up_that_shows_it_or_tells_nothing_is_not(found: Found | None) -> None:
    assert not_shown(found, [OURS]) == ()


def test_of_the_category_alone_nothing_is_known() -> None:
    assert trusted(known(), [OURS]) == Known(customer=OURS.customer, consents={"newsletter": BEFORE})


def test_nobody_is_unknown_to_whom_a_profile_was_just_made() -> None:
    assert trusted(UNKNOWN, [OURS]) is None


@pytest.mark.parametrize("found", [None, UNTOLD, UNKNOWN, known()])
def test_all_is_known_where_nothing_was_noted(found: Found | None) -> None:
    assert trusted(found, []) is found
