"""What can be done while the journal cannot be used: a banner of buttons below what is said of it."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from consent_desk.domain.message import say
from consent_desk.ui.widgets.banner import TintedBanner, TintedLabel
from consent_desk.ui.widgets.inputs import button
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone, sign

SHUT = say("recovery", "Nothing can be noted or sent until this is settled.")


class RecoveryBanner(TintedBanner):
    """What may help, each by a button. Hidden while the journal is well."""

    def __init__(self) -> None:
        super().__init__(Tone.BAD)
        self.label = TintedLabel(phrase("recovery", "Journal"))
        self.look = button(phrase("recovery", "Look again"), phrase("recovery", "Look for the journal again"))
        self.salvage = button(phrase("recovery", "Save what can be read"))
        self.restore = button(phrase("recovery", "Restore from backup…"))
        self.begin = button(phrase("recovery", "Begin a new journal…"))
        self._buttons = (self.look, self.salvage, self.restore, self.begin)
        row = fill(QHBoxLayout(), *self._buttons, None)
        fill(QVBoxLayout(self), self.label, row, margins=(10, 4, 10, 6))
        self.hide()

    def show_shut(self, *, salvage: bool, restore: bool, begin: bool) -> None:
        """Offer what helps; looking again always may."""
        self.label.show_text(Tone.BAD, f"{sign(Tone.BAD)} {render(SHUT)}")
        self.look.setVisible(True)
        self.salvage.setVisible(salvage)
        self.restore.setVisible(restore)
        self.begin.setVisible(begin)
        self.show()

    def show_busy(self, text: str) -> None:
        """Say what is being done; nothing is offered meanwhile."""
        self.label.show_text(Tone.BAD, text)
        for each in self._buttons:
            each.hide()
        self.show()
