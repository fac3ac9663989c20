"""The form: a consent as text, and what is wrong with it.

Long because every field has its place, its name and its text here.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import (
    BASES,
    HOW_TAKEN_AT,
    HOW_VALID_UNTIL,
    NOW,
    Draft,
    Field,
    Problem,
    for_next_caller,
)
from consent_desk.domain.text import cut
from consent_desk.ui.form.buttons import ActionChoice, SendButton
from consent_desk.ui.form.category_model import CategoryModel
from consent_desk.ui.form.more import MoreSection
from consent_desk.ui.form.notes import FieldNotes
from consent_desk.ui.lookup.view import KnownView
from consent_desk.ui.widgets.inputs import (
    ComboBox,
    Line,
    Note,
    Pasting,
    TypingComboBox,
    WithNote,
    WordingField,
    button,
    label_for,
    typed_text,
)
from consent_desk.ui.widgets.layouts import fill, scrolled
from consent_desk.ui.widgets.messages import render

if TYPE_CHECKING:
    from consent_desk.domain.consent.values import CustomerId
    from consent_desk.domain.wire.category import Category
    from consent_desk.ui.checks.banners import CorrectionBanner, QuestionBanner
    from consent_desk.ui.form.several import SeveralCategories

_LEAST = 4
"""Lines of the form that are seen in the lowest window."""

_SHOWN_OF_SEVERAL = 300
"""Characters: the list that is ticked has the rest."""

CHANNELS = ("phone", "e-mail", "chat", "letter", "in person")


class ConsentPanel(QWidget):
    """Emits `draft_changed` with every change, and `send_requested` when Send is pressed.

    It shows before it is complete; until then no change is told.
    """

    basis: TypingComboBox
    correction: "CorrectionBanner"
    question: "QuestionBanner"
    several: "SeveralCategories"

    draft_changed = Signal(Draft)
    send_requested = Signal()
    customer_id_completed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._quiet = True
        self._last_customer_id = ""
        self.notes = FieldNotes(self._remark, lambda: self._quiet)
        self._make_fields()
        self._lay_out()
        self._connect()
        self._follow_action()

    def _make_fields(self) -> None:
        self.customer_id_type = ComboBox()
        self.customer_id = Line()
        self.known = KnownView()
        self.suggestion = button("", "Use the suggestion")
        self.suggestion.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.suggestion.hide()
        self.category = TypingComboBox()
        self.categories = CategoryModel()
        self.category.offer(self.categories)
        self.refresh_categories = button("Refresh", "Refresh categories")
        self.categories_age = Note()
        tip = "Choose several categories of the project, or all of them"
        self.several_button = button("Severa&l… ▾", "Several categories", tip)
        self.several_button.setCheckable(True)
        self.several_button.setEnabled(False)
        for each in (self.refresh_categories, self.several_button):
            # Rather cut than a window that is wider than the screen, with a large font.
            each.setMinimumWidth(each.fontMetrics().horizontalAdvance("Seve"))
        self.action = ActionChoice()
        self.opt_out, self.opt_in = self.action.opt_out, self.action.opt_in
        self.valid_until = TypingComboBox("unlimited", hint="unlimited, 2030-12-31 or 2 years")
        self.valid_until.setToolTip(render(HOW_VALID_UNTIL))
        self.taken_at = TypingComboBox(NOW)
        self.taken_at.line.setText(NOW)
        self.taken_at.setToolTip(render(HOW_TAKEN_AT))
        self.channel = TypingComboBox("", *CHANNELS)
        self.ticket = Line()
        self.wording = WordingField()
        self.more = MoreSection()
        self.send = SendButton()

    def _lay_out(self) -> None:
        rows = {
            field: self.notes.add(field, widget, self._with_note(field, widget))
            for field, widget in self._widgets().items()
        }
        rows[Field.CUSTOMER_ID].add(self.known)
        self._category_row = rows[Field.CATEGORY]
        self._category_row.add_behind(self.several_button)
        form = QWidget()
        grid = self._grid = QGridLayout(form)
        grid.setContentsMargins(4, 4, 4, 4)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 2)
        places: tuple[tuple[str, Field, int, int, int], ...] = (
            ("ID t&ype", Field.CUSTOMER_ID_TYPE, 0, 0, 3),
            ("&Customer ID", Field.CUSTOMER_ID, 1, 0, 3),
            ("Cate&gory", Field.CATEGORY, 2, 0, 3),
            ("Actio&n", Field.ACTION, 3, 0, 3),
            ("&Valid until", Field.VALID_UNTIL, 4, 0, 3),
            ("Taken &at", Field.TAKEN_AT, 5, 0, 3),
            ("C&hannel", Field.CHANNEL, 6, 0, 1),
            ("Tic&ket", Field.TICKET, 6, 2, 1),
            ("&Wording read out", Field.WORDING, 7, 0, 3),
        )
        labels: dict[Field, QLabel] = {}
        for text, field, row, column, span in places:
            widget = self._widgets()[field]
            labels[field] = label_for(text, widget, field.value)
            grid.addWidget(labels[field], row, column, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(rows[field], row, column + 1, 1, span)
            labels[field].setMinimumHeight(self.customer_id.sizeHint().height())
        self._valid_until_row = (labels[Field.VALID_UNTIL], rows[Field.VALID_UNTIL])
        line_height = self.wording.fontMetrics().lineSpacing()
        self.wording.setMinimumHeight(line_height * 2 + 14)
        self.wording.setMaximumHeight(line_height * 4 + 14)
        grid.addWidget(self.more, len(places), 0, 1, 4)
        grid.setRowStretch(len(places) + 2, 1)
        self._scroll = scrolled(form)
        self._make_room_for_question(False)
        self.head, self.body = fill(QVBoxLayout()), fill(QVBoxLayout())
        self.foot, self.receipt_place = fill(QVBoxLayout(), self.send), fill(QVBoxLayout())
        self.body.addWidget(self._scroll)
        self.foot.addLayout(self.receipt_place)
        fill(QVBoxLayout(self), self.head, (self.body, 1), self.foot)

    def complete(self) -> None:
        """Add what the first paint can do without: list of categories, correction, question, shortcuts."""
        from PySide6.QtGui import QKeySequence, QShortcut

        from consent_desk.ui.checks.banners import CorrectionBanner, QuestionBanner
        from consent_desk.ui.form.several import SeveralCategories
        from consent_desk.ui.widgets.long_text import follow_lines

        self.several = SeveralCategories(self.category, self.several_button)
        self._category_row.add(self.several.choice)
        self.several.changed.connect(self._changed)
        self.basis = TypingComboBox(*BASES, hint="choose, or write another reason")
        self.basis.editTextChanged.connect(self._changed)
        Pasting(self.basis.line).pasted.connect(partial(self._point, Field.BASIS))
        label = label_for("E&xplained by", self.basis, Field.BASIS.value)
        self._basis_row = (label, self.notes.add(Field.BASIS, self.basis, WithNote(self.basis)))
        self.correction = CorrectionBanner()
        self.correction.add_row(*self._basis_row)
        self.correction.drop.clicked.connect(self._drop_correction)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._keep_correction_seen)
        self.show_basis(False)
        self._grid.addWidget(self.correction, self._grid.rowCount() - 2, 0, 1, 4)
        self.question = QuestionBanner()
        self.question.opened.connect(self._make_room_for_question)
        self.foot.insertWidget(0, self.question)
        self.known.complete()
        follow_lines(self.wording)
        here = Qt.ShortcutContext.WidgetShortcut
        for keys, slot in (("Alt+Up", self._bring_back), ("Alt+Down", self.known.toggle_details)):
            QShortcut(QKeySequence(keys), self.customer_id, context=here).activated.connect(slot)
        # Tab would come to what is made last after all else.
        in_order = (
            (self.customer_id, self.known.details),
            (self.several_button, self.several.choice.every_one, self.several.choice.list),
            (self.more.add, self.basis, self.correction.drop, self.question.area, *self.question.choices),
        )
        for chain in in_order:
            for before, after in pairwise(chain):
                QWidget.setTabOrder(before, after)
        self._quiet = False

    def _make_room_for_question(self, wanted: bool) -> None:
        # Of a low window, a question gets all that there is, and the form comes before what the status says.
        self._scroll.setMinimumHeight(1 if wanted else _LEAST * self.fontMetrics().lineSpacing())

    def _with_note(self, field: Field, widget: QWidget) -> WithNote:
        if field is Field.AGENT:
            return self.more.agent_with_note
        if field is Field.CATEGORY:
            return WithNote(widget, beside=self.refresh_categories, below=self.categories_age)
        return WithNote(widget, below=self.suggestion if field is Field.CUSTOMER_ID else None)

    def _connect(self) -> None:
        for combo in (self.category, self.valid_until, self.taken_at, self.channel):
            combo.editTextChanged.connect(self._changed)
        for edit in (self.customer_id, self.ticket):
            edit.textChanged.connect(self._changed)
        self.customer_id_type.currentTextChanged.connect(self._changed)
        self.customer_id_type.currentTextChanged.connect(self.customer_id_completed)
        self.customer_id.editingFinished.connect(self.customer_id_completed)
        Pasting(self.customer_id).pasted.connect(self.customer_id_completed)
        self.wording.pasted.connect(partial(self.notes.point, Field.WORDING))
        for field, line in (
            (Field.TICKET, self.ticket),
            (Field.CHANNEL, self.channel.line),
            (Field.AGENT, self.more.agent),
        ):
            Pasting(line).pasted.connect(partial(self._point, field))
        self.wording.textChanged.connect(self._changed)
        self.more.changed.connect(self._changed)
        self.opt_in.toggled.connect(self._follow_action)
        self.opt_in.toggled.connect(self._changed)
        self.send.clicked.connect(self.send_requested)

    def _widgets(self) -> Mapping[Field, QWidget]:
        return {
            Field.CUSTOMER_ID_TYPE: self.customer_id_type,
            Field.CUSTOMER_ID: self.customer_id,
            Field.CATEGORY: self.category,
            Field.ACTION: self.action,
            Field.VALID_UNTIL: self.valid_until,
            Field.TAKEN_AT: self.taken_at,
            Field.CHANNEL: self.channel,
            Field.TICKET: self.ticket,
            Field.WORDING: self.wording,
            Field.AGENT: self.more.agent,
        }

    def draft(self) -> Draft:
        """The form as text."""
        chosen = self.several.chosen()
        return Draft(
            customer_id_type=self.customer_id_type.currentText(),
            customer_id=self.customer_id.text(),
            category=chosen[0] if chosen else self.category.currentText(),
            categories=chosen,
            action=Action.ACCEPT if self.opt_in.isChecked() else Action.REJECT,
            valid_until=self.valid_until.currentText(),
            taken_at=self.taken_at.currentText(),
            channel=self.channel.currentText(),
            ticket=self.ticket.text(),
            wording=typed_text(self.wording),
            agent=self.more.agent.text(),
            properties=self.more.properties(),
            corrects=self.correction.corrects,
            basis=self.basis.currentText(),
        )

    def fill(self, draft: Draft) -> None:
        """Put `draft` into the form, with no way back to what stood there before.

        The agent stays where the draft names none: he is no caller.
        """
        self._quiet = True
        if draft.customer_id_type:
            self.customer_id_type.setCurrentText(draft.customer_id_type)
        self.customer_id.setText(draft.customer_id)
        self.several.show(draft.category, draft.categories)
        (self.opt_in if draft.action == Action.ACCEPT else self.opt_out).setChecked(True)
        self.valid_until.set_text(draft.valid_until)
        self.taken_at.set_text(draft.taken_at or NOW)
        self.channel.set_text(draft.channel)
        self.ticket.setText(draft.ticket)
        self.wording.setPlainText(draft.wording)
        if draft.agent:
            self.more.agent.setText(draft.agent)
        self.more.show_properties(draft.properties)
        self.basis.set_text(draft.basis)
        self.correction.show_link(draft.corrects)
        self._quiet = False
        self.notes.begin_afresh()
        self._changed()

    def use_customer(self, customer: "CustomerId") -> None:
        """Put another customer ID in the place of the one that stands there."""
        with QSignalBlocker(self.customer_id_type):
            self.customer_id_type.setCurrentText(customer.type)
        self.customer_id.setText(customer.value)
        self._changed()

    def switch_off_send(self) -> None:
        """Take no press until `send` is enabled again."""
        # Else the focus goes on to the next control, which selects all that is in it.
        self.customer_id.setFocus()
        # What is typed from now on is the next caller's.
        self.customer_id.selectAll()
        self.send.setEnabled(False)

    def clear_caller(self, noted: Draft) -> None:
        """Forget the caller of `noted`, but for the customer ID, which Alt+Up brings back.

        What was typed since then is the next caller's and stays.
        """
        self._last_customer_id = noted.customer_id
        shown = self.draft()
        if shown == noted:
            # First: a field that is left counts as looked at, and would complain of being empty.
            self.customer_id.setFocus()
        self.fill(self.next_draft(noted, shown))

    def next_draft(self, noted: Draft, shown: Draft) -> Draft:
        """What stays of `noted` in the form, which shows `shown`. After several, one category comes back."""
        if shown.categories == noted.categories:
            shown = self.several.single(shown)
        return for_next_caller(self.several.single(noted), shown)

    def forget_all(self) -> None:
        """Empty the form, the last customer ID included: another project was chosen."""
        self._last_customer_id = ""
        with QSignalBlocker(self.customer_id_type):
            # Or the one chosen here would stay chosen for the next project.
            self.customer_id_type.clear()
        self.fill(Draft())

    def forget_customer(self, customer_id: str) -> None:
        """Let Alt+Up not bring back a customer who was erased."""
        if self._last_customer_id == customer_id:
            self._last_customer_id = ""

    def begin_with(self, category: str, channel: str) -> None:
        """Put in what a call begins with in this project, wherever nothing stands there yet."""
        for field, default in ((self.category, category), (self.channel, channel)):
            if default and not field.currentText():
                field.set_text(default)

    def offer_id_types(self, id_types: Sequence[str]) -> None:
        """Offer the ID types of the project. An ID keeps its type; where that has gone, none is chosen."""
        offered, chosen = self.customer_id_type, self.customer_id_type.currentText()
        belongs_to_it = offered.count() > 0 and self.customer_id.text() != ""
        with QSignalBlocker(offered):
            offered.clear()
            offered.addItems(list(id_types))
            index = offered.findText(chosen)
            # Never another one unasked: the same ID would be sent as somebody else's.
            offered.setCurrentIndex(index if index >= 0 or belongs_to_it else 0)
        if offered.currentText() != chosen:
            self.customer_id_completed.emit()

    def offer_categories(self, categories: Sequence["Category"]) -> None:
        """Offer the categories of the project, and leave what was typed as it is."""
        typed, cursor = self.category.currentText(), self.category.line.cursorPosition()
        self._quiet = self.several.is_filling = True
        self.categories.replace(categories)
        self.category.set_text(typed)
        self.category.line.setCursorPosition(cursor)
        self.several.is_filling = False
        self.several.offer(categories)
        self._quiet = False
        self._changed()

    def show_problems(
        self, problems: Sequence[Problem], warnings: Sequence[Problem] = (), readings: Sequence[Problem] = ()
    ) -> None:
        """Light up the fields with problems and warnings; `readings` tell what else was read into a field."""
        self.notes.show(problems, warnings, readings)
        self.more.show_problems(problems)

    def go_to_problem(self) -> None:
        """Show every problem and put the cursor into the first field that has one."""
        self.notes.show_all()
        self.more.show_problems(self.notes.problems)
        if not self.notes.problems:
            return
        first = self.notes.problems[0]
        if (widget := self.more.open_at(first) or self._control(first.field)) is not None:
            widget.setFocus(Qt.FocusReason.OtherFocusReason)
            row = self.notes.row(first.field) if widget is self._control(first.field) else widget
            self.notes.point(first.field)
            # What corrects says why something is asked for.
            self._scroll_to(self.correction, row)

    def _point(self, field: Field) -> None:
        # By a person: what is filled in is not to be typed over.
        if not self._quiet:
            self.notes.point(field)

    def say_nothing_to_send(self) -> None:
        """Wait for the next caller."""
        self.customer_id.setFocus()
        said = "There is nothing to send: enter the next customer ID."
        self.notes.row(Field.CUSTOMER_ID).note.show_remark(said)

    def go_to_correction(self) -> None:
        """Show what is corrected, the cursor where something is missing, else on Send."""
        self._scroll_to(self.notes.row(Field.WORDING), self.correction)
        if self.basis.isVisible():
            self.basis.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.send.setFocus()

    def _keep_correction_seen(self) -> None:
        # An answer that comes in above would push it below the fold.
        at: QWidget | None = self.focusWidget()
        if at is not None and self.correction.isAncestorOf(at):
            self._scroll_to(self.correction)

    def _scroll_to(self, *widgets: QWidget) -> None:
        def scroll() -> None:
            for widget in widgets:
                if widget.isVisible():
                    self._scroll.ensureWidgetVisible(widget)

        # Later: what begins to show with it has no place yet.
        QTimer.singleShot(0, self, scroll)

    def go_to(self, field: Field) -> None:
        """Put the cursor into a field, all that is in it selected."""
        if (widget := self._control(field)) is not None:
            widget.setFocus(Qt.FocusReason.TabFocusReason)

    def _control(self, field: Field) -> QWidget | None:
        return self.basis if field is Field.BASIS else self._widgets().get(field)

    def category_label(self) -> str:
        """What people call the chosen category."""
        typed = self.category.currentText()
        return typed if self.several.chosen() else self.categories.label(typed) or typed

    def _remark(self, field: Field) -> str:
        if field is not Field.CATEGORY:
            return ""
        left_out = f"Left out, no longer offered: {cut(', '.join(self.several.dropped), _SHOWN_OF_SEVERAL)}. "
        shown = left_out if self.several.dropped else ""
        if chosen := self.several.chosen():
            names = ", ".join(self.categories.label(one) or one for one in chosen)
            return shown + cut(names, _SHOWN_OF_SEVERAL)
        return shown + self.categories.remark(self.category.currentText())

    def end_correction(self) -> None:
        """Take back what a correction filled in; nobody is told. No opt-in stays without its basis."""
        self._quiet = True
        self.correction.show_link("")
        self.opt_out.setChecked(True)
        self.valid_until.set_text("")
        self.basis.set_text("")
        self.wording.setPlainText("")
        self._quiet = False

    def forget_basis(self) -> None:
        """Take back what an opt-in rests on: the form is about another one by now. Nobody is told."""
        self._quiet = True
        self.basis.set_text("")
        self._quiet = False

    def _drop_correction(self) -> None:
        self.end_correction()
        # Where the focus was is hidden now.
        self.customer_id.setFocus()
        self._changed()

    def show_basis(self, wanted: bool) -> None:
        """Ask what an opt-in rests on, or do not."""
        for widget in self._basis_row:
            widget.setVisible(wanted)

    def _follow_action(self) -> None:
        for widget in self._valid_until_row:
            widget.setVisible(self.opt_in.isChecked())

    def _changed(self) -> None:
        if not self._quiet:
            self.draft_changed.emit(self.draft())

    def _bring_back(self) -> None:
        if self._last_customer_id:
            self.customer_id.setText(self._last_customer_id)
            self.customer_id.selectAll()
