"""What is below the list: what became of the chosen line, what to do, and all that was exchanged about it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from consent_desk.domain.checks.correction import CORRECTABLE_STATES
from consent_desk.domain.lifecycle.state import DISCARDABLE_STATES, SENDABLE_STATES, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.request import PublicRequest
from consent_desk.ui.request.copy_menu import CopyMenu
from consent_desk.ui.theme.fonts import CAPTION, scaled, sized
from consent_desk.ui.theme.paint import CARD, filled, rounded
from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import Line, Note, Unhurried, button, named, plain_label, technical_text
from consent_desk.ui.widgets.layouts import FlowLayout, Yielding, fill
from consent_desk.ui.widgets.messages import phrase, render, tool_tip
from consent_desk.ui.widgets.tabs import Tabs

LEAST = 3
"""Lines of the technical details that are seen in the lowest window."""

_MEANING = 3
"""Lines of what it means that are seen without scrolling, one more where it is narrow."""

_CANCELLABLE = frozenset({State.QUEUED, State.RETRY_WAIT, State.IN_FLIGHT})
"""What leaves by itself, or is leaving."""

_TITLES = {
    "Explanation": say("log", "Explanation"),
    "Answer": say("log", "Answer"),
    "As received": say("log", "As received"),
    "Headers": say("log", "Headers"),
    "Request": say("log", "Request"),
}
TABS = tuple(_TITLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the journal knows of a consent, on which it depends what may be done with it.

    `state`: None while it is not known, or could not be read. `can_renew`: sent with the time now, it may
    hold. `rings`: nobody has dismissed its alarm. `to_acknowledge`: it was cancelled, and nobody has
    acknowledged that. `to_check`: nobody has said so far that customer and category are right. `undecided`:
    it could not be looked up, and a person may have it sent again. `request`: what was noted of it, to be
    copied.
    """

    state: State | None = None
    can_renew: bool = True
    rings: bool = False
    to_acknowledge: bool = False
    to_check: bool = False
    undecided: bool = False
    request: PublicRequest | None = None


NOT_KNOWN = Offer()


class Deed(Enum):
    """What a person can do with the chosen line."""

    RENEW = auto()
    DISMISS = auto()
    CANCEL = auto()
    ACKNOWLEDGE = auto()
    ENTER_RIGHT_ID = auto()
    CALL_ID_RIGHT = auto()
    CALL_CATEGORY_RIGHT = auto()
    SEND_AGAIN = auto()
    CORRECT = auto()
    DISCARD = auto()


_RIGHT = say("log", "Right it is, though Engagement did not know it: it is looked up once more")

_BUTTONS: dict[Deed, tuple[str, Message, Message, Callable[[Offer], bool]]] = {
    Deed.RENEW: (
        "refresh",
        say("log", "Record again, dated now"),
        say("log", "Note the same decision anew, taken now, and send it"),
        lambda offer: offer.state is State.CONTRADICTED and offer.can_renew,
    ),
    Deed.DISMISS: (
        "bell-off",
        say("log", "Dismiss alarm"),
        say("log", "This alarm is to ring no more"),
        lambda offer: offer.state is State.CONTRADICTED and offer.rings,
    ),
    Deed.CANCEL: (
        "x",
        say("log", "Cancel this"),
        say("log", "Do not send the chosen consent"),
        lambda offer: offer.state in _CANCELLABLE,
    ),
    Deed.ACKNOWLEDGE: (
        "check",
        say("log", "Acknowledge"),
        say("log", "The chosen consent was cancelled, and is not recorded: count it no more"),
        lambda offer: offer.to_acknowledge,
    ),
    Deed.ENTER_RIGHT_ID: (
        "return",
        say("log", "Enter with the right ID"),
        say("log", "Fill the form with this decision, for another customer ID"),
        lambda offer: offer.to_check and offer.state is not State.NO_CATEGORY,
    ),
    Deed.CALL_ID_RIGHT: (
        "check",
        say("log", "The ID is right"),
        _RIGHT,
        lambda offer: offer.to_check and offer.state is not State.NO_CATEGORY,
    ),
    Deed.CALL_CATEGORY_RIGHT: (
        "check",
        say("log", "The category is right"),
        _RIGHT,
        lambda offer: offer.to_check and offer.state is State.NO_CATEGORY,
    ),
    Deed.SEND_AGAIN: (
        "refresh",
        say("log", "Send again"),
        say("log", "Send the same bytes once more"),
        lambda offer: offer.state in SENDABLE_STATES or offer.undecided,
    ),
    Deed.CORRECT: (
        "undo",
        say("log", "Correct…"),
        say("log", "Restore what held before this consent, as a new one that is linked to it"),
        lambda offer: offer.state in CORRECTABLE_STATES,
    ),
    Deed.DISCARD: (
        "trash",
        say("log", "Discard…"),
        say("log", "Give the chosen consent up, with a reason"),
        lambda offer: offer.state in DISCARDABLE_STATES,
    ),
}
"""The icon of each, its text, what it does, and when it is offered."""

_NAMES = {Deed.ACKNOWLEDGE: say("log", "Acknowledge that it is not recorded")}
"""How assistive technology calls them, where that is not their text."""

_ASKS = frozenset({Deed.CORRECT, Deed.DISCARD})
"""Those that do nothing yet."""


_DISCARDING = say("log", "It is not sent by itself any more. Where it may have left, it is looked up still.")
_MISSING = say("log", "Write why it is discarded.")


class ReasonRow(QWidget):
    """Asks, in a line, why a consent is discarded. Hidden until `ask`.

    Emits `given(reason)`, which is never empty, and `closed` when it goes.
    """

    given = Signal(str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.reason = Line(longest=1_000, hint=phrase("log", "Why is it discarded?"))
        self.reason.setAccessibleName(phrase("log", "Reason"))
        self.confirm = button(phrase("log", "Discard it"), phrase("log", "Confirm discarding"))
        Unhurried(self.confirm)
        self.keep = button(phrase("log", "Keep it"))
        self.note = Note()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.reason, 0, 0)
        layout.addWidget(self.confirm, 0, 1)
        layout.addWidget(self.keep, 0, 2)
        layout.addWidget(self.note, 1, 0, 1, 3)
        layout.setColumnStretch(0, 1)
        self.reason.returnPressed.connect(self._give)
        self.confirm.clicked.connect(self._give)
        self.keep.clicked.connect(self.close_row)
        self.hide()

    def ask(self) -> None:
        """Ask for the reason."""
        self.note.show_remark(render(_DISCARDING))
        self.show()
        self.reason.setFocus()

    def put_away(self) -> None:
        """Go away, and forget what was typed: the next one is about another consent."""
        self.hide()
        self.reason.setText("")

    def close_row(self) -> None:
        """Ask no more: nothing is discarded."""
        self.put_away()
        self.closed.emit()

    def _give(self) -> None:
        reason = self.reason.text().strip()
        if not reason:
            self.note.show_problem(render(_MISSING))
            self.reason.setFocus()
            return
        self.close_row()
        self.given.emit(reason)


class LineDetails(QWidget):
    """Emits `pressed(Deed)` for what is to be done with the chosen line, and `unfolded(bool)`."""

    pressed = Signal(object)
    unfolded = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.who = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.what = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.meaning = plain_label(name=phrase("log", "What it means"))
        self.meaning.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._seen = Yielding(self.meaning, name=phrase("log", "Text of what it means"), least=1)
        self._seen.show_ground()
        self._texts: dict[str, str] = {}
        self.reason = ReasonRow()
        self.buttons = {deed: self._make_button(deed) for deed in Deed}
        tip = say("log", "Two files: one that a person reads, one that consent-desk verify checks")
        self.proof = named(Button("", "file"), phrase("log", "Proof…"), phrase("log", "Proof"), render(tip))
        menu = QMenu(self.proof)
        self.proof_of_consent = menu.addAction(phrase("log", "Of this &consent…"))
        self.proof_of_customer = menu.addAction(phrase("log", "Of &all consents of this customer…"))
        self.proof.setMenu(menu)
        tip = say("log", "Forget what was practised: the Sandbox and its log begin anew")
        self.start_over = named(Button("", "refresh"), phrase("log", "Start over…"), tip=render(tip))
        self.start_over.hide()
        self.technical = named(Button(look=Look.QUIET), phrase("log", "Technical details"))
        self.technical.setCheckable(True)
        self.tabs = Tabs(*map(render, _TITLES.values()), name=phrase("log", "Kind of details"))
        # The arrow keys do what those of a narrow bar do.
        for arrow in self.tabs.findChildren(QToolButton):
            arrow.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.copy = named(Button("", "copy"), phrase("log", "Copy"), phrase("log", "Copy request"))
        self.copied = CopyMenu(self.copy)
        self.copy.setMenu(self.copied)
        self.text = technical_text(phrase("log", "Response details"))
        # The height that it would like to have would be taken for the least that it needs.
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._lay_out()
        self.tabs.currentChanged.connect(self._show_tab)
        self.technical.toggled.connect(self._unfold)
        self.reason.closed.connect(self.buttons[Deed.DISCARD].setFocus)
        self._unfold(False)
        self.offer(NOT_KNOWN)

    def _make_button(self, deed: Deed) -> Button:
        icon, text, tip, _ = _BUTTONS[deed]
        name = render(_NAMES[deed]) if deed in _NAMES else ""
        made = named(Button("", icon), render(text), name, render(tip))
        if deed not in _ASKS:
            # It comes up where another one stood, perhaps for another one of the same press.
            Unhurried(made)
        if deed is Deed.DISCARD:
            made.clicked.connect(self.reason.ask)
        else:
            made.clicked.connect(partial(self.pressed.emit, deed))
        return made

    def _lay_out(self) -> None:
        self.who.setFont(sized(13, semibold=True))
        self.what.setFont(sized(CAPTION))
        # Long ones give way, and stand whole in the list above.
        self.who.setMinimumWidth(scaled(80))
        self.what.setMinimumWidth(0)
        head = fill(QHBoxLayout(), self.who, (self.what, 1))
        head.setSpacing(8)
        offered = FlowLayout()
        for each in (*self.buttons.values(), self.proof, self.start_over):
            offered.addWidget(each)
        row = QHBoxLayout()
        row.addLayout(offered, 1)
        row.addWidget(self.technical, 0, Qt.AlignmentFlag.AlignTop)
        self.folded = QWidget()
        above = fill(QHBoxLayout(), (self.tabs, 1), self.copy)
        fill(QVBoxLayout(self.folded), above, (self.text, 1)).setSpacing(4)
        parts = (head, self._seen, self.reason, row, self.folded)
        self._column = fill(QVBoxLayout(self), *parts)
        self._column.setSpacing(6)

    def show_line(self, who: str, what: str) -> None:
        """Say whose decision it is, and what about."""
        self.who.setText(who)
        self.who.setToolTip(tool_tip(who))
        self.what.setText(what)
        self.what.setToolTip(tool_tip(what))

    def show_texts(self, texts: dict[str, str]) -> None:
        """Show what it means, and the texts of all tabs."""
        self._texts = texts
        meaning = texts.get("Meaning", "")
        self.meaning.setText(meaning)
        self.meaning.setAccessibleDescription(meaning)
        self._show_tab()

    def offer(self, offer: Offer) -> bool:
        """Offer what can be done; return whether what had the focus is gone."""
        self.copied.offer(offer.request)
        self.copy.setEnabled(offer.request is not None)
        at: QWidget | None = self.reason.focusWidget()
        is_lost = False
        for deed, each in self.buttons.items():
            is_offered = _BUTTONS[deed][-1](offer)
            is_lost = is_lost or (each.hasFocus() and not is_offered)
            each.setEnabled(is_offered)
            each.setVisible(is_offered)
        if not self.buttons[Deed.DISCARD].isEnabled():
            is_lost = is_lost or (at is not None and at.hasFocus())
            self.reason.put_away()
        return is_lost

    def show_low(self, is_low: bool, *, is_narrow: bool) -> None:
        """Take less room in a low window; in a narrow one the same words take more lines."""
        above, below = (6, 8) if is_low else (12, 14)
        self._column.setContentsMargins(20, above, 16, below)
        lines = _MEANING + 1 if is_narrow else _MEANING - is_low
        self._seen.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 6)
        self.text.setMinimumHeight((LEAST + 1) * self.text.fontMetrics().lineSpacing())

    def hold_back(self) -> bool:
        """Let nothing be done twice until it is known how it stands; return whether that had the focus."""
        held = [self.buttons[deed] for deed in (Deed.SEND_AGAIN, Deed.DISCARD, Deed.CORRECT)]
        had_focus = any(each.hasFocus() for each in held)
        for each in held:
            each.setEnabled(False)
        return had_focus

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), current()
        # Round below, as the card is that it closes.
        rounded(painter, self.rect().adjusted(0, -CARD, 0, 0), CARD - 1, ground=tokens.sunk)
        filled(painter, QRect(0, 0, self.width(), 1), tokens.line)

    def _unfold(self, is_open: bool) -> None:
        self.technical.show_as(sign="chevron-down" if is_open else "chevron-right")
        self.folded.setVisible(is_open)
        # What it means stands at the head of the explanation, too.
        self._seen.setVisible(not is_open)
        self.unfolded.emit(is_open)

    def _show_tab(self) -> None:
        text = self._texts.get(TABS[self.tabs.currentIndex()], "")
        if self.text.toPlainText() != text:
            self.text.setPlainText(text)
