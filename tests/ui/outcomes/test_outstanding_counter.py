"""The counter by the log: what Engagement may not have yet, red after a day."""

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from consent_desk.domain.faults import Fault
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.outcomes import outstanding
from consent_desk.ui.widgets.tones import Tone, colour
from tests.ui import controls
from tests.ui.conftest import OpenAcme
from tests.ui.desks import OpenDesk

DAY = 24 * 3_600


@pytest.fixture
def refused(open_acme: OpenAcme, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch) -> OpenDesk:
    """A desk with one opt-out that waits for a person: nothing happens by itself any more."""
    monkeypatch.setattr(outstanding, "TICK", 0.02)
    desk = open_acme().ready()
    engagement.fault = Fault.INVALID_SECRET
    desk.send()
    desk.wait_for_line("Refused")
    desk.wait_for_counter("1 not yet confirmed")
    return desk


def text_colour(desk: OpenDesk) -> str:
    button = controls.button(desk.window, "Not yet confirmed")
    return button.palette().color(QPalette.ColorRole.ButtonText).name()


def test_after_a_day_it_turns_red_by_itself_and_says_since_when(refused: OpenDesk) -> None:
    noted = refused.clock()
    red = colour(Tone.BAD, QApplication.palette()).name()
    assert text_colour(refused) != red
    refused.clock.seconds_off += DAY + 10
    refused.bot.waitUntil(lambda: refused.counter.startswith("✖ 1 not yet confirmed, since "))
    day, month = f"{noted!s}"[8:10].lstrip("0"), refused.counter.split()[-1]
    assert refused.counter.split()[-2] == day
    assert month.isalpha()
    assert text_colour(refused) == red
    # The clock was wrong.
    refused.clock.seconds_off -= DAY + 10
    refused.wait_for_counter("1 not yet confirmed")
    assert text_colour(refused) != red


def test_each_workspace_has_a_counter_of_its_own(refused: OpenDesk) -> None:
    refused.practise()
    refused.wait_for_counter("")
    refused.choose_project("Acme production")
    refused.wait_for_counter("1 not yet confirmed")


def test_it_goes_when_everything_has_arrived(refused: OpenDesk, engagement: Sandbox) -> None:
    refused.clock.seconds_off += DAY + 10
    refused.bot.waitUntil(lambda: "since" in refused.counter)
    engagement.fault = None
    refused.press_once_enabled("Send again")
    refused.wait_for_counter("")
