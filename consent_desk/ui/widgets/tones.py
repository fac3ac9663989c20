"""How outcomes look: a sign and a colour each, never the colour alone."""

from enum import StrEnum

from PySide6.QtGui import QColor, QPalette


class Tone(StrEnum):
    """What a colour says. Green is kept for what was verified."""

    QUIET = "quiet"
    NEUTRAL = "neutral"
    PRACTICE = "practice"
    WARNING = "warning"
    BAD = "bad"
    GOOD = "good"


_LIGHT = {
    Tone.QUIET: "#5f6368",
    Tone.NEUTRAL: "#1a4f8b",
    Tone.PRACTICE: "#8a5300",
    Tone.WARNING: "#8a5300",
    Tone.BAD: "#b3261e",
    Tone.GOOD: "#146c2e",
}
_DARK = {
    Tone.QUIET: "#b0b4b9",
    Tone.NEUTRAL: "#9cc4f5",
    Tone.PRACTICE: "#ffc46b",
    Tone.WARNING: "#ffc46b",
    Tone.BAD: "#ff9a91",
    Tone.GOOD: "#86d79b",
}
_SIGNS = {
    Tone.QUIET: "",
    Tone.NEUTRAL: "➜",
    Tone.PRACTICE: "◆",
    Tone.WARNING: "▲",
    Tone.BAD: "✖",
    Tone.GOOD: "✔",
}


def sign(tone: Tone) -> str:
    """The character that stands for `tone`."""
    return _SIGNS[tone]


def colour(tone: Tone, palette: QPalette) -> QColor:
    """The text colour of `tone` on the background of `palette`, light or dark."""
    return QColor((_DARK if is_dark(palette) else _LIGHT)[tone])


def background(tone: Tone, palette: QPalette) -> QColor:
    """A background for a banner of `tone`, in which its colour stays readable."""
    base, tint = palette.color(QPalette.ColorRole.Window), colour(tone, palette)
    share = 0.16 if is_dark(palette) else 0.10
    parts = ((base.redF(), tint.redF()), (base.greenF(), tint.greenF()), (base.blueF(), tint.blueF()))
    return QColor.fromRgbF(*(own * (1 - share) + other * share for own, other in parts))


def loud_colours(tone: Tone, palette: QPalette) -> tuple[QColor, QColor]:
    """Background and text of what must be seen before all else."""
    return (QColor("#8c1d18") if is_dark(palette) else QColor(_LIGHT[tone])), QColor("#ffffff")


def is_dark(palette: QPalette) -> bool:
    """Whether `palette` is a dark one."""
    return palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5
