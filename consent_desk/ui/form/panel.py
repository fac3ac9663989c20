"""The caller's card: who is on the line, what changes, and Send.

Long because it is the form as others know it: what it holds, what is shown in it, where the cursor goes.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import NOW, Draft, Field, Problem, for_next_caller
from consent_desk.domain.message import say
from consent_desk.ui.form.field import NoteLine, heading, labelled
from consent_desk.ui.form.foot import Foot, SendButton
from consent_desk.ui.form.notes import FieldNotes
from consent_desk.ui.theme.fonts import CUSTOMER_ID, scale, scaled, sized
from consent_desk.ui.widgets.inputs import ComboBox, Line, Pasting, button, typed_text
from consent_desk.ui.widgets.layouts import fill, scrolled
from consent_desk.ui.widgets.messages import phrase

if TYPE_CHECKING:
    from consent_desk.domain.consent.values import CustomerId
    from consent_desk.domain.wire.category import Category
    from consent_desk.ui.checks.banners import QuestionBanner
    from consent_desk.ui.form.fields import CallFields
    from consent_desk.ui.lookup.view import KnownView

_ID_HIGH = 44
"""Pixels."""

_BELOW = 32
"""Pixels of what stands below a field that are seen with it."""

_LOW = 664
"""Pixels of the card's height under which everything on it is lower."""


class ConsentPanel(QWidget):
    """Emits `draft_changed` with every change, `send_requested` when Send is pressed, and `lowered` as room
    gets short or is enough again.

    At the first paint it is ID type, ID and Send; `hold` puts the rest into its places: `head` above, `body`,
    which scrolls, and `foot`, where Send and `receipt_place` are, and the question while there is one.

    `is_low`: there is so little room that everything on the card is lower.
    `not_noted`: what could not be noted of the caller on the line, who stays that with the customer ID alone.
    `dismissed`: likewise, once that was dealt with; what is typed from then on may be the next caller's.
    """

    fields: "CallFields"
    known: "KnownView"
    question: "QuestionBanner"

    draft_changed = Signal(Draft)
    send_requested = Signal()
    customer_id_completed = Signal()
    lowered = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._quiet = True
        self._last = ("", "")
        self.not_noted: Draft | None = None
        self.dismissed: Draft | None = None
        self.is_low = False
        self.default_channel = ""
        self.notes = FieldNotes(lambda: self._quiet)
        self.customer_id_type = ComboBox()
        self.customer_id_type.setMinimumContentsLength(9)
        self.customer_id_type.high = _ID_HIGH
        self.customer_id = Line()
        self.customer_id.high = _ID_HIGH
        self.customer_id.setFont(sized(CUSTOMER_ID))
        self.suggestion = button("", phrase("form", "Use the suggestion"))
        self.suggestion.hide()
        self.send = SendButton()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.heading = fill(QHBoxLayout(), heading(phrase("form", "Caller")), None)
        self.heading.setSpacing(8)
        row = fill(
            QHBoxLayout(),
            labelled(phrase("form", "ID t&ype"), self.customer_id_type, Field.CUSTOMER_ID_TYPE),
            (labelled(phrase("form", "&Customer ID"), self.customer_id, Field.CUSTOMER_ID), 1),
        )
        row.setSpacing(8)
        self._id_note = NoteLine(Field.CUSTOMER_ID, Field.CUSTOMER_ID_TYPE)
        self._id_note.add(self.suggestion)
        self.under_id = fill(QVBoxLayout())
        self.head = fill(QVBoxLayout(), self.heading, row, self._id_note, self.under_id)
        self.head.setSpacing(6)
        for field, widget in (
            (Field.CUSTOMER_ID, self.customer_id),
            (Field.CUSTOMER_ID_TYPE, self.customer_id_type),
        ):
            self.notes.add(field, widget, self._id_note.notes[field])
        self.body, self.receipt_place = fill(QVBoxLayout()), fill(QVBoxLayout())
        self._foot = Foot(self.send, self.receipt_place)
        self.foot = self._foot.rows
        fill(QVBoxLayout(self), self.head, (self.body, 1), self._foot).setSpacing(8)

    def hold(self, fields: "CallFields", known: "KnownView", question: "QuestionBanner") -> None:
        """Take what the first paint could do without."""
        self.fields, self.known, self.question = fields, known, question
        self._scroll = scrolled(fields)
        self._scroll.setMinimumHeight(1)
        self.body.addWidget(self._scroll)
        self.heading.addWidget(known)
        self.head.addWidget(fields.correction)
        self._foot.hold(question)
        for field, (widget, note) in fields.rows().items():
            self.notes.add(field, widget, note)
        self.notes.in_full = fields.in_full
        self._name_fields(fields)
        fields.changed.connect(self._changed)
        fields.correction.drop.clicked.connect(self._drop_correction)
        fields.wording.pasted.connect(partial(self.notes.point, Field.WORDING))
        for field, line in (
            (Field.TICKET, fields.ticket),
            (Field.CHANNEL, fields.more.channel.line),
            (Field.AGENT, fields.more.agent),
            (Field.BASIS, fields.basis.line),
        ):
            Pasting(line).pasted.connect(partial(self._point, field))
        question.opened.connect(self._follow_question)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._keep_seen)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._follow_focus)
        self._add_keys()
        self.categories.show_low(self.is_low)
        self._quiet = False

    def _name_fields(self, fields: "CallFields") -> None:
        self.opt_out, self.opt_in = fields.opt_out, fields.opt_in
        self.valid_until, self.ticket, self.wording = fields.valid_until, fields.ticket, fields.wording
        self.basis, self.more, self.correction = fields.basis, fields.more, fields.correction
        self.taken_at, self.channel = fields.more.taken_at, fields.more.channel
        self.categories = fields.categories

    def _add_keys(self) -> None:
        from PySide6.QtGui import QShortcut

        here, around = Qt.ShortcutContext.WidgetShortcut, Qt.ShortcutContext.WindowShortcut
        categories = self.categories
        for keys, slot, parent, context in (
            ("Alt+Up", self._bring_back, self.customer_id, here),
            ("Alt+Down", categories.toggle_details, self, Qt.ShortcutContext.WidgetWithChildrenShortcut),
            ("F2", categories.toggle_details, self, Qt.ShortcutContext.WidgetWithChildrenShortcut),
            ("Alt+G", categories.go_to, self, around),
            ("Alt+A", categories.press_all, self, around),
        ):
            shortcut = QShortcut(keys, parent, context=context)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(slot)
        self.question.add_keys(self)
        # Tab would come to what is made last after all else.
        in_order = (
            self.customer_id,
            self.suggestion,
            self.known.again,
            *self.fields.in_order(),
            self.question.area,
            *self.question.choices,
            self.send,
        )
        for before, after in pairwise(in_order):
            QWidget.setTabOrder(before, after)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_low = self.height() < _LOW * scale()
        if is_low is not self.is_low:
            self.is_low = is_low
            self.send.show_low(is_low)
            self.lowered.emit(is_low)
            if not self._quiet:
                self.categories.show_low(is_low)

    def _follow_question(self, is_open: bool) -> None:
        self.send.setEnabled(not is_open)
        if is_open:
            # What it is about stays in view.
            at = next((box for box in self.categories.rows.boxes if box.isChecked()), None)
            if at is not None:
                self.categories.frame.area.ensureWidgetVisible(at, 0, 0)
            self._scroll_to(self.categories)

    def _connect(self) -> None:
        self.customer_id.textChanged.connect(self._follow_caller)
        self.customer_id_type.currentTextChanged.connect(self._follow_caller)
        self.customer_id_type.currentTextChanged.connect(self.customer_id_completed)
        self.customer_id.editingFinished.connect(self.customer_id_completed)
        Pasting(self.customer_id).pasted.connect(self.customer_id_completed)
        self.send.clicked.connect(self.send_requested)

    def draft(self) -> Draft:
        """The form as text."""
        fields = self.fields
        chosen = fields.categories.chosen
        more = fields.more
        return Draft(
            customer_id_type=self.customer_id_type.currentText(),
            customer_id=self.customer_id.text(),
            category=chosen[0] if chosen else "",
            categories=chosen if len(chosen) > 1 else (),
            action=Action.ACCEPT if fields.opt_in.isChecked() else Action.REJECT,
            valid_until=fields.valid_until.currentText(),
            taken_at=more.taken_at.currentText(),
            channel=more.channel.currentText(),
            ticket=fields.ticket.text(),
            wording=typed_text(fields.wording),
            agent=more.agent.text(),
            properties=more.properties() if more.used else (),
            corrects=fields.correction.corrects,
            basis=fields.basis.currentText(),
        )

    def fill(self, draft: Draft) -> None:
        """Put `draft` into the form, with no way back to what stood there before.

        The agent stays where the draft names none: he is no caller.
        """
        self._quiet = True
        if draft.customer_id_type:
            self.customer_id_type.setCurrentText(draft.customer_id_type)
        if not draft.customer_id or draft.customer_id != self.customer_id.text():
            # Else the cursor of whoever types it would jump.
            self.customer_id.setText(draft.customer_id)
        self.categories.choose(draft.categories or tuple(filter(None, (draft.category,))))
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
        self._quiet = True
        with QSignalBlocker(self.customer_id_type):
            self.customer_id_type.setCurrentText(customer.type)
        self.customer_id.setText(customer.value)
        self._quiet = False
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
        self._last = noted.caller
        self.begin_next(noted)

    def begin_next(self, noted: Draft) -> None:
        """The caller of `noted` is on the line no more: keep what was typed since then, and no more."""
        shown = self.draft()
        if shown == noted:
            # First: a field that is left counts as looked at, and would complain of being empty.
            self.customer_id.setFocus()
        self.fill(self.next_draft(noted, shown))
        self.categories.shrink(False)

    def next_draft(self, noted: Draft, shown: Draft) -> Draft:
        """What stays of `noted` in the form, which shows `shown`: as good as nothing but what is new."""
        draft = for_next_caller(noted, shown)
        if (shown.category, shown.categories) == (noted.category, noted.categories):
            chosen = self.categories.after_send()
            several = chosen if len(chosen) > 1 else ()
            draft = replace(draft, category=chosen[0] if chosen else "", categories=several)
        if shown.channel == noted.channel:
            draft = replace(draft, channel=self.default_channel)
        if shown.caller == noted.caller:
            draft = replace(draft, customer_id_type=self.customer_id_type.itemText(0))
        return draft

    def begin_with(self, category: str, channel: str) -> None:
        """What each call begins with in this project; at once where nobody has begun one."""
        is_untouched = not self.customer_id.text() and not self.categories.chosen
        self.categories.default, self.default_channel = category, channel
        if is_untouched:
            self._quiet = True
            self.categories.choose((category,) if category else ())
            if not self.channel.currentText():
                self.channel.set_text(channel)
            self._quiet = False
            self._changed()

    def forget_all(self) -> None:
        """Empty the form, the last customer ID included: another project was chosen."""
        self._last = ("", "")
        with QSignalBlocker(self.customer_id_type):
            # Or the one chosen here would stay chosen for the next project.
            self.customer_id_type.clear()
        self.categories.keep.setChecked(False)
        self.fill(Draft())

    def forget_customer(self, customer_id: str) -> None:
        """Let Alt+Up not bring back a customer who was erased."""
        if self._last[1] == customer_id:
            self._last = ("", "")

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
        """Offer the categories of the project, and leave what was chosen as it is."""
        self._quiet = True
        self.categories.offer(categories)
        self._quiet = False
        self._changed()

    def show_problems(
        self, problems: Sequence[Problem], warnings: Sequence[Problem] = (), readings: Sequence[Problem] = ()
    ) -> None:
        """Light up the fields with problems and warnings; `readings` tell what else was read into a field."""
        self.notes.show(problems, warnings, readings)
        if self.fields.more.used:
            self.fields.more.show_problems(problems)

    def go_to_problem(self) -> None:
        """Show every problem and put the cursor into the first field that has one."""
        self.notes.show_all()
        self.more.show_problems(self.notes.problems)
        if not self.notes.problems:
            return
        first = self.notes.problems[0]
        if (widget := self._open_at(first)) is not None:
            self._enter(widget, Qt.FocusReason.OtherFocusReason)
            self.notes.point(first.field)
            self._scroll_to(widget)

    def _enter(self, widget: QWidget, reason: Qt.FocusReason) -> None:
        if widget is self.categories.rows:
            self.categories.go_to_chosen()
        else:
            widget.setFocus(reason)

    def _point(self, field: Field) -> None:
        # By a person: what is filled in is not to be typed over.
        if not self._quiet:
            self.notes.point(field)

    def say_nothing_to_send(self) -> None:
        """Wait for the next caller."""
        self.customer_id.setFocus()
        said = phrase("form", "There is nothing to send: enter the next customer ID.")
        self.notes.show_once(Field.CUSTOMER_ID, said)

    def go_to_correction(self) -> None:
        """Show what is corrected, the cursor where something is missing, else on Send."""
        if self.basis.isVisible():
            missing = self.wording if not typed_text(self.wording).strip() else self.basis
            missing.setFocus(Qt.FocusReason.OtherFocusReason)
            self._scroll_to(self.basis, missing)
        else:
            self.send.setFocus()

    def _keep_seen(self) -> None:
        # An answer that comes in above would push it below the fold.
        at: QWidget | None = self.focusWidget()
        if at is not None and self.fields.isAncestorOf(at):
            self._scroll_to(at)

    def _follow_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        # A key that leads to a field scrolls nothing by itself, as Tab does; a click moves nothing.
        is_clicked = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if now is not None and self._scroll.isAncestorOf(now) and not is_clicked:
            self._scroll_to(now)

    def _scroll_to(self, *widgets: QWidget) -> None:
        def scroll() -> None:
            for widget in widgets:
                if widget.isVisible():
                    # With the note below it.
                    self._scroll.ensureWidgetVisible(widget, 0, scaled(_BELOW))

        # Later: what begins to show with it has no place yet.
        QTimer.singleShot(0, self, scroll)

    def go_to(self, field: Field) -> None:
        """Put the cursor into a field, all that is in it selected."""
        if (widget := self._open_at(Problem(field, say("form", "")))) is not None:
            self._enter(widget, Qt.FocusReason.TabFocusReason)

    def _open_at(self, problem: Problem) -> QWidget | None:
        self.fields.show_all_of(problem.field)
        own = {Field.CUSTOMER_ID: self.customer_id, Field.CUSTOMER_ID_TYPE: self.customer_id_type}
        return (
            self.more.open_at(problem) or own.get(problem.field) or self.fields.controls().get(problem.field)
        )

    def take_back(self, draft: Draft) -> None:
        """Show no more of a correction and of its basis than `draft` has. Nobody is told."""
        self._quiet = True
        if draft.corrects != self.correction.corrects:
            self.correction.show_link(draft.corrects)
            self.opt_out.setChecked(True)
            self.valid_until.set_text(draft.valid_until)
            self.wording.setPlainText(draft.wording)
        self.basis.set_text(draft.basis)
        self._quiet = False

    def _drop_correction(self) -> None:
        without = replace(self.draft(), corrects="", valid_until="", basis="", wording="")
        self.take_back(without)
        # Where the focus was is hidden now.
        self.customer_id.setFocus()
        self._changed()

    def _follow_caller(self) -> None:
        former = None if self._quiet else self.not_noted or self.dismissed
        if former is not None and (shown := self.draft()).caller != former.caller:
            # All that stood here was of the caller before, or what stood here when it could not be noted.
            of_former = former if self.not_noted is None else shown
            self.not_noted = self.dismissed = None
            self.begin_next(replace(of_former, customer_id_type="", customer_id=""))
        else:
            self._changed()

    def _changed(self) -> None:
        if not self._quiet:
            self.draft_changed.emit(self.draft())

    def _bring_back(self) -> None:
        kind, value = self._last
        if value:
            with QSignalBlocker(self.customer_id_type):
                self.customer_id_type.setCurrentText(kind)
            self.customer_id.setText(value)
            self.customer_id.selectAll()
