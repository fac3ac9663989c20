"""What is offered in place of project settings that cannot be right."""

from dataclasses import replace

import pytest
from hypothesis import given

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.wire.project import Project, ProjectDraft, parse_project
from consent_desk.domain.wire.repairs import repair
from tests.domain.examples import ANY_TEXT, KEY_ID, PROJECT, PROJECT_DRAFT, SECRET, TOKEN

OTHER = TOKEN.replace("abc", "def")


def repaired(field: Field, **changes: str) -> ProjectDraft | None:
    found = repair(replace(PROJECT_DRAFT, **changes), field)  # type: ignore[arg-type]  # all of them are texts
    return None if found is None else found.draft


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("http://api.exponea.com", "https://api.exponea.com"),
        ("https://app.exponea.com/p/acme/home", "https://api.exponea.com"),
        ("https://api.exponea.com/something", "https://api.exponea.com"),
        ("https:/api.exponea.com", "https://api.exponea.com"),
        ("https://me@api.exponea.com?x=1", "https://api.exponea.com"),
        ("<https://api.uk.exponea.com>", "https://api.uk.exponea.com"),
        ("https://app.acme.example", None),
        ("", None),
        ("1.2.3.4", None),
    ],
)
def test_a_base_url_is_offered_where_there_is_one_in_it(typed: str, meant: str | None) -> None:
    found = repaired(Field.BASE_URL, base_url=typed)
    assert (None if found is None else found.base_url) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (f"Token: {TOKEN}", TOKEN),
        (f"{TOKEN} / {TOKEN}", TOKEN),
        (f"{TOKEN} or {OTHER}", None),
        (TOKEN[:-1], None),
    ],
)
def test_a_token_is_offered_where_one_stands_in_the_text(typed: str, meant: str | None) -> None:
    found = repaired(Field.PROJECT_TOKEN, project_token=typed)
    assert (None if found is None else found.project_token) == meant


def test_a_secret_that_was_pasted_with_its_key_is_put_where_it_belongs() -> None:
    found = repaired(Field.API_KEY_ID, key_id=f"{KEY_ID}:{SECRET}", secret="")
    assert found is not None
    assert (found.key_id, found.secret) == (KEY_ID, SECRET)


def test_no_secret_that_was_typed_is_replaced() -> None:
    assert repaired(Field.API_KEY_ID, key_id=f"{KEY_ID}:another") is None


def test_spaces_are_left_out_of_a_key_and_of_a_secret_which_is_not_shown() -> None:
    key = repaired(Field.API_KEY_ID, key_id=f"{KEY_ID[:9]} \u200b{KEY_ID[9:]}")
    assert key is not None
    assert key.key_id == KEY_ID
    secret = repair(replace(PROJECT_DRAFT, secret=f"{SECRET[:9]} {SECRET[9:]}"), Field.API_SECRET)
    assert secret is not None
    assert secret.draft.secret == SECRET
    assert SECRET[:9] not in str(secret.label)


def test_nothing_is_offered_for_a_secret_that_only_its_owner_knows() -> None:
    draft = replace(PROJECT_DRAFT, secret="", base_url="https://api.uk.exponea.com")
    assert repair(draft, Field.API_SECRET, PROJECT) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("registered phone", "registered, phone"),
        ("registered; phone,,", "registered, phone"),
        ("phone, phone", "phone"),
        (" , ", None),
        ("e/mail", None),
    ],
)
def test_id_types_are_separated_by_commas(typed: str, meant: str | None) -> None:
    found = repaired(Field.CUSTOMER_ID_TYPES, id_types=typed)
    assert (None if found is None else found.id_types) == meant


def test_a_name_is_a_persons_to_give() -> None:
    assert repaired(Field.PROJECT_NAME, name="") is None


@given(text=ANY_TEXT)
def test_whatever_is_offered_has_the_problem_no_more(text: str) -> None:
    names = {
        Field.BASE_URL: "base_url",
        Field.PROJECT_TOKEN: "project_token",
        Field.API_KEY_ID: "key_id",
        Field.API_SECRET: "secret",
        Field.CUSTOMER_ID_TYPES: "id_types",
    }
    for field, name in names.items():
        found = repaired(field, **{name: text})
        if found is not None:
            read = parse_project(found, project_id="1")
            assert isinstance(read, Project) or field not in {problem.field for problem in read}
