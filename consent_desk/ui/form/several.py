"""Several categories at once: a list to tick, and what stands in the category's field meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSignalBlocker,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from consent_desk.domain.consent.draft import Draft
from consent_desk.ui.form.category_model import described
from consent_desk.ui.widgets.inputs import Note, TypingComboBox
from consent_desk.ui.widgets.messages import tool_tip

if TYPE_CHECKING:
    from consent_desk.domain.wire.category import Category


_LINES = 6
_LEADS_ONLY = QItemSelectionModel.SelectionFlag.NoUpdate

# What such a campaign still sends is not documented (section 4.1): nothing is promised either way.
ONE_EACH = (
    "Each category gets an event of its own: Engagement has none for all of them. Messages without a consent "
    "category (general consent) may still be sent: check with your administrator."
)


class _TickList(QListWidget):
    """What is selected is ticked: all that assistive technology can do to a row is to select it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSelectionMode(QListWidget.SelectionMode.MultiSelection)

    def selectionCommand(
        self, index: QModelIndex | QPersistentModelIndex, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        # A letter leads to a row, and would tick it.
        return _LEADS_ONLY if event is None else super().selectionCommand(index, event)

    def items_in_order(self) -> list[QListWidgetItem]:
        """All rows."""
        return [self.item(row) for row in range(self.count())]

    def tick(self, wanted: set[str]) -> None:
        """Tick the rows of these IDs and no others, at once: one by one takes the square of them."""
        selection = QItemSelection()
        for item in self.items_in_order():
            if _id_of(item) in wanted:
                selection.append(QItemSelectionRange(self.indexFromItem(item)))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.show_ticks()

    def show_ticks(self) -> None:
        """Let the boxes show what is selected."""
        for item in self.items_in_order():
            item.setCheckState(Qt.CheckState.Checked if item.isSelected() else Qt.CheckState.Unchecked)


class SeveralChoice(QWidget):
    """Emits `changed` with every tick of a person. `button`, which opens it, stands elsewhere."""

    changed = Signal()

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__()
        self.button = button
        self.list = _TickList()
        self.list.setAccessibleName("Categories to choose")
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        # Rather cut than scrolled to the side: the tooltip has the rest.
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.every_one = QCheckBox("All categories")
        self.every_one.setAccessibleName("All categories")
        self.remark = Note()
        self.remark.show_remark(ONE_EACH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self.every_one, self.list, self.remark):
            layout.addWidget(widget)
        self.hide()
        self.button.toggled.connect(self.setVisible)
        self.list.itemSelectionChanged.connect(self._follow)
        self.every_one.toggled.connect(self._tick_every_one)

    def offer(self, categories: Sequence["Category"]) -> tuple[str, ...]:
        """Offer `categories`; of what was ticked, the ones among them stay so; return the others."""
        chosen, current_id = self.chosen(), self.list.currentIndex().data(Qt.ItemDataRole.UserRole)
        ticked = set(chosen)
        self.list.blockSignals(True)
        self.list.clear()
        for category in categories:
            item = QListWidgetItem(described(category), self.list)
            item.setData(Qt.ItemDataRole.UserRole, category.id)
            item.setToolTip(tool_tip(item.text()))
            # Its tick follows the selection, and is nothing to click at.
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsUserCheckable)
            if category.id == current_id:
                # The next Space ticks what stands there.
                self.list.setCurrentItem(item, _LEADS_ONLY)
        self.list.tick(ticked)
        self.list.blockSignals(False)
        line = self.list.sizeHintForRow(0) if categories else self.list.fontMetrics().lineSpacing()
        self.list.setFixedHeight(line * min(max(len(categories), 1), _LINES) + 2 * self.list.frameWidth())
        if categories and self.list.currentRow() < 0:
            self.list.setCurrentRow(0, _LEADS_ONLY)
        self.button.setEnabled(len(categories) > 1)
        if len(categories) < 2:
            self.button.setChecked(False)
        self._show_whether_all()
        offered = {category.id for category in categories}
        return tuple(one for one in chosen if one not in offered)

    def chosen(self) -> tuple[str, ...]:
        """The IDs of what is ticked, in the order of the project."""
        return tuple(_id_of(item) for item in self.list.items_in_order() if item.isSelected())

    def tick(self, category_ids: Sequence[str]) -> None:
        """Tick these and no others; nobody is told."""
        with QSignalBlocker(self.list):
            self.list.tick(set(category_ids))
        self._show_whether_all()

    def close_list(self) -> None:
        """Close the list, with nothing ticked."""
        self.tick(())
        self.button.setChecked(False)

    def _tick_every_one(self, ticked: bool) -> None:
        self.tick([_id_of(item) for item in self.list.items_in_order()] if ticked else ())
        self.changed.emit()

    def _follow(self) -> None:
        with QSignalBlocker(self.list):
            self.list.show_ticks()
        self._show_whether_all()
        self.changed.emit()

    def _show_whether_all(self) -> None:
        # It follows the rows: nobody has toggled it.
        with QSignalBlocker(self.every_one):
            items = self.list.items_in_order()
            self.every_one.setChecked(bool(items) and all(item.isSelected() for item in items))


def _id_of(item: QListWidgetItem) -> str:
    return str(item.data(Qt.ItemDataRole.UserRole))


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
