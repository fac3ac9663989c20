"""What is below the list: what became of the chosen line, what to do, and all that was exchanged about it."""

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from consent_desk.domain.checks.correction import CORRECTABLE_STATES
from consent_desk.domain.lifecycle.state import DISCARDABLE_STATES, SENDABLE_STATES, State
from consent_desk.domain.message import say
from consent_desk.domain.wire.request import PublicRequest
from consent_desk.ui.log.reason import ReasonRow
from consent_desk.ui.request.copy_menu import CopyMenu
from consent_desk.ui.theme.fonts import CAPTION, scaled, sized
from consent_desk.ui.theme.paint import CARD, filled, rounded
from consent_desk.ui.theme.tokens import current
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import Unhurried, named, technical_text
from consent_desk.ui.widgets.layouts import FlowLayout, fill
from consent_desk.ui.widgets.messages import phrase, render, tool_tip
from consent_desk.ui.widgets.tabs import Tabs

LEAST = 3
"""Lines of the technical details that are seen in the lowest window."""

_MEANING = 3
"""Lines of what it means; all of it stands in the tooltip."""

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


class ProofButton(Button):
    """Opens a menu: a proof of the chosen line, or of its customer. See `offer`."""

    def __init__(self) -> None:
        super().__init__("", "file")
        tip = say("log", "Two files: one that a person reads, one that consent-desk verify checks")
        named(self, phrase("log", "Proof…"), phrase("log", "Proof"), render(tip))
        menu = QMenu(self)
        self.of_consent = menu.addAction(phrase("log", "Of this &consent…"))
        self.of_customer = menu.addAction(phrase("log", "Of &all consents of this customer…"))
        self.setMenu(menu)
        self.offer(chosen=False)

    def offer(self, *, chosen: bool) -> None:
        """Offer proofs while a line is chosen."""
        for action in self.menu().actions():
            action.setEnabled(chosen)


class Meaning(QLabel):
    """What it means, in three lines; the whole text stands in the tooltip and in the description."""

    def __init__(self) -> None:
        super().__init__(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.setAccessibleName(phrase("log", "What it means"))
        self._most = _MEANING
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def show_low(self, is_low: bool) -> None:
        """In a low window two lines have to do."""
        self._most = 2 if is_low else _MEANING
        self.updateGeometry()

    def show_text(self, text: str) -> None:
        """Show `text`."""
        self.setText(text)
        self.setToolTip(tool_tip(text))
        self.setAccessibleDescription(text)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._high())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._high())

    def hasHeightForWidth(self) -> bool:
        return False

    def _high(self) -> int:
        return self._most * self.fontMetrics().lineSpacing() + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, metrics = QPainter(self), self.fontMetrics()
        painter.setPen(self.palette().windowText().color())
        width, flags = self.width(), Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
        shown = self.text()
        if metrics.boundingRect(QRect(0, 0, width, 9_999), flags, shown).height() > self._high():
            # The longest beginning that fits, by halves.
            fits, fails = 0, len(shown)
            while fails - fits > 1:
                middle = (fits + fails) // 2
                tried = f"{shown[:middle].rstrip()}…"
                high = metrics.boundingRect(QRect(0, 0, width, 9_999), flags, tried).height()
                fits, fails = (middle, fails) if high <= self._high() else (fits, middle)
            shown = f"{shown[:fits].rstrip()}…"
        painter.drawText(self.rect(), flags | Qt.AlignmentFlag.AlignTop, shown)


class LineDetails(QWidget):
    """Emits `pressed(button)` for what is to be done with the chosen line."""

    pressed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.who = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.what = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.meaning = Meaning()
        self._texts: dict[str, str] = {}
        self._make_buttons()
        self.reason = ReasonRow()
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
        self._lay_out()
        self.tabs.currentChanged.connect(self._show_tab)
        self.technical.toggled.connect(self._unfold)
        self.discard.clicked.connect(self.reason.ask)
        self.reason.closed.connect(self.discard.setFocus)
        self._unfold(False)
        self.offer(NOT_KNOWN)

    def _make_buttons(self) -> None:
        self.send_now = Button("", "refresh")
        tip = say("log", "Note the same decision anew, taken now, and send it")
        named(self.send_now, phrase("log", "Record again, dated now"), tip=render(tip))
        self.dismiss = Button("", "bell-off")
        named(
            self.dismiss,
            phrase("log", "Dismiss alarm"),
            tip=phrase("log", "This alarm is to ring no more"),
        )
        self.cancel = Button("", "x")
        named(
            self.cancel,
            phrase("log", "Cancel this"),
            tip=phrase("log", "Do not send the chosen consent"),
        )
        self.acknowledge = Button("", "check")
        tip = say("log", "The chosen consent was cancelled, and is not recorded: count it no more")
        named(
            self.acknowledge,
            phrase("log", "Acknowledge"),
            phrase("log", "Acknowledge that it is not recorded"),
            render(tip),
        )
        self.right_id = Button("", "return")
        tip = say("log", "Fill the form with this decision, for another customer ID")
        named(self.right_id, phrase("log", "Enter with the right ID"), tip=render(tip))
        self.right = Button("", "check")
        self.send_again = Button("", "refresh")
        named(
            self.send_again,
            phrase("log", "Send again"),
            tip=phrase("log", "Send the same bytes once more"),
        )
        self.correct = Button("", "undo")
        tip = say("log", "Restore what held before this consent, as a new one that is linked to it")
        named(self.correct, phrase("log", "Correct…"), tip=render(tip))
        self.discard = Button("", "trash")
        named(
            self.discard,
            phrase("log", "Discard…"),
            tip=phrase("log", "Give the chosen consent up, with a reason"),
        )
        self.proof = ProofButton()
        self.start_over = Button("", "refresh")
        tip = say("log", "Forget what was practised: the Sandbox and its log begin anew")
        named(self.start_over, phrase("log", "Start over…"), tip=render(tip))
        self.start_over.hide()
        self._urgent = (self.send_now, self.dismiss, self.cancel, self.acknowledge, self.right_id, self.right)
        self.buttons = (*self._urgent, self.send_again, self.correct, self.discard)
        for each in (*self._urgent, self.send_again):
            # It comes up where another one stood, perhaps for another one of the same press.
            Unhurried(each)
        for each in self.buttons:
            if each is not self.discard:
                each.clicked.connect(lambda _=False, each=each: self.pressed.emit(each))

    def _lay_out(self) -> None:
        self.who.setFont(sized(13, semibold=True))
        self.what.setFont(sized(CAPTION))
        # Long ones give way, and stand whole in the list above.
        self.who.setMinimumWidth(scaled(80))
        self.what.setMinimumWidth(0)
        head = fill(QHBoxLayout(), self.who, (self.what, 1))
        head.setSpacing(8)
        offered = FlowLayout()
        for each in (*self.buttons, self.proof, self.start_over):
            offered.addWidget(each)
        row = QHBoxLayout()
        row.addLayout(offered, 1)
        row.addWidget(self.technical, 0, Qt.AlignmentFlag.AlignTop)
        self.folded = QWidget()
        above = fill(QHBoxLayout(), (self.tabs, 1), self.copy)
        fill(QVBoxLayout(self.folded), above, (self.text, 1)).setSpacing(4)
        parts = (head, self.meaning, self.reason, row, self.folded)
        self._column = fill(QVBoxLayout(self), *parts)
        self._column.setSpacing(6)
        self.show_low(False)

    def show_line(self, who: str, what: str) -> None:
        """Say whose decision it is, and what about."""
        self.who.setText(who)
        self.who.setToolTip(tool_tip(who))
        self.what.setText(what)
        self.what.setToolTip(tool_tip(what))

    def show_texts(self, texts: dict[str, str]) -> None:
        """Show what it means, and the texts of all tabs."""
        self._texts = texts
        self.meaning.show_text(texts.get("Meaning", ""))
        self._show_tab()

    def offer(self, offer: Offer) -> bool:
        """Offer what can be done; return whether what had the focus is gone."""
        state = offer.state
        self.copied.offer(offer.request)
        self.copy.setEnabled(offer.request is not None)
        is_profile = state is not State.NO_CATEGORY
        right = say("log", "The ID is right") if is_profile else say("log", "The category is right")
        tip = say("log", "Right it is, though Engagement did not know it: it is looked up once more")
        named(self.right, render(right), tip=render(tip))
        offers = {
            self.send_now: state is State.CONTRADICTED and offer.can_renew,
            self.dismiss: state is State.CONTRADICTED and offer.rings,
            self.cancel: state in _CANCELLABLE,
            self.acknowledge: offer.to_acknowledge,
            self.right_id: offer.to_check and is_profile,
            self.right: offer.to_check,
            self.send_again: state in SENDABLE_STATES or offer.undecided,
            self.correct: state in CORRECTABLE_STATES,
            self.discard: state in DISCARDABLE_STATES,
        }
        is_lost = any(each.hasFocus() for each, is_offered in offers.items() if not is_offered)
        for each, is_offered in offers.items():
            each.setEnabled(is_offered)
            each.setVisible(is_offered)
        if state not in DISCARDABLE_STATES:
            at: QWidget | None = self.reason.focusWidget()
            is_lost = is_lost or (at is not None and at.hasFocus())
            self.reason.put_away()
        return is_lost

    def show_low(self, is_low: bool) -> None:
        """Take less room in a low window."""
        above, below = (6, 8) if is_low else (12, 14)
        self._column.setContentsMargins(20, above, 16, below)
        self.meaning.show_low(is_low)

    def give_room(self, high: int) -> None:
        """The technical details take two fifths of what there is."""
        least = (LEAST + 1) * self.text.fontMetrics().lineSpacing()
        self.text.setFixedHeight(max(least, high * 2 // 5))

    def hold_back(self) -> bool:
        """Let nothing be done twice until it is known how it stands; return whether that had the focus."""
        held = (self.send_again, self.discard, self.correct)
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

    def _show_tab(self) -> None:
        text = self._texts.get(TABS[self.tabs.currentIndex()], "")
        if self.text.toPlainText() != text:
            self.text.setPlainText(text)
