"""What is said of several consents of one press, in one line."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from consent_desk.domain.lifecycle.record import Entry, Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.ui.outcomes.summary import BatchStatus
from consent_desk.ui.shell.status import StatusPanel
from consent_desk.ui.states import SHORT_WORDS
from consent_desk.ui.widgets.tones import Tone
from tests.consents import a_consent, a_project

CATEGORIES = ("sms_marketing", "newsletter", "push_messages")
ENTRIES = tuple(Entry.of(Noted.of(a_project(), a_consent(category=one)), State.QUEUED) for one in CATEGORIES)


@pytest.fixture
def status(qtbot: QtBot) -> StatusPanel:
    panel = StatusPanel()
    qtbot.addWidget(panel)
    return panel


@pytest.fixture
def batches(status: StatusPanel) -> BatchStatus:
    batches = BatchStatus(status)
    batches.add(ENTRIES, practice=False)
    status.begin_call(ENTRIES[0].request_id)
    return batches


def say(batches: BatchStatus, *said: tuple[State, Tone, str]) -> None:
    for entry, (state, tone, text) in zip(ENTRIES, said, strict=True):
        assert batches.takes(replace(entry, state=state), tone, text)


VERIFIED = (State.VERIFIED, Tone.GOOD, "Verified.")


def test_the_worst_outcome_gives_the_tone_and_the_advice_and_is_named(
    batches: BatchStatus, status: StatusPanel
) -> None:
    say(batches, VERIFIED, VERIFIED, (State.UNCONFIRMED, Tone.WARNING, "Not yet confirmed. Wait."))
    assert status.latest.text() == (
        "▲ 3 opt-outs for jane@example.com, Acme production: "
        "2 verified, 1 not confirmed: push_messages.\n"
        "Not yet confirmed. Wait."
    )


def test_it_is_green_only_when_all_are_verified(batches: BatchStatus, status: StatusPanel) -> None:
    say(batches, VERIFIED, VERIFIED, (State.DELIVERED, Tone.NEUTRAL, "Delivered."))
    assert status.latest.text().startswith("➜")
    say(batches, VERIFIED, VERIFIED, VERIFIED)
    assert status.latest.text().startswith("✔ 3 opt-outs for jane@example.com, Acme production: 3 verified.")


def test_a_later_outcome_takes_the_place_of_the_line_before(
    batches: BatchStatus, status: StatusPanel
) -> None:
    say(batches, VERIFIED, VERIFIED, (State.REFUSED, Tone.BAD, "Not accepted."))
    say(batches, VERIFIED, VERIFIED, VERIFIED)
    assert status.kept.text() == ""


@pytest.mark.parametrize(("tone", "word"), [(Tone.BAD, "not settled"), (Tone.WARNING, "not sent")])
def test_what_did_not_go_on_its_way_is_not_said_to_be_on_it(
    batches: BatchStatus, status: StatusPanel, tone: Tone, word: str
) -> None:
    say(batches, VERIFIED, VERIFIED, (State.QUEUED, tone, "Why."))
    assert f"1 {word}: push_messages." in status.latest.text()


def test_nothing_is_said_before_each_was_told_of(batches: BatchStatus, status: StatusPanel) -> None:
    assert batches.takes(ENTRIES[0], Tone.NEUTRAL, "Sending…")
    assert status.latest.text() == ""


def test_a_single_consent_is_said_by_itself(batches: BatchStatus) -> None:
    single = Entry.of(Noted.of(a_project(), a_consent()), State.QUEUED)
    batches.add((single,), practice=False)
    assert not batches.takes(single, Tone.NEUTRAL, "Sending…")
    assert not batches.has(single)
    assert batches.has(ENTRIES[1])


def test_a_customer_who_was_erased_is_named_no_more(batches: BatchStatus, status: StatusPanel) -> None:
    say(batches, VERIFIED, VERIFIED, VERIFIED)
    first = ENTRIES[0]
    batches.forget_customer(first.project_id, first.customer)
    assert not batches.takes(first, Tone.GOOD, "Verified.")


def test_every_state_has_its_words() -> None:
    assert set(SHORT_WORDS) == set(State)
