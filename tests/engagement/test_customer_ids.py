import pytest

from consent_desk.engagement.customer_ids import IdHelp

INTERNATIONAL, JANE = "+436601234567", "jane@example.com"


@pytest.mark.parametrize(
    ("country", "id_type", "text", "suggestion", "words"),
    [
        ("AT", "phone", "0660 1234567", INTERNATIONAL, INTERNATIONAL),
        ("", "phone", "+43 660 1234567", INTERNATIONAL, INTERNATIONAL),
        # Possible, but not valid; and without a country nobody knows.
        ("US", "phone", "555 0100101", "", "spaces"),
        ("", "phone", "0660 1234567", "", "spaces"),
        ("AT", "phone", "12", "", "Read it back"),
        ("AT", "registered", "jane@", "", "after the @-sign. Read it back to the caller."),
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
    hint = IdHelp(country).hint(id_type, text)
    assert hint is not None
    assert hint.suggestion == suggestion
    assert words in str(hint.message)


@pytest.mark.parametrize(
    ("country", "id_type", "text"),
    [
        *(("AT", "phone", INTERNATIONAL), ("US", "phone", "5550100101"), ("", "phone", "06601234567")),
        *(("AT", "registered", JANE), ("AT", "registered", "4711")),
        # A problem needs no hint besides.
        *(("AT", "phone", text) for text in ("", " ", "a\u00a0b", "null", "undefined")),
    ],
    ids=ascii,
)
def test_another_id_needs_no_help(country: str, id_type: str, text: str) -> None:
    assert IdHelp(country).hint(id_type, text) is None


def test_what_else_may_be_meant_is_looked_up_the_number_too() -> None:
    assert IdHelp("AT").alternatives("registered", "Jane@Example.com") == ("jane@example.com",)
    assert IdHelp("AT").alternatives("gsm", "0660 1234567") == ("+436601234567",)
    assert IdHelp("AT").alternatives("gsm", "+436601234567") == ()
    assert IdHelp("AT").alternatives("gsm", "12") == ()


def test_what_is_no_id_is_not_looked_up() -> None:
    assert IdHelp("AT").alternatives("registered", "NULL") == ()
