import errno
import stat
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from consent_desk.domain.errors import DeskError
from consent_desk.projects.wordings import SavedWordings

TEXTS = ("Dürfen wir?\n\tJa\u00a0/ nein", "May we?")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "texts.json"


def test_what_was_kept_is_read_again(path: Path) -> None:
    for text in TEXTS:
        SavedWordings(path).keep("a project", "sms", text)
    assert SavedWordings(path).of("a project") == {"sms": TEXTS}


def test_at_first_nothing_is_kept(path: Path) -> None:
    assert SavedWordings(path).of("a project") == {}
    assert not path.parent.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_the_file_is_closed_to_others_and_alone(path: Path) -> None:
    SavedWordings(path).keep("a project", "sms", "May we?")
    SavedWordings(path).forget("a project")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 2, "texts": {}}',
        b'{"version": 1, "texts": []}',
        b'{"version": 1, "texts": {"a": []}}',
        b'{"version": 1, "texts": {"a": {"sms": "May we?"}}}',
        b'{"version": 1, "texts": {"a": {"sms": [1]}}}',
        b'{"version": 1, "texts": {"a": {"sms": ["\\u202e"]}}}',
        b"[" * 99_999,
    ],
    ids=lambda content: repr(content[:50]),
)
def test_what_cannot_be_read_is_trouble_and_stays(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DeskError, match="left as they are"):
        SavedWordings(path).of("another project")
    with pytest.raises(DeskError, match="left as they are"):
        SavedWordings(path).keep("another project", "sms", "May we?")
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_used_is_trouble(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> NoReturn:
        raise OSError(errno.ENOSPC, "full", path)

    monkeypatch.setattr("consent_desk.system.atomic_file.replacement", full)
    with pytest.raises(DeskError, match="could not be saved"):
        SavedWordings(path).keep("a project", "sms", "May we?")
