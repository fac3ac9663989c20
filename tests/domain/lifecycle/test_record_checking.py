from dataclasses import replace

import pytest

from consent_desk.domain.lifecycle.record import (
    NO_CONTEXT,
    NO_CUSTOMER,
    SAW_CUSTOMER,
    Context,
    Entry,
    Record,
    is_new_profile,
    is_unlisted,
    needs_check,
    nobody_looked,
    said,
    saw_customer,
    to_check,
)
from consent_desk.domain.lifecycle.state import ASKED, IS_RIGHT, Fact, State
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import Look
from tests.consents import a_noted, later

LOOKED = Context(existed=True, listed=True)


def record(*facts: Fact, context: Context = NO_CONTEXT) -> Record:
    queued = Fact(at=later(0), state=State.QUEUED)
    return Record(noted=replace(a_noted(), context=context), facts=(queued, *facts))


def noted(note: str, state: State = State.QUEUED) -> Fact:
    return Fact(at=later(1), state=state, note=note)


def looked(look: Look, state: State = State.NEW_PROFILE) -> Fact:
    return Fact(at=later(2), state=state, outcome=look)


NEW = (
    record(context=Context(is_new_profile=True)),
    record(noted(NO_CUSTOMER)),
    record(looked(Look(unknown=True))),
)
UNLISTED = (
    record(context=Context(existed=True, listed=False)),
    record(looked(Look(seen=True, unlisted=True), State.NO_CATEGORY), context=Context(existed=True)),
)


@pytest.mark.parametrize("one", NEW)
def test_a_profile_is_new_whenever_that_was_learnt(one: Record) -> None:
    assert is_new_profile(one)
    assert not nobody_looked(one)
    for state in (State.DELIVERED, State.SEEN, State.NOT_SHOWN, State.VERIFIED):
        assert to_check(one, state) is State.NEW_PROFILE


@pytest.mark.parametrize("one", UNLISTED)
def test_a_category_is_none_whenever_that_was_learnt(one: Record) -> None:
    assert is_unlisted(one)
    assert to_check(one, State.VERIFIED) is State.NO_CATEGORY


@pytest.mark.parametrize("one", [*NEW, *UNLISTED])
def test_what_is_not_recorded_or_does_not_hold_stays_that(one: Record) -> None:
    for state in (State.CONTRADICTED, State.UNCONFIRMED, State.REFUSED, State.QUEUED, State.NOT_SEEN):
        assert to_check(one, state) is state


def test_whose_customer_and_category_are_known_is_verified() -> None:
    one = record(context=LOOKED)
    assert not is_new_profile(one)
    assert not is_unlisted(one)
    assert to_check(one, State.VERIFIED) is State.VERIFIED


def test_a_new_profile_is_verified_once_a_person_says_that_it_is_right() -> None:
    one = record(noted(NO_CUSTOMER), noted(IS_RIGHT, State.NEW_PROFILE))
    assert to_check(one, State.VERIFIED) is State.VERIFIED
    assert to_check(one, State.SEEN) is State.NEW_PROFILE


@pytest.mark.parametrize(
    ("one", "saw"),
    [
        (record(), False),
        (record(context=Context(before=CategoryStatus(valid=True, since=1.0, source=""))), True),
        (record(context=Context(existed=True)), True),
        (record(noted(SAW_CUSTOMER)), True),
    ],
)
def test_a_look_up_saw_the_customer_or_nobody_looked(one: Record, saw: bool) -> None:
    assert saw_customer(one) is saw
    assert nobody_looked(one) is not saw


@pytest.mark.parametrize(
    ("one", "needed"),
    [
        (record(noted("", State.DELIVERED)), False),
        (record(noted(NO_CUSTOMER, State.NEW_PROFILE)), True),
        (record(noted(ASKED), noted(ASKED, State.NEW_PROFILE)), False),
        (record(noted(NO_CUSTOMER), noted(IS_RIGHT, State.NEW_PROFILE)), False),
        (record(noted("", State.NEW_PROFILE), context=Context(is_new_profile=True)), False),
        (record(noted("", State.NO_CATEGORY), context=Context(listed=False)), False),
        (record(noted("", State.NO_CATEGORY), context=LOOKED), True),
        (record(noted(IS_RIGHT, State.NO_CATEGORY), context=LOOKED), False),
    ],
)
def test_a_person_is_to_check_it_unless_somebody_was_asked(one: Record, needed: bool) -> None:
    assert needs_check(one) is needed
    state = one.facts[-1].state
    if state in {State.NEW_PROFILE, State.NO_CATEGORY}:
        assert Entry.after(one.noted, one.facts).checked is not needed


def test_what_a_person_said_is_borne_on() -> None:
    assert said(record(), State.NEW_PROFILE) == ""
    assert said(record(noted(ASKED)), State.NEW_PROFILE) == ASKED
    right = record(noted(IS_RIGHT, State.NEW_PROFILE), noted(ASKED))
    assert said(right, State.NEW_PROFILE) == IS_RIGHT
    # Of the category nobody was asked with the ID.
    assert said(right, State.NO_CATEGORY) == ""


def test_an_id_that_is_right_makes_no_category_right() -> None:
    neither = Context(is_new_profile=True, listed=False)
    one = record(noted(IS_RIGHT, State.NEW_PROFILE), context=neither)
    assert to_check(one, State.VERIFIED) is State.NO_CATEGORY
    both = record(noted(IS_RIGHT, State.NEW_PROFILE), noted(IS_RIGHT, State.NO_CATEGORY), context=neither)
    assert to_check(both, State.VERIFIED) is State.VERIFIED
    asked = record(noted(ASKED, State.NO_CATEGORY), context=LOOKED)
    assert needs_check(asked)
