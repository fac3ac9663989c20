"""A megabyte into any field: no more of it is taken in than a field can bear, and the field says so."""

from collections.abc import Iterable, Iterator
from time import monotonic

from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QPlainTextEdit, QWidget

from consent_desk.domain.consent.draft import PropertyDraft
from consent_desk.ui.project.settings_dialog import ProjectDialog
from consent_desk.ui.widgets.inputs import LONGEST, Line, WordingField
from tests.ui import controls
from tests.ui.desks import OpenDesk

MEGABYTES = {
    "words": "these are words " * 62_500,
    "one run": "x" * 1_000_000,
    "combining marks": "\u0301" * 1_000_000,
    "spaces": " " * 1_000_000,
    "digits": "0123456789" * 100_000,
    "like base64": "QUJD/+9z" * 125_000,
    "emoji": "\U0001f600" * 250_000,
    "open isolates": "\u2067a" * 500_000,
    "address": "https://" + "a@b." * 250_000,
    "wrapped": "<" * 500_000 + ">" * 500_000,
}
PATIENCE = 10.0
"""Seconds for which the window may stand after a megabyte was pasted."""

LOOKED_AT = {"Customer ID", "Category", "Wording read out"}
"""Whose text is searched for more than its length."""

MARK = 60
"""Characters, at most, of what says that a text was cut."""


def fields(window: QWidget) -> Iterator[QLineEdit | QPlainTextEdit]:
    """Every field that a person types into."""
    for kind in (QLineEdit, QPlainTextEdit):
        for edit in window.findChildren(kind):
            assert isinstance(edit, QLineEdit | QPlainTextEdit)
            of_dialog = edit.window() is not window
            # A reason is asked for in a row that comes with the question.
            is_asked = edit.isVisibleTo(window)
            if is_asked and not (edit.isReadOnly() or of_dialog):
                yield edit


def name_of(edit: QWidget) -> str:
    """Its accessible name, or that of the combo box around it."""
    around = edit.parentWidget()
    return edit.accessibleName() or (around.accessibleName() if around is not None else "")


def text_of(edit: QLineEdit | QPlainTextEdit) -> str:
    return edit.text() if isinstance(edit, QLineEdit) else edit.toPlainText()


def paste_into(edits: Iterable[QLineEdit | QPlainTextEdit], window: QWidget, kind: str) -> int:
    QApplication.clipboard().setText(MEGABYTES[kind])
    count = 0
    for edit in edits:
        edit.selectAll()
        before = monotonic()
        edit.paste()
        QApplication.processEvents()
        if kind == "one run":
            window.grab()
        assert monotonic() - before < PATIENCE
        assert len(text_of(edit)) <= LONGEST + MARK
        assert "(cut here" in text_of(edit)
        edit.clear()
        count += 1
    return count


def test_every_field_is_one_that_knows_how_much_it_bears(acme: OpenDesk) -> None:
    acme.window.consent.more.show_properties((PropertyDraft("store"),))
    controls.press(acme.window, "Project settings")
    dialog = next(one for one in acme.window.findChildren(ProjectDialog) if one.isVisible())
    for window in (acme.window, dialog):
        assert all(isinstance(edit, Line | WordingField) for edit in fields(window))


def test_no_field_of_the_window_takes_a_megabyte_in(acme: OpenDesk) -> None:
    form = acme.window.consent
    controls.button(acme.window, "Opt in (accept)").click()
    controls.button(acme.window, "More details").click()
    form.more.show_properties((PropertyDraft("store"),))
    form.show_basis(True)
    acme.fill()
    assert paste_into(fields(acme.window), acme.window, "one run") == 12
    for kind in MEGABYTES:
        looked_at = [edit for edit in fields(acme.window) if name_of(edit) in LOOKED_AT]
        assert paste_into(looked_at, acme.window, kind) == len(LOOKED_AT)
    assert controls.cells(acme.window, 0) == []


def test_a_wording_takes_no_more_in_for_being_pasted_twice(acme: OpenDesk) -> None:
    wording = controls.long_text(acme.window, "Wording read out")
    QApplication.clipboard().setText(MEGABYTES["one run"])
    for _ in range(3):
        wording.paste()
    assert len(text_of(wording)) <= LONGEST + 3 * MARK


def test_no_field_of_the_settings_takes_a_megabyte_in(acme: OpenDesk) -> None:
    controls.press(acme.window, "Project settings")
    dialog = next(one for one in acme.window.findChildren(QDialog) if one.isVisible())
    for kind in ("one run", "address"):
        assert paste_into(fields(dialog), dialog, kind) == 8
