"""Input widgets with the manners that a form for consents needs.

Long because each of them is small, and together they are what every panel is built of.
"""

from time import monotonic
from typing import TypeVar

from PySide6.QtCore import QAbstractItemModel, QEvent, QMimeData, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QGuiApplication, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QCompleter,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QWidget,
)

from consent_desk.domain.consent.draft import Field
from consent_desk.ui.widgets.banner import TintedLabel
from consent_desk.ui.widgets.buttons import Button
from consent_desk.ui.widgets.fields import FramedComboBox, FramedLine, FramedText
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone

AnyButton = TypeVar("AnyButton", bound=QAbstractButton)


class ComboBox(FramedComboBox):
    """A combo box that the mouse wheel does not change unless it is open, as narrow as its room."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


_STILL_THERE = {Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason}


class Completing(QCompleter):
    """Completion as a case-sensitive pop-up, which closes when the focus goes elsewhere.

    Qt keeps it open: it would take what is then typed into another field.
    """

    def __init__(self, model: QAbstractItemModel, parent: QObject) -> None:
        super().__init__(model, parent)
        self.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseSensitive)
        self.setCompletionRole(Qt.ItemDataRole.EditRole)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            left = event.reason() not in _STILL_THERE
            if left and watched is self.widget():
                self.close_popup()
        return super().eventFilter(watched, event)

    def close_popup(self) -> None:
        """Close the pop-up. Left open, it would take the next keys, wherever the cursor is by then."""
        # Asked for it, Qt makes one: where no pop-up is open, it is not.
        if QApplication.activePopupWidget() is not None and (popup := self.popup()) is not None:
            popup.hide()


_WIDEST = 800  # pixels: somebody may name a category by half a page


class TypingComboBox(ComboBox):
    """A combo box that takes typing; completion is a case-sensitive pop-up, and nothing is inserted."""

    def __init__(self, *offered: str, hint: str = "") -> None:
        super().__init__()
        self.addItems(offered)
        # Which makes it editable, and has a limit that tells.
        self.line = Line(hint=hint, framed=False)
        self.setLineEdit(self.line)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.completing = Completing(self.model(), self)
        self.setCompleter(self.completing)
        self.setCurrentIndex(-1)

    def offer(self, model: QAbstractItemModel) -> None:
        """Offer the rows of `model`, in the list and for completion."""
        self.setModel(model)
        self.completing.setModel(model)
        model.modelReset.connect(self._widen)

    def _widen(self) -> None:
        # As wide as its rows, or the marks at their end would hide what stands before them.
        beside = self.view().verticalScrollBar().sizeHint().width()
        width = min(self.view().sizeHintForColumn(0) + 2 * beside, _WIDEST)
        self.view().setMinimumWidth(width)
        if (popup := self.completing.popup()) is not None:
            popup.setMinimumWidth(width)

    def set_text(self, text: str) -> None:
        """Put `text` in as if it had been typed, without a way back through undo."""
        self.completing.close_popup()
        self.setCurrentIndex(-1)
        self.line.setText(text)


class Pasting(QObject):
    """Emits `pasted` when more than one character came into a line at once: pasted, dropped or chosen."""

    pasted = Signal()

    def __init__(self, line: QLineEdit) -> None:
        super().__init__(line)
        self._before = line.text()
        line.textChanged.connect(self._compare)

    def _compare(self, text: str) -> None:
        before, self._before = self._before, text
        start = alike(before, text)
        end = alike(before[start:][::-1], text[start:][::-1])
        if len(text) - start - end > 1:
            self.pasted.emit()


def alike(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


class Note(TintedLabel):
    """The line below a field: a problem, or a quiet remark. Takes no room while it is empty."""

    def __init__(self) -> None:
        super().__init__()
        self.hide()

    def show_problem(self, text: str) -> None:
        """Show what is wrong."""
        self._show(f"⚠ {text}", Tone.BAD)

    def show_warning(self, text: str) -> None:
        """Show what may be wrong, and does not stand in the way."""
        self._show(f"▲ {text}", Tone.WARNING)

    def show_remark(self, text: str) -> None:
        """Show something worth knowing, or nothing where `text` is empty."""
        self._show(text, Tone.QUIET)

    def _show(self, text: str, tone: Tone) -> None:
        self.show_text(tone, text)
        self.setVisible(bool(text))


def label_for(text: str, field: QWidget, name: str) -> QLabel:
    """Name `field` for people and for assistive technology; return its label, with its mnemonic."""
    field.setAccessibleName(render(name.called) if isinstance(name, Field) else name)
    label = QLabel(text)
    label.setBuddy(field)
    return label


def named(button: AnyButton, text: str, name: str = "", tip: str = "") -> AnyButton:
    """`button` with its text. Assistive technology calls it by `name`, or by that; `tip` tells more of it."""
    button.setText(text)
    button.setAccessibleName(name or text.replace("&", "").removesuffix("…"))
    button.setToolTip(tip)
    return button


def button(text: str, name: str = "", tip: str = "") -> Button:
    """A button that is pushed. See `named`."""
    return named(Button(), text, name, tip)


def plain_label(text: str = "", name: str = "") -> QLabel:
    """A label that takes no text for HTML, and breaks its lines."""
    label = QLabel(text, textFormat=Qt.TextFormat.PlainText, wordWrap=True)
    label.setAccessibleName(name)
    return label


def read_only_text(accessible_name: str) -> QPlainTextEdit:
    """A text that can be selected, copied and read out, but not changed."""
    flags = Qt.TextInteractionFlag
    text = FramedText()
    text.setReadOnly(True)
    text.setUndoRedoEnabled(False)
    text.setTabChangesFocus(True)
    text.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
    text.setAccessibleName(accessible_name)
    return text


def technical_text(accessible_name: str) -> QPlainTextEdit:
    """A read-only text in the font for what machines read."""
    text = read_only_text(accessible_name)
    text.setFont(technical_font())
    return text


def technical_font() -> QFont:
    """The font for what machines read."""
    # It and all that belongs to it would keep the window from showing.
    from PySide6.QtGui import QFontDatabase

    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    # Not every system enlarges it together with the font of all other controls.
    font.setPointSizeF(max(font.pointSizeF(), QGuiApplication.font().pointSizeF()))
    return font


def typed_text(edit: QPlainTextEdit) -> str:
    """What was typed into `edit`; `toPlainText` would turn no-break spaces into spaces."""
    return edit.document().toRawText().replace("\u2029", "\n")


def units(text: str) -> int:
    """How many characters Qt counts in `text`, in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


LONGEST = 17_000
"""Characters that a field takes: more than Engagement does in any case, so that a problem shows until it is
shortened. A megabyte in a line takes Qt up to a second with each key."""

CUT = " … (cut here)"


class Line(FramedLine):
    """A line that takes a paste of any size without freezing, and says in the text where it was cut."""

    def __init__(
        self, text: str = "", *, longest: int = LONGEST, hint: str = "", framed: bool = True
    ) -> None:
        super().__init__(framed=framed)
        self.setPlaceholderText(hint)
        self.setMaxLength(longest)
        self.setText(text)
        self._before = self.text()
        self._is_cut = False
        self.inputRejected.connect(self._notice)
        self.textChanged.connect(self._follow)

    def _notice(self) -> None:
        # Told in the middle of a paste, whose beginning is in by now; also of a key without room.
        self._is_cut = self.text() != self._before

    def _follow(self, text: str) -> None:
        self._before = text
        if self._is_cut:
            self._is_cut = False
            self.setSelection(max(self.cursorPosition() - len(CUT), 0), len(CUT))
            self.insert(CUT)


class WordingField(FramedText):
    """Takes a paste of any size without freezing: a megabyte without a space takes Qt 40 seconds.

    Two lines of it are seen. Emits `pasted` when something was.
    """

    pasted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.fontMetrics().lineSpacing() * 2 + 18)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Not before the window shows: PySide6 makes the 68 members of an enum.
        from PySide6.QtGui import QKeySequence

        if event.matches(QKeySequence.StandardKey.InsertLineSeparator):
            # Shift+Return: of the two line breaks that Qt knows, the one that stands for itself on the wire.
            self.textCursor().insertBlock()
            return
        super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        # Word's line breaks are like any other: the field shows them so, and that is what is sent.
        text = source.text().replace("\v", "\n").replace("\u2028", "\n")
        cursor = self.textCursor()
        room = LONGEST - self.document().characterCount() + len(cursor.selectedText())
        if len(text) > room:
            text = phrase("widgets", "{text} … (cut here: {count:,} characters were pasted)").format(
                text=text[: max(room, 0)], count=len(text)
            )
        # As one step, and always as plain text.
        cursor.insertText(text)
        self.ensureCursorVisible()
        self.pasted.emit()


def commit_typing() -> None:
    """Have an input method put what it composes into its field: until then it is in none."""
    QGuiApplication.inputMethod().commit()


MOMENT = 0.5
"""Seconds after it came up in which a button takes no key and no click: they were meant for another one."""

_PRESSING = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Select})

_CLICKS = frozenset({QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick})


def came_up() -> float:
    """The moment, for `is_too_soon`."""
    return monotonic()


def is_too_soon(since: float) -> bool:
    """Whether what came up at `since` can hardly have been read so far."""
    return monotonic() - since < MOMENT


class Unhurried(QObject):
    """Keeps a key that is held down from pressing any of `buttons`, and whatever came too soon.

    `safe` are those that do no harm: they take what comes at once.
    """

    def __init__(self, *buttons: QAbstractButton, safe: tuple[QAbstractButton, ...] = ()) -> None:
        super().__init__(buttons[0])
        self.safe = safe
        self._since = 0.0
        for button in (*buttons, *safe):
            button.installEventFilter(self)

    def begin(self) -> None:
        """What they are about has changed: it came up just now."""
        self._since = came_up()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show:
            self.begin()
        is_soon = watched not in self.safe and is_too_soon(self._since)
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            return event.key() in _PRESSING and (event.isAutoRepeat() or is_soon)
        return event.type() in _CLICKS and is_soon
