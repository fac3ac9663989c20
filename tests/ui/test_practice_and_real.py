"""What is said of practice and of real consents is never mistaken for the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_connection, create_server
from typing import Any

import pytest

from consent_desk.app import workspaces
from consent_desk.delivery.events import Event, LookedUp
from consent_desk.domain.faults import Fault
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.workspaces import Workspaces
from consent_desk.workspace import Workspace
from tests.engagement.http.servers import Server, answer, answering
from tests.ui import controls
from tests.ui.conftest import OpenAcme
from tests.ui.desks import OpenDesk
from tests.ui.outcomes.test_alarm import alarm, leave_contradicted, wait_for_alarm


@pytest.fixture
def sandboxes(monkeypatch: pytest.MonkeyPatch) -> list[Sandbox]:
    """The practice servers that the program makes."""
    made: list[Sandbox] = []

    def make(*arguments: Any, **options: Any) -> Sandbox:
        made.append(Sandbox(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(workspaces, "Sandbox", make)
    return made


def practise(desk: OpenDesk) -> None:
    desk.practise()
    desk.wait_for_categories()


def go_back(desk: OpenDesk) -> None:
    desk.choose_project("Acme production")
    desk.bot.waitUntil(lambda: not desk.window.practice.isVisible())
    desk.wait_ready()
    desk.wait_for_categories()


@contextmanager
def told(desk: OpenDesk, *, practice: bool) -> Iterator[None]:
    """Wait until one of practice, or a real one, was looked up and what came of it was told."""
    workspaces = desk.window.findChild(Workspaces)
    assert isinstance(workspaces, Workspaces)

    def is_it(workspace: Workspace, event: Event) -> bool:
        return workspace.practice is practice and isinstance(event, LookedUp)

    with desk.bot.waitSignal(workspaces.told, check_params_cb=is_it, timeout=10_000):
        yield


def test_in_practice_nobody_is_told_to_end_a_call(demo: OpenDesk) -> None:
    demo.send()
    demo.wait_for_status("Delivered to the Sandbox only.")
    assert demo.noted.startswith("◆ Noted for practice.")
    assert "end the call" not in demo.status


def test_practice_that_was_left_is_looked_up_and_told_at_its_line_on_coming_back(
    acme: OpenDesk, sandboxes: list[Sandbox]
) -> None:
    practise(acme)
    acme.send()
    acme.wait_for_status("Delivered to the Sandbox only.")
    go_back(acme)
    asked = len(sandboxes[0].received)
    acme.send("omar@example.com")
    acme.wait_for_status("✓ Delivered")
    with told(acme, practice=False):
        acme.clock.seconds_off += 35
    assert "omar@example.com" in acme.status
    assert "Sandbox" not in acme.status
    assert len(sandboxes[0].received) == asked
    with told(acme, practice=True):
        practise(acme)
    # That caller is not on the line any more: it stands at the line of the log.
    acme.wait_for_line("Practice: delivered")
    acme.choose_line()
    told_there = "Shown by the Sandbox. Not recorded in Engagement."
    acme.wait_for_details(told_there)
    assert acme.status == ""


def port_of(desk: OpenDesk) -> int:
    return int(desk.window.preview.url.text().split(":")[2].split("/")[0])


def is_open(port: int) -> bool:
    try:
        create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def lines(desk: OpenDesk) -> list[str]:
    return controls.cells(desk.window, 1)


def written(sandboxes: list[Sandbox]) -> list[bytes]:
    return [
        each.body
        for sandbox in sandboxes
        for each in sandbox.received
        if "/track/" in each.path and each.method == "POST"
    ]


def test_the_practice_server_ends_when_practice_is_left(acme: OpenDesk) -> None:
    practise(acme)
    port = port_of(acme)
    assert is_open(port)
    go_back(acme)
    acme.bot.waitUntil(lambda: not is_open(port))
    practise(acme)
    assert port_of(acme) == port
    assert is_open(port)


def test_who_comes_back_to_practice_finds_the_log_and_the_customers_as_they_were(
    acme: OpenDesk, sandboxes: list[Sandbox]
) -> None:
    practise(acme)
    acme.send()
    acme.wait_for_status("Delivered to the Sandbox only.")
    acme.bot.waitUntil(lambda: lines(acme) == ["◆ Practice: delivered"])
    for _ in range(2):
        go_back(acme)
        acme.bot.waitUntil(lambda: lines(acme) == [])
        practise(acme)
        acme.bot.waitUntil(lambda: lines(acme) == ["◆ Practice: delivered"])
    assert len(sandboxes) == 1
    assert len(written(sandboxes)) == 1
    acme.send(category="newsletter")
    acme.bot.waitUntil(lambda: len(written(sandboxes)) == 2)


def test_another_program_that_took_the_port_gets_nothing_of_practice(
    acme: OpenDesk, sandboxes: list[Sandbox]
) -> None:
    practise(acme)
    acme.send()
    acme.wait_for_status("Delivered to the Sandbox only.")
    port = port_of(acme)
    go_back(acme)
    acme.bot.waitUntil(lambda: not is_open(port))
    with Server(answering(answer()), listener=create_server(("127.0.0.1", port))) as other:
        practise(acme)
        assert port_of(acme) != port
        acme.bot.waitUntil(lambda: len(lines(acme)) == 1)
        acme.clock.seconds_off += 35
        acme.send(category="newsletter")
        acme.bot.waitUntil(lambda: len(written(sandboxes)) == 2)
        assert other.received == []


def test_practice_left_before_it_has_opened_is_left(acme: OpenDesk, sandboxes: list[Sandbox]) -> None:
    acme.choose_project("Sandbox (practice)")
    go_back(acme)
    acme.bot.waitUntil(lambda: len(sandboxes) == 1)
    acme.bot.waitUntil(lambda: not is_open(sandboxes[0].project.base_url.port or 0))
    acme.send()
    acme.wait_for_status("✓ Delivered")
    practise(acme)
    acme.send()
    acme.wait_for_status("Delivered to the Sandbox only.")


def test_what_comes_of_a_real_consent_is_not_told_beside_practice(acme: OpenDesk) -> None:
    acme.deliver()
    practise(acme)
    with told(acme, practice=False):
        acme.clock.seconds_off += 35
    assert (acme.status, acme.errors) == ("", "")


@pytest.fixture
def refused_meanwhile(acme: OpenDesk, engagement: Sandbox) -> OpenDesk:
    """A desk at practice, while a real consent is refused."""
    engagement.misbehave(Fault.RATE_LIMIT, times=1)
    acme.send()
    acme.wait_for_status("Not sent yet")
    practise(acme)
    engagement.fault = Fault.INVALID_SECRET
    acme.clock.seconds_off += 600
    acme.bot.waitUntil(lambda: "Not accepted" in acme.errors, timeout=10_000)
    return acme


def test_a_real_error_that_came_in_practice_stays_beside_the_real_consents(
    refused_meanwhile: OpenDesk,
) -> None:
    assert refused_meanwhile.errors.startswith("✖ Not practice, a real consent: Not accepted: ")
    go_back(refused_meanwhile)
    assert refused_meanwhile.errors.startswith("✖ Not accepted: ")


@pytest.fixture
def ringing_in_practice(open_acme: OpenAcme, engagement: Sandbox, folders: Folders) -> OpenDesk:
    """A desk at practice, at which a real opt-out was contradicted in an earlier run."""
    leave_contradicted(folders, engagement)
    desk = open_acme().ready()
    wait_for_alarm(desk, "Engagement still shows consent")
    practise(desk)
    return desk


def test_a_real_alarm_rings_in_practice_and_sends_nothing_there(ringing_in_practice: OpenDesk) -> None:
    said = "This one is real, not practice: choose Acme production as the project to send it."
    assert said in alarm(ringing_in_practice)
    assert not controls.button(ringing_in_practice.window, "Record the decision again, dated now").isVisible()
    go_back(ringing_in_practice)
    assert "practice" not in alarm(ringing_in_practice)
    controls.press(ringing_in_practice.window, "Record the decision again, dated now")
    ringing_in_practice.wait_for_line("Delivered, checking", "Engagement shows the opposite")
