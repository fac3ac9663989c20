"""What is searched for is compared without case, in every script."""

import pytest

from consent_desk.domain.lifecycle.record import Entry, Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.log_query import LogQuery, Which, folded, words_of
from tests.consents import a_consent, a_project


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("JANE", "jane@example.com"),
        ("żółki", "ŻÓŁKIEWSKI"),
        ("STRASSE", "straße"),
        ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
        ("cafe\N{COMBINING ACUTE ACCENT}", "CAFÉ"),
        ("дмитрий", "ДМИТРИЙ"),
    ],
)
def test_case_and_spelling_of_accents_do_not_matter(typed: str, kept: str) -> None:
    assert folded(typed) in folded(kept)


@pytest.mark.parametrize("typed", ["istanbul", "ISTANBUL", "İSTANBUL", "İstanbul", "\u0131stanbul"])
def test_what_turkish_writes_with_and_without_a_dot_is_alike(typed: str) -> None:
    assert words_of(typed) == ("istanbul",)


def test_what_a_journal_keeps_is_folded_as_it_always_was() -> None:
    assert folded("İI\u0131i") == "i\u0307i\u0131i"


def test_each_word_is_searched_for_once() -> None:
    assert words_of("  Jane\tSMS jane ") == ("jane", "sms")
    assert words_of(" ") == ()


@pytest.mark.parametrize(
    ("query", "is_narrow", "wants"),
    [
        (LogQuery(words=("joe",)), False, True),
        (LogQuery(states=frozenset({State.REFUSED})), True, True),
        (LogQuery(states=frozenset({State.VERIFIED})), True, False),
        (LogQuery(which=Which.NEEDS_YOU), True, True),
    ],
)
def test_a_line_that_changes_may_leave_what_asks_how_far_it_has_come(
    query: LogQuery, is_narrow: bool, wants: bool
) -> None:
    refused = Entry.of(Noted.of(a_project(), a_consent()), State.REFUSED)
    assert (query.is_narrow, query.wants(refused)) == (is_narrow, wants)
