"""The folders of the version before, opened by this one's window: nothing is lost, restored or asked anew."""

import shutil

import pytest

from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.log_query import LogQuery
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.verify import Verdict, verify
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from tests.ui.conftest import OpenOne
from tests.ui.desks import MemoryKeyring, events
from tests.version1.folders import Version1, unpacked

CONSENTS = 20


@pytest.fixture
def old(folders: Folders, acme_is_kept: None) -> Version1:
    """What it left, beside a project that leads elsewhere than its consents: nothing of them can leave."""
    found = unpacked(folders.data.parent / "old")
    shutil.copytree(found.journal.parent, folders.data, dirs_exist_ok=True)
    shutil.copy(found.root / "config" / "texts.json", folders.config / "texts.json")
    return found


def test_the_window_opens_them_as_they_were(
    old: Version1, open_desk: OpenOne, folders: Folders, keyring: MemoryKeyring, engagement: Sandbox
) -> None:
    desk = open_desk(keyring).ready()
    model = desk.window.log.model
    # Those of one press are one line.
    desk.bot.waitUntil(lambda: model.consents_before(model.rowCount()) == CONSENTS)
    desk.bot.waitUntil(lambda: bool(list((folders.data / "backups").glob("*-version-1.sqlite"))))
    assert desk.person.asked == []
    assert "restored or moved" not in desk.status + desk.errors
    desk.window.end()
    assert events(engagement) == []
    found = verify(folders.journal)
    assert (found.verdict, found.consents) == (Verdict.SOUND, CONSENTS)
    journal = SqliteJournal.open(folders.journal)
    states = [found.entry.state for found in journal.page(LogQuery())]
    journal.close()
    # One that a backup had brought back is one still.
    assert states.count(State.RESTORED) == 1
