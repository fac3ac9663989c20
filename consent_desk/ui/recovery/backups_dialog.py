"""The backups that were found, the second folder for them, and the way back to one of them."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLocale, QSize, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from consent_desk.domain.backup import Backup, CheckedBackup
from consent_desk.domain.message import say
from consent_desk.ui.widgets.banner import tell
from consent_desk.ui.widgets.fields import FramedLine
from consent_desk.ui.widgets.inputs import button, label_for, plain_label
from consent_desk.ui.widgets.layouts import fill, show_as_list
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone, colour, sign

COLUMNS = (
    say("recovery", "Made (UTC)"),
    say("recovery", "Size"),
    say("recovery", "Consents"),
    say("recovery", "Folder"),
    say("recovery", "Check"),
)
WHAT = say(
    "recovery",
    "A backup is made each day that Consent Desk runs; the last 14 are kept. Restoring one puts it in the "
    "journal's place. The journal's present file is renamed and kept.",
)


class BackupsDialog(QDialog):
    """Emits `chosen(Backup)` and `restore_requested(Backup)`; `choose` and `without` set the second folder.

    Not modal. Only a backup that was found sound, see `show_checked`, can be restored.
    """

    chosen = Signal(object)
    restore_requested = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(phrase("recovery", "Backups of the journal"))
        self._backups: tuple[Backup, ...] = ()
        self._checked: dict[Backup, CheckedBackup] = {}
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels([*map(render, COLUMNS)])
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        show_as_list(self.table)
        self.table.itemSelectionChanged.connect(self._follow_choice)
        self.message = plain_label(name=phrase("recovery", "Backups status"))
        self.folder = FramedLine()
        self.folder.setReadOnly(True)
        self.folder.setPlaceholderText(phrase("recovery", "none: choose one on another disk"))
        self.choose = button(phrase("recovery", "C&hoose…"), phrase("recovery", "Choose second folder"))
        self.without = button(
            phrase("recovery", "&Do without"), phrase("recovery", "Do without second folder")
        )
        self.restore = button(phrase("recovery", "&Restore…"))
        self.close_button = button(phrase("recovery", "&Close"))
        for each in (self.choose, self.without, self.restore, self.close_button):
            each.setAutoDefault(False)
        self.restore.clicked.connect(lambda: self.restore_requested.emit(self._chosen()))
        self.close_button.clicked.connect(self.reject)
        self._lay_out()
        self.resize(QSize(820, 460).boundedTo(parent.window().size()))
        self.restore.setEnabled(False)

    def _lay_out(self) -> None:
        name = label_for(
            phrase("recovery", "&Second backup folder"),
            self.folder,
            phrase("recovery", "Second backup folder"),
        )
        second = fill(QHBoxLayout(), name, (self.folder, 1), self.choose, self.without)
        buttons = fill(QHBoxLayout(), None, self.restore, self.close_button)
        title = label_for(phrase("recovery", "B&ackups"), self.table, phrase("recovery", "List of backups"))
        parts = (plain_label(render(WHAT)), title, (self.table, 1), self.message, second, buttons)
        fill(QVBoxLayout(self), *parts, margins=None)

    def clear(self) -> None:
        """List nothing."""
        self._backups, self._checked = (), {}
        self.table.setRowCount(0)
        self._follow_choice()

    def add_backups(self, backups: Sequence[Backup]) -> None:
        """List `backups` too, the newest first, and choose that unless one is chosen."""
        chosen = self._chosen()
        found = (*self._backups, *backups)
        self._backups = tuple(sorted(found, key=lambda backup: backup.path.name, reverse=True))
        self.table.setRowCount(len(self._backups))
        if self._backups:
            self.table.selectRow(0 if chosen is None else self._backups.index(chosen))
        self._follow_choice()

    def show_folder(self, folder: Path | None) -> None:
        """Show which second folder is set."""
        self.folder.setText("" if folder is None else str(folder))
        self.without.setEnabled(folder is not None)

    def show_checked(self, backup: Backup, checked: CheckedBackup) -> None:
        """Show what verifying a backup came to."""
        self._checked[backup] = checked
        self._follow_choice()

    def _show_rows(self) -> None:
        for row, backup in enumerate(self._backups):
            day = (
                backup.day
                if "-version-" not in backup.path.name
                else phrase("recovery", "{day}, before an update").format(day=backup.day)
            )
            size = QLocale.c().formattedDataSize(backup.size, 1)
            where = (
                phrase("recovery", "second folder") if backup.second else phrase("recovery", "this computer")
            )
            consents, said, tone = (
                "",
                phrase("recovery", "checking…") if backup == self._chosen() else "",
                Tone.NEUTRAL,
            )
            if (checked := self._checked.get(backup)) is not None:
                if checked.why is None:
                    consents, said = f"{checked.consents:,}", phrase("recovery", "✔ sound")
                else:
                    said, tone = (
                        phrase("recovery", "{sign} not sound: {why}").format(
                            sign=sign(Tone.BAD), why=render(checked.why)
                        ),
                        Tone.BAD,
                    )
            items = [QTableWidgetItem(text) for text in (day, size, consents, where, said)]
            for column, item in enumerate(items):
                item.setToolTip(str(backup.path))
                self.table.setItem(row, column, item)
            items[-1].setToolTip(said)
            items[-1].setForeground(colour(tone, self.palette()))

    def show_message(self, text: str) -> None:
        """Say what is the matter with the list, or nothing."""
        self.message.setVisible(bool(text))
        tell(self.message, text)

    def _chosen(self) -> Backup | None:
        row = self.table.currentRow()
        return self._backups[row] if 0 <= row < len(self._backups) else None

    def _follow_choice(self) -> None:
        self._show_rows()
        backup = self._chosen()
        checked = None if backup is None else self._checked.get(backup)
        self.restore.setEnabled(checked is not None and checked.why is None)
        if backup is not None and checked is None:
            self.chosen.emit(backup)
