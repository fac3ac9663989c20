"""What is known of the customer in the form: the chosen category first, and a line for all others."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from consent_desk.ui.widgets.banner import TintedLabel, announce
from consent_desk.ui.widgets.inputs import read_only_text, typed_text
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import tool_tip
from consent_desk.ui.widgets.tones import Tone, sign

_MOST = 5
"""Lines of `details` that are seen at once."""


class KnownView(QWidget):
    """Two quiet lines below the customer ID. The first one keeps its room, so that the form does not jump.

    `details` opens below them, for eyes that have no mouse to point at a line with. Shows before it is
    complete.
    """

    details: QPlainTextEdit

    def __init__(self) -> None:
        super().__init__()
        self.chosen = _line("What is known of this customer")
        self.others = _line("Other categories of this customer")
        self.chosen.setMinimumHeight(self.chosen.fontMetrics().lineSpacing())
        self.others.hide()
        self._is_open = False
        self._lines = fill(QVBoxLayout(self), self.chosen, self.others)
        self._lines.setSpacing(2)

    def complete(self) -> None:
        """Add what the first paint can do without."""
        self.details = read_only_text("Details of this customer")
        self._lines.addWidget(self.details)
        self.show_text(Tone.QUIET, "")

    def show_text(
        self, tone: Tone, chosen: str, others: str = "", details: str = "", wording: str = ""
    ) -> None:
        """Show what is known; `details` tells more of the others than the one line has room for.

        `wording` is what was read out for the chosen category.
        """
        self.chosen.show_text(tone, f"{sign(tone) if tone is Tone.WARNING else ''} {chosen}".strip())
        self.chosen.setAccessibleDescription(f"{self.chosen.text()} {wording}".strip())
        self.others.show_text(Tone.QUIET, others)
        self.others.setVisible(bool(others))
        self.others.setAccessibleDescription(details or others)
        everything = f"{wording}\n{details}".strip()
        self.chosen.setToolTip(tool_tip(everything))
        self.others.setToolTip(tool_tip(details))
        if everything != typed_text(self.details):
            self.details.setPlainText(everything)
            seen = min(everything.count("\n") + 2, _MOST)
            self.details.setFixedHeight(seen * self.details.fontMetrics().lineSpacing() + 10)
        self._follow_opening()

    def toggle_details(self) -> None:
        """Open the details of this customer and the next ones, or close them."""
        self._is_open = not self._is_open
        self._follow_opening()

    def _follow_opening(self) -> None:
        self.details.setVisible(self._is_open and bool(self.details.toPlainText()))

    def announce(self) -> None:
        """Tell assistive technology what came in while the focus is elsewhere."""
        announce(self.chosen, self.chosen.text())


def _line(accessible_name: str) -> TintedLabel:
    label = TintedLabel(accessible_name, wraps=True)
    # Else a long ID, which has no place for a break, would widen the window.
    label.setMinimumWidth(1)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
