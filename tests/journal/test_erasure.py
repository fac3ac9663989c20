"""The right to erasure: nothing of the customer is left in any file, and the chain is whole."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.state import OPEN_STATES, Fact, State
from consent_desk.domain.message import say
from consent_desk.domain.wire.outcome import Answered, FailedLook, NoLook
from consent_desk.journal.backups import every_backup, make_daily
from consent_desk.journal.erasure import Erasure, erase
from consent_desk.journal.head import head_file
from consent_desk.journal.identity import saved_of
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.personal_data import erasure_key, keyed_hash
from consent_desk.journal.verify import Verdict, verify
from consent_desk.system.left_over import unfinished_in
from tests.consents import a_project, claim, go_on, later
from tests.journal.journals import back_up, fill, latest, noted_in

CANARY = "canary-4711"
CUSTOMER = CustomerId(type="registered", value=CANARY)


def canary_in(journal: SqliteJournal, state: State) -> str:
    """A consent whose every text, answer and remark names the customer."""
    request_id = noted_in(
        journal, State.IN_FLIGHT, customer=CUSTOMER, wording=CANARY * 500, ticket=CANARY, agent=CANARY
    )
    echo = Answered(status=200, headers=(("X-Echo", CANARY),), body=CANARY.encode())
    go_on(journal, request_id, Fact(at=later(2), state=state, outcome=echo, note=f"called by {CANARY}"))
    return request_id


def erase_all(path: Path, journal: SqliteJournal, second: Path | None = None) -> Erasure:
    return erase(path, journal, second, project_id=a_project().id, customer=CUSTOMER, at=later(50))


def backed_up(path: Path, journal: SqliteJournal, seconds: float = 0) -> Path:
    """The backup that is made then."""
    backup = make_daily(path, journal, later(seconds))
    assert backup is not None
    return backup


def files_with_canary(folder: Path) -> list[str]:
    return [
        each.name for each in folder.rglob("*") if each.is_file() and CANARY.encode() in each.read_bytes()
    ]


def test_nothing_of_the_customer_is_left_in_any_file(
    path: Path, journal: SqliteJournal, tmp_path: Path
) -> None:
    second = tmp_path / "stick"
    second.mkdir()
    fill(journal, 40)
    for state in (State.DELIVERED, State.DISCARDED, State.DELIVERED):
        canary_in(journal, state)
        fill(journal, 40)
    back_up(path, journal, later(0), second)
    assert len(files_with_canary(tmp_path)) == 3
    told = erase_all(path, journal, second)
    assert (told.consents, told.backups, told.left) == (3, 2, ())
    assert files_with_canary(tmp_path) == []
    for each in (path, *every_backup(path, second, say("tests", "{why}"))):
        assert verify(each).verdict is Verdict.SOUND


def test_what_sqlite_has_moved_about_is_written_over_too(path: Path, journal: SqliteJournal) -> None:
    dice = random.Random(7)
    names = [f"{dice.random()}-{CANARY}" for _ in range(20)]
    for number in range(100):
        # The index of customers is filled in no order: its pages are split again and again.
        name = names[number // 5] if number % 5 == 0 else f"{dice.random()}"
        customer = CustomerId(type="registered", value=name)
        noted_in(journal, State.DELIVERED, customer=customer, wording=f"{name} " * 10)
    for name in names:
        journal.erase(a_project().id, CustomerId(type="registered", value=name), b"k" * 32, later(50))
    assert files_with_canary(path.parent) == []


def test_the_log_shows_that_there_was_somebody_who_is_never_sent(path: Path, journal: SqliteJournal) -> None:
    request_id = canary_in(journal, State.DELIVERED)
    told = erase_all(path, journal)
    entry = journal.entry(request_id)
    assert entry.customer == CustomerId(type="erased", value=f"erased {told.short}")
    assert (entry.state, entry.category, entry.noted_at) == (State.DELIVERED, "sms_marketing", later(0))
    record = journal.record(request_id)
    assert record.noted.body == b""
    assert record.facts[-1] == Fact(at=later(50), state=State.DELIVERED, note=f"erased {told.short}")
    assert [fact.note for fact in record.facts[:-1]] == ["", "", ""]
    assert record.facts[2].outcome == Answered(status=200, headers=(), body=b"")
    assert journal.records_in(list(State)) == ()
    assert claim(journal, request_id, later(60)) is None


def test_an_answer_that_comes_after_the_erasure_is_not_written(path: Path, journal: SqliteJournal) -> None:
    request_id = canary_in(journal, State.DELIVERED)
    read = len(journal.record(request_id).facts)
    erase_all(path, journal)
    echo = Answered(status=500, headers=(), body=CANARY.encode())
    look = FailedLook(why=NoLook.REFUSED, outcome=echo)
    fact = Fact(at=later(60), state=State.DELIVERED, outcome=look, note=CANARY)
    assert not journal.append(request_id, fact, after=read)
    assert files_with_canary(path.parent) == []


def test_the_same_customer_has_the_same_hash_and_another_one_another(
    path: Path, journal: SqliteJournal
) -> None:
    canary_in(journal, State.DELIVERED)
    first = erase_all(path, journal)
    canary_in(journal, State.DELIVERED)
    assert erase_all(path, journal).short == first.short
    key = erasure_key(path)
    assert key == erasure_key(path)
    hashes = {
        keyed_hash(key, "project", CUSTOMER),
        keyed_hash(key, "another", CUSTOMER),
        keyed_hash(key, "project", CustomerId(type="cookie", value=CANARY)),
        keyed_hash(b"another", "project", CUSTOMER),
        keyed_hash(key, "projectr", CustomerId(type="egistered", value=CANARY)),
    }
    assert len(hashes) == 5


def test_others_are_left_as_they_are(path: Path, journal: SqliteJournal) -> None:
    ids = fill(journal, 20)
    same_name = noted_in(journal, customer=CustomerId(type="cookie", value=CANARY))
    before = [journal.record(request_id) for request_id in (*ids, same_name)]
    canary_in(journal, State.DELIVERED)
    erase_all(path, journal)
    assert [journal.record(request_id) for request_id in (*ids, same_name)] == before


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_nothing_is_erased_while_something_of_it_is_open(
    path: Path, journal: SqliteJournal, state: State
) -> None:
    canary_in(journal, State.DELIVERED)
    noted_in(journal, state, customer=CUSTOMER)
    backup = backed_up(path, journal)
    before = backup.read_bytes()
    with pytest.raises(JournalError, match="not removed: one of this customer's decisions"):
        erase_all(path, journal)
    assert len([entry for entry in latest(journal) if entry.customer == CUSTOMER]) == 2
    assert backup.read_bytes() == before


def names_in(journal: SqliteJournal) -> set[str]:
    return {entry.customer.value for entry in latest(journal)}


def test_nothing_is_removed_while_the_second_folder_is_not_there(
    path: Path, journal: SqliteJournal, tmp_path: Path
) -> None:
    canary_in(journal, State.DELIVERED)
    make_daily(path, journal, later(0))
    with pytest.raises(JournalError, match="was not removed: the second folder"):
        erase_all(path, journal, tmp_path / "stick")
    assert names_in(journal) == {CANARY}
    assert len(files_with_canary(tmp_path)) == 2


def test_the_journal_names_the_customer_until_the_last_backup_does_not(
    path: Path, journal: SqliteJournal, tmp_path: Path
) -> None:
    second = tmp_path / "stick"
    second.mkdir()
    canary_in(journal, State.DELIVERED)
    back_up(path, journal, later(0), second)
    foreign = second / "journal-2020-01-01.sqlite"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE notes (a)")
    with pytest.raises(
        JournalError,
        match=r"nor from all backups: its file belongs to another program.*journal-2020-01-01\.sqlite",
    ):
        erase_all(path, journal, second)
    assert names_in(journal) == {CANARY}
    assert files_with_canary(path.parent / "backups") == []
    foreign.unlink()
    told = erase_all(path, journal, second)
    assert (told.consents, told.left, files_with_canary(tmp_path)) == (1, (), [])


@pytest.mark.parametrize("what", ["an older file in its place", "no mark", "a spoilt mark"])
def test_a_backup_that_is_not_sound_does_not_become_so(path: Path, journal: SqliteJournal, what: str) -> None:
    canary_in(journal, State.DELIVERED)
    backup = backed_up(path, journal)
    older = backup.read_bytes()
    fill(journal, 5)
    newer = backed_up(path, journal, 86_400)
    if what == "no mark":
        head_file(newer).unlink()
    elif what == "a spoilt mark":
        head_file(newer).write_bytes(head_file(newer).read_bytes()[:4096])
    else:
        newer.write_bytes(older)
    before = [each.read_bytes() for each in sorted(newer.parent.glob(f"{newer.stem}*"))]
    assert erase_all(path, journal).left == (newer,)
    assert [each.read_bytes() for each in sorted(newer.parent.glob(f"{newer.stem}*"))] == before
    assert verify(newer).verdict is Verdict.WRONG


@pytest.mark.parametrize("damage", ["unreadable", "cut short"])
def test_a_damaged_backup_is_named_and_keeps_nobody_from_erasing_the_rest(
    path: Path, journal: SqliteJournal, damage: str
) -> None:
    canary_in(journal, State.DELIVERED)
    backup = backed_up(path, journal)
    backup.write_bytes(b"no journal" * 500 if damage == "unreadable" else backup.read_bytes()[:4096])
    told = erase_all(path, journal)
    assert (told.consents, told.backups, told.left) == (1, 0, (backup,))


def test_a_backup_without_the_customer_is_not_touched(path: Path, journal: SqliteJournal) -> None:
    backup = backed_up(path, journal)
    head_file(backup).unlink()
    before = backup.stat()
    canary_in(journal, State.DELIVERED)
    told = erase_all(path, journal)
    assert (told.consents, told.backups, told.left) == (1, 0, ())
    assert (backup.stat().st_mtime_ns, head_file(backup).exists()) == (before.st_mtime_ns, False)


def test_erasing_may_be_repeated_and_noting_goes_on(path: Path, journal: SqliteJournal) -> None:
    canary_in(journal, State.DELIVERED)
    erase_all(path, journal)
    told = erase_all(path, journal)
    assert (told.consents, told.backups) == (0, 0)
    assert journal.entry(noted_in(journal, State.VERIFIED)).state is State.VERIFIED
    assert verify(path).verdict is Verdict.SOUND


def test_files_that_were_set_aside_are_named(path: Path, journal: SqliteJournal) -> None:
    canary_in(journal, State.DELIVERED)
    stamp = "2026-05-31T120140Z"
    names = (f"damaged-{stamp}", f"damaged-{stamp}.rest.jsonl", f"replaced-{stamp}")
    aside = (saved_of(path), *(path.with_name(f"{path.name}.{name}") for name in names))
    for each in aside:
        each.write_text(CANARY)
    assert erase_all(path, journal).left == aside
    assert all(each.exists() for each in aside)


@pytest.mark.parametrize(
    "name",
    [
        ".journal.sqlite.restoring",
        ".journal.sqlite.restoring-journal",
        "..journal.sqlite.restoring-ab_cd123",
        ".unfinished-ab_cd123/journal.sqlite",
        ".unfinished-ab_cd123/rest",
        "..journal.sqlite.saved-ab_cd123",
        ".journal.sqlite.rest",
        ".journal.sqlite-ab_cd123/damaged.sqlite",
        "..journal.sqlite.restoring-ab_cd123/damaged.sqlite-journal",
        "backups/.unfinished-ab_cd123/journal-2026-05-31.sqlite",
        "backups/journal-2026-05-31.part",
        "backups/journal-2026-05-31-0123abcd.part",
        "backups/journal-2026-05-31-version-3.part",
        "backups/.journal-2026-05-31.sqlite-ab_cd123/damaged.sqlite",
        "backups/.journal-2026-05-31.part-ab_cd123/damaged.sqlite",
    ],
)
def test_what_was_left_half_done_is_deleted_by_an_erasure_and_by_the_next_backup(
    path: Path, journal: SqliteJournal, name: str
) -> None:
    make_daily(path, journal, later(0))
    left = path.parent / name
    for end in (lambda: erase_all(path, journal), lambda: make_daily(path, journal, later(1))):
        left.parent.mkdir(exist_ok=True)
        left.write_text(CANARY)
        end()
        assert files_with_canary(path.parent) == []


def test_a_copy_left_half_done_in_the_second_folder_is_deleted_and_that_of_another_journal_named(
    path: Path, journal: SqliteJournal, tmp_path: Path
) -> None:
    second = tmp_path / "stick"
    other = second / "consent-desk-01234567"
    other.mkdir(parents=True)
    back_up(path, journal, later(0), second)
    (ours,) = (each for each in second.iterdir() if each != other)
    names = (".journal-2026-05-31.sqlite-ab_cd123", ".unfinished-ab_cd123")
    for folder in (ours, other):
        (folder / names[0]).write_text(CANARY)
        (folder / names[1]).mkdir()
        (folder / names[1] / "journal-2026-05-31.sqlite").write_text(CANARY)
    assert erase_all(path, journal, second).left == tuple(other / name for name in names)
    assert {each.name[:8] for each in ours.iterdir()} == {"journal-"}


def test_files_that_only_look_alike_are_left_alone(path: Path, journal: SqliteJournal) -> None:
    make_daily(path, journal, later(0))
    names = (
        ".journal.sqlite-mine.txt/a",
        ".journal.sqlite-ab_cd123/mine.txt",
        ".journal.sqlite-zz_cd123",
        ".unfinished-zz_cd123",
        "backups/.unfinished/mine.txt",
        "journal.sqlite.restoring",
        "backups/journal-2026.part",
        "backups/.journal.sqlite-ab_cd123",
        "backups/.journal-2026-05-30.sqlite-ab_cd123/mine.txt",
        "backups/journal-2026-05-30.part/mine.txt",
    )
    for name in names:
        (path.parent / name).parent.mkdir(exist_ok=True)
        (path.parent / name).write_text("mine")
    assert erase_all(path, journal).left == ()
    assert [name for name in names if not (path.parent / name).is_file()] == []


def test_what_cannot_be_deleted_is_named(
    path: Path, journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = path.with_name(f".{path.name}.rest")
    stuck.write_text(CANARY)
    unlink = Path.unlink

    def refuse(each: Path, missing_ok: bool = False) -> None:
        if each == stuck:
            raise PermissionError(13, "in use")
        unlink(each, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    assert erase_all(path, journal).left == (stuck,)


def test_what_is_only_being_made_is_named_and_left_alone(path: Path, journal: SqliteJournal) -> None:
    with unfinished_in(path.parent) as making:
        (making / "journal.sqlite").write_text(CANARY)
        assert erase_all(path, journal).left == (making,)
        assert (making / "journal.sqlite").exists()
    assert files_with_canary(path.parent) == []


def test_a_key_that_is_damaged_is_not_written_over(path: Path, journal: SqliteJournal) -> None:
    canary_in(journal, State.DELIVERED)
    path.with_suffix(".key").write_text("no key")
    with pytest.raises(JournalError, match="not removed"):
        erase_all(path, journal)
    assert path.with_suffix(".key").read_text() == "no key"
