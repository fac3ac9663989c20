"""What the desk's own system is set to: its languages."""

from PySide6.QtCore import QLocale


def languages() -> tuple[str, ...]:
    """The languages of this user, the best one first: `de-AT`, `de`."""
    return tuple(QLocale.system().uiLanguages())
