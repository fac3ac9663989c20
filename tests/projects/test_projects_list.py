import errno
import json
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.errors import DeskError
from consent_desk.domain.wire.project import Profile, ProjectKind
from consent_desk.projects.projects import Listed, ProjectListFile

ACME = Listed(id="4b4f2f0e-0000-4000-8000-000000000001", name="Acme production", entry="4b4f/1")
ZOE = Listed(id="4b4f2f0e-0000-4000-8000-000000000002", name="Zoë ☎ “test”\u2028\n", entry="")
ROW = {"id": "1", "name": "Acme", "entry": ""}
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links are those of POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "consent-desk" / "projects.json"


@pytest.fixture
def projects(path: Path) -> ProjectListFile:
    return ProjectListFile(path)


def test_no_list_was_ever_written(projects: ProjectListFile, path: Path) -> None:
    assert projects.read() is None
    assert not path.parent.exists()


def test_list_is_read_as_it_was_written(projects: ProjectListFile, path: Path) -> None:
    projects.write([ZOE, ACME])
    assert ProjectListFile(path).read() == (ZOE, ACME)


def test_empty_list_is_not_a_missing_one(projects: ProjectListFile) -> None:
    projects.write([])
    assert projects.read() == ()


def test_file_has_its_version_and_three_texts_a_project(projects: ProjectListFile, path: Path) -> None:
    projects.write([ACME])
    row = {"id": ACME.id, "name": ACME.name, "entry": ACME.entry}
    assert json.loads(path.read_bytes()) == {"version": 1, "projects": [row]}


def test_colour_kind_and_defaults_come_back(projects: ProjectListFile, path: Path) -> None:
    profile = Profile(colour="teal", kind=ProjectKind.TEST, category="sms_marketing", channel="phone")
    marked = replace(ACME, profile=profile)
    projects.write([marked, ZOE])
    assert ProjectListFile(path).read() == (marked, ZOE)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"colour": 7, "kind": None, "category": [], "channel": {}},
        {"kind": "staging", "something": "new"},
    ],
)
def test_a_list_that_knows_nothing_or_other_things_of_colour_and_kind_is_read(
    projects: ProjectListFile, path: Path, more: dict[str, object]
) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"version": 1, "projects": [ROW | more]}))
    assert projects.read() == (Listed(id="1", name="Acme"),)


@given(names=st.lists(st.text(st.characters())))
def test_any_names_survive(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    projects = ProjectListFile(tmp_path_factory.mktemp("list") / "projects.json")
    rows = tuple(Listed(id=str(number), name=name, entry=name) for number, name in enumerate(names))
    projects.write(rows)
    assert projects.read() == rows


@posix
def test_file_and_folder_are_closed_to_others(projects: ProjectListFile, path: Path) -> None:
    before = os.umask(0)
    try:
        projects.write([ACME])
    finally:
        os.umask(before)
    assert [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)] == [0o600, 0o700]


@posix
def test_file_that_others_could_read_is_closed_as_it_is_written(
    projects: ProjectListFile, path: Path
) -> None:
    projects.write([ACME])
    path.chmod(0o644)
    projects.write([ACME])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_else_is_left_in_the_folder(projects: ProjectListFile, path: Path) -> None:
    projects.write([ACME])
    projects.write([ACME, ZOE])
    assert list(path.parent.iterdir()) == [path]


@posix
def test_link_in_place_of_the_file_is_replaced_and_its_target_kept(
    projects: ProjectListFile, path: Path, tmp_path: Path
) -> None:
    projects.write([ACME])
    target = path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(target)
    projects.write([ZOE])
    assert not path.is_symlink()
    assert ProjectListFile(target).read() == (ACME,)


DAMAGED = {
    "empty": b"",
    "cut": b'{"version": 1, "projects": [{"id": "1", "na',
    "no UTF-8": b'{"version": 1, "projects": [], "x": "\xff"}',
    "too deep": b"[" * 100_000,
    "a long number": b'{"version": 1' + b"1" * 5_000 + b"}",
    "NUL bytes": b"\0" * 300,
    "no object": b"[]",
    "null": b"null",
    "no version": b'{"projects": []}',
    "version 0": b'{"version": 0, "projects": []}',
    "version as text": b'{"version": "1", "projects": []}',
    "no projects": b'{"version": 1}',
    "projects as object": b'{"version": 1, "projects": {}}',
    "project as text": b'{"version": 1, "projects": ["1"]}',
    "no entry": b'{"version": 1, "projects": [{"id": "1", "name": "Acme"}]}',
    "name as number": b'{"version": 1, "projects": [{"id": "1", "name": 1, "entry": ""}]}',
    "empty id": b'{"version": 1, "projects": [{"id": "", "name": "Acme", "entry": ""}]}',
    "one id twice": json.dumps({"version": 1, "projects": [ROW, ROW]}).encode(),
    "of a newer version": b'{"version": 2, "projects": [], "something": "new"}',
    "one bad among good ones": json.dumps({"version": 1, "projects": [ROW, None]}).encode(),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_list_or_one_of_a_newer_version_is_trouble_and_is_never_written_over(
    projects: ProjectListFile, path: Path, name: str
) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(DAMAGED[name])
    for attempt in (projects.read, lambda: projects.write([ACME])):
        with pytest.raises(DeskError) as raised:
            attempt()
        assert ("newer version" in str(raised.value)) is (name == "of a newer version")
        assert str(path) in str(raised.value.advice)
    assert path.read_bytes() == DAMAGED[name]
    assert list(path.parent.iterdir()) == [path]


def test_folder_in_place_of_the_file_is_trouble(projects: ProjectListFile, path: Path) -> None:
    path.mkdir(parents=True)
    for attempt in (projects.read, lambda: projects.write([ACME])):
        with pytest.raises(DeskError, match="cannot be read"):
            attempt()


def test_file_in_place_of_the_folder_is_trouble(
    projects: ProjectListFile, path: Path, tmp_path: Path
) -> None:
    (tmp_path / "config").touch()
    with pytest.raises(DeskError):
        projects.write([ACME])


def test_full_disk_leaves_the_old_list_and_nothing_else(
    projects: ProjectListFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects.write([ACME])

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeskError, match="could not be saved") as raised:
        projects.write([ACME, ZOE])
    assert str(path.parent) in str(raised.value.advice)
    assert projects.read() == (ACME,)
    assert list(path.parent.iterdir()) == [path]


@posix
def test_folder_that_cannot_be_made_is_trouble_with_the_list(
    projects: ProjectListFile, path: Path, tmp_path: Path
) -> None:
    # A dangling link: nothing to read there, and no folder to make.
    (tmp_path / "config").symlink_to(tmp_path / "gone")
    with pytest.raises(DeskError, match="could not be saved"):
        projects.write([ACME])


@posix
def test_content_is_on_disk_before_it_takes_the_place_of_the_old_one(
    projects: ProjectListFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects.write([ACME])
    seen = []
    fsync = os.fsync

    def watch(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        seen.append((kind, projects.read()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    projects.write([ZOE])
    assert seen == [("file", (ACME,)), ("folder", (ZOE,))]


@posix
def test_file_system_that_cannot_sync_a_folder_is_no_trouble(
    projects: ProjectListFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    projects.write([ACME])
    assert projects.read() == (ACME,)
