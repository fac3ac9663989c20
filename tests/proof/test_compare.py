"""A proof beside a journal, or beside a backup of it."""

from contextlib import closing
from pathlib import Path

import pytest

from consent_desk.domain.evidence.document import sealed
from consent_desk.domain.evidence.proof import Proof
from consent_desk.domain.lifecycle.state import State
from consent_desk.journal.head import head_file
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.verify import Verdict
from consent_desk.proof.check import check
from consent_desk.proof.compare import compare
from tests.journal.journals import copied, fill, filled, noted_in, tamper
from tests.proof.proofs import JANE, PROJECT, busy, made, proof_of


def proven(content: bytes) -> Proof:
    found = check(content)
    assert found.proof is not None, found.why
    return found.proof


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with three consents of Jane's among those of others."""
    path = tmp_path / "journal.sqlite"
    busy(path)
    return path


@pytest.fixture
def jane(path: Path) -> Proof:
    """The proof of them."""
    with closing(SqliteJournal.open(path)) as journal:
        return proven(sealed(proof_of(journal.evidence(journal.consents_of(PROJECT, JANE)), whole=True)))


def test_a_proof_agrees_with_its_journal_also_later(path: Path, jane: Proof) -> None:
    assert compare(jane, path).agrees is True
    with closing(SqliteJournal.open(path)) as opened:
        noted_in(opened, State.DELIVERED)
        assert str(compare(jane, path).said) == "It agrees with the journal on this computer."


def test_a_journal_says_nothing_of_the_proof_of_another(jane: Proof, tmp_path: Path) -> None:
    assert compare(jane, tmp_path / "missing.sqlite").agrees is None
    filled(tmp_path / "another.sqlite", 2)
    assert "another one" in str(compare(jane, tmp_path / "another.sqlite").said)


def test_a_proof_that_was_made_anew_as_a_whole_differs_from_the_journal(path: Path, tmp_path: Path) -> None:
    with closing(SqliteJournal.open(path)) as opened:
        name = opened.evidence([]).chain.journal
    forged = tmp_path / "forged.sqlite"
    SqliteJournal.open(forged).close()
    head_file(forged).unlink()
    tamper(forged, f"UPDATE journal SET uuid = '{name}'")
    content = made(forged, busy(forged), whole=True)
    assert check(content).verdict is Verdict.SOUND
    assert compare(proven(content), path).agrees is False


def test_a_proof_that_leaves_a_consent_out_is_found_by_the_journal(path: Path) -> None:
    with closing(SqliteJournal.open(path)) as opened:
        first = opened.consents_of(PROJECT, JANE)[:1]
    found = compare(proven(made(path, first, whole=True)), path)
    assert found.agrees is False
    assert "leaves out" in str(found.said)


def test_what_is_no_journal_cannot_be_compared(jane: Proof, tmp_path: Path) -> None:
    (tmp_path / "no.sqlite").write_bytes(b"hello" * 1000)
    assert compare(jane, tmp_path / "no.sqlite").agrees is None


def test_an_earlier_state_agrees_as_far_as_it_goes(path: Path, tmp_path: Path) -> None:
    backup = copied(path, tmp_path / "backup")
    with closing(SqliteJournal.open(path)) as journal:
        late = noted_in(journal, State.VERIFIED, ticket="late")
        fill(journal, 2)
        first = journal.consents_of(PROJECT, JANE)[0]
    assert "Up to its end" in str(compare(proven(made(path, [first])), backup).said)
    assert "does not hold it" in str(compare(proven(made(path, [late])), backup).said)


def test_an_earlier_state_that_is_another_one_differs(path: Path, jane: Proof, tmp_path: Path) -> None:
    backup = copied(path, tmp_path / "backup")
    tamper(
        backup,
        "DELETE FROM fact WHERE seq = (SELECT max(seq) FROM fact)",
        "UPDATE fact SET chain = zeroblob(32) WHERE seq = (SELECT max(seq) FROM fact)",
    )
    assert compare(jane, backup).agrees is False


def test_a_journal_that_lost_its_name_says_nothing(path: Path, jane: Proof) -> None:
    tamper(path, "DELETE FROM journal")
    assert "could not be compared" in str(compare(jane, path).said)
