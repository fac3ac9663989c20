"""What just happened that concerns no call in hand, in a person's words."""

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from consent_desk.domain.message import say
from consent_desk.ui.widgets.banner import TintedBanner, TintedLabel, announce
from consent_desk.ui.widgets.inputs import button, came_up, is_too_soon
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone, sign

_STAYS = frozenset({Tone.BAD, Tone.WARNING})
_MOST = 3
_REAL = say("shell", "Not practice, a real consent:")


@dataclass(frozen=True, slots=True)
class _Said:
    tone: Tone
    text: str
    practice: bool | None = None
    since: float = field(default_factory=came_up, compare=False)

    @property
    def is_real_error(self) -> bool:
        return self.practice is False and self.tone is Tone.BAD


class StatusPanel(TintedBanner):
    """A banner, hidden when empty. Each message belongs to a `key`: a later one with it overtakes it.

    Errors and warnings stay until they are dismissed, overtaken or taken back; all else until something is
    said. What is said of practice is shown in practice alone. What is said of real consents is shown beside
    these; their errors show in practice too, and say that they are real.
    """

    def __init__(self) -> None:
        super().__init__(Tone.QUIET)
        self._said: dict[str, _Said] = {}
        self._practice: bool | None = None
        self.label = TintedLabel(phrase("shell", "Status"))
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.dismiss = button(phrase("shell", "Dismiss"), phrase("shell", "Dismiss messages"))
        # What came just before the click was not read.
        self.dismiss.clicked.connect(lambda: self._keep_where(lambda _key, said: is_too_soon(said.since)))
        layout = fill(QHBoxLayout(self), (self.label, 1), margins=(12, 8, 12, 8))
        layout.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignTop)
        self._refresh()

    @property
    def is_practice(self) -> bool:
        """Whether practice is shown."""
        return self._practice is True

    def turn_to(self, *, practice: bool) -> None:
        """Show practice, or the real consents, from now on. Errors of real ones stay."""
        if practice is not self._practice:
            self._practice = practice
            self._keep_where(lambda key, said: said.is_real_error)

    def show_message(self, key: str, tone: Tone, text: str, *, practice: bool | None = None) -> None:
        """Show `text` and announce it. What `key` said before is overtaken; errors of other keys stay.

        `practice`: whether it is said of practice, or of a real consent; None where it is of neither.
        """
        before, said = self._said.pop(key, None), _Said(tone, text, practice)
        said = before if before is not None and before == said else said
        is_shown = None in {practice, self._practice} or practice is self._practice or said.is_real_error
        if is_shown:
            self._said = {other: one for other, one in self._said.items() if one.tone in _STAYS} | {key: said}
        self._refresh()
        if is_shown:
            announce(self.label, self._told(said))

    def take_back(self, key: str) -> None:
        """Take back what `key` said."""
        self._keep_where(lambda other, said: other != key)

    def take_back_naming(self, name: str) -> None:
        """Take back what holds `name`."""
        self._keep_where(lambda key, said: name not in said.text)

    def clear(self) -> None:
        """Take back everything that was said."""
        self._keep_where(lambda key, said: False)

    def _keep_where(self, is_kept: Callable[[str, _Said], bool]) -> None:
        self._said = {key: said for key, said in self._said.items() if is_kept(key, said)}
        self._refresh()

    def _told(self, said: _Said) -> str:
        return f"{render(_REAL)} {said.text}" if self._practice and said.practice is False else said.text

    def _refresh(self) -> None:
        # The latest first: what is seen in the lowest window.
        said = [*reversed(self._said.values())]
        lines = [f"{sign(one.tone)} {self._told(one)}".strip() for one in said[:_MOST]]
        if len(said) > _MOST:
            lines.append(phrase("shell", "… and {more} more").format(more=len(said) - _MOST))
        tones = {one.tone for one in said}
        rest = said[0].tone if said else Tone.QUIET
        tone = next((one for one in (Tone.BAD, Tone.WARNING) if one in tones), rest)
        self.show_tone(tone)
        self.label.show_text(tone, "\n".join(lines))
        self.setVisible(bool(said))
