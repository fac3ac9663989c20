"""What just happened, in a person's words. Errors stay until they are dismissed or overtaken."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout

from consent_desk.ui.outcomes import Tone, background, colour, sign

_STAYS = frozenset({Tone.BAD, Tone.WARNING})


def _nothing() -> None: ...


class StatusPanel(QFrame):
    """A strip of one or two lines. Each message belongs to a `key`: a later one with it overtakes it."""

    def __init__(self) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self._kept: dict[str, tuple[Tone, str]] = {}
        self._latest: tuple[str, Tone, str] = ("", Tone.QUIET, "")
        self.kept = self._make_label("Errors to look at")
        self.latest = self._make_label("Status")
        self.action = QPushButton()
        self._act: Callable[[], None] = _nothing
        self.action.clicked.connect(self._do)
        self.action.hide()
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

    def _make_label(self, accessible_name: str) -> QLabel:
        label = QLabel()
        label.setAccessibleName(accessible_name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        return label

    def show_message(
        self, key: str, tone: Tone, text: str, *, offer: str = "", act: Callable[[], None] | None = None
    ) -> None:
        """Show `text` and announce it. What `key` said before is overtaken; errors of other keys stay.

        `offer` names a button that does `act`.
        """
        self.action.setText(offer)
        self.action.setAccessibleName(offer.replace("&", ""))
        self.action.setVisible(bool(offer))
        self._act = act or _nothing
        self._kept.pop(key, None)
        old_key, old_tone, old_text = self._latest
        if old_key != key and old_tone in _STAYS:
            self._kept[old_key] = (old_tone, old_text)
        self._latest = (key, tone, text)
        self._refresh()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.latest, text))

    def forget(self, key: str) -> None:
        """Take back what `key` said."""
        self._kept.pop(key, None)
        if self._latest[0] == key:
            self._latest = ("", Tone.QUIET, "")
            self.action.hide()
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._refresh()

    def _do(self) -> None:
        self._act()

    def _dismiss(self) -> None:
        self._kept.clear()
        self.action.hide()
        self._latest = ("", Tone.QUIET, "")
        self._refresh()

    def _refresh(self) -> None:
        application_palette = self.window().palette()
        _key, tone, text = self._latest
        kept = [f"{sign(kept_tone)} {kept_text}" for kept_tone, kept_text in self._kept.values()]
        worst = (
            Tone.BAD if any(kept_tone is Tone.BAD for kept_tone, _ in self._kept.values()) else Tone.WARNING
        )
        if len(kept) > 2:
            kept = [f"… and {len(kept) - 2} more, see the log", *kept[-2:]]
        self.kept.setText("\n".join(kept))
        self.kept.setVisible(bool(kept))
        self.latest.setText(f"{sign(tone)} {text}".strip())
        self.dismiss.setVisible(bool(kept) or tone in _STAYS)
        for label, label_tone in ((self.kept, worst), (self.latest, tone)):
            palette = label.palette()
            palette.setColor(QPalette.ColorRole.WindowText, colour(label_tone, application_palette))
            label.setPalette(palette)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, background(worst if kept else tone, application_palette))
        self.setPalette(palette)
