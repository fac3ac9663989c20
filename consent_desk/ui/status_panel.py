"""What just happened, in a person's words. Errors stay until they are dismissed or overtaken."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy

from consent_desk.ui.outcomes import Tone, sign
from consent_desk.ui.scrolled import Yielding
from consent_desk.ui.tinted import TintedLabel, TintedStrip

_STAYS = frozenset({Tone.BAD, Tone.WARNING})
_MOST_KEPT = 2
_LEAST = 1
"""Lines that are seen in the lowest window."""


@dataclass(frozen=True, slots=True)
class _Said:
    tone: Tone
    text: str
    slip: str = ""

    @property
    def shown(self) -> str:
        return f"{sign(self.tone)} {self.text}".strip()


_NOTHING = _Said(Tone.QUIET, "")


class StatusPanel(TintedStrip):
    """A strip of one or two lines. Each message belongs to a `key`: a later one with it overtakes it.

    At its end stands the way to the list of shortcuts: `shortcuts_requested`. `print_requested(text)` asks
    to print the slips.
    """

    shortcuts_requested = Signal()
    print_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__(Tone.QUIET)
        self._kept: dict[str, _Said] = {}
        self._key, self._latest = "", _NOTHING
        self.kept = _label("Errors to look at")
        self.latest = _label("Status")
        self.action = QPushButton()
        self.action.clicked.connect(self._copy_slips)
        self.print_slips = QPushButton("Print slip…")
        self.print_slips.setAccessibleName("Print slip")
        self.print_slips.clicked.connect(lambda: self.print_requested.emit("\n\n".join(self._slips())))
        self.dismiss = QPushButton("Dismiss")
        self.dismiss.setAccessibleName("Dismiss")
        self.dismiss.clicked.connect(self.clear)
        self.shortcuts = QPushButton("F1: shortcuts")
        self.shortcuts.setAccessibleName("Keyboard shortcuts")
        self.shortcuts.setFlat(True)
        self.shortcuts.clicked.connect(self.shortcuts_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 10, 4)
        layout.addWidget(Yielding(self.kept, self.latest, name="Text of the status", least=_LEAST), 1)
        layout.addWidget(self.action, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.print_slips, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.shortcuts, 0, Qt.AlignmentFlag.AlignTop)
        # Room for two lines, so that the window does not jump when there is something to say.
        self.latest.setMinimumHeight(self.latest.fontMetrics().lineSpacing() * 2)
        self._refresh()

    def show_message(self, key: str, tone: Tone, text: str, *, slip: str = "") -> None:
        """Show `text` and announce it. What `key` said before is overtaken; errors of other keys stay.

        `slip` is a text to copy, which is nowhere else: buttons copy and print those of all that stay.
        """
        self._kept.pop(key, None)
        if self._key != key and self._latest.tone in _STAYS:
            self._kept[self._key] = self._latest
        self._key, self._latest = key, _Said(tone, text, slip)
        self._refresh()
        # Loaded with the first thing to say: it takes its time, and the window does not need it to show.
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.latest, text))

    def show_beside(self, key: str, tone: Tone, text: str) -> None:
        """Show and announce `text` among what stays, beside the latest message."""
        self._kept.pop(key, None)
        self._kept[key] = _Said(tone, text)
        self._refresh()
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.kept, text))

    def forget(self, key: str) -> None:
        """Take back what `key` said."""
        self._kept.pop(key, None)
        if self._key == key:
            self._key, self._latest = "", _NOTHING
        self._refresh()

    def forget_naming(self, *names: str) -> None:
        """Take back what holds one of `names`, but for slips: they are nowhere else."""
        said = {**self._kept, self._key: self._latest}
        for key, one in said.items():
            if not one.slip and any(name in one.text for name in names):
                self.forget(key)

    def _slips(self) -> list[str]:
        return [said.slip for said in (*self._kept.values(), self._latest) if said.slip]

    def _copy_slips(self) -> None:
        QGuiApplication.clipboard().setText("\n\n".join(self._slips()))

    def forget_all_but_slips(self) -> None:
        """Take back everything that is written down elsewhere."""
        said = {**self._kept, self._key: self._latest}
        self._kept = {key: one for key, one in said.items() if one.slip}
        self._key, self._latest = "", _NOTHING
        self._refresh()

    def clear(self) -> None:
        """Take back everything that was said."""
        self._kept.clear()
        self._key, self._latest = "", _NOTHING
        self._refresh()

    def _refresh(self) -> None:
        tones = {said.tone for said in self._kept.values()}
        worst = Tone.BAD if Tone.BAD in tones else Tone.WARNING
        kept = [said.shown for said in self._kept.values()]
        if len(kept) > _MOST_KEPT:
            in_log = not any(said.slip for said in [*self._kept.values()][:-_MOST_KEPT])
            where = ", see the log" if in_log else ""
            kept = [f"… and {len(kept) - _MOST_KEPT} more{where}", *kept[-_MOST_KEPT:]]
        self.kept.show_text(worst, "\n".join(kept))
        self.kept.setVisible(bool(kept))
        self.latest.show_text(self._latest.tone, self._latest.shown)
        self.dismiss.setVisible(bool(kept) or self._latest.tone in _STAYS)
        slips = len(self._slips())
        self.action.setVisible(slips > 0)
        self.print_slips.setVisible(slips > 0)
        self.print_slips.setText("Print slip…" if slips < 2 else f"Print {slips} slips…")
        offer = "Copy as a slip" if slips < 2 else f"Copy {slips} slips"
        self.action.setText(offer)
        self.action.setAccessibleName(offer)
        self.show_tone(worst if kept else self._latest.tone)


def _label(accessible_name: str) -> TintedLabel:
    label = TintedLabel()
    label.setAccessibleName(accessible_name)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return label
