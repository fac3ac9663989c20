import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.ids import is_mail_like, is_phone_like, oddity


@pytest.mark.parametrize("id_type", ["phone", "mobile_phone", "MSISDN", "sms", "telefon"])
@pytest.mark.parametrize("text", ["+43 660 1234567", "0660/123-45-67", "(0660) 1234567", "4711"])
def test_a_number_in_an_id_type_for_phones_is_phone_like(id_type: str, text: str) -> None:
    assert is_phone_like(id_type, text)


@pytest.mark.parametrize(
    ("id_type", "text"),
    [("registered", "06601234567"), ("phone", "jane@example.com"), ("phone", "ext. 12"), ("phone", "+")],
)
def test_other_ids_are_not_phone_like(id_type: str, text: str) -> None:
    assert not is_phone_like(id_type, text)


@pytest.mark.parametrize(
    ("id_type", "text", "meant"),
    [
        ("registered", "jane@example.com", True),
        ("email_id", "jane", True),
        ("E-Mail", "jane", True),
        ("registered", "4711", False),
    ],
)
def test_an_at_sign_or_the_id_type_makes_an_id_mail_like(id_type: str, text: str, meant: bool) -> None:
    assert is_mail_like(id_type, text) is meant


@pytest.mark.parametrize("text", ["4.2E+11", "4,36601E+11", "4E11", "4.2e+11", "4.36601E+12"])
def test_what_a_spreadsheet_made_of_a_long_number_is_pointed_at(text: str) -> None:
    assert "digits are missing" in str(oddity(text))


def test_spaces_inside_are_pointed_at() -> None:
    assert "spaces" in str(oddity("jane doe"))


@pytest.mark.parametrize("text", ["Jane@example.com", "jane@Example.com", "aB", "Émile"])
def test_mixed_case_is_pointed_at(text: str) -> None:
    assert "Capital and small letters" in str(oddity(text))


@pytest.mark.parametrize("text", ["jane@example.com", "JANE", "4711", "A-4711", "e11", "4.2", "123e", "東京"])
def test_what_is_written_in_one_way_is_not_odd(text: str) -> None:
    assert oddity(text) is None


@given(st.text(), st.text())
def test_any_text_is_looked_at(id_type: str, text: str) -> None:
    oddity(text)
    is_phone_like(id_type, text)
    is_mail_like(id_type, text)
