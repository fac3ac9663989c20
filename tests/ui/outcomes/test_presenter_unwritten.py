"""Outcomes that cannot be written down at first, and what waits for the settings of its project."""

import pytest

from consent_desk.delivery import threads
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.request import event_body
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from tests.consents import a_consent, write_down
from tests.engagement.http.servers import free_port
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, events, journal_of, keep, real
from tests.ui.outcomes.disks import change

ONLY_CLAIMS = """
CREATE TRIGGER full BEFORE INSERT ON fact WHEN NEW.state NOT IN ('queued', 'in_flight')
BEGIN SELECT RAISE(ABORT, 'full'); END
"""


def save_settings(desk: OpenDesk, **texts: str) -> None:
    """Open the project settings, write `texts` into their fields, and save."""
    dialog = desk.open_settings()
    for name, text in texts.items():
        controls.write(dialog, name.replace("_", " "), text)
    controls.press(dialog, "Save")


def test_an_outcome_that_could_not_be_written_down_is_written_again_and_the_message_replaced(
    acme: OpenDesk, engagement: Sandbox, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "RETRY", 0.05)
    change(folders, ONLY_CLAIMS)
    acme.send()
    acme.wait_for_status("✖ Delivered, checking\nDelivered: Engagement has queued it")
    assert "could not be written down, and is kept to be written again" in acme.status
    change(folders, "DROP TRIGGER full")
    acme.wait_for_status("— ✓ Delivered — ○ Verified in about 30 s")
    assert "could not be written down" not in acme.status + acme.errors
    acme.wait_for_line("Delivered, checking")
    assert len(events(engagement)) == 1


def test_what_is_held_leaves_at_once_when_its_project_leads_back(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    elsewhere = BaseUrl(scheme="http", host="127.0.0.1", port=free_port())
    keep(folders, keyring, real(engagement, base_url=elsewhere))
    with journal_of(folders) as journal:
        write_down(journal, Noted.of(real(engagement), a_consent()))
    desk = open_desk(keyring)
    desk.wait_for_line("Project missing or changed")
    # Nothing but the saved settings can make it due again.
    desk.clock.seconds_off -= 600
    save_settings(
        desk, Base_URL=str(engagement.project.base_url), API_secret=engagement.project.secret.reveal()
    )
    desk.wait_for_line("Delivered, checking")


def test_what_waits_for_settings_leaves_when_they_are_entered_again(
    open_acme: OpenAcme, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    project = real(engagement)
    consent = a_consent()
    with journal_of(folders) as journal:
        write_down(journal, Noted.of(project, consent))
    keyring.lines.clear()
    desk = open_acme()
    desk.wait_for_status("▲ 1 consent still waits for the settings of Acme production.")
    save_settings(
        desk,
        Base_URL=str(project.base_url),
        Project_token=project.project_token,
        API_key_ID=project.key_id,
        API_secret=project.secret.reveal(),
    )
    desk.wait_for_line("Delivered, checking")
    assert "still wait" not in desk.status + desk.errors
    assert event_body(consent) in [each.body for each in engagement.received]
