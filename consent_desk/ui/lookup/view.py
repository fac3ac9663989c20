"""Whether there is such a customer: a pill beside the heading, and when that was looked up."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from consent_desk.ui.form.field import caption
from consent_desk.ui.widgets.banner import announce
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import named
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, tool_tip
from consent_desk.ui.widgets.pill import Pill, pill_size
from consent_desk.ui.widgets.tones import Tone


class KnownView(QWidget):
    """As high while nothing is known: the heading does not jump."""

    def __init__(self) -> None:
        super().__init__()
        self.pill = Pill(phrase("lookup", "What is known of this customer"))
        self.age = caption()
        self.age.setSizePolicy(self.age.sizePolicy().Policy.Preferred, self.age.sizePolicy().verticalPolicy())
        self.again = named(Button(sign="refresh", look=Look.QUIET), "", phrase("lookup", "Look again"))
        self.again.setToolTip(phrase("lookup", "Look this customer up again"))
        fill(QHBoxLayout(self), self.age, self.again, self.pill).setSpacing(4)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_text(Tone.QUIET, "")

    def sizeHint(self) -> QSize:
        height = max(pill_size("").height(), self.again.sizeHint().height())
        return QSize(super().sizeHint().width(), height)

    def show_text(self, tone: Tone, text: str, icon: str = "", *, whole: str = "", age: str = "") -> None:
        """Show `text`; `whole` says more to whoever asks or listens. `age`: since when it is known."""
        self.pill.show_text(tone, text, icon)
        self.pill.setVisible(bool(text))
        said = whole or text
        self.pill.setAccessibleDescription(said)
        self.pill.setToolTip(tool_tip(said))
        self.age.show_text(Tone.QUIET, age)
        self.again.setVisible(bool(age))

    def announce(self) -> None:
        """Tell assistive technology what came in while the focus is elsewhere."""
        announce(self.pill, self.pill.accessibleDescription())
