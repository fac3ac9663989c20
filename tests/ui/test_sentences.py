"""Every sentence goes through `say` or `phrase`, in a form that translators' tools read, and shows so."""

import ast
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QTabBar, QWidget

import consent_desk
from consent_desk.domain.message import say
from consent_desk.ui.widgets.messages import phrase, render
from tests.ui.desks import OpenDesk

PROGRAM = Path(consent_desk.__file__).parent
WINDOW = sorted(path for path in (PROGRAM / "ui").rglob("*.py") if "theme" not in path.parts)

WORDS = re.compile(r"[A-Za-z]{2,},? [A-Za-z]{2,}|^[ .,;]*[A-Z][a-z]+\b[^_+]*$|[a-z]… ?$")
"""Two words beside each other, or one that begins as a sentence or a label does."""

COLUMN = "names a column or a tab to the code; its title stands beside it"
NO_SENTENCE = {
    **dict.fromkeys(("Time", "Outcome", "Status", "Duration", "Customer ID", "Category", "Action"), COLUMN),
    **dict.fromkeys(("Project", "Explanation", "Answer", "As received", "Headers", "Request"), COLUMN),
    "Meaning": "names a text to the code",
    "Consent Desk": "the program's name",
    "Return": "a key",
    "Ctrl+Plus, Ctrl+Minus": "keys",
    "Escape": "a key",
    "<table cellspacing='6'>": "how the list of keys is laid out",
    "in person": "a channel: what an event holds",
    "note of ": "begins an object's name",
    "saved wordings": "names a message of the status to the code",
    "start over": "names a message of the status to the code",
    "second folder": "names a lane to the code",
    " … (cut here)": "put into a field's text, where it is part of what was typed",
    **dict.fromkeys(("Seen", "Result", "Told", "Box", "Proofs", "Timestamp"), "names a type"),
}
"""What looks like words for people and is none, by why."""


def literals(tree: ast.AST) -> Iterator[str]:
    """The texts in `tree` that `say` and `phrase` do not get, without docstrings and annotations."""
    parts: list[ast.AST] = []
    match tree:
        case ast.Call(func=ast.Name(id="say" | "phrase")):
            return
        case ast.Expr(value=ast.Constant(value=str())):
            return
        case ast.arg() | ast.AnnAssign(value=None):
            return
        case ast.AnnAssign(value=ast.expr() as value):
            parts = [value]
        case ast.FunctionDef():
            parts = [*tree.decorator_list, tree.args, *tree.body]
        case ast.Constant(value=str(text)):
            yield text
            return
        case _:
            parts = [*ast.iter_child_nodes(tree)]
    for part in parts:
        yield from literals(part)


def test_no_sentence_of_the_window_goes_past_say_and_phrase() -> None:
    there = {path: set(literals(ast.parse(path.read_text("utf-8")))) for path in WINDOW}
    past = {
        path: {text for text in texts - NO_SENTENCE.keys() if WORDS.search(text)}
        for path, texts in there.items()
    }
    assert {path: texts for path, texts in past.items() if texts} == {}
    # Whatever is excused is still there.
    assert NO_SENTENCE.keys() <= set().union(*there.values())


def sentences() -> Iterator[tuple[str, str, str]]:
    """What the program says: each with its context and its form for one."""
    for path in PROGRAM.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            match call:
                case ast.Call(func=ast.Name(id="say" | "phrase"), args=[*given]) if given:
                    if path.name == "messages.py" and isinstance(given[0], ast.Name):
                        continue  # where `phrase` itself hands on what it got
                    parts = [cast("str", ast.literal_eval(part)) for part in given[:3]]
                    assert not call.keywords
                    yield parts[0], parts[1], parts[2] if len(parts) > 2 else ""
                case _:
                    pass


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What translators are handed."""
    file = tmp_path_factory.mktemp("translations") / "consent_desk.ts"
    tool = Path(sysconfig.get_path("scripts")) / "pyside6-lupdate"
    functions = "translate+=say,translate+=phrase"
    subprocess.run(
        [tool, "-silent", "-tr-function-alias", functions, "-extensions", "py", PROGRAM, "-ts", file],
        check=True,
        capture_output=True,
    )
    return file


def test_translators_get_every_sentence(catalogue: Path) -> None:
    found = {
        (context.findtext("name", ""), message.findtext("source", ""), message.findtext("comment", ""))
        for context in ElementTree.parse(catalogue).iter("context")
        for message in context.iter("message")
    }
    assert found == {*sentences()}


class Swapped(QTranslator):
    """Writes each sentence in brackets, in a language that has a form for one and one for more."""

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        form = "" if n < 0 else "one: " if n == 1 else "more: "
        return f"[{form}{source}]" if source else ""

    def isEmpty(self) -> bool:
        return False


@pytest.fixture
def swapped(qapp: QApplication) -> Iterator[None]:
    translator = Swapped()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


def shown(widget: QWidget) -> Iterator[str]:
    """What people read or hear of `widget`, but for what they typed and what a server told."""
    yield widget.accessibleName()
    match widget:
        case QAbstractButton() | QLabel():
            yield widget.text()
        case QLineEdit():
            yield widget.placeholderText()
        case QTabBar():
            yield from (widget.tabText(index) for index in range(widget.count()))
        case _:
            pass


@pytest.mark.usefixtures("swapped")
def test_the_window_speaks_another_language(acme: OpenDesk) -> None:
    window = acme.window
    texts = {text for widget in window.findChildren(QWidget) for text in shown(widget)}
    assert {text for text in texts if WORDS.search(text) and "[" not in text} == {
        "SMS marketing",
        "Newsletter",
    }
    assert window.consent.categories.every_one.text() == "[more: All 2]"


@pytest.mark.usefixtures("swapped")
def test_the_other_language_has_its_own_plural() -> None:
    assert phrase("log", "%n need you", "%n needs you", 1) == "[one: 1 need you]"
    assert render(say("log", "%n of {all} need you", "", 2).format(all=3)) == "[more: 2 of 3 need you]"


def test_without_a_translation_a_sentence_has_the_plural_of_the_programs_own_language() -> None:
    assert phrase("log", "%n need you", "%n needs you", 1) == "1 needs you"
    assert phrase("log", "%n need you", "%n needs you", 1_234) == "1,234 need you"
