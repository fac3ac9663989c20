"""Texts of some kilobytes in a QPlainTextEdit, laid out fast enough to follow every key."""

from PySide6.QtGui import QTextCursor, QTextOption
from PySide6.QtWidgets import QPlainTextEdit

from consent_desk.ui.fields import typed_text

LONGEST_WORD = 500
"""Characters without a space from which on lines break anywhere."""


def show_lines(edit: QPlainTextEdit, text: str) -> None:
    """Let `edit` show `text`. Lines that stay are not laid out again, and the view does not jump."""
    before, after = typed_text(edit).split("\n"), text.split("\n")
    if before == after:
        return
    _break_lines(edit, text)
    head = _alike(before, after)
    if head == 0:
        edit.setPlainText(text)
        return
    tail = min(_alike(before[::-1], after[::-1]), len(before) - head - 1, len(after) - head - 1)
    if tail < 0:
        # Lines were only added or only taken away.
        edit.setPlainText(text)
        return
    document = edit.document()
    last = document.findBlockByNumber(len(before) - tail - 1)
    cursor = QTextCursor(document.findBlockByNumber(head))
    cursor.setPosition(last.position() + last.length() - 1, QTextCursor.MoveMode.KeepAnchor)
    cursor.insertText("\n".join(after[head : len(after) - tail]))
    # Qt lays a line out as late as in its paint, which then moves the scroll bar and has it painted anew.
    for number in range(head, len(after) - tail):
        document.documentLayout().blockBoundingRect(document.findBlockByNumber(number))


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


def _alike(some: list[str], others: list[str]) -> int:
    pairs = zip(some, others, strict=False)
    return next((number for number, (one, other) in enumerate(pairs) if one != other), len(some))
