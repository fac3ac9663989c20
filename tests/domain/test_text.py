import pytest
from hypothesis import given

from consent_desk.domain.text import hidden_character, visible
from tests.domain.examples import ANY_TEXT, HIDDEN, HIDDEN_IN_NAMES


def test_a_hidden_character_is_found_wherever_it_stands() -> None:
    for character in HIDDEN_IN_NAMES.values():
        for text in (f"{character}jane", f"ja{character}ne", f"jane{character}"):
            assert hidden_character(text) is not None


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\r", "a carriage return"),
        ("\n", "a line break"),
        ("\t", "a tab"),
        ("\0", "a NUL character"),
        ("\u00a0", "a no-break space"),
        ("\u2028", "a line separator"),
        ("\u202e", "an invisible direction mark (U+202E)"),
        ("\ud83d", "half a character (U+D83D)"),
        ("\x1b", "an invisible character (U+001B)"),
        ("\u3164", "an invisible character (U+3164)"),
        ("\u200d", "an invisible character (U+200D)"),
        ("\U000e0061", "an invisible character (U+E0061)"),
    ],
)
def test_a_hidden_character_has_a_name(character: str, name: str) -> None:
    assert hidden_character(f"a{character}\0") == name


@pytest.mark.parametrize(
    "text",
    [
        *("", "plain ~ text", "Zoë Ünsal", "名前", "שלום", "مرحبا", "क्\u200dष", "👩\u200d👩\u200d👧"),
        *("❤\ufe0f\u200d🔥", "e\u0301", "\ue000", "\u0378"),
        "می\u200cخواهم",  # noqa: RUF001 -- Persian is the subject
    ],
)
def test_text_of_any_script_is_seen(text: str) -> None:
    assert hidden_character(text) is None
    assert visible(text) == text


@pytest.mark.parametrize("text", ["jane\u200d", "é\u200d\u200d", "\u200d", "jane\ufe0f"])
def test_a_joiner_that_joins_nothing_is_hidden(text: str) -> None:
    assert hidden_character(text) is not None


def test_allowed_characters_pass_and_no_others() -> None:
    assert hidden_character("a\nb\u00a0c", allow="\n\u00a0") is None
    assert hidden_character("a\nb\u00a0c\t", allow="\n\u00a0") == "a tab"


@given(ANY_TEXT)
def test_visible_text_hides_nothing_and_can_be_written(text: str) -> None:
    shown = visible(text)
    assert hidden_character(shown, allow="\n\t") is None
    assert shown.encode("utf-8").decode("utf-8") == shown


@given(ANY_TEXT)
def test_text_without_hidden_characters_stays_as_it_is(text: str) -> None:
    assert (visible(text) == text) == (hidden_character(text, allow="\n\t") is None)


def test_a_hidden_character_is_shown_by_its_code() -> None:
    for character in HIDDEN.values():
        assert visible(f"a{character}b\n\tc") == f"a\\u{{{ord(character):x}}}b\n\tc"
