"""Input widgets with the manners that a form for consents needs."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QPalette, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from consent_desk.domain.category import Category
from consent_desk.ui.outcomes import Tone, colour

LONGEST = 4_000_000
"""Characters that a field takes. Qt's own limit of 32,767 cuts a longer paste without a word."""


class ComboBox(QComboBox):
    """A combo box that the mouse wheel does not change unless it is open."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class TypingComboBox(ComboBox):
    """A combo box that takes typing; completion is a case-sensitive pop-up, and nothing is inserted."""

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.completing = QCompleter(self.model(), self)
        self.completing.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.completing.setCaseSensitivity(Qt.CaseSensitivity.CaseSensitive)
        self.completing.setCompletionRole(Qt.ItemDataRole.EditRole)
        self.setCompleter(self.completing)
        line = self.lineEdit()
        assert line is not None  # noqa: S101 -- an editable combo box has one
        self.line: QLineEdit = line
        self.line.setMaxLength(LONGEST)

    def offer(self, model: QAbstractItemModel) -> None:
        """Offer the rows of `model`, in the list and for completion."""
        self.setModel(model)
        self.completing.setModel(model)

    def set_text(self, text: str) -> None:
        """Put `text` in as if it had been typed, without a way back through undo."""
        popup = self.completing.popup()
        if popup is not None:
            # Left open, it would take the next keys, wherever the cursor is by then.
            popup.hide()
        self.setCurrentIndex(-1)
        self.line.setText(text)


class SendButton(QPushButton):
    """The button that sends. While something is missing it looks switched off, but says what."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Send")
        self.setMinimumHeight(self.sizeHint().height() * 3 // 2)

    def show_action(self, text: str, *, description: str, ready: bool) -> None:
        """Say what it will do; `description` is what assistive technology adds."""
        self.setText(text.replace("&", "&&"))
        self.setAccessibleDescription(description)
        self.setToolTip(f"{description}\nCtrl+Return")
        font = self.font()
        font.setBold(ready)
        self.setFont(font)
        palette = QGuiApplication.palette()
        if not ready:
            disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
            palette.setColor(QPalette.ColorRole.ButtonText, disabled)
        self.setPalette(palette)


class CategoryModel(QAbstractListModel):
    """Consent categories: the list shows label and ID, the field takes the exact ID."""

    def __init__(self) -> None:
        super().__init__()
        self._categories: Sequence[Category] = ()

    def replace(self, categories: Sequence[Category]) -> None:
        """Offer `categories` instead."""
        self.beginResetModel()
        self._categories = tuple(categories)
        self.endResetModel()

    def label(self, category_id: str) -> str | None:
        """The label of a category, None where it is not among those fetched."""
        return next((one.label for one in self._categories if one.id == category_id), None)

    def __len__(self) -> int:
        return len(self._categories)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._categories)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        category = self._categories[index.row()]
        if role == Qt.ItemDataRole.EditRole:
            return category.id
        if role == Qt.ItemDataRole.DisplayRole:
            return category.id if category.label == category.id else f"{category.label}   {category.id}"
        return None


class Note(QLabel):
    """The line below a field: a problem, or a quiet remark. Takes no room while it is empty."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.hide()

    def show_problem(self, text: str) -> None:
        """Show what is wrong."""
        self._show(f"⚠ {text}", Tone.BAD)

    def show_remark(self, text: str) -> None:
        """Show something worth knowing, or nothing where `text` is empty."""
        self._show(text, Tone.QUIET)

    def _show(self, text: str, tone: Tone) -> None:
        if self.text() == text:
            return
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, colour(tone, self.palette()))
        self.setPalette(palette)
        self.setText(text)
        self.setVisible(bool(text))


class WithNote(QWidget):
    """A field with the line for its problem right below it."""

    def __init__(self, field: QWidget) -> None:
        super().__init__()
        self.note = Note()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(field)
        layout.addWidget(self.note)


def label_for(text: str, field: QWidget, accessible_name: str) -> QLabel:
    """Name `field` for people and for assistive technology; return its label, with its mnemonic."""
    field.setAccessibleName(accessible_name)
    label = QLabel(text)
    label.setBuddy(field)
    return label


def read_only_text(accessible_name: str) -> QPlainTextEdit:
    """A text that can be selected, copied and read out, but not changed; for technical content."""
    text = QPlainTextEdit()
    text.setReadOnly(True)
    text.setUndoRedoEnabled(False)
    text.setTabChangesFocus(True)
    text.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    text.setAccessibleName(accessible_name)
    return text


def typed_text(edit: QPlainTextEdit) -> str:
    """What was typed into `edit`; `toPlainText` would turn no-break spaces into spaces."""
    return edit.document().toRawText().replace("\u2029", "\n")
