"""A workspace as it is put together: what its parts must not do at the same time."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest

from consent_desk.app import workspaces
from consent_desk.domain.errors import DeskError
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.journal import backups
from consent_desk.system.atomic_file import copy_file
from consent_desk.system.settings import DeskSettings
from consent_desk.workspace import Workspace
from tests.consents import a_consent, a_project, later
from tests.ui.desks import folders_in


@pytest.fixture
def settings(tmp_path: Path) -> DeskSettings:
    return DeskSettings(folders_in(tmp_path).config / "settings.json")


@pytest.fixture
def workspace(tmp_path: Path, settings: DeskSettings) -> Iterator[Workspace]:
    watched = ClockWatch(HttpTransport(), lambda: later(0))
    with ExitStack() as opened:
        yield workspaces.open_journal(
            opened,
            watched,
            lambda: later(0),
            folders_in(tmp_path),
            settings=settings,
            nap=1,
            steady=lambda: 0.0,
        )


def erase(workspace: Workspace) -> int:
    assert workspace.erase is not None
    return workspace.erase(a_project().id, a_consent().customer).consents


def test_an_erasure_waits_for_a_copy_into_the_second_folder_and_gives_up_with_a_reason(
    workspace: Workspace, settings: DeskSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying, let = Event(), Event()

    def hang(source: Path, target: Path) -> None:
        copying.set()
        assert let.wait(10)
        copy_file(source, target)

    monkeypatch.setattr(workspaces, "COPY_PATIENCE", 0.01)
    monkeypatch.setattr(backups, "copy_file", hang)
    settings.set_second_folder(tmp_path)
    assert workspace.back_up is not None
    workspace.back_up()
    copy = Thread(target=workspace.copy_backup)
    copy.start()
    assert copying.wait(10)
    with pytest.raises(DeskError, match="not removed: the second folder does not answer"):
        erase(workspace)
    # As the advice says: it may never come back.
    settings.set_second_folder(None)
    assert erase(workspace) == 0
    settings.set_second_folder(tmp_path)
    let.set()
    copy.join()
    assert erase(workspace) == 0
