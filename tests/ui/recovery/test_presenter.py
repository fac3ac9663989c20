"""What an earlier run left."""

import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import enumerate as enumerate_threads
from typing import NoReturn
from uuid import uuid4

import pytest

from consent_desk.delivery.outbox import Outbox
from consent_desk.domain.errors import JournalError
from consent_desk.domain.faults import Fault
from consent_desk.domain.message import say
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, real
from tests.ui.recovery.recovering import leave, posts


@pytest.fixture
def acme_again(acme_is_kept: None, open_desk: OpenOne, keyring: MemoryKeyring) -> OpenOne:
    return open_desk


def started(open_desk: OpenOne, keyring: MemoryKeyring) -> OpenDesk:
    desk = open_desk(keyring)
    desk.wait_ready()
    return desk


def test_calls_left_in_flight_are_unconfirmed_and_the_window_says_so(
    acme_again: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    leave(folders, real(engagement), in_flight=True, count=2)
    desk = started(acme_again, keyring)
    desk.wait_for_line("Not confirmed, looking it up", "Not confirmed, looking it up")
    desk.wait_for_status("▲ 2 not confirmed: the program ended while they were being sent.")
    assert "Do not enter them again" in desk.status
    assert posts(engagement) == 0


def test_what_waits_is_tried_again_when_its_time_has_come_also_after_a_restart(
    acme_again: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    leave(folders, real(engagement))
    engagement.fault = Fault.RATE_LIMIT_RETRY_AFTER
    first = started(acme_again, keyring)
    first.wait_for_line("Not sent yet: Engagement is busy")
    assert posts(engagement) == 1
    first.bot.waitUntil(lambda: first.counter.startswith("Waiting 1, since "))
    first.window.end()
    engagement.fault = None
    second = started(acme_again, keyring)
    second.bot.waitUntil(lambda: second.counter.startswith("Waiting 1, since "))
    second.wait_for_line("Not sent yet")
    assert posts(engagement) == 1
    second.clock.seconds_off += 31
    second.wait_for_line("Delivered, checking")
    assert posts(engagement) == 2
    # It is looked up still.
    second.wait_for_counter("Waiting 1")
    assert second.status == ""
    assert controls.focused_name(second.window) == "Customer ID"


@pytest.mark.parametrize(
    "elsewhere",
    [
        (
            {"base_url": BaseUrl(scheme="https", host="api.exponea.com")},
            "Not sent yet: its project now leads elsewhere.",
        ),
        ({"id": str(uuid4())}, "Not sent: its project was removed from this computer."),
    ],
    ids=["another host", "a removed project"],
)
def test_what_belongs_elsewhere_is_held_visibly(
    acme_again: OpenOne,
    keyring: MemoryKeyring,
    engagement: Sandbox,
    folders: Folders,
    elsewhere: tuple[dict[str, object], str],
) -> None:
    changes, words = elsewhere
    leave(folders, real(engagement, **changes))
    desk = started(acme_again, keyring)
    desk.wait_for_line("Project missing or changed")
    # It is none of the caller's who is on the line now: said in its line.
    assert desk.status == ""
    desk.choose_line()
    desk.wait_for_details(words)
    assert posts(engagement) == 0


def test_what_waits_is_not_called_homeless_while_the_list_cannot_be_read(
    acme_again: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    leave(folders, real(engagement))
    (folders.config / "projects.json").write_text("{")
    desk = acme_again(keyring)
    desk.bot.waitUntil(lambda: "cannot be read" in desk.state)
    desk.wait_for_line("Not sent yet")
    assert "removed" not in desk.status + desk.errors


def test_what_waits_for_settings_that_the_keyring_lost_is_told_once(
    acme_again: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    leave(folders, real(engagement), count=2)
    keyring.lines.clear()
    desk = acme_again(keyring)
    desk.wait_for_status("2 consents still wait for the settings of Acme production.")
    desk.wait_for_line("Not sent yet", "Not sent yet")
    assert desk.errors.count("still wait") == 1
    assert posts(engagement) == 0


def test_without_a_project_what_an_earlier_run_left_is_in_the_log(
    acme_again: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    leave(folders, real(engagement), in_flight=True)
    (folders.config / "projects.json").write_text('{"version": 1, "projects": []}')
    desk = acme_again(keyring)
    desk.wait_for_line("Not confirmed, looking it up")
    desk.wait_for_status("1 not confirmed")
    assert desk.project == ""
    assert not desk.window.practice.isVisible()
    desk.choose_project("Sandbox (practice)")
    desk.bot.waitUntil(desk.window.practice.isVisible)


def test_a_report_of_an_earlier_run_is_not_hidden_by_what_follows(
    acme_again: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    leave(folders, real(engagement), in_flight=True)
    desk = started(acme_again, keyring)
    desk.wait_for_status("1 not confirmed")
    desk.fill()
    controls.press(desk.window, "Send")
    desk.wait_for_status("Delivered")
    assert "1 not confirmed" in desk.errors


def test_an_unexpected_exception_is_shown_and_logged_without_its_text(
    acme_again: OpenOne, keyring: MemoryKeyring, folders: Folders
) -> None:
    desk = started(acme_again, keyring)
    try:
        raise ValueError("canary-secret")
    except ValueError as error:
        desk.application.report(error)
    desk.wait_for_status("✖ Something unexpected went wrong (ValueError).")
    assert "canary-secret" not in desk.status
    log = folders.logs / "faults.log"
    assert "builtins.ValueError" in log.read_text()
    assert "canary-secret" not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


NOT_READ = JournalError(say("tests", "The journal cannot be read."), say("tests", "Try again."))


def fail_after_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first read of the opened journal fail until `monkeypatch.undo()`."""

    def fail(_outbox: Outbox) -> NoReturn:
        raise NOT_READ

    monkeypatch.setattr(Outbox, "recover", fail)


def open_in(folder: Path) -> list[str]:
    """The open descriptors of this process that lead into `folder`."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # it was open for looking here
            found.append(str(descriptor.readlink()))
    return [path for path in found if path.startswith(f"{folder}/")]


linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is open")


@linux
def test_a_journal_that_fails_after_it_was_opened_is_closed_and_opens_again(
    acme_again: OpenOne, keyring: MemoryKeyring, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_after_opening(monkeypatch)
    desk = acme_again(keyring)
    desk.wait_for_status("The journal cannot be read.")
    assert open_in(folders.data) == []
    monkeypatch.undo()
    desk.choose_project("Acme production")
    desk.wait_ready()
    assert str(folders.data / "journal.sqlite") in open_in(folders.data)


@linux
def test_a_sandbox_whose_journal_fails_leaves_nothing(
    open_desk: OpenOne, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    fail_after_opening(monkeypatch)
    desk = open_desk()
    desk.wait_for_status("The journal cannot be read.")
    assert open_in(tmp_path) == []
    assert set(tmp_path.iterdir()) == before
    desk.bot.waitUntil(lambda: not any(thread.name == "sandbox" for thread in enumerate_threads()))
