"""Every colour of the window by what it is for, on a light system, on a dark one, and in high contrast."""

from typing import NamedTuple

from PySide6.QtGui import QGuiApplication, QPalette

CONTRAST = "high contrast"
"""The property of the application that says so: then it has the system's palette and no look of ours."""


class Tokens(NamedTuple):
    """Colours as #rrggbb. `line` is decoration only; `field` is the edge of whatever can be used.

    `info`, `good`, `warn` and `bad` are for text, icon and edge on the ground of that name, and on any other.
    `alarm` is the ground of what must be seen before all else. `project_…` mark a project, and say no more.
    """

    background: str
    surface: str
    sunk: str
    line: str
    field: str
    text: str
    second: str
    accent: str
    on_accent: str
    selection: str
    info: str
    info_ground: str
    good: str
    good_ground: str
    warn: str
    warn_ground: str
    bad: str
    bad_ground: str
    alarm: str
    on_alarm: str
    project_blue: str
    project_violet: str
    project_teal: str
    project_pink: str
    project_brown: str
    project_grey: str


LIGHT = Tokens(
    background="#f5f6f8",
    surface="#ffffff",
    sunk="#f0f2f5",
    line="#dfe3e8",
    field="#757e8c",
    text="#16181d",
    second="#56606f",
    accent="#2457d6",
    on_accent="#ffffff",
    selection="#e8effd",
    info="#1e4bbf",
    info_ground="#e8effd",
    good="#0f6b35",
    good_ground="#e5f4ea",
    warn="#7a4a00",
    warn_ground="#fff2d9",
    bad="#b3261e",
    bad_ground="#fdecea",
    alarm="#b3261e",
    on_alarm="#ffffff",
    project_blue="#2457d6",
    project_violet="#7a3fc4",
    project_teal="#0b6f7d",
    project_pink="#b0306f",
    project_brown="#86521f",
    project_grey="#56606f",
)

DARK = Tokens(
    background="#15171b",
    surface="#1d2026",
    sunk="#24282f",
    line="#333945",
    field="#828b9a",
    text="#eceef2",
    second="#a7b0bd",
    accent="#8aadff",
    on_accent="#0b1220",
    selection="#22304f",
    info="#9dbbff",
    info_ground="#1c2a4a",
    good="#86dba0",
    good_ground="#17301f",
    warn="#ffc76f",
    warn_ground="#3a2b12",
    bad="#ffa199",
    bad_ground="#40201d",
    alarm="#8c1d18",
    on_alarm="#ffffff",
    project_blue="#8aadff",
    project_violet="#c3a2ff",
    project_teal="#6fd0dc",
    project_pink="#ff9ccb",
    project_brown="#d9a878",
    project_grey="#a7b0bd",
)


INK, WATERMARK = "#000000", "#f5e3ca"
"""On paper, which is white."""


def current() -> Tokens:
    """The colours that stand on the application's palette, as it is now. Cheap: ask in every paint."""
    palette = QGuiApplication.palette()
    if is_high_contrast():
        return of_the_system(palette)
    return DARK if is_dark(palette) else LIGHT


def is_high_contrast() -> bool:
    """Whether the system's palette rules: then paint nothing that the style can paint."""
    application = QGuiApplication.instance()
    return application is not None and bool(application.property(CONTRAST))


def is_dark(palette: QPalette) -> bool:
    """Whether `palette` is a dark one."""
    return palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5


def of_the_system(palette: QPalette) -> Tokens:
    """Two colours of `palette` and its highlight: signs and words say all the rest."""
    role = QPalette.ColorRole
    ground, text = palette.color(role.Window).name(), palette.color(role.WindowText).name()
    grounds = {"background", "surface", "sunk", "selection", "alarm"}
    two = {name: ground if name in grounds or name.endswith("_ground") else text for name in Tokens._fields}
    lit = {"accent": role.Highlight, "on_accent": role.HighlightedText}
    return Tokens(**two | {name: palette.color(which).name() for name, which in lit.items()})
