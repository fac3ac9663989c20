"""How outcomes look: a sign, an icon and a colour each, never the colour alone."""

from enum import StrEnum

from PySide6.QtGui import QColor, QPalette

from consent_desk.ui.theme.tokens import DARK, LIGHT, Tokens, current, is_dark, is_high_contrast


class Tone(StrEnum):
    """What a colour says. Green is kept for what was verified."""

    QUIET = "quiet"
    NEUTRAL = "neutral"
    PRACTICE = "practice"
    WARNING = "warning"
    BAD = "bad"
    GOOD = "good"


_LOOKS = {
    Tone.QUIET: ("", "circle", "second", "sunk"),
    Tone.NEUTRAL: ("➜", "info", "info", "info_ground"),
    Tone.PRACTICE: ("◆", "practice", "warn", "warn_ground"),
    Tone.WARNING: ("▲", "alert-triangle", "warn", "warn_ground"),
    Tone.BAD: ("✖", "alert-circle", "bad", "bad_ground"),
    Tone.GOOD: ("✔", "check-circle", "good", "good_ground"),
}
"""The sign, the icon, and the tokens of text and ground."""


def sign(tone: Tone) -> str:
    """The character that stands for `tone`."""
    return _LOOKS[tone][0]


def icon_of(tone: Tone) -> str:
    """The name of the icon that stands for `tone`."""
    return _LOOKS[tone][1]


def tokens_of(tone: Tone) -> tuple[str, str]:
    """The names of the tokens for the text of `tone` and for its ground."""
    return _LOOKS[tone][2:]


def of_tone(tone: Tone, tokens: Tokens) -> tuple[str, str]:
    """The colours for the text of `tone` and for its ground."""
    text, ground = tokens_of(tone)
    return str(getattr(tokens, text)), str(getattr(tokens, ground))


def colour(tone: Tone, palette: QPalette) -> QColor:
    """The text colour of `tone` on any ground, where `palette` is the application's."""
    return QColor(of_tone(tone, _tokens(palette))[0])


def background(tone: Tone, palette: QPalette) -> QColor:
    """A ground for `tone`, on which its colour stays readable."""
    return QColor(of_tone(tone, _tokens(palette))[1])


def loud_colours(palette: QPalette) -> tuple[QColor, QColor]:
    """Ground and text of what must be seen before all else."""
    tokens = _tokens(palette)
    return QColor(tokens.alarm), QColor(tokens.on_alarm)


def _tokens(palette: QPalette) -> Tokens:
    if is_high_contrast():
        return current()
    return DARK if is_dark(palette) else LIGHT
