"""The button that sends, and the choice between opt-out and opt-in."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from consent_desk.domain.message import say
from consent_desk.domain.text import visible
from consent_desk.ui.theme.fonts import HEADING, sized
from consent_desk.ui.widgets.buttons import HIGH, Primary, Segment
from consent_desk.ui.widgets.inputs import named
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render, tool_tip

_SHOWN_OF_ACTION = 200
_BESIDE, _LOW = 32, 38
"""Pixels beside the text, and its height in a low window."""


class SendButton(Primary):
    """The button that sends. While something is missing it looks switched off, but says what.

    It shows the longest of the texts for which it has room.
    """

    def __init__(self) -> None:
        super().__init__()
        self._texts: tuple[str, ...] = ("",)
        self._description = ""
        self.is_ready = False
        self.hint = phrase("form", "Ctrl ⏎")
        self.setAccessibleName(phrase("form", "Send"))

    def show_action(self, *texts: str, description: str, ready: bool) -> None:
        """Say what it will do, at length or shorter; `description` is what assistive technology adds."""
        self._texts = tuple(_shortened(text) for text in texts)
        self._description = _shortened(description)
        self.is_ready = ready
        self._tell()

    def show_low(self, low: bool) -> None:
        """Take less room: the window is low."""
        self._high = _LOW if low else HIGH
        self.updateGeometry()

    def name_project(self, name: str) -> None:
        """Say below where it leads, where that is a question."""
        self.second = _shortened(name)
        self._tell()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell()

    def _tell(self) -> None:
        metrics, room = QFontMetrics(sized(HEADING, semibold=True)), self.width() - _BESIDE
        fitting = (text for text in self._texts if metrics.horizontalAdvance(text) <= room)
        self.setText(next(fitting, self._texts[-1]).replace("&", "&&"))
        said = self._description if self.isEnabled() else render(_WAITS)
        if self.second:
            said = f"{said}\n{self.second}"
        self.setAccessibleDescription(said)
        self.setToolTip(tool_tip(phrase("form", "{said}\nCtrl+Return").format(said=said)))
        self.update()


_WAITS = say("form", "Wait until it is noted, or answer the question first.")


def _shortened(text: str) -> str:
    # What was pasted into the category stands here too: a megabyte of lines brings Qt down.
    cut = visible(text[:_SHOWN_OF_ACTION]).replace("\n", " ")
    return cut if len(text) <= _SHOWN_OF_ACTION else f"{cut}…"


class ActionChoice(QWidget):
    """Opt out or opt in: one of them is always chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.opt_out = named(
            Segment(is_first=True), phrase("form", "Opt &out"), phrase("form", "Opt out (reject)")
        )
        self.opt_in = named(
            Segment(is_first=False), phrase("form", "Opt &in"), phrase("form", "Opt in (accept)")
        )
        self.opt_out.setChecked(True)
        # Tab leads to the chosen one, the arrow keys from there to the other.
        self.opt_in.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.opt_in.toggled.connect(self._follow_choice)
        fill(QHBoxLayout(self), (self.opt_out, 1), (self.opt_in, 1)).setSpacing(0)

    def _follow_choice(self, opted_in: bool) -> None:
        chosen, other = (self.opt_in, self.opt_out) if opted_in else (self.opt_out, self.opt_in)
        chosen.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        other.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
