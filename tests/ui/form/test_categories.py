"""The categories in the form: marked, kept, refreshed."""

import pytest
from PySide6.QtCore import Qt

from consent_desk.domain.faults import Fault
from consent_desk.domain.wire.outcome import Answered, Outcome
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.sandbox.server import Sandbox
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import Clock, MemoryKeyring, OpenDesk

DAY = 86_400


def category_requests(engagement: Sandbox) -> int:
    return sum("/consent/categories" in request.path for request in engagement.received)


class Redirecting:
    """Fits `Transport`: whoever asks is sent to a place with a hostile name."""

    def start(self, request: PreparedRequest) -> "Redirecting":
        return self

    def wait(self) -> Outcome:
        return Answered(status=302, headers=(("Location", "https://<b>evil</b>/"),), body=b"")

    def cancel(self) -> None:
        """It is over as soon as it begins."""


def age(desk: OpenDesk) -> str:
    return controls.button(desk.window, "Refresh categories").accessibleDescription()


@pytest.fixture
def days_later(acme: OpenDesk) -> Clock:
    """The clock of two days after a start at which the categories were fetched."""
    acme.window.close()
    clock = Clock()
    clock.seconds_off = 2 * DAY
    return clock


def test_a_second_start_within_a_day_asks_nobody(
    acme: OpenDesk, open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox
) -> None:
    acme.window.close()
    before = category_requests(engagement)
    again = open_desk(keyring).ready()
    again.wait_for_categories()
    assert category_requests(engagement) == before == 1


def test_without_an_answer_what_was_kept_is_offered_with_its_age(
    days_later: Clock, open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox
) -> None:
    engagement.fault = Fault.NOT_FOUND
    again = open_desk(keyring, clock=days_later).ready()
    again.wait_for_categories()
    again.bot.waitUntil(lambda: "they could not be fetched now" in age(again))
    assert age(again).startswith("Categories as of ")


def test_without_any_the_form_says_so_and_takes_the_typed_id(
    open_acme: OpenAcme, engagement: Sandbox
) -> None:
    engagement.fault = Fault.NOT_FOUND
    desk = open_acme().ready()
    desk.bot.waitUntil(lambda: "could not be fetched" in age(desk))
    assert desk.note("Categories").startswith("The project's categories could not be fetched: type")
    assert controls.line(desk.window, "Other category ID").isVisible()
    engagement.fault = None
    desk.deliver()


def test_why_none_came_is_pointed_at_as_plain_text(open_acme: OpenAcme) -> None:
    desk = open_acme(transport=Redirecting()).ready()
    desk.bot.waitUntil(lambda: "could not be fetched" in age(desk))
    assert "to &lt;b&gt;evil" in controls.button(desk.window, "Refresh categories").toolTip()


def test_refresh_brings_new_categories_and_keeps_what_was_typed(
    open_acme: OpenAcme, engagement: Sandbox
) -> None:
    engagement.fault = Fault.NOT_FOUND
    desk = open_acme().ready()
    desk.bot.waitUntil(lambda: "could not be fetched" in age(desk))
    controls.choose_category(desk.window, "sms_market")
    engagement.fault = None
    refresh = controls.button(desk.window, "Refresh categories")
    refresh.setFocus()
    desk.key(Qt.Key.Key_Space)
    desk.wait_for_categories()
    assert controls.chosen(desk.window) == ("sms_market",)
    assert "Categories as of " in age(desk)
    assert desk.note("Categories").startswith("▲ Not among the project's categories")


def test_what_was_offered_goes_where_the_same_project_leads_elsewhere(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    engagement.fault = Fault.NOT_FOUND
    dialog = acme.open_settings()
    controls.paste(dialog, "Project token", "87654321-1234-1234-1234-123456789abc")
    controls.press(dialog, "Save")
    acme.bot.waitUntil(lambda: "could not be fetched: type" in age(acme))
    assert controls.boxes(acme.window) == []


def test_what_was_offered_goes_with_its_project(acme: OpenDesk) -> None:
    acme.choose_project("Sandbox (practice)")
    assert controls.boxes(acme.window) == []
