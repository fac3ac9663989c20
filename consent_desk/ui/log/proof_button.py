"""The button above the log that saves proofs."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton


class ProofButton(QToolButton):
    """Opens a menu: a proof of the chosen line, or of its customer. See `offer`."""

    consent_requested = Signal()
    customer_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setText("Save proof files")
        self.setAccessibleName("Save proof")
        self.setToolTip("Two files: one that a person reads, one that consent-desk verify checks")
        # Rather cut than a window that is wider than the screen.
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("Save"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        texts = {
            "Of this &consent…": self.consent_requested,
            "Of &all consents of this customer…": self.customer_requested,
        }
        self.choices = [QAction(text, menu) for text in texts]
        for action, signal in zip(self.choices, texts.values(), strict=True):
            action.triggered.connect(signal)
            menu.addAction(action)
        self.setMenu(menu)
        self.offer(chosen=False)

    def offer(self, *, chosen: bool) -> None:
        """Offer proofs while a line is chosen."""
        for action in self.choices:
            action.setEnabled(chosen)
