"""What the desk's own system is set to: its languages and its country."""

from PySide6.QtCore import QLocale


def languages() -> tuple[str, ...]:
    """The languages of this user, the best one first: `de-AT`, `de`."""
    return tuple(QLocale.system().uiLanguages())


def country() -> str:
    """The two letters of this user's country, `AT`; empty where the system names none."""
    return QLocale.territoryToCode(QLocale.system().territory())
