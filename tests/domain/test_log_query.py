"""What is searched for is compared without case, in every script."""

import pytest

from consent_desk.domain.log_query import folded, words_of


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
