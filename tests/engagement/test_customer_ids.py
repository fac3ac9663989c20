import pytest

from consent_desk.engagement.customer_ids import Hint, IdHelp


class Plans:
    """Numbers of one country, where 0 comes before them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def international(self, text: str, country: str) -> str | None:
        self.asked.append((text, country))
        digits = "".join(filter(str.isdigit, text))
        if text.startswith("+"):
            return f"+{digits}"
        return f"+43{digits[1:]}" if country == "AT" and len(digits) > 5 else None

    def is_possible(self, text: str, country: str) -> bool:
        return bool(country) and len(text) > 4


class Rules:
    """Mail needs a period behind the @-sign."""

    def complaint(self, text: str) -> str | None:
        return None if "." in text.partition("@")[2] else "It should have a period."


def help_in(country: str = "AT") -> IdHelp:
    return IdHelp(Plans(), Rules(), country)


def test_a_national_number_is_suggested_as_the_desks_country_writes_it() -> None:
    hint = help_in().hint("phone", "0660 1234567")
    assert hint is not None
    assert hint.suggestion == "+436601234567"
    assert "+436601234567" in str(hint.message)


def test_a_number_that_is_written_internationally_needs_no_help() -> None:
    assert help_in().hint("phone", "+436601234567") is None


def test_an_impossible_number_is_to_be_read_back() -> None:
    hint = help_in().hint("phone", "12")
    assert hint is not None
    assert (hint.suggestion, "Read it back" in str(hint.message)) == ("", True)


def test_without_a_country_a_national_number_is_left_alone() -> None:
    assert help_in("").hint("phone", "06601234567") is None


def test_without_a_country_spaces_are_still_pointed_at() -> None:
    hint = help_in("").hint("phone", "0660 1234567")
    assert hint is not None
    assert "spaces" in str(hint.message)


def test_without_a_country_an_international_number_is_tidied() -> None:
    hint = help_in("").hint("phone", "+43 660 1234567")
    assert hint is not None
    assert hint.suggestion == "+436601234567"


@pytest.mark.parametrize("text", ["jane@example", "jane@"])
def test_an_address_that_nobody_can_have_is_warned_of(text: str) -> None:
    hint = help_in().hint("registered", text)
    assert hint is not None
    assert (hint.suggestion, str(hint.message)) == (
        "",
        "It should have a period. Read it back to the caller.",
    )


def test_an_address_that_somebody_may_have_needs_no_help() -> None:
    assert help_in().hint("registered", "jane@example.com") is None


def test_what_is_odd_comes_before_what_libraries_know() -> None:
    hint = help_in().hint("registered", "Jane@example")
    assert isinstance(hint, Hint)
    assert "Capital" in str(hint.message)


def test_another_id_needs_no_help() -> None:
    assert help_in().hint("registered", "4711") is None


@pytest.mark.parametrize("text", ["", " ", "a\u00a0b", "null", "undefined"])
def test_a_problem_needs_no_hint_besides(text: str) -> None:
    assert help_in().hint("phone", text) is None


@pytest.mark.parametrize("text", [" jane@example.com", "jane@example.com\r\n", "<jane@example.com>"])
def test_the_id_in_what_was_copied_is_suggested_also_where_that_is_refused(text: str) -> None:
    hint = help_in().hint("registered", text)
    assert hint is not None
    assert hint.suggestion == "jane@example.com"
    assert "Is it jane@example.com?" in str(hint.message)


def test_look_alike_letters_are_named_and_the_plain_ones_suggested() -> None:
    hint = help_in().hint("registered", "jane@example.\u0441om")
    assert hint is not None
    assert hint.suggestion == "jane@example.com"
    assert "“\u0441” is a Cyrillic letter" in str(hint.message)


@pytest.mark.parametrize("id_type", ["registered", "phone"])
def test_what_a_spreadsheet_made_of_an_id_is_pointed_at(id_type: str) -> None:
    for text in ("#N/A", "<null>", "4,36E+11", "29.11.2026"):
        hint = help_in().hint(id_type, text)
        assert hint is not None
        assert "preadsheet" in str(hint.message)
        assert hint.suggestion == ""


def test_a_number_that_is_possible_but_not_valid_is_left_alone() -> None:
    assert help_in().hint("phone", "06601") is None
    hint = help_in().hint("phone", "066 01")
    assert hint is not None
    assert "spaces" in str(hint.message)


def test_what_else_may_be_meant_is_looked_up_the_number_too() -> None:
    assert help_in().alternatives("registered", "Jane@Example.com") == ("jane@example.com",)
    assert help_in().alternatives("gsm", "0660 1234567") == ("+436601234567",)
    assert help_in().alternatives("gsm", "+436601234567") == ()
    assert help_in().alternatives("gsm", "12") == ()


def test_what_is_no_id_is_not_looked_up() -> None:
    assert help_in().alternatives("registered", "NULL") == ()
