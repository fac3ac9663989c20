"""What stands in the category's field: one category, or how many of several are ticked."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractButton

from consent_desk.domain.consent.draft import Draft
from consent_desk.ui.form.several_choice import SeveralChoice
from consent_desk.ui.widgets.inputs import TypingComboBox

if TYPE_CHECKING:
    from consent_desk.domain.wire.category import Category


class SeveralCategories(QObject):
    """Keeps a field and the list of `choice`, which `button` opens, in step; emits `changed` with every tick.

    While the field tells of several it takes no typing; a category that comes into it all the same, chosen
    from its list or put there by assistive technology, takes their place.
    `dropped` were ticked until they were not offered any more. While `is_filling`, it is the program that
    changes the field.
    """

    changed = Signal()

    def __init__(self, field: TypingComboBox, button: QAbstractButton) -> None:
        super().__init__(field)
        self._field = field
        self._single = ""
        self._are_several = self.is_filling = False
        self.dropped: tuple[str, ...] = ()
        self.choice = SeveralChoice(button)
        self.choice.changed.connect(self._follow_ticks)
        self.choice.button.toggled.connect(self._open)
        field.editTextChanged.connect(self._follow_typing)

    def chosen(self) -> tuple[str, ...]:
        """The IDs of the several, in the order of the project; none where it is a single one."""
        return self.choice.chosen() if self._are_several else ()

    def show(self, category: str, categories: Sequence[str] = ()) -> None:
        """Show `categories`, or `category` alone where there are none."""
        self._tell_several(bool(categories))
        self.dropped = ()
        if categories:
            self.choice.tick(categories)
        else:
            self._single = category
            self.choice.close_list()
        self._field.set_text(_several(categories) if categories else category)

    def offer(self, categories: Sequence["Category"]) -> None:
        """Offer `categories`. Some of the several may not be among them any more."""
        dropped = self.choice.offer(categories)
        if self._are_several:
            self._follow_ticks()
            self.dropped = dropped

    def single(self, draft: Draft) -> Draft:
        """`draft` with the one category from before its several."""
        return replace(draft, category=self._single, categories=()) if draft.categories else draft

    def _tell_several(self, are_several: bool) -> None:
        self._are_several = are_several
        self._field.line.setReadOnly(are_several)

    def _open(self, is_open: bool) -> None:
        if is_open and not self.chosen():
            self._single = self._field.currentText()
            self.choice.tick([self._single])
        if is_open:
            self.choice.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _follow_typing(self, text: str) -> None:
        if self.is_filling:
            return
        self.dropped = ()
        if self._are_several and text not in {"", _several(self.chosen())}:
            self.show(text)
            self.changed.emit()
            return
        if self.choice.button.isChecked() and not self._are_several:
            self._single = text
            self.choice.tick([text])

    def _follow_ticks(self) -> None:
        chosen = self.choice.chosen()
        self.dropped = ()
        self._tell_several(len(chosen) > 1)
        self.is_filling = True
        # Told once: each time the form is read, and the requests of all of them are prepared.
        with QSignalBlocker(self._field):
            if len(chosen) > 1:
                self._field.set_text(_several(chosen))
            else:
                # Nothing stays armed that was unticked, but for what stood here before.
                self._field.set_text(chosen[0] if chosen else self._single)
        self.is_filling = False
        self.changed.emit()


def _several(categories: Sequence[str]) -> str:
    return f"{len(categories)} categories"
