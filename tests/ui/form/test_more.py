"""What is recorded besides: the agent and further properties."""

import json

import pytest
from PySide6.QtCore import Qt

from consent_desk.domain.consent.draft import FieldKind, PropertyDraft
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.form.more import PropertyRow
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk


def open_more(desk: OpenDesk) -> None:
    toggle = controls.button(desk.window, "More details")
    if not toggle.isChecked():
        toggle.click()


def add_property(desk: OpenDesk, name: str, kind: FieldKind, value: str) -> None:
    open_more(desk)
    controls.button(desk.window, "Add property").click()
    number = len(desk.window.consent.more.properties())
    controls.write(desk.window, f"Property {number} name", name)
    controls.combo(desk.window, f"Property {number} type").setCurrentText(kind)
    if kind is FieldKind.YES_NO:
        controls.combo(desk.window, f"Property {number} yes or no").setCurrentText(value)
    else:
        controls.write(desk.window, f"Property {number} value", value)


def previewed(desk: OpenDesk) -> dict[str, object]:
    body = controls.raw_text(desk.window, "Request body")
    properties: dict[str, object] = json.loads(body)["properties"]
    return properties


def agent(desk: OpenDesk) -> str:
    return controls.line(desk.window, "Agent").text()


@pytest.fixture
def adas(open_acme: OpenAcme) -> OpenDesk:
    """A real project in use on Ada Lovelace's account."""
    desk = open_acme(agent="Ada Lovelace").ready()
    desk.wait_for_categories()
    desk.bot.waitUntil(lambda: agent(desk) == "Ada Lovelace")
    return desk


def test_closed_it_takes_one_line_and_still_says_what_goes_out(adas: OpenDesk) -> None:
    assert not controls.line(adas.window, "Agent").isVisible()
    assert controls.button(adas.window, "More details").text() == "Now · Ada Lovelace"
    assert controls.button(adas.window, "More details").accessibleDescription() == "Now · Ada Lovelace"
    adas.window.consent.more.toggle.setFocus()
    adas.key(Qt.Key.Key_Space)
    adas.bot.waitUntil(controls.line(adas.window, "Agent").isVisible)


def test_whether_it_is_open_is_remembered(acme: OpenDesk, open_desk: OpenOne, keyring: MemoryKeyring) -> None:
    open_more(acme)
    acme.window.close()
    assert open_desk(keyring).window.consent.more.toggle.isChecked()


def test_the_agent_goes_out_and_stays_for_the_next_caller(adas: OpenDesk, engagement: Sandbox) -> None:
    adas.fill()
    assert previewed(adas)["desk_agent"] == "Ada Lovelace"
    controls.press(adas.window, "Send")
    adas.wait_for_status("Delivered")
    assert b'"desk_agent":"Ada Lovelace"' in b"".join(one.body for one in engagement.received)
    assert agent(adas) == "Ada Lovelace"


@pytest.mark.parametrize("name", ["Grace Hopper", ""])
def test_a_changed_agent_is_there_at_the_next_start(
    adas: OpenDesk, open_desk: OpenOne, keyring: MemoryKeyring, name: str
) -> None:
    open_more(adas)
    controls.write(adas.window, "Agent", name)
    adas.window.close()
    again = open_desk(keyring, agent="Ada Lovelace").ready()
    assert agent(again) == name


def test_in_practice_the_agent_begins_empty_and_is_not_kept(adas: OpenDesk) -> None:
    adas.window.project_bar.requested.emit("sandbox")
    assert agent(adas) == ""
    controls.write(adas.window, "Agent", "Somebody")
    adas.choose_project("Acme production")
    adas.bot.waitUntil(lambda: agent(adas) == "Ada Lovelace")


def test_the_tutorials_event_is_the_tutorials(open_desk: OpenOne) -> None:
    desk = open_desk(agent="Ada Lovelace").ready()
    desk.wait_for_categories()
    assert list(previewed(desk)) == ["action", "category", "desk_request_id"]


def test_properties_are_previewed_typed_and_sent(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.fill()
    add_property(acme, "shop", FieldKind.TEXT, "Wien 1")
    add_property(acme, "rating", FieldKind.NUMBER, "3.0")
    add_property(acme, "recorded", FieldKind.YES_NO, "no")
    shown = previewed(acme)
    assert [shown[name] for name in ("shop", "rating", "recorded")] == ["Wien 1", 3.0, False]
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    bodies = b"".join(one.body for one in engagement.received)
    assert b'"shop":"Wien 1","rating":3.0,"recorded":false}' in bodies


def test_nothing_of_one_callers_properties_reaches_the_next(acme: OpenDesk) -> None:
    acme.fill()
    add_property(acme, "shop", FieldKind.TEXT, "Wien 1")
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    assert acme.window.consent.more.properties() == ()
    controls.button(acme.window, "Add property").click()
    line = controls.line(acme.window, "Property 1 value")
    line.undo()
    assert acme.window.consent.more.properties() == (PropertyDraft(),)


def test_a_removed_property_is_gone_and_the_others_move_up(acme: OpenDesk) -> None:
    add_property(acme, "shop", FieldKind.TEXT, "Wien")
    add_property(acme, "rating", FieldKind.NUMBER, "5")
    controls.button(acme.window, "Remove property 1").click()
    assert acme.window.consent.more.properties() == (PropertyDraft("rating", FieldKind.NUMBER, "5"),)
    assert controls.focused_name(acme.window) == "Property 1 name"


def test_a_problem_stands_beside_its_property(acme: OpenDesk) -> None:
    add_property(acme, "shop", FieldKind.TEXT, "Wien")
    add_property(acme, "rating", FieldKind.NUMBER, "3,5")
    rows = acme.window.consent.more.findChildren(PropertyRow)
    assert "Write 3.5" in rows[1].note.text()
    assert not rows[0].note.isVisible()
    assert "Write 3.5" in controls.line(acme.window, "Property 2 value").accessibleDescription()


def test_send_goes_to_the_property_that_has_a_problem_and_sends_nothing(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    acme.fill()
    add_property(acme, "shop", FieldKind.TEXT, "")
    controls.button(acme.window, "More details").click()
    before = len(engagement.received)
    controls.press(acme.window, "Send")
    assert controls.focused_name(acme.window) == "Property 1 value"
    assert acme.window.consent.more.findChildren(PropertyRow)[0].note.isVisible()
    assert len(engagement.received) == before


def test_tab_goes_through_the_properties_as_one_reads_them(acme: OpenDesk) -> None:
    add_property(acme, "shop", FieldKind.TEXT, "Wien")
    add_property(acme, "recorded", FieldKind.YES_NO, "yes")
    controls.line(acme.window, "Agent").setFocus()
    names = []
    for _ in range(10):
        names.append(controls.focused_name(acme.window))
        acme.key(Qt.Key.Key_Tab)
    assert names == [
        *("Agent", "Property 1 name", "Property 1 type", "Property 1 value", "Remove property 1"),
        *("Property 2 name", "Property 2 type", "Property 2 yes or no", "Remove property 2", "Add property"),
    ]
