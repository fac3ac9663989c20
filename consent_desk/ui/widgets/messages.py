"""Turns messages and errors into the text that is shown."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6 import QtGui
from PySide6.QtCore import QCoreApplication, Qt

from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import Message, counting, say
from consent_desk.domain.text import visible

if TYPE_CHECKING:
    from datetime import datetime

    from consent_desk.domain.consent.values import Timestamp

Local = Callable[["Timestamp"], "datetime"]
"""A moment in the time zone of this computer."""

SHOWN = 100_000
"""Characters of a text that are shown at the most."""

_LINE = 1_000


def render(message: Message, local: Local | None = None) -> str:
    """`message` in the language of the window; the moments that it tells of are written in `local` time."""

    def told(value: object) -> object:
        if isinstance(value, Message):
            return render(value, local)
        return value if local is None else _in_local_time(value, local)

    template = _template(message)
    return template.format_map({name: told(value) for name, value in message.values.items()})


def _template(message: Message) -> str:
    count = message.count
    if count is None:
        return QCoreApplication.translate(message.context, message.template)
    template = QCoreApplication.translate(message.context, message.template, message.one, count)
    # Where nobody has translated it, Qt knows of one form alone.
    is_ours = template == message.template.replace("%n", str(count))
    return counting(message.own if is_ours else template, count)


def phrase(context: str, template: str, one: str = "", count: int | None = None, /) -> str:
    """What `say` would build, as it is shown. Its values are filled in by `str.format`."""
    return _template(say(context, template, one, count))


def _in_local_time(value: object, local: Local) -> object:
    # Loaded with the first moment: the window does not need it to show.
    from consent_desk.domain.consent.values import Timestamp

    return moment_of(local(value)) if isinstance(value, Timestamp) else value


def moment_of(at: "datetime") -> str:
    """A local time as short as it is clear: 10:44 today, 3 Nov 10:44, 3 Nov 2024 10:44."""
    today = at.now(at.tzinfo)
    if at.date() == today.date():
        return f"{at:%H:%M}"
    return f"{at.day} {at:%b %H:%M}" if at.year == today.year else f"{at.day} {at:%b %Y %H:%M}"


def written(at: "datetime") -> str:
    """A local time in full, with its zone."""
    return f"{at:%Y-%m-%d %H:%M:%S %Z}"


def render_error(error: Exception) -> str:
    """What went wrong and what to do; of an unexpected exception only its kind, it may hold a secret."""
    if isinstance(error, DeskError):
        return f"{render(error.title)} {render(error.advice)}"
    unexpected = phrase(
        "widgets", "Something unexpected went wrong ({kind}). The details are in the program's log."
    )
    return unexpected.format(kind=type(error).__name__)


def tool_tip(text: str) -> str:
    """`text` for a tool tip: as HTML, or Qt would guess whether it is some."""
    # Of no text it would make some too, which is read out.
    return QtGui.Qt.convertFromPlainText(text, Qt.WhiteSpaceMode.WhiteSpaceNormal) if text else ""


def laid_out(text: str, most: int = SHOWN) -> str:
    """`text` made safe to show: hidden characters visible, long lines broken, after `most` cut with a note.

    A line of a million characters would freeze the widget for a minute.
    """
    # Written out, a hidden character takes up to eight.
    shown = visible(text[:most].replace("\r\n", "\n"))
    cut = len(text) > most or len(shown) > most
    lines: list[str] = []
    for line in shown[:most].split("\n"):
        lines.extend(line[start : start + _LINE] for start in range(0, max(1, len(line)), _LINE))
    if cut:
        count = len(text)
        lines.append(phrase("widgets", "… cut here: %n characters in all", "", count))
    return "\n".join(lines)
