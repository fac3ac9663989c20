"""The button that sends, and the choice between opt-out and opt-in."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QPushButton, QRadioButton, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.domain.text import visible
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import tool_tip
from consent_desk.ui.widgets.tones import Tone, colour


class SendButton(QPushButton):
    """The button that sends. While something is missing it looks switched off, but says what."""

    def __init__(self) -> None:
        super().__init__()
        # First of all: a desktop's theme changes the palette while the size is asked for.
        self._action, self._ready = "", False
        self.setAccessibleName("Send")
        self.setMinimumHeight(self.sizeHint().height() * 3 // 2)
        # A long name is cut to the button's width, instead of widening the window.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._tint()

    def show_action(self, text: str, *, description: str, ready: bool) -> None:
        """Say what it will do; `description` is what assistive technology adds."""
        self._action = _shortened(text).replace("&", "&&")
        self.setAccessibleDescription(_shortened(description))
        self.setToolTip(tool_tip(f"{_shortened(description)}\nCtrl+Return"))
        if ready is not self._ready:
            self._ready = ready
            font = self.font()
            font.setBold(ready)
            self.setFont(font)
            self._tint()
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _elide(self) -> None:
        metrics, room = self.fontMetrics(), self.width() - 2 * self.fontMetrics().height()
        flags = Qt.TextFlag.TextShowMnemonic.value
        self.setText(metrics.elidedText(self._action, Qt.TextElideMode.ElideRight, max(room, 0), flags))

    def _tint(self) -> None:
        palette = QPalette()
        if not self._ready:
            palette.setColor(QPalette.ColorRole.ButtonText, colour(Tone.QUIET, palette))
        self.setPalette(palette)


def _shortened(text: str) -> str:
    # What was pasted into the category stands here too: a megabyte of lines brings Qt down.
    cut = visible(text[:_SHOWN_OF_ACTION]).replace("\n", " ")
    return cut if len(text) <= _SHOWN_OF_ACTION else f"{cut}…"


_SHOWN_OF_ACTION = 200


class ActionChoice(QWidget):
    """Opt out or opt in: one of them is always chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.opt_out = QRadioButton("Opt &out (reject)")
        self.opt_out.setAccessibleName("Opt out (reject)")
        self.opt_in = QRadioButton("Opt &in (accept)")
        self.opt_in.setAccessibleName("Opt in (accept)")
        self.opt_out.setChecked(True)
        # Tab leads to the chosen one, the arrow keys from there to the other; the label's mnemonic here.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.opt_in.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.opt_in.toggled.connect(self._follow_choice)
        fill(QVBoxLayout(self), self.opt_out, self.opt_in).setSpacing(2)

    def _follow_choice(self, opted_in: bool) -> None:
        chosen, other = (self.opt_in, self.opt_out) if opted_in else (self.opt_out, self.opt_in)
        chosen.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        other.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        (self.opt_in if self.opt_in.isChecked() else self.opt_out).setFocus(event.reason())
