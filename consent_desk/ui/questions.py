"""The questions that stop the program until they are answered. All of them are asked here."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter


class Questions:
    """Asks a person. Tests put their own in its place."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

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

    def choose_folder(self, title: str, at: str) -> str:
        """Ask for a folder, beginning at the one named; empty where none was chosen."""
        return QFileDialog.getExistingDirectory(self._parent, title, at)

    def has_printer(self) -> bool:
        """Whether there is a printer to choose."""
        # Here and below: loaded when it is needed, so that no start waits for it.
        from PySide6.QtPrintSupport import QPrinterInfo

        return bool(QPrinterInfo.availablePrinterNames())

    def choose_printer(self, title: str) -> "QPrinter | None":
        """Ask for a printer; None where the person thinks better of it."""
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self._parent)
        dialog.setWindowTitle(title)
        return printer if dialog.exec() else None

    def choose_file(self, title: str, name: str) -> str:
        """Ask where to save a file called `name`; an empty text where the person thinks better of it."""
        chosen, _kind = QFileDialog.getSaveFileName(self._parent, title, name, "PDF (*.pdf)")
        return chosen
