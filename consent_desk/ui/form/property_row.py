"""One further property in the form: its name, its type and its value."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from consent_desk.domain.consent.draft import Field, FieldKind, PropertyDraft
from consent_desk.ui.form.repair import RepairButton
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import ComboBox, Line, Note, Pasting, named
from consent_desk.ui.widgets.messages import phrase

if TYPE_CHECKING:
    from consent_desk.domain.consent.values import Repair


class PropertyRow(QWidget):
    """Emits `changed` with every change, and `remove_requested`."""

    changed = Signal()
    remove_requested = Signal()

    def __init__(self, number: int) -> None:
        super().__init__()
        self._touched = False
        self._problems: Mapping[Field, str] = {}
        self.name = Line(hint="name")
        self.kind = ComboBox()
        self.kind.addItems(list(FieldKind))
        self.value = Line(hint="value")
        self.yes_no = ComboBox()
        self.yes_no.addItems(["", "yes", "no"])
        self.yes_no.hide()
        self.remove = named(
            Button("", "x", look=Look.QUIET),
            "",
            phrase("form", "Remove property {number}").format(number=number),
            phrase("form", "Remove this property"),
        )
        self.note = Note()
        self.repair = RepairButton(
            self.value, phrase("form", "Property {number} value").format(number=number), self._mended
        )
        for combo in (self.kind, self.yes_no):
            combo.setMinimumContentsLength(8)
        for line in (self.name, self.value):
            line.setMinimumWidth(line.fontMetrics().averageCharWidth() * 8)
        for widget, what in (
            (self.name, "name"),
            (self.kind, "type"),
            (self.value, "value"),
            (self.yes_no, phrase("form", "yes or no")),
        ):
            widget.setAccessibleName(
                phrase("form", "Property {number} {what}").format(number=number, what=what)
            )
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.kind, 0, 1)
        grid.addWidget(self.value, 0, 2)
        grid.addWidget(self.yes_no, 0, 2)
        grid.addWidget(self.remove, 0, 3)
        grid.addWidget(self.note, 1, 0, 1, 4)
        grid.addWidget(self.repair, 2, 0, 1, 4)
        for column, stretch in ((0, 2), (2, 3)):
            grid.setColumnStretch(column, stretch)

    def _connect(self) -> None:
        self.kind.currentTextChanged.connect(self._follow_kind)
        self.kind.currentTextChanged.connect(self.changed)
        self.yes_no.currentTextChanged.connect(self.changed)
        self.name.textChanged.connect(self.changed)
        self.value.textChanged.connect(self.changed)
        self.value.editingFinished.connect(self.touch)
        Pasting(self.value).pasted.connect(self.repair.point)
        self.remove.clicked.connect(self.remove_requested)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What can be used, in reading order."""
        return (self.name, self.kind, self.value, self.yes_no, self.repair, self.remove)

    def draft(self) -> PropertyDraft:
        """The property as text."""
        kind = self.kind.currentText()
        value = self.yes_no.currentText() if kind == FieldKind.YES_NO else self.value.text()
        return PropertyDraft(self.name.text(), kind, value)

    def fill(self, draft: PropertyDraft) -> None:
        """Show `draft`, with no way back to what stood there before."""
        self.name.setText(draft.name)
        self.kind.setCurrentText(draft.kind)
        is_choice = draft.kind == FieldKind.YES_NO
        self.yes_no.setCurrentText(draft.value if is_choice else "")
        self.value.setText("" if is_choice else draft.value)
        self._touched = False

    def show_problems(self, problems: Mapping[Field, str]) -> None:
        """Say what is wrong; of what is missing only when the row was left."""
        self._problems = problems
        typed = {Field.PROPERTY_NAME: self.name.text(), Field.PROPERTY_VALUE: self.draft().value}
        shown = [text for field, text in problems.items() if self._touched or typed[field]]
        if shown:
            self.note.show_problem(shown[0])
        else:
            self.note.show_remark("")
        self.repair.offer()
        self.name.setAccessibleDescription(problems.get(Field.PROPERTY_NAME, ""))
        for value in (self.value, self.yes_no):
            value.setAccessibleDescription(problems.get(Field.PROPERTY_VALUE, ""))

    def touch(self) -> None:
        """From now on say also what is missing."""
        self._touched = True
        self.show_problems(self._problems)

    def _mended(self, text: str) -> "Repair | None":
        # Loaded with the first one that is needed.
        from consent_desk.domain.consent.values import repair_of_wording

        return repair_of_wording(text) if self.kind.currentText() == FieldKind.TEXT else None

    def control(self, field: Field) -> QWidget:
        """Where `field` is entered."""
        if field is Field.PROPERTY_NAME:
            return self.name
        return self.yes_no if self.kind.currentText() == FieldKind.YES_NO else self.value

    def _follow_kind(self, kind: str) -> None:
        self.yes_no.setVisible(kind == FieldKind.YES_NO)
        self.value.setVisible(kind != FieldKind.YES_NO)
