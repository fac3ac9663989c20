import json
from pathlib import Path

import pytest

from consent_desk.domain.errors import InvalidError
from consent_desk.projects.wordings import SavedWordings

ACME, OTHER = "6f1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a11", "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "texts.json"


@pytest.fixture
def kept(path: Path) -> SavedWordings:
    return SavedWordings(path)


def test_texts_are_kept_for_their_category_in_their_order(kept: SavedWordings) -> None:
    kept.keep(ACME, "sms", "May we?")
    kept.keep(ACME, "post", "By post?")
    told = kept.keep(ACME, "sms", "Do you want?")
    assert told == kept.of(ACME) == {"sms": ("May we?", "Do you want?"), "post": ("By post?",)}


def test_a_text_that_is_kept_already_is_kept_once(kept: SavedWordings, path: Path) -> None:
    kept.keep(ACME, "sms", "May we?")
    written = path.stat()
    assert kept.keep(ACME, "sms", "May we?") == {"sms": ("May we?",)}
    assert path.stat() == written


def test_another_project_has_texts_of_its_own(kept: SavedWordings) -> None:
    kept.keep(ACME, "sms", "May we?")
    assert kept.of(OTHER) == {}


def test_a_removed_text_is_gone_and_its_category_with_the_last_one(kept: SavedWordings) -> None:
    kept.keep(ACME, "sms", "May we?")
    kept.keep(ACME, "sms", "Do you want?")
    assert kept.remove(ACME, "sms", "May we?") == {"sms": ("Do you want?",)}
    assert kept.remove(ACME, "sms", "Do you want?") == {}


def test_nothing_is_kept_of_a_project_that_was_removed(kept: SavedWordings, path: Path) -> None:
    kept.keep(ACME, "sms", "May we?")
    kept.keep(OTHER, "sms", "Dürfen wir?")
    kept.forget(ACME)
    assert json.loads(path.read_bytes()) == {"version": 1, "texts": {OTHER: {"sms": ["Dürfen wir?"]}}}
    written = path.stat()
    kept.forget(ACME)
    assert path.stat() == written


@pytest.mark.parametrize(
    ("category", "text", "why"),
    [
        ("", "May we?", "Choose the consent category"),
        ("sms", " \n", "Write the wording first"),
        ("sms", "a\u202eb", "direction mark"),
        ("sms", "x" * 16_384, "too long"),
    ],
)
def test_what_could_not_be_sent_is_not_kept(kept: SavedWordings, category: str, text: str, why: str) -> None:
    with pytest.raises(InvalidError, match=why):
        kept.keep(ACME, category, text)
