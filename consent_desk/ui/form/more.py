"""What is recorded besides and seldom looked at: the agent, further properties. Closed, it takes one line."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from consent_desk.domain.consent.draft import Field, Problem, PropertyDraft
from consent_desk.domain.text import visible
from consent_desk.ui.form.property_row import PropertyRow
from consent_desk.ui.widgets.inputs import Line, WithNote, button, label_for, named, plain_label
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import render

_SHOWN = 60


class MoreSection(QWidget):
    """Emits `changed` with every change. Rows are used again, never destroyed: nothing is left in them."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[PropertyRow] = []
        self._used = 0
        tip = "Wordings that are saved for the category"
        self.saved_wordings = named(QToolButton(), "Saved wordings", tip=tip)
        self.saved_wordings.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.saved_wordings.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.saved_wordings.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.toggle = named(QToolButton(), "More details", tip="The agent and further properties")
        self.toggle.setCheckable(True)
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.summary = plain_label()
        self.summary.setWordWrap(False)
        self.summary.setSizePolicy(
            self.summary.sizePolicy().Policy.Ignored, self.sizePolicy().verticalPolicy()
        )
        self.agent = Line(hint="who records it; left out when empty")
        self.agent_with_note = WithNote(self.agent)
        self.add = button("Add property…")
        self._lay_out()
        self.toggle.toggled.connect(self._follow_toggle)
        self.add.clicked.connect(self._add_row)
        self.agent.textChanged.connect(self._changed)
        self._follow_toggle(False)

    def _lay_out(self) -> None:
        head = fill(QHBoxLayout(), self.saved_wordings, self.toggle, (self.summary, 1))
        self._contents = QWidget()
        line = QHBoxLayout()
        label = label_for("Ag&ent", self.agent, "Agent")
        label.setMinimumHeight(self.agent.sizeHint().height())
        line.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.agent_with_note, 1)
        self._place = QVBoxLayout()
        inside = fill(QVBoxLayout(self._contents), line, self._place)
        inside.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        fill(QVBoxLayout(self), head, self._contents)

    def properties(self) -> tuple[PropertyDraft, ...]:
        """The further properties as typed, a row each."""
        return tuple(row.draft() for row in self._rows[: self._used])

    def show_properties(self, properties: Sequence[PropertyDraft]) -> None:
        """Show `properties` and nothing else."""
        while len(self._rows) < len(properties):
            self._make_row()
        self._used = len(properties)
        for number, row in enumerate(self._rows):
            row.fill(properties[number] if number < self._used else PropertyDraft())
            row.setVisible(number < self._used)
        self._changed()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Say beside each property what is wrong with it."""
        for number, row in enumerate(self._rows):
            fields = (Field.PROPERTY_NAME, Field.PROPERTY_VALUE)
            mine = [one for one in problems if one.row == number and one.field in fields]
            row.show_problems({one.field: render(one.message) for one in mine})

    def open_at(self, problem: Problem) -> QWidget | None:
        """Open where `problem` is in here, show it, and return its field; None where it is elsewhere."""
        if problem.field is Field.AGENT:
            self.toggle.setChecked(True)
            return self.agent
        if problem.field not in {Field.PROPERTY_NAME, Field.PROPERTY_VALUE}:
            return None
        self.toggle.setChecked(True)
        for row in self._rows[: self._used]:
            row.touch()
        return self._rows[problem.row].control(problem.field)

    def _add_row(self) -> None:
        self.show_properties((*self.properties(), PropertyDraft()))
        self._rows[self._used - 1].name.setFocus()

    def _remove_row(self, number: int) -> None:
        kept = [one for at, one in enumerate(self.properties()) if at != number]
        self.show_properties(kept)
        (self._rows[number].name if number < self._used else self.add).setFocus()

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

    def _follow_toggle(self, is_open: bool) -> None:
        self.toggle.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._contents.setVisible(is_open)
        self._summarise()

    def _changed(self) -> None:
        self._summarise()
        self.changed.emit()

    def _summarise(self) -> None:
        # What goes out is never hidden, not even while this is closed.
        count = sum(not one.is_empty for one in self.properties())
        agent = visible(self.agent.text()[:_SHOWN])
        told = [f"Agent: {agent}"] if agent else []
        if count:
            told.append("1 property" if count == 1 else f"{count} properties")
        text = " · ".join(told)
        self.summary.setText("" if self.toggle.isChecked() else text)
        self.toggle.setAccessibleDescription(text)
