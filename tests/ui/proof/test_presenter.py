"""Saving proofs from the window, and the pages that people read."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from PySide6.QtGui import QPdfWriter
from pytestqt.qtbot import QtBot

from consent_desk.domain.consent.values import ValidUntil
from consent_desk.domain.evidence.proof import FromJournal, Proof, Witness
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import Answered, Cause, Look, LookReason, Lost, Outcome, Phase, Stored
from consent_desk.domain.wire.project import PRACTICE_ID
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.verify import Verdict
from consent_desk.proof import make
from consent_desk.proof.check import check
from consent_desk.proof.compare import compare
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.folders import Folders
from consent_desk.ui.proof.pdf import feet, pdf_of, sheets_of
from consent_desk.ui.proof.presenter import ProofPresenter
from consent_desk.ui.proof.text import Style, text_of
from consent_desk.ui.shell import waiting
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.buttons import Button
from tests.proof.proofs import busy, proof_of
from tests.ui import controls
from tests.ui.desks import CANARY, OpenDesk

SHA = "ab" * 32


@pytest.fixture
def jane(tmp_path: Path) -> Proof:
    """A proof of three consents."""
    path = tmp_path / "journal.sqlite"
    ids = busy(path)
    with closing(SqliteJournal.open(path)) as journal:
        return proof_of(journal.evidence(ids), whole=True)


def said(proof: Proof) -> str:
    """All that the pages say."""
    return "\n".join(f"{line.label}: {line.text}" for line in text_of(proof, SHA))


HEADERS = (("X-Request-Id", "4711"), ("A", "<b>"))


def with_answer(proof: Proof, body: bytes, outcome: Outcome | None = None) -> Proof:
    """`proof` of one consent whose answer was `body`, or of which `outcome` came."""
    assert isinstance(proof.source, FromJournal)
    record = proof.source.witnesses[0].record
    came = outcome or Answered(status=200, headers=HEADERS, body=body)
    fact = Fact(at=record.facts[0].at, state=State.DELIVERED, outcome=came)
    one = Witness(replace(record, facts=(*record.facts, fact)), {})
    return replace(proof, source=FromJournal((one,), proof.source.chain))


def test_the_pages_tell_who_recorded_what_and_when(jane: Proof) -> None:
    text = said(jane)
    for words in (
        "Customer ID: registered = jane@example.com",
        "Decided: 2026-05-31 14:00:00 CEST (2026-05-31 12:00:00 UTC)",
        "Channel: phone",
        "Wording read out: May we still write to you? <b>No</b> – nein, 名",
        "Agent: Anna",
        "Account on the computer: anna",
        "Property branch: north",
        "Basis of an opt-in: The caller asked for it now",
        "valid since 2025-11-03 11:00:00 UTC until 2030-01-01 00:00:00 UTC, source page",
        "After, in Engagement: not valid",
        "Read back: not valid",
        "What it does not prove: That nobody made up all of it",
        SHA,
    ):
        assert words in text


def test_the_pages_begin_with_what_a_lawyer_reads_and_call_nothing_unknown(jane: Proof) -> None:
    one = replace(jane, whole=False, source=replace(jane.source, witnesses=jane.source.witnesses[:1]))
    first, _, *lines = text_of(one, SHA)
    assert first.text == "Proof of an opt-out"
    summary = [line.label for line in lines if line.style is Style.SUMMARY]
    assert [line.label for line in lines[: len(summary)]] == summary
    assert (summary[0], summary[-1]) == ("Who", "What that does not prove")
    assert "31 May 2026, 14:00:00 CEST" in lines[2].text
    assert "unknown" not in said(jane).lower()


def test_the_summary_is_half_a_page(jane: Proof, tmp_path: Path, qtbot: QtBot) -> None:
    writer = QPdfWriter(str(tmp_path / "any.pdf"))
    one = replace(jane, whole=False, source=replace(jane.source, witnesses=jane.source.witnesses[:1]))
    lines = text_of(one, SHA)
    until = next(number for number, line in enumerate(lines) if line.text == "Technical part")
    [sheet] = sheets_of(lines[:until], writer)
    assert max(each.at.y() + each.line.y() + each.line.height() for each in sheet) < writer.height() * 0.6


def test_what_stands_beside_a_paragraph_does_not_cover_it(jane: Proof, tmp_path: Path, qtbot: QtBot) -> None:
    writer = QPdfWriter(str(tmp_path / "any.pdf"))
    [sheet] = sheets_of(text_of(jane, SHA)[2:3], writer)
    left = [each for each in sheet if each.at.x() == 0]
    right = [each for each in sheet if each.at.x() > 0]
    assert max(each.line.naturalTextWidth() for each in left) < min(each.at.x() for each in right)
    assert all(each.at.x() + each.line.naturalTextWidth() <= writer.width() for each in right)


def test_the_pages_call_an_opt_out_so_and_say_what_speaks_against_one(jane: Proof) -> None:
    assert isinstance(jane.source, FromJournal)
    record = jane.source.witnesses[0].record
    before = CategoryStatus(valid=False, since=1.5, source="page", until=ValidUntil())
    event = Stored(action="accept", category="sms_marketing", time="1780228246370", source="page")
    look = Look(seen=True, valid=True, since=1.5, reason=LookReason.FAR_AHEAD, event=event)
    fact = Fact(at=record.facts[0].at, state=State.CONTRADICTED, outcome=look)
    noted = replace(record.noted, context=replace(record.noted.context, before=before))
    one = Witness(replace(record, noted=noted, facts=(*record.facts, fact)), {})
    text = said(replace(jane, source=FromJournal((one,), jane.source.chain)))
    assert "Before, in Engagement: opted out, not valid since 1970-01-01 00:00:01 UTC, source page" in text
    assert "After, in Engagement: valid" in text
    assert "an event dated far in the future does, accept of sms_marketing, time 1780228246370" in text


def test_the_pages_tell_the_answer_and_its_request_id(jane: Proof) -> None:
    text = said(with_answer(jane, b'{"success": true}'))
    assert "x-request-id: 4711" in text
    assert '"success": true' in text


def test_the_pages_tell_what_came_of_an_answer_that_broke_off(jane: Proof) -> None:
    lost = Lost(phase=Phase.READING, cause=Cause.CUT, status=200, headers=HEADERS, body=b'{"success": tr')
    text = said(with_answer(jane, b"", lost))
    assert "HTTP 200 and 14 bytes had come" in text
    assert "x-request-id: 4711" in text
    assert '{"success": tr\n\nThe answer broke off here.' in text


def test_no_markup_and_no_hidden_character_of_a_server_has_any_effect(jane: Proof) -> None:
    text = said(with_answer(jane, "<img src='x'>\u202e\x1b[2J".encode()))
    assert "<img src='x'>\\u{202e}\\u{1b}[2J" in text


def test_a_huge_answer_is_cut_on_paper(jane: Proof) -> None:
    assert len(said(with_answer(jane, b"x" * 1_000_000))) < 150_000


def test_practice_is_said_on_paper(jane: Proof, qtbot: QtBot) -> None:
    assert isinstance(jane.source, FromJournal)
    record = jane.source.witnesses[0].record
    practised = replace(record, noted=replace(record.noted, project_id=PRACTICE_ID))
    proof = replace(jane, source=FromJournal((Witness(practised, {}),), jane.source.chain))
    assert text_of(proof, SHA)[1].text == "PRACTICE – not recorded in Engagement"
    assert pdf_of(proof, SHA).startswith(b"%PDF-")


def test_each_page_bears_the_checksum_and_the_head(jane: Proof) -> None:
    assert isinstance(jane.source, FromJournal)
    assert feet(jane, SHA) == (
        f"SHA-256 of the .json: {SHA}",
        f"Head of the chain: {jane.source.chain.head.hex()}",
    )


def test_every_line_stands_on_a_page_and_within_it(jane: Proof, tmp_path: Path, qtbot: QtBot) -> None:
    writer = QPdfWriter(str(tmp_path / "any.pdf"))
    lines = text_of(with_answer(jane, b"word " * 8_000 + b"x" * 4_000), SHA)
    sheets = sheets_of(lines, writer)
    assert len(sheets) > 3
    for sheet in sheets:
        assert all(each.at.y() + each.line.y() >= 0 for each in sheet)
        assert all(each.at.y() + each.line.y() + each.line.height() <= writer.height() for each in sheet)
        assert all(each.line.naturalTextWidth() <= writer.width() for each in sheet)
        assert sheet[-1].line.textLength() >= 0
    written = sum(each.line.textLength() for sheet in sheets for each in sheet)
    after = {line: 0 if line.style is Style.SUMMARY or not line.label else 3 for line in lines}
    wanted = sum(len(line.text) + len(line.label) + after[line] for line in lines)
    assert written == wanted


def test_pages_are_made_off_the_gui_thread(jane: Proof, qtbot: QtBot) -> None:
    made: list[bytes] = []
    thread = Thread(target=lambda: made.append(pdf_of(jane, SHA)))
    thread.start()
    thread.join()
    assert made[0].startswith(b"%PDF-")


# -- in the window --------------------------------------------------------------------------------


def choose(desk: OpenDesk, index: int) -> None:
    """Open the menu and choose."""
    controls.named(desk.window, "Proof", Button).menu().actions()[index].trigger()


def saved(folder: Path) -> bytes:
    """The file for machines, beside which there is one for people."""
    [machines] = folder.glob("*.json")
    assert machines.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")
    return machines.read_bytes()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "proofs"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("index", "about"), [(0, "one consent"), (1, "all consents of one customer in one project")]
)
def test_a_proof_is_saved_and_sound(
    acme: OpenDesk, folders: Folders, place: Path, index: int, about: str
) -> None:
    acme.fill()
    controls.press(acme.window, "Send")
    acme.wait_for_line("Delivered, checking")
    acme.person.folder = str(place)
    choose(acme, index)
    acme.wait_for_status("proof is saved")
    content = saved(place)
    found = check(content)
    assert (found.verdict, json.loads(content)["about"]) == (Verdict.SOUND, about)
    assert found.proof is not None
    assert compare(found.proof, folders.journal).agrees is True
    assert CANARY.encode() not in content


def test_without_a_chosen_line_no_proof_is_offered(acme: OpenDesk) -> None:
    assert not controls.named(acme.window, "Proof", Button).isVisible()


def test_no_folder_saves_nothing(acme: OpenDesk, place: Path) -> None:
    acme.fill()
    controls.press(acme.window, "Send")
    acme.wait_for_line("Delivered, checking")
    before = acme.status
    choose(acme, 0)
    assert acme.person.asked == ["Folder for the two files of the proof"]
    assert acme.status == before
    assert not list(place.iterdir())


def test_a_folder_that_cannot_be_written_to_is_said(acme: OpenDesk, place: Path) -> None:
    acme.fill()
    controls.press(acme.window, "Send")
    acme.wait_for_line("Delivered, checking")
    acme.person.folder = str(place / "gone")
    choose(acme, 0)
    acme.wait_for_status(f"The proof was not saved in {place / 'gone'}: its folder is not there any more.")


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """While it is not set, no folder answers in which a proof is saved."""
    answers = Event()
    monkeypatch.setattr(waiting, "SAY_WHY_AFTER", 30)

    def hang(path: Path, content: bytes) -> None:
        assert answers.wait(30)
        replace_file(path, content)

    monkeypatch.setattr(make, "replace_file", hang)
    yield answers
    answers.set()


@pytest.fixture
def hanging(share: Event, acme: OpenDesk, place: Path) -> OpenDesk:
    """A desk at which a proof waits for its folder."""
    acme.fill()
    controls.press(acme.window, "Send")
    acme.wait_for_line("Delivered, checking")
    acme.person.folder = str(place)
    choose(acme, 0)
    acme.wait_for_status(f"The folder {place} does not answer yet: the proof waits.")
    return acme


def test_a_folder_that_does_not_answer_holds_up_no_look_up_and_no_noting(hanging: OpenDesk) -> None:
    runner = hanging.application._runner
    assert [runner.idle(lane, 5) for lane in (Lane.LOOK_UP, Lane.JOURNAL)] == [True] * 2
    hanging.fill("john@example.com")
    controls.press(hanging.window, "Send")
    hanging.bot.waitUntil(lambda: "john@example.com" in controls.cells(hanging.window, 4))


def test_another_folder_can_be_chosen_where_one_does_not_answer(
    hanging: OpenDesk, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "stick"
    other.mkdir()
    monkeypatch.setattr(make, "replace_file", replace_file)
    hanging.person.folder = str(other)
    choose(hanging, 0)
    hanging.wait_for_status("proof is saved")
    assert check(saved(other)).verdict is Verdict.SOUND
    assert not any(place.iterdir())


def test_a_folder_that_goes_on_not_answering_is_given_up_and_named(hanging: OpenDesk, place: Path) -> None:
    presenter = hanging.window.findChild(ProofPresenter)
    assert presenter is not None
    patience = presenter.findChild(Patience)
    assert patience is not None
    patience.gone.emit()
    hanging.wait_for_status(f"✖ No proof was saved: the folder {place} does not answer. Choose another one.")


def test_a_proof_of_practice_is_called_so(demo: OpenDesk, place: Path) -> None:
    demo.fill()
    demo.person.answer = 1
    controls.press(demo.window, "Send")
    demo.bot.waitUntil(lambda: demo.window.log.chosen != "")
    demo.person.folder = str(place)
    choose(demo, 0)
    demo.wait_for_status("Practice: the proof is saved")
    assert json.loads(saved(place))["watermark"] == "PRACTICE – not recorded in Engagement"
