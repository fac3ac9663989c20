"""What is recorded besides and seldom changed: when, how, by whom, and further properties. Folded, a line."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.domain.consent.draft import HOW_TAKEN_AT, NOW, Field, FieldKind, Problem, PropertyDraft
from consent_desk.domain.text import visible
from consent_desk.ui.form.field import NoteLine, labelled
from consent_desk.ui.form.notes import RepairButton
from consent_desk.ui.theme.fonts import scaled
from consent_desk.ui.theme.tokens import is_high_contrast
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import ComboBox, Line, Note, Pasting, TypingComboBox, button, named
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render, tool_tip

if TYPE_CHECKING:
    from consent_desk.domain.consent.values import Repair


CHANNELS = ("phone", "e-mail", "chat", "letter", "in person")

_SHOWN = 60
_LEAST = 110
"""Pixels of what says what is folded."""


class FoldButton(Button):
    """The line that says what is folded below it, and unfolds it."""

    def __init__(self) -> None:
        super().__init__(sign="chevron-right", look=Look.QUIET)
        named(self, "", phrase("form", "More details"))
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.toggled.connect(
            lambda is_open: self.show_as(sign="chevron-down" if is_open else "chevron-right")
        )

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        # Its text is cut before the card scrolls to the side; the system's style would cut it at both ends.
        return least if is_high_contrast() else QSize(min(scaled(_LEAST), least.width()), least.height())

    def show_summary(self, text: str) -> None:
        """Say what stands in the fold."""
        self.setText(text.replace("&", "&&"))
        self.setAccessibleDescription(text)
        tip = phrase("form", "When, how, the wording, who records it, further properties")
        self.setToolTip(tool_tip(f"{text}\n{tip}"))


class MoreSection(QWidget):
    """Emits `changed` with every change. Rows are used again, never destroyed: nothing is left in them.

    `used`: how many further properties there are. `toggle`, which opens it and tells of all that is in it,
    stands elsewhere.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[PropertyRow] = []
        self.used = 0
        self._has_wording = False
        self.toggle = FoldButton()
        self.taken_at = TypingComboBox(NOW)
        self.taken_at.line.setText(NOW)
        self.taken_at.setToolTip(render(HOW_TAKEN_AT))
        self.channel = TypingComboBox("", *CHANNELS)
        self.agent = Line(hint=phrase("form", "who records it; left out when empty"))
        self.notes = NoteLine(Field.TAKEN_AT, Field.CHANNEL)
        self.agent_notes = NoteLine(Field.AGENT)
        self.add = button(phrase("form", "Add &property…"), phrase("form", "Add property"))
        self._lay_out()
        self.toggle.toggled.connect(self.setVisible)
        self.add.clicked.connect(self._add_row)
        for line in (self.taken_at.line, self.channel.line, self.agent):
            line.textChanged.connect(self._changed)
        self.hide()
        self._summarise()

    def _lay_out(self) -> None:
        first = fill(
            QHBoxLayout(),
            (labelled(phrase("form", "Take&n at"), self.taken_at, Field.TAKEN_AT), 1),
            (labelled(phrase("form", "C&hannel"), self.channel, Field.CHANNEL), 1),
        )
        first.setSpacing(8)
        self._place = QVBoxLayout()
        properties = QWidget()
        properties.setAccessibleName(phrase("form", "Further properties"))
        head = fill(QHBoxLayout(), self.add, None)
        fill(QVBoxLayout(properties), self._place, head).setSpacing(4)
        agent = labelled(phrase("form", "Ag&ent"), self.agent, Field.AGENT)
        parts = (first, self.notes, agent, self.agent_notes, properties)
        fill(QVBoxLayout(self), *parts).setSpacing(2)

    def properties(self) -> tuple[PropertyDraft, ...]:
        """The further properties as typed, a row each."""
        return tuple(row.draft() for row in self._rows[: self.used])

    def show_properties(self, properties: Sequence[PropertyDraft]) -> None:
        """Show `properties` and nothing else."""
        while len(self._rows) < len(properties):
            self._make_row()
        self.used = len(properties)
        for number, row in enumerate(self._rows):
            row.fill(properties[number] if number < self.used else PropertyDraft())
            row.setVisible(number < self.used)
        self._changed()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Say beside each property what is wrong with it."""
        for number, row in enumerate(self._rows):
            fields = (Field.PROPERTY_NAME, Field.PROPERTY_VALUE)
            mine = [one for one in problems if one.row == number and one.field in fields]
            row.show_problems({one.field: render(one.message) for one in mine})

    def open_at(self, problem: Problem) -> QWidget | None:
        """Show the property that has `problem`, and return its field; None where it is no property."""
        if problem.field not in {Field.PROPERTY_NAME, Field.PROPERTY_VALUE}:
            return None
        for row in self._rows[: self.used]:
            row.touch()
        return self._rows[problem.row].control(problem.field)

    def _add_row(self) -> None:
        self.show_properties((*self.properties(), PropertyDraft()))
        self._rows[self.used - 1].name.setFocus()

    def _remove_row(self, number: int) -> None:
        kept = [one for at, one in enumerate(self.properties()) if at != number]
        self.show_properties(kept)
        (self._rows[number].name if number < self.used else self.add).setFocus()

    def _make_row(self) -> None:
        row = PropertyRow(len(self._rows) + 1)
        row.hide()
        row.changed.connect(self._changed)
        row.remove_requested.connect(partial(self._remove_row, len(self._rows)))
        before: QWidget = self._rows[-1].remove if self._rows else self.agent
        self._rows.append(row)
        self._place.addWidget(row)
        for control in (*row.controls, self.add):
            QWidget.setTabOrder(before, control)
            before = control

    def tell_wording(self, has_one: bool) -> None:
        """Whether a wording goes out: that is never hidden, not even while this is closed."""
        if has_one is not self._has_wording:
            self._has_wording = has_one
            self._summarise()

    def _changed(self) -> None:
        self._summarise()
        self.changed.emit()

    def _summarise(self) -> None:
        count = sum(not one.is_empty for one in self.properties())
        at, channel = self.taken_at.currentText(), visible(self.channel.currentText()[:_SHOWN])
        told = [phrase("form", "Now") if at in {"", NOW} else visible(at[:_SHOWN])]
        if channel:
            told.append(
                channel if channel == "in person" else phrase("form", "by {channel}").format(channel=channel)
            )
        if agent := visible(self.agent.text()[:_SHOWN]):
            told.append(agent)
        if self._has_wording:
            told.append(phrase("form", "with a wording"))
        if count:
            told.append(phrase("form", "%n properties", "%n property", count))
        self.toggle.show_summary(" · ".join(told))


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
