"""A workspace as it is put together: what its parts must not do at the same time."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Event as Flag
from threading import Thread
from uuid import uuid4

import pytest

from consent_desk.app import workspaces
from consent_desk.delivery.events import Event, Settled
from consent_desk.domain.errors import DeskError
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.state import State
from consent_desk.engagement.calls import Limits
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.journal import backups
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.atomic_file import copy_file
from consent_desk.system.settings import DeskSettings
from consent_desk.workspace import Workspace
from tests.consents import LOOKED_UP, a_consent, a_project, later
from tests.ui.desks import SEED, folders_in, real


@pytest.fixture
def settings(tmp_path: Path) -> DeskSettings:
    return DeskSettings(folders_in(tmp_path).config / "settings.json")


@pytest.fixture
def workspace(tmp_path: Path, settings: DeskSettings) -> Iterator[Workspace]:
    watched = ClockWatch(HttpTransport(), lambda: later(0))
    with ExitStack() as opened:
        means = workspaces.Means(
            transport=HttpTransport(),
            limits=Limits(lambda: later(0)),
            log=lambda error: pytest.fail(str(error)),
            now=lambda: later(0),
        )
        yield workspaces.open_journal(opened, means, watched, folders_in(tmp_path), settings)


def erase(workspace: Workspace) -> int:
    assert workspace.erase is not None
    return workspace.erase(a_project().id, a_consent().customer).consents


def test_an_erasure_waits_for_a_copy_into_the_second_folder_and_gives_up_with_a_reason(
    workspace: Workspace, settings: DeskSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying, let = Flag(), Flag()

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


def test_a_server_that_does_not_answer_holds_up_nothing_that_is_for_another(workspace: Workspace) -> None:
    told: SimpleQueue[Event] = SimpleQueue()
    with Sandbox(SEED) as hung, Sandbox(SEED) as well:
        hung.fault = Fault.SILENCE
        projects = [real(hung), real(well, id=str(uuid4()), name="Acme staging")]
        known = {project.id: project for project in projects}
        workspace.engine.start(told.put, lambda project_id, then, cannot: then(known[project_id]))
        for project in projects:
            workspace.engine.note(project, ((a_consent(), LOOKED_UP),))
        settled = next(
            event for event in iter(partial(told.get, timeout=10), None) if isinstance(event, Settled)
        )
        assert settled.entry.project_name == "Acme staging"
        assert len(workspace.journal.records_in({State.IN_FLIGHT})) == 1
        workspace.engine.close()


SCRIPT = """
import sys
from contextlib import ExitStack
from queue import SimpleQueue
from consent_desk.app.workspaces import Means, open_sandbox
from consent_desk.delivery.events import LookedUp
from consent_desk.domain.consent.values import Action
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp
from consent_desk.domain.lifecycle.record import NO_CONTEXT
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.engagement.calls import Limits
from consent_desk.system.clock import now, steady

AHEAD, events = [0], SimpleQueue()
later = lambda: Timestamp(now().micros + AHEAD[0] * 1_000_000)
means = Means(transport=HttpTransport(), limits=Limits(later), log=print, now=later,
    steady=lambda: steady() + AHEAD[0], nap=0.05)
with ExitStack() as opened:
    workspace = open_sandbox(opened, means)
    project = workspace.sandbox
    workspace.engine.start(events.put, lambda project_id, then, cannot: then(project))
    who = CustomerId(type="registered", value="jane@example.com")
    consent = Consent(request_id="6f1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a11", customer=who,
        category="sms_marketing", action=Action.REJECT, valid_until=None, timestamp=now(), noted_at=now())
    workspace.engine.note(project, ((consent, NO_CONTEXT),))
    for event in iter(events.get, None):
        print(type(event).__name__, flush=True)
        AHEAD[0] = 35 if type(event).__name__ == "Settled" else AHEAD[0]
        if isinstance(event, LookedUp):
            break
print(event.entry.state, "PySide6" in sys.modules)
"""


def test_a_script_notes_sends_and_verifies_without_a_window() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    *told, last = ran.stdout.splitlines()
    assert last == "verified False", ran.stderr
    stages = [name for name in told if name in {"Stamped", "Noted", "Sending", "Settled", "LookedUp"}]
    assert stages == ["Stamped", "Noted", "Sending", "Settled", "LookedUp"]
    assert ran.stderr == ""
