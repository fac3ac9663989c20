"""Project settings: what is pasted, checked, saved and removed."""

import json
from collections.abc import Callable
from time import monotonic

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from consent_desk.domain.errors import KeyringFailureError, NoKeyringError
from consent_desk.domain.faults import Fault
from consent_desk.domain.message import say
from consent_desk.domain.wire.project import Profile, ProjectKind
from consent_desk.projects.projects import ProjectListFile
from consent_desk.sandbox.project import KEY_ID, PROJECT_TOKEN, SECRET
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.project.settings_dialog import ProjectDialog
from consent_desk.ui.shell import waiting
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.inputs import Note
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import CANARY, MemoryKeyring, OpenDesk, keep, real

SETTINGS = ("Project name", "Base URL", "Project token", "API key ID", "API secret", "Customer ID types")
METHOD_URL = f"https://api.exponea.com/track/v2/projects/{PROJECT_TOKEN}/customers/events"


def fill(dialog: ProjectDialog, engagement: Sandbox, **changes: str) -> None:
    texts = {
        "Project name": "Acme production",
        "Base URL": str(engagement.project.base_url),
        "Project token": PROJECT_TOKEN,
        "API key ID": KEY_ID,
        "API secret": SECRET,
        "Customer ID types": "registered, phone",
    }
    for name, text in (texts | changes).items():
        controls.paste(dialog, name, text)


def save(dialog: ProjectDialog, engagement: Sandbox, **changes: str) -> None:
    fill(dialog, engagement, **changes)
    controls.press(dialog, "Save")


def report(desk: OpenDesk, dialog: ProjectDialog) -> list[str]:
    """Check the connection, and read the report line by line."""
    controls.press(dialog, "Check connection")
    desk.bot.waitUntil(lambda: dialog.report.text() != "", timeout=10_000)
    return dialog.report.text().splitlines()


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The window offers another way after a moment; for what else a test replaces."""
    monkeypatch.setattr(waiting, "GO_ON_AFTER", 30)
    return monkeypatch


@pytest.fixture
def fresh(open_desk: OpenOne, keyring: MemoryKeyring) -> OpenDesk:
    """The first start, on the Sandbox."""
    return open_desk(keyring).ready()


def test_a_project_is_set_up_saved_and_chosen(
    fresh: OpenDesk, engagement: Sandbox, keyring: MemoryKeyring
) -> None:
    controls.press(fresh.window, "Set up a project")
    dialog = fresh.window.findChild(ProjectDialog)
    assert dialog is not None
    save(dialog, engagement)
    fresh.bot.waitUntil(lambda: fresh.project == "Acme production")
    assert fresh.state == "saved in Memory Keyring"
    assert not fresh.window.practice.isVisible()
    assert fresh.window.windowTitle() == "Consent Desk – Acme production"
    assert len(keyring.lines) == 1
    fresh.wait_ready()
    fresh.send()
    fresh.wait_for_line("Delivered, checking")


def test_from_the_sandbox_the_settings_are_empty(fresh: OpenDesk) -> None:
    dialog = fresh.set_up()
    assert controls.line(dialog, "Project name").text() == ""
    assert controls.line(dialog, "Base URL").text() == ""
    assert not controls.button(dialog, "Remove project").isVisible()
    assert [each.text() for each in dialog.findChildren(Note) if each.isVisible()] == []


def test_the_list_of_projects_ends_with_a_new_one(acme: OpenDesk) -> None:
    combo = controls.combo(acme.window, "Project")
    assert combo.itemText(combo.count() - 1) == "New project…"
    combo.activated.emit(combo.count() - 1)
    dialog = acme.window.findChild(ProjectDialog)
    assert dialog is not None
    assert controls.line(dialog, "Project name").text() == ""
    assert acme.project == "Acme production"


def test_a_problem_stands_beside_its_field_and_nothing_is_saved(
    fresh: OpenDesk, engagement: Sandbox, keyring: MemoryKeyring
) -> None:
    wrong = {
        "Project name": ("", "Give the project a name"),
        "Base URL": ("http://api.exponea.com", "Use https://"),
        "Project token": ("1234", "A project token looks like"),
        "API key ID": ("a:b", "Was the secret pasted with it?"),
        "API secret": ("a b", "a space or an unusual character"),
        "Customer ID types": ("registered phone", "Separate ID types by commas"),
    }
    dialog = fresh.set_up()
    save(dialog, engagement, **{name: text for name, (text, _) in wrong.items()})
    for name, (_, words) in wrong.items():
        assert words in controls.note(dialog, name)
        assert words in controls.named(dialog, name, QWidget).accessibleDescription()
    assert controls.focused_name(dialog) == "Project name"
    assert (dialog.message.text(), keyring.lines) == ("", {})


def test_an_odd_key_is_remarked_upon_and_saved_all_the_same(fresh: OpenDesk, engagement: Sandbox) -> None:
    dialog = fresh.set_up()
    fill(dialog, engagement, **{"API key ID": "short"})
    QTest.keyClick(dialog.windowHandle(), Qt.Key.Key_Tab)
    fresh.bot.waitUntil(lambda: "this has 5. Was all of it copied?" in controls.note(dialog, "API key ID"))
    controls.press(dialog, "Save")
    fresh.bot.waitUntil(lambda: fresh.project == "Acme production")


@pytest.mark.parametrize("name", ["Base URL", "Project token"])
def test_a_method_url_is_taken_apart_when_it_is_pasted_or_its_field_is_left(
    fresh: OpenDesk, name: str
) -> None:
    dialog = fresh.set_up()
    controls.paste(dialog, name, METHOD_URL)
    for _ in range(2):
        assert controls.line(dialog, "Base URL").text() == "https://api.exponea.com"
        assert controls.line(dialog, "Project token").text() == PROJECT_TOKEN
        line = controls.line(dialog, name)
        line.setFocus()
        line.selectAll()
        controls.type_keys(dialog, METHOD_URL)
        assert line.text() == METHOD_URL
        QTest.keyClick(dialog.windowHandle(), Qt.Key.Key_Tab)


def test_a_method_url_typed_and_saved_without_leaving_its_field_is_saved_rightly(
    fresh: OpenDesk, engagement: Sandbox, keyring: MemoryKeyring
) -> None:
    dialog = fresh.set_up()
    fill(dialog, engagement, **{"Project token": ""})
    url = f"{engagement.project.base_url}/track/v2/projects/{PROJECT_TOKEN}/customers/events"
    controls.write(dialog, "Base URL", url)
    QTest.keyClick(dialog.windowHandle(), Qt.Key.Key_S, Qt.KeyboardModifier.AltModifier)
    fresh.bot.waitUntil(lambda: len(keyring.lines) == 1)
    kept = json.loads(next(iter(keyring.lines.values())))
    assert (kept["base_url"], kept["project_token"]) == (str(engagement.project.base_url), PROJECT_TOKEN)


def test_a_stored_secret_never_comes_back_into_a_widget(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    keep(folders, keyring, real(engagement, secret=type(real(engagement).secret)(CANARY)))
    desk = open_desk(keyring).ready()
    dialog = desk.open_settings()
    secret = controls.line(dialog, "API secret")
    assert secret.text() == ""
    assert "kept in the keyring" in secret.placeholderText()
    assert secret.echoMode() is QLineEdit.EchoMode.Password
    assert CANARY not in controls.everything_said(dialog)
    controls.write(dialog, "Project name", "Renamed")
    controls.press(dialog, "Save")
    desk.bot.waitUntil(lambda: desk.project == "Renamed")
    assert [line for line in keyring.lines.values() if CANARY in line] == [*keyring.lines.values()]


def test_another_host_asks_for_the_secret_again(acme: OpenDesk, keyring: MemoryKeyring) -> None:
    before = dict(keyring.lines)
    dialog = acme.open_settings()
    controls.paste(dialog, "Base URL", "https://api.exponea.com")
    controls.press(dialog, "Save")
    assert "goes nowhere else. Enter the secret for the new address." in controls.note(dialog, "API secret")
    assert keyring.lines == before
    dialog.close_unsaved()


def test_a_good_connection_is_reported_step_by_step(acme: OpenDesk, engagement: Sandbox) -> None:
    before = sum(len(request.body) for request in engagement.received if "/track/" in request.path)
    dialog = acme.open_settings()
    lines = report(acme, dialog)
    assert [line.split(":")[:2] for line in lines] == [
        *(["Works", f" {step}"] for step in ("Name look-up", "Connection", "Credentials", "Clock")),
        *([word, " Events > consent"] for word in ("Works", "Good to know")),
    ]
    assert "can only be shown by a real send" in lines[-1]
    assert acme.state.startswith("➜ credentials work, checked ")
    after = sum(len(request.body) for request in engagement.received if "/track/" in request.path)
    assert after == before


def test_a_wrong_secret_is_reported_and_what_to_do(acme: OpenDesk) -> None:
    dialog = acme.open_settings()
    controls.write(dialog, "API secret", "x" * 64)
    lines = report(acme, dialog)
    assert lines[-1].startswith("Does not work: Credentials: No: this desk's key is wrong (403).")
    assert "x" * 64 not in "\n".join(lines)
    acme.wait_for_state("key works")


# ------------------------------------------------------------------------- what was checked, and what was not


def test_a_report_goes_when_a_setting_changes(acme: OpenDesk) -> None:
    dialog = acme.open_settings()
    for number, name in enumerate(SETTINGS[1:]):
        before = controls.line(dialog, name).text()
        report(acme, dialog)
        (controls.write if number % 2 else controls.paste)(dialog, name, "another")
        assert dialog.report.text() == ""
        assert controls.label(dialog, "Check result") == "Not checked yet."
        assert controls.button(dialog, "Check connection").isEnabled()
        controls.paste(dialog, name, before)


def test_a_report_that_comes_after_a_change_is_not_shown(acme: OpenDesk) -> None:
    dialog = acme.open_settings()
    controls.press(dialog, "Check connection")
    assert controls.label(dialog, "Check result") == "Checking…"
    controls.paste(dialog, "API key ID", "another")
    acme.wait_for_state("➜ credentials work")
    assert dialog.report.text() == ""
    assert controls.label(dialog, "Check result") == "Not checked yet."


LEAVING: dict[str, Callable[[ProjectDialog], object]] = {
    "Escape": lambda dialog: QTest.keyClick(dialog.windowHandle(), Qt.Key.Key_Escape),
    "Cancel": lambda dialog: controls.press(dialog, "Cancel"),
    "the window's button": lambda dialog: dialog.close(),
}


def test_leaving_settings_that_were_changed_asks(acme: OpenDesk) -> None:
    dialog = acme.open_settings()
    ways = [*LEAVING.values()] * 2
    for name, leave in zip(SETTINGS, ways, strict=True):
        before = controls.line(dialog, name).text()
        controls.write(dialog, name, "typed")
        leave(dialog)
        assert acme.person.asked.pop() == (
            "Leave settings What you have changed in the settings is not saved. Leave them and lose it? "
            "Keep typing / Discard"
        )
        assert dialog.isVisible()
        assert controls.line(dialog, name).text() == "typed"
        controls.write(dialog, name, before)
    assert acme.person.asked == []
    controls.write(dialog, name, "typed")
    acme.person.answer = 1
    with acme.bot.waitSignal(dialog.finished):
        leave(dialog)
    assert len(acme.person.asked) == 1


def test_leaving_settings_that_are_as_they_were_asks_nothing(acme: OpenDesk) -> None:
    for leave in LEAVING.values():
        dialog = acme.open_settings()
        controls.write(dialog, "Project name", "typed")
        controls.write(dialog, "Project name", "Acme production")
        with acme.bot.waitSignal(dialog.finished):
            leave(dialog)
    assert acme.person.asked == []


# --------------------------------------------------------------------------- what stays beside the project


def test_a_failed_check_stays_beside_the_project_until_it_works(
    open_desk: OpenOne, folders: Folders, keyring: MemoryKeyring, engagement: Sandbox
) -> None:
    keep(folders, keyring, real(engagement), real(engagement, id="other", name="Other", key_id="o"))
    desk = open_desk(keyring).ready()
    engagement.fault = Fault.INVALID_SECRET
    dialog = desk.open_settings()
    report(desk, dialog)
    dialog.close_unsaved()
    assert desk.state.startswith("✖ the check failed at ")
    with desk.bot.waitSignal(desk.window.windowTitleChanged, check_params_cb=lambda title: "Other" in title):
        desk.choose_project("Other")
    assert "check failed" not in desk.state
    desk.choose_project("Acme production")
    desk.bot.waitUntil(lambda: "✖ the check failed at " in desk.state or "✖ refused at " in desk.state)
    engagement.fault = None
    dialog = desk.open_settings()
    report(desk, dialog)
    desk.wait_for_state("➜ credentials work")


def test_settings_saved_after_a_refusal_are_not_said_to_work(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.fault = Fault.INVALID_SECRET
    dialog = acme.open_settings()
    report(acme, dialog)
    controls.write(dialog, "Project name", "Renamed")
    controls.press(dialog, "Save")
    acme.bot.waitUntil(lambda: acme.project == "Renamed")
    assert acme.state.startswith("▲ saved since, not tried yet. Before: the check failed at ")


def test_removing_without_open_consents_asks_plainly(acme: OpenDesk, keyring: MemoryKeyring) -> None:
    dialog = acme.open_settings()
    acme.person.answer = 1
    controls.press(dialog, "Remove project")
    acme.wait_for_state("➜ No project is set up.")
    assert acme.project == ""
    assert not acme.window.practice.isVisible()
    assert "have not certainly reached Engagement" not in acme.person.asked[0]
    assert keyring.lines == {}


def test_removing_with_open_consents_says_how_many_and_can_be_declined(
    acme: OpenDesk, engagement: Sandbox, keyring: MemoryKeyring
) -> None:
    engagement.fault = Fault.INVALID_SECRET
    acme.send()
    acme.wait_for_line("Refused")
    dialog = acme.open_settings()
    controls.press(dialog, "Remove project")
    acme.wait_for_question(1)
    assert "1 of its consents have not certainly reached Engagement" in acme.person.asked[0]
    assert acme.project == "Acme production"
    assert len(keyring.lines) == 1


def test_saving_is_told_when_it_fails_and_keeping_for_the_session_is_offered(
    fresh: OpenDesk, engagement: Sandbox, keyring: MemoryKeyring
) -> None:
    keyring.trouble = KeyringFailureError(
        say("tests", "The keyring is locked."), say("tests", "Unlock it and try again.")
    )
    dialog = fresh.set_up()
    save(dialog, engagement)
    message = controls.named(dialog, "Save status", QLabel)
    fresh.bot.waitUntil(lambda: "The keyring is locked." in message.text())
    controls.press(dialog, "Cancel")
    assert len(fresh.person.asked) == 1
    assert dialog.isVisible()
    controls.press(dialog, "Use for this session only")
    fresh.wait_for_state("▲ no keyring: this session only")
    fresh.wait_ready()
    assert fresh.project == "Acme production"


def test_a_project_kept_for_this_session_does_not_claim_the_keyring(
    fresh: OpenDesk, engagement: Sandbox, keyring: MemoryKeyring
) -> None:
    keyring.trouble = NoKeyringError(
        say("tests", "There is no keyring."), say("tests", "Enter the settings again.")
    )
    dialog = fresh.set_up()
    save(dialog, engagement)
    fresh.wait_for_state("▲ no keyring: this session only")
    said = fresh.window.project_bar.state
    assert "They last until this window closes." in said.toolTip()
    assert "They last until this window closes." in said.accessibleDescription()
    assert said.toolTip().startswith("<p>")
    fresh.wait_ready()
    dialog = fresh.open_settings()
    kept = controls.line(dialog, "API secret").placeholderText()
    assert kept == "•••••••• kept until this window closes; type to replace it"
    keyring.trouble = None
    controls.press(dialog, "Save")
    fresh.wait_for_state("saved in Memory Keyring")
    dialog = fresh.open_settings()
    assert "kept in the keyring" in controls.line(dialog, "API secret").placeholderText()


def test_what_is_saved_after_its_settings_were_cancelled_is_listed_and_not_chosen(
    fresh: OpenDesk, engagement: Sandbox, keyring: MemoryKeyring
) -> None:
    keyring.open_.clear()
    dialog = fresh.set_up()
    save(dialog, engagement)
    controls.press(dialog, "Cancel")
    fresh.fill("somebody@example.com")
    keyring.open_.set()
    chooser = controls.combo(fresh.window, "Project")
    fresh.bot.waitUntil(lambda: chooser.findText("Acme production") >= 0)
    assert fresh.project == "Sandbox (practice)"
    assert fresh.window.practice.isVisible()
    assert fresh.window.consent.draft().customer_id == "somebody@example.com"
    changed = fresh.window.windowTitleChanged
    with fresh.bot.waitSignal(changed, check_params_cb="Consent Desk – Acme production".__eq__):
        fresh.choose_project("Acme production")


def test_what_is_typed_while_the_keyring_asks_is_not_lost(
    acme: OpenDesk, keyring: MemoryKeyring, engagement: Sandbox
) -> None:
    dialog = acme.open_settings()
    controls.write(dialog, "Project name", "Acme")
    keyring.open_.clear()
    controls.press(dialog, "Save")
    controls.write(dialog, "Project name", "Acme shop")
    keyring.open_.set()
    acme.bot.waitUntil(lambda: "What you have changed since is not saved yet" in dialog.message.text())
    assert (acme.project, dialog.name.text()) == ("Acme", "Acme shop")
    controls.press(dialog, "Save")
    acme.bot.waitUntil(lambda: acme.project == "Acme shop")


def test_the_chosen_project_is_used_as_saved_after_its_settings_were_cancelled(
    acme: OpenDesk, keyring: MemoryKeyring
) -> None:
    keyring.open_.clear()
    dialog = acme.open_settings()
    controls.write(dialog, "Project name", "Renamed")
    controls.press(dialog, "Save")
    controls.press(dialog, "Cancel")
    acme.fill("somebody@example.com")
    keyring.open_.set()
    acme.bot.waitUntil(lambda: acme.project == "Renamed")
    assert acme.window.consent.draft().customer_id == "somebody@example.com"


def test_an_abandoned_save_does_not_come_back(
    open_desk: OpenOne,
    engagement: Sandbox,
    keyring: MemoryKeyring,
    folders: Folders,
    impatience: pytest.MonkeyPatch,
) -> None:
    fresh = open_desk(keyring).ready()
    keyring.open_.clear()
    dialog = fresh.set_up()
    save(dialog, engagement, **{"Project name": "Older"})
    keep_it = controls.button(dialog, "Use for this session only")
    fresh.bot.waitUntil(keep_it.isVisible)
    controls.paste(dialog, "Project name", "Newer")
    keep_it.click()
    fresh.wait_for_state("▲ no keyring: this session only")
    forgotten: list[str] = []
    impatience.setattr(keyring, "remove", forgotten.append)
    keyring.open_.set()
    fresh.bot.waitUntil(lambda: forgotten == [*keyring.lines])
    assert fresh.project == "Newer"
    rows = ProjectListFile(folders.config / "projects.json").read()
    assert rows is not None
    assert [(row.name, row.entry) for row in rows] == [("Newer", "")]


def test_removing_does_not_offer_to_keep_the_project_for_this_session(
    acme: OpenDesk, keyring: MemoryKeyring
) -> None:
    keyring.trouble = KeyringFailureError(say("tests", "The keyring is closed."), say("tests", "Open it."))
    dialog = acme.open_settings()
    acme.person.answer = 1
    controls.press(dialog, "Remove project")
    acme.bot.waitUntil(lambda: "The keyring is closed." in dialog.message.text())
    assert not controls.button(dialog, "Use for this session only").isVisible()
    assert controls.button(dialog, "Remove project").isEnabled()


def test_a_removal_that_the_keyring_does_not_answer_offers_no_session_either(
    open_acme: OpenAcme, keyring: MemoryKeyring, impatience: pytest.MonkeyPatch
) -> None:
    acme = open_acme().ready()
    dialog = acme.open_settings()
    keyring.open_.clear()
    acme.person.answer = 1
    controls.press(dialog, "Remove project")
    acme.bot.waitUntil(lambda: "The keyring does not answer." in dialog.message.text())
    assert not controls.button(dialog, "Use for this session only").isVisible()
    dialog.close_unsaved()
    keyring.open_.set()


@pytest.mark.parametrize("others", [("Beta",), ()], ids=["one of two", "the only one"])
def test_what_is_removed_after_its_settings_were_cancelled_disturbs_no_other_work(
    open_desk: OpenOne,
    folders: Folders,
    keyring: MemoryKeyring,
    engagement: Sandbox,
    others: tuple[str, ...],
) -> None:
    keep(folders, keyring, real(engagement), *(real(engagement, id=one, name=one) for one in others))
    desk = open_desk(keyring).ready()
    keyring.open_.clear()
    dialog = desk.open_settings()
    desk.person.answer = 1
    controls.press(dialog, "Remove project")
    desk.wait_for_question(1)
    controls.press(dialog, "Cancel")
    desk.practise()
    desk.fill("somebody@example.com")
    keyring.open_.set()
    chooser = controls.combo(desk.window, "Project")
    desk.bot.waitUntil(lambda: chooser.findText("Acme production") < 0)
    assert desk.project == "Sandbox (practice)"
    assert desk.window.consent.draft().customer_id == "somebody@example.com"


def test_removing_asks_once_and_not_after_the_settings_were_closed(acme: OpenDesk) -> None:
    dialog = acme.open_settings()
    controls.press(dialog, "Remove project")
    assert not controls.button(dialog, "Remove project").isEnabled()
    dialog.close_unsaved()
    done: list[object] = []
    acme.application._runner.run(Lane.JOURNAL, lambda: None, done=done.append, failed=done.append)
    acme.bot.waitUntil(lambda: done == [None])
    assert acme.person.asked == []


def test_a_pasted_megabyte_is_a_problem_and_no_wait(fresh: OpenDesk, engagement: Sandbox) -> None:
    dialog = fresh.set_up()
    fill(dialog, engagement)
    for name in SETTINGS[:5]:
        before = monotonic()
        controls.paste(dialog, name, "x" * 1_000_000)
        dialog.grab()
        controls.press(dialog, "Save")
        assert monotonic() - before < 10
        assert controls.note(dialog, name).startswith("⚠")


def test_the_secret_cannot_be_copied_out_of_its_field(fresh: OpenDesk) -> None:
    dialog = fresh.set_up()
    controls.write(dialog, "API secret", CANARY)
    QApplication.clipboard().setText("before")
    line = controls.line(dialog, "API secret")
    line.selectAll()
    line.copy()
    line.cut()
    assert QApplication.clipboard().text() == "before"


# ----------------------------------------------------------------------- checked first, mended with one press


def test_return_checks_and_saves_only_what_was_checked(
    fresh: OpenDesk, engagement: Sandbox, keyring: MemoryKeyring
) -> None:
    dialog = fresh.set_up()
    fill(dialog, engagement)
    controls.line(dialog, "Customer ID types").setFocus()
    QTest.keyClick(dialog.windowHandle(), Qt.Key.Key_Return)
    fresh.bot.waitUntil(lambda: controls.label(dialog, "Check result") == "It works.", timeout=10_000)
    assert keyring.lines == {}
    QTest.keyClick(dialog.windowHandle(), Qt.Key.Key_Return)
    fresh.bot.waitUntil(lambda: len(keyring.lines) == 1)


def test_return_saves_nothing_that_does_not_work_or_was_changed_since(
    fresh: OpenDesk, engagement: Sandbox, keyring: MemoryKeyring
) -> None:
    dialog = fresh.set_up()
    fill(dialog, engagement)
    line, result = controls.line(dialog, "API secret"), controls.named(dialog, "Check result", QLabel)
    for secret, says in (("x" * 64, "It does not work yet."), (SECRET, "It works."), ("y" * 64, "It does")):
        controls.paste(dialog, "API secret", secret)
        assert result.text() == "Not checked yet."
        QTest.keyClick(line, Qt.Key.Key_Return)
        fresh.bot.waitUntil(lambda says=says: says in result.text())  # type: ignore[misc]  # a plain wait
    assert keyring.lines == {}


def test_what_does_not_change_the_connection_leaves_the_report(acme: OpenDesk) -> None:
    dialog = acme.open_settings()
    report(acme, dialog)
    for name in ("Project name", "Default category", "Default channel"):
        controls.write(dialog, name, "another")
    for name in ("Project kind", "Project colour"):
        controls.combo(dialog, name).setCurrentIndex(1)
    assert controls.label(dialog, "Check result") == "It works."
    assert dialog.save.isDefault()


@pytest.mark.parametrize(
    ("name", "wrong", "offers", "right"),
    [
        ("Base URL", "http://app.exponea.com/p", "Use https://api.exponea.com", "https://api.exponea.com"),
        ("Project token", f"Token {PROJECT_TOKEN}", f"Use {PROJECT_TOKEN}", PROJECT_TOKEN),
        ("API secret", f"{SECRET[:9]} {SECRET[9:]}", "Leave it out", SECRET),
        ("Customer ID types", "registered phone", "Use registered, phone", "registered, phone"),
    ],
)
def test_a_problem_is_mended_by_one_button_in_the_line_of_its_field(
    fresh: OpenDesk, name: str, wrong: str, offers: str, right: str
) -> None:
    dialog = fresh.set_up()
    controls.paste(dialog, name, wrong)
    QTest.keyClick(dialog.windowHandle(), Qt.Key.Key_Tab)
    assert controls.note(dialog, name).startswith("⚠ ")
    mend = controls.button(dialog, offers)
    controls.press(dialog, offers)
    assert controls.line(dialog, name).text() == right
    assert controls.note(dialog, name) == ""
    assert not mend.isVisible()
    assert controls.focused_name(dialog) == name


def test_the_line_of_a_note_has_its_room_before_it_says_anything(fresh: OpenDesk) -> None:
    dialog = fresh.set_up()
    controls.write(dialog, "Project name", "Acme")
    below = controls.named(dialog, "API secret", QWidget)
    before = below.mapTo(dialog, below.rect().topLeft())
    controls.write(dialog, "API key ID", "a")
    controls.write(dialog, "API key ID", "")
    QTest.keyClick(dialog.windowHandle(), Qt.Key.Key_Tab)
    assert controls.note(dialog, "API key ID") == "⚠ Enter the API key ID."
    assert below.mapTo(dialog, below.rect().topLeft()) == before


# ---------------------------------------------------------------------- colour, kind, what a call begins with


def test_the_first_project_leads_to_the_customer_id_with_what_a_call_begins_with(
    fresh: OpenDesk, engagement: Sandbox, folders: Folders
) -> None:
    dialog = fresh.set_up()
    fill(dialog, engagement, **{"Default category": "newsletter", "Default channel": "phone"})
    controls.combo(dialog, "Project kind").setCurrentIndex(1)
    controls.combo(dialog, "Project colour").setCurrentIndex(2)
    controls.press(dialog, "Save")
    fresh.bot.waitUntil(lambda: fresh.project == "Acme production (test)")
    fresh.wait_ready()
    draft = fresh.window.consent.draft()
    assert (draft.customer_id, draft.category, draft.channel) == ("", "newsletter", "phone")
    assert controls.focused_name(fresh.window) == "Customer ID"
    rows = ProjectListFile(folders.config / "projects.json").read()
    assert rows is not None
    expected = Profile(colour="teal", kind=ProjectKind.TEST, category="newsletter", channel="phone")
    assert [row.profile for row in rows] == [expected]
    dialog = fresh.open_settings()
    assert controls.combo(dialog, "Project kind").currentText() == "Test"
    assert controls.combo(dialog, "Project colour").currentText() == "Teal"
    assert controls.line(dialog, "Default category").text() == "newsletter"
    assert controls.line(dialog, "Default channel").text() == "phone"


def test_the_categories_of_a_project_that_was_checked_are_offered_and_others_remarked_upon(
    acme: OpenDesk,
) -> None:
    dialog = acme.open_settings()
    offered = controls.combo(dialog, "Default category")
    controls.write(dialog, "Default category", "sms")
    report(acme, dialog)
    acme.bot.waitUntil(lambda: offered.count() > 0, timeout=10_000)
    assert [offered.itemText(row) for row in range(offered.count())] == ["", "sms_marketing", "newsletter"]
    assert offered.currentText() == "sms"
    controls.line(dialog, "Default channel").setFocus()
    remark = "The project lists no category of this ID."
    acme.bot.waitUntil(lambda: controls.note(dialog, "Default category") == remark)
    assert controls.label(dialog, "Check result") == "It works."
    controls.write(dialog, "Default category", "newsletter")
    assert controls.note(dialog, "Default category") == ""


def test_a_new_project_gets_a_colour_that_no_other_has(acme: OpenDesk) -> None:
    combo = controls.combo(acme.window, "Project")
    combo.activated.emit(combo.count() - 1)
    dialog = acme.window.findChild(ProjectDialog)
    assert dialog is not None
    [taken] = acme.application._projects.marks.all.values()
    assert dialog.draft().colour not in {taken.colour, ""}


def test_the_report_can_be_copied_with_what_is_known_of_each_step(acme: OpenDesk) -> None:
    dialog = acme.open_settings()
    lines = report(acme, dialog)
    dialog.report.setFocus()
    QTest.keyClick(dialog.report, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().splitlines() == lines
