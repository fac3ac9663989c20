import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.outcome import Answered
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.categories import Categories, Fetched
from tests.consents import a_project
from tests.delivery.desk import Wire

ACME, OTHER = "6f1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a11", "22222222-2222-4222-8222-222222222222"
FETCHED = Fetched(
    (
        Category("sms", "SMS – Österreich"),
        Category("post", "post", by_private_api=False, legitimate_interest=True),
    ),
    Timestamp(1_780_000_000_000_001),
)
RESULTS = [
    {"id": "sms", "translations": {"": {"name": "SMS – Österreich"}}},
    {"id": "post", "sources": {"private_api": False}, "legitimate_interest": True},
]
TOLD = Answered(status=200, headers=(), body=json.dumps({"success": True, "results": RESULTS}).encode())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "categories.json"


class Cache:
    """Keeps and reads what was fetched of a project from a `place`."""

    def __init__(self, path: Path) -> None:
        self._categories = Categories(path, lambda: FETCHED.at)

    def read(self, project_id: str, place: str) -> Fetched | None:
        return self._categories.kept(project_at(project_id, place))

    def write(self, project_id: str, place: str) -> None:
        assert self._categories.fetch(Wire(TOLD), project_at(project_id, place)) == FETCHED

    def remove(self, project_id: str) -> None:
        self._categories.forget(project_id)


def project_at(project_id: str, place: str) -> Project:
    return replace(a_project(), id=project_id, base_url=BaseUrl(scheme="https", host=f"{place}.example.com"))


@pytest.fixture
def cache(path: Path) -> Cache:
    return Cache(path)


def test_what_was_kept_is_read_again(cache: Cache, path: Path) -> None:
    cache.write(ACME, "here")
    assert Cache(path).read(ACME, "here") == FETCHED


def test_nothing_was_kept_at_first(cache: Cache, path: Path) -> None:
    assert cache.read(ACME, "here") is None
    assert not path.parent.exists()


def test_what_was_kept_for_another_place_or_project_does_not_show(cache: Cache) -> None:
    cache.write(ACME, "here")
    assert cache.read(ACME, "elsewhere") is None
    assert cache.read(OTHER, "here") is None


def test_one_project_is_removed_and_the_others_stay(cache: Cache, path: Path) -> None:
    cache.write(ACME, "here")
    cache.write(OTHER, "there")
    cache.remove(ACME)
    assert ACME not in path.read_text()
    assert cache.read(OTHER, "there") == FETCHED


def test_removing_what_was_never_kept_makes_no_file(cache: Cache, path: Path) -> None:
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
def test_what_cannot_be_read_is_not_there_and_is_replaced(cache: Cache, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert cache.read(ACME, "here") is None
    cache.write(ACME, "here")
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
    cache: Cache, path: Path, change: dict[str, object]
) -> None:
    cache.write(ACME, "here")
    document = json.loads(path.read_text())
    document["projects"][ACME]["categories"][0] |= change
    path.write_text(json.dumps(document))
    assert cache.read(ACME, "here") is None


@pytest.mark.parametrize("at", [0, -5, 10**30, "now", None])
def test_a_moment_that_makes_no_sense_is_none(cache: Cache, path: Path, at: object) -> None:
    cache.write(ACME, "here")
    document = json.loads(path.read_text())
    document["projects"][ACME]["at"] = at
    path.write_text(json.dumps(document))
    assert cache.read(ACME, "here") is None


def test_a_huge_file_is_not_read(cache: Cache, path: Path) -> None:
    cache.write(ACME, "here")
    path.write_bytes(path.read_bytes() + b" " * 8_000_000)
    assert cache.read(ACME, "here") is None


def test_a_folder_that_cannot_be_used_is_no_trouble(path: Path) -> None:
    path.parent.write_text("a file")
    cache = Cache(path)
    cache.write(ACME, "here")
    cache.remove(ACME)
    assert cache.read(ACME, "here") is None


def test_what_cannot_be_read_now_is_not_written_over(
    cache: Cache, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write(ACME, "here")
    opens = Path.open

    def fail(path: Path, *_arguments: object) -> IO[bytes]:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    assert cache.read(ACME, "here") is None
    cache.write(OTHER, "there")
    cache.remove(ACME)
    monkeypatch.setattr(Path, "open", opens)
    assert cache.read(ACME, "here") == FETCHED
