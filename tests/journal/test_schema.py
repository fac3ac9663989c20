"""A journal of version 1, its backups and those in a second folder, in the hands of this program."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from consent_desk.cli.main import main
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.evidence.document import checksum
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.log_query import LogQuery
from consent_desk.domain.wire.outcome import Answered, Look, Lost, NotSent
from consent_desk.journal.backups import back_up_before_migration, restore
from consent_desk.journal.erasure import erase
from consent_desk.journal.head import head_file
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.salvage.salvage import salvage
from consent_desk.journal.schema import VERSION
from consent_desk.journal.verify import Verdict, verify
from consent_desk.proof.check import check
from tests.consents import a_project, claim, later
from tests.proof.proofs import leaves, put
from tests.version1.folders import Version1, unpacked

PROJECT = a_project().id
JANE = CustomerId(type="registered", value="jane@example.com")
ERASED = CustomerId(type="registered", value="erased@example.com")
CONSENTS, FACTS = 20, 55


@pytest.fixture
def old(tmp_path: Path) -> Version1:
    return unpacked(tmp_path / "old")


def version_of(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[60:64], "big")


def records(path: Path) -> list[Record]:
    with closing(SqliteJournal.open(path)) as journal:
        return [journal.record(found.entry.request_id) for found in journal.page(LogQuery(oldest_first=True))]


def test_it_is_verified_as_it_is(old: Version1) -> None:
    for path in (old.journal, *old.backups, *old.far_backups):
        before = path.read_bytes()
        assert version_of(path) == 1
        assert verify(path).verdict is Verdict.SOUND
        assert path.read_bytes() == before


def test_a_changed_byte_in_it_is_found(old: Version1) -> None:
    content = old.journal.read_bytes()
    at = content.index(b"customer-1@example.com")
    old.journal.write_bytes(content[:at] + b"C" + content[at + 1 :])
    assert verify(old.journal).verdict is Verdict.WRONG


def test_opened_it_is_brought_up_to_date_with_nothing_restored_or_lost(old: Version1) -> None:
    with closing(
        SqliteJournal.open(old.journal, before_migration=partial(back_up_before_migration, old.journal))
    ) as journal:
        assert journal.restored == 0
        assert journal.count(LogQuery()) == CONSENTS
        assert journal.head().facts == FACTS
    assert version_of(old.journal) == VERSION
    found = verify(old.journal)
    assert (found.verdict, found.consents, found.facts) == (Verdict.SOUND, CONSENTS, FACTS)
    (backup,) = (old.journal.parent / "backups").glob("*-version-1.sqlite")
    assert (version_of(backup), verify(backup).verdict) == (1, Verdict.SOUND)
    told = records(old.journal)
    assert {type(fact.outcome) for one in told for fact in one.facts} == {
        *(type(None), Answered, NotSent, Lost, Look)
    }
    assert {one.facts[-1].state for one in told} == set(State) - {State.NEW_PROFILE, State.NO_CATEGORY}
    assert {one.noted.press for one in told} == {None}


def test_it_goes_on_from_there(old: Version1) -> None:
    with closing(SqliteJournal.open(old.journal)) as journal:
        (waits,) = (
            one
            for one in journal.records_in({State.QUEUED})
            if journal.record(one).noted.consent.ticket == "waits"
        )
        assert claim(journal, waits, later(400)) is not None
    assert verify(old.journal).facts == FACTS + 1


def test_a_backup_of_it_is_restored(old: Version1) -> None:
    backup = old.backups[-1]
    before = backup.read_bytes()
    restore(backup, old.journal)
    assert backup.read_bytes() == before
    assert version_of(old.journal) == VERSION
    assert verify(old.journal).verdict is Verdict.SOUND
    assert len(records(old.journal)) == CONSENTS


def test_what_is_left_of_it_is_saved(old: Version1) -> None:
    content = bytearray(old.journal.read_bytes())
    content[:100] = bytes(100)
    old.journal.write_bytes(content)
    told = salvage(old.journal)
    assert (told.consents, told.consents_lost, told.facts, told.facts_lost) == (CONSENTS, 0, FACTS, 0)
    assert verify(old.journal).verdict is Verdict.SOUND


def test_a_customer_is_erased_from_it_and_it_stays_readable_to_the_program_before(old: Version1) -> None:
    with closing(SqliteJournal.open(old.journal)) as journal:
        erased = erase(
            old.journal,
            journal,
            old.second,
            project_id=PROJECT,
            customer=ERASED,
            at=later(200_000),
        )
    # Only the oldest of those in the second folder still held it; in the others it was gone already.
    assert (erased.backups, erased.left) == (1, ())
    for path in (*old.backups, *old.far_backups):
        assert version_of(path) == 1
        assert verify(path).verdict is Verdict.SOUND
        assert b"erased@example.com" not in path.read_bytes()


def test_its_proofs_are_checked_as_before(old: Version1) -> None:
    found = {path.name: check(path.read_bytes()) for path in old.proofs}
    rebuilt = found.pop("rebuilt-from-history.json")
    assert len(found) == CONSENTS + 3
    assert {name: one.why for name, one in found.items() if one.verdict is not Verdict.SOUND} == {}
    # Programs of that time made one of Engagement's history, where the journal was lost.
    assert (rebuilt.verdict, rebuilt.proof) == (Verdict.UNREADABLE, None)
    assert "rebuilt from Engagement's history" in str(rebuilt.why)


def test_a_proof_that_was_rebuilt_is_never_called_sound(
    old: Version1, capsys: pytest.CaptureFixture[str]
) -> None:
    path = old.root / "proofs" / "rebuilt-from-history.json"
    assert main(["verify", str(path)]) == 2
    said = capsys.readouterr().out
    assert "rebuilt from Engagement's history on" in said
    assert "1 events of registered = " in said


@pytest.mark.parametrize("page", ["e30=", "eA==", "x"])
def test_a_proof_that_was_rebuilt_holds_no_page_that_engagement_does_not_answer(
    old: Version1, page: str
) -> None:
    parsed = json.loads((old.root / "proofs" / "rebuilt-from-history.json").read_bytes())
    parsed["history_pages"].append(page)
    parsed.pop("sha256")
    spoilt = json.dumps({**parsed, "sha256": checksum(parsed)}).encode("ascii")
    assert check(spoilt).verdict is Verdict.WRONG


def test_each_changed_value_of_its_proofs_is_found_although_the_checksum_was_done_over(old: Version1) -> None:
    for path in old.proofs:
        parsed = json.loads(path.read_bytes())
        missed = set()
        for way in leaves(parsed):
            changed = json.loads(path.read_bytes())
            put(changed, way)
            changed.pop("sha256")
            found = check(json.dumps({**changed, "sha256": checksum(changed)}).encode("ascii"))
            # One that was rebuilt cannot be checked: all that it says is that nothing contradicts itself.
            if found.verdict is not Verdict.WRONG and found.gist:
                missed.add(way)
        free = {("sha256",), ("made", "by"), ("chain", "journal")}
        if path.name.startswith("rebuilt"):
            free |= {(kind, name) for kind in ("project", "customer") for name in parsed[kind]}
        missed = {way for way in missed if way[0] not in {"local_times", "history_pages"}}
        assert missed - free == set(), path.name


@pytest.mark.parametrize(
    "later_only",
    [
        lambda rows: rows["consent"].update(press=rows["consent"]["request_id"]),
        lambda rows: rows["facts"][-1].update(state="new_profile"),
        lambda rows: rows["facts"][-1].update(look=rows["facts"][-1]["look"][:-1] + ',"unknown":true}'),
        lambda rows: rows["facts"][-1].update(outcome="look_failed"),
        lambda rows: rows["personal"].update(context='{"confirmed":true}'),
    ],
)
def test_what_came_later_is_not_read_in_an_older_proof(
    old: Version1, later_only: Callable[[dict[str, Any]], None]
) -> None:
    parsed = json.loads((old.root / "proofs" / "consent-05-verified.json").read_bytes())
    later_only(parsed["journal_rows"][0])
    parsed.pop("sha256")
    found = check(json.dumps({**parsed, "sha256": checksum(parsed)}).encode("ascii"))
    assert found.verdict is Verdict.WRONG


def test_an_older_program_cannot_open_what_this_one_has_opened(old: Version1) -> None:
    SqliteJournal.open(old.journal).close()
    assert version_of(old.journal) > 1
    assert head_file(old.journal).exists()
    with closing(sqlite3.connect(old.journal)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert "claim" in tables
