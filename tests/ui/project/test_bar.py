"""The left of the top bar: which project it is, and what is to be done about its key."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from consent_desk.domain.wire.project import PROJECT_COLOURS, Profile, ProjectKind
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.project.bar import ProjectBar, Repair
from consent_desk.ui.project.marks import Mark
from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.tones import Tone
from tests.ui import controls, desks
from tests.ui.conftest import OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, keep, real

ACME = Mark("Acme production", "blue", ProjectKind.PRODUCTION)
STAGING = Mark("Acme staging", "violet", ProjectKind.TEST)


@pytest.fixture
def bar(qtbot: QtBot) -> ProjectBar:
    made = ProjectBar()
    qtbot.addWidget(made)
    made.complete()
    made.resize(700, 40)
    made.show()
    return made


def ring(bar: ProjectBar, index: int) -> set[str]:
    """The colours of the sign before a project's name."""
    image = bar.project.itemIcon(index).pixmap(32, 32).toImage()
    places = ((x, y) for x in range(32) for y in range(32))
    pixels = (image.pixelColor(*place) for place in places)
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


def test_each_project_has_a_ring_of_its_colour_and_a_test_says_so(bar: ProjectBar) -> None:
    bar.show_projects({"a": ACME, "b": STAGING}, "b", only=False)
    assert [bar.project.itemText(index) for index in range(2)] == ["Acme production", "Acme staging (test)"]
    assert current().project_blue in ring(bar, 0)
    assert current().project_violet in ring(bar, 1)
    assert bar.project.currentText() == "Acme staging (test)"


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_A])
def test_a_key_chooses_no_other_project_but_opens_the_list(
    bar: ProjectBar, qtbot: QtBot, key: Qt.Key
) -> None:
    bar.show_projects({"a": ACME, "b": STAGING}, "a", only=False)
    asked: list[str] = []
    bar.requested.connect(asked.append)
    QTest.keyClick(bar.project, key)
    qtbot.waitUntil(bar.project.view().isVisible)
    assert (asked, bar.project.currentIndex()) == ([], 0)
    bar.project.hidePopup()


def test_a_state_offers_what_can_be_done_about_it_right_beside(bar: ProjectBar, qtbot: QtBot) -> None:
    assert not bar.repair.isVisible()
    for repair in Repair:
        bar.show_state(Tone.BAD, "refused", repair=repair)
        assert bar.repair.isVisible()
        assert bar.repair.text() == str(repair.value)
        assert bar.repair.accessibleName() == str(repair.value).removesuffix("…")
        with qtbot.waitSignal(bar.repair_requested, check_params_cb=repair.__eq__):
            bar.repair.click()
    bar.show_state(Tone.QUIET, "key works")
    assert not bar.repair.isVisible()


def test_a_long_state_is_cut_and_told_in_full(bar: ProjectBar) -> None:
    text = "The keyring is locked. " * 20
    bar.show_state(Tone.BAD, text, repair=Repair.READ_AGAIN)
    assert bar.width() == 700
    assert bar.repair.geometry().right() <= 700
    assert text.strip() in bar.state.accessibleDescription()
    assert bar.state.toolTip().startswith("<p>")


def test_what_is_to_be_done_comes_before_the_host(bar: ProjectBar) -> None:
    bar.show_host("api.exponea.com")
    assert bar.host.isVisible()
    bar.show_state(Tone.BAD, "refused", repair=Repair.ENTER_KEY)
    assert not bar.host.isVisible()
    bar.show_state(Tone.QUIET, "key works")
    assert bar.host.isVisible()
    bar.resize(200, 40)
    assert not bar.host.isVisible()


# ------------------------------------------------------------------------------- how projects are told apart


@pytest.fixture
def several(open_desk: OpenOne, folders: Folders, keyring: MemoryKeyring, engagement: Sandbox) -> OpenDesk:
    """A desk with a production and a test project."""
    staging = Profile(kind=ProjectKind.TEST)
    keep(folders, keyring, real(engagement), real(engagement, id="b", name="Staging", profile=staging))
    return open_desk(keyring).ready()


def test_projects_have_to_be_named_where_there_are_several(several: OpenDesk) -> None:
    marks = several.application._projects.marks
    assert marks.several
    first, second = marks.all.values()
    assert (first.text, second.text) == ("Acme production", "Staging (test)")
    assert first.colour != second.colour
    assert {first.colour, second.colour} < {*PROJECT_COLOURS}
    dialog = several.open_settings()
    several.person.answer = 1
    with several.bot.waitSignal(marks.changed):
        controls.press(dialog, "Remove project")
    assert [*marks.all] == ["b"]
    assert marks.of("b") == second
    assert marks.of(desks.ACME) is None


def second_line(desk: OpenDesk) -> str:
    """What Send says below, to everybody."""
    send = desk.window.consent.send
    assert send.second in send.accessibleDescription()
    return send.second


def test_send_and_every_line_name_the_project_where_there_are_several(several: OpenDesk) -> None:
    assert second_line(several) == "Acme production"
    several.choose_project("Staging (test)")
    several.wait_ready()
    several.wait_for_categories()
    assert second_line(several) == "Staging (test)"
    several.send()
    several.wait_for_line("Delivered, checking")
    assert "Staging" in several.window.log.model.words.sentence(several.window.log.model.look_at(0))
    several.practise()
    assert second_line(several) == ""


def test_one_project_alone_is_named_nowhere(acme: OpenDesk) -> None:
    assert second_line(acme) == ""
    acme.send()
    acme.wait_for_line("Delivered, checking")
    assert "Acme" not in acme.window.log.model.words.sentence(acme.window.log.model.look_at(0))


def test_practice_has_no_mark(demo: OpenDesk) -> None:
    marks = demo.application._projects.marks
    assert not marks.several
    assert dict(marks.all) == {}
