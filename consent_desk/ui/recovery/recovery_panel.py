"""What can be done while the journal cannot be used: a banner of buttons below what is said of it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from consent_desk.ui.widgets.banner import TintedBanner, TintedLabel
from consent_desk.ui.widgets.tones import Tone, sign

SHUT = "Nothing can be noted or sent until this is settled."


class RecoveryBanner(TintedBanner):
    """Emits what was asked for. Hidden while the journal is well."""

    look_requested = Signal()
    salvage_requested = Signal()
    backups_requested = Signal()
    new_requested = Signal()

    def __init__(self) -> None:
        super().__init__(Tone.BAD)
        self.label = TintedLabel()
        self.label.setAccessibleName("Journal")
        self.label.setWordWrap(True)
        self.look = _button("Look again")
        self.salvage = _button("Save what can be read")
        self.restore = _button("Restore from backup…")
        self.begin = _button("Begin a new journal…")
        self.look.clicked.connect(self.look_requested)
        self.salvage.clicked.connect(self.salvage_requested)
        self.restore.clicked.connect(self.backups_requested)
        self.begin.clicked.connect(self.new_requested)
        buttons = QHBoxLayout()
        for button in (self.look, self.salvage, self.restore, self.begin):
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 10, 6)
        layout.addWidget(self.label)
        layout.addLayout(buttons)
        self.hide()

    def show_shut(self, *, salvage: bool, restore: bool, begin: bool) -> None:
        """Offer what helps; looking again always may."""
        self.label.show_text(Tone.BAD, f"{sign(Tone.BAD)} {SHUT}")
        self.look.setVisible(True)
        self.salvage.setVisible(salvage)
        self.restore.setVisible(restore)
        self.begin.setVisible(begin)
        self.show()

    def show_busy(self, text: str) -> None:
        """Say what is being done; nothing is offered meanwhile."""
        self.label.show_text(Tone.BAD, text)
        for button in (self.look, self.salvage, self.restore, self.begin):
            button.hide()
        self.show()


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text.replace("&", "").removesuffix("…"))
    return button
