"""Every control is found by its name, and every label leads to its field."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from consent_desk.domain.wire.project import ProjectDraft
from consent_desk.ui.project.settings_dialog import ProjectDialog
from consent_desk.ui.recovery.backups_dialog import BackupsDialog
from consent_desk.ui.widgets.tones import Tone
from tests.ui import controls
from tests.ui.desks import OpenDesk

MAIN_WINDOW = (
    *("Project", "Project settings", "Customer ID type", "Customer ID", "Opt out (reject)"),
    *("Categories", "Opt in (accept)", "Valid until", "Taken at", "Channel", "Ticket", "Send"),
    *("Wording read out", "All categories", "Other category ID", "Previous request", "Next request"),
    *("Explained by", "No correction", "Correct"),
    *("Request URL", "Authorization header", "Other headers", "Request body", "As sent", "Copy", "Filter"),
    *("Response log", "Response details", "Receipt", "Status"),
    *(
        "Days and outcome",
        "Show all",
        "Show what needs you",
        "Show what waits",
        "Technical details",
        "Send again",
    ),
    *("Cancel this", "Discard", "Reason", "Record again, dated now", "Dismiss alarm", "Proof"),
    *("Refresh categories", "Saved wordings", "More details", "Agent", "Add property"),
)
PROJECT_SETTINGS = (
    *("Project name", "Base URL", "Project token", "API key ID", "API secret", "Customer ID types"),
    *("Default category", "Default channel", "Project kind", "Project colour"),
    *("Check connection", "Connection report", "Save", "Cancel", "Remove project"),
)
READING_ORDER = (
    *("Project", "Project settings", "Filter", "Show request", "More"),
    *("Customer ID type", "Customer ID", "All categories", "Refresh categories"),
    *("SMS marketing", "Opt in (accept)", "Valid until", "Ticket", "More details", "Send"),
    *("As sent", "Copy"),
    *("Days and outcome", "Show all", "Response log"),
)
REQUEST = {"Request URL", "Authorization header", "Other headers", "Request body"}
"""Out of Tab's way until one of them is chosen: tests/ui/request/test_panel.py."""

POPUP = {"Date filter", "Outcome filter"}
"""In a window of their own, which opens at the first of them."""

SETTINGS_ORDER = (
    *("Project name", "Project kind", "Project colour", "Base URL", "Project token", "API key ID"),
    *("API secret", "Customer ID types", "Default category", "Default channel"),
    *("Remove project", "Cancel", "Check connection", "Save"),
)


@pytest.fixture
def settings(acme: OpenDesk) -> ProjectDialog:
    dialog = ProjectDialog(acme.window, ProjectDraft(), kept="", can_remove=True)
    dialog.show()
    acme.bot.waitUntil(dialog.isActiveWindow)
    return dialog


def labels(window: QWidget) -> list[QLabel]:
    return [label for label in window.findChildren(QLabel) if label.buddy() is not None]


def unread(window: QWidget) -> list[str]:
    """The labels whose name is all that a screen reader is told of them."""
    named = [label for label in window.findChildren(QLabel) if label.accessibleName()]
    return [label.accessibleName() for label in named if label.text() and not label.accessibleDescription()]


def mnemonics(window: QWidget) -> list[str]:
    texts = [label.text() for label in labels(window)]
    texts += [button.text() for button in window.findChildren(QAbstractButton)]
    return [found.lower() for text in texts for found in re.findall("&(.)", text.replace("&&", ""))]


def tab_through(window: QWidget) -> list[str]:
    """The names of what Tab leads to, from what has the focus on, once around."""
    names: list[str] = []
    while (name := controls.focused_name(window)) not in names:
        names.append(name)
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_Tab)
    return names


def read_through(window: QWidget) -> Iterator[str]:
    """The names of all that is in view, as assistive technology comes upon it."""
    seen = QAccessible.queryAccessibleInterface(window)
    for at in range(seen.childCount()):
        inside = seen.child(at).object()
        if isinstance(inside, QWidget) and inside.isVisible():
            yield inside.accessibleName()
            yield from read_through(inside)


def test_each_name_is_borne_by_one_control_of_its_window(acme: OpenDesk, settings: ProjectDialog) -> None:
    mine = Counter(widget.accessibleName() for widget in settings.findChildren(QWidget))
    names = Counter(widget.accessibleName() for widget in acme.window.findChildren(QWidget)) - mine
    assert {name: names[name] for name in MAIN_WINDOW} == dict.fromkeys(MAIN_WINDOW, 1)
    assert {name: mine[name] for name in PROJECT_SETTINGS} == dict.fromkeys(PROJECT_SETTINGS, 1)


def test_each_field_has_a_label_with_a_mnemonic_of_its_own(acme: OpenDesk, settings: ProjectDialog) -> None:
    in_settings = {label.buddy().accessibleName(): label.text() for label in labels(settings)}
    settings.reject()
    in_window = {label.buddy().accessibleName(): label.text() for label in labels(acme.window)}
    named = {
        name
        for name in MAIN_WINDOW
        if isinstance(controls.named(acme.window, name, QWidget), QComboBox | QLineEdit | QPlainTextEdit)
        and name not in {"Response details", "Receipt", "Project", "Filter", "Reason"}
    }
    # What a request is made of is chosen with Ctrl+2, or by its names; the project is no field of the call.
    without = REQUEST | POPUP | {"Project"}
    for found, wanted in ((in_settings, {*PROJECT_SETTINGS[:10]}), (in_window, named)):
        assert found.keys() >= wanted
        assert {name for name, text in found.items() if "&" not in text} <= without


def test_no_mnemonic_is_given_twice_in_one_window(acme: OpenDesk, settings: ProjectDialog) -> None:
    mine = Counter(mnemonics(settings))
    for found in (mine, Counter(mnemonics(acme.window)) - mine):
        assert found
        assert [letter for letter, count in found.items() if count > 1] == []


def test_tab_goes_through_the_window_as_one_reads_it(acme: OpenDesk) -> None:
    controls.button(acme.window, "Opt in (accept)").click()
    controls.combo(acme.window, "Project").setFocus()
    assert tab_through(acme.window) == [*READING_ORDER]


def test_assistive_technology_finds_everything_in_the_order_of_tab(acme: OpenDesk) -> None:
    controls.button(acme.window, "Opt in (accept)").click()
    found = [name for name in read_through(acme.window) if name in READING_ORDER]
    assert found == [*READING_ORDER]


def test_tab_goes_through_the_settings_as_one_reads_them(settings: ProjectDialog) -> None:
    controls.line(settings, "Project name").setFocus()
    assert tab_through(settings) == [*SETTINGS_ORDER]


def test_tab_leads_to_the_chosen_action_and_changes_nothing(acme: OpenDesk) -> None:
    controls.button(acme.window, "Opt in (accept)").click()
    acme.window.consent.customer_id.setFocus()
    acme.key(Qt.Key.Key_Tab)
    while not controls.focused_name(acme.window).startswith("Opt "):
        acme.key(Qt.Key.Key_Tab)
    assert controls.focused_name(acme.window) == "Opt in (accept)"
    assert controls.button(acme.window, "Opt in (accept)").isChecked()


def test_a_mnemonic_leads_out_of_a_field_whose_completions_are_open(acme: OpenDesk) -> None:
    acme.window.consent.more.toggle.setChecked(True)
    acme.window.consent.channel.line.setFocus()
    QTest.keyClicks(acme.window.consent.channel.line, "ph")
    assert QApplication.activePopupWidget() is not None
    acme.key(Qt.Key.Key_W, Qt.KeyboardModifier.AltModifier)
    acme.key(Qt.Key.Key_X)
    assert controls.raw_text(acme.window, "Wording read out") == "x"
    assert controls.line(acme.window, "Channel").text() == "ph"


def test_what_the_status_says_is_told_to_assistive_technology(acme: OpenDesk) -> None:
    acme.deliver()
    acme.window.status.show_message("any", Tone.WARNING, "Something happened.")
    assert controls.named(acme.window, "Status", QLabel).accessibleDescription() == acme.errors.strip()
    text = QAccessible.queryAccessibleInterface(controls.long_text(acme.window, "Receipt"))
    assert text.textInterface().text(0, text.textInterface().characterCount()) == acme.receipt
    assert text.state().readOnly


def test_a_label_with_a_name_of_its_own_is_described_by_its_text(
    acme: OpenDesk, settings: ProjectDialog
) -> None:
    settings.show_message("Saving…")
    backups = BackupsDialog(acme.window)
    backups.show_message("No backups were found.")
    acme.fill()
    assert unread(acme.window) == []
