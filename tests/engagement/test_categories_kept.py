import errno
import json
from pathlib import Path
from typing import IO

import pytest

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.wire.category import Category
from consent_desk.engagement.categories import CategoryCache, Fetched

ACME, OTHER = "6f1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a11", "22222222-2222-4222-8222-222222222222"
FETCHED = Fetched(
    (
        Category("sms", "SMS – Österreich"),
        Category("post", "post", by_private_api=False, legitimate_interest=True),
    ),
    Timestamp(1_780_000_000_000_001),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "categories.json"


@pytest.fixture
def cache(path: Path) -> CategoryCache:
    return CategoryCache(path)


def test_what_was_kept_is_read_again(cache: CategoryCache, path: Path) -> None:
    cache.write(ACME, "here", FETCHED)
    assert CategoryCache(path).read(ACME, "here") == FETCHED


def test_nothing_was_kept_at_first(cache: CategoryCache, path: Path) -> None:
    assert cache.read(ACME, "here") is None
    assert not path.parent.exists()


def test_what_was_kept_for_another_place_or_project_does_not_show(cache: CategoryCache) -> None:
    cache.write(ACME, "here", FETCHED)
    assert cache.read(ACME, "elsewhere") is None
    assert cache.read(OTHER, "here") is None


def test_one_project_is_removed_and_the_others_stay(cache: CategoryCache, path: Path) -> None:
    cache.write(ACME, "here", FETCHED)
    cache.write(OTHER, "there", FETCHED)
    cache.remove(ACME)
    assert ACME not in path.read_text()
    assert cache.read(OTHER, "there") == FETCHED


def test_removing_what_was_never_kept_makes_no_file(cache: CategoryCache, path: Path) -> None:
    cache.remove(ACME)
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"version": 2, "projects": {}}',
        b'{"version": 1, "projects": []}',
        b"[" * 99_999,
    ],
    ids=lambda content: repr(content[:20]),
)
def test_what_cannot_be_read_is_not_there_and_is_replaced(
    cache: CategoryCache, path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert cache.read(ACME, "here") is None
    cache.write(ACME, "here", FETCHED)
    assert cache.read(ACME, "here") == FETCHED


@pytest.mark.parametrize(
    "change",
    [
        {"id": 1},
        {"id": ""},
        {"label": "a\u200bb"},
        {"by_private_api": "no"},
        {"legitimate_interest": 1},
        {"surplus": 1},
    ],
    ids=str,
)
def test_a_category_that_makes_no_sense_is_no_category(
    cache: CategoryCache, path: Path, change: dict[str, object]
) -> None:
    cache.write(ACME, "here", FETCHED)
    document = json.loads(path.read_text())
    document["projects"][ACME]["categories"][0] |= change
    path.write_text(json.dumps(document))
    assert cache.read(ACME, "here") is None


@pytest.mark.parametrize("at", [0, -5, 10**30, "now", None])
def test_a_moment_that_makes_no_sense_is_none(cache: CategoryCache, path: Path, at: object) -> None:
    cache.write(ACME, "here", FETCHED)
    document = json.loads(path.read_text())
    document["projects"][ACME]["at"] = at
    path.write_text(json.dumps(document))
    assert cache.read(ACME, "here") is None


def test_a_huge_file_is_not_read(cache: CategoryCache, path: Path) -> None:
    cache.write(ACME, "here", FETCHED)
    path.write_bytes(path.read_bytes() + b" " * 8_000_000)
    assert cache.read(ACME, "here") is None


def test_a_folder_that_cannot_be_used_is_no_trouble(path: Path) -> None:
    path.parent.write_text("a file")
    cache = CategoryCache(path)
    cache.write(ACME, "here", FETCHED)
    cache.remove(ACME)
    assert cache.read(ACME, "here") is None


def test_what_cannot_be_read_now_is_not_written_over(
    cache: CategoryCache, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write(ACME, "here", FETCHED)
    opens = Path.open

    def fail(path: Path, *_arguments: object) -> IO[bytes]:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    assert cache.read(ACME, "here") is None
    cache.write(OTHER, "there", FETCHED)
    cache.remove(ACME)
    monkeypatch.setattr(Path, "open", opens)
    assert cache.read(ACME, "here") == FETCHED
