"""What just happened, in a person's words. Errors stay until they are dismissed or overtaken."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from consent_desk.ui.outcomes import Tone, sign
from consent_desk.ui.tinted import TintedLabel, TintedStrip

_STAYS = frozenset({Tone.BAD, Tone.WARNING})
_MOST_KEPT = 2


@dataclass(frozen=True, slots=True)
class _Said:
    tone: Tone
    text: str
    offer: str = ""
    act: Callable[[], None] | None = None

    @property
    def shown(self) -> str:
        return f"{sign(self.tone)} {self.text}".strip()


_NOTHING = _Said(Tone.QUIET, "")


class StatusPanel(TintedStrip):
    """A strip of one or two lines. Each message belongs to a `key`: a later one with it overtakes it."""

    def __init__(self) -> None:
        super().__init__(Tone.QUIET)
        self._kept: dict[str, _Said] = {}
        self._key, self._latest = "", _NOTHING
        self.kept = _label("Errors to look at")
        self.latest = _label("Status")
        self.action = QPushButton()
        self.action.clicked.connect(self._act)
        self.dismiss = QPushButton("Dismiss")
        self.dismiss.setAccessibleName("Dismiss")
        self.dismiss.clicked.connect(self._dismiss)
        texts = QVBoxLayout()
        texts.addWidget(self.kept)
        texts.addWidget(self.latest)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 6)
        layout.addLayout(texts, 1)
        layout.addWidget(self.action, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignTop)
        # Room for two lines, so that the window does not jump when there is something to say.
        self.latest.setMinimumHeight(self.latest.fontMetrics().lineSpacing() * 2)
        self._refresh()

    def show_message(
        self, key: str, tone: Tone, text: str, *, offer: str = "", act: Callable[[], None] | None = None
    ) -> None:
        """Show `text` and announce it. What `key` said before is overtaken; errors of other keys stay.

        `offer` names a button that does `act`; it stays as long as the message.
        """
        self._kept.pop(key, None)
        if self._key != key and self._latest.tone in _STAYS:
            self._kept[self._key] = self._latest
        self._key, self._latest = key, _Said(tone, text, offer, act)
        self._refresh()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.latest, text))

    def forget(self, key: str) -> None:
        """Take back what `key` said."""
        self._kept.pop(key, None)
        if self._key == key:
            self._key, self._latest = "", _NOTHING
        self._refresh()

    def _offering(self) -> _Said | None:
        return next((said for said in (self._latest, *reversed(self._kept.values())) if said.offer), None)

    def _act(self) -> None:
        offering = self._offering()
        if offering is not None and offering.act is not None:
            offering.act()

    def _dismiss(self) -> None:
        self._kept.clear()
        self._key, self._latest = "", _NOTHING
        self._refresh()

    def _refresh(self) -> None:
        tones = {said.tone for said in self._kept.values()}
        worst = Tone.BAD if Tone.BAD in tones else Tone.WARNING
        kept = [said.shown for said in self._kept.values()]
        if len(kept) > _MOST_KEPT:
            kept = [f"… and {len(kept) - _MOST_KEPT} more, see the log", *kept[-_MOST_KEPT:]]
        self.kept.show_text(worst, "\n".join(kept))
        self.kept.setVisible(bool(kept))
        self.latest.show_text(self._latest.tone, self._latest.shown)
        self.dismiss.setVisible(bool(kept) or self._latest.tone in _STAYS)
        offering = self._offering()
        self.action.setVisible(offering is not None)
        if offering is not None:
            self.action.setText(offering.offer)
            self.action.setAccessibleName(offering.offer)
        self.show_tone(worst if kept else self._latest.tone)


def _label(accessible_name: str) -> TintedLabel:
    label = TintedLabel()
    label.setAccessibleName(accessible_name)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return label
