"""What an earlier run left, what a person sees of a journal in trouble, and does about it."""

import os
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from PySide6.QtTest import QTest

from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.wire.project import Project
from consent_desk.journal.backups import copy_daily, make_daily
from consent_desk.journal.journal import SqliteJournal
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.recovery.backups_dialog import BackupsDialog
from tests.consents import LOOKED_UP, a_consent, claim, later, write_down
from tests.ui import controls
from tests.ui.desks import OpenDesk, events

LOOK, SAVE, RESTORE, NEW = (
    "Look for the journal again",
    "Save what can be read",
    "Restore from backup",
    "Begin a new journal",
)
DAMAGED, MISSING, OTHER = {LOOK, SAVE, RESTORE}, {LOOK, RESTORE, NEW}, {LOOK}


def leave(folders: Folders, project: Project, *, in_flight: bool = False, count: int = 1) -> None:
    """Let an earlier run have noted consents, and have been ended before or during their calls."""
    journal = SqliteJournal.open(Path(folders.data / "journal.sqlite"))
    for number in range(count):
        at = later(number)
        consent = a_consent(request_id=str(uuid4()), timestamp=at, noted_at=at)
        write_down(journal, Noted.of(project, consent, LOOKED_UP))
        if in_flight:
            claim(journal, consent.request_id, later(number))
    journal.close()


def posts(engagement: Sandbox) -> int:
    """How many consents arrived, without what was only looked up."""
    return len(events(engagement))


def truncate(path: Path, size: int) -> None:
    os.truncate(path, size)


def overwrite(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def offered(desk: OpenDesk) -> set[str]:
    """What can be done, as the banner offers it."""
    buttons = (controls.button(desk.window, name) for name in (LOOK, SAVE, RESTORE, NEW))
    return {button.accessibleName() for button in buttons if button.isVisible()}


def wait_for_offers(desk: OpenDesk, offers: set[str]) -> None:
    desk.bot.waitUntil(lambda: offered(desk) == offers, timeout=10_000)


def wait_until_well(desk: OpenDesk) -> None:
    desk.wait_ready()
    desk.bot.waitUntil(lambda: offered(desk) == set())


def said(desk: OpenDesk) -> str:
    return desk.status


def wait_for_words(desk: OpenDesk, words: str) -> None:
    desk.bot.waitUntil(lambda: words in said(desk), timeout=10_000)


def back_up(folders: Folders, second: Path | None = None) -> None:
    """Let an earlier run have made the backup of 2026-05-31."""
    with closing(SqliteJournal.open(folders.journal)) as journal:
        make_daily(folders.journal, journal, later(0))
        copy_daily(folders.journal, second, later(0))


def open_backups(desk: OpenDesk) -> BackupsDialog:
    """Open the list of backups, and wait until the chosen one is checked."""
    QTest.keySequence(desk.window, "Ctrl+B")
    dialog = desk.window.findChild(BackupsDialog)
    assert dialog is not None
    wait_until_checked(desk, dialog)
    return dialog


def wait_until_checked(desk: OpenDesk, dialog: BackupsDialog) -> None:
    desk.bot.waitUntil(
        lambda: (
            dialog.message.text() != "Looking for backups…"
            and not any("checking" in line for line in listed(dialog))
        ),
        timeout=10_000,
    )


def listed(dialog: BackupsDialog) -> list[str]:
    """All but the size of each."""
    model = dialog.table.model()
    return [
        " | ".join(str(model.index(row, column).data()) for column in (0, 2, 3, 4))
        for row in range(model.rowCount())
    ]


def choose(dialog: BackupsDialog, words: str) -> None:
    dialog.table.selectRow(next(row for row, line in enumerate(listed(dialog)) if words in line))


def check(desk: OpenDesk, dialog: BackupsDialog) -> str:
    """Choose the backup of an earlier run; return what is said of it once it is checked."""
    choose(dialog, "2026-05-31")
    wait_until_checked(desk, dialog)
    return next(line for line in listed(dialog) if "2026-05-31" in line)


def restore(desk: OpenDesk) -> BackupsDialog:
    """Open the list, choose the backup of an earlier run, and ask for it once it is checked."""
    dialog = open_backups(desk)
    check(desk, dialog)
    controls.press(dialog, "Restore")
    return dialog
