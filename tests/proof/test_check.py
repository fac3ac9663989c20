"""A proof is checked alone, and what was changed in it is found."""

import json
import random
import stat
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import DeskError, JournalError
from consent_desk.domain.evidence.document import checksum, document, sealed
from consent_desk.domain.evidence.proof import FromJournal, Proof
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.outcome import Cause, Lost, Phase
from consent_desk.domain.wire.project import PRACTICE_ID
from consent_desk.journal.evidence import collect, spans
from consent_desk.journal.head import head_file, legible, read_head
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.verify import Verdict
from consent_desk.proof.check import check
from consent_desk.proof.make import save_files
from tests.consents import a_consent, a_project, go_on, later, write_down
from tests.journal.journals import fill, filled, noted_in
from tests.proof.proofs import JANE, PROJECT, busy, leaves, made, proof_of, put

GOLDEN = Path(__file__).parent / "proof-format-1.json"


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal with three consents of Jane's among those of others."""
    path = tmp_path_factory.mktemp("busy") / "journal.sqlite"
    busy(path)
    return path


@pytest.fixture(scope="module")
def jane(journal: Path) -> bytes:
    """The proof of all that it holds of Jane."""
    with closing(SqliteJournal.open(journal)) as opened:
        found = opened.consents_of(PROJECT, JANE)
        return sealed(proof_of(opened.evidence(found), whole=True))


def proven(content: bytes) -> Proof:
    found = check(content)
    assert found.proof is not None, found.why
    return found.proof


def changed(content: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """`content` after `change`, its checksum done over again."""
    parsed = json.loads(content)
    change(parsed)
    parsed.pop("sha256")
    return json.dumps({**parsed, "sha256": checksum(parsed)}).encode("ascii")


@pytest.mark.parametrize("state", State)
def test_a_proof_of_a_consent_in_any_state_is_sound(tmp_path: Path, state: State) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(SqliteJournal.open(path)) as opened:
        fill(opened, 4)
        request_id = noted_in(opened, state)
        fill(opened, 4)
    assert (check(made(path, [request_id])).verdict, check(made(path, [request_id])).why) == (
        Verdict.SOUND,
        None,
    )


def test_what_came_of_an_answer_that_broke_off_is_proven(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    headers = (("Content-Length", "99"), ("x-request-id", "r-1"))
    lost = Lost(phase=Phase.READING, cause=Cause.CUT, status=200, headers=headers, body=b'{"success": tr')
    with closing(SqliteJournal.open(path)) as opened:
        request_id = noted_in(opened, State.IN_FLIGHT)
        go_on(opened, request_id, Fact(at=later(2), state=State.UNCONFIRMED, outcome=lost))
    content = made(path, [request_id])
    assert check(content).verdict is Verdict.SOUND
    assert b'"x_request_id": "r-1"' in content
    assert b'"success\\": tr"' in content
    assert check(content.replace(b'tr"', b'te"')).verdict is not Verdict.SOUND


def test_a_proof_of_a_customer_shares_one_stretch_to_the_head(journal: Path, jane: bytes) -> None:
    source = proven(jane).source
    assert isinstance(source, FromJournal)
    mark = legible(read_head(head_file(journal)))
    assert mark is not None
    assert len(source.witnesses) == 3
    assert [(each.last, each.after.hex()) for each in source.chain.stretches] == [(mark.facts, mark.head)]


def test_a_proof_holds_nothing_of_other_customers(journal: Path, jane: bytes) -> None:
    assert b"customer-" not in jane
    others = [each["others"] for each in json.loads(jane)["chain"]["stretches"]]
    assert all(len(b64decode(each)) % 32 == 0 for each in others)


def test_no_secret_is_in_a_proof(jane: bytes) -> None:
    assert b"canary-secret" not in jane
    assert b"Authorization" not in jane


def test_a_single_changed_byte_is_always_found(jane: bytes) -> None:
    seed = 20260611
    dice = random.Random(seed)
    meant = json.dumps(json.loads(jane), sort_keys=True)
    missed = []
    for _ in range(1_000):
        content = bytearray(jane)
        place = dice.randrange(len(content))
        content[place] = dice.choice([byte for byte in range(256) if byte != content[place]])
        try:
            # Another space between two values, or another way to write one, says the same.
            same = json.dumps(json.loads(bytes(content)), sort_keys=True) == meant
        except ValueError:
            same = False
        if not same and check(bytes(content)).verdict is Verdict.SOUND:
            missed.append(place)
    assert not missed, seed


def test_each_changed_value_is_found_although_the_checksum_was_done_over(jane: bytes) -> None:
    ways = leaves(json.loads(jane))
    missed = {way for way in ways if check(changed(jane, partial(put, way=way))).verdict is Verdict.SOUND}
    # Of which program and zone the maker's word alone tells; the journal's name only its first fact proves.
    free = {way for way in ways if way[0] == "local_times"}
    assert missed - free == {("sha256",), ("made", "by"), ("chain", "journal")}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda parsed: parsed["journal_rows"][0]["facts"][1].update(state="verified"), "chain from fact"),
        (lambda parsed: parsed["journal_rows"][0]["consent"].update(category="other"), "chain from fact"),
        (
            lambda parsed: parsed["journal_rows"][0]["personal"].update(wording="Yes"),
            "of personal was changed",
        ),
        (lambda parsed: parsed["journal_rows"][0].pop("personal"), "of personal was changed"),
        (lambda parsed: parsed["consent_records"][0].update(record_id="x"), "not what its rows say"),
        (lambda parsed: parsed["consent_records"].pop(), "not what its rows say"),
        (lambda parsed: parsed["journal_rows"].pop(), "chain from fact"),
        (lambda parsed: parsed["journal_rows"].clear(), "chain from fact"),
        (lambda parsed: parsed["chain"]["stretches"].clear(), "stands nowhere in the chain"),
        (lambda parsed: parsed["chain"].update(head="00" * 32), "head of the chain"),
        (lambda parsed: parsed["chain"]["stretches"][0].update(last=10**12), "not in order"),
        (lambda parsed: parsed.update(about="one consent"), "does not hold what it says"),
        (lambda parsed: parsed["journal_rows"][0].update(more=1), "no proof holds such values"),
        (lambda parsed: parsed["local_times"].clear(), "local times are not those"),
        (
            lambda parsed: parsed["local_times"].update(
                dict.fromkeys(parsed["local_times"], "2026-05-31T14:00:00+02:00 CEST")
            ),
            "A local time is not that",
        ),
    ],
)
def test_what_is_wrong_is_said(jane: bytes, change: Callable[[dict[str, Any]], object], words: str) -> None:
    found = check(changed(jane, change))
    assert found.verdict is Verdict.WRONG
    assert words in str(found.why)


def test_a_billion_facts_are_not_counted(jane: bytes) -> None:
    def wish(parsed: dict[str, Any]) -> None:
        parsed["chain"]["facts"] = parsed["chain"]["stretches"][0]["last"] = 10**15

    assert check(changed(jane, wish)).verdict is Verdict.WRONG


def test_a_journal_that_begins_with_the_consent_is_followed_from_its_name(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    request_id = filled(path, 3)[0]
    content = made(path, [request_id])
    assert check(content).verdict is Verdict.SOUND
    renamed = changed(content, lambda parsed: parsed["chain"].update(journal="x"))
    assert "does not begin" in str(check(renamed).why)


@pytest.mark.parametrize("content", [b"{", b"{}x", b"[" * 100_000, b'{"format": NaN}'])
def test_what_is_no_json_is_wrong(content: bytes) -> None:
    assert check(content).verdict is Verdict.WRONG


def test_what_another_version_made_cannot_be_checked(jane: bytes) -> None:
    found = check(changed(jane, lambda parsed: parsed.update(format="consent-desk proof 3")))
    assert found.verdict is Verdict.UNREADABLE


def test_a_key_that_stands_twice_is_wrong(jane: bytes) -> None:
    assert check(jane.replace(b"{", b'{"about": "another", ', 1)).verdict is Verdict.WRONG


def test_the_watermark_of_practice_cannot_be_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    consent = a_consent()
    with closing(SqliteJournal.open(path)) as opened:
        write_down(opened, Noted.of(a_project(id=PRACTICE_ID), consent))
    content = made(path, [consent.request_id])
    assert check(content).verdict is Verdict.SOUND
    assert check(changed(content, lambda parsed: parsed.pop("watermark"))).verdict is Verdict.WRONG


def test_an_erased_consent_can_still_be_proven_without_the_person(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(SqliteJournal.open(path)) as opened:
        third = noted_in(opened, State.VERIFIED, customer=CustomerId(type="registered", value="joe"))
        opened.erase(PROJECT, CustomerId(type="registered", value="joe"), b"\x01" * 32, later(9))
        assert opened.consents_of(PROJECT, CustomerId(type="registered", value="joe")) == ()
    found = check(made(path, [third]))
    assert found.verdict is Verdict.SOUND
    assert found.proof is not None
    assert isinstance(found.proof.source, FromJournal)
    noted = found.proof.source.witnesses[0].record.noted
    assert (noted.consent.customer.value, noted.body) == ("erased 01010101", b"")


@pytest.mark.parametrize(
    ("own", "facts", "most", "wanted"),
    [
        ([], 5, 9, []),
        ([1], 1, 0, [(1, 1)]),
        ([3, 4], 9, 5, [(3, 9)]),
        ([3, 4], 9, 4, [(3, 4)]),
        ([3, 9], 20, 5, [(3, 9)]),
        ([3, 9], 12, 3, [(3, 3), (9, 12)]),
        ([3, 9, 20], 100, 5, [(3, 9), (20, 20)]),
        ([3, 9, 20], 20, 0, [(3, 3), (9, 9), (20, 20)]),
    ],
)
def test_long_gaps_are_left_out(own: list[int], facts: int, most: int, wanted: list[tuple[int, int]]) -> None:
    assert spans(own, facts, most) == wanted


def test_a_proof_with_gaps_is_sound_and_says_what_it_bridges(
    journal: Path,
) -> None:
    with closing(SqliteJournal.open(journal)) as opened:
        found = opened.consents_of(PROJECT, JANE)
        source = collect(opened._reading, found, carried=3)
    assert len(source.chain.stretches) > 1
    assert check(sealed(proof_of(source, whole=True))).verdict is Verdict.SOUND


def test_what_the_journal_does_not_hold_is_left_out(journal: Path) -> None:
    with closing(SqliteJournal.open(journal)) as opened:
        assert opened.evidence(["nothing"]).witnesses == ()


def test_a_proof_among_many_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(SqliteJournal.open(path)) as opened:
        fill(opened, 2)
        request_id = noted_in(opened, State.DELIVERED)
        fill(opened, 200)
    content = made(path, [request_id])
    source = proven(content).source
    assert isinstance(source, FromJournal)
    assert source.chain.facts > 500
    assert check(content).verdict is Verdict.SOUND


def test_both_files_are_closed_to_others_and_never_written_over(jane: bytes, tmp_path: Path) -> None:
    names = [save_files(str(tmp_path), later(0), jane, b"%PDF-") for _ in range(2)]
    assert len({*names[0], *names[1]}) == 4
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}
    assert Path(names[0][0]).read_bytes() == jane


def test_what_could_not_be_verified_later_is_not_saved(jane: bytes, tmp_path: Path) -> None:
    spoilt = changed(jane, lambda parsed: parsed["chain"].update(head="00" * 32))
    with pytest.raises(JournalError, match="not sound"):
        save_files(str(tmp_path), later(0), spoilt, b"%PDF-")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_gone_is_trouble_in_words(jane: bytes, tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="its folder is not there any more"):
        save_files(str(tmp_path / "gone"), later(0), jane, b"%PDF-")


def test_a_proof_of_the_first_format_is_sound_in_every_later_version() -> None:
    assert check(GOLDEN.read_bytes()).verdict is Verdict.SOUND


def test_a_checksum_covers_the_document_without_itself(jane: bytes) -> None:
    assert checksum(document(proven(jane))) == json.loads(jane)["sha256"]
