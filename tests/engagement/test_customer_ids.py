import pytest

from consent_desk.engagement.customer_ids import IdHelp


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


INTERNATIONAL, JANE = "+436601234567", "jane@example.com"


@pytest.mark.parametrize(
    ("country", "id_type", "text", "suggestion", "words"),
    [
        ("AT", "phone", "0660 1234567", INTERNATIONAL, INTERNATIONAL),
        ("", "phone", "+43 660 1234567", INTERNATIONAL, INTERNATIONAL),
        # Possible, but not valid; and without a country nobody knows.
        ("AT", "phone", "066 01", "", "spaces"),
        ("", "phone", "0660 1234567", "", "spaces"),
        ("AT", "phone", "12", "", "Read it back"),
        ("AT", "registered", "jane@", "", "It should have a period. Read it back to the caller."),
        # What is odd comes before what libraries know.
        ("AT", "registered", "Jane@example", "", "Capital"),
        # What was copied, also where that is refused.
        *(
            ("AT", "registered", text, JANE, f"Is it {JANE}?")
            for text in (" jane@example.com", "jane@example.com\r\n", "<jane@example.com>")
        ),
        ("AT", "registered", "jane@example.\u0441om", JANE, "“\u0441” is a Cyrillic letter"),
        *(
            ("AT", id_type, text, "", "preadsheet")
            for id_type in ("registered", "phone")
            for text in ("#N/A", "<null>", "4,36E+11", "29.11.2026")
        ),
    ],
    ids=ascii,
)
def test_what_may_be_wrong_with_an_id_is_pointed_at(
    country: str, id_type: str, text: str, suggestion: str, words: str
) -> None:
    hint = help_in(country).hint(id_type, text)
    assert hint is not None
    assert hint.suggestion == suggestion
    assert words in str(hint.message)


@pytest.mark.parametrize(
    ("country", "id_type", "text"),
    [
        *(("AT", "phone", INTERNATIONAL), ("AT", "phone", "06601"), ("", "phone", "06601234567")),
        *(("AT", "registered", JANE), ("AT", "registered", "4711")),
        # A problem needs no hint besides.
        *(("AT", "phone", text) for text in ("", " ", "a\u00a0b", "null", "undefined")),
    ],
    ids=ascii,
)
def test_another_id_needs_no_help(country: str, id_type: str, text: str) -> None:
    assert help_in(country).hint(id_type, text) is None


def test_what_else_may_be_meant_is_looked_up_the_number_too() -> None:
    assert help_in().alternatives("registered", "Jane@Example.com") == ("jane@example.com",)
    assert help_in().alternatives("gsm", "0660 1234567") == ("+436601234567",)
    assert help_in().alternatives("gsm", "+436601234567") == ()
    assert help_in().alternatives("gsm", "12") == ()


def test_what_is_no_id_is_not_looked_up() -> None:
    assert help_in().alternatives("registered", "NULL") == ()
