"""What needs somebody and what waits is counted beside the log, in red after a day, and listed."""

import pytest
from PySide6.QtCore import Qt

from consent_desk.domain.faults import Fault
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.log import attention
from consent_desk.ui.log.model import LINE
from consent_desk.ui.shell.panes import Pane
from tests.ui import controls
from tests.ui.conftest import OpenAcme
from tests.ui.desks import OpenDesk

DAY = 24 * 3_600


@pytest.fixture
def waiting(open_acme: OpenAcme, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch) -> OpenDesk:
    """A desk with one opt-out that waits to be tried again."""
    monkeypatch.setattr(attention, "TICK", 0.02)
    desk = open_acme().ready()
    engagement.fault = Fault.RATE_LIMIT_RETRY_AFTER
    desk.send()
    desk.wait_for_line("Not sent yet")
    desk.wait_for_counter("Waiting 1")
    return desk


def test_after_a_day_it_says_by_itself_since_when(waiting: OpenDesk) -> None:
    noted = waiting.clock()
    waiting.clock.seconds_off += DAY + 10
    waiting.bot.waitUntil(lambda: waiting.counter.startswith("Waiting 1, since "))
    day, month = f"{noted!s}"[8:10].lstrip("0"), waiting.counter.split()[-1]
    assert waiting.counter.split()[-2] == day
    assert month.isalpha()
    # The clock was wrong.
    waiting.clock.seconds_off -= DAY + 10
    waiting.wait_for_counter("Waiting 1")


def test_several_of_one_press_are_one_line_that_names_its_parts(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.fill()
    acme.tick_all()
    engagement.misbehave(Fault.DROP_AFTER_STORING, times=1)
    controls.press(acme.window, "Send")
    acme.wait_for_line("1 not confirmed · 1 delivered")
    acme.clock.seconds_off += 35
    acme.wait_for_line("2 verified")
    line = acme.window.log.model.index(0, LINE).data(Qt.ItemDataRole.AccessibleTextRole)
    assert line.startswith("jane@example.com, Opt-out, SMS marketing, Newsletter, 2 verified, ")
    assert line.endswith(", 2 parts, collapsed")


def test_each_workspace_has_counts_of_its_own(waiting: OpenDesk) -> None:
    waiting.practise()
    waiting.wait_for_counter("")
    waiting.choose_project("Acme production")
    waiting.wait_for_counter("Waiting 1")


def test_what_needs_somebody_stands_at_the_top_and_opens_its_list(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    acme.deliver("first@example.com")
    top = controls.button(acme.window, "Needs you")
    assert not top.isVisible()
    engagement.fault = Fault.INVALID_SECRET
    acme.send("second@example.com")
    acme.wait_for_line("Refused", "Delivered, checking")
    acme.bot.waitUntil(top.isVisible)
    assert top.text() == "1 needs you"
    tabs = acme.window.panes.tabs
    assert (tabs.tabText(Pane.LOG), tabs.accessibleTabName(Pane.LOG)) == ("Log 1", "Log, 1 needs you")
    # Of whatever day, and whatever is searched for besides is not.
    controls.write(acme.window, "Date filter", "yesterday")
    acme.bot.waitUntil(lambda: controls.cells(acme.window, 4) == [])
    top.click()
    acme.bot.waitUntil(lambda: controls.cells(acme.window, 4) == ["second@example.com"])
    assert controls.button(acme.window, "Show what needs you").isChecked()
    engagement.fault = None
    acme.choose_line()
    acme.press_once_enabled("Send again")
    # It leaves the list by itself.
    acme.bot.waitUntil(lambda: controls.cells(acme.window, 4) == [], timeout=10_000)
    acme.bot.waitUntil(lambda: not top.isVisible())
    assert tabs.tabText(Pane.LOG) == "Log"
    controls.button(acme.window, "Show what waits").click()
    both = ["first@example.com", "second@example.com"]
    acme.bot.waitUntil(lambda: controls.cells(acme.window, 4) == both, timeout=10_000)
    acme.clock.seconds_off += 35
    acme.bot.waitUntil(lambda: controls.cells(acme.window, 4) == [], timeout=10_000)
    acme.wait_for_counter("")
