"""What scrolls on the caller's card: what changes, how, and what is recorded with it."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.domain.consent.draft import BASES, HOW_VALID_UNTIL, Field
from consent_desk.ui.checks.banners import CorrectionBanner
from consent_desk.ui.form.category_choice import CategoryChoice
from consent_desk.ui.form.field import LineNote, NoteLine, caption, labelled
from consent_desk.ui.form.more import MoreSection
from consent_desk.ui.widgets.banner import TintedLabel
from consent_desk.ui.widgets.buttons import Button, Look, Segment
from consent_desk.ui.widgets.inputs import Line, TypingComboBox, WordingField, named, typed_text
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.long_text import follow_lines
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone, sign

_FOLDED = frozenset({Field.TAKEN_AT, Field.CHANNEL, Field.AGENT, Field.PROPERTY_NAME, Field.PROPERTY_VALUE})


class CallFields(QWidget):
    """Emits `changed` with every change of any of them. `correction` stands where nothing scrolls."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.correction = CorrectionBanner()
        self.categories = CategoryChoice()
        self.action = ActionChoice()
        self.opt_out, self.opt_in = self.action.opt_out, self.action.opt_in
        self.valid_until = TypingComboBox("unlimited", hint=phrase("form", "unlimited or a date"))
        self.valid_until.setToolTip(render(HOW_VALID_UNTIL))
        self.ticket = Line()
        self.more = MoreSection()
        self.opted_out = TintedLabel(phrase("form", "Opt-out that holds"))
        self.opted_out.hide()
        self.wording = WordingField()
        self.saved_wordings = named(
            Button(look=Look.QUIET), phrase("form", "&Saved wordings"), phrase("form", "Saved wordings")
        )
        self.saved_wordings.setToolTip(phrase("form", "Wordings that are saved for the category"))
        self.basis = TypingComboBox(*BASES, hint=phrase("form", "choose, or write another reason"))
        # At the end: nothing moves below it.
        self.in_full = TintedLabel(phrase("form", "Notes in full"))
        self.in_full.hide()
        self._is_asked = False
        self._lay_out()
        self._connect()
        self._follow_action()

    def _lay_out(self) -> None:
        self._notes = NoteLine(Field.VALID_UNTIL, Field.TICKET)
        self._wording_note, self._basis_note = NoteLine(Field.WORDING), NoteLine(Field.BASIS)
        self._until = labelled(phrase("form", "&Valid until"), self.valid_until, Field.VALID_UNTIL)
        beside = QVBoxLayout()
        beside.addStretch()
        beside.addWidget(self.more.toggle)
        ticket = labelled(phrase("form", "Tic&ket"), self.ticket, Field.TICKET)
        row = QWidget()
        fill(QHBoxLayout(row), (self._until, 5), (ticket, 3), (beside, 4)).setSpacing(8)
        # As high as its fields, however much room there is.
        row.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._why_wording = caption()
        self._wording = QWidget()
        head = labelled(
            phrase("form", "&Wording read out"),
            self.wording,
            Field.WORDING,
            more=self._why_wording,
            button=self.saved_wordings,
        )
        fill(QVBoxLayout(self._wording), head, self._wording_note).setSpacing(2)
        self._basis = QWidget()
        required = caption("required")
        field = labelled(phrase("form", "E&xplained by"), self.basis, Field.BASIS, more=required)
        fill(QVBoxLayout(self._basis), field, self._basis_note).setSpacing(2)
        self.action.setAccessibleName(render(Field.ACTION.called))
        upper = (self.categories, self.action, row, self._notes)
        lower = (self.more, self.opted_out, self._wording, self._basis, self.in_full)
        fill(QVBoxLayout(self), *upper, *lower, None).setSpacing(6)
        follow_lines(self.wording)

    def _connect(self) -> None:
        self.categories.changed.connect(self.changed)
        self.more.changed.connect(self.changed)
        for combo in (self.valid_until, self.basis):
            combo.editTextChanged.connect(self.changed)
        self.ticket.textChanged.connect(self.changed)
        self.wording.textChanged.connect(self._follow_wording)
        self.opt_in.toggled.connect(self._follow_action)
        self.more.toggle.toggled.connect(self._arrange)
        self._arrange()

    def rows(self) -> Mapping[Field, tuple[QWidget, LineNote]]:
        """Each field with its note."""
        choice, more = self.categories, self.more
        lines = {
            Field.VALID_UNTIL: (self.valid_until, self._notes),
            Field.TICKET: (self.ticket, self._notes),
            Field.TAKEN_AT: (more.taken_at, more.notes),
            Field.CHANNEL: (more.channel, more.notes),
            Field.AGENT: (more.agent, more.agent_notes),
            Field.WORDING: (self.wording, self._wording_note),
            Field.BASIS: (self.basis, self._basis_note),
        }
        rows = {field: (widget, line.notes[field]) for field, (widget, line) in lines.items()}
        return {Field.CATEGORY: (choice.rows, choice.note), **rows}

    def in_order(self) -> tuple[QWidget, ...]:
        """What can be used, in reading order."""
        choice, more = self.categories, self.more
        return (
            self.correction.drop,
            *(choice.keep, choice.every_one, choice.refresh, choice.filter, *choice.rows.boxes),
            *(choice.other, choice.show_rest, choice.details),
            *(self.opt_out, self.opt_in, self.valid_until, self.ticket, more.toggle),
            *(more.taken_at, more.channel, more.agent, more.add),
            *(self.wording, self.saved_wordings, self.basis),
        )

    def controls(self) -> Mapping[Field, QWidget]:
        """Where each field is entered."""
        chosen = self.opt_in if self.opt_in.isChecked() else self.opt_out
        return {Field.ACTION: chosen} | {field: widget for field, (widget, _) in self.rows().items()}

    def ask_for_basis(self, wanted: bool, why: str = "") -> None:
        """Ask for the wording and what an opt-in rests on, and say `why`."""
        self._is_asked = wanted
        self._why_wording.show_text(Tone.QUIET, f"required{': ' if why else ''}{why}" if wanted else "")
        self.categories.shrink(wanted)
        self._arrange()

    def tell_opted_out(self, text: str, *, warns: bool) -> None:
        """Say which opt-outs are turned, and what to mind; nothing where there are none."""
        tone = Tone.WARNING if warns else Tone.NEUTRAL
        self.opted_out.show_text(tone, f"{sign(tone)} {text}" if text else "")
        self.opted_out.setVisible(bool(text))

    def show_all_of(self, field: Field) -> None:
        """Unfold what `field` stands in."""
        if field in _FOLDED or (field is Field.WORDING and not self._is_asked):
            self.more.toggle.setChecked(True)

    def _arrange(self) -> None:
        self._wording.setVisible(self._is_asked or self.more.toggle.isChecked())
        self._basis.setVisible(self._is_asked)

    def _follow_wording(self) -> None:
        self.more.tell_wording(bool(typed_text(self.wording).strip()))
        self.changed.emit()

    def _follow_action(self) -> None:
        self._until.setVisible(self.opt_in.isChecked())
        self.changed.emit()


class ActionChoice(QWidget):
    """Opt out or opt in: one of them is always chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.opt_out = named(
            Segment(is_first=True), phrase("form", "Opt &out"), phrase("form", "Opt out (reject)")
        )
        self.opt_in = named(
            Segment(is_first=False), phrase("form", "Opt &in"), phrase("form", "Opt in (accept)")
        )
        self.opt_out.setChecked(True)
        # Tab leads to the chosen one, the arrow keys from there to the other.
        self.opt_in.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.opt_in.toggled.connect(self._follow_choice)
        fill(QHBoxLayout(self), (self.opt_out, 1), (self.opt_in, 1)).setSpacing(0)

    def _follow_choice(self, opted_in: bool) -> None:
        chosen, other = (self.opt_in, self.opt_out) if opted_in else (self.opt_out, self.opt_in)
        chosen.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        other.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
