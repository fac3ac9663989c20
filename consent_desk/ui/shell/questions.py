"""The questions that stop the program until they are answered. All of them are asked here.

The dialogs load with the first one: PySide6 makes many enums for them.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from consent_desk.ui.widgets.inputs import Unhurried


class Questions:
    """Asks a person. Tests put their own in its place."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def choose(self, title: str, text: str, choices: Sequence[str]) -> int:
        """Ask, and return the index of the chosen answer. The first one is the safe one, and the default."""
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(self._parent, textFormat=Qt.TextFormat.PlainText, text=text)
        box.setWindowTitle(title)
        buttons = [box.addButton(choice, QMessageBox.ButtonRole.ActionRole) for choice in choices]
        box.setDefaultButton(buttons[0])
        box.setEscapeButton(buttons[0])
        Unhurried(*buttons[1:], safe=(buttons[0],))
        box.exec()
        clicked = box.clickedButton()
        return next((index for index, button in enumerate(buttons) if button is clicked), 0)

    def agrees(self, title: str, text: str, keep: str, go_on: str) -> bool:
        """Ask whether to go on. To `keep` it all as it is, is the safe answer."""
        return self.choose(title, text, (keep, go_on)) == 1

    def choose_folder(self, title: str, at: str = "") -> str:
        """Ask for a folder, beginning at the one named; empty where none was chosen."""
        from PySide6.QtWidgets import QFileDialog

        return QFileDialog.getExistingDirectory(self._parent, title, at)

    def choose_file(self, title: str, name: str, kinds: Sequence[tuple[str, str]]) -> tuple[Path, int] | None:
        """Ask where to write a file, None for nowhere, and of which kind; also whether one is written over.

        `name` is proposed. `kinds`: how the file's name may end, and what that means; the first is proposed.
        """
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(self._parent, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        filters = [f"{meaning} (*.{ending})" for ending, meaning in kinds]
        dialog.setNameFilters(filters)
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(kinds[filters.index(chosen)][0]))
        dialog.setDefaultSuffix(kinds[0][0])
        dialog.selectFile(name)
        if not dialog.exec():
            return None
        return Path(dialog.selectedFiles()[0]), filters.index(dialog.selectedNameFilter())
