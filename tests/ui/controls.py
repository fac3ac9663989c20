"""Find and use what a person finds and uses: controls by their accessible names."""

from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from PySide6.QtCore import QCoreApplication, QEvent, QMetaType, QPoint, QPointF, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from shiboken6 import isValid

from consent_desk.ui.form.category_choice import CategoryChoice
from consent_desk.ui.form.category_rows import CategoryBox
from consent_desk.ui.form.panel import ConsentPanel
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.widgets.inputs import Note, Pasting

W = TypeVar("W", bound=QWidget)
_found: WeakKeyDictionary[QWidget, dict[str, QWidget]] = WeakKeyDictionary()
"""What was found before: going through all controls takes long where a test waits for one of them."""


def named(window: QWidget, name: str, kind: type[W]) -> W:
    """The one control with this accessible name, in whatever language it stands."""
    before = _found.setdefault(window, {})
    control = before.get(name)
    names = {name, QCoreApplication.translate("", name)}
    if control is None or not isValid(control) or control.accessibleName() not in names:
        found = [widget for widget in window.findChildren(QWidget) if widget.accessibleName() in names]
        assert len(found) == 1, f"{name}: {found}"
        control = before[name] = found[0]
    assert isinstance(control, kind), control
    return control


def line(window: QWidget, name: str) -> QLineEdit:
    """The line that is typed into: the control itself, or that of a combo box."""
    control = named(window, name, QWidget)
    edit = control.lineEdit() if isinstance(control, QComboBox) else control
    assert isinstance(edit, QLineEdit), control
    return edit


def button(window: QWidget, name: str) -> QAbstractButton:
    return named(window, name, QAbstractButton)


def combo(window: QWidget, name: str) -> QComboBox:
    return named(window, name, QComboBox)


def long_text(window: QWidget, name: str) -> QPlainTextEdit:
    return named(window, name, QPlainTextEdit)


def raw_text(window: QWidget, name: str) -> str:
    """The text of a large field to the character; `toPlainText` would change no-break spaces."""
    return long_text(window, name).document().toRawText().replace("\u2029", "\n")


def label(window: QWidget, name: str) -> str:
    return named(window, name, QLabel).text()


def note(window: QWidget, name: str) -> str:
    """What stands below a field."""
    shown = window.findChild(Note, f"note of {name}")
    if shown is None:
        around = named(window, name, QWidget).parentWidget()
        shown = None if around is None else around.findChild(Note)
    assert shown is not None
    return shown.text() if shown.isVisible() else ""


def table(window: QWidget, name: str) -> QAbstractItemView:
    return named(window, name, QAbstractItemView)


def action(window: MainWindow, text: str) -> QAction:
    """What stands under ⋯."""
    menu = window.top.menu
    menu.aboutToShow.emit()
    return next(one for one in menu.actions() if one.text() == text)


def choose_from_menu(window: MainWindow, text: str) -> None:
    """Choose what ⋯ offers."""
    chosen = action(window, text)
    assert (chosen.isVisible(), chosen.isEnabled()) == (True, True), text
    chosen.trigger()


def labels(window: QWidget, name: str) -> list[str]:
    """What all labels with this accessible name say that are in view, from the top."""
    found = (one for one in window.findChildren(QLabel) if one.accessibleName() == name and one.isVisible())
    return [one.text() for one in found]


def cells(window: QWidget, column: int) -> list[str]:
    """What one column of the log shows, from the top."""
    model = table(window, "Response log").model()
    return [str(model.data(model.index(row, column))) for row in range(model.rowCount())]


def write(window: QWidget, name: str, text: str) -> None:
    """Go to a field and replace what is in it by typing. Of that only the last key is heard.

    The window looks at the whole form anew at each key, which took a third of the time of all its tests.
    """
    control = named(window, name, QWidget)
    edit = control if isinstance(control, QPlainTextEdit) else line(window, name)
    _unfold(window, control)
    edit.setFocus()
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    with QSignalBlocker(edit):
        for character in text[:-1]:
            _type(edit, character)
    for watching in edit.findChildren(Pasting):
        watching._before = text[:-1]
    if text:
        _type(edit, text[-1])
    # Completions that open take the focus a moment later: nobody is quicker than that.
    QApplication.processEvents()


def choose_category(window: QWidget, category: str) -> None:
    """Have this category chosen and no other: its box ticked, or its ID typed where it has none."""
    window_choice(window).go_to()
    if (typed := line(window, "Other category ID")).text():
        typed.clear()
    for box in boxes(window):
        if box.isChecked() is not (box.category.id == category):
            box.click()
    if category and category not in chosen(window):
        window_choice(window).open_other()
        write(window, "Other category ID", category)


def tick(window: QWidget, *labels: str) -> None:
    """Tick, or untick, the boxes that are named so, as a person does with the mouse."""
    for label in labels:
        box = next(box for box in boxes(window) if box.accessibleName() == label)
        QTest.mouseClick(box, Qt.MouseButton.LeftButton)


def window_choice(window: QWidget) -> CategoryChoice:
    choice = window.findChild(CategoryChoice)
    assert choice is not None
    return choice


def boxes(window: QWidget) -> list[CategoryBox]:
    """The check boxes of the categories, from the top."""
    return window_choice(window).rows.boxes


def chosen(window: QWidget) -> tuple[str, ...]:
    """The IDs of the categories that are chosen."""
    return window_choice(window).chosen


def row_state(window: QWidget, label: str) -> str:
    """What a category's box tells of it beside its label."""
    return next(box.accessibleDescription() for box in boxes(window) if box.accessibleName() == label)


def known(window: QWidget) -> str:
    """All that is said of the customer beside the heading."""
    return named(window, "What is known of this customer", QLabel).accessibleDescription()


def _unfold(window: QWidget, field: QWidget) -> None:
    """Have a field in view that stands in the fold of the caller's card."""
    if window.isVisible() and not field.isVisible() and (form := window.findChild(ConsentPanel)) is not None:
        form.more.toggle.setChecked(True)


def _type(edit: QWidget, character: str) -> None:
    # Not QTest's: it aborts on what no keyboard of its own has.
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(edit, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, character))


def type_keys(window: QWidget, text: str) -> None:
    """Press the keys of `text`, ASCII, in the window: they go where those of a person go."""
    for character in text:
        QTest.keyClick(window.windowHandle(), ord(character))


def paste(window: QWidget, name: str, text: str) -> None:
    """Go to a field and replace what is in it from the clipboard."""
    control = named(window, name, QWidget)
    edit = control if isinstance(control, QPlainTextEdit) else line(window, name)
    QApplication.clipboard().setText(text)
    _unfold(window, control)
    edit.setFocus()
    edit.selectAll()
    edit.paste()


def press(window: QWidget, name: str) -> None:
    QTest.mouseClick(button(window, name), Qt.MouseButton.LeftButton)


def turn_wheel(widget: QWidget) -> None:
    """Turn the mouse wheel down by one notch over `widget`."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(widget.mapToGlobal(widget.rect().center())),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def focused_name(window: QWidget) -> str:
    """The accessible name of what has the focus, or of the combo box around it."""
    widget: QWidget | None = window.focusWidget()
    while widget is not None and not widget.accessibleName() and widget is not window:
        widget = widget.parentWidget()
    return "" if widget is None else widget.accessibleName()


_texts: dict[type[QWidget], tuple[str, ...]] = {}


def _texts_of(widget: QWidget) -> tuple[str, ...]:
    """The names of its properties that are texts: the same ones for all of its kind."""
    kind = type(widget)
    if kind not in _texts:
        meta = widget.metaObject()
        every = map(meta.property, range(meta.propertyCount()))
        is_text = QMetaType.Type.QString.value
        # Declared to be bytes, and a str.
        names = (cast("str", one.name()) for one in every if one.metaType().id() == is_text)
        _texts[kind] = tuple(names)
    return _texts[kind]


def everything_said(window: QWidget) -> str:
    """Every text that any control of `window` holds, shows or tells assistive technology."""
    texts: list[str] = []
    for widget in (window, *window.findChildren(QWidget)):
        texts.extend(str(widget.property(name)) for name in _texts_of(widget))
        if isinstance(widget, QPlainTextEdit):
            texts.append(widget.document().toRawText())
        if isinstance(widget, QComboBox):
            texts.extend(widget.itemText(index) for index in range(widget.count()))
    return "\n".join(texts)
