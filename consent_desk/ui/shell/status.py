"""What just happened, in a person's words. Errors stay until they are dismissed or overtaken."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy

from consent_desk.ui.widgets.banner import TintedBanner, TintedLabel, announce
from consent_desk.ui.widgets.inputs import button
from consent_desk.ui.widgets.layouts import Yielding
from consent_desk.ui.widgets.tones import Tone, sign

_STAYS = frozenset({Tone.BAD, Tone.WARNING})
_MOST_KEPT = 2
_LEAST = 1
"""Lines that are seen in the lowest window."""
_REAL = "Not practice, a real consent:"


@dataclass(frozen=True, slots=True)
class _Said:
    tone: Tone
    text: str
    slip: str = ""
    practice: bool | None = None


_NOTHING = _Said(Tone.QUIET, "")


class StatusPanel(TintedBanner):
    """A banner of one or two lines. Each message belongs to a `key`: a later one with it overtakes it.

    What is said of practice is shown in practice alone. What is said of real consents is shown beside these;
    their errors show in practice too, and say that they are real.

    A call is a key too: what becomes of that of the caller on the line is the latest message; of an earlier
    one is shown, beside it, only what must be heard. That one was noted stays first until the next caller.

    At its end stands the way to the list of shortcuts. `save_requested(text)` asks to save the slips.
    """

    save_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__(Tone.QUIET)
        self._kept: dict[str, _Said] = {}
        self._key, self._latest = "", _NOTHING
        self._practice: bool | None = None
        self._noted, self._noted_as = "", ""
        self._calls: set[str] = set()
        self.noted = _label("Noted")
        self.kept = _label("Errors to look at")
        self.latest = _label("Status")
        self.action = QPushButton()
        self.action.clicked.connect(self._copy_slips)
        self.save_slips = button("Save slip…")
        self.save_slips.clicked.connect(lambda: self.save_requested.emit("\n\n".join(self._slips())))
        self.dismiss = button("Dismiss")
        self.dismiss.clicked.connect(self.clear)
        self.shortcuts = button("F1: shortcuts", "Keyboard shortcuts")
        self.shortcuts.setFlat(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 10, 4)
        texts = Yielding(self.noted, self.kept, self.latest, name="Text of the status", least=_LEAST)
        layout.addWidget(texts, 1)
        for each in (self.action, self.save_slips, self.dismiss, self.shortcuts):
            layout.addWidget(each, 0, Qt.AlignmentFlag.AlignTop)
        # Room for two lines, so that the window does not jump when there is something to say.
        self.latest.setMinimumHeight(self.latest.fontMetrics().lineSpacing() * 2)
        self._refresh()

    def turn_to(self, *, practice: bool) -> None:
        """Show practice, or the real consents, from now on. Slips and errors of real ones stay."""
        if practice is self._practice:
            return
        self._practice = practice
        self.end_calls()
        said = {**self._kept, self._key: self._latest}
        self._kept = {key: one for key, one in said.items() if _outlasts_turn(one)}
        self._key, self._latest = "", _NOTHING
        self._refresh()

    def begin_call(self, key: str, noted: str = "") -> None:
        """`key` is a call of the caller on the line. `noted`: that it is, and whose, until the next one."""
        if key not in self._calls and noted:
            self._noted, self._noted_as = noted, key
            self._refresh()
            announce(self.noted, noted)
        self._calls.add(key)

    def end_calls(self) -> None:
        """The next caller is on the line."""
        self._noted = ""
        calls, self._calls = self._calls, set()
        if self._key in calls:
            if self._latest.tone in _STAYS:
                self._kept[self._key] = self._latest
            self._key, self._latest = "", _NOTHING
        self._refresh()

    def unsay_noted(self, key: str) -> None:
        """That this call was noted is true no more in the sense of the caller: it was cancelled."""
        if self._noted_as == key:
            self._noted = ""
            self._refresh()

    def show_of_call(self, key: str, tone: Tone, text: str, *, practice: bool) -> None:
        """Show what became of a call, as the latest message if its caller is on the line."""
        if key in self._calls:
            self.show_message(key, tone, text, practice=practice)
            return
        self.take_back(key)
        if tone in _STAYS:
            self.show_beside(key, tone, text, practice=practice)

    def show_message(
        self, key: str, tone: Tone, text: str, *, slip: str = "", practice: bool | None = None
    ) -> None:
        """Show `text` and announce it. What `key` said before is overtaken; errors of other keys stay.

        `slip` is a text to copy, which is nowhere else: buttons copy and save those of all that stay.
        `practice`: whether it is said of practice, or of a real consent; None where it is of neither.
        """
        said = _Said(tone, text, slip, practice)
        if not self._is_shown_here(said):
            self.take_back(key)
            return
        self._kept.pop(key, None)
        if self._key != key and self._latest.tone in _STAYS:
            self._kept[self._key] = self._latest
        self._key, self._latest = key, said
        self._refresh()
        announce(self.latest, self._told(said))

    def show_beside(self, key: str, tone: Tone, text: str, *, practice: bool) -> None:
        """Show and announce `text` among what stays, beside the latest message."""
        said = _Said(tone, text, practice=practice)
        self._kept.pop(key, None)
        if not self._is_shown_here(said):
            return
        self._kept[key] = said
        self._refresh()
        announce(self.kept, self._told(said))

    def _is_shown_here(self, said: _Said) -> bool:
        return (
            None in {said.practice, self._practice} or said.practice is self._practice or _is_real_error(said)
        )

    def _told(self, said: _Said) -> str:
        return f"{_REAL} {said.text}" if self._practice and said.practice is False else said.text

    def _shown(self, said: _Said) -> str:
        return f"{sign(said.tone)} {self._told(said)}".strip()

    def take_back(self, key: str) -> None:
        """Take back what `key` said."""
        self._kept.pop(key, None)
        if self._key == key:
            self._key, self._latest = "", _NOTHING
        self._refresh()

    def take_back_naming(self, *names: str) -> None:
        """Take back what holds one of `names`, but for slips: they are nowhere else."""
        if any(name in self._noted for name in names):
            self.unsay_noted(self._noted_as)
        said = {**self._kept, self._key: self._latest}
        for key, one in said.items():
            if not one.slip and any(name in one.text for name in names):
                self.take_back(key)

    @property
    def has_slips(self) -> bool:
        """Whether anything is said that is nowhere else."""
        return bool(self._slips())

    def _slips(self) -> list[str]:
        return [said.slip for said in (*self._kept.values(), self._latest) if said.slip]

    def _copy_slips(self) -> None:
        QGuiApplication.clipboard().setText("\n\n".join(self._slips()))

    def clear(self) -> None:
        """Take back everything that was said, but that the call on the line was noted."""
        self._kept.clear()
        self._key, self._latest = "", _NOTHING
        self._refresh()

    def _refresh(self) -> None:
        tones = {said.tone for said in self._kept.values()}
        worst = Tone.BAD if Tone.BAD in tones else Tone.WARNING
        kept = [self._shown(said) for said in self._kept.values()]
        if len(kept) > _MOST_KEPT:
            in_log = not any(said.slip for said in [*self._kept.values()][:-_MOST_KEPT])
            where = ", see the log" if in_log else ""
            kept = [f"… and {len(kept) - _MOST_KEPT} more{where}", *kept[-_MOST_KEPT:]]
        self.noted.show_text(Tone.NEUTRAL, f"{sign(Tone.NEUTRAL)} {self._noted}" if self._noted else "")
        self.noted.setVisible(bool(self._noted))
        self.kept.show_text(worst, "\n".join(kept))
        self.kept.setVisible(bool(kept))
        self.latest.show_text(self._latest.tone, self._shown(self._latest))
        # Its room is that of all, while there is nothing else to say.
        self.latest.setVisible(bool(self._latest.text) or not (kept or self._noted))
        self.dismiss.setVisible(bool(kept) or self._latest.tone in _STAYS)
        slips = len(self._slips())
        self.action.setVisible(slips > 0)
        self.save_slips.setVisible(slips > 0)
        self.save_slips.setText("Save slip…" if slips < 2 else f"Save {slips} slips…")
        offer = "Copy as a slip" if slips < 2 else f"Copy {slips} slips"
        self.action.setText(offer)
        self.action.setAccessibleName(offer)
        self.show_tone(worst if kept else self._latest.tone)


def _outlasts_turn(said: _Said) -> bool:
    return _is_real_error(said) or (bool(said.slip) and said.practice is not True)


def _is_real_error(said: _Said) -> bool:
    return said.practice is False and said.tone is Tone.BAD


def _label(accessible_name: str) -> TintedLabel:
    label = TintedLabel(accessible_name, wraps=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return label
