"""Making proofs from the journal."""

from pathlib import Path

import pytest

from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import JournalError
from consent_desk.domain.evidence.document import sealed
from consent_desk.domain.evidence.proof import FromJournal
from consent_desk.domain.lifecycle.state import State
from consent_desk.journal.journal import SqliteJournal
from consent_desk.proof.check import check
from consent_desk.proof.make import Proofs
from tests.consents import NOON, later
from tests.journal.journals import noted_in
from tests.proof.proofs import JANE, PROJECT, local


@pytest.fixture
def proofs(journal: SqliteJournal) -> Proofs:
    return Proofs(journal, lambda: NOON)


def test_a_consent_is_proven(journal: SqliteJournal, proofs: Proofs) -> None:
    first, _ = noted_in(journal, State.VERIFIED), noted_in(journal)
    proof = proofs.of_consent(first, local)
    assert isinstance(proof.source, FromJournal)
    assert [one.record.noted.consent.request_id for one in proof.source.witnesses] == [first]
    assert proof.local_times["2026-05-31T12:00:00.000000Z"] == "2026-05-31T14:00:00.000000+02:00 CEST"


def test_all_of_a_customer_is_proven(journal: SqliteJournal, proofs: Proofs) -> None:
    mine = noted_in(journal), noted_in(journal, noted_at=later(5))
    noted_in(journal, customer=CustomerId(type="registered", value="joe"))
    proof = proofs.of_customer(PROJECT, JANE, local)
    assert isinstance(proof.source, FromJournal)
    assert proof.whole
    assert tuple(one.record.noted.consent.request_id for one in proof.source.witnesses) == mine


def test_of_a_customer_that_the_journal_does_not_know_there_is_no_proof(
    proofs: Proofs,
) -> None:
    with pytest.raises(JournalError, match="holds nothing of this customer"):
        proofs.of_customer(PROJECT, JANE, local)


def test_both_files_are_saved_and_the_one_bears_the_checksum_of_the_other(
    journal: SqliteJournal, proofs: Proofs, tmp_path: Path
) -> None:
    proof = proofs.of_consent(noted_in(journal), local)
    content, pages = map(Path, proofs.save(proof, str(tmp_path), lambda proof, sha256: sha256.encode()))
    assert {path.stem for path in (content, pages)} == {"consent-proof-2026-05-31T120000Z"}
    assert content.read_bytes() == sealed(proof)
    assert check(content.read_bytes()).sha256 == pages.read_text()
