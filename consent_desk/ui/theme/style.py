"""The look of the whole program: style, palette and font, following the system while it runs."""

import os
import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from consent_desk.ui.theme.tokens import CONTRAST, DARK, LIGHT, Tokens, is_dark

_SMALL = 13 * 72 / 96
"""Points of the text where the system has no size of its own."""

_FUSION = 140
"""Percent by which Fusion darkens what it makes an edge of."""

_EDGED = ("QMenu", "QPushButton", "QCheckBox")

_BETTER = ("Inter", "Noto Sans")
"""What is taken instead of DejaVu, where it is installed."""


def apply(app: QApplication) -> None:
    """Give `app` its look, before its first widget, and again whenever the system's changes."""
    _take_font(app)
    hints = app.styleHints()
    _follow(app, hints.colorScheme())
    hints.colorSchemeChanged.connect(lambda scheme: _follow(app, scheme))
    if (accessibility := getattr(hints, "accessibility", None)) is not None:
        accessibility().contrastPreferenceChanged.connect(lambda: _follow(app, hints.colorScheme()))


def _follow(app: QApplication, scheme: Qt.ColorScheme) -> None:
    # A desktop that does not say so may have dark colours all the same.
    is_said = scheme is not Qt.ColorScheme.Unknown
    dark = scheme is Qt.ColorScheme.Dark if is_said else is_dark(app.palette())
    show_look(app, dark=dark, contrast=_wants_contrast(app))


def show_look(app: QApplication, *, dark: bool, contrast: bool = False) -> None:
    """Show the light look or the dark one; in high contrast none, but the system's own."""
    before = app.property(CONTRAST)
    app.setProperty(CONTRAST, contrast)
    if not contrast:
        if before or (before is None and not _is_fusion()):
            app.setStyle("Fusion")
        tokens = DARK if dark else LIGHT
        made = palette(tokens)
        app.setPalette(made)
        # Fusion makes the edges of these of the window's colour, darker: on a dark one nobody sees them.
        made.setColor(QPalette.ColorRole.Window, QColor(tokens.field).lighter(_FUSION))
        for kind in _EDGED:
            app.setPalette(made, kind)  # type: ignore[arg-type]  # it takes text, and no bytes
    elif not before:
        _leave_it_to_the_system(app)


def _is_fusion() -> bool:
    # To ask or set it has PySide6 make the 566 members of QStyle's enums: 6 ms before the window shows.
    desktop = os.environ.get("XDG_CURRENT_DESKTOP", "")
    return sys.platform.startswith("linux") and not {"KDE", "LXQt"} & set(desktop.split(":"))


def _wants_contrast(app: QApplication) -> bool:
    # Qt tells it since 6.10.
    hints = app.styleHints()
    if not hasattr(hints, "accessibility"):
        return False
    return bool(hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast)


def _leave_it_to_the_system(app: QApplication) -> None:
    if sys.platform in {"win32", "darwin"}:
        from PySide6.QtWidgets import QStyleFactory

        app.setStyle(QStyleFactory.keys()[0])
    app.setPalette(QPalette())
    for kind in _EDGED:
        app.setPalette(app.palette(), kind)  # type: ignore[arg-type]  # as above


def palette(tokens: Tokens) -> QPalette:
    """The palette for all that the style paints."""
    made, role = QPalette(), QPalette.ColorRole
    for which, colour in (
        (role.Window, tokens.background),
        (role.WindowText, tokens.text),
        (role.Base, tokens.surface),
        (role.AlternateBase, tokens.sunk),
        (role.Text, tokens.text),
        (role.Button, tokens.surface),
        (role.ButtonText, tokens.text),
        (role.BrightText, tokens.on_alarm),
        (role.PlaceholderText, tokens.second),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.Accent, tokens.accent),
        (role.Link, tokens.accent),
        (role.LinkVisited, tokens.accent),
        (role.ToolTipBase, tokens.text),
        (role.ToolTipText, tokens.surface),
        (role.Light, tokens.surface),
        (role.Midlight, tokens.sunk),
        (role.Mid, tokens.line),
        (role.Dark, tokens.field),
        (role.Shadow, tokens.second),
    ):
        made.setColor(which, QColor(colour))
    group = QPalette.ColorGroup.Disabled
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(group, which, QColor(tokens.second))
    made.setColor(group, role.Base, QColor(tokens.sunk))
    made.setColor(group, role.Button, QColor(tokens.sunk))
    made.setColor(group, role.Highlight, QColor(tokens.field))
    return made


def _take_font(app: QApplication) -> None:
    font = app.font()
    # What Qt falls back to where no desktop tells it a font.
    if not sys.platform.startswith("linux") or font.family() != "Sans Serif":
        return
    font.setPointSizeF(max(font.pointSizeF(), _SMALL))
    if QFontInfo(font).family().startswith("DejaVu"):
        font.setFamilies([*_BETTER, font.family()])
    app.setFont(font)
