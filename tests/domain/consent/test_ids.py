import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.consent.ids import (
    accident,
    alternatives,
    difference,
    is_mail_like,
    is_phone_like,
    oddity,
    plain,
    plainly,
    unwrapped,
)


@pytest.mark.parametrize(
    "id_type",
    [
        *("phone", "mobile_phone", "MSISDN", "sms", "telefon", "gsm", "Tel.", "tel_nr", "customer_tel"),
        *("mobil", "Handynummer", "cell", "telephone", "celular", "telnr", "tel2"),
    ],
)
def test_a_number_in_an_id_type_for_phones_is_phone_like(id_type: str) -> None:
    for text in ("+43 660 1234567", "0660/123-45-67", "(0660) 1234567", "4711"):
        assert is_phone_like(id_type, text)


@pytest.mark.parametrize(
    ("id_type", "text"),
    [
        *(("registered", "06601234567"), ("phone", "jane@example.com"), ("phone", "ext. 12"), ("phone", "+")),
        *(("hotel_id", "4711"), ("telegram", "4711"), ("phone", "++4711"), ("phone", "4711+")),
    ],
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


@pytest.mark.parametrize(
    ("words", "text"),
    [
        *(("digits are missing", text) for text in ("4.2E+11", "4,36601E+11", "4E11", "4.2e+11")),
        *(
            ("where there is no ID", text)
            for text in ("#N/A", "#DIV/0!", "NULL", "None", "nan", "(null)", "N/A", "Undefined")
        ),
        *(
            ("This is a date", text)
            for text in ("2026-11-29", "29.11.2026", "11/29/2026", "2-Mar", "Mar-26", "1. Mai", "Okt 12")
        ),
    ],
)
def test_what_a_spreadsheet_made_of_an_id_is_pointed_at(words: str, text: str) -> None:
    assert words in str(accident(text))


@pytest.mark.parametrize(
    "text",
    ["2026-13-29", "29.13.2026", "32.1.2026", "0.1.2026", "1.2.3026", "ab-12", "abc-12", "4711", "mar", "a1"],
)
def test_what_only_resembles_a_date_is_not(text: str) -> None:
    assert accident(text) is None


WRAPPED = [
    *("\tjane@example.com", " jane@example.com \r\n", "\u00a0jane@example.com\u3000", "jane@example.com\0"),
    *("\ufeffjane@example.com", "jane@\u200bexample.com", "\u202ajane@example.com\u202c"),
    *("mailto:jane@example.com", "MAILTO:jane%40example.com?subject=Hi", "<jane@example.com>"),
    *("Jane Doe <jane@example.com>", '"Doe, Jane" <jane@example.com>;', "jane@example.com,"),
    *('"jane@example.com"', "'jane@example.com'", "\u201ejane@example.com\u201c", "`jane@example.com`"),
    *("\u00abjane@example.com\u00bb", "\u2018jane@example.com\u2019", "\u300cjane@example.com\u300d"),
    *("<mailto:jane@example.com>", ' "<jane@example.com>" ', "'\"jane@example.com\"'"),
]


@pytest.mark.parametrize("text", WRAPPED, ids=ascii)
def test_an_id_is_found_in_what_it_came_in(text: str) -> None:
    assert unwrapped(text) == "jane@example.com"


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("tel:+436601234567", "+436601234567"),
        ("tel:+436601234567;ext=1", "+436601234567"),
        ("'+436601234567", "+436601234567"),
        ("'=1+1", "=1+1"),
        ("'06601234567", "06601234567"),
    ],
)
def test_other_ids_are_found_too(text: str, inner: str) -> None:
    assert unwrapped(text) == inner


@pytest.mark.parametrize(
    "text", ["jane@example.com", "'t Hooft", "a<b", "x <y>", '"', "tel", "a;b", "\U0001f469\u200d\U0001f467"]
)
def test_what_belongs_to_an_id_stays(text: str) -> None:
    assert unwrapped(text) == text


@pytest.mark.parametrize(
    ("text", "usual", "named"),
    [
        ("jos\u0065\u0301@example.com", "jos\u00e9@example.com", "“e\u0301” was typed in two characters"),
        ("j\u0430ne@example.com", "jane@example.com", "“\u0430” is a Cyrillic letter"),
        ("jane@example.\u0441\u043e\u043c", "jane@example.\u0441\u043e\u043c", None),
        ("jane@example.\u0441om", "jane@example.com", "“\u0441” is a Cyrillic letter"),
        ("\u039fmar@example.com", "Omar@example.com", "“\u039f” is a Greek letter"),
        ("jane\uff20example.com", "jane@example.com", "“\uff20” is not the usual “@”"),
        ("\uff14\uff17\uff11\uff11", "4711", "“\uff14” is not the usual “4”"),
        ("\u212bke", "\u00c5ke", "“\u212b” is not the usual “\u00c5”"),
        ("\u0438\u0432\u0430\u043d@example.com", "\u0438\u0432\u0430\u043d@example.com", None),
        ("\u043e\u0441\u0430", "\u043e\u0441\u0430", None),
        ("jos\u00e9", "jos\u00e9", None),
        ("jane", "jane", None),
    ],
    ids=ascii,
)
def test_what_is_written_unusually_is_named(text: str, usual: str, named: str | None) -> None:
    assert plain(text) == usual
    assert (None if plainly(text) is None else str(plainly(text)).partition(". ")[0]) == named
    if usual != text:
        assert usual in alternatives(text)
        assert str(difference(text, usual)) == named


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("jane@example.com", ()),
        ("Jane@Example.com", ("jane@example.com",)),
        ("mailto:jane@example.com", ("jane@example.com",)),
        ("J\u0430ne", ("j\u0430ne", "Jane", "jane")),
    ],
    ids=ascii,
)
def test_what_else_may_be_meant(text: str, others: tuple[str, ...]) -> None:
    assert alternatives(text) == others


@pytest.mark.parametrize(
    ("text", "other", "named"),
    [
        ("Jane", "jane", "the same in lower case"),
        ("mailto:jane@example.com", "jane@example.com", "the same without what stands around it"),
        ("0660 1234567", "+436601234567", "the same number, written internationally"),
        ("J\u0430ne", "jane", "“\u0430” is a Cyrillic letter"),
    ],
)
def test_a_difference_is_named(text: str, other: str, named: str) -> None:
    assert str(difference(text, other)) == named


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jane doe", "spaces"),
        *(
            (text, "Capital and small letters")
            for text in ("Jane@example.com", "jane@Example.com", "aB", "Émile")
        ),
        *((text, "None") for text in ("jane@example.com", "JANE", "A-4711", "e11", "4.2", "123e", "東京")),
    ],
)
def test_what_is_not_written_in_one_way_is_pointed_at(text: str, words: str) -> None:
    assert words in str(oddity(text))


@given(st.text(), st.text())
def test_any_text_is_looked_at(id_type: str, text: str) -> None:
    oddity(text)
    accident(text)
    is_phone_like(id_type, text)
    is_mail_like(id_type, text)
    for other in (unwrapped(text), *alternatives(text)):
        difference(text, other)
