"""What is recorded besides and seldom changed: when, how, by whom, and further properties. Folded, a line."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.domain.consent.draft import HOW_TAKEN_AT, NOW, Field, Problem, PropertyDraft
from consent_desk.domain.text import visible
from consent_desk.ui.form.field import NoteLine, labelled
from consent_desk.ui.form.property_row import PropertyRow
from consent_desk.ui.theme.fonts import scaled
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import Line, TypingComboBox, button, named
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render, tool_tip

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
        # Its text is cut before the card scrolls to the side.
        return QSize(scaled(_LEAST), super().minimumSizeHint().height())

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
        """Open where `problem` is in here, show it, and return its field; None where it is elsewhere."""
        own = {Field.AGENT: self.agent, Field.TAKEN_AT: self.taken_at, Field.CHANNEL: self.channel}
        if problem.field in own:
            self.toggle.setChecked(True)
            return own[problem.field]
        if problem.field not in {Field.PROPERTY_NAME, Field.PROPERTY_VALUE}:
            return None
        self.toggle.setChecked(True)
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
