"""A workspace as it is put together: what its parts must not do at the same time."""

from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest

from consent_desk.app import workspaces
from consent_desk.domain.errors import DeskError
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.engagement.limits import Limits
from consent_desk.journal.backups import Backups
from consent_desk.system.settings import DeskSettings
from tests.consents import a_consent, a_project, later
from tests.ui.desks import folders_in


def test_an_erasure_waits_for_a_copy_into_the_second_folder_and_gives_up_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying, let = Event(), Event()

    def hang(*_arguments: object) -> None:
        copying.set()
        assert let.wait(10)

    monkeypatch.setattr(workspaces, "COPY_PATIENCE", 0.01)
    monkeypatch.setattr(Backups, "copy_daily", hang)
    folders = folders_in(tmp_path)
    watched = ClockWatch(HttpTransport(), lambda: later(0))
    with ExitStack() as opened:
        settings = DeskSettings(folders.config / "settings.json")
        workspace = workspaces.open_journal(
            *(opened, watched, lambda: later(0), folders),
            settings=settings,
            nap=1,
            steady=lambda: 0.0,
            limits=Limits(lambda: later(0)),
            log=lambda error: pytest.fail(str(error)),
        )
        assert workspace.copy_backup is not None
        assert workspace.erase is not None
        copy = Thread(target=workspace.copy_backup)
        copy.start()
        assert copying.wait(10)
        with pytest.raises(DeskError, match="still being copied"):
            workspace.erase(a_project().id, a_consent().customer)
        let.set()
        copy.join()
        assert workspace.erase(a_project().id, a_consent().customer).consents == 0
