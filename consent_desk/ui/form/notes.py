"""What stands below the fields of the form: problems, warnings and remarks."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from consent_desk.domain.consent.draft import Field, Problem
from consent_desk.ui.form.field import LineNote
from consent_desk.ui.widgets.banner import TintedLabel
from consent_desk.ui.widgets.buttons import Button
from consent_desk.ui.widgets.inputs import Note, TypingComboBox, named, typed_text, units
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone

if TYPE_CHECKING:
    from consent_desk.domain.consent.values import Repair


_WORDINGS = frozenset({Field.WORDING, Field.BASIS})
_REPAIRED = _WORDINGS | {Field.TICKET, Field.CHANNEL, Field.AGENT}


class FieldNotes:
    """Lights up the fields with problems; an empty one only after it was emptied and left, or Send pressed.

    Doubts show where there is no problem, and stand in nobody's way, and so do readings, what was made of a
    text. `is_filling`: the program changes the fields just now, and no person does. What is cut in its line
    stands `in_full` besides.
    """

    def __init__(self, is_filling: Callable[[], bool]) -> None:
        self._is_filling = is_filling
        self._rows: dict[Field, tuple[QWidget, LineNote]] = {}
        self._typed: set[Field] = set()
        self._touched: set[Field] = set()
        self._repairs: dict[Field, RepairButton] = {}
        self._shown: dict[Field, tuple[str, bool, bool, str]] = {}
        self.problems: Sequence[Problem] = ()
        self._others: tuple[Sequence[Problem], Sequence[Problem]] = ((), ())
        self.in_full: TintedLabel | None = None

    def add(self, field: Field, widget: QWidget, note: LineNote) -> None:
        """Take care of `note`, which belongs to `widget`."""
        self._rows[field] = (widget, note)
        note.cut.connect(self._tell_cut)
        line = widget.line if isinstance(widget, TypingComboBox) else widget
        if isinstance(line, QLineEdit):
            line.textChanged.connect(partial(self._take_typing, field))
            line.editingFinished.connect(partial(self._touch, field))

    def note(self, field: Field) -> Note:
        """The note of `field`."""
        return self._rows[field][1]

    def _tell_cut(self) -> None:
        if self.in_full is not None:
            every = ((field.called, note) for field, (_, note) in self._rows.items())
            cut = [f"{render(name)}: {note.text()}" for name, note in every if note.is_cut]
            self.in_full.show_text(Tone.QUIET, "\n".join(cut))
            self.in_full.setVisible(bool(cut))

    def show(
        self, problems: Sequence[Problem], warnings: Sequence[Problem] = (), readings: Sequence[Problem] = ()
    ) -> None:
        """Show these, instead of those before."""
        self.problems, self._others = problems, (warnings, readings)
        wrong = {problem.field: render(problem.message) for problem in problems}
        odd = {warning.field: render(warning.message) for warning in warnings}
        read = {reading.field: render(reading.message) for reading in readings}
        for field, (widget, note) in self._rows.items():
            told = " ".join(texts[field] for texts in (read, odd) if field in texts)
            described = wrong.get(field, told)
            is_blank = note.is_blank or _is_blank(widget)
            is_wrong = field in wrong and (field in self._touched or not is_blank)
            shown = (described, is_wrong, field in odd, note.remark)
            if field in wrong or field in self._repairs:
                self._offer_repair(field, field in wrong)
            # With a key in one field, the notes of the others stay as they are.
            if shown == self._shown.get(field):
                continue
            self._shown[field] = shown
            widget.setAccessibleDescription(described)
            if is_wrong:
                note.show_problem(wrong[field])
            elif field in odd:
                note.show_warning(told)
            else:
                note.show_remark(told or note.remark)

    def show_once(self, field: Field, remark: str) -> None:
        """Show a remark beside `field` until it is looked at anew."""
        self._shown.pop(field, None)
        self._rows[field][1].show_remark(remark)

    def point(self, field: Field) -> None:
        """Select in `field` what is refused in it, if that can be taken out."""
        if field in self._repairs:
            self._repairs[field].point()

    def _offer_repair(self, field: Field, is_wrong: bool) -> None:
        if field in self._repairs:
            self._repairs[field].offer()
        elif is_wrong and field in _REPAIRED:
            widget, note = self._rows[field]
            line = widget.line if isinstance(widget, TypingComboBox) else widget
            # Loaded with the first one that is needed.
            from consent_desk.domain.consent.values import repair_of_note, repair_of_wording

            mend = repair_of_wording if field in _WORDINGS else repair_of_note
            if not isinstance(line, QLineEdit | QPlainTextEdit) or mend(typed(line)) is None:
                return
            # Made with the first one that is needed: the window shows sooner, and most never are.
            repair = self._repairs[field] = RepairButton(line, field.value, mend)
            note.line.add(repair)
            QWidget.setTabOrder(widget, repair)
            repair.offer()

    def show_all(self) -> None:
        """Show every problem, those of empty fields too."""
        self._touched = set(Field)
        self.show(self.problems, *self._others)

    def begin_afresh(self) -> None:
        """Nobody has looked at the fields yet."""
        self._typed.clear()
        self._touched.clear()

    def _take_typing(self, field: Field, _text: str) -> None:
        if not self._is_filling():
            self._typed.add(field)

    def _touch(self, field: Field) -> None:
        # One that the program has emptied is nobody's omission.
        if field in self._typed:
            self._touched.add(field)
            self.show(self.problems, *self._others)


def _is_blank(widget: QWidget) -> bool:
    match widget:
        case QComboBox():
            return not widget.currentText()
        case QLineEdit():
            return not widget.text()
        case QPlainTextEdit():
            return widget.document().isEmpty()
        case _:
            return False


class RepairButton(Button):
    """Stands below the note of `edit`, called `name`, while `repair` knows how to mend what is in it."""

    def __init__(
        self, edit: QLineEdit | QPlainTextEdit, name: str, repair: "Callable[[str], Repair | None]"
    ) -> None:
        super().__init__()
        self._edit = edit
        self._repair = repair
        named(
            self,
            phrase("form", "Remove it"),
            phrase("form", "Remove it: {name}").format(name=name),
            phrase("form", "Take out of the text what cannot be sent"),
        )
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.hide()
        self.clicked.connect(self._mend)

    def offer(self) -> None:
        """Offer to mend what is in the field now, if that can be done."""
        self.setVisible(self._found() is not None)

    def point(self) -> None:
        """Select in the field what is taken out first: most of it nobody sees."""
        found = self._found()
        if found is None:
            return
        text = typed(self._edit)
        start, end = (units(text[:at]) for at in (found.start, found.start + 1))
        if isinstance(self._edit, QLineEdit):
            self._edit.setSelection(start, end - start)
            return
        cursor = self._edit.textCursor()
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self._edit.setTextCursor(cursor)

    def _found(self) -> "Repair | None":
        return self._repair(typed(self._edit))

    def _mend(self) -> None:
        if (found := self._found()) is not None:
            type_over(self._edit, found.text)


def type_over(edit: QLineEdit | QPlainTextEdit, text: str) -> None:
    """Put `text` in the place of all that stands in `edit`, as typing: Ctrl+Z brings that back."""
    if isinstance(edit, QLineEdit):
        edit.selectAll()
        edit.insert(text)
    else:
        cursor = edit.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        edit.setTextCursor(cursor)
    edit.setFocus()


def typed(edit: QLineEdit | QPlainTextEdit) -> str:
    """What stands in `edit`, to the letter."""
    return edit.text() if isinstance(edit, QLineEdit) else typed_text(edit)
