"""Texts of some kilobytes in a QPlainTextEdit, laid out fast enough to follow every key."""

from PySide6.QtGui import QTextCursor, QTextOption
from PySide6.QtWidgets import QPlainTextEdit

from consent_desk.ui.widgets.inputs import alike, typed_text, units

LONGEST_WORD = 500
"""Characters without a space from which on lines break anywhere."""


def show_lines(edit: QPlainTextEdit, text: str) -> None:
    """Let `edit` show `text`. What stays is not laid out again, and the view does not jump."""
    before = typed_text(edit)
    if before == text:
        return
    _break_lines(edit, text)
    if not (before and text):
        edit.setPlainText(text)
        return
    # No more than what differs: where that lies within one line, which gets no higher, Qt lays out and
    # paints that line alone. Otherwise it paints everything, the scroll bar as well.
    head = alike(before, text)
    tail = alike(before[head:][::-1], text[head:][::-1])
    cursor = QTextCursor(edit.document())
    cursor.setPosition(units(before[:head]))
    cursor.setPosition(units(before[: len(before) - tail]), QTextCursor.MoveMode.KeepAnchor)
    first = cursor.document().findBlock(cursor.anchor())
    cursor.insertText(text[head : len(text) - tail])
    # Qt lays a line out as late as in its paint, which then moves the scroll bar and has it painted anew.
    layout = edit.document().documentLayout()
    for number in range(first.blockNumber(), cursor.blockNumber() + 1):
        layout.blockBoundingRect(edit.document().findBlockByNumber(number))


def follow_lines(edit: QPlainTextEdit) -> None:
    """Break the lines of what is typed into `edit` as `show_lines` does."""
    edit.textChanged.connect(lambda: _break_lines(edit, edit.toPlainText()))


def _break_lines(edit: QPlainTextEdit, text: str) -> None:
    # Between words, but anywhere as soon as one is very long: over 16 KB without a space Qt takes
    # five times as long when it looks for words.
    wordless = len(text) > LONGEST_WORD and max(map(len, text.split()), default=0) > LONGEST_WORD
    modes = QTextOption.WrapMode
    mode = modes.WrapAnywhere if wordless else modes.WrapAtWordBoundaryOrAnywhere
    if edit.wordWrapMode() != mode:
        edit.setWordWrapMode(mode)
