"""The button that takes out of a field what it cannot hold."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSizePolicy

from consent_desk.ui.widgets.buttons import Button
from consent_desk.ui.widgets.inputs import named, typed_text, units
from consent_desk.ui.widgets.messages import phrase

if TYPE_CHECKING:
    from consent_desk.domain.consent.values import Repair


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
        found = self._found()
        if found is None:
            return
        # As typing, so that Ctrl+Z brings the former text back.
        if isinstance(self._edit, QLineEdit):
            self._edit.selectAll()
            self._edit.insert(found.text)
        else:
            cursor = self._edit.textCursor()
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.insertText(found.text)
        self._edit.setFocus()


def typed(edit: QLineEdit | QPlainTextEdit) -> str:
    """What stands in `edit`, to the letter."""
    return edit.text() if isinstance(edit, QLineEdit) else typed_text(edit)
