"""What is written can be read, and what can be used can be seen: reckoned from the colours themselves."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from consent_desk.domain.wire.project import PROJECT_COLOURS
from consent_desk.ui.theme import style
from consent_desk.ui.theme.tokens import DARK, LIGHT, Tokens, current, is_high_contrast

GROUNDS = (
    "background",
    "surface",
    "sunk",
    "selection",
    "info_ground",
    "good_ground",
    "warn_ground",
    "bad_ground",
)
TEXTS = ("text", "second", "accent", "info", "good", "warn", "bad")
PAIRS = [(text, ground) for text in TEXTS for ground in GROUNDS]
PAIRS += [("on_accent", "accent"), ("on_alarm", "alarm")]
PROJECTS = tuple(f"project_{name}" for name in PROJECT_COLOURS)
EDGES = [(edge, ground) for edge in ("field", *TEXTS, *PROJECTS) for ground in GROUNDS]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG reckons it, from 1 to 21."""

    def luminance(name: str) -> float:
        tint = QColor(name)
        parts = (tint.redF(), tint.greenF(), tint.blueF())
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    before = qapp.palette()
    yield qapp
    style.show_look(qapp, dark=False)
    qapp.setPalette(before)


def test_black_on_white_is_the_most_there_is() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read_on_every_ground(tokens: Tokens) -> None:
    found = {pair: contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_every_edge_and_icon_can_be_seen_on_every_ground(tokens: Tokens) -> None:
    found = {pair: contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) for pair in EDGES}
    assert {pair: ratio for pair, ratio in found.items() if ratio < 3} == {}


def test_the_colours_are_those_of_the_application(app: QApplication) -> None:
    for dark, tokens in ((True, DARK), (False, LIGHT)):
        style.show_look(app, dark=dark)
        assert current() is tokens


def test_in_high_contrast_all_colours_are_the_systems(app: QApplication) -> None:
    style.show_look(app, dark=True)
    style.show_look(app, dark=True, contrast=True)
    assert is_high_contrast()
    role = QPalette.ColorRole
    theirs = {
        app.palette().color(which).name()
        for which in (role.Window, role.WindowText, role.Highlight, role.HighlightedText)
    }
    assert {getattr(current(), name) for name in Tokens._fields} == theirs
    style.show_look(app, dark=True)
    assert current() is DARK
