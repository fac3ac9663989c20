"""Banners that ask a person for something, or say what holds for the whole window."""

from PySide6.QtCore import QEvent, QRect, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from consent_desk.ui.theme.fonts import scaled
from consent_desk.ui.theme.icons import paint_icon
from consent_desk.ui.widgets.banner import TintedBanner, TintedLabel, TintedLines, announce
from consent_desk.ui.widgets.buttons import Button
from consent_desk.ui.widgets.inputs import Unhurried, button
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase
from consent_desk.ui.widgets.tones import Tone, sign, tokens_of

_EDGE, _SIGN = 16, 18


class Notice(TintedBanner):
    """A text, a button that does it, and one that takes it away. Hidden while there is nothing to ask.

    It goes only when it is told to. `rang(bool)` tells whether it is there now: another one may step back
    for it. `name` is the accessible name of its text, `action` and `dismiss` those of its buttons.
    """

    rang = Signal(bool)

    def __init__(self, name: str, action: str, dismiss: str) -> None:
        super().__init__(Tone.QUIET)
        self._said = ""
        self._steps_back = False
        self.headline = TintedLines(name, bold=True)
        self.details = TintedLines(phrase("shell", "About: {name}").format(name=name))
        self._name = action
        self.action = button(action)
        self.dismiss = button(dismiss)
        self._unhurried = Unhurried(self.action, self.dismiss)
        # Below the texts, which have the whole width that way.
        buttons = fill(QHBoxLayout(), self.action, self.dismiss, None)
        buttons.setSpacing(8)
        fill(QVBoxLayout(self), self.headline, self.details, buttons, margins=(14, 10, 14, 10)).setSpacing(4)
        self.hide()

    def show_notice(
        self,
        tone: Tone,
        headline: str,
        details: str,
        *,
        loud: bool = False,
        action: str = "",
        can_act: bool = True,
        stops: bool = False,
    ) -> None:
        """Show this, and announce what is new of it. `action` says what the button does this time.

        Without `can_act` that button is not there. `stops`: all that is left to do is to stop what runs.
        """
        self.show_tone(tone, loud=loud)
        self.headline.show_text(tone, f"{sign(tone)} {headline}".strip(), loud=loud)
        self.details.show_text(tone, details, loud=loud)
        self.details.setVisible(bool(details))
        if action:
            self.action.setText(action)
        self.action.setAccessibleName(action if stops else self._name)
        self.dismiss.setVisible(not stops)
        self.action.setVisible(can_act)
        self.setVisible(not self._steps_back)
        self.rang.emit(True)
        said = f"{headline} {details}"
        if said != self._said:
            self._said = said
            # A press may have been meant for what stood here before.
            self._unhurried.begin()
            announce(self.headline, said, urgent=tone is Tone.BAD)

    def take_back(self) -> None:
        """Ask nothing any more."""
        self._said = ""
        self.hide()
        self.rang.emit(False)

    def step_back(self, back: bool) -> None:
        """Let something more important have the room; it comes back after that."""
        self._steps_back = back
        self.setVisible(bool(self._said) and not back)


class WideBanner(TintedBanner):
    """As wide as the window: an icon, a text, and a button at its end. Hidden until it is shown."""

    def __init__(self, tone: Tone, icon: str, name: str, button: Button) -> None:
        super().__init__(tone, wide=True)
        self._icon, self._token = icon, tokens_of(tone)[0]
        self.label = TintedLabel(name, bold=True)
        self._line = fill(QHBoxLayout(self), (self.label, 1), button)
        self._line.setSpacing(8)
        self._leave_room()
        self.hide()

    def _leave_room(self) -> None:
        self._line.setContentsMargins(_EDGE + scaled(_SIGN) + 8, 6, _EDGE, 6)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._leave_room()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        side, middle = scaled(_SIGN), self.label.geometry().center().y()
        paint_icon(QPainter(self), QRect(_EDGE, middle - side // 2, side, side), self._icon, self._token)
