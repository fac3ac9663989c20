"""What changes: the categories to tick, all of them at once, or one whose ID is typed."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from consent_desk.domain.message import say
from consent_desk.domain.text import cut, visible
from consent_desk.domain.wire.category import Category, labels_of
from consent_desk.ui.form.category_rows import (
    MOST_SEEN,
    UNKNOWN,
    CategoryBox,
    CategoryRows,
    RowsFrame,
    RowState,
)
from consent_desk.ui.form.field import NoteLine, caption, heading, labelled
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import Line, named, read_only_text, typed_text
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render, tool_tip
from consent_desk.ui.widgets.tones import Tone

_NAMED = 300
"""Characters of the names of what is ticked that are shown: hundreds may be."""

_MOST_LINES = 5

# What such a campaign still sends is not documented (section 4.1): nothing is promised either way.
ONE_EACH = say(
    "form",
    "Each category gets an event of its own: Engagement has none for all of them. Messages without a consent "
    "category (general consent) may still be sent: check with your administrator.",
)
NO_LIST = say("form", "The project's categories could not be fetched: type the category's ID.")


class CategoryChoice(QWidget):
    """Emits `changed` with every tick and every key of a person.

    `chosen` are their IDs; one that the project does not list stands in `other`. After a send the choice goes
    back to `default`, unless `keep` is pressed.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.default = ""
        self.chosen: tuple[str, ...] = ()
        self.dropped: tuple[str, ...] = ()
        self._labels: Mapping[str, str] = {}
        self._is_short = False
        self._why_no_list = ""
        self._opened = False
        self.every_one = named(
            Button(sign="all", look=Look.QUIET),
            phrase("form", "All"),
            phrase("form", "All categories"),
            render(ONE_EACH),
        )
        self.every_one.setCheckable(True)
        self.keep = named(Button(sign="pin", look=Look.QUIET), "", phrase("form", "Keep for this shift"))
        self.keep.setCheckable(True)
        self.keep.setToolTip(
            phrase("form", "Keep these categories ticked after each send, until the program ends")
        )
        self.refresh = named(
            Button(sign="refresh", look=Look.QUIET), "", phrase("form", "Refresh categories")
        )
        self.filter = Line(hint=phrase("form", "Filter the categories"))
        self.filter.setAccessibleName(phrase("form", "Filter categories"))
        self.filter.setClearButtonEnabled(True)
        self.rows = CategoryRows(self.filter)
        self.frame = RowsFrame(self.rows)
        self.counter = caption()
        self._note_line = NoteLine(phrase("form", "Categories"))
        (self.note,) = self._note_line.notes.values()
        self.show_rest = named(
            Button(look=Look.QUIET),
            phrase("form", "Show the others"),
            phrase("form", "Show the other categories"),
        )
        self.other = Line(hint=phrase("form", "the exact ID, as it stands in Engagement"))
        self.other_row = labelled(
            phrase("form", "O&ther category ID"), self.other, phrase("form", "Other category ID")
        )
        self.details = read_only_text(phrase("form", "Details of this category"))
        self.details.hide()
        self._lay_out()
        self._connect()
        self.offer(())

    def _lay_out(self) -> None:
        buttons = (self.show_rest, self.keep, self.every_one, self.refresh)
        head = fill(QHBoxLayout(), heading(phrase("form", "What changes")), (self._note_line, 1), *buttons)
        head.setSpacing(2)
        head.insertSpacing(1, 8)
        parts = (self.filter, self.counter, self.frame, self.other_row, self.details)
        fill(QVBoxLayout(self), head, *parts).setSpacing(4)

    def _connect(self) -> None:
        self.rows.changed.connect(self._follow_ticks)
        self.rows.moved.connect(self._show_details)
        self.every_one.toggled.connect(self._tick_all)
        self.keep.toggled.connect(self._arrange)
        self.filter.textChanged.connect(self._arrange)
        self.filter.returnPressed.connect(self.go_to)
        self.other.textChanged.connect(self._follow_ticks)
        self.show_rest.clicked.connect(self._show_all_rows)

    # -- what is chosen ---------------------------------------------------------------------------

    def choose(self, chosen: Sequence[str]) -> None:
        """Choose these and no others; nobody is told."""
        self.dropped = ()
        self._opened = False
        self.rows.tick({one for one in chosen if one in self._labels})
        self.rows.begin_at_first()
        typed = [one for one in chosen if one not in self._labels]
        with QSignalBlocker(self.other):
            self.other.setText(typed[0] if typed else "")
        with QSignalBlocker(self.filter):
            self.filter.clear()
        self._arrange()

    def after_send(self) -> tuple[str, ...]:
        """What the next caller's choice begins with."""
        if self.keep.isChecked():
            return self.rows.ticked()
        return (self.default,) if self.default else ()

    def label(self, category_id: str) -> str:
        """What people call a category, as its row does: its ID where it has none."""
        return self._labels.get(category_id, category_id)

    def _remark(self, ticked: Sequence[CategoryBox]) -> str:
        """What is worth knowing of what is chosen."""
        if self.dropped:
            return phrase("form", "Left out, no longer offered: {categories}.").format(
                categories=cut(", ".join(self.dropped), _NAMED)
            )
        if not self.rows.boxes:
            return self._why_no_list
        if len(ticked) > 1 and len(ticked) == len(self.rows.boxes):
            elsewhere = [box.label for box in ticked if not box.category.by_private_api]
            count = len(ticked)
            every = phrase("form", "All %n of the project, each with an event of its own.", "", count)
            if not elsewhere:
                return every
            told = phrase("form", "{every} Set elsewhere: {categories}.")
            return told.format(every=every, categories=cut(", ".join(elsewhere), _NAMED))
        return ""

    # -- what is offered --------------------------------------------------------------------------

    def offer(self, categories: Sequence[Category]) -> None:
        """Offer `categories`; what is chosen stays so, but for what was ticked and is offered no more."""
        ticked, typed = self.rows.ticked(), self.other.text()
        self._labels = labels_of(categories)
        self.rows.offer(categories, self._labels)
        gone = [one for one in ticked if one not in self._labels]
        # While somebody types, it may be the beginning of another one.
        is_taken = typed in self._labels and not self.other.hasFocus()
        self.rows.tick({*ticked, typed} if is_taken else {*ticked})
        rest = "" if is_taken else typed
        if not categories and not typed and len(gone) == 1:
            # The next list may have it, and without any it goes out by its ID.
            rest = gone.pop()
        self.dropped = tuple(gone)
        if rest != typed:
            with QSignalBlocker(self.other):
                self.other.setText(rest)
        self._arrange()

    def tell_no_list(self, why: str) -> None:
        """Why there is no list to tick in; nothing where there is one, or may be soon."""
        if why != self._why_no_list:
            self._why_no_list = why
            self._arrange()
            self.changed.emit()

    def tell_age(self, said: str) -> None:
        """Say how old the list is, or why there is none."""
        # Never empty, or assistive technology would read out the tooltip, which is HTML.
        self.refresh.setAccessibleDescription(said)
        self.refresh.setToolTip(tool_tip(said))

    def show_states(self, states: Mapping[str, RowState], otherwise: RowState = UNKNOWN) -> None:
        """Say what holds for each category."""
        self.rows.show_states(states, otherwise)
        self._show_details()

    def show_low(self, low: bool) -> None:
        """Take less room: the window is low."""
        self.rows.show_low(low)
        self.frame.fit()

    def shrink(self, to_ticked: bool) -> None:
        """Show the ticked rows only: something else needs the room."""
        if to_ticked is not self._is_short:
            self._is_short = to_ticked
            self._arrange()

    def open_other(self) -> None:
        """Go to the field for another category's ID."""
        self._opened = True
        self._arrange()
        self.other.setFocus()
        self.other.selectAll()

    def _show_all_rows(self) -> None:
        self.shrink(False)
        self.go_to()

    def _arrange(self) -> None:
        boxes = self.rows.boxes
        has_many = len(boxes) > MOST_SEEN
        words = self.filter.text().casefold() if has_many else ""
        shown = [box for box in boxes if words in f"{box.label}\n{box.category.id}".casefold()]
        ticked = [box for box in boxes if box.isChecked()]
        is_short = self._is_short and bool(ticked) and len(ticked) < len(boxes)
        self.rows.show_only(ticked if is_short else shown)
        self.frame.setVisible(bool(boxes))
        self.frame.fit()
        self.filter.setVisible(has_many and not is_short)
        self.show_rest.setVisible(is_short)
        wants_other = self._opened or self.other.text() != "" or (not boxes and self._why_no_list != "")
        self.other_row.setVisible(wants_other)
        self.every_one.setVisible(len(boxes) > 1 and not is_short)
        self.refresh.setVisible(not is_short)
        count = len(boxes)
        self.every_one.setText(phrase("form", "All %n", "", count))
        self._tell_ticked(ticked, has_many)

    def _tell_ticked(self, ticked: Sequence[CategoryBox], has_many: bool) -> None:
        boxes = self.rows.boxes
        ids, typed = tuple(box.category.id for box in ticked), self.other.text()
        # The one that was typed, then what is ticked, in the project's order. Asked for with each key.
        self.chosen = ids if not typed or typed in ids else (typed, *ids)
        # While there is something to keep, or it is kept.
        differs = ids != ((self.default,) if self.default else ())
        self.keep.setVisible((differs or self.keep.isChecked()) and not self._is_short)
        self.note.remark, self.note.is_blank = self._remark(ticked), not self.chosen
        with QSignalBlocker(self.every_one):
            self.every_one.setChecked(bool(boxes) and len(ticked) == len(boxes))
        self.counter.setVisible(has_many)
        names = cut(", ".join(box.label for box in ticked), _NAMED)
        ticked_of_all = phrase("form", "{count} of {all} ticked").format(count=len(ticked), all=len(boxes))
        self.counter.show_text(
            Tone.QUIET,
            f"{ticked_of_all}: {names}" if names else ticked_of_all,
        )

    # -- what a person does -----------------------------------------------------------------------

    def go_to(self) -> None:
        """Put the focus on the categories, or on the field for an ID where there are none."""
        at = self.rows.current
        if at is not None and at not in self.rows.shown:
            at = self.rows.shown[0] if self.rows.shown else None
        if at is not None:
            at.setFocus()
        elif self.other.isVisible():
            self.other.setFocus()
        else:
            self.filter.setFocus()

    def go_to_chosen(self) -> None:
        """The same, or on the ID that was typed."""
        if self.other.text():
            self.other.setFocus()
        else:
            self.go_to()

    def press_all(self) -> None:
        """Tick all, or none again where all are."""
        if self.every_one.isVisible():
            self.every_one.click()

    def _tick_all(self, ticked: bool) -> None:
        self.filter.clear()
        if ticked:
            # Those of the project: what was typed is none of them.
            with QSignalBlocker(self.other):
                self.other.clear()
        self.rows.tick({box.category.id for box in self.rows.boxes} if ticked else set())
        self._follow_ticks()

    def _follow_ticks(self) -> None:
        self.dropped = ()
        self._tell_ticked(
            [box for box in self.rows.boxes if box.isChecked()], len(self.rows.boxes) > MOST_SEEN
        )
        self.changed.emit()

    def toggle_details(self) -> None:
        """Show all that is known of the row in focus, and the wording read out then; or no more."""
        self.details.setVisible(self.details.isHidden())
        self._show_details()

    def close_innermost(self) -> bool:
        """Close the details, or end the filter; return whether there was either."""
        if not self.details.isHidden():
            self.details.hide()
            return True
        if self.filter.text():
            self.filter.clear()
            return True
        return False

    def _show_details(self) -> None:
        box = self.rows.current
        if self.details.isHidden() or box is None:
            return
        lines = [f"{box.label}: {box.state.told}", box.state.wording]
        said = "\n".join([*filter(None, lines), f"ID: {visible(box.category.id)}"])
        if said != typed_text(self.details):
            self.details.setPlainText(said)
            seen = min(said.count("\n") + 2, _MOST_LINES)
            self.details.setFixedHeight(seen * self.details.fontMetrics().lineSpacing() + 10)
