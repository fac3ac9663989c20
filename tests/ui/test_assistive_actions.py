"""What assistive technology sets works: it changes a control's state, and clicks at nothing."""

from pathlib import Path

from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

import consent_desk
from consent_desk.ui.form.category_rows import CategoryBox
from tests.ui import controls
from tests.ui.conftest import OpenAcme
from tests.ui.desks import OpenDesk

UI = Path(consent_desk.__file__).parent / "ui"


def interface(widget: QWidget) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(widget)
    assert found is not None
    return found


def act(target: QAccessibleInterface, name: str) -> None:
    action = target.actionInterface()
    assert action is not None
    assert name in action.actionNames()
    action.doAction(name)


def toggle(desk: OpenDesk, name: str) -> None:
    act(interface(controls.named(desk.window, name, QWidget)), "Toggle")


def put(line: QLineEdit, text: str) -> None:
    """Put `text` into a line as assistive technology does."""
    editable = interface(line).editableTextInterface()
    assert editable is not None
    editable.replaceText(0, len(line.text()), text)


def test_all_categories_are_ticked_and_sent(acme: OpenDesk) -> None:
    acme.fill()
    toggle(acme, "All categories")
    assert acme.window.consent.draft().categories == ("sms_marketing", "newsletter")
    toggle(acme, "All categories")
    assert controls.chosen(acme.window) == ()
    toggle(acme, "All categories")
    controls.press(acme.window, "Send")
    acme.wait_for_status("2 delivered")


def test_a_category_is_a_check_box_that_is_ticked_and_says_so(acme: OpenDesk) -> None:
    acme.fill()
    newsletter = interface(controls.boxes(acme.window)[1])
    assert newsletter.role() is QAccessible.Role.CheckBox
    assert newsletter.text(QAccessible.Text.Name) == "Newsletter"
    assert "ID newsletter" in newsletter.text(QAccessible.Text.Description)
    assert not newsletter.state().checked
    act(newsletter, "Toggle")
    assert newsletter.state().checked
    assert acme.window.consent.draft().categories == ("sms_marketing", "newsletter")
    assert controls.button(acme.window, "All categories").isChecked()
    act(newsletter, "Toggle")
    assert controls.chosen(acme.window) == ("sms_marketing",)
    assert not controls.button(acme.window, "All categories").isChecked()


def test_the_categories_are_one_group(acme: OpenDesk) -> None:
    group = interface(controls.named(acme.window, "Categories", QWidget))
    assert group.role() is QAccessible.Role.Grouping
    names = [group.child(at).text(QAccessible.Text.Name) for at in range(group.childCount())]
    assert names == ["SMS marketing", "Newsletter"]


def test_the_categories_are_kept_for_the_next_caller(acme: OpenDesk) -> None:
    toggle(acme, "Keep for this shift")
    acme.deliver()
    assert controls.chosen(acme.window) == ("sms_marketing",)


def test_opting_in_is_chosen(acme: OpenDesk) -> None:
    acme.fill()
    toggle(acme, "Opt in (accept)")
    assert acme.window.consent.draft().action == "accept"
    assert controls.named(acme.window, "Valid until", QWidget).isVisible()
    toggle(acme, "Opt out (reject)")
    assert acme.window.consent.draft().action == "reject"


def test_the_preview_is_shown_as_it_is_sent(acme: OpenDesk) -> None:
    acme.fill()
    before = controls.raw_text(acme.window, "Request body")
    name = acme.window.preview.as_sent.accessibleName() or acme.window.preview.as_sent.text()
    act(interface(acme.window.preview.as_sent), "Toggle")
    assert controls.raw_text(acme.window, "Request body") != before, name


def test_more_details_open(acme: OpenDesk) -> None:
    is_open = acme.window.consent.more.agent.isVisible()
    act(interface(acme.window.consent.more.toggle), "Toggle")
    assert acme.window.consent.more.agent.isVisible() is not is_open


def test_only_what_needs_somebody_is_shown(acme: OpenDesk) -> None:
    acme.send()
    acme.wait_for_line("Delivered, checking")
    toggle(acme, "Show what needs you")
    acme.wait_for_line()
    toggle(acme, "Show what waits")
    acme.wait_for_line("Delivered, checking")
    toggle(acme, "Show all")
    acme.wait_for_line("Delivered, checking")


def test_technical_details_open(acme: OpenDesk) -> None:
    acme.send()
    acme.wait_for_line("Delivered, checking")
    toggle(acme, "Technical details")
    assert acme.window.log.details.isVisible()


def test_each_control_that_can_be_toggled_hears_its_state_and_no_click(acme: OpenDesk) -> None:
    """The others of this file say what comes of it: here none is forgotten."""
    tried = {
        *("All categories", "Keep for this shift", "Opt in (accept)", "Opt out (reject)", "As sent"),
        *("More details", "Show request", "Show all", "Show what waits", "Show what needs you"),
        "Technical details",
    }
    checkable = {
        (one.accessibleName() or one.text()).replace("&", "")
        for one in acme.window.findChildren(QAbstractButton)
        if one.isCheckable() and not isinstance(one, CategoryBox)
    }
    assert checkable <= tried


def test_what_is_put_into_a_field_is_kept_as_if_it_were_typed(open_acme: OpenAcme) -> None:
    first = open_acme(agent="Ada Lovelace").ready()
    agent = controls.line(first.window, "Agent")
    first.bot.waitUntil(lambda: agent.text() == "Ada Lovelace")
    put(agent, "Grace Hopper")
    first.window.close()
    again = open_acme(agent="Ada Lovelace").ready()
    assert controls.line(again.window, "Agent").text() == "Grace Hopper"


def test_what_is_put_into_a_field_and_taken_out_again_is_missed(acme: OpenDesk) -> None:
    line = controls.line(acme.window, "Customer ID")
    line.setFocus()
    put(line, "jane@example.com")
    acme.bot.waitUntil(lambda: "registered" in acme.window.consent.draft().customer_id_type)
    put(line, "")
    controls.line(acme.window, "Ticket").setFocus()
    assert acme.window.consent.notes.note(acme.window.consent.notes.problems[0].field).isVisible()


def test_a_category_put_into_the_field_is_one_of_them(acme: OpenDesk) -> None:
    acme.fill()
    put(controls.line(acme.window, "Other category ID"), "other")
    draft = acme.window.consent.draft()
    assert (draft.category, draft.categories) == ("other", ("other", "sms_marketing"))


def test_nothing_listens_to_what_only_a_hand_types() -> None:
    assert [path.name for path in UI.rglob("*.py") if "textEdited" in path.read_text()] == []
