"""What stays beside a project, and what takes it away: heard from answers, on whatever thread."""

from threading import Thread

import pytest
from PySide6.QtCore import Qt

from consent_desk.domain.message import say
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import (
    PreparedRequest,
    prepare_categories,
    prepare_event,
    prepare_system_time,
)
from consent_desk.engagement.calls import Heard
from consent_desk.sandbox.server import Sandbox
from tests.ui.desks import OpenDesk, real

WRONG, MISSING = (
    say("tests", "this desk's key is wrong"),
    say("tests", "this desk's key may not record consents"),
)


@pytest.fixture
def project(engagement: Sandbox) -> Project:
    return real(engagement)


def hear(desk: OpenDesk, *told: Heard) -> None:
    """Let another thread hear this, and wait until the window has."""
    troubles = desk.application._projects.troubles

    def tell() -> None:
        for one in told:
            troubles.hear(one)

    with desk.bot.waitSignals([troubles._heard] * len(told)):
        thread = Thread(target=tell)
        thread.start()
    thread.join()


def event(project: Project) -> PreparedRequest:
    return prepare_event(project, b"{}")


def test_a_missing_permission_stays_although_other_calls_work(acme: OpenDesk, project: Project) -> None:
    hear(acme, Heard(event(project), MISSING), Heard(prepare_categories(project)))
    assert acme.state.endswith(": this desk's key may not record consents")
    hear(acme, Heard(event(project)))
    assert "refused" not in acme.state


def test_a_wrong_key_is_forgotten_as_soon_as_any_call_works(acme: OpenDesk, project: Project) -> None:
    hear(acme, Heard(event(project), WRONG, whole=True))
    assert acme.state.startswith("✖ refused at ")
    hear(acme, Heard(prepare_system_time(project)))
    assert "refused" not in acme.state


def test_the_last_of_several_troubles_is_shown_and_the_rest_stays(acme: OpenDesk, project: Project) -> None:
    categories = prepare_categories(project)
    hear(acme, Heard(event(project), MISSING), Heard(categories, WRONG, whole=True))
    assert acme.state.endswith(": this desk's key is wrong")
    hear(acme, Heard(categories))
    assert acme.state.endswith(": this desk's key may not record consents")


def test_another_key_for_the_same_address_says_nothing_of_this_one(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    before = acme.state
    hear(acme, Heard(event(real(engagement, key_id="another")), WRONG, whole=True))
    assert acme.state == before


def test_practice_shows_no_trouble_of_a_real_project(acme: OpenDesk, project: Project) -> None:
    hear(acme, Heard(event(project), WRONG, whole=True))
    acme.practise()
    assert acme.state == "◆ simulated on this computer"
    hear(acme, Heard(event(project), MISSING))
    assert acme.state == "◆ simulated on this computer"
    acme.choose_project("Acme production")
    assert acme.state.endswith(": this desk's key may not record consents")


def test_while_somebody_presents_it_names_no_host(acme: OpenDesk, project: Project) -> None:
    elsewhere = say("tests", "it leads to {host}").format(host="intranet.acme.example")
    hear(acme, Heard(event(project), elsewhere, whole=True))
    assert acme.state.endswith("it leads to intranet.acme.example")
    acme.key(Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    acme.wait_for_state("it leads to masked")
    hear(acme, Heard(event(project), elsewhere, whole=True))
    assert "intranet" not in acme.state
