"""Practice: who can be practised with, what it tells, and how it starts over."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from consent_desk.domain.lifecycle.policy import PRACTICE_LOOK_AFTER
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.project.settings_dialog import ProjectDialog
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, keep, real
from tests.ui.test_practice_and_real import go_back, practise

SECONDS = PRACTICE_LOOK_AFTER // 1_000_000


@pytest.fixture
def fresh(open_desk: OpenOne, keyring: MemoryKeyring) -> OpenDesk:
    """The first start, on the Sandbox."""
    return open_desk(keyring).ready()


def offered(desk: OpenDesk) -> list[str]:
    """Who can be practised with, by the buttons that are seen."""
    shown = [one for one in desk.window.findChildren(QAbstractButton) if one.isVisible()]
    names = [one.accessibleName() for one in shown]
    return [name.removeprefix("Practise with ") for name in names if name.startswith("Practise with ")]


def test_the_first_start_shows_who_can_be_practised_with(fresh: OpenDesk) -> None:
    assert offered(fresh) == ["jane@example.com", "omar.haddad@example.org", "lena.novak@example.com"]


def test_tab_comes_to_them_from_the_customer_id_before_the_categories(fresh: OpenDesk) -> None:
    fresh.wait_for_categories()
    fresh.window.consent.customer_id.setFocus()
    names = []
    for _ in range(5):
        fresh.key(Qt.Key.Key_Tab)
        names.append(controls.focused_name(fresh.window))
    assert names[:3] == [f"Practise with {one}" for one in offered(fresh)]
    assert names[3:] == ["All categories", "Refresh categories"]


def test_a_press_enters_a_customer_of_the_sandbox(fresh: OpenDesk) -> None:
    fresh.fill("somebody@example.com")
    controls.press(fresh.window, "Practise with omar.haddad@example.org")
    draft = fresh.window.consent.draft()
    assert (draft.customer_id_type, draft.customer_id) == ("registered", "omar.haddad@example.org")
    assert draft.category == "sms_marketing"
    assert controls.focused_name(fresh.window) == "Customer ID"


def test_with_a_real_project_nobody_is_offered(acme: OpenDesk) -> None:
    assert offered(acme) == []
    practise(acme)
    assert len(offered(acme)) == 3
    go_back(acme)
    assert offered(acme) == []


def test_practice_is_delivered_and_verified_within_seconds(demo: OpenDesk) -> None:
    demo.send()
    demo.wait_for_line("Practice: delivered")
    demo.clock.seconds_off += SECONDS
    demo.wait_for_line("Practice: verified")


# ------------------------------------------------------------------------------------------ start over


def answer_start_over(desk: OpenDesk, answer: int) -> None:
    desk.person.answer = answer
    controls.choose_from_menu(desk.window, "Start over…")
    assert "Keep it / Start over" in desk.person.asked.pop()


def test_practice_starts_over_with_an_empty_log_and_the_consents_of_before(fresh: OpenDesk) -> None:
    fresh.wait_for_categories()
    fresh.send()
    fresh.wait_for_line("Practice: delivered")
    fresh.clock.seconds_off += SECONDS
    fresh.wait_for_line("Practice: verified")
    before = controls.raw_text(fresh.window, "Request URL")
    fresh.fill("somebody@example.com")
    answer_start_over(fresh, 1)
    fresh.bot.waitUntil(lambda: controls.raw_text(fresh.window, "Request URL") not in {"", before})
    assert controls.cells(fresh.window, 1) == []
    assert fresh.window.consent.draft().customer_id == ""
    assert fresh.status == ""
    assert len(offered(fresh)) == 3
    # It works as the first one did.
    fresh.send()
    fresh.wait_for_line("Practice: delivered")
    fresh.clock.seconds_off += SECONDS
    fresh.wait_for_line("Practice: verified")


def test_practice_goes_on_where_that_is_declined(demo: OpenDesk) -> None:
    demo.send()
    demo.wait_for_line("Practice: delivered")
    answer_start_over(demo, 0)
    demo.fill("somebody@example.com")
    assert len(controls.cells(demo.window, 1)) == 1


def test_starting_over_is_for_practice_alone_and_leaves_real_consents_alone(acme: OpenDesk) -> None:
    acme.deliver()
    assert not controls.action(acme.window, "Start over…").isVisible()
    practise(acme)
    answer_start_over(acme, 1)
    acme.bot.waitUntil(lambda: controls.raw_text(acme.window, "Request URL") != "")
    go_back(acme)
    acme.bot.waitUntil(lambda: len(controls.cells(acme.window, 1)) == 1)


def test_practice_that_was_left_after_it_started_over_comes_back(acme: OpenDesk) -> None:
    practise(acme)
    answer_start_over(acme, 1)
    go_back(acme)
    practise(acme)
    acme.send()
    acme.wait_for_line("Practice: delivered")


def test_practice_starts_over_from_the_details_of_a_line(demo: OpenDesk) -> None:
    demo.send()
    demo.wait_for_line("Practice: delivered")
    demo.choose_line()
    demo.person.answer = 1
    demo.bot.waitUntil(controls.button(demo.window, "Start over").isVisible)
    controls.press(demo.window, "Start over")
    demo.bot.waitUntil(lambda: controls.cells(demo.window, 1) == [])


def test_the_details_of_a_real_line_offer_no_new_start(acme: OpenDesk) -> None:
    acme.send()
    acme.wait_for_line("Delivered, checking")
    acme.choose_line()
    acme.bot.waitUntil(acme.window.log.line.isVisible)
    assert not controls.button(acme.window, "Start over").isVisible()


# ------------------------------------------------------------------------------ the settings of the Sandbox


def test_the_settings_of_the_sandbox_can_be_seen_and_checked(demo: OpenDesk) -> None:
    dialog = demo.open_settings()
    address = controls.raw_text(demo.window, "Request URL").split("/track")[0]
    assert controls.line(dialog, "Base URL").text() == address
    for name in ("Project name", "Base URL", "Project token", "API key ID", "API secret"):
        line = controls.line(dialog, name)
        before = line.text()
        assert before != ""
        line.setFocus()
        QTest.keyClicks(line, "x")
        assert line.text() == before
    for name in ("Save", "Remove project", "Default category", "Project kind"):
        assert not controls.named(dialog, name, QAbstractButton | object).isVisible()  # type: ignore[arg-type]
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    demo.bot.waitUntil(lambda: controls.label(dialog, "Check result") == "It works.", timeout=10_000)
    assert "Engagement accepts the API key." in dialog.report.text()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert demo.person.asked == []
    assert not dialog.isVisible()


def test_from_the_settings_of_the_sandbox_a_project_is_set_up(fresh: OpenDesk) -> None:
    dialog = fresh.open_settings()
    controls.press(dialog, "Set up a project instead")
    fresh.bot.waitUntil(lambda: len(fresh.window.findChildren(ProjectDialog)) == 1)
    [empty] = fresh.window.findChildren(ProjectDialog)
    assert controls.line(empty, "Base URL").text() == ""
    assert controls.button(empty, "Save").isVisible()
    empty.close_unsaved()


def test_a_demo_sets_nothing_up(demo: OpenDesk) -> None:
    dialog = demo.open_settings()
    assert not controls.button(dialog, "Set up a project instead").isVisible()


# ------------------------------------------------------------------------------- no fault selects practice


def test_a_lost_list_selects_no_practice_once_a_project_was_saved(
    open_acme: OpenAcme, folders: Folders
) -> None:
    open_acme().ready().window.close()
    (folders.config / "projects.json").unlink()
    for path in folders.data.rglob("*"):
        if path.is_file():
            path.unlink()
    desk = open_acme()
    desk.wait_for_state("The list of your projects is gone.")
    assert desk.project == ""
    assert not desk.window.practice.isVisible()


def test_who_removed_the_last_project_is_not_sent_to_practice(
    open_desk: OpenOne, folders: Folders, keyring: MemoryKeyring, engagement: Sandbox
) -> None:
    keep(folders, keyring, real(engagement))
    desk = open_desk(keyring).ready()
    dialog = desk.open_settings()
    desk.person.answer = 1
    controls.press(dialog, "Remove project")
    desk.wait_for_state("No project is set up.")
    desk.window.close()
    again = open_desk(keyring)
    again.wait_for_state("No project is set up.")
    assert not again.window.practice.isVisible()
