"""What the keyring and the list of projects may do, and what the window makes of it."""

from collections import Counter

import pytest

from consent_desk.domain.errors import KeyringFailureError, NoKeyringError
from consent_desk.domain.message import say
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.project.settings_dialog import ProjectDialog
from consent_desk.ui.shell import waiting
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, events, keep, real
from tests.ui.recovery.recovering import leave

LOCKED = KeyringFailureError(say("tests", "The keyring is locked."), say("tests", "Unlock it and try again."))
ABSENT = NoKeyringError(say("tests", "There is no keyring."), say("tests", "Enter the settings again."))


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "SAY_WHY_AFTER", 30)
    monkeypatch.setattr(waiting, "GO_ON_AFTER", 600)


def projects(desk: OpenDesk) -> list[str]:
    combo = controls.combo(desk.window, "Project")
    return [combo.itemText(index) for index in range(combo.count()) if combo.itemText(index)]


def test_the_first_start_opens_on_the_sandbox(open_desk: OpenOne, keyring: MemoryKeyring) -> None:
    desk = open_desk(keyring).ready()
    assert desk.project == "Sandbox (practice)"
    assert desk.window.practice.isVisible()
    assert projects(desk) == ["Sandbox (practice)", "New project…"]


def test_the_demo_lists_the_sandbox_alone(demo: OpenDesk) -> None:
    assert projects(demo) == ["Sandbox (practice)"]
    assert not controls.button(demo.window, "Set up a project").isVisible()


def test_the_project_used_last_is_chosen_again(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    keep(folders, keyring, real(engagement), real(engagement, id="other", name="Other"))
    first = open_desk(keyring).ready()
    assert first.project == "Acme production"
    first.choose_project("Other")
    first.wait_ready()
    first.window.close()
    second = open_desk(keyring).ready()
    assert second.project == "Other"
    # Practising leaves it for the next start.
    second.practise()
    second.window.close()
    assert open_desk(keyring).ready().project == "Other"


def test_a_locked_keyring_is_named_and_selects_nothing_else(
    open_acme: OpenAcme, keyring: MemoryKeyring
) -> None:
    keyring.trouble = LOCKED
    desk = open_acme()
    desk.wait_for_state("✖ The keyring is locked. Unlock it and try again.")
    assert desk.project == "Acme production"
    assert not desk.window.practice.isVisible()
    assert controls.raw_text(desk.window, "Request URL") == ""
    keyring.trouble = None
    controls.press(desk.window, "Read the keyring again")
    desk.wait_ready()
    desk.wait_for_state("key works")


def test_without_a_keyring_a_project_lasted_for_its_session(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    keyring.trouble = ABSENT
    keep(folders, keyring, real(engagement))
    desk = open_desk(keyring)
    desk.wait_for_state("✖ not in the keyring: enter the project settings again")
    assert desk.project == "Acme production"
    controls.press(desk.window, "Check the key")
    dialog = desk.window.findChild(ProjectDialog)
    assert dialog is not None
    assert controls.focused_name(dialog) == "API key ID"
    assert controls.line(dialog, "Project name").text() == "Acme production"


def test_a_keyring_that_does_not_answer_is_explained_and_can_be_done_without(
    open_acme: OpenAcme, keyring: MemoryKeyring, impatience: None
) -> None:
    keyring.open_.clear()
    desk = open_acme()
    go_on = controls.button(desk.window, "Go on without the keyring")
    desk.wait_for_state("Waiting for the keyring")
    desk.bot.waitUntil(go_on.isVisible)
    assert "The keyring does not answer." in desk.state
    go_on.click()
    dialog = desk.window.findChild(ProjectDialog)
    assert dialog is not None
    assert controls.line(dialog, "Project name").text() == "Acme production"
    assert not desk.window.practice.isVisible()
    dialog.reject()
    keyring.open_.set()


def test_reading_the_keyring_to_send_again_is_told_and_can_be_done_without(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders, impatience: None
) -> None:
    acme, other = real(engagement), real(engagement, id="other", name="Other")
    keep(folders, keyring, acme, other)
    leave(folders, other)
    lines, keyring.lines = (
        keyring.lines,
        {entry: line for entry, line in keyring.lines.items() if entry.startswith(acme.id)},
    )
    desk = open_desk(keyring).ready()
    desk.wait_for_status("1 consent still waits for the settings of Other.")
    desk.wait_for_line("Not sent yet")
    keyring.lines = lines
    keyring.open_.clear()
    desk.choose_line()
    again = controls.button(desk.window, "Send again")
    desk.bot.waitUntil(again.isEnabled)
    before = desk.state
    again.click()
    desk.wait_for_state("reading the keyring…")
    go_on = controls.button(desk.window, "Go on without the keyring")
    desk.bot.waitUntil(go_on.isVisible)
    go_on.click()
    desk.wait_for_status("Not sent: The keyring does not answer.")
    assert desk.state == before
    assert desk.window.findChild(ProjectDialog) is None
    keyring.open_.set()
    again.click()
    desk.wait_for_line("Delivered, checking")
    assert desk.state == before


def test_a_keyring_that_answers_late_after_all_is_no_surprise(
    open_acme: OpenAcme, keyring: MemoryKeyring, impatience: None
) -> None:
    keyring.open_.clear()
    desk = open_acme()
    desk.wait_for_state("Waiting for the keyring")
    keyring.open_.set()
    desk.wait_ready()
    desk.wait_for_state("key works")
    assert not desk.window.project_bar.repair.isVisible()


def test_an_unreadable_or_lost_list_of_projects_never_selects_the_sandbox(
    open_acme: OpenAcme, folders: Folders
) -> None:
    projects_file = folders.config / "projects.json"
    open_acme().ready().window.close()
    for spoil, words in (
        (lambda: projects_file.write_text("{"), "The list of projects cannot be read."),
        (projects_file.unlink, "The list of your projects is gone."),
    ):
        spoil()
        desk = open_acme()
        desk.bot.waitUntil(lambda words=words, desk=desk: words in desk.state)  # type: ignore[misc]  # a plain wait
        assert desk.project == ""
        assert not desk.window.practice.isVisible()
        assert controls.raw_text(desk.window, "Request URL") == ""
        desk.window.close()


def test_long_words_of_the_bar_do_not_widen_the_window(open_acme: OpenAcme, keyring: MemoryKeyring) -> None:
    keyring.trouble = KeyringFailureError(
        say("tests", "The keyring is locked. " * 10), say("tests", "Unlock it.")
    )
    desk = open_acme()
    desk.wait_for_state("✖")
    desk.window.project_bar.show_host("host." * 50 + "example")
    # The window is usable at 1024 pixels.
    assert desk.window.minimumSizeHint().width() < 1024


def test_many_that_wait_for_the_settings_of_one_project_ask_the_keyring_once(
    open_desk: OpenOne,
    keyring: MemoryKeyring,
    engagement: Sandbox,
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beta = real(engagement, id="beta", name="Beta")
    keep(folders, keyring, real(engagement), beta)
    leave(folders, beta, count=5)
    load, asked = keyring.load, Counter[str]()

    def locked(entry: str) -> str | None:
        asked[entry] += 1
        if "beta" in entry:
            raise LOCKED
        return load(entry)

    monkeypatch.setattr(keyring, "load", locked)
    desk = open_desk(keyring)
    desk.wait_for_status("▲ 5 consents still wait for the settings of Beta.")
    assert "It is tried again by itself." in desk.status
    assert [*asked.values()] == [1, 1]
    monkeypatch.setattr(keyring, "load", load)

    def have_left() -> bool:
        # More than once: when the next try is planned, it may be reckoned from the later time already.
        desk.clock.seconds_off += 301
        return len(events(engagement)) == 5

    desk.bot.waitUntil(have_left, timeout=10_000)
    desk.bot.waitUntil(lambda: "still wait" not in desk.status + desk.errors)


def test_each_that_waits_for_the_settings_of_one_project_is_sent_once_they_are_there(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    beta = real(engagement, id="beta", name="Beta")
    keep(folders, keyring, real(engagement), beta)
    leave(folders, beta, count=3)
    desk = open_desk(keyring)
    desk.wait_for_line("Delivered, checking", "Delivered, checking", "Delivered, checking")
