"""A workspace for others to look at tells nothing of anybody, and lets nobody do anything."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from consent_desk.domain.errors import DeskError
from consent_desk.domain.local_time import moment
from consent_desk.domain.log_query import LogQuery, words_of
from consent_desk.domain.presenting import Masker
from consent_desk.journal.journal import SqliteJournal
from consent_desk.proof.make import Proofs
from consent_desk.ui.presenting.view import Part, ShownProofs
from tests.consents import NOON
from tests.domain.canaries import NAMES, canaries, traces


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(SqliteJournal.open(tmp_path / "journal.sqlite")) as journal:
        journal.note_all((canaries().noted,))
        yield journal


@pytest.fixture
def shown(journal: SqliteJournal) -> Part:
    return Part(journal, "journal", Masker())


def test_a_journal_is_read_masked(shown: Part) -> None:
    [line] = shown.page(LogQuery())
    assert line.entry.customer.value == "customer 1"
    [same] = shown.those(LogQuery(), [line.entry.request_id])
    assert same == line
    record = shown.record(line.entry.request_id)
    assert traces((line, record, record.noted.body.decode())) == set()
    assert shown.has(line.entry.request_id)
    assert shown.head().facts == 1


def test_an_alias_is_found_by_its_name_alone(shown: Part) -> None:
    shown.page(LogQuery())
    assert shown.count(LogQuery(words=words_of("customer 1"))) == 1
    assert shown.count(LogQuery(words=words_of("customer 2"))) == 0


@pytest.mark.parametrize(
    "name", ["note_all", "append", "erase", "close", "consents_of", "evidence", "anything"]
)
def test_what_is_not_meant_to_be_asked_is_refused(shown: Part, name: str) -> None:
    with pytest.raises(DeskError, match="Presenting: nothing real is sent or changed"):
        getattr(shown, name)()


class Real:
    """A part of a workspace that does whatever is asked."""

    def lists(self) -> tuple[frozenset[str], frozenset[str]]:
        return frozenset({"one"}), frozenset({"two"})

    def open_entries(self) -> str:
        return NAMES["customer"]

    def send_again(self) -> None:
        raise AssertionError


def test_numbers_and_request_ids_pass_and_all_else_does_not() -> None:
    part: Any = Part(Real(), "engine", Masker())
    assert part.lists() == (frozenset({"one"}), frozenset({"two"}))
    assert part.open_entries() == "masked"
    with pytest.raises(DeskError, match="nothing real"):
        part.send_again()
    with pytest.raises(DeskError, match="nothing real"):
        Part(Real(), "outbox", Masker()).open_entries()


def test_a_proof_of_an_alias_is_one_of_the_customer(journal: SqliteJournal, tmp_path: Path) -> None:
    masker = Masker()
    noted = canaries().noted
    alias = masker.customer(noted.consent.customer)
    proofs = ShownProofs(Proofs(journal, lambda: NOON), masker)
    proof = proofs.of_customer(noted.project_id, alias, partial(moment, zone=UTC))
    assert (proof.masked, proof.whole, len(proof.source.witnesses)) == (True, True, 1)
    assert traces(proof.source.witnesses) == set()
    folder = tmp_path / "proofs"
    folder.mkdir()
    nothing, pages = proofs.save(proof, str(folder), lambda *_: b"%PDF")
    assert (nothing, [str(one) for one in folder.iterdir()]) == ("", [pages])
