"""Whatever a server does: the right outcome is shown, and the window lives."""

import re

import pytest
from PySide6.QtWidgets import QPlainTextEdit

from consent_desk.domain.faults import Fault
from consent_desk.engagement.http.transport import HttpTransport
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import OpenDesk

LOST = "Not confirmed, looking it up"
OUTCOMES = {
    Fault.RATE_LIMIT: ("Not sent yet: Engagement is busy", "too many calls"),
    Fault.SERVER_ERROR: (LOST, "had trouble"),
    Fault.SILENCE: (LOST, "did not answer in time"),
    Fault.OVERSIZED_BODY: (LOST, "too long to read"),
    Fault.ONE_LINE: ("Practice: delivered", "Delivered to the Sandbox only"),
    Fault.GZIP_BOMB: (LOST, ""),
    Fault.MALFORMED_BODY: (LOST, "does not say whether it was taken"),
    Fault.DEEP_JSON: (LOST, "does not say whether it was taken"),
    Fault.INVALID_SECRET: ("Refused", "this desk's key is wrong (403 invalid secret)"),
    Fault.FIREWALL: (LOST, "a proxy or firewall on the way answered, probably not Engagement"),
    Fault.CUT_BODY: (LOST, "the line broke while Engagement was answering"),
    Fault.NOT_HTTP: (LOST, "the answer could not be understood"),
}
SENDABLE = {"Not sent yet: Engagement is busy", "Refused"}


def sent_into(open_desk: OpenOne, fault: Fault, deadline: float) -> OpenDesk:
    transport = HttpTransport(deadline=deadline)
    desk = open_desk(fault=fault, transport=transport).ready()
    desk.send()
    desk.wait_for_line(OUTCOMES[fault][0])
    return desk


OF_THEIR_OWN = {Fault.SERVER_ERROR, Fault.CUT_BODY, Fault.FIREWALL}
"""What has a test of its own below."""


@pytest.mark.parametrize("fault", [one for one in OUTCOMES if one not in OF_THEIR_OWN], ids=str)
def test_every_fault_has_its_outcome_and_leaves_the_window_alive(open_desk: OpenOne, fault: Fault) -> None:
    outcome, words = OUTCOMES[fault]
    desk = sent_into(open_desk, fault, 0.5 if fault is Fault.SILENCE else 20)
    desk.wait_for_status(words)
    details = controls.named(desk.window, "Response details", QPlainTextEdit)
    desk.bot.waitUntil(lambda: "What happened:" in details.toPlainText(), timeout=10_000)
    assert words in desk.status
    assert len(desk.details("As received")) < 150_000
    assert len(desk.details("Answer")) < 250_000
    again = controls.button(desk.window, "Send again")
    desk.bot.waitUntil(lambda: again.isEnabled() == (outcome in SENDABLE))
    assert controls.line(desk.window, "Customer ID").text() == ""
    desk.fill("omar.haddad@example.org")
    assert controls.button(desk.window, "Send").isEnabled()


def test_html_from_a_server_stays_text(open_desk: OpenOne) -> None:
    desk = sent_into(open_desk, Fault.SERVER_ERROR, 20)
    desk.bot.waitUntil(lambda: "HTTP 500" in desk.details("Headers"), timeout=10_000)
    assert "<h1>500 Internal Server Error</h1>" in desk.details("As received")
    assert "<h1>" in desk.details("Answer")


def test_what_came_of_an_answer_that_broke_off_is_shown_with_its_request_id(open_desk: OpenOne) -> None:
    desk = sent_into(open_desk, Fault.CUT_BODY, 20)
    desk.bot.waitUntil(lambda: "HTTP 200" in desk.details("Headers"), timeout=10_000)
    request_id = re.search(r"x-request-id: (\S+)", desk.details("Headers"))
    assert request_id is not None
    assert f"x-request-id, for its support: {request_id[1]}" in desk.details("Explanation")
    assert "HTTP 200 and 15 bytes had come" in desk.details("Explanation")
    for tab in ("Answer", "As received"):
        assert desk.details(tab).endswith(
            'Not confirmed, looking it up:\n\n{"success": tru\n\nThe answer broke off here.'
        )
    assert desk.details("Headers").endswith("The answer broke off later, in its body.")


def test_a_firewalls_403_is_not_blamed_on_the_key(open_desk: OpenOne) -> None:
    desk = sent_into(open_desk, Fault.FIREWALL, 20)
    desk.bot.waitUntil(lambda: "HTTP 403" in desk.details("Headers"), timeout=10_000)
    assert desk.details("As received") == "Access denied by policy."
    said = f"{desk.status} {desk.state} {desk.details('Explanation')}"
    assert "network's administrator" in said
    for blame in ("permission", "key", "not recorded", "Not accepted"):
        assert blame not in said.replace("Whether", "")


def test_a_line_of_a_megabyte_is_broken_and_cut_with_a_word_about_it(open_desk: OpenOne) -> None:
    desk = sent_into(open_desk, Fault.ONE_LINE, 20)
    desk.bot.waitUntil(lambda: "HTTP 200" in desk.details("Headers"), timeout=10_000)
    shown = desk.details("As received")
    assert max(map(len, shown.splitlines())) <= 1_000
    assert shown.splitlines()[-1].startswith("… cut here: 1,000,0")
