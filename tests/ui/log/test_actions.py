"""The log is the long view of the whole journal: searched, scrolled, discarded, erased and exported."""

import csv
import io
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, ValidUntil
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.log_query import LogQuery
from consent_desk.domain.message import Message
from consent_desk.journal.backups import every_backup
from consent_desk.journal.erasure import Erasure
from consent_desk.sandbox.server import Sandbox
from consent_desk.system import atomic_file
from consent_desk.system.atomic_file import replacement
from consent_desk.system.folders import Folders
from consent_desk.ui.log import long_view
from consent_desk.ui.log import model as log_model
from consent_desk.ui.log.actions import separators_of, told_after
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.shell import waiting as patience
from tests.consents import a_consent, a_project, later
from tests.journal.journals import lead, noted_in, way_to
from tests.reliability.long_journal import write_long
from tests.ui import controls
from tests.ui.desks import OpenDesk, journal_of

MANY = 3_000


@pytest.fixture(scope="module")
def long_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Very many consents, the last one noted just before noon."""
    path = tmp_path_factory.mktemp("long") / "journal.sqlite"
    write_long(path, a_project(), MANY, until=later(0), seed=1)
    return path


@pytest.fixture
def many(folders: Folders, long_journal: Path) -> None:
    """Earlier runs noted very many consents."""
    for each in long_journal.parent.iterdir():
        shutil.copy(each, folders.data)


@pytest.fixture
def noted(folders: Folders) -> dict[str, str]:
    """Earlier runs noted a few; their request IDs by customer."""
    with journal_of(folders) as journal:
        return {
            name: noted_in(
                journal,
                state,
                customer=CustomerId(type="registered", value=name),
                ticket=ticket,
                timestamp=later(day * 86_400),
                noted_at=later(day * 86_400),
            )
            for day, (name, state, ticket) in enumerate(
                [
                    ("Żółty@example.com", State.VERIFIED, "T-1"),
                    ("joe@example.com", State.REFUSED, "T-2"),
                    ("ann@example.com", State.VERIFIED, "T-3"),
                ]
            )
        }


@pytest.fixture
def desk(noted: dict[str, str], acme: OpenDesk) -> OpenDesk:
    wait_for_customers(acme, "ann@example.com", "joe@example.com", "Żółty@example.com")
    return acme


MISTYPED = CustomerId(type="registered", value="jane@exmaple.com")


def wait_for_customers(desk: OpenDesk, *customers: str) -> None:
    desk.bot.waitUntil(lambda: controls.cells(desk.window, 4) == [*customers], timeout=10_000)


def test_what_is_typed_is_searched_for_in_the_whole_journal(desk: OpenDesk) -> None:
    controls.write(desk.window, "Filter", "ŻÓŁ")
    wait_for_customers(desk, "Żółty@example.com")
    controls.write(desk.window, "Filter", "t-2")
    wait_for_customers(desk, "joe@example.com")
    controls.write(desk.window, "Filter", "nobody")
    wait_for_customers(desk)
    assert desk.window.log.search.note.text() == "Nothing found"
    controls.write(desk.window, "Filter", "")
    wait_for_customers(desk, "ann@example.com", "joe@example.com", "Żółty@example.com")
    assert not desk.window.log.search.note.isVisible()
    outcome = controls.combo(desk.window, "Outcome filter")
    outcome.setCurrentIndex(outcome.findText("Refused"))
    wait_for_customers(desk, "joe@example.com")


def test_days_are_searched_for_and_what_is_no_day_is_said(desk: OpenDesk) -> None:
    controls.write(desk.window, "Date filter", "1 Jun 2026")
    wait_for_customers(desk, "joe@example.com")
    note = desk.window.log.search.note
    desk.bot.waitUntil(lambda: note.text() == "1 found: 2026-06-01")
    controls.write(desk.window, "Date filter", "1.6. - 2.6.2026")
    wait_for_customers(desk, "ann@example.com", "joe@example.com")
    desk.bot.waitUntil(lambda: note.text() == "2 found: 2026-06-01 to 2026-06-02")
    controls.write(desk.window, "Date filter", "soon")
    desk.bot.waitUntil(lambda: "Write a day such as 3 Nov" in note.text())
    assert controls.cells(desk.window, 4) == ["ann@example.com", "joe@example.com"]


def test_what_is_not_confirmed_is_shown_the_oldest_first(desk: OpenDesk, engagement: Sandbox) -> None:
    engagement.fault = Fault.INVALID_SECRET
    desk.send("zoe@example.com")
    desk.wait_for_status("Not accepted")
    desk.wait_for_counter("Needs you 2")
    controls.button(desk.window, "Needs you").click()
    wait_for_customers(desk, "joe@example.com", "zoe@example.com")


@pytest.fixture
def many_refused(
    folders: Folders, acme_is_kept: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> OpenDesk:
    """A desk that shows only what was refused: 40 lines, of which those in view are read."""
    monkeypatch.setattr(long_view, "FIRST", 5)
    monkeypatch.setattr(long_view, "REACH", 12)
    with journal_of(folders) as journal:
        for day in range(40):
            at = later(day * 86_400)
            customer = CustomerId(type="registered", value=f"customer{day}@example.com")
            noted_in(journal, State.REFUSED, customer=customer, timestamp=at, noted_at=at)
    desk: OpenDesk = request.getfixturevalue("acme")
    outcome = controls.combo(desk.window, "Outcome filter")
    outcome.setCurrentIndex(outcome.findText("Refused"))
    wait_for_view(desk)
    return desk


def wait_for_view(desk: OpenDesk) -> None:
    (log,) = desk.window.findChildren(LogPresenter)
    model = desk.window.log.model
    desk.bot.waitUntil(lambda: log.view.is_settled and bool(model.query.states) and model.rowCount() == 40)


def test_an_unread_line_that_changes_under_a_filter_is_not_shown_twice(many_refused: OpenDesk) -> None:
    (log,) = many_refused.window.findChildren(LogPresenter)
    assert log.workspace is not None
    (last,) = log.workspace.journal.page(LogQuery(oldest_first=True), most=1)
    assert log.find(last.entry.request_id) is None
    with many_refused.bot.assertNotEmitted(many_refused.window.log.model.rowsInserted):
        log.put(log.workspace, last.entry)
        log.view.place()
        wait_for_view(many_refused)


def test_the_chosen_line_stays_chosen_while_the_search_shows_it(desk: OpenDesk) -> None:
    desk.choose_line(1)
    desk.wait_for_details("joe@example.com")
    controls.write(desk.window, "Filter", "joe")
    wait_for_customers(desk, "joe@example.com")
    assert controls.table(desk.window, "Response log").currentIndex().row() == 0
    assert "joe@example.com" in desk.details("Explanation")
    controls.write(desk.window, "Filter", "ann")
    wait_for_customers(desk, "ann@example.com")
    assert desk.details("Explanation") == ""


def test_what_is_noted_is_added_where_it_fits_the_filter_and_else_takes_it_off(desk: OpenDesk) -> None:
    controls.write(desk.window, "Filter", "ann")
    wait_for_customers(desk, "ann@example.com")
    desk.send("ann@example.com")
    wait_for_customers(desk, "ann@example.com", "ann@example.com")
    assert controls.line(desk.window, "Filter").text() == "ann"
    desk.send("zoe@example.com")
    desk.wait_for_details("zoe@example.com")
    assert controls.line(desk.window, "Filter").text() == ""
    assert controls.table(desk.window, "Response log").currentIndex().row() == 0


def read_row(desk: OpenDesk, row: int) -> str:
    """The customer of a line, once it is read."""
    model = desk.window.log.model
    desk.bot.waitUntil(lambda: bool(model.data(model.index(row, 4))), timeout=10_000)
    return str(model.data(model.index(row, 4)))


def test_what_is_scrolled_through_is_in_its_place_and_not_kept_for_ever(
    many: None, acme: OpenDesk, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_model, "KEPT", 1_000)
    monkeypatch.setattr(log_model, "NEAR", 300)
    model = acme.window.log.model
    acme.bot.waitUntil(lambda: model.rowCount() == MANY, timeout=10_000)
    rows = [*range(0, MANY, 311), *range(MANY - 1, 0, -997)]
    seen = [read_row(acme, row) for row in rows]
    assert sum(model.entry(row) is not None for row in range(MANY)) <= 1_000
    with journal_of(folders) as journal:
        there = [journal.page(LogQuery(), skip=row, most=1)[0].entry.customer.value for row in rows]
    assert seen == there


# -- discarding -----------------------------------------------------------------------------------


def test_discarding_asks_for_a_reason_and_keeps_it(desk: OpenDesk, noted: dict[str, str]) -> None:
    desk.choose_line(1)
    discard = controls.button(desk.window, "Discard")
    desk.bot.waitUntil(discard.isEnabled)
    desk.wait_for_counter("Needs you 1")
    discard.click()
    note = desk.window.log.reason.note
    assert "looked up still" in note.text()
    controls.button(desk.window, "Confirm discarding").click()
    assert "Write why" in note.text()
    controls.write(desk.window, "Reason", "typed twice")
    QTest.keyClick(controls.line(desk.window, "Reason"), Qt.Key.Key_Return)
    desk.wait_for_status("Discarded: typed twice")
    desk.wait_for_details("Not recorded (typed twice (by ")
    assert not discard.isEnabled()
    assert not controls.button(desk.window, "Send again").isEnabled()
    desk.wait_for_counter("")


def test_escape_leaves_the_reason_and_discards_nothing(desk: OpenDesk) -> None:
    desk.choose_line(1)
    desk.press_once_enabled("Discard")
    controls.write(desk.window, "Reason", "typed")
    before = controls.cells(desk.window, 1)
    for _ in range(2):
        desk.key(Qt.Key.Key_Escape)
        assert not desk.window.log.reason.isVisible()
    assert controls.line(desk.window, "Reason").text() == ""
    assert controls.cells(desk.window, 1) == before
    # What is settled is not offered for it.
    desk.choose_line()
    desk.wait_for_details("ann@example.com")
    assert not controls.button(desk.window, "Discard").isEnabled()


# -- entering anew --------------------------------------------------------------------------------


def test_what_went_to_a_new_profile_is_entered_with_the_right_id(
    folders: Folders, acme_is_kept: None, request: pytest.FixtureRequest
) -> None:
    with journal_of(folders) as journal:
        until = ValidUntil(1_924_991_999)
        opt_in = {"action": Action.ACCEPT, "valid_until": until, "ticket": "T-9"}
        noted_in(journal, State.NEW_PROFILE, customer=MISTYPED, **opt_in)
    desk: OpenDesk = request.getfixturevalue("acme")
    desk.choose_line()
    desk.press_once_enabled("Enter with the right ID")
    field = controls.line(desk.window, "Customer ID")
    desk.bot.waitUntil(lambda: field.selectedText() == MISTYPED.value)
    draft = desk.window.consent.draft()
    assert (draft.action, draft.category, draft.ticket) == (Action.ACCEPT, "sms_marketing", "T-9")
    assert draft.valid_until.startswith("2030-12-31")
    assert field.hasFocus()


def test_what_was_noted_for_another_project_is_not_entered_for_this_one(
    folders: Folders, acme_is_kept: None, request: pytest.FixtureRequest
) -> None:
    beta = a_project(id="7a1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a12", name="Beta shop")
    with journal_of(folders) as journal:
        noted = Noted.of(beta, a_consent(customer=MISTYPED, category="newsletter"))
        journal.note_all((noted,))
        lead(journal, noted.consent.request_id, way_to(State.NEW_PROFILE))
    desk: OpenDesk = request.getfixturevalue("acme")
    desk.choose_line()
    desk.press_once_enabled("Enter with the right ID")
    desk.wait_for_status("This was recorded for Beta shop. Choose that project first.")
    draft = desk.window.consent.draft()
    assert (draft.customer_id, draft.category) == ("", "")


# -- erasing --------------------------------------------------------------------------------------


def test_removing_a_customers_data_asks_first_and_leaves_a_hash(desk: OpenDesk, folders: Folders) -> None:
    desk.remove_data()
    [question] = desk.person.asked
    for words in ("registered = ann@example.com", "backups", "keyed hash", "Keep it / Remove for good"):
        assert words in question
    assert "Removing" not in desk.status
    desk.person.answer = 1
    desk.remove_data()
    desk.wait_for_status("Removed from 1 consent, now shown as “erased ")
    desk.bot.waitUntil(lambda: controls.cells(desk.window, 4)[0].startswith("erased "))
    for file in folders.data.rglob("*.sqlite"):
        assert b"ann@example.com" not in file.read_bytes()


def test_the_window_forgets_a_customer_whose_data_was_removed(acme: OpenDesk) -> None:
    acme.send()
    acme.wait_for_line("Delivered, checking")
    acme.wait_for_status("jane@example.com")
    acme.person.answer = 1
    acme.remove_data()
    acme.wait_for_status("Removed from 1 consent")
    field = controls.line(acme.window, "Customer ID")
    QTest.keyClick(field, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    shown = field.text(), acme.status, acme.errors, controls.raw_text(acme.window, "Request body")
    assert [text for text in shown if "jane@example.com" in text] == []


def test_a_backup_folder_that_does_not_answer_keeps_nobody_from_noting(
    acme: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Event()

    def hang(path: Path, second: Path | None, failure: Message) -> tuple[Path, ...]:
        assert answers.wait(20)
        return every_backup(path, second, failure)

    monkeypatch.setattr("consent_desk.journal.erasure.every_backup", hang)
    acme.send()
    acme.wait_for_line("Delivered, checking")
    acme.person.answer = 1
    acme.remove_data()
    acme.wait_for_status("Removing the data from the backups")
    try:
        acme.send("john@example.com")
        acme.bot.waitUntil(lambda: "john@example.com" in controls.cells(acme.window, 4))
    finally:
        answers.set()
    acme.wait_for_status("Removed from 1 consent")


def test_a_file_that_may_name_the_customer_still_is_told_with_its_place() -> None:
    damaged = Path("stick") / "consent-desk-01234567" / "journal-2026-05-31.sqlite"
    text = told_after(Erasure(short="0123abcd", consents=1, backups=0, left=(damaged,)))
    assert text.endswith(f"delete them by hand if so: {damaged}")
    masked = told_after(Erasure(short="0123abcd", consents=1, backups=0, left=(damaged,)), lambda _: "masked")
    assert masked.endswith("delete them by hand if so: masked")


def test_practice_has_nothing_to_erase(demo: OpenDesk) -> None:
    demo.wait_ready()
    menu = demo.window.top.menu
    menu.aboutToShow.emit()
    assert not [one for one in menu.actions() if one.isVisible() and one.text() == "Remove data…"]


# -- exporting ------------------------------------------------------------------------------------


@pytest.fixture
def chosen_file(desk: OpenDesk, tmp_path: Path) -> Path:
    """The person chooses this file."""
    path = tmp_path / "taken" / "history.jsonl"
    path.parent.mkdir()
    desk.person.file = path
    return path


def test_an_export_holds_what_is_shown(desk: OpenDesk, chosen_file: Path) -> None:
    controls.write(desk.window, "Filter", "joe")
    wait_for_customers(desk, "joe@example.com")
    controls.choose_from_menu(desk.window, "Export…")
    desk.wait_for_status("Exported 1 consent to")
    lines: Sequence[dict[str, object]] = [json.loads(line) for line in chosen_file.read_text().splitlines()]
    assert [line.get("customer_ids") for line in lines] == [{"registered": "joe@example.com"}, None]


def test_a_table_names_categories_and_outcomes_as_the_window_does(desk: OpenDesk, chosen_file: Path) -> None:
    desk.person.file = path = chosen_file.with_suffix(".csv")
    controls.choose_from_menu(desk.window, "Export…")
    desk.wait_for_status("Exported 3 consents to")
    assert desk.person.kinds[:3] == [
        f"Table for a spreadsheet, with {name}" for name in ("commas", "semicolons", "tabs")
    ]
    desk.person.kind = 1
    controls.choose_from_menu(desk.window, "Export…")
    desk.bot.waitUntil(lambda: b";" in path.read_bytes())
    rows = [*csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=";")]
    words = [cell.partition(" ")[2] or cell for cell in controls.cells(desk.window, 1)]
    assert {row["Category"] for row in rows} == {"SMS marketing"}
    assert [word for row in rows if (word := row["Outcome"])] == words


@pytest.mark.parametrize(("decimal_point", "first"), [(",", ";"), (".", ",")])
def test_cells_are_parted_as_the_country_expects_unless_somebody_chooses(
    decimal_point: str, first: str
) -> None:
    assert separators_of(decimal_point)[0] == first
    assert sorted(separators_of(decimal_point)) == ["\t", ",", ";"]


def test_an_export_into_a_folder_that_is_gone_is_told(desk: OpenDesk, chosen_file: Path) -> None:
    chosen_file.parent.rmdir()
    controls.choose_from_menu(desk.window, "Export…")
    desk.wait_for_status("its folder is not there any more")
    assert not controls.button(desk.window, "Stop export").isVisible()


@pytest.fixture
def export_folder(many: None, acme: OpenDesk, tmp_path: Path) -> Path:
    """The folder into which a long export is being written."""
    folder = tmp_path / "taken"
    folder.mkdir()
    acme.person.file = folder / "history.csv"
    acme.bot.waitUntil(lambda: acme.window.log.model.rowCount() == MANY, timeout=10_000)
    controls.choose_from_menu(acme.window, "Export…")
    acme.bot.waitUntil(lambda: any(folder.iterdir()))
    return folder


def test_a_stopped_export_leaves_nothing_behind(export_folder: Path, acme: OpenDesk) -> None:
    controls.button(acme.window, "Stop export").click()
    acme.wait_for_status("The export was stopped")
    acme.bot.waitUntil(lambda: not any(export_folder.iterdir()))


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    # Long enough for a busy machine to come to the folder.
    monkeypatch.setattr(patience, "SAY_WHY_AFTER", 300)


def test_an_export_into_a_folder_that_does_not_answer_keeps_nobody_from_noting_and_can_be_given_up(
    impatience: None, desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share, stick = tmp_path / "share", tmp_path / "stick"
    answers, comes_back = Event(), Event()
    works: Callable[..., object] = replacement

    def hang(*arguments: object) -> object:
        assert answers.wait(30)
        comes_back.set()
        return works(*arguments)

    for folder in (share, stick):
        folder.mkdir()
    desk.person.file = share / "history.csv"
    monkeypatch.setattr(atomic_file, "replacement", hang)
    try:
        controls.choose_from_menu(desk.window, "Export…")
        waits = f"The folder {share} does not answer: the export waits. Noting goes on."
        desk.bot.waitUntil(lambda: waits in controls.label(desk.window, "Export"), timeout=10_000)
        desk.send()
        desk.bot.waitUntil(lambda: "jane@example.com" in controls.cells(desk.window, 4))
        controls.button(desk.window, "Stop export").click()
        desk.wait_for_status("The export was stopped. Should ")
        monkeypatch.setattr(atomic_file, "replacement", works)
        desk.person.file = stick / "history.csv"
        controls.choose_from_menu(desk.window, "Export…")
        desk.wait_for_status("Exported 4 consents to ")
    finally:
        answers.set()
    assert comes_back.wait(10)
    desk.bot.waitUntil(lambda: not any(share.iterdir()))
    assert [each.name for each in stick.iterdir()] == ["history.csv"]


def test_closing_stops_an_export(export_folder: Path, acme: OpenDesk) -> None:
    acme.window.end()
    acme.bot.waitUntil(lambda: not any(export_folder.iterdir()))
