import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.errors import (
    DeskError,
    KeyringFailureError,
    NoKeyringError,
)
from consent_desk.domain.message import say
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.project import Project, Secret
from consent_desk.projects.projects import (
    Listed,
    ProjectListFile,
    Projects,
    SavedProject,
    project_from_line,
    project_to_line,
)

NOW = say("tests", "Now.")
KEYRING = "Test Keyring"
ACME = Project(
    id="11111111-1111-4111-8111-111111111111",
    name="Acme production",
    base_url=BaseUrl(scheme="https", host="api.exponea.com"),
    project_token="12345678-1234-1234-1234-123456789abc",
    key_id="key-of-acme",
    secret=Secret("canary-of-acme"),
    id_types=("registered", "téléphone"),
)
BETA = replace(
    ACME,
    id="22222222-2222-4222-8222-222222222222",
    name="Beta",
    base_url=BaseUrl(scheme="http", host="127.0.0.1", port=8080),
    secret=Secret("canary-of-beta"),
)


@dataclass
class MemoryKeyring:
    """A keyring that notes in `story` what it did, and raises `trouble` instead while there is one.

    `meanwhile` is done once, while a call hangs.
    """

    story: list[str]
    kept: dict[str, str] = field(default_factory=dict)
    trouble: KeyringFailureError | None = None
    meanwhile: Callable[[], object] | None = None

    def load(self, entry: str) -> str | None:
        self._happen("load")
        return self.kept.get(entry)

    def save(self, entry: str, line: str) -> str:
        self._happen("save")
        self.kept[entry] = line
        return KEYRING

    def remove(self, entry: str) -> None:
        self._happen("remove")
        self.kept.pop(entry, None)

    def _happen(self, what: str) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        if self.trouble is not None:
            raise self.trouble
        self.story.append(what)


class MemoryList(ProjectListFile):
    """A list that notes in `story` when it was written, and raises `trouble` instead while there is one."""

    def __init__(self, story: list[str]) -> None:
        self.story = story
        self.rows: tuple[Listed, ...] | None = None
        self.trouble: DeskError | None = None

    def read(self) -> tuple[Listed, ...] | None:
        return self.rows

    def write(self, listed: Sequence[Listed]) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.story.append("list")
        self.rows = tuple(listed)


class Desk:
    """The service between two fakes."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.keyring = MemoryKeyring(self.story)
        self.list = MemoryList(self.story)
        self.projects = Projects(self.list, self.keyring)

    @property
    def rows(self) -> tuple[Listed, ...]:
        assert self.list.rows is not None
        return self.list.rows


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_list_is_read_without_the_keyring(desk: Desk) -> None:
    desk.projects.save(ACME)
    desk.keyring.trouble = KeyringFailureError(NOW, NOW)
    assert desk.projects.listed() == desk.rows


def test_saved_project_is_loaded_again(desk: Desk) -> None:
    assert desk.projects.listed() is None
    saved = desk.projects.save(ACME)
    assert saved == SavedProject(ACME, KEYRING)
    assert "canary" not in repr(saved)
    desk.projects.save(BETA)
    assert [desk.projects.load(row) for row in desk.rows] == [ACME, BETA]


def test_list_knows_the_name_and_neither_secret_nor_token(desk: Desk) -> None:
    desk.projects.save(ACME)
    (row,) = desk.rows
    assert (row.id, row.name) == (ACME.id, ACME.name)
    assert row.entry.startswith(f"{ACME.id}/")
    assert list(desk.keyring.kept) == [row.entry]
    assert not [text for text in ("canary", ACME.project_token, ACME.key_id, "exponea") if text in repr(row)]


def test_new_entry_is_kept_and_listed_before_the_old_one_goes(desk: Desk) -> None:
    desk.projects.save(ACME)
    (old,) = desk.rows
    desk.story.clear()
    desk.projects.save(replace(ACME, name="Acme", secret=Secret("canary-of-today")))
    (new,) = desk.rows
    assert desk.story == ["save", "list", "remove"]
    assert new.entry != old.entry
    assert new.name == "Acme"
    assert list(desk.keyring.kept) == [new.entry]


def test_saving_again_keeps_the_place_in_the_list(desk: Desk) -> None:
    desk.projects.save(ACME)
    desk.projects.save(BETA)
    desk.projects.save(replace(ACME, name="Zebra"))
    assert [row.name for row in desk.rows] == ["Zebra", "Beta"]


def test_without_a_keyring_a_new_project_is_listed_for_this_session_only(desk: Desk) -> None:
    desk.keyring.trouble = NoKeyringError(NOW, NOW)
    assert desk.projects.save(ACME) == SavedProject(ACME, None)
    assert desk.rows == (Listed(id=ACME.id, name=ACME.name, entry=""),)


def test_project_without_an_entry_is_loaded_as_nothing_without_asking_the_keyring(desk: Desk) -> None:
    desk.keyring.trouble = KeyringFailureError(NOW, NOW)
    assert desk.projects.load(Listed(id=ACME.id, name=ACME.name)) is None


def test_without_a_keyring_what_an_earlier_session_kept_stays(desk: Desk) -> None:
    desk.projects.save(ACME)
    (old,) = desk.rows
    desk.keyring.trouble = NoKeyringError(NOW, NOW)
    assert desk.projects.save(replace(ACME, name="Acme")).keyring is None
    assert desk.rows == (replace(old, name="Acme"),)
    assert list(desk.keyring.kept) == [old.entry]


def test_project_kept_for_the_session_is_listed_without_asking_the_keyring(desk: Desk) -> None:
    desk.projects.save(ACME)
    (old,) = desk.rows
    desk.keyring.trouble = KeyringFailureError(NOW, NOW)
    assert desk.projects.keep_for_session(BETA) == SavedProject(BETA, None)
    assert desk.projects.keep_for_session(replace(ACME, name="Acme")).keyring is None
    assert desk.rows == (replace(old, name="Acme"), Listed(id=BETA.id, name=BETA.name, entry=""))
    assert list(desk.keyring.kept) == [old.entry]


def test_session_project_is_kept_once_there_is_a_keyring(desk: Desk) -> None:
    desk.keyring.trouble = NoKeyringError(NOW, NOW)
    desk.projects.save(ACME)
    desk.keyring.trouble = None
    assert desk.projects.save(ACME).keyring == KEYRING
    assert desk.projects.load(desk.rows[0]) == ACME
    assert desk.story == ["list", "save", "list", "load"]


@pytest.mark.parametrize(
    "work",
    [
        lambda desk: desk.projects.save(replace(ACME, name="Acme")),
        lambda desk: desk.projects.remove(ACME.id),
        lambda desk: desk.projects.load(desk.rows[0]),
    ],
    ids=["save", "remove", "load"],
)
def test_keyring_that_fails_leaves_list_and_entries_as_they_were(
    desk: Desk, work: Callable[[Desk], object]
) -> None:
    desk.projects.save(ACME)
    before = desk.rows, dict(desk.keyring.kept)
    desk.keyring.trouble = KeyringFailureError(NOW, NOW)
    with pytest.raises(KeyringFailureError):
        work(desk)
    assert (desk.rows, desk.keyring.kept) == before


def test_list_that_cannot_be_written_leaves_the_old_entry_in_force(desk: Desk) -> None:
    desk.projects.save(ACME)
    desk.list.trouble = DeskError(NOW, NOW)
    with pytest.raises(DeskError):
        desk.projects.save(replace(ACME, secret=Secret("canary-of-today")))
    assert desk.projects.load(desk.rows[0]) == ACME


def test_list_that_cannot_be_written_leaves_no_secret_that_nobody_finds_again(desk: Desk) -> None:
    desk.list.trouble = DeskError(NOW, NOW)
    for _ in range(2):
        with pytest.raises(DeskError):
            desk.projects.save(ACME)
    assert desk.keyring.kept == {}


def test_save_that_hung_until_something_else_was_chosen_changes_nothing(desk: Desk) -> None:
    newer = replace(ACME, name="Newer")
    desk.keyring.meanwhile = lambda: desk.projects.keep_for_session(newer)
    desk.projects.save(ACME)
    assert desk.rows == (Listed(id=ACME.id, name="Newer"),)
    assert desk.keyring.kept == {}


def test_removal_that_hung_until_the_project_was_saved_anew_leaves_it_in_the_list(desk: Desk) -> None:
    desk.projects.save(ACME)
    desk.keyring.meanwhile = lambda: desk.projects.keep_for_session(ACME)
    desk.projects.remove(ACME.id)
    assert [row.id for row in desk.rows] == [ACME.id]


@pytest.mark.parametrize("was_in_one", [True, False])
def test_without_a_keyring_a_project_can_be_removed(desk: Desk, was_in_one: bool) -> None:
    if was_in_one:
        desk.projects.save(ACME)
    desk.keyring.trouble = NoKeyringError(NOW, NOW)
    if not was_in_one:
        desk.projects.save(ACME)
    desk.projects.remove(ACME.id)
    assert desk.rows == ()


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (None, "were kept in a keyring, which does not show them now"),
        ("{}", r"is not understood\. Enter the project settings again"),
    ],
)
def test_entry_that_the_keyring_does_not_show_or_that_is_no_project_is_told(
    desk: Desk, kept: str | None, words: str
) -> None:
    desk.projects.save(ACME)
    desk.keyring.kept = {} if kept is None else {desk.rows[0].entry: kept}
    with pytest.raises(KeyringFailureError, match=words):
        desk.projects.load(desk.rows[0])


def test_entry_that_one_read_did_not_find_is_read_once_more(desk: Desk) -> None:
    desk.projects.save(ACME)
    kept = dict(desk.keyring.kept)
    desk.keyring.kept.clear()
    # Between the first read and the second one.
    reads = iter((lambda: None, lambda: desk.keyring.kept.update(kept)))

    def load(entry: str) -> str | None:
        next(reads)()
        return MemoryKeyring.load(desk.keyring, entry)

    desk.keyring.load = load  # type: ignore[method-assign]
    assert desk.projects.load(desk.rows[0]) == ACME


def test_keyring_that_is_not_there_now_is_not_taken_for_none_kept(desk: Desk) -> None:
    desk.projects.save(ACME)
    desk.keyring.trouble = NoKeyringError(NOW, NOW)
    with pytest.raises(KeyringFailureError, match="were kept in a keyring") as raised:
        desk.projects.load(desk.rows[0])
    assert not isinstance(raised.value, NoKeyringError)


def test_removed_project_is_gone_from_list_and_keyring(desk: Desk) -> None:
    desk.projects.save(ACME)
    desk.projects.save(BETA)
    desk.projects.remove(ACME.id)
    assert [row.id for row in desk.rows] == [BETA.id]
    assert list(desk.keyring.kept) == [desk.rows[0].entry]


@pytest.mark.parametrize("rows", [None, (Listed(id=BETA.id, name="Beta", entry="b/1"),)])
def test_removing_an_unknown_project_changes_nothing(desk: Desk, rows: tuple[Listed, ...] | None) -> None:
    desk.list.rows = rows
    desk.keyring.kept["b/1"] = "kept"
    desk.projects.remove(ACME.id)
    assert desk.list.rows == (rows or ())
    assert desk.keyring.kept == {"b/1": "kept"}


def listed(project: Project) -> Listed:
    return Listed(id=project.id, name=project.name, entry="x/1")


@pytest.mark.parametrize("project", [ACME, BETA], ids=["https", "loopback"])
def test_line_of_a_project_gives_the_same_project(project: Project) -> None:
    assert project_from_line(listed(project), project_to_line(project)) == project


def test_line_is_one_line_that_the_keyring_of_windows_holds() -> None:
    line = project_to_line(replace(ACME, key_id="k" * 64, secret=Secret("s" * 64)))
    assert line.splitlines() == [line]
    assert len(line) < 450


GOOD = json.loads(project_to_line(ACME))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        "1" * 5_000,
        "{}",
        *(json.dumps({key: value for key, value in GOOD.items() if key != left_out}) for left_out in GOOD),
        *(json.dumps(GOOD | {key: None}) for key in GOOD),
        json.dumps(GOOD | {"id_types": []}),
        json.dumps(GOOD | {"id_types": ["registered", 1]}),
        json.dumps(GOOD | {"id_types": ["regis\u202etered"]}),
        json.dumps(GOOD | {"secret": ""}),
        json.dumps(GOOD | {"secret": "two\nlines"}),
        json.dumps(GOOD | {"base_url": "https://api.exponea.com@evil.example"}),
    ],
)
def test_line_that_is_no_project_gives_none(line: str) -> None:
    assert project_from_line(listed(ACME), line) is None


@given(line=st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_any_line_is_read_without_raising(line: str) -> None:
    project_from_line(listed(ACME), line)
