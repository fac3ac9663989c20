import json

import pytest
from hypothesis import given

from consent_desk.domain.consent.values import complaint_about_category
from consent_desk.domain.wire.category import Category, read_categories
from tests.domain.examples import HIDDEN_IN_NAMES
from tests.domain.wire.test_answer import BODIES

CONTRACT = b"""{"success": true, "results": [
  {"id": "newsletter", "legitimate_interest": false,
   "sources": {"crm": true, "import": true, "page": true, "private_api": true, "public_api": false,
               "scenario": true},
   "translations": {"": {"name": "Newsletter", "description": null}}}]}"""


def answer(*items: object) -> bytes:
    return json.dumps({"success": True, "results": items}).encode()


def named(name: object) -> dict[str, object]:
    return {"id": "sms", "translations": {"": {"name": name}, "de": {"name": "SMS auf Deutsch"}}}


def test_the_answer_of_the_contract_is_read() -> None:
    assert read_categories(CONTRACT) == (Category("newsletter", "Newsletter"),)
    assert read_categories(answer()) == ()


def test_categories_keep_their_order_and_their_spelling() -> None:
    found = read_categories(answer({"id": "SMS_marketing"}, {"id": "sms_marketing"}, {"id": "a"}))
    assert found == (
        Category("SMS_marketing", "SMS_marketing"),
        Category("sms_marketing", "sms_marketing"),
        Category("a", "a"),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"results": []}',
        b'{"success": true}',
        b'{"success": true, "results": {}}',
    ],
)
def test_another_answer_is_no_list_of_categories(body: bytes) -> None:
    assert read_categories(body) is None


@pytest.mark.parametrize(
    "item",
    [None, "sms", {}, {"id": 1}, {"id": ""}, {"id": " sms"}, {"id": "a" * 16_384}],
)
def test_a_malformed_category_is_left_out(item: object) -> None:
    assert read_categories(answer({"id": "a"}, item, {"id": "b"})) == (Category("a", "a"), Category("b", "b"))


def test_a_category_with_a_hidden_character_is_left_out() -> None:
    for character in HIDDEN_IN_NAMES.values():
        assert read_categories(answer({"id": f"a{character}b"})) == ()
        assert read_categories(answer(named(f"SMS{character}marketing"))) == (Category("sms", "sms"),)


@pytest.mark.parametrize(
    "item",
    [
        {"id": "sms"},
        {"id": "sms", "translations": []},
        {"id": "sms", "translations": {"de": {"name": "SMS auf Deutsch"}}},
        {"id": "sms", "translations": {"": None}},
        named(1),
        named(""),
    ],
)
def test_a_category_without_a_name_is_called_by_its_id(item: object) -> None:
    assert read_categories(answer(item)) == (Category("sms", "sms"),)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"private_api": False, "crm": True}, False),
        ({"private_api": True}, True),
        ({"crm": False}, True),
        ({"private_api": None}, True),
        (None, True),
        (["private_api"], True),
    ],
)
def test_only_a_plain_no_keeps_a_category_from_the_private_api(sources: object, expected: bool) -> None:
    assert read_categories(answer({"id": "sms", "sources": sources})) == (Category("sms", "sms", expected),)


@given(BODIES)
def test_any_bytes_are_categories_that_can_be_sent_or_none(body: bytes) -> None:
    for category in read_categories(body) or ():
        assert complaint_about_category(category.id) is None
        assert category.label


@pytest.mark.parametrize(
    ("languages", "label"),
    [
        ((), "Newsletter"),
        (("C",), "Newsletter"),
        (("de-AT", "de"), "Rundbrief"),
        (("de-CH", "de"), "Postille"),
        (("pt-Latn-BR", "pt-BR", "pt"), "Boletim"),
        (("fr", "de"), "Rundbrief"),
        (("cs",), "Newsletter"),
    ],
)
def test_a_label_comes_in_the_first_language_that_the_category_has(
    languages: tuple[str, ...], label: str
) -> None:
    translations = {
        "": {"name": "Newsletter"},
        "de": {"name": "Rundbrief"},
        "de_ch": {"name": "Postille"},
        "PT-br": {"name": "Boletim"},
        "cs": {"name": ""},
        "fr": "Lettre",
    }
    found = read_categories(answer({"id": "newsletter", "translations": translations}), languages)
    assert found == (Category("newsletter", label),)


@pytest.mark.parametrize("told", [True, False, None, "true", 1])
def test_legitimate_interest_is_marked_where_the_project_says_so(told: object) -> None:
    found = read_categories(answer({"id": "sms", "legitimate_interest": told}))
    assert found == (Category("sms", "sms", legitimate_interest=told is True),)


def test_a_label_as_long_as_a_page_is_cut() -> None:
    found = read_categories(answer({"id": "a", "translations": {"": {"name": "word " * 1_000 + "."}}}))
    assert found is not None
    assert len(found[0].label) == 201
