"""Of a long text, only what differs is replaced."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from consent_desk.ui.widgets.inputs import typed_text
from consent_desk.ui.widgets.long_text import follow_lines, show_lines

lines = ["{", "}", "", "  a", "  b\u00a0b", "  c c", "  \U0001f600\U0001f601!", "  \U0001f601"]
texts = st.lists(st.sampled_from(lines), max_size=8).map("\n".join)


@pytest.fixture
def edit(qtbot: QtBot) -> QPlainTextEdit:
    edit = QPlainTextEdit()
    qtbot.addWidget(edit)
    return edit


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=texts, after=texts)
def test_whatever_stood_there_the_new_text_is_shown(edit: QPlainTextEdit, before: str, after: str) -> None:
    show_lines(edit, before)
    show_lines(edit, after)
    assert typed_text(edit) == after


def test_lines_that_stay_are_not_laid_out_again(edit: QPlainTextEdit) -> None:
    show_lines(edit, "{\n  old\n  long\n}")
    long = edit.document().findBlockByNumber(2)
    revision = long.revision()
    show_lines(edit, "{\n  new\n  long\n}")
    assert edit.document().findBlockByNumber(2) == long
    assert long.revision() == revision


def test_a_change_within_a_line_has_that_line_painted_alone(edit: QPlainTextEdit, qtbot: QtBot) -> None:
    show_lines(edit, "{\n" + "word " * 200 + "x\n}")
    layout = edit.document().documentLayout()
    with qtbot.assertNotEmitted(layout.update), qtbot.waitSignal(layout.updateBlock):
        show_lines(edit, "{\n" + "word " * 200 + "y\n}")


def test_a_text_with_words_breaks_between_them_and_one_without_breaks_anywhere(edit: QPlainTextEdit) -> None:
    follow_lines(edit)
    modes = []
    for text in ("word " * 200, "0123456789" * 100, "word"):
        edit.setPlainText(text)
        modes.append(edit.wordWrapMode())
    words, anywhere = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere, QTextOption.WrapMode.WrapAnywhere
    assert modes == [words, anywhere, words]
