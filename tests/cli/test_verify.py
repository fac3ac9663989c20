"""`consent-desk verify PROOF`: what it says, and its exit status."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from consent_desk.cli.main import main
from consent_desk.domain.evidence.document import sealed
from consent_desk.journal.head import head_file
from consent_desk.journal.journal import SqliteJournal
from tests.consents import claim
from tests.journal.journals import copied, noted_in, tamper
from tests.proof.proofs import busy, made, proof_of
from tests.proof.test_check import changed


@pytest.fixture
def journal(home: Path) -> Path:
    """The user's own journal."""
    folder = home / "data" / "consent-desk"
    folder.mkdir(parents=True)
    return folder / "journal.sqlite"


@pytest.fixture
def proof(tmp_path: Path, journal: Path) -> Path:
    """A proof from it."""
    file = tmp_path / "proof.json"
    file.write_bytes(made(journal, busy(journal), whole=True))
    return file


def test_a_sound_proof_agrees_with_the_journal_here(proof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(proof)]) == 0
    said = capsys.readouterr().out
    assert "agrees with the journal on this computer" in said
    assert "registered = jane@example.com" in said


def test_a_proof_is_checked_alone_where_there_is_no_journal(
    proof: Path, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(journal.parent)
    assert main(["verify", str(proof)]) == 0
    assert "There is no journal here" in capsys.readouterr().out


def test_later_facts_of_its_consents_are_told(
    proof: Path, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(SqliteJournal.open(journal)) as opened:
        request_id = noted_in(opened)
        proof.write_bytes(made_now(opened, request_id))
        assert claim(opened, request_id, opened.entry(request_id).noted_at) is not None
    assert main(["verify", str(proof)]) == 0
    assert "where 1 fact came since" in capsys.readouterr().out


def made_now(journal: SqliteJournal, request_id: str) -> bytes:
    return sealed(proof_of(journal.evidence([request_id])))


def test_a_proof_that_differs_from_the_journal_here_is_wrong(
    proof: Path, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(journal, "UPDATE fact SET chain = zeroblob(32) WHERE seq = (SELECT max(seq) FROM fact)")
    assert main(["verify", str(proof)]) == 1
    assert "DIFFERS from it" in capsys.readouterr().out


def test_a_changed_proof_is_wrong(proof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proof.write_bytes(
        changed(proof.read_bytes(), lambda each: each["consent_records"][0].update(record_id="x"))
    )
    assert main(["verify", str(proof)]) == 1
    assert "not what its rows say" in capsys.readouterr().out


def test_the_pages_for_people_are_never_called_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "proof.pdf").write_bytes(b"%PDF-1.4 and more")
    assert main(["verify", str(tmp_path / "proof.pdf")]) == 2
    assert "nothing in it can be checked" in capsys.readouterr().out


def test_a_proof_is_compared_with_a_backup(
    proof: Path, journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = copied(journal, tmp_path / "backup")
    shutil.rmtree(journal.parent)
    assert main(["verify", str(proof), "--journal", str(backup)]) == 0
    assert "agrees with the journal" in capsys.readouterr().out
    assert main(["verify", str(backup), "--journal", str(backup)]) == 2


def test_a_journal_is_still_checked_as_one(proof: Path, journal: Path) -> None:
    assert main(["verify", str(journal)]) == 0
    head_file(journal).unlink()
    assert main(["verify", str(journal)]) == 1


def test_what_came_from_the_file_is_inert_on_the_terminal(
    proof: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = changed(proof.read_bytes(), lambda each: each["made"].update(by="\x1b[2J\nSound: all"))
    proof.write_bytes(content)
    assert json.loads(content)["made"]["by"].startswith("\x1b")
    assert main(["verify", str(proof)]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\nSound: all" not in said
