"""The questions that stop the program until they are answered. All of them are asked here."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


class Questions:
    """Asks a person. Tests put their own in its place."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def choose_folder(self, title: str) -> str:
        """Ask for a folder, and return its path, empty where none was chosen."""
        # Needed only now: not every start waits for it to load.
        from PySide6.QtWidgets import QFileDialog

        return QFileDialog.getExistingDirectory(self._parent, title)

    def choose(self, title: str, text: str, choices: Sequence[str]) -> int:
        """Ask, and return the index of the chosen answer. The first one is the safe one, and the default."""
        box = QMessageBox(self._parent)
        box.setWindowTitle(title)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(text)
        buttons = [box.addButton(choice, QMessageBox.ButtonRole.ActionRole) for choice in choices]
        box.setDefaultButton(buttons[0])
        box.setEscapeButton(buttons[0])
        box.exec()
        clicked = box.clickedButton()
        return next((index for index, button in enumerate(buttons) if button is clicked), 0)
