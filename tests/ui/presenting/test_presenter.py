"""While somebody presents, nothing that names anybody stands anywhere, and nothing real can be sent."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QCompleter, QLineEdit, QPlainTextEdit, QWidget

from consent_desk.domain.consent.action import Action
from consent_desk.domain.errors import JournalError
from consent_desk.domain.evidence.proof import Proof
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.message import say
from consent_desk.domain.wire.outcome import Answered, Look, Lost, Outcome
from consent_desk.journal.journal import SqliteJournal
from consent_desk.sandbox.server import Sandbox
from consent_desk.system import atomic_file
from consent_desk.system.folders import Folders
from consent_desk.ui.proof import pdf
from consent_desk.ui.proof.text import text_of
from consent_desk.ui.recovery.backups_dialog import BackupsDialog
from consent_desk.ui.widgets.buttons import Button
from tests.consents import claim, go_on, later
from tests.domain.canaries import NAMES, canaries, spellings, traces
from tests.ui import controls
from tests.ui.conftest import OpenAcme
from tests.ui.desks import ACME, OpenDesk, events, journal_of, real

CONTROL = Qt.KeyboardModifier.ControlModifier
STATES: tuple[tuple[State, Outcome | Look | None], ...] = (
    (State.REFUSED, Answered(status=403, headers=(("X-Canary", NAMES["answer"]),), body=b"")),
    (State.UNCONFIRMED, None),
    (State.DISCARDED, None),
    (State.CONTRADICTED, Look(seen=True, valid=True, since=1.5, later=True, source=NAMES["source"])),
    (State.VERIFIED, Look(seen=True, valid=False, since=1.5, source=NAMES["source"])),
)


@pytest.fixture
def canary_journal(folders: Folders) -> None:
    """Earlier runs noted a consent in each of `STATES`, with all that can name somebody."""
    record = canaries()
    lost = next(fact.outcome for fact in record.facts if isinstance(fact.outcome, Lost))
    with journal_of(folders) as journal:
        for number, (state, outcome) in enumerate(STATES):
            noted = a_canary(number)
            journal.note_all((noted,))
            request_id = noted.consent.request_id
            if state is State.DISCARDED:
                go_on(journal, request_id, Fact(at=later(2), state=state, note=NAMES["note"]))
                continue
            assert claim(journal, request_id, later(1)) is not None
            if isinstance(outcome, Answered):
                body = json.dumps({"success": False, "errors": [NAMES["answer"]]}).encode()
                refused = Answered(status=403, headers=outcome.headers, body=body)
                go_on(journal, request_id, Fact(at=later(2), state=state, outcome=refused))
                continue
            go_on(journal, request_id, Fact(at=later(2), state=State.UNCONFIRMED, outcome=lost))
            if outcome is not None:
                go_on(journal, request_id, Fact(at=later(40), state=state, outcome=outcome))


def a_canary(number: int) -> Noted:
    noted = canaries().noted
    consent = replace(
        noted.consent,
        request_id=str(uuid4()),
        action=Action.REJECT,
        valid_until=None,
        # Each with a press of its own.
        noted_at=later(number),
        # None overtakes another one.
        category=f"category_{number}",
        timestamp=later(-60 * number),
    )
    return replace(noted, consent=consent, project_id=ACME, project_name="Acme production", press=None)


@pytest.fixture
def desk(canary_journal: None, open_acme: OpenAcme) -> OpenDesk:
    """A desk at which much was noted, with a draft in its form."""
    desk = open_acme(agent=NAMES["agent"]).ready()
    desk.wait_for_categories()
    desk.bot.waitUntil(lambda: len(controls.cells(desk.window, 4)) == len(STATES), timeout=10_000)
    desk.bot.waitUntil(desk.window.alarm.isVisible)
    return desk


def present(desk: OpenDesk) -> None:
    """Press the keys for it."""
    desk.key(Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)


@pytest.fixture
def presenting(desk: OpenDesk) -> OpenDesk:
    """The same while somebody presents."""
    settings = desk.open_settings()
    settings.reject()
    controls.choose_from_menu(desk.window, "Backups…")
    backups = desk.window.findChild(BackupsDialog)
    assert backups is not None
    desk.bot.waitUntil(lambda: backups.isVisible() and "journal" not in backups.message.text())
    backups.reject()
    desk.window.activateWindow()
    desk.bot.waitUntil(desk.window.isActiveWindow)
    desk.fill(NAMES["customer"])
    controls.write(desk.window, "Filter", "canary")
    desk.choose_line()
    desk.wait_for_details(NAMES["customer"])
    present(desk)
    wait_for_aliases(desk)
    return desk


def wait_for_customer(desk: OpenDesk, customer: str) -> None:
    desk.bot.waitUntil(lambda: customer in controls.cells(desk.window, 4), timeout=10_000)


def wait_for_aliases(desk: OpenDesk) -> None:
    desk.bot.waitUntil(
        lambda: (
            set(controls.cells(desk.window, 4)) == {"customer 1"}
            and len(controls.cells(desk.window, 4)) == len(STATES)
        ),
        timeout=10_000,
    )


def of_model(model: QAbstractItemModel) -> Iterable[str]:
    """All that a model tells of any cell, in any role."""
    for row in range(model.rowCount(QModelIndex())):
        columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(QModelIndex())
        for column in range(columns):
            index = model.index(row, column, QModelIndex())
            yield from (str(model.data(index, role)) for role in (*range(16), *range(256, 280)))


def everything(window: QWidget) -> str:
    """All that the window shows, holds and tells, and the clipboard."""
    texts = [controls.everything_said(window), window.windowTitle(), QGuiApplication.clipboard().text()]
    for action in window.findChildren(QAction):
        texts += [action.text(), action.toolTip(), action.statusTip(), action.whatsThis(), str(action.data())]
    views = (view.model() for view in window.findChildren(QAbstractItemView))
    completions = (one.model() for one in window.findChildren(QCompleter))
    for model in (*views, *completions):
        if model is not None:
            texts += of_model(model)
    return "\n".join(texts)


TABS = ("Explanation", "Answer", "As received", "Headers", "Request")


def test_before_everything_can_be_seen(desk: OpenDesk) -> None:
    desk.choose_line()
    desk.wait_for_details("Customer ID")
    found = traces(everything(desk.window) + "".join(desk.details(tab) for tab in TABS))
    assert found >= {"customer", "token", "wording", "host"}


def test_nothing_in_the_window_names_anybody(presenting: OpenDesk, engagement: Sandbox) -> None:
    project = real(engagement)
    for row in range(len(STATES)):
        presenting.choose_line(row)
        presenting.wait_for_details("customer 1")
        shown = everything(presenting.window) + "".join(presenting.details(tab) for tab in TABS)
        assert traces(shown) == set()
        for secret in (project.project_token, project.key_id, project.base_url.authority):
            assert not any(one in shown for one in spellings(secret)), secret
    assert "Masked for presenting" in presenting.window.preview.body.placeholderText()
    assert controls.label(presenting.window, "Presenting").endswith("Presenting: nothing real can be sent")


def test_the_receipt_of_the_last_call_is_put_away_and_what_becomes_of_it_is_told_of_nobody(
    acme: OpenDesk,
) -> None:
    acme.send("jane@example.com")
    acme.wait_for_line("Delivered, checking")
    present(acme)
    acme.bot.waitUntil(lambda: controls.cells(acme.window, 4) == ["customer 1"], timeout=10_000)
    shown = everything(acme.window)
    assert not any(one in shown for one in spellings("jane@example.com"))
    field = controls.line(acme.window, "Customer ID")
    for key, modifier in ((Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier), (Qt.Key.Key_Z, CONTROL)):
        QTest.keyClick(field, key, modifier)
        assert field.text() == ""
    acme.key(Qt.Key.Key_R, CONTROL)
    assert "jane" not in everything(acme.window)


def test_it_does_not_begin_beside_what_was_not_noted(acme: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise JournalError(say("tests", "The disk is full."), say("tests", "Make room."))

    monkeypatch.setattr(SqliteJournal, "note_all", fail)
    acme.send()
    acme.bot.waitUntil(lambda: "NOT NOTED" in controls.everything_said(acme.window), timeout=10_000)
    present(acme)
    acme.wait_for_status("Presenting has not begun. Deal first with what was NOT NOTED")


def test_the_alarm_rings_for_an_alias(presenting: OpenDesk) -> None:
    presenting.bot.waitUntil(lambda: "customer 1" in presenting.window.alarm.details.text())


def test_what_the_window_was_told_comes_back_at_the_end(presenting: OpenDesk) -> None:
    present(presenting)
    presenting.bot.waitUntil(
        lambda: NAMES["customer"] in controls.cells(presenting.window, 4), timeout=10_000
    )
    assert controls.line(presenting.window, "Customer ID").text() == NAMES["customer"]
    presenting.wait_ready()
    assert not controls.named(presenting.window, "Presenting", QWidget).isVisible()
    assert presenting.window.consent.more.agent.text() == NAMES["agent"]


def test_nothing_real_can_be_sent_or_changed(presenting: OpenDesk, engagement: Sandbox) -> None:
    before = [*controls.cells(presenting.window, 1)]
    controls.write(presenting.window, "Customer ID", "john@example.com")
    presenting.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    presenting.wait_for_status("Nothing was noted.")
    presenting.choose_line()
    presenting.wait_for_details("customer 1")
    for name in ("Send again", "Discard"):
        assert not controls.button(presenting.window, name).isEnabled()
    assert not presenting.window.alarm.action.isVisible()
    presenting.window.alarm.dismiss.click()
    presenting.wait_for_status("Presenting: nothing real is sent or changed.")
    assert controls.cells(presenting.window, 1) == before
    assert events(engagement) == []


def test_no_backups_are_shown(presenting: OpenDesk) -> None:
    controls.choose_from_menu(presenting.window, "Backups…")
    presenting.wait_for_status("the backups are not shown")
    assert traces(everything(presenting.window)) == set()


def test_no_settings_are_shown(presenting: OpenDesk) -> None:
    controls.press(presenting.window, "Project settings")
    presenting.wait_for_state("the settings are not shown")
    assert traces(everything(presenting.window)) == set()


def test_the_sandbox_is_never_masked_and_can_be_sent_to(presenting: OpenDesk) -> None:
    presenting.choose_project("Sandbox (practice)")
    presenting.wait_ready()
    presenting.wait_for_categories()
    presenting.send("jane@example.com")
    presenting.bot.waitUntil(
        lambda: "jane@example.com" in controls.cells(presenting.window, 4), timeout=10_000
    )
    assert traces(everything(presenting.window)) == set()
    presenting.choose_project("Acme production")
    wait_for_aliases(presenting)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_an_export_is_masked_and_its_file_not_named(
    presenting: OpenDesk, tmp_path: Path, ending: str
) -> None:
    presenting.person.file = path = tmp_path / f"canary-file.{ending}"
    controls.choose_from_menu(presenting.window, "Export…")
    presenting.wait_for_status(f"Exported {len(STATES)} consents to masked.")
    text = path.read_text("utf-8-sig")
    assert traces(text) == set()
    assert text.count("customer 1") >= len(STATES)
    if ending == "csv":
        [*rows] = csv.DictReader(io.StringIO(text, newline=""))
        assert {row["Ticket"] for row in rows} == {"masked"}


@pytest.mark.parametrize("index", [0, 1])
def test_a_proof_is_masked_pages_that_prove_nothing(
    presenting: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: int
) -> None:
    made: list[Proof] = []
    as_it_is = pdf.pdf_of

    def pdf_of(proof: Proof, checksum: str) -> bytes:
        made.append(proof)
        return as_it_is(proof, checksum)

    monkeypatch.setattr(pdf, "pdf_of", pdf_of)
    folder = tmp_path / "canary-folder"
    folder.mkdir()
    presenting.person.folder = str(folder)
    presenting.choose_line()
    presenting.wait_for_details("customer 1")
    controls.named(presenting.window, "Proof", Button).menu().actions()[index].trigger()
    presenting.wait_for_status("The pages are saved, masked: they prove nothing.")
    [path] = folder.iterdir()
    assert path.suffix == ".pdf"
    lines = text_of(made[0], "")
    assert traces("\n".join(f"{line.label} {line.text}" for line in lines)) == set()
    assert lines[1].text == "MASKED FOR PRESENTING – proves nothing"
    assert traces(everything(presenting.window)) == set()


def test_an_export_that_runs_already_names_its_file_no_more(
    desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, works = Event(), atomic_file.replacement

    def hang(path: Path) -> object:
        assert answers.wait(30)
        return works(path)

    monkeypatch.setattr(atomic_file, "replacement", hang)
    desk.person.file = tmp_path / "canary.csv"
    try:
        controls.choose_from_menu(desk.window, "Export…")
        assert controls.label(desk.window, "Export").endswith("Exporting to canary.csv…")
        present(desk)
        assert controls.label(desk.window, "Export").endswith("Exporting to masked…")
        present(desk)
        assert controls.label(desk.window, "Export").endswith("Exporting to canary.csv…")
    finally:
        answers.set()
    desk.wait_for_status("Exported ")


def test_an_error_names_no_file(presenting: OpenDesk, tmp_path: Path) -> None:
    presenting.person.file = tmp_path / "gone" / "canary.csv"
    controls.choose_from_menu(presenting.window, "Export…")
    presenting.wait_for_status("its folder is not there any more")
    assert str(tmp_path) not in everything(presenting.window)


def test_an_alias_can_be_searched_for(presenting: OpenDesk) -> None:
    controls.write(presenting.window, "Filter", "customer 1")
    presenting.bot.waitUntil(lambda: "5 found" in presenting.window.log.search.note.text(), timeout=10_000)
    controls.write(presenting.window, "Filter", "customer 2")
    presenting.bot.waitUntil(lambda: controls.cells(presenting.window, 4) == [], timeout=10_000)


def test_it_does_not_begin_over_a_question(acme: OpenDesk) -> None:
    acme.fill("nobody@example.com", "no_such_category")
    acme.go_on()
    controls.press(acme.window, "Send")
    acme.bot.waitUntil(lambda: acme.window.consent.question.is_open)
    present(acme)
    acme.wait_for_status("Presenting has not begun. Answer the question first.")
    assert not acme.window.top.menu.actions()[-1].isChecked()


def test_the_menu_begins_and_the_banner_ends_it(acme: OpenDesk) -> None:
    [action] = [one for one in acme.window.top.menu.actions() if "Presenting" in one.text()]
    action.trigger()
    acme.bot.waitUntil(lambda: controls.label(acme.window, "Presenting") != "")
    QTest.mouseClick(controls.button(acme.window, "Stop presenting"), Qt.MouseButton.LeftButton)
    acme.wait_for_status("Presenting has ended")
    assert not action.isChecked()


def test_undo_brings_back_nobody(presenting: OpenDesk) -> None:
    for field in presenting.window.findChildren(QLineEdit):
        field.undo()
    for text in presenting.window.findChildren(QPlainTextEdit):
        text.undo()
    assert traces(everything(presenting.window)) == set()


def test_no_saved_wording_is_offered_and_the_end_brings_them_back(acme: OpenDesk) -> None:
    text = "May we write to you?"
    saved = acme.window.consent.fields.saved_wordings.menu()

    def offered() -> str:
        saved.aboutToShow.emit()
        return "".join(f"{action.text()}{action.toolTip()}" for action in saved.actions())

    controls.choose_category(acme.window, "sms_marketing")
    acme.window.consent.wording.setPlainText(text)
    offered()
    next(one for one in saved.actions() if "Save this wording" in one.text()).trigger()
    acme.bot.waitUntil(lambda: text in offered())
    present(acme)
    acme.bot.waitUntil(lambda: "Masked" in acme.window.preview.body.placeholderText())
    controls.write(acme.window, "Other category ID", "sms_marketing")
    assert acme.window.consent.draft().category == "sms_marketing"
    assert text not in offered()
    present(acme)
    controls.choose_category(acme.window, "sms_marketing")
    acme.bot.waitUntil(lambda: text in offered())


def test_an_alias_typed_meanwhile_does_not_stay_for_the_real_project(acme: OpenDesk) -> None:
    acme.practise()
    present(acme)
    acme.choose_project("Acme production")
    acme.bot.waitUntil(lambda: "Masked" in acme.window.preview.body.placeholderText())
    controls.write(acme.window, "Customer ID", "customer 7")
    controls.write(acme.window, "Ticket", "masked")
    present(acme)
    acme.wait_for_status("Presenting has ended")
    assert (acme.window.consent.draft().customer_id, acme.window.consent.draft().ticket) == ("", "")
